//! The calls against a server that answers as badly as servers do.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use base64::Engine;
use serde_json::{Value, json};

use super::super::server::{Reply, Seen, Server, json as reply};
use super::super::{ConnectOptions, Deleted, Orchestrator, OrchestratorError, ReachProblem, Token};
use crate::access::Access;
use crate::failure::{Failure, FailureKind};
use crate::settings::RuleTarget;

struct Lab {
    server: Server,
    orchestrator: Orchestrator,
    retries: Arc<Mutex<Vec<String>>>,
}

fn options(port: u16) -> ConnectOptions {
    ConnectOptions {
        api_url: format!("http://127.0.0.1:{port}/").parse().unwrap(),
        token: Some(Token::new("s3cr3t").unwrap()),
        extra_root_pem: vec![],
        access: Access::Write,
        request_timeout: Duration::from_millis(500),
        deadline: std::time::Instant::now() + Duration::from_secs(60),
        env: BTreeMap::new(),
        user_agent: "runner-setup/test".to_owned(),
        on_retry: Arc::new(|_| ()),
    }
}

fn lab(answer: impl Fn(usize, &Seen) -> Reply + Send + Sync + 'static) -> Lab {
    let server = Server::start(answer);
    let retries: Arc<Mutex<Vec<String>>> = Arc::default();
    let told = retries.clone();
    let mut options = options(server.port);
    options.on_retry = Arc::new(move |sentence| told.lock().unwrap().push(sentence.to_owned()));
    Lab { server, orchestrator: Orchestrator::connect(options).unwrap(), retries }
}

fn body() -> Value {
    json!({
        "id": "a1",
        "description": "d",
        "runner_configuration": { "type": "kubernetes-agent", "key": "k\n", "job": { "namespace": "n" } },
        "state_storage_configuration": { "type": "kubernetes", "namespace": "n" },
    })
}

fn live(body: &Value) -> Value {
    let mut live = body.clone();
    live["org_id"] = json!("o");
    live["created_at"] = json!("2026-01-01T00:00:00Z");
    live["runner_configuration"]["key"] = json!("k");
    live
}

fn not_found() -> Reply {
    reply(404, &json!({ "error": "NOT_FOUND", "message": "no such thing" }))
}

#[tokio::test]
async fn a_busy_server_is_asked_again_when_it_says() {
    let lab = lab(|number, _| match number {
        0 => Reply::Answer(503, "Retry-After: 1\r\n", String::new()),
        _ => reply(200, &json!({ "id": "o" })),
    });
    let start = Instant::now();
    assert_eq!(lab.orchestrator.org("o").await.unwrap().id, "o");
    assert!(start.elapsed() >= Duration::from_secs(1));
    assert_eq!(*lab.retries.lock().unwrap(), ["the Orchestrator answered 503; asking again in 1 s"]);
    let headers = lab.server.seen()[0].headers.to_lowercase();
    assert!(headers.contains("authorization: bearer s3cr3t") && headers.contains("user-agent: runner-setup/test"));
}

#[tokio::test]
async fn cut_off_and_dropped_answers_are_asked_for_again() {
    let lab = lab(|number, _| match number {
        0 => Reply::CutOff(200, "{\"id\":".to_owned()),
        1 => Reply::Drop,
        2 => Reply::Answer(200, "", "{\"id\":".to_owned()),
        _ => reply(200, &json!({ "id": "o" })),
    });
    assert_eq!(lab.orchestrator.org("o").await.unwrap().id, "o");
    assert_eq!(lab.server.seen().len(), 4);
}

#[tokio::test]
async fn patience_is_bounded() {
    let lab = lab(|_, _| Reply::Answer(502, "", "bad gateway".to_owned()));
    let error = lab.orchestrator.org("o").await.unwrap_err();
    assert_eq!(lab.server.seen().len(), 4);
    assert_eq!(
        error.to_string(),
        "unexpected answer of the Orchestrator to the request for organisation `o` (status 502): bad gateway"
    );
    assert_eq!(Failure::from(error).kind, FailureKind::Unreachable);
}

