//! What a subscription holds here: kept, refused, and in which words.

use serde_json::{Value, json};
use world::azure::{Azure, Identity, LOCATION, Subscription};

use crate::azure_http::{AKS, IDENTITY, ROLES, call};

const UAI: &str = "Microsoft.ManagedIdentity/userAssignedIdentities";

fn owner(subscription: &Subscription) -> Identity {
    subscription.resource_group("rg");
    subscription.user("ada@world.example", &["Owner"])
}

fn identity_path(subscription: &Subscription, name: &str) -> String {
    format!("{}/providers/{UAI}/{name}", subscription.group_scope("rg"))
}

#[test]
fn an_identity_is_made_read_listed_and_deleted() {
    let subscription = Azure::shared().subscription();
    let ada = owner(&subscription);
    let path = identity_path(&subscription, "runner-one");
    assert_eq!(call(&ada, "GET", &format!("{path}?{IDENTITY}"), &Value::Null).refused(), (404, "ResourceNotFound"));
    let body = json!({ "location": LOCATION, "tags": { "by": "test" } });
    let made = call(&ada, "PUT", &format!("{path}?{IDENTITY}"), &body);
    assert_eq!(made.status, 201, "{}", made.body);
    let made = made.ok();
    assert!(made["id"].as_str().is_some_and(|id| id.contains("/resourcegroups/rg/")), "{made}");
    assert_eq!(made["properties"]["tenantId"], subscription.tenant());
    let again = call(&ada, "PUT", &format!("{path}?{IDENTITY}"), &json!({ "location": "East US" }));
    assert_eq!((again.status, &again.body["tags"]), (200, &json!({})), "a PUT replaces tags");
    let shouted = path.to_uppercase().replace(&subscription.id().to_uppercase(), subscription.id());
    assert_eq!(call(&ada, "GET", &format!("{shouted}?{IDENTITY}"), &Value::Null).ok()["name"], "runner-one");
    let elsewhere = call(&ada, "PUT", &format!("{path}?{IDENTITY}"), &json!({ "location": "westeurope" }));
    assert_eq!(elsewhere.refused(), (409, "InvalidResourceLocation"));
    let all = format!("{}/providers/{UAI}?{IDENTITY}", subscription.scope());
    assert_eq!(call(&ada, "GET", &all, &Value::Null).ok()["value"].as_array().map(Vec::len), Some(1));
    assert_eq!(call(&ada, "DELETE", &format!("{path}?{IDENTITY}"), &Value::Null).status, 200);
    assert_eq!(call(&ada, "DELETE", &format!("{path}?{IDENTITY}"), &Value::Null).status, 204);
    for (name, body, code) in [
        ("x", body.clone(), "InvalidResourceName"),
        ("-abc", body, "InvalidResourceName"),
        ("fine", json!({}), "InvalidRequestContent"),
    ] {
        let wrong = call(&ada, "PUT", &format!("{}?{IDENTITY}", identity_path(&subscription, name)), &body);
        assert_eq!(wrong.refused(), (400, code), "{name}");
    }
    assert_eq!(subscription.violations().len(), 1, "{:?}", subscription.violations());
}

#[test]
fn federated_credentials_keep_their_rules() {
    let subscription = Azure::shared().subscription();
    let ada = owner(&subscription);
    subscription.create_identity("rg", "runner");
    let base = format!("{}/federatedIdentityCredentials", identity_path(&subscription, "runner"));
    let put = |name: &str, issuer: &str, subject: &str, audiences: &Value| {
        let body = json!({ "properties": { "issuer": issuer, "subject": subject, "audiences": audiences } });
        call(&ada, "PUT", &format!("{base}/{name}?{IDENTITY}"), &body)
    };
    let audience = json!(["api://AzureADTokenExchange"]);
    assert_eq!(put("job", "https://a.example/", "system:serviceaccount:jobs:job", &audience).status, 201);
    assert_eq!(put("job", "https://b.example/", "system:serviceaccount:jobs:job", &audience).status, 200);
    let twice = put("other", "https://b.example/", "system:serviceaccount:jobs:job", &audience);
    assert_eq!(twice.refused(), (400, "BadRequest"));
    assert!(twice.message().starts_with("Issuer and subject combination already exists"), "{}", twice.message());
    for (name, issuer, audiences) in [
        ("x", "https://c.example/", audience.clone()),
        ("plain", "http://c.example/", audience.clone()),
        ("none", "https://c.example/", json!([])),
        ("two", "https://c.example/", json!(["a", "b"])),
    ] {
        assert_eq!(put(name, issuer, "s", &audiences).refused(), (400, "BadRequest"), "{name}");
    }
    for number in 1..20 {
        assert_eq!(put(&format!("more-{number}"), "https://c.example/", &number.to_string(), &audience).status, 201);
    }
    assert_eq!(put("more-20", "https://c.example/", "20", &audience).refused(), (400, "BadRequest"));
    assert_eq!(subscription.federations("rg", "runner").len(), 20);
    let lost = format!("{}/federatedIdentityCredentials?{IDENTITY}", identity_path(&subscription, "none"));
    assert_eq!(call(&ada, "GET", &lost, &Value::Null).refused(), (404, "ParentResourceNotFound"));
    subscription.create_identity_in("rg", "far", "newzealandnorth");
    let far = format!("{}/federatedIdentityCredentials/job?{IDENTITY}", identity_path(&subscription, "far"));
    let body = json!({ "properties": { "issuer": "https://a.example/", "subject": "s", "audiences": audience } });
    assert_eq!(call(&ada, "PUT", &far, &body).status, 405);
    assert_eq!(subscription.violations(), Vec::<String>::new());
}

