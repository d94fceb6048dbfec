//! Reading clusters, and how one gets in.

use std::fmt;
use std::sync::{Arc, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::Method;
use serde_json::Value;
use zeroize::Zeroizing;

use super::AzureError;
use super::client::Azure;
use super::endpoints::Api;
use super::found::AksCluster;
use super::names::{ResourceId, SubscriptionId};
use super::permissions::{READ_CLUSTER, USER_CREDENTIAL};
use super::send::Call;
use super::token::CLUSTER_APP;

/// How a cluster is spoken of.
pub(super) fn cluster_words(id: &ResourceId) -> String {
    format!("cluster `{}` in resource group `{}`", id.name(), id.resource_group())
}

/// How a user of a cluster gets in, as AKS says (`listClusterUserCredential`). Cannot be printed or serialised.
#[derive(Clone)]
pub struct UserCredential {
    /// The API server's URL.
    pub server: String,
    /// The authorities of its certificate, in PEM; `None`: those of the system.
    pub authorities: Option<Vec<u8>>,
    /// How one logs in.
    pub login: UserLogin,
}

/// How one logs in to an API server.
#[derive(Clone)]
pub enum UserLogin {
    /// With a local account's certificate.
    Certificate {
        /// The certificate, in PEM.
        certificate: Vec<u8>,
        /// Its key, in PEM.
        key: Zeroizing<Vec<u8>>,
    },
    /// With a local account's token.
    Token(Zeroizing<String>),
    /// With a token of Entra's: [`Azure::cluster_token`].
    Entra {
        /// The tenant in which the cluster wants it.
        tenant: Option<String>,
    },
}

impl fmt::Debug for UserCredential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UserCredential({}, {:?})", self.server, self.login)
    }
}

impl fmt::Debug for UserLogin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Certificate { .. } => f.write_str("Certificate([redacted])"),
            Self::Token(_) => f.write_str("Token([redacted])"),
            Self::Entra { tenant } => write!(f, "Entra({tenant:?})"),
        }
    }
}

impl Azure {
    /// A cluster, asked for once per run. Without a resource group all clusters of the subscription are looked through.
    ///
    /// # Errors
    /// It is not there, with those that are; several of this name; and whatever ARM says.
    pub async fn cluster(
        &self,
        subscription: &SubscriptionId,
        resource_group: Option<&str>,
        name: &str,
    ) -> Result<AksCluster, AzureError> {
        let key = format!("{subscription}/{}/{name}", resource_group.unwrap_or_default()).to_lowercase();
        let cell = {
            let mut clusters = self.shared.clusters.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(clusters.entry(key).or_default())
        };
        let found = cell.get_or_try_init(|| async {
            match resource_group {
                Some(group) => self.cluster_in(subscription, group, name).await,
                None => self.cluster_anywhere(subscription, name).await,
            }
        });
        found.await.cloned()
    }

    async fn cluster_in(
        &self,
        subscription: &SubscriptionId,
        group: &str,
        name: &str,
    ) -> Result<AksCluster, AzureError> {
        let id = ResourceId::of_cluster(subscription, group, name);
        match self.cluster_now(&id).await {
            // The group is perhaps wrong, and the cluster somewhere else.
            Ok(None) | Err(AzureError::PlaceMissing { .. }) => {
                let there = self.clusters(subscription).await.ok();
                let ids = there.map(|there| there.into_iter().map(|cluster| cluster.id).collect());
                Err(self.no_cluster(subscription, Some(group), name, ids))
            }
            Ok(Some(cluster)) => Ok(cluster),
            Err(error) => Err(error),
        }
    }

    async fn cluster_anywhere(&self, subscription: &SubscriptionId, name: &str) -> Result<AksCluster, AzureError> {
        let there = self.clusters(subscription).await?;
        let (mut same, others): (Vec<_>, Vec<_>) =
            there.into_iter().partition(|cluster| cluster.id.name().eq_ignore_ascii_case(name));
        match (same.len(), same.pop()) {
            (1, Some(cluster)) => Ok(cluster),
            (_, None) => {
                let ids = others.into_iter().map(|cluster| cluster.id).collect();
                Err(self.no_cluster(subscription, None, name, Some(ids)))
            }
            (_, Some(last)) => {
                let there = same.into_iter().chain([last]).map(|cluster| cluster.id).collect();
                let (subscription, name) = (subscription.to_string(), name.to_owned());
                Err(AzureError::ClusterAmbiguous { subscription, name, there })
            }
        }
    }

    fn no_cluster(
        &self,
        subscription: &SubscriptionId,
        group: Option<&str>,
        name: &str,
        there: Option<Vec<ResourceId>>,
    ) -> AzureError {
        let group = group.map(str::to_owned);
        AzureError::ClusterMissing { subscription: subscription.to_string(), group, name: name.to_owned(), there }
    }

    /// A cluster as it is right now; `None`: it is not there.
    ///
    /// # Errors
    /// A resource group that is not there, and whatever ARM says.
    pub async fn cluster_now(&self, id: &ResourceId) -> Result<Option<AksCluster>, AzureError> {
        match self.cluster_document(id).await? {
            Some(document) => self.read_cluster(id, &document).map(Some),
            None => Ok(None),
        }
    }

