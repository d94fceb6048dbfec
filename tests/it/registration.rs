//! The runner's registration: compared field by field, changed only where it differs, refused when it is another's.

use serde_json::{Value, json};
use world::orchestrator::Setup;

use crate::support::{Lab, Outcome};

/// A lab of somebody who has an Orchestrator login, a public key, and no cluster.
fn registrar(name: &str) -> Lab {
    let mut lab = Lab::with(name, Setup::demo());
    lab.unset("KUBECONFIG");
    let _ = lab.run(&["keygen"]).exits(0);
    lab
}

fn register(lab: &Lab, flags: &[&str]) -> Outcome {
    lab.run(&[&["register", "--yes", "--public-key-file=runner_public_key.pem", "-o", "json"], flags].concat())
}

/// The bodies of all requests of a method.
fn bodies(lab: &Lab, method: &str) -> Vec<Value> {
    lab.orchestrator.requests().into_iter().filter(|request| request.method == method).map(|it| it.body).collect()
}

#[track_caller]
fn nothing_was_violated(lab: &Lab) {
    assert_eq!(lab.orchestrator.violations(), Vec::<String>::new());
}

#[test]
fn only_what_differs_is_patched_and_a_third_run_patches_nothing() {
    let lab = registrar("patch");
    let _ = register(&lab, &[]).exits(0);
    let outcome = register(&lab, &["--description=second"]).exits(0);
    let change = outcome.change(&lab.runner);
    assert_eq!(change["action"], "update");
    assert_eq!(
        change["fields"],
        json!([{ "path": "description", "from": "Set up by runner-setup", "to": "second" }]),
        "{outcome}"
    );
    assert_eq!(bodies(&lab, "PATCH"), [json!({ "description": "second" })]);
    lab.orchestrator.forget_requests();
    assert_eq!(register(&lab, &[]).exits(0).json()["outcome"], "nothing-to-do", "a description not told is kept");
    assert!(bodies(&lab, "PATCH").is_empty());
    nothing_was_violated(&lab);
}

#[test]
fn a_changed_job_is_sent_whole_with_the_fields_of_others_in_it() {
    let lab = registrar("job");
    let _ = register(&lab, &[]).exits(0);
    lab.orchestrator.change_runner(&lab.runner, |runner| {
        let template = &mut runner["runner_configuration"]["job"]["pod_template"];
        template["metadata"]["labels"]["team"] = json!("blue");
        template["spec"] = json!({ "nodeSelector": { "pool": "jobs" } });
    });
    assert_eq!(register(&lab, &[]).exits(0).json()["outcome"], "nothing-to-do", "what others added is left alone");
    let outcome = register(&lab, &["--job-service-account=another"]).exits(0);
    let paths: Vec<_> =
        outcome.change(&lab.runner)["fields"].as_array().unwrap().iter().map(|f| f["path"].clone()).collect();
    assert_eq!(paths, ["runner_configuration.job.service_account"]);
    let job = &lab.registered()["runner_configuration"]["job"];
    assert_eq!(job["service_account"], "another");
    assert_eq!(job["pod_template"]["metadata"]["labels"]["team"], "blue");
    assert_eq!(job["pod_template"]["metadata"]["labels"]["app.kubernetes.io/name"], "humanitec-runner");
    assert_eq!(job["pod_template"]["spec"]["nodeSelector"]["pool"], "jobs");
    nothing_was_violated(&lab);
}

#[test]
fn a_runner_with_another_key_is_refused_with_both_ids() {
    let lab = registrar("otherkey");
    let _ = register(&lab, &[]).exits(0);
    let first = lab.run(&["keygen", "--check", "-o", "json"]).exits(0).json()["keyId"].clone();
    let second = lab.run(&["keygen", "--force", "-o", "json"]).exits(0).json()["keyId"].clone();
    let outcome = register(&lab, &[]).exits(4).says(first.as_str().unwrap()).says(second.as_str().unwrap());
    assert_eq!(outcome.json()["outcome"], "refused");
    assert!(bodies(&lab, "PATCH").is_empty());
    nothing_was_violated(&lab);
}

#[test]
fn a_runner_of_another_type_is_refused_with_both_types() {
    let lab = registrar("othertype");
    let configuration = json!({
        "type": "kubernetes-eks",
        "cluster": { "name": "c", "region": "eu-central-1", "auth": { "role_arn": "arn:aws:iam::123456789012:role/r" } },
        "job": { "namespace": "jobs", "service_account": "job" },
    });
    let storage = json!({ "type": "s3", "bucket": "my-bucket" });
    let body =
        json!({ "id": lab.runner, "runner_configuration": configuration, "state_storage_configuration": storage });
    lab.orchestrator.add_runner(&body);
    let _ = register(&lab, &[]).exits(4).says("`kubernetes-eks`").says("`kubernetes-agent`").says("--runner-id");
}

#[test]
fn a_runner_of_another_cluster_is_refused_with_both_uids() {
    let lab = Lab::new("othercluster");
    let _ = lab.run(&["apply", "--yes", "--no-wait"]).exits(0);
    let there = lab.registered();
    let annotations = &there["runner_configuration"]["job"]["pod_template"]["metadata"]["annotations"];
    let ours = annotations["runner-setup/cluster-uid"].as_str().unwrap().to_owned();
    lab.orchestrator.change_runner(&lab.runner, |runner| {
        runner["runner_configuration"]["job"]["pod_template"]["metadata"]["annotations"]["runner-setup/cluster-uid"] =
            json!("0000-another");
    });
    let _ = lab.run(&["plan"]).exits(4).says("0000-another").says(&ours);
    let _ = lab.run(&["apply", "--yes"]).exits(4);
}

