//! What lets the jobs use their managed identity: a federated credential with exactly this issuer, subject and audience.

use serde_json::json;

use super::azure::{Ground, another_name, credential_object, jobs_subject, line, refuse_unseen};
use super::{Plan, Refusal};
use crate::change::{Action, FieldChange, Planned};
use crate::cloud::azure::change::{AzureChange, NewTrust};
use crate::cloud::azure::commands;
use crate::cloud::azure::found::FederatedCredential;
use crate::cloud::azure::trust::{MOST_CREDENTIALS, Part, Standing, differences, distinct_name, standing};
use crate::cloud::look::Look;

/// Finds the trust among what the identity trusts already, under whatever name, or adds it.
pub(super) fn plan_trust(ground: &Ground<'_>, plan: &mut Plan) {
    let identity = ground.identity.name();
    let none = Vec::new();
    let there = match &ground.found.federated {
        Look::There(there) => there,
        Look::Missing | Look::NotLooked => &none,
        Look::Unknown(why) => {
            return refuse_unseen(&credential_object(identity, &ground.azure.credential.name), why, plan);
        }
    };
    let wanted = wanted_credential(ground);
    let taken = there.iter().find(|it| it.name.eq_ignore_ascii_case(&wanted.name));
    match standing(&wanted, there) {
        Standing::There(same) => {
            let why = if same.name == wanted.name { "as it should be" } else { "trusted under this name already" };
            plan.planned.push(line(&credential_object(identity, &same.name), Action::Unchanged, why, None));
            return;
        }
        // Azure keeps one credential for an issuer and a subject, so that another one can't be added.
        Standing::Nearly(near) if near.issuer == wanted.issuer && near.subject == wanted.subject => {
            return plan_replacement(ground, wanted.clone(), near, plan);
        }
        Standing::Nearly(near) => {
            let differs: Vec<_> = differences(&wanted, near).iter().map(ToString::to_string).collect();
            let name = credential_object(identity, &near.name);
            plan.warnings
                .push(format!("{name} nearly trusts the jobs, and lets nobody of them in: {}", differs.join("; ")));
        }
        Standing::NameTaken(_) | Standing::Free => {}
    }
    match taken {
        Some(taken) if ground.azure.credential.told => plan_replacement(ground, wanted, taken, plan),
        Some(_) => {
            let name = distinct_name(&wanted.name, &wanted.issuer, &wanted.subject);
            plan_addition(ground, FederatedCredential { name, ..wanted }, there.len(), plan);
        }
        None => plan_addition(ground, wanted, there.len(), plan),
    }
}

/// The name that a person said trusts something else: replaced only when told.
fn plan_replacement(ground: &Ground<'_>, wanted: FederatedCredential, taken: &FederatedCredential, plan: &mut Plan) {
    let object = credential_object(ground.identity.name(), &taken.name);
    let differs = differences(&wanted, taken);
    if !ground.settings.adopt.contains(&object) {
        let is_same_account = differs.iter().all(|it| it.part == Part::Audience);
        let otherwise = if is_same_account {
            format!("take another identity with `--managed-identity {}`", another_name(ground))
        } else {
            "choose another name with `--federated-credential NAME`".to_owned()
        };
        let words: Vec<_> = differs.iter().map(ToString::to_string).collect();
        plan.refusals.push(
            Refusal::new(&object, format!("trusts something else: {}", words.join("; ")))
                .hint(otherwise)
                .hint(format!("or let it trust the jobs instead with `--adopt {object}`")),
        );
        return;
    }
    let path = |part: Part| if part == Part::Audience { "audiences[0]" } else { part.name() }.to_owned();
    let fields = differs
        .iter()
        .map(|it| FieldChange { path: path(it.part), from: json!(it.actual), to: json!(it.expected) })
        .collect();
    let change = trust(ground, FederatedCredential { name: taken.name.clone(), ..wanted }, Some(taken.clone()));
    plan.planned.push(Planned { fields, ..line(&object, Action::Adopt, "taken over, as told", Some(change)) });
}

fn plan_addition(ground: &Ground<'_>, credential: FederatedCredential, count: usize, plan: &mut Plan) {
    let object = credential_object(ground.identity.name(), &credential.name);
    if count >= MOST_CREDENTIALS {
        let message = format!("the managed identity has {count} federated credentials, and can't have more");
        plan.refusals.push(
            Refusal::new(&object, message)
                .hint(commands::list_credentials(&ground.identity))
                .hint(format!("or take one for these jobs alone: `--managed-identity {}`", another_name(ground))),
        );
        return;
    }
    plan.planned.push(line(&object, Action::Create, "missing", Some(trust(ground, credential, None))));
}

pub(super) fn wanted_credential(ground: &Ground<'_>) -> FederatedCredential {
    FederatedCredential {
        name: ground.azure.credential.name.clone(),
        // Byte for byte; an issuer that this plan turns on is read when the credential is made.
        issuer: ground.found.cluster.issuer.clone().unwrap_or_default(),
        subject: jobs_subject(ground.settings),
        audiences: vec![ground.azure.audience.clone()],
    }
}

fn trust(ground: &Ground<'_>, credential: FederatedCredential, seen: Option<FederatedCredential>) -> AzureChange {
    let (identity, cluster) = (ground.identity.clone(), ground.found.cluster.id.clone());
    AzureChange::Trust(Box::new(NewTrust { identity, credential, cluster, seen }))
}
