//! Tokens: one for ARM, and one for the API servers of clusters, each kept until shortly before its end.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use azure_core::error::ErrorKind;
use azure_core::time::OffsetDateTime;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use zeroize::Zeroizing;

use super::AzureError;
use super::client::{Azure, Shared};
use super::commands;
use super::credentials::{Candidate, Who};
use super::entra::{self, Verdict};
use super::failure::{CLOCK, ENVIRONMENT, LIST_SUBSCRIPTIONS};
use super::refusal::{aadsts_in, first_line, shown};
use super::understand::causes;
use crate::cloud::reach::{ReachProblem, reach_problem};
use crate::retry::{Patience, spoken};

/// The application that is every API server of AKS, in all clouds (kubelogin's documentation).
pub(super) const CLUSTER_APP: &str = "6dae42f8-4368-4678-94ff-3960e28e3630";
/// How long before its end a token is not used any more.
const MARGIN: Duration = Duration::from_secs(240);

/// A bearer token. Wiped from memory when dropped; cannot be printed or serialised.
#[derive(Clone)]
pub struct ClusterToken(Zeroizing<String>);

impl ClusterToken {
    /// The token itself.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ClusterToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClusterToken([redacted])")
    }
}

/// A token, and until when it is used.
pub(super) struct Kept {
    token: ClusterToken,
    until: Instant,
}

/// Tokens by what they are for.
pub(super) type Tokens = BTreeMap<String, Kept>;

impl Azure {
    /// A token for the API server of a cluster that knows Entra, good for some minutes at least: ask again before long
    /// waits.
    ///
    /// # Errors
    /// No usable credentials, or whoever makes the token does not answer.
    pub async fn cluster_token(&self) -> Result<ClusterToken, AzureError> {
        self.shared.token(&format!("{CLUSTER_APP}/.default")).await
    }

    /// The tenant that the credentials are of, as the token for ARM says it.
    ///
    /// # Errors
    /// No usable credentials, or a token that says nothing.
    pub async fn tenant(&self) -> Result<String, AzureError> {
        let token = self.shared.token(self.shared.endpoints.arm_scope).await?;
        let told = self.shared.login.tenant.clone();
        claim(token.expose(), "tid").or(told).ok_or_else(|| AzureError::TokenRefused {
            source_words: self.credentials(),
            message: "it does not say of which tenant it is".to_owned(),
        })
    }

    /// The object id of whom the credentials are of, as the token for ARM says it; `None`: it does not.
    ///
    /// # Errors
    /// No usable credentials.
    pub async fn principal(&self) -> Result<Option<String>, AzureError> {
        Ok(claim(self.shared.token(self.shared.endpoints.arm_scope).await?.expose(), "oid"))
    }
}

/// A claim of a token, as it stands there: nobody has checked the signature.
pub(super) fn claim(token: &str, name: &str) -> Option<String> {
    let payload = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?.trim_end_matches('=')).ok()?;
    let payload: Value = serde_json::from_slice(&payload).ok()?;
    payload[name].as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}

impl Shared {
    /// Forgets the tokens in use, because a server did not take one; whether there were any.
    pub(super) async fn forget_token(&self) -> bool {
        let mut tokens = self.login.tokens.lock().await;
        let had = !tokens.is_empty();
        tokens.clear();
        had
    }

    /// A token of the source in use; of the first one that has one, when none is in use yet.
    pub(super) async fn token(&self, scope: &str) -> Result<ClusterToken, AzureError> {
        let mut tokens = self.login.tokens.lock().await;
        if let Some(kept) = tokens.get(scope).filter(|kept| Instant::now() < kept.until) {
            return Ok(kept.token.clone());
        }
        let first = self.login.chosen.load(Ordering::Relaxed);
        let mut tried = self.login.tried.clone();
        let candidates = self.login.candidates.iter().enumerate().skip(first);
        for (index, candidate) in candidates {
            match self.token_of(candidate, scope).await {
                Ok(kept) => {
                    self.login.chosen.store(index, Ordering::Relaxed);
                    let token = kept.token.clone();
                    tokens.insert(scope.to_owned(), kept);
                    return Ok(token);
                }
                // Nobody is logged in there: somewhere else perhaps. Every other answer is one.
                Err(Failed::Nobody(said)) => tried.push(said),
                Err(Failed::For(error)) => return Err(error),
            }
        }
        Err(AzureError::NoCredentials { tried, tenant: self.login.tenant.clone() })
    }

