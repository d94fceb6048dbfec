//! Reading who one is, the cluster, its Pod Identity associations and its add-ons.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};

use aws_sdk_eks::types::{Certificate, Cluster};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tokio::sync::OnceCell;

use super::AwsError;
use super::client::Aws;
use super::found::{Addon, Association, Caller, EksCluster};
use super::names::Arn;
use super::send::Call;

/// What an answer lacks that the API always has.
pub(super) fn incomplete(call: &Call, what: &str) -> AwsError {
    AwsError::Unexpected {
        action: call.action(),
        status: None,
        code: String::new(),
        message: format!("the answer has no {what}"),
    }
}

/// An ARN out of an answer.
pub(super) fn arn(call: &Call, text: Option<&str>) -> Result<Arn, AwsError> {
    text.and_then(|text| text.parse().ok()).ok_or_else(|| incomplete(call, "ARN"))
}

pub(super) fn sorted<'a>(tags: impl IntoIterator<Item = (&'a String, &'a String)>) -> BTreeMap<String, String> {
    tags.into_iter().map(|(key, value)| (key.clone(), value.clone())).collect()
}

impl Aws {
    /// Whose credentials these are. Asked once.
    ///
    /// # Errors
    /// No or unusable credentials, or no answer. This needs no right.
    pub async fn caller(&self) -> Result<Caller, AwsError> {
        let ask = || async {
            let call = || Call::sts("GetCallerIdentity", "the caller");
            let answer = self.ask(call(), || self.sts.get_caller_identity().send()).await?;
            let arn = arn(&call(), answer.arn())?;
            let account = answer.account().ok_or_else(|| incomplete(&call(), "account"))?.to_owned();
            Ok(Caller { arn, account })
        };
        self.shared.caller.get_or_try_init(ask).await.cloned()
    }

    /// The cluster. Asked once per name.
    ///
    /// # Errors
    /// `ClusterMissing` with the clusters that are there, or what stands in the way.
    pub async fn cluster(&self, name: &str) -> Result<EksCluster, AwsError> {
        let cell: Arc<OnceCell<EksCluster>> = {
            let mut clusters = self.shared.clusters.lock().unwrap_or_else(PoisonError::into_inner);
            clusters.entry(name.to_owned()).or_default().clone()
        };
        cell.get_or_try_init(|| self.describe_cluster(name)).await.cloned()
    }

    async fn describe_cluster(&self, name: &str) -> Result<EksCluster, AwsError> {
        let call = || Call::eks("DescribeCluster", format!("cluster `{name}`"));
        let answer = match self.ask_for(call(), || self.eks.describe_cluster().name(name).send()).await? {
            Some(answer) => answer,
            None => return Err(self.cluster_missing(name).await),
        };
        found(answer.cluster().ok_or_else(|| incomplete(&call(), "cluster"))?, &call())
    }

    /// What else there is helps more than a "not found"; whatever may not be read is left out.
    async fn cluster_missing(&self, name: &str) -> AwsError {
        let (caller, there) = futures::join!(self.caller(), self.clusters());
        AwsError::ClusterMissing {
            name: name.to_owned(),
            region: self.region().to_string(),
            account: caller.ok().map(|caller| caller.account),
            there: there.ok(),
        }
    }

    /// The names of all clusters in the region, sorted.
    ///
    /// # Errors
    /// A missing right, or no answer.
    pub async fn clusters(&self) -> Result<Vec<String>, AwsError> {
        let call = Call::eks("ListClusters", format!("region {}", self.region()));
        let send =
            || async { self.eks.list_clusters().into_paginator().items().send().collect::<Result<Vec<_>, _>>().await };
        let mut clusters = self.ask(call, send).await?;
        clusters.sort_unstable();
        Ok(clusters)
    }

