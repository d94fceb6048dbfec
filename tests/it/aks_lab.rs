//! The thin path on AKS: identity, credential, annotation, label, runner; a second run changes nothing, and all of it goes.

use serde_json::{Value, json};
use world::azure::Azure;

use crate::support::{AksLab, ENTRA_AUDIENCE, FEDERATED_CREDENTIAL, GROUP, JOB, MANAGED_IDENTITY};

const APPLY: [&str; 4] = ["apply", "--yes", "-o", "json"];

/// Makes a pod as the Orchestrator does of the registered template; returns its containers' variables by name.
fn job_pod(lab: &AksLab) -> Value {
    let runner = lab.registered();
    let template = runner["runner_configuration"]["job"]["pod_template"].clone();
    assert_eq!(template["metadata"]["labels"]["azure.workload.identity/use"], json!("true"), "{runner}");
    let mut pod = json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": { "name": "job", "namespace": lab.job_namespace, "labels": template["metadata"]["labels"] },
        "spec": {
            "serviceAccountName": JOB,
            "containers": [{ "name": "runner", "image": "registry.example/runner:1" }],
        },
    });
    if let Some(env) = template["spec"]["containers"][0]["env"].as_array() {
        pod["spec"]["containers"][0]["env"] = json!(env);
    }
    lab.world.create_as("orchestrator", &pod).unwrap();
    let made = lab.get("v1", "Pod", &lab.job_namespace, "job").unwrap();
    let env = made["spec"]["containers"][0]["env"].as_array().cloned().unwrap_or_default();
    env.iter().map(|it| (it["name"].as_str().unwrap_or_default().to_owned(), it["value"].clone())).collect()
}

#[test]
fn a_runner_is_set_up_with_its_identity_and_a_second_run_changes_nothing() {
    let lab = AksLab::new("aks-lab");
    let first = lab.run(&APPLY).exits(0);
    let document = first.json();
    let id = format!("{}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{MANAGED_IDENTITY}", {
        lab.subscription.group_scope(GROUP)
    });
    assert_eq!(document["azure"]["identity"], json!(id), "{first}");
    for claim in ["token-exchanged", "agent-running", "key-registered"] {
        assert_eq!(first.claimed(claim).0, "pass", "{claim}: {first}");
    }
    assert_eq!(lab.trusted(), [lab.trust(FEDERATED_CREDENTIAL)]);
    let client = lab.identity()["properties"]["clientId"].clone();
    let account = lab.get("v1", "ServiceAccount", &lab.job_namespace, JOB).unwrap();
    assert_eq!(account["metadata"]["annotations"]["azure.workload.identity/client-id"], client);
    lab.proves_itself();
    let env = job_pod(&lab);
    assert_eq!(env["AZURE_CLIENT_ID"], client);
    assert!(env["AZURE_FEDERATED_TOKEN_FILE"].is_string(), "{env}");

    let mark = lab.subscription.mark();
    let second = lab.run(&APPLY).exits(0);
    assert_eq!(second.json()["outcome"], "nothing-to-do", "{second}");
    assert_eq!(lab.azure_writes_since(mark), Vec::<String>::new());
    lab.keeps_to_the_models();
    assert_eq!(Azure::shared().stray_violations(), Vec::<String>::new());
}

#[test]
fn everything_that_was_made_goes_and_a_second_run_finds_nothing() {
    let lab = AksLab::new("aks-destroy");
    let _ = lab.is_set_up(&[]);
    let destroy = ["destroy", "--yes", "-o", "json"];
    let gone = lab.run(&destroy).exits(0);
    assert_eq!(gone.json()["outcome"], "done", "{gone}");
    assert_eq!(lab.subscription.identities(), Vec::<Value>::new());
    let mark = lab.subscription.mark();
    let again = lab.run(&destroy).exits(0);
    assert_eq!(again.json()["outcome"], "nothing-to-do", "{again}");
    assert_eq!(lab.azure_writes_since(mark), Vec::<String>::new());
    lab.keeps_to_the_models();
    // The same name again: another client id, and everything follows it.
    let outcome = lab.is_set_up(&[]);
    assert_eq!(outcome.claimed("token-exchanged").0, "pass", "{outcome}");
}

