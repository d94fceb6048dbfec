//! The jobs' identity in AWS: the cluster's OIDC provider, the role and what it trusts, the Pod Identity association.

use serde_json::{Value, json};

use super::role::plan_role;
use super::{Plan, Refusal};
use crate::change::{Action, Change, FieldChange, Planned};
use crate::cloud::aws::change::{AwsChange, NewAssociation};
use crate::cloud::aws::found::FoundAws;
use crate::cloud::aws::names::Arn;
use crate::cloud::aws::settings::{AwsSettings, RoleChoice};
use crate::cloud::aws::tags;
use crate::cloud::aws::trust_policy::{AUDIENCE, Entrant};
use crate::cloud::look::Look;
use crate::failure::FailureKind;
use crate::found::{Found, Seen};
use crate::phase::Phase;
use crate::settings::{AwsIdentity, Settings};

/// The add-on that hands out roles to pods.
pub const POD_IDENTITY_ADDON: &str = "eks-pod-identity-agent";
/// The annotation that names a role to the webhook of IRSA.
pub const ROLE_ANNOTATION: &str = "eks.amazonaws.com/role-arn";

/// What the rest of the identity's plan works with.
pub(super) struct Ground<'a> {
    pub(super) settings: &'a Settings,
    pub(super) aws: &'a AwsSettings,
    pub(super) found: &'a FoundAws,
    /// `<namespace>/<name>` of the job service account.
    pub(super) account: String,
    /// Who has to be let in by the role.
    pub(super) entrant: Entrant,
}

/// Plans everything in AWS. Nothing, when this run is not about it.
pub(super) fn plan_identity(
    settings: &Settings,
    found: &Found,
    phases: &std::collections::BTreeSet<Phase>,
    plan: &mut Plan,
) {
    warn_about_leftovers(settings, found, plan);
    let (Some(aws), Some(seen)) = (&settings.aws, &found.aws) else { return };
    if !phases.contains(&Phase::Identity) || aws.identity == AwsIdentity::None {
        return;
    }
    let cluster = format!("aws:cluster/{}", seen.cluster.name);
    if seen.cluster.status != "ACTIVE" {
        let message = format!("the cluster is {}, not ACTIVE: its identity can't be set up now", seen.cluster.status);
        let wait =
            format!("aws eks wait cluster-active --name {} --region {}", seen.cluster.name, seen.cluster.arn.region());
        plan.refusals.push(Refusal::new(cluster, message).hint(wait));
        return;
    }
    refuse_foreign_partitions(aws, seen, plan);
    let Some(entrant) = entrant(settings, aws.identity, seen) else {
        let message = "EKS names no OIDC issuer for this cluster, so a role can't trust it";
        plan.refusals.push(Refusal::new(cluster, message).hint("--identity pod-identity"));
        return;
    };
    let account = format!("{}/{}", settings.job_namespace, settings.job_account.name);
    let ground = Ground { settings, aws, found: seen, account, entrant };
    match aws.identity {
        AwsIdentity::Irsa => {
            plan_provider(&ground, plan);
            plan_role(&ground, plan);
            warn_about_annotation(settings, found, phases, plan);
        }
        AwsIdentity::PodIdentity => {
            plan_addon(&ground, plan);
            plan_role(&ground, plan);
            plan_association(&ground, plan);
        }
        AwsIdentity::None => {}
    }
}

/// Without an identity from now on, the one that the jobs had before is still there.
fn warn_about_leftovers(settings: &Settings, found: &Found, plan: &mut Plan) {
    if settings.aws.as_ref().is_none_or(|aws| aws.identity != AwsIdentity::None) {
        return;
    }
    let (namespace, name) = (settings.job_namespace.as_str(), settings.job_account.name.as_str());
    let object = crate::cluster::ObjectRef::new(crate::cluster::Kind::ServiceAccount, namespace, name);
    let annotated = found.cluster.as_ref().and_then(|cluster| {
        let account = cluster.objects.get(&object)?.there()?;
        account.get("metadata")?.get("annotations")?.get(ROLE_ANNOTATION)?.as_str()
    });
    if let Some(role) = annotated {
        plan.warnings.push(format!(
            "with `--identity none` AWS is not looked at: the role {role} stays, and goes on trusting the jobs"
        ));
    }
}

/// Who has to be let in; `None` without an issuer.
pub fn entrant(settings: &Settings, identity: AwsIdentity, found: &FoundAws) -> Option<Entrant> {
    let (namespace, service_account) = (settings.job_namespace.to_string(), settings.job_account.name.to_string());
    if identity == AwsIdentity::PodIdentity {
        return Some(Entrant::PodIdentity { namespace, service_account });
    }
    Some(Entrant::WebIdentity {
        provider: found.provider_arn()?,
        issuer: found.cluster.issuer_name()?.to_owned(),
        subject: format!("system:serviceaccount:{namespace}:{service_account}"),
    })
}

