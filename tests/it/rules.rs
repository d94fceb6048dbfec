//! Runner rules: made once, checked before, and pointed out when they are missing or shared.

use serde_json::json;
use world::orchestrator::{Fault, What};

use crate::support::Lab;

/// A lab with a registered runner and nobody's cluster.
fn registered(name: &str) -> Lab {
    let mut lab = Lab::new(name);
    lab.unset("KUBECONFIG");
    let _ = lab.run(&["keygen"]).exits(0);
    let _ = lab.run(&["register", "--yes", "--public-key-file=runner_public_key.pem"]).exits(0);
    lab
}

#[test]
fn every_form_is_made_once_however_often_it_is_asked_for() {
    let lab = registered("rules");
    let flags = ["--rule=any", "--rule=env-type=development", "--rule=project=demo,env-type=production"];
    let args = [&["rule", "--yes", "-o", "json"][..], &flags, &["--rule=any"]].concat();
    let outcome = lab.run(&args).exits(0);
    assert_eq!(
        outcome.changed(),
        [
            "create orchestrator:runner-rule/*/*",
            "create orchestrator:runner-rule/*/development",
            "create orchestrator:runner-rule/demo/production"
        ]
    );
    assert_eq!(lab.run(&args).exits(0).json()["outcome"], "nothing-to-do");
    let outcome = lab.run(&["rule", "--yes", "--rule=project=demo", "-o", "json"]).exits(0);
    assert_eq!(outcome.changed(), ["create orchestrator:runner-rule/demo/*"]);
    assert_eq!(lab.orchestrator.rules().len(), 4);
    assert_eq!(lab.orchestrator.violations(), Vec::<String>::new());
}

#[test]
fn a_project_or_environment_type_that_does_not_exist_is_exit_2_before_any_change() {
    let lab = registered("targets");
    lab.orchestrator.forget_requests();
    let outcome = lab.run(&["rule", "--yes", "--rule=project=nope", "--rule=env-type=never", "--rule=any"]).exits(2);
    let _ = outcome.says("no project `nope`").says("no environment type `never`").says("hctl get");
    assert!(lab.orchestrator.requests().iter().all(|request| request.method == "GET"));
    let _ = lab.run(&["rule", "--yes", "--rule=projekt=x"]).exits(2).says("`--rule`");
    let _ = lab.run(&["rule", "--yes"]).exits(3).says("--rule any");
}

#[test]
fn the_same_rule_for_another_runner_is_warned_about() {
    let lab = registered("shared");
    let ours = lab.registered();
    let (configuration, storage) = (&ours["runner_configuration"], &ours["state_storage_configuration"]);
    let body =
        json!({ "id": "another", "runner_configuration": configuration, "state_storage_configuration": storage });
    lab.orchestrator.add_runner(&body);
    lab.orchestrator.add_rule("another", None, Some("development"));
    let outcome = lab.run(&["rule", "--yes", "--rule=env-type=development", "-o", "json"]).exits(0);
    let outcome = outcome.says("exists for runner `another` too");
    assert!(outcome.json()["warnings"][0].as_str().unwrap().contains("`another`"));
    assert_eq!(lab.orchestrator.rules().len(), 2);
}

#[test]
fn a_setup_without_a_rule_says_so_and_names_the_next_command() {
    let lab = Lab::new("norule");
    let outcome = lab.run(&["apply", "--yes", "--no-wait", "-o", "json"]).exits(0).says("no rule selects runner");
    let next = outcome.json()["next"][0].as_str().unwrap().to_owned();
    assert!(next.starts_with("runner-setup rule "), "{next}");
    let line = next.replace("env-type=ID", "env-type=development");
    let words: Vec<_> = line.split(' ').skip(1).collect();
    let _ = lab.run(&[&words[..], &["--yes"]].concat()).exits(0);
    let outcome = lab.run(&["apply", "--yes", "--no-wait", "-o", "json"]).exits(0);
    assert_eq!(outcome.json()["warnings"], json!([]), "one rule is enough");
}

#[test]
fn a_rule_that_was_made_by_a_request_without_an_answer_is_not_made_twice() {
    for what in [What::DropAfter, What::Truncate, What::status(502)] {
        let lab = registered("unclear");
        lab.orchestrator.fault(Fault::once("POST", "/runner-rules", what));
        let _ = lab.run(&["rule", "--yes", "--rule=any"]).exits(0);
        assert_eq!(lab.orchestrator.rules().len(), 1);
        assert_eq!(lab.orchestrator.violations(), Vec::<String>::new());
    }
}
