//! Settles the jobs' identity in Azure; refuses settings of AKS for a cluster that is none.

use super::cloud::{self, is_said_here};
use super::problems::Settling;
use super::registry::{
    ARM_ENDPOINT, ASSIGN_ROLE, AZURE_CLOUD, AZURE_IDENTITY, AZURERM_ENV, CLUSTER_NAME, CONTEXT,
    ENABLE_WORKLOAD_IDENTITY, FEDERATED_AUDIENCE, FEDERATED_CREDENTIAL, JOB_SERVICE_ACCOUNT_ANNOTATION,
    MANAGED_IDENTITY, RESOURCE_GROUP, SUBSCRIPTION,
};
use super::setting::Setting;
use super::text_checks::base_url;
use super::told::Said;
use crate::cloud::azure::names::{
    self, CREDENTIAL_NAME, ResourceId, RoleWish, SubscriptionId, credential_name, identity_name, identity_name_for,
};
use crate::cloud::azure::settings::{AzureSettings, CredentialChoice, IdentityChoice};
use crate::plan::CLIENT_ID_ANNOTATION;
use crate::settings::{AzureCloud, AzureIdentity, Provider};

/// Everything that only AKS has.
const OF_AKS: [&Setting; 11] = [
    &SUBSCRIPTION,
    &RESOURCE_GROUP,
    &AZURE_IDENTITY,
    &MANAGED_IDENTITY,
    &FEDERATED_CREDENTIAL,
    &FEDERATED_AUDIENCE,
    &ASSIGN_ROLE,
    &AZURERM_ENV,
    &ENABLE_WORKLOAD_IDENTITY,
    &AZURE_CLOUD,
    &ARM_ENDPOINT,
];
/// What means something for a managed identity only.
const OF_IDENTITY: [&Setting; 6] = [
    &MANAGED_IDENTITY,
    &FEDERATED_CREDENTIAL,
    &FEDERATED_AUDIENCE,
    &ASSIGN_ROLE,
    &AZURERM_ENV,
    &ENABLE_WORKLOAD_IDENTITY,
];
/// What AKS' webhook asks tokens for, in every cloud as far as is known.
const AUDIENCE: &str = "api://AzureADTokenExchange";

/// `Some(None)`: the cluster is not on AKS, or nothing there is looked at. `None`: something is wrong, and remembered.
pub(super) fn settle(settling: &mut Settling<'_>, provider: Provider) -> Option<Option<AzureSettings>> {
    if provider != Provider::Aks {
        cloud::refuse_all(settling, provider, Provider::Aks, &OF_AKS);
        return Some(None);
    }
    let identity = cloud::identity(settling, &AZURE_IDENTITY, AzureIdentity::ManagedIdentity);
    check_identity(settling, identity);
    // Without an identity to set up, a context is enough.
    let is_named = [&SUBSCRIPTION, &CLUSTER_NAME].iter().all(|setting| settling.told(setting).is_some());
    if identity == AzureIdentity::None && !is_named && settling.told(&CONTEXT).is_some() {
        return Some(None);
    }
    let subscription = subscription(settling);
    let cluster = cluster(settling);
    let resource_group = told(settling, &RESOURCE_GROUP, names::resource_group);
    let cloud = told(settling, &AZURE_CLOUD, str::parse);
    let arm_endpoint =
        told(settling, &ARM_ENDPOINT, |text| base_url(text).map(|_| text.trim_end_matches('/').to_owned()));
    let roles = roles(settling);
    let credential = credential(settling);
    let audience = told(settling, &FEDERATED_AUDIENCE, audience);
    let (subscription, cluster, credential) = (subscription?, cluster?, credential?);
    let managed_identity = managed_identity(settling, &cluster)?;
    Some(Some(AzureSettings {
        cluster,
        resource_group: resource_group?,
        subscription,
        cloud: cloud?.unwrap_or(AzureCloud::Public),
        arm_endpoint: arm_endpoint?,
        identity,
        managed_identity,
        credential,
        audience: audience?.unwrap_or_else(|| AUDIENCE.to_owned()),
        roles,
        azurerm_env: settling.switch(&AZURERM_ENV),
        enable_workload_identity: settling.switch(&ENABLE_WORKLOAD_IDENTITY),
    }))
}

