//! A Google service account that is switched off, gone, or another one than it was: seen, and explained with the way out.

use serde_json::Value;

use crate::support::{GkeLab, Outcome, WORKLOAD_USER};

const ADMIN: &str = "roles/storage.admin";
const APPLY: [&str; 5] = ["apply", "--yes", "--no-wait", "-o", "json"];

/// The one warning with these words.
#[track_caller]
fn warning(outcome: &Outcome, words: &str) -> String {
    let document = outcome.json();
    let warnings: Vec<_> = document["warnings"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    let found: Vec<_> = warnings.iter().filter(|warning| warning.contains(words)).collect();
    assert_eq!(found.len(), 1, "{words:?}: {outcome}");
    (*found[0]).to_owned()
}

/// Runs the line for gcloud that stands in backticks.
#[track_caller]
fn run_line(lab: &GkeLab, text: &str) {
    let line = text.split('`').find(|part| part.starts_with("gcloud ")).unwrap_or(text);
    let words = shlex::split(line).unwrap();
    assert_eq!(words[0], "gcloud", "{text}");
    lab.gcloud(&words[1..].iter().map(String::as_str).collect::<Vec<_>>());
}

#[test]
fn a_disabled_account_is_refused_with_the_line_that_enables_it() {
    let lab = GkeLab::new("gdisabled");
    let _ = lab.run(&APPLY).exits(0);
    lab.project.disable_account(&lab.account(), true);
    let line = format!("gcloud iam service-accounts enable {} --project {}", lab.account(), lab.project.id());
    let refused = lab.refuses_all(4, &["--no-wait"]).explains("is disabled").explains(&line);
    let _ = refused.explains(&lab.account_object());
    run_line(&lab, &line);
    lab.has_nothing_to_do(&["--no-wait"]);
    lab.keeps_to_the_documents();
}

#[test]
fn a_deleted_account_is_told_with_the_line_that_brings_it_back() {
    let lab = GkeLab::new("gdeleted");
    let args = [&APPLY[..], &["--grant-role", ADMIN]].concat();
    let _ = lab.run(&args).exits(0);
    let id = lab.project.delete_account(&lab.account());
    let planned = lab.run(&["plan", "-o", "json"]).exits(0);
    let told = warning(&planned, "was deleted");
    for words in [lab.account_object().as_str(), ADMIN, &id, "within 30 days", &format!("--grant-role {ADMIN}")] {
        assert!(told.contains(words), "{words}: {told}");
    }
    assert!(planned.google().contains(&format!("create {}", lab.account_object())), "{planned}");
    run_line(&lab, &told);
    let member = format!("serviceAccount:{}", lab.account());
    assert_eq!(lab.project.members(ADMIN), [member], "with its roles");
    let again = lab.run(&args).exits(0);
    assert_eq!(again.json()["outcome"], "nothing-to-do", "{again}");
    lab.keeps_to_the_documents();
}

#[test]
fn a_new_account_of_the_name_gets_grants_of_its_own() {
    let lab = GkeLab::new("ganew");
    let args = [&APPLY[..], &["--grant-role", ADMIN]].concat();
    let _ = lab.run(&args).exits(0);
    let id = lab.project.delete_account(&lab.account());
    let gone = format!("deleted:serviceAccount:{}?uid={id}", lab.account());
    let applied = lab.run(&args).exits(0);
    assert_eq!(applied.google().len(), 3, "{applied}");
    assert_eq!(applied.claim("roles-granted"), "pass");
    let member = format!("serviceAccount:{}", lab.account());
    assert_eq!(lab.project.members(ADMIN), [gone, member], "what was there stays, and does not count");
    assert_eq!(lab.project.account_members(&lab.account(), WORKLOAD_USER), [lab.member()]);
    // It has the role by now: there is nothing left to advise.
    let again = lab.run(&args).exits(0);
    assert_eq!(again.json()["outcome"], "nothing-to-do", "{again}");
    assert!(!again.stdout.contains("was created again"), "{again}");
    lab.keeps_to_the_documents();
}

#[test]
fn an_account_that_somebody_made_again_is_told_with_what_does_not_count_for_it() {
    let lab = GkeLab::new("gagain");
    let _ = lab.run(&[&APPLY[..], &["--grant-role", ADMIN, "--grant-role", "roles/viewer"]].concat()).exits(0);
    let id = lab.project.delete_account(&lab.account());
    let email = lab.project.create_account(&format!("runner-{}", lab.cluster.name()));
    lab.project.bind("roles/viewer", &format!("serviceAccount:{email}"));
    let planned = lab.run(&["plan", "-o", "json"]).exits(0);
    let told = warning(&planned, "was created again");
    let end = format!("grant it anew with `--grant-role {ADMIN}`");
    assert!(told.contains(&id) && told.contains(ADMIN) && told.ends_with(&end), "{told}");
    assert!(!told.contains("roles/viewer"), "that one is granted anew already: {told}");
    // As the warning says.
    let applied = lab.run(&[&APPLY[..], &["--grant-role", ADMIN]].concat()).exits(0);
    let member = format!("serviceAccount:{email}");
    assert!(lab.project.members(ADMIN).contains(&member), "{applied}");
    let told = lab.run(&["plan", "-o", "json"]).exits(0);
    assert!(!told.stdout.contains("was created again"), "{told}");
    lab.keeps_to_the_documents();
}
