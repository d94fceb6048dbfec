//! The result document: what a command did, in one JSON or YAML document with a versioned schema.

use serde::Serialize;

use crate::apply::{Applied, Status};
use crate::change::{Action, FieldChange};
use crate::failure::{Failure, FailureKind};
use crate::found::Found;
use crate::keypair::PublicKey;
use crate::plan::Plan;
use crate::settings::Settings;

mod cloud;

pub use cloud::{AwsSummary, AzureSummary, GcpSummary};

/// The document's schema; fields are only added within `v1`.
pub const SCHEMA: &str = "runner-setup/result/v1";

/// One run, told as data.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ResultDocument {
    /// Always `runner-setup/result/v1`.
    #[schemars(extend("const" = SCHEMA))]
    pub schema: String,
    /// The command.
    pub command: String,
    /// How it ended.
    pub outcome: Outcome,
    /// The runner in question, as far as it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub runner: Option<RunnerSummary>,
    /// The cluster in question, as far as it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cluster: Option<ClusterSummary>,
    /// The cluster as AWS knows it, when AWS was looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aws: Option<AwsSummary>,
    /// The cluster as Google Cloud knows it; absent when it was not looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gcp: Option<GcpSummary>,
    /// The cluster as Azure knows it; absent when it was not looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub azure: Option<AzureSummary>,
    /// Every object, in the order in which it is done.
    pub changes: Vec<ChangeSummary>,
    /// What was proved.
    pub verified: Vec<Verified>,
    /// What a person should know.
    pub warnings: Vec<String>,
    /// Commands to type next.
    pub next: Vec<String>,
    /// What went wrong, when something did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorSummary>,
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Everything is as it should be already.
    NothingToDo,
    /// Changes are planned, none was made.
    Planned,
    /// All changes are made.
    Done,
    /// Part of the changes are made.
    Stopped,
    /// Something stands in the way; nothing was changed.
    Refused,
    /// It failed before anything was changed.
    Failed,
}

/// The runner, by everything that identifies it.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RunnerSummary {
    /// The organisation's id.
    pub org: String,
    /// The runner's id.
    pub id: String,
    /// Its type, e.g. `kubernetes-agent`.
    #[serde(rename = "type")]
    pub runner_type: String,
    /// `eks`, `gke`, `aks` or `generic`.
    pub provider: String,
    /// Where the agent runs.
    pub namespace: String,
    /// Where the jobs run.
    pub job_namespace: String,
    /// The public key as PEM; absent while there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public_key: Option<String>,
    /// Lower-case hex SHA-256 of the public key's 32 bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_id: Option<String>,
}

/// The cluster, by everything that identifies it.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
pub struct ClusterSummary {
    /// The kubeconfig context.
    pub context: String,
    /// The API server's URL.
    pub server: String,
    /// The uid of `kube-system`; absent when it may not be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uid: Option<String>,
    /// Kubernetes' version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
}

/// One object and what happened to it.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
pub struct ChangeSummary {
    /// The object, as `--adopt` takes it.
    pub object: String,
    /// `create`, `update`, `adopt`, `unchanged` or `delete`.
    #[schemars(extend("enum" = ["create", "update", "adopt", "unchanged", "delete"]))]
    pub action: String,
    /// `pending`, `done`, `failed` or `skipped`.
    #[schemars(extend("enum" = ["pending", "done", "failed", "skipped"]))]
    pub status: String,
    /// Why, in a few words.
    pub why: String,
    /// The fields that change.
    pub fields: Vec<FieldSummary>,
}

/// One field that changes.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
pub struct FieldSummary {
    /// Where it stands.
    pub path: String,
    /// What is there; null when nothing.
    pub from: serde_json::Value,
    /// What will be there; null when it goes.
    pub to: serde_json::Value,
}

/// One claim that was checked.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
pub struct Verified {
    /// The claim, e.g. `agent-running`.
    pub claim: String,
    /// `pass`, `fail` or `unknown`.
    #[schemars(extend("enum" = ["pass", "fail", "unknown"]))]
    pub outcome: String,
    /// What was seen.
    pub observed: String,
}

/// What went wrong.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
pub struct ErrorSummary {
    /// The kind, which decides the exit code.
    #[schemars(extend("enum" = [
        "usage", "answer-missing", "refused", "unreachable", "stopped", "interrupted", "bug"
    ]))]
    pub kind: String,
    /// What failed, on which object.
    pub message: String,
    /// Why, in the words of whoever said it.
    pub causes: Vec<String>,
    /// Commands to type.
    pub hints: Vec<String>,
}

impl ResultDocument {
    /// A document about nothing yet.
    pub fn new(command: &str) -> Self {
        Self {
            schema: SCHEMA.to_owned(),
            command: command.to_owned(),
            outcome: Outcome::NothingToDo,
            runner: None,
            cluster: None,
            aws: None,
            gcp: None,
            azure: None,
            changes: Vec::new(),
            verified: Vec::new(),
            warnings: Vec::new(),
            next: Vec::new(),
            error: None,
        }
    }

