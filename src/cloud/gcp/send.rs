//! The one function that sends a request: never past the deadline, and again while that can help.

use std::time::{Instant, SystemTime};

use reqwest::header::{ACCEPT, CONTENT_LENGTH, RETRY_AFTER};
use reqwest::{Method, RequestBuilder, Response};
use serde_json::Value;

use super::GcpError;
use super::client::{Gcp, Shared};
use super::endpoints::Service;
use super::guard;
use super::refusal::{Refusal, shown};
use super::understand::Trouble;
use crate::retry::{Patience, retry_after, spoken};

/// More than any answer of these APIs has; what is larger comes from somewhere else.
const LARGEST_ANSWER: usize = 16 * 1024 * 1024;
/// Who is charged for a request.
const QUOTA_PROJECT: &str = "x-goog-user-project";

/// As whom a request is sent.
#[derive(Debug, Clone, Copy)]
pub(super) enum Bearer<'a> {
    /// As whom this run is logged in.
    Login,
    /// As whoever this token is of.
    Token(&'a str),
    /// As nobody.
    Nobody,
}

/// One request, and how to speak about it.
#[derive(Debug, Clone)]
pub(super) struct Call<'a> {
    pub service: Service,
    pub method: Method,
    /// Below the API's base, without a slash at its beginning.
    pub path: String,
    pub query: &'static [(&'static str, &'static str)],
    pub body: Option<Value>,
    /// The permission it needs, e.g. `container.clusters.get`: how it is spoken of.
    pub permission: &'static str,
    /// What it is about, e.g. ``cluster `x` ``.
    pub on: String,
    /// The project it is about.
    pub project: Option<String>,
    pub bearer: Bearer<'a>,
}

impl Call<'_> {
    pub(super) fn get(service: Service, path: impl Into<String>, permission: &'static str) -> Self {
        Self {
            service,
            method: Method::GET,
            path: path.into(),
            query: &[],
            body: None,
            permission,
            on: String::new(),
            project: None,
            bearer: Bearer::Login,
        }
    }

    pub(super) fn post(service: Service, path: impl Into<String>, body: Value, permission: &'static str) -> Self {
        let call = Self::get(service, path, permission);
        Self { method: Method::POST, body: Some(body).filter(|body| !body.is_null()), ..call }
    }

    /// What it is about.
    pub(super) fn on(mut self, on: impl Into<String>, project: &str) -> Self {
        self.on = on.into();
        self.project = Some(project.to_owned());
        self
    }
}

impl Gcp {
    /// Sends a request that may be carried out twice, again and again while that can help.
    pub(super) async fn ask(&self, call: &Call<'_>) -> Result<Value, GcpError> {
        self.attempt(call).await.map_err(|trouble| trouble.meaning(call, &self.credentials()))
    }

