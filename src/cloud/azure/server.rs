//! An Azure of a test's own: answers what it was told to, in order, and remembers what it was asked.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::client::{Azure, AzureOptions};
use super::names::{ResourceId, SubscriptionId};
use crate::access::Access;
use crate::cloud::waiting::Pace;
use crate::interrupt::Interrupt;
use crate::process::Process;
use crate::settings::AzureCloud;

/// What must never be seen anywhere: the token for ARM, and the secret that it is got with.
pub(super) const TOKEN: &str = "hunter2-token";
pub(super) const SECRET: &str = "hunter2-secret";
pub(super) const S: &str = "0b1f6471-1bf0-4dda-aec3-cb9272f09590";

pub(super) fn subscription() -> SubscriptionId {
    S.parse().unwrap()
}

pub(super) fn identity_id() -> ResourceId {
    ResourceId::of_identity(&subscription(), "my-group", "runner")
}

pub(super) fn cluster_id() -> ResourceId {
    ResourceId::of_cluster(&subscription(), "my-group", "prod")
}

/// One answer: status, body, and further header lines. A status of 0 is a connection that breaks.
#[derive(Debug, Clone)]
pub(super) struct Answer(pub u16, pub String, pub &'static str);

pub(super) fn ok(body: &Value) -> Answer {
    Answer(200, body.to_string(), "")
}

/// A refusal as ARM writes it.
pub(super) fn refused(http: u16, code: &str, message: &str) -> Answer {
    Answer(http, json!({ "error": { "code": code, "message": message } }).to_string(), "")
}

/// A refusal as Entra writes it.
pub(super) fn entra(code: u32, kind: &str) -> Answer {
    let words = format!("AADSTS{code}: no. Trace ID: t Correlation ID: c\r\nTimestamp: 2026-01-01 00:00:00Z");
    Answer(400, json!({ "error": kind, "error_description": words, "error_codes": [code] }).to_string(), "")
}

/// A token as Entra hands it out.
pub(super) fn token() -> Answer {
    ok(&json!({ "token_type": "Bearer", "expires_in": 3600, "ext_expires_in": 3600, "access_token": TOKEN }))
}

/// A token with claims, whose signature nobody checks.
pub(super) fn jwt(claims: &Value) -> String {
    format!("eyJhbGciOiJub25lIn0.{}.x", URL_SAFE_NO_PAD.encode(claims.to_string()))
}

pub(super) struct Server {
    pub azure: Azure,
    asked: Arc<Mutex<Vec<String>>>,
    told: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Logged in already: the answers are ARM's.
    pub(super) async fn with(answers: Vec<Answer>) -> Self {
        let all = std::iter::once(token()).chain(answers).collect();
        let server = Self::start(all, &[]).await;
        server.azure.shared.token(server.azure.shared.endpoints.arm_scope).await.unwrap();
        server.asked.lock().unwrap().clear();
        server
    }

    /// With the environment of a client secret, and more of it; `-` takes a variable away.
    pub(super) async fn start(answers: Vec<Answer>, env: &[(&str, &str)]) -> Self {
        let login =
            [("AZURE_TENANT_ID", "my-tenant"), ("AZURE_CLIENT_ID", "client-1"), ("AZURE_CLIENT_SECRET", SECRET)];
        let env = login.iter().chain(env).map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let mut env: BTreeMap<_, _> = env.collect();
        env.retain(|_, value: &mut String| value != "-");
        Self::of_process(answers, Process { env, ..Process::default() }).await
    }

    /// With this environment.
    pub(super) async fn of_process(answers: Vec<Answer>, mut process: Process) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        process.env.insert("AZURE_AUTHORITY_HOST".to_owned(), url.clone());
        let asked: Arc<Mutex<Vec<String>>> = Arc::default();
        let told: Arc<Mutex<Vec<String>>> = Arc::default();
        tokio::spawn(serve(listener, answers, asked.clone()));
        let ear = told.clone();
        let options = AzureOptions {
            cloud: AzureCloud::Public,
            arm_endpoint: Some(url),
            tenant: None,
            subscription: Some(subscription()),
            extra_roots: Vec::new(),
            access: Access::Write,
            deadline: Instant::now() + Duration::from_secs(20),
            on_retry: Arc::new(move |text| ear.lock().unwrap().push(text.to_owned())),
            interrupt: Interrupt::default(),
        };
        let mut azure = Azure::connect(&process, options).unwrap();
        let (first, longest, between) = (Duration::from_millis(1), Duration::from_millis(4), Duration::from_millis(1));
        let whole = Duration::from_secs(20);
        Arc::get_mut(&mut azure.shared).unwrap().pace = Pace { first, longest, whole, between };
        Self { azure, asked, told }
    }

    /// The requests so far: heads and bodies.
    pub(super) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    /// The requests so far: method, and the path without the query and without what all have in common.
    pub(super) fn lines(&self) -> Vec<String> {
        let line = |request: &String| {
            let line = request.split(" HTTP/").next().unwrap_or_default().split('?').next().unwrap_or_default();
            line.replace(&format!("/subscriptions/{S}/resourceGroups/my-group/providers/"), "")
        };
        self.asked.lock().unwrap().iter().map(line).collect()
    }

    /// The body of one request.
    pub(super) fn body(&self, index: usize) -> Value {
        let request = self.asked()[index].clone();
        serde_json::from_str(request.split_once("\r\n\r\n").unwrap().1).unwrap_or(Value::Null)
    }

    /// What was said about waiting and sending again.
    pub(super) fn told(&self) -> Vec<String> {
        self.told.lock().unwrap().clone()
    }
}

async fn serve(listener: TcpListener, answers: Vec<Answer>, asked: Arc<Mutex<Vec<String>>>) {
    let mut answers = answers.into_iter();
    while let Ok((mut stream, _)) = listener.accept().await {
        let mut bytes = Vec::new();
        let mut buffer = [0; 65536];
        loop {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            let body = text.split_once("\r\n\r\n").map(|(_, body)| body.len());
            let length = text.lines().find_map(|line| {
                line.to_lowercase().strip_prefix("content-length:").and_then(|length| length.trim().parse().ok())
            });
            if body.is_some_and(|body| body >= length.unwrap_or(0_usize)) {
                asked.lock().unwrap().push(text);
                break;
            }
            match stream.read(&mut buffer).await {
                Ok(0) | Err(_) => break,
                Ok(count) => bytes.extend_from_slice(&buffer[..count]),
            }
        }
        let Answer(status, body, headers) =
            answers.next().unwrap_or_else(|| Answer(418, "no answer is left".to_owned(), ""));
        if status == 0 {
            continue;
        }
        let head =
            format!("HTTP/1.1 {status} x\r\ncontent-length: {}\r\nconnection: close\r\n{headers}\r\n", body.len());
        drop(stream.write_all(format!("{head}{body}").as_bytes()).await);
    }
}
