//! Who may do what: exactly the action that each route needs, by built-in roles and by custom ones.

use std::process::Command;

use serde_json::{Value, json};
use world::azure::{Azure, LOCATION};

use crate::azure_http::{AKS, IDENTITY, ROLES, call, send};

#[test]
fn each_route_needs_its_own_action() {
    let subscription = Azure::shared().subscription();
    subscription.paper_cluster("one", "rg");
    let made = subscription.create_identity("rg", "runner");
    let group = subscription.group_scope("rg");
    let uai = format!("{group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities");
    let aks = format!("{group}/providers/Microsoft.ContainerService/managedClusters");
    let authorization = format!("{group}/providers/Microsoft.Authorization");
    let trust = json!({ "properties": { "issuer": "https://a.example/", "subject": "s", "audiences": ["a"] } });
    let reader = format!(
        "{}/providers/Microsoft.Authorization/roleDefinitions/{}",
        subscription.scope(),
        subscription.role_id("Reader")
    );
    let assignment = json!({ "properties": {
        "roleDefinitionId": reader,
        "principalId": made["properties"]["principalId"],
        "principalType": "ServicePrincipal",
    } });
    let name = uuid::Uuid::new_v4();
    let identities = "Microsoft.ManagedIdentity/userAssignedIdentities";
    let clusters = "Microsoft.ContainerService/managedClusters";
    let all = [
        (format!("{clusters}/read"), "GET", format!("{aks}/one?{AKS}"), Value::Null),
        (format!("{clusters}/read"), "GET", format!("{aks}?{AKS}"), Value::Null),
        (
            format!("{clusters}/listClusterUserCredential/action"),
            "POST",
            format!("{aks}/one/listClusterUserCredential?{AKS}&format=exec"),
            Value::Null,
        ),
        (format!("{identities}/read"), "GET", format!("{uai}/runner?{IDENTITY}"), Value::Null),
        (format!("{identities}/write"), "PUT", format!("{uai}/other?{IDENTITY}"), json!({ "location": LOCATION })),
        (
            format!("{identities}/federatedIdentityCredentials/read"),
            "GET",
            format!("{uai}/runner/federatedIdentityCredentials?{IDENTITY}"),
            Value::Null,
        ),
        (
            format!("{identities}/federatedIdentityCredentials/write"),
            "PUT",
            format!("{uai}/runner/federatedIdentityCredentials/job?{IDENTITY}"),
            trust,
        ),
        (
            "Microsoft.Authorization/roleDefinitions/read".to_owned(),
            "GET",
            format!("{authorization}/roleDefinitions?{ROLES}"),
            Value::Null,
        ),
        (
            "Microsoft.Authorization/roleAssignments/read".to_owned(),
            "GET",
            format!("{authorization}/roleAssignments?{ROLES}"),
            Value::Null,
        ),
        (
            "Microsoft.Authorization/roleAssignments/write".to_owned(),
            "PUT",
            format!("{authorization}/roleAssignments/{name}?{ROLES}"),
            assignment,
        ),
        (
            "Microsoft.Resources/subscriptions/resourceGroups/read".to_owned(),
            "GET",
            format!("{group}?api-version=2021-04-01"),
            Value::Null,
        ),
        (
            "Microsoft.Authorization/permissions/read".to_owned(),
            "GET",
            format!("{authorization}/permissions?{ROLES}"),
            Value::Null,
        ),
    ];
    let nobody = subscription.user("nobody@world.example", &[]);
    for (index, (action, method, path, body)) in all.iter().enumerate() {
        let refused = call(&nobody, method, path, body);
        assert_eq!(refused.refused(), (403, "AuthorizationFailed"), "{action}");
        let words = format!(
            "The client 'nobody@world.example' with object id '{}' does not have authorization to perform action '{action}'",
            nobody.object_id()
        );
        assert!(refused.message().starts_with(&words), "{}", refused.message());
        let exactly = subscription.user_with_actions(&format!("exactly-{index}@world.example"), &[action]);
        call(&exactly, method, path, body).ok();
        let others: Vec<&str> = all.iter().map(|(name, ..)| name.as_str()).filter(|name| name != action).collect();
        let without = subscription.user_with_actions(&format!("without-{index}@world.example"), &others);
        assert_eq!(call(&without, method, path, body).status, 403, "{action}");
    }
    let ada = subscription.user("ada@world.example", &["Owner"]);
    subscription.deny(&all[3].0);
    assert_eq!(call(&ada, "GET", &all[3].2, &Value::Null).status, 403);
    subscription.deny_nothing();
    call(&ada, "GET", &all[3].2, &Value::Null).ok();
    assert_eq!(subscription.violations(), Vec::<String>::new());
}

