//! The jobs' role: what is missing of it, whose it is, and what a role of one's own still has to trust.

use serde_json::{Value, json};

use super::identity::{Ground, added, line, refuse_unseen};
use super::{Plan, Refusal};
use crate::change::{Action, FieldChange, Planned};
use crate::cloud::aws::change::{AwsChange, NewRole, RoleStep};
use crate::cloud::aws::found::Role;
use crate::cloud::aws::names::{Arn, shortened};
use crate::cloud::aws::settings::{OurRole, RoleChoice};
use crate::cloud::aws::tags;
use crate::cloud::aws::trust_policy::{Entrant, Judgement, normalized, statements};
use crate::cloud::look::Look;
use crate::failure::FailureKind;
use crate::settings::AwsIdentity;

/// The name of the inline policy that `--policy-file` becomes.
pub const INLINE_POLICY: &str = "runner-setup";

/// Plans the role of the jobs.
pub(super) fn plan_role(ground: &Ground<'_>, plan: &mut Plan) {
    match &ground.aws.role {
        RoleChoice::Own(arn) => check_own_role(ground, arn, plan),
        RoleChoice::Ours(role) => plan_our_role(ground, role, plan),
    }
}

fn plan_our_role(ground: &Ground<'_>, wanted: &OurRole, plan: &mut Plan) {
    let object = format!("aws:role/{}", wanted.name);
    match &ground.found.role {
        Look::NotLooked => {}
        Look::Unknown(why) => refuse_unseen(&object, why, plan),
        Look::Missing => {
            let mut then: Vec<_> = wanted.policies.iter().map(|arn| RoleStep::Attach(arn.to_string())).collect();
            then.extend(wanted.inline_policy.iter().map(put_inline));
            let role = NewRole {
                name: wanted.name.clone(),
                path: wanted.path.clone().unwrap_or_else(|| "/".to_owned()),
                description: format!("Identity of runner jobs on the cluster {}", ground.found.cluster.name),
                trust: ground.entrant.document(),
                boundary: wanted.boundary.as_ref().map(ToString::to_string),
                tags: tags::made(ground.found.cluster.arn.as_str(), &ground.account, &ground.aws.tags),
            };
            let why = promised(ground, wanted);
            plan.planned.push(line(&object, Action::Create, &why, Some(AwsChange::CreateRole { role, then })));
        }
        Look::There(role) => plan_existing(ground, wanted, role, &object, plan),
    }
}

/// What a new role will be, for the line of the plan: a created object has no fields to compare.
fn promised(ground: &Ground<'_>, wanted: &OurRole) -> String {
    let mut parts = vec![format!("missing; for the service account {}", ground.account)];
    let policies: Vec<_> = wanted.policies.iter().map(Arn::as_str).collect();
    match (policies.is_empty(), wanted.inline_policy.is_some()) {
        (true, false) => parts.push("without any policy".to_owned()),
        (true, true) => parts.push("with the policy of `--policy-file`".to_owned()),
        (false, false) => parts.push(format!("with {}", policies.join(", "))),
        (false, true) => parts.push(format!("with {} and the policy of `--policy-file`", policies.join(", "))),
    }
    if let Some(boundary) = &wanted.boundary {
        parts.push(format!("bounded by {boundary}"));
    }
    parts.join(", ")
}

/// What a role that is there lacks.
#[derive(Default)]
struct Lack {
    fields: Vec<FieldChange>,
    steps: Vec<RoleStep>,
}