#[test]
fn writes_of_one_identity_that_overlap_are_refused() {
    let subscription = Azure::shared().subscription();
    let ada = owner(&subscription);
    subscription.create_identity("rg", "runner");
    subscription.federation_takes(std::time::Duration::from_millis(400));
    let base = format!("{}/federatedIdentityCredentials", identity_path(&subscription, "runner"));
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let writes: Vec<_> = ["one", "two"]
            .map(|name| {
                let (ada, base) = (&ada, &base);
                scope.spawn(move || {
                    let properties = json!({ "issuer": "https://a.example/", "subject": name, "audiences": ["a"] });
                    let body = json!({ "properties": properties });
                    call(ada, "PUT", &format!("{base}/{name}?{IDENTITY}"), &body).status
                })
            })
            .into();
        writes.into_iter().map(|it| it.join().expect("no panic")).collect()
    });
    assert!(statuses.contains(&201) && statuses.contains(&409), "{statuses:?}");
    assert_eq!(
        subscription.writes().iter().find(|it| it.status == 409).expect("one was refused").code,
        "ConcurrentFederatedIdentityCredentialsWritesForSingleManagedIdentity"
    );
}

#[test]
fn roles_are_found_and_assigned_once() {
    let subscription = Azure::shared().subscription();
    let ada = owner(&subscription);
    let identity = subscription.create_identity("rg", "runner");
    let principal = identity["properties"]["principalId"].as_str().expect("text").to_owned();
    let scope = subscription.group_scope("rg");
    let filter = |name: &str| {
        format!("{scope}/providers/Microsoft.Authorization/roleDefinitions?$filter=roleName eq '{name}'&{ROLES}")
    };
    let found = call(&ada, "GET", &filter("SQL Server Contributor"), &Value::Null).ok();
    let role = found["value"][0]["id"].as_str().expect("one role").to_owned();
    subscription.role("Twice", &["*/read"], &[]);
    subscription.role("Twice", &["*"], &[]);
    assert_eq!(call(&ada, "GET", &filter("Twice"), &Value::Null).ok()["value"].as_array().map(Vec::len), Some(2));

    let put = |name: &str, scope: &str, properties: Value| {
        let path = format!("{scope}/providers/Microsoft.Authorization/roleAssignments/{name}?{ROLES}");
        call(&ada, "PUT", &path, &json!({ "properties": properties }))
    };
    let wanted = json!({ "roleDefinitionId": role, "principalId": principal, "principalType": "ServicePrincipal" });
    let [one, two] = [0, 1].map(|_| uuid::Uuid::new_v4().to_string());
    assert_eq!(put(&one, &scope, wanted.clone()).status, 201);
    assert_eq!(put(&one, &scope, wanted.clone()).status, 200);
    assert_eq!(put(&two, &scope, wanted.clone()).refused(), (409, "RoleAssignmentExists"));
    let mut other = wanted.clone();
    other["roleDefinitionId"] =
        Value::from(role.replace(role.rsplit('/').next().expect("text"), &subscription.role_id("Reader")));
    assert_eq!(put(&one, &scope, other).refused(), (409, "RoleAssignmentUpdateNotPermitted"));
    let nowhere = subscription.group_scope("nowhere");
    assert_eq!(put(&two, &nowhere, wanted.clone()).refused(), (404, "ResourceGroupNotFound"));
    let missing = format!("{scope}/providers/Microsoft.Storage/storageAccounts/none");
    assert_eq!(put(&two, &missing, wanted.clone()).refused(), (404, "ResourceNotFound"));
    subscription.resource(&missing);
    assert_eq!(put(&two, &missing, wanted.clone()).status, 201);
    let mut user = wanted;
    user["principalType"] = Value::from("User");
    assert_eq!(
        put(&uuid::Uuid::new_v4().to_string(), &subscription.scope(), user).refused(),
        (400, "UnmatchedPrincipalType")
    );
    let list = |scope: &str, filter: &str| {
        let path = format!("{scope}/providers/Microsoft.Authorization/roleAssignments?$filter={filter}&{ROLES}");
        call(&ada, "GET", &path, &Value::Null).ok()["value"].as_array().map(Vec::len)
    };
    assert_eq!(list(&scope, &format!("principalId eq '{principal}'")), Some(2));
    assert_eq!(list(&scope, &format!("principalId eq '{principal}' and atScope()")), Some(1));
    assert_eq!(list(&scope, "atScope()"), Some(2));
    assert_eq!(subscription.roles_of(&principal)[0], ("SQL Server Contributor".to_owned(), scope));
    assert_eq!(subscription.violations(), Vec::<String>::new());
}

