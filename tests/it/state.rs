//! Where Terraform state is kept: the registered storage, and the rights that the jobs get for it.

use serde_json::json;

use crate::support::{JOB, Lab};

const RBAC: &str = "rbac.authorization.k8s.io/v1";

#[test]
fn state_in_a_namespace_of_its_own_gets_a_role_there_and_deployments_go_through() {
    let lab = Lab::new("state");
    let namespace = format!("{}-state", lab.job_namespace);
    let args = ["--state-namespace", namespace.as_str()];
    let outcome = lab.run(&[&["apply", "--yes", "-o", "json"], &args[..]].concat()).exits(0);
    assert_eq!(outcome.change(&format!("Namespace/{namespace}"))["action"], "create");
    let storage = lab.registered()["state_storage_configuration"].clone();
    assert_eq!(storage, json!({ "type": "kubernetes", "namespace": namespace }));
    assert!(lab.get(RBAC, "Role", &namespace, JOB).is_some());
    assert_eq!(lab.get(RBAC, "Role", &lab.job_namespace, JOB), None, "nothing to keep in the job namespace");
    lab.proves_itself();
    let secrets = lab.world.list("v1", "Secret", &namespace);
    assert!(secrets.iter().any(|secret| secret["metadata"]["labels"]["tfstate"] == "true"));
    lab.has_nothing_to_do(&args);
    // Whoever says nothing about the state keeps what is registered.
    lab.has_nothing_to_do(&[]);
}

#[test]
fn state_in_the_agents_namespace_is_no_third_namespace() {
    let lab = Lab::new("state-agent");
    let namespace = lab.runner_namespace.clone();
    let args = ["--state-namespace", namespace.as_str()];
    let outcome = lab.run(&[&["apply", "--yes", "-o", "json"], &args[..]].concat()).exits(0);
    assert_eq!(outcome.json()["changes"].as_array().unwrap().len(), 12, "{outcome}");
    lab.proves_itself();
    lab.has_nothing_to_do(&args);
}

#[test]
fn state_in_buckets_needs_no_role() {
    let cases = [
        (
            vec!["--state-storage=s3", "--state-bucket=my-state", "--state-path-prefix=a/b"],
            json!({ "type": "s3", "bucket": "my-state", "path_prefix": "a/b" }),
        ),
        (vec!["--state-storage=gcs", "--state-bucket=my-state"], json!({ "type": "gcs", "bucket": "my-state" })),
        (
            vec![
                "--state-storage=azurerm",
                "--state-storage-account=account",
                "--state-container=container",
                "--state-resource-group=group",
            ],
            json!({ "type": "azurerm", "storage_account_name": "account", "container_name": "container", "resource_group_name": "group" }),
        ),
    ];
    for (args, storage) in cases {
        let lab = Lab::new("bucket");
        let _ = lab.run(&[&["apply", "--yes"], &args[..]].concat()).exits(0);
        assert_eq!(lab.registered()["state_storage_configuration"], storage);
        assert_eq!(lab.get(RBAC, "Role", &lab.job_namespace, JOB), None);
        assert_eq!(lab.get(RBAC, "RoleBinding", &lab.job_namespace, JOB), None);
        assert!(lab.get("v1", "ServiceAccount", &lab.job_namespace, JOB).is_some());
        lab.proves_itself();
        lab.has_nothing_to_do(&args);
        lab.has_nothing_to_do(&[]);
    }
}

#[test]
fn moving_the_state_of_a_runner_in_use_is_warned_about() {
    let lab = Lab::new("move");
    let _ = lab.apply();
    let outcome = lab.run(&["plan", "--state-storage=s3", "--state-bucket=my-state"]).exits(0);
    let _ = outcome.says("environments that were deployed already keep their state in the old one");
}
