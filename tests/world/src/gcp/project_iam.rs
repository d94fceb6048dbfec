//! A project's service accounts, policies and roles, as a test reads and changes them behind the API.

use serde_json::{Value, json};

use super::policy::Target;
use super::state::{Account, CustomRole};
use super::{Project, accounts};

impl Project {
    /// Makes a service account and returns its e-mail address; panics when it cannot be.
    pub fn create_account(&self, account_id: &str) -> String {
        let mut state = self.gcp.state();
        if let Err(refusal) = accounts::make(&mut state, &self.id, account_id, "", "") {
            panic!("{account_id}: {}", String::from_utf8_lossy(&refusal.bytes()));
        }
        self.email(account_id)
    }

    /// Returns the e-mail address that an account of this project has.
    pub fn email(&self, account_id: &str) -> String {
        format!("{account_id}@{}.iam.gserviceaccount.com", self.id)
    }

    /// Deletes an account, as the console does; its unique id is what brings it back.
    pub fn delete_account(&self, email: &str) -> String {
        self.change_account(email, |account| account.deleted = true)
    }

    /// Disables or enables an account.
    pub fn disable_account(&self, email: &str, disabled: bool) {
        self.change_account(email, |account| account.disabled = disabled);
    }

    /// Changes the description of an account.
    pub fn describe_account(&self, email: &str, description: &str) {
        self.change_account(email, |account| account.description = description.to_owned());
    }

    /// Returns a living account as the API tells of it.
    pub fn account(&self, email: &str) -> Option<Value> {
        let state = self.gcp.state();
        let unique_id = state.living(email)?.1.unique_id.clone();
        Some(accounts::shown(&state, &unique_id))
    }

    /// Returns the living accounts of this project.
    pub fn accounts(&self) -> Vec<Value> {
        let state = self.gcp.state();
        let living = state.project(&self.id).accounts.iter().filter(|account| !account.deleted);
        living.map(|account| accounts::shown(&state, &account.unique_id)).collect()
    }

    /// Returns the project's policy, with conditions.
    pub fn policy(&self) -> Value {
        self.gcp.state().shown_policy(&Target::Project(self.id.clone()), 3)
    }

    /// Returns an account's policy, with conditions.
    pub fn account_policy(&self, email: &str) -> Value {
        let target = self.target(Some(email));
        self.gcp.state().shown_policy(&target, 3)
    }

    /// Returns the members that the project's policy gives a role without a condition.
    pub fn members(&self, role: &str) -> Vec<String> {
        members_of(&self.policy(), role)
    }

    /// Returns the members that an account's policy gives a role without a condition.
    pub fn account_members(&self, email: &str, role: &str) -> Vec<String> {
        members_of(&self.account_policy(email), role)
    }

    /// Replaces the project's policy; panics when the API would refuse it.
    pub fn set_policy(&self, policy: &Value) {
        self.replace(None, policy);
    }

    /// Replaces an account's policy; panics when the API would refuse it.
    pub fn set_account_policy(&self, email: &str, policy: &Value) {
        self.replace(Some(email), policy);
    }

    /// Gives a member a role in the project, whoever it is.
    pub fn bind(&self, role: &str, member: &str) {
        self.bind_on(None, role, member, true);
    }

    /// Takes a role in the project from a member.
    pub fn unbind(&self, role: &str, member: &str) {
        self.bind_on(None, role, member, false);
    }

    /// Gives a member a role on an account, whoever it is.
    pub fn bind_account(&self, email: &str, role: &str, member: &str) {
        self.bind_on(Some(email), role, member, true);
    }

    /// Takes a role on an account from a member.
    pub fn unbind_account(&self, email: &str, role: &str, member: &str) {
        self.bind_on(Some(email), role, member, false);
    }

    /// Makes a role of this project and returns its name.
    pub fn role(&self, id: &str, permissions: &[&str]) -> String {
        let name = format!("projects/{}/roles/{id}", self.id);
        let mut state = self.gcp.state();
        let revision = state.next();
        let fields = json!({ "name": name, "title": id, "stage": "GA", "includedPermissions": permissions });
        let role = CustomRole { fields, revision, deleted: false };
        state.project_mut(&self.id).roles.insert(id.to_owned(), role);
        name
    }

    fn target(&self, email: Option<&str>) -> Target {
        match email {
            None => Target::Project(self.id.clone()),
            Some(email) => {
                let state = self.gcp.state();
                let found = state.living(email).map(|(_, account)| account.unique_id.clone());
                Target::Account(found.unwrap_or_else(|| panic!("there is no account {email}")))
            }
        }
    }

    fn change_account(&self, email: &str, change: impl FnOnce(&mut Account)) -> String {
        let Target::Account(unique_id) = self.target(Some(email)) else {
            unreachable!("an address names an account");
        };
        let mut state = self.gcp.state();
        change(state.account_mut(&unique_id).expect("it was just found"));
        unique_id
    }

    fn replace(&self, email: Option<&str>, policy: &Value) {
        let target = self.target(email);
        let mut policy = policy.clone();
        policy.as_object_mut().expect("a policy is an object").remove("etag");
        policy["version"] = json!(3);
        let body = json!({ "policy": policy, "updateMask": "bindings,auditConfigs" });
        if let Err(refusal) = self.gcp.state().set_policy(&target, &body) {
            panic!("{policy}: {}", String::from_utf8_lossy(&refusal.bytes()));
        }
    }

    fn bind_on(&self, email: Option<&str>, role: &str, member: &str, is_there: bool) {
        let target = self.target(email);
        let mut state = self.gcp.state();
        let unique_id = member
            .strip_prefix("serviceAccount:")
            .and_then(|email| state.living(email))
            .map(|(_, account)| account.unique_id.clone());
        let kept = Value::from(unique_id.map_or_else(|| member.to_owned(), |id| format!("{member}?uid={id}")));
        let revision = state.next();
        let policy = state.policy_mut(&target);
        policy.revision = revision;
        let is_it = |it: &Value| it["role"] == role && it.get("condition").is_none();
        match policy.bindings.iter().position(is_it) {
            None if is_there => policy.bindings.push(json!({ "role": role, "members": [kept] })),
            None => {}
            Some(index) => {
                let members = policy.bindings[index]["members"].as_array_mut().expect("members are a list");
                members.retain(|it| *it != kept);
                if is_there {
                    members.push(kept);
                }
                if members.is_empty() {
                    policy.bindings.remove(index);
                }
            }
        }
    }
}

fn members_of(policy: &Value, role: &str) -> Vec<String> {
    let bindings = policy["bindings"].as_array().into_iter().flatten();
    bindings
        .filter(|it| it["role"] == role && it.get("condition").is_none())
        .flat_map(|it| it["members"].as_array().into_iter().flatten())
        .filter_map(|it| it.as_str().map(str::to_owned))
        .collect()
}
