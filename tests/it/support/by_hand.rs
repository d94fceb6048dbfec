//! What people and other tools do to the cluster beside the program, each write under its own field manager.

use serde_json::{Value, json};
use world::Mark;

use super::{AGENT, JOB, Lab, Outcome};

impl Lab {
    /// What `kubectl create` does.
    #[track_caller]
    pub(crate) fn create(&self, object: &Value) -> Value {
        self.create_as("kubectl-create", object)
    }

    /// What a tool of that name does to make an object.
    #[track_caller]
    pub(crate) fn create_as(&self, manager: &str, object: &Value) -> Value {
        self.world.create_as(manager, object).unwrap_or_else(|refusal| panic!("{refusal}\n{object}"))
    }

    /// What `kubectl edit` does.
    #[track_caller]
    pub(crate) fn edit(&self, api_version: &str, kind: &str, namespace: &str, name: &str, patch: &Value) -> Value {
        self.world.merge(api_version, kind, namespace, &format!("{name}?fieldManager=kubectl-edit"), patch)
    }

    /// What `kubectl edit` does to the agent's Deployment.
    pub(crate) fn edit_deployment(&self, patch: &Value) -> Value {
        self.edit("apps/v1", "Deployment", &self.runner_namespace, AGENT, patch)
    }

    /// What `kubectl create namespace` does, for both namespaces.
    pub(crate) fn create_namespaces(&self) {
        for name in [&self.runner_namespace, &self.job_namespace] {
            self.create(&json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": name } }));
        }
    }

    /// What `kubectl create secret generic --from-literal` does.
    #[track_caller]
    pub(crate) fn create_secret(&self, name: &str, data_key: &str, text: &str) {
        self.create(&json!({
            "apiVersion": "v1", "kind": "Secret", "type": "Opaque",
            "metadata": { "name": name, "namespace": self.runner_namespace },
            "stringData": { data_key: text },
        }));
    }

    /// Makes everything that the written guide makes in the cluster: namespaces, a key, and the chart's objects by
    /// `kubectl apply`. Returns the key's PEM.
    pub(crate) fn create_all(&self) -> String {
        self.create_namespaces();
        let pem = new_key();
        self.create_secret(AGENT, "private_key", &pem);
        for object in self.chart() {
            self.create_as("kubectl-client-side-apply", &object);
        }
        pem
    }

    /// The guide's kubectl, helm and hctl steps: the chart's annotation lands on both accounts. Returns the key's PEM.
    pub(crate) fn create_all_annotated(&self, annotation: &str, value: &str) -> String {
        self.create_namespaces();
        let pem = new_key();
        self.create_secret(AGENT, "private_key", &pem);
        for mut object in self.chart() {
            object["metadata"]["labels"]["app.kubernetes.io/managed-by"] = json!("Helm");
            object["metadata"]["annotations"] = json!({
                "meta.helm.sh/release-name": AGENT, "meta.helm.sh/release-namespace": self.runner_namespace,
            });
            if object["kind"] == "ServiceAccount" {
                object["metadata"]["annotations"][annotation] = json!(value);
            }
            self.create_as("helm", &object);
        }
        let key = runner_setup::keypair::PrivateKey::from_pem(pem.clone()).unwrap().public().to_pem();
        self.orchestrator.add_runner(&json!({
            "id": self.runner,
            "runner_configuration": { "type": "kubernetes-agent", "key": key,
                "job": { "namespace": self.job_namespace, "service_account": JOB } },
            "state_storage_configuration": { "type": "kubernetes", "namespace": self.job_namespace },
        }));
        pem
    }

    /// The writes of this program to this test's namespaces since a mark.
    pub(crate) fn writes_since(&self, mark: Mark) -> Vec<String> {
        let place = self.runner_namespace.trim_end_matches("agent");
        let requests = self.world.audit().requests(mark, "runner-setup");
        let ours = requests.into_iter().filter(|it| it.uri.contains(place));
        ours.filter(world::ApiRequest::is_write).map(|it| format!("{} {}", it.verb, it.uri)).collect()
    }

    /// `apply --yes` that has to be refused with nothing written anywhere, and says one sentence.
    #[track_caller]
    pub(crate) fn refuses(&self, args: &[&str]) -> Outcome {
        self.refuses_with(4, args)
    }

    /// The same with another exit code.
    #[track_caller]
    pub(crate) fn refuses_with(&self, code: i32, args: &[&str]) -> Outcome {
        let mark = self.world.audit().mark();
        let runner = self.orchestrator.runner(&self.runner);
        let outcome = self.run(&[&["apply", "--yes", "-o", "json"], args].concat()).exits(code);
        assert_eq!(self.writes_since(mark), Vec::<String>::new(), "{outcome}");
        assert_eq!(self.orchestrator.runner(&self.runner), runner, "{outcome}");
        let error = outcome.json()["error"].clone();
        assert!(error["message"].as_str().is_some_and(|message| !message.contains('\n')), "{outcome}");
        outcome
    }

    /// `apply --yes` that has nothing to do.
    #[track_caller]
    pub(crate) fn has_nothing_to_do(&self, args: &[&str]) {
        let outcome = self.run(&[&["apply", "--yes", "-o", "json"], args].concat()).exits(0);
        assert_eq!(outcome.changed(), Vec::<String>::new(), "{outcome}");
        assert_eq!(outcome.json()["outcome"], "nothing-to-do", "{outcome}");
    }
}

/// A private key as `openssl genpkey -algorithm ed25519` writes it.
pub(crate) fn new_key() -> String {
    runner_setup::keypair::PrivateKey::generate().unwrap().expose_pem().to_string()
}
