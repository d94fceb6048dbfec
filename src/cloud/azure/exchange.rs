//! Becoming a job's managed identity with the token of its service account, as the SDKs in a labelled pod do: the best
//! proof that needs no pod.
//!
//! Source: `failure-modes.md` part 6.3; which answers pass by themselves: `gcp-azure.md` part 8.

use std::fmt;
use std::time::Duration;

use reqwest::header::{ACCEPT, CONTENT_TYPE};
use url::form_urlencoded::Serializer;
use zeroize::Zeroizing;

use super::client::Azure;
use super::understand::Trouble;
use crate::cloud::reach::reach_problem;
use crate::retry::{Patience, spoken};

/// How an assertion is named (RFC 7523).
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// What Entra says while it does not know a new credential or identity everywhere.
const YOUNG: [u32; 7] = [70021, 70025, 700_211, 700_212, 700_213, 7_002_138, 700_016];

/// Why a token is no key to an identity.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct ExchangeError {
    /// The numbers of Entra's errors, the most exact one first; empty without an answer of Entra's.
    pub codes: Vec<u32>,
    /// The kind, e.g. `invalid_client`; empty without an answer of Entra's.
    pub kind: String,
    /// The first line of what Entra says, or why there is no answer.
    pub message: String,
}

impl fmt::Display for ExchangeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl ExchangeError {
    /// Whether nobody answered: that proves nothing.
    pub fn is_silent(&self) -> bool {
        self.kind.is_empty()
    }

    /// Whether the identity trusts no such token: its issuer, subject or audience (AADSTS70021, 700211 to 700213,
    /// 7002138), or none at all (70025).
    pub fn is_mistrust(&self) -> bool {
        self.has(&[70021, 70025, 700_211, 700_212, 700_213, 7_002_138])
    }

    /// Whether it is the issuer that is not trusted (AADSTS700211).
    pub fn is_issuer(&self) -> bool {
        self.has(&[700_211])
    }

    /// Whether it is the subject that is not trusted (AADSTS700213; in other letters only: 7002138).
    pub fn is_subject(&self) -> bool {
        self.has(&[700_213, 7_002_138])
    }

    /// Whether it is the audience that is not trusted (AADSTS700212).
    pub fn is_audience(&self) -> bool {
        self.has(&[700_212])
    }

    /// Whether the tenant knows no such identity (AADSTS700016), or there is no such tenant (90002).
    pub fn is_unknown_client(&self) -> bool {
        self.has(&[700_016, 90002])
    }

    /// Whether Entra can't read what the issuer publishes (AADSTS50166, 90061, 900612).
    pub fn is_issuer_unreadable(&self) -> bool {
        self.has(&[50166, 90061, 900_612])
    }

    /// Whether it may just not be known everywhere yet.
    pub fn may_pass(&self) -> bool {
        self.has(&YOUNG) || self.is_issuer_unreadable()
    }

    fn has(&self, codes: &[u32]) -> bool {
        self.codes.iter().any(|code| codes.contains(code))
    }
}

impl Azure {
    /// Exchanges a job's token for one of its managed identity. As nobody: as whom this run is logged in does not matter.
    /// What Entra may not know everywhere yet is asked again for as long as `patience` says; the tokens are dropped at
    /// once.
    ///
    /// # Errors
    /// What Entra says, or why it does not answer.
    pub async fn exchange(
        &self,
        service_account_token: &str,
        tenant: &str,
        client_id: &str,
        patience: Duration,
    ) -> Result<(), ExchangeError> {
        let mut waiting = self.waiting_for(patience);
        loop {
            let failed = match self.exchange_once(service_account_token, tenant, client_id).await {
                Ok(()) => return Ok(()),
                Err(failed) => failed,
            };
            if !failed.may_pass() {
                return Err(failed);
            }
            let Some(wait) = waiting.next() else { return Err(failed) };
            let why = match failed.codes.first() {
                Some(code) => format!("waiting until Entra lets the job's token in (AADSTS{code})"),
                None => "waiting until Entra lets the job's token in".to_owned(),
            };
            if self.pause(wait, &why, "the exchange").await.is_err() {
                return Err(failed);
            }
        }
    }

    async fn exchange_once(&self, assertion: &str, tenant: &str, client_id: &str) -> Result<(), ExchangeError> {
        let shared = &self.shared;
        let host = shared.endpoints.authority_host();
        let fields = [
            ("grant_type", "client_credentials"),
            ("client_assertion_type", ASSERTION_TYPE),
            ("client_assertion", assertion),
            ("client_id", client_id),
            ("scope", shared.endpoints.arm_scope),
        ];
        let body = Zeroizing::new(Serializer::new(String::new()).extend_pairs(fields).finish());
        let mut patience = Patience::new(shared.deadline());
        loop {
            let builder = shared.http.post(shared.endpoints.token_url(tenant)).header(ACCEPT, "application/json");
            let builder =
                builder.header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(body.as_str().to_owned());
            let trouble = match shared.answer(builder, Some(assertion), shared.deadline()).await {
                Ok(answer) if answer["access_token"].is_string() => return Ok(()),
                Ok(_) => Trouble::Strange { status: 200, came: "an answer without a token".to_owned() },
                Err(trouble) => trouble,
            };
            let wait = patience.wait_after(trouble.refusal().and_then(|refusal| refusal.wait));
            let (Some(said), Some(wait)) = (trouble.passing(&host), wait) else {
                return Err(told(trouble, &host, assertion));
            };
            (shared.on_retry)(&format!("{said}; asking again in {}", spoken(wait)));
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = shared.interrupt.pressed() => return Err(told(trouble, &host, assertion)),
            }
        }
    }
}

fn told(trouble: Trouble, host: &str, secret: &str) -> ExchangeError {
    let silent = |message: String| ExchangeError { codes: Vec::new(), kind: String::new(), message };
    let told = match trouble {
        Trouble::Refused(refusal) => {
            // `70021: no record, 700213: no record for this subject`: the longer number says more.
            let mut codes = refusal.aadsts;
            codes.sort_by_key(|code| std::cmp::Reverse(*code));
            ExchangeError { codes, kind: refusal.code, message: refusal.message }
        }
        Trouble::TimedOut => silent(format!("{host} did not answer in time")),
        Trouble::NotReached(causes) => silent(format!("{host} is not reachable: {}", reach_problem(&causes).words())),
        Trouble::Strange { status, came } => silent(format!("unexpected answer of {host} (status {status}): {came}")),
        Trouble::NotSent(error) => silent(error.to_string()),
    };
    ExchangeError { message: told.message.replace(secret, "[redacted]"), ..told }
}

#[cfg(test)]
mod tests;
