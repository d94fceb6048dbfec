//! A Google Cloud of a test's own: answers what it was told to, in order, and remembers what it was asked.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::client::{Gcp, GcpOptions};
use super::waiting::Pace;
use crate::access::Access;
use crate::interrupt::Interrupt;
use crate::process::Process;

/// What must never be seen anywhere.
pub(super) const SECRET: &str = "hunter2-token";

/// One answer: status, body, and further header lines. A status of 0 is a connection that breaks.
#[derive(Debug, Clone)]
pub(super) struct Answer(pub u16, pub String, pub &'static str);

pub(super) fn ok(body: &Value) -> Answer {
    Answer(200, body.to_string(), "")
}

/// A refusal as Google writes it.
pub(super) fn refused(http: u16, status: &str, message: &str) -> Answer {
    detailed(http, status, message, &json!([]))
}

/// A refusal with details.
pub(super) fn detailed(http: u16, status: &str, message: &str, details: &Value) -> Answer {
    let error = json!({ "code": http, "status": status, "message": message, "details": details });
    Answer(http, json!({ "error": error }).to_string(), "")
}

pub(super) struct Server {
    pub gcp: Gcp,
    asked: Arc<Mutex<Vec<String>>>,
    told: Arc<Mutex<Vec<String>>>,
}

impl Server {
    pub(super) async fn with(answers: Vec<Answer>) -> Self {
        Self::start(answers, |_| BTreeMap::from([("CLOUDSDK_AUTH_ACCESS_TOKEN".to_owned(), SECRET.to_owned())])).await
    }

    /// With an environment that may depend on the server's URL.
    pub(super) async fn start(answers: Vec<Answer>, env: impl FnOnce(&str) -> BTreeMap<String, String>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let mut process = Process { env: env(&url), ..Process::default() };
        for service in ["CONTAINER", "IAM", "IAMCREDENTIALS", "CLOUDRESOURCEMANAGER", "SERVICEUSAGE", "STS"] {
            process.env.insert(format!("CLOUDSDK_API_ENDPOINT_OVERRIDES_{service}"), format!("{url}/"));
        }
        let asked: Arc<Mutex<Vec<String>>> = Arc::default();
        let told: Arc<Mutex<Vec<String>>> = Arc::default();
        tokio::spawn(serve(listener, answers, asked.clone()));
        let ear = told.clone();
        let options = GcpOptions {
            extra_roots: Vec::new(),
            access: Access::Write,
            deadline: Instant::now() + Duration::from_secs(20),
            on_retry: Arc::new(move |text| ear.lock().unwrap().push(text.to_owned())),
            interrupt: Interrupt::default(),
        };
        let gcp = Gcp::connect(&process, options).unwrap();
        Self { gcp, asked, told }.paced(Duration::from_secs(20))
    }

    /// Gives up on what shows late after this time.
    pub(super) fn paced(mut self, whole: Duration) -> Self {
        let (first, longest, between) = (Duration::from_millis(1), Duration::from_millis(4), Duration::from_millis(1));
        Arc::get_mut(&mut self.gcp.shared).unwrap().pace = Pace { first, longest, whole, between };
        self
    }

    /// The requests so far: heads and bodies.
    pub(super) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    /// The requests so far: `METHOD /path`.
    pub(super) fn lines(&self) -> Vec<String> {
        let line = |request: &String| request.split(" HTTP/").next().unwrap_or_default().to_owned();
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
