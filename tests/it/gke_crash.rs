//! Runs on GKE that die after any change: the same command finishes. Dry runs send nothing that changes anything.

use std::sync::atomic::{AtomicUsize, Ordering};

use world::gcp::Late;

use crate::crash::has_one_key_and_one_runner;
use crate::support::GkeLab;

/// What `apply --rule=any --grant-role=…` changes on an empty cluster and project.
const CHANGES: usize = 16;
const ARGS: [&str; 7] = ["apply", "--yes", "--no-wait", "--rule=any", "--grant-role=roles/viewer", "-o", "json"];

/// A run that died after so many changes is finished by the same command, and the third one finds nothing to do.
fn dies_and_is_finished(number: usize, late: &Late) {
    let mut lab = GkeLab::new("gke-die");
    lab.project.shows_late(late.clone());
    lab.set("RUNNER_SETUP_TEST_DIE_AFTER", number.to_string());
    let died = lab.run(&ARGS);
    assert_eq!(died.code, -1, "it dies after change {number}: {died}");
    lab.unset("RUNNER_SETUP_TEST_DIE_AFTER");
    let finished = lab.run(&ARGS).exits(0);
    assert_eq!(finished.claimed("workload-identity-bound").0, "pass", "{finished}");
    assert_eq!(finished.claimed("roles-granted").0, "pass", "{finished}");
    lab.has_nothing_to_do(&["--no-wait", "--rule=any", "--grant-role=roles/viewer"]);
    has_one_key_and_one_runner(&lab);
    assert_eq!(lab.project.accounts().len(), 1);
    assert_eq!(lab.project.account_members(&lab.account(), "roles/iam.workloadIdentityUser"), [lab.member()]);
    assert_eq!(lab.project.members("roles/viewer"), [format!("serviceAccount:{}", lab.account())]);
    assert_eq!(lab.annotated(), Some(lab.account()));
    lab.keeps_to_the_documents();
}

#[test]
fn a_run_that_died_after_any_change_is_finished_by_the_same_command() {
    let next = AtomicUsize::new(1);
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                loop {
                    match next.fetch_add(1, Ordering::SeqCst) {
                        number if number > CHANGES => return,
                        number => dies_and_is_finished(number, &Late::never()),
                    }
                }
            });
        }
    });
}

#[test]
fn the_account_of_a_run_that_died_may_not_be_seen_by_the_next_one() {
    // Three good reads belong to the run that dies; the one that finishes sees nothing at first.
    let looks = [true, true, true, false, false];
    std::thread::scope(|scope| {
        for late in [Late::flapping(&looks), Late::flapping(&looks).forbidden()] {
            scope.spawn(move || {
                for number in [3, 4, 5] {
                    dies_and_is_finished(number, &late);
                }
            });
        }
    });
}

#[test]
fn there_are_that_many_changes_to_die_after() {
    let lab = GkeLab::new("gke-count");
    let outcome = lab.run(&["plan", "--rule=any", "--grant-role=roles/viewer", "-o", "json"]).exits(0);
    assert_eq!(outcome.changed().len(), CHANGES, "{outcome}");
}

#[test]
fn dry_commands_send_nothing_that_changes_anything() {
    let lab = GkeLab::new("gke-dry");
    let federated = ["--identity=federation", "--grant-role=roles/viewer"];
    for more in [&[][..], &["--grant-role=roles/viewer"], &federated] {
        for command in [
            &["plan"][..],
            &["plan", "--show-commands"],
            &["plan", "--out=p.json"],
            &["plan", "--detailed-exitcode"],
            &["apply", "--dry-run"],
            &["apply", "--show-settings"],
            &["identity", "--dry-run"],
            &["identity", "--show-settings"],
            &["permissions", "--for=gcp"],
        ] {
            let outcome = lab.run(&[command, more].concat());
            assert!([0, 8].contains(&outcome.code), "{command:?} {more:?}\n{outcome}");
        }
    }
    let _ = lab.run(&["destroy", "--dry-run"]).exits(0);
    assert_eq!(lab.google_writes_since(0), Vec::<String>::new());
    assert!(!lab.project.requests().is_empty());
    assert!(lab.get("v1", "Namespace", "", &lab.job_namespace).is_none());
}
