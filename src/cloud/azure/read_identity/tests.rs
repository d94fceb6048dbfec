use serde_json::json;

use super::super::server::{Answer, S, Server, identity_id, ok, refused};
use super::*;
use crate::cloud::look::Look;

fn role(id: &str, name: &str) -> Value {
    json!({ "id": format!("/x/roleDefinitions/{id}"), "name": id, "properties": { "roleName": name } })
}

fn list(items: &[Value]) -> Answer {
    ok(&json!({ "value": items }))
}

#[tokio::test]
async fn an_identity_is_read_with_its_tags() {
    let document = json!({
        "id": identity_id().as_str().to_lowercase(), "location": "westeurope", "tags": { "a": "b" },
        "properties": { "clientId": "c", "principalId": "p", "tenantId": "t" },
    });
    let server = Server::with(vec![ok(&document), refused(403, "AuthorizationFailed", "no")]).await;
    let identity = server.azure.identity(&identity_id()).await.unwrap().unwrap();
    assert_eq!(
        (identity.client_id.as_str(), identity.principal_id.as_str(), identity.tenant_id.as_str()),
        ("c", "p", "t")
    );
    assert!(identity.id == identity_id() && identity.tags["a"] == "b");
    let look = super::super::look(server.azure.identity(&identity_id()).await).unwrap();
    assert!(matches!(look, Look::Unknown(_)));
}

#[tokio::test]
async fn a_role_is_found_by_name_or_id_and_must_be_one() {
    let scope = format!("/subscriptions/{S}");
    let named = |name: &str| RoleName::Name(name.to_owned());
    let found = list(&[role("1", "It's Reader"), role("2", "other")]);
    let server =
        Server::with(vec![found, list(&[]), list(&[role("1", "a"), role("2", "A")]), ok(&role("3", "b"))]).await;
    let definition = server.azure.role_definition(&scope, &named("it's reader")).await.unwrap();
    assert_eq!(definition.id, "/x/roleDefinitions/1");
    let line = server.asked()[0].lines().next().unwrap().to_owned();
    assert!(line.contains("%24filter=roleName+eq+%27it%27%27s+reader%27"), "{line}");
    let error = server.azure.role_definition(&scope, &named("a")).await.unwrap_err();
    assert!(matches!(error, AzureError::RoleUnknown { .. }), "{error}");
    let error = server.azure.role_definition(&scope, &named("a")).await.unwrap_err();
    assert!(matches!(&error, AzureError::RoleAmbiguous { ids, .. } if *ids == ["1", "2"]), "{error}");
    let by_id = server.azure.role_definition(&scope, &RoleName::Id(S.to_owned())).await.unwrap();
    assert_eq!(by_id.name, "b");
    let server = Server::with(vec![refused(404, "ResourceNotFound", "x")]).await;
    let error = server.azure.role_definition("/subscriptions/s/a", &named("a")).await.unwrap_err();
    assert_eq!(error.to_string(), "there is no resource /subscriptions/s/a");
    let server = Server::with(vec![refused(404, "RoleDefinitionDoesNotExist", "x")]).await;
    let error = server.azure.role_definition(&scope, &RoleName::Id(S.to_owned())).await.unwrap_err();
    assert!(matches!(error, AzureError::RoleUnknown { .. }), "{error}");
}

#[tokio::test]
async fn assignments_are_those_of_the_principal() {
    let item = |id: &str, principal: &str| {
        json!({ "id": id, "properties": {
            "roleDefinitionId": "/d", "principalId": principal, "scope": "/s", "description": "ours",
        } })
    };
    let server = Server::with(vec![list(&[item("/1", "P"), item("/2", "other")])]).await;
    let found = server.azure.assignments("p", "/s").await.unwrap();
    assert_eq!(found.iter().map(|it| it.id.as_str()).collect::<Vec<_>>(), ["/1"]);
    assert_eq!(found[0].description.as_deref(), Some("ours"));
}

#[tokio::test]
async fn what_one_may_do_is_asked_for() {
    let grant = json!({ "actions": ["*/read"], "notActions": [] });
    let server = Server::with(vec![list(&[grant]), refused(404, "NotFound", "x")]).await;
    let granted = server.azure.permissions("/s").await.unwrap().unwrap();
    assert_eq!(granted.missing(&[READ_IDENTITY, "a/write"]), ["a/write"]);
    assert_eq!(server.azure.permissions("/s").await.unwrap(), None);
}
