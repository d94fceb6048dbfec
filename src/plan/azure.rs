//! The jobs' identity in Azure: the managed identity, what it trusts, and its roles.

use std::collections::BTreeSet;

use super::azure_trust::{plan_trust, wanted_credential};
use super::{Plan, Refusal};
use crate::change::{Action, Change, Planned};
use crate::cloud::azure::change::AzureChange;
use crate::cloud::azure::found::{FoundAzure, FoundRole, ManagedIdentity};
use crate::cloud::azure::names::ResourceId;
use crate::cloud::azure::settings::{AzureSettings, IdentityChoice};
use crate::cloud::azure::trust::{Standing, standing};
use crate::cloud::azure::{commands, tags};
use crate::cloud::look::Look;
use crate::cluster::{Kind, ObjectRef};
use crate::failure::FailureKind;
use crate::found::Found;
use crate::phase::Phase;
use crate::settings::{AzureIdentity, Settings};

/// The annotation that names a managed identity to the webhook of workload identity.
pub const CLIENT_ID_ANNOTATION: &str = "azure.workload.identity/client-id";
/// The label of pods that the webhook gives their identity to.
pub const USE_LABEL: &str = "azure.workload.identity/use";
/// What stands for the client id of an identity that this plan creates: Azure makes it up.
pub const PENDING_CLIENT_ID: &str = "00000000-0000-0000-0000-000000000000";
/// Namespaces that AKS keeps its webhooks out of.
const WITHOUT_WEBHOOKS: [&str; 4] = ["kube-system", "gatekeeper-system", "calico-system", "tigera-operator"];

/// What the rest of the identity's plan works with.
pub(super) struct Ground<'a> {
    pub(super) settings: &'a Settings,
    pub(super) azure: &'a AzureSettings,
    pub(super) found: &'a FoundAzure,
    pub(super) identity: ResourceId,
    /// What the job service account is annotated with now.
    annotated: Option<&'a str>,
}

/// `system:serviceaccount:<namespace>:<name>`: the jobs' account as its tokens name it.
pub fn jobs_subject(settings: &Settings) -> String {
    format!("system:serviceaccount:{}:{}", settings.job_namespace, settings.job_account.name)
}

/// The name of a managed identity in plans.
pub(super) fn identity_object(name: &str) -> String {
    format!("azure:managed-identity/{name}")
}

/// The name of a federated credential in plans.
pub(super) fn credential_object(identity: &str, name: &str) -> String {
    format!("azure:federated-credential/{identity}/{name}")
}

/// The name of a role assignment in plans.
pub(super) fn assignment_object(role: &str, scope: &str) -> String {
    format!("azure:role-assignment/{role}/{}", scope.trim_start_matches('/'))
}

/// The client id that the job service account is annotated with: the identity's own where it is there.
pub fn client_id(found: &FoundAzure) -> &str {
    found.identity.there().map_or(PENDING_CLIENT_ID, |identity| identity.client_id.as_str())
}

/// What the job service account is annotated with.
pub fn client_id_there<'a>(settings: &Settings, found: &'a Found) -> Option<&'a str> {
    let object =
        ObjectRef::new(Kind::ServiceAccount, settings.job_namespace.as_str(), settings.job_account.name.as_str());
    let account = found.cluster.as_ref()?.objects.get(&object)?.there()?;
    account.get("metadata")?.get("annotations")?.get(CLIENT_ID_ANNOTATION)?.as_str()
}

/// Plans everything in Azure. Nothing, when this run is not about it.
pub(super) fn plan_azure(settings: &Settings, found: &Found, phases: &BTreeSet<Phase>, plan: &mut Plan) {
    warn_about_leftovers(settings, found, plan);
    let (Some(azure), Some(seen)) = (&settings.azure, &found.azure) else { return };
    if !phases.contains(&Phase::Identity) || azure.identity == AzureIdentity::None {
        return;
    }
    let Some(identity) = azure.identity_id() else { return };
    let ground = Ground { settings, azure, found: seen, identity, annotated: client_id_there(settings, found) };
    let before = plan.refusals.len();
    plan_cluster(&ground, plan);
    if plan.refusals.len() > before {
        return;
    }
    plan_identity(&ground, plan);
    if plan.refusals.len() > before {
        return;
    }
    plan_trust(&ground, plan);
    for role in &seen.roles {
        plan_role(&ground, role, plan);
    }
    if azure.roles.is_empty() && seen.identity.there().is_none() {
        plan.warnings.push(
            "the managed identity has no role until it gets some (`--assign-role ROLE`): until then deployments may do \
             nothing in Azure"
                .to_owned(),
        );
    }
    super::identity::warn_about_annotation(settings, found, phases, plan);
    if !phases.contains(&Phase::Register) {
        plan.warnings.push(format!(
            "jobs get the identity only with the label `{USE_LABEL}: \"true\"` in the registered pod template: \
             `runner-setup register` puts it there"
        ));
    }
}

