use std::time::Duration;

use serde_json::json;

use super::super::server::{Answer, SECRET, Server, TOKEN, identity_id, jwt, ok, refused, subscription, token};
use super::*;
use crate::failure::{Failure, FailureKind};

fn group() -> Answer {
    ok(&json!({ "location": "westeurope" }))
}

#[tokio::test]
async fn what_may_pass_is_asked_again_and_told() {
    let busy = Answer(429, json!({ "error": { "code": "TooManyRequests" } }).to_string(), "retry-after: 0\r\n");
    let answers = vec![Answer(503, String::new(), ""), busy, Answer(0, String::new(), ""), group()];
    let server = Server::with(answers).await;
    let location = server.azure.resource_group(&subscription(), "my-group").await.unwrap();
    assert_eq!(location.as_deref(), Some("westeurope"));
    let told = server.told();
    assert!(told[0].starts_with("127.0.0.1 answered 503; asking again in"), "{told:?}");
    assert_eq!(told[1], "127.0.0.1 is asked too often; asking again in 0 s");
    assert!(told[2].starts_with("127.0.0.1 is not reachable"), "{told:?}");
    assert!(server.asked().iter().all(|request| request.contains(&format!("authorization: Bearer {TOKEN}"))));
    assert!(server.asked()[0].contains("?api-version=2021-04-01 HTTP"));
}

#[tokio::test]
async fn no_request_lasts_longer_than_the_run() {
    let server = Server::with(Vec::new()).await;
    server.azure.end_by(Instant::now());
    let error = server.azure.identity(&identity_id()).await.unwrap_err();
    assert!(matches!(error, AzureError::TimedOut { .. }) && server.asked().is_empty(), "{error}");
    server.azure.end_by(Instant::now() + Duration::from_secs(20));
    let error = server.azure.identity(&identity_id()).await.unwrap_err();
    assert!(matches!(error, AzureError::Unexpected { status: Some(418), .. }), "{error}");
}

#[tokio::test]
async fn a_client_that_may_only_read_sends_no_change() {
    let server = Server::with(Vec::new()).await;
    let change = super::super::change::AzureChange::UnassignRole { assignment: "/a".to_owned() };
    let error = server.azure.read_only().apply(&change).await.unwrap_err();
    assert!(matches!(error, AzureError::ReadOnly { .. }) && server.asked().is_empty(), "{error}");
}

#[tokio::test]
async fn a_token_that_is_not_taken_any_more_is_made_anew_once() {
    let old = || refused(401, "ExpiredAuthenticationToken", "The access token expiry UTC time is over");
    let server = Server::with(vec![old(), token(), group()]).await;
    assert!(server.azure.resource_group(&subscription(), "my-group").await.is_ok());
    let server = Server::with(vec![old(), token(), old()]).await;
    let failure = Failure::from(server.azure.resource_group(&subscription(), "my-group").await.unwrap_err());
    assert_eq!((failure.hints, server.asked().len()), (vec!["az login".to_owned()], 3));
}