    /// The same, with everything that ARM says about it.
    pub(super) async fn cluster_document(&self, id: &ResourceId) -> Result<Option<Value>, AzureError> {
        match self.ask(&get_cluster(id)).await {
            Ok(document) => Ok(Some(document)),
            Err(AzureError::Missing { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    pub(super) fn read_cluster(&self, id: &ResourceId, document: &Value) -> Result<AksCluster, AzureError> {
        found(document).ok_or_else(|| self.strange(&get_cluster(id), "an answer"))
    }

    /// All clusters of a subscription that these credentials see.
    ///
    /// # Errors
    /// Whatever ARM says.
    pub async fn clusters(&self, subscription: &SubscriptionId) -> Result<Vec<AksCluster>, AzureError> {
        let path = format!("/subscriptions/{subscription}/providers/Microsoft.ContainerService/managedClusters");
        let call = Call::get(Api::Clusters, path, READ_CLUSTER, format!("subscription {subscription}"));
        Ok(self.list_items(call).await?.iter().filter_map(found).collect())
    }

    /// The cluster whose API server has this host, public or private; `None`: there is none in the subscription.
    ///
    /// # Errors
    /// Whatever ARM says.
    pub async fn cluster_of_server(
        &self,
        subscription: &SubscriptionId,
        fqdn: &str,
    ) -> Result<Option<AksCluster>, AzureError> {
        let is_it = |cluster: &AksCluster| cluster.fqdns.iter().any(|it| it.eq_ignore_ascii_case(fqdn));
        Ok(self.clusters(subscription).await?.into_iter().find(is_it))
    }

    /// How one gets in to a cluster's API server, without az and kubelogin.
    ///
    /// # Errors
    /// Whatever ARM says, or an answer that is no kubeconfig.
    pub async fn user_credential(&self, cluster: &AksCluster) -> Result<UserCredential, AzureError> {
        let path = format!("{}/listClusterUserCredential", cluster.id.as_str());
        let call = Call::get(Api::Clusters, path, USER_CREDENTIAL, cluster_words(&cluster.id));
        let call = Call { method: Method::POST, ..call }.with("format", "exec");
        let answer = self.ask(&call).await?;
        let kubeconfig = answer["kubeconfigs"][0]["value"].as_str().and_then(|text| STANDARD.decode(text.trim()).ok());
        let kubeconfig = Zeroizing::new(kubeconfig.unwrap_or_default());
        user_credential(&kubeconfig).ok_or_else(|| self.strange(&call, "an answer without a usable kubeconfig"))
    }
}

fn get_cluster(id: &ResourceId) -> Call {
    Call::get(Api::Clusters, id.as_str(), READ_CLUSTER, cluster_words(id))
}

fn text(value: &Value) -> Option<String> {
    value.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}

/// Reads a cluster; `None`: it is none.
fn found(document: &Value) -> Option<AksCluster> {
    let properties = &document["properties"];
    let issuer = &properties["oidcIssuerProfile"];
    let reach = &properties["apiServerAccessProfile"];
    let entra = &properties["aadProfile"];
    let fqdns = ["fqdn", "privateFQDN", "azurePortalFQDN"].map(|key| text(&properties[key]));
    Some(AksCluster {
        id: document["id"].as_str()?.parse().ok()?,
        location: text(&document["location"])?,
        provisioning_state: text(&properties["provisioningState"]).unwrap_or_default(),
        power_state: text(&properties["powerState"]["code"]).unwrap_or_else(|| "Running".to_owned()),
        // The key is `issuerURL` here, and `issuerUrl` in what az prints.
        issuer: text(&issuer["issuerURL"]).filter(|_| issuer["enabled"] == true),
        workload_identity: properties["securityProfile"]["workloadIdentity"]["enabled"] == true,
        fqdns: fqdns.into_iter().flatten().collect(),
        is_private: reach["enablePrivateCluster"] == true && reach["enablePrivateClusterPublicFQDN"] != true,
        local_accounts_off: properties["disableLocalAccounts"] == true,
        entra: entra.is_object(),
        version: text(&properties["currentKubernetesVersion"]).or_else(|| text(&properties["kubernetesVersion"])),
    })
}

/// Reads a kubeconfig with one cluster and one user.
fn user_credential(kubeconfig: &[u8]) -> Option<UserCredential> {
    let document: Value = serde_yaml::from_slice(kubeconfig).ok()?;
    let decoded = |value: &Value| value.as_str().and_then(|text| STANDARD.decode(text.trim()).ok());
    let cluster = &document["clusters"][0]["cluster"];
    let user = &document["users"][0]["user"];
    let login = match (decoded(&user["client-certificate-data"]), decoded(&user["client-key-data"])) {
        // A cluster without Entra has both; the certificate is the same person.
        (Some(certificate), Some(key)) => UserLogin::Certificate { certificate, key: Zeroizing::new(key) },
        _ => match text(&user["token"]) {
            Some(token) => UserLogin::Token(Zeroizing::new(token)),
            None if user["exec"].is_object() => UserLogin::Entra { tenant: tenant(&user["exec"])? },
            // Older clusters name the plugin that kubectl once had for this.
            None if user["auth-provider"]["name"] == "azure" => {
                UserLogin::Entra { tenant: text(&user["auth-provider"]["config"]["tenant-id"]) }
            }
            None => return None,
        },
    };
    // Authorities that can't be read are not none: without any, everybody's would do.
    let authorities = match &cluster["certificate-authority-data"] {
        Value::Null => None,
        given => Some(decoded(given)?),
    };
    Some(UserCredential { server: text(&cluster["server"])?, authorities, login })
}

/// The tenant in which kubelogin would log in; `None`: this is no login that Entra's token for AKS serves.
fn tenant(exec: &Value) -> Option<Option<String>> {
    let args: Vec<&str> = exec["args"].as_array()?.iter().filter_map(Value::as_str).collect();
    let after = |flag: &str| args.windows(2).find(|pair| pair[0] == flag).map(|pair| pair[1].to_owned());
    let server = after("--server-id")?;
    server.eq_ignore_ascii_case(CLUSTER_APP).then(|| after("--tenant-id").or_else(|| after("-t")))
}

#[cfg(test)]
mod tests;
