//! A Google service account that serves somebody else is not taken over silently; and shared identities are said once.

use serde_json::{Value, json};

use crate::support::{GkeLab, JOB, Outcome, WORKLOAD_USER};

const APPLY: [&str; 5] = ["apply", "--yes", "--no-wait", "-o", "json"];

/// Another runner of the same name of a cluster, in another location.
fn move_away(lab: &mut GkeLab) {
    lab.cluster = lab.project.cluster("prod", "us-central1", lab.world);
    let kubeconfig = lab.world.kubeconfig_admin_as(&lab.cluster.context());
    lab.runner = format!("{}-b", lab.runner);
    lab.runner_namespace = format!("{}-b", lab.runner_namespace);
    lab.job_namespace = format!("{}-b", lab.job_namespace);
    let (runner, agents, jobs) = (lab.runner.clone(), lab.runner_namespace.clone(), lab.job_namespace.clone());
    lab.set("KUBECONFIG", kubeconfig.display().to_string()).set("RUNNER_ID", runner);
    lab.set("CLUSTER_RUNNER_NAMESPACE", agents).set("CLUSTER_RUNNER_JOB_NAMESPACE", jobs);
}

/// Refused until it is said, in these words, and with the name of the object in the hint.
#[track_caller]
fn is_refused(lab: &GkeLab, words: &str) -> Outcome {
    let object = lab.account_object();
    lab.refuses_all(4, &["--no-wait"]).explains(words).explains(&format!("--adopt {object}"))
}

/// The name that a refusal proposes.
fn proposed(refused: &Outcome) -> String {
    let error = refused.json()["error"].clone();
    let hints = error["hints"].as_array().unwrap().clone();
    let hint =
        hints.iter().filter_map(Value::as_str).find_map(|hint| hint.split_once("--google-service-account ")).unwrap();
    hint.1.trim_end_matches('`').to_owned()
}

#[test]
fn the_account_of_another_cluster_is_taken_over_when_that_is_said() {
    let mut lab = GkeLab::new("gother");
    let _ = lab.run(&APPLY).exits(0);
    let (first, member) = (lab.description(&lab.account()), lab.member());
    let (theirs, env) = (lab.cluster.clone(), lab.env().clone());
    move_away(&mut lab);
    let words = "belongs to another cluster, projects/";
    let refused = is_refused(&lab, words).explains("/locations/europe-west1/clusters/prod");
    // The name that is proposed is free.
    let name = proposed(&refused);
    let planned = lab.run(&["plan", "-o", "json", "--google-service-account", &name]).exits(0);
    assert!(
        planned.google().contains(&format!("create gcp:service-account/{}", lab.project.email(&name))),
        "{planned}"
    );

    let object = lab.account_object();
    let adopt = [&APPLY[..], &["--adopt", &object]].concat();
    let mark = lab.project.mark();
    let applied = lab.run(&adopt).exits(0);
    assert_eq!(applied.change(&object)["action"], "adopt", "{applied}");
    let both = format!("{first}; shared with other runners");
    assert_eq!(applied.change(&object)["fields"], json!([{ "path": "description", "from": first, "to": both }]));
    assert_eq!(
        lab.google_writes_since(mark),
        ["projects.serviceAccounts.patch", "projects.serviceAccounts.setIamPolicy"]
    );
    assert_eq!(lab.description(&lab.account()), both);
    assert_eq!(lab.project.account_members(&lab.account(), WORKLOAD_USER), [member.clone(), lab.member()]);
    let _ = lab.run(&APPLY).exits(0).says("the jobs here act as it too");
    lab.has_nothing_to_do(&["--no-wait"]);
    lab.has_nothing_to_do(&["--no-wait", "--adopt", &object]);
    // Neither of the two takes it from the other when it goes.
    let destroy = ["destroy", "--yes", "-o", "json"];
    let second = lab.run(&destroy).exits(0);
    assert!(second.change(&object)["why"].as_str().unwrap().contains("it belongs to"), "{second}");
    lab.set_all(&env);
    lab.cluster = theirs;
    lab.has_nothing_to_do(&["--no-wait"]);
    let first = lab.run(&destroy).exits(0);
    assert!(first.change(&object)["why"].as_str().unwrap().contains("shared with other runners"), "{first}");
    assert!(lab.project.account(&lab.account()).is_some());
    lab.keeps_to_the_documents();
}

