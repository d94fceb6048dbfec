//! Which actions a configuration needs: as custom roles for people, and per change for the rehearsal. And what Azure's
//! answer about one's own permissions grants. No IO.
//!
//! Source: Azure's resource provider operations, by the calls of `gcp-azure.md` part 2. What happens inside the cluster
//! is Kubernetes' own matter, or that of a role on it (`Azure Kubernetes Service RBAC …`).

use serde_json::{Value, json};

use super::change::AzureChange;
use super::names::ResourceId;
use super::settings::{AzureSettings, IdentityChoice};
use crate::settings::AzureIdentity;

pub(super) const READ_CLUSTER: &str = "Microsoft.ContainerService/managedClusters/read";
pub(super) const WRITE_CLUSTER: &str = "Microsoft.ContainerService/managedClusters/write";
pub(super) const USER_CREDENTIAL: &str = "Microsoft.ContainerService/managedClusters/listClusterUserCredential/action";
pub(super) const READ_IDENTITY: &str = "Microsoft.ManagedIdentity/userAssignedIdentities/read";
pub(super) const WRITE_IDENTITY: &str = "Microsoft.ManagedIdentity/userAssignedIdentities/write";
pub(super) const DELETE_IDENTITY: &str = "Microsoft.ManagedIdentity/userAssignedIdentities/delete";
pub(super) const READ_CREDENTIAL: &str =
    "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/read";
pub(super) const WRITE_CREDENTIAL: &str =
    "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/write";
pub(super) const DELETE_CREDENTIAL: &str =
    "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/delete";
pub(super) const READ_DEFINITION: &str = "Microsoft.Authorization/roleDefinitions/read";
pub(super) const READ_ASSIGNMENT: &str = "Microsoft.Authorization/roleAssignments/read";
pub(super) const WRITE_ASSIGNMENT: &str = "Microsoft.Authorization/roleAssignments/write";
pub(super) const DELETE_ASSIGNMENT: &str = "Microsoft.Authorization/roleAssignments/delete";
pub(super) const READ_PERMISSIONS: &str = "Microsoft.Authorization/permissions/read";
pub(super) const READ_GROUP: &str = "Microsoft.Resources/subscriptions/resourceGroups/read";

/// A custom role for one scope.
#[derive(Debug, Clone, PartialEq)]
pub struct RoleDocument {
    /// On what it is needed.
    pub scope: String,
    /// The role, as `az role definition create --role-definition @FILE` takes it.
    pub document: Value,
}

/// What setting up needs: one role per scope, the cluster's first.
pub fn setup_roles(settings: &AzureSettings) -> Vec<RoleDocument> {
    let mut needed = Needed::of_cluster(settings);
    if settings.enable_workload_identity {
        needed.here.push(WRITE_CLUSTER);
    }
    if settings.identity == AzureIdentity::ManagedIdentity {
        let mut identity = vec![READ_IDENTITY, READ_CREDENTIAL, WRITE_CREDENTIAL];
        if matches!(settings.managed_identity, IdentityChoice::Ours { .. }) {
            identity.push(WRITE_IDENTITY);
        }
        needed.on_identity(settings, &identity);
        needed.on_roles(settings, &[READ_DEFINITION, READ_ASSIGNMENT, WRITE_ASSIGNMENT]);
    }
    needed.documents(settings, "runner-setup", "What runner-setup needs to set up a runner")
}

/// What taking back needs: one role per scope, the cluster's first.
pub fn teardown_roles(settings: &AzureSettings) -> Vec<RoleDocument> {
    let mut needed = Needed::of_cluster(settings);
    if settings.identity == AzureIdentity::ManagedIdentity {
        let mut identity = vec![READ_IDENTITY, READ_CREDENTIAL, DELETE_CREDENTIAL];
        if matches!(settings.managed_identity, IdentityChoice::Ours { .. }) {
            identity.push(DELETE_IDENTITY);
        }
        needed.on_identity(settings, &identity);
        needed.on_roles(settings, &[READ_ASSIGNMENT, DELETE_ASSIGNMENT]);
    }
    needed.documents(settings, "runner-setup destroy", "What runner-setup needs to take back a runner")
}

