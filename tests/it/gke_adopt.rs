//! What the guide and Terraform made in Google Cloud is adopted as it is; and their commands find nothing to add to ours.

use serde_json::json;

use crate::support::{GkeLab, Outcome, WORKLOAD_USER, without_etag};

const CLOUDSQL: &str = "roles/cloudsql.admin";

/// Without the registration, which lacks the cluster's uid when another tool wrote it.
fn changed(outcome: &Outcome) -> Vec<String> {
    outcome.changed().into_iter().filter(|change| !change.contains("orchestrator:")).collect()
}

/// `plan` and `apply` change nothing in Google Cloud, and the proof passes.
#[track_caller]
fn adopts(lab: &GkeLab, args: &[&str]) {
    let email = lab.account();
    let (policy, of_account) = (lab.project.policy(), lab.project.account_policy(&email));
    let account = lab.project.account(&email);
    let pem = lab.create_all_for(&email);
    let planned = lab.run(&[&["plan", "-o", "json"], args].concat()).exits(0);
    assert_eq!(changed(&planned), Vec::<String>::new(), "{planned}");
    assert_eq!(planned.change(&lab.account_object())["action"], "unchanged");
    let mark = lab.project.mark();
    let applied = lab.run(&[&["apply", "--yes", "-o", "json"], args].concat()).exits(0);
    assert_eq!(lab.google_writes_since(mark), Vec::<String>::new(), "{applied}");
    for claim in ["workload-identity-bound", "token-exchanged"] {
        assert_eq!(applied.claim(claim), "pass", "{claim}: {applied}");
    }
    assert_eq!((lab.project.policy(), lab.project.account_policy(&email)), (policy, of_account));
    assert_eq!(lab.project.account(&email), account);
    assert_eq!(lab.private_key_pem(), Some(pem));
    lab.has_nothing_to_do(args);
    lab.proves_itself();
    lab.keeps_to_the_documents();
}

#[test]
fn after_the_guide_s_own_lines_there_is_nothing_to_change() {
    let lab = GkeLab::new("gadopt-guide");
    let _ = lab.guide_creates_account().unwrap();
    lab.guide_lets_jobs_in();
    lab.guide_grants(CLOUDSQL);
    adopts(&lab, &["--grant-role", CLOUDSQL]);
}

#[test]
fn what_terraform_made_is_taken_as_it_is() {
    let lab = GkeLab::new("gadopt-tf");
    // `google_service_account` without a description, `google_service_account_iam_member`, `google_project_iam_member`.
    let email = lab.project.create_account(&format!("runner-{}", lab.cluster.name()));
    lab.project.bind_account(&email, WORKLOAD_USER, &lab.member());
    lab.project.bind(CLOUDSQL, &format!("serviceAccount:{email}"));
    adopts(&lab, &[]);
}

#[test]
fn the_guide_s_lines_have_nothing_to_add_to_ours() {
    let lab = GkeLab::new("gadopt-back");
    let args = ["--grant-role", CLOUDSQL];
    let applied = lab.run(&[&["apply", "--yes", "--no-wait", "-o", "json"], &args[..]].concat()).exits(0);
    let member = format!("serviceAccount:{}", lab.account());
    assert_eq!(
        applied.google(),
        [
            format!("create {}", lab.account_object()),
            format!("create gcp:iam-binding/{WORKLOAD_USER}/{}", lab.member()),
            format!("create gcp:iam-binding/{CLOUDSQL}/{member}"),
        ]
    );
    let before = (lab.project.policy(), lab.project.account_policy(&lab.account()));
    let refused = lab.guide_creates_account().unwrap_err();
    assert!(refused.contains("already exists within project"), "{refused}");
    lab.guide_lets_jobs_in();
    lab.guide_grants(CLOUDSQL);
    // gcloud writes a policy although there is nothing to change in it.
    let after = (lab.project.policy(), lab.project.account_policy(&lab.account()));
    assert_ne!(before, after);
    let [before, after] = [before, after].map(|(one, other)| (without_etag(&one), without_etag(&other)));
    assert_eq!(before, after);
    lab.has_nothing_to_do(&[&args[..], &["--no-wait"]].concat());
    // What the guide's lines name is what there is.
    let described = lab.gcloud(&["iam", "service-accounts", "describe", &lab.account()]);
    let name = format!("Humanitec Kubernetes agent runner on cluster {}", lab.cluster.name());
    assert_eq!((&described["displayName"], &described["description"]), (&json!(name), &json!(lab.our_description())));
    lab.keeps_to_the_documents();
}

#[test]
fn what_half_of_the_guide_made_gets_the_other_half() {
    let lab = GkeLab::new("gadopt-half");
    let _ = lab.guide_creates_account().unwrap();
    let before = lab.project.account(&lab.account());
    let planned = lab.run(&["plan", "-o", "json"]).exits(0).says("was not made by runner-setup");
    let binding = format!("create gcp:iam-binding/{WORKLOAD_USER}/{}", lab.member());
    assert_eq!(planned.google(), std::slice::from_ref(&binding));
    let mark = lab.project.mark();
    let applied = lab.run(&["apply", "--yes", "--no-wait", "-o", "json"]).exits(0);
    assert_eq!(applied.google(), [binding]);
    assert_eq!(lab.google_writes_since(mark), ["projects.serviceAccounts.setIamPolicy"]);
    assert_eq!(lab.project.account(&lab.account()), before, "the guide's description stays");
    lab.guide_lets_jobs_in();
    assert_eq!(lab.project.account_members(&lab.account(), WORKLOAD_USER), [lab.member()]);
    lab.has_nothing_to_do(&["--no-wait"]);
    lab.keeps_to_the_documents();
}
