//! Microsoft's own clients against the stand-in: clients that were not written for it.

use serde_json::{Value, json};
use world::azure::{Azure, LOCATION};

const AUDIENCE: &str = "api://AzureADTokenExchange";

#[test]
fn the_sdks_do_what_a_setup_does() {
    let subscription = Azure::shared().subscription();
    let cluster = subscription.paper_cluster("guide", "rg");
    let robot = subscription.service_principal("robot", &["Owner"]);
    let sdk = |client: &str, operation: &str, arguments: Value| {
        robot.sdk(client, operation, &arguments).unwrap_or_else(|refused| panic!("{operation}: {refused}"))
    };
    let names = json!({ "resource_group_name": "rg", "resource_name": "runner" });
    let with = |more: Value| {
        let mut all = names.clone();
        all.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        all
    };
    let found = sdk(
        "containerservice",
        "managed_clusters.get",
        json!({ "resource_group_name": "rg", "resource_name": "guide" }),
    );
    assert_eq!(found["properties"]["oidcIssuerProfile"]["issuerURL"], cluster.issuer());
    let made = sdk(
        "msi",
        "user_assigned_identities.create_or_update",
        with(json!({ "parameters": { "location": LOCATION, "tags": { "a": "b" } } })),
    );
    let principal = made["properties"]["principalId"].as_str().expect("text").to_owned();
    let trust =
        json!({ "issuer": cluster.issuer(), "subject": "system:serviceaccount:jobs:job", "audiences": [AUDIENCE] });
    let more = json!({ "federated_identity_credential_resource_name": "job", "parameters": trust });
    sdk("msi", "federated_identity_credentials.create_or_update", with(more));
    let listed = sdk("msi", "federated_identity_credentials.list", names.clone());
    assert_eq!(listed.as_array().map(Vec::len), Some(1));
    let twice = json!({ "federated_identity_credential_resource_name": "other", "parameters": trust });
    let refused = robot.sdk("msi", "federated_identity_credentials.create_or_update", &with(twice));
    assert!(refused.expect_err("twice").contains("Issuer and subject combination already exists"));

    let scope = subscription.group_scope("rg");
    let filter = json!({ "scope": scope, "filter": "roleName eq 'SQL Server Contributor'" });
    let roles = sdk("authorization", "role_definitions.list", filter);
    let assignment = json!({
        "scope": scope,
        "role_assignment_name": uuid::Uuid::new_v4().to_string(),
        "parameters": {
            "role_definition_id": roles[0]["id"],
            "principal_id": principal,
            "principal_type": "ServicePrincipal",
        },
    });
    sdk("authorization", "role_assignments.create", assignment.clone());
    let mut again = assignment;
    again["role_assignment_name"] = Value::from(uuid::Uuid::new_v4().to_string());
    let refused = robot.sdk("authorization", "role_assignments.create", &again).expect_err("it is there");
    assert!(refused.contains("RoleAssignmentExists"), "{refused}");
    let mine = json!({ "scope": scope, "filter": format!("principalId eq '{principal}'") });
    assert_eq!(sdk("authorization", "role_assignments.list_for_scope", mine).as_array().map(Vec::len), Some(1));
    let held = sdk("authorization", "permissions.list_for_resource_group", json!({ "resource_group_name": "rg" }));
    assert_eq!(held[0]["actions"], json!(["*"]));
    let missing = json!({ "resource_group_name": "rg", "resource_name": "none" });
    let refused = robot.sdk("containerservice", "managed_clusters.get", &missing).expect_err("there is none");
    assert!(refused.contains("ResourceNotFound"), "{refused}");
    assert_eq!(subscription.violations(), Vec::<String>::new());
}

#[test]
fn the_sdks_log_in_by_certificate_and_by_federated_token() {
    let subscription = Azure::shared().subscription();
    subscription.create_identity("rg", "runner");
    let robot = subscription.service_principal("robot", &["Reader"]);
    let arguments = json!({ "resource_group_name": "rg", "resource_name": "runner" });
    for way in [robot.with_certificate(), robot.with_pkcs12("secret"), robot.with_federated_token()] {
        let found = way.sdk("msi", "user_assigned_identities.get", &arguments).expect("it may read");
        assert_eq!(found["name"], "runner");
    }
    let old = robot.with_certificate();
    robot.revoke_secrets();
    let _ = robot.with_certificate();
    let refused =
        old.sdk("msi", "user_assigned_identities.get", &arguments).expect_err("another certificate counts now");
    assert!(refused.contains("AADSTS700027"), "{refused}");
    let wrong = robot.with_federated_token();
    wrong.write_federated_token(&json!({ "sub": "repo:demo/other:ref:refs/heads/main" }));
    let refused = wrong.sdk("msi", "user_assigned_identities.get", &arguments).expect_err("another subject");
    assert!(refused.contains("AADSTS700213"), "{refused}");
    assert_eq!(subscription.violations(), Vec::<String>::new());
}

#[test]
fn the_sdk_switches_features_on_and_waits_for_it() {
    let subscription = Azure::shared().subscription();
    let cluster = subscription.paper_cluster("off", "rg");
    cluster.oidc_issuer(false);
    let robot = subscription.service_principal("robot", &["Contributor"]);
    let names = json!({ "resource_group_name": "rg", "resource_name": "off" });
    let mut found = robot.sdk("containerservice", "managed_clusters.get", &names).expect("it is there");
    found["properties"]["oidcIssuerProfile"]["enabled"] = Value::from(true);
    let mut arguments = names;
    arguments["parameters"] = found;
    let done = robot.sdk("containerservice", "managed_clusters.begin_create_or_update", &arguments).expect("it may");
    assert_eq!(done["properties"]["provisioningState"], "Succeeded");
    assert_eq!(done["properties"]["oidcIssuerProfile"]["issuerURL"], cluster.issuer());
    assert_eq!(subscription.violations(), Vec::<String>::new());
}
