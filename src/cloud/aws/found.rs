//! What was found in AWS: facts only, no decisions.

use std::collections::BTreeMap;

use serde_json::Value;

use super::names::Arn;
use crate::cloud::look::Look;

/// Everything that was found in AWS.
#[derive(Debug)]
pub struct FoundAws {
    /// Whose credentials these are.
    pub caller: Caller,
    /// The cluster.
    pub cluster: EksCluster,
    /// The cluster's OIDC provider in IAM.
    pub provider: Look<OidcProvider>,
    /// The role for the jobs.
    pub role: Look<Role>,
    /// The managed policies attached to it, as ARNs.
    pub attached: Look<Vec<String>>,
    /// Its inline policy of our name.
    pub inline_policy: Look<Value>,
    /// The Pod Identity association of the job service account.
    pub association: Look<Association>,
    /// The Pod Identity agent.
    pub addon: Look<Addon>,
}

impl FoundAws {
    /// The ARN of the cluster's OIDC provider, which follows from the account and the issuer; `None` without an issuer.
    pub fn provider_arn(&self) -> Option<String> {
        let issuer = self.cluster.issuer_name()?;
        Some(format!("arn:{}:iam::{}:oidc-provider/{issuer}", self.caller.arn.partition(), self.caller.account))
    }
}

/// What taking back has to know besides.
#[derive(Debug)]
pub struct StandingAws {
    /// All managed policies attached to the role, as ARNs.
    pub attached: Look<Vec<String>>,
    /// The names of all its inline policies.
    pub inline: Look<Vec<String>>,
    /// The names of all roles that trust the OIDC provider.
    pub trusting: Look<Vec<String>>,
    /// The cluster's OIDC provider, also when the jobs get their identity in another way now.
    pub provider: Look<OidcProvider>,
    /// The Pod Identity association, likewise.
    pub association: Look<Association>,
}

/// Whose credentials these are, by STS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The principal, e.g. `arn:aws:sts::123456789012:assumed-role/Admin/me`.
    pub arn: Arn,
    /// The account's 12 digits.
    pub account: String,
}

/// What EKS says about a cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EksCluster {
    /// The cluster's ARN.
    pub arn: Arn,
    /// Its name.
    pub name: String,
    /// `ACTIVE`, `CREATING`, …
    pub status: String,
    /// The API server's URL.
    pub endpoint: Option<String>,
    /// The authorities of its certificate: one PEM or several.
    pub certificate_authority: Option<Vec<u8>>,
    /// The issuer of its service account tokens, with its scheme.
    pub issuer: Option<String>,
    /// Whether it is in Auto Mode, where the Pod Identity agent is built in.
    pub auto_mode: bool,
    /// How IAM principals become users: `API`, `API_AND_CONFIG_MAP` or `CONFIG_MAP`.
    pub authentication_mode: Option<String>,
    /// Kubernetes' version, e.g. `1.33`.
    pub version: Option<String>,
    /// EKS' own version of it, e.g. `eks.9`.
    pub platform_version: Option<String>,
}

impl EksCluster {
    /// The issuer without its scheme: how IAM names it in ARNs and conditions.
    pub fn issuer_name(&self) -> Option<&str> {
        let issuer = self.issuer.as_deref()?;
        Some(issuer.strip_prefix("https://").unwrap_or(issuer).trim_end_matches('/'))
    }
}

/// An OIDC provider of IAM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OidcProvider {
    /// The audiences it takes.
    pub audiences: Vec<String>,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
}

/// A role of IAM.
#[derive(Debug, Clone, PartialEq)]
pub struct Role {
    /// Its ARN, path included.
    pub arn: Arn,
    /// Its path, `/` for none.
    pub path: String,
    /// Its trust policy, decoded and parsed.
    pub trust: Value,
    /// Its permissions boundary, as an ARN.
    pub boundary: Option<String>,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
}

/// A Pod Identity association.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Association {
    /// Its id, e.g. `a-12ab`.
    pub id: String,
    /// The role that pods get.
    pub role_arn: String,
    /// Another role that they get through the first one.
    pub target_role_arn: Option<String>,
    /// Whether sessions come without the tags that say whose pod it is.
    pub without_session_tags: bool,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
}

/// An add-on of a cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Addon {
    /// `ACTIVE`, `CREATING`, `DEGRADED`, …
    pub status: String,
    /// Its version.
    pub version: Option<String>,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
}
