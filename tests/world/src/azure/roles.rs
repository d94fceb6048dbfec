//! Roles: the built-in ones that matter here, those that subscriptions make, and what they let do.

use serde_json::{Value, json};

use super::state::{State, Subscription};

/// A built-in role.
struct BuiltIn {
    id: &'static str,
    name: &'static str,
    actions: &'static [&'static str],
    not_actions: &'static [&'static str],
    data_actions: &'static [&'static str],
}

const fn role(id: &'static str, name: &'static str, actions: &'static [&'static str]) -> BuiltIn {
    BuiltIn { id, name, actions, not_actions: &[], data_actions: &[] }
}

const CONTRIBUTOR_NOT: &[&str] = &[
    "Microsoft.Authorization/*/Delete",
    "Microsoft.Authorization/*/Write",
    "Microsoft.Authorization/elevateAccess/Action",
    "Microsoft.Blueprint/blueprintAssignments/write",
    "Microsoft.Blueprint/blueprintAssignments/delete",
    "Microsoft.Compute/galleries/share/action",
    "Microsoft.Purview/consents/write",
    "Microsoft.Purview/consents/delete",
];

/// What many roles have beside what they are for.
const IDENTITY_ACTIONS: &[&str] = &[
    "Microsoft.ManagedIdentity/userAssignedIdentities/read",
    "Microsoft.ManagedIdentity/userAssignedIdentities/write",
    "Microsoft.ManagedIdentity/userAssignedIdentities/delete",
    "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/read",
    "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/write",
    "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/delete",
    "Microsoft.ManagedIdentity/userAssignedIdentities/revokeTokens/action",
    "Microsoft.Authorization/*/read",
    "Microsoft.Insights/alertRules/*",
    "Microsoft.Resources/subscriptions/resourceGroups/read",
    "Microsoft.Resources/deployments/*",
    "Microsoft.Support/*",
];

const BUILT_IN: &[BuiltIn] = &[
    role("8e3af657-a8ff-443c-a75c-2fe8c4bcb635", "Owner", &["*"]),
    BuiltIn {
        id: "b24988ac-6180-42a0-ab88-20f7382dd24c",
        name: "Contributor",
        actions: &["*"],
        not_actions: CONTRIBUTOR_NOT,
        data_actions: &[],
    },
    role("acdd72a7-3385-48ef-bd42-f606fba81ae7", "Reader", &["*/read"]),
    role(
        "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9",
        "User Access Administrator",
        &["*/read", "Microsoft.Authorization/*", "Microsoft.Support/*"],
    ),
    role(
        "f58310d9-a9f6-439a-9e8d-f62e7b41a168",
        "Role Based Access Control Administrator",
        &[
            "Microsoft.Authorization/roleAssignments/write",
            "Microsoft.Authorization/roleAssignments/delete",
            "*/read",
            "Microsoft.Support/*",
        ],
    ),
    role("e40ec5ca-96e0-45a2-b4ff-59039f2c2b59", "Managed Identity Contributor", IDENTITY_ACTIONS),
    role(
        "f1a07417-d97a-45cb-824c-7a7467783830",
        "Managed Identity Operator",
        &[
            "Microsoft.ManagedIdentity/userAssignedIdentities/*/read",
            "Microsoft.ManagedIdentity/userAssignedIdentities/*/assign/action",
            "Microsoft.Authorization/*/read",
            "Microsoft.Resources/subscriptions/resourceGroups/read",
        ],
    ),
    role(
        "4abbcc35-e782-43d8-92c5-2d3f1bd2253f",
        "Azure Kubernetes Service Cluster User Role",
        &[
            "Microsoft.ContainerService/managedClusters/listClusterUserCredential/action",
            "Microsoft.ContainerService/managedClusters/read",
        ],
    ),
    role(
        "0ab0b1a8-8aac-4efd-b8c2-3ee1fb270be8",
        "Azure Kubernetes Service Cluster Admin Role",
        &[
            "Microsoft.ContainerService/managedClusters/listClusterAdminCredential/action",
            "Microsoft.ContainerService/managedClusters/accessProfiles/listCredential/action",
            "Microsoft.ContainerService/managedClusters/read",
            "Microsoft.ContainerService/managedClusters/runcommand/action",
        ],
    ),
    role(
        "ed7f3fbd-7b88-4dd4-9017-9adb7ce333f8",
        "Azure Kubernetes Service Contributor Role",
        &[
            "Microsoft.ContainerService/locations/*",
            "Microsoft.ContainerService/managedClusters/*",
            "Microsoft.Resources/deployments/*",
        ],
    ),
    kubernetes("b1ff04bb-8a4e-4dc4-8eb5-8693973ce19b", "Azure Kubernetes Service RBAC Cluster Admin", ADMIN),
    kubernetes("3498e952-d568-435e-9b2c-8d77e338d7f7", "Azure Kubernetes Service RBAC Admin", ADMIN),
    kubernetes("a7ffa36f-339b-4b5c-8bdf-e2c188b2c0eb", "Azure Kubernetes Service RBAC Writer", WRITE),
    kubernetes("7f6c6a51-bcf8-42ba-9220-52d62157d7db", "Azure Kubernetes Service RBAC Reader", READ),
    role(
        "6d8ee4ec-f05a-4a1d-8b00-a9b17e38b437",
        "SQL Server Contributor",
        &["Microsoft.Authorization/*/read", "Microsoft.Sql/servers/*", "Microsoft.Resources/deployments/*"],
    ),
    role(
        "17d1049b-9a84-46fb-8f53-869881c3d3ab",
        "Storage Account Contributor",
        &["Microsoft.Authorization/*/read", "Microsoft.Storage/storageAccounts/*"],
    ),
    BuiltIn {
        id: "ba92f5b4-2d11-453d-a403-e96b0029c9fe",
        name: "Storage Blob Data Contributor",
        actions: &["Microsoft.Storage/storageAccounts/blobServices/containers/*"],
        not_actions: &[],
        data_actions: &["Microsoft.Storage/storageAccounts/blobServices/containers/blobs/*"],
    },
    role(
        "4d97b98b-1d4f-4787-a291-c67834d212e7",
        "Network Contributor",
        &["Microsoft.Authorization/*/read", "Microsoft.Network/*", "Microsoft.Resources/deployments/*"],
    ),
];