    /// A command that failed before there was anything to tell.
    pub fn failed(command: &str, failure: &Failure) -> Self {
        let mut document = Self::new(command);
        document.fail(failure);
        document
    }

    /// Says who the runner is.
    pub fn about(&mut self, settings: &Settings, key: Option<&PublicKey>) {
        self.runner = Some(RunnerSummary {
            org: settings.org.clone(),
            id: settings.runner_id.to_string(),
            runner_type: settings.runner_type.to_string(),
            provider: settings.provider.to_string(),
            namespace: settings.runner_namespace.to_string(),
            job_namespace: settings.job_namespace.to_string(),
            public_key: key.map(PublicKey::to_pem),
            key_id: key.map(PublicKey::key_id),
        });
    }

    /// Says which cluster it is.
    pub fn found(&mut self, settings: &Settings, found: &Found) {
        self.cluster = found.cluster.as_ref().map(|cluster| ClusterSummary {
            context: cluster.context.clone(),
            server: cluster.server.clone(),
            uid: cluster.uid.clone(),
            version: cluster.version.clone(),
        });
        self.found_aws(settings, found);
        self.found_gcp(settings, found);
        self.found_azure(settings, found);
    }

    /// Tells a plan of which nothing is done yet.
    pub fn planned(&mut self, plan: &Plan) {
        self.outcome = if plan.is_empty() { Outcome::NothingToDo } else { Outcome::Planned };
        self.warnings.clone_from(&plan.warnings);
        self.changes = plan
            .planned
            .iter()
            .map(|planned| ChangeSummary {
                object: planned.object.clone(),
                action: planned.action.word().to_owned(),
                status: match (planned.action, planned.unseen) {
                    (_, true) => Status::Skipped,
                    (Action::Unchanged, false) => Status::Done,
                    _ => Status::Pending,
                }
                .word()
                .to_owned(),
                why: planned.why.clone(),
                fields: planned.fields.iter().map(summary).collect(),
            })
            .collect();
    }

    /// Tells how a plan was carried out.
    pub fn applied(&mut self, plan: &Plan, applied: &Applied) {
        for (change, status) in self.changes.iter_mut().zip(&applied.statuses) {
            change.status = status.word().to_owned();
        }
        self.outcome = if plan.is_empty() { Outcome::NothingToDo } else { Outcome::Done };
        if let Some(failure) = &applied.failure {
            self.fail(failure);
        }
    }

    /// Says what went wrong. Whether anything had been changed by then decides the outcome.
    pub fn fail(&mut self, failure: &Failure) {
        let is_changed = self.changes.iter().any(|change| change.status == "done" && change.action != "unchanged");
        self.outcome = match failure.kind {
            _ if is_changed => Outcome::Stopped,
            FailureKind::Interrupted | FailureKind::Stopped => Outcome::Stopped,
            FailureKind::Refused => Outcome::Refused,
            FailureKind::Usage | FailureKind::AnswerMissing | FailureKind::Unreachable | FailureKind::Bug => {
                Outcome::Failed
            }
        };
        self.error = Some(ErrorSummary {
            kind: serde_json::to_value(failure.kind)
                .ok()
                .and_then(|kind| kind.as_str().map(str::to_owned))
                .unwrap_or_default(),
            message: failure.message.clone(),
            causes: failure.causes.clone(),
            hints: failure.hints.clone(),
        });
    }
}

fn summary(field: &FieldChange) -> FieldSummary {
    FieldSummary { path: field.path.clone(), from: masked(&field.from), to: masked(&field.to) }
}

/// A value fit to be shown: user and password of a URL are masked.
pub fn masked(value: &serde_json::Value) -> serde_json::Value {
    use serde_json::Value;
    match value {
        Value::String(text) => Value::String(mask_credentials(text)),
        Value::Array(list) => Value::Array(list.iter().map(masked).collect()),
        Value::Object(map) => Value::Object(map.iter().map(|(key, value)| (key.clone(), masked(value))).collect()),
        other => other.clone(),
    }
}

/// Masks what stands between `://` and `@`, as in the URL of a proxy.
pub fn mask_credentials(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else { return text.to_owned() };
    let authority_end = rest.find(['/', '?', '#', ' ', ',']).unwrap_or(rest.len());
    match rest[..authority_end].rfind('@') {
        Some(at) => format!("{scheme}://***{}", &rest[at..]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_in_a_url_are_masked() {
        assert_eq!(mask_credentials("http://user:secret@proxy:3128/x"), "http://***@proxy:3128/x");
        assert_eq!(mask_credentials("http://proxy:3128/a@b"), "http://proxy:3128/a@b");
        assert_eq!(mask_credentials("10.0.0.0/8,.svc"), "10.0.0.0/8,.svc");
    }
}
