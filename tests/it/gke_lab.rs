//! The thin path on GKE: account, grant, annotation, runner; a second run changes nothing.

use serde_json::json;

use crate::support::{GkeLab, LOCATION};

#[test]
fn a_runner_is_set_up_with_its_identity_and_a_second_run_changes_nothing() {
    let lab = GkeLab::new("gke-lab");
    let first = lab.run(&["apply", "--yes", "-o", "json"]).exits(0);
    let document = first.json();
    assert_eq!(document["gcp"]["identity"], json!(lab.account()), "{first}");
    let outcomes: Vec<_> = document["verified"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| (it["claim"].clone(), it["outcome"].clone()))
        .collect();
    for claim in ["workload-identity-bound", "token-exchanged", "agent-running", "key-registered"] {
        assert!(outcomes.contains(&(json!(claim), json!("pass"))), "{claim}: {first}");
    }
    assert_eq!(lab.project.account_members(&lab.account(), "roles/iam.workloadIdentityUser"), [lab.member()]);
    lab.proves_itself();

    let mark = lab.project.mark();
    let second = lab.run(&["apply", "--yes", "-o", "json"]).exits(0);
    assert_eq!(second.json()["outcome"], "nothing-to-do", "{second}");
    let requests = lab.project.requests_since(mark);
    assert!(requests.iter().all(|request| !request.writes), "{requests:?}");
    assert_eq!(lab.project.violations(), Vec::<String>::new());
}

#[test]
fn a_cluster_is_reached_without_any_kubeconfig() {
    let lab = GkeLab::without_kubeconfig("gke-nokube");
    let name = lab.cluster.name().to_owned();
    let project = lab.project.id().to_owned();
    let args =
        ["apply", "--yes", "--provider", "gke", "--cluster-name", &name, "--gcp-project", &project, "-o", "json"];
    let outcome = lab.run(&[&args[..], &["--location", LOCATION]].concat()).exits(0);
    assert_eq!(outcome.json()["outcome"], "done", "{outcome}");
    lab.proves_itself();
    // GKE is asked where it is.
    let again = lab.run(&args).exits(0);
    assert_eq!(again.json()["outcome"], "nothing-to-do", "{again}");
}

#[test]
fn jobs_get_roles_without_a_google_account() {
    let lab = GkeLab::new("gke-federation");
    let args = ["apply", "--yes", "--identity", "federation", "--grant-role", "roles/viewer", "-o", "json"];
    let document = lab.run(&args).exits(0).json();
    let principal = lab.cluster.principal(&lab.job_namespace, "humanitec-kubernetes-agent-runner-job");
    assert_eq!(document["gcp"]["identity"], json!(principal));
    assert_eq!(lab.project.members("roles/viewer"), [principal]);
    assert_eq!(lab.project.accounts().len(), 0);
    assert_eq!(lab.run(&args).exits(0).json()["outcome"], "nothing-to-do");
}
