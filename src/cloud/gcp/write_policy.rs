//! Changing one member of a policy: read, changed and written back, as often as others change it meanwhile.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};

use super::GcpError;
use super::change::{Binding, Resource};
use super::client::Gcp;
use super::names::AccountEmail;
use super::policy::{with_member, without_member};
use super::read_iam::account_words;
use super::refusal::Refusal;
use super::understand::Trouble;
use super::write::ANEW;

/// How long a pool is waited for: it appears right after the first cluster that has one, or not at all.
const POOL_PATIENCE: Duration = Duration::from_secs(20);

/// What became of an attempt to write a policy.
enum Written {
    Done,
    /// The whole cycle has to begin anew; why, as the rest of "waiting because".
    Again(String, GcpError),
}

impl Gcp {
    /// The same about writing a policy.
    async fn is_denied_on(&self, on: &Resource) -> bool {
        match on {
            Resource::Account(email) => self.is_surely_denied(email, set_permission(on)).await,
            Resource::Project(_) => true,
        }
    }

    /// Reads a policy, changes one member in it and writes it back, again from the beginning when somebody else wrote
    /// meanwhile (`gcp-azure.md`, part 1, G5 to G8).
    pub(super) async fn change_policy(&self, binding: &Binding, is_grant: bool) -> Result<(), GcpError> {
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
