//! What can go wrong between this tool and the Orchestrator, by meaning, and what to do about it.

use jiff::Timestamp;
use serde_json::Value;

use crate::failure::{Failure, FailureKind};

/// Why no connection came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReachProblem {
    /// The host's name has no address.
    Dns,
    /// Nobody listens there.
    Refused,
    /// The server's certificate was issued by an authority that is not trusted here.
    UnknownIssuer,
    /// The server's certificate is not valid: expired, or of another host.
    Certificate,
    /// The proxy did not let the request through.
    Proxy,
    /// The connection ended before the whole answer had come.
    Dropped,
    /// Anything else.
    Other,
}

impl ReachProblem {
    /// The problem as the rest of a sentence.
    pub fn words(self) -> &'static str {
        match self {
            Self::Dns => "its host name cannot be resolved",
            Self::Refused => "the connection was refused",
            Self::UnknownIssuer => "its certificate was issued by an authority that is not trusted here",
            Self::Certificate => "its certificate is not valid",
            Self::Proxy => "the proxy did not let the request through",
            Self::Dropped => "the connection was dropped",
            Self::Other => "no connection came about",
        }
    }
}

/// An answer of the Orchestrator that is not what was asked for, or no answer.
#[derive(Debug, thiserror::Error)]
pub enum OrchestratorError {
    /// The base URL cannot be used.
    #[error("the API URL `{url}` {problem}")]
    UrlInvalid {
        /// The URL without user and password.
        url: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// A proxy variable cannot be used. Its value may hold a password, so it is not shown.
    #[error("the proxy in `{variable}` is not a URL that can be used")]
    ProxyInvalid {
        /// The environment variable.
        variable: &'static str,
    },
    /// The additional root certificates cannot be read.
    #[error("the additional certificates are not PEM certificates")]
    RootsInvalid,
    /// TLS could not be set up.
    #[error("setting up TLS")]
    TlsSetup {
        /// What the TLS library says.
        source: reqwest::Error,
    },
    /// No connection, or a broken one.
    #[error("the Orchestrator at {url} is not reachable: {}", problem.words())]
    NotReachable {
        /// The base URL.
        url: String,
        /// Why not.
        problem: ReachProblem,
        /// The network's own words.
        source: reqwest::Error,
    },
    /// No answer in time.
    #[error("the Orchestrator at {url} did not answer in time")]
    TimedOut {
        /// The base URL.
        url: String,
        /// The network's own words.
        source: reqwest::Error,
    },
    /// There is no token.
    #[error("there is no token for the Orchestrator")]
    TokenMissing,
    /// The token cannot be one. It is not shown.
    #[error("the token has characters in it that no token has, such as a line break in the middle")]
    TokenMalformed,
    /// 401.
    #[error("{}", token_refused(message, *expired_at))]
    TokenRefused {
        /// The server's own words.
        message: String,
        /// When the token expired, if it is a JWT that has.
        expired_at: Option<Timestamp>,
    },
    /// 403.
    #[error("the token may not do this in organisation `{org}`: {message}")]
    Forbidden {
        /// The organisation.
        org: String,
        /// The server's own words.
        message: String,
    },
    /// 404 for the organisation.
    #[error("the Orchestrator knows no organisation `{org}`, or the token does not belong to it")]
    OrgNotFound {
        /// The organisation.
        org: String,
    },
    /// 404 for something in it.
    #[error("{what} does not exist: {message}")]
    NotFound {
        /// What was asked about.
        what: String,
        /// The server's own words.
        message: String,
    },
    /// 409 when creating, or somebody else was faster: look again.
    #[error("{what} exists already: {message}")]
    Exists {
        /// What was to be created.
        what: String,
        /// The server's own words.
        message: String,
    },
    /// 400.
    #[error("the Orchestrator does not accept {what}: {message}")]
    Invalid {
        /// What was sent.
        what: String,
        /// The API's error code.
        code: String,
        /// The server's own words.
        message: String,
        /// What the server says in addition.
        details: Option<Box<Value>>,
    },
    /// 409 when changing.
    #[error("{what} cannot be changed now: {message}")]
    Conflict {
        /// What was to be changed.
        what: String,
        /// The server's own words.
        message: String,
    },
    /// A status or a content that the API does not document.
    #[error("unexpected answer of the Orchestrator to the request for {what} (status {status}): {excerpt}")]
    Unexpected {
        /// What was asked about.
        what: String,
        /// The HTTP status.
        status: u16,
        /// The beginning of the body.
        excerpt: String,
    },
    /// Something that is not the Orchestrator answered, e.g. a proxy's login page.
    #[error("{url} answered with {came} (status {status}) instead of JSON")]
    NotJson {
        /// The base URL.
        url: String,
        /// The HTTP status.
        status: u16,
        /// What came instead.
        came: String,
    },
    /// A change was asked of a client that may only read.
    #[error("refused to send {method} {path}: this run may only read")]
    ReadOnly {
        /// The HTTP method.
        method: String,
        /// The path.
        path: String,
    },
}

fn token_refused(message: &str, expired_at: Option<Timestamp>) -> String {
    match expired_at {
        Some(at) => format!("the token expired at {at}: {message}"),
        None if message.to_lowercase().contains("expired") => format!("the token has expired: {message}"),
        None => format!("the Orchestrator does not accept the token: {message}"),
    }
}

impl OrchestratorError {
    fn kind(&self) -> FailureKind {
        match self {
            Self::TokenMissing
            | Self::TokenRefused { .. }
            | Self::Forbidden { .. }
            | Self::Exists { .. }
            | Self::Conflict { .. } => FailureKind::Refused,
            Self::UrlInvalid { .. }
            | Self::ProxyInvalid { .. }
            | Self::RootsInvalid
            | Self::TokenMalformed
            | Self::OrgNotFound { .. }
            | Self::NotFound { .. }
            | Self::Invalid { .. } => FailureKind::Usage,
            Self::TlsSetup { .. } | Self::NotReachable { .. } | Self::TimedOut { .. } | Self::NotJson { .. } => {
                FailureKind::Unreachable
            }
            // An answer that is none of the API's comes from something else: a proxy, or another server.
            Self::Unexpected { .. } => FailureKind::Unreachable,
            Self::ReadOnly { .. } => FailureKind::Bug,
        }
    }

