//! The thin path on EKS: provider, role, annotation, runner; a second run changes nothing.

use serde_json::json;

use crate::support::EksLab;

#[test]
fn a_runner_is_set_up_with_its_identity_and_a_second_run_changes_nothing() {
    let lab = EksLab::new("eks-lab");
    let first = lab.run(&["apply", "--yes", "-o", "json"]).exits(0);
    let document = first.json();
    let role =
        format!("arn:aws:iam::{}:role/humanitec-kubernetes-agent-runner-{}", lab.account.id(), lab.cluster.name());
    assert_eq!(document["aws"]["role"], json!(role));
    let exchanged =
        document["verified"].as_array().unwrap().iter().find(|it| it["claim"] == "token-exchanged").unwrap();
    assert_eq!(exchanged["outcome"], "pass", "{first}");
    assert!(exchanged["observed"].as_str().unwrap().contains(":assumed-role/humanitec-kubernetes-agent-runner-"));
    lab.proves_itself();

    let before = lab.account.requests().len();
    let second = lab.run(&["apply", "--yes", "-o", "json"]).exits(0);
    assert_eq!(second.json()["outcome"], "nothing-to-do");
    let requests = lab.account.requests();
    let sent: Vec<_> = requests[before..].iter().map(|request| request.action.as_str()).collect();
    let mut reads: Vec<_> = sent.iter().filter(|action| **action != "AssumeRoleWithWebIdentity").copied().collect();
    reads.sort_unstable();
    assert_eq!(reads, ["DescribeCluster", "GetCallerIdentity", "GetOpenIDConnectProvider", "GetRole"]);
}

#[test]
fn a_cluster_is_reached_without_any_kubeconfig() {
    let lab = EksLab::without_kubeconfig("eks-nokube");
    let name = lab.cluster.name().to_owned();
    let outcome = lab.run(&["apply", "--yes", "--provider", "eks", "--cluster-name", &name, "-o", "json"]).exits(0);
    assert_eq!(outcome.json()["outcome"], "done", "{outcome}");
    lab.proves_itself();
}

#[test]
fn pod_identity_is_set_up_and_a_second_run_changes_nothing() {
    let lab = EksLab::new("eks-pod");
    let args = ["apply", "--yes", "--identity", "pod-identity", "--install-addon", "-o", "json"];
    let document = lab.run(&args).exits(0).json();
    let verified = document["verified"].as_array().unwrap();
    assert!(verified.iter().any(|it| it["claim"] == "pod-identity-associated" && it["outcome"] == "pass"));
    assert_eq!(lab.run(&args).exits(0).json()["outcome"], "nothing-to-do");
}
