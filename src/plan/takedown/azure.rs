//! The jobs' identity in Azure, taken back: exactly our credential, and our identity when nobody else needs it.

use serde_json::{Value, json};

use super::ownership::NOT_MADE;
use super::{MADE, kept};
use crate::change::{Action, FieldChange, Planned};
use crate::cloud::azure::change::AzureChange;
use crate::cloud::azure::found::{FederatedCredential, FoundAzure, ManagedIdentity, StandingAzure};
use crate::cloud::azure::names::ResourceId;
use crate::cloud::azure::{commands, tags};
use crate::cloud::look::Look;
use crate::phase::Phase;
use crate::plan::azure::{credential_object, identity_object, jobs, jobs_subject, line};
use crate::plan::{Plan, Refusal};
use crate::settings::{AzureIdentity, Settings};

/// Plans everything in Azure; nothing, when the jobs have no identity there.
pub(super) fn plan_azure(settings: &Settings, found: &FoundAzure, standing: &StandingAzure, plan: &mut Plan) {
    let Some(azure) = settings.azure.as_ref().filter(|azure| azure.identity != AzureIdentity::None) else { return };
    let Some(id) = azure.identity_id() else { return };
    let object = identity_object(id.name());
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
            plan.planned.push(kept(name, "in a managed identity that runner-setup did not make", Phase::Identity));
        }
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
        plan.planned.push(kept(object, format!("it trusts others too: {}", names.join(", ")), Phase::Identity));
        return;
    }
    plan_roles(standing, &object, plan);
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

/// The roles of an identity that goes: left behind they would name nobody.
fn plan_roles(standing: &StandingAzure, object: &str, plan: &mut Plan) {
    match &standing.assignments {
        Look::There(all) => {
            for assignment in all {
                let role = assignment.definition.rsplit('/').next().unwrap_or_default();
                let name = crate::plan::azure::assignment_object(role, &assignment.scope);
                let change = AzureChange::UnassignRole { assignment: assignment.id.clone() };
                plan.planned.push(line(&name, Action::Delete, "of an identity that goes", Some(change)));
            }
        }
        Look::Unknown(why) => plan
            .warnings
            .push(format!("roles that {object} has are left behind without effect, as they can't be looked at: {why}")),
        Look::Missing | Look::NotLooked => {}
    }
}

fn refuse_unseen(object: &str, why: &str, plan: &mut Plan) {
    let refusal = Refusal::new(object, format!("can't be looked at: {why}"));
    plan.refusals.push(refusal.hint("runner-setup permissions --for azure --destroy"));
}