    fn hints(&self) -> Vec<&'static str> {
        const LOGIN: &str = "hctl login";
        const OTHER_TOKEN: &str = "or give a token by HUMANITEC_AUTH_TOKEN or --token-file FILE";
        const CA_FILE: &str = "name your own authority's certificate: --ca-file PEM";
        const API_URL: &str = "check --api-url (HUMANITEC_API_URL)";
        const ORG: &str = "check --org (HUMANITEC_ORG)";
        const PROXY: &str = "check HTTPS_PROXY, HTTP_PROXY and NO_PROXY";
        match self {
            Self::TokenMissing | Self::TokenMalformed | Self::TokenRefused { .. } => vec![LOGIN, OTHER_TOKEN],
            Self::Forbidden { .. } => vec![ORG, LOGIN, OTHER_TOKEN],
            Self::OrgNotFound { .. } => vec![ORG, API_URL, LOGIN],
            Self::UrlInvalid { .. } => vec![API_URL],
            Self::ProxyInvalid { .. } => vec![PROXY],
            Self::RootsInvalid | Self::TlsSetup { .. } => vec!["check --ca-file (SSL_CERT_FILE)"],
            Self::NotReachable { problem, .. } => match problem {
                ReachProblem::UnknownIssuer => vec![CA_FILE],
                ReachProblem::Certificate => vec![API_URL, "check this machine's clock"],
                ReachProblem::Proxy => vec![PROXY],
                ReachProblem::Dns | ReachProblem::Refused | ReachProblem::Dropped | ReachProblem::Other => {
                    vec![API_URL, PROXY]
                }
            },
            Self::TimedOut { .. } | Self::NotJson { .. } => vec![API_URL, PROXY],
            Self::Exists { .. } | Self::Conflict { .. } => vec!["run the same command again: it looks anew"],
            Self::Unexpected { status: 200..=299, .. } => vec![API_URL],
            Self::NotFound { .. } | Self::Invalid { .. } | Self::Unexpected { .. } | Self::ReadOnly { .. } => vec![],
        }
    }
}

impl From<OrchestratorError> for Failure {
    fn from(error: OrchestratorError) -> Self {
        let mut failure = Self::of(error.kind(), &error);
        if let OrchestratorError::Invalid { code, details: Some(details), .. } = &error
            && !details.is_null()
        {
            failure = failure.cause(format!("{code}: {details}"));
        }
        error.hints().into_iter().fold(failure, Self::hint)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_token_says_since_when_and_how_to_get_another() {
        let expired_at = Some("2026-01-01T00:00:00Z".parse().unwrap());
        let failure =
            Failure::from(OrchestratorError::TokenRefused { message: "invalid token".to_owned(), expired_at });
        assert_eq!(failure.message, "the token expired at 2026-01-01T00:00:00Z: invalid token");
        assert_eq!(failure.kind, FailureKind::Refused);
        assert_eq!(failure.hints[0], "hctl login");
    }

    #[test]
    fn what_the_server_says_in_detail_is_a_cause() {
        let failure = Failure::from(OrchestratorError::Invalid {
            what: "runner `a`".to_owned(),
            code: "API-001".to_owned(),
            message: "no".to_owned(),
            details: Some(Box::new(serde_json::json!({ "field": "key" }))),
        });
        assert_eq!(failure.causes, [r#"API-001: {"field":"key"}"#]);
        assert_eq!(failure.kind, FailureKind::Usage);
    }
}
