//! What all tenants and subscriptions hold.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::late::{Late, Seen};
use super::place::covers;
use super::principal::Principal;
use super::request::AzureRequest;
use super::weather::{Hook, Weather};
use crate::jwt::SigningKey;

/// The namespaces that a new subscription is registered for.
const NAMESPACES: [&str; 4] =
    ["microsoft.authorization", "microsoft.containerservice", "microsoft.managedidentity", "microsoft.resources"];

/// Everything of all tenants.
pub(super) struct State {
    /// By their ids, which are in lower case.
    pub(super) subscriptions: BTreeMap<String, Subscription>,
    /// By their object ids.
    pub(super) principals: BTreeMap<String, Principal>,
    /// The keys of issuers, as JWKS.
    pub(super) issuers: HashMap<String, Value>,
    /// The issuers whose documents Entra cannot read, with the code that it says.
    pub(super) silent: HashMap<String, u32>,
    /// What signs access tokens.
    pub(super) key: SigningKey,
    pub(super) log: Vec<AzureRequest>,
    /// Violations in requests that belong to no subscription.
    pub(super) strays: Vec<String>,
    count: u64,
}

/// One subscription.
pub(super) struct Subscription {
    pub(super) id: String,
    pub(super) tenant: String,
    /// By their names in lower case.
    pub(super) groups: BTreeMap<String, Group>,
    pub(super) clusters: Vec<ClusterRecord>,
    pub(super) identities: Vec<ManagedIdentity>,
    /// Other resources, of which only the ids are known.
    pub(super) others: BTreeSet<String>,
    pub(super) roles: Vec<Value>,
    pub(super) assignments: Vec<Assignment>,
    /// In lower case.
    pub(super) namespaces: BTreeSet<String>,
    /// Scopes with the level of their lock.
    pub(super) locks: Vec<(String, String)>,
    /// Actions that nobody has here, whatever their roles say.
    pub(super) denied: BTreeSet<String>,
    pub(super) weather: Weather,
    pub(super) hooks: Vec<Hook>,
    pub(super) late: Vec<Late>,
    pub(super) violations: Vec<String>,
    /// The identities whose federated credentials are being written now.
    pub(super) writing: BTreeSet<String>,
    pub(super) writing_takes: Duration,
    /// The least time between two writes of an identity.
    pub(super) identity_pace: Duration,
    /// Regions in which identities have no federated credentials.
    pub(super) no_federation: BTreeSet<String>,
    pub(super) is_disabled: bool,
    pub(super) page_size: usize,
}

/// A resource group.
pub(super) struct Group {
    pub(super) name: String,
    pub(super) location: String,
    pub(super) tags: Value,
}

/// A managed cluster as ARM tells of it, with what ARM does not tell.
pub(super) struct ClusterRecord {
    pub(super) group: String,
    pub(super) name: String,
    /// The whole resource.
    pub(super) fields: Value,
    /// The issuer that it has, or would have when the issuer is switched on.
    pub(super) issuer: String,
    /// The kubeconfig's server and authority; `None` when nothing runs there.
    pub(super) plane: Option<Plane>,
    /// What `GET` still shows after a change until it is done.
    pub(super) updating: usize,
    pub(super) revision: u64,
}

/// The control plane behind a cluster.
#[derive(Clone)]
pub(super) struct Plane {
    pub(super) server: String,
    pub(super) authority: String,
    /// A client certificate of an administrator, with its key.
    pub(super) certificate: String,
    pub(super) key: String,
}

/// A user-assigned identity.
pub(super) struct ManagedIdentity {
    pub(super) group: String,
    pub(super) name: String,
    pub(super) location: String,
    pub(super) tags: Value,
    pub(super) principal: String,
    pub(super) client: String,
    pub(super) written: Instant,
}

/// A federated credential, of a managed identity or of an application.
pub(super) struct Federation {
    pub(super) name: String,
    pub(super) issuer: String,
    pub(super) subject: String,
    pub(super) audiences: Vec<String>,
    pub(super) seen: Seen,
}

/// A role assignment.
pub(super) struct Assignment {
    pub(super) name: String,
    pub(super) scope: String,
    /// The resource's `properties`.
    pub(super) properties: Value,
    pub(super) seen: Seen,
}

impl Assignment {
    pub(super) fn text(&self, name: &str) -> &str {
        self.properties[name].as_str().unwrap_or_default()
    }

