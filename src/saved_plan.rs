//! A plan in a file: `plan --out` writes it, `apply FILE` does exactly that, or refuses because the world moved.

use std::io::Write;
use std::path::Path;

use clap::ArgMatches;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::answers::{Answers, ConfigFile, Hctl, LoadedFile, config_yaml};
use crate::change::Change;
use crate::failure::{Failure, FailureKind};
use crate::found::Found;
use crate::plan::Plan;
use crate::process::Process;
use crate::settings::Settings;

/// What is said when the saved plan is not carried out.
const MOVED: &str = "the world moved since the plan was saved: nothing was changed";
/// The file's schema.
const SCHEMA: &str = "runner-setup/plan/v1";

/// What the file holds: the settings that a person told, and a digest of every change. No keys, no tokens.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SavedPlan {
    /// Always `runner-setup/plan/v1`.
    #[schemars(extend("const" = SCHEMA))]
    schema: String,
    /// The version of the tool that planned; another version may plan otherwise, and then says so.
    version: String,
    /// What a person told, in the form of `runner-setup.yaml`.
    config: Value,
    /// The runner.
    runner_id: String,
    /// The API server's URL, and the uid of its `kube-system`.
    cluster: Option<(String, Option<String>)>,
    /// The changes in order.
    changes: Vec<SavedChange>,
}

/// One change: the object, what happens to it, and a digest of the content.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
struct SavedChange {
    /// The object, as `--adopt` takes it.
    object: String,
    /// What happens to it.
    action: String,
    /// SHA-256 of everything that is known of the new content.
    digest: String,
}

/// Saves a plan, readable by its owner only.
///
/// # Errors
/// The file can't be written.
pub fn save(path: &Path, answers: &Answers, settings: &Settings, found: &Found, plan: &Plan) -> Result<(), Failure> {
    let refuse = |cause: String| {
        Failure::new(FailureKind::Usage, format!("writing the plan to `{}`", path.display())).cause(cause)
    };
    let config: Value = serde_yaml::from_str(&config_yaml(answers)).map_err(|error| refuse(error.to_string()))?;
    let saved = SavedPlan::of(config, settings, found, plan);
    let text = serde_json::to_string_pretty(&saved).map_err(|error| refuse(error.to_string()))?;
    // A device or a pipe is written to; a file would take its place in the file system.
    if std::fs::metadata(path).is_ok_and(|there| !there.is_file()) {
        return std::fs::write(path, text).map_err(|error| refuse(error.to_string()));
    }
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // A temporary file is readable by its owner only, and takes its place as a whole.
    let mut file = tempfile::NamedTempFile::new_in(directory).map_err(|error| refuse(error.to_string()))?;
    file.write_all(text.as_bytes()).map_err(|error| refuse(error.to_string()))?;
    file.persist(path).map_err(|error| refuse(error.error.to_string()))?;
    Ok(())
}

impl SavedPlan {
    fn of(config: Value, settings: &Settings, found: &Found, plan: &Plan) -> Self {
        Self {
            schema: SCHEMA.to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            config,
            runner_id: settings.runner_id.to_string(),
            cluster: found.cluster.as_ref().map(|cluster| (cluster.server.clone(), cluster.uid.clone())),
            changes: plan
                .changes()
                .map(|(planned, change)| SavedChange {
                    object: planned.object.clone(),
                    action: planned.action.word().to_owned(),
                    digest: digest(change),
                })
                .collect(),
        }
    }

