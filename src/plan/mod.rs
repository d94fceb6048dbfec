//! Settings and what was found become a list of changes, or of refusals. Pure: no IO, no async, no clock.

mod aws_rights;
mod azure;
mod azure_rights;
mod azure_trust;
mod choices;
mod conclude;
mod gcp_rights;
mod google;
mod google_account;
mod identity;
mod key;
mod objects;
mod role;
mod rules;
mod runner;
mod takedown;

use std::collections::BTreeSet;

use crate::change::{Change, Planned};
use crate::failure::{Failure, FailureKind};
use crate::found::Found;
use crate::keypair::PublicKey;
use crate::manifests::TemplateError;
use crate::phase::Phase;
use crate::settings::Settings;

pub use aws_rights::{AwsRight, mark_rights, scope, with_scope};
pub use azure::{CLIENT_ID_ANNOTATION, PENDING_CLIENT_ID, USE_LABEL, client_id, client_id_there, jobs_subject};
pub use azure_rights::{AzureRight, mark_azure_rights};
pub use choices::choose;
pub use conclude::{RefusedPod, Rehearsal, Rehearsed, conclude};
pub use gcp_rights::{GcpRight, UnknownRole, mark_gcp_rights, mark_unknown_roles};
pub use google::{
    ACCOUNT_ANNOTATION, WORKLOAD_IDENTITY_USER, account_object, annotated, binding_object, grantee, jobs, jobs_member,
};
pub use identity::{POD_IDENTITY_ADDON, ROLE_ANNOTATION, entrant, role_arn};
pub use objects::{is_job_account, rights_needed};
pub use role::INLINE_POLICY;
pub use rules::rule_object;
pub use runner::with_key;
pub use takedown::{
    MADE, Wishes, listed, others, refuse_missing_rights, rights_to_delete, runner_is_left_to_a_person, take_down,
};

/// What else the plan needs to know that is no secret.
#[derive(Debug, Clone, Default)]
pub struct Inputs {
    /// Extra authorities for agent and jobs, as PEM.
    pub ca_bundle: Option<String>,
    /// The pull secret that is made of a Docker config, by name.
    pub made_pull_secret: Option<String>,
}

/// What will be done, what stands in the way, and what a person should know.
#[derive(Debug)]
pub struct Plan {
    /// Every object in the order in which it is done.
    pub planned: Vec<Planned>,
    /// What stands in the way; nothing is done while there is any.
    pub refusals: Vec<Refusal>,
    /// What a person should know.
    pub warnings: Vec<String>,
    /// The runner's key as far as it is known: `None` when it will be made.
    pub key: Option<PublicKey>,
}

/// One thing that stands in the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The object in question.
    pub object: String,
    /// Decides the exit code.
    pub kind: FailureKind,
    /// What is wrong, with both sides named.
    pub message: String,
    /// Commands to type.
    pub hints: Vec<String>,
    /// The phase that makes what is missing; its command is the first hint.
    pub maker: Option<Phase>,
}

impl Refusal {
    fn new(object: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            object: object.into(),
            kind: FailureKind::Refused,
            message: message.into(),
            hints: Vec::new(),
            maker: None,
        }
    }

    fn kind(mut self, kind: FailureKind) -> Self {
        self.kind = kind;
        self
    }

    fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    fn made_by(mut self, phase: Phase) -> Self {
        self.maker = Some(phase);
        self
    }
}

impl Plan {
    /// The lines that change something.
    pub fn changes(&self) -> impl Iterator<Item = (&Planned, &Change)> {
        self.planned.iter().filter_map(|planned| Some((planned, planned.change.as_ref()?)))
    }

    /// Whether everything is as it should be already.
    pub fn is_empty(&self) -> bool {
        self.changes().next().is_none()
    }

    /// All refusals as one failure; `None` when there are none. `line` is the command for a phase, settings included.
    pub fn refused(&self, line: &dyn Fn(Phase) -> String) -> Option<Failure> {
        let first = self.refusals.first()?;
        let all_usage = self.refusals.iter().all(|refusal| refusal.kind == FailureKind::Usage);
        let kind = if all_usage { FailureKind::Usage } else { FailureKind::Refused };
        let mut failure = match self.refusals.as_slice() {
            [only] => Failure::new(kind, format!("{}: {}", only.object, only.message)),
            several => {
                let mut failure = Failure::new(kind, format!("{} things stand in the way", several.len()));
                for refusal in several {
                    failure = failure.cause(format!("{}: {}", refusal.object, refusal.message));
                }
                failure
            }
        };
        for phase in self.refusals.iter().filter_map(|refusal| refusal.maker) {
            failure = failure.hint(line(phase));
        }
        for hint in self.refusals.iter().flat_map(|refusal| &refusal.hints) {
            failure = failure.hint(hint);
        }
        debug_assert!(!first.object.is_empty(), "a refusal names its object");
        Some(failure)
    }
}

/// Decides what to do in the given phases.
///
/// What needs the server's word (dry runs, access reviews) is decided in [`conclude`], with the rehearsal of what is
/// drafted here.
///
/// # Errors
/// A template that can't be filled, which is a bug.
pub fn draft(
    settings: &Settings,
    inputs: &Inputs,
    found: &Found,
    phases: &BTreeSet<Phase>,
) -> Result<Plan, TemplateError> {
    let mut plan = Plan { planned: Vec::new(), refusals: Vec::new(), warnings: Vec::new(), key: None };
    plan.warnings.extend(found.notes.iter().cloned());
    let choices = choose(settings, inputs, found, phases);
    if let Some(cluster) = &found.cluster {
        plan.warnings.extend(cluster.unseen.iter().cloned());
        objects::plan_namespaces(settings, &choices, cluster, phases, &mut plan)?;
    }
    identity::plan_identity(settings, found, phases, &mut plan);
    google::plan_google(settings, found, phases, &mut plan);
    azure::plan_azure(settings, found, phases, &mut plan);
    key::plan_key(settings, found, phases, &mut plan);
    if let Some(cluster) = &found.cluster {
        key::plan_pull_secret(settings, inputs, cluster, phases, &mut plan);
        objects::plan_objects(settings, &choices, cluster, phases, &mut plan)?;
    }
    runner::plan_runner(settings, &choices, found, phases, &mut plan);
    if let Some(cluster) = &found.cluster {
        objects::plan_deployment(settings, &choices, cluster, phases, &mut plan)?;
    }
    rules::plan_rules(settings, found, phases, &mut plan);
    objects::refuse_unused_adoptions(settings, found, &mut plan);
    Ok(plan)
}
