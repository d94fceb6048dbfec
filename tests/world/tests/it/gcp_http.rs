//! A plain client of the Google stand-in, for its own tests.

use serde_json::Value;
use world::gcp::{Gcp, Identity};

/// What came back.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) status: u16,
    pub(crate) body: Value,
}

impl Said {
    /// Returns the document of a success.
    #[track_caller]
    pub(crate) fn ok(self) -> Value {
        assert_eq!(self.status, 200, "{}", self.body);
        self.body
    }

    /// Returns the status and the word of a refusal.
    #[track_caller]
    pub(crate) fn refused(&self) -> (u16, String) {
        assert_ne!(self.status, 200, "{}", self.body);
        (self.status, self.body["error"]["status"].as_str().unwrap_or_default().to_owned())
    }

    pub(crate) fn message(&self) -> String {
        self.body["error"]["message"].as_str().unwrap_or_default().to_owned()
    }
}

/// Calls the stand-in as somebody; a body of `Null` is none.
pub(crate) fn call(identity: &Identity, method: &str, path: &str, body: &Value) -> Said {
    call_as(&identity.token(), method, path, body)
}

/// Calls the stand-in with this bearer token.
pub(crate) fn call_as(token: &str, method: &str, path: &str, body: &Value) -> Said {
    let method = method.parse().expect("a method");
    send(|http, url| {
        let request = http.request(method, format!("{url}{path}")).bearer_auth(token);
        if body.is_null() { request } else { request.json(body) }
    })
}

/// Returns a token with the same claims and another signature of the same form.
pub(crate) fn forged(token: &str) -> String {
    let (head, signature) = token.rsplit_once('.').expect("three parts");
    let (first, rest) = signature.split_at(1);
    format!("{head}.{}{rest}", if first == "A" { "B" } else { "A" })
}

/// Sends anything.
pub(crate) fn send(request: impl FnOnce(&reqwest::Client, String) -> reqwest::RequestBuilder) -> Said {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let http = reqwest::Client::builder().no_proxy().build().expect("a client");
        let answer = request(&http, Gcp::shared().url()).send().await.expect("an answer");
        let status = answer.status().as_u16();
        let text = answer.text().await.expect("a body");
        Said { status, body: serde_json::from_str(&text).unwrap_or(Value::String(text)) }
    })
}
/// Posts a form without saying who we are.
pub(crate) fn form(path: &str, fields: &[(&str, &str)]) -> Said {
    let mut url = reqwest::Url::parse("http://it/").expect("a URL");
    url.query_pairs_mut().extend_pairs(fields);
    let text = url.query().unwrap_or_default().to_owned();
    send(|http, url| {
        http.post(format!("{url}{path}")).header("content-type", "application/x-www-form-urlencoded").body(text)
    })
}
