//! Complete and valid settings: what every step after `settle` works with. An invalid one cannot exist.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;

use crate::cloud::aws::settings::AwsSettings;
use crate::cloud::gcp::settings::GcpSettings;
use crate::names::{KubernetesName, NamespaceName, RunnerId};

/// The base URL of the SaaS Orchestrator.
pub const SAAS_API_URL: &str = "https://api.humanitec.dev";
/// The official runner image, for agent and jobs alike.
pub const OFFICIAL_IMAGE: &str = "ghcr.io/humanitec/humanitec-runner";
/// The tag of the official image when none is told and no agent is there yet.
pub const OFFICIAL_IMAGE_TAG: &str = "v1.10.3";
/// The data key of the key Secret that the official chart reads.
pub const DEFAULT_KEY_SECRET_KEY: &str = "private_key";
/// The name that the official chart gives to a default release: Deployment, ConfigMap, labels, accounts.
pub const RELEASE_NAME: &str = "humanitec-kubernetes-agent-runner";
/// The name of the key Secret when the public Terraform module made it.
pub const TERRAFORM_KEY_SECRET: &str = "humanitec-kubernetes-agent-runner-private-key";

/// Everything about one runner setup, complete and valid.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The Orchestrator's organisation id.
    pub org: String,
    /// The Orchestrator's base URL, without a trailing slash.
    pub api_url: Url,
    /// The runner's id in the Orchestrator.
    pub runner_id: RunnerId,
    /// Which kind of runner is set up.
    pub runner_type: RunnerType,
    /// Where the cluster runs.
    pub provider: Provider,
    /// The jobs' identity in AWS; there exactly when the provider is EKS.
    pub aws: Option<AwsSettings>,
    /// The cluster in GKE and the jobs' identity in Google Cloud; `None` on GKE only where no identity is set up and a
    /// context is all that is known.
    pub gcp: Option<GcpSettings>,
    /// The runner's description; `None`: nobody said one, so an existing one stays and a new runner gets the default.
    pub description: Option<String>,
    /// Where the agent runs.
    pub runner_namespace: NamespaceName,
    /// Where deployments' Jobs run.
    pub job_namespace: NamespaceName,
    /// The agent's service account.
    pub runner_account: ServiceAccount,
    /// The jobs' service account, the one that carries a cloud identity.
    pub job_account: ServiceAccount,
    /// Which Secret holds the private key.
    pub key_secret: KeySecret,
    /// Where to read a private key from instead of making one: a file, or `-` for stdin.
    pub private_key_file: Option<FileSource>,
    /// Where to read the public key to register, when the private half is somebody else's: a file, or `-` for stdin.
    pub public_key_file: Option<FileSource>,
    /// The agent's Deployment.
    pub agent: Agent,
    /// What a person gave as pod template for the jobs; `None`: the default one.
    pub pod_template: Option<Value>,
    /// Where Terraform state is kept; `None`: nobody said, so the registered one stays, else the job namespace.
    pub state_storage: Option<StateStorage>,
    /// Which environments the runner is for.
    pub rules: Vec<RuleTarget>,
    /// Objects of others that may be taken over, as printed by the refusal.
    pub adopt: Vec<String>,
    /// Whether to wait until the agent runs.
    pub wait: bool,
    /// How long the whole wait may last.
    pub timeout: Duration,
}

/// A service account and what is written on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceAccount {
    /// Its name.
    pub name: KubernetesName,
    /// Annotations to set.
    pub annotations: BTreeMap<String, String>,
}

/// Which Secret holds the private key, and under which data key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeySecret {
    /// The Secret's name in the runner namespace.
    pub name: KubernetesName,
    /// Whether a person said the name; if not, the Terraform module's Secret is recognised too.
    pub name_told: bool,
    /// The data key.
    pub key: String,
}

/// A file named by a person, or standard input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileSource {
    /// A path as given.
    Path(PathBuf),
    /// `-`.
    Stdin,
}

