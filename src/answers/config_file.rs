//! The shape of `runner-setup.yaml`: typed, so that an unknown key or a wrong type is found with its line.

use std::borrow::Cow;
use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

/// A text; a number or a word such as `true` is kept exactly as it is written.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Text(String);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let problem =
            "a value is missing; write '' for an empty text, and put quotes around `null` or `~` if it is meant";
        Option::<String>::deserialize(deserializer)?.map(Self).ok_or_else(|| serde::de::Error::custom(problem))
    }
}

impl JsonSchema for Text {
    fn schema_name() -> Cow<'static, str> {
        "Text".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["string", "number", "boolean"] })
    }
}

type Texts = BTreeMap<String, Text>;

/// Defines an object of the file: every key optional, none unknown.
macro_rules! object {
    ($(#[$doc:meta])* $name:ident { $($(#[$key_doc:meta])* $key:ident: $shape:ty,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields, rename_all = "camelCase", expecting = "an object")]
        pub struct $name {
            $($(#[$key_doc])* #[serde(skip_serializing_if = "Option::is_none")] pub $key: Option<$shape>,)+
        }
    };
}

/// The version of the file's shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum ApiVersion {
    /// The only one there is.
    #[serde(rename = "runner-setup/v1")]
    V1,
}

/// What is being set up: everything that flags can say too, and some of the agent's pod that they cannot.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", expecting = "an object with `apiVersion: runner-setup/v1`")]
#[schemars(title = "runner-setup.yaml")]
pub struct ConfigFile {
    /// The version of this file's shape.
    pub api_version: ApiVersion,
    /// The Orchestrator's organisation id.
    pub organization: Option<Text>,
    /// How the Orchestrator is reached.
    pub orchestrator: Option<Orchestrator>,
    /// Which cluster.
    pub cluster: Option<Cluster>,
    /// One namespace for the agent and the jobs; excludes `runner.namespace` and `runner.job.namespace`.
    pub namespace: Option<Text>,
    /// The runner.
    pub runner: Option<Runner>,
    /// The agent's Deployment.
    pub agent: Option<Agent>,
    /// The jobs' identity in AWS.
    pub aws: Option<Aws>,
    /// The jobs' identity in Google Cloud.
    pub gcp: Option<Gcp>,
    /// The jobs' identity in Azure.
    pub azure: Option<Azure>,
    /// Which environments get the runner.
    pub rules: Option<Vec<Rule>>,
    /// Objects of others that may be taken over, named as the refusal names them.
    pub adopt: Option<Vec<Text>>,
    /// Whether to wait until the agent runs.
    pub wait: Option<bool>,
    /// How long the whole wait may last, e.g. `5m`.
    pub timeout: Option<Text>,
}

object! {
    /// How the Orchestrator is reached. The token never stands here.
    Orchestrator {
        /// Its base URL.
        api_url: Text,
        /// A file that holds the token.
        token_file: Text,
        /// A PEM file of certificates to trust too, for every endpoint.
        ca_file: Text,
    }
}

object! {
    /// Which cluster.
    Cluster {
        /// The kubeconfig's context.
        context: Text,
        /// The kubeconfig.
        kubeconfig: Text,
        /// Where the cluster runs.
        provider: Text,
        /// The cluster's name.
        name: Text,
        /// The cloud's region that it runs in (EKS).
        region: Text,
        /// The region or zone that it runs in (GKE).
        location: Text,
    }
}

object! {
    /// The jobs' identity in AWS, for clusters on EKS.
    Aws {
        /// The profile whose credentials are used.
        profile: Text,
        /// `irsa`, `pod-identity` or `none`.
        identity: Text,
        /// The role's name.
        role_name: Text,
        /// The ARN of a role of one's own; only what it trusts is checked.
        role_arn: Text,
        /// The path below which the role is created.
        role_path: Text,
        /// The ARN of the policy that bounds the role's permissions.
        permissions_boundary: Text,
        /// The ARNs of managed policies to attach.
        attach_policies: Vec<Text>,
        /// A JSON file that holds an IAM policy for the role.
        policy_file: Text,
        /// Tags of what is created.
        tags: Texts,
        /// Whether to install the Pod Identity agent when it is missing.
        install_addon: bool,
    }
}

object! {
    /// The jobs' identity in Google Cloud, for clusters on GKE.
    Gcp {
        /// The project of the cluster.
        project: Text,
        /// `service-account`, `federation` or `none`.
        identity: Text,
        /// The Google service account that the jobs act as: a name in the project, or an address.
        google_service_account: Text,
        /// Roles that the jobs' identity gets in the project.
        grant_roles: Vec<Text>,
    }
}

object! {
    /// The cluster in AKS and the jobs' identity in Azure.
    Azure {
        /// The subscription of the cluster.
        subscription: Text,
        /// The resource group of the cluster.
        resource_group: Text,
        /// `managed-identity` or `none`.
        identity: Text,
        /// The managed identity that the jobs get: a name in the resource group, or a resource id.
        managed_identity: Text,
        /// The name of the federated credential that trusts the jobs' account.
        federated_credential: Text,
        /// The audience that it asks for.
        federated_audience: Text,
        /// Roles that the managed identity gets, each `ROLE` or `ROLE@SCOPE`.
        assign_roles: Vec<Text>,
        /// Whether the jobs get the variables with which the azurerm provider uses their identity.
        azurerm_env: bool,
        /// Whether to turn on the OIDC issuer and workload identity when they are off.
        enable_workload_identity: bool,
        /// `AzureCloud`, `AzureUSGovernment` or `AzureChinaCloud`.
        cloud: Text,
        /// The address of the Azure Resource Manager.
        arm_endpoint: Text,
    }
}

object! {
    /// The runner as the Orchestrator knows it, and where it lives in the cluster.
    Runner {
        /// Its id.
        id: Text,
        /// What an id that is made up begins with.
        id_prefix: Text,
        /// Its kind.
        #[serde(rename = "type")]
        kind: Text,
        /// Its description, at most 200 characters.
        description: Text,
        /// Where the agent runs.
        namespace: Text,
        /// The agent's service account.
        service_account: Text,
        /// Annotations of the agent's service account.
        service_account_annotations: Texts,
        /// Which Secret holds the private key.
        key_secret: KeySecret,
        /// A file that holds the private key.
        private_key_file: Text,
        /// A file that holds the public key.
        public_key_file: Text,
        /// The jobs that the agent starts.
        job: Job,
        /// Where Terraform state is kept.
        state_storage: StateStorage,
    }
}

object! {
    /// Which Secret holds the private key.
    KeySecret {
        /// The Secret's name.
        name: Text,
        /// The key in its data.
        key: Text,
    }
}

object! {
    /// The jobs that the agent starts.
    Job {
        /// Where they run.
        namespace: Text,
        /// Their service account.
        service_account: Text,
        /// Annotations of their service account.
        service_account_annotations: Texts,
        /// A pod template that is merged into their pods, or the name of a file that holds one.
        pod_template: Value,
    }
}

object! {
    /// Where Terraform state is kept.
    StateStorage {
        /// `kubernetes`, `s3`, `gcs` or `azurerm`.
        #[serde(rename = "type")]
        kind: Text,
        /// The namespace (kubernetes).
        namespace: Text,
        /// The bucket (s3, gcs).
        bucket: Text,
        /// The path below which it is kept (s3, gcs, azurerm).
        path_prefix: Text,
        /// The storage account (azurerm).
        storage_account: Text,
        /// The container (azurerm).
        container: Text,
        /// The storage account's resource group (azurerm).
        resource_group: Text,
    }
}

object! {
    /// The agent's Deployment; what is Kubernetes' own is written as Kubernetes writes it.
    Agent {
        /// The image of the agent and the jobs.
        image: Image,
        /// A Docker `config.json` of which the image registry's entry becomes a pull secret.
        registry_auth_file: Text,
        /// The address at which the agent reaches the Orchestrator.
        remote_url: Text,
        /// A PEM file of certificates that the agent and the jobs trust too.
        ca_file: Text,
        /// Variables.
        env: Texts,
        /// `debug`, `info`, `warn` or `error`.
        log_level: Text,
        /// How many agents run.
        replicas: u32,
        /// The container's resources.
        resources: Resources,
        /// The pod's node selector.
        node_selector: Texts,
        /// The pod's tolerations.
        tolerations: Vec<Toleration>,
        /// The pod's affinity.
        affinity: Value,
        /// More labels of the pod.
        pod_labels: Texts,
        /// More annotations of the pod.
        pod_annotations: Texts,
        /// More entries of the container's `env`, `valueFrom` included.
        extra_env: Vec<EnvEntry>,
        /// The pod's volumes.
        volumes: Vec<Value>,
        /// The container's volume mounts.
        volume_mounts: Vec<Value>,
    }
}

object! {
    /// The image of the agent and the jobs.
    Image {
        /// Its name without the tag.
        repository: Text,
        /// Its tag.
        tag: Text,
        /// The Secrets to pull it with, by name.
        pull_secrets: Vec<Text>,
        /// `Always`, `IfNotPresent` or `Never`.
        pull_policy: Text,
    }
}

object! {
    /// A container's resources.
    Resources {
        /// What it may use at most.
        limits: Texts,
        /// What it is sure to get.
        requests: Texts,
        /// Claims of the pod that it uses.
        claims: Vec<Value>,
    }
}

object! {
    /// One toleration.
    Toleration {
        /// The taint's key.
        key: Text,
        /// `Exists` or `Equal`.
        operator: Text,
        /// The taint's value.
        value: Text,
        /// The taint's effect.
        effect: Text,
        /// How long it is tolerated.
        toleration_seconds: i64,
    }
}

object! {
    /// One variable as a container's `env` holds it.
    EnvEntry {
        /// Its name.
        name: Text,
        /// Its value.
        value: Text,
        /// Where its value comes from, e.g. `secretKeyRef`.
        value_from: Value,
    }
}

object! {
    /// Which environments a rule matches.
    Rule {
        /// The project's id.
        project: Text,
        /// The environment type's id.
        env_type: Text,
        /// Any environment of the organisation; stands alone.
        any: bool,
    }
}

/// The JSON schema of the file.
pub fn schema() -> Value {
    schemars::schema_for!(ConfigFile).to_value()
}

#[cfg(test)]
mod tests {
    use super::super::registry::ALL;
    use super::*;

    #[test]
    fn the_schema_knows_every_key_of_the_registry_and_no_other() {
        let schema = schema();
        let mut keys = Vec::new();
        leaves(&schema, &schema, "", &mut keys);
        let mut known: Vec<String> = ALL.iter().filter_map(|s| s.file.map(str::to_owned)).collect();
        known.push("apiVersion".to_owned());
        keys.retain(|key| {
            let covered = |known: &String| key == known || key.starts_with(&format!("{known}."));
            assert!(known.iter().any(covered), "{key} is in no setting");
            known.contains(key)
        });
        known.retain(|key| !keys.contains(key) && key != "agent.resources");
        assert!(known.is_empty(), "not in the file: {known:?}");
    }

    fn leaves(root: &Value, schema: &Value, path: &str, keys: &mut Vec<String>) {
        let mut schema = schema;
        if let Some(options) = schema.get("anyOf") {
            schema = &options[0];
        }
        if let Some(name) = schema.get("$ref").and_then(Value::as_str) {
            schema = root.pointer(name.trim_start_matches('#')).unwrap();
        }
        match schema.get("properties").and_then(Value::as_object) {
            Some(properties) => {
                for (key, value) in properties {
                    let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                    leaves(root, value, &path, keys);
                }
            }
            None => keys.push(path.to_owned()),
        }
    }
}
