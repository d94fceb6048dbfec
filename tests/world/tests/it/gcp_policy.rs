//! Policies: versions, conditions, masks, and which members are taken.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use world::gcp::{Gcp, Identity, LOCATION, Late, OrgPolicy, Project};

use crate::gcp_http::{Said, call};

struct Place {
    project: Project,
    anna: Identity,
    email: String,
}

impl Place {
    fn new() -> Self {
        let project = Gcp::shared().project();
        let anna = project.user("anna@example.com", &["roles/owner"]);
        let email = project.create_account("runner-one");
        Self { project, anna, email }
    }

    fn read(&self, version: u8) -> Value {
        let path = format!("/v3/projects/{}:getIamPolicy", self.project.id());
        call(&self.anna, "POST", &path, &json!({ "options": { "requestedPolicyVersion": version } })).ok()
    }

    fn write(&self, body: &Value) -> Said {
        call(&self.anna, "POST", &format!("/v3/projects/{}:setIamPolicy", self.project.id()), body)
    }

    fn account(&self, verb: &str, body: &Value) -> Said {
        let path = format!("/v1/projects/{}/serviceAccounts/{}{verb}", self.project.id(), self.email);
        call(&self.anna, if verb.is_empty() { "GET" } else { "POST" }, &path, body)
    }

    /// Says why a member is not taken on the account; empty when it is.
    fn refusal(&self, member: &str) -> String {
        let bindings = json!([{ "role": "roles/iam.workloadIdentityUser", "members": [member] }]);
        let said = self.account(":setIamPolicy", &json!({ "policy": { "version": 3, "bindings": bindings } }));
        assert!(said.status == 200 || said.refused() == (400, "INVALID_ARGUMENT".to_owned()), "{said:?}");
        said.message()
    }
}

fn condition() -> Value {
    json!({ "title": "until then", "expression": "request.time < timestamp(\"2099-01-01T00:00:00Z\")" })
}

#[test]
fn conditions_need_version_three_and_hide_below_it() {
    let place = Place::new();
    let mut policy = place.read(3);
    let bindings = policy["bindings"].as_array_mut().expect("bindings");
    let member = format!("serviceAccount:{}", place.email);
    bindings.push(json!({ "role": "roles/browser", "members": [member], "condition": condition() }));
    let mut low = policy.clone();
    low["version"] = json!(1);
    assert_eq!(place.write(&json!({ "policy": low })).status, 400);
    policy["version"] = json!(3);
    place.write(&json!({ "policy": policy })).ok();
    assert_eq!(place.read(3)["version"], 3);
    let shown = place.read(1);
    let hidden = shown["bindings"].as_array().expect("bindings").last().expect("the last").clone();
    assert!(hidden["role"].as_str().is_some_and(|role| role.starts_with("roles/browser_withcond_")), "{hidden}");
    assert!(hidden.get("condition").is_none() && shown["version"] == 1);
    // Writing back what was shown is refused, and a version below three never touches conditions.
    assert_eq!(place.write(&json!({ "policy": shown })).status, 400);
    let mut without = place.read(3);
    without["bindings"].as_array_mut().expect("bindings").pop();
    without["version"] = json!(1);
    assert_eq!(place.write(&json!({ "policy": without })).status, 400);
    // Without an etag everything is overwritten blindly.
    without.as_object_mut().expect("an object").remove("etag");
    place.write(&json!({ "policy": without })).ok();
    assert!(!place.project.policy().to_string().contains("condition"));
    // gcloud refuses to guess once there is a condition.
    place.write(&json!({ "policy": { "version": 3, "bindings": policy["bindings"] } })).ok();
    let add = [
        "projects",
        "add-iam-policy-binding",
        place.project.id(),
        "--role=roles/browser",
        "--member=user:anna@example.com",
    ];
    let said = place.project.gcloud(&place.anna, &add).expect_err("it needs --condition");
    assert!(said.contains("--condition"), "{said}");
    place.project.gcloud(&place.anna, &[&add[..], &["--condition=None"]].concat()).expect("now it is said");
    assert_eq!(place.project.violations(), Vec::<String>::new());
}

#[test]
fn a_binding_with_a_condition_counts_while_the_condition_holds() {
    let place = Place::new();
    let carl = place.project.user("carl@example.com", &[]);
    let path = format!("/v3/projects/{}", place.project.id());
    for (expression, status) in [
        ("request.time < timestamp(\"2099-01-01T00:00:00Z\")", 200),
        ("request.time < timestamp(\"2020-01-01T00:00:00Z\")", 403),
        ("resource.name.startsWith(\"projects/x\")", 403),
    ] {
        let mut policy = place.project.policy();
        let bindings = policy["bindings"].as_array_mut().expect("bindings");
        bindings.retain(|it| it.get("condition").is_none());
        let condition = json!({ "title": "a condition", "expression": expression });
        bindings.push(json!({ "role": "roles/browser", "members": [carl.member()], "condition": condition }));
        place.project.set_policy(&policy);
        assert_eq!(call(&carl, "GET", &path, &Value::Null).status, status, "{expression}");
    }
}

