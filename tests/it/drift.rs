//! Somebody changed a field: exactly that field is shown and repaired, and the agent restarts when it has to.

use serde_json::{Value, json};

use crate::support::{AGENT, JOB, Lab};

const RBAC: &str = "rbac.authorization.k8s.io/v1";

/// The one change of the next plan and apply, and the fields in it.
#[track_caller]
fn repairs(lab: &Lab, args: &[&str], object: &str, fields: &[&str]) {
    for command in [&["plan", "-o", "json"][..], &["apply", "--yes", "-o", "json", "--no-wait"]] {
        let outcome = lab.run(&[command, args].concat()).exits(0);
        assert_eq!(outcome.changed(), [format!("update kubernetes:{object}")], "{outcome}");
        assert_eq!(outcome.fields(object), fields, "{outcome}");
    }
    lab.has_nothing_to_do(&[args, &["--no-wait"]].concat());
}

fn pods(lab: &Lab) -> Vec<Value> {
    let pods = lab.world.list("v1", "Pod", &lab.runner_namespace);
    pods.into_iter().filter(|pod| pod["metadata"]["deletionTimestamp"].is_null()).collect()
}

#[test]
fn another_image_is_shown_and_repaired() {
    let lab = Lab::new("drift-image");
    let args = ["--image-tag=v1.0.0", "--image-repository=ghcr.io/humanitec/humanitec-runner"];
    let _ = lab.run(&[&["apply", "--yes"], &args[..]].concat()).exits(0);
    let mut containers = lab.deployment()["spec"]["template"]["spec"]["containers"].clone();
    containers[0]["image"] = json!("docker.io/somebody/else:latest");
    lab.edit_deployment(&json!({ "spec": { "template": { "spec": { "containers": containers } } } }));
    let path = format!("spec.template.spec.containers[{AGENT}].image");
    repairs(&lab, &args, &format!("Deployment/{}/{AGENT}", lab.runner_namespace), &[&path]);
}

#[test]
fn rights_that_were_added_or_taken_are_shown_and_repaired() {
    let lab = Lab::new("drift-role");
    let _ = lab.apply();
    let object = format!("Role/{}/{AGENT}", lab.job_namespace);
    let mut rules = lab.get(RBAC, "Role", &lab.job_namespace, AGENT).unwrap()["rules"].clone();
    rules[0]["verbs"] = json!(["create", "get"]);
    lab.edit(RBAC, "Role", &lab.job_namespace, AGENT, &json!({ "rules": rules }));
    repairs(&lab, &[], &object, &["rules"]);
    rules[0]["verbs"] = json!(["*"]);
    lab.edit(RBAC, "Role", &lab.job_namespace, AGENT, &json!({ "rules": rules }));
    repairs(&lab, &[], &object, &["rules"]);
    lab.proves_itself();
}

#[test]
fn a_subject_that_was_added_or_taken_is_shown_and_repaired() {
    let lab = Lab::new("drift-subject");
    let _ = lab.apply();
    let object = format!("RoleBinding/{}/{JOB}", lab.job_namespace);
    lab.edit(RBAC, "RoleBinding", &lab.job_namespace, JOB, &json!({ "subjects": null }));
    repairs(&lab, &[], &object, &["subjects"]);
    let other = json!([{ "kind": "ServiceAccount", "name": "intruder", "namespace": lab.job_namespace }]);
    lab.edit(RBAC, "RoleBinding", &lab.job_namespace, JOB, &json!({ "subjects": other }));
    repairs(&lab, &[], &object, &["subjects"]);
}

#[test]
fn a_value_of_the_config_map_is_repaired_and_what_others_added_stays() {
    let lab = Lab::new("drift-config");
    let _ = lab.run(&["apply", "--yes", "--log-level=info"]).exits(0);
    let object = format!("ConfigMap/{}/{AGENT}", lab.runner_namespace);
    let data = json!({ "data": { "LOG_LEVEL": "debug", "THEIRS": "stays" } });
    lab.edit("v1", "ConfigMap", &lab.runner_namespace, AGENT, &data);
    repairs(&lab, &["--log-level=info"], &object, &["data.LOG_LEVEL"]);
    let config_map = lab.get("v1", "ConfigMap", &lab.runner_namespace, AGENT).unwrap();
    assert_eq!(config_map["data"]["THEIRS"], "stays");
}

#[test]
fn a_label_and_an_account_token_that_were_taken_come_back() {
    let lab = Lab::new("drift-account");
    let _ = lab.apply();
    let object = format!("ServiceAccount/{}/{JOB}", lab.job_namespace);
    let patch = json!({ "automountServiceAccountToken": false, "metadata": { "labels": { "app.kubernetes.io/name": null, "x": "y" } } });
    lab.edit("v1", "ServiceAccount", &lab.job_namespace, JOB, &patch);
    repairs(&lab, &[], &object, &["metadata.labels.app.kubernetes.io/name", "automountServiceAccountToken"]);
}

