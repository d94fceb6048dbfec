//! `plan --out` and `apply FILE`: exactly that, or a refusal that says what moved.

use std::os::unix::fs::PermissionsExt;

use serde_json::json;

use crate::support::{Lab, Outcome};

const FLAGS: [&str; 3] = ["--rule=any", "--agent-env=NO_PROXY=10.0.0.0/8,.svc", "--no-wait"];

fn plan(lab: &Lab, flags: &[&str]) -> Outcome {
    lab.run(&[&["plan", "--out=p.json", "-o", "json"], flags].concat()).exits(0)
}

fn apply(lab: &Lab) -> Outcome {
    lab.run(&["apply", "p.json", "--yes", "-o", "json"])
}

#[test]
fn a_saved_plan_is_applied_exactly_with_keys_files_and_values() {
    let lab = Lab::new("saved");
    let _ = lab.run(&["keygen"]).exits(0);
    lab.file("template.yaml", "metadata: { labels: { team: blue } }\n");
    let planned = plan(
        &lab,
        &[&FLAGS[..], &["--private-key-file=runner_private_key.pem", "--pod-template=template.yaml"]].concat(),
    );
    let file = lab.home().join("p.json");
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let text = std::fs::read_to_string(&file).unwrap();
    let key = std::fs::read_to_string(lab.home().join("runner_private_key.pem")).unwrap();
    for secret in [lab.orchestrator.token().as_str(), key.lines().nth(1).unwrap(), "PRIVATE KEY"] {
        assert!(!text.contains(secret), "a secret is in the plan");
    }
    let outcome = apply(&lab).exits(0);
    assert_eq!(outcome.json()["outcome"], "done");
    assert_eq!(outcome.changed(), planned.changed());
    assert_eq!(lab.private_key_pem().unwrap(), key);
    assert_eq!(lab.registered()["runner_configuration"]["job"]["pod_template"]["metadata"]["labels"]["team"], "blue");
    let container = lab.container();
    let env = container["env"].as_array().unwrap();
    assert!(env.contains(&json!({ "name": "NO_PROXY", "value": "10.0.0.0/8,.svc" })), "{env:?}");
    assert_eq!(lab.orchestrator.rules().len(), 1);
    lab.proves_itself();
}

#[test]
fn a_saved_plan_holds_what_the_environment_said_when_it_was_made() {
    let mut lab = Lab::new("env");
    let _ = plan(&lab, &FLAGS);
    let runner = lab.runner.clone();
    lab.unset("RUNNER_ID")
        .unset("HUMANITEC_ORG")
        .unset("CLUSTER_RUNNER_NAMESPACE")
        .unset("CLUSTER_RUNNER_JOB_NAMESPACE");
    let _ = apply(&lab).exits(0);
    assert_eq!(lab.orchestrator.runner_ids(), [runner]);
    let _ = lab.deployment();
}

#[test]
fn an_environment_that_says_something_else_by_now_is_refused() {
    let mut lab = Lab::new("envchanged");
    let _ = plan(&lab, &FLAGS);
    lab.set("CLUSTER_RUNNER_JOB_NAMESPACE", "somewhere-else");
    let _ = apply(&lab).exits(4).says("the world moved").says("kubernetes:Namespace/somewhere-else: not in the plan");
    assert!(lab.get("v1", "Namespace", "", "somewhere-else").is_none());
    assert!(lab.get("v1", "Namespace", "", &lab.runner_namespace).is_none());
}

#[test]
fn an_object_that_appeared_is_named() {
    let lab = Lab::new("appeared");
    let _ = plan(&lab, &FLAGS);
    lab.world.apply(&format!("apiVersion: v1\nkind: Namespace\nmetadata: {{ name: {} }}", lab.runner_namespace));
    let object = format!("kubernetes:Namespace/{}", lab.runner_namespace);
    let outcome = apply(&lab).exits(4).says("the world moved").says(&object).says("runner-setup plan --out");
    assert_eq!(outcome.json()["outcome"], "refused");
    assert!(lab.orchestrator.runner(&lab.runner).is_none());
}

