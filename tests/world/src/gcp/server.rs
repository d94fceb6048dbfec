//! The HTTP server: reads requests, keeps the log, makes the weather.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use http::Response;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;

use super::answer::{Answer, Body};
use super::metadata::{self, Machine};
use super::request::{GcpRequest, Received};
use super::router::{self, Route};
use super::weather::{Trouble, due};
use super::{Inside, webhook};

/// Serves connections for as long as the process lasts; a machine's metadata server has a port of its own.
pub(super) async fn accept(listener: tokio::net::TcpListener, inside: Arc<Inside>, machine: Option<Machine>) {
    while let Ok((stream, _)) = listener.accept().await {
        let _ = stream.set_nodelay(true);
        let (inside, machine) = (Arc::clone(&inside), machine.clone());
        tokio::spawn(async move {
            let service = service_fn(move |request| {
                let (inside, machine) = (Arc::clone(&inside), machine.clone());
                async move { weather(&inside, machine.as_ref(), request).await }
            });
            let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
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

/// Where a request is in the log, and what it is about.
struct Logged {
    number: u64,
    project: Option<String>,
    began: Instant,
}

async fn weather(
    inside: &Arc<Inside>,
    machine: Option<&Machine>,
    request: http::Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Closed> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map_err(|_| Closed)?.to_bytes();
    let received = read(&head, &body);
    if machine.is_none() && received.path == "/_world/token-review" {
        let review = webhook::review(&inside.state(), &received.json().unwrap_or_default());
        return Ok(respond(&Answer::json(review)));
    }
    let route = if machine.is_some() { Route::Other("metadata", "get") } else { router::route_of(&received) };
    let logged = log(inside, machine, &received, &route);
    let (service, _) = names(&route);
    let mut latency = Duration::ZERO;
    let mut trouble = None;
    if let Some(id) = &logged.project {
        let hooks = due(&mut inside.state().project_mut(id).hooks, &received.method, &received.path);
        for act in hooks {
            // What tests do there may wait for something.
            let _ = tokio::task::spawn_blocking(move || act()).await;
        }
        let mut state = inside.state();
        let weather = &mut state.project_mut(id).weather;
        latency = weather.latency;
        trouble = weather.strike(&received.method, &received.path, &service);
    }
    tokio::time::sleep(latency).await;
    match trouble {
        None => Ok(serve(inside, machine, &received, &route, &logged)),
        Some(Trouble::Delay(pause)) => {
            tokio::time::sleep(pause).await;
            Ok(serve(inside, machine, &received, &route, &logged))
        }
        Some(Trouble::DropBefore) => Err(Closed),
        Some(Trouble::DropAfter) => {
            serve(inside, machine, &received, &route, &logged);
            note(inside, &logged, 0, String::new());
            Err(Closed)
        }
        Some(Trouble::Hang) => std::future::pending().await,
        Some(Trouble::Answer(answer)) => {
            note(inside, &logged, answer.status, answer.code());
            Ok(respond(&answer))
        }
    }
}

fn read(head: &http::request::Parts, body: &Bytes) -> Received {
    let header = |name: &str| head.headers.get(name).and_then(|it| it.to_str().ok()).unwrap_or_default().to_owned();
    let path = head.uri.path_and_query().map_or("/", |it| it.as_str());
    let url = reqwest::Url::parse(&format!("http://it{path}")).expect("a request line holds a path");
    Received {
        method: head.method.to_string(),
        path: url.path().split('/').map(decoded).collect::<Vec<_>>().join("/"),
        query: url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect(),
        raw_query: head.uri.query().unwrap_or_default().to_owned(),
        authorization: header("authorization"),
        quota_project: header("x-goog-user-project"),
        metadata_flavor: header("metadata-flavor"),
        user_agent: header("user-agent"),
        is_form: header("content-type").starts_with("application/x-www-form-urlencoded"),
        body: body.to_vec(),
    }
}

/// Undoes percent encoding in one segment; a segment that hides a slash stays as it came.
fn decoded(segment: &str) -> String {
    let query = format!("http://it/?x={}", segment.replace('+', "%2B"));
    let url = reqwest::Url::parse(&query).expect("a segment is a valid value");
    let value = url.query_pairs().next().map(|(_, value)| value.into_owned()).unwrap_or_default();
    if value.contains('/') { segment.to_owned() } else { value }
}

fn names(route: &Route) -> (String, String) {
    match route {
        Route::Method(method, _) => (method.service.clone(), method.action()),
        Route::Other(service, action) => ((*service).to_owned(), (*action).to_owned()),
    }
}

fn log(inside: &Inside, machine: Option<&Machine>, received: &Received, route: &Route) -> Logged {
    let mut state = inside.state();
    let project = match machine {
        Some(machine) => Some(machine.project.clone()),
        None => router::project_of(&state, received, route),
    };
    let number = state.log.len() as u64;
    let (service, action) = names(route);
    let principal = match machine {
        Some(machine) => state.principal(&machine.who),
        None => state.authenticate(&received.authorization, &service).ok(),
    };
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    state.log.push(GcpRequest {
        number,
        service,
        action,
        method: received.method.clone(),
        path: received.path.clone(),
        query: received.raw_query.clone(),
        body: received.logged(),
        principal: principal.map(|it| it.name).unwrap_or_default(),
        user_agent: received.user_agent.clone(),
        quota_project: received.quota_project.clone(),
        writes: machine.is_none() && router::writes(&received.method, &received.path),
        at: since.as_secs_f64(),
        took: 0.0,
        status: 0,
        code: String::new(),
        project: project.clone().unwrap_or_default(),
    });
    Logged { number, project, began: Instant::now() }
}

fn serve(
    inside: &Inside,
    machine: Option<&Machine>,
    received: &Received,
    route: &Route,
    logged: &Logged,
) -> Response<Full<Bytes>> {
    let mut state = inside.state();
    let (answer, violations) = match machine {
        Some(machine) => (metadata::answer(&mut state, machine, received), Vec::new()),
        None => router::answer(&mut state, received, route),
    };
    match &logged.project {
        Some(id) => state.project_mut(id).violations.extend(violations),
        None => state.strays.extend(violations),
    }
    drop(state);
    note(inside, logged, answer.status, answer.code());
    respond(&answer)
}

fn note(inside: &Inside, logged: &Logged, status: u16, code: String) {
    let mut state = inside.state();
    let index = usize::try_from(logged.number).expect("a log fits into memory");
    if let Some(request) = state.log.get_mut(index) {
        (request.status, request.code, request.took) = (status, code, logged.began.elapsed().as_secs_f64());
    }
}

fn respond(answer: &Answer) -> Response<Full<Bytes>> {
    let mut response = Response::builder().status(answer.status);
    if !answer.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type")) {
        let kind =
            if matches!(answer.body, Body::Json(_)) { "application/json; charset=UTF-8" } else { "application/text" };
        response = response.header("content-type", kind);
    }
    for (name, value) in &answer.headers {
        response = response.header(name, value);
    }
    response.body(Full::from(answer.bytes())).expect("an answer is a valid response")
}