/// The ARN that the job service account is annotated with: the role's own where it is there, else the one it will have.
pub fn role_arn(aws: &AwsSettings, found: &FoundAws) -> String {
    match (&aws.role, found.role.there()) {
        (RoleChoice::Own(arn), _) => arn.to_string(),
        (RoleChoice::Ours(_), Some(role)) => role.arn.to_string(),
        (RoleChoice::Ours(role), None) => {
            let path = role.path.as_deref().unwrap_or("/");
            format!("arn:{}:iam::{}:role{path}{}", found.caller.arn.partition(), found.caller.account, role.name)
        }
    }
}

/// ARNs that a person gave and that are of another partition can never work.
fn refuse_foreign_partitions(aws: &AwsSettings, found: &FoundAws, plan: &mut Plan) {
    let partition = found.caller.arn.partition();
    let ours = aws.our_role();
    let policies = ours.map(|role| role.policies.iter().chain(&role.boundary).collect()).unwrap_or_default();
    let own = match &aws.role {
        RoleChoice::Own(arn) => vec![arn],
        RoleChoice::Ours(_) => Vec::new(),
    };
    let all: Vec<&Arn> = own.into_iter().chain::<Vec<&Arn>>(policies).collect();
    for arn in all.into_iter().filter(|arn| arn.partition() != partition) {
        let (account, resource) = (arn.account(), arn.resource());
        let message = format!("`{arn}` is of the partition `{}`, and the cluster is in `{partition}`", arn.partition());
        let hint = format!("arn:{partition}:iam::{account}:{resource}");
        plan.refusals
            .push(Refusal::new(format!("aws:role/{}", aws.role_name()), message).kind(FailureKind::Usage).hint(hint));
    }
}

/// A line of the plan for this phase.
pub(super) fn line(object: &str, action: Action, why: &str, change: Option<AwsChange>) -> Planned {
    Planned {
        object: object.to_owned(),
        action,
        why: why.to_owned(),
        fields: Vec::new(),
        phase: Phase::Identity,
        change: change.map(Change::Aws),
        unseen: false,
    }
}

/// One field that comes to be.
pub(super) fn added(path: impl Into<String>, to: impl Into<Value>) -> FieldChange {
    FieldChange { path: path.into(), from: Value::Null, to: to.into() }
}

/// What could not be looked at is refused: it would be compared and changed blindly.
pub(super) fn refuse_unseen(object: &str, why: &str, plan: &mut Plan) {
    let refusal = Refusal::new(object, format!("can't be looked at: {why}"));
    plan.refusals.push(refusal.hint("runner-setup permissions --for aws"));
}

/// The cluster's OIDC provider: created, or given our audience. Others use it too, so nothing else is touched.
fn plan_provider(ground: &Ground<'_>, plan: &mut Plan) {
    let (Some(issuer), Some(arn)) = (ground.found.cluster.issuer_name(), ground.found.provider_arn()) else { return };
    if let RoleChoice::Own(role) = &ground.aws.role
        && role.account() != ground.found.caller.account
    {
        // A role of another account trusts a provider of that account.
        return;
    }
    let object = format!("aws:oidc-provider/{issuer}");
    match &ground.found.provider {
        Look::There(provider) if provider.audiences.iter().any(|audience| audience == AUDIENCE) => {
            plan.planned.push(line(&object, Action::Unchanged, "as it should be", None));
        }
        Look::There(provider) => {
            let (action, why) = if tags::made_by_us(&provider.tags) {
                (Action::Update, "differs")
            } else {
                (Action::Adopt, "there, and does not take the audience of IRSA")
            };
            let change = AwsChange::AddAudience { arn, audience: AUDIENCE.to_owned() };
            let fields = vec![added(format!("clientIDList[{AUDIENCE}]"), AUDIENCE)];
            plan.planned.push(Planned { fields, ..line(&object, action, why, Some(change)) });
        }
        Look::Missing => {
            let change = AwsChange::CreateOidcProvider {
                arn,
                url: ground.found.cluster.issuer.clone().unwrap_or_default(),
                audience: AUDIENCE.to_owned(),
                tags: tags::made_provider(ground.found.cluster.arn.as_str(), &ground.aws.tags),
            };
            plan.planned.push(line(&object, Action::Create, "missing", Some(change)));
        }
        Look::Unknown(why) => refuse_unseen(&object, why, plan),
        Look::NotLooked => {}
    }
}

