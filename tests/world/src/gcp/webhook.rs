//! The token webhook of the GKE control plane: who the holder of a Google token is to Kubernetes.
//!
//! What GKE's own authorizer decides by IAM is decided by three groups here, to which roles are bound.

use serde_json::{Value, json};

use super::oauth;
use super::policy::Target;
use super::principal::Who;
use super::state::State;
use super::tokens::EMAIL;

/// The group of those who may do everything in a cluster, by IAM.
const ADMIN: &str = "gke-iam:admin";

/// Answers a `TokenReview`; a token that a service account signed itself is nobody's: it is not known whether GKE takes
/// one.
pub(super) fn review(state: &State, request: &Value) -> Value {
    let status = match user(state, request["spec"]["token"].as_str().unwrap_or_default()) {
        Ok(user) => json!({ "authenticated": true, "user": user }),
        Err(reason) => json!({ "authenticated": false, "error": reason }),
    };
    json!({ "apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "status": status })
}

fn user(state: &State, text: &str) -> Result<Value, String> {
    let token = oauth::holder(state, text)?;
    let principal = state.principal(&token.who).ok_or("the account is gone or disabled")?;
    let email = principal.email.clone().filter(|_| token.has(EMAIL));
    let name = email.unwrap_or_else(|| principal.numeric.clone());
    let mut groups = vec!["system:authenticated".to_owned()];
    let home = state.project(&token.home);
    // Tests give their people the same addresses: only an account's is its own.
    let is_account = matches!(token.who, Who::Account { .. });
    let is_near = |id: &&String| is_account || **id == token.home || home.friends.contains(*id);
    let has_cluster = |id: &&String| state.project(id).clusters.iter().any(|cluster| cluster.is_real);
    for project in state.projects.keys().filter(is_near).filter(has_cluster) {
        let target = Target::Project(project.clone());
        let may = |permission: &str| state.may(&principal, permission, &target);
        if may("container.clusterRoleBindings.create") {
            groups.push(ADMIN.to_owned());
        } else if may("container.secrets.create") {
            groups.push("gke-iam:edit".to_owned());
        } else if may("container.pods.list") {
            groups.push("gke-iam:view".to_owned());
        }
    }
    groups.dedup();
    Ok(json!({ "username": name, "uid": principal.numeric, "groups": groups }))
}

/// Returns the bindings that stand for GKE's authorizer.
pub(super) fn bindings() -> String {
    let bindings = [("admin", "cluster-admin"), ("edit", "edit"), ("view", "view")].map(|(group, role)| {
        json!({
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "ClusterRoleBinding",
            "metadata": { "name": format!("gke-iam-{group}") },
            "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role },
            "subjects": [{
                "apiGroup": "rbac.authorization.k8s.io",
                "kind": "Group",
                "name": format!("gke-iam:{group}"),
            }],
        })
        .to_string()
    });
    bindings.join("\n---\n")
}
