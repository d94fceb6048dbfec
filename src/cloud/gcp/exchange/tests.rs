use serde_json::json;

use super::super::server::{Answer, SECRET, Server, detailed, ok, refused};
use super::*;

const POOL: &str = "my-project.svc.id.goog";
const CLUSTER: &str = "projects/my-project/locations/europe-west1/clusters/prod";
const JOB: &str = "hunter2-job";
const FEDERATED: &str = "hunter2-federated";

async fn exchange(answers: Vec<Answer>, account: bool, patience: u64) -> (Server, Result<Exchanged, ExchangeError>) {
    let server = Server::with(answers).await;
    let email: AccountEmail = "runner-prod@my-project.iam.gserviceaccount.com".parse().unwrap();
    let patience = Duration::from_millis(patience);
    let reader = server.gcp.read_only();
    let outcome = reader.exchange(JOB, POOL, CLUSTER, account.then_some(&email), patience).await;
    (server, outcome)
}

fn federated() -> Answer {
    ok(&json!({ "access_token": FEDERATED, "token_type": "Bearer" }))
}

fn denied() -> Answer {
    refused(403, "PERMISSION_DENIED", "Permission 'iam.serviceAccounts.getAccessToken' denied on resource.")
}

#[tokio::test]
async fn a_job_s_token_becomes_its_identity_as_nobody_and_then_as_itself() {
    let (server, outcome) = exchange(vec![federated(), ok(&json!({ "accessToken": "x" }))], true, 0).await;
    assert!(outcome.unwrap().account.is_some());
    let asked = server.asked();
    assert!(asked.iter().all(|request| !request.contains(SECRET)), "as whom this run is logged in does not matter");
    assert!(!asked[0].to_lowercase().contains("authorization:"));
    let audience = format!("identitynamespace:{POOL}:https://container.googleapis.com/v1/{CLUSTER}");
    assert_eq!((&server.body(0)["audience"], &server.body(0)["subject_token"]), (&json!(audience), &json!(JOB)));
    let path = "/v1/projects/-/serviceAccounts/runner-prod@my-project.iam.gserviceaccount.com:generateAccessToken";
    assert_eq!(server.lines(), ["POST /v1/identitybindingtoken".to_owned(), format!("POST {path}")]);
    assert!(asked[1].contains(&format!("authorization: Bearer {FEDERATED}")));
    let (server, outcome) = exchange(vec![federated()], false, 0).await;
    assert_eq!((outcome.unwrap().account, server.asked().len()), (None, 1));
}

#[tokio::test]
async fn which_step_was_refused_is_told() {
    let words = format!("no such pool for {JOB}");
    let (_, outcome) = exchange(vec![refused(400, "INVALID_ARGUMENT", &words)], true, 0).await;
    let error = outcome.unwrap_err();
    assert_eq!(
        (error.step, error.to_string().as_str()),
        (ExchangeStep::Federation, "INVALID_ARGUMENT: no such pool for [redacted]")
    );
    let (_, outcome) = exchange(vec![federated(), denied()], true, 0).await;
    let error = outcome.unwrap_err();
    assert_eq!((error.step, error.status.as_str()), (ExchangeStep::Impersonation, "PERMISSION_DENIED"));
    let details = json!([{ "@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "SERVICE_DISABLED" }]);
    let (server, outcome) =
        exchange(vec![federated(), detailed(403, "PERMISSION_DENIED", "off", &details)], true, 10_000).await;
    assert!(outcome.unwrap_err().is_api_off() && server.asked().len() == 2, "an API that is off is not waited for");
    let (_, outcome) = exchange(vec![Answer(200, "{}".to_owned(), "")], true, 0).await;
    assert!(outcome.unwrap_err().is_silent());
}

#[tokio::test]
async fn what_iam_has_not_heard_of_is_asked_again() {
    let answers = vec![federated(), denied(), federated(), ok(&json!({ "accessToken": "x" }))];
    let (server, outcome) = exchange(answers, true, 10_000).await;
    assert!(outcome.is_ok());
    assert!(server.told()[0].starts_with("waiting until Google lets the job's token in; looking again in"));
}