impl From<&str> for FileSource {
    fn from(text: &str) -> Self {
        if text == "-" { Self::Stdin } else { Self::Path(PathBuf::from(text)) }
    }
}

impl fmt::Display for FileSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => write!(f, "{}", path.display()),
            Self::Stdin => f.write_str("-"),
        }
    }
}

/// The agent's Deployment, in Kubernetes' own shapes.
#[derive(Debug, Clone, Default)]
pub struct Agent {
    /// The image's repository, for agent and jobs; `None`: what this tool set before, else the official one.
    pub image_repository: Option<String>,
    /// The image's tag, for agent and jobs; `None`: the one of that image that runs already, else the official one.
    pub image_tag: Option<String>,
    /// `Always`, `IfNotPresent` or `Never`.
    pub image_pull_policy: Option<String>,
    /// Pull secrets by name, in both namespaces.
    pub image_pull_secrets: Vec<KubernetesName>,
    /// A Docker `config.json` of which the entry for the image's registry becomes a pull secret.
    pub registry_auth_file: Option<PathBuf>,
    /// A PEM file of certificates that the agent and the jobs trust too.
    pub ca_file: Option<PathBuf>,
    /// `REMOTE_URL` of the agent; `None`: the SaaS, the agent's own default.
    pub remote_url: Option<Url>,
    /// Extra variables, in the order given; later ones win.
    pub env: Vec<(String, String)>,
    /// Extra entries of the container's `env`, as Kubernetes writes them (file only).
    pub extra_env: Vec<Value>,
    /// `LOG_LEVEL`; `None`: what this tool set before, else `info`.
    pub log_level: Option<LogLevel>,
    /// Replicas; `None`: what is there, else 1.
    pub replicas: Option<u32>,
    /// `resources` of the container; `None`: the chart's.
    pub resources: Option<Value>,
    /// `nodeSelector` of the pod.
    pub node_selector: BTreeMap<String, String>,
    /// `tolerations` of the pod.
    pub tolerations: Vec<Value>,
    /// `affinity` of the pod.
    pub affinity: Option<Value>,
    /// More labels on the pod.
    pub pod_labels: BTreeMap<String, String>,
    /// More annotations on the pod.
    pub pod_annotations: BTreeMap<String, String>,
    /// `volumes` of the pod.
    pub volumes: Vec<Value>,
    /// `volumeMounts` of the container.
    pub volume_mounts: Vec<Value>,
}

/// Defines a closed set of words: parses them, prints them, and says the choices when it is none of them.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
        pub enum $name { $($(#[$vdoc])* #[serde(rename = $word)] $variant,)+ }

        impl $name {
            /// All words, in the order in which they are offered.
            pub const WORDS: &'static [&'static str] = &[$($word),+];

            /// The word for it.
            pub fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }
        }

        impl FromStr for $name {
            type Err = String;
            fn from_str(text: &str) -> Result<Self, String> {
                match text {
                    $($word => Ok(Self::$variant),)+
                    other => Err(format!("`{other}` is none of {}", Self::WORDS.join(", "))),
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.write_str(self.word()) }
        }
    };
}

words! {
    /// Which kind of runner is set up.
    RunnerType {
        /// An agent in the cluster that polls the Orchestrator.
        KubernetesAgent = "kubernetes-agent",
    }
}

words! {
    /// Where the cluster runs.
    Provider {
        /// Amazon's Kubernetes.
        Eks = "eks",
        /// Google's Kubernetes.
        Gke = "gke",
        /// Any Kubernetes, without a cloud identity.
        Generic = "generic",
    }
}

impl Provider {
    /// How people call the cloud, and what the jobs get there.
    pub fn cloud(self) -> (&'static str, &'static str) {
        match self {
            Self::Eks => ("AWS", "role"),
            Self::Gke => ("Google Cloud", "Google service account"),
            Self::Generic => ("the cloud", "identity"),
        }
    }
}

