//! Everything that can be changed in Google Cloud, as one closed set; no IO.

use super::names::{AccountEmail, ProjectId};

/// One change to one object of Google Cloud. Each can be made twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GcpChange {
    /// Create a Google service account, and wait until it is known everywhere.
    CreateServiceAccount(NewServiceAccount),
    /// Give a member a role; everything else in the policy stays.
    Grant(Binding),
    /// Take a role from a member; everything else in the policy stays.
    Revoke(Binding),
    /// Write the description of a Google service account that is there, so that it says whose it is now; if it still
    /// reads as it did.
    Describe {
        /// Its address.
        email: AccountEmail,
        /// Its description as it was looked at: another one is not overwritten.
        seen: String,
        /// The new one, with our mark in it.
        description: String,
    },
    /// Delete a Google service account, if it still is the one that was looked at and nobody else acts as it by now.
    DeleteServiceAccount {
        /// Its address.
        email: AccountEmail,
        /// The number of the one that was looked at.
        unique_id: String,
        /// Its description then: another mark by now means another owner.
        description: String,
        /// Who may be let in by its policy when it is deleted: our member, and those who were there when it was looked
        /// at and were shown.
        but_for: Vec<(String, String)>,
    },
}

/// A Google service account to be created.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewServiceAccount {
    /// Its address, as it will be.
    pub email: AccountEmail,
    /// The project it is created in.
    pub project: ProjectId,
    /// What people read in lists; at most 100 bytes.
    pub display_name: String,
    /// What people read about it, with our mark in it; at most 256 bytes.
    pub description: String,
}

/// A role for a member, without a condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    /// In whose policy.
    pub on: Resource,
    /// Which role, e.g. `roles/iam.workloadIdentityUser`.
    pub role: String,
    /// Who, e.g. `serviceAccount:POOL[NAMESPACE/NAME]`.
    pub member: String,
    /// The account that the member is, when this tool may have created it a moment ago: policies don't know it at once.
    pub young: bool,
    /// The account that was looked at, the one in whose policy it is or the one that is the member: one that was made
    /// anew under the same address, or that belongs to somebody else by now, gets nothing. `None`: this plan makes it,
    /// or it is none of ours.
    pub seen: Option<SeenAccount>,
}

/// What tells a Google service account from another one of the same address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenAccount {
    /// The number of the one that was looked at.
    pub unique_id: String,
    /// Its description as it is when this change's turn comes: another mark by then means another owner.
    pub description: String,
}

impl Binding {
    /// The account that the grant is about.
    pub fn account(&self) -> Option<AccountEmail> {
        match &self.on {
            Resource::Account(email) => Some(email.clone()),
            Resource::Project(_) => self.member.strip_prefix("serviceAccount:")?.parse().ok(),
        }
    }
}

/// What has an IAM policy.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Resource {
    /// A Google service account.
    Account(AccountEmail),
    /// A project.
    Project(ProjectId),
}
