//! Everything that is said about the jobs' identity in Google Cloud, complete and valid.

use super::names::{AccountEmail, ProjectId, RoleName, account_id_for};
use crate::settings::GcpIdentity;

/// The cluster in GKE and the jobs' identity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GcpSettings {
    /// The cluster's name.
    pub cluster: String,
    /// The region or zone it is in; `None`: GKE is asked.
    pub location: Option<String>,
    /// The project it is in.
    pub project: ProjectId,
    /// How jobs get their identity.
    pub identity: GcpIdentity,
    /// Which Google service account they get.
    pub account: AccountChoice,
    /// The roles that their identity gets in the project.
    pub roles: Vec<RoleName>,
}

/// Which Google service account jobs get.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccountChoice {
    /// One of the cluster's project, created when it is missing.
    Ours {
        /// Its address.
        email: AccountEmail,
        /// Whether a person said its name.
        told: bool,
    },
    /// One of another project, which has to be there: only who may act as it is looked after.
    Own(AccountEmail),
}

impl GcpSettings {
    /// Says where the cluster was found; a long name of an account that is made up depends on it.
    pub fn is_in(&mut self, location: &str) {
        self.location = Some(location.to_owned());
        if let AccountChoice::Ours { email, told: false } = &mut self.account {
            let id = account_id_for(self.project.as_str(), Some(location), &self.cluster);
            if let Ok(found) = AccountEmail::of(&id, &self.project) {
                *email = found;
            }
        }
    }

    /// The address of the jobs' Google service account; meaningful for the identity `service-account` only.
    pub fn account_email(&self) -> &AccountEmail {
        match &self.account {
            AccountChoice::Ours { email, .. } | AccountChoice::Own(email) => email,
        }
    }
}
