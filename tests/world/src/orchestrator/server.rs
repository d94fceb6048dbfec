//! The HTTP server: reads requests, keeps the log, makes the weather.

use std::sync::{Arc, Weak};
use std::time::SystemTime;

use bytes::Bytes;
use http::Response;
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::Value;

use super::answer::Answer;
use super::fault::{What, strike};
use super::router::{self, Received};
use super::sent::Sent;
use super::{Inside, Request};
use crate::certificates::{Certificate, server_config};

/// Serves connections until the stand-in is dropped.
pub(super) async fn accept(listener: tokio::net::TcpListener, tls: Option<Certificate>, inside: Weak<Inside>) {
    let tls = tls.map(|certificate| tokio_rustls::TlsAcceptor::from(server_config(&certificate)));
    while let Ok((stream, _)) = listener.accept().await {
        let _ = stream.set_nodelay(true);
        let (tls, inside) = (tls.clone(), inside.clone());
        tokio::spawn(async move {
            match tls {
                None => serve(stream, inside).await,
                Some(tls) => {
                    if let Ok(stream) = tls.accept(stream).await {
                        serve(stream, inside).await;
                    }
                }
            }
        });
    }
}

async fn serve<S>(stream: S, inside: Weak<Inside>)
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
{
    let service = service_fn(move |request| {
        let inside = inside.clone();
        async move {
            match inside.upgrade() {
                Some(inside) => weather(&inside, request).await,
                None => Err(Closed),
            }
        }
    });
    let connection = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    let _ = connection.await;
}

/// The connection closes without an answer.
#[derive(Debug)]
struct Closed;

impl std::fmt::Display for Closed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("closed by the test")
    }
}

impl std::error::Error for Closed {}

async fn weather(inside: &Arc<Inside>, request: http::Request<Incoming>) -> Result<Response<Sent>, Closed> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map_err(|_| Closed)?.to_bytes();
    let received = read(&head, &body);
    let index = log(inside, &head, &received);
    let what = strike(&mut inside.state().faults, &received.method, &received.path);
    match what {
        None => Ok(respond(inside, index, &router::answer(inside, &received).await, false)),
        Some(What::Delay(pause)) => {
            tokio::time::sleep(pause).await;
            Ok(respond(inside, index, &router::answer(inside, &received).await, false))
        }
        Some(What::Truncate) => Ok(respond(inside, index, &router::answer(inside, &received).await, true)),
        Some(What::DropBefore) => Err(Closed),
        Some(What::DropAfter) => {
            router::answer(inside, &received).await;
            Err(Closed)
        }
        Some(What::Hang) => std::future::pending().await,
        Some(What::Status { code, headers, body }) => {
            note_status(inside, index, code);
            let mut response = Response::builder().status(code);
            if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type")) {
                response = response.header("content-type", "application/json");
            }
            for (name, value) in headers {
                response = response.header(name, value);
            }
            Ok(response.body(Sent::whole(body.into())).expect("a fault is a valid response"))
        }
    }
}

fn read(head: &http::request::Parts, body: &Bytes) -> Received {
    let header = |name: &str| head.headers.get(name).and_then(|it| it.to_str().ok()).unwrap_or_default().to_owned();
    // What comes through a proxy names the whole URL.
    let path = head.uri.path_and_query().map_or("/", |it| it.as_str());
    let url = reqwest::Url::parse(&format!("http://it{path}")).expect("a request line holds a path");
    let segments = url.path().split('/').map(decoded).collect::<Vec<_>>();
    Received {
        method: head.method.to_string(),
        path: segments.join("/"),
        query: url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect(),
        authorization: header("authorization"),
        deployment_token: header("x-deployment-token"),
        body: if body.is_empty() {
            Ok(Value::Null)
        } else {
            serde_json::from_slice(body).map_err(|error| error.to_string())
        },
    }
}

/// Undoes percent encoding in one segment; a segment that hides a slash stays as it came.
fn decoded(segment: &str) -> String {
    let query = format!("http://it/?x={}", segment.replace('+', "%2B"));
    let url = reqwest::Url::parse(&query).expect("a segment is a valid value");
    let value = url.query_pairs().next().map(|(_, value)| value.into_owned()).unwrap_or_default();
    if value.contains('/') { segment.to_owned() } else { value }
}

fn log(inside: &Inside, head: &http::request::Parts, received: &Received) -> usize {
    let user_agent = head.headers.get("user-agent").and_then(|it| it.to_str().ok()).unwrap_or_default();
    let mut state = inside.state();
    state.requests.push(Request {
        method: received.method.clone(),
        path: received.path.clone(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        status: 0,
        body: received.body.clone().unwrap_or_default(),
        user_agent: user_agent.to_owned(),
        at: SystemTime::now(),
    });
    state.forgotten + state.requests.len() - 1
}

fn note_status(inside: &Inside, index: usize, status: u16) {
    let mut state = inside.state();
    let Some(index) = index.checked_sub(state.forgotten) else {
        return;
    };
    if let Some(request) = state.requests.get_mut(index) {
        request.status = status;
    }
}

fn respond(inside: &Inside, index: usize, answer: &Answer, truncate: bool) -> Response<Sent> {
    note_status(inside, index, answer.status);
    let response = Response::builder().status(answer.status);
    let Some(body) = &answer.body else {
        return response.body(Sent::whole(Bytes::new())).expect("a status is a valid response");
    };
    let bytes = Bytes::from(serde_json::to_vec(body).expect("a value is JSON"));
    let mut response = response.header("content-type", "application/json");
    if answer.status == 401 {
        response = response.header("www-authenticate", "Bearer");
    }
    let body = if truncate { Sent::half(&bytes) } else { Sent::whole(bytes) };
    response.body(body).expect("a status and JSON are a valid response")
}
