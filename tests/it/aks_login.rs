//! Getting in to a cluster on AKS without az and kubelogin, and what is said to whom nobody lets in.

use crate::support::{AksLab, GROUP};

#[test]
fn a_plugin_that_is_not_there_is_done_without() {
    let mut lab = AksLab::without_kubeconfig("aks-noplugin");
    let group = lab.subscription.directory_group("admins", &[&lab.owner]);
    lab.cluster.uses_entra(&[&group], false, false);
    lab.use_kubelogin("prod", "/usr/local/bin/kubelogin");
    // The context says that it is AKS and how the cluster is called, az which subscription it is, ARM where it is.
    lab.unset("AZURE_SUBSCRIPTION_ID");
    let outcome = lab.is_set_up(&[]).says("logged in with the Azure credentials instead");
    assert_eq!(outcome.claimed("token-exchanged").0, "pass", "{outcome}");
    assert_eq!(outcome.json()["azure"]["resourceGroup"], GROUP);
    lab.keeps_to_the_models();
}

#[test]
fn who_is_in_no_group_of_the_cluster_is_told_how_to_get_in() {
    let mut lab = AksLab::without_kubeconfig("aks-outsider");
    lab.cluster.uses_entra(&[], true, false);
    lab.set("CLUSTER_NAME", "prod").set("AZURE_RESOURCE_GROUP", GROUP);
    let outcome = lab.writes_nothing(4, &[]).explains("who may see nothing of the runner there");
    let _ = outcome.explains("Azure Kubernetes Service RBAC Cluster Admin").explains(lab.cluster.name());
    lab.subscription.grant(&lab.owner, "Azure Kubernetes Service RBAC Cluster Admin", &lab.cluster.id());
    // The API server remembers for some seconds who the holder of a token is.
    lab.owner.expire_tokens();
    let _ = lab.is_set_up(&[]);
}

#[test]
fn the_lines_name_az_kubectl_and_kubelogin() {
    let mut lab = AksLab::without_kubeconfig("aks-lines");
    let group = lab.subscription.directory_group("admins", &[&lab.owner]);
    lab.cluster.uses_entra(&[&group], false, false);
    lab.set("CLUSTER_NAME", "prod").set("AZURE_RESOURCE_GROUP", GROUP);
    let document = lab.run(&["plan", "--show-commands", "--assign-role=Reader", "-o", "json"]).exits(0).json();
    let lines: Vec<_> = document["next"].as_array().unwrap().iter().map(|line| line.as_str().unwrap()).collect();
    let at = |words: &str| {
        let found = lines.iter().position(|line| line.starts_with(words));
        found.unwrap_or_else(|| panic!("no {words}: {lines:#?}"))
    };
    assert!(at("az identity create --name") < at("az identity federated-credential create --name"));
    assert!(at("az aks get-credentials --name prod") < at("kubelogin convert-kubeconfig --login azurecli"));
    assert!(at("kubelogin convert-kubeconfig") < at("kubectl "));
    let annotate = lines[at("kubectl annotate serviceaccount")];
    assert!(annotate.contains("azure.workload.identity/client-id=\"$(az identity show --name"), "{annotate}");
    assert!(lines[at("az role assignment create")].contains("--assignee-principal-type ServicePrincipal"));
}