#[tokio::test]
async fn errors_have_a_meaning_and_a_command_and_never_a_token() {
    let wrong = "11111111-1111-1111-1111-111111111111";
    let right = "22222222-2222-2222-2222-222222222222";
    let tenants = format!(
        "The access token is from the wrong issuer 'https://sts.windows.net/{wrong}/'. It must match one of the tenants \
         'https://sts.windows.net/{right}/' associated with this subscription."
    );
    let denied = "The client 'c' with object id 'o-1' does not have authorization to perform action \
                  'Microsoft.ManagedIdentity/userAssignedIdentities/read' over scope '/subscriptions/s' or the scope is invalid.";
    let linked = "The client 'c' with object id 'o' has permission to perform action 'x/write' on scope '/s'; however, it \
                  does not have permission to perform action(s) 'Microsoft.Network/virtualNetworks/subnets/join/action' on \
                  the linked scope(s) '/subscriptions/s/n' (respectively).";
    let namespace = "The subscription is not registered to use namespace 'Microsoft.ManagedIdentity'. See https://x";
    let locked = "The scope '/a' cannot perform write operation because following scope(s) are locked: \
                  '/subscriptions/s/resourceGroups/g'. Please remove the lock and try again.";
    let cases = [
        (
            refused(401, "InvalidAuthenticationTokenTenant", &tenants),
            format!("az login --tenant {right}"),
            FailureKind::Refused,
        ),
        (
            refused(403, "AuthorizationFailed", denied),
            "--assignee o-1 --role ROLE --scope /subscriptions/s".to_owned(),
            FailureKind::Refused,
        ),
        (
            refused(403, "LinkedAuthorizationFailed", linked),
            "--assignee o --role ROLE --scope /subscriptions/s/n".to_owned(),
            FailureKind::Refused,
        ),
        (
            refused(409, "MissingSubscriptionRegistration", namespace),
            "az provider register --namespace Microsoft.ManagedIdentity".to_owned(),
            FailureKind::Refused,
        ),
        (
            refused(409, "ScopeLocked", locked),
            "az lock list --resource /subscriptions/s/resourceGroups/g".to_owned(),
            FailureKind::Refused,
        ),
        (refused(404, "SubscriptionNotFound", "x"), "az account list".to_owned(), FailureKind::Refused),
        (
            refused(403, "RequestDisallowedByPolicy", "x"),
            "ask whoever keeps the policy".to_owned(),
            FailureKind::Refused,
        ),
        (refused(409, "ReadOnlyDisabledSubscription", "x"), "az account show".to_owned(), FailureKind::Refused),
        (
            Answer(403, format!("<html><title>Proxy of {TOKEN}</title></html>"), ""),
            "check HTTPS_PROXY".to_owned(),
            FailureKind::Unreachable,
        ),
        (Answer(200, "no json".to_owned(), ""), "check --azure-cloud".to_owned(), FailureKind::Unreachable),
        (
            Answer(302, String::new(), "location: https://x\r\n"),
            "check --azure-cloud".to_owned(),
            FailureKind::Unreachable,
        ),
    ];
    for (answer, hint, kind) in cases {
        let server = Server::with(vec![answer]).await;
        let failure = Failure::from(server.azure.identity(&identity_id()).await.unwrap_err());
        assert!(failure.hints.iter().any(|it| it.contains(&hint)), "{failure:?}");
        assert_eq!(failure.kind, kind, "{failure:?}");
        assert!(!format!("{failure:?}").contains("hunter2"), "{failure:?}");
        assert_eq!(server.asked().len(), 1);
    }
}

#[tokio::test]
async fn what_is_not_there_is_none_and_a_list_has_several_pages() {
    let gone = || refused(404, "ResourceNotFound", "x");
    let server = Server::with(vec![gone(), refused(404, "ResourceGroupNotFound", "x"), gone()]).await;
    assert!(server.azure.identity(&identity_id()).await.unwrap().is_none());
    assert!(server.azure.identity(&identity_id()).await.unwrap().is_none());
    assert!(server.azure.federated(&identity_id()).await.unwrap().is_none());
    let item =
        |name: &str| json!({ "name": name, "properties": { "issuer": "i", "subject": "s", "audiences": ["a"] } });
    let next = "https://management.azure.com/next?api-version=1&$skiptoken=2";
    let first = ok(&json!({ "value": [item("one")], "nextLink": next }));
    let server = Server::with(vec![first, ok(&json!({ "value": [item("two")] }))]).await;
    let found = server.azure.federated(&identity_id()).await.unwrap().unwrap();
    assert_eq!(found.iter().map(|it| it.name.as_str()).collect::<Vec<_>>(), ["one", "two"]);
    assert!(server.asked()[1].starts_with("GET /next?api-version=1&$skiptoken=2 HTTP"), "{:?}", server.asked());
}

#[tokio::test]
async fn the_token_says_who_and_where() {
    let claims = jwt(&json!({ "tid": "t-1", "oid": "o-1" }));
    let answer = ok(&json!({ "token_type": "Bearer", "expires_in": 3600, "access_token": claims }));
    let server = Server::start(vec![answer], &[]).await;
    assert_eq!(server.azure.tenant().await.unwrap(), "t-1");
    assert_eq!(server.azure.principal().await.unwrap().as_deref(), Some("o-1"));
    assert!(!format!("{:?}", server.azure).contains(SECRET));
}
