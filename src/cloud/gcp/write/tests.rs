use std::time::Duration;

use serde_json::json;

use super::super::change::{Binding, SeenAccount};
use super::super::server::{Answer, SECRET, Server, detailed, ok, refused};
use super::*;
use crate::failure::{Failure, FailureKind};

const EMAIL: &str = "runner-prod@my-project.iam.gserviceaccount.com";
const MEMBER: &str = "serviceAccount:my-project.svc.id.goog[jobs/job]";
const ROLE: &str = "roles/iam.workloadIdentityUser";

fn email() -> AccountEmail {
    EMAIL.parse().unwrap()
}

fn create() -> GcpChange {
    GcpChange::CreateServiceAccount(NewServiceAccount {
        project: email().project().clone(),
        email: email(),
        display_name: "runner".to_owned(),
        description: "ours".to_owned(),
    })
}

fn binding() -> Binding {
    Binding {
        on: Resource::Account(email()),
        role: ROLE.to_owned(),
        member: MEMBER.to_owned(),
        young: false,
        seen: None,
    }
}

fn project_binding(young: bool) -> Binding {
    Binding {
        on: Resource::Project(email().project().clone()),
        role: "roles/viewer".to_owned(),
        member: email().member(),
        young,
        seen: None,
    }
}

fn delete(but_for: &[(&str, &str)]) -> GcpChange {
    let pair = |(role, member): &(&str, &str)| ((*role).to_owned(), (*member).to_owned());
    GcpChange::DeleteServiceAccount {
        email: email(),
        unique_id: "101".to_owned(),
        description: "ours".to_owned(),
        but_for: but_for.iter().map(pair).collect(),
    }
}

fn account(number: &str, description: &str) -> Answer {
    ok(&json!({ "email": EMAIL, "uniqueId": number, "description": description }))
}

fn policy(etag: &str, members: &[&str]) -> Answer {
    ok(&json!({ "etag": etag, "version": 1, "bindings": [{ "role": ROLE, "members": members }] }))
}

fn missing() -> Answer {
    refused(404, "NOT_FOUND", "Unknown service account")
}

fn aborted() -> Answer {
    refused(409, "ABORTED", "There were concurrent policy changes.")
}

#[tokio::test]
async fn a_new_account_is_waited_for_until_it_is_seen_three_times_in_a_row() {
    let hidden = || refused(403, "PERMISSION_DENIED", "Permission 'iam.serviceAccounts.get' denied on resource.");
    let may = ok(&json!({ "permissions": ["iam.serviceAccounts.get"] }));
    let seen = || account("101", "ours");
    let answers = vec![seen(), missing(), seen(), hidden(), may, seen(), missing(), seen(), seen(), seen()];
    let server = Server::with(answers).await;
    server.gcp.apply(&create()).await.unwrap();
    assert_eq!(server.asked().len(), 10);
    assert_eq!(server.lines()[0], "POST /v1/projects/my-project/serviceAccounts");
    let body =
        json!({ "accountId": "runner-prod", "serviceAccount": { "displayName": "runner", "description": "ours" } });
    assert_eq!(server.body(0), body);
    assert_eq!(server.told().len(), 3);
    assert!(server.told()[0].starts_with("waiting until IAM knows Google service account `runner-prod@"));
}

#[tokio::test]
async fn who_may_not_look_is_told_at_once() {
    let hidden = refused(403, "PERMISSION_DENIED", "Permission 'iam.serviceAccounts.get' denied on resource.");
    let server = Server::with(vec![account("101", "ours"), hidden, ok(&json!({}))]).await;
    let error = server.gcp.apply(&create()).await.unwrap_err();
    assert!(error.is_denied() && server.asked().len() == 3, "{error}");
}

#[tokio::test]
async fn one_that_is_never_seen_is_a_run_to_be_finished() {
    let answers = std::iter::once(account("101", "ours")).chain((0..3000).map(|_| missing())).collect();
    let server = Server::with(answers).await.paced(Duration::from_millis(200));
    let failure = Failure::from(server.gcp.apply(&create()).await.unwrap_err());
    assert_eq!(failure.kind, FailureKind::Stopped, "{failure}");
}

#[tokio::test]
async fn what_is_there_already_is_ours_or_not_by_its_description() {
    let exists = || refused(409, "ALREADY_EXISTS", "Service account runner-prod already exists.");
    let ours = || account("101", "ours");
    let server = Server::with(vec![exists(), ours(), ours(), ours()]).await;
    server.gcp.apply(&create()).await.unwrap();
    for (description, words) in [("", "it has no description"), ("terraform", "its description is `terraform`")] {
        let theirs = || account("102", description);
        let server = Server::with(vec![exists(), theirs(), theirs(), theirs()]).await;
        let error = server.gcp.apply(&create()).await.unwrap_err();
        assert!(matches!(&error, GcpError::MadeMeanwhile { differs, .. } if differs.contains(words)), "{error}");
    }
}