#[test]
fn what_arm_itself_refuses_is_refused_first() {
    let azure = Azure::shared();
    let subscription = azure.subscription();
    let ada = owner(&subscription);
    let group = format!("{}?api-version=2021-04-01", subscription.group_scope("rg"));
    assert_eq!(call(&ada, "GET", &group, &Value::Null).ok()["location"], LOCATION);
    let bare = subscription.group_scope("rg");
    assert_eq!(call(&ada, "GET", &bare, &Value::Null).refused(), (400, "MissingApiVersionParameter"));
    let cluster = |version: &str| {
        let path = format!("{bare}/providers/Microsoft.ContainerService/managedClusters/c?{version}");
        call(&ada, "GET", &path, &Value::Null)
    };
    assert_eq!(cluster("api-version=2099-01-01").refused(), (400, "NoRegisteredProviderFound"));
    assert_eq!(subscription.violations().len(), 2);
    assert_eq!(cluster(AKS).refused(), (404, "ResourceNotFound"));
    let missing = format!("{}?api-version=2021-04-01", subscription.group_scope("none"));
    assert_eq!(call(&ada, "GET", &missing, &Value::Null).refused(), (404, "ResourceGroupNotFound"));
    let nowhere = "/subscriptions/00000000-0000-0000-0000-00000000dead/resourceGroups/rg?api-version=2021-04-01";
    assert_eq!(call(&ada, "GET", nowhere, &Value::Null).refused(), (404, "SubscriptionNotFound"));
    let other = azure.subscription();
    let foreign = format!("{}?api-version=2021-04-01", other.group_scope("rg"));
    let said = call(&ada, "GET", &foreign, &Value::Null);
    assert_eq!(said.refused(), (401, "InvalidAuthenticationTokenTenant"));
    assert!(said.message().contains(other.tenant()));
    let old = ada.token();
    ada.expire_tokens();
    assert_eq!(
        crate::azure_http::call_with(&old, "GET", &group, &Value::Null).refused(),
        (401, "ExpiredAuthenticationToken")
    );
    let wrong = crate::azure_http::call_with(&ada.cluster_token(), "GET", &group, &Value::Null);
    assert_eq!(wrong.refused(), (401, "InvalidAuthenticationTokenAudience"));
    subscription.switch_provider("Microsoft.ManagedIdentity", false);
    let body = json!({ "location": LOCATION });
    let made = call(&ada, "PUT", &format!("{}?{IDENTITY}", identity_path(&subscription, "one")), &body);
    assert_eq!(made.refused(), (409, "MissingSubscriptionRegistration"));
}

#[test]
fn lists_come_in_pages_that_ask_the_same() {
    let subscription = Azure::shared().subscription();
    let ada = owner(&subscription);
    let principal = subscription.create_identity("rg", "runner")["properties"]["principalId"].clone();
    let principal = principal.as_str().expect("text");
    for role in ["Reader", "Contributor", "Owner"] {
        subscription.assign(role, principal, &subscription.group_scope("rg"));
    }
    subscription.pages_of(2);
    let scope = subscription.group_scope("rg");
    let filter = format!("$filter=principalId eq '{principal}'");
    let mut path = format!("{scope}/providers/Microsoft.Authorization/roleAssignments?{filter}&{ROLES}");
    let mut found = Vec::new();
    loop {
        let page = call(&ada, "GET", &path, &Value::Null).ok();
        found.push(page["value"].as_array().map_or(0, Vec::len));
        let Some(next) = page["nextLink"].as_str() else {
            break;
        };
        path = next.trim_start_matches(&Azure::shared().url()).to_owned();
    }
    assert_eq!(found, [2, 1]);
    let above = "/providers/Microsoft.Authorization/roleDefinitions?api-version=2022-04-01";
    assert_eq!(call(&ada, "GET", above, &Value::Null).refused(), (403, "AuthorizationFailed"));
}
