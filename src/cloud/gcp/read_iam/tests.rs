use serde_json::json;

use super::super::error::look;
use super::super::server::{Server, detailed, ok, refused};
use super::*;
use crate::cloud::look::Look;
use crate::failure::{Failure, FailureKind};

const EMAIL: &str = "runner-prod@my-project.iam.gserviceaccount.com";

fn project() -> ProjectId {
    "my-project".parse().unwrap()
}

fn denied() -> super::super::server::Answer {
    let words = "Required \"container.clusters.get\" permission(s) for \"projects/my-project\".";
    refused(403, "PERMISSION_DENIED", words)
}

#[tokio::test]
async fn an_account_is_read() {
    let account = json!({ "email": EMAIL, "uniqueId": "101", "displayName": "a", "disabled": true, "etag": "x" });
    let gone = refused(404, "NOT_FOUND", "Unknown service account");
    let server = Server::with(vec![ok(&account), gone, ok(&json!({ "email": "other@x" }))]).await;
    let email: AccountEmail = EMAIL.parse().unwrap();
    let found = server.gcp.service_account(&email).await.unwrap().unwrap();
    assert_eq!((found.unique_id.as_str(), found.description.as_str(), found.disabled), ("101", "", true));
    assert!(server.gcp.service_account(&email).await.unwrap().is_none());
    assert!(server.gcp.service_account(&email).await.is_err(), "an answer about somebody else is none");
}

#[tokio::test]
async fn what_may_not_be_seen_is_unknown_and_says_why() {
    let off = detailed(
        403,
        "PERMISSION_DENIED",
        "Service Usage API has not been used",
        &json!([{ "@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "SERVICE_DISABLED",
            "metadata": { "service": "serviceusage.googleapis.com", "consumer": "projects/my-project" } }]),
    );
    let enabled = |state: &str| ok(&json!({ "state": state }));
    let server = Server::with(vec![enabled("ENABLED"), enabled("DISABLED"), off.clone(), off]).await;
    assert!(server.gcp.credentials_api_enabled(&project()).await.unwrap());
    assert!(!server.gcp.credentials_api_enabled(&project()).await.unwrap());
    let read = server.gcp.credentials_api_enabled(&project()).await.map(Some);
    let Look::Unknown(words) = look(read).unwrap() else { panic!() };
    assert!(words.contains("the API serviceusage.googleapis.com is off in project `my-project`"), "{words}");
    let failure = Failure::from(server.gcp.credentials_api_enabled(&project()).await.unwrap_err());
    assert_eq!(failure.hints, ["gcloud services enable serviceusage.googleapis.com --project my-project"]);
}

#[tokio::test]
async fn a_project_s_number_is_that_of_its_name() {
    let server = Server::with(vec![ok(&json!({ "name": "projects/123456789012" })), ok(&json!({}))]).await;
    assert_eq!(server.gcp.project_number(&project()).await.unwrap().as_deref(), Some("123456789012"));
    assert!(server.gcp.project_number(&project()).await.is_err());
}

#[tokio::test]
async fn what_one_may_not_do_is_told_in_order() {
    let account = Resource::Account(EMAIL.parse().unwrap());
    let gone = refused(404, "NOT_FOUND", "Unknown service account");
    let server = Server::with(vec![ok(&json!({ "permissions": ["b.c.d"] })), gone, ok(&json!({}))]).await;
    assert_eq!(server.gcp.missing_permissions(&account, &["a.b.c", "b.c.d"]).await.unwrap(), ["a.b.c"]);
    assert_eq!(server.gcp.missing_permissions(&account, &["a.b.c"]).await.unwrap(), ["a.b.c"]);
    assert_eq!(server.lines()[2], "POST /v3/projects/my-project:testIamPermissions");
    assert_eq!(server.body(2), json!({ "permissions": ["a.b.c"] }));
}

#[tokio::test]
async fn a_cluster_is_asked_for_once_and_a_missing_one_is_looked_for_elsewhere() {
    let cluster = json!({ "name": "prod", "location": "europe-west1", "status": "RUNNING" });
    let server = Server::with(vec![ok(&cluster)]).await;
    for _ in 0..2 {
        let found = server.gcp.cluster(&project(), "europe-west1", "prod").await.unwrap();
        assert_eq!(found.status, "RUNNING");
    }
    assert_eq!(server.lines(), ["GET /v1/projects/my-project/locations/europe-west1/clusters/prod"]);
    let gone = || refused(404, "NOT_FOUND", "Not found: projects/my-project/locations/europe-west1/clusters/prod.");
    let list = |names: &[(&str, &str)]| {
        let cluster = |(location, name): &(&str, &str)| json!({ "location": location, "name": name });
        ok(&json!({ "clusters": names.iter().map(cluster).collect::<Vec<_>>() }))
    };
    for (answer, hint) in [
        (list(&[("us-east1", "other"), ("us-central1-a", "prod")]), "did you mean --location us-central1-a?"),
        (list(&[("us-east1", "prdo")]), "did you mean --cluster-name prdo --location us-east1?"),
        (ok(&json!({})), "there is no cluster at all in project my-project"),
        (denied(), "gcloud container clusters list --project my-project"),
    ] {
        let server = Server::with(vec![gone(), answer]).await;
        let failure = Failure::from(server.gcp.cluster(&project(), "europe-west1", "prod").await.unwrap_err());
        assert_eq!((failure.kind, failure.hints[0].as_str()), (FailureKind::Usage, hint));
        assert_eq!(server.lines()[1], "GET /v1/projects/my-project/locations/-/clusters");
    }
}

#[tokio::test]
async fn a_denied_cluster_names_all_that_is_missing_or_a_project_that_is_hidden() {
    let server = Server::with(vec![denied(), ok(&json!({}))]).await;
    let failure = Failure::from(server.gcp.cluster(&project(), "europe-west1", "prod").await.unwrap_err());
    assert_eq!(
        failure.message,
        "missing permissions container.clusters.get, container.clusters.list on cluster `prod` in europe-west1 of \
         project `my-project`"
    );
    assert_eq!(failure.kind, FailureKind::Refused);
    assert_eq!(failure.hints, ["runner-setup permissions --for gcp", "gcloud projects get-iam-policy my-project"]);
    let hidden = refused(403, "PERMISSION_DENIED", "The caller does not have permission");
    let server = Server::with(vec![denied(), hidden]).await;
    let error = server.gcp.cluster(&project(), "europe-west1", "prod").await.unwrap_err();
    assert!(matches!(error, GcpError::ProjectHidden { .. }), "{error}");
    assert!(Failure::from(error).hints.contains(&"gcloud projects list".to_owned()));
}