#[tokio::test]
async fn a_policy_is_read_again_after_each_conflict() {
    let done = || ok(&json!({}));
    let other = "user:a@example.com";
    let answers = vec![
        policy("A", &[]),
        aborted(),
        policy("B", &[other]),
        Answer(503, String::new(), ""),
        policy("C", &[]),
        done(),
    ];
    let server = Server::with(answers).await;
    server.gcp.apply(&GcpChange::Grant(binding())).await.unwrap();
    let account = format!("/v1/projects/my-project/serviceAccounts/{EMAIL}");
    assert_eq!(server.lines()[0], format!("POST {account}:getIamPolicy?options.requestedPolicyVersion=3"));
    assert!(server.asked()[0].to_lowercase().contains("content-length: 0\r\n"), "no body, and a length nevertheless");
    assert_eq!(server.lines()[1], format!("POST {account}:setIamPolicy"));
    let bindings = json!([{ "role": ROLE, "members": [other, MEMBER] }]);
    assert_eq!(server.body(3), json!({ "policy": { "etag": "B", "version": 3, "bindings": bindings } }));
    assert_eq!(server.body(5)["policy"]["etag"], "C");
    assert_eq!(server.told().len(), 2);
    assert!(server.told()[0].starts_with("somebody else is changing the policy of Google service account"));
}

#[tokio::test]
async fn what_is_there_is_not_written_and_what_is_gone_not_taken() {
    let server = Server::with(vec![policy("A", &[MEMBER])]).await;
    server.gcp.apply(&GcpChange::Grant(binding())).await.unwrap();
    assert_eq!(server.asked().len(), 1);
    for answer in [policy("A", &["user:a@example.com"]), missing()] {
        let server = Server::with(vec![answer]).await;
        server.gcp.apply(&GcpChange::Revoke(binding())).await.unwrap();
        assert_eq!(server.asked().len(), 1);
    }
    let server = Server::with(vec![policy("A", &[MEMBER]), ok(&json!({}))]).await;
    server.gcp.apply(&GcpChange::Revoke(binding())).await.unwrap();
    assert_eq!(server.body(1)["policy"]["bindings"], json!([]));
    let server = Server::with(vec![missing()]).await;
    let error = server.gcp.apply(&GcpChange::Grant(binding())).await.unwrap_err();
    assert!(error.is_missing(), "{error}");
}

#[tokio::test]
async fn conflicts_without_end_end() {
    let answers = (0..4000).map(|index| if index % 2 == 0 { policy("A", &[]) } else { aborted() }).collect();
    let server = Server::with(answers).await.paced(Duration::from_millis(200));
    let error = server.gcp.apply(&GcpChange::Grant(binding())).await.unwrap_err();
    assert!(matches!(error, GcpError::Conflict { .. }) && server.asked().len() > 4, "{error}");
}

#[tokio::test]
async fn a_young_member_is_waited_for_and_an_old_one_is_not() {
    let unknown = || refused(400, "INVALID_ARGUMENT", &format!("Service account {EMAIL} does not exist."));
    let empty = || ok(&json!({ "etag": "A" }));
    let server = Server::with(vec![empty(), unknown(), empty(), unknown(), empty(), ok(&json!({}))]).await;
    server.gcp.apply(&GcpChange::Grant(project_binding(true))).await.unwrap();
    assert_eq!(server.lines()[0], "POST /v3/projects/my-project:getIamPolicy");
    assert_eq!(server.body(0), json!({ "options": { "requestedPolicyVersion": 3 } }));
    assert_eq!(server.told().len(), 2);
    let server = Server::with(vec![empty(), unknown()]).await;
    let error = server.gcp.apply(&GcpChange::Grant(project_binding(false))).await.unwrap_err();
    assert!(matches!(error, GcpError::MemberMissing { .. }) && server.told().is_empty(), "{error}");
    let server = Server::with(vec![empty(), refused(400, "INVALID_ARGUMENT", "Role roles/x is not supported.")]).await;
    let error = server.gcp.apply(&GcpChange::Grant(project_binding(true))).await.unwrap_err();
    assert!(matches!(error, GcpError::Invalid { .. }), "{error}");
}

#[tokio::test]
async fn a_pool_that_is_not_there_is_explained_after_a_while() {
    let words = "Identity Pool does not exist (my-project.svc.id.goog).";
    let answers = (0..2000).map(|index| match index % 2 {
        0 => policy("A", &[]),
        _ => refused(400, "INVALID_ARGUMENT", words),
    });
    let server = Server::with(answers.collect()).await.paced(Duration::from_millis(100));
    let failure = Failure::from(server.gcp.apply(&GcpChange::Grant(binding())).await.unwrap_err());
    assert!(failure.message.contains(words) && failure.hints[0].contains("--workload-pool="), "{failure:?}");
    assert!(server.asked().len() > 2);
}

