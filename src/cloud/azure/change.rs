//! Everything that can be changed in Azure, as one closed set; no IO.

use std::collections::BTreeMap;

use super::found::FederatedCredential;
use super::names::ResourceId;

/// One change to one object of Azure. Each can be made twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AzureChange {
    /// Turn on the OIDC issuer and workload identity in a cluster; everything else of it stays.
    EnableWorkloadIdentity {
        /// The cluster's id.
        cluster: ResourceId,
    },
    /// Create a managed identity.
    CreateIdentity {
        /// Its id, as it will be.
        id: ResourceId,
        /// Where it is kept.
        location: String,
        /// Its tags.
        tags: BTreeMap<String, String>,
    },
    /// Let a managed identity trust an account of the cluster. Others write there too: nothing is overwritten that was
    /// not looked at.
    Trust(Box<NewTrust>),
    /// Give a managed identity a role.
    AssignRole {
        /// The managed identity's id; its principal is read when this is carried out.
        identity: ResourceId,
        /// The whole id of the role's definition.
        definition: String,
        /// The role's name, for people.
        role: String,
        /// On what.
        scope: String,
        /// Our mark, as its description: whom it is for.
        description: String,
    },
    /// Take a role away.
    UnassignRole {
        /// The whole id of the assignment.
        assignment: String,
    },
    /// Let a managed identity not trust an account any more, if the credential still reads as it did.
    Distrust {
        /// The managed identity's id.
        identity: ResourceId,
        /// The credential as it was looked at.
        seen: FederatedCredential,
    },
    /// Delete a managed identity, if it still is the one that was looked at and trusts nobody else by now.
    DeleteIdentity {
        /// Its id.
        id: ResourceId,
        /// Its principal then.
        principal_id: String,
        /// Its tags then: another owner by now means that it stays.
        tags: BTreeMap<String, String>,
    },
}

/// An account of the cluster that a managed identity is to trust.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewTrust {
    /// The managed identity's id.
    pub identity: ResourceId,
    /// The credential as it will be; an empty issuer: the cluster's, which is turned on by this plan.
    pub credential: FederatedCredential,
    /// The cluster's id, to read its issuer from when it was not known yet.
    pub cluster: ResourceId,
    /// The credential of this name as it was looked at; `None`: there was none.
    pub seen: Option<FederatedCredential>,
}
