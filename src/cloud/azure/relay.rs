//! The HTTP client that Azure's crate uses for tokens: this run's own, so that `--ca-file`, proxies and the deadline count
//! there too.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use azure_core::error::{Error, ErrorKind};
use azure_core::http::headers::Headers;
use azure_core::http::request::Body;
use azure_core::http::{AsyncRawResponse, HttpClient, Request};
use serde_json::Value;
use url::{Host, Url};

use super::refusal::first_line;
use super::understand::causes;

/// More than any token needs.
const LARGEST_ANSWER: usize = 1024 * 1024;
/// How long a token may take, also when the rest of the run has no time left: it may be needed while something else, which
/// has a time of its own, is waited for.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);

/// Sends what Azure's crate wants to be sent.
pub(super) struct Relay {
    /// Through the proxies that the environment names.
    pub http: reqwest::Client,
    /// Without any: for the metadata service of a machine.
    pub direct: reqwest::Client,
    /// Where tokens are made. The crate takes https only: for an authority on this very machine that speaks http, it is
    /// told https, and http is sent.
    pub authority: Url,
    pub deadline: Arc<Mutex<Instant>>,
}

impl fmt::Debug for Relay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Relay")
    }
}

impl Relay {
    /// The authority as Azure's crate is told it.
    pub(super) fn authority_for_crate(&self) -> String {
        let mut url = self.authority.clone();
        if url.scheme() == "http" {
            let port = url.port_or_known_default();
            // Neither fails: both schemes are special, and the URL has a host.
            let _ = url.set_scheme("https");
            let _ = url.set_port(port);
        }
        url.to_string()
    }

    fn url(&self, asked: &Url) -> Url {
        let mut url = asked.clone();
        let is_authority = asked.host_str() == self.authority.host_str()
            && asked.port_or_known_default() == self.authority.port_or_known_default();
        if is_authority && self.authority.scheme() == "http" {
            let _ = url.set_scheme("http");
        }
        url
    }
}

/// Whether it stands next to this machine: the metadata service, or a local agent.
fn is_next_door(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_link_local() || address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

#[async_trait]
impl HttpClient for Relay {
    async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        let failed = |error: reqwest::Error| {
            let kind = if error.is_connect() { ErrorKind::Connection } else { ErrorKind::Io };
            let words = if error.is_timeout() {
                "no answer in time".to_owned()
            } else {
                let error = error.without_url();
                causes(&error).join(": ")
            };
            Error::with_message(kind, words)
        };
        let url = self.url(request.url());
        let client = if is_next_door(&url) { &self.direct } else { &self.http };
        let method = reqwest::Method::from_bytes(request.method().as_ref().as_bytes())
            .map_err(|error| Error::with_message(ErrorKind::Other, error.to_string()))?;
        let mut builder = client.request(method, url);
        for (name, value) in request.headers().iter() {
            builder = builder.header(name.as_str(), value.as_str());
        }
        if let Body::Bytes(bytes) = request.body() {
            builder = builder.body(bytes.clone());
        }
        let deadline = *self.deadline.lock().unwrap_or_else(PoisonError::into_inner);
        let until = deadline.max(Instant::now() + PATIENCE);
        let exchange = async {
            let mut response = builder.send().await.map_err(failed)?;
            let status = response.status().as_u16();
            let mut headers = Headers::new();
            for (name, value) in response.headers() {
                if let Ok(value) = value.to_str() {
                    headers.insert(name.as_str().to_owned(), value.to_owned());
                }
            }
            let mut body = Vec::new();
            while let Some(chunk) = response.chunk().await.map_err(failed)? {
                if body.len() + chunk.len() > LARGEST_ANSWER {
                    return Err(Error::with_message(ErrorKind::Io, "the answer is larger than 1 MiB"));
                }
                body.extend_from_slice(&chunk);
            }
            let body = if status >= 400 { plain(body) } else { body };
            Ok(AsyncRawResponse::from_bytes(status.into(), headers, body))
        };
        let late = || Error::with_message(ErrorKind::Io, "no answer in time");
        tokio::time::timeout_at(until.into(), exchange).await.unwrap_or_else(|_| Err(late()))
    }
}

/// Azure's crate reads Entra's description of an error only when nothing in its JSON is escaped, and Entra ends its first
/// line with an escape: so the first line stays, without what has to be escaped.
fn plain(body: Vec<u8>) -> Vec<u8> {
    let Ok(mut answer) = serde_json::from_slice::<Value>(&body) else { return body };
    let Some(words) = answer["error_description"].as_str() else { return body };
    let words = first_line(words).replace('"', "'").replace('\\', "/");
    answer["error_description"] = Value::String(words);
    answer.to_string().into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_description_has_nothing_to_escape() {
        let body = br#"{"error":"x","error_description":"AADSTS1: \"a\" \\b\r\nTrace ID: c","error_codes":[1]}"#;
        let expected = r#"{"error":"x","error_description":"AADSTS1: 'a' /b","error_codes":[1]}"#;
        assert_eq!(String::from_utf8(plain(body.to_vec())).unwrap(), expected);
        assert_eq!(plain(b"<html>".to_vec()), b"<html>");
    }

    #[test]
    fn an_authority_on_this_machine_may_speak_http() {
        let relay = Relay {
            http: reqwest::Client::new(),
            direct: reqwest::Client::new(),
            authority: "http://127.0.0.1:8080".parse().unwrap(),
            deadline: Arc::new(Mutex::new(Instant::now())),
        };
        assert_eq!(relay.authority_for_crate(), "https://127.0.0.1:8080/");
        let there = |url: &str| relay.url(&url.parse().unwrap()).to_string();
        assert_eq!(there("https://127.0.0.1:8080/t/oauth2"), "http://127.0.0.1:8080/t/oauth2");
        assert_eq!(there("https://127.0.0.1:8081/t"), "https://127.0.0.1:8081/t");
        assert!(is_next_door(&"http://169.254.169.254/metadata".parse().unwrap()));
        assert!(!is_next_door(&"https://login.microsoftonline.com".parse().unwrap()));
    }
}