/// Without an identity from now on, the one that the jobs had before is still there.
fn warn_about_leftovers(settings: &Settings, found: &Found, plan: &mut Plan) {
    let is_off = settings.azure.as_ref().is_some_and(|azure| azure.identity == AzureIdentity::None);
    if let (true, Some(client_id)) = (is_off, client_id_there(settings, found)) {
        plan.warnings.push(format!(
            "with `--identity none` Azure is not looked at: the managed identity with the client id {client_id} stays, and \
             goes on trusting the jobs"
        ));
    }
}

/// What the cluster lacks so that no identity can work: said before anything is written, and done when told.
fn plan_cluster(ground: &Ground<'_>, plan: &mut Plan) {
    let cluster = &ground.found.cluster;
    let object = format!("azure:cluster/{}", cluster.id.name());
    if cluster.power_state != "Running" {
        let message = format!("the cluster is {}: it has to run", cluster.power_state);
        plan.refusals.push(Refusal::new(&object, message).hint(commands::start_cluster(&cluster.id)));
        return;
    }
    if ["Creating", "Deleting"].contains(&cluster.provisioning_state.as_str()) {
        let message = format!("the cluster is {}: its identity can't be set up now", cluster.provisioning_state);
        plan.refusals.push(Refusal::new(&object, message).hint(commands::show_cluster(cluster)));
        return;
    }
    if WITHOUT_WEBHOOKS.contains(&ground.settings.job_namespace.as_str()) {
        let message =
            format!("AKS keeps its webhooks out of `{}`, so jobs there get no identity", ground.settings.job_namespace);
        plan.refusals.push(Refusal::new(&object, message).kind(FailureKind::Usage).hint("--job-namespace NS"));
        return;
    }
    if cluster.issuer.is_some() && cluster.workload_identity {
        return;
    }
    let off = match (&cluster.issuer, cluster.workload_identity) {
        (None, false) => "the OIDC issuer and workload identity are off",
        (None, true) => "the OIDC issuer is off",
        (Some(_), _) => "workload identity is off",
    };
    // The API has no way to turn on two switches but to write the whole cluster, which is not safe enough yet.
    let why = match ground.azure.enable_workload_identity {
        true => "; `--enable-workload-identity` does not do it yet, as it would write the whole cluster anew",
        false => "",
    };
    let message = format!("{off}, so the cluster's accounts can't act in Azure{why}");
    plan.refusals.push(Refusal::new(&object, message).hint(commands::enable_workload_identity(&cluster.id)));
}

fn plan_identity(ground: &Ground<'_>, plan: &mut Plan) {
    let (id, cluster) = (&ground.identity, &ground.found.cluster);
    let object = identity_object(id.name());
    if let (Some(there), IdentityChoice::Ours { told: false, .. }) =
        (names_another(ground), &ground.azure.managed_identity)
    {
        // Nobody named an identity: whoever annotated the account meant that one.
        let message = format!("the jobs have another managed identity until now, with the client id {there}");
        plan.refusals.push(
            Refusal::new(&object, message)
                .hint("stay with it: `--managed-identity RESOURCE_ID`, as `az identity list` shows it")
                .hint(format!("or name the new one: `--managed-identity {}`", id.name())),
        );
        return;
    }
    match (&ground.found.identity, &ground.azure.managed_identity) {
        (Look::There(identity), _) => plan_existing(ground, identity, &object, plan),
        (Look::Missing, IdentityChoice::Ours { .. }) => {
            let change = AzureChange::CreateIdentity {
                id: id.clone(),
                location: cluster.location.clone(),
                tags: tags::made(&cluster.id, &jobs(ground.settings)),
            };
            plan.planned.push(line(&object, Action::Create, "missing", Some(change)));
            if let Some(there) = names_another(ground) {
                plan.warnings.push(format!(
                    "the jobs have another managed identity until now, or one that is gone (client id {there}): the new one \
                     has none of its roles"
                ));
            }
        }
        (Look::Missing, IdentityChoice::Own(id)) => {
            let message = format!("there is no such managed identity in resource group `{}`", id.resource_group());
            let refusal = Refusal::new(&object, message).kind(FailureKind::Usage);
            plan.refusals.push(refusal.hint(commands::show_identity(id, "clientId")));
        }
        (Look::Unknown(why), _) => refuse_unseen(&object, why, plan),
        (Look::NotLooked, _) => {}
    }
}

/// The client id in the annotation of the jobs' account, when it is another one than that of the settings' identity. One
/// that was made for these jobs and is named by mistake elsewhere is put right.
fn names_another<'a>(ground: &Ground<'a>) -> Option<&'a str> {
    let there = ground.annotated.filter(|there| *there != PENDING_CLIENT_ID)?;
    let identity = ground.found.identity.there();
    let is_made = identity.is_some_and(|it| tags::is_for(&it.tags, &ground.found.cluster.id, &jobs(ground.settings)));
    let is_same = identity.is_some_and(|it| it.client_id.eq_ignore_ascii_case(there));
    (!is_same && !is_made).then_some(there)
}