#[test]
fn built_in_roles_hold_where_they_are_given_and_below() {
    let subscription = Azure::shared().subscription();
    let made = subscription.create_identity("rg", "runner");
    subscription.create_identity("other", "runner");
    let user = subscription.user("mi@world.example", &[]);
    subscription.grant(&user, "Managed Identity Contributor", &subscription.group_scope("RG"));
    let path = |group: &str| {
        let scope = subscription.group_scope(group);
        format!("{scope}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/runner?{IDENTITY}")
    };
    let body = json!({ "location": LOCATION });
    call(&user, "PUT", &path("rg"), &body).ok();
    assert_eq!(call(&user, "GET", &path("other"), &Value::Null).status, 403);
    let permissions =
        format!("{}/providers/Microsoft.Authorization/permissions?{ROLES}", subscription.group_scope("rg"));
    let held = call(&user, "GET", &permissions, &Value::Null).ok();
    assert!(held["value"][0]["actions"].as_array().is_some_and(|all| all.len() > 5), "{held}");

    let contributor = subscription.user("contributor@world.example", &["Contributor"]);
    call(&contributor, "PUT", &path("rg"), &body).ok();
    let assign = format!(
        "{}/providers/Microsoft.Authorization/roleAssignments/{}?{ROLES}",
        subscription.group_scope("rg"),
        uuid::Uuid::new_v4()
    );
    let properties = json!({
        "roleDefinitionId": format!("/x/{}", subscription.role_id("Reader")),
        "principalId": made["properties"]["principalId"],
        "principalType": "ServicePrincipal",
    });
    let refused = call(&contributor, "PUT", &assign, &json!({ "properties": properties }));
    assert_eq!(refused.refused(), (403, "AuthorizationFailed"));
    let admin = subscription.user("admin@world.example", &["Role Based Access Control Administrator"]);
    assert_eq!(call(&admin, "PUT", &assign, &json!({ "properties": properties })).status, 201);
    // Through a group as well.
    let member = subscription.user("member@world.example", &[]);
    let group = subscription.directory_group("team", &[&member]);
    subscription.assign("Reader", &group, &subscription.scope());
    call(&member, "GET", &path("other"), &Value::Null).ok();
}

#[test]
fn a_role_of_ones_own_is_made_through_the_api() {
    let subscription = Azure::shared().subscription();
    subscription.resource_group("rg");
    let ada = subscription.user("ada@world.example", &["Owner"]);
    let id = uuid::Uuid::new_v4().to_string();
    let path = format!("{}/providers/Microsoft.Authorization/roleDefinitions/{id}?{ROLES}", subscription.scope());
    let body = json!({ "properties": {
        "roleName": "Runner setup",
        "type": "CustomRole",
        "description": "",
        "assignableScopes": [subscription.scope()],
        "permissions": [{
            "actions": ["Microsoft.Resources/subscriptions/resourceGroups/*"],
            "notActions": ["Microsoft.Resources/subscriptions/resourceGroups/write"],
        }],
    } });
    assert_eq!(call(&ada, "PUT", &path, &body).status, 201);
    let least = subscription.user("least@world.example", &["Runner setup"]);
    let group = format!("{}?api-version=2021-04-01", subscription.group_scope("rg"));
    call(&least, "GET", &group, &Value::Null).ok();
    assert_eq!(call(&least, "PUT", &group, &json!({ "location": LOCATION })).status, 403);
    assert_eq!(call(&ada, "DELETE", &path, &Value::Null).refused(), (400, "RoleDefinitionHasAssignments"));
    subscription.unassign(least.object_id());
    call(&ada, "DELETE", &path, &Value::Null).ok();
    assert_eq!(subscription.violations(), Vec::<String>::new());
}