    /// Reads a saved plan.
    ///
    /// # Errors
    /// The file is missing, or no plan.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        let refuse = |cause: String| {
            Failure::new(FailureKind::Usage, format!("reading the plan `{}`", path.display()))
                .cause(cause)
                .hint(format!("runner-setup plan --out {}", path.display()))
        };
        let text = std::fs::read_to_string(path).map_err(|error| refuse(error.to_string()))?;
        let saved: Self = serde_json::from_str(&text).map_err(|error| refuse(error.to_string()))?;
        if saved.schema == SCHEMA {
            Ok(saved)
        } else {
            Err(refuse(format!("its schema is `{}`, not `{SCHEMA}`", saved.schema)))
        }
    }

    /// The answers that the plan was made of; tokens come from where they always come from.
    ///
    /// # Errors
    /// The settings in the plan can't be understood.
    pub fn answers(&self, process: &Process, matches: &ArgMatches) -> Result<Answers, Failure> {
        let text = serde_yaml::to_string(&self.config).unwrap_or_default();
        let config = ConfigFile::parse("the saved plan", &text)?;
        let file = LoadedFile { name: "the saved plan".to_owned(), config };
        let mut answers = Answers::from_matches(matches);
        answers.add_environment(process);
        answers.add_file(&file);
        if let Some(hctl) = Hctl::find(process)? {
            answers.add_hctl(&hctl);
        }
        Ok(answers)
    }

    /// The failure of a plan that something stands in the way of now.
    pub fn overtaken(&self, refused: Failure) -> Failure {
        let moved = Failure::new(FailureKind::Refused, MOVED).cause(refused.message);
        let moved = refused.causes.into_iter().fold(moved, Failure::cause);
        refused.hints.into_iter().fold(moved, Failure::hint)
    }

    /// What is not as it was when this plan was made; nothing when it still fits.
    pub fn moved(&self, settings: &Settings, found: &Found, plan: &Plan) -> Option<Failure> {
        let now = Self::of(self.config.clone(), settings, found, plan);
        let mut failure = Failure::new(FailureKind::Refused, MOVED);
        if now.runner_id != self.runner_id {
            failure = failure.cause(format!("the plan is for runner `{}`, not `{}`", self.runner_id, now.runner_id));
        }
        if now.cluster != self.cluster {
            let name = |cluster: &Option<(String, Option<String>)>| match cluster {
                Some((server, uid)) => format!("{server} (uid {})", uid.as_deref().unwrap_or("unknown")),
                None => "no cluster".to_owned(),
            };
            failure = failure.cause(format!("the plan is for {}, not {}", name(&self.cluster), name(&now.cluster)));
        }
        for then in &self.changes {
            match now.changes.iter().find(|change| change.object == then.object) {
                None => {
                    failure = failure.cause(format!(
                        "{}: the plan would {} it, now there is nothing to do",
                        then.object, then.action
                    ))
                }
                Some(change) if change.action != then.action => {
                    failure = failure.cause(format!(
                        "{}: the plan would {} it, now it would be {}",
                        then.object, then.action, change.action
                    ));
                }
                Some(change) if change.digest != then.digest => {
                    failure = failure.cause(format!("{}: its content would be another", then.object));
                }
                Some(_) => {}
            }
        }
        for change in &now.changes {
            if !self.changes.iter().any(|then| then.object == change.object) {
                failure =
                    failure.cause(format!("{}: not in the plan, now it would be {}", change.object, change.action));
            }
        }
        (!failure.causes.is_empty()).then(|| failure.hint("make a new plan: `runner-setup plan --out FILE`"))
    }
}

/// A digest of everything that the change would write, as far as it is known beforehand.
fn digest(change: &Change) -> String {
    let content = match change {
        Change::ApplyObject { manifest, .. } => manifest.clone(),
        Change::RegisterRunner { body } => body.clone(),
        Change::PatchRunner { patch } => patch.clone(),
        Change::CreateRule { target } => Value::String(target.to_string()),
        Change::Aws(change) => Value::String(format!("{change:?}")),
        Change::Gcp(change) => Value::String(format!("{change:?}")),
        Change::Azure(change) => Value::String(format!("{change:?}")),
        Change::StoreKey { data_key, .. } => Value::String(data_key.clone()),
        Change::StorePullSecret { .. } => Value::Null,
        // Deletes are planned by `destroy` only, which saves no plan; they are still told apart by what they delete.
        Change::DeleteObject { as_seen, .. } => Value::String(as_seen.uid.clone()),
        Change::DeleteRule { id } => Value::String(id.clone()),
        Change::DeleteRunner { updated_at } => Value::String(updated_at.clone()),
    };
    Sha256::digest(content.to_string()).iter().map(|byte| format!("{byte:02x}")).collect()
}
