//! An AWS of a test's own: answers what it was told to, in order, and remembers what it was asked.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use aws_config::BehaviorVersion;
use aws_config::retry::RetryConfig;
use aws_credential_types::Credentials;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::client::{Aws, Shared};
use super::http::http_client;
use super::propagation::Pace;
use crate::access::Access;
use crate::process::Process;

/// What must never be seen anywhere.
pub(super) const SECRETS: [&str; 2] = ["hunter2-secret", "hunter2-session"];

/// One answer: status and body. A status of 0 is no answer at all.
pub(super) type Answer = (u16, String);

pub(super) struct Server {
    pub aws: Aws,
    asked: Arc<Mutex<Vec<String>>>,
    told: Arc<Mutex<Vec<String>>>,
}

impl Server {
    pub(super) async fn with(answers: Vec<Answer>) -> Self {
        Self::until(answers, Duration::from_secs(20)).await
    }

    /// Stands in the way to an AWS that is nowhere.
    pub(super) async fn as_proxy(answers: Vec<Answer>) -> Self {
        Self::start(answers, Duration::from_secs(20), true).await
    }

    pub(super) async fn until(answers: Vec<Answer>, time: Duration) -> Self {
        Self::start(answers, time, false).await
    }

    async fn start(answers: Vec<Answer>, time: Duration, is_proxy: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut process = Process::default();
        let mut url = format!("http://{}", listener.local_addr().unwrap());
        if is_proxy {
            let proxy = url.replace("http://", "http://user:pass@");
            process.env.insert("HTTP_PROXY".to_owned(), proxy);
            url = "http://aws.invalid".to_owned();
        }
        let asked: Arc<Mutex<Vec<String>>> = Arc::default();
        let told: Arc<Mutex<Vec<String>>> = Arc::default();
        tokio::spawn(serve(listener, answers, asked.clone()));
        let [secret, session] = SECRETS;
        let credentials = Credentials::new("AKIDEXAMPLE", secret, Some(session.to_owned()), None, "test");
        let config = aws_config::defaults(BehaviorVersion::latest())
            .http_client(http_client(&process, &[], None).unwrap())
            .region(aws_types::region::Region::from_static("eu-central-1"))
            .credentials_provider(credentials)
            .retry_config(RetryConfig::standard().with_initial_backoff(Duration::from_millis(1)))
            .endpoint_url(url)
            .load()
            .await;
        let ear = told.clone();
        let (first, longest) = (Duration::from_millis(1), Duration::from_millis(4));
        let shared = Shared {
            config,
            region: "eu-central-1".parse().unwrap(),
            profile: Some("work".to_owned()),
            profile_files: "~/.aws/config".to_owned(),
            advice: Vec::new(),
            deadline: Mutex::new(Instant::now() + time),
            on_retry: Arc::new(move |text| ear.lock().unwrap().push(text.to_owned())),
            interrupt: Default::default(),
            pace: Pace { first, longest, whole: Duration::from_secs(20) },
            caller: Default::default(),
            clusters: Mutex::default(),
            tokens: tokio::sync::Mutex::default(),
            made: Mutex::default(),
        };
        Self { aws: Aws::open(Arc::new(shared), Access::Write), asked, told }
    }

    /// Gives up on what shows late after two seconds.
    pub(super) fn impatient(mut self) -> Self {
        Arc::get_mut(&mut self.aws.shared).unwrap().pace.whole = Duration::from_secs(2);
        self
    }

    /// The requests so far: heads and bodies.
    pub(super) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    /// What was said about sending again.
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
        let (status, body) = answers.next().unwrap_or((0, String::new()));
        if status == 0 {
            tokio::time::sleep(Duration::from_secs(60)).await;
            continue;
        }
        let head = format!("HTTP/1.1 {status} x\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
        drop(stream.write_all(format!("{head}{body}").as_bytes()).await);
    }
}

/// A refusal as IAM and STS write it.
pub(super) fn query_error(status: u16, code: &str, message: &str) -> Answer {
    let body = format!(
        "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>\
         <RequestId>1</RequestId></ErrorResponse>"
    );
    (status, body)
}

/// A refusal as EKS writes it.
pub(super) fn eks_error(status: u16, code: &str, message: &str) -> Answer {
    (status, serde_json::json!({ "__type": code, "message": message }).to_string())
}

/// An answer of IAM or STS.
pub(super) fn query(operation: &str, result: &str) -> Answer {
    let body = format!("<{operation}Response><{operation}Result>{result}</{operation}Result></{operation}Response>");
    (200, body)
}
