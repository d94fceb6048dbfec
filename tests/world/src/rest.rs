//! JSON requests to the Kubernetes API under one identity.

use std::fmt;

use http::Request;
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use serde_json::Value;

/// A client of the Kubernetes API that speaks paths and JSON.
#[derive(Clone)]
pub struct Rest {
    client: Client,
}

/// What the API server said instead of doing it.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// The HTTP status, 0 when there was no answer.
    pub code: u16,
    /// The machine-readable reason.
    pub reason: String,
    /// The sentence.
    pub message: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.code, self.reason, self.message)
    }
}

impl From<kube::Error> for Refusal {
    fn from(error: kube::Error) -> Self {
        match error {
            kube::Error::Api(status) => Self { code: status.code, reason: status.reason, message: status.message },
            other => Self { code: 0, reason: "NoAnswer".to_owned(), message: other.to_string() },
        }
    }
}

impl Rest {
    /// Connects as the current context of a kubeconfig document says.
    pub async fn from_kubeconfig(document: &str) -> Self {
        let kubeconfig = Kubeconfig::from_yaml(document).expect("we wrote this kubeconfig");
        let mut config = Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default())
            .await
            .expect("we wrote this kubeconfig");
        config.read_timeout = None;
        // Everything here is on loopback, whatever proxy this machine goes out by.
        config.proxy_url = None;
        Self { client: Client::try_from(config).expect("a client from a valid configuration") }
    }

    /// Returns the client underneath.
    pub fn client(&self) -> Client {
        self.client.clone()
    }

    /// Reads one object or list; what is not there is `None`.
    pub async fn get(&self, path: &str) -> Result<Option<Value>, Refusal> {
        match self.send("GET", path, None, None).await {
            Ok(value) => Ok(Some(value)),
            Err(refusal) if refusal.code == 404 => Ok(None),
            Err(refusal) => Err(refusal),
        }
    }

    /// Reads plain text, such as `/readyz`.
    pub async fn text(&self, path: &str) -> Result<String, Refusal> {
        let request = Request::get(path).body(Vec::new()).expect("a valid path");
        Ok(self.client.request_text(request).await?)
    }

    /// Creates an object.
    pub async fn post(&self, path: &str, body: &Value) -> Result<Value, Refusal> {
        self.send("POST", path, Some("application/json"), Some(body)).await
    }

    /// Replaces an object.
    pub async fn put(&self, path: &str, body: &Value) -> Result<Value, Refusal> {
        self.send("PUT", path, Some("application/json"), Some(body)).await
    }

    /// Merges into an object (JSON merge patch).
    pub async fn merge(&self, path: &str, body: &Value) -> Result<Value, Refusal> {
        self.send("PATCH", path, Some("application/merge-patch+json"), Some(body)).await
    }

    /// Applies an object server-side.
    pub async fn apply(&self, path: &str, body: &Value) -> Result<Value, Refusal> {
        self.send("PATCH", path, Some("application/apply-patch+yaml"), Some(body)).await
    }

    /// Deletes an object.
    pub async fn delete(&self, path: &str) -> Result<Value, Refusal> {
        self.send("DELETE", path, None, None).await
    }

    async fn send(
        &self,
        method: &str,
        path: &str,
        content: Option<&str>,
        body: Option<&Value>,
    ) -> Result<Value, Refusal> {
        let mut request = Request::builder().method(method).uri(path);
        if let Some(content) = content {
            request = request.header("content-type", content);
        }
        let body = body.map_or_else(Vec::new, |body| serde_json::to_vec(body).expect("a value is JSON"));
        Ok(self.client.request(request.body(body).expect("a valid path")).await?)
    }
}
