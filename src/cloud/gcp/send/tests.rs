use std::time::Duration;

use serde_json::json;

use super::super::names::ProjectId;
use super::super::server::{Answer, SECRET, Server, detailed, ok, refused};
use super::*;
use crate::failure::{Failure, FailureKind};

fn project() -> ProjectId {
    "my-project".parse().unwrap()
}

fn number() -> Answer {
    ok(&json!({ "name": "projects/123" }))
}

#[tokio::test]
async fn what_may_pass_is_asked_again_and_told() {
    let busy = Answer(
        429,
        json!({ "error": { "code": 429, "status": "RESOURCE_EXHAUSTED" } }).to_string(),
        "retry-after: 0\r\n",
    );
    let server = Server::with(vec![Answer(503, String::new(), ""), busy, Answer(0, String::new(), ""), number()]).await;
    assert!(server.gcp.project_number(&project()).await.unwrap().is_some());
    let told = server.told();
    assert!(told[0].starts_with("cloudresourcemanager.googleapis.com answered 503; asking again in"), "{told:?}");
    assert_eq!(told[1], "cloudresourcemanager.googleapis.com is asked too often; asking again in 0 s");
    assert!(told[2].starts_with("cloudresourcemanager.googleapis.com is not reachable"), "{told:?}");
    assert!(server.asked().iter().all(|request| request.contains(&format!("authorization: Bearer {SECRET}"))));
    let server = Server::with((0..5).map(|_| Answer(500, String::new(), "")).collect()).await;
    let failure = Failure::from(server.gcp.project_number(&project()).await.unwrap_err());
    assert_eq!((failure.kind, server.asked().len()), (FailureKind::Unreachable, 4));
}

#[tokio::test]
async fn no_request_lasts_longer_than_the_run() {
    let server = Server::with(Vec::new()).await;
    server.gcp.end_by(Instant::now());
    let error = server.gcp.project_number(&project()).await.unwrap_err();
    assert!(matches!(error, GcpError::TimedOut { .. }) && server.asked().is_empty(), "{error}");
    server.gcp.end_by(Instant::now() + Duration::from_secs(20));
    let error = server.gcp.project_number(&project()).await.unwrap_err();
    assert!(matches!(error, GcpError::Unexpected { status: Some(418), .. }), "{error}");
}

#[tokio::test]
async fn errors_have_a_meaning_and_never_a_token() {
    let info = |reason: &str, metadata: &Value| json!([{ "@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason, "metadata": metadata }]);
    let page = Answer(403, format!("<html><title>Proxy of {SECRET}</title></html>"), "");
    let cases = [
        (
            refused(401, "UNAUTHENTICATED", &format!("bad token {SECRET}")),
            "does not accept the token",
            FailureKind::Refused,
        ),
        (page, "a web page called `Proxy of [redacted]`", FailureKind::Unreachable),
        (
            detailed(
                403,
                "PERMISSION_DENIED",
                "x",
                &info("USER_PROJECT_DENIED", &json!({ "consumer": "projects/p-1" })),
            ),
            "project `p-1` can't be charged",
            FailureKind::Refused,
        ),
        (
            detailed(
                403,
                "PERMISSION_DENIED",
                "x",
                &info("SERVICE_DISABLED", &json!({ "consumer": "projects/764086051850" })),
            ),
            "(quota project)",
            FailureKind::Refused,
        ),
        (
            detailed(403, "PERMISSION_DENIED", "x", &info("CONSUMER_INVALID", &json!({ "consumer": "projects/p-1" }))),
            "there is no project `p-1`",
            FailureKind::Refused,
        ),
        (refused(400, "INVALID_ARGUMENT", "bad"), "does not accept project `my-project`: bad", FailureKind::Refused),
        (Answer(200, "no json".to_owned(), ""), "unexpected answer", FailureKind::Unreachable),
        (Answer(302, String::new(), "location: https://login.example.com\r\n"), "a redirect", FailureKind::Unreachable),
    ];
    for (answer, words, kind) in cases {
        let server = Server::with(vec![answer]).await;
        let failure = Failure::from(server.gcp.project_number(&project()).await.unwrap_err());
        assert!(failure.message.contains(words), "{failure:?}");
        assert_eq!(failure.kind, kind, "{failure:?}");
        assert!(!format!("{failure:?}").contains(SECRET), "{failure:?}");
        assert_eq!(server.asked().len(), 1);
    }
}

#[tokio::test]
async fn who_is_charged_is_said_with_every_request() {
    let env = |_: &str| {
        let pairs = [("CLOUDSDK_AUTH_ACCESS_TOKEN", SECRET), ("GOOGLE_CLOUD_QUOTA_PROJECT", "billing-1")];
        pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
    };
    let server = Server::start(vec![number()], env).await;
    server.gcp.project_number(&project()).await.unwrap();
    assert!(server.asked()[0].contains("x-goog-user-project: billing-1"));
}
