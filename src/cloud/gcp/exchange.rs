//! Becoming a job's Google identity with the token of its service account, as GKE's metadata server does: the best proof
//! that needs no pod.
//!
//! The first request goes to an address that Google does not document; external-secrets and others have used it for
//! years (`failure-modes.md`, 6.3). So what fails there proves little, and what works proves much.

use std::fmt;
use std::time::Duration;

use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::client::Gcp;
use super::endpoints::Service;
use super::names::AccountEmail;
use super::send::{Bearer, Call};
use super::token::SCOPES;
use super::understand::Trouble;

/// Which of the two requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExchangeStep {
    /// The cluster's token for one of its workload pool.
    Federation,
    /// That one for one of the Google service account.
    Impersonation,
}

/// What has been proved; the tokens are dropped at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchanged {
    /// Who a job is then: the Google service account, or `None`: its own service account by itself.
    pub account: Option<AccountEmail>,
}

/// Why a token is no key to an identity.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct ExchangeError {
    /// Which request failed.
    pub step: ExchangeStep,
    /// The status in Google's words, e.g. `PERMISSION_DENIED` or `NOT_FOUND`; empty without an answer.
    pub status: String,
    /// The reason in the answer's details, e.g. `SERVICE_DISABLED`; empty where there is none.
    pub reason: String,
    /// Google's own words, or why there is no answer.
    pub message: String,
}

impl fmt::Display for ExchangeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.status.as_str() {
            "" => f.write_str(&self.message),
            status => write!(f, "{status}: {}", self.message),
        }
    }
}

impl ExchangeError {
    /// Whether an API has to be turned on first (`failure-modes.md`, GKE-12).
    pub fn is_api_off(&self) -> bool {
        self.reason == "SERVICE_DISABLED"
    }

    /// Whether nobody answered: that proves nothing.
    pub fn is_silent(&self) -> bool {
        self.status.is_empty()
    }
}

impl Gcp {
    /// Exchanges a job's token (audience: the pool) for one of its Google identity. As nobody: as whom this run is logged
    /// in does not matter. What IAM may not have heard of yet is asked again for as long as `patience` says.
    ///
    /// `cluster` is the cluster's path, `projects/P/locations/L/clusters/C`; `account` is the Google service account, or
    /// `None` for direct federation.
    ///
    /// # Errors
    /// Which step was refused, and what Google says; or why it does not answer.
    pub async fn exchange(
        &self,
        service_account_token: &str,
        pool: &str,
        cluster: &str,
        account: Option<&AccountEmail>,
        patience: Duration,
    ) -> Result<Exchanged, ExchangeError> {
        let mut waiting = self.waiting_for(patience);
        loop {
            let failed = match self.exchange_once(service_account_token, pool, cluster, account).await {
                Ok(()) => return Ok(Exchanged { account: account.cloned() }),
                Err(failed) => failed,
            };
            if !failed.may_pass() {
                return Err(failed);
            }
            let Some(wait) = waiting.next() else { return Err(failed) };
            if self.pause(wait, "waiting until Google lets the job's token in", "the exchange").await.is_err() {
                return Err(failed);
            }
        }
    }

    async fn exchange_once(
        &self,
        service_account_token: &str,
        pool: &str,
        cluster: &str,
        account: Option<&AccountEmail>,
    ) -> Result<(), ExchangeError> {
        let body = json!({
            "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
            "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
            "requested_token_type": "urn:ietf:params:oauth:token-type:access_token",
            "subject_token": service_account_token,
            "audience": format!("identitynamespace:{pool}:https://container.googleapis.com/v1/{cluster}"),
            "scope": SCOPES[0],
        });
        let call = Call::post(Service::SecureToken, "v1/identitybindingtoken", body, "the token exchange");
        let call = Call { bearer: Bearer::Nobody, ..call };
        let answer = self.attempt(&call).await;
        let answer =
            answer.map_err(|trouble| self.told(trouble, &call, ExchangeStep::Federation, service_account_token))?;
        let federated = token(&answer, "access_token").ok_or_else(|| without_token(ExchangeStep::Federation))?;
        let Some(account) = account else { return Ok(()) };
        let path = format!("v1/projects/-/serviceAccounts/{account}:generateAccessToken");
        let permission = "iam.serviceAccounts.getAccessToken";
        let call = Call::post(Service::IamCredentials, path, json!({ "scope": [SCOPES[0]] }), permission);
        let call = Call { bearer: Bearer::Token(&federated), ..call };
        let call = call.on(format!("Google service account `{account}`"), account.project().as_str());
        let answer = self.attempt(&call).await;
        let answer = answer.map_err(|trouble| self.told(trouble, &call, ExchangeStep::Impersonation, &federated))?;
        token(&answer, "accessToken").map(drop).ok_or_else(|| without_token(ExchangeStep::Impersonation))
    }

    fn told(&self, trouble: Trouble, call: &Call<'_>, step: ExchangeStep, secret: &str) -> ExchangeError {
        let told = match trouble {
            Trouble::Refused(refusal) => ExchangeError {
                step,
                status: if refusal.status.is_empty() { refusal.http.to_string() } else { refusal.status },
                reason: refusal.reason,
                message: refusal.message,
            },
            other => ExchangeError {
                step,
                status: String::new(),
                reason: String::new(),
                message: other.meaning(call, &self.credentials()).to_string(),
            },
        };
        ExchangeError { message: told.message.replace(secret, "[redacted]"), ..told }
    }
}

impl ExchangeError {
    /// Whether IAM may just not have heard of it yet.
    fn may_pass(&self) -> bool {
        let is_young = match self.step {
            ExchangeStep::Federation => ["INVALID_ARGUMENT", "PERMISSION_DENIED", "invalid_target", "invalid_grant"],
            ExchangeStep::Impersonation => ["PERMISSION_DENIED", "NOT_FOUND", "403", "404"],
        };
        !self.is_api_off() && is_young.contains(&self.status.as_str())
    }
}

fn token(answer: &Value, key: &str) -> Option<Zeroizing<String>> {
    answer[key].as_str().filter(|token| !token.is_empty()).map(|token| Zeroizing::new(token.to_owned()))
}

fn without_token(step: ExchangeStep) -> ExchangeError {
    let message = "Google answered without a token".to_owned();
    ExchangeError { step, status: String::new(), reason: String::new(), message }
}

#[cfg(test)]
mod tests;
