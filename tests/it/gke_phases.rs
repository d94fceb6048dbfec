//! The identity as a phase of its own on GKE, by people with and without access to the cluster; saved plans.

use serde_json::{Value, json};

use crate::support::{GkeLab, JOB};

/// What it takes in Google Cloud to set up the identity, and nothing in the cluster.
const RIGHTS: [&str; 8] = [
    "container.clusters.get",
    "container.clusters.list",
    "iam.serviceAccounts.create",
    "iam.serviceAccounts.get",
    "iam.serviceAccounts.getIamPolicy",
    "iam.serviceAccounts.setIamPolicy",
    "resourcemanager.projects.getIamPolicy",
    "serviceusage.services.get",
];

#[track_caller]
fn nothing_to_do(lab: &GkeLab, args: &[&str]) {
    let outcome = lab.run(&[args, &["--yes", "-o", "json"]].concat()).exits(0);
    assert_eq!(outcome.changed(), Vec::<String>::new(), "{args:?}\n{outcome}");
    assert_eq!(outcome.json()["outcome"], "nothing-to-do", "{args:?}\n{outcome}");
}

#[test]
fn an_administrator_of_the_project_without_access_goes_first_and_apply_finishes() {
    let mut lab = GkeLab::without_kubeconfig("gke-first");
    let (owner, ada) = (lab.owner.clone(), lab.project.user_with_permissions("ada@example.com", &RIGHTS));
    lab.name_cluster().become_only(&ada);
    let outcome = lab.identity(&[]).exits(0).says("runner-setup install");
    assert_eq!(outcome.claimed("workload-identity-bound").0, "pass", "{outcome}");
    assert_eq!(outcome.claimed("token-exchanged").0, "unknown", "{outcome}");
    assert_eq!(outcome.google().len(), 2, "{outcome}");
    assert_eq!(outcome.changed().len(), 2, "{outcome}");
    nothing_to_do(&lab, &["identity"]);
    // The others need access, and say so.
    let _ = lab.run(&["apply", "--yes"]).exits(4).says("roles/container.admin");

    lab.become_only(&owner);
    let mark = lab.project.mark();
    let applied = lab.run(&["apply", "--yes", "-o", "json"]).exits(0);
    assert_eq!(applied.claimed("token-exchanged").0, "pass", "{applied}");
    assert_eq!(lab.google_writes_since(mark), Vec::<String>::new());
    assert_eq!(lab.annotated(), Some(lab.account()));
    lab.proves_itself();
    for phase in ["identity", "install", "apply", "identity", "namespaces"] {
        nothing_to_do(&lab, &[phase]);
    }
    lab.become_only(&ada);
    nothing_to_do(&lab, &["identity"]);
    lab.keeps_to_the_documents();
}

#[test]
fn a_cluster_that_nobody_reaches_from_here_is_no_reason_against_its_identity() {
    let mut lab = GkeLab::without_kubeconfig("gke-far");
    lab.name_cluster();
    lab.cluster.say_endpoint("127.0.0.1:1");
    let outcome = lab.identity(&["--timeout=20s"]).exits(0);
    assert_eq!(outcome.claimed("workload-identity-bound").0, "pass", "{outcome}");
    assert_eq!(outcome.claimed("token-exchanged").0, "unknown", "{outcome}");
    assert_eq!(lab.project.account_members(&lab.account(), "roles/iam.workloadIdentityUser"), [lab.member()]);
}

#[test]
fn every_phase_in_turn_ends_where_apply_ends_and_none_undoes_another() {
    let lab = GkeLab::new("gke-turn");
    for phase in ["namespaces", "identity", "secret", "register", "install"] {
        let outcome = lab.run(&[phase, "--yes", "-o", "json"]).exits(0);
        assert_eq!(outcome.json()["outcome"], "done", "{phase}\n{outcome}");
        nothing_to_do(&lab, &[phase]);
        if phase == "identity" {
            // The namespace is there: the account is made, annotated and proved at once.
            assert_eq!(outcome.claimed("token-exchanged").0, "pass", "{outcome}");
            assert_eq!(lab.annotated(), Some(lab.account()));
        }
    }
    let version = || {
        let account = lab.get("v1", "ServiceAccount", &lab.job_namespace, JOB).unwrap();
        account["metadata"]["resourceVersion"].clone()
    };
    let (before, mark) = (version(), lab.project.mark());
    for phase in ["apply", "identity", "install", "apply", "install", "identity"] {
        nothing_to_do(&lab, &[phase]);
    }
    assert_eq!(version(), before);
    assert_eq!(lab.google_writes_since(mark), Vec::<String>::new());
    lab.proves_itself();
    lab.keeps_to_the_documents();
}

