//! Everything this tool can change, as one closed set; no IO.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::cloud::aws::change::AwsChange;
use crate::cloud::azure::change::AzureChange;
use crate::cloud::gcp::change::GcpChange;
use crate::cluster::{Conflicts, ObjectRef};
use crate::phase::Phase;
use crate::settings::RuleTarget;

/// One change to one object.
#[derive(Debug, Clone)]
pub enum Change {
    /// Server-side apply of an object of the cluster.
    ApplyObject {
        /// Which object.
        object: ObjectRef,
        /// Its wanted content.
        manifest: Value,
        /// What to do about fields of other managers.
        conflicts: Conflicts,
    },
    /// Something in AWS.
    Aws(AwsChange),
    /// Something in Google Cloud.
    Gcp(GcpChange),
    /// Something in Azure.
    Azure(AzureChange),
    /// Create the key Secret. The key itself is made or lent when this is carried out.
    StoreKey {
        /// The Secret.
        object: ObjectRef,
        /// The data key under which the private key goes.
        data_key: String,
    },
    /// Create or update a pull secret. Its content is lent when this is carried out.
    StorePullSecret {
        /// The Secret.
        object: ObjectRef,
        /// What to do about fields of other managers.
        conflicts: Conflicts,
    },
    /// Register the runner. The public key is put in when this is carried out.
    RegisterRunner {
        /// The whole body without the key.
        body: Value,
    },
    /// Change fields of the registered runner.
    PatchRunner {
        /// Only what differs.
        patch: Value,
    },
    /// Add a runner rule.
    CreateRule {
        /// Which environments it matches.
        target: RuleTarget,
    },
    /// Delete an object of the cluster, if it still is the one that was looked at.
    DeleteObject {
        /// Which object.
        object: ObjectRef,
        /// What was looked at.
        as_seen: AsSeen,
        /// When it goes.
        stage: Stage,
    },
    /// Delete a runner rule.
    DeleteRule {
        /// The rule's id.
        id: String,
    },
    /// Delete the runner, if it still is the one that was looked at.
    DeleteRunner {
        /// When it was last changed, as the Orchestrator says it.
        updated_at: String,
    },
}

/// Which object was looked at, and in which state: nothing else is deleted in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AsSeen {
    /// Its uid.
    pub uid: String,
    /// Its resource version.
    pub version: String,
    /// The generation of its specification, of kinds that have one.
    pub generation: Option<i64>,
}

impl AsSeen {
    /// What an object's metadata say.
    pub fn of(live: &Value) -> Option<Self> {
        let text = |at: &str| live.pointer(at)?.as_str().map(str::to_owned);
        Some(Self {
            uid: text("/metadata/uid")?,
            version: text("/metadata/resourceVersion")?,
            generation: live.pointer("/metadata/generation").and_then(Value::as_i64),
        })
    }
}

/// When a change comes: everything of one stage may go on at the same time, and waits for the stage before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Namespaces: everything else in the cluster stands in one. And the role, which everything of the identity names.
    Ground,
    /// The key, and what does not depend on it.
    Objects,
    /// The runner: after its key is stored, before its agent starts. And bindings: only somebody who may `bind` can bind
    /// a Role that is not there yet.
    Registration,
    /// The agent and the rules: after the runner is registered.
    Agent,
    /// Here taking back begins, which is the same the other way round. Rules: no environment gets the runner any more.
    EndRules,
    /// The agent: it takes no work any more.
    EndAgent,
    /// What agent and jobs are allowed: bindings and Roles, and a cloud's identities. Before the registration is gone,
    /// because it alone says where state is kept.
    EndRights,
    /// The runner: after its agent stopped, while the key still proves whose it is.
    EndRunner,
    /// Accounts, ConfigMaps and whatever else nothing depends on.
    EndObjects,
    /// The key, last of all: as long as it is there, a run that died can be finished.
    EndKey,
    /// Namespaces, when asked for.
    EndGround,
}

impl Stage {
    /// All stages in order.
    pub const ALL: [Self; 11] = [
        Self::Ground,
        Self::Objects,
        Self::Registration,
        Self::Agent,
        Self::EndRules,
        Self::EndAgent,
        Self::EndRights,
        Self::EndRunner,
        Self::EndObjects,
        Self::EndKey,
        Self::EndGround,
    ];
}