    /// The Pod Identity association of a service account. There is at most one.
    ///
    /// # Errors
    /// A missing right, no such cluster, or no answer.
    pub async fn association(
        &self,
        cluster: &str,
        namespace: &str,
        service_account: &str,
    ) -> Result<Option<Association>, AwsError> {
        let call = Call::eks("ListPodIdentityAssociations", format!("cluster `{cluster}`"));
        let listed = self
            .ask(call, || async {
                let request = self.eks.list_pod_identity_associations().cluster_name(cluster);
                let pages = request.namespace(namespace).service_account(service_account).into_paginator();
                pages.items().send().collect::<Result<Vec<_>, _>>().await
            })
            .await?;
        let is_it = |it: &&aws_sdk_eks::types::PodIdentityAssociationSummary| {
            it.namespace() == Some(namespace) && it.service_account() == Some(service_account)
        };
        let Some(id) = listed.iter().find(is_it).and_then(|summary| summary.association_id()) else {
            return Ok(None);
        };
        let call = || Call::eks("DescribePodIdentityAssociation", format!("association `{id}` of `{cluster}`"));
        let send = || self.eks.describe_pod_identity_association().cluster_name(cluster).association_id(id).send();
        // It may have gone since it was listed.
        let Some(answer) = self.ask_for(call(), send).await? else { return Ok(None) };
        let association = answer.association().ok_or_else(|| incomplete(&call(), "association"))?;
        Ok(Some(Association {
            id: id.to_owned(),
            role_arn: association.role_arn().ok_or_else(|| incomplete(&call(), "role"))?.to_owned(),
            target_role_arn: association.target_role_arn().map(str::to_owned),
            without_session_tags: association.disable_session_tags().unwrap_or_default(),
            tags: sorted(association.tags().into_iter().flatten()),
        }))
    }

    /// An add-on of a cluster.
    ///
    /// # Errors
    /// A missing right, or no answer.
    pub async fn addon(&self, cluster: &str, name: &str) -> Result<Option<Addon>, AwsError> {
        let call = || Call::eks("DescribeAddon", format!("add-on `{name}` of `{cluster}`"));
        let send = || self.eks.describe_addon().cluster_name(cluster).addon_name(name).send();
        let Some(answer) = self.ask_for(call(), send).await? else { return Ok(None) };
        let addon = answer.addon().ok_or_else(|| incomplete(&call(), "add-on"))?;
        Ok(Some(Addon {
            status: addon.status().map(|status| status.as_str().to_owned()).unwrap_or_default(),
            version: addon.addon_version().map(str::to_owned),
            tags: sorted(addon.tags().into_iter().flatten()),
        }))
    }
}

fn found(cluster: &Cluster, call: &Call) -> Result<EksCluster, AwsError> {
    let text = |text: Option<&str>| text.filter(|text| !text.is_empty()).map(str::to_owned);
    let issuer = cluster.identity().and_then(|identity| identity.oidc()).and_then(|oidc| oidc.issuer());
    let mode = cluster.access_config().and_then(|access| access.authentication_mode());
    Ok(EksCluster {
        arn: arn(call, cluster.arn())?,
        name: cluster.name().ok_or_else(|| incomplete(call, "name"))?.to_owned(),
        status: cluster.status().map(|status| status.as_str().to_owned()).unwrap_or_default(),
        endpoint: text(cluster.endpoint()),
        certificate_authority: authority(cluster.certificate_authority(), call)?,
        issuer: text(issuer),
        auto_mode: cluster.compute_config().and_then(|compute| compute.enabled()).unwrap_or_default(),
        authentication_mode: mode.map(|mode| mode.as_str().to_owned()),
        version: text(cluster.version()),
        platform_version: text(cluster.platform_version()),
    })
}

fn authority(certificate: Option<&Certificate>, call: &Call) -> Result<Option<Vec<u8>>, AwsError> {
    let Some(data) = certificate.and_then(|it| it.data()).filter(|data| !data.is_empty()) else { return Ok(None) };
    STANDARD.decode(data.trim()).map(Some).map_err(|_| incomplete(call, "certificate authority in Base64"))
}
