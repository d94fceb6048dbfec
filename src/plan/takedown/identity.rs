//! The jobs' identity in AWS, taken back: what carries our tags, and only what nobody else needs.

use serde_json::{Value, json};

use super::ownership::NOT_MADE;
use super::{MADE, kept};
use crate::change::{Action, FieldChange, Planned};
use crate::cloud::aws::change::AwsChange;
use crate::cloud::aws::found::{FoundAws, Role, StandingAws};
use crate::cloud::aws::tags;
use crate::cloud::aws::trust_policy::{Entrant, normalized, statements};
use crate::cloud::look::Look;
use crate::phase::Phase;
use crate::plan::identity::{POD_IDENTITY_ADDON, entrant, line};
use crate::plan::{Plan, Refusal};
use crate::settings::{AwsIdentity, Settings};

/// Plans everything in AWS; nothing, when the jobs have no identity there.
pub(super) fn plan_identity(settings: &Settings, found: &FoundAws, standing: &StandingAws, plan: &mut Plan) {
    let Some(aws) = settings.aws.as_ref().filter(|aws| aws.identity != AwsIdentity::None) else { return };
    let account = format!("{}/{}", settings.job_namespace, settings.job_account.name);
    plan_association((&account, aws.role_name()), aws.identity, found, standing, plan);
    // The jobs may have got their identity in one way first and in the other one later: both doors are closed.
    let entrants: Vec<Entrant> = [AwsIdentity::Irsa, AwsIdentity::PodIdentity]
        .into_iter()
        .filter_map(|identity| entrant(settings, identity, found))
        .collect();
    let role_goes = match aws.our_role() {
        Some(role) => plan_role(&role.name, &account, &entrants, found, standing, plan),
        None => {
            if found.role.there().is_some() {
                plan.planned.push(kept(format!("aws:role/{}", aws.role_name()), "yours", Phase::Identity));
            }
            false
        }
    };
    plan_provider(role_goes.then(|| aws.role_name()), found, standing, plan);
    if found.addon.there().is_some_and(|addon| tags::made_by_us(&addon.tags)) {
        let object = format!("aws:addon/{}/{POD_IDENTITY_ADDON}", found.cluster.name);
        plan.planned.push(kept(object, "other workloads may get their roles from it", Phase::Identity));
    }
}

fn refuse_unseen(object: &str, why: &str, plan: &mut Plan) {
    let refusal = Refusal::new(object, format!("can't be looked at: {why}"));
    plan.refusals.push(refusal.hint("runner-setup permissions --for aws --destroy"));
}

/// Made by this tool, for this cluster and this service account.
fn is_ours(tagged: &tags::Tags, cluster: &str, account: &str) -> bool {
    tags::made_by_us(tagged)
        && tagged.get(tags::CLUSTER).is_some_and(|it| it == cluster)
        && tagged.get(tags::SERVICE_ACCOUNT).is_none_or(|it| it == account)
}

fn plan_association(
    (account, role_name): (&str, &str),
    identity: AwsIdentity,
    found: &FoundAws,
    standing: &StandingAws,
    plan: &mut Plan,
) {
    let object = format!("aws:pod-identity-association/{account}");
    match &standing.association {
        Look::Missing | Look::NotLooked => {}
        Look::Unknown(why) if identity != AwsIdentity::PodIdentity => {
            plan.warnings.push(format!("{object}: nobody knows whether there is one: {why}"));
        }
        Look::Unknown(why) => refuse_unseen(&object, why, plan),
        Look::There(association) if is_ours(&association.tags, found.cluster.arn.as_str(), account) => {
            let named = association.role_arn.rsplit('/').next().unwrap_or_default();
            if named != role_name {
                plan.warnings.push(format!(
                    "{object} names another role, {}, which stays: `runner-setup destroy --role-name {named}` takes it back",
                    association.role_arn
                ));
            }
            let change =
                AwsChange::DeleteAssociation { cluster: found.cluster.name.clone(), id: association.id.clone() };
            plan.planned.push(line(&object, Action::Delete, MADE, Some(change)));
        }
        Look::There(_) => plan.planned.push(kept(object, NOT_MADE, Phase::Identity)),
    }
}