#[test]
fn the_mask_keeps_audit_configs_and_bindings_are_merged() {
    let place = Place::new();
    let audit = json!([{ "service": "allServices", "auditLogConfigs": [{ "logType": "DATA_READ" }] }]);
    let mut policy = place.read(3);
    policy["auditConfigs"] = audit.clone();
    place.write(&json!({ "policy": policy })).ok();
    assert!(place.read(3).get("auditConfigs").is_none(), "they are not in the usual mask");
    place.write(&json!({ "policy": place.project.policy().as_object().map(|it| { let mut it = it.clone(); it.insert("auditConfigs".into(), audit.clone()); it }), "updateMask": "bindings,etag,auditConfigs" })).ok();
    let mut policy = place.read(3);
    assert_eq!(policy.as_object_mut().expect("an object").remove("auditConfigs"), Some(audit.clone()));
    let anna = json!({ "role": "roles/browser", "members": ["user:anna@example.com", "user:anna@example.com"] });
    let bindings = policy["bindings"].as_array_mut().expect("bindings");
    bindings.extend([anna.clone(), anna, json!({ "role": "roles/viewer", "members": [] })]);
    let set = place.write(&json!({ "policy": policy })).ok();
    assert_eq!(set["auditConfigs"], audit);
    assert_eq!(place.project.members("roles/browser"), ["user:anna@example.com"]);
    assert!(!set.to_string().contains("roles/viewer"));
    assert_eq!(place.write(&json!({ "policy": set, "updateMask": "members" })).status, 400);
}

#[test]
fn members_that_are_not_there_are_refused_in_googles_words() {
    let place = Place::new();
    let id = place.project.id();
    let pool = format!("{id}.svc.id.goog");
    assert!(
        place
            .refusal(&format!("serviceAccount:{pool}[jobs/job]"))
            .starts_with(&format!("Identity Pool does not exist ({pool})"))
    );
    place.project.paper_cluster("one", LOCATION);
    assert_eq!(place.refusal(&format!("serviceAccount:{pool}[jobs/job]")), "");
    let principal = |number: &str, subject: &str| {
        format!(
            "principal://iam.googleapis.com/projects/{number}/locations/global/workloadIdentityPools/{pool}/subject/{subject}"
        )
    };
    assert_eq!(place.refusal(&principal(place.project.number(), "ns/jobs/sa/job")), "");
    assert!(place.refusal(&principal("1", "ns/jobs/sa/job")).contains("Identity Pool does not exist"));
    for (member, words) in [
        (format!("serviceAccount:{pool}[jobs]"), "Invalid member"),
        (format!("serviceAccount:{pool}[jobs/job"), "Invalid member"),
        (format!("serviceAccount:{pool}[Jobs/job]"), "Invalid member"),
        (principal(id, "ns/jobs/sa/job"), "Invalid member"),
        (principal(place.project.number(), "jobs/job"), "Invalid member"),
        (format!("serviceAccount:{}", place.project.email("nobody-here")), "does not exist."),
        (format!("serviceAccount:{}", place.project.email("service-1")), "does not exist."),
        ("user:stranger@example.com".to_owned(), "User stranger@example.com does not exist."),
        ("anna@example.com".to_owned(), "is of an unknown type"),
        ("somebody:anna@example.com".to_owned(), "is of an unknown type"),
        ("deleted:serviceAccount:a@b.example?uid=1".to_owned(), "Invalid member"),
    ] {
        assert!(place.refusal(&member).contains(words), "{member}: {}", place.refusal(&member));
    }
    assert_eq!(place.refusal("serviceAccount:service-1@compute-system.iam.gserviceaccount.com"), "");
    let role = |role: &str| {
        let bindings = json!([{ "role": role, "members": ["user:anna@example.com"] }]);
        place.account(":setIamPolicy", &json!({ "policy": { "bindings": bindings } })).status
    };
    assert_eq!(
        [role("roles/iam.workloadIdentityUsr"), role("workloadIdentityUser"), role("roles/viewer")],
        [400, 400, 200]
    );
    assert_eq!([role(&format!("projects/{id}/roles/none")), role("roles/storage.admin")], [400, 400]);
    assert_eq!(role(&place.project.role("mine", &["iam.serviceAccounts.get"])), 200);
}

