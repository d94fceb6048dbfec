//! Answers: a status, perhaps a JSON body, and the service's way to say no.

use serde_json::{Value, json};

/// What is sent back.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Option<Value>,
}

impl Answer {
    pub(super) fn json(status: u16, body: Value) -> Self {
        Self { status, body: Some(body) }
    }

    pub(super) fn empty() -> Self {
        Self { status: 204, body: None }
    }

    /// Refuses in the service's words: a code, a sentence, and what it is about.
    pub(super) fn refusal(status: u16, message: impl Into<String>, details: Value) -> Self {
        let code = match status {
            400 => "BAD_REQUEST",
            401 => "UNAUTHORIZED",
            403 => "FORBIDDEN",
            404 => "NOT_FOUND",
            405 => "METHOD_NOT_ALLOWED",
            409 => "CONFLICT",
            _ => "INTERNAL_ERROR",
        };
        Self::json(status, json!({ "error": code, "message": message.into(), "details": details }))
    }

    pub(super) fn bad(message: impl Into<String>) -> Self {
        Self::refusal(400, message, json!({}))
    }

    pub(super) fn missing(what: &str, id: &str) -> Self {
        Self::refusal(404, format!("{what} '{id}' not found"), json!({}))
    }

    pub(super) fn conflict(message: impl Into<String>, details: Value) -> Self {
        Self::refusal(409, message, details)
    }
}

/// Returns one page of a list, in the service's order.
pub(super) fn page(items: Vec<Value>, query: &[(String, String)]) -> Answer {
    let value = |name: &str| query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    let per_page = match value("per_page").map(str::parse::<usize>) {
        None => 100,
        Some(Ok(number)) if (1..=100).contains(&number) => number,
        Some(_) => return Answer::bad("per_page must be between 1 and 100"),
    };
    let start = match value("page").map(|token| token.strip_prefix("after-").and_then(|it| it.parse::<usize>().ok())) {
        None => 0,
        Some(Some(number)) => number,
        Some(None) => return Answer::bad("page is not a page token"),
    };
    let end = (start + per_page).min(items.len());
    let mut body = json!({ "items": items.get(start..end).unwrap_or_default() });
    if end < items.len() {
        body["next_page_token"] = format!("after-{end}").into();
    }
    Answer::json(200, body)
}
