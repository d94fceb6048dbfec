//! Answers, and Azure's way to say no.

use serde_json::{Value, json};

/// What is sent back.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Option<Value>,
    /// What is no JSON.
    pub(super) text: Option<String>,
    pub(super) headers: Vec<(String, String)>,
}

/// A refusal is an answer as well; it is boxed because it is large.
pub(super) type Refusal = Box<Answer>;

impl Answer {
    pub(super) fn new(status: u16, body: Option<Value>) -> Self {
        Self { status, body, text: None, headers: Vec::new() }
    }

    pub(super) fn json(body: Value) -> Self {
        Self::new(200, Some(body))
    }

    pub(super) fn page(status: u16, text: &str) -> Self {
        Self { text: Some(text.to_owned()), ..Self::new(status, None) }.header("content-type", "text/html")
    }

    /// An error as ARM and its providers have them; branch on `code`, never on the message.
    pub(super) fn error(status: u16, code: &str, message: impl Into<String>) -> Self {
        let body = json!({ "error": { "code": code, "message": message.into() } });
        Self::new(status, Some(body)).header("x-ms-error-code", code)
    }

    pub(super) fn refusal(status: u16, code: &str, message: impl Into<String>) -> Refusal {
        Box::new(Self::error(status, code, message))
    }

    /// An error as the token endpoint has them; `number` is the one of `AADSTS…`.
    pub(super) fn entra(status: u16, error: &str, number: u32, message: &str) -> Self {
        let ids = [0, 1].map(|_| uuid::Uuid::new_v4().to_string());
        let now = jiff::Timestamp::now().strftime("%Y-%m-%d %H:%M:%SZ").to_string();
        let body = json!({
            "error": error,
            "error_description": format!(
                "AADSTS{number}: {message} Trace ID: {} Correlation ID: {} Timestamp: {now}", ids[0], ids[1]
            ),
            "error_codes": [number],
            "timestamp": now,
            "trace_id": ids[0],
            "correlation_id": ids[1],
            "error_uri": format!("https://login.microsoftonline.com/error?code={number}"),
        });
        Self::new(status, Some(body))
    }

    /// The caller lacks an action, in Azure's words.
    pub(super) fn denied(client: &str, oid: &str, action: &str, scope: &str) -> Refusal {
        let message = format!(
            "The client '{client}' with object id '{oid}' does not have authorization to perform action '{action}' over \
             scope '{scope}' or the scope is invalid. If access was recently granted, please refresh your credentials."
        );
        Self::refusal(403, "AuthorizationFailed", message)
    }

    pub(super) fn no_group(name: &str) -> Refusal {
        Self::refusal(404, "ResourceGroupNotFound", format!("Resource group '{name}' could not be found."))
    }

    pub(super) fn no_resource(kind: &str, name: &str, group: &str) -> Refusal {
        let message = format!(
            "The Resource '{kind}/{name}' under resource group '{group}' was not found. For more details please go to \
             https://aka.ms/ARMResourceNotFoundFix"
        );
        Self::refusal(404, "ResourceNotFound", message)
    }

    pub(super) fn throttled(retry_after: Option<u64>) -> Self {
        let message = "The request is being throttled as the limit has been reached for this operation. Retry after \
                       the time in the Retry-After header.";
        let answer = Self::error(429, "TooManyRequests", message);
        match retry_after {
            Some(seconds) => answer.header("retry-after", seconds.to_string()),
            None => answer,
        }
    }

    pub(super) fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// The word that programs branch on: ARM's code, or the number of `AADSTS…`; empty when all went well.
    pub(super) fn code(&self) -> String {
        let Some(body) = &self.body else {
            return String::new();
        };
        match &body["error"] {
            Value::String(error) => body["error_codes"][0].as_u64().map_or_else(|| error.clone(), |it| it.to_string()),
            error => error["code"].as_str().unwrap_or_default().to_owned(),
        }
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        match (&self.text, &self.body) {
            (Some(text), _) => text.clone().into_bytes(),
            (None, Some(body)) => serde_json::to_vec(body).expect("a value is JSON"),
            (None, None) => Vec::new(),
        }
    }
}
