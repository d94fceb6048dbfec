//! The one function that sends a request to ARM: never past the deadline, and again while that can help.

use std::time::{Instant, SystemTime};

use reqwest::header::{ACCEPT, CONTENT_LENGTH, IF_MATCH, RETRY_AFTER};
use reqwest::{Method, RequestBuilder, Response};
use serde_json::Value;

use super::AzureError;
use super::client::{Azure, Shared};
use super::endpoints::Api;
use super::guard;
use super::refusal::{Refusal, shown};
use super::understand::Trouble;
use crate::retry::{Patience, retry_after, spoken};

/// More than any answer of these APIs has; what is larger comes from somewhere else.
const LARGEST_ANSWER: usize = 16 * 1024 * 1024;
/// More pages than any list here has.
const MOST_PAGES: usize = 200;
/// Where ARM says the code of an error besides the body.
const ERROR_CODE: &str = "x-ms-error-code";

/// One request, and how to speak about it.
#[derive(Debug, Clone)]
pub(super) struct Call {
    pub api: Api,
    pub method: Method,
    /// Below ARM's base, with a slash at its beginning.
    pub path: String,
    pub query: Vec<(&'static str, String)>,
    /// A further page of a list, as the page before named it.
    pub next: Option<String>,
    pub body: Option<Value>,
    /// Only if it still is in this state.
    pub if_match: Option<String>,
    /// The action it needs, as Azure names it: how it is spoken of.
    pub action: &'static str,
    /// What it is about, e.g. ``cluster `x` ``.
    pub on: String,
}

impl Call {
    pub(super) fn get(api: Api, path: impl Into<String>, action: &'static str, on: impl Into<String>) -> Self {
        Self {
            api,
            method: Method::GET,
            path: path.into(),
            query: Vec::new(),
            next: None,
            body: None,
            if_match: None,
            action,
            on: on.into(),
        }
    }

    pub(super) fn put(api: Api, path: &str, body: Value, action: &'static str, on: impl Into<String>) -> Self {
        Self { method: Method::PUT, body: Some(body), ..Self::get(api, path, action, on) }
    }

    pub(super) fn delete(api: Api, path: &str, action: &'static str, on: impl Into<String>) -> Self {
        Self { method: Method::DELETE, ..Self::get(api, path, action, on) }
    }

    pub(super) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.query.push((name, value.into()));
        self
    }

    /// What follows a word of the path, in any case of letters: `/subscriptions/S` has `S` after `subscriptions`.
    pub(super) fn in_path(&self, word: &str) -> Option<String> {
        let mut parts = self.path.split('/');
        parts.find(|part| part.eq_ignore_ascii_case(word))?;
        parts.next().filter(|part| !part.is_empty()).map(str::to_owned)
    }
}

impl Azure {
    /// Sends a request that may be carried out twice, again and again while that can help.
    pub(super) async fn ask(&self, call: &Call) -> Result<Value, AzureError> {
        self.attempt(call).await.map_err(|trouble| self.meaning(trouble, call))
    }

