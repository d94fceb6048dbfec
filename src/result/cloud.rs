//! The part of the result document that says which cluster of a cloud it is.

use serde::Serialize;

use super::ResultDocument;
use crate::found::Found;
use crate::plan::{grantee, role_arn};
use crate::settings::{AwsIdentity, AzureIdentity, GcpIdentity, Settings};

/// The cluster as AWS knows it, and whose credentials were used.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
pub struct AwsSummary {
    /// The account's 12 digits.
    pub account: String,
    /// The region.
    pub region: String,
    /// The cluster's ARN.
    pub cluster: String,
    /// The ARN of the principal whose credentials were used.
    pub caller: String,
    /// The ARN of the role that the jobs get, or will get; absent when they get none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
}

/// The cluster as Google Cloud knows it, and whose credentials were used.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct GcpSummary {
    /// The project's id.
    pub project: String,
    /// The region or zone.
    pub location: String,
    /// `projects/P/locations/L/clusters/C`.
    pub cluster: String,
    /// The workload pool; absent while Workload Identity is off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workload_pool: Option<String>,
    /// Which credentials were used, in words.
    pub credentials: String,
    /// Who the jobs are, or will be: the address of their Google service account, or their `principal://`; absent when
    /// they get no identity.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity: Option<String>,
}

/// The cluster as Azure knows it, and whose credentials were used.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AzureSummary {
    /// The subscription's id.
    pub subscription: String,
    /// The resource group.
    pub resource_group: String,
    /// The cluster's resource id.
    pub cluster: String,
    /// The issuer of its tokens; absent while it is off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// The tenant.
    pub tenant: String,
    /// Which credentials were used, in words.
    pub credentials: String,
    /// The resource id of the managed identity that the jobs get, or will get; absent when they get none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity: Option<String>,
    /// Its client id; absent while there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
}

impl ResultDocument {
    /// Says which cluster of AWS it is.
    pub(super) fn found_aws(&mut self, settings: &Settings, found: &Found) {
        self.aws = settings.aws.as_ref().zip(found.aws.as_ref()).map(|(aws, seen)| AwsSummary {
            account: seen.caller.account.clone(),
            region: seen.cluster.arn.region().to_owned(),
            cluster: seen.cluster.arn.to_string(),
            caller: seen.caller.arn.to_string(),
            role: (aws.identity != AwsIdentity::None).then(|| role_arn(aws, seen)),
        });
    }

    /// Says which cluster of Google Cloud it is.
    pub(super) fn found_gcp(&mut self, settings: &Settings, found: &Found) {
        self.gcp = settings.gcp.as_ref().zip(found.gcp.as_ref()).map(|(gcp, seen)| GcpSummary {
            project: seen.cluster.project.clone(),
            location: seen.cluster.location.clone(),
            cluster: seen.cluster.path(),
            workload_pool: seen.cluster.workload_pool.clone(),
            credentials: seen.credentials.clone(),
            identity: match gcp.identity {
                GcpIdentity::ServiceAccount => Some(gcp.account_email().to_string()),
                GcpIdentity::Federation => grantee(settings, gcp, seen),
                GcpIdentity::None => None,
            },
        });
    }

    /// Says which cluster of Azure it is.
    pub(super) fn found_azure(&mut self, settings: &Settings, found: &Found) {
        self.azure = settings.azure.as_ref().zip(found.azure.as_ref()).map(|(azure, seen)| AzureSummary {
            subscription: azure.subscription.to_string(),
            resource_group: seen.cluster.id.resource_group().to_owned(),
            cluster: seen.cluster.id.to_string(),
            issuer: seen.cluster.issuer.clone(),
            tenant: seen.tenant.clone(),
            credentials: seen.credentials.clone(),
            identity: azure.identity_id().filter(|_| azure.identity != AzureIdentity::None).map(|id| id.to_string()),
            client_id: seen.identity.there().map(|identity| identity.client_id.clone()),
        });
    }
}
