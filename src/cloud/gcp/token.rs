//! Tokens: one serves Google's APIs and the cluster's API server alike, and is kept until shortly before its end.

use std::fmt;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use google_cloud_auth::errors::CredentialsError;
use serde_json::Value;
use zeroize::Zeroizing;

use super::GcpError;
use super::client::{Gcp, Shared};
use super::credentials::{Candidate, Source};
use super::failure::{GCLOUD_LOGIN, LOGIN};
use super::refusal::shown;
use super::understand::{Trouble, causes};
use crate::cloud::reach::{ReachProblem, reach_problem};

/// What a token is for. Without the second, an API server knows its bearer by a number only, and rules that name an
/// address let nobody in (`gcp-azure.md`, part 1).
pub(super) const SCOPES: [&str; 2] =
    ["https://www.googleapis.com/auth/cloud-platform", "https://www.googleapis.com/auth/userinfo.email"];
/// How long a source may take: somebody may have to touch a key.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);
/// How long before its end a token is not used any more.
const MARGIN: Duration = Duration::from_secs(240);
/// How long a token of gcloud's is used: it does not say when it ends.
const GCLOUD_FRESH: Duration = Duration::from_secs(600);

/// A bearer token for the API server of a cluster. Wiped from memory when dropped; cannot be printed or serialised.
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
#[derive(Clone)]
pub(super) struct Kept {
    token: ClusterToken,
    /// `None`: as long as the run lasts.
    until: Option<Instant>,
}

impl Kept {
    /// A token that nobody here can renew.
    pub(super) fn forever(token: &str) -> Self {
        Self { token: ClusterToken(Zeroizing::new(token.to_owned())), until: None }
    }

    /// Reads a token endpoint's answer to a request that was sent then.
    pub(super) fn read(answer: &Value, began: Instant) -> Option<Self> {
        let token = answer["access_token"].as_str().filter(|token| !token.is_empty())?;
        let lasts = Duration::from_secs(answer["expires_in"].as_u64().unwrap_or(3600));
        Some(Self { until: Some(began + lasts.saturating_sub(MARGIN)), ..Self::forever(token) })
    }

    fn is_good(&self) -> bool {
        self.until.is_none_or(|until| Instant::now() < until)
    }
}

impl Gcp {
    /// A token for the API server of a cluster, good for some minutes at least: ask again before long waits.
    ///
    /// # Errors
    /// No usable credentials, or whoever makes the token does not answer.
    pub async fn cluster_token(&self) -> Result<ClusterToken, GcpError> {
        self.shared.token().await
    }
}

impl Shared {
    /// When getting a token has to end: one may also be needed while the agent is waited for, which has a time of its own.
    pub(super) fn token_deadline(&self) -> Instant {
        self.deadline().max(Instant::now() + PATIENCE)
    }

    /// A token of the source in use; of the first one that has one, when none is in use yet.
    pub(super) async fn token(&self) -> Result<ClusterToken, GcpError> {
        let mut kept = self.login.kept.lock().await;
        if let Some(kept) = kept.as_ref().filter(|kept| kept.is_good()) {
            return Ok(kept.token.clone());
        }
        let first = self.login.chosen.load(Ordering::Relaxed);
        let mut failed = Vec::new();
        for (index, candidate) in self.login.candidates.iter().enumerate().skip(first) {
            match self.token_of(candidate).await {
                Ok(new) => {
                    self.login.chosen.store(index, Ordering::Relaxed);
                    let token = new.token.clone();
                    // The library keeps its tokens itself, and what somebody made is not made anew.
                    *kept = new.until.is_some().then_some(new);
                    return Ok(token);
                }
                Err(error) => failed.push(error),
            }
        }
        // A machine of Google's was only guessed; whoever is logged in to gcloud hears what gcloud says.
        let is_guess = |candidate: &Candidate| matches!(candidate.source, Source::Library(_));
        let is_guessed = !self.login.tried.is_empty() && self.login.candidates.iter().any(is_guess);
        match failed.pop() {
            Some(error) if failed.is_empty() && !is_guessed => Err(error),
            last => {
                let said = failed.iter().chain(&last).map(said);
                Err(GcpError::NoCredentials { tried: self.login.tried.iter().cloned().chain(said).collect() })
            }
        }
    }

