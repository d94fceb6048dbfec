//! Exactly the jobs' service account becomes the Google one, tried with real tokens of the API server.

use serde_json::{Value, json};
use world::gcp::{Cluster, Gcp};

use crate::support::{AGENT, GkeLab, JOB, WORKLOAD_USER};

const SCOPES: [&str; 2] =
    ["https://www.googleapis.com/auth/cloud-platform", "https://www.googleapis.com/auth/userinfo.email"];

/// Sends a request to the stand-in as the holder of a token: the status and the document.
fn send(method: &str, path: &str, token: Option<&str>, body: &Value) -> (u16, Value) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let request = http.request(method.parse().unwrap(), format!("{}{path}", Gcp::shared().url()));
        let request = token.into_iter().fold(request, reqwest::RequestBuilder::bearer_auth);
        let request = if body.is_null() { request } else { request.json(body) };
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    })
}

/// The token of the pool for a token of the cluster: what GKE's metadata server gets first.
fn federated(cluster: &Cluster, token: &str) -> Result<String, String> {
    let (status, body) = send(
        "POST",
        "/v1/identitybindingtoken",
        None,
        &json!({
            "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
            "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
            "requested_token_type": "urn:ietf:params:oauth:token-type:access_token",
            "subject_token": token, "scope": SCOPES.join(" "),
            "audience": format!("identitynamespace:{}:{}", cluster.pool(), cluster.url()),
        }),
    );
    match body["access_token"].as_str() {
        Some(token) if status == 200 => Ok(token.to_owned()),
        _ => Err(body.to_string()),
    }
}

/// The token of a service account of a cluster, as its pool knows it.
fn workload(lab: &GkeLab, cluster: &Cluster, namespace: &str, account: &str) -> String {
    let token = lab.world.service_account_token(namespace, account, &cluster.pool());
    federated(cluster, &token).unwrap()
}

/// Becomes the Google account, or not: then the status.
fn become_account(email: &str, token: &str) -> Result<String, u16> {
    let path = format!("/v1/projects/-/serviceAccounts/{email}:generateAccessToken");
    match send("POST", &path, Some(token), &json!({ "scope": SCOPES })) {
        (200, body) => Ok(body["accessToken"].as_str().unwrap().to_owned()),
        (status, _) => Err(status),
    }
}

fn service_account(lab: &GkeLab, namespace: &str, name: &str) {
    let metadata = json!({ "name": name, "namespace": namespace });
    lab.create(&json!({ "apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata }));
}

#[test]
fn the_jobs_become_the_account_and_nobody_else_of_the_cluster_does() {
    let lab = GkeLab::new("gtrust-in");
    let _ = lab.run(&["apply", "--yes", "--no-wait"]).exits(0);
    let email = lab.account();
    let policy = lab.project.account_policy(&email);
    assert_eq!(
        policy["bindings"],
        json!([{ "role": WORKLOAD_USER, "members": [lab.member()] }]),
        "one line, one member"
    );
    let token = become_account(&email, &workload(&lab, &lab.cluster, &lab.job_namespace, JOB)).unwrap();
    assert_eq!(Gcp::shared().review(&token)["user"]["username"], json!(email));

    let refused = |namespace: &str, account: &str| {
        let token = workload(&lab, &lab.cluster, namespace, account);
        assert_eq!(become_account(&email, &token), Err(403), "{namespace}/{account}");
    };
    // The agent has no business with Google Cloud.
    refused(&lab.runner_namespace, AGENT);
    refused(&lab.job_namespace, "default");
    service_account(&lab, &lab.job_namespace, &format!("{JOB}2"));
    refused(&lab.job_namespace, &format!("{JOB}2"));
    service_account(&lab, &lab.runner_namespace, JOB);
    refused(&lab.runner_namespace, JOB);

    // The pool's clusters share their identities, as is said; another project's pool has none of them.
    let sibling = lab.project.cluster("sibling", "us-central1", lab.world);
    assert!(become_account(&email, &workload(&lab, &sibling, &lab.job_namespace, JOB)).is_ok());
    let foreign = Gcp::shared().project().cluster(lab.cluster.name(), lab.cluster.location(), lab.world);
    let token = workload(&lab, &foreign, &lab.job_namespace, JOB);
    assert_eq!(become_account(&email, &token), Err(403), "the same names in another project");

    // What was made again after us lets nobody in.
    let jobs = workload(&lab, &lab.cluster, &lab.job_namespace, JOB);
    let _ = lab.run(&["destroy", "--yes"]).exits(0);
    assert_eq!(become_account(&email, &jobs), Err(404));
    assert_eq!(lab.project.create_account(&format!("runner-{}", lab.cluster.name())), email);
    assert_eq!(become_account(&email, &jobs), Err(403));
    lab.keeps_to_the_documents();
}

#[test]
fn a_token_for_somebody_else_is_refused() {
    let lab = GkeLab::new("gtrust-aud");
    let _ = lab.run(&["apply", "--yes", "--no-wait"]).exits(0);
    let token = |audience: &str| lab.world.service_account_token(&lab.job_namespace, JOB, audience);
    assert!(federated(&lab.cluster, &token(&lab.cluster.pool())).is_ok());
    let refused = federated(&lab.cluster, &token("vault.example")).unwrap_err();
    assert!(refused.contains("audience"), "{refused}");
    let good = token(&lab.cluster.pool());
    let (head, signature) = good.rsplit_once('.').unwrap();
    let forged = format!("{head}.{}", signature.chars().rev().collect::<String>());
    assert!(federated(&lab.cluster, &forged).is_err());
}

#[test]
fn federation_gives_the_roles_to_the_jobs_alone() {
    let lab = GkeLab::new("gtrust-fed");
    let args = ["--identity", "federation", "--grant-role", "roles/browser"];
    let applied = lab.run(&[&["apply", "--yes", "--no-wait", "-o", "json"], &args[..]].concat()).exits(0);
    assert_eq!(applied.claim("roles-granted"), "pass", "{applied}");
    service_account(&lab, &lab.job_namespace, "another");
    let path = format!("/v3/projects/{}", lab.project.id());
    let may = |cluster: &Cluster, account: &str| {
        let token = workload(&lab, cluster, &lab.job_namespace, account);
        send("GET", &path, Some(&token), &Value::Null).0
    };
    assert_eq!((may(&lab.cluster, JOB), may(&lab.cluster, "another")), (200, 403));
    let foreign = Gcp::shared().project().cluster(lab.cluster.name(), lab.cluster.location(), lab.world);
    assert_eq!(may(&foreign, JOB), 403);
}
