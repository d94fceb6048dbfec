//! What goes wrong in Google goes wrong here when a test wants it: and who may not, may not.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use world::Latency;
use world::gcp::{Gcp, GcpFault};

use crate::gcp_http::{call, send};

#[test]
fn faults_strike_the_requests_that_they_are_for() {
    let gcp = Gcp::shared();
    let (project, other) = (gcp.project(), gcp.project());
    let anna = project.user("anna@example.com", &["roles/owner"]);
    let bert = other.user("bert@example.com", &["roles/owner"]);
    let path = format!("/v3/projects/{}", project.id());
    project.fault(GcpFault::throttled(Some(7)).on("GET", "/v3/").times(1));
    project.fault(GcpFault::fails(503, "UNAVAILABLE", "not now").times(1).after(1));
    project.fault(GcpFault::unauthenticated().service("container"));
    call(&bert, "GET", &format!("/v3/projects/{}", other.id()), &Value::Null).ok();
    assert_eq!(call(&anna, "GET", &path, &Value::Null).refused(), (429, "RESOURCE_EXHAUSTED".to_owned()));
    call(&anna, "GET", &path, &Value::Null).ok();
    assert_eq!(call(&anna, "GET", &path, &Value::Null).refused(), (503, "UNAVAILABLE".to_owned()));
    call(&anna, "GET", &path, &Value::Null).ok();
    let clusters = format!("/v1/projects/{}/locations/-/clusters", project.id());
    assert_eq!(call(&anna, "GET", &clusters, &Value::Null).status, 401);
    project.no_more_faults();
    call(&anna, "GET", &clusters, &Value::Null).ok();
    let seen: Vec<_> = project.requests().iter().map(|it| (it.status, it.code.clone())).collect();
    assert_eq!(seen[0], (429, "RESOURCE_EXHAUSTED".to_owned()));
    assert_eq!(project.requests()[0].principal, "user:anna@example.com");
}

#[test]
fn a_connection_drops_before_or_after_the_work() {
    let project = Gcp::shared().project();
    let token = project.user("anna@example.com", &["roles/owner"]).token();
    let make = |id: &str| {
        let (token, body) = (token.clone(), json!({ "accountId": id }));
        let path = format!("/v1/projects/{}/serviceAccounts", project.id());
        std::panic::catch_unwind(move || {
            send(|http, url| http.post(format!("{url}{path}")).bearer_auth(token).json(&body)).status
        })
        .ok()
    };
    project.fault(GcpFault::drops_before().on("POST", "/serviceAccounts").times(1));
    assert_eq!(make("runner-one"), None);
    assert_eq!(project.accounts().len(), 0);
    project.fault(GcpFault::drops_after().on("POST", "/serviceAccounts").times(1));
    assert_eq!(make("runner-one"), None);
    assert_eq!(project.accounts().len(), 1);
    assert_eq!(make("runner-one"), Some(409));
}

#[test]
fn somebody_else_changes_a_policy_in_between() {
    let project = Gcp::shared().project();
    let anna = project.user("anna@example.com", &["roles/owner"]);
    project.user("bert@example.com", &[]);
    let base = format!("/v3/projects/{}", project.id());
    let cycle = || {
        let policy = call(&anna, "POST", &format!("{base}:getIamPolicy"), &json!({})).ok();
        call(&anna, "POST", &format!("{base}:setIamPolicy"), &json!({ "policy": policy }))
    };
    project.somebody_binds_first("roles/browser", "user:bert@example.com");
    assert_eq!(cycle().refused(), (409, "ABORTED".to_owned()));
    cycle().ok();
    assert_eq!(project.members("roles/browser"), ["user:bert@example.com"]);
    project.fault(GcpFault::aborted().times(2));
    assert_eq!([cycle().status, cycle().status, cycle().status], [409, 409, 200]);
    // gcloud does not try again.
    let email = project.create_account("runner-one");
    project.somebody_binds_account_first(&email, "roles/iam.serviceAccountUser", "user:bert@example.com");
    let add = ["iam", "service-accounts", "add-iam-policy-binding", &email];
    let more = ["--role=roles/iam.serviceAccountUser", "--member=user:anna@example.com"];
    let said = project.gcloud(&anna, &[&add[..], &more].concat()).expect_err("the policy has changed");
    assert!(said.contains("concurrent policy changes"), "{said}");
    let times = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&times);
    project.meanwhile_after(1, "GET", &base, move || {
        counted.fetch_add(1, Ordering::Relaxed);
    });
    for _ in 0..3 {
        call(&anna, "GET", &base, &Value::Null).ok();
    }
    assert_eq!(times.load(Ordering::Relaxed), 1);
}

