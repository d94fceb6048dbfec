//! Runs on EKS that die after any change: the same command finishes. Dry runs send nothing that changes anything.

use crate::crash::has_one_key_and_one_runner;
use crate::support::EksLab;

/// What `apply --rule=any` changes on an empty cluster and account.
const CHANGES: usize = 15;

#[test]
fn a_run_that_died_after_any_change_is_finished_by_the_same_command() {
    let next = std::sync::atomic::AtomicUsize::new(1);
    let args = ["apply", "--yes", "--no-wait", "--rule=any", "-o", "json"];
    let check = |number: usize| {
        let mut lab = EksLab::new("eks-die");
        lab.set("RUNNER_SETUP_TEST_DIE_AFTER", number.to_string());
        let died = lab.run(&args);
        assert_eq!(died.code, -1, "it dies after change {number}: {died}");
        lab.unset("RUNNER_SETUP_TEST_DIE_AFTER");
        let finished = lab.run(&args).exits(0);
        EksLab::was_exchanged(&finished, &lab.role_name());
        lab.has_nothing_to_do(&["--no-wait", "--rule=any"]);
        has_one_key_and_one_runner(&lab);
        assert_eq!(lab.statements(&lab.role_name()), [lab.guide_trust()["Statement"][0].clone()]);
        let creations = lab.account.writes().into_iter().filter(|call| call.action.starts_with("Create"));
        assert_eq!(creations.count(), 2, "one provider and one role, each asked for once");
    };
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                loop {
                    match next.fetch_add(1, std::sync::atomic::Ordering::SeqCst) {
                        number if number > CHANGES => return,
                        number => check(number),
                    }
                }
            });
        }
    });
}

#[test]
fn there_are_that_many_changes_to_die_after() {
    let lab = EksLab::new("eks-count");
    assert_eq!(lab.run(&["plan", "--rule=any", "-o", "json"]).exits(0).changed().len(), CHANGES);
}

#[test]
fn dry_commands_send_nothing_that_changes_anything() {
    let lab = EksLab::new("eks-dry");
    let pods = ["--identity", "pod-identity", "--install-addon"];
    let everything = ["--attach-policy", "arn:aws:iam::aws:policy/ReadOnlyAccess", "--tag", "a=b"];
    for more in [&[][..], &pods, &everything] {
        for command in [
            &["plan"][..],
            &["plan", "--show-commands"],
            &["plan", "--out=p.json"],
            &["plan", "--detailed-exitcode"],
            &["apply", "--dry-run"],
            &["apply", "--show-settings"],
            &["identity", "--dry-run"],
            &["identity", "--show-settings"],
        ] {
            let outcome = lab.run(&[command, more].concat());
            assert!([0, 8].contains(&outcome.code), "{command:?} {more:?}\n{outcome}");
        }
    }
    let writes: Vec<_> = lab.account.writes().into_iter().map(|call| call.action).collect();
    assert_eq!(writes, Vec::<String>::new());
    assert!(!lab.account.requests().is_empty());
    assert!(lab.get("v1", "Namespace", "", &lab.job_namespace).is_none());
}