#[test]
fn a_cluster_is_reached_without_any_kubeconfig() {
    let lab = AksLab::without_kubeconfig("aks-nokube");
    let args = [&APPLY[..], &["--provider", "aks", "--cluster-name", "prod"]].concat();
    let outcome = lab.run(&[&args[..], &["--resource-group", GROUP]].concat()).exits(0);
    assert_eq!(outcome.json()["outcome"], "done", "{outcome}");
    lab.proves_itself();
    // ARM is asked where it is.
    let again = lab.run(&args).exits(0);
    assert_eq!(again.json()["outcome"], "nothing-to-do", "{again}");
    lab.keeps_to_the_models();
}

#[test]
fn a_cluster_that_takes_only_entra_s_tokens_is_reached_too() {
    let mut lab = AksLab::without_kubeconfig("aks-entra");
    let group = lab.subscription.directory_group("admins", &[&lab.owner]);
    lab.cluster.uses_entra(&[&group], false, false);
    let resource_group = GROUP.to_owned();
    lab.set("CLUSTER_NAME", "prod").set("AZURE_RESOURCE_GROUP", resource_group);
    let outcome = lab.run(&APPLY).exits(0);
    assert_eq!(outcome.claimed("token-exchanged").0, "pass", "{outcome}");
    assert_eq!(outcome.json()["runner"]["provider"], "aks");
    lab.keeps_to_the_models();
}

#[test]
fn roles_and_variables_of_azurerm_are_there_when_asked_for() {
    let lab = AksLab::new("aks-roles");
    let scope = lab.subscription.scope();
    let args = ["--assign-role=Contributor", &format!("--assign-role=Reader@{scope}"), "--azurerm-env"];
    let outcome = lab.is_set_up(&args);
    let principal = lab.identity()["properties"]["principalId"].as_str().unwrap().to_owned();
    let mut roles = lab.subscription.roles_of(&principal);
    roles.sort();
    let group = lab.subscription.group_scope(GROUP);
    assert_eq!(roles, [("Contributor".to_owned(), group), ("Reader".to_owned(), scope)], "{outcome}");
    let env = job_pod(&lab);
    assert_eq!(env["ARM_USE_AKS_WORKLOAD_IDENTITY"], "true");
    assert_eq!(env["ARM_SUBSCRIPTION_ID"], json!(lab.subscription.id()));
    assert_eq!(env["ARM_TENANT_ID"], json!(lab.subscription.tenant()));
    let mark = lab.subscription.mark();
    assert_eq!(lab.is_set_up(&args).json()["outcome"], "nothing-to-do");
    assert_eq!(lab.azure_writes_since(mark), Vec::<String>::new());
    let gone = lab.run(&[&["destroy", "--yes", "-o", "json"], &args[..2]].concat()).exits(0);
    assert_eq!(lab.subscription.roles_of(&principal), [], "{gone}");
    lab.keeps_to_the_models();
}

#[test]
fn an_identity_that_somebody_brings_is_used_and_stays() {
    let lab = AksLab::new("aks-own");
    let own = lab.subscription.create_identity("other", "theirs");
    let id = own["id"].as_str().unwrap();
    let outcome = lab.is_set_up(&[&format!("--managed-identity={id}")]);
    assert_eq!(outcome.claimed("token-exchanged").0, "pass", "{outcome}");
    let there = lab.subscription.federations("other", "theirs");
    assert_eq!(there[0]["properties"]["audiences"], json!([ENTRA_AUDIENCE]));
    let _ = lab.run(&["destroy", "--yes", "-o", "json", &format!("--managed-identity={id}")]).exits(0);
    assert!(lab.subscription.identity("other", "theirs").is_some());
    lab.keeps_to_the_models();
}
