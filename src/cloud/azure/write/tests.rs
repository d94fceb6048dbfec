use std::collections::BTreeMap;

use super::super::change::NewTrust;
use super::super::found::FederatedCredential;
use super::super::server::{Answer, S, Server, cluster_id, identity_id, ok, refused};
use super::*;

const ISSUER: &str = "https://issuer/";
const ID: &str = "Microsoft.ManagedIdentity/userAssignedIdentities/runner";
const CLUSTER: &str = "Microsoft.ContainerService/managedClusters/prod";

fn identity(location: &str, tags: &Value) -> Answer {
    ok(&json!({
        "id": identity_id().as_str(), "location": location, "tags": tags,
        "properties": { "clientId": "c", "principalId": "p", "tenantId": "t" },
    }))
}

fn gone() -> Answer {
    refused(404, "ResourceNotFound", "x")
}

fn list(items: &[Value]) -> Answer {
    ok(&json!({ "value": items }))
}

fn item(name: &str, subject: &str) -> Value {
    json!({ "name": name, "properties": { "issuer": ISSUER, "subject": subject, "audiences": ["a"] } })
}

fn credential(subject: &str) -> FederatedCredential {
    let (name, issuer) = ("fic".to_owned(), ISSUER.to_owned());
    FederatedCredential { name, issuer, subject: subject.to_owned(), audiences: vec!["a".to_owned()] }
}

fn trust(seen: Option<&str>) -> AzureChange {
    let (credential, seen) = (credential("wanted"), seen.map(credential));
    AzureChange::Trust(Box::new(NewTrust { identity: identity_id(), credential, cluster: cluster_id(), seen }))
}

fn create() -> AzureChange {
    let tags = BTreeMap::from([("managed-by".to_owned(), "runner-setup".to_owned())]);
    AzureChange::CreateIdentity { id: identity_id(), location: "westeurope".to_owned(), tags }
}

async fn apply(answers: Vec<Answer>, change: &AzureChange) -> (Server, Result<(), AzureError>) {
    let server = Server::with(answers).await;
    let result = server.azure.apply(change).await;
    (server, result)
}

#[tokio::test]
async fn an_identity_is_made_when_it_is_not_there_and_never_written_over() {
    let ours = json!({ "Managed-By": "runner-setup", "more": "x" });
    let (server, result) =
        apply(vec![gone(), identity("westeurope", &ours), gone(), identity("x", &ours)], &create()).await;
    result.unwrap();
    assert_eq!(server.lines(), [format!("GET {ID}"), format!("PUT {ID}")]);
    assert_eq!(server.body(1), json!({ "location": "westeurope", "tags": { "managed-by": "runner-setup" } }));
    // It shows late.
    assert_eq!(server.azure.client_id_of(&identity_id()).await.unwrap(), "c");
    assert!(server.told()[0].starts_with("waiting until Azure shows managed identity `runner`"), "{:?}", server.told());
    let (server, result) = apply(vec![identity("West Europe", &ours)], &create()).await;
    assert!(result.is_ok() && server.asked().len() == 1);
    let (_, result) = apply(vec![identity("eastus", &ours)], &create()).await;
    assert!(matches!(result, Err(AzureError::LocationConflict { .. })), "{result:?}");
    let (_, result) = apply(vec![identity("westeurope", &json!({}))], &create()).await;
    assert!(matches!(result, Err(AzureError::MadeMeanwhile { .. })), "{result:?}");
    let server = Server::with(vec![gone()]).await;
    assert!(server.azure.client_id_of(&identity_id()).await.unwrap_err().is_missing(), "only a new one may show late");
}

#[tokio::test]
async fn a_trust_is_looked_at_right_before_and_written_once() {
    let busy = || refused(409, "ConcurrentFederatedIdentityCredentialsWritesForSingleManagedIdentity", "x");
    let answers = vec![list(&[]), busy(), list(&[]), ok(&json!({}))];
    let (server, result) = apply(answers, &trust(None)).await;
    result.unwrap();
    let path = format!("{ID}/federatedIdentityCredentials");
    let cycle = [format!("GET {path}"), format!("PUT {path}/fic")];
    assert_eq!(server.lines(), [cycle.clone(), cycle].concat());
    let expected = json!({ "properties": { "issuer": ISSUER, "subject": "wanted", "audiences": ["a"] } });
    assert_eq!(server.body(3), expected);
    for there in [item("fic", "wanted"), item("other-name", "wanted")] {
        let (server, result) = apply(vec![list(&[there])], &trust(None)).await;
        assert!(result.is_ok() && server.asked().len() == 1);
    }
}

