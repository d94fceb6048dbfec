//! Bad input on AKS: one clear sentence, a command that helps, the right exit code, and nothing half-written.

use crate::support::{AksLab, ENTRA_AUDIENCE, GROUP, MANAGED_IDENTITY};

#[test]
fn an_issuer_or_workload_identity_that_is_off_is_refused_with_the_line_that_turns_it_on() {
    let lab = AksLab::new("aks-off");
    lab.cluster.oidc_issuer(false);
    let outcome = lab.writes_nothing(4, &[]).explains("the OIDC issuer is off").explains("az aks update --name prod");
    let _ = outcome.explains("--enable-oidc-issuer --enable-workload-identity");
    lab.cluster.workload_identity(false);
    let _ = lab.writes_nothing(4, &[]).explains("the OIDC issuer and workload identity are off");
    // The whole cluster would have to be written, and is not.
    let _ = lab.writes_nothing(4, &["--enable-workload-identity"]).explains("does not do it yet");
    lab.cluster.oidc_issuer(true);
    let _ = lab.writes_nothing(4, &[]).explains("workload identity is off");
    lab.cluster.workload_identity(true);
    let outcome = lab.is_set_up(&[]);
    assert_eq!(outcome.claimed("token-exchanged").0, "pass", "{outcome}");
    assert_eq!(lab.trusted(), [lab.trust(crate::support::FEDERATED_CREDENTIAL)]);
    lab.keeps_to_the_models();
}

#[test]
fn a_stopped_cluster_is_named_with_how_to_start_it() {
    let lab = AksLab::new("aks-stopped");
    lab.cluster.stop();
    let _ = lab.writes_nothing(4, &[]).explains("the cluster is Stopped").explains("az aks start --name prod");
}

#[test]
fn the_twenty_first_credential_is_refused_beforehand() {
    let lab = AksLab::new("aks-21st");
    lab.subscription.create_identity(GROUP, MANAGED_IDENTITY);
    for number in 0..20 {
        let subject = format!("system:serviceaccount:others:account-{number}");
        let (name, issuer) = (format!("other-{number}"), lab.cluster.issuer());
        lab.subscription.federate(GROUP, MANAGED_IDENTITY, &name, &issuer, &subject, ENTRA_AUDIENCE);
    }
    let outcome = lab.writes_nothing(4, &[]).explains("has 20 federated credentials, and can't have more");
    let _ = outcome.explains("az identity federated-credential list").explains("--managed-identity");
}

#[test]
fn a_cluster_that_is_elsewhere_is_named_with_where_it_is() {
    let mut lab = AksLab::without_kubeconfig("aks-wrong-group");
    lab.subscription.resource_group("empty");
    lab.set("CLUSTER_NAME", "prod").set("AZURE_RESOURCE_GROUP", "empty");
    let _ = lab.writes_nothing(2, &[]).explains("did you mean --resource-group platform?");
    lab.set("AZURE_RESOURCE_GROUP", "nowhere");
    let _ = lab.writes_nothing(2, &[]).explains("nowhere");
    lab.set("CLUSTER_NAME", "prdo").set("AZURE_RESOURCE_GROUP", GROUP);
    let _ = lab.writes_nothing(2, &[]).explains("did you mean --cluster-name prod --resource-group platform?");
}

#[test]
fn missing_rights_are_named_all_together_and_the_printed_role_is_enough() {
    let mut lab = AksLab::new("aks-noright");
    let reads = ["*/read", "Microsoft.ContainerService/managedClusters/listClusterUserCredential/action"];
    let poor = lab.subscription.user_with_actions("sam@world.example", &reads);
    lab.act_as(&poor);
    let outcome = lab.writes_nothing(4, &["--assign-role=Reader"]);
    for action in [
        "Microsoft.ManagedIdentity/userAssignedIdentities/write",
        "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/write",
        "Microsoft.Authorization/roleAssignments/write",
    ] {
        assert!(outcome.stdout.contains(action), "{action}\n{outcome}");
    }
    let _ = outcome.explains("runner-setup permissions --for azure");
    let printed =
        lab.run(&["permissions", "--for=azure", "--destroy", "--assign-role=Reader", "-o", "json"]).exits(0).json();
    let part = &printed["parts"][0];
    assert_eq!(part["format"], "azure-role-definition");
    let actions: Vec<_> = part["document"]["Actions"].as_array().unwrap().iter().filter_map(|it| it.as_str()).collect();
    let enough = lab.subscription.user_with_actions("kim@world.example", &actions);
    lab.act_as(&enough);
    let _ = lab.is_set_up(&["--assign-role=Reader"]);
    let _ = lab.run(&["destroy", "--yes", "-o", "json"]).exits(0);
    lab.keeps_to_the_models();
}

#[test]
fn a_role_that_is_not_there_or_is_ambiguous_is_said() {
    let lab = AksLab::new("aks-norole");
    let _ = lab.writes_nothing(2, &["--assign-role=Contributer"]).explains("no role `Contributer`");
    for _ in 0..2 {
        lab.subscription.role("Twice", &["*/read"], &[]);
    }
    let _ = lab.writes_nothing(2, &["--assign-role=Twice"]).explains("Twice").explains("--assign-role");
}

#[test]
fn flags_of_another_cloud_are_refused() {
    let lab = AksLab::new("aks-flags");
    for flag in ["--gcp-project=my-project", "--grant-role=roles/viewer", "--role-name=x"] {
        let outcome = lab.run(&["plan", flag, "-o", "json"]).exits(2);
        let _ = outcome.explains(flag.split('=').next().unwrap()).explains("the provider is `aks`");
    }
    assert_eq!(lab.subscription.requests().len(), 0);
}