    /// Returns the id of its role: the last part of the definition's id.
    pub(super) fn role(&self) -> String {
        last(self.text("roleDefinitionId")).to_lowercase()
    }
}

/// Returns the last segment of an id.
pub(super) fn last(id: &str) -> &str {
    id.rsplit('/').next().unwrap_or_default()
}

impl State {
    pub(super) fn new() -> Self {
        Self {
            subscriptions: BTreeMap::new(),
            principals: BTreeMap::new(),
            issuers: HashMap::new(),
            silent: HashMap::new(),
            key: SigningKey::new("world-entra"),
            log: Vec::new(),
            strays: Vec::new(),
            count: 0,
        }
    }

    /// Returns a number that was never given before.
    pub(super) fn next(&mut self) -> u64 {
        self.count += 1;
        self.count
    }

    pub(super) fn subscription(&self, id: &str) -> &Subscription {
        self.subscriptions.get(&id.to_lowercase()).expect("the subscription is known")
    }

    pub(super) fn subscription_mut(&mut self, id: &str) -> &mut Subscription {
        self.subscriptions.get_mut(&id.to_lowercase()).expect("the subscription is known")
    }

    /// Says whether a tenant is there.
    pub(super) fn has_tenant(&self, tenant: &str) -> bool {
        self.subscriptions.values().any(|it| it.tenant == tenant)
    }

    /// Returns the subscription of a tenant that was made first.
    pub(super) fn home_of_tenant(&self, tenant: &str) -> Option<String> {
        self.subscriptions.values().find(|it| it.tenant == tenant).map(|it| it.id.clone())
    }

    pub(super) fn add_subscription(&mut self, id: &str, tenant: &str) {
        let subscription = Subscription {
            id: id.to_owned(),
            tenant: tenant.to_owned(),
            groups: BTreeMap::new(),
            clusters: Vec::new(),
            identities: Vec::new(),
            others: BTreeSet::new(),
            roles: Vec::new(),
            assignments: Vec::new(),
            namespaces: NAMESPACES.map(str::to_owned).into(),
            locks: Vec::new(),
            denied: BTreeSet::new(),
            weather: Weather::default(),
            hooks: Vec::new(),
            late: Vec::new(),
            violations: Vec::new(),
            writing: BTreeSet::new(),
            writing_takes: Duration::from_millis(20),
            identity_pace: Duration::ZERO,
            no_federation: ["malaysiasouth", "newzealandnorth"].map(str::to_owned).into(),
            is_disabled: false,
            page_size: 50,
        };
        self.subscriptions.insert(id.to_owned(), subscription);
    }
}

impl Subscription {
    pub(super) fn scope(&self) -> String {
        format!("/subscriptions/{}", self.id)
    }

    /// Returns an id as ARM's providers give them back: with a lower-case `resourcegroups`.
    pub(super) fn resource_id(&self, group: &str, kind: &str, name: &str) -> String {
        format!("/subscriptions/{}/resourcegroups/{group}/providers/{kind}/{name}", self.id)
    }

    pub(super) fn cluster(&self, group: &str, name: &str) -> Option<&ClusterRecord> {
        self.clusters.iter().find(|it| it.group.eq_ignore_ascii_case(group) && it.name.eq_ignore_ascii_case(name))
    }

    pub(super) fn cluster_mut(&mut self, group: &str, name: &str) -> Option<&mut ClusterRecord> {
        self.clusters.iter_mut().find(|it| it.group.eq_ignore_ascii_case(group) && it.name.eq_ignore_ascii_case(name))
    }

    pub(super) fn identity(&self, group: &str, name: &str) -> Option<&ManagedIdentity> {
        self.identities.iter().find(|it| it.group.eq_ignore_ascii_case(group) && it.name.eq_ignore_ascii_case(name))
    }

    pub(super) fn identity_mut(&mut self, group: &str, name: &str) -> Option<&mut ManagedIdentity> {
        self.identities.iter_mut().find(|it| it.group.eq_ignore_ascii_case(group) && it.name.eq_ignore_ascii_case(name))
    }

    /// Returns the lock that forbids to write (`ReadOnly`) or to delete (both levels) something in a scope.
    pub(super) fn lock_of(&self, scope: &str, deletes: bool) -> Option<&str> {
        let holds = |(held, level): &&(String, String)| covers(held, scope) && (deletes || level == "ReadOnly");
        self.locks.iter().find(holds).map(|(held, _)| held.as_str())
    }
}