#[tokio::test]
async fn nothing_is_trusted_over_what_was_not_looked_at() {
    let other = || list(&[item("FIC", "other")]);
    let (_, result) = apply(vec![other()], &trust(None)).await;
    assert!(matches!(result, Err(AzureError::MadeMeanwhile { .. })), "{result:?}");
    let (_, result) = apply(vec![other()], &trust(Some("seen"))).await;
    assert!(matches!(result, Err(AzureError::Moved { .. })), "{result:?}");
    let (server, result) = apply(vec![other(), ok(&json!({}))], &trust(Some("other"))).await;
    assert!(result.is_ok() && server.asked().len() == 2);
    let many: Vec<_> = (0..20).map(|at| item(&format!("n{at}"), &format!("s{at}"))).collect();
    let (server, result) = apply(vec![list(&many)], &trust(None)).await;
    assert!(matches!(result, Err(AzureError::TooManyCredentials { .. })) && server.asked().len() == 1, "{result:?}");
}

#[tokio::test]
async fn an_issuer_that_was_just_turned_on_is_read_first() {
    let AzureChange::Trust(mut new) = trust(None) else { panic!() };
    new.credential.issuer = String::new();
    let change = AzureChange::Trust(new);
    let (server, result) = apply(vec![cluster("Succeeded", true, 1), list(&[]), ok(&json!({}))], &change).await;
    result.unwrap();
    assert_eq!(server.body(2)["properties"]["issuer"], "https://oic/1/");
    let (_, result) = apply(vec![cluster("Succeeded", false, 1)], &change).await;
    assert!(matches!(result, Err(AzureError::IssuerOff { .. })), "{result:?}");
}

#[tokio::test]
async fn distrust_takes_only_what_was_seen() {
    let change = AzureChange::Distrust { identity: identity_id(), seen: credential("wanted") };
    let (server, result) = apply(vec![list(&[item("fic", "wanted")]), Answer(204, String::new(), "")], &change).await;
    assert!(result.is_ok() && server.lines()[1] == format!("DELETE {ID}/federatedIdentityCredentials/fic"));
    let (server, result) = apply(vec![list(&[item("x", "wanted")])], &change).await;
    assert!(result.is_ok() && server.asked().len() == 1);
    assert!(apply(vec![gone()], &change).await.1.is_ok());
    let (_, result) = apply(vec![list(&[item("fic", "other")])], &change).await;
    assert!(matches!(result, Err(AzureError::Moved { .. })), "{result:?}");
}

fn assign() -> AzureChange {
    AzureChange::AssignRole {
        identity: identity_id(),
        definition: format!("/subscriptions/{S}/providers/Microsoft.Authorization/roleDefinitions/1"),
        role: "Reader".to_owned(),
        scope: format!("/subscriptions/{S}/resourceGroups/my-group"),
        description: "ours".to_owned(),
    }
}

#[tokio::test]
async fn a_role_is_given_by_a_name_of_its_own_and_a_new_principal_is_waited_for() {
    let me = || identity("x", &json!({}));
    let young = refused(400, "PrincipalNotFound", "Principal p does not exist in the directory");
    let (server, result) = apply(vec![me(), young, ok(&json!({}))], &assign()).await;
    result.unwrap();
    let properties = server.body(2)["properties"].clone();
    assert_eq!((&properties["principalType"], &properties["principalId"]), (&json!("ServicePrincipal"), &json!("p")));
    assert_eq!(server.lines()[1], server.lines()[2]);
    assert!(server.told()[0].starts_with("waiting until Entra knows managed identity `runner`"), "{:?}", server.told());
    let (again, result) = apply(vec![me(), refused(409, "RoleAssignmentExists", "x")], &assign()).await;
    assert!(result.is_ok() && again.lines()[1] == server.lines()[1]);
    assert_eq!(assignment_name("/S", "P", "/a/roleDefinitions/X"), assignment_name("/s", "p", "/b/roleDefinitions/x"));
    assert_ne!(assignment_name("/s", "p", "x"), assignment_name("/s", "p", "y"));
    let gone_already = AzureChange::UnassignRole { assignment: "/a".to_owned() };
    assert!(apply(vec![Answer(204, String::new(), "")], &gone_already).await.1.is_ok());
    assert!(apply(vec![gone()], &gone_already).await.1.is_ok());
}

