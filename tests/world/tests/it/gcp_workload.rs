//! What a pod of GKE can become: real tokens of a real API server, exchanged and refused as Google does.

use serde_json::{Value, json};
use world::gcp::{Cluster, Gcp, LOCATION};

use crate::gcp_http::{Said, call_as, forged, send};

const CLOUD_PLATFORM: &str = "https://www.googleapis.com/auth/cloud-platform";
const WORKLOAD_USER: &str = "roles/iam.workloadIdentityUser";

fn exchange(audience: &str, token: &str) -> Said {
    let body = json!({
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
        "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
        "requested_token_type": "urn:ietf:params:oauth:token-type:access_token",
        "subject_token": token,
        "audience": audience,
        "scope": CLOUD_PLATFORM,
    });
    send(|http, url| http.post(format!("{url}/v1/identitybindingtoken")).json(&body))
}

fn audience(cluster: &Cluster) -> String {
    format!("identitynamespace:{}:{}", cluster.pool(), cluster.url())
}

/// The federated token of a service account of a cluster.
fn federated(cluster: &Cluster, namespace: &str, account: &str) -> String {
    let world = Gcp::shared().control_plane();
    let token = world.service_account_token(namespace, account, &cluster.pool());
    exchange(&audience(cluster), &token).ok()["access_token"].as_str().expect("a token").to_owned()
}

fn generate(token: &str, email: &str) -> Said {
    let path = format!("/v1/projects/-/serviceAccounts/{email}:generateAccessToken");
    call_as(token, "POST", &path, &json!({ "scope": [CLOUD_PLATFORM] }))
}

#[test]
fn exactly_the_bound_service_account_becomes_the_google_account() {
    let gcp = Gcp::shared();
    let (world, project) = (gcp.control_plane(), gcp.project());
    let cluster = project.cluster("wi", LOCATION, world);
    let (jobs, others) = (world.unique_name("jobs"), world.unique_name("others"));
    let email = project.create_account("runner-wi");
    let token = federated(&cluster, &jobs, "job");
    let denied = "Permission 'iam.serviceAccounts.getAccessToken' denied on resource (or it may not exist).";
    assert_eq!(generate(&token, &email).message(), denied);
    project.bind_account(&email, WORKLOAD_USER, &cluster.member(&jobs, "job"));
    let said = generate(&token, &email).ok();
    assert_eq!(gcp.review(said["accessToken"].as_str().expect("a token"))["authenticated"], true);
    assert!(said["expireTime"].as_str().is_some_and(|time| time.ends_with('Z') && !time.contains('.')));
    for (namespace, account) in [(&others, "job"), (&jobs, "other")] {
        assert_eq!(generate(&federated(&cluster, namespace, account), &email).message(), denied);
    }
    // The same namespace and name in another project is somebody else, and in another cluster of the project the same.
    let elsewhere = gcp.project().cluster("wi", LOCATION, world);
    assert_eq!(generate(&federated(&elsewhere, &jobs, "job"), &email).message(), denied);
    let sister = project.cluster("sister", LOCATION, world);
    generate(&federated(&sister, &jobs, "job"), &email).ok();

    assert_eq!(generate(&token, &project.email("nobody-here")).refused(), (404, "NOT_FOUND".to_owned()));
    project.switch_service("iamcredentials.googleapis.com", false);
    assert_eq!(generate(&token, &email).body["error"]["details"][1]["reason"], "SERVICE_DISABLED");
    assert_eq!(project.violations(), Vec::<String>::new());
}

#[test]
fn every_way_to_name_a_workload_counts_and_nothing_like_it() {
    let gcp = Gcp::shared();
    let (world, project) = (gcp.control_plane(), gcp.project());
    let cluster = project.cluster("names", LOCATION, world);
    let jobs = world.unique_name("jobs");
    let token = federated(&cluster, &jobs, "job");
    let home = format!(
        "iam.googleapis.com/projects/{}/locations/global/workloadIdentityPools/{}",
        project.number(),
        cluster.pool()
    );
    let good = [
        cluster.member(&jobs, "job"),
        cluster.principal(&jobs, "job"),
        format!("principalSet://{home}/namespace/{jobs}"),
        format!("principalSet://{home}/*"),
        format!("principalSet://{home}/kubernetes.cluster/{}", cluster.url()),
    ];
    let bad = [
        format!("serviceAccount:{}[{jobs}/jo]", cluster.pool()),
        cluster.principal(&jobs, "job").replace(project.number(), "1"),
        format!("principalSet://{home}/namespace/other"),
    ];
    for (index, member) in good.iter().chain(&bad).enumerate() {
        let email = project.create_account(&format!("account-{index}"));
        project.bind_account(&email, WORKLOAD_USER, member);
        assert_eq!(generate(&token, &email).status, if good.contains(member) { 200 } else { 403 }, "{member}");
    }
    // On the project the role holds for all its accounts.
    let email = project.create_account("by-project");
    project.bind(WORKLOAD_USER, &cluster.member(&jobs, "job"));
    generate(&token, &email).ok();
    // Direct federation: the workload itself holds roles of the project.
    let read = |token: &str| call_as(token, "GET", &format!("/v3/projects/{}", project.id()), &Value::Null);
    assert_eq!(read(&token).status, 403);
    project.bind("roles/browser", &cluster.principal(&jobs, "job"));
    read(&token).ok();
}

#[test]
fn tokens_that_are_not_of_the_cluster_are_refused() {
    let gcp = Gcp::shared();
    let (world, project) = (gcp.control_plane(), gcp.project());
    let cluster = project.cluster("strict", LOCATION, world);
    let jobs = world.unique_name("jobs");
    let good = world.service_account_token(&jobs, "job", &cluster.pool());
    exchange(&audience(&cluster), &good).ok();
    let error = |audience: &str, token: &str| exchange(audience, token).body["error"].as_str().map(str::to_owned);
    let error = |audience: &str, token: &str| error(audience, token).unwrap_or_default();
    let wrong_audience = world.service_account_token(&jobs, "job", "https://kubernetes.default.svc");
    assert_eq!(error(&audience(&cluster), &wrong_audience), "invalid_grant");
    assert_eq!(error(&audience(&cluster), &forged(&good)), "invalid_grant");
    for wrong in [
        audience(&cluster).replace("strict", "none"),
        audience(&cluster).replace(".svc.id.goog", ".other.id.goog"),
        "identitynamespace:pool".to_owned(),
    ] {
        assert_eq!(error(&wrong, &good), "invalid_target", "{wrong}");
    }
    // A cluster whose issuer is another one's.
    let paper = project.paper_cluster("paper", LOCATION);
    assert_eq!(error(&audience(&paper), &good), "invalid_grant");
    cluster.say(&json!({ "workloadIdentityConfig": null }));
    assert_eq!(
        error(&format!("identitynamespace:{}.svc.id.goog:{}", project.id(), cluster.url()), &good),
        "invalid_target"
    );
}
