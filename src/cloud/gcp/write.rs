//! Carrying out a change: once, however often it is asked for.

use std::collections::BTreeSet;
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use super::GcpError;
use super::change::{Binding, GcpChange, NewServiceAccount, Resource};
use super::client::Gcp;
use super::endpoints::Service;
use super::found::ServiceAccount;
use super::names::AccountEmail;
use super::policy::{with_member, without_member};
use super::read_iam::{account_path, account_words};
use super::refusal::Refusal;
use super::send::Call;
use super::understand::Trouble;
use crate::access::Access;

/// How many good reads in a row make a new account known: what Terraform's provider has come to, after ten years.
const GOOD_READS: u32 = 3;
/// How long a pool is waited for: it appears right after the first cluster that has one, or not at all.
const POOL_PATIENCE: Duration = Duration::from_secs(20);
/// How an account differs whose number is another one.
const ANEW: &str = "it was deleted and made anew";

/// What became of an attempt to write a policy.
enum Written {
    Done,
    /// The whole cycle has to begin anew; why, as the rest of "waiting because".
    Again(String, GcpError),
}

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
    async fn is_surely_denied(&self, email: &AccountEmail, permission: &str) -> bool {
        let on = Resource::Project(email.project().clone());
        let missing = self.missing_permissions(&on, &[permission]).await;
        missing.is_ok_and(|missing| !missing.is_empty())
    }

    /// The same about writing a policy.
    async fn is_denied_on(&self, on: &Resource) -> bool {
        match on {
            Resource::Account(email) => self.is_surely_denied(email, set_permission(on)).await,
            Resource::Project(_) => true,
        }
    }

    /// Reads a policy, changes one member in it and writes it back, again from the beginning when somebody else wrote
    /// meanwhile (`gcp-azure.md`, part 1, G5 to G8).
    async fn change_policy(&self, binding: &Binding, is_grant: bool) -> Result<(), GcpError> {
        let (on, role, member) = (&binding.on, &binding.role, &binding.member);
        let mut waiting = self.waiting();
        let mut pool_waiting = self.waiting_at_most(POOL_PATIENCE);
        let is_young = match on {
            Resource::Account(email) => binding.young || self.shared.has_made(email.as_str()),
            Resource::Project(_) => false,
        };
        let not_known = |error| Written::Again(format!("IAM does not know {} everywhere yet", on.words()), error);
        let turn = self.shared.turn(on);
        loop {
            let mut seen = turn.lock().await;
            let outcome = match self.policy(on).await {
                Ok(Some(policy)) => {
                    let change = if is_grant { with_member } else { without_member };
                    let Some(document) = change(&policy, role, member) else { return Ok(()) };
                    let written = match self.is_still(binding, &mut seen).await {
                        Ok(None) => self.write_policy(binding, document).await,
                        Ok(Some(not_known)) => Ok(not_known),
                        Err(error) => Err(error),
                    };
                    match written {
                        // One server knew it already, and the next one does not.
                        Err(error @ GcpError::Missing { .. }) if is_young => not_known(error),
                        Err(error @ GcpError::Denied { .. }) if is_young && !self.is_denied_on(on).await => {
                            not_known(error)
                        }
                        written => written?,
                    }
                }
                // Nobody is let in by the policy of what is gone.
                Ok(None) if !is_grant && !is_young => return Ok(()),
                Ok(None) => {
                    let action = get_permission(on).to_owned();
                    let error = GcpError::Missing { action, on: on.words(), message: "it is not there".to_owned() };
                    if !is_young {
                        return Err(error);
                    }
                    not_known(error)
                }
                Err(error @ GcpError::Denied { .. }) if is_young => not_known(error),
                Err(error) => return Err(error),
            };
            drop(seen);
            let Written::Again(why, error) = outcome else { return Ok(()) };
            let waiting = if matches!(error, GcpError::PoolMissing { .. }) { &mut pool_waiting } else { &mut waiting };
            let Some(wait) = waiting.next() else { return Err(error) };
            self.pause(wait, &why, set_permission(on)).await?;
        }
    }

    /// The account that a grant is about has to be the one that was looked at: another one of its name, or one that
    /// belongs to somebody else by now, was never shown to anybody. In a project's policy it is looked at once.
    async fn is_still(
        &self,
        binding: &Binding,
        seen: &mut BTreeSet<AccountEmail>,
    ) -> Result<Option<Written>, GcpError> {
        let (Some(looked_at), Some(email)) = (&binding.seen, binding.account()) else { return Ok(None) };
        if seen.contains(&email) {
            return Ok(None);
        }
        let action = "iam.serviceAccounts.get";
        let what = account_words(&email);
        let not_known = |error| Ok(Some(Written::Again(format!("IAM does not know {what} everywhere yet"), error)));
        let moved = |how: String| Err(GcpError::Moved { what: what.clone(), how });
        let there = match self.service_account(&email).await {
            Ok(Some(there)) => there,
            Ok(None) => {
                let (action, message) = (action.to_owned(), "it is not there".to_owned());
                let error = GcpError::Missing { action, on: what.clone(), message };
                return if binding.young { not_known(error) } else { Err(error) };
            }
            Err(error @ GcpError::Denied { .. }) if binding.young && !self.is_surely_denied(&email, action).await => {
                return not_known(error);
            }
            Err(error) => return Err(error),
        };
        if there.unique_id != looked_at.unique_id {
            return moved(ANEW.to_owned());
        }
        if there.description != looked_at.description {
            return moved(format!("its description is `{}` now", there.description));
        }
        if there.disabled {
            return moved("it is disabled now".to_owned());
        }
        if matches!(binding.on, Resource::Project(_)) {
            seen.insert(email);
        }
        Ok(None)
    }

    async fn write_policy(&self, binding: &Binding, document: Value) -> Result<Written, GcpError> {
        let (on, member) = (&binding.on, &binding.member);
        let call = on.call("setIamPolicy", json!({ "policy": document }), set_permission(on));
        // Not sent again by itself: after a broken connection the etag is perhaps not the one that is there any more.
        let trouble = match self.send_renewed(&call).await {
            Ok(_) => return Ok(Written::Done),
            Err(trouble) => trouble,
        };
        let passing = trouble.passing(call.service.host());
        let words = if let Trouble::Refused(refusal) = &trouble { Some(lag(refusal, binding)) } else { None };
        let (action, words_of) = (call.permission.to_owned(), on.words());
        let meaning = trouble.meaning(&call, &self.credentials());
        match (words.flatten(), meaning) {
            (_, error @ GcpError::Conflict { .. }) => {
                Ok(Written::Again(format!("somebody else is changing the policy of {words_of}"), error))
            }
            (Some(Lag::Member), GcpError::Invalid { message, .. }) => {
                let error = GcpError::MemberMissing { action, on: words_of, member: member.clone(), message };
                if !binding.young {
                    return Err(error);
                }
                Ok(Written::Again(format!("policies do not know {member} yet"), error))
            }
            (Some(Lag::Pool), GcpError::Invalid { message, .. }) => {
                let error = GcpError::PoolMissing { member: member.clone(), message };
                Ok(Written::Again("the cluster's workload pool is not there yet".to_owned(), error))
            }
            (_, error) => match passing {
                Some(said) => Ok(Written::Again(said, error)),
                None => Err(error),
            },
        }
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

/// A refusal that may go away by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lag {
    /// The account that is the member is not known yet.
    Member,
    /// The pool of the member is not there yet.
    Pool,
}

/// Both are said with the same status as what is simply wrong; only the words tell (`failure-modes.md`, GKE-08 and 13).
fn lag(refusal: &Refusal, binding: &Binding) -> Option<Lag> {
    if refusal.http != 400 {
        return None;
    }
    let message = refusal.message.to_lowercase();
    if message.contains("identity pool does not exist") {
        return Some(Lag::Pool);
    }
    let named = binding.member.rsplit(':').next().unwrap_or_default().to_lowercase();
    (message.contains("does not exist") && (message.contains("service account") || message.contains(&named)))
        .then_some(Lag::Member)
}

fn get_permission(on: &Resource) -> &'static str {
    match on {
        Resource::Account(_) => "iam.serviceAccounts.getIamPolicy",
        Resource::Project(_) => "resourcemanager.projects.getIamPolicy",
    }
}

fn set_permission(on: &Resource) -> &'static str {
    match on {
        Resource::Account(_) => "iam.serviceAccounts.setIamPolicy",
        Resource::Project(_) => "resourcemanager.projects.setIamPolicy",
    }
}

#[cfg(test)]
mod tests;