#[test]
fn the_stand_in_of_az_gives_tokens_out() {
    let subscription = Azure::shared().subscription();
    let ada = subscription.user("ada@world.example", &["Reader"]);
    let az = |scope: &str, more: &[&str]| {
        let mut command = Command::new("/bin/sh");
        let arguments = format!("az account get-access-token -o json --scope {scope} {}", more.join(" "));
        let output = command.args(["-c", &arguments]).env_clear().envs(ada.env()).output().expect("a shell");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
    };
    let said: Value =
        serde_json::from_str(&az("https://management.azure.com/.default", &[]).expect("a token")).expect("JSON");
    let group = format!("{}?api-version=2022-12-01", subscription.scope());
    let bearer = said["accessToken"].as_str().expect("text");
    assert!(said["expires_on"].is_i64());
    crate::azure_http::call_with(bearer, "GET", &group, &Value::Null).ok();
    let kubernetes = az("6dae42f8-4368-4678-94ff-3960e28e3630/.default", &["--tenant", subscription.tenant()]);
    assert!(kubernetes.expect("a token").contains("accessToken"));
    assert!(
        az("https://management.azure.com/.default", &["--tenant", "other"]).expect_err("no").contains("AADSTS90002")
    );
    ada.refuse(Some(50076));
    assert!(az("https://management.azure.com/.default", &[]).expect_err("refused").contains("AADSTS50076"));
    ada.refuse(None);
    assert_eq!(ada.cli_calls().len(), 4);
    let robot = subscription.service_principal("robot", &[]);
    assert!(robot.env()["PATH"].contains("no-az-"));
}

#[test]
fn machines_and_pipelines_have_endpoints() {
    let subscription = Azure::shared().subscription();
    let machine = subscription.machine("rg", "vm", &["Reader"]);
    let env = machine.env();
    let ask = |secret: &str, query: &str| {
        let url =
            format!("{}?api-version=2019-08-01&resource=https://management.azure.com{query}", env["IDENTITY_ENDPOINT"]);
        send(|http, _| http.get(url).header("X-IDENTITY-HEADER", secret))
    };
    let secret = env["IDENTITY_HEADER"].as_str();
    let said = ask(secret, &format!("&client_id={}", machine.client_id())).ok();
    assert!(said["expires_on"].is_string(), "{said}");
    let path = format!("{}?api-version=2021-04-01", subscription.group_scope("rg"));
    crate::azure_http::call_with(said["access_token"].as_str().expect("text"), "GET", &path, &Value::Null).ok();
    assert_eq!(ask("wrong", "").status, 401);
    assert_eq!(ask(secret, "&client_id=other").status, 400);

    let robot = subscription.service_principal("robot", &["Reader"]).with_pipelines();
    let env = robot.env();
    let url = format!(
        "{}?api-version=7.1&serviceConnectionId={}",
        env["SYSTEM_OIDCREQUESTURI"], env["AZURESUBSCRIPTION_SERVICE_CONNECTION_ID"]
    );
    let bearer = env["SYSTEM_ACCESSTOKEN"].clone();
    let said = send(|http, _| http.post(url).bearer_auth(bearer).header("content-length", "0")).ok();
    let assertion = said["oidcToken"].as_str().expect("a token");
    crate::azure_http::exchange(subscription.tenant(), &robot.client_id(), assertion).ok();
}
