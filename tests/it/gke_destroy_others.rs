//! `destroy` on GKE beside others: who is let in by other means, what may not be seen, and accounts of before.

use serde_json::{Value, json};
use world::gcp::GcpFault;

use crate::support::{GkeLab, LOCATION};

const DESTROY: [&str; 4] = ["destroy", "--yes", "-o", "json"];
const USER: &str = "roles/iam.workloadIdentityUser";

#[test]
fn an_account_that_anybody_else_is_let_into_stays_and_they_are_named() {
    let lab = GkeLab::new("gke-elsewhere");
    let _ = lab.is_set_up(&["--grant-role=roles/viewer"]);
    let person = "user:owner@example.com";
    lab.project.bind_account(&lab.account(), "roles/iam.serviceAccountTokenCreator", person);
    let done = lab.run(&DESTROY).exits(0);
    let kept = done.change(&lab.account_object());
    let why = format!("others are let in by its policy: {person} (roles/iam.serviceAccountTokenCreator)");
    assert!(kept["why"].as_str().unwrap().contains(&why), "{kept}");
    assert!(lab.project.account(&lab.account()).is_some());
    assert_eq!(lab.project.members("roles/viewer").len(), 1, "what it may do stays too");
    assert_eq!(lab.project.account_members(&lab.account(), USER), Vec::<String>::new(), "our member goes");
}

#[test]
fn what_the_organisation_hides_is_not_taken_for_gone() {
    let lab = GkeLab::new("gke-hidden");
    let _ = lab.is_set_up(&[]);
    let words = "Request is prohibited by organization's policy. vpcServiceControlsUniqueIdentifier: a1b2";
    let hidden = GcpFault::fails(403, "PERMISSION_DENIED", words).on("*", &lab.account()).times(100);
    lab.project.fault(hidden);
    let mark = lab.project.mark();
    let refused = lab.run(&DESTROY).exits(4);
    assert!(!refused.stdout.contains("nothing-left"), "{refused}");
    assert_eq!(lab.google_writes_since(mark), Vec::<String>::new());
    assert!(lab.orchestrator.runner(&lab.runner).is_some() && lab.private_key_pem().is_some(), "nothing went");
    lab.project.no_more_faults();
    let _ = lab.run(&DESTROY).exits(0);
    assert!(lab.project.accounts().is_empty());
}

#[test]
fn the_account_of_before_goes_too() {
    let lab = GkeLab::new("gke-renamed");
    let _ = lab.is_set_up(&[]);
    let changed = lab.run(&["apply", "--yes", "--no-wait", "-o", "json", "--google-service-account=payments-jobs"]);
    let changed = changed.exits(0).says(&format!("the jobs act as {} until now: it stays", lab.account()));
    assert_eq!(changed.json()["outcome"], "done");
    assert_eq!(lab.project.accounts().len(), 2);
    let done = lab.run(&DESTROY).exits(0);
    assert!(lab.project.accounts().is_empty(), "{done}");
    let verified = done.json()["verified"].clone();
    assert_eq!(verified[0]["outcome"], json!("pass"), "{done}");
}

#[test]
fn what_was_made_goes_also_when_workload_identity_was_switched_off_since() {
    let lab = GkeLab::new("gke-switched");
    let _ = lab.is_set_up(&[]);
    lab.cluster.say(&json!({ "workloadIdentityConfig": Value::Null }));
    let done = lab.run(&DESTROY).exits(0);
    assert!(lab.project.accounts().is_empty(), "{done}");
}

#[test]
fn an_account_of_the_guide_for_a_cluster_of_the_same_name_is_not_taken_silently() {
    let lab = GkeLab::new("gke-namesake");
    let _ = lab.guide_creates_account().unwrap();
    lab.guide_lets_jobs_in();
    // Half-way through the guide, with no other cluster of the name, nothing is in doubt.
    let planned = lab.run(&["plan", "-o", "json"]).exits(0);
    assert_eq!(planned.google(), Vec::<String>::new(), "{planned}");
    lab.project.paper_cluster(lab.cluster.name(), "us-central1");
    let refused = lab.refuses_all(4, &["--no-wait"]).explains("perhaps another cluster of the same name");
    let _ = refused.explains("/locations/us-central1/").explains("--adopt");
    let object = lab.account_object();
    let _ = lab.run(&["apply", "--yes", "--no-wait", "--adopt", &object]).exits(0);
    // Once the jobs here are annotated with it, it is theirs.
    let again = lab.run(&["apply", "--yes", "--no-wait", "-o", "json"]).exits(0);
    assert_eq!(again.json()["outcome"], "nothing-to-do", "{again}");
    assert_eq!(lab.cluster.location(), LOCATION);
}
