//! Carrying out a change: once, however often it is asked for.

use reqwest::Method;
use serde_json::json;

use super::GcpError;
use super::change::{GcpChange, NewServiceAccount, Resource};
use super::client::Gcp;
use super::endpoints::Service;
use super::found::ServiceAccount;
use super::names::AccountEmail;
use super::read_iam::{account_path, account_words};
use super::send::Call;
use crate::access::Access;

/// How many good reads in a row make a new account known: what Terraform's provider has come to, after ten years.
const GOOD_READS: u32 = 3;
/// How an account differs whose number is another one.
pub(super) const ANEW: &str = "it was deleted and made anew";

impl Gcp {
    /// Carries out one change. Doing it twice is doing it once; a run that died half-way is finished by the next one.
    ///
    /// # Errors
    /// What Google Cloud says, or that somebody else was faster and made something different.
    pub async fn apply(&self, change: &GcpChange) -> Result<(), GcpError> {
        if self.access == Access::ReadOnly {
            // Every change begins with a look, which alone would be let through.
            return Err(GcpError::ReadOnly { operation: "a change".to_owned() });
        }
        match change {
            GcpChange::CreateServiceAccount(account) => self.create(account).await,
            GcpChange::Grant(binding) => self.change_policy(binding, true).await,
            GcpChange::Revoke(binding) => self.change_policy(binding, false).await.map_err(GcpError::taking_back),
            GcpChange::Describe { email, seen, description } => self.describe(email, seen, description).await,
            GcpChange::DeleteServiceAccount { email, unique_id, description, but_for } => {
                self.delete(email, unique_id, description, but_for).await.map_err(GcpError::taking_back)
            }
        }
    }

    async fn create(&self, new: &NewServiceAccount) -> Result<(), GcpError> {
        let body = json!({
            "accountId": new.email.id(),
            "serviceAccount": { "displayName": new.display_name, "description": new.description },
        });
        let path = format!("v1/projects/{}/serviceAccounts", new.project);
        let call = Call::post(Service::Iam, path, body, "iam.serviceAccounts.create");
        let created = self.ask(&call.on(account_words(&new.email), new.project.as_str())).await;
        match created {
            Ok(_) => {}
            // It may come from a run that died a moment ago, or from this one, whose first request got no answer.
            Err(GcpError::Exists { .. }) => {}
            Err(error) => return Err(error),
        }
        self.shared.remember_made(new.email.as_str());
        let there = self.known_everywhere(&new.email).await?;
        if there.description == new.description {
            return Ok(());
        }
        let differs = match there.description.as_str() {
            "" => "it has no description, and so nothing says whose it is".to_owned(),
            text => format!("its description is `{text}`"),
        };
        Err(GcpError::MadeMeanwhile { what: account_words(&new.email), differs })
    }

    /// Waits until a new account is seen three times in a row: until then, some of IAM's servers answer that there is
    /// none, or that one may not see it (`gcp-azure.md`, part 1, G2).
    async fn known_everywhere(&self, email: &AccountEmail) -> Result<ServiceAccount, GcpError> {
        let action = "iam.serviceAccounts.get";
        let why = format!("waiting until IAM knows {} everywhere", account_words(email));
        let mut waiting = self.waiting();
        let mut good = 0;
        loop {
            let denied = match self.service_account(email).await {
                Ok(Some(account)) => {
                    good += 1;
                    if good == GOOD_READS {
                        return Ok(account);
                    }
                    tokio::time::sleep(self.shared.pace.between).await;
                    continue;
                }
                Ok(None) => None,
                Err(error @ GcpError::Denied { .. }) if !self.is_surely_denied(email, action).await => Some(error),
                Err(error) => return Err(error),
            };
            good = 0;
            let Some(wait) = waiting.next() else {
                let not_visible = || GcpError::NotVisible { what: account_words(email), waited: waiting.elapsed() };
                return Err(denied.unwrap_or_else(not_visible));
            };
            self.pause(wait, &why, action).await?;
        }
    }

    /// Whether a refusal about a new account is meant: its permissions come from the project, which is not new.
    pub(super) async fn is_surely_denied(&self, email: &AccountEmail, permission: &str) -> bool {
        let on = Resource::Project(email.project().clone());
        let missing = self.missing_permissions(&on, &[permission]).await;
        missing.is_ok_and(|missing| !missing.is_empty())
    }

    /// Writes a description over the one that was looked at, and over no other.
    async fn describe(&self, email: &AccountEmail, seen: &str, description: &str) -> Result<(), GcpError> {
        let moved = |how: String| Err(GcpError::Moved { what: account_words(email), how });
        match self.service_account(email).await? {
            Some(there) if there.description == description => return Ok(()),
            Some(there) if there.description == seen => {}
            Some(there) => return moved(format!("its description is `{}` now", there.description)),
            None => return moved("it is gone".to_owned()),
        }
        let body = json!({ "serviceAccount": { "description": description }, "updateMask": "description" });
        let call = Call::post(Service::Iam, account_path(email), body, "iam.serviceAccounts.update");
        let call = Call { method: Method::PATCH, ..call };
        self.ask_for(&call.on(account_words(email), email.project().as_str())).await.map(drop)
    }

    async fn delete(
        &self,
        email: &AccountEmail,
        unique_id: &str,
        description: &str,
        but_for: &[(String, String)],
    ) -> Result<(), GcpError> {
        let moved = |how: String| Err(GcpError::Moved { what: account_words(email), how });
        let Some(there) = self.service_account(email).await? else { return Ok(()) };
        if there.unique_id != unique_id {
            return moved(ANEW.to_owned());
        }
        if there.description != description {
            return moved(format!("its description is `{}` now", there.description));
        }
        let Some(policy) = self.account_policy(email).await? else { return Ok(()) };
        if let Some((role, member)) = policy.grants_to_anybody().into_iter().find(|grant| !but_for.contains(grant)) {
            return moved(format!("{member} has {role} on it now"));
        }
        // By its number: one that is made under this name in this very moment is another one.
        let path = account_path(email).replace(email.as_str(), unique_id);
        let call = Call { method: Method::DELETE, ..Call::get(Service::Iam, path, "iam.serviceAccounts.delete") };
        self.ask_for(&call.on(account_words(email), email.project().as_str())).await.map(drop)
    }
}

#[cfg(test)]
mod tests;