/// Whether the identity trusts exactly these jobs already.
fn is_trusted(ground: &Ground<'_>) -> bool {
    let wanted = wanted_credential(ground);
    ground.found.federated.there().is_some_and(|there| matches!(standing(&wanted, there), Standing::There(_)))
}

fn plan_existing(ground: &Ground<'_>, identity: &ManagedIdentity, object: &str, plan: &mut Plan) {
    let told_to_adopt = ground.settings.adopt.iter().any(|name| name == object);
    let cluster = &ground.found.cluster;
    let stranger = owner(ground, identity);
    // An annotation alone may be a copy: whom the identity lets in already has been decided on.
    let serves_here = ground.annotated == Some(identity.client_id.as_str()) && is_trusted(ground);
    if let (Some(owner), false) = (&stranger, told_to_adopt || serves_here) {
        plan.refusals.push(
            Refusal::new(object, format!("belongs to {owner}"))
                .hint(format!("choose another name with `--managed-identity {}`", another_name(ground)))
                .hint(format!("or let both use this identity with `--adopt {object}`")),
        );
        return;
    }
    if !identity.location.eq_ignore_ascii_case(&cluster.location) {
        plan.warnings.push(format!(
            "{object} is kept in {}, and the cluster is in {}: that works as long as both are reached",
            identity.location, cluster.location
        ));
    }
    if !tags::made_by_us(&identity.tags) && ground.annotated != Some(identity.client_id.as_str()) {
        plan.warnings
            .push(format!("{object} was not made by runner-setup: the jobs get every right that it has already"));
    }
    let (action, why) = match &stranger {
        Some(owner) if told_to_adopt => (Action::Adopt, format!("shared with {owner}, as told")),
        Some(owner) => (Action::Unchanged, format!("there, and shared with {owner}")),
        None if tags::made_by_us(&identity.tags) => (Action::Unchanged, "as it should be".to_owned()),
        None => (Action::Unchanged, "there, made by somebody else".to_owned()),
    };
    plan.planned.push(line(object, action, &why, None));
}

/// Who else has this identity, by our tags; az may drop tags, so that none say nothing.
fn owner(ground: &Ground<'_>, identity: &ManagedIdentity) -> Option<String> {
    let (cluster, jobs) = (&ground.found.cluster.id, jobs(ground.settings));
    let other = tags::get(&identity.tags, tags::CLUSTER)?;
    if !tags::is_for_cluster(&identity.tags, cluster) {
        return Some(format!("another cluster, {other}"));
    }
    let account = tags::get(&identity.tags, tags::SERVICE_ACCOUNT)?;
    (!tags::is_for(&identity.tags, cluster, &jobs))
        .then(|| format!("another service account of this cluster, {account}"))
}

/// `<namespace>/<name>` of the job service account.
pub(super) fn jobs(settings: &Settings) -> String {
    format!("{}/{}", settings.job_namespace, settings.job_account.name)
}

pub(super) fn another_name(ground: &Ground<'_>) -> String {
    let name = format!("{}-{}", ground.identity.name(), ground.settings.job_namespace);
    name.chars().take(128).collect()
}

/// One role of the identity.
fn plan_role(ground: &Ground<'_>, role: &FoundRole, plan: &mut Plan) {
    let object = assignment_object(&role.wish.role.to_string(), &role.scope);
    let definition = match &role.definition {
        Look::There(definition) => definition,
        Look::Missing | Look::NotLooked => {
            let message = format!("there is no role `{}` on {}", role.wish.role, role.scope);
            let refusal = Refusal::new(&object, message).kind(FailureKind::Usage);
            plan.refusals.push(refusal.hint(commands::list_definitions(&role.wish.role, &role.scope)));
            return;
        }
        Look::Unknown(why) => return refuse_unseen(&object, why, plan),
    };
    match &role.assigned {
        Look::There(assigned) if !assigned.is_empty() => {
            plan.planned.push(line(&object, Action::Unchanged, "as it should be", None));
        }
        Look::Unknown(why) => refuse_unseen(&object, why, plan),
        Look::There(_) | Look::Missing | Look::NotLooked => {
            let change = AzureChange::AssignRole {
                identity: ground.identity.clone(),
                definition: definition.id.clone(),
                role: definition.name.clone(),
                scope: role.scope.clone(),
                description: tags::description(&ground.found.cluster.id, &jobs(ground.settings)),
            };
            plan.planned.push(line(&object, Action::Create, "missing", Some(change)));
        }
    }
}

/// A line of the plan for this phase.
pub(super) fn line(object: &str, action: Action, why: &str, change: Option<AzureChange>) -> Planned {
    Planned {
        object: object.to_owned(),
        action,
        why: why.to_owned(),
        fields: Vec::new(),
        phase: Phase::Identity,
        change: change.map(Change::Azure),
        unseen: false,
    }
}

/// What could not be looked at is refused: it would be compared and changed blindly.
pub(super) fn refuse_unseen(object: &str, why: &str, plan: &mut Plan) {
    let refusal = Refusal::new(object, format!("can't be looked at: {why}"));
    plan.refusals.push(refusal.hint("runner-setup permissions --for azure"));
}
