//! A subscription's identities, roles and assignments, as a test reads and changes them behind the API.

use serde_json::{Value, json};

use super::late::Seen;
use super::{Identity, LOCATION, Subscription, assignments, definitions, federated, identities, roles};

impl Subscription {
    /// Makes a managed identity in [`LOCATION`]; its resource group is made as well.
    pub fn create_identity(&self, group: &str, name: &str) -> Value {
        self.create_identity_in(group, name, LOCATION)
    }

    /// Makes a managed identity in a location; its resource group is made as well, in [`LOCATION`].
    pub fn create_identity_in(&self, group: &str, name: &str, location: &str) -> Value {
        self.resource_group(group);
        identities::make(&mut self.azure.state(), &self.id, group, name, location, json!({}));
        self.identity(group, name).expect("it was just made")
    }

    /// Returns a managed identity as the API tells of it.
    pub fn identity(&self, group: &str, name: &str) -> Option<Value> {
        let state = self.azure.state();
        let subscription = state.subscription(&self.id);
        subscription.identity(group, name).map(|it| identities::shown(subscription, it))
    }

    /// Returns all managed identities.
    pub fn identities(&self) -> Vec<Value> {
        let state = self.azure.state();
        let subscription = state.subscription(&self.id);
        subscription.identities.iter().map(|it| identities::shown(subscription, it)).collect()
    }

    /// Changes the tags of a managed identity.
    pub fn tag_identity(&self, group: &str, name: &str, tags: &Value) {
        let mut state = self.azure.state();
        state.subscription_mut(&self.id).identity_mut(group, name).expect("the identity is there").tags = tags.clone();
    }

    /// Deletes a managed identity; its role assignments stay and lead nowhere.
    pub fn delete_identity(&self, group: &str, name: &str) -> bool {
        identities::remove(&mut self.azure.state(), &self.id, group, name)
    }

    /// Returns the federated credentials of a managed identity as the API tells of them.
    pub fn federations(&self, group: &str, identity: &str) -> Vec<Value> {
        let state = self.azure.state();
        let subscription = state.subscription(&self.id);
        let Some(found) = subscription.identity(group, identity) else {
            return Vec::new();
        };
        let all = &state.principal(&found.principal).federations;
        all.iter().map(|it| federated::shown(subscription, (&found.group, &found.name), it)).collect()
    }

    /// Gives a managed identity a federated credential; panics when its fields break the rules.
    pub fn federate(&self, group: &str, identity: &str, name: &str, issuer: &str, subject: &str, audience: &str) {
        let mut state = self.azure.state();
        let subscription = state.subscription(&self.id);
        let principal = subscription.identity(group, identity).expect("the identity is there").principal.clone();
        let body = json!({ "properties": { "issuer": issuer, "subject": subject, "audiences": [audience] } });
        let seen = Seen::new(&subscription.late);
        let made = federated::wanted(name, &body, seen).unwrap_or_else(|refusal| panic!("{name}: {}", refusal.code()));
        let all = &mut state.principal_mut(&principal).federations;
        all.retain(|it| !it.name.eq_ignore_ascii_case(name));
        all.push(made);
    }

    /// Takes a federated credential from a managed identity.
    pub fn unfederate(&self, group: &str, identity: &str, name: &str) {
        let mut state = self.azure.state();
        let principal = state.subscription(&self.id).identity(group, identity).map(|it| it.principal.clone());
        let principal = principal.expect("the identity is there");
        state.principal_mut(&principal).federations.retain(|it| !it.name.eq_ignore_ascii_case(name));
    }

    /// Makes a custom role for the subscription and returns its id; several may have the same name.
    pub fn role(&self, name: &str, actions: &[&str], not_actions: &[&str]) -> String {
        let given = json!({
            "roleName": name,
            "description": "",
            "assignableScopes": [self.scope()],
            "permissions": [{ "actions": actions, "notActions": not_actions, "dataActions": [], "notDataActions": [] }],
        });
        let id = uuid::Uuid::new_v4().to_string();
        definitions::make(&mut self.azure.state(), &self.id, &id, &given);
        id
    }

    /// Returns the id of a role by its name; panics when there is none.
    pub fn role_id(&self, name: &str) -> String {
        let state = self.azure.state();
        let all = roles::all(state.subscription(&self.id));
        let found = all.iter().find(|it| it["properties"]["roleName"] == name || it["name"] == name);
        found.unwrap_or_else(|| panic!("no role {name}"))["name"].as_str().expect("names are text").to_owned()
    }

    /// Gives somebody a role, by its name or id, in a scope.
    pub fn grant(&self, identity: &Identity, role: &str, scope: &str) {
        self.assign(role, identity.object_id(), scope);
    }

    /// Gives an object id a role, by its name or id, in a scope; returns the assignment's name.
    pub fn assign(&self, role: &str, principal: &str, scope: &str) -> String {
        let id = roles::built_in(role).map_or_else(|| self.role_id(role), str::to_owned);
        let name = uuid::Uuid::new_v4().to_string();
        let given = json!({ "roleDefinitionId": format!("/x/{id}"), "principalId": principal });
        assignments::make(&mut self.azure.state(), &self.id, &name, scope, &given, Seen::new(&[]));
        name
    }

    /// Takes all roles from an object id.
    pub fn unassign(&self, principal: &str) {
        let mut state = self.azure.state();
        state.subscription_mut(&self.id).assignments.retain(|it| it.text("principalId") != principal);
    }

    /// Returns all role assignments as the API tells of them.
    pub fn assignments(&self) -> Vec<Value> {
        self.azure.state().subscription(&self.id).assignments.iter().map(assignments::shown).collect()
    }

    /// Returns the roles of an object id: the role's name and the scope of each.
    pub fn roles_of(&self, principal: &str) -> Vec<(String, String)> {
        let state = self.azure.state();
        let subscription = state.subscription(&self.id);
        let theirs = subscription.assignments.iter().filter(|it| it.text("principalId") == principal);
        let named = |it: &super::state::Assignment| {
            let role = roles::find(subscription, &it.role()).unwrap_or_default();
            (role["properties"]["roleName"].as_str().unwrap_or_default().to_owned(), it.scope.clone())
        };
        theirs.map(named).collect()
    }
}