#[test]
fn the_account_of_another_runner_of_the_cluster_is_not_taken() {
    let lab = GkeLab::new("gsibling");
    let _ = lab.run(&APPLY).exits(0);
    let jobs = format!("{}-two", lab.job_namespace);
    let agents = format!("{}-two", lab.runner_namespace);
    let runner = format!("{}-two", lab.runner);
    let other = ["--job-namespace", &jobs, "--runner-namespace", &agents, "--runner-id", &runner];
    let refused = lab.refuses_all(4, &[&["--no-wait"], &other[..]].concat());
    let refused =
        refused.explains("another service account of this cluster").explains(&format!("{}/{JOB}", lab.job_namespace));
    let name = proposed(&refused);
    let _ = lab.run(&[&APPLY[..], &other, &["--google-service-account", &name]].concat()).exits(0);
    let member = lab.cluster.member(&jobs, JOB);
    assert_eq!(lab.project.account_members(&lab.project.email(&name), WORKLOAD_USER), [member]);
    assert_eq!(lab.project.account_members(&lab.account(), WORKLOAD_USER), [lab.member()]);
    lab.has_nothing_to_do(&["--no-wait"]);
}

#[test]
fn an_account_that_the_guide_made_for_another_cluster_is_refused() {
    let lab = GkeLab::new("gguide");
    let name = format!("runner-{}", lab.cluster.name());
    let title = "--display-name=Humanitec Kubernetes agent runner on cluster staging";
    lab.gcloud(&["iam", "service-accounts", "create", &name, title, "--description=Used by Kubernetes Agent Runner"]);
    let _ = is_refused(&lab, "on cluster staging");
    let object = lab.account_object();
    let mark = lab.project.mark();
    let applied = lab.run(&[&APPLY[..], &["--adopt", &object]].concat()).exits(0);
    assert_eq!(applied.change(&object)["action"], "adopt", "{applied}");
    // What others wrote about it is theirs.
    assert_eq!(lab.google_writes_since(mark), ["projects.serviceAccounts.setIamPolicy"]);
    assert_eq!(lab.description(&lab.account()), "Used by Kubernetes Agent Runner");
    let again = lab.run(&APPLY).exits(0).says("on cluster staging");
    assert_eq!(again.json()["outcome"], "nothing-to-do", "{again}");
}

#[test]
fn an_account_that_lets_in_another_runner_is_refused_and_one_of_others_is_not() {
    let lab = GkeLab::new("grunner");
    let email = lab.project.create_account(&format!("runner-{}", lab.cluster.name()));
    let other = lab.cluster.member("other-jobs", JOB);
    lab.project.bind_account(&email, WORKLOAD_USER, &other);
    let _ = is_refused(&lab, "the jobs of another runner").explains(&other);
    lab.project.unbind_account(&email, WORKLOAD_USER, &other);
    // By its principal as well.
    let principal = lab.cluster.principal("other-jobs", JOB);
    lab.project.bind_account(&email, WORKLOAD_USER, &principal);
    let _ = is_refused(&lab, "the jobs of another runner").explains(&principal);
    lab.project.unbind_account(&email, WORKLOAD_USER, &principal);
    // Somebody who is no runner shares the rights, which is said.
    let else_where = lab.cluster.member("web", "frontend");
    lab.project.bind_account(&email, WORKLOAD_USER, &else_where);
    let _ = lab.run(&APPLY).exits(0).says("lets others in too").says(&else_where);
    assert_eq!(lab.project.account_members(&email, WORKLOAD_USER), [else_where, lab.member()]);
}

#[test]
fn these_jobs_are_known_again_by_whatever_name_they_have() {
    // As `principal://…` in an account without a mark.
    let lab = GkeLab::new("gself");
    let email = lab.project.create_account(&format!("runner-{}", lab.cluster.name()));
    lab.project.bind_account(&email, WORKLOAD_USER, &lab.cluster.principal(&lab.job_namespace, JOB));
    let applied = lab.run(&APPLY).exits(0);
    assert_eq!(applied.google(), [format!("create gcp:iam-binding/{WORKLOAD_USER}/{}", lab.member())]);
    // By a mark in which the name of the service account did not fit.
    let lab = GkeLab::new("glong");
    let account = "j".repeat(200);
    let args = [&APPLY[..], &["--job-service-account", &account]].concat();
    let _ = lab.run(&args).exits(0);
    assert!(lab.description(&lab.account()).len() <= 256);
    let again = lab.run(&args).exits(0);
    assert_eq!(again.json()["outcome"], "nothing-to-do", "{again}");
    assert!(!again.stdout.contains("belongs to"), "{again}");
    let refused = lab.refuses_all(4, &["--no-wait", "--job-service-account", &"k".repeat(200)]);
    let _ = refused.explains("another service account of this cluster");
}

#[test]
fn that_a_pool_shares_its_identities_is_said_when_the_grant_is_made() {
    let lab = GkeLab::new("gsame");
    let words = "share their identities";
    let first = lab.run(&APPLY).exits(0).says(words).says("--job-namespace");
    assert_eq!(first.stderr.matches(words).count(), 1, "{first}");
    let again = lab.run(&APPLY).exits(0);
    assert!(!again.stdout.contains(words) && !again.stderr.contains(words), "{again}");
    let human = lab.run(&["apply", "--yes", "--no-wait"]).exits(0);
    assert!(!human.stdout.contains(words) && !human.stderr.contains(words), "{human}");
}
