//! What was found in Azure: facts only, no decisions.

use std::collections::BTreeMap;

use super::names::{ResourceId, RoleWish};
use crate::cloud::look::Look;

/// Everything that was found in Azure.
#[derive(Debug)]
pub struct FoundAzure {
    /// Whose credentials these are, in words.
    pub credentials: String,
    /// The tenant that they are of.
    pub tenant: String,
    /// The cluster.
    pub cluster: AksCluster,
    /// The jobs' managed identity.
    pub identity: Look<ManagedIdentity>,
    /// Everything that this identity trusts.
    pub federated: Look<Vec<FederatedCredential>>,
    /// The roles that are asked for, in their order.
    pub roles: Vec<FoundRole>,
}

/// What ARM says about a cluster (`Microsoft.ContainerService/managedClusters`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AksCluster {
    /// Its id.
    pub id: ResourceId,
    /// Its location, e.g. `westeurope`.
    pub location: String,
    /// `Succeeded`, `Updating`, `Failed`, …
    pub provisioning_state: String,
    /// `Running` or `Stopped`.
    pub power_state: String,
    /// The issuer of its service account tokens, byte for byte; `None`: it is off.
    pub issuer: Option<String>,
    /// Whether the webhook of workload identity is on.
    pub workload_identity: bool,
    /// The host of its API server, public and private.
    pub fqdns: Vec<String>,
    /// Whether its API server has no public address.
    pub is_private: bool,
    /// Whether only Entra's tokens get in.
    pub local_accounts_off: bool,
    /// Whether Entra's tokens get in at all.
    pub entra: bool,
    /// Kubernetes' version.
    pub version: Option<String>,
}

/// A user-assigned managed identity (`Microsoft.ManagedIdentity/userAssignedIdentities`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManagedIdentity {
    /// Its id.
    pub id: ResourceId,
    /// Its location.
    pub location: String,
    /// How the jobs name it.
    pub client_id: String,
    /// How role assignments name it.
    pub principal_id: String,
    /// Its tenant.
    pub tenant_id: String,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
}

/// A federated credential of a managed identity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FederatedCredential {
    /// Its name.
    pub name: String,
    /// Whose tokens it trusts, byte for byte.
    pub issuer: String,
    /// Which subject.
    pub subject: String,
    /// For which audience.
    pub audiences: Vec<String>,
}

/// A role that is asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct FoundRole {
    /// As it was asked for.
    pub wish: RoleWish,
    /// On what.
    pub scope: String,
    /// Its definition.
    pub definition: Look<RoleDefinition>,
    /// The ids of the role assignments that give it to the identity on exactly this scope.
    pub assigned: Look<Vec<String>>,
}

/// The definition of a role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleDefinition {
    /// Its whole id, as assignments name it.
    pub id: String,
    /// Its name.
    pub name: String,
}

/// What taking back has to know besides.
#[derive(Debug)]
pub struct StandingAzure {
    /// All role assignments of the managed identity that were seen: in the subscription, and on the scopes that are asked
    /// for.
    pub assignments: Vec<RoleAssignment>,
    /// Why there may be others.
    pub unseen: Option<String>,
}

/// A role that somebody has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleAssignment {
    /// Its whole id.
    pub id: String,
    /// The whole id of the role's definition.
    pub definition: String,
    /// On what.
    pub scope: String,
    /// Our mark in its description, or what else stands there.
    pub description: Option<String>,
}