#[test]
fn what_was_deleted_is_made_again() {
    let lab = Lab::new("drift-gone");
    let _ = lab.apply();
    assert!(lab.world.delete(RBAC, "RoleBinding", &lab.job_namespace, JOB));
    assert!(lab.world.delete("v1", "ServiceAccount", &lab.job_namespace, JOB));
    let outcome = lab.run(&["apply", "--yes", "-o", "json"]).exits(0);
    let place = format!("{}/{JOB}", lab.job_namespace);
    assert_eq!(
        outcome.changed(),
        [format!("create kubernetes:ServiceAccount/{place}"), format!("create kubernetes:RoleBinding/{place}")]
    );
    lab.proves_itself();
    lab.has_nothing_to_do(&[]);
}

#[test]
fn a_changed_configuration_restarts_the_agent_and_nothing_else_does() {
    let lab = Lab::new("restart");
    let _ = lab.apply();
    let before = pods(&lab);
    let _ = lab.run(&["apply", "--yes", "--description=other"]).exits(0);
    assert_eq!(pods(&lab)[0]["metadata"]["uid"], before[0]["metadata"]["uid"]);
    let outcome = lab.run(&["apply", "--yes", "-o", "json", "--log-level=debug"]).exits(0);
    let fields = outcome.fields(&format!("Deployment/{}/{AGENT}", lab.runner_namespace));
    assert_eq!(fields, ["spec.template.metadata.annotations.runner-setup/config-checksum"]);
    let after = pods(&lab);
    assert_eq!(after.len(), 1);
    assert_ne!(after[0]["metadata"]["uid"], before[0]["metadata"]["uid"]);
    lab.proves_itself();
}

#[test]
fn a_variable_that_is_no_longer_told_disappears() {
    let lab = Lab::new("forget-env");
    let _ = lab.run(&["apply", "--yes", "--agent-env=A=1", "--agent-env=B=2"]).exits(0);
    let object = format!("Deployment/{}/{AGENT}", lab.runner_namespace);
    let path = format!("spec.template.spec.containers[{AGENT}].env[A]");
    let paths = [format!("{path}.name"), format!("{path}.value")];
    repairs(&lab, &["--agent-env=B=2"], &object, &[&paths[0], &paths[1]]);
    let names: Vec<_> = lab.container()["env"].as_array().unwrap().iter().map(|it| it["name"].clone()).collect();
    assert_eq!(names, ["PRIVATE_KEY", "REMOTE_URL", "B"]);
}

#[test]
fn chart_values_that_are_no_longer_told_disappear() {
    let lab = Lab::new("forget-file");
    let file = "apiVersion: runner-setup/v1
agent:
  nodeSelector: { kubernetes.io/os: linux }
  tolerations: [ { key: a, operator: Exists } ]
  podLabels: { team: a }
  volumes: [ { name: scratch, emptyDir: {} } ]
  volumeMounts: [ { name: scratch, mountPath: /tmp } ]
  extraEnv: [ { name: POD, valueFrom: { fieldRef: { fieldPath: metadata.name } } } ]
";
    lab.file("runner-setup.yaml", file);
    let _ = lab.run(&["apply", "--yes"]).exits(0);
    lab.file("runner-setup.yaml", "apiVersion: runner-setup/v1\n");
    let _ = lab.run(&["apply", "--yes"]).exits(0);
    let template = lab.deployment()["spec"]["template"].clone();
    for field in ["nodeSelector", "tolerations", "volumes"] {
        assert_eq!(template["spec"].get(field), None, "{field}");
    }
    assert_eq!(template["metadata"]["labels"].get("team"), None);
    assert_eq!(lab.container().get("volumeMounts"), None);
    assert_eq!(lab.container()["env"].as_array().unwrap().len(), 2);
    lab.has_nothing_to_do(&[]);
}

#[test]
fn an_image_that_somebody_else_put_there_is_shown_and_taken_back() {
    let lab = Lab::new("image");
    let _ = lab.apply();
    let container = json!({ "name": AGENT, "image": "elsewhere.example/x:v9" });
    let patch = json!({ "spec": { "template": { "spec": { "containers": [container] } } } });
    let target = format!("{AGENT}?fieldManager=kubectl-set");
    lab.world.merge("apps/v1", "Deployment", &lab.runner_namespace, &target, &patch);
    let outcome = lab.run(&["plan", "-o", "json"]).exits(0);
    let fields = outcome.change(&format!("Deployment/{}/{AGENT}", lab.runner_namespace))["fields"].to_string();
    assert!(fields.contains("elsewhere.example/x:v9") && fields.contains(".image"), "{outcome}");
    let _ = lab.run(&["apply", "--yes"]).exits(0);
    assert!(lab.container()["image"].as_str().unwrap().starts_with("ghcr.io/humanitec/humanitec-runner:"));
}
