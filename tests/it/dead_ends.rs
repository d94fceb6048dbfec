//! Places where a person could get stuck: each says what is really wrong, and what leads out.

use std::process::Stdio;

use world::{Fault, What};

use crate::support::{AGENT, Lab};

#[test]
fn a_context_that_points_to_nothing_says_what_is_missing() {
    let lab = Lab::new("broken");
    let kubeconfig = |clusters: &str| {
        format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: c\nusers: []\n\
             contexts: [{{name: c, context: {{cluster: k, user: u}}}}]\nclusters: [{clusters}]\n"
        )
    };
    lab.file("no-cluster", &kubeconfig(""));
    lab.file("no-user", &kubeconfig(&format!("{{name: k, cluster: {{server: \"{}\"}}}}", lab.world.server_url())));
    let _ = lab.run(&["plan", "--kubeconfig=no-cluster"]).exits(2).says("there is no server for its cluster `k`");
    let _ = lab.run(&["plan", "--kubeconfig=no-user"]).exits(2).says("there is no user `u`");
}

#[test]
fn data_that_could_not_be_written_is_no_success() {
    let lab = Lab::new("full");
    // Linux alone has a device that is always full.
    let Ok(full) = std::fs::OpenOptions::new().write(true).open("/dev/full") else { return };
    let output = lab.command(&["plan", "-o", "json"]).stdin(Stdio::null()).stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("standard output could not be written"));
}

#[test]
fn a_key_that_is_gone_is_not_blamed_on_another_cluster() {
    let lab = Lab::new("gone");
    let _ = lab.apply();
    assert!(lab.world.delete("v1", "Secret", &lab.runner_namespace, AGENT));
    let outcome = lab.run(&["secret", "--yes"]).exits(4).says("the Secret with it is gone").says("hctl delete runner");
    assert!(!outcome.stderr.contains("another cluster"), "{outcome}");
}

#[test]
fn an_answer_of_something_else_is_no_bug_of_ours() {
    let lab = Lab::new("else");
    let what = What::Status { code: 200, headers: Vec::new(), body: "{}".to_owned() };
    lab.orchestrator.fault(Fault::times("GET", "/orgs/", 20, what));
    let outcome = lab.run(&["plan"]).exits(5).says("--api-url");
    assert!(!outcome.stderr.contains("this is a bug"), "{outcome}");
}