#[test]
fn every_kind_of_state_storage_is_registered_as_told() {
    for (flags, expected) in [
        (&[][..], json!({ "type": "kubernetes", "namespace": "jobs" })),
        (&["--state-namespace=states"], json!({ "type": "kubernetes", "namespace": "states" })),
        (
            &["--state-storage=s3", "--state-bucket=my-bucket", "--state-path-prefix=a/b"],
            json!({ "type": "s3", "bucket": "my-bucket", "path_prefix": "a/b" }),
        ),
        (&["--state-storage=gcs", "--state-bucket=my-bucket"], json!({ "type": "gcs", "bucket": "my-bucket" })),
        (
            &[
                "--state-storage=azurerm",
                "--state-storage-account=account",
                "--state-container=states",
                "--state-resource-group=group",
            ],
            json!({
                "type": "azurerm", "storage_account_name": "account",
                "container_name": "states", "resource_group_name": "group",
            }),
        ),
    ] {
        let lab = registrar("state");
        let flags = [flags, &["--job-namespace=jobs"]].concat();
        let _ = register(&lab, &flags).exits(0);
        assert_eq!(lab.registered()["state_storage_configuration"], expected);
        assert_eq!(register(&lab, &flags).exits(0).json()["outcome"], "nothing-to-do");
        assert_eq!(register(&lab, &["--job-namespace=jobs"]).exits(0).json()["outcome"], "nothing-to-do", "it is kept");
        nothing_was_violated(&lab);
    }
}

#[test]
fn state_flags_of_another_kind_are_refused() {
    let lab = registrar("statewrong");
    let _ = register(&lab, &["--state-storage=s3"]).exits(3).says("`--state-bucket");
    let _ = register(&lab, &["--state-bucket=b"]).exits(3).says("`--state-storage TYPE`");
    let _ = register(&lab, &["--state-storage=kubernetes", "--state-bucket=b"]).exits(2).says("`--state-bucket`");
    let _ = register(&lab, &["--state-storage=s3", "--state-bucket=Bad_Name"]).exits(2).says("`--state-bucket`");
    assert!(bodies(&lab, "POST").is_empty());
}

#[test]
fn moving_the_state_is_warned_about() {
    let lab = registrar("moved");
    let _ = register(&lab, &[]).exits(0);
    let outcome = register(&lab, &["--state-storage=gcs", "--state-bucket=my-bucket"]).exits(0);
    let _ = outcome.says("keep their state in the old one");
    nothing_was_violated(&lab);
}

#[test]
fn a_pod_template_is_checked_before_the_first_request() {
    let lab = registrar("template");
    let container = |extra: &str| format!("spec: {{ containers: [{{ name: main, {extra} }}] }}\n");
    for (text, words) in [
        ("spec: { serviceAccountName: x }\n".to_owned(), "`spec.serviceAccountName` may not be set"),
        ("metadata: { namespace: x }\n".to_owned(), "`metadata.namespace`"),
        (container("env: [{ name: ORG_ID, value: x }]"), "`spec.containers[main].env[ORG_ID]` is reserved"),
        (container("imagePullpolicy: Always"), "did you mean `imagePullPolicy`?"),
        (container("env: [{ name: DEBUG, value: true }]"), "put quotes around it"),
        ("spec: { containers: [{ image: x }] }\n".to_owned(), "no name"),
        ("spec: [\n".to_owned(), "line"),
    ] {
        lab.file("template.yaml", &text);
        let outcome = register(&lab, &["--pod-template=template.yaml"]).exits(2).says(words);
        let _ = outcome.says("`--pod-template`");
    }
    lab.file(
        "runner-setup.yaml",
        "apiVersion: runner-setup/v1\nrunner: { job: { podTemplate: { spec: { hostNetwrk: true } } } }\n",
    );
    let _ = register(&lab, &[]).exits(2).says("`runner.job.podTemplate` in runner-setup.yaml").says("`hostNetwork`");
    assert!(lab.orchestrator.requests().is_empty());
}

#[test]
fn a_good_pod_template_arrives_with_the_tool_s_own_additions_merged_in() {
    let lab = registrar("goodtemplate");
    lab.file(
        "template.json",
        r#"{"metadata": {"labels": {"team": "blue"}}, "spec": {"containers": [
            {"name": "main", "env": [{"name": "A", "value": "1"}], "resources": {"limits": {"memory": "2Gi"}}},
            {"name": "sidecar", "image": "side"}]}}"#,
    );
    let flags = [
        "--pod-template=template.json",
        "--image-repository=r.example/own",
        "--image-tag=v9",
        "--image-pull-secret=regcred",
    ];
    let _ = register(&lab, &flags).exits(0).says("container `sidecar` runs beside the runner");
    let template = &lab.registered()["runner_configuration"]["job"]["pod_template"];
    assert_eq!(template["metadata"]["labels"]["team"], "blue");
    let main = &template["spec"]["containers"][0];
    assert_eq!((main["name"].as_str(), main["image"].as_str()), (Some("main"), Some("r.example/own:v9")));
    assert_eq!(main["env"], json!([{ "name": "A", "value": "1" }]));
    assert_eq!(main["resources"]["limits"]["memory"], "2Gi");
    assert_eq!(template["spec"]["imagePullSecrets"], json!([{ "name": "regcred" }]));
    assert_eq!(register(&lab, &flags).exits(0).json()["outcome"], "nothing-to-do");
    nothing_was_violated(&lab);
}