    /// Like [`Self::ask`], for what may not be there.
    pub(super) async fn ask_for(&self, call: &Call<'_>) -> Result<Option<Value>, GcpError> {
        match self.ask(call).await {
            Ok(answer) => Ok(Some(answer)),
            Err(GcpError::Missing { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Sends once; with a new token when the old one is not taken any more, with which nothing was done.
    pub(super) async fn send_renewed(&self, call: &Call<'_>) -> Result<Value, Trouble> {
        match self.send(call).await {
            Err(Trouble::Refused(refusal))
                if refusal.http == 401
                    && matches!(call.bearer, Bearer::Login)
                    && self.shared.login.forget_token().await =>
            {
                self.send(call).await
            }
            answer => answer,
        }
    }

    /// Like [`Self::ask`], with the answer as it came.
    pub(super) async fn attempt(&self, call: &Call<'_>) -> Result<Value, Trouble> {
        let mut patience = Patience::new(self.shared.deadline());
        loop {
            let trouble = match self.send_renewed(call).await {
                Ok(answer) => return Ok(answer),
                Err(trouble) => trouble,
            };
            let refusal = if let Trouble::Refused(refusal) = &trouble { Some(refusal) } else { None };
            let Some(said) = trouble.passing(call.service.host()) else { return Err(trouble) };
            let Some(wait) = patience.wait_after(refusal.and_then(|refusal| refusal.wait)) else {
                return Err(trouble);
            };
            (self.shared.on_retry)(&format!("{said}; asking again in {}", spoken(wait)));
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = self.shared.interrupt.pressed() => {
                    let action = call.permission.to_owned();
                    return Err(Trouble::NotSent(GcpError::Interrupted { action, why: said }));
                }
            }
        }
    }

    /// Sends a request once. All requests for Google's APIs go through here, and so through the guard.
    pub(super) async fn send(&self, call: &Call<'_>) -> Result<Value, Trouble> {
        guard::check(self.access, &call.method, &call.path).map_err(Trouble::NotSent)?;
        let strange = |came: &str| Trouble::Strange { status: 0, came: came.to_owned() };
        let url = self.shared.bases.url(call.service, &call.path, call.query).ok_or_else(|| strange("no URL"))?;
        let mut builder = self.shared.http.request(call.method.clone(), url).header(ACCEPT, "application/json");
        let login;
        let token = match call.bearer {
            Bearer::Login => {
                login = self.shared.token().await.map_err(Trouble::NotSent)?;
                if let Some(project) = self.shared.login.quota_project() {
                    builder = builder.header(QUOTA_PROJECT, project);
                }
                Some(login.expose())
            }
            Bearer::Token(token) => Some(token),
            Bearer::Nobody => None,
        };
        if let Some(token) = token {
            builder = builder.bearer_auth(token);
        }
        builder = match &call.body {
            Some(body) => builder.json(body),
            // Google refuses a POST of unknown length.
            None if call.method == Method::POST => builder.header(CONTENT_LENGTH, 0),
            None => builder,
        };
        let start = Instant::now();
        let answer = self.shared.answer(builder, token, self.shared.deadline()).await;
        let (method, path) = (&call.method, &call.path);
        tracing::debug!(%method, path, ok = answer.is_ok(), ms = start.elapsed().as_millis(), "google");
        answer
    }
}

impl Shared {
    /// Sends what is ready to be sent, and reads the answer; `secret` is never repeated.
    pub(super) async fn answer(
        &self,
        builder: RequestBuilder,
        secret: Option<&str>,
        until: Instant,
    ) -> Result<Value, Trouble> {
        if Instant::now() >= until {
            return Err(Trouble::TimedOut);
        }
        let exchange = async {
            let response = builder.send().await.map_err(Trouble::of_network)?;
            read(response, secret).await
        };
        tokio::time::timeout_at(until.into(), exchange).await.unwrap_or(Err(Trouble::TimedOut))
    }
}

async fn read(mut response: Response, secret: Option<&str>) -> Result<Value, Trouble> {
    let status = response.status().as_u16();
    let wait = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
    let wait = wait.and_then(|value| retry_after(value, SystemTime::now()));
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(Trouble::of_network)? {
        if body.len() + chunk.len() > LARGEST_ANSWER {
            return Err(Trouble::Strange { status, came: "the answer is larger than 16 MiB".to_owned() });
        }
        body.extend_from_slice(&chunk);
    }
    let mut text = String::from_utf8_lossy(&body).into_owned();
    if let (Some(secret), false) = (secret, (200..=299).contains(&status)) {
        // A proxy's error page may show the request that it got.
        text = text.replace(secret, "[redacted]");
    }
    let parsed = serde_json::from_str::<Value>(&text);
    match (status, parsed) {
        (200..=299, Ok(value)) => Ok(value),
        (200..=299, Err(_)) if text.trim().is_empty() => Ok(Value::Null),
        (200..=299, Err(error)) if error.is_eof() => {
            Err(Trouble::NotReached(vec!["the answer was cut off".to_owned()]))
        }
        (400.., Ok(value)) => match Refusal::read(status, &value) {
            Some(refusal) => Err(Trouble::Refused(Box::new(Refusal { wait, ..refusal }))),
            None => Err(Trouble::Strange { status, came: excerpt(&text) }),
        },
        (300..=399, _) => Err(Trouble::Strange { status, came: "a redirect".to_owned() }),
        (_, _) => Err(Trouble::Strange { status, came: excerpt(&text) }),
    }
}

/// What came instead, as a person would say it.
fn excerpt(text: &str) -> String {
    let lower = text.to_lowercase();
    let title = lower.find("<title>").map(|at| at + 7).zip(lower.find("</title>"));
    match title.and_then(|(from, to)| text.get(from..to)) {
        Some(title) => format!("a web page called `{}`", shown(title)),
        None if lower.contains("<html") => "a web page".to_owned(),
        None if text.trim().is_empty() => "nothing".to_owned(),
        None => format!("`{}`", shown(text).chars().take(300).collect::<String>()),
    }
}

#[cfg(test)]
mod tests;
