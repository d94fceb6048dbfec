//! The one function that sends a request, and what its answer means.

use std::error::Error as _;
use std::time::{Duration, Instant, SystemTime};

use jiff::Timestamp;
use reqwest::header::{ACCEPT, FROM, LOCATION, RETRY_AFTER};
use reqwest::{Method, Response};
use serde_json::Value;

use super::{Orchestrator, OrchestratorError, ReachProblem};
use crate::access::Access;
use crate::retry::{Patience, retry_after, spoken};

/// More than any answer of this API has; what is larger comes from somewhere else.
const LARGEST_ANSWER: usize = 16 * 1024 * 1024;
/// Who one is on a local installation without tokens.
const LOCAL_USER: &str = "00000000-0000-0000-0000-000000000000";

/// One request, and how to speak about it.
pub(super) struct Request<'a> {
    pub method: Method,
    /// Path segments below the base URL.
    pub path: Vec<&'a str>,
    pub query: Vec<(&'static str, String)>,
    pub body: Option<&'a Value>,
    pub org: &'a str,
    /// What it is about, e.g. ``runner `a` ``.
    pub what: String,
}

/// Whether a request that failed may be sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Again {
    /// The answer will be the same.
    Never,
    /// It has certainly not been carried out.
    Safely,
    /// It may have been carried out: look before anything that must not happen twice.
    AfterLooking,
}

/// A request that failed.
pub(super) struct Trouble {
    pub error: OrchestratorError,
    pub again: Again,
    /// The trouble in half a sentence.
    pub said: String,
    pub retry_after: Option<Duration>,
}

impl Trouble {
    fn new(error: OrchestratorError, again: Again, said: impl Into<String>) -> Box<Self> {
        Box::new(Self { error, again, said: said.into(), retry_after: None })
    }

    fn never(error: OrchestratorError) -> Box<Self> {
        Self::new(error, Again::Never, "")
    }
}

impl Orchestrator {
    /// Sends a request that may be carried out twice, again and again while that can help.
    pub(super) async fn send_patiently(&self, request: &Request<'_>) -> Result<Value, OrchestratorError> {
        let mut patience = Patience::new(self.deadline);
        loop {
            let trouble = match self.send(request).await {
                Ok(answer) => return Ok(answer),
                Err(trouble) if trouble.again == Again::Never => return Err(trouble.error),
                Err(trouble) => trouble,
            };
            let Some(wait) = patience.wait_after(trouble.retry_after) else { return Err(trouble.error) };
            (self.on_retry)(&format!("{}; asking again in {}", trouble.said, spoken(wait)));
            tokio::time::sleep(wait).await;
        }
    }