fn plan_existing(ground: &Ground<'_>, wanted: &OurRole, role: &Role, object: &str, plan: &mut Plan) {
    let judgement = ground.entrant.judge(&role.trust);
    let told_to_adopt = ground.settings.adopt.iter().any(|name| name == object);
    let before = plan.refusals.len();
    if let Some(path) = wanted.path.as_ref().filter(|path| **path != role.path) {
        let message = format!("is there below the path `{}`, and a path can't change to `{path}`", role.path);
        plan.refusals
            .push(Refusal::new(object, message).hint("leave `--role-path` out, or choose another `--role-name`"));
    }
    let mut lack = Lack::default();
    lack_of_trust(ground, role, &judgement, object, &mut lack, plan);
    lack_of_boundary(wanted, role, told_to_adopt, object, &mut lack, plan);
    let may_replace = tags::made_by_us(&role.tags) || told_to_adopt;
    lack_of_policies(ground, wanted, may_replace, object, &mut lack, plan);
    if plan.refusals.len() > before {
        return;
    }
    let stranger = belongs_to(ground, role, &judgement);
    if let (Some(stranger), false, false) = (&stranger, told_to_adopt, lack.steps.is_empty()) {
        let other = shortened(&format!("{}-{}", wanted.name, stranger.suffix));
        plan.refusals.push(
            Refusal::new(object, format!("belongs to {}", stranger.who))
                .hint(format!("choose another name with `--role-name {other}`"))
                .hint(format!("or let both use this role with `--adopt {object}`")),
        );
        return;
    }
    // What another cluster tagged keeps its tags; what nobody did is tagged now, also when it is shared.
    if stranger.is_none() || !role.tags.contains_key(tags::CLUSTER) {
        lack_of_tags(ground, role, &mut lack);
    }
    if let Some(others) = &judgement.too_wide {
        plan.warnings.push(format!("{object} lets in more than the jobs: its trust policy lets {others} assume it"));
    }
    if lack.steps.is_empty() {
        plan.planned.push(line(object, Action::Unchanged, "as it should be", None));
        return;
    }
    let (action, why) = match &stranger {
        _ if is_ours(ground, role) => (Action::Update, "differs".to_owned()),
        Some(stranger) => (Action::Adopt, format!("shared with {}, as told", stranger.who)),
        None => (Action::Adopt, "there, and claimed by nobody".to_owned()),
    };
    let change = AwsChange::UpdateRole { name: wanted.name.clone(), steps: lack.steps };
    plan.planned.push(Planned { fields: lack.fields, ..line(object, action, &why, Some(change)) });
}

/// Made or adopted by this tool for this service account.
fn is_ours(ground: &Ground<'_>, role: &Role) -> bool {
    role.tags.get(tags::CLUSTER).is_some_and(|cluster| cluster == ground.found.cluster.arn.as_str())
        && role.tags.get(tags::SERVICE_ACCOUNT).is_some_and(|account| *account == ground.account)
}

/// Somebody else whose role it is, and what tells the two roles apart in a name.
struct Stranger {
    who: String,
    suffix: String,
}

/// Who else has this role: by our tags, or by the issuers that it trusts.
fn belongs_to(ground: &Ground<'_>, role: &Role, judgement: &Judgement) -> Option<Stranger> {
    let cluster = &ground.found.cluster;
    let other_cluster = |who: String| Some(Stranger { who, suffix: cluster.arn.region().to_owned() });
    match role.tags.get(tags::CLUSTER) {
        Some(other) if other != cluster.arn.as_str() => return other_cluster(format!("another cluster, {other}")),
        Some(_) => {
            let account = role.tags.get(tags::SERVICE_ACCOUNT).filter(|account| **account != ground.account)?;
            let who = format!("another service account of this cluster, {account}");
            return Some(Stranger { who, suffix: ground.settings.job_namespace.to_string() });
        }
        None => {}
    }
    let ours = cluster.issuer_name()?;
    let is_eks = |issuer: &&String| issuer.starts_with("oidc.eks.");
    let trusts_us = judgement.issuers.iter().any(|issuer| issuer == ours);
    let other = judgement.issuers.iter().find(is_eks).filter(|_| !trusts_us && !judgement.lets_in)?;
    other_cluster(format!("another cluster: it trusts the OIDC provider {other}, and this cluster's is {ours}"))
}

