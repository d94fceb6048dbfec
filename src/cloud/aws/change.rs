//! Everything that can be changed in AWS, as one closed set; no IO.

use std::collections::BTreeMap;

use serde_json::Value;

/// Tags as they are sent.
pub type Tags = BTreeMap<String, String>;

/// One change to one object of AWS. Each can be made twice.
#[derive(Debug, Clone, PartialEq)]
pub enum AwsChange {
    /// Create the cluster's OIDC provider. Without thumbprints: IAM fetches what it needs.
    CreateOidcProvider {
        /// Its ARN, as it will be.
        arn: String,
        /// The issuer, with its scheme.
        url: String,
        /// The audience it takes.
        audience: String,
        /// Its tags.
        tags: Tags,
    },
    /// Let an OIDC provider that is there take one more audience.
    AddAudience {
        /// The provider's ARN.
        arn: String,
        /// The audience.
        audience: String,
    },
    /// Create a role, and then what belongs to it.
    CreateRole {
        /// The role.
        role: NewRole,
        /// What comes after it, in this order.
        then: Vec<RoleStep>,
    },
    /// Change a role that is there.
    UpdateRole {
        /// Its name.
        name: String,
        /// What changes, in this order.
        steps: Vec<RoleStep>,
    },
    /// Give a service account a role through Pod Identity.
    CreateAssociation(NewAssociation),
    /// Let an association that is there name another role.
    UpdateAssociation {
        /// The cluster's name.
        cluster: String,
        /// The association's id.
        id: String,
        /// The role.
        role_arn: String,
    },
    /// Install an add-on.
    InstallAddon {
        /// The cluster's name.
        cluster: String,
        /// The add-on's name.
        addon: String,
        /// Its tags.
        tags: Tags,
    },
    /// Take a service account's role of Pod Identity away.
    DeleteAssociation {
        /// The cluster's name.
        cluster: String,
        /// The association's id.
        id: String,
    },
    /// Write a role's trust policy without our statement; others still need the role.
    TakeBackTrust {
        /// The role's name.
        name: String,
        /// The policy that was looked at: another one is not overwritten.
        seen: Value,
        /// What is left of the policy.
        document: Value,
    },
    /// Delete a role, after everything that hangs on it.
    DeleteRole {
        /// Its name.
        name: String,
        /// The trust policy that was looked at: a role that lets in others by now is not deleted.
        seen: Value,
        /// The managed policies to detach, as ARNs.
        detach: Vec<String>,
        /// The inline policies to delete, by name.
        inline: Vec<String>,
    },
    /// Delete an OIDC provider.
    DeleteOidcProvider {
        /// Its ARN.
        arn: String,
        /// The only role that may still trust it: ours, which goes too.
        but_for: Option<String>,
    },
}

/// A role to be created.
#[derive(Debug, Clone, PartialEq)]
pub struct NewRole {
    /// Its name.
    pub name: String,
    /// Its path; `/` for none.
    pub path: String,
    /// What people read about it.
    pub description: String,
    /// Who may assume it.
    pub trust: Value,
    /// Its permissions boundary, as an ARN.
    pub boundary: Option<String>,
    /// Its tags.
    pub tags: Tags,
}

/// One step of a change to a role.
#[derive(Debug, Clone, PartialEq)]
pub enum RoleStep {
    /// Write the trust policy: everything that was in it, and ours.
    SetTrust {
        /// The policy that was looked at: another one is not overwritten.
        seen: Value,
        /// The whole new policy.
        document: Value,
    },
    /// Add tags.
    Tag(Tags),
    /// Set the permissions boundary, by its ARN.
    SetBoundary(String),
    /// Attach a managed policy, by its ARN.
    Attach(String),
    /// Write the inline policy.
    PutInlinePolicy {
        /// Its name.
        name: String,
        /// Its document.
        document: Value,
    },
}

/// A Pod Identity association to be created.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAssociation {
    /// The cluster's name.
    pub cluster: String,
    /// The service account's namespace.
    pub namespace: String,
    /// The service account.
    pub service_account: String,
    /// The role that its pods get.
    pub role_arn: String,
    /// Its tags.
    pub tags: Tags,
}
