//! Everything that is said about the jobs' identity in Azure, complete and valid.

use super::names::{ResourceId, RoleWish, SubscriptionId, identity_name_for};
use crate::settings::{AzureCloud, AzureIdentity};

/// The cluster in AKS and the jobs' identity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AzureSettings {
    /// The cluster's name.
    pub cluster: String,
    /// Its resource group; `None`: ARM is asked.
    pub resource_group: Option<String>,
    /// Its subscription.
    pub subscription: SubscriptionId,
    /// Which cloud of Microsoft's it is in.
    pub cloud: AzureCloud,
    /// Another endpoint of ARM than the cloud's.
    pub arm_endpoint: Option<String>,
    /// How jobs get their identity.
    pub identity: AzureIdentity,
    /// Which managed identity they get.
    pub managed_identity: IdentityChoice,
    /// The name of the federated credential that trusts the jobs' account.
    pub credential: CredentialChoice,
    /// The audience that it asks for.
    pub audience: String,
    /// The roles that the identity gets.
    pub roles: Vec<RoleWish>,
    /// Whether the jobs get the variables with which the azurerm provider uses their identity.
    pub azurerm_env: bool,
    /// Whether the issuer and workload identity may be turned on in the cluster.
    pub enable_workload_identity: bool,
}

/// Which managed identity jobs get.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IdentityChoice {
    /// One in the cluster's resource group, created when it is missing.
    Ours {
        /// Its name.
        name: String,
        /// Whether a person said it.
        told: bool,
    },
    /// One that a person brings, by its id: it has to be there.
    Own(ResourceId),
}

/// What the federated credential is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CredentialChoice {
    /// Its name.
    pub name: String,
    /// Whether a person said it; if not, it is made distinct when that name trusts something else.
    pub told: bool,
}

impl AzureSettings {
    /// The cluster is another one than its context's name says.
    pub fn is_called(&mut self, cluster: &str, resource_group: &str) {
        cluster.clone_into(&mut self.cluster);
        self.resource_group = Some(resource_group.to_owned());
        if let IdentityChoice::Ours { name, told: false } = &mut self.managed_identity {
            *name = identity_name_for(cluster);
        }
    }

    /// The id of the jobs' managed identity; `None` while the resource group is not known.
    pub fn identity_id(&self) -> Option<ResourceId> {
        match &self.managed_identity {
            IdentityChoice::Own(id) => Some(id.clone()),
            IdentityChoice::Ours { name, .. } => {
                Some(ResourceId::of_identity(&self.subscription, self.resource_group.as_deref()?, name))
            }
        }
    }
}
