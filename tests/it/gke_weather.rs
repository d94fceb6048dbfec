//! Bad weather in Google Cloud: accounts that are seen late, throttling, broken connections, and Ctrl-C in a wait.

use std::time::Duration;

use serde_json::json;
use world::gcp::{GcpFault, Late};

use crate::support::GkeLab;

/// What is said while IAM does not know a new account everywhere.
const EVERYWHERE: &str = "waiting until IAM knows";
const VIEWER: &str = "--grant-role=roles/viewer";
const IDENTITY: [&str; 4] = ["identity", "--yes", "-o", "json"];

/// The path of what makes an account; the first request of this kind reads the policy of one.
const CREATE: &str = "/serviceAccounts";

/// The requests of one action.
fn count(lab: &GkeLab, action: &str) -> usize {
    lab.project.requests().iter().filter(|it| it.action == action).count()
}

/// `identity`, and that nothing is left to do.
#[track_caller]
fn settles(lab: &GkeLab, args: &[&str], words: &[&str]) {
    let outcome = lab.run(&[&IDENTITY[..], args].concat()).exits(0);
    for word in words {
        assert!(outcome.stderr.contains(word), "{word}\n{outcome}");
    }
    assert_eq!(outcome.claimed("workload-identity-bound").0, "pass", "{outcome}");
    let again = lab.run(&[&IDENTITY[..], args].concat()).exits(0);
    assert_eq!(again.google(), Vec::<String>::new(), "{again}");
    assert_eq!(lab.project.account_members(&lab.account(), "roles/iam.workloadIdentityUser"), [lab.member()]);
    assert_eq!(count(lab, "projects.serviceAccounts.create"), 1);
    lab.keeps_to_the_documents();
}

#[test]
fn a_new_account_is_waited_for_until_it_is_seen_three_times_in_a_row() {
    for (late, reads) in [
        (Late::never(), 3),
        (Late::looks(1), 4),
        (Late::looks(1).forbidden(), 4),
        // Once more from the beginning after each look that finds nothing.
        (Late::flapping(&[true, true, false]), 6),
    ] {
        let lab = GkeLab::new("gke-late");
        lab.project.shows_late(late.clone());
        let mark = lab.project.mark();
        let outcome = lab.run(&IDENTITY).exits(0);
        let requests = lab.project.requests_since(mark);
        let created = requests.iter().position(|it| it.action == "projects.serviceAccounts.create").unwrap();
        let read = |it: &&world::gcp::GcpRequest| it.action == "projects.serviceAccounts.get";
        assert_eq!(requests[created..].iter().filter(read).count(), reads, "{late:?}\n{outcome}");
        assert_eq!(outcome.stderr.contains(EVERYWHERE), reads > 3, "{late:?}\n{outcome}");
        assert_eq!(outcome.claimed("workload-identity-bound").0, "pass", "{outcome}");
    }
}

#[test]
fn an_account_that_policies_do_not_know_yet_is_waited_for() {
    let lab = GkeLab::new("gke-young");
    lab.project.shows_late(Late::time(Duration::from_secs(3)));
    settles(&lab, &[VIEWER], &[EVERYWHERE]);
    let lab = GkeLab::new("gke-member");
    lab.project.shows_late(Late::looks(2));
    settles(&lab, &[VIEWER], &["policies do not know serviceAccount:runner-prod@"]);
    assert_eq!(lab.project.members("roles/viewer"), [format!("serviceAccount:{}", lab.account())]);
}

#[test]
fn an_account_that_is_not_new_is_not_waited_for() {
    let lab = GkeLab::new("gke-aged");
    lab.project.create_account("brought-along");
    let refusal = GcpFault::fails(400, "INVALID_ARGUMENT", "Service account brought-along does not exist.");
    lab.project.fault(refusal.on("POST", "brought-along@"));
    let args = [&IDENTITY[..], &["--google-service-account=brought-along"]].concat();
    let outcome = lab.run(&args);
    assert!(!outcome.stderr.contains("looking again"), "{outcome}");
    assert_ne!(outcome.code, 0, "{outcome}");
}

#[test]
fn a_pool_that_is_not_there_yet_is_waited_for_a_little() {
    let lab = GkeLab::new("gke-pool");
    let message = format!("Identity Pool does not exist ({}.svc.id.goog).", lab.project.id());
    let missing = GcpFault::fails(400, "INVALID_ARGUMENT", &message).on("POST", ":setIamPolicy");
    lab.project.fault(missing.times(2));
    settles(&lab, &[], &["the cluster's workload pool is not there yet"]);
}

#[test]
fn a_pool_that_never_comes_is_refused_with_what_makes_one() {
    let lab = GkeLab::new("gke-nopool");
    let message = format!("Identity Pool does not exist ({}.svc.id.goog).", lab.project.id());
    lab.project.fault(GcpFault::fails(400, "INVALID_ARGUMENT", &message).on("POST", ":setIamPolicy"));
    let outcome = lab.run(&[&IDENTITY[..], &["--timeout=5s"]].concat()).exits(4);
    let _ = outcome.explains("the workload pool of").explains("gcloud container clusters update");
}