fn lack_of_trust(
    ground: &Ground<'_>,
    role: &Role,
    judgement: &Judgement,
    object: &str,
    lack: &mut Lack,
    plan: &mut Plan,
) {
    if judgement.denies {
        plan.refusals.push(denies(object, role));
        return;
    }
    if judgement.lets_in {
        if judgement.unjudged {
            plan.warnings.push(format!(
                "{object}: its trust policy denies some under conditions that can't be judged from here; the proof will tell"
            ));
        }
        return;
    }
    if judgement.unjudged {
        plan.warnings.push(format!(
            "{object}: its trust policy names the jobs under conditions that can't be judged from here; a statement without them is added"
        ));
    }
    let index = statements(&role.trust).len();
    lack.fields.push(added(format!("assumeRolePolicyDocument.Statement[{index}]"), ground.entrant.statement()));
    if !tags::made_by_us(&role.tags) {
        plan.warnings
            .push(format!("{object} was not made by runner-setup: the jobs get every right that it has already"));
    }
    let document = ground.entrant.added_to(&role.trust);
    lack.steps.push(RoleStep::SetTrust { seen: role.trust.clone(), document });
}

fn lack_of_boundary(
    wanted: &OurRole,
    role: &Role,
    told_to_adopt: bool,
    object: &str,
    lack: &mut Lack,
    plan: &mut Plan,
) {
    let Some(boundary) = wanted.boundary.as_ref().map(Arn::as_str) else { return };
    match role.boundary.as_deref() {
        Some(there) if there == boundary => return,
        there if !tags::made_by_us(&role.tags) && !told_to_adopt => {
            let has = there.map_or("has no permissions boundary".to_owned(), |there| {
                format!("has another permissions boundary, {there}")
            });
            let message = format!("was not made by runner-setup and {has}: one that others use would lose rights");
            plan.refusals.push(Refusal::new(object, message).hint(format!("bound it with `--adopt {object}`")));
            return;
        }
        _ => {}
    }
    let field = FieldChange { path: "permissionsBoundary".to_owned(), from: json!(role.boundary), to: json!(boundary) };
    lack.fields.push(field);
    lack.steps.push(RoleStep::SetBoundary(boundary.to_owned()));
}

fn lack_of_policies(
    ground: &Ground<'_>,
    wanted: &OurRole,
    may_replace: bool,
    object: &str,
    lack: &mut Lack,
    plan: &mut Plan,
) {
    if !wanted.policies.is_empty() {
        match &ground.found.attached {
            Look::Unknown(why) => refuse_unseen(object, why, plan),
            attached => {
                let there = attached.there().map(Vec::as_slice).unwrap_or_default();
                for policy in wanted.policies.iter().filter(|policy| !there.iter().any(|name| name == policy.as_str()))
                {
                    lack.fields.push(added(format!("attachedPolicies[{policy}]"), policy.as_str()));
                    lack.steps.push(RoleStep::Attach(policy.to_string()));
                }
            }
        }
    }
    let Some(document) = &wanted.inline_policy else { return };
    match &ground.found.inline_policy {
        Look::Unknown(why) => refuse_unseen(object, why, plan),
        Look::There(there) if normalized(there) == normalized(document) => {}
        Look::There(_) if !may_replace => {
            let message = format!("was not made by runner-setup and has another inline policy `{INLINE_POLICY}`");
            plan.refusals.push(Refusal::new(object, message).hint(format!("replace it with `--adopt {object}`")));
        }
        there => {
            let from = there.there().cloned().unwrap_or(Value::Null);
            lack.fields.push(FieldChange { path: format!("policies[{INLINE_POLICY}]"), from, to: document.clone() });
            lack.steps.push(put_inline(document));
        }
    }
}

fn put_inline(document: &Value) -> RoleStep {
    RoleStep::PutInlinePolicy { name: INLINE_POLICY.to_owned(), document: document.clone() }
}

