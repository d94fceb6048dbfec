//! What a project was asked, what goes wrong there, and what it forbids.

use std::sync::Arc;
use std::time::Duration;

use super::weather::Hook;
use super::{GcpFault, GcpRequest, Late, Project};

/// What an organisation forbids in its projects.
#[derive(Clone, Debug)]
pub enum OrgPolicy {
    /// `iam.disableServiceAccountCreation`: nobody makes service accounts.
    NoServiceAccountCreation,
    /// `iam.allowedPolicyMemberDomains`: only members that contain one of these come into policies.
    OnlyMembers(Vec<String>),
}

impl Project {
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
}