#[test]
fn what_passes_is_tried_again_and_that_is_said() {
    for (fault, words) in [
        (GcpFault::throttled(Some(1)), "is asked too often"),
        (GcpFault::throttled(None), "is asked too often"),
        (GcpFault::fails(500, "INTERNAL", "Internal error encountered."), "answered 500"),
        (GcpFault::fails(503, "UNAVAILABLE", "The service is currently unavailable."), "answered 503"),
        (GcpFault::page(502, "<html>Bad Gateway</html>"), "answered 502"),
        (GcpFault::drops_before(), "is not reachable"),
    ] {
        let lab = GkeLab::new("gke-passing");
        for (method, path) in
            [("GET", "/clusters/prod"), ("GET", "/serviceAccounts/runner-prod@"), ("POST", ":setIamPolicy")]
        {
            lab.project.fault(fault.clone().on(method, path).times(1));
        }
        lab.project.fault(fault.on("POST", CREATE).after(1).times(1));
        let outcome = lab.run(&[&IDENTITY[..], &[VIEWER]].concat()).exits(0);
        assert!(outcome.stderr.matches(words).count() >= 3, "{words}\n{outcome}");
        let again = lab.run(&[&IDENTITY[..], &[VIEWER]].concat()).exits(0);
        assert_eq!(again.google(), Vec::<String>::new(), "{again}");
    }
}

#[test]
fn a_change_whose_answer_is_lost_is_made_once() {
    let lab = GkeLab::new("gke-lost");
    lab.project.fault(GcpFault::drops_after().on("POST", CREATE).after(1).times(1));
    let set = |on: &str| GcpFault::drops_after().on("POST", on).times(1);
    lab.project.fault(set(&format!("{}:setIamPolicy", lab.account())));
    lab.project.fault(set(&format!("projects/{}:setIamPolicy", lab.project.id())));
    let outcome = lab.run(&[&IDENTITY[..], &[VIEWER]].concat()).exits(0);
    assert_eq!(outcome.claimed("workload-identity-bound").0, "pass", "{outcome}");
    assert_eq!(lab.project.accounts().len(), 1);
    assert_eq!(lab.project.account_members(&lab.account(), "roles/iam.workloadIdentityUser"), [lab.member()]);
    assert_eq!(lab.project.members("roles/viewer"), [format!("serviceAccount:{}", lab.account())]);
    let again = lab.run(&[&IDENTITY[..], &[VIEWER]].concat()).exits(0);
    assert_eq!(again.google(), Vec::<String>::new(), "{again}");
}

#[test]
fn a_service_that_never_answers_is_waited_for_as_long_as_was_said() {
    let lab = GkeLab::new("gke-hang");
    for path in ["/clusters/prod", ":getIamPolicy"] {
        lab.project.fault(GcpFault::hangs().on("*", path));
        let outcome = lab.writes_nothing(5, &["--timeout=3s"]).explains("did not answer in time");
        let _ = outcome.explains("--timeout DURATION");
        lab.project.no_more_faults();
    }
    lab.project.fault(GcpFault::hangs().on("POST", CREATE).after(1));
    let _ = lab.run(&[&IDENTITY[..], &["--timeout=4s"]].concat()).exits(5).explains("did not answer in time");
    lab.project.no_more_faults();
    let _ = lab.run(&IDENTITY).exits(0);
}

#[test]
fn throttling_without_end_is_exit_5_and_the_next_run_goes_on() {
    let lab = GkeLab::new("gke-throttled");
    lab.project.fault(GcpFault::throttled(None).on("POST", ":setIamPolicy"));
    let outcome = lab.run(&[&IDENTITY[..], &["--timeout=6s"]].concat()).exits(5);
    let outcome = outcome.explains("asked too often").explains("run the same command again");
    assert_eq!(outcome.json()["outcome"], "stopped");
    lab.project.no_more_faults();
    let outcome = lab.run(&IDENTITY).exits(0);
    assert_eq!(outcome.claimed("workload-identity-bound").0, "pass", "{outcome}");
    assert_eq!(count(&lab, "projects.serviceAccounts.create"), 1);
}

#[test]
fn an_account_that_stays_unseen_stops_the_run_and_the_next_one_goes_on() {
    let lab = GkeLab::new("gke-unseen");
    lab.project.shows_late(Late::looks(5));
    let outcome = lab.run(&[&IDENTITY[..], &["--timeout=4s"]].concat()).exits(9);
    let outcome = outcome.explains("was made, and is not visible everywhere after").says(EVERYWHERE);
    assert_eq!(outcome.json()["outcome"], "stopped", "{outcome}");
    // It is still not seen, so it is to be made again: what is there already is what was wanted.
    let outcome = lab.run(&IDENTITY).exits(0);
    assert_eq!(outcome.claimed("workload-identity-bound").0, "pass", "{outcome}");
    assert_eq!(lab.project.accounts().len(), 1);
}

#[test]
fn ctrl_c_ends_every_wait() {
    let lab = GkeLab::new("gke-ctrl-c");
    lab.project.shows_late(Late::time(Duration::from_secs(3600)));
    let mut running = lab.start(&IDENTITY);
    running.wait_for(EVERYWHERE);
    running.interrupt();
    let outcome = running.end().exits(130).explains("interrupted while waiting until IAM knows");
    let outcome = outcome.explains("run the same command again");
    assert_eq!(outcome.json()["outcome"], "stopped", "{outcome}");

    let lab = GkeLab::new("gke-ctrl-c-look");
    lab.project.fault(GcpFault::throttled(None).on("GET", "/clusters/prod"));
    let mut running = lab.start(&IDENTITY);
    running.wait_for("is asked too often");
    running.interrupt();
    let outcome = running.end().exits(130);
    assert_eq!(outcome.json()["changes"], json!([]), "{outcome}");
    assert_eq!(lab.google_writes_since(0), Vec::<String>::new());
}