#[tokio::test]
async fn a_policy_of_the_organisation_is_named() {
    let details = json!([{
        "@type": "type.googleapis.com/google.rpc.PreconditionFailure",
        "violations": [{ "type": "constraints/iam.allowedPolicyMemberDomains" }],
    }]);
    let words = "One or more users named in the policy do not belong to a permitted customer.";
    let server = Server::with(vec![policy("A", &[]), detailed(400, "FAILED_PRECONDITION", words, &details)]).await;
    let failure = Failure::from(server.gcp.apply(&GcpChange::Grant(binding())).await.unwrap_err());
    assert!(failure.message.contains("(constraints/iam.allowedPolicyMemberDomains)"), "{failure}");
    assert!(failure.hints[0].starts_with("ask the organisation's administrator"));
    assert_eq!(failure.kind, FailureKind::Refused);
}

#[tokio::test]
async fn an_account_that_is_not_what_was_looked_at_is_not_deleted() {
    let stranger = "serviceAccount:my-project.svc.id.goog[other/job]";
    let cases = [
        (vec![account("102", "ours")], "made anew"),
        (vec![account("101", "theirs")], "its description is `theirs`"),
        (vec![account("101", "ours"), policy("A", &[MEMBER, stranger])], stranger),
    ];
    for (answers, words) in cases {
        let server = Server::with(answers).await;
        let error = server.gcp.apply(&delete(&[(ROLE, MEMBER)])).await.unwrap_err();
        assert!(matches!(&error, GcpError::Moved { how, .. } if how.contains(words)), "{error}");
        assert!(server.lines().iter().all(|line| !line.starts_with("DELETE")));
        assert_eq!(Failure::from(error).kind, FailureKind::Stopped);
    }
    let gone = format!("deleted:serviceAccount:{EMAIL}?uid=1");
    for last in [ok(&json!({})), missing()] {
        let answers = vec![account("101", "ours"), policy("A", &[MEMBER, &gone]), last];
        let server = Server::with(answers).await;
        server.gcp.apply(&delete(&[(ROLE, MEMBER)])).await.unwrap();
        assert_eq!(server.lines()[2], "DELETE /v1/projects/my-project/serviceAccounts/101");
    }
    let server = Server::with(vec![missing()]).await;
    server.gcp.apply(&delete(&[])).await.unwrap();
}

#[tokio::test]
async fn a_client_that_may_only_read_changes_nothing() {
    let server = Server::with(Vec::new()).await;
    let reader = server.gcp.read_only();
    for change in [create(), GcpChange::Grant(binding()), GcpChange::Revoke(project_binding(true)), delete(&[])] {
        let error = reader.apply(&change).await.unwrap_err();
        assert!(matches!(error, GcpError::ReadOnly { .. }), "{error}");
    }
    // Below all of them stands the guard.
    for call in [
        Call::post(Service::Iam, "v1/projects/p/serviceAccounts", json!({}), "x"),
        Resource::Account(email()).call("setIamPolicy", json!({}), "x"),
    ] {
        let error = reader.ask(&call).await.unwrap_err();
        assert!(matches!(error, GcpError::ReadOnly { .. }), "{error}");
    }
    assert!(server.asked().is_empty());
    assert!(!format!("{reader:?}").contains(SECRET));
}

#[tokio::test]
async fn a_grant_is_for_the_account_that_was_looked_at() {
    let seen = || Some(SeenAccount { unique_id: "101".to_owned(), description: "ours".to_owned() });
    let off = ok(&json!({ "email": EMAIL, "uniqueId": "101", "description": "ours", "disabled": true }));
    for (answer, words) in [
        (account("102", "ours"), "made anew"),
        (account("101", "theirs"), "its description is `theirs` now"),
        (off, "it is disabled now"),
    ] {
        for binding in [binding(), project_binding(true)] {
            let server = Server::with(vec![policy("A", &[]), answer.clone()]).await;
            let change = GcpChange::Grant(Binding { seen: seen(), ..binding });
            let error = server.gcp.apply(&change).await.unwrap_err();
            assert!(matches!(&error, GcpError::Moved { how, .. } if how.contains(words)), "{error}");
            assert_eq!(server.asked().len(), 2, "nothing is written");
        }
    }
    // In a project it is looked at once for all roles.
    let done = || ok(&json!({}));
    let answers = vec![policy("A", &[]), account("101", "ours"), done(), policy("B", &[]), done()];
    let server = Server::with(answers).await;
    for role in ["roles/viewer", "roles/browser"] {
        let binding = Binding { seen: seen(), role: role.to_owned(), ..project_binding(true) };
        server.gcp.apply(&GcpChange::Grant(binding)).await.unwrap();
    }
    assert_eq!(server.asked().len(), 5);
}
