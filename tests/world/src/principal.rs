//! People and machines with exactly the rights that a test gives them.

use serde_json::{Value, json};

use crate::rest::Rest;

/// A right: these verbs on these resources, in one namespace or everywhere.
#[derive(Clone, Debug)]
pub struct Right {
    namespace: Option<String>,
    rule: Value,
}

impl Right {
    /// Grants verbs on resources of an API group in one namespace; lists are separated by commas.
    pub fn within(namespace: &str, group: &str, resources: &str, verbs: &str) -> Self {
        Self { namespace: Some(namespace.to_owned()), rule: rule(group, resources, verbs) }
    }

    /// Grants verbs on resources of an API group in the whole cluster; lists are separated by commas.
    pub fn everywhere(group: &str, resources: &str, verbs: &str) -> Self {
        Self { namespace: None, rule: rule(group, resources, verbs) }
    }

    /// Grants everything in one namespace.
    pub fn all_within(namespace: &str) -> Self {
        Self::within(namespace, "*", "*", "*")
    }
}

fn rule(group: &str, resources: &str, verbs: &str) -> Value {
    let list = |text: &str| text.split(',').map(|it| it.trim().to_owned()).collect::<Vec<_>>();
    json!({ "apiGroups": [group], "resources": list(resources), "verbs": list(verbs) })
}

/// Makes the account and its bindings, and returns a token for it.
pub(crate) async fn make(admin: &Rest, home: &str, name: &str, rights: &[Right]) -> String {
    let post = async |path: String, body: Value| {
        if let Err(refusal) = admin.post(&path, &body).await {
            assert_eq!(refusal.code, 409, "cannot make the principal {name}: {refusal}");
        }
    };
    post("/api/v1/namespaces".to_owned(), json!({ "metadata": { "name": home } })).await;
    post(format!("/api/v1/namespaces/{home}/serviceaccounts"), json!({ "metadata": { "name": name } })).await;
    let subjects = json!([{ "kind": "ServiceAccount", "name": name, "namespace": home }]);
    for (index, right) in rights.iter().enumerate() {
        let (folder, kind) = match &right.namespace {
            Some(namespace) => (format!("/apis/rbac.authorization.k8s.io/v1/namespaces/{namespace}"), "Role"),
            None => ("/apis/rbac.authorization.k8s.io/v1".to_owned(), "ClusterRole"),
        };
        let prefix = if right.namespace.is_some() { "" } else { "cluster" };
        let name = format!("world-{name}-{index}");
        if let Some(namespace) = &right.namespace {
            post("/api/v1/namespaces".to_owned(), json!({ "metadata": { "name": namespace } })).await;
        }
        post(format!("{folder}/{prefix}roles"), json!({ "metadata": { "name": name }, "rules": [right.rule] })).await;
        let role = json!({ "apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": name });
        let binding = json!({ "metadata": { "name": name }, "roleRef": role, "subjects": subjects });
        post(format!("{folder}/{prefix}rolebindings"), binding).await;
    }
    let request = json!({ "spec": { "expirationSeconds": 86400 } });
    let path = format!("/api/v1/namespaces/{home}/serviceaccounts/{name}/token");
    let answer = admin.post(&path, &request).await.expect("the administrator may make tokens");
    answer["status"]["token"].as_str().expect("a token is text").to_owned()
}

/// Makes a service account unless it is there, and returns a token of it for an audience.
pub(crate) async fn token_for(admin: &Rest, namespace: &str, name: &str, audience: &str) -> String {
    let accounts = format!("/api/v1/namespaces/{namespace}/serviceaccounts");
    for (path, name) in [("/api/v1/namespaces", namespace), (accounts.as_str(), name)] {
        if let Err(refusal) = admin.post(path, &json!({ "metadata": { "name": name } })).await {
            assert_eq!(refusal.code, 409, "cannot make {path}/{name}: {refusal}");
        }
    }
    let request = json!({ "spec": { "audiences": [audience], "expirationSeconds": 3600 } });
    let answer =
        admin.post(&format!("{accounts}/{name}/token"), &request).await.expect("the administrator may make tokens");
    answer["status"]["token"].as_str().expect("a token is text").to_owned()
}