#[tokio::test]
async fn a_runner_whose_answer_was_lost_is_not_posted_twice() {
    for lost in [
        || Reply::Drop,
        || Reply::Hang,
        || Reply::CutOff(201, "{".to_owned()),
        || Reply::Answer(500, "", String::new()),
    ] {
        let lab = lab(move |number, _| if number == 0 { lost() } else { reply(200, &live(&body())) });
        assert_eq!(lab.orchestrator.create_runner("o", &body()).await.unwrap().id, "a1");
        assert_eq!(lab.server.lines(), ["POST /orgs/o/runners", "GET /orgs/o/runners/a1"]);
        assert!(lab.retries.lock().unwrap()[0].contains("; looking what became of it in 0."));
    }
}

#[tokio::test]
async fn a_runner_that_was_not_made_is_posted_again() {
    let lab = lab(|number, _| match number {
        0 => Reply::Drop,
        1 => not_found(),
        _ => reply(201, &live(&body())),
    });
    lab.orchestrator.create_runner("o", &body()).await.unwrap();
    assert_eq!(lab.server.lines(), ["POST /orgs/o/runners", "GET /orgs/o/runners/a1", "POST /orgs/o/runners"]);
    assert_eq!(serde_json::from_str::<Value>(&lab.server.seen()[2].body).unwrap(), body());
}

#[tokio::test]
async fn a_conflict_with_one_s_own_late_request_is_success() {
    let lab = lab(|number, _| match number {
        0 => Reply::Drop,
        1 => not_found(),
        2 => reply(409, &json!({ "error": "C", "message": "exists" })),
        _ => reply(200, &live(&body())),
    });
    lab.orchestrator.create_runner("o", &body()).await.unwrap();
    assert_eq!(lab.server.seen().len(), 4);
}

#[tokio::test]
async fn somebody_else_s_runner_is_not_taken_for_ours() {
    let mut other = live(&body());
    other["runner_configuration"]["key"] = json!("other");
    let lab = lab(move |number, _| if number == 0 { Reply::Drop } else { reply(200, &other) });
    let error = lab.orchestrator.create_runner("o", &body()).await.unwrap_err();
    assert!(matches!(error, OrchestratorError::Exists { .. }), "{error}");
    let conflict = super::super::server::json(409, &json!({ "error": "C", "message": "taken" }));
    let conflict = Mutex::new(Some(conflict));
    let lab = self::lab(move |_, _| conflict.lock().unwrap().take().unwrap_or(Reply::Drop));
    let error = lab.orchestrator.create_runner("o", &body()).await.unwrap_err();
    assert_eq!(error.to_string(), "runner `a1` exists already: taken");
    assert_eq!(lab.server.seen().len(), 1);
}

#[tokio::test]
async fn too_many_requests_are_simply_sent_again() {
    let lab = lab(|number, _| match number {
        0 => Reply::Answer(429, "Retry-After: 0\r\n", String::new()),
        _ => reply(201, &live(&body())),
    });
    lab.orchestrator.create_runner("o", &body()).await.unwrap();
    assert_eq!(lab.server.lines(), ["POST /orgs/o/runners", "POST /orgs/o/runners"]);
}

