//! `destroy`: the circle closes, a second run is empty, and nothing goes that somebody else made.

use crate::support::{AGENT, JOB, Lab};

const RBAC: &str = "rbac.authorization.k8s.io/v1";

/// Everything of ours that is still there.
#[track_caller]
fn left(lab: &Lab) -> Vec<String> {
    let (agents, jobs) = (lab.runner_namespace.as_str(), lab.job_namespace.as_str());
    let all = [
        ("apps/v1", "Deployment", agents, AGENT),
        ("v1", "ConfigMap", agents, AGENT),
        ("v1", "Secret", agents, AGENT),
        ("v1", "ServiceAccount", agents, AGENT),
        ("v1", "ServiceAccount", jobs, JOB),
        (RBAC, "Role", jobs, AGENT),
        (RBAC, "Role", jobs, JOB),
        (RBAC, "RoleBinding", jobs, AGENT),
        (RBAC, "RoleBinding", jobs, JOB),
    ];
    let there =
        |(version, kind, namespace, name): &(&str, &str, &str, &str)| lab.get(version, kind, namespace, name).is_some();
    let mut left: Vec<_> = all.into_iter().filter(there).map(|it| format!("{}/{}/{}", it.1, it.2, it.3)).collect();
    left.extend(lab.orchestrator.runner_ids());
    left.extend(lab.orchestrator.rules().iter().map(|_| "a rule".to_owned()));
    left
}

#[test]
fn what_apply_made_is_taken_back_on_both_sides_and_namespaces_stay() {
    let lab = Lab::new("circle");
    let _ = lab.run(&["apply", "--yes", "--rule=any"]).exits(0);
    assert_eq!(left(&lab).len(), 11);
    let outcome = lab.run(&["destroy", "--yes", "-o", "json"]).exits(0);
    assert_eq!(outcome.json()["outcome"], "done", "{outcome}");
    assert_eq!(outcome.json()["command"], "destroy");
    assert_eq!(outcome.changed().len(), 11, "{outcome}");
    assert!(outcome.changed().iter().all(|it| it.starts_with("delete ")), "{outcome}");
    let namespace = outcome.change(&format!("Namespace/{}", lab.job_namespace));
    assert_eq!(namespace["action"], "unchanged");
    assert_eq!(namespace["why"], "kept: goes with `--delete-namespaces` only");
    assert_eq!(left(&lab), Vec::<String>::new());
    assert!(lab.get("v1", "Namespace", "", &lab.job_namespace).is_some());
    let again = lab.run(&["destroy", "--yes", "-o", "json"]).exits(0);
    assert_eq!(again.json()["outcome"], "nothing-to-do", "{again}");
    assert_eq!(again.changed(), Vec::<String>::new());
    assert_eq!(lab.orchestrator.violations(), Vec::<String>::new());
}