    /// Like [`Self::ask`], for what may not be there. A group that is gone has nothing in it.
    pub(super) async fn ask_for(&self, call: &Call) -> Result<Option<Value>, AzureError> {
        match self.ask(call).await {
            Ok(answer) => Ok(Some(answer)),
            Err(AzureError::Missing { .. } | AzureError::PlaceMissing { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// All pages of a list.
    pub(super) async fn list(&self, call: Call) -> Result<Vec<Value>, AzureError> {
        let mut call = call;
        let mut pages = Vec::new();
        loop {
            let page = self.ask(&call).await?;
            call.next = page["nextLink"].as_str().filter(|link| !link.is_empty()).map(str::to_owned);
            pages.push(page);
            if call.next.is_none() {
                return Ok(pages);
            }
            if pages.len() == MOST_PAGES {
                return Err(self.strange(&call, "a list without an end"));
            }
        }
    }

    /// The items of all pages.
    pub(super) async fn list_items(&self, call: Call) -> Result<Vec<Value>, AzureError> {
        let on = call.clone();
        let mut items = Vec::new();
        for mut page in self.list(call).await? {
            match page.get_mut("value").map(Value::take) {
                Some(Value::Array(values)) => items.extend(values),
                _ => return Err(self.strange(&on, "a list without `value`")),
            }
        }
        Ok(items)
    }

    /// An answer that says yes and is not what was asked for.
    pub(super) fn strange(&self, call: &Call, came: &str) -> AzureError {
        let trouble = Trouble::Strange { status: 200, came: format!("{came} about {}", call.on) };
        self.meaning(trouble, call)
    }

    pub(super) fn meaning(&self, trouble: Trouble, call: &Call) -> AzureError {
        trouble.meaning(call, &self.shared.endpoints.arm_host(), &self.credentials())
    }

    /// Like [`Self::ask`], with the answer as it came.
    pub(super) async fn attempt(&self, call: &Call) -> Result<Value, Trouble> {
        let mut patience = Patience::new(self.shared.deadline());
        let mut is_first_token = true;
        loop {
            let trouble = match self.send(call).await {
                Ok(answer) => return Ok(answer),
                Err(trouble) => trouble,
            };
            let refusal = trouble.refusal();
            // A token of the wrong tenant stays one; an old one, or one that was taken back, does not.
            let is_token = refusal.is_some_and(|it| it.http == 401 && !it.is(&["InvalidAuthenticationTokenTenant"]));
            if is_token && is_first_token && self.shared.forget_token().await {
                is_first_token = false;
                continue;
            }
            let host = self.shared.endpoints.arm_host();
            let Some(said) = trouble.passing(&host) else { return Err(trouble) };
            let Some(wait) = patience.wait_after(refusal.and_then(|refusal| refusal.wait)) else {
                return Err(trouble);
            };
            (self.shared.on_retry)(&format!("{said}; asking again in {}", spoken(wait)));
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = self.shared.interrupt.pressed() => {
                    let action = call.action.to_owned();
                    return Err(Trouble::NotSent(AzureError::Interrupted { action, why: said }));
                }
            }
        }
    }

    /// Sends a request once. All requests for ARM go through here, and so through the guard.
    pub(super) async fn send(&self, call: &Call) -> Result<Value, Trouble> {
        guard::check(self.access, &call.method, &call.path).map_err(Trouble::NotSent)?;
        let endpoints = &self.shared.endpoints;
        let url = match &call.next {
            Some(link) => endpoints.next_url(link),
            None => Some(endpoints.arm_url(call.api, &call.path, &call.query)),
        };
        let Some(url) = url else {
            return Err(Trouble::Strange { status: 200, came: "a further page that is no URL".to_owned() });
        };
        let token = self.shared.token(endpoints.arm_scope).await.map_err(Trouble::NotSent)?;
        let mut builder = self.shared.http.request(call.method.clone(), url).header(ACCEPT, "application/json");
        builder = builder.bearer_auth(token.expose());
        if let Some(etag) = &call.if_match {
            builder = builder.header(IF_MATCH, etag);
        }
        builder = match &call.body {
            Some(body) => builder.json(body),
            None if call.method == Method::POST => builder.header(CONTENT_LENGTH, 0),
            None => builder,
        };
        let start = Instant::now();
        let answer = self.shared.answer(builder, Some(token.expose()), self.shared.deadline()).await;
        let (method, path) = (&call.method, &call.path);
        tracing::debug!(%method, path, ok = answer.is_ok(), ms = start.elapsed().as_millis(), "arm");
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
    let header = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let wait = header(RETRY_AFTER.as_str()).and_then(|value| retry_after(&value, SystemTime::now()));
    let code = header(ERROR_CODE);
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
        (400.., Ok(value)) => match Refusal::read(status, code.as_deref(), &value) {
            Some(refusal) => Err(Trouble::Refused(Box::new(Refusal { wait, ..refusal }))),
            None => Err(Trouble::Strange { status, came: excerpt(&text) }),
        },
        (300..=399, _) => Err(Trouble::Strange { status, came: "a redirect".to_owned() }),
        (400.., Err(_)) if text.trim().is_empty() && code.is_some() => {
            let refusal = Refusal { http: status, code: code.unwrap_or_default(), wait, ..Refusal::default() };
            Err(Trouble::Refused(Box::new(refusal)))
        }
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