words! {
    /// How jobs on EKS get their AWS identity.
    AwsIdentity {
        /// A role that trusts the cluster's OIDC provider: IAM roles for service accounts.
        Irsa = "irsa",
        /// A role that EKS' agent on the nodes hands out.
        PodIdentity = "pod-identity",
        /// None that this tool sets up.
        None = "none",
    }
}

words! {
    /// How jobs on GKE get their Google identity.
    GcpIdentity {
        /// A Google service account that they act as: Workload Identity Federation for GKE, with an annotation.
        ServiceAccount = "service-account",
        /// Roles for their own service account, without a Google service account.
        Federation = "federation",
        /// None that this tool sets up.
        None = "none",
    }
}

words! {
    /// How much the agent logs.
    LogLevel {
        /// Everything.
        Debug = "debug",
        /// The default.
        Info = "info",
        /// Warnings and errors.
        Warn = "warn",
        /// Errors only.
        Error = "error",
    }
}

/// Where Terraform state is kept; serialises as the Orchestrator's `state_storage_configuration`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum StateStorage {
    /// Secrets in a namespace of the cluster.
    Kubernetes {
        /// The namespace.
        namespace: NamespaceName,
    },
    /// An S3 bucket.
    S3 {
        /// The bucket's name.
        bucket: String,
        /// A path below which the state is kept.
        #[serde(skip_serializing_if = "Option::is_none")]
        path_prefix: Option<String>,
    },
    /// A Google Cloud Storage bucket.
    Gcs {
        /// The bucket's name.
        bucket: String,
        /// A path below which the state is kept.
        #[serde(skip_serializing_if = "Option::is_none")]
        path_prefix: Option<String>,
    },
    /// A container of an Azure storage account.
    Azurerm {
        /// The storage account's name.
        storage_account_name: String,
        /// The container's name.
        container_name: String,
        /// The storage account's resource group.
        #[serde(skip_serializing_if = "Option::is_none")]
        resource_group_name: Option<String>,
        /// A path below which the state is kept.
        #[serde(skip_serializing_if = "Option::is_none")]
        path_prefix: Option<String>,
    },
}

/// Which environments a runner rule matches; both absent matches any.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RuleTarget {
    /// The project's id.
    pub project: Option<String>,
    /// The environment type's id.
    pub env_type: Option<String>,
}

impl RuleTarget {
    /// Any environment of the organisation.
    pub const ANY: Self = Self { project: None, env_type: None };
}

/// Parses `any`, `project=ID`, `env-type=ID` or `project=ID,env-type=ID`.
impl FromStr for RuleTarget {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        const FORMS: &str = "any, env-type=ID, project=ID, or project=ID,env-type=ID";
        if text == "any" {
            return Ok(Self::ANY);
        }
        let mut target = Self::ANY;
        for part in text.split(',') {
            let slot = match part.split_once('=') {
                Some(("project", id)) if !id.is_empty() => (&mut target.project, id),
                Some(("env-type", id)) if !id.is_empty() => (&mut target.env_type, id),
                _ => return Err(format!("`{text}` is not a rule; write {FORMS}")),
            };
            if slot.0.replace(slot.1.to_owned()).is_some() {
                return Err(format!("`{text}` names the same thing twice; write {FORMS}"));
            }
        }
        Ok(target)
    }
}

impl fmt::Display for RuleTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.project, &self.env_type) {
            (None, None) => f.write_str("any"),
            (Some(project), None) => write!(f, "project={project}"),
            (None, Some(env_type)) => write!(f, "env-type={env_type}"),
            (Some(project), Some(env_type)) => write!(f, "project={project},env-type={env_type}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_read_as_they_are_written() {
        for text in ["any", "project=a", "env-type=b", "project=a,env-type=b"] {
            assert_eq!(text.parse::<RuleTarget>().unwrap().to_string(), text);
        }
        for text in ["", "project=", "env=b", "project=a,project=b", "any,project=a"] {
            assert!(text.parse::<RuleTarget>().is_err(), "{text}");
        }
    }
}
