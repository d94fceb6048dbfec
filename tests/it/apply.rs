//! `apply`: the main job, from nothing to a deployment that went through, and again without a change.

use crate::support::Lab;

#[test]
fn from_nothing_to_a_deployment_that_goes_through() {
    let lab = Lab::new("fresh");
    let outcome = lab.run(&["apply", "--yes", "--rule", "any", "-o", "json"]).exits(0);
    let document = outcome.json();
    assert_eq!(document["outcome"], "done");
    assert_eq!(document["changes"].as_array().unwrap().len(), 13, "{outcome}");
    assert!(document["verified"].as_array().unwrap().iter().all(|claim| claim["outcome"] == "pass"), "{outcome}");
    lab.proves_itself();
}

#[test]
fn a_second_run_changes_nothing() {
    let lab = Lab::new("second");
    assert_eq!(lab.apply().json()["outcome"], "done");
    let mark = lab.world.audit().mark();
    lab.orchestrator.forget_requests();
    let outcome = lab.run(&["apply", "--yes", "-o", "json"]).exits(0);
    assert_eq!(outcome.json()["outcome"], "nothing-to-do");
    assert_eq!(outcome.changed(), Vec::<String>::new());
    let written: Vec<_> = lab
        .world
        .audit()
        .requests(mark, "runner-setup")
        .into_iter()
        .filter(|request| request.is_write() && request.uri.contains(&lab.runner_namespace))
        .collect();
    assert!(written.is_empty(), "{written:?}");
    assert!(lab.orchestrator.requests().iter().all(|request| request.method == "GET"));
}
