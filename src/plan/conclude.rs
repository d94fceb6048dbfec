//! The draft and its rehearsal become the plan: what the server would refuse is known before anything is done.

use std::collections::BTreeMap;

use crate::change::{Action, Change, FieldChange};
use crate::cluster::{Conflicts, owner};

use super::{Plan, Refusal};

/// What the server said to the rehearsal, by object name.
#[derive(Debug, Default)]
pub struct Rehearsal {
    /// For each object that would be written.
    pub objects: BTreeMap<String, Rehearsed>,
    /// What admission said to the pods of agent and jobs.
    pub pods: Vec<RefusedPod>,
    /// What could not be found out about those pods, in words.
    pub pods_unseen: Vec<String>,
    /// Rights that are missing to wait for the agent, in words.
    pub unwatchable: Vec<String>,
}

/// A pod that admission would refuse.
#[derive(Debug)]
pub struct RefusedPod {
    /// The object that would make it.
    pub object: String,
    /// Where.
    pub namespace: String,
    /// The server's words.
    pub words: String,
}

/// What the server said to one write that was only rehearsed.
#[derive(Debug)]
pub enum Rehearsed {
    /// It would be accepted, with this effect; `None` when the effect can't be known.
    Fine(Option<Vec<FieldChange>>),
    /// Fields belong to other managers, each with the fields in question.
    Conflict(Vec<(String, String)>),
    /// It would be refused, in the server's words.
    Refused(String),
    /// Rights are missing, in words.
    NotAllowed(Vec<String>),
    /// The rehearsal itself did not work, in words.
    Unknown(String),
}

/// Puts the server's word into the plan.
pub fn conclude(mut plan: Plan, rehearsal: Rehearsal) -> Plan {
    for planned in &mut plan.planned {
        let Some(change) = &mut planned.change else { continue };
        let Some(rehearsed) = rehearsal.objects.get(&planned.object) else { continue };
        let name = &planned.object;
        match rehearsed {
            Rehearsed::Fine(Some(effect)) if planned.action != Action::Create => {
                if effect.is_empty() && planned.action != Action::Adopt {
                    planned.action = Action::Unchanged;
                    planned.why = "as it should be".to_owned();
                    planned.fields.clear();
                    planned.change = None;
                } else if !effect.is_empty() {
                    planned.fields.clone_from(effect);
                }
            }
            Rehearsed::Fine(_) => {}
            Rehearsed::Conflict(fields) if fields.iter().all(|(manager, _)| owner::writes_by_hand(manager)) => {
                // A person's writes are nobody's claim: the plan shows the fields, and they become ours.
                if let Change::ApplyObject { conflicts, .. } | Change::StorePullSecret { conflicts, .. } = change {
                    *conflicts = Conflicts::TakeOver;
                }
            }
            Rehearsed::Conflict(fields) => {
                let said: Vec<_> =
                    fields.iter().map(|(manager, field)| format!("`{field}` belongs to `{manager}`")).collect();
                let refusal =
                    Refusal::new(name, format!("other field managers own what would change: {}", said.join(", ")));
                plan.refusals.push(refusal.hint(format!("take it over with `--adopt {name}`")));
            }
            Rehearsed::Refused(words) => {
                let namespace = name.split('/').nth(1).unwrap_or_default();
                plan.refusals.push(admission_hint(Refusal::new(name, words.clone()), words, namespace));
            }
            Rehearsed::NotAllowed(rights) => {
                let refusal = Refusal::new(name, format!("missing rights: {}", rights.join("; ")));
                plan.refusals.push(refusal.hint(
                    "runner-setup namespaces, identity, secret, register, install and rule can be run by different people",
                ));
            }
            Rehearsed::Unknown(words) => {
                plan.warnings
                    .push(format!("{name} could not be rehearsed, so the server may still refuse it: {words}"));
            }
        }
    }
    plan.warnings.extend(rehearsal.pods_unseen);
    for RefusedPod { object, namespace, words } in rehearsal.pods {
        // The pod of the rehearsal has a name that nobody will ever see again.
        let reason = words.split_once(" is forbidden: ").map_or(words.as_str(), |(_, reason)| reason);
        let refusal = Refusal::new(object, format!("its pods would be refused: {reason}"));
        plan.refusals.push(admission_hint(refusal, &words, &namespace));
    }
    if !rehearsal.unwatchable.is_empty() {
        let message = format!("missing rights to wait until it runs: {}", rehearsal.unwatchable.join("; "));
        let agent = plan.planned.iter().find(|planned| planned.object.starts_with("kubernetes:Deployment/"));
        let name = agent.map_or("kubernetes:Deployment", |agent| agent.object.as_str());
        plan.refusals.push(Refusal::new(name, message).hint("or do not wait: `--no-wait`"));
    }
    plan
}

/// Where to look at what refused: a quota, or the labels of Pod Security.
fn admission_hint(refusal: Refusal, words: &str, namespace: &str) -> Refusal {
    if words.contains("quota") {
        refusal.hint(format!("kubectl describe resourcequota -n {namespace}"))
    } else if words.contains("PodSecurity") {
        refusal.hint(format!("kubectl get namespace {namespace} --show-labels"))
    } else {
        refusal
    }
}