    async fn token_of(&self, candidate: &Candidate, scope: &str) -> Result<Kept, Failed> {
        let mut patience = Patience::new(self.deadline().max(Instant::now() + candidate.patience));
        loop {
            let scopes = [scope];
            let asked = async { (candidate.make)()?.get_token(&scopes, None).await };
            let error = match tokio::time::timeout(candidate.patience, asked).await {
                Ok(Ok(token)) => return Ok(kept(token.token.secret(), token.expires_on)),
                Ok(Err(error)) => error,
                Err(_) if candidate.who == Who::Machine => {
                    let seconds = candidate.patience.as_secs();
                    return Err(Failed::Nobody(format!("{} did not answer within {seconds} s", candidate.words)));
                }
                Err(_) => {
                    let (action, host) = ("getting a token".to_owned(), candidate.words.clone());
                    return Err(Failed::For(AzureError::TimedOut { action, host }));
                }
            };
            let said = Said::of(&error);
            let host = self.endpoints.authority_host();
            let passing = (candidate.who == Who::Service).then(|| said.passing(&host)).flatten();
            let wait = passing.as_ref().and_then(|_| patience.wait_after(None));
            let (Some(passing), Some(wait)) = (passing, wait) else {
                return Err(self.failed(candidate, said));
            };
            (self.on_retry)(&format!("{passing}; asking again in {}", spoken(wait)));
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = self.interrupt.pressed() => {
                    let action = "getting a token".to_owned();
                    return Err(Failed::For(AzureError::Interrupted { action, why: passing }));
                }
            }
        }
    }

    /// What a source's words mean.
    fn failed(&self, candidate: &Candidate, said: Said) -> Failed {
        let source_words = candidate.words.clone();
        let host = self.endpoints.authority_host();
        let login = match candidate.who {
            Who::Person => commands::login(self.login.tenant.as_deref()),
            Who::Service | Who::Machine => ENVIRONMENT.to_owned(),
        };
        let lower = said.causes.join(" ").to_lowercase();
        let problem = reach_problem(&said.causes);
        if said.status.is_none() && said.is_network && candidate.who == Who::Service {
            let action = "getting a token".to_owned();
            return Failed::For(AzureError::NotReachable { action, host, problem, causes: said.causes });
        }
        let verdict = entra::verdict(&said.codes);
        let is_nobody = match candidate.who {
            Who::Person => {
                said.codes.is_empty() && (lower.contains("setup account") || lower.contains("no subscription found"))
            }
            Who::Machine => said.is_network || said.status == Some(400) || said.status == Some(404),
            Who::Service => false,
        };
        if is_nobody {
            return Failed::Nobody(format!("{source_words}: {}", said.causes.join(": ")));
        }
        let error = match verdict {
            Verdict::ConditionalAccess(code) => AzureError::ConditionalAccess {
                source_words,
                code,
                message: said.causes.into_iter().next().unwrap_or_default(),
                login,
            },
            Verdict::Expired => AzureError::LoginExpired { source_words, causes: said.causes, login },
            verdict => {
                let mut advice: Vec<_> = verdict.advice().map(str::to_owned).into_iter().collect();
                if problem == ReachProblem::UnknownIssuer && candidate.who == Who::Person {
                    advice.push("az trusts what REQUESTS_CA_BUNDLE names: REQUESTS_CA_BUNDLE=PEM".to_owned());
                }
                if lower.contains("doesn't exist in cloud") {
                    advice.push(LIST_SUBSCRIPTIONS.to_owned());
                }
                match candidate.who {
                    Who::Person => advice.push(login),
                    Who::Service | Who::Machine if advice.is_empty() => advice.extend([CLOCK.to_owned(), login]),
                    Who::Service | Who::Machine => {}
                }
                AzureError::CredentialsFailed { source_words, causes: said.causes, advice }
            }
        };
        Failed::For(error)
    }
}

/// Why a source has no token.
enum Failed {
    /// Nobody is logged in there.
    Nobody(String),
    /// There is somebody, and it does not work.
    For(AzureError),
}

/// What Azure's crate said, taken apart.
struct Said {
    status: Option<u16>,
    codes: Vec<u32>,
    causes: Vec<String>,
    is_network: bool,
}

impl Said {
    fn of(error: &azure_core::Error) -> Self {
        let mut said = Self { status: None, codes: Vec::new(), causes: Vec::new(), is_network: false };
        let mut source: Option<&(dyn std::error::Error + 'static)> = Some(error);
        let mut innermost = error;
        while let Some(cause) = source {
            if let Some(error) = cause.downcast_ref::<azure_core::Error>() {
                innermost = error;
                match error.kind() {
                    ErrorKind::HttpResponse { status, error_code, .. } => {
                        said.status = Some(u16::from(*status));
                        let numbers = error_code.iter().flat_map(|codes| codes.split(','));
                        said.codes.extend(numbers.filter_map(|code| code.trim().parse::<u32>().ok()));
                    }
                    ErrorKind::Connection | ErrorKind::Io => said.is_network = true,
                    _ => {}
                }
            }
            source = cause.source();
        }
        let text = innermost.to_string();
        if said.codes.is_empty() {
            said.codes = aadsts_in(&text);
        }
        // az writes several lines, and begins them with a word of its own.
        let text = if text.contains("AADSTS") { first_line(&text) } else { shown(&text) };
        let line = text.strip_prefix("ERROR: ").unwrap_or(&text);
        said.causes = if line.is_empty() { causes(error) } else { vec![line.to_owned()] };
        said
    }

    /// Why it may go away by itself.
    fn passing(&self, host: &str) -> Option<String> {
        match self.status {
            Some(429) => Some(format!("{host} is asked too often")),
            Some(status @ (500 | 502 | 503 | 504)) => Some(format!("{host} answered {status}")),
            Some(_) => None,
            None if self.is_network => match reach_problem(&self.causes) {
                ReachProblem::UnknownIssuer | ReachProblem::Certificate => None,
                problem => Some(format!("{host} is not reachable: {}", problem.words())),
            },
            None => None,
        }
    }
}

fn kept(token: &str, expires_on: OffsetDateTime) -> Kept {
    let lasts = expires_on - OffsetDateTime::now_utc();
    let lasts = Duration::try_from(lasts).unwrap_or_default();
    let token = ClusterToken(Zeroizing::new(token.to_owned()));
    Kept { token, until: Instant::now() + lasts.saturating_sub(MARGIN) }
}