#[test]
fn an_account_that_was_made_again_is_another_one() {
    let place = Place::new();
    let member = format!("serviceAccount:{}", place.email);
    place.project.bind("roles/storage.admin", &member);
    let old = place.project.delete_account(&place.email);
    assert_eq!(place.account("", &Value::Null).refused(), (404, "NOT_FOUND".to_owned()));
    let gone = format!("deleted:{member}?uid={old}");
    assert_eq!(place.project.members("roles/storage.admin"), std::slice::from_ref(&gone));
    place.project.create_account("runner-one");
    assert_eq!(place.project.members("roles/storage.admin"), std::slice::from_ref(&gone));
    // What is gone may stay in a policy that is written, and the new account stands beside it.
    let mut policy = place.read(3);
    for binding in policy["bindings"].as_array_mut().expect("bindings") {
        if binding["role"] == "roles/storage.admin" {
            binding["members"].as_array_mut().expect("members").push(json!(member));
        }
    }
    place.write(&json!({ "policy": policy })).ok();
    assert_eq!(place.project.members("roles/storage.admin"), [gone, member.clone()]);
    let undelete = format!("/v1/projects/{}/serviceAccounts/{old}:undelete", place.project.id());
    let taken = call(&place.anna, "POST", &undelete, &json!({}));
    assert_eq!(taken.refused(), (400, "FAILED_PRECONDITION".to_owned()));
    let new = place.project.delete_account(&place.email);
    assert_ne!(new, old);
    let restored = call(&place.anna, "POST", &undelete, &json!({})).ok();
    assert_eq!(restored["restoredAccount"]["uniqueId"], old);
    assert_eq!(place.project.members("roles/storage.admin")[0], member);
    place.account(":disable", &json!({})).ok();
    assert_eq!(place.account("", &Value::Null).ok()["disabled"], true);
    place.account(":enable", &json!({})).ok();
    let path = format!("/v1/projects/{}/serviceAccounts/{}", place.project.id(), place.email);
    let change = json!({ "serviceAccount": { "description": "new" }, "updateMask": "description" });
    assert_eq!(call(&place.anna, "PATCH", &path, &change).ok()["description"], "new");
    call(&place.anna, "DELETE", &path, &Value::Null).ok();
    assert_eq!(place.project.accounts().len(), 0);
    assert_eq!(place.project.violations(), Vec::<String>::new());
}

#[test]
fn a_new_account_is_seen_when_the_project_lets_it() {
    let place = Place::new();
    let id = place.project.id();
    let make = |account: &str| {
        call(&place.anna, "POST", &format!("/v1/projects/{id}/serviceAccounts"), &json!({ "accountId": account })).ok();
        place.project.email(account)
    };
    let statuses = |email: &str, count: usize| -> Vec<u16> {
        let path = format!("/v1/projects/{id}/serviceAccounts/{email}");
        (0..count).map(|_| call(&place.anna, "GET", &path, &Value::Null).status).collect()
    };
    place.project.shows_late(Late::flapping(&[false, true, false, true]));
    let late = make("late-one");
    assert_eq!(statuses(&late, 5), [404, 200, 404, 200, 200]);
    // Policies have a count of their own.
    let missing = format!("Service account {late} does not exist.");
    assert_eq!(place.refusal(&format!("serviceAccount:{late}")), missing);
    assert_eq!(place.refusal(&format!("serviceAccount:{late}")), "");
    place.project.shows_late(Late::looks(2).forbidden());
    assert_eq!(statuses(&make("late-two"), 3), [403, 403, 200]);
    place.project.shows_late(Late::time(Duration::from_millis(300)));
    let late = make("late-three");
    assert_eq!(statuses(&late, 1), [404]);
    let deadline = Instant::now() + Duration::from_secs(30);
    while statuses(&late, 1) != [200] {
        assert!(Instant::now() < deadline, "the account never shows");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn an_organisation_forbids_what_it_forbids() {
    let place = Place::new();
    place.project.paper_cluster("one", LOCATION);
    place.project.org_policy(OrgPolicy::OnlyMembers(vec!["@example.com".to_owned()]));
    let member = format!("serviceAccount:{}.svc.id.goog[jobs/job]", place.project.id());
    let bindings = json!([{ "role": "roles/iam.workloadIdentityUser", "members": [member] }]);
    let said = place.account(":setIamPolicy", &json!({ "policy": { "bindings": bindings } }));
    assert_eq!(said.refused(), (400, "FAILED_PRECONDITION".to_owned()));
    assert!(said.message().starts_with("One or more users named in the policy do not belong to a permitted customer"));
    // Who is in it already may stay.
    place.write(&json!({ "policy": place.read(3) })).ok();
    place.project.org_policy(OrgPolicy::NoServiceAccountCreation);
    let path = format!("/v1/projects/{}/serviceAccounts", place.project.id());
    let said = call(&place.anna, "POST", &path, &json!({ "accountId": "runner-two" }));
    assert_eq!(said.refused(), (400, "FAILED_PRECONDITION".to_owned()));
    assert!(said.body.to_string().contains("constraints/iam.disableServiceAccountCreation"));
}

#[test]
fn names_and_quotas_of_accounts_are_checked() {
    let place = Place::new();
    let path = format!("/v1/projects/{}/serviceAccounts", place.project.id());
    let make = |body: Value| call(&place.anna, "POST", &path, &body);
    let long = "a".repeat(31);
    for id in ["short", long.as_str(), "Upper-case", "1-number", "ends-with-", "under_score"] {
        let said = make(json!({ "accountId": id }));
        assert!(said.message().starts_with(&format!("Invalid service account ID ({id}).")), "{said:?}");
    }
    let texts = json!({ "displayName": "x".repeat(101) });
    assert_eq!(make(json!({ "accountId": "runner-two", "serviceAccount": texts })).status, 400);
    place.project.account_quota(1);
    assert_eq!(make(json!({ "accountId": "runner-two" })).refused(), (429, "RESOURCE_EXHAUSTED".to_owned()));
}
