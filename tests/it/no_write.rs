//! Whatever only looks, rehearses or explains changes nothing: by the API server's audit log and the request log.

use crate::support::Lab;

/// Every command that has a form without changes, in all of them.
const LOOKS: &[&[&str]] = &[
    &["plan"],
    &["plan", "-o", "json"],
    &["plan", "--rule=any", "--agent-env=A=1", "--show-commands"],
    &["plan", "--out=other.json"],
    &["plan", "--detailed-exitcode"],
    &["plan", "--show-settings"],
    &["plan", "--adopt=kubernetes:Role/a/b"],
    &["plan", "--private-key-file=runner_private_key.pem"],
    &["apply", "--dry-run"],
    &["apply", "--dry-run", "--yes", "--rule=any"],
    &["apply", "--show-settings", "--yes"],
    &["apply"],
    &["destroy"],
    &["destroy", "--dry-run", "--yes", "--force"],
    &["destroy", "--dry-run", "--yes", "--delete-namespaces", "--show-commands"],
    &["destroy", "--show-settings", "--yes"],
    &["namespaces", "--dry-run", "--yes"],
    &["secret", "--dry-run", "--yes"],
    &["register", "--dry-run", "--yes"],
    &["register", "--dry-run", "--yes", "--public-key-file=runner_public_key.pem", "--description=other"],
    &["install", "--dry-run", "--yes"],
    &["rule", "--dry-run", "--yes", "--rule=any"],
    &["status"],
    &["status", "-o", "json"],
    &["config", "show"],
    &["config", "schema"],
    &["completions", "bash"],
    &["man"],
    &["apply", "stale.json", "--yes"],
];

fn nothing_changes(lab: &Lab) {
    let mark = lab.world.audit().mark();
    lab.orchestrator.forget_requests();
    for look in LOOKS {
        let outcome = lab.run(look);
        assert!([0, 2, 3, 4, 8].contains(&outcome.code), "{look:?}\n{outcome}");
        assert!(!look.contains(&"stale.json") || outcome.stderr.contains("the world moved"), "{outcome}");
    }
    let ours = [lab.runner_namespace.as_str(), lab.job_namespace.as_str()];
    let writes: Vec<_> = lab
        .world
        .audit()
        .requests(mark, "runner-setup")
        .into_iter()
        .filter(|request| request.is_write() && ours.iter().any(|namespace| request.uri.contains(namespace)))
        .collect();
    assert!(writes.is_empty(), "{writes:?}");
    let requests = lab.orchestrator.requests();
    let writes: Vec<_> = requests.iter().filter(|request| request.method != "GET").collect();
    assert!(writes.is_empty() && !requests.is_empty(), "{writes:?}");
    assert_eq!(lab.orchestrator.violations(), Vec::<String>::new());
}

/// A plan whose rule is not the one that it was made for: its digest fits no longer.
fn stale_plan(lab: &Lab) {
    let _ = lab.run(&["keygen"]).exits(0);
    let _ = lab.run(&["plan", "--out=stale.json", "--rule=env-type=production"]).exits(0);
    let text = std::fs::read_to_string(lab.home().join("stale.json")).unwrap();
    lab.file("stale.json", &text.replace("production", "development"));
}

#[test]
fn nothing_is_written_where_nothing_is_there() {
    let lab = Lab::new("nw-empty");
    stale_plan(&lab);
    nothing_changes(&lab);
    assert!(lab.get("v1", "Namespace", "", &lab.runner_namespace).is_none());
    assert!(lab.orchestrator.runner_ids().is_empty());
}

#[test]
fn nothing_is_written_where_half_of_it_is_there() {
    let lab = Lab::new("nw-half");
    let _ = lab.run(&["namespaces", "--yes"]).exits(0);
    let _ = lab.run(&["secret", "--yes"]).exits(0);
    stale_plan(&lab);
    nothing_changes(&lab);
    assert!(lab.orchestrator.runner_ids().is_empty());
}

#[test]
fn nothing_is_written_where_all_of_it_is_there() {
    let lab = Lab::new("nw-all");
    let _ = lab.apply();
    stale_plan(&lab);
    nothing_changes(&lab);
}

#[test]
fn nothing_is_written_by_a_command_line_that_is_refused() {
    let lab = Lab::new("nw-refused");
    let mark = lab.world.audit().mark();
    for args in [
        &["apply", "--yes", "--runner-namespace=Not_Valid"][..],
        &["apply", "--yes", "--no-such-flag"],
        &["apply", "--yes", "--rule=project=nope"],
        &["apply", "--yes", "--context=nope"],
        &["rule", "--yes"],
    ] {
        let outcome = lab.run(args);
        assert!([2, 3].contains(&outcome.code), "{outcome}");
    }
    let requests = lab.world.audit().requests(mark, "runner-setup");
    assert!(requests.iter().all(|request| !(request.is_write() && request.uri.contains(&lab.runner_namespace))));
    assert!(lab.orchestrator.requests().iter().all(|request| request.method == "GET"));
}
