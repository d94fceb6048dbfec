//! The HTTPS server: reads requests, keeps the log, makes the weather.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use http::Response;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio_rustls::TlsAcceptor;

use super::answer::Answer;
use super::request::{AzureRequest, Received};
use super::router::{self, Route};
use super::weather::{Trouble, due};
use super::{Inside, federated, machine, mutation, webhook};

/// Serves connections for as long as the process lasts.
pub(super) async fn accept(listener: tokio::net::TcpListener, tls: TlsAcceptor, inside: Arc<Inside>) {
    while let Ok((stream, _)) = listener.accept().await {
        let _ = stream.set_nodelay(true);
        let (inside, tls) = (Arc::clone(&inside), tls.clone());
        tokio::spawn(async move {
            let Ok(stream) = tls.accept(stream).await else {
                return;
            };
            let service = service_fn(move |request| {
                let inside = Arc::clone(&inside);
                async move { weather(&inside, request).await }
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
    subscription: Option<String>,
    began: Instant,
    base: String,
}

/// What answers a request: ARM and the authority, or what has no discovery.
enum Asked {
    Routed(Route),
    Machine(machine::Asked),
}

async fn weather(inside: &Arc<Inside>, request: http::Request<Incoming>) -> Result<Response<Full<Bytes>>, Closed> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map_err(|_| Closed)?.to_bytes();
    let received = read(&head, &body);
    let host = head.headers.get("host").and_then(|it| it.to_str().ok()).unwrap_or("localhost");
    let base = format!("https://{host}");
    match received.path.as_str() {
        "/_world/token-review" => {
            let review = webhook::review(&mut inside.state(), &received.json().unwrap_or_default());
            return Ok(respond(&Answer::json(review)));
        }
        path if path.starts_with("/_world/mutate") => {
            let review = mutation::review(&received.json().unwrap_or_default(), path, &base).await;
            return Ok(respond(&Answer::json(review)));
        }
        _ => {}
    }
    let asked = match machine::asked(&received) {
        Some(asked) => Asked::Machine(asked),
        None => Asked::Routed(router::route_of(&received)),
    };
    let logged = log(inside, &received, &asked, base);
    let service = names(&asked).0;
    let mut latency = Duration::ZERO;
    let mut trouble = None;
    if let Some(id) = &logged.subscription {
        let hooks = due(&mut inside.state().subscription_mut(id).hooks, &received.method, &received.path);
        for act in hooks {
            // What tests do there may wait for something.
            let _ = tokio::task::spawn_blocking(move || act()).await;
        }
        let mut state = inside.state();
        let weather = &mut state.subscription_mut(id).weather;
        latency = weather.latency;
        trouble = weather.strike(&received.method, &received.path, service);
    }
    tokio::time::sleep(latency).await;
    match trouble {
        None => Ok(serve(inside, &received, &asked, &logged).await),
        Some(Trouble::Delay(pause)) => {
            tokio::time::sleep(pause).await;
            Ok(serve(inside, &received, &asked, &logged).await)
        }
        Some(Trouble::DropBefore) => Err(Closed),
        Some(Trouble::DropAfter) => {
            serve(inside, &received, &asked, &logged).await;
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
    let url = reqwest::Url::parse(&format!("https://it{path}")).expect("a request line holds a path");
    Received {
        method: head.method.to_string(),
        path: url.path().replace("%20", " ").replace("//", "/"),
        query: url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect(),
        raw_query: head.uri.query().unwrap_or_default().to_owned(),
        authorization: header("authorization"),
        user_agent: header("user-agent"),
        identity_header: header("x-identity-header"),
        if_match: header("if-match"),
        is_form: header("content-type").starts_with("application/x-www-form-urlencoded"),
        body: body.to_vec(),
    }
}

fn names(asked: &Asked) -> (&'static str, String) {
    match asked {
        Asked::Routed(route) => router::names(route),
        Asked::Machine(machine::Asked::Identity) => ("identity", "token".to_owned()),
        Asked::Machine(machine::Asked::Pipelines) => ("pipelines", "token".to_owned()),
    }
}

fn log(inside: &Inside, received: &Received, asked: &Asked, base: String) -> Logged {
    let mut state = inside.state();
    let subscription = match asked {
        Asked::Machine(_) => machine::home_of(&state, received),
        Asked::Routed(route) => router::subscription_of(&state, received, route),
    };
    let number = state.log.len() as u64;
    let (service, kind) = names(asked);
    let holder = received.authorization.strip_prefix("Bearer ").and_then(|it| state.holder(it).ok());
    let principal = match holder {
        Some((oid, _)) => state.principal(&oid).client_name().to_owned(),
        None => received.field("client_id"),
    };
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    state.log.push(AzureRequest {
        number,
        service: service.to_owned(),
        kind,
        method: received.method.clone(),
        path: received.path.clone(),
        query: received.raw_query.clone(),
        body: received.logged(),
        principal,
        user_agent: received.user_agent.clone(),
        writes: matches!(asked, Asked::Routed(route) if router::writes(&received.method, route)),
        at: since.as_secs_f64(),
        took: 0.0,
        status: 0,
        code: String::new(),
        subscription: subscription.clone().unwrap_or_default(),
    });
    Logged { number, subscription, began: Instant::now(), base }
}

async fn serve(inside: &Inside, received: &Received, asked: &Asked, logged: &Logged) -> Response<Full<Bytes>> {
    let answer = match alone(inside, received, asked, logged).await {
        Ok(guard) => {
            let mut state = inside.state();
            let (answer, violations) = match asked {
                Asked::Machine(asked) => (machine::answer(&mut state, *asked, received), Vec::new()),
                Asked::Routed(route) => router::answer(&mut state, received, route, &logged.base),
            };
            match &logged.subscription {
                Some(id) => state.subscription_mut(id).violations.extend(violations),
                None => state.strays.extend(violations),
            }
            if let (Some(identity), Some(id)) = (guard, &logged.subscription) {
                state.subscription_mut(id).writing.remove(&identity);
            }
            answer
        }
        Err(answer) => *answer,
    };
    note(inside, logged, answer.status, answer.code());
    respond(&answer)
}

/// Federated credentials of one identity are written one after the other: a write takes its time, and another one
/// meanwhile is refused.
async fn alone(
    inside: &Inside,
    received: &Received,
    asked: &Asked,
    logged: &Logged,
) -> Result<Option<String>, Box<Answer>> {
    let (Asked::Routed(Route::Arm(place)), Some(id)) = (asked, &logged.subscription) else {
        return Ok(None);
    };
    let Some(identity) = federated::written(&received.method, place) else {
        return Ok(None);
    };
    let pause = {
        let mut state = inside.state();
        let subscription = state.subscription_mut(id);
        if !subscription.writing.insert(identity.clone()) {
            return Err(federated::concurrent(&identity));
        }
        subscription.writing_takes
    };
    tokio::time::sleep(pause).await;
    Ok(Some(identity))
}

fn note(inside: &Inside, logged: &Logged, status: u16, code: String) {
    let mut state = inside.state();
    let index = usize::try_from(logged.number).expect("a log fits into memory");
    if let Some(request) = state.log.get_mut(index) {
        (request.status, request.code, request.took) = (status, code, logged.began.elapsed().as_secs_f64());
    }
}

fn respond(answer: &Answer) -> Response<Full<Bytes>> {
    let mut response =
        Response::builder().status(answer.status).header("x-ms-request-id", uuid::Uuid::new_v4().to_string());
    if !answer.headers.iter().any(|(name, _)| name == "content-type")
        && answer.body.as_ref().is_some_and(|it| *it != Value::Null)
    {
        response = response.header("content-type", "application/json; charset=utf-8");
    }
    for (name, value) in &answer.headers {
        response = response.header(name, value);
    }
    response.body(Full::from(answer.bytes())).expect("an answer is a valid response")
}
