//! The stand-in Orchestrator refuses what the service refuses, and its answers are those of the OpenAPI documents.

use reqwest::Method;
use serde_json::{Value, json};

use crate::client::{Client, KEY, runner, with};

#[test]
fn a_runners_life_follows_the_documents() {
    let client = Client::new();
    let runners = "/orgs/demo-org/runners";
    assert_eq!(client.status(Method::POST, runners, runner("one")), 201);
    assert_eq!(client.status(Method::POST, runners, runner("one")), 409);
    assert_eq!(client.status(Method::GET, "/orgs/demo-org/runners/two", Value::Null), 404);
    let job = json!({ "namespace": "elsewhere", "service_account": "job" });
    let patch = json!({ "runner_configuration": { "type": "kubernetes-agent", "job": job } });
    let (status, changed) = client.send(Method::PATCH, "/orgs/demo-org/runners/one", Some(patch)).expect("an answer");
    assert_eq!((status.as_u16(), &changed["runner_configuration"]["job"]), (200, &job));
    assert_eq!(changed["runner_configuration"]["key"], KEY);
    let other = json!({ "runner_configuration": { "type": "kubernetes-eks" } });
    assert_eq!(client.status(Method::PATCH, "/orgs/demo-org/runners/one", other), 400);

    assert_eq!(client.status(Method::POST, "/orgs/demo-org/runner-rules", json!({ "runner_id": "two" })), 400);
    assert_eq!(
        client.status(Method::POST, "/orgs/demo-org/runner-rules", json!({ "runner_id": "one", "project_id": "nil" })),
        400
    );
    let (status, rule) = client
        .send(Method::POST, "/orgs/demo-org/runner-rules", Some(json!({ "runner_id": "one" })))
        .expect("an answer");
    assert_eq!(status.as_u16(), 201);
    assert_eq!(client.status(Method::POST, "/orgs/demo-org/runner-rules", json!({ "runner_id": "one" })), 409);
    let refresh = "/orgs/demo-org/projects/demo/envs/development/actions/refresh_runner";
    let ask = |query: &str| client.send(Method::POST, &format!("{refresh}{query}"), None).expect("an answer").1;
    assert_eq!(ask("?dryRun=true"), json!({ "runner_id": "one", "updated": true }));
    assert_eq!(ask(""), json!({ "runner_id": "one", "updated": true }));
    assert_eq!(ask(""), json!({ "runner_id": "one", "updated": false }));
    let (status, refusal) = client.send(Method::DELETE, "/orgs/demo-org/runners/one", None).expect("an answer");
    assert_eq!((status.as_u16(), &refusal["details"]["environments"]), (409, &json!(["demo/development"])));
    let path = format!("/orgs/demo-org/runner-rules/{}", rule["id"].as_str().expect("an id"));
    assert_eq!(client.status(Method::GET, &path, Value::Null), 200);
    assert_eq!(client.status(Method::DELETE, &path, Value::Null), 204);
    assert_eq!(client.status(Method::DELETE, &path, Value::Null), 404);
    for path in [
        "",
        "/projects",
        "/projects/demo",
        "/env-types",
        "/env-types/production",
        "/envs",
        "/projects/demo/envs",
        "/projects/demo/envs/development",
        "/runners?byRunnerType=kubernetes-agent",
        "/runner-rules?byRunnerId=one",
    ] {
        assert_eq!(client.status(Method::GET, &format!("/orgs/demo-org{path}"), Value::Null), 200, "{path}");
    }
    client.answers_are_valid();
}

#[test]
fn what_is_not_valid_is_refused() {
    let client = Client::new();
    let configuration = "/runner_configuration";
    let p256 = "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEiVWZ7FjO7tQn7UybUjm0Uly8kVgLDH3uyzPIgEfI6MVMOUXGQQm5T7VzEHHGzHY6E7+c0qlD4dHnpRzrrIr3lg==\n-----END PUBLIC KEY-----\n";
    for (what, body) in [
        ("an id with capitals", with(runner("one"), "/id", json!("One"))),
        ("an unknown field", with(runner("one"), &format!("{configuration}/colour"), json!("red"))),
        ("an unknown field in the job", with(runner("one"), &format!("{configuration}/job/colour"), json!("red"))),
        ("another kind of key", with(runner("one"), &format!("{configuration}/key"), json!(p256))),
        (
            "a key that is none",
            with(
                runner("one"),
                &format!("{configuration}/key"),
                json!("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"),
            ),
        ),
        ("a key with CRLF", with(runner("one"), &format!("{configuration}/key"), json!(KEY.replace('\n', "\r\n")))),
        ("a type nobody has", with(runner("one"), &format!("{configuration}/type"), json!("nomad"))),
        ("no job", with(runner("one"), &format!("{configuration}/job"), Value::Null)),
        (
            "a bucket with capitals",
            with(runner("one"), "/state_storage_configuration", json!({ "type": "s3", "bucket": "Mine" })),
        ),
        (
            "a pod template with an account",
            with(
                runner("one"),
                &format!("{configuration}/job/pod_template"),
                json!({ "spec": { "containers": [], "serviceAccountName": "x" } }),
            ),
        ),
        ("a long description", with(runner("one"), "/description", json!("x".repeat(201)))),
    ] {
        assert_eq!(client.status(Method::POST, "/orgs/demo-org/runners", body), 400, "{what}");
    }
    assert!(client.orchestrator.runner_ids().is_empty());
    assert!(!client.orchestrator.violations().is_empty(), "bad bodies are remembered");
    let gcs = with(
        runner("one"),
        "/state_storage_configuration",
        json!({ "type": "gcs", "bucket": "mine", "path_prefix": "a/b" }),
    );
    assert_eq!(client.status(Method::POST, "/orgs/demo-org/runners", gcs), 201);
    client.answers_are_valid();
}

#[test]
fn tokens_open_their_own_organisation_alone() {
    let mut client = Client::new();
    assert_eq!(client.status(Method::GET, "/orgs/demo-org", Value::Null), 200);
    assert_eq!(client.status(Method::GET, "/orgs/other-org", Value::Null), 403);
    client.token = client.orchestrator.expired_token("demo-org");
    let (status, refusal) = client.send(Method::GET, "/orgs/demo-org", None).expect("an answer");
    assert_eq!((status.as_u16(), &refusal["message"]), (401, &json!("the token has expired")));
    client.token = "wrong".to_owned();
    assert_eq!(client.status(Method::GET, "/orgs/demo-org", Value::Null), 401);
    client.answers_are_valid();
}

#[test]
fn a_poll_without_the_runners_signature_is_refused() {
    let client = Client::new();
    client.orchestrator.add_runner(&runner("one"));
    let poll = "/orgs/demo-org/remote-runners/one/actions/poll-requests";
    assert_eq!(client.status(Method::POST, poll, Value::Null), 401);
    client.answers_are_valid();
}
