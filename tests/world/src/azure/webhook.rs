//! The token webhook of the AKS control plane: who the holder of an Entra token is to Kubernetes.
//!
//! What AKS's own authorizer decides by Azure roles is decided by groups here, to which roles of Kubernetes are bound.

use serde_json::{Value, json};

use super::principal::Kind;
use super::state::State;
use super::tokens::AKS;

/// The groups, with a data action that only holders of that much have, and the role that is bound.
const GROUPS: [(&str, &str, &str); 3] = [
    (
        "admin",
        "Microsoft.ContainerService/managedClusters/rbac.authorization.k8s.io/clusterrolebindings/write",
        "cluster-admin",
    ),
    ("edit", "Microsoft.ContainerService/managedClusters/secrets/write", "edit"),
    ("view", "Microsoft.ContainerService/managedClusters/pods/read", "view"),
];

/// Answers a `TokenReview`.
pub(super) fn review(state: &mut State, request: &Value) -> Value {
    let status = match user(state, request["spec"]["token"].as_str().unwrap_or_default()) {
        Ok(user) => json!({ "authenticated": true, "user": user }),
        Err(reason) => json!({ "authenticated": false, "error": reason }),
    };
    json!({ "apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "status": status })
}

fn user(state: &mut State, text: &str) -> Result<Value, String> {
    let (oid, audience) = state.holder(text)?;
    if audience != AKS {
        return Err(format!("the token is for {audience}"));
    }
    let principal = state.principal(&oid);
    let tenant = principal.tenant.clone();
    let name = if principal.kind == Kind::User { principal.name.clone() } else { oid.clone() };
    let ids: Vec<String> = principal.ids().map(str::to_owned).collect();
    let mut groups: Vec<String> = principal.groups.iter().cloned().collect();
    // All clusters of tests are one control plane: what counts is what somebody is in any of their tenant's.
    let clusters: Vec<(String, Value)> = state
        .subscriptions
        .values()
        .filter(|it| it.tenant == tenant)
        .flat_map(|it| it.clusters.iter())
        .filter(|it| it.plane.is_some())
        .map(|it| {
            (it.fields["id"].as_str().unwrap_or_default().to_owned(), it.fields["properties"]["aadProfile"].clone())
        })
        .filter(|(_, aad)| !aad.is_null())
        .collect();
    if clusters.is_empty() {
        return Err("no cluster of the tenant takes Entra's tokens".to_owned());
    }
    for (id, aad) in clusters {
        let admins = aad["adminGroupObjectIDs"].as_array().cloned().unwrap_or_default();
        if admins.iter().filter_map(Value::as_str).any(|it| ids.iter().any(|id| id == it)) {
            groups.push("aks-entra:admin".to_owned());
        }
        for (group, action, _) in GROUPS {
            if aad["enableAzureRBAC"] == true && state.may_with_data(&oid, action, &id) {
                groups.push(format!("aks-entra:{group}"));
            }
        }
    }
    groups.push("system:authenticated".to_owned());
    groups.dedup();
    Ok(json!({ "username": name, "uid": oid, "groups": groups, "extra": { "oid": [oid] } }))
}

/// Returns the bindings that stand for AKS's authorizer.
pub(super) fn bindings() -> String {
    let bindings = GROUPS.map(|(group, _, role)| {
        json!({
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "ClusterRoleBinding",
            "metadata": { "name": format!("aks-entra-{group}") },
            "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role },
            "subjects": [{
                "apiGroup": "rbac.authorization.k8s.io",
                "kind": "Group",
                "name": format!("aks-entra:{group}"),
            }],
        })
        .to_string()
    });
    bindings.join("\n---\n")
}
