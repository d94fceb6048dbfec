//! Which permissions a configuration needs: as custom roles for people, and per change for the rehearsal. No IO.
//!
//! Source: the permission column of `gcp-azure.md` part 1. What happens inside the cluster is Kubernetes' own matter.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::change::{GcpChange, Resource};
use super::names::ProjectId;
use super::settings::{AccountChoice, GcpSettings};
use crate::settings::GcpIdentity;

/// To let a project pay for requests.
pub const USE_PROJECT: &str = "serviceusage.services.use";
const LIST_CLUSTERS: &str = "container.clusters.list";
const GET_ACCOUNT: &str = "iam.serviceAccounts.get";
const UPDATE_ACCOUNT: &str = "iam.serviceAccounts.update";
const CREATE_ACCOUNT: &str = "iam.serviceAccounts.create";
const DELETE_ACCOUNT: &str = "iam.serviceAccounts.delete";
const GET_ACCOUNT_POLICY: &str = "iam.serviceAccounts.getIamPolicy";
const SET_ACCOUNT_POLICY: &str = "iam.serviceAccounts.setIamPolicy";
const GET_PROJECT_POLICY: &str = "resourcemanager.projects.getIamPolicy";
const SET_PROJECT_POLICY: &str = "resourcemanager.projects.setIamPolicy";

/// A custom role for one project.
#[derive(Debug, Clone, PartialEq)]
pub struct RoleDocument {
    /// The project in which it is needed.
    pub project: ProjectId,
    /// The role, as `gcloud iam roles create ID --project PROJECT --file FILE` takes it.
    pub document: Value,
}

impl RoleDocument {
    /// Adds what another role holds.
    pub fn add(&mut self, permissions: impl IntoIterator<Item = String>) {
        let all: BTreeSet<String> = self.permissions().into_iter().chain(permissions).collect();
        self.document["includedPermissions"] = json!(all);
    }

    /// What it holds.
    pub fn permissions(&self) -> Vec<String> {
        let names = self.document["includedPermissions"].as_array().into_iter().flatten();
        names.filter_map(Value::as_str).map(str::to_owned).collect()
    }
}

/// What setting up needs: one role per project, the cluster's first. `adopts`: the account of somebody else is taken
/// over, and its description says so then.
pub fn setup_roles(settings: &GcpSettings, adopts: bool) -> Vec<RoleDocument> {
    let mut here = cluster_permissions(settings);
    let mut there = Vec::new();
    match settings.identity {
        GcpIdentity::None => {}
        GcpIdentity::ServiceAccount => {
            let mut account = vec![GET_ACCOUNT, GET_ACCOUNT_POLICY, SET_ACCOUNT_POLICY];
            if adopts {
                account.push(UPDATE_ACCOUNT);
            }
            match &settings.account {
                AccountChoice::Ours { .. } => here.extend([&account[..], &[CREATE_ACCOUNT]].concat()),
                AccountChoice::Own(email) if *email.project() == settings.project => here.extend(account),
                AccountChoice::Own(email) => there.push((email.project().clone(), account)),
            }
            here.push("serviceusage.services.get");
            here.extend(project_policy(settings));
        }
        GcpIdentity::Federation => {
            // Its members name the project's number.
            here.push("resourcemanager.projects.get");
            here.extend(project_policy(settings));
        }
    }
    documents(settings, "runner-setup", "What runner-setup needs to set up a runner", here, there)
}

/// What taking back needs: one role per project, the cluster's first.
pub fn teardown_roles(settings: &GcpSettings) -> Vec<RoleDocument> {
    let mut here = cluster_permissions(settings);
    let mut there = Vec::new();
    match settings.identity {
        GcpIdentity::None => {}
        GcpIdentity::ServiceAccount => {
            let account = [GET_ACCOUNT, GET_ACCOUNT_POLICY, SET_ACCOUNT_POLICY];
            match &settings.account {
                AccountChoice::Ours { .. } => here.extend([&account[..], &[DELETE_ACCOUNT]].concat()),
                AccountChoice::Own(email) if *email.project() == settings.project => here.extend(account),
                AccountChoice::Own(email) => there.push((email.project().clone(), account.to_vec())),
            }
            // Our member may be another cluster's of the pool: the clusters are looked through.
            here.push(LIST_CLUSTERS);
            here.extend(project_policy(settings));
        }
        GcpIdentity::Federation => {
            here.push("resourcemanager.projects.get");
            here.push(LIST_CLUSTERS);
            // Which roles the jobs have stands in the policy, and nowhere in the settings.
            here.extend([GET_PROJECT_POLICY, SET_PROJECT_POLICY]);
        }
    }
    documents(settings, "runner-setup destroy", "What runner-setup needs to take back a runner", here, there)
}

fn cluster_permissions(settings: &GcpSettings) -> Vec<&'static str> {
    // `connect` lets one through the control plane's DNS name.
    let mut permissions = vec!["container.clusters.get", "container.clusters.connect"];
    if settings.location.is_none() {
        permissions.push(LIST_CLUSTERS);
    }
    permissions
}

fn project_policy(settings: &GcpSettings) -> Vec<&'static str> {
    if settings.roles.is_empty() { Vec::new() } else { vec![GET_PROJECT_POLICY, SET_PROJECT_POLICY] }
}

