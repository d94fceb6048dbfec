//! Which cluster of AKS a run works on: from the context, variables, flags and Azure itself.

use serde_json::json;

use crate::support::{AksLab, GROUP, Outcome};

/// `plan` for this lab's cluster in AKS.
#[track_caller]
fn finds(lab: &AksLab, args: &[&str]) -> Outcome {
    let outcome = lab.run(&[&["plan", "-o", "json"], args].concat()).exits(0);
    let document = outcome.json();
    let cluster = document["azure"]["cluster"].as_str().unwrap_or_default();
    assert!(cluster.eq_ignore_ascii_case(&lab.cluster.id()), "{outcome}");
    assert_eq!(document["runner"]["provider"], "aks", "{outcome}");
    outcome
}

/// A setting's value.
#[track_caller]
fn shown(lab: &AksLab, id: &str) -> String {
    let document = lab.run(&["config", "show", "-o", "json"]).exits(0).json();
    let rows = document["settings"].as_array().unwrap();
    let row = rows.iter().find(|row| row["id"] == id).unwrap_or_else(|| panic!("no setting {id}"));
    row["value"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn without_a_context_name_and_group_mean_aks() {
    let mut lab = AksLab::without_kubeconfig("aks-variables");
    lab.set("CLUSTER_NAME", "prod").set("AZURE_RESOURCE_GROUP", GROUP).set("AWS_REGION", "eu-central-1");
    let _ = finds(&lab, &[]);
    // The subscription is az's, and the group is found by the cluster's name.
    lab.unset("AZURE_RESOURCE_GROUP").unset("AZURE_SUBSCRIPTION_ID");
    let _ = finds(&lab, &["--provider=aks"]);
    assert_eq!(lab.subscription.writes().len(), 0);
}

#[test]
fn the_nodes_tell_a_cluster_whose_context_says_nothing() {
    let mut lab = AksLab::without_kubeconfig("aks-nodes");
    let kubeconfig = lab.world.kubeconfig_admin_as("some-name");
    lab.set("KUBECONFIG", kubeconfig.display().to_string());
    lab.set("CLUSTER_NAME", "prod").set("AZURE_RESOURCE_GROUP", GROUP);
    let _ = finds(&lab, &[]).says("The cluster is on AKS, as the nodes' provider ids say.");
    let _ = lab.run(&["plan", "--provider=generic"]).exits(0);
}

#[test]
fn a_context_s_server_tells_the_cloud() {
    let mut lab = AksLab::without_kubeconfig("aks-server");
    let kubeconfig = json!({
        "apiVersion": "v1", "kind": "Config", "current-context": "mine",
        "clusters": [{ "name": "prod", "cluster": { "server": "https://p-1.hcp.westeurope.azmk8s.io:443" } }],
        "users": [{ "name": "me", "user": { "token": "x" } }],
        "contexts": [{ "name": "mine", "context": { "cluster": "prod", "user": "me" } }],
    });
    let file = lab.file("kubeconfig", &kubeconfig.to_string());
    lab.set("KUBECONFIG", file.display().to_string());
    for (id, value) in [("provider", "aks"), ("cluster-name", "prod"), ("azure-cloud", "AzureCloud")] {
        assert_eq!(shown(&lab, id), value, "{id}");
    }
    assert_eq!(shown(&lab, "subscription"), lab.subscription.id());
}
