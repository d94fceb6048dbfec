//! A plain HTTP client of the stand-in Orchestrator.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use world::{Orchestrator, Setup};

/// A public key that the service takes.
pub(crate) const KEY: &str = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAc5dcNHyl6xzu/AlFnDdROUmWqJuv9VrQS6Zcr2hZ7Iw=\n-----END PUBLIC KEY-----\n";

/// One client of one Orchestrator.
pub(crate) struct Client {
    pub(crate) orchestrator: Orchestrator,
    pub(crate) token: String,
    runtime: tokio::runtime::Runtime,
}

impl Client {
    /// Starts an Orchestrator and takes its token.
    pub(crate) fn new() -> Self {
        let orchestrator = Orchestrator::start(Setup::demo().other_org("other-org"));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        Self { token: orchestrator.token(), orchestrator, runtime }
    }

    /// Sends a request and reads the answer, `Null` when it is not JSON.
    pub(crate) fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> Result<(StatusCode, Value), reqwest::Error> {
        self.runtime.block_on(async {
            let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(3)).build()?;
            let mut request =
                client.request(method, format!("{}{path}", self.orchestrator.url())).bearer_auth(&self.token);
            if let Some(body) = body {
                request = request.json(&body);
            }
            let answer = request.send().await?;
            let status = answer.status();
            let text = answer.text().await?;
            Ok((status, serde_json::from_str(&text).unwrap_or_default()))
        })
    }

    /// Sends a request, with a body unless it is `Null`, and returns the status.
    pub(crate) fn status(&self, method: Method, path: &str, body: Value) -> u16 {
        let body = (!body.is_null()).then_some(body);
        self.send(method, path, body).expect("an answer").0.as_u16()
    }

    /// Says that nothing the server sent breaks the documents.
    pub(crate) fn answers_are_valid(&self) {
        let violations = self.orchestrator.violations();
        assert!(!violations.iter().any(|it| it.starts_with("answer")), "{violations:#?}");
    }
}

/// Returns the body of a good runner.
pub(crate) fn runner(id: &str) -> Value {
    json!({
        "id": id,
        "runner_configuration": { "type": "kubernetes-agent", "key": KEY, "job": { "namespace": "jobs", "service_account": "job" } },
        "state_storage_configuration": { "type": "kubernetes", "namespace": "jobs" },
    })
}

/// Returns a document with one field changed.
pub(crate) fn with(mut value: Value, pointer: &str, new: Value) -> Value {
    let (parent, field) = pointer.rsplit_once('/').expect("a pointer has a parent");
    value.pointer_mut(parent).expect("the parent is there")[field] = new;
    value
}
