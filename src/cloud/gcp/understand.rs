//! What became of a request: whether to ask again, and what it means if that does not help.

use std::error::Error;

use super::GcpError;
use super::refusal::{Refusal, shown};
use super::send::Call;
use crate::cloud::reach::{ReachProblem, reach_problem};

/// The project of Google's own programs, which is charged when user credentials name none.
pub(super) const GCLOUDS_OWN_PROJECT: &str = "764086051850";

/// A request that got no answer, or not the one that was asked for.
#[derive(Debug)]
pub(super) enum Trouble {
    /// The server said no.
    Refused(Box<Refusal>),
    /// The request was not sent: no token, or the client may only read.
    NotSent(GcpError),
    /// No connection.
    NotReached(Vec<String>),
    /// No answer in time.
    TimedOut,
    /// An answer that is none of Google's.
    Strange { status: u16, came: String },
}

/// What libraries say about themselves.
const NOISE: [&str; 4] = ["client error (Connect)", "dns error", "error sending request", "builder error"];

/// From the nearest cause to the root, without what says nothing and without what looks like a token.
pub(super) fn causes(error: &(dyn Error + 'static)) -> Vec<String> {
    let mut causes: Vec<String> = Vec::new();
    let mut source = Some(error);
    while let Some(cause) = source {
        let text = shown(&cause.to_string());
        if !text.is_empty() && !NOISE.contains(&text.as_str()) && causes.last().is_none_or(|last| !last.contains(&text))
        {
            causes.push(text);
        }
        source = cause.source();
    }
    causes
}

impl Trouble {
    /// A network error, taken apart.
    pub(super) fn of_network(error: reqwest::Error) -> Self {
        let error = error.without_url();
        if error.is_timeout() {
            return Self::TimedOut;
        }
        Self::NotReached(error.source().map(causes).unwrap_or_default())
    }

    /// The trouble in half a sentence, when it may go away by itself; `None`: the answer will be the same.
    pub(super) fn passing(&self, host: &str) -> Option<String> {
        match self {
            Self::Refused(refusal) if refusal.is_passing() && refusal.http == 429 => {
                Some(format!("{host} is asked too often"))
            }
            Self::Refused(refusal) if refusal.is_passing() => Some(format!("{host} answered {}", refusal.http)),
            Self::Strange { status: status @ (429 | 500 | 502 | 503 | 504), .. } => {
                Some(format!("{host} answered {status}"))
            }
            Self::TimedOut => Some(format!("{host} did not answer in time")),
            Self::NotReached(causes) => match reach_problem(causes) {
                ReachProblem::UnknownIssuer | ReachProblem::Certificate => None,
                problem => Some(format!("{host} is not reachable: {}", problem.words())),
            },
            Self::Refused(_) | Self::NotSent(_) | Self::Strange { .. } => None,
        }
    }

    /// What it means.
    pub(super) fn meaning(self, call: &Call<'_>, source_words: &str) -> GcpError {
        let (action, host) = (call.permission.to_owned(), call.service.host().to_owned());
        match self {
            Self::NotSent(error) => error,
            Self::TimedOut => GcpError::TimedOut { action, host },
            Self::NotReached(causes) => {
                GcpError::NotReachable { action, host, problem: reach_problem(&causes), causes }
            }
            Self::Strange { status, came } => {
                GcpError::Unexpected { action, host, status: Some(status), message: came }
            }
            Self::Refused(refusal) => refused(*refusal, call, source_words),
        }
    }
}

fn refused(refusal: Refusal, call: &Call<'_>, source_words: &str) -> GcpError {
    let (action, on, host) = (call.permission.to_owned(), call.on.clone(), call.service.host());
    let source_words = source_words.to_owned();
    // The project that is charged need not be the one that is asked about.
    let project = || refusal.project().or_else(|| call.project.clone()).unwrap_or_else(|| "PROJECT".to_owned());
    let message = match refusal.message.as_str() {
        "" => "no reason given".to_owned(),
        message => message.to_owned(),
    };
    let is_quota_project = refusal.reason == "USER_PROJECT_DENIED"
        || message.contains("requires a quota project")
        || refusal.project().as_deref() == Some(GCLOUDS_OWN_PROJECT);
    match refusal.http {
        401 => GcpError::TokenRefused { source_words, message },
        403 if is_quota_project => {
            GcpError::QuotaProject { project: refusal.project().unwrap_or_else(|| "none".to_owned()), message }
        }
        403 if refusal.reason == "CONSUMER_INVALID" => {
            GcpError::ProjectHidden { project: project(), source_words, message }
        }
        400 | 403 | 412 if refusal.is_of_organisation() => {
            GcpError::OrganisationPolicy { action, on, constraint: constraint(&refusal), message }
        }
        403 => match refusal.disabled_api(host) {
            Some(api) => GcpError::ApiDisabled { action, api, project: project(), message },
            None => {
                let named = refusal.missing_permissions();
                let missing = if named.is_empty() { vec![action.clone()] } else { named };
                GcpError::Denied { action, on, missing, project: call.project.clone(), taking_back: false, message }
            }
        },
        404 => GcpError::Missing { action, on, message },
        _ if refusal.is_conflict() => GcpError::Conflict { action, on, message },
        409 => GcpError::Exists { action, on, message },
        429 if refusal.is_quota() => GcpError::Quota { action, message },
        429 => GcpError::Throttled { action, message },
        400..=499 => GcpError::Invalid { action, on, message },
        status => GcpError::Unexpected { action, host: host.to_owned(), status: Some(status), message },
    }
}

/// IAM says some of its constraints in words only.
fn constraint(refusal: &Refusal) -> Option<String> {
    let inferred = || {
        let message = refusal.message.to_lowercase();
        if message.contains("permitted customer") {
            Some("constraints/iam.allowedPolicyMemberDomains".to_owned())
        } else if message.contains("account creation is not allowed") {
            Some("constraints/iam.disableServiceAccountCreation".to_owned())
        } else {
            None
        }
    };
    refusal.constraint.clone().or_else(inferred)
}