#[test]
fn content_that_changed_is_named() {
    let lab = Lab::new("content");
    let _ = lab.run(&["apply", "--yes", "--no-wait"]).exits(0);
    let _ = plan(&lab, &["--agent-env=A=1", "--no-wait", "--rule=any"]);
    let patch = json!({ "data": { "LOG_LEVEL": "debug" } });
    lab.world.merge("v1", "ConfigMap", &lab.runner_namespace, crate::support::AGENT, &patch);
    let _ = apply(&lab).exits(4).says("the world moved").says("`data.LOG_LEVEL` belongs to");
}

#[test]
fn a_runner_that_was_registered_meanwhile_is_named() {
    let lab = Lab::new("registered");
    let _ = lab.run(&["keygen"]).exits(0);
    let _ = plan(&lab, &[&FLAGS[..], &["--private-key-file=runner_private_key.pem"]].concat());
    let _ = lab.run(&["register", "--yes", "--public-key-file=runner_public_key.pem"]).exits(0);
    let _ = apply(&lab).exits(4).says("the world moved").says(&format!("orchestrator:runner/{}", lab.runner));
}

#[test]
fn another_key_in_the_file_that_the_plan_names_is_refused() {
    let lab = Lab::new("key");
    let _ = lab.run(&["keygen"]).exits(0);
    let _ = plan(&lab, &[&FLAGS[..], &["--private-key-file=runner_private_key.pem"]].concat());
    let _ = lab.run(&["keygen", "--force"]).exits(0);
    let _ = apply(&lab).exits(4).says("the world moved").says("key");
    assert!(lab.private_key_pem().is_none());
}

#[test]
fn another_cluster_and_other_flags_are_refused() {
    let mut lab = Lab::new("cluster");
    let _ = plan(&lab, &FLAGS);
    let _ = lab.run(&["apply", "p.json", "--yes", "--runner-id=another-one"]).exits(4).says("another-one");
    let _ = lab.run(&["apply", "p.json", "--yes", "--rule=project=demo"]).exits(4).says("runner-rule/demo/*");
    let far = world::Latency::start(port(&lab), std::time::Duration::ZERO);
    let other = lab.world.kubeconfig_admin_at("lab", far.port());
    lab.set("KUBECONFIG", other.display().to_string());
    let _ = apply(&lab).exits(4).says(&format!("127.0.0.1:{}", far.port()));
    assert!(lab.get("v1", "Namespace", "", &lab.runner_namespace).is_none());
}

fn port(lab: &Lab) -> u16 {
    lab.world.server_url().rsplit(':').next().unwrap().parse().unwrap()
}

#[test]
fn a_file_that_is_no_plan_and_one_that_cannot_be_written_are_exit_2() {
    let lab = Lab::new("noplan");
    lab.file("p.json", "{}");
    let _ = apply(&lab).exits(2).says("reading the plan").says("runner-setup plan --out");
    let _ = lab.run(&["apply", "missing.json", "--yes"]).exits(2).says("missing.json");
    let outcome = lab.run(&["plan", "--out=no/such/folder/p.json", "-o", "json"]).exits(2);
    assert_eq!(outcome.says("no/such/folder").json()["error"]["kind"], "usage");
}

#[test]
fn pending_changes_have_an_exit_code_of_their_own_when_asked_for() {
    let lab = Lab::new("detailed");
    let outcome = lab.run(&["plan", "--detailed-exitcode", "-o", "json"]).exits(8);
    assert_eq!(outcome.json()["outcome"], "planned");
    let _ = lab.run(&["plan", "--detailed-exitcode"]).exits(8);
    let _ = lab.run(&["plan"]).exits(0);
    let _ = lab.apply();
    assert_eq!(lab.run(&["plan", "--detailed-exitcode", "-o", "json"]).exits(0).json()["outcome"], "nothing-to-do");
    let _ = plan(&lab, &[]);
    assert_eq!(apply(&lab).exits(0).json()["outcome"], "nothing-to-do");
}
