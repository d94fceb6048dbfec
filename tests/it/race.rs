//! Two at the same time on the same cluster: one key, one runner, and both succeed or one says clearly why not.

use std::time::Duration;

use world::{Fault, What};

use crate::crash::has_one_key_and_one_runner;
use crate::support::{AGENT, Lab, new_key};

#[test]
fn two_runs_at_once_make_one_key_and_one_runner() {
    for _ in 0..3 {
        let lab = Lab::new("race");
        let runs = [0, 1].map(|_| lab.start(&["apply", "--yes", "--rule=any", "-o", "json"]));
        for run in runs {
            let outcome = run.end();
            if outcome.code != 0 {
                let outcome = outcome.exits(4);
                assert!(outcome.json()["error"]["message"].as_str().unwrap().len() > 20, "{outcome}");
            }
        }
        let _ = lab.run(&["apply", "--yes", "--rule=any"]).exits(0);
        lab.has_nothing_to_do(&["--rule=any"]);
        has_one_key_and_one_runner(&lab);
        assert_eq!(lab.orchestrator.rules().len(), 1);
        lab.proves_itself();
    }
}

#[test]
fn four_runs_at_once_all_succeed() {
    let lab = Lab::new("crowd");
    let runs = [0; 4].map(|_| lab.start(&["apply", "--yes", "--rule=any"]));
    for run in runs {
        let _ = run.end().exits(0);
    }
    has_one_key_and_one_runner(&lab);
    assert_eq!(lab.orchestrator.rules().len(), 1);
    lab.has_nothing_to_do(&["--rule=any"]);
}

#[test]
fn a_key_that_somebody_else_made_meanwhile_is_used() {
    let lab = Lab::new("meanwhile");
    lab.create_namespaces();
    // The look is over when the second reading of the runner begins to hang; the plan is made of what was there then.
    lab.orchestrator.fault(Fault::once("GET", "/runners/", What::Delay(Duration::from_secs(2))));
    let mark = lab.world.audit().mark();
    let running = lab.start(&["apply", "--yes", "-o", "json"]);
    let secret = format!("/api/v1/namespaces/{}/secrets/{AGENT}", lab.runner_namespace);
    lab.world.wait_until("the program looked for the key", Duration::from_secs(20), || {
        lab.world.audit().requests(mark, "runner-setup").iter().any(|it| it.uri == secret)
    });
    let pem = new_key();
    lab.create_secret(AGENT, "private_key", &pem);
    let outcome = running.end().exits(0).says("somebody else made it meanwhile; their key is used");
    assert_eq!(lab.private_key_pem().as_deref(), Some(pem.as_str()));
    assert!(!outcome.stderr.contains(pem.lines().nth(1).unwrap()));
    has_one_key_and_one_runner(&lab);
    lab.proves_itself();
    lab.has_nothing_to_do(&[]);
}

#[test]
fn a_key_that_somebody_else_made_meanwhile_is_not_replaced_by_the_one_given() {
    let lab = Lab::new("given");
    lab.create_namespaces();
    let mine = lab.file("mine.pem", &new_key()).display().to_string();
    lab.orchestrator.fault(Fault::once("GET", "/runners/", What::Delay(Duration::from_secs(2))));
    let mark = lab.world.audit().mark();
    let running = lab.start(&["apply", "--yes", "-o", "json", "--private-key-file", &mine]);
    let secret = format!("/api/v1/namespaces/{}/secrets/{AGENT}", lab.runner_namespace);
    lab.world.wait_until("the program looked for the key", Duration::from_secs(20), || {
        lab.world.audit().requests(mark, "runner-setup").iter().any(|it| it.uri == secret)
    });
    let pem = new_key();
    lab.create_secret(AGENT, "private_key", &pem);
    let outcome = running.end().exits(4).explains("made by somebody else meanwhile, with another key");
    assert_eq!(outcome.json()["outcome"], "stopped", "what went along with it is made");
    assert_eq!(lab.private_key_pem().as_deref(), Some(pem.as_str()));
    assert_eq!(lab.orchestrator.runner_ids(), Vec::<String>::new(), "no key is registered that is not stored");
}
