//! A pod as the API server holds it.

use k8s_openapi::api::core::v1::Pod as TypedPod;
use serde_json::Value;

/// A pod.
#[derive(Clone, Debug)]
pub(super) struct Pod(Value);

/// Which of the stand-ins plays a pod, by the name of its container.
#[derive(Debug)]
pub(super) enum Part {
    Agent(String),
    Job(String),
}

impl From<&TypedPod> for Pod {
    fn from(pod: &TypedPod) -> Self {
        Self(serde_json::to_value(pod).expect("a pod is JSON"))
    }
}

impl Pod {
    pub(super) fn name(&self) -> &str {
        self.0["metadata"]["name"].as_str().unwrap_or_default()
    }

    pub(super) fn namespace(&self) -> &str {
        self.0["metadata"]["namespace"].as_str().unwrap_or_default()
    }

    pub(super) fn uid(&self) -> &str {
        self.0["metadata"]["uid"].as_str().unwrap_or_default()
    }

    pub(super) fn service_account(&self) -> &str {
        self.0["spec"]["serviceAccountName"].as_str().unwrap_or("default")
    }

    pub(super) fn spec(&self) -> &Value {
        &self.0["spec"]
    }

    pub(super) fn path(&self) -> String {
        format!("/api/v1/namespaces/{}/pods/{}", self.namespace(), self.name())
    }

    pub(super) fn is_leaving(&self) -> bool {
        self.0["metadata"]["deletionTimestamp"].is_string()
    }

    pub(super) fn is_scheduled(&self) -> bool {
        self.0["spec"]["nodeName"].is_string()
    }

    pub(super) fn has_finished(&self) -> bool {
        matches!(self.0["status"]["phase"].as_str(), Some("Succeeded" | "Failed"))
    }

    pub(super) fn containers(&self) -> impl Iterator<Item = &Value> {
        self.0["spec"]["containers"].as_array().into_iter().flatten()
    }

    pub(super) fn container(&self, name: &str) -> &Value {
        self.containers().find(|it| it["name"] == name).unwrap_or(&Value::Null)
    }

    /// Says whether the kubelet would have put an account token into this container.
    pub(super) fn has_token(&self, container: &str) -> bool {
        let mounts = self.container(container)["volumeMounts"].as_array().cloned().unwrap_or_default();
        mounts.iter().any(|mount| mount["mountPath"] == "/var/run/secrets/kubernetes.io/serviceaccount")
    }

    /// Returns who plays this pod, if it is one of ours.
    pub(super) fn part(&self) -> Option<Part> {
        let name = |it: &Value| it["name"].as_str().unwrap_or_default().to_owned();
        let holds = |list: &Value, text: &str| list.as_array().is_some_and(|list| list.iter().any(|it| it == text));
        if let Some(agent) = self.containers().find(|it| holds(&it["command"], "/opt/runner/runner")) {
            return holds(&agent["args"], "remote").then(|| Part::Agent(name(agent)));
        }
        let has_id = |it: &&Value| it["env"].as_array().into_iter().flatten().any(|it| it["name"] == "DEPLOYMENT_ID");
        self.containers().find(has_id).map(|job| Part::Job(name(job)))
    }
}