#[test]
fn installing_without_google_credentials_keeps_the_annotation() {
    let mut lab = GkeLab::new("gke-nocred");
    let _ = lab.is_set_up(&[]);
    let (email, owner) = (lab.account(), lab.owner.clone());
    lab.without_credentials();
    let args = ["install", "--yes", "--no-wait", "-o", "json"];
    let outcome = lab.run(&args).exits(0).says("Google Cloud is not looked at");
    assert_eq!(outcome.json()["outcome"], "nothing-to-do", "{outcome}");
    let changed = lab.run(&[&args[..], &["--job-service-account-annotation=team=blue"]].concat()).exits(0);
    assert_eq!(changed.changed().len(), 1, "{changed}");
    assert_eq!(lab.annotated(), Some(email.clone()));
    // Also when the name of the account is another one than would be made now.
    let _ = lab.run(&[&args[..], &["--job-service-account-annotation=team=blue", "--location=us-central1"]].concat());
    assert_eq!(lab.annotated(), Some(email.clone()));
    // Whoever has credentials says the same, and nothing flaps.
    lab.become_only(&owner);
    nothing_to_do(&lab, &["install", "--no-wait", "--job-service-account-annotation=team=blue"]);
    nothing_to_do(&lab, &["identity", "--job-service-account-annotation=team=blue"]);
    assert_eq!(lab.annotated(), Some(email));
}

#[test]
fn an_annotation_that_somebody_took_away_or_changed_is_written_again() {
    let lab = GkeLab::new("gke-drift");
    let _ = lab.is_set_up(&[]);
    for value in [Value::Null, json!("another@elsewhere.iam.gserviceaccount.com")] {
        let patch = json!({ "metadata": { "annotations": { "iam.gke.io/gcp-service-account": value } } });
        lab.edit("v1", "ServiceAccount", &lab.job_namespace, JOB, &patch);
        let outcome = lab.identity(&[]).exits(0);
        assert_eq!(outcome.changed().len(), 1, "{outcome}");
        assert_eq!(lab.annotated(), Some(lab.account()));
    }
    nothing_to_do(&lab, &["apply", "--no-wait"]);
}

#[test]
fn an_identity_of_none_touches_nothing_in_google_cloud() {
    let lab = GkeLab::new("gke-noident");
    let _ = lab.is_set_up(&["--identity=none"]);
    assert!(lab.project.requests().is_empty());
    assert_eq!(lab.annotated(), None);
    nothing_to_do(&lab, &["apply", "--no-wait", "--identity=none"]);
}

#[test]
fn a_saved_plan_is_carried_out_as_it_was_shown_or_not_at_all() {
    let lab = GkeLab::new("gke-saved");
    let args = ["--no-wait", "--grant-role=roles/viewer"];
    let _ = lab.run(&[&["plan", "--detailed-exitcode", "--out=plan.json"], &args[1..]].concat()).exits(8);
    let saved = std::fs::read_to_string(lab.home().join("plan.json")).unwrap();
    assert!(saved.contains(&lab.account()) && !saved.contains("ya29."), "{saved}");
    // Somebody was faster in Google Cloud.
    lab.project.create_account("runner-prod");
    let mark = lab.project.mark();
    let stale = lab.run(&["apply", "--yes", "--no-wait", "plan.json"]);
    assert!(stale.code != 0 && stale.stderr.contains("the world moved"), "{stale}");
    assert_eq!(lab.google_writes_since(mark), Vec::<String>::new(), "{stale}");
    lab.project.delete_account(&lab.account());
    let outcome = lab.run(&["apply", "--yes", "--no-wait", "-o", "json", "plan.json"]).exits(0);
    assert_eq!(outcome.claimed("roles-granted").0, "pass", "{outcome}");
    assert_eq!(lab.project.members("roles/viewer"), [format!("serviceAccount:{}", lab.account())]);
    let _ = lab.run(&["plan", "--detailed-exitcode", "--grant-role=roles/viewer"]).exits(0);
    // One more role is one more change.
    let _ = lab.run(&["plan", "--detailed-exitcode", "--grant-role=roles/storage.admin"]).exits(8);
    lab.keeps_to_the_documents();
}