    async fn token_of(&self, candidate: &Candidate) -> Result<Kept, GcpError> {
        let words = &candidate.words;
        let is_user = matches!(candidate.source, Source::User(_));
        match &candidate.source {
            Source::Ready(token) => Ok(token.clone()),
            Source::User(user) => user.token(self).await.map_err(|trouble| failed(trouble, words, is_user)),
            Source::Key(key) => key.token(self).await.map_err(|trouble| failed(trouble, words, is_user)),
            Source::Library(library) => {
                let credentials = library.credentials()?;
                match tokio::time::timeout(library.patience, credentials.access_token()).await {
                    Ok(Ok(token)) => Ok(Kept::forever(&Zeroizing::new(token.token))),
                    Ok(Err(error)) => Err(of_library(&error, words)),
                    Err(_) => Err(GcpError::TimedOut { action: "getting a token".to_owned(), host: words.clone() }),
                }
            }
            Source::Gcloud(gcloud) => match gcloud.token().await {
                Ok(token) => Ok(Kept { until: Some(Instant::now() + GCLOUD_FRESH), ..Kept::forever(token.as_str()) }),
                Err(said) if is_expired(&said) => Err(expired(words, vec![said], GCLOUD_LOGIN)),
                Err(said) => Err(GcpError::CredentialsFailed {
                    source_words: words.clone(),
                    causes: vec![said],
                    advice: vec![LOGIN.to_owned(), GCLOUD_LOGIN.to_owned()],
                }),
            },
        }
    }
}

/// What one source of several said.
fn said(error: &GcpError) -> String {
    let cause = match error {
        GcpError::CredentialsFailed { causes, .. } | GcpError::LoginExpired { causes, .. } => causes.last(),
        _ => None,
    };
    cause.map_or_else(|| error.to_string(), |cause| format!("{error}: {cause}"))
}

fn expired(words: &str, causes: Vec<String>, login: &'static str) -> GcpError {
    GcpError::LoginExpired { source_words: words.to_owned(), causes, login }
}

/// Whether somebody has to log in anew: too old, revoked, or the organisation wants to see a person again.
fn is_expired(text: &str) -> bool {
    let text = text.to_lowercase();
    ["invalid_grant", "invalid_rapt", "reauth", "expired or revoked"].iter().any(|word| text.contains(word))
}

/// What a token endpoint's answer means.
fn failed(trouble: Trouble, words: &str, is_user: bool) -> GcpError {
    let source_words = words.to_owned();
    let action = "getting a token".to_owned();
    match trouble {
        Trouble::Refused(refusal) => {
            let cause = format!("{}: {}", refusal.status, refusal.message);
            if is_user && refusal.status == "invalid_grant" {
                return expired(words, vec![cause], LOGIN);
            }
            let is_clock = refusal.message.contains("reasonable timeframe");
            let advice = match (is_user, is_clock) {
                (_, true) => "check this machine's clock",
                (true, _) => LOGIN,
                (false, _) => {
                    "gcloud iam service-accounts keys list --iam-account EMAIL: the key may be deleted or disabled"
                }
            };
            GcpError::CredentialsFailed { source_words, causes: vec![cause], advice: vec![advice.to_owned()] }
        }
        Trouble::NotSent(error) => error,
        Trouble::TimedOut => GcpError::TimedOut { action, host: "Google's token endpoint".to_owned() },
        Trouble::NotReached(causes) => GcpError::NotReachable {
            action,
            host: "Google's token endpoint".to_owned(),
            problem: reach_problem(&causes),
            causes,
        },
        Trouble::Strange { status, came } => GcpError::Unexpected {
            action,
            host: "Google's token endpoint".to_owned(),
            status: Some(status),
            message: came,
        },
    }
}

fn of_library(error: &CredentialsError, words: &str) -> GcpError {
    let causes: Vec<String> = causes(error).iter().map(|cause| shown(cause)).collect();
    if causes.iter().any(|cause| is_expired(cause)) {
        return expired(words, causes, LOGIN);
    }
    let mut advice = vec![LOGIN.to_owned()];
    if reach_problem(&causes) == ReachProblem::UnknownIssuer {
        // The library's HTTP client is its own.
        advice.insert(0, "name your own authority's certificate: SSL_CERT_FILE=PEM".to_owned());
    }
    GcpError::CredentialsFailed { source_words: words.to_owned(), causes, advice }
}