#[tokio::test]
async fn a_rule_whose_answer_was_lost_is_looked_for() {
    let lab = lab(|number, _| match number {
        0 => Reply::Drop,
        _ => reply(
            200,
            &json!({ "items": [
            { "id": "1", "runner_id": "a1", "project_id": "p", "env_type_id": "" },
            { "id": "2", "runner_id": "a1", "project_id": "", "env_type_id": "dev" },
        ] }),
        ),
    });
    let target: RuleTarget = "env-type=dev".parse().unwrap();
    assert_eq!(lab.orchestrator.create_rule("o", "a1", &target).await.unwrap().id, "2");
    assert_eq!(
        lab.server.lines(),
        ["POST /orgs/o/runner-rules", "GET /orgs/o/runner-rules?byRunnerId=a1&per_page=100"]
    );
    assert_eq!(lab.server.seen()[0].body, r#"{"runner_id":"a1","env_type_id":"dev"}"#);
}

#[tokio::test]
async fn a_change_is_sent_again_and_a_missing_runner_is_none() {
    let lab = lab(|number, _| match number {
        0 => Reply::Drop,
        1 => reply(200, &live(&body())),
        _ => not_found(),
    });
    lab.orchestrator.patch_runner("o", "a1", &json!({ "description": "e" })).await.unwrap();
    assert_eq!(lab.server.lines(), ["PATCH /orgs/o/runners/a1", "PATCH /orgs/o/runners/a1"]);
    assert_eq!(lab.orchestrator.runner("o", "a1").await.unwrap(), None);
    let error = lab.orchestrator.org("o").await.unwrap_err();
    assert!(matches!(error, OrchestratorError::OrgNotFound { .. }));
}

#[tokio::test]
async fn all_pages_are_read() {
    let lab = lab(|_, seen| match seen.target.as_str() {
        "/orgs/o/projects?per_page=100" => reply(200, &json!({ "items": [{ "id": "a" }], "next_page_token": "x=&y" })),
        "/orgs/o/projects?per_page=100&page=x%3D%26y" => reply(200, &json!({ "items": [{ "id": "b" }] })),
        _ => not_found(),
    });
    let ids: Vec<_> = lab.orchestrator.projects("o").await.unwrap().into_iter().map(|project| project.id).collect();
    assert_eq!(ids, ["a", "b"]);
    assert!(lab.orchestrator.env_types("o").await.is_err());
}

#[tokio::test]
async fn a_refused_token_says_why() {
    let lab = lab(|_, _| reply(401, &json!({ "error": "U", "message": "token has expired" })));
    let error = lab.orchestrator.org("o").await.unwrap_err();
    assert_eq!(error.to_string(), "the token has expired: token has expired");
    let claims = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(r#"{"exp":1577836800}"#);
    let mut options = options(self::lab(|_, _| reply(401, &json!({ "message": "no" }))).server.port);
    options.token = Some(Token::new(&format!("e30.{claims}.e30")).unwrap());
    let error = Orchestrator::connect(options).unwrap().org("o").await.unwrap_err();
    assert_eq!(error.to_string(), "the token expired at 2020-01-01T00:00:00Z: no");
}

#[tokio::test]
async fn without_a_token_only_localhost_is_asked() {
    let server = Server::start(|_, _| reply(200, &json!({ "id": "o" })));
    let mut elsewhere = options(server.port);
    elsewhere.token = None;
    let error = Orchestrator::connect(elsewhere).unwrap().org("o").await.unwrap_err();
    assert!(matches!(error, OrchestratorError::TokenMissing));
    let mut local = options(server.port);
    local.token = None;
    local.api_url = format!("http://localhost:{}", server.port).parse().unwrap();
    Orchestrator::connect(local).unwrap().org("o").await.unwrap();
    assert_eq!(server.seen().len(), 1);
    assert!(server.seen()[0].headers.to_lowercase().contains("from: 00000000-0000-0000-0000-000000000000"));
}

#[tokio::test]
async fn a_login_page_and_a_redirect_are_called_what_they_are() {
    let page = "<html><head><title>Sign in</title></head>your token is s3cr3t</html>";
    let lab = lab(move |number, _| match number {
        0 => Reply::Answer(200, "", page.to_owned()),
        1 => Reply::Answer(302, "Location: https://login.example/?q=1\r\n", String::new()),
        2 => Reply::Answer(403, "", "blocked s3cr3t".to_owned()),
        _ => Reply::Answer(403, "", r#"{"error":"F","message":"not a member"}"#.to_owned()),
    });
    let url = lab.orchestrator.api_url().to_string();
    let mut errors = Vec::new();
    for _ in 0..4 {
        errors.push(lab.orchestrator.org("o").await.unwrap_err().to_string());
    }
    assert_eq!(
        errors,
        [
            format!("{url} answered with a web page called `Sign in` (status 200) instead of JSON"),
            format!("{url} answered with a redirect to https://login.example/ (status 302) instead of JSON"),
            format!("{url} answered with `blocked [redacted]` (status 403) instead of JSON"),
            "the token may not do this in organisation `o`: not a member".to_owned(),
        ]
    );
}

#[tokio::test]
async fn nobody_listening_and_a_slow_server_are_told_apart() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let error = Orchestrator::connect(options(port)).unwrap().org("o").await.unwrap_err();
    assert!(matches!(error, OrchestratorError::NotReachable { problem: ReachProblem::Refused, .. }), "{error:?}");
    let lab = lab(|_, _| Reply::Hang);
    let error = lab.orchestrator.org("o").await.unwrap_err();
    assert!(matches!(error, OrchestratorError::TimedOut { .. }), "{error:?}");
    assert_eq!(Failure::from(error).kind, FailureKind::Unreachable);
}

#[tokio::test]
async fn the_proxies_of_the_given_environment_are_used() {
    let proxy = Server::start(|_, _| reply(200, &json!({ "id": "o" })));
    for (variable, no_proxy, through) in
        [("HTTP_PROXY", "", 1), ("http_proxy", "other.example", 2), ("HTTP_PROXY", ".invalid", 2)]
    {
        let mut options = options(1);
        options.api_url = "http://api.invalid/base".parse().unwrap();
        options.env.insert(variable.to_owned(), format!("http://127.0.0.1:{}", proxy.port));
        options.env.insert("no_proxy".to_owned(), no_proxy.to_owned());
        let found = Orchestrator::connect(options).unwrap().org("o").await;
        assert_eq!(found.is_ok(), no_proxy != ".invalid", "{found:?}");
        assert_eq!(proxy.seen().len(), through);
    }
    assert_eq!(proxy.lines()[0], "GET http://api.invalid/base/orgs/o");
    let mut options = options(1);
    options.env.insert("HTTPS_PROXY".to_owned(), "socks5://user:pass word@:x".to_owned());
    let error = Orchestrator::connect(options).unwrap_err().to_string();
    assert_eq!(error, "the proxy in `HTTPS_PROXY` is not a URL that can be used");
}

#[tokio::test]
async fn a_client_that_may_only_read_sends_no_change() {
    let server = Server::start(|_, _| reply(200, &live(&body())));
    let mut options = options(server.port);
    options.access = Access::ReadOnly;
    let orchestrator = Orchestrator::connect(options).unwrap();
    let errors = [
        orchestrator.create_runner("o", &body()).await.unwrap_err(),
        orchestrator.patch_runner("o", "a1", &json!({})).await.unwrap_err(),
        orchestrator.create_rule("o", "a1", &RuleTarget::ANY).await.unwrap_err(),
    ];
    assert!(errors.iter().all(|error| matches!(error, OrchestratorError::ReadOnly { .. })), "{errors:?}");
    assert!(server.seen().is_empty());
    assert!(orchestrator.runner("o", "a1").await.unwrap().is_some());
}

#[test]
fn what_cannot_work_is_said_before_anything_is_sent() {
    let with = |change: fn(&mut ConnectOptions)| {
        let mut options = options(1);
        change(&mut options);
        Orchestrator::connect(options).unwrap_err().to_string()
    };
    assert_eq!(
        with(|options| options.api_url = "https://me:pw@api.example/x".parse().unwrap()),
        "the API URL `https://api.example/x` has a user or a password in it; the token does not belong there"
    );
    let roots = "the additional certificates are not PEM certificates";
    assert_eq!(with(|options| options.extra_root_pem = vec![b"nothing".to_vec()]), roots);
}

/// A TLS server with a certificate that nobody trusts; ends with the test.
struct TlsServer {
    child: std::process::Child,
    port: u16,
    certificate: Vec<u8>,
    _directory: tempfile::TempDir,
}

impl TlsServer {
    fn start() -> Self {
        use std::process::{Command, Stdio};
        let directory = tempfile::tempdir().unwrap();
        let openssl = |arguments: &str| {
            let mut command = Command::new("openssl");
            command.args(arguments.split(' ')).current_dir(&directory);
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            command
        };
        let made = openssl(
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=test \
             -addext subjectAltName=IP:127.0.0.1 -addext basicConstraints=critical,CA:FALSE -keyout k.pem -out c.pem",
        );
        assert!({ made }.status().unwrap().success());
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let child = openssl(&format!("s_server -accept 127.0.0.1:{port} -cert c.pem -key k.pem -www")).spawn().unwrap();
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            std::thread::sleep(Duration::from_millis(20));
        }
        let certificate = std::fs::read(directory.path().join("c.pem")).unwrap();
        Self { child, port, certificate, _directory: directory }
    }
}

impl Drop for TlsServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test]
async fn an_unknown_issuer_is_named_and_can_be_added() {
    let server = TlsServer::start();
    let with = |host: &str, roots: Vec<Vec<u8>>| {
        let mut options = options(1);
        options.api_url = format!("https://{host}:{}", server.port).parse().unwrap();
        options.extra_root_pem = roots;
        options.request_timeout = Duration::from_secs(5);
        Orchestrator::connect(options).unwrap()
    };
    let error = with("127.0.0.1", vec![]).org("o").await.unwrap_err();
    assert!(matches!(error, OrchestratorError::NotReachable { problem: ReachProblem::UnknownIssuer, .. }), "{error:?}");
    assert!(Failure::from(error).hints[0].contains("--ca-file"));
    let error = with("127.0.0.1", vec![server.certificate.clone()]).org("o").await.unwrap_err();
    assert!(matches!(error, OrchestratorError::NotJson { .. }), "the handshake was not accepted: {error:?}");
    let error = with("localhost", vec![server.certificate.clone()]).org("o").await.unwrap_err();
    assert!(matches!(error, OrchestratorError::NotReachable { problem: ReachProblem::Certificate, .. }), "{error:?}");
    let mut nowhere = options(1);
    nowhere.api_url = "https://api.invalid".parse().unwrap();
    let error = Orchestrator::connect(nowhere).unwrap().org("o").await.unwrap_err();
    assert!(matches!(error, OrchestratorError::NotReachable { problem: ReachProblem::Dns, .. }), "{error:?}");
}

