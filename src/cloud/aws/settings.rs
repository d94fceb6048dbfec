//! Everything that is said about the jobs' identity in AWS, complete and valid.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Profile;
use super::names::{Arn, Region};
use crate::settings::AwsIdentity;

/// The cluster in EKS and the jobs' identity.
#[derive(Debug, Clone, PartialEq)]
pub struct AwsSettings {
    /// The cluster's name.
    pub cluster: String,
    /// Where it is; `None`: in the region of the profile.
    pub region: Option<Region>,
    /// Whose credentials are used.
    pub profile: Option<Profile>,
    /// How jobs get their identity.
    pub identity: AwsIdentity,
    /// Which role they get.
    pub role: RoleChoice,
    /// The tags that a person wants on what is created.
    pub tags: BTreeMap<String, String>,
    /// Whether the Pod Identity agent may be installed.
    pub install_addon: bool,
}

/// Which role jobs get.
#[derive(Debug, Clone, PartialEq)]
pub enum RoleChoice {
    /// One that this tool looks after.
    Ours(OurRole),
    /// One that a person brings: only what it trusts is checked.
    Own(Arn),
}

/// A role that this tool looks after.
#[derive(Debug, Clone, PartialEq)]
pub struct OurRole {
    /// Its name.
    pub name: String,
    /// Its path; `None`: nobody said one, so an existing one stays and a new role gets `/`.
    pub path: Option<String>,
    /// Its permissions boundary.
    pub boundary: Option<Arn>,
    /// The managed policies to attach.
    pub policies: Vec<Arn>,
    /// The IAM policy that it gets inline.
    pub inline_policy: Option<Value>,
}

impl AwsSettings {
    /// The role's name, without its path.
    pub fn role_name(&self) -> &str {
        match &self.role {
            RoleChoice::Ours(role) => &role.name,
            RoleChoice::Own(arn) => arn.name(),
        }
    }

    /// The role that this tool looks after, if it does.
    pub fn our_role(&self) -> Option<&OurRole> {
        match &self.role {
            RoleChoice::Ours(role) => Some(role),
            RoleChoice::Own(_) => None,
        }
    }
}
