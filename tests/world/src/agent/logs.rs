//! The output of all containers, and the node's endpoint that the API server asks for it.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use jiff::Timestamp;

use crate::certificates::{Certificate, server_config};

/// The lines of all containers.
#[derive(Clone, Default)]
pub(crate) struct Logs {
    containers: Arc<Mutex<HashMap<(String, String), Output>>>,
}

/// The lines of one container, and of its life before this one.
#[derive(Default)]
struct Output {
    pod: (String, String),
    lines: Vec<(Timestamp, String)>,
    previous: Option<Vec<(Timestamp, String)>>,
}

impl Logs {
    /// Begins a container's life; what it said in the last one becomes its previous log.
    pub(super) fn begin(&self, uid: &str, namespace: &str, pod: &str, container: &str) {
        let mut containers = self.lock();
        let key = (uid.to_owned(), container.to_owned());
        let output = containers.entry(key).or_insert_with(|| Output {
            pod: (namespace.to_owned(), pod.to_owned()),
            lines: Vec::new(),
            previous: None,
        });
        if !output.lines.is_empty() {
            output.previous = Some(std::mem::take(&mut output.lines));
        }
    }

    /// Adds a line.
    pub(super) fn write(&self, uid: &str, container: &str, line: &str) {
        let key = (uid.to_owned(), container.to_owned());
        self.lock().entry(key).or_default().lines.push((Timestamp::now(), line.to_owned()));
    }

    /// Answers the API server's questions for logs.
    pub(crate) async fn serve(self, listener: tokio::net::TcpListener, certificate: Certificate) {
        let tls = tokio_rustls::TlsAcceptor::from(server_config(&certificate));
        while let Ok((stream, _)) = listener.accept().await {
            let (tls, logs) = (tls.clone(), self.clone());
            tokio::spawn(async move {
                let Ok(stream) = tls.accept(stream).await else {
                    return;
                };
                let service = service_fn(move |request| {
                    let answer = logs.answer(&request);
                    async move { Ok::<_, Infallible>(answer) }
                });
                let server = hyper::server::conn::http1::Builder::new();
                let _ = server.serve_connection(TokioIo::new(stream), service).await;
            });
        }
    }

    fn answer(&self, request: &Request<Incoming>) -> Response<Full<Bytes>> {
        let respond = |status: u16, text: String| {
            Response::builder().status(status).body(Full::new(Bytes::from(text))).expect("a status and text are valid")
        };
        let parts: Vec<&str> = request.uri().path().trim_matches('/').split('/').collect();
        let ["containerLogs", namespace, pod, container] = parts.as_slice() else {
            return respond(404, "not served by this node\n".to_owned());
        };
        let url = reqwest::Url::parse(&format!("http://it{}", request.uri())).expect("a request line holds a path");
        let query: HashMap<_, _> = url.query_pairs().into_owned().collect();
        let number = |name: &str| query.get(name).and_then(|value| value.parse::<usize>().ok());
        let containers = self.lock();
        let output = containers
            .iter()
            .find(|((_, name), it)| name == container && it.pod.0.as_str() == *namespace && it.pod.1.as_str() == *pod);
        let lines = match (output, query.get("previous").is_some_and(|value| value == "true")) {
            (None, _) => Some(&[][..]),
            (Some((_, output)), false) => Some(output.lines.as_slice()),
            (Some((_, output)), true) => output.previous.as_deref(),
        };
        let Some(lines) = lines else {
            return respond(400, format!("previous terminated container \"{container}\" in pod \"{pod}\" not found"));
        };
        let lines = &lines[number("tailLines").map_or(0, |tail| lines.len().saturating_sub(tail))..];
        let stamped = query.get("timestamps").is_some_and(|value| value == "true");
        let mut text: String = lines
            .iter()
            .map(|(at, line)| if stamped { format!("{at} {line}\n") } else { format!("{line}\n") })
            .collect();
        text.truncate(number("limitBytes").map_or(text.len(), |limit| text.floor_char_boundary(limit)));
        respond(200, text)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<(String, String), Output>> {
        self.containers.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
