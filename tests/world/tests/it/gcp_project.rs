//! Google's projects here: what is kept, what is refused, and in which words.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use world::gcp::{Gcp, Identity, Project};

use crate::gcp_http::{Said, call};

fn anna(project: &Project) -> Identity {
    project.user("anna@example.com", &["roles/owner"])
}

#[test]
fn a_service_account_is_made_read_bound_and_read_again() {
    let project = Gcp::shared().project();
    let anna = anna(&project);
    let accounts = format!("/v1/projects/{}/serviceAccounts", project.id());
    let body = json!({ "accountId": "runner-one", "serviceAccount": { "displayName": "a runner" } });
    let made = call(&anna, "POST", &accounts, &body).ok();
    assert_eq!(made["email"], project.email("runner-one"));
    assert_eq!(call(&anna, "POST", &accounts, &body).refused(), (409, "ALREADY_EXISTS".to_owned()));
    let account = format!("{accounts}/{}", project.email("runner-one"));
    assert_eq!(call(&anna, "GET", &account, &Value::Null).ok(), made);
    assert_eq!(
        call(&anna, "GET", &format!("{accounts}/{}", made["uniqueId"].as_str().expect("text")), &Value::Null).ok(),
        made
    );
    let anywhere = format!("/v1/projects/-/serviceAccounts/{}", project.email("runner-one"));
    assert_eq!(call(&anna, "GET", &anywhere, &Value::Null).ok(), made);

    let policy =
        call(&anna, "POST", &format!("{account}:getIamPolicy?options.requestedPolicyVersion=3"), &Value::Null).ok();
    assert_eq!(policy, json!({ "etag": "ACAB" }));
    let bindings = json!([{ "role": "roles/iam.serviceAccountUser", "members": ["user:anna@example.com"] }]);
    let body = json!({ "policy": { "version": 3, "etag": policy["etag"], "bindings": bindings } });
    let set = call(&anna, "POST", &format!("{account}:setIamPolicy"), &body).ok();
    assert_eq!(set["bindings"], bindings);
    let stale = call(&anna, "POST", &format!("{account}:setIamPolicy"), &body);
    assert_eq!(stale.refused(), (409, "ABORTED".to_owned()));
    assert_eq!(project.account_policy(&project.email("runner-one")), set);
    assert_eq!(project.violations(), Vec::<String>::new());
    assert_eq!(project.writes().len(), 4);
}

#[test]
fn what_no_discovery_document_has_is_refused_and_recorded() {
    let project = Gcp::shared().project();
    let anna = anna(&project);
    let path = format!("/v1/projects/{}/serviceAccounts", project.id());
    let wrong = call(&anna, "POST", &path, &json!({ "accountId": "runner-one", "account": {} }));
    assert_eq!(wrong.refused(), (400, "INVALID_ARGUMENT".to_owned()));
    assert!(wrong.message().contains("Unknown name \"account\""), "{}", wrong.message());
    let policy = format!("{path}/{}:getIamPolicy", project.email("runner-one"));
    call(&anna, "POST", &policy, &json!({ "options": { "requestedPolicyVersion": 3 } })).refused();
    call(&anna, "GET", &format!("{path}?size=3"), &Value::Null).refused();
    assert_eq!(call(&anna, "GET", "/v1/nothing/here", &Value::Null).status, 404);
    assert_eq!(project.violations().len(), 4, "{:?}", project.violations());
}

#[test]
fn projects_have_a_number_a_policy_and_permissions_to_test() {
    let project = Gcp::shared().project();
    let viewer = project.user("viewer@example.com", &["roles/viewer"]);
    let base = format!("/v3/projects/{}", project.id());
    let found = call(&viewer, "GET", &base, &Value::Null).ok();
    assert_eq!(found["name"], format!("projects/{}", project.number()));
    let v1 = call(&viewer, "GET", &format!("/v1/projects/{}", project.id()), &Value::Null).ok();
    assert_eq!(v1["projectNumber"], project.number());
    let asked = json!({ "permissions": ["iam.serviceAccounts.create", "container.clusters.get"] });
    let granted = call(&viewer, "POST", &format!("{base}:testIamPermissions"), &asked).ok();
    assert_eq!(granted, json!({ "permissions": ["container.clusters.get"] }));
    let nobody = project.user("nobody@example.com", &[]);
    assert_eq!(call(&nobody, "POST", &format!("{base}:testIamPermissions"), &asked).ok(), json!({}));
    assert_eq!(call(&nobody, "GET", &base, &Value::Null).refused(), (403, "PERMISSION_DENIED".to_owned()));
    assert_eq!(
        call(&nobody, "GET", "/v3/projects/nowhere-at-all", &Value::Null).message(),
        "The caller does not have permission"
    );
    let options = json!({ "options": { "requestedPolicyVersion": 3 } });
    let policy = call(&viewer, "POST", &format!("{base}:getIamPolicy"), &options).ok();
    assert_eq!(policy, project.policy());
    assert_eq!(project.members("roles/viewer"), ["user:viewer@example.com"]);
    assert_eq!(project.violations(), Vec::<String>::new());
}

#[test]
fn an_api_that_is_off_says_so_and_can_be_switched_on() {
    let project = Gcp::shared().project();
    let anna = anna(&project);
    let clusters = format!("/v1/projects/{}/locations/-/clusters", project.id());
    project.switch_service("container.googleapis.com", false);
    let off = call(&anna, "GET", &clusters, &Value::Null);
    assert_eq!(off.refused(), (403, "PERMISSION_DENIED".to_owned()));
    assert_eq!(off.body["error"]["details"][1]["reason"], "SERVICE_DISABLED");
    let service = format!("/v1/projects/{}/services/container.googleapis.com", project.id());
    assert_eq!(call(&anna, "GET", &service, &Value::Null).ok()["state"], "DISABLED");
    let operation = call(&anna, "POST", &format!("{service}:enable"), &json!({})).ok();
    let name = operation["name"].as_str().expect("an operation has a name");
    assert_eq!(call(&anna, "GET", &format!("/v1/{name}"), &Value::Null).ok()["done"], true);
    assert_eq!(call(&anna, "GET", &clusters, &Value::Null).ok(), json!({}));
    assert_eq!(project.violations(), Vec::<String>::new());
}

#[test]
fn the_variables_lead_to_this_google_only() {
    let project = Gcp::shared().project();
    let env: BTreeMap<String, String> = anna(&project).env();
    let ours = format!("http://127.0.0.1:{}/", Gcp::shared().port());
    for name in ["CONTAINER", "IAM", "IAMCREDENTIALS", "CLOUDRESOURCEMANAGER", "SERVICEUSAGE", "STS"] {
        assert_eq!(env[&format!("CLOUDSDK_API_ENDPOINT_OVERRIDES_{name}")], ours);
    }
    let said: Said = call(&anna(&project), "GET", "/oauth2/v3/userinfo", &Value::Null);
    assert_eq!(said.ok()["email"], "anna@example.com");
}
