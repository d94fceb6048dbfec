//! What the stand-in remembers.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Instant;

use serde_json::{Value, json};

use super::late::{Late, Looks};
use super::policy::Policy;
use super::request::GcpRequest;
use super::tokens::{Refresh, Token};
use super::weather::{Hook, Weather};

/// The APIs that are on in a new project.
const SERVICES: [&str; 7] = [
    "cloudresourcemanager.googleapis.com",
    "compute.googleapis.com",
    "container.googleapis.com",
    "iam.googleapis.com",
    "iamcredentials.googleapis.com",
    "serviceusage.googleapis.com",
    "sts.googleapis.com",
];

/// Everything of all projects.
#[derive(Default)]
pub(super) struct State {
    pub(super) projects: BTreeMap<String, Project>,
    /// The e-mail addresses that somebody has.
    pub(super) users: BTreeSet<String>,
    pub(super) tokens: HashMap<String, Token>,
    pub(super) refresh_tokens: HashMap<String, Refresh>,
    /// The keys of issuers, as JWKS.
    pub(super) issuers: HashMap<String, Value>,
    /// The issuer behind each provider of an identity pool, by its audience, with the project of the test.
    pub(super) providers: HashMap<String, (String, String)>,
    /// The public keys of service accounts' key files by their id, with the unique id of the account.
    pub(super) account_keys: HashMap<String, (String, Value)>,
    pub(super) log: Vec<GcpRequest>,
    /// Violations in requests that belong to no project.
    pub(super) strays: Vec<String>,
    count: u64,
}

/// One project.
pub(super) struct Project {
    pub(super) id: String,
    pub(super) number: String,
    pub(super) policy: Policy,
    pub(super) accounts: Vec<Account>,
    pub(super) roles: BTreeMap<String, CustomRole>,
    pub(super) services: BTreeSet<String>,
    pub(super) operations: BTreeMap<String, Value>,
    pub(super) clusters: Vec<ClusterRecord>,
    pub(super) weather: Weather,
    pub(super) hooks: Vec<Hook>,
    /// How late new service accounts are seen.
    pub(super) late: Late,
    /// Permissions that nobody has here, whatever their roles say.
    pub(super) denied: BTreeSet<String>,
    /// Who may be in a policy: those that contain one of these; everybody when there is none.
    pub(super) only_members: Vec<String>,
    /// Whether an organisation policy forbids new service accounts.
    pub(super) no_new_accounts: bool,
    pub(super) account_quota: usize,
    pub(super) violations: Vec<String>,
    /// Other projects in which principals of this one have been given roles by a test.
    pub(super) friends: BTreeSet<String>,
    /// What the token endpoint says instead of giving a token.
    pub(super) reauth: Option<String>,
}

/// A service account, alive or deleted.
pub(super) struct Account {
    pub(super) email: String,
    pub(super) unique_id: String,
    pub(super) display_name: String,
    pub(super) description: String,
    pub(super) disabled: bool,
    pub(super) deleted: bool,
    pub(super) policy: Policy,
    pub(super) made: Instant,
    pub(super) late: Late,
    pub(super) looks: Looks,
}

/// A role of a project.
pub(super) struct CustomRole {
    pub(super) fields: Value,
    pub(super) revision: u64,
    pub(super) deleted: bool,
}

/// A cluster as the API tells of it, with what the API does not tell.
pub(super) struct ClusterRecord {
    pub(super) name: String,
    pub(super) location: String,
    pub(super) fields: Value,
    /// The issuer of its service account tokens.
    pub(super) issuer: String,
    /// Whether there is a control plane behind it.
    pub(super) is_real: bool,
}

impl State {
    /// Returns a number that was never given before.
    pub(super) fn next(&mut self) -> u64 {
        self.count += 1;
        self.count
    }

    /// Returns a unique id as service accounts and users have them: 21 digits.
    pub(super) fn next_unique_id(&mut self) -> String {
        let number = self.next();
        format!("1{:020}", u128::from(number) * 1_000_003 + 4_815_162_342_000_000)
    }

    /// Finds a project by its id or its number.
    pub(super) fn project_id(&self, id_or_number: &str) -> Option<String> {
        if self.projects.contains_key(id_or_number) {
            return Some(id_or_number.to_owned());
        }
        self.projects.values().find(|project| project.number == id_or_number).map(|project| project.id.clone())
    }

    pub(super) fn project(&self, id: &str) -> &Project {
        self.projects.get(id).expect("the project is known")
    }

    pub(super) fn project_mut(&mut self, id: &str) -> &mut Project {
        self.projects.get_mut(id).expect("the project is known")
    }

    /// Finds an account, alive or deleted, by its unique id.
    pub(super) fn account(&self, unique_id: &str) -> Option<(&Project, &Account)> {
        self.projects.values().find_map(|project| {
            let account = project.accounts.iter().find(|account| account.unique_id == unique_id)?;
            Some((project, account))
        })
    }

    pub(super) fn account_mut(&mut self, unique_id: &str) -> Option<&mut Account> {
        self.projects
            .values_mut()
            .find_map(|project| project.accounts.iter_mut().find(|account| account.unique_id == unique_id))
    }

    /// Finds a living account by its address.
    pub(super) fn living(&self, email: &str) -> Option<(&Project, &Account)> {
        self.projects.values().find_map(|project| {
            let account = project.accounts.iter().find(|account| account.email == email && !account.deleted)?;
            Some((project, account))
        })
    }

    /// Says whether the account of a unique id lives.
    pub(super) fn lives(&self, unique_id: &str) -> bool {
        self.account(unique_id).is_some_and(|(_, account)| !account.deleted)
    }

    /// Finds a workload identity pool that a cluster has, with the project whose pool it is.
    pub(super) fn pool(&self, pool: &str) -> Option<&Project> {
        let owner = pool.strip_suffix(".svc.id.goog").and_then(|id| self.projects.get(id));
        let has = |project: &&Project| project.clusters.iter().any(|cluster| cluster.pool() == Some(pool));
        let found = self.projects.values().find(has)?;
        Some(owner.unwrap_or(found))
    }

    /// Makes a project with what a new one has.
    pub(super) fn add_project(&mut self, id: &str, number: &str) {
        let agent = format!("serviceAccount:service-{number}@container-engine-robot.iam.gserviceaccount.com");
        let mut policy = Policy::default();
        policy.bindings.push(json!({ "role": "roles/container.serviceAgent", "members": [agent] }));
        policy.bindings.push(json!({ "role": "roles/owner", "members": ["user:founder@example.com"] }));
        policy.revision = self.next();
        self.users.insert("founder@example.com".to_owned());
        let project = Project {
            id: id.to_owned(),
            number: number.to_owned(),
            policy,
            accounts: Vec::new(),
            roles: BTreeMap::new(),
            services: SERVICES.map(str::to_owned).into(),
            operations: BTreeMap::new(),
            clusters: Vec::new(),
            weather: Weather::default(),
            hooks: Vec::new(),
            late: Late::never(),
            denied: BTreeSet::new(),
            only_members: Vec::new(),
            no_new_accounts: false,
            account_quota: 100,
            violations: Vec::new(),
            friends: BTreeSet::new(),
            reauth: None,
        };
        self.projects.insert(id.to_owned(), project);
    }
}

impl ClusterRecord {
    /// Returns its workload identity pool.
    pub(super) fn pool(&self) -> Option<&str> {
        self.fields["workloadIdentityConfig"]["workloadPool"].as_str().filter(|pool| !pool.is_empty())
    }
}
