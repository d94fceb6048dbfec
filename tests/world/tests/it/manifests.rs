//! A runner's setup, written by hand as the Helm chart means it: the independent copy that the tests here use.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ed25519_dalek::SigningKey;
use ed25519_dalek::pkcs8::{EncodePrivateKey as _, EncodePublicKey as _, KeypairBytes, spki::der::pem::LineEnding};
use serde_json::json;
use world::{Orchestrator, World};

/// The names of one runner's setup.
pub(crate) struct Names {
    pub(crate) runner_namespace: String,
    pub(crate) job_namespace: String,
    pub(crate) runner_id: String,
    pub(crate) private_key: String,
    pub(crate) public_key: String,
}

const AGENT: &str = "humanitec-kubernetes-agent-runner";

impl Names {
    /// Makes names and a key that no other test has.
    pub(crate) fn fresh(world: &World) -> Self {
        let runner_namespace = world.unique_name("runner");
        let job_namespace = format!("{runner_namespace}-jobs");
        let secret: [u8; 32] = std::array::from_fn(|_| uuid::Uuid::new_v4().as_bytes()[0]);
        let key = SigningKey::from_bytes(&secret);
        let private_key = KeypairBytes { secret_key: secret, public_key: None }
            .to_pkcs8_pem(LineEnding::LF)
            .expect("a key is PEM")
            .to_string();
        let public_key = key.verifying_key().to_public_key_pem(LineEnding::LF).expect("a key is PEM");
        Self { runner_id: runner_namespace.clone(), runner_namespace, job_namespace, private_key, public_key }
    }

    /// Returns the body that registers this runner.
    pub(crate) fn registration(&self) -> serde_json::Value {
        json!({
            "id": self.runner_id,
            "runner_configuration": {
                "type": "kubernetes-agent",
                "key": self.public_key,
                "job": { "namespace": self.job_namespace, "service_account": format!("{AGENT}-job") },
            },
            "state_storage_configuration": { "type": "kubernetes", "namespace": self.job_namespace },
        })
    }

    /// Applies everything to the cluster.
    pub(crate) fn install(&self, world: &World, orchestrator: &Orchestrator) {
        self.install_with(world, orchestrator, "registry.example/runner:1", &self.private_key);
    }

    /// Applies everything with another image or key.
    pub(crate) fn install_with(&self, world: &World, orchestrator: &Orchestrator, image: &str, private_key: &str) {
        let (runner, jobs) = (&self.runner_namespace, &self.job_namespace);
        let key = STANDARD.encode(private_key);
        let (org, id, url) = (orchestrator.org(), &self.runner_id, orchestrator.url());
        world.apply(&format!(
            r#"
{{apiVersion: v1, kind: Namespace, metadata: {{name: {runner}}}}}
---
{{apiVersion: v1, kind: Namespace, metadata: {{name: {jobs}}}}}
---
{{apiVersion: v1, kind: ServiceAccount, metadata: {{name: {AGENT}, namespace: {runner}}}, automountServiceAccountToken: true}}
---
{{apiVersion: v1, kind: ServiceAccount, metadata: {{name: {AGENT}-job, namespace: {jobs}}}, automountServiceAccountToken: true}}
---
{{apiVersion: v1, kind: Secret, metadata: {{name: {AGENT}, namespace: {runner}}}, data: {{private_key: {key}}}}}
---
apiVersion: v1
kind: ConfigMap
metadata: {{name: {AGENT}, namespace: {runner}}}
data: {{ORG_ID: {org}, RUNNER_ID: {id}, LOG_LEVEL: info}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {{name: {AGENT}, namespace: {jobs}}}
rules:
- {{apiGroups: [batch], resources: [jobs], verbs: [create, get, list]}}
- {{apiGroups: [""], resources: [pods, events], verbs: [list]}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {{name: {AGENT}, namespace: {jobs}}}
roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: Role, name: {AGENT}}}
subjects: [{{kind: ServiceAccount, name: {AGENT}, namespace: {runner}}}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {{name: {AGENT}-job, namespace: {jobs}}}
rules:
- {{apiGroups: [""], resources: [secrets], verbs: [create, get, list, update]}}
- {{apiGroups: [coordination.k8s.io], resources: [leases], verbs: [create, get, update]}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {{name: {AGENT}-job, namespace: {jobs}}}
roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: Role, name: {AGENT}-job}}
subjects: [{{kind: ServiceAccount, name: {AGENT}-job, namespace: {jobs}}}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {AGENT}, namespace: {runner}}}
spec:
  replicas: 1
  selector: {{matchLabels: {{app.kubernetes.io/name: {AGENT}}}}}
  template:
    metadata: {{labels: {{app.kubernetes.io/name: {AGENT}}}}}
    spec:
      serviceAccountName: {AGENT}
      containers:
      - name: {AGENT}
        image: {image}
        command: [/opt/runner/runner]
        args: [remote]
        envFrom: [{{configMapRef: {{name: {AGENT}}}}}]
        env:
        - name: PRIVATE_KEY
          valueFrom: {{secretKeyRef: {{name: {AGENT}, key: private_key}}}}
        - {{name: REMOTE_URL, value: "{url}"}}
"#
        ));
    }

    /// Gives the agent an authority to trust, as a mounted ConfigMap, and further variables.
    pub(crate) fn add_authority(&self, world: &World, certificate: &str, variables: &[(&str, &str)]) {
        let namespace = &self.runner_namespace;
        for namespace in [&self.runner_namespace, &self.job_namespace] {
            let authority = json!({
                "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": "authority", "namespace": namespace },
                "data": { "ca.crt": certificate },
            });
            world.apply(&authority.to_string());
        }
        let mut env = vec![json!({ "name": "SSL_CERT_FILE", "value": "/etc/authority/ca.crt" })];
        env.extend(variables.iter().map(|(name, value)| json!({ "name": name, "value": value })));
        let deployment = json!({
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": { "name": AGENT, "namespace": namespace },
            "spec": { "selector": { "matchLabels": { "app.kubernetes.io/name": AGENT } }, "template": { "spec": {
                "volumes": [{ "name": "authority", "configMap": { "name": "authority" } }],
                "containers": [{ "name": AGENT, "env": env, "volumeMounts": [{ "name": "authority", "mountPath": "/etc/authority" }] }],
            } } },
        });
        world.apply_as("authority", &deployment.to_string()).expect("the Deployment takes an authority");
    }

    /// Returns a pod template that gives jobs the same authority.
    pub(crate) fn job_template_with_authority() -> serde_json::Value {
        json!({ "spec": {
            "volumes": [{ "name": "authority", "configMap": { "name": "authority" } }],
            "containers": [{
                "name": "main",
                "env": [{ "name": "SSL_CERT_FILE", "value": "/etc/authority/ca.crt" }],
                "volumeMounts": [{ "name": "authority", "mountPath": "/etc/authority" }],
            }],
        } })
    }

    /// Returns the agent's one pod.
    pub(crate) fn pod(&self, world: &World) -> Option<serde_json::Value> {
        world.list("v1", "Pod", &self.runner_namespace).into_iter().next()
    }

    /// Returns the first container's status of the agent's pod.
    pub(crate) fn container(&self, world: &World) -> serde_json::Value {
        self.pod(world).and_then(|pod| pod.pointer("/status/containerStatuses/0").cloned()).unwrap_or_default()
    }
}