/// The resource group of an identity or a cluster, as a scope.
pub fn group_scope(id: &ResourceId) -> String {
    format!("/subscriptions/{}/resourceGroups/{}", id.subscription(), id.resource_group())
}

/// The actions that are needed, per scope that a custom role can be assigned on.
struct Needed {
    /// The cluster's resource group; its subscription while the group is not known.
    home: String,
    here: Vec<&'static str>,
    there: Vec<(String, Vec<&'static str>)>,
}

impl Needed {
    fn of_cluster(settings: &AzureSettings) -> Self {
        let subscription = format!("/subscriptions/{}", settings.subscription);
        let home = match &settings.resource_group {
            Some(group) => format!("{subscription}/resourceGroups/{group}"),
            None => subscription,
        };
        // Listing clusters is reading them on a subscription.
        Self { home, here: vec![READ_CLUSTER, USER_CREDENTIAL, READ_PERMISSIONS], there: Vec::new() }
    }

    fn on(&mut self, scope: &str, actions: &[&'static str]) {
        let below = format!("{}/", self.home.to_lowercase());
        if format!("{}/", scope.to_lowercase()).starts_with(&below) {
            self.here.extend(actions);
        } else if let Some((_, there)) = self.there.iter_mut().find(|(it, _)| it.eq_ignore_ascii_case(scope)) {
            there.extend(actions);
        } else {
            self.there.push((scope.to_owned(), actions.to_vec()));
        }
    }

    fn on_identity(&mut self, settings: &AzureSettings, actions: &[&'static str]) {
        let home = self.home.clone();
        match &settings.managed_identity {
            IdentityChoice::Ours { .. } => self.on(&home, actions),
            IdentityChoice::Own(id) => self.on(&group_scope(id), actions),
        }
    }

    fn on_roles(&mut self, settings: &AzureSettings, actions: &[&'static str]) {
        let home = self.home.clone();
        for wish in &settings.roles {
            self.on(&assignable(wish.scope.as_deref().unwrap_or(&home)), actions);
        }
    }

    fn documents(self, settings: &AzureSettings, name: &str, description: &str) -> Vec<RoleDocument> {
        let per_scope = std::iter::once((self.home, self.here)).chain(self.there);
        let document = |(scope, mut actions): (String, Vec<&'static str>)| {
            actions.sort_unstable();
            actions.dedup();
            // A custom role's name is the tenant's only one.
            let last = scope.rsplit('/').next().unwrap_or_default();
            let document = json!({
                "Name": format!("{name} {} ({last})", settings.cluster),
                "IsCustom": true,
                "Description": description,
                "Actions": actions,
                "NotActions": [],
                "AssignableScopes": [scope],
            });
            RoleDocument { scope, document }
        };
        per_scope.map(document).collect()
    }
}

/// The nearest scope that a custom role can be assignable on: a resource group, a subscription or a management group.
fn assignable(scope: &str) -> String {
    let parts: Vec<_> = scope.split('/').collect();
    match parts.as_slice() {
        ["", subscriptions, _, groups, _, ..]
            if subscriptions.eq_ignore_ascii_case("subscriptions") && groups.eq_ignore_ascii_case("resourceGroups") =>
        {
            parts[..5].join("/")
        }
        ["", subscriptions, _, ..] if subscriptions.eq_ignore_ascii_case("subscriptions") => parts[..3].join("/"),
        _ => scope.to_owned(),
    }
}

/// What a change needs, and on which scope: for the rehearsal.
pub fn actions_of(change: &AzureChange) -> Vec<(String, Vec<&'static str>)> {
    let (scope, actions) = match change {
        AzureChange::EnableWorkloadIdentity { cluster } => (group_scope(cluster), vec![READ_CLUSTER, WRITE_CLUSTER]),
        AzureChange::CreateIdentity { id, .. } => (group_scope(id), vec![READ_IDENTITY, WRITE_IDENTITY]),
        AzureChange::Trust(trust) => (group_scope(&trust.identity), vec![READ_CREDENTIAL, WRITE_CREDENTIAL]),
        AzureChange::AssignRole { scope, .. } => (scope.clone(), vec![WRITE_ASSIGNMENT]),
        AzureChange::UnassignRole { assignment } => (scope_of_assignment(assignment), vec![DELETE_ASSIGNMENT]),
        AzureChange::Distrust { identity, .. } => (group_scope(identity), vec![READ_CREDENTIAL, DELETE_CREDENTIAL]),
        AzureChange::DeleteIdentity { id, .. } => {
            (group_scope(id), vec![READ_IDENTITY, READ_CREDENTIAL, DELETE_IDENTITY])
        }
    };
    vec![(scope, actions)]
}

/// What a role assignment is on, by its id.
fn scope_of_assignment(id: &str) -> String {
    let at = id.to_lowercase().rfind("/providers/microsoft.authorization/roleassignments/");
    match at {
        Some(0) | None => "/".to_owned(),
        Some(at) => id[..at].to_owned(),
    }
}

/// What somebody may do on a scope, as `Microsoft.Authorization/permissions` says it. Conditions of roles are not in it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Granted {
    /// Per role: what it allows, and what it leaves out of that.
    pub grants: Vec<(Vec<String>, Vec<String>)>,
}

impl Granted {
    /// Reads one page of the answer.
    pub(super) fn read(&mut self, page: &Value) {
        let texts = |value: &Value| -> Vec<String> {
            value.as_array().into_iter().flatten().filter_map(|it| it.as_str().map(str::to_owned)).collect()
        };
        for grant in page["value"].as_array().into_iter().flatten() {
            self.grants.push((texts(&grant["actions"]), texts(&grant["notActions"])));
        }
    }

    /// Whether an action is allowed: by one role that does not leave it out. Roles only add to each other.
    pub fn allows(&self, action: &str) -> bool {
        let any = |patterns: &[String]| patterns.iter().any(|pattern| matches(pattern, action));
        self.grants.iter().any(|(actions, but_not)| any(actions) && !any(but_not))
    }

    /// Which of these actions are not allowed.
    pub fn missing(&self, actions: &[&str]) -> Vec<String> {
        actions.iter().filter(|action| !self.allows(action)).map(|action| (*action).to_owned()).collect()
    }
}

/// Whether an action fits a pattern, in which `*` is any text; without regard to the case of letters.
fn matches(pattern: &str, action: &str) -> bool {
    let (pattern, action) = (pattern.to_lowercase(), action.to_lowercase());
    let parts: Vec<_> = pattern.split('*').collect();
    let [first, middle @ .., last] = parts.as_slice() else { return pattern == action };
    let Some(mut rest) = action.strip_prefix(first) else { return false };
    for part in middle {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::azure::settings::CredentialChoice;
    use crate::settings::AzureCloud;

    const S: &str = "0b1f6471-1bf0-4dda-aec3-cb9272f09590";

    fn settings(managed_identity: IdentityChoice, roles: &[&str]) -> AzureSettings {
        AzureSettings {
            cluster: "prod".to_owned(),
            resource_group: Some("g".to_owned()),
            subscription: S.parse().unwrap(),
            cloud: AzureCloud::Public,
            arm_endpoint: None,
            identity: AzureIdentity::ManagedIdentity,
            managed_identity,
            credential: CredentialChoice { name: "fic".to_owned(), told: false },
            audience: "a".to_owned(),
            roles: roles.iter().map(|role| role.parse().unwrap()).collect(),
            azurerm_env: false,
            enable_workload_identity: false,
        }
    }

    fn ours() -> IdentityChoice {
        IdentityChoice::Ours { name: "runner".to_owned(), told: false }
    }

    fn has(role: &RoleDocument, action: &str) -> bool {
        role.document["Actions"].as_array().unwrap().iter().any(|it| it == action)
    }

    #[test]
    fn a_configuration_needs_no_more_than_it_uses() {
        let [role] = setup_roles(&settings(ours(), &[])).try_into().unwrap();
        assert!(has(&role, WRITE_IDENTITY) && has(&role, WRITE_CREDENTIAL) && has(&role, USER_CREDENTIAL));
        assert!(!has(&role, WRITE_ASSIGNMENT) && !has(&role, WRITE_CLUSTER) && !has(&role, DELETE_IDENTITY));
        assert_eq!(role.document["AssignableScopes"], json!([format!("/subscriptions/{S}/resourceGroups/g")]));
        assert_eq!(role.document["Name"], "runner-setup prod (g)");
        let [back] = teardown_roles(&settings(ours(), &["Contributor"])).try_into().unwrap();
        assert!(has(&back, DELETE_IDENTITY) && has(&back, DELETE_ASSIGNMENT) && !has(&back, WRITE_IDENTITY));
        let none = AzureSettings { identity: AzureIdentity::None, ..settings(ours(), &["Contributor"]) };
        let [none] = setup_roles(&none).try_into().unwrap();
        assert_eq!(none.document["Actions"], json!([READ_PERMISSIONS, USER_CREDENTIAL, READ_CLUSTER]));
    }

    #[test]
    fn other_scopes_get_a_role_of_their_own() {
        let own = ResourceId::of_identity(&S.parse().unwrap(), "Other", "shared");
        let storage =
            format!("Reader@/subscriptions/{S}/resourceGroups/data/providers/Microsoft.Storage/storageAccounts/x");
        let everything = format!("Reader@/subscriptions/{S}");
        let [here, other, data, subscription] =
            setup_roles(&settings(IdentityChoice::Own(own), &["Contributor", &storage, &everything]))
                .try_into()
                .unwrap();
        assert!(has(&here, WRITE_ASSIGNMENT) && !has(&here, WRITE_CREDENTIAL));
        assert!(has(&other, WRITE_CREDENTIAL) && !has(&other, WRITE_IDENTITY) && !has(&other, WRITE_ASSIGNMENT));
        assert_eq!(data.scope, format!("/subscriptions/{S}/resourceGroups/data"));
        assert_eq!(
            (subscription.scope.as_str(), has(&subscription, WRITE_ASSIGNMENT)),
            (&*format!("/subscriptions/{S}"), true)
        );
    }

    #[test]
    fn what_is_granted_is_read_with_wildcards() {
        let mut granted = Granted::default();
        granted.read(&json!({ "value": [
            { "actions": ["*"], "notActions": ["Microsoft.Authorization/*/Delete", "Microsoft.Authorization/*/Write"] },
            { "actions": ["microsoft.authorization/roleassignments/*"], "notActions": [] },
        ] }));
        assert!(granted.missing(&[WRITE_ASSIGNMENT, DELETE_ASSIGNMENT, WRITE_IDENTITY]).is_empty());
        granted.grants.pop();
        assert_eq!(granted.missing(&[WRITE_ASSIGNMENT, READ_ASSIGNMENT]), [WRITE_ASSIGNMENT]);
        assert!(matches("*/read", READ_CLUSTER) && !matches("*/read", WRITE_CLUSTER) && !matches("a*a", "a"));
        assert!(!Granted::default().allows(READ_CLUSTER));
    }

    #[test]
    fn an_assignment_s_id_says_on_what_it_is() {
        let scope = format!("/subscriptions/{S}/resourceGroups/g");
        let assignment = format!("{scope}/providers/Microsoft.Authorization/roleAssignments/{S}");
        let change = AzureChange::UnassignRole { assignment };
        assert_eq!(actions_of(&change), [(scope, vec![DELETE_ASSIGNMENT])]);
    }
}