/// What was told, if anything was; `None`: it is not valid, and that is remembered.
fn told<T, E: std::fmt::Display>(
    settling: &mut Settling<'_>,
    setting: &Setting,
    parse: impl Fn(&str) -> Result<T, E>,
) -> Option<Option<T>> {
    if settling.told(setting).is_none() {
        return Some(None);
    }
    settling.parse(setting, parse).map(Some)
}

fn subscription(settling: &mut Settling<'_>) -> Option<SubscriptionId> {
    if settling.told(&SUBSCRIPTION).is_some() {
        return settling.parse(&SUBSCRIPTION, str::parse);
    }
    settling.miss(&SUBSCRIPTION, "the cluster's subscription");
    None
}

fn cluster(settling: &mut Settling<'_>) -> Option<String> {
    if settling.told(&CLUSTER_NAME).is_some() {
        return settling.parse(&CLUSTER_NAME, names::cluster_name);
    }
    settling.miss(&CLUSTER_NAME, "the cluster's name in AKS, which the context does not tell");
    None
}

fn roles(settling: &mut Settling<'_>) -> Vec<RoleWish> {
    let mut roles: Vec<RoleWish> = Vec::new();
    for role in settling.parse_all(&ASSIGN_ROLE, str::parse::<RoleWish>) {
        if !roles.contains(&role) {
            roles.push(role);
        }
    }
    roles
}

fn credential(settling: &mut Settling<'_>) -> Option<CredentialChoice> {
    let told = settling.told(&FEDERATED_CREDENTIAL).is_some();
    let name = if told { settling.parse(&FEDERATED_CREDENTIAL, credential_name)? } else { CREDENTIAL_NAME.to_owned() };
    Some(CredentialChoice { name, told })
}

fn audience(text: &str) -> Result<String, String> {
    if text.chars().any(char::is_whitespace) || text.chars().count() > 600 {
        return Err(format!("`{text}` is no audience: it has no spaces, and at most 600 characters"));
    }
    Ok(text.to_owned())
}

/// The identity that was named, else the guide's name for the cluster.
fn managed_identity(settling: &mut Settling<'_>, cluster: &str) -> Option<IdentityChoice> {
    if settling.told(&MANAGED_IDENTITY).is_none() {
        let name = identity_name_for(cluster);
        settling.show(&MANAGED_IDENTITY, &name, "made of the cluster's name");
        return Some(IdentityChoice::Ours { name, told: false });
    }
    settling.parse(&MANAGED_IDENTITY, |text| {
        if !text.contains('/') {
            return identity_name(text).map(|name| IdentityChoice::Ours { name, told: true });
        }
        text.parse::<ResourceId>().map(IdentityChoice::Own)
    })
}

/// Settings that mean nothing for the identity in use.
fn check_identity(settling: &mut Settling<'_>, identity: AzureIdentity) {
    if identity == AzureIdentity::None {
        for setting in OF_IDENTITY {
            if is_said_here(settling, setting) {
                settling.refuse::<()>(setting, "means nothing with `--identity none`");
            }
        }
        return;
    }
    let annotations = settling.told(&JOB_SERVICE_ACCOUNT_ANNOTATION).map(|told| &told.value);
    if let Some(Said::List(list)) = annotations
        && list.iter().any(|pair| pair.split('=').next() == Some(CLIENT_ID_ANNOTATION))
    {
        let problem =
            format!("`{CLIENT_ID_ANNOTATION}` is set by the tool; use `--managed-identity`, or `--identity none`");
        settling.refuse::<()>(&JOB_SERVICE_ACCOUNT_ANNOTATION, problem);
    }
}