/// The role; answers whether it lets go of the provider.
fn plan_role(
    name: &str,
    account: &str,
    entrants: &[Entrant],
    found: &FoundAws,
    standing: &StandingAws,
    plan: &mut Plan,
) -> bool {
    let object = format!("aws:role/{name}");
    let role = match &found.role {
        Look::Missing | Look::NotLooked => return false,
        Look::Unknown(why) => {
            refuse_unseen(&object, why, plan);
            return false;
        }
        Look::There(role) => role,
    };
    let entrants = doors(role, found, entrants);
    if !tags::made_by_us(&role.tags) {
        let lets_in = entrants.iter().any(|entrant| entrant.judge(&role.trust).lets_in);
        let why = if lets_in { format!("{NOT_MADE}; it still lets {account} in") } else { NOT_MADE.to_owned() };
        plan.planned.push(kept(object, why, Phase::Identity));
        return false;
    }
    if let Some(rest) = without_ours(&role.trust, &entrants) {
        let trusts_still = names_provider(&rest, found);
        plan_shared(name, &object, role, rest, plan);
        return !trusts_still;
    }
    let (attached, inline) = match (&standing.attached, &standing.inline) {
        (Look::Unknown(why), _) | (_, Look::Unknown(why)) => {
            refuse_unseen(&object, why, plan);
            return false;
        }
        (attached, inline) => (attached.there().cloned(), inline.there().cloned()),
    };
    let (detach, inline) = (attached.unwrap_or_default(), inline.unwrap_or_default());
    let gone = |path: String, from: &str| FieldChange { path, from: json!(from), to: Value::Null };
    let mut fields: Vec<_> = detach.iter().map(|arn| gone(format!("attachedPolicies[{arn}]"), arn)).collect();
    fields.extend(inline.iter().map(|policy| gone(format!("policies[{policy}]"), policy)));
    let change = AwsChange::DeleteRole { name: name.to_owned(), seen: role.trust.clone(), detach, inline };
    plan.planned.push(Planned { fields, ..line(&object, Action::Delete, MADE, Some(change)) });
    true
}

/// Whether a trust policy still needs the cluster's OIDC provider.
fn names_provider(trust: &Value, found: &FoundAws) -> bool {
    found.provider_arn().is_some_and(|arn| trust.to_string().contains(&arn))
}

/// The doors of a role that are this runner's alone. Those of Pod Identity name no cluster, so that in a role that was
/// made for another cluster they are that one's.
fn doors(role: &Role, found: &FoundAws, entrants: &[Entrant]) -> Vec<Entrant> {
    let is_other = role.tags.get(tags::CLUSTER).is_some_and(|cluster| cluster != found.cluster.arn.as_str());
    let is_ours = |entrant: &&Entrant| !is_other || matches!(entrant, Entrant::WebIdentity { .. });
    entrants.iter().filter(is_ours).cloned().collect()
}

/// A role that others use too stays, and lets the jobs in no longer.
fn plan_shared(name: &str, object: &str, role: &Role, rest: Value, plan: &mut Plan) {
    if normalized(&rest) == normalized(&role.trust) {
        plan.planned.push(kept(object, "it trusts others, and not the jobs", Phase::Identity));
        return;
    }
    let left = statements(&rest);
    let gone = statements(&role.trust).into_iter().enumerate().filter(|(_, statement)| !left.contains(statement));
    let fields = gone
        .map(|(index, statement)| FieldChange {
            path: format!("assumeRolePolicyDocument.Statement[{index}]"),
            from: statement.clone(),
            to: Value::Null,
        })
        .collect();
    let change = AwsChange::TakeBackTrust { name: name.to_owned(), seen: role.trust.clone(), document: rest.clone() };
    let why = "it trusts others too: only the jobs' statement goes";
    plan.planned.push(Planned { fields, ..line(object, Action::Update, why, Some(change)) });
}

/// The policy without our statement; `None` when nothing else is in it.
fn without_ours(document: &Value, entrants: &[Entrant]) -> Option<Value> {
    let ours: Vec<Value> = entrants.iter().map(|entrant| normalized(&entrant.statement())).collect();
    let others: Vec<Value> =
        statements(document).into_iter().filter(|statement| !ours.contains(&normalized(statement))).cloned().collect();
    if others.is_empty() {
        return None;
    }
    let mut rest = document.clone();
    rest["Statement"] = Value::Array(others);
    Some(rest)
}

/// The OIDC provider goes only when this tool made it and no other role trusts it.
fn plan_provider(role_that_goes: Option<&str>, found: &FoundAws, standing: &StandingAws, plan: &mut Plan) {
    let (Some(issuer), Some(arn)) = (found.cluster.issuer_name(), found.provider_arn()) else { return };
    let object = format!("aws:oidc-provider/{issuer}");
    let provider = match &standing.provider {
        Look::Missing | Look::NotLooked => return,
        Look::Unknown(why) => {
            plan.warnings.push(format!("{object} is kept, as it can't be looked at: {why}"));
            return;
        }
        Look::There(provider) => provider,
    };
    let is_ours = tags::made_by_us(&provider.tags)
        && provider.tags.get(tags::CLUSTER).is_some_and(|it| it == found.cluster.arn.as_str());
    if !is_ours {
        plan.planned.push(kept(object, NOT_MADE, Phase::Identity));
        return;
    }
    match &standing.trusting {
        Look::Unknown(why) => {
            let why = format!("nobody knows whether other roles trust it: {why}");
            plan.planned.push(kept(object, why, Phase::Identity));
        }
        trusting => {
            let trusting = trusting.there().map(Vec::as_slice).unwrap_or_default();
            let others: Vec<_> =
                trusting.iter().map(String::as_str).filter(|name| Some(*name) != role_that_goes).collect();
            if others.is_empty() {
                let but_for = role_that_goes.map(str::to_owned);
                let change = AwsChange::DeleteOidcProvider { arn, but_for };
                plan.planned.push(line(&object, Action::Delete, MADE, Some(change)));
            } else {
                let why = format!("other roles trust it: {}", super::listed(&names(&others)));
                plan.planned.push(kept(object, why, Phase::Identity));
            }
        }
    }
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}