fn documents(
    settings: &GcpSettings,
    title: &str,
    description: &str,
    here: Vec<&'static str>,
    there: Vec<(ProjectId, Vec<&'static str>)>,
) -> Vec<RoleDocument> {
    let per_project = std::iter::once((settings.project.clone(), here)).chain(there);
    let document = |(project, mut permissions): (ProjectId, Vec<&'static str>)| {
        permissions.sort_unstable();
        permissions.dedup();
        let document = json!({
            "title": title,
            "description": description,
            "stage": "GA",
            "includedPermissions": permissions,
        });
        RoleDocument { project, document }
    };
    per_project.map(document).collect()
}

/// What a change needs, and on what: for the rehearsal by `testIamPermissions`.
pub fn permissions_of(change: &GcpChange) -> Vec<(Resource, Vec<&'static str>)> {
    match change {
        GcpChange::CreateServiceAccount(account) => {
            vec![(Resource::Project(account.project.clone()), vec![CREATE_ACCOUNT, GET_ACCOUNT])]
        }
        GcpChange::Grant(binding) | GcpChange::Revoke(binding) => {
            let permissions = match &binding.on {
                Resource::Account(_) => vec![GET_ACCOUNT_POLICY, SET_ACCOUNT_POLICY],
                Resource::Project(_) => vec![GET_PROJECT_POLICY, SET_PROJECT_POLICY],
            };
            vec![(binding.on.clone(), permissions)]
        }
        GcpChange::Describe { email, .. } => {
            vec![(Resource::Account(email.clone()), vec![GET_ACCOUNT, UPDATE_ACCOUNT])]
        }
        GcpChange::DeleteServiceAccount { email, .. } => {
            vec![(Resource::Account(email.clone()), vec![GET_ACCOUNT, GET_ACCOUNT_POLICY, DELETE_ACCOUNT])]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(identity: GcpIdentity, account: &str, is_ours: bool, roles: &[&str]) -> GcpSettings {
        let email = account.parse().unwrap();
        GcpSettings {
            cluster: "prod".to_owned(),
            location: Some("europe-west1".to_owned()),
            project: "my-project".parse().unwrap(),
            identity,
            account: if is_ours { AccountChoice::Ours { email, told: false } } else { AccountChoice::Own(email) },
            roles: roles.iter().map(|role| role.parse().unwrap()).collect(),
        }
    }

    fn has(role: &RoleDocument, permission: &str) -> bool {
        role.document["includedPermissions"].as_array().unwrap().iter().any(|it| it == permission)
    }

    #[test]
    fn a_configuration_needs_no_more_than_it_uses() {
        let here = "runner-a@my-project.iam.gserviceaccount.com";
        let [ours] = setup_roles(&settings(GcpIdentity::ServiceAccount, here, true, &[]), false).try_into().unwrap();
        assert!(!has(&ours, UPDATE_ACCOUNT));
        let [taken] = setup_roles(&settings(GcpIdentity::ServiceAccount, here, true, &[]), true).try_into().unwrap();
        assert!(has(&taken, UPDATE_ACCOUNT));
        assert!(
            has(&ours, CREATE_ACCOUNT) && !has(&ours, SET_PROJECT_POLICY) && !has(&ours, "container.clusters.list")
        );
        let [federation] =
            setup_roles(&settings(GcpIdentity::Federation, here, true, &["roles/viewer"]), false).try_into().unwrap();
        assert!(has(&federation, SET_PROJECT_POLICY) && has(&federation, "resourcemanager.projects.get"));
        assert!(!has(&federation, GET_ACCOUNT));
        let [none] =
            setup_roles(&settings(GcpIdentity::None, here, true, &["roles/viewer"]), false).try_into().unwrap();
        let names = json!(["container.clusters.connect", "container.clusters.get"]);
        assert_eq!(none.document["includedPermissions"], names);
        let [back] = teardown_roles(&settings(GcpIdentity::ServiceAccount, here, true, &[])).try_into().unwrap();
        assert!(has(&back, DELETE_ACCOUNT) && !has(&back, CREATE_ACCOUNT) && has(&back, LIST_CLUSTERS));
        assert!(!has(&back, GET_PROJECT_POLICY));
        let [back] = teardown_roles(&settings(GcpIdentity::Federation, here, true, &[])).try_into().unwrap();
        assert!(has(&back, LIST_CLUSTERS) && has(&back, GET_PROJECT_POLICY) && has(&back, SET_PROJECT_POLICY));
        assert!(!has(&back, GET_ACCOUNT));
    }

    #[test]
    fn an_account_of_another_project_needs_its_permissions_there() {
        let own = "shared@other-project.iam.gserviceaccount.com";
        let settings = settings(GcpIdentity::ServiceAccount, own, false, &["roles/viewer"]);
        let [here, there] = setup_roles(&settings, false).try_into().unwrap();
        assert_eq!((here.project.as_str(), there.project.as_str()), ("my-project", "other-project"));
        assert!(has(&there, SET_ACCOUNT_POLICY) && !has(&there, CREATE_ACCOUNT) && !has(&there, SET_PROJECT_POLICY));
        assert!(!has(&here, SET_ACCOUNT_POLICY) && has(&here, SET_PROJECT_POLICY));
        let [_, there] = teardown_roles(&settings).try_into().unwrap();
        assert!(!has(&there, DELETE_ACCOUNT), "an account that somebody brought is not deleted");
    }
}
