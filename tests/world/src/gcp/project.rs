//! One Google project of a test: its principals, its state, its log, its weather.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::jwt::SigningKey;
use super::policy::Target;
use super::principal::Who;
use super::weather::Hook;
use super::{Cluster, Gcp, GcpFault, GcpRequest, Identity, Late, accounts, gcloud};
use crate::facade::{World, write_private};

/// A project that nobody else has.
#[derive(Clone)]
pub struct Project {
    gcp: &'static Gcp,
    id: String,
    number: String,
}

/// What an organisation forbids in its projects.
#[derive(Clone, Debug)]
pub enum OrgPolicy {
    /// `iam.disableServiceAccountCreation`: nobody makes service accounts.
    NoServiceAccountCreation,
    /// `iam.allowedPolicyMemberDomains`: only members that contain one of these come into policies.
    OnlyMembers(Vec<String>),
}

impl Project {
    pub(super) fn new(gcp: &'static Gcp, id: &str) -> Self {
        let number = gcp.state().project(id).number.clone();
        Self { gcp, id: id.to_owned(), number }
    }

    /// Returns the project's id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Returns the project's number.
    pub fn number(&self) -> &str {
        &self.number
    }

    /// Returns the Google that it is a project of.
    pub fn gcp(&self) -> &'static Gcp {
        self.gcp
    }

    /// Makes a person known and gives them roles in this project.
    pub fn user(&self, email: &str, roles: &[&str]) -> Identity {
        self.gcp.know(&[email]);
        let identity = Identity::new(self.clone(), Who::User { email: email.to_owned() });
        self.grant(&identity, roles);
        identity
    }

    /// Makes a service account for a person or a pipeline to act as, and gives it roles in this project.
    pub fn robot(&self, account_id: &str, roles: &[&str]) -> Identity {
        let email = self.create_account(account_id);
        let unique_id = self.gcp.state().living(&email).expect("it was just made").1.unique_id.clone();
        let identity = Identity::new(self.clone(), Who::Account { unique_id });
        self.grant(&identity, roles);
        identity
    }

    /// Makes somebody of another identity provider, by an `external_account` file whose token comes from a file, and
    /// gives them roles in this project.
    pub fn external(&self, subject: &str, roles: &[&str]) -> Identity {
        let pool = format!("projects/{}/locations/global/workloadIdentityPools/ci", self.number);
        let audience = format!("//iam.googleapis.com/{pool}/providers/issuer");
        let issuer = format!("https://ci.example.com/{}", self.id);
        let key = SigningKey::new(&format!("ci-{}", self.id));
        self.gcp.trust_keys(&issuer, &key.jwks());
        let mut state = self.gcp.state();
        state.providers.insert(audience.clone(), (issuer.clone(), self.id.clone()));
        drop(state);
        let now = jiff::Timestamp::now().as_second();
        let claims =
            json!({ "iss": issuer, "sub": subject, "aud": format!("https:{audience}"), "iat": now, "exp": now + 3600 });
        let file = self.write("subject-token", &key.sign(&claims));
        let who = Who::External { pool, subject: subject.to_owned() };
        let identity = Identity::new(self.clone(), who).with_external_file(&audience, file, key);
        self.grant(&identity, roles);
        identity
    }

    /// Makes somebody who logged in through a workforce pool, by an `external_account_authorized_user` file.
    pub fn workforce(&self, subject: &str, roles: &[&str]) -> Identity {
        let pool = "locations/global/workforcePools/staff".to_owned();
        let audience = format!("//iam.googleapis.com/{pool}/providers/okta");
        let identity = Identity::new(self.clone(), Who::External { pool, subject: subject.to_owned() });
        let identity = identity.with_workforce_file(&audience);
        self.grant(&identity, roles);
        identity
    }

    /// Gives somebody roles in this project, who may be of another project.
    pub fn grant(&self, identity: &Identity, roles: &[&str]) {
        for role in roles {
            self.bind(role, &identity.member());
        }
        let home = identity.project().id().to_owned();
        if home != self.id {
            self.gcp.state().project_mut(&home).friends.insert(self.id.clone());
        }
    }

    /// Makes a cluster that names this control plane, whose service account tokens count, and in which IAM decides.
    pub fn cluster(&self, name: &str, location: &str, world: &World) -> Cluster {
        let issuer = self.gcp.trust_issuer(world);
        let cluster = Cluster::add(self.clone(), name, location, &Cluster::fields_of(world), Some(issuer));
        cluster.say_endpoint(world.server_url().trim_start_matches("https://"));
        cluster
    }

    /// Makes a cluster of which only the resource is there.
    pub fn paper_cluster(&self, name: &str, location: &str) -> Cluster {
        Cluster::add(self.clone(), name, location, &json!({}), None)
    }

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
        let role = super::state::CustomRole { fields, revision, deleted: false };
        state.project_mut(&self.id).roles.insert(id.to_owned(), role);
        name
    }

    /// Makes somebody of this project who may do exactly this, by a role of the project.
    pub fn user_with_permissions(&self, email: &str, permissions: &[&str]) -> Identity {
        let id = format!("world{}", self.gcp.state().next());
        let role = self.role(&id, permissions);
        self.user(email, &[&role])
    }

    /// Switches an API such as `iamcredentials.googleapis.com` off or on.
    pub fn switch_service(&self, service: &str, on: bool) {
        let mut state = self.gcp.state();
        let services = &mut state.project_mut(&self.id).services;
        if on {
            services.insert(service.to_owned());
        } else {
            services.remove(service);
        }
    }

    /// Says whether an API is on.
    pub fn has_service(&self, service: &str) -> bool {
        self.gcp.state().project(&self.id).services.contains(service)
    }

    /// Puts the project under an organisation policy.
    pub fn org_policy(&self, policy: OrgPolicy) {
        let mut state = self.gcp.state();
        let project = state.project_mut(&self.id);
        match policy {
            OrgPolicy::NoServiceAccountCreation => project.no_new_accounts = true,
            OrgPolicy::OnlyMembers(only) => project.only_members = only,
        }
    }

    /// Takes a permission from everybody, as a deny policy does.
    pub fn deny(&self, permission: &str) {
        self.gcp.state().project_mut(&self.id).denied.insert(permission.to_owned());
    }

    /// Takes back all [`Project::deny`].
    pub fn deny_nothing(&self) {
        self.gcp.state().project_mut(&self.id).denied.clear();
    }

    /// Says how late service accounts are seen that are made from now on.
    pub fn shows_late(&self, late: Late) {
        self.gcp.state().project_mut(&self.id).late = late;
    }

    /// Says how many service accounts the project may have.
    pub fn account_quota(&self, accounts: usize) {
        self.gcp.state().project_mut(&self.id).account_quota = accounts;
    }

    /// Makes the token endpoints refuse everybody of this project with `invalid_grant` and this subtype, such as
    /// `invalid_rapt`; `None` ends it.
    pub fn demands_login(&self, subtype: Option<&str>) {
        self.gcp.state().project_mut(&self.id).reauth = subtype.map(str::to_owned);
    }

    /// Runs the real `gcloud` as somebody and returns its document, or what it said on standard error.
    pub fn gcloud(&self, identity: &Identity, arguments: &[&str]) -> Result<Value, String> {
        let mut env = identity.gcloud_env();
        env.insert("CLOUDSDK_CORE_PROJECT".to_owned(), self.id.clone());
        gcloud::run(&env, arguments)
    }

    /// Returns the requests that came in, oldest first.
    pub fn requests(&self) -> Vec<GcpRequest> {
        self.requests_since(0)
    }

    /// Returns the requests that changed something or would have.
    pub fn writes(&self) -> Vec<GcpRequest> {
        self.requests().into_iter().filter(|it| it.writes).collect()
    }

    /// Returns a mark for [`Project::requests_since`].
    pub fn mark(&self) -> u64 {
        self.gcp.state().log.len() as u64
    }

    /// Returns the requests that came in since a mark.
    pub fn requests_since(&self, mark: u64) -> Vec<GcpRequest> {
        let state = self.gcp.state();
        state.log.iter().filter(|it| it.project == self.id && it.number >= mark).cloned().collect()
    }

    /// Returns what broke the discovery documents: `request …` is the client's fault, `answer …` the stand-in's.
    pub fn violations(&self) -> Vec<String> {
        self.gcp.state().project(&self.id).violations.clone()
    }

    /// Makes something go wrong.
    pub fn fault(&self, fault: GcpFault) {
        self.gcp.state().project_mut(&self.id).weather.faults.push(fault);
    }

    /// Takes back all faults.
    pub fn no_more_faults(&self) {
        self.gcp.state().project_mut(&self.id).weather.faults.clear();
    }

    /// Delays every answer.
    pub fn latency(&self, pause: Duration) {
        self.gcp.state().project_mut(&self.id).weather.latency = pause;
    }

    /// Does something once, right before a request of this method lands whose path contains this.
    pub fn meanwhile(&self, method: &str, path_contains: &str, act: impl Fn() + Send + Sync + 'static) {
        self.meanwhile_after(0, method, path_contains, act);
    }

    /// The same, after so many such requests have passed.
    pub fn meanwhile_after(
        &self,
        requests: usize,
        method: &str,
        path_contains: &str,
        act: impl Fn() + Send + Sync + 'static,
    ) {
        let hook = Hook {
            method: method.to_owned(),
            path_contains: path_contains.to_owned(),
            after: requests,
            act: Arc::new(act),
        };
        self.gcp.state().project_mut(&self.id).hooks.push(hook);
    }

    /// Lets somebody else change the project's policy right before the next change of it lands, so that its etag is old.
    pub fn somebody_binds_first(&self, role: &str, member: &str) {
        let (project, role, member) = (self.clone(), role.to_owned(), member.to_owned());
        let path = format!("projects/{}:setIamPolicy", self.id);
        self.meanwhile("POST", &path, move || project.bind(&role, &member));
    }

    /// The same for an account's policy.
    pub fn somebody_binds_account_first(&self, email: &str, role: &str, member: &str) {
        let (project, role, member, account) = (self.clone(), role.to_owned(), member.to_owned(), email.to_owned());
        let path = format!("{email}:setIamPolicy");
        self.meanwhile("POST", &path, move || project.bind_account(&account, &role, &member));
    }

    /// Writes a file that lasts as long as the process and that only we can read.
    pub(super) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder(name).join(name);
        write_private(&path, text).expect("our own folder can be written");
        path
    }

    /// Makes a folder that lasts as long as the process.
    pub(super) fn folder(&self, name: &str) -> PathBuf {
        let number = self.gcp.state().next();
        let folder = self.gcp.folder().join(format!("{name}-{number}"));
        std::fs::create_dir_all(&folder).expect("our own folder can be written");
        folder
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

    fn change_account(&self, email: &str, change: impl FnOnce(&mut super::state::Account)) -> String {
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
