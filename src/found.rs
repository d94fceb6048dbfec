//! What was there when the tool looked: facts only, no decisions, no secrets.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::cloud::aws::found::FoundAws;
use crate::cloud::gcp::found::FoundGcp;
use crate::cluster::{ClusterError, ObjectRef};
use crate::keypair::PublicKey;
use crate::orchestrator::{Rule, Runner};

/// Everything that was found.
#[derive(Debug, Default)]
pub struct Found {
    /// The cluster; `None` when this run does not need it.
    pub cluster: Option<FoundCluster>,
    /// AWS; `None` when this run does not need it.
    pub aws: Option<FoundAws>,
    /// Google Cloud; `None` when this run does not need it.
    pub gcp: Option<FoundGcp>,
    /// The Orchestrator; `None` when this run does not need it or has no token for it.
    pub orchestrator: Option<FoundOrchestrator>,
    /// The key that a person gave, by its public half.
    pub given_key: Option<PublicKey>,
    /// What could not be looked at on a whole side, in words.
    pub notes: Vec<String>,
}

/// What was found in the cluster.
#[derive(Debug)]
pub struct FoundCluster {
    /// The context in use.
    pub context: String,
    /// The API server's URL.
    pub server: String,
    /// Kubernetes' version, e.g. `v1.35.4`.
    pub version: Option<String>,
    /// The uid of the `kube-system` namespace, which tells one cluster from another.
    pub uid: Option<String>,
    /// The objects looked at.
    pub objects: BTreeMap<ObjectRef, Seen>,
    /// The key Secret.
    pub key: FoundKey,
    /// Which Secret that is.
    pub key_object: ObjectRef,
    /// Pull secrets that this run would make, compared with what is there.
    pub pull_secrets: BTreeMap<ObjectRef, PullSecretSeen>,
    /// All Deployments of the namespaces that run an agent.
    pub agents: Vec<FoundAgent>,
    /// What could not be looked at besides single objects, in words.
    pub unseen: Vec<String>,
    /// Pods of the agent.
    pub pods: Vec<Value>,
    /// Whether the caller may do everything.
    pub is_admin: bool,
}

impl FoundCluster {
    /// Why nothing of the runner may be seen; `None` when something may, or when nothing was looked at.
    pub fn shows_nothing(&self) -> Option<&str> {
        let mut unseen = self.objects.values().map(|seen| match seen {
            Seen::Unknown(why) => Some(why.as_str()),
            Seen::Missing | Seen::There(_) => None,
        });
        let first = unseen.next()??;
        unseen.all(|why| why.is_some()).then_some(first)
    }
}

/// One object, looked at.
#[derive(Debug)]
pub enum Seen {
    /// It is not there.
    Missing,
    /// It is there.
    There(Value),
    /// It could not be looked at, in words.
    Unknown(String),
}

impl Seen {
    /// What a read says; errors other than a missing right are errors.
    ///
    /// # Errors
    /// Everything but a missing right.
    pub fn of(read: Result<Option<Value>, ClusterError>) -> Result<Self, ClusterError> {
        match read {
            Ok(Some(object)) => Ok(Self::There(object)),
            Ok(None) => Ok(Self::Missing),
            Err(error @ ClusterError::Forbidden { .. }) => Ok(Self::Unknown(error.to_string())),
            Err(error) => Err(error),
        }
    }

    /// The object, if it was seen.
    pub fn there(&self) -> Option<&Value> {
        match self {
            Self::There(object) => Some(object),
            Self::Missing | Self::Unknown(_) => None,
        }
    }
}

/// The key Secret, by what it says about the key. The private half is not kept.
#[derive(Debug)]
pub enum FoundKey {
    /// There is no such Secret.
    Missing,
    /// A usable key.
    Usable(PublicKey),
    /// The Secret is there, but its key can't be used.
    Unusable {
        /// Why not.
        why: String,
    },
    /// The Secret may not be read.
    Unknown(String),
}

impl FoundKey {
    /// The public half, when there is a usable key.
    pub fn public(&self) -> Option<&PublicKey> {
        match self {
            Self::Usable(key) => Some(key),
            Self::Missing | Self::Unusable { .. } | Self::Unknown(_) => None,
        }
    }
}

/// A pull secret, compared where it was read so that its content goes no further.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PullSecretSeen {
    /// It is not there.
    Missing,
    /// It holds what it should.
    Same,
    /// It holds something else.
    Differs {
        /// Whether this tool made or applied it.
        ours: bool,
        /// Who else claims it.
        owner: Option<String>,
    },
    /// It is a Secret of another type, which can never change.
    OtherType(String),
    /// It may not be read.
    Unknown(String),
}

/// A Deployment that runs an agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundAgent {
    /// The Deployment.
    pub object: ObjectRef,
    /// The organisation it serves, as far as it could be read.
    pub org: Option<String>,
    /// The runner it serves, as far as it could be read.
    pub runner_id: Option<String>,
}

/// What was found in the Orchestrator.
#[derive(Debug)]
pub struct FoundOrchestrator {
    /// The registered runner.
    pub runner: Option<Runner>,
    /// All rules of the organisation.
    pub rules: Vec<Rule>,
    /// Projects and environment types that rules name and that do not exist, in words.
    pub missing_targets: Vec<String>,
}