#[tokio::test]
async fn a_delete_is_sent_again_and_what_is_gone_already_is_as_good() {
    let lab = lab(|number, _| match number {
        0 => Reply::Answer(503, "Retry-After: 1\r\n", String::new()),
        1 => not_found(),
        _ => Reply::Answer(204, "", String::new()),
    });
    assert_eq!(lab.orchestrator.delete_runner("o", "a1").await.unwrap(), Deleted::Already);
    assert_eq!(lab.orchestrator.delete_rule("o", "r1").await.unwrap(), Deleted::Now);
    let seen = lab.server.seen();
    assert!(seen.iter().all(|request| request.method == "DELETE"));
    assert_eq!((seen[1].target.as_str(), seen[2].target.as_str()), ("/orgs/o/runners/a1", "/orgs/o/runner-rules/r1"));
}

#[tokio::test]
async fn a_runner_in_use_is_a_conflict_and_a_reader_deletes_nothing() {
    let lab = lab(|_, _| reply(409, &json!({ "error": "CONFLICT", "message": "used by environments: a/b" })));
    let error = lab.orchestrator.delete_runner("o", "a1").await.unwrap_err();
    assert!(matches!(&error, OrchestratorError::Conflict { message, .. } if message.contains("a/b")), "{error}");
    let reader = lab.orchestrator.read_only();
    assert!(matches!(reader.delete_rule("o", "r1").await, Err(OrchestratorError::ReadOnly { .. })));
    assert_eq!(lab.server.seen().len(), 1);
}
