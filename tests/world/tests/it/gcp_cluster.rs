//! Clusters as the API tells of them, and logging in to the GKE control plane with Google's tokens.

use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};
use world::gcp::{Gcp, LOCATION};
use world::{Credential, World};

use crate::gcp_http::call;

const CLOUD_PLATFORM: &str = "https://www.googleapis.com/auth/cloud-platform";

/// What the API server calls the holder of a token, or what it says instead.
fn whoami(world: &World, token: &str) -> Result<String, String> {
    kubectl(world, token, &["auth", "whoami", "-o", "jsonpath={.status.userInfo.username} {.status.userInfo.groups}"])
}

fn kubectl(world: &World, token: &str, arguments: &[&str]) -> Result<String, String> {
    let kubeconfig = world.kubeconfig("gke", &world.server_url(), &Credential::Token(token));
    let output = Command::new("kubectl")
        .args(arguments)
        .arg("--kubeconfig")
        .arg(kubeconfig)
        .output()
        .expect("kubectl is on the PATH");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
}

#[test]
fn a_cluster_is_told_with_the_server_behind_it() {
    let gcp = Gcp::shared();
    let (world, project) = (gcp.control_plane(), gcp.project());
    let anna = project.user("anna@example.com", &["roles/owner"]);
    let cluster = project.cluster("one", LOCATION, world);
    project.paper_cluster("two", "us-central1-a");
    let base = format!("/v1/projects/{}/locations", project.id());
    let found = call(&anna, "GET", &format!("{base}/{LOCATION}/clusters/one"), &Value::Null).ok();
    assert_eq!(format!("https://{}", found["endpoint"].as_str().expect("text")), world.server_url());
    assert_eq!(found["workloadIdentityConfig"]["workloadPool"], format!("{}.svc.id.goog", project.id()));
    assert_eq!(found["nodePools"][0]["config"]["workloadMetadataConfig"]["mode"], "GKE_METADATA");
    let all = call(&anna, "GET", &format!("{base}/-/clusters"), &Value::Null).ok();
    assert_eq!(all["clusters"].as_array().map(Vec::len), Some(2));
    let pools = call(&anna, "GET", &format!("{base}/{LOCATION}/clusters/one/nodePools"), &Value::Null).ok();
    assert_eq!(pools["nodePools"], found["nodePools"]);

    let missing = call(&anna, "GET", &format!("{base}/{LOCATION}/clusters/three"), &Value::Null);
    assert_eq!(missing.refused(), (404, "NOT_FOUND".to_owned()));
    assert!(missing.message().contains("No cluster named 'three'"), "{}", missing.message());
    let nowhere = call(&anna, "GET", &format!("{base}/the-moon/clusters/one"), &Value::Null);
    assert_eq!(nowhere.message(), "Location \"the-moon\" does not exist.");
    let nobody = project.user("nobody@example.com", &[]);
    let refused = call(&nobody, "GET", &format!("{base}/{LOCATION}/clusters/one"), &Value::Null);
    assert_eq!(refused.refused(), (403, "PERMISSION_DENIED".to_owned()));
    assert!(refused.message().starts_with("Required \"container.clusters.get\" permission(s)"));

    cluster.say(&json!({ "aFieldOfTomorrow": { "x": 1 }, "status": "RECONCILING", "privateClusterConfig": null }));
    let found = call(&anna, "GET", &format!("{base}/{LOCATION}/clusters/one"), &Value::Null).ok();
    assert_eq!((&found["aFieldOfTomorrow"]["x"], &found["status"]), (&json!(1), &json!("RECONCILING")));
    assert_eq!(project.violations(), Vec::<String>::new());
}

#[test]
fn the_api_server_asks_who_the_holder_of_a_token_is() {
    let gcp = Gcp::shared();
    let (world, project) = (gcp.control_plane(), gcp.project());
    let owner = project.user("owner@login.example", &["roles/container.admin"]);
    let reader = project.user("reader@login.example", &["roles/container.viewer"]);
    assert!(!whoami(world, &owner.token()).expect("a good token").contains("gke-iam"), "there is no cluster yet");
    project.cluster("login", LOCATION, world);
    let said = whoami(world, &owner.token()).expect("a good token");
    assert!(said.starts_with("owner@login.example") && said.contains("gke-iam:admin"), "{said}");
    kubectl(world, &owner.token(), &["get", "secrets", "-A"]).expect("an administrator may");
    kubectl(world, &reader.token(), &["get", "pods"]).expect("a viewer may");
    let refused = kubectl(world, &reader.token(), &["get", "secrets"]).expect_err("a viewer may not");
    assert!(refused.contains("reader@login.example") && refused.contains("forbidden"), "{refused}");

    // Without the scope of the e-mail address it is only a number.
    let hour = Duration::from_secs(3600);
    let said = whoami(world, &owner.token_with(&[CLOUD_PLATFORM], hour)).expect("a good token");
    assert!(said.starts_with(&owner.numeric_id()), "{said}");
    assert!(whoami(world, &owner.token_with(&["openid"], hour)).is_err());
    let token = owner.token();
    owner.expire_tokens();
    assert!(whoami(world, &token).expect_err("it was taken back").contains("must be logged in"));
    assert!(whoami(world, &owner.token_with(&[CLOUD_PLATFORM], Duration::ZERO)).is_err());
}

#[test]
fn the_node_is_one_of_gke() {
    let world = Gcp::shared().control_plane();
    let node = world.get("v1", "Node", "", "kwok-0").expect("the node");
    assert!(node["spec"]["providerID"].as_str().is_some_and(|it| it.starts_with("gce://")));
    assert_eq!(node["metadata"]["labels"]["iam.gke.io/gke-metadata-server-enabled"], "true");
}
