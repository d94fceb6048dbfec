//! Runs that end too early: after any change, at any moment, the same command finishes and a third run is empty.

use std::time::{Duration, Instant};

use world::{Fault, What};

use crate::support::{AGENT, Lab};

/// The same command again finishes, a third run finds nothing, and there is one key for one runner.
#[track_caller]
fn finishes(lab: &Lab, args: &[&str]) {
    let outcome = lab.run(&[&["apply", "--yes", "-o", "json"], args].concat()).exits(0);
    assert!(matches!(outcome.json()["outcome"].as_str(), Some("done" | "nothing-to-do")), "{outcome}");
    lab.has_nothing_to_do(args);
    has_one_key_and_one_runner(lab);
}

#[track_caller]
pub(crate) fn has_one_key_and_one_runner(lab: &Lab) {
    let secrets = lab.world.list("v1", "Secret", &lab.runner_namespace);
    let opaque: Vec<_> = secrets.iter().filter(|secret| secret["type"] == "Opaque").collect();
    assert_eq!(opaque.len(), 1);
    assert_eq!(lab.orchestrator.runner_ids(), std::slice::from_ref(&lab.runner));
    let key = runner_setup::keypair::PrivateKey::from_pem(lab.private_key_pem().unwrap()).unwrap();
    assert_eq!(lab.registered()["runner_configuration"]["key"], key.public().to_pem());
    assert_eq!(lab.orchestrator.violations(), Vec::<String>::new());
}

/// Every number of changes after which a run can die, in four threads: each waits for an agent of its own.
fn for_every_change(check: impl Fn(usize) + Sync) {
    let changes = 13;
    let next = std::sync::atomic::AtomicUsize::new(1);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                    if number > changes {
                        return;
                    }
                    check(number);
                }
            });
        }
    });
}

#[test]
fn a_run_that_died_after_any_change_is_finished_by_the_same_command() {
    for_every_change(|number| {
        let mut lab = Lab::new("crash");
        lab.set("RUNNER_SETUP_TEST_DIE_AFTER", number.to_string());
        let outcome = lab.run(&["apply", "--yes", "--rule=any"]);
        assert_eq!(outcome.code, -1, "it dies after change {number} of 13: {outcome}");
        lab.unset("RUNNER_SETUP_TEST_DIE_AFTER");
        finishes(&lab, &["--rule=any"]);
        assert_eq!(lab.orchestrator.rules().len(), 1);
        lab.proves_itself();
    });
}

#[test]
fn a_new_key_never_touches_the_disk() {
    let lab = Lab::new("in-memory");
    let _ = lab.run(&["apply", "--yes"]).exits(0).says("a new key is made in memory");
    let left: Vec<_> = std::fs::read_dir(lab.home()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn there_are_thirteen_changes_to_die_after() {
    let mut lab = Lab::new("count");
    assert_eq!(lab.run(&["plan", "--rule=any", "-o", "json"]).exits(0).changed().len(), 13);
    lab.set("RUNNER_SETUP_TEST_DIE_AFTER", "14");
    let _ = lab.run(&["apply", "--yes", "--rule=any"]).exits(0);
}

#[test]
fn ctrl_c_during_the_wait_ends_it_and_says_where() {
    let lab = Lab::new("wait-int");
    let args = ["--image-repository=ghcr.io/acme/no-such-image", "--image-tag=v1"];
    let mut running = lab.start(&[&["apply", "--yes", "-o", "json"], &args[..]].concat());
    running.wait_for("ImagePullBackOff");
    running.interrupt();
    let outcome = running.end().exits(130).explains("interrupted while waiting for the agent: 0 of 1");
    assert_eq!(outcome.json()["outcome"], "stopped", "{outcome}");
    let _ = outcome.explains("run the same command again");
    finishes(&lab, &["--image-repository=ghcr.io/acme/runner", "--image-tag=v1"]);
}

#[test]
fn ctrl_c_during_a_change_finishes_the_change_in_hand() {
    let lab = Lab::new("change-int");
    lab.orchestrator.fault(Fault::once("POST", "/runners", What::Delay(Duration::from_secs(2))));
    let mut running = lab.start(&["apply", "--yes", "-o", "json"]);
    running.wait_for(&format!("ServiceAccount/{}", lab.job_namespace));
    lab.world.wait_until("the registration is in hand", Duration::from_secs(20), || {
        lab.get("rbac.authorization.k8s.io/v1", "RoleBinding", &lab.job_namespace, AGENT).is_some()
    });
    running.interrupt();
    let outcome = running.end().exits(130).says("finishing what is in hand").explains("run the same command again");
    let place = format!("interrupted before: create kubernetes:Deployment/{}", lab.runner_namespace);
    let outcome = outcome.explains(&place);
    assert_eq!(outcome.json()["outcome"], "stopped", "{outcome}");
    let status = |object: String| outcome.change(&object)["status"].clone();
    assert_eq!(status(format!("orchestrator:runner/{}", lab.runner)), "done", "{outcome}");
    assert_eq!(status(format!("Deployment/{}/{AGENT}", lab.runner_namespace)), "pending", "{outcome}");
    finishes(&lab, &[]);
}

#[test]
fn ctrl_c_twice_ends_at_once() {
    let lab = Lab::new("twice");
    lab.orchestrator.fault(Fault::once("POST", "/runners", What::Hang));
    let mut running = lab.start(&["apply", "--yes"]);
    running.wait_for(&format!("ServiceAccount/{}", lab.job_namespace));
    lab.world.wait_until("the registration is in hand", Duration::from_secs(20), || {
        lab.get("rbac.authorization.k8s.io/v1", "RoleBinding", &lab.job_namespace, AGENT).is_some()
    });
    running.interrupt();
    running.wait_for("Ctrl-C again ends at once");
    let begin = Instant::now();
    running.interrupt();
    let _ = running.end().exits(130);
    assert!(begin.elapsed() < Duration::from_secs(5));
    lab.orchestrator.no_more_faults();
    finishes(&lab, &[]);
}

#[test]
fn ctrl_c_while_looking_changes_nothing() {
    let lab = Lab::new("look-int");
    lab.orchestrator.fault(Fault::once("GET", "/runners/", What::Hang));
    let mark = lab.world.audit().mark();
    let running = lab.start(&["apply", "--yes", "-o", "json"]);
    lab.world.wait_until("it looks", Duration::from_secs(20), || {
        lab.world.audit().requests(mark, "runner-setup").iter().any(|it| it.uri.contains(&lab.runner_namespace))
    });
    std::thread::sleep(Duration::from_millis(200));
    running.interrupt();
    let _ = running.end().exits(130).says("interrupted; nothing was changed");
    assert_eq!(lab.writes_since(mark), Vec::<String>::new());
    lab.orchestrator.no_more_faults();
    finishes(&lab, &[]);
}