    /// Sends a request once. All requests go through here, so this is where a client that may only read refuses.
    pub(super) async fn send(&self, request: &Request<'_>) -> Result<Value, Box<Trouble>> {
        let mut url = self.api_url.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(&request.path);
        }
        let path = url.path().to_owned();
        if self.access == Access::ReadOnly && request.method != Method::GET {
            return Err(Trouble::never(OrchestratorError::ReadOnly { method: request.method.to_string(), path }));
        }
        if !request.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&request.query);
        }
        let is_local = url.scheme() == "http" && url.host_str() == Some("localhost");
        let mut builder = self.client.request(request.method.clone(), url).header(ACCEPT, "application/json");
        builder = match &self.token {
            Some(token) => builder.bearer_auth(token.expose()),
            None if is_local => builder.header(FROM, LOCAL_USER),
            None => return Err(Trouble::never(OrchestratorError::TokenMissing)),
        };
        if let Some(body) = request.body {
            builder = builder.json(body);
        }
        let start = Instant::now();
        let sent = builder.send().await;
        let status = sent.as_ref().map_or(0, |response| response.status().as_u16());
        tracing::debug!(method = %request.method, path, status, ms = start.elapsed().as_millis(), "orchestrator");
        match sent {
            Ok(response) => self.understand(request, response).await,
            Err(error) => Err(self.no_answer(error)),
        }
    }

    async fn understand(&self, request: &Request<'_>, mut response: Response) -> Result<Value, Box<Trouble>> {
        let status = response.status().as_u16();
        let header = |name| response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let location = header(LOCATION);
        let wait = header(RETRY_AFTER).and_then(|header| retry_after(&header, SystemTime::now()));
        let mut body = Vec::new();
        loop {
            match response.chunk().await {
                Ok(Some(chunk)) if body.len() + chunk.len() <= LARGEST_ANSWER => body.extend_from_slice(&chunk),
                Ok(Some(_)) => {
                    let excerpt = "the answer is larger than 16 MiB".to_owned();
                    return Err(Trouble::never(unexpected(request, status, &excerpt)));
                }
                Ok(None) => break,
                Err(error) => return Err(self.no_answer(error)),
            }
        }
        let mut text = String::from_utf8_lossy(&body).into_owned();
        if let Some(token) = &self.token {
            // A proxy's error page may show the request that it got.
            text = text.replace(token.expose(), "[redacted]");
        }
        let parsed = serde_json::from_str::<Value>(&text);
        match (status, parsed) {
            (204, _) => Ok(Value::Null),
            (200..=299, Ok(value)) => Ok(value),
            (200..=299, Err(error)) if error.is_eof() && text.trim_start().starts_with(['{', '[']) => {
                let error = unexpected(request, status, &text);
                Err(Trouble::new(error, Again::AfterLooking, "the Orchestrator's answer was cut off"))
            }
            (200..=299, Err(_)) => Err(Trouble::never(self.not_json(status, &text))),
            (300..=399, _) => {
                let came = format!("a redirect to {}", location.as_deref().map_or("nowhere", without_query));
                Err(Trouble::never(OrchestratorError::NotJson { url: self.api_url.to_string(), status, came }))
            }
            (429 | 500 | 502 | 503 | 504, _) => {
                let again = if status == 429 { Again::Safely } else { Again::AfterLooking };
                let mut trouble = Trouble::new(
                    unexpected(request, status, &text),
                    again,
                    format!("the Orchestrator answered {status}"),
                );
                trouble.retry_after = wait;
                Err(trouble)
            }
            (_, Ok(value)) => Err(Trouble::never(self.refusal(request, status, &value, &text))),
            // An empty answer says no more than its status, and a 401 says enough.
            (401, Err(_)) => Err(Trouble::never(self.refusal(request, status, &Value::Null, &text))),
            (_, Err(_)) if text.trim().is_empty() => {
                Err(Trouble::never(self.refusal(request, status, &Value::Null, "no reason given")))
            }
            (_, Err(_)) => Err(Trouble::never(self.not_json(status, &text))),
        }
    }

    fn refusal(&self, request: &Request<'_>, status: u16, body: &Value, text: &str) -> OrchestratorError {
        let message = body["message"].as_str().map_or_else(|| excerpt(text), str::to_owned);
        let what = request.what.clone();
        match status {
            400 | 422 => OrchestratorError::Invalid {
                what,
                code: body["error"].as_str().unwrap_or_default().to_owned(),
                message,
                details: body.get("details").cloned().map(Box::new),
            },
            401 => {
                let now = Timestamp::now();
                let expired_at = self.token.as_ref().and_then(super::Token::expires_at).filter(|at| *at < now);
                OrchestratorError::TokenRefused { message, expired_at }
            }
            403 => OrchestratorError::Forbidden { org: request.org.to_owned(), message },
            404 => OrchestratorError::NotFound { what, message },
            409 if request.method == Method::POST => OrchestratorError::Exists { what, message },
            409 => OrchestratorError::Conflict { what, message },
            _ => unexpected(request, status, text),
        }
    }

    fn not_json(&self, status: u16, text: &str) -> OrchestratorError {
        let lower = text.to_lowercase();
        let title = lower
            .find("<title>")
            .map(|at| at + 7)
            .zip(lower.find("</title>"))
            .and_then(|(from, to)| text.get(from..to));
        let came = match title {
            Some(title) => format!("a web page called `{}`", excerpt(title)),
            None if lower.contains("<html") => "a web page".to_owned(),
            None if text.trim().is_empty() => "nothing".to_owned(),
            None => format!("`{}`", excerpt(text)),
        };
        OrchestratorError::NotJson { url: self.api_url.to_string(), status, came }
    }

    fn no_answer(&self, source: reqwest::Error) -> Box<Trouble> {
        let (url, source) = (self.api_url.to_string(), source.without_url());
        let again = if source.is_connect() { Again::Safely } else { Again::AfterLooking };
        if source.is_timeout() {
            let error = OrchestratorError::TimedOut { url, source };
            return Trouble::new(error, again, "the Orchestrator did not answer in time");
        }
        let problem = reach_problem(&source);
        let said = format!("the Orchestrator is not reachable: {}", problem.words());
        let error = OrchestratorError::NotReachable { url, problem, source };
        match problem {
            ReachProblem::UnknownIssuer | ReachProblem::Certificate => Trouble::never(error),
            _ => Trouble::new(error, again, said),
        }
    }
}

fn unexpected(request: &Request<'_>, status: u16, text: &str) -> OrchestratorError {
    OrchestratorError::Unexpected { what: request.what.clone(), status, excerpt: excerpt(text) }
}

/// Reads from the causes of a network error what happened. The libraries below have no public types for all of it.
fn reach_problem(error: &reqwest::Error) -> ReachProblem {
    let mut texts = String::new();
    let mut source = error.source();
    while let Some(cause) = source {
        if let Some(io) = cause.downcast_ref::<std::io::Error>()
            && io.kind() == std::io::ErrorKind::ConnectionRefused
        {
            return ReachProblem::Refused;
        }
        texts.push_str(&cause.to_string().to_lowercase());
        source = cause.source();
    }
    let has = |word| texts.contains(word);
    if has("unknownissuer") || has("unknown issuer") {
        ReachProblem::UnknownIssuer
    } else if has("invalid peer certificate") || has("certificate verif") {
        ReachProblem::Certificate
    } else if has("dns error") || has("failed to lookup") {
        ReachProblem::Dns
    } else if has("tunnel") || has("proxy") {
        ReachProblem::Proxy
    } else if !error.is_connect() {
        ReachProblem::Dropped
    } else {
        ReachProblem::Other
    }
}

fn without_query(location: &str) -> &str {
    location.split(['?', '#']).next().unwrap_or(location)
}

/// The first 300 characters on one line.
fn excerpt(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let shown: String = line.chars().filter(|c| !c.is_control()).take(300).collect();
    if shown.len() < line.len() { format!("{shown}…") } else { shown }
}