/// In the phase alone the namespace may still be missing: then whoever installs the agent writes the annotation.
pub(super) fn warn_about_annotation(
    settings: &Settings,
    found: &Found,
    phases: &std::collections::BTreeSet<Phase>,
    plan: &mut Plan,
) {
    if phases.contains(&Phase::Install) {
        return;
    }
    let namespace = crate::cluster::ObjectRef::namespace(settings.job_namespace.as_str());
    let is_missing = match &found.cluster {
        Some(cluster) => matches!(cluster.objects.get(&namespace), Some(Seen::Missing) | None),
        None => true,
    };
    if is_missing {
        let why = if found.cluster.is_some() {
            format!("the namespace `{}` is missing", settings.job_namespace)
        } else {
            "the cluster is not looked at".to_owned()
        };
        plan.warnings
            .push(format!("the job service account is not annotated now, as {why}: `runner-setup install` does it"));
    }
}

/// The add-on of Pod Identity: checked, and installed only when somebody said so.
fn plan_addon(ground: &Ground<'_>, plan: &mut Plan) {
    let cluster = &ground.found.cluster;
    let object = format!("aws:addon/{}/{POD_IDENTITY_ADDON}", cluster.name);
    if cluster.auto_mode {
        plan.planned.push(line(&object, Action::Unchanged, "built in on EKS Auto Mode", None));
        return;
    }
    match &ground.found.addon {
        Look::There(addon) => {
            if addon.status != "ACTIVE" {
                plan.warnings
                    .push(format!("{object} is {}: until it is ACTIVE, pods get no credentials", addon.status));
            }
            plan.planned.push(line(&object, Action::Unchanged, "there already", None));
        }
        Look::Missing if ground.aws.install_addon => {
            let change = AwsChange::InstallAddon {
                cluster: cluster.name.clone(),
                addon: POD_IDENTITY_ADDON.to_owned(),
                tags: tags::made_provider(cluster.arn.as_str(), &ground.aws.tags),
            };
            plan.planned.push(line(&object, Action::Create, "missing", Some(change)));
        }
        Look::Missing => {
            let refusal =
                Refusal::new(&object, "the Pod Identity agent is not installed, so no pod would get credentials");
            plan.refusals.push(refusal.hint("let it be installed with `--install-addon`").hint(format!(
                "aws eks create-addon --cluster-name {} --addon-name {POD_IDENTITY_ADDON} --region {}",
                cluster.name,
                cluster.arn.region()
            )));
        }
        Look::Unknown(why) => refuse_unseen(&object, why, plan),
        Look::NotLooked => {}
    }
}

/// The association of the job service account with the role.
fn plan_association(ground: &Ground<'_>, plan: &mut Plan) {
    let cluster = &ground.found.cluster;
    let object = format!("aws:pod-identity-association/{}", ground.account);
    let role_arn = role_arn(ground.aws, ground.found);
    match &ground.found.association {
        Look::There(association) if association.without_session_tags => {
            // Somebody may have meant it, so it is not changed; our statement asks for two of these tags.
            let message =
                "has session tags disabled, and without them the role's trust policy can't tell whose pod it is";
            plan.refusals.push(Refusal::new(&object, message).hint(format!(
                "aws eks update-pod-identity-association --cluster-name {} --association-id {} --region {} --no-disable-session-tags",
                cluster.name,
                association.id,
                cluster.arn.region()
            )));
        }
        Look::There(association) if association.role_arn == role_arn => {
            if let Some(target) = &association.target_role_arn {
                plan.warnings.push(format!("{object} names a target role, and pods end up as {target}"));
            }
            plan.planned.push(line(&object, Action::Unchanged, "as it should be", None));
        }
        Look::There(association) => {
            let ours = tags::made_by_us(&association.tags);
            if !ours && !ground.settings.adopt.contains(&object) {
                let message = format!("gives this service account another role, {}", association.role_arn);
                plan.refusals.push(
                    Refusal::new(&object, message)
                        .hint(format!("--role-arn {}", association.role_arn))
                        .hint(format!("take it over with `--adopt {object}`")),
                );
                return;
            }
            let (action, why) = if ours { (Action::Update, "differs") } else { (Action::Adopt, "taken over, as told") };
            let change = AwsChange::UpdateAssociation {
                cluster: cluster.name.clone(),
                id: association.id.clone(),
                role_arn: role_arn.clone(),
            };
            let fields = vec![FieldChange {
                path: "roleArn".to_owned(),
                from: json!(association.role_arn),
                to: json!(role_arn),
            }];
            plan.planned.push(Planned { fields, ..line(&object, action, why, Some(change)) });
        }
        Look::Missing => {
            let change = AwsChange::CreateAssociation(NewAssociation {
                cluster: cluster.name.clone(),
                namespace: ground.settings.job_namespace.to_string(),
                service_account: ground.settings.job_account.name.to_string(),
                role_arn,
                tags: tags::made(cluster.arn.as_str(), &ground.account, &ground.aws.tags),
            });
            plan.planned.push(line(&object, Action::Create, "missing", Some(change)));
        }
        Look::Unknown(why) => refuse_unseen(&object, why, plan),
        Look::NotLooked => {}
    }
}
