//! Runs of `destroy` that end too early: the same command finishes, and until the end the key proves whose the runner is.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use base64::Engine;
use serde_json::json;
use world::{Fault, What};

use crate::destroy::left;
use crate::support::{AGENT, JOB, Lab};

const RBAC: &str = "rbac.authorization.k8s.io/v1";
const CHANGES: usize = 14;

/// A setup with everything that only some settings make: a namespace for state, a pull secret of that name.
fn set_up(name: &str) -> (Lab, String) {
    let lab = Lab::new(name);
    let auth = base64::engine::general_purpose::STANDARD.encode("robot:s3cr3t");
    let config = json!({ "auths": { "registry.example:5000": { "auth": auth } } });
    let file = lab.file("docker/config.json", &config.to_string()).display().to_string();
    let state = format!("{}-state", lab.job_namespace);
    let args = [
        "--rule=any",
        "--rule=env-type=development",
        "--image-repository=registry.example:5000/tools/runner",
        "--image-pull-secret=regcred",
        "--no-wait",
        "--registry-auth-file",
        &file,
        "--state-namespace",
        &state,
    ];
    let _ = lab.run(&[&["apply", "--yes"], &args[..]].concat()).exits(0);
    (lab, state)
}

/// The same command again finishes, whatever was told at first, and a third run finds nothing.
#[track_caller]
fn finishes(lab: &Lab, state: &str) {
    let outcome = lab.run(&["destroy", "--yes", "-o", "json"]).exits(0);
    assert!(matches!(outcome.json()["outcome"].as_str(), Some("done" | "nothing-to-do")), "{outcome}");
    let mut there = left(lab);
    for namespace in [lab.runner_namespace.as_str(), &lab.job_namespace] {
        there.extend(lab.get("v1", "Secret", namespace, "regcred").map(|_| format!("regcred in {namespace}")));
    }
    for kind in ["Role", "RoleBinding"] {
        there.extend(lab.get(RBAC, kind, state, JOB).map(|_| format!("{kind} in {state}")));
    }
    assert_eq!(there, Vec::<String>::new(), "{outcome}");
    let again = lab.run(&["destroy", "--yes", "-o", "json"]).exits(0);
    assert_eq!(again.json()["outcome"], "nothing-to-do", "{again}");
    assert_eq!(lab.orchestrator.violations(), Vec::<String>::new());
}

#[test]
fn a_run_that_died_after_any_delete_is_finished_by_the_same_command() {
    let next = AtomicUsize::new(1);
    let check = |number: usize| {
        let (mut lab, state) = set_up("crash");
        lab.set("RUNNER_SETUP_TEST_DIE_AFTER", number.to_string());
        let outcome = lab.run(&["destroy", "--yes"]);
        assert_eq!(outcome.code, -1, "it dies after delete {number} of {CHANGES}: {outcome}");
        lab.unset("RUNNER_SETUP_TEST_DIE_AFTER");
        let is_registered = !lab.orchestrator.runner_ids().is_empty();
        assert!(!is_registered || lab.private_key_pem().is_some(), "the key went before the runner");
        assert!(lab.orchestrator.rules().is_empty() || number < 2, "the rules went first");
        finishes(&lab, &state);
    };
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::SeqCst);
                    if number > CHANGES {
                        return;
                    }
                    check(number);
                }
            });
        }
    });
}

#[test]
fn there_are_so_many_deletes_to_die_after() {
    let (mut lab, state) = set_up("count");
    assert_eq!(lab.run(&["destroy", "--dry-run", "-o", "json"]).exits(0).changed().len(), CHANGES);
    lab.set("RUNNER_SETUP_TEST_DIE_AFTER", (CHANGES + 1).to_string());
    finishes(&lab, &state);
}

#[test]
fn apply_sets_up_again_what_a_run_that_died_had_begun_to_take_back() {
    for number in [1, 3, 8, 12] {
        let (mut lab, _) = set_up("back");
        lab.set("RUNNER_SETUP_TEST_DIE_AFTER", number.to_string());
        assert_eq!(lab.run(&["destroy", "--yes"]).code, -1);
        lab.unset("RUNNER_SETUP_TEST_DIE_AFTER");
        let _ = lab.run(&["apply", "--yes", "--image-repository=ghcr.io/humanitec/humanitec-runner"]).exits(0);
        lab.proves_itself();
    }
}

#[test]
fn a_run_that_died_while_namespaces_went_is_finished_too() {
    let lab = Lab::new("ground");
    let _ = lab.run(&["apply", "--yes", "--no-wait"]).exits(0);
    let _ = lab.run(&["destroy", "--yes"]).exits(0);
    let _ = lab.run(&["destroy", "--yes", "--delete-namespaces", "--no-wait"]).exits(0).says("not waited for");
    let outcome = lab.run(&["destroy", "--yes", "--delete-namespaces", "-o", "json"]).exits(0);
    assert!(matches!(outcome.json()["outcome"].as_str(), Some("done" | "nothing-to-do")), "{outcome}");
    assert!(lab.get("v1", "Namespace", "", &lab.job_namespace).is_none());
}

#[test]
fn ctrl_c_finishes_the_delete_in_hand_and_says_where_it_stopped() {
    let (lab, state) = set_up("interrupt");
    lab.orchestrator.fault(Fault::once("DELETE", "/runners/", What::Delay(Duration::from_secs(2))));
    let running = lab.start(&["destroy", "--yes", "-o", "json"]);
    lab.world.wait_until("the runner is in hand", Duration::from_secs(30), || {
        lab.orchestrator.requests().iter().any(|it| it.method == "DELETE" && it.path.contains("/runners/"))
    });
    running.interrupt();
    let outcome = running.end().exits(130).says("finishing what is in hand").explains("run the same command again");
    let outcome = outcome.explains("interrupted before: delete kubernetes:");
    assert_eq!(outcome.json()["outcome"], "stopped", "{outcome}");
    assert_eq!(outcome.change(&format!("runner/{}", lab.runner))["status"], "done");
    assert_eq!(outcome.change(&format!("Secret/{}/{AGENT}", lab.runner_namespace))["status"], "pending");
    finishes(&lab, &state);
}

#[test]
fn an_agent_that_does_not_stop_is_waited_for_and_no_longer_than_told() {
    let (lab, state) = set_up("stuck");
    let finalizer = |list: &[&str]| json!({ "metadata": { "finalizers": list } });
    lab.edit_deployment(&finalizer(&["example.com/hold"]));
    let begin = Instant::now();
    let outcome = lab.run(&["destroy", "--yes", "--timeout=3s", "-o", "json"]).exits(5);
    assert!(begin.elapsed() < Duration::from_secs(20));
    let outcome = outcome.explains("example.com/hold").explains("run the same command again");
    assert_eq!(outcome.json()["outcome"], "stopped", "{outcome}");
    assert_eq!(outcome.change(&format!("runner/{}", lab.runner))["status"], "pending");
    let mut running = lab.start(&["destroy", "--yes"]);
    running.wait_for("waiting for gone");
    running.interrupt();
    let _ = running.end().exits(130).says("interrupted while waiting");
    lab.edit_deployment(&finalizer(&[]));
    finishes(&lab, &state);
}

#[test]
fn an_answer_that_was_lost_is_asked_for_again() {
    let (lab, state) = set_up("lost");
    lab.orchestrator.fault(Fault::once("DELETE", "/runner-rules", What::DropAfter));
    lab.orchestrator.fault(Fault::once("DELETE", "/runners/", What::DropAfter));
    let _ = lab.run(&["destroy", "--yes"]).exits(0).says("was gone already");
    finishes(&lab, &state);
}
