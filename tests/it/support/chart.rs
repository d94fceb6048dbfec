//! The objects of the official chart's default release, written down independently of the program's templates.

use serde_json::{Value, json};

use super::{AGENT, Lab};

/// The jobs' account.
pub(crate) const JOB: &str = "humanitec-kubernetes-agent-runner-job";
/// The tag that the chart and the program agree on.
pub(crate) const TAG: &str = runner_setup::settings::OFFICIAL_IMAGE_TAG;

impl Lab {
    /// Everything that the chart makes, in the order in which Helm installs it.
    pub(crate) fn chart(&self) -> Vec<Value> {
        let (agents, jobs) = (self.runner_namespace.as_str(), self.job_namespace.as_str());
        let rbac = "rbac.authorization.k8s.io/v1";
        let account = |namespace: &str, name: &str| {
            json!({
                "apiVersion": "v1", "kind": "ServiceAccount", "automountServiceAccountToken": true,
                "metadata": { "name": name, "namespace": namespace, "labels": labels() },
            })
        };
        let binding = |name: &str, subject_namespace: &str, metadata: Value| {
            json!({
                "apiVersion": rbac, "kind": "RoleBinding", "metadata": metadata,
                "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": name },
                "subjects": [{ "kind": "ServiceAccount", "name": name, "namespace": subject_namespace }],
            })
        };
        let labelled = json!({ "name": AGENT, "namespace": jobs, "labels": labels() });
        let plain = json!({ "name": JOB, "namespace": jobs });
        vec![
            account(agents, AGENT),
            account(jobs, JOB),
            json!({
                "apiVersion": "v1", "kind": "ConfigMap",
                "metadata": { "name": AGENT, "namespace": agents, "labels": labels() },
                "data": { "ORG_ID": self.env()["HUMANITEC_ORG"], "RUNNER_ID": self.runner, "LOG_LEVEL": "info" },
            }),
            json!({ "apiVersion": rbac, "kind": "Role", "metadata": labelled, "rules": [
                { "apiGroups": ["batch"], "resources": ["jobs"], "verbs": ["create", "get", "list"] },
                { "apiGroups": [""], "resources": ["pods", "events"], "verbs": ["list"] },
            ] }),
            json!({ "apiVersion": rbac, "kind": "Role", "metadata": plain, "rules": [
                { "apiGroups": [""], "resources": ["secrets"], "verbs": ["create", "get", "list", "update"] },
                { "apiGroups": ["coordination.k8s.io"], "resources": ["leases"], "verbs": ["create", "get", "update"] },
            ] }),
            binding(AGENT, agents, labelled.clone()),
            binding(JOB, jobs, plain.clone()),
            self.chart_deployment(),
        ]
    }

    fn chart_deployment(&self) -> Value {
        let selector = json!({ "app.kubernetes.io/name": AGENT, "app.kubernetes.io/instance": AGENT });
        json!({
            "apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": { "name": AGENT, "namespace": self.runner_namespace, "labels": labels() },
            "spec": {
                "replicas": 1,
                "selector": { "matchLabels": selector },
                "template": { "metadata": { "labels": selector }, "spec": {
                    "serviceAccountName": AGENT,
                    "securityContext": {
                        "fsGroup": 1000, "fsGroupChangePolicy": "Always",
                        "runAsUser": 1000, "runAsGroup": 1000, "runAsNonRoot": true,
                    },
                    "containers": [{
                        "name": AGENT,
                        "image": format!("ghcr.io/humanitec/humanitec-runner:{TAG}"),
                        "imagePullPolicy": "IfNotPresent",
                        "command": ["/opt/runner/runner"], "args": ["remote"],
                        "envFrom": [{ "configMapRef": { "name": AGENT } }],
                        "env": [
                            { "name": "PRIVATE_KEY", "valueFrom": { "secretKeyRef": { "name": AGENT, "key": "private_key" } } },
                            { "name": "REMOTE_URL", "value": self.orchestrator.url() },
                        ],
                        "securityContext": {
                            "allowPrivilegeEscalation": false, "capabilities": { "drop": ["ALL"] },
                            "readOnlyRootFilesystem": true, "runAsNonRoot": true, "runAsUser": 1000,
                            "seccompProfile": { "type": "RuntimeDefault" },
                        },
                        "resources": {
                            "requests": { "cpu": "25m", "memory": "128Mi" },
                            "limits": { "cpu": "250m", "memory": "256Mi" },
                        },
                    }],
                } },
            },
        })
    }
}

fn labels() -> Value {
    json!({
        "app.kubernetes.io/name": AGENT,
        "app.kubernetes.io/instance": AGENT,
        "app.kubernetes.io/version": TAG,
    })
}