#[tokio::test]
async fn an_identity_is_deleted_only_as_it_was_seen() {
    let tags = BTreeMap::from([("a".to_owned(), "b".to_owned())]);
    let change = |principal: &str| AzureChange::DeleteIdentity {
        id: identity_id(),
        principal_id: principal.to_owned(),
        tags: tags.clone(),
    };
    let there = || identity("x", &json!({ "a": "b" }));
    let (server, result) = apply(vec![there(), list(&[]), ok(&json!({}))], &change("P")).await;
    assert!(result.is_ok() && server.lines()[2] == format!("DELETE {ID}"));
    assert!(apply(vec![gone()], &change("p")).await.1.is_ok());
    for answers in [vec![identity("x", &json!({}))], vec![there(), list(&[item("x", "y")])]] {
        let (server, result) = apply(answers, &change("p")).await;
        assert!(matches!(result, Err(AzureError::Moved { .. })), "{result:?}");
        assert!(!server.lines().iter().any(|line| line.starts_with("DELETE")));
    }
    assert!(matches!(apply(vec![there()], &change("q")).await.1, Err(AzureError::Moved { .. })));
}

fn cluster(state: &str, is_on: bool, number: u32) -> Answer {
    ok(&json!({
        "id": cluster_id().as_str(), "location": "x", "eTag": format!("e-{number}"), "unknown": { "price": 0.1, "z": 1, "a": null },
        "properties": {
            "provisioningState": state, "agentPoolProfiles": [{ "spotMaxPrice": -1 }],
            "oidcIssuerProfile": { "enabled": is_on, "issuerURL": format!("https://oic/{number}/") },
            "securityProfile": { "defender": { "x": true }, "workloadIdentity": { "enabled": is_on } },
        },
    }))
}

#[tokio::test]
async fn two_switches_are_turned_and_everything_else_stays() {
    let change = AzureChange::EnableWorkloadIdentity { cluster: cluster_id() };
    let answers = vec![
        cluster("Updating", false, 1),
        cluster("Succeeded", false, 2),
        cluster("Updating", false, 3),
        cluster("Updating", true, 3),
        cluster("Succeeded", true, 4),
    ];
    let (server, result) = apply(answers, &change).await;
    result.unwrap();
    let methods: Vec<_> = server.lines().iter().map(|line| line.split(' ').next().unwrap().to_owned()).collect();
    assert_eq!(methods, ["GET", "GET", "PUT", "GET", "GET"]);
    let mut expected: Value = serde_json::from_str(&cluster("Succeeded", false, 2).1).unwrap();
    expected["properties"]["oidcIssuerProfile"]["enabled"] = json!(true);
    expected["properties"]["securityProfile"]["workloadIdentity"]["enabled"] = json!(true);
    assert_eq!(server.body(2).to_string(), expected.to_string());
    assert!(server.asked()[2].contains("if-match: e-2") && server.lines()[2] == format!("PUT {CLUSTER}"));
    assert!(server.told()[0].contains("is in the state `Updating`"), "{:?}", server.told());
    let (server, result) = apply(vec![cluster("Succeeded", true, 1)], &change).await;
    assert!(result.is_ok() && server.asked().len() == 1);
}

#[tokio::test]
async fn somebody_else_s_update_comes_first_and_a_failed_one_is_said() {
    let change = AzureChange::EnableWorkloadIdentity { cluster: cluster_id() };
    let busy = refused(409, "OperationNotAllowed", "Another operation is in progress");
    let stale = refused(412, "EtagMismatch", "x");
    let answers = vec![
        cluster("Succeeded", false, 1),
        busy,
        cluster("Succeeded", false, 2),
        stale,
        cluster("Succeeded", true, 3),
    ];
    let (server, result) = apply(answers, &change).await;
    assert!(result.is_ok() && server.asked().len() == 5, "{result:?}");
    let answers = vec![cluster("Succeeded", false, 1), ok(&json!({})), cluster("Failed", false, 2)];
    let (_, result) = apply(answers, &change).await;
    assert!(matches!(result, Err(AzureError::UpdateFailed { .. })), "{result:?}");
    let (_, result) =
        apply(vec![cluster("Succeeded", false, 1), refused(409, "OperationNotAllowed", "stopped")], &change).await;
    assert!(matches!(result, Err(AzureError::Invalid { .. })), "{result:?}");
}