#[test]
fn answers_take_their_time_and_the_log_says_so() {
    let project = Gcp::shared().project();
    let anna = project.user("anna@example.com", &["roles/owner"]);
    let path = format!("/v3/projects/{}", project.id());
    let mark = project.mark();
    project.latency(Duration::from_millis(300));
    let begin = Instant::now();
    call(&anna, "GET", &path, &Value::Null).ok();
    assert!(begin.elapsed() >= Duration::from_millis(300));
    project.latency(Duration::ZERO);
    project.fault(GcpFault::delays(Duration::from_millis(200)).times(1));
    call(&anna, "GET", &path, &Value::Null).ok();
    let requests = project.requests_since(mark);
    assert!(requests.len() == 2 && requests[0].took >= 0.3 && requests[1].took >= 0.2, "{requests:?}");
    assert!(requests[1].at >= requests[0].at + 0.3);
    let far = Latency::start(Gcp::shared().port(), Duration::from_millis(100));
    let env = anna.with_user_file().env_at(far.port());
    assert_eq!(env["CLOUDSDK_API_ENDPOINT_OVERRIDES_IAM"], format!("http://127.0.0.1:{}/", far.port()));
    let file = std::fs::read_to_string(&env["GOOGLE_APPLICATION_CREDENTIALS"]).expect("the file");
    assert!(file.contains(&format!("http://127.0.0.1:{}/token", far.port())));
}

#[test]
fn who_lacks_a_permission_is_refused_by_each_service_in_its_words() {
    let project = Gcp::shared().project();
    let id = project.id().to_owned();
    let email = project.create_account("runner-one");
    let all = [
        (
            "iam.serviceAccounts.create",
            "POST",
            format!("/v1/projects/{id}/serviceAccounts"),
            json!({ "accountId": "runner-two" }),
        ),
        ("iam.serviceAccounts.get", "GET", format!("/v1/projects/{id}/serviceAccounts/{email}"), Value::Null),
        (
            "iam.serviceAccounts.getIamPolicy",
            "POST",
            format!("/v1/projects/{id}/serviceAccounts/{email}:getIamPolicy"),
            Value::Null,
        ),
        (
            "iam.serviceAccounts.setIamPolicy",
            "POST",
            format!("/v1/projects/{id}/serviceAccounts/{email}:setIamPolicy"),
            json!({ "policy": {} }),
        ),
        ("resourcemanager.projects.get", "GET", format!("/v3/projects/{id}"), Value::Null),
        ("resourcemanager.projects.getIamPolicy", "POST", format!("/v3/projects/{id}:getIamPolicy"), json!({})),
        ("serviceusage.services.get", "GET", format!("/v1/projects/{id}/services/iam.googleapis.com"), Value::Null),
        ("container.clusters.list", "GET", format!("/v1/projects/{id}/locations/-/clusters"), Value::Null),
    ];
    let nobody = project.user("nobody@example.com", &[]);
    for (index, (permission, method, path, body)) in all.iter().enumerate() {
        let refused = call(&nobody, method, path, body);
        assert_eq!(refused.refused(), (403, "PERMISSION_DENIED".to_owned()), "{permission}");
        assert_eq!(refused.body["error"]["details"][0]["metadata"]["permission"], *permission);
        let exactly = project.user_with_permissions(&format!("exactly-{index}@example.com"), &[permission]);
        call(&exactly, method, path, body).ok();
        let others: Vec<&str> = all.iter().map(|(name, ..)| *name).filter(|name| name != permission).collect();
        let without = project.user_with_permissions(&format!("without-{index}@example.com"), &others);
        assert_eq!(call(&without, method, path, body).status, 403, "{permission}");
    }
    let anna = project.user("anna@example.com", &["roles/owner"]);
    project.deny("resourcemanager.projects.get");
    assert_eq!(call(&anna, "GET", &format!("/v3/projects/{id}"), &Value::Null).status, 403);
    project.deny_nothing();
    call(&anna, "GET", &format!("/v3/projects/{id}"), &Value::Null).ok();
}

#[test]
fn a_project_that_pays_must_let_the_caller_use_it() {
    let (project, payer) = (Gcp::shared().project(), Gcp::shared().project());
    let anna = project.user("anna@example.com", &["roles/owner"]);
    let read = || {
        let token = anna.token();
        let url = format!("/v3/projects/{}", project.id());
        send(|http, base| http.get(format!("{base}{url}")).bearer_auth(token).header("x-goog-user-project", payer.id()))
    };
    assert_eq!(read().body["error"]["details"][0]["reason"], "USER_PROJECT_DENIED");
    payer.grant(&anna, &["roles/serviceusage.serviceUsageConsumer"]);
    read().ok();
    assert_eq!(anna.with_user_file().with_quota_project(payer.id()).file()["quota_project_id"], payer.id());
}
