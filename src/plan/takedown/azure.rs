//! The jobs' identity in Azure, taken back: exactly our credential, and our identity when nobody else needs it.

use serde_json::{Value, json};

use super::ownership::NOT_MADE;
use super::{MADE, kept};
use crate::change::{Action, FieldChange, Planned};
use crate::cloud::azure::change::AzureChange;
use crate::cloud::azure::found::{FederatedCredential, FoundAzure, ManagedIdentity, RoleAssignment, StandingAzure};
use crate::cloud::azure::names::ResourceId;
use crate::cloud::azure::{commands, tags};
use crate::cloud::look::Look;
use crate::phase::Phase;
use crate::plan::azure::{assignment_object, credential_object, identity_object, jobs, jobs_subject, line};
use crate::plan::{Plan, Refusal};
use crate::settings::{AzureIdentity, Settings};

/// Plans everything in Azure; nothing, when the jobs have no identity there.
pub(super) fn plan_azure(
    settings: &Settings,
    found: &FoundAzure,
    standing: &StandingAzure,
    annotated: Option<&str>,
    plan: &mut Plan,
) {
    let Some(azure) = settings.azure.as_ref().filter(|azure| azure.identity != AzureIdentity::None) else { return };
    let Some(id) = azure.identity_id() else { return };
    let object = identity_object(id.name());
    if let Some(there) = annotated
        && found.identity.there().is_none_or(|it| !it.client_id.eq_ignore_ascii_case(there))
    {
        plan.warnings.push(format!(
            "the jobs have another managed identity than {object}, with the client id {there}: it stays, with its trust and \
             its roles; name it with `--managed-identity` to take it back"
        ));
    }
    let identity = match &found.identity {
        Look::Missing | Look::NotLooked => return,
        Look::Unknown(why) => return refuse_unseen(&object, why, plan),
        Look::There(identity) => identity,
    };
    let credentials = match &found.federated {
        Look::There(credentials) => credentials.as_slice(),
        Look::Unknown(why) => return refuse_unseen(&object, why, plan),
        Look::Missing | Look::NotLooked => &[],
    };
    let subject = jobs_subject(settings);
    let issuer = found.cluster.issuer.as_deref();
    let is_ours = |it: &&FederatedCredential| it.subject == subject && Some(it.issuer.as_str()) == issuer;
    let (ours, others): (Vec<_>, Vec<_>) = credentials.iter().partition(is_ours);
    let made = tags::made_by_us(&identity.tags) && tags::is_for(&identity.tags, &found.cluster.id, &jobs(settings));
    if !made {
        for credential in ours {
            let command = commands::delete_credential(&id, &credential.name);
            let name = credential_object(id.name(), &credential.name);
            plan.warnings.push(format!("{name} still lets the jobs in; when nothing else needs it: {command}"));
            plan.planned.push(kept(name, "in a managed identity that was not made for these jobs", Phase::Identity));
        }
        plan_roles(settings, found, standing, &object, false, plan);
        let whose = match tags::get(&identity.tags, tags::CLUSTER) {
            Some(other) if tags::made_by_us(&identity.tags) => format!("it belongs to another runner, of {other}"),
            _ => NOT_MADE.to_owned(),
        };
        plan.planned.push(kept(object, whose, Phase::Identity));
        return;
    }
    for credential in ours {
        let change = AzureChange::Distrust { identity: id.clone(), seen: credential.clone() };
        let name = credential_object(id.name(), &credential.name);
        plan.planned.push(line(&name, Action::Delete, "trusts the jobs of this runner", Some(change)));
    }
    if !others.is_empty() {
        let names: Vec<_> = others.iter().map(|it| format!("{} ({})", it.name, it.subject)).collect();
        plan_roles(settings, found, standing, &object, false, plan);
        plan.planned.push(kept(object, format!("it trusts others too: {}", names.join(", ")), Phase::Identity));
        return;
    }
    plan.warnings.push(format!("{object} goes; whether a machine or an app acts as it too can't be seen from here"));
    plan_roles(settings, found, standing, &object, true, plan);
    plan.planned.push(delete(&id, identity, &object));
}

fn delete(id: &ResourceId, identity: &ManagedIdentity, object: &str) -> Planned {
    let gone = FieldChange { path: "clientId".to_owned(), from: json!(identity.client_id), to: Value::Null };
    let change = AzureChange::DeleteIdentity {
        id: id.clone(),
        principal_id: identity.principal_id.clone(),
        tags: identity.tags.clone(),
    };
    Planned { fields: vec![gone], ..line(object, Action::Delete, MADE, Some(change)) }
}

/// The roles that this tool gave, by their description. Those that others gave stay, without effect when the identity goes.
fn plan_roles(
    settings: &Settings,
    found: &FoundAzure,
    standing: &StandingAzure,
    object: &str,
    identity_goes: bool,
    plan: &mut Plan,
) {
    let is_ours = |it: &&RoleAssignment| {
        let description = it.description.as_deref();
        description.is_some_and(|text| tags::is_our_description(text, &found.cluster.id, &jobs(settings)))
    };
    let (ours, others): (Vec<_>, Vec<_>) = standing.assignments.iter().partition(is_ours);
    for assignment in ours {
        let role = assignment.definition.rsplit('/').next().unwrap_or_default();
        let name = assignment_object(role, &assignment.scope);
        let change = AzureChange::UnassignRole { assignment: assignment.id.clone() };
        plan.planned.push(line(&name, Action::Delete, MADE, Some(change)));
    }
    if identity_goes && !others.is_empty() {
        let ids: Vec<_> = others.iter().map(|it| it.id.as_str()).collect();
        plan.warnings
            .push(format!("roles that others gave to {object} are left behind without effect: {}", ids.join(", ")));
    }
    if let Some(why) = &standing.unseen {
        plan.warnings.push(format!("other roles that {object} may have are left as they are: {why}"));
    }
}

fn refuse_unseen(object: &str, why: &str, plan: &mut Plan) {
    let refusal = Refusal::new(object, format!("can't be looked at: {why}"));
    plan.refusals.push(refusal.hint("runner-setup permissions --for azure --destroy"));
}
