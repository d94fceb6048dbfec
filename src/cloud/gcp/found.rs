//! What was found in Google Cloud: facts only, no decisions.

use serde_json::Value;

use super::names::{AccountEmail, ProjectId};
use crate::cloud::look::Look;

/// Everything that was found in Google Cloud.
#[derive(Debug)]
pub struct FoundGcp {
    /// Whose credentials these are, in words: `user credentials of …/application_default_credentials.json`.
    pub credentials: String,
    /// The project that was asked.
    pub project: ProjectId,
    /// The cluster.
    pub cluster: GkeCluster,
    /// The number of the workload pool's project, of which `principal://` speaks; looked up for federation only.
    pub pool_project_number: Look<String>,
    /// The jobs' Google service account.
    pub account: Look<ServiceAccount>,
    /// Who may do what with it.
    pub account_policy: Look<Policy>,
    /// Who may do what in the project.
    pub project_policy: Look<Policy>,
    /// Other clusters of the project with the same name; looked for only where a service account that the guide had people
    /// make says no more than that name.
    pub namesakes: Look<Vec<String>>,
    /// Whether the IAM Service Account Credentials API is on in the project.
    pub credentials_api: Look<bool>,
}

/// What taking back has to know besides.
#[derive(Debug)]
pub struct StandingGcp {
    /// The Google service accounts that the jobs act as, or may have acted as: the one that the job service account is
    /// annotated with, and the one of the settings.
    pub accounts: Vec<StandingAccount>,
    /// Other clusters of the project, as `projects/P/locations/L/clusters/C`: what names a service account of the pool may
    /// name theirs too.
    pub neighbours: Look<Vec<String>>,
}

/// A Google service account that may have to be taken back.
#[derive(Debug)]
pub struct StandingAccount {
    /// Its address.
    pub email: AccountEmail,
    /// Whether anything says that the jobs act as it; else it is only looked for.
    pub is_expected: bool,
    /// The account.
    pub account: Look<ServiceAccount>,
    /// Who may do what with it.
    pub policy: Look<Policy>,
}

/// What GKE says about a cluster (`container.v1`, `projects.locations.clusters.get`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GkeCluster {
    /// Its project's id.
    pub project: String,
    /// Its region or zone.
    pub location: String,
    /// Its name.
    pub name: String,
    /// `RUNNING`, `PROVISIONING`, …
    pub status: String,
    /// What GKE says about that status, if it does.
    pub status_message: Option<String>,
    /// How its API server is reached.
    pub endpoints: Endpoints,
    /// The workload pool that its service accounts belong to; `None`: Workload Identity is off.
    pub workload_pool: Option<String>,
    /// Whether Google looks after its nodes.
    pub autopilot: bool,
    /// Its node pools.
    pub node_pools: Vec<NodePool>,
    /// Kubernetes' version of the control plane, e.g. `1.35.1-gke.100`.
    pub version: Option<String>,
}

impl GkeCluster {
    /// `projects/P/locations/L/clusters/C`: how Google names it everywhere.
    pub fn path(&self) -> String {
        format!("projects/{}/locations/{}/clusters/{}", self.project, self.location, self.name)
    }

    /// The paths of other clusters of its project, each a location and a name.
    pub fn others(&self, all: Vec<(String, String)>) -> Vec<String> {
        let path = |(location, name)| format!("projects/{}/locations/{location}/clusters/{name}", self.project);
        all.into_iter().map(path).filter(|other: &String| *other != self.path()).collect()
    }

    /// The issuer of its service account tokens, by GKE's scheme.
    pub fn issuer(&self) -> String {
        format!("https://container.googleapis.com/v1/{}", self.path())
    }
}

/// How the API server of a cluster is reached.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Endpoints {
    /// The address that GKE names first, a host without scheme: the public one where there is one.
    pub main: Option<String>,
    /// Its public address, if it is on.
    pub public: Option<String>,
    /// Its address inside the network.
    pub private: Option<String>,
    /// Its DNS name, whose certificate is one that everybody trusts.
    pub dns: Option<String>,
    /// Whether the DNS name can be reached from outside.
    pub dns_is_open: bool,
    /// Whether the addresses are on at all.
    pub addresses_are_on: bool,
    /// The authorities of the addresses' certificate, as PEM.
    pub authorities: Option<Vec<u8>>,
}

impl Endpoints {
    /// Whether there is an API server at all.
    pub fn are_there(&self) -> bool {
        [&self.main, &self.public, &self.private, &self.dns].into_iter().any(Option::is_some)
    }
}

/// A node pool of a cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodePool {
    /// Its name.
    pub name: String,
    /// Whether its nodes run GKE's metadata server, through which pods get their identity.
    pub has_metadata_server: bool,
}

/// A Google service account (`iam.v1`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceAccount {
    /// Its address.
    pub email: AccountEmail,
    /// The number that stays its own when the name is used again.
    pub unique_id: String,
    /// What people read in lists.
    pub display_name: String,
    /// What people read about it; our mark is in it.
    pub description: String,
    /// Whether it is switched off.
    pub disabled: bool,
}

/// An IAM policy as the server sent it: nothing in it is interpreted that need not be, so that nothing is lost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy(pub Value);