impl Change {
    /// When it comes.
    pub fn stage(&self) -> Stage {
        use crate::cluster::Kind;
        match self {
            Self::ApplyObject { object, .. } => match object.kind {
                Kind::Namespace => Stage::Ground,
                Kind::RoleBinding => Stage::Registration,
                Kind::Deployment => Stage::Agent,
                _ => Stage::Objects,
            },
            Self::Aws(AwsChange::CreateAssociation(_) | AwsChange::UpdateAssociation { .. }) => Stage::Objects,
            Self::Aws(
                AwsChange::DeleteAssociation { .. } | AwsChange::TakeBackTrust { .. } | AwsChange::DeleteRole { .. },
            ) => Stage::EndRights,
            Self::Aws(AwsChange::DeleteOidcProvider { .. }) => Stage::EndObjects,
            Self::Aws(_) => Stage::Ground,
            // Who is named by a policy has to be there before.
            Self::Gcp(GcpChange::CreateServiceAccount(_) | GcpChange::Describe { .. }) => Stage::Ground,
            Self::Gcp(GcpChange::Grant(_)) => Stage::Objects,
            Self::Gcp(GcpChange::Revoke(_)) => Stage::EndRights,
            // Its own grants are taken back first, as those of a deleted account are left behind as dead ones.
            Self::Gcp(GcpChange::DeleteServiceAccount { .. }) => Stage::EndRunner,
            // The job service account is annotated with the client id, which only the identity itself tells.
            Self::Azure(AzureChange::EnableWorkloadIdentity { .. } | AzureChange::CreateIdentity { .. }) => {
                Stage::Ground
            }
            Self::Azure(AzureChange::Trust(_) | AzureChange::AssignRole { .. }) => Stage::Objects,
            Self::Azure(AzureChange::UnassignRole { .. } | AzureChange::Distrust { .. }) => Stage::EndRights,
            Self::Azure(AzureChange::DeleteIdentity { .. }) => Stage::EndRunner,
            Self::StoreKey { .. } | Self::StorePullSecret { .. } => Stage::Objects,
            Self::RegisterRunner { .. } | Self::PatchRunner { .. } => Stage::Registration,
            Self::CreateRule { .. } => Stage::Agent,
            Self::DeleteObject { stage, .. } => *stage,
            Self::DeleteRule { .. } => Stage::EndRules,
            Self::DeleteRunner { .. } => Stage::EndRunner,
        }
    }
}

/// What happens to an object, as plans and results say it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// It is missing and will be made.
    Create,
    /// It is ours and differs.
    Update,
    /// It is there, nobody claims it (or its owner was named), and it will be ours.
    Adopt,
    /// It is as it should be.
    Unchanged,
    /// It will be removed.
    Delete,
}

impl Action {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Adopt => "adopt",
            Self::Unchanged => "unchanged",
            Self::Delete => "delete",
        }
    }
}

/// One field that differs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FieldChange {
    /// Where, e.g. `spec.template.spec.containers[main].image`.
    pub path: String,
    /// What is there now; null when nothing.
    pub from: Value,
    /// What will be there; null when it goes.
    pub to: Value,
}

/// How the reason begins of what `destroy` leaves where it is.
pub const KEPT: &str = "kept: ";

/// One line of a plan: an object, what happens to it and why.
#[derive(Debug, Clone)]
pub struct Planned {
    /// The object's name, as in `--adopt` and in results.
    pub object: String,
    /// What happens to it.
    pub action: Action,
    /// Why, in a few words.
    pub why: String,
    /// The fields that change; empty for what is created or unchanged.
    pub fields: Vec<FieldChange>,
    /// Which phase it belongs to.
    pub phase: Phase,
    /// What is carried out; nothing for what is unchanged.
    pub change: Option<Change>,
    /// It could not be looked at, so nobody knows whether it is as it should be.
    pub unseen: bool,
}

impl Planned {
    /// Why `destroy` leaves the object where it is, if that is what this line says.
    pub fn kept(&self) -> Option<&str> {
        self.why.strip_prefix(KEPT).filter(|_| self.change.is_none())
    }
}