const ADMIN: &[&str] = &["Microsoft.ContainerService/managedClusters/*"];
const WRITE: &[&str] = &[
    "Microsoft.ContainerService/managedClusters/pods/*",
    "Microsoft.ContainerService/managedClusters/secrets/*",
    "Microsoft.ContainerService/managedClusters/configmaps/*",
];
const READ: &[&str] = &["Microsoft.ContainerService/managedClusters/pods/read"];

const fn kubernetes(id: &'static str, name: &'static str, data_actions: &'static [&'static str]) -> BuiltIn {
    BuiltIn {
        id,
        name,
        actions: &[
            "Microsoft.Authorization/*/read",
            "Microsoft.Resources/subscriptions/resourceGroups/read",
            "Microsoft.ContainerService/managedClusters/listClusterUserCredential/action",
        ],
        not_actions: &[],
        data_actions,
    }
}

/// Returns the id of a built-in role.
pub(super) fn built_in(name: &str) -> Option<&'static str> {
    BUILT_IN.iter().find(|it| it.name.eq_ignore_ascii_case(name)).map(|it| it.id)
}

/// Returns all roles of a subscription, as the API tells of them.
pub(super) fn all(subscription: &Subscription) -> Vec<Value> {
    let mut all: Vec<Value> = BUILT_IN.iter().map(|it| shown(it, &subscription.id)).collect();
    all.extend(subscription.roles.iter().cloned());
    all
}

/// Finds a role by the last part of its id.
pub(super) fn find(subscription: &Subscription, id: &str) -> Option<Value> {
    all(subscription).into_iter().find(|it| it["name"].as_str().is_some_and(|name| name.eq_ignore_ascii_case(id)))
}

fn shown(role: &BuiltIn, subscription: &str) -> Value {
    json!({
        "id": format!("/subscriptions/{subscription}/providers/Microsoft.Authorization/roleDefinitions/{}", role.id),
        "name": role.id,
        "type": "Microsoft.Authorization/roleDefinitions",
        "properties": {
            "roleName": role.name,
            "type": "BuiltInRole",
            "description": format!("{}, as the test world knows it.", role.name),
            "assignableScopes": ["/"],
            "permissions": [{
                "actions": role.actions,
                "notActions": role.not_actions,
                "dataActions": role.data_actions,
                "notDataActions": [],
            }],
            "createdOn": "2015-02-02T21:55:09.8806423Z",
            "updatedOn": "2024-10-22T15:12:45.1234567Z",
            "createdBy": null,
            "updatedBy": null,
        },
    })
}

impl State {
    /// Returns the permissions of a role, wherever it was made.
    pub(super) fn permissions_of(&self, home: &Subscription, role: &str) -> Vec<Value> {
        let elsewhere = || self.subscriptions.values().find_map(|it| find(it, role));
        let role = find(home, role).or_else(elsewhere);
        role.and_then(|it| it["properties"]["permissions"].as_array().cloned()).unwrap_or_default()
    }
}

/// Says whether a role's permission holds an action and does not take it away again.
pub(super) fn permits(permission: &Value, action: &str, is_data: bool) -> bool {
    let (yes, no) = if is_data { ("dataActions", "notDataActions") } else { ("actions", "notActions") };
    let any = |name: &str| {
        permission[name]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .any(|pattern| matches(&pattern.to_lowercase(), &action.to_lowercase()))
    };
    any(yes) && !any(no)
}

/// Says whether a pattern with stars, which stand for any text, fits.
fn matches(pattern: &str, text: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else {
        return pattern == text;
    };
    let Some(text) = text.strip_prefix(head) else {
        return false;
    };
    (0..=text.len()).filter(|at| text.is_char_boundary(*at)).any(|at| matches(rest, &text[at..]))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{matches, permits};

    #[test]
    fn stars_stand_for_any_text() {
        assert!(matches("*/read", "a/b/read") && matches("a/*/write", "a/b/c/write") && matches("*", "a"));
        assert!(!matches("*/read", "a/write") && !matches("a/*/write", "a/write"));
        let permission = json!({ "actions": ["*"], "notActions": ["Microsoft.Authorization/*/Write"] });
        assert!(permits(&permission, "Microsoft.ManagedIdentity/userAssignedIdentities/write", false));
        assert!(!permits(&permission, "Microsoft.Authorization/roleAssignments/write", false));
        assert!(!permits(&permission, "Microsoft.ContainerService/managedClusters/*", true));
    }
}