/// A role that was made gets everything that a person wants on it; one that was adopted only says whom it is for.
fn lack_of_tags(ground: &Ground<'_>, role: &Role, lack: &mut Lack) {
    let cluster = ground.found.cluster.arn.as_str();
    let wanted = if tags::made_by_us(&role.tags) {
        tags::made(cluster, &ground.account, &ground.aws.tags)
    } else {
        tags::adopted(cluster, &ground.account)
    };
    let missing: tags::Tags = wanted.into_iter().filter(|(key, value)| role.tags.get(key) != Some(value)).collect();
    for (key, value) in &missing {
        let from = role.tags.get(key).map_or(Value::Null, |there| json!(there));
        lack.fields.push(FieldChange { path: format!("tags[{key}]"), from, to: json!(value) });
    }
    if !missing.is_empty() {
        lack.steps.push(RoleStep::Tag(missing));
    }
}

/// A role of somebody's own: nothing of it is changed, and what it lacks is said as the statement to add.
fn check_own_role(ground: &Ground<'_>, arn: &Arn, plan: &mut Plan) {
    let object = format!("aws:role/{}", arn.name());
    let unseen = |why: String, plan: &mut Plan| {
        plan.warnings.push(format!("{object} can't be looked at, so nobody knows whether it trusts the jobs: {why}"));
        plan.planned.push(Planned { unseen: true, ..line(&object, Action::Unchanged, "could not be looked at", None) });
    };
    let account = &ground.found.caller.account;
    if arn.account() != account {
        if ground.aws.identity == AwsIdentity::PodIdentity {
            let message = format!(
                "is in account {}, and Pod Identity takes roles of the cluster's account {account} only",
                arn.account()
            );
            plan.refusals.push(Refusal::new(object, message).hint("--identity irsa"));
            return;
        }
        let why = format!(
            "it is in account {}, whose own OIDC provider for this cluster it has to trust; the proof will tell",
            arn.account()
        );
        return unseen(why, plan);
    }
    match &ground.found.role {
        Look::NotLooked => {}
        Look::Unknown(why) => unseen(why.clone(), plan),
        Look::Missing => {
            let refusal = Refusal::new(&object, format!("there is no role `{arn}`")).kind(FailureKind::Usage);
            plan.refusals.push(refusal.hint("aws iam list-roles --query 'Roles[].Arn'"));
        }
        Look::There(role) if role.arn != *arn => {
            let refusal =
                Refusal::new(&object, format!("there is no role `{arn}`; the one of this name is `{}`", role.arn));
            plan.refusals.push(refusal.kind(FailureKind::Usage).hint(format!("--role-arn {}", role.arn)));
        }
        Look::There(role) => {
            let judgement = ground.entrant.judge(&role.trust);
            if judgement.lets_in {
                if let Some(others) = &judgement.too_wide {
                    plan.warnings
                        .push(format!("{object} lets in more than the jobs: its trust policy lets {others} assume it"));
                }
                plan.planned.push(line(&object, Action::Unchanged, "yours; it trusts the jobs", None));
            } else if judgement.unjudged && !judgement.denies {
                unseen(
                    "its trust policy has conditions that can't be judged from here; the proof will tell".to_owned(),
                    plan,
                );
            } else {
                plan.refusals.push(does_not_trust(&object, role, &ground.entrant, &judgement));
            }
        }
    }
}

fn does_not_trust(object: &str, role: &Role, entrant: &Entrant, judgement: &Judgement) -> Refusal {
    if judgement.denies {
        return denies(object, role);
    }
    Refusal::new(object, "its trust policy does not let the jobs' service account in")
        .hint(format!("add this statement to its trust policy: {}", entrant.statement()))
}

/// Nothing that is added to a policy helps against a statement that denies.
fn denies(object: &str, role: &Role) -> Refusal {
    let message = "its trust policy denies the jobs' service account, whatever is added to it";
    let name = role.arn.name();
    Refusal::new(object, message)
        .hint(format!("aws iam get-role --role-name {name} --query Role.AssumeRolePolicyDocument"))
}
