//! The phases alone, by different people with different rights, in every order that makes sense.

use crate::support::{Lab, Outcome};

/// Somebody with a cluster and no Orchestrator login.
fn without_login(lab: &mut Lab) -> &mut Lab {
    lab.unset("HUMANITEC_AUTH_TOKEN")
}

/// Runs a phase as somebody without a cluster.
fn without_cluster(lab: &mut Lab, args: &[&str]) -> Outcome {
    let kubeconfig = lab.env()["KUBECONFIG"].clone();
    let token = lab.orchestrator.token();
    lab.unset("KUBECONFIG").set("HUMANITEC_AUTH_TOKEN", token);
    let outcome = lab.run(args);
    lab.set("KUBECONFIG", kubeconfig);
    without_login(lab);
    outcome
}

#[test]
fn two_people_share_the_work_and_neither_has_the_other_s_rights() {
    let mut lab = Lab::new("two");
    let (org, runner) = (lab.env()["HUMANITEC_ORG"].clone(), lab.runner.clone());
    without_login(&mut lab).unset("HUMANITEC_ORG").unset("RUNNER_ID");
    let _ = lab.run(&["namespaces", "--yes"]).exits(0);
    let outcome = lab.run(&["secret", "--yes", "-o", "json"]).exits(0);
    lab.file("public.pem", outcome.json()["runner"]["publicKey"].as_str().unwrap());
    assert!(lab.orchestrator.requests().is_empty(), "the cluster's half needs no Orchestrator");
    lab.set("HUMANITEC_ORG", org).set("RUNNER_ID", runner);
    let _ = without_cluster(&mut lab, &["register", "--yes", "--public-key-file=public.pem"]).exits(0);
    let _ = without_cluster(&mut lab, &["rule", "--yes", "--rule=env-type=development"]).exits(0);
    let outcome = lab.run(&["install", "--yes"]).exits(0).says("was not looked at");
    assert!(outcome.stderr.contains("proved"), "{outcome}");
    lab.proves_itself();
    let token = lab.orchestrator.token();
    lab.set("HUMANITEC_AUTH_TOKEN", token);
    let outcome = lab.run(&["apply", "--yes", "--rule=env-type=development", "-o", "json"]).exits(0);
    // The one who registered could not see the cluster: its uid is all that is written down now.
    let changed = outcome.changed();
    assert!(changed.iter().all(|it| it.contains("orchestrator:runner/")), "{outcome}");
    let outcome = lab.run(&["apply", "--yes", "--rule=env-type=development", "-o", "json"]).exits(0);
    assert_eq!(outcome.json()["outcome"], "nothing-to-do");
}

#[test]
fn the_order_may_begin_with_the_key_and_the_registration() {
    let lab = Lab::new("keyfirst");
    let _ = lab.run(&["keygen"]).exits(0);
    for args in [
        &["register", "--yes", "--public-key-file=runner_public_key.pem"][..],
        &["rule", "--yes", "--rule=any"],
        &["namespaces", "--yes"],
        &["secret", "--yes", "--private-key-file=runner_private_key.pem"],
        &["install", "--yes"],
    ] {
        let _ = lab.run(args).exits(0);
        let again = lab.run(&[args, &["-o", "json"]].concat()).exits(0);
        assert_eq!(again.json()["outcome"], "nothing-to-do", "{args:?}\n{again}");
    }
    assert_eq!(
        lab.private_key_pem().unwrap(),
        std::fs::read_to_string(lab.home().join("runner_private_key.pem")).unwrap()
    );
    lab.proves_itself();
}

#[test]
fn the_order_may_be_that_of_apply_and_ends_where_apply_ends() {
    let lab = Lab::new("inorder");
    for args in [
        &["namespaces", "--yes"][..],
        &["secret", "--yes"],
        &["register", "--yes"],
        &["install", "--yes"],
        &["rule", "--yes", "--rule=any"],
    ] {
        let _ = lab.run(args).exits(0);
    }
    let outcome = lab.run(&["apply", "--yes", "--rule=any", "-o", "json"]).exits(0);
    assert_eq!(outcome.json()["outcome"], "nothing-to-do", "{outcome}");
    lab.proves_itself();
}

#[test]
fn a_missing_precondition_names_the_phase_that_makes_it() {
    let mut lab = Lab::new("missing");
    let _ = lab.run(&["secret", "--yes"]).exits(4).says("the namespace is missing").says("runner-setup namespaces");
    let _ = lab.run(&["install", "--yes"]).exits(4).says("runner-setup namespaces").says("runner-setup secret");
    let _ = lab.run(&["register", "--yes"]).exits(4).says("runner-setup secret");
    let _ = lab.run(&["rule", "--yes", "--rule=any"]).exits(4).says("runner-setup register");
    let _ = lab.run(&["namespaces", "--yes"]).exits(0);
    let _ = lab.run(&["install", "--yes"]).exits(4).says("runner-setup secret");
    let _ = lab.run(&["secret", "--yes"]).exits(0);
    let _ = lab.run(&["install", "--yes"]).exits(4).says("is not registered").says("runner-setup register");
    assert!(lab.orchestrator.requests().iter().all(|request| request.method == "GET"));
    lab.unset("KUBECONFIG");
    let _ = lab.run(&["register", "--yes"]).exits(3).says("kubeconfig");
}

#[test]
fn a_phase_changes_nothing_but_its_own_part() {
    let lab = Lab::new("own");
    let _ = lab.run(&["namespaces", "--yes"]).exits(0);
    let there = |kind: &str, namespace: &str| {
        let all = lab.world.list("v1", kind, namespace);
        all.iter().filter(|it| it["metadata"]["name"].as_str().unwrap().starts_with("humanitec")).count()
    };
    assert_eq!((there("Secret", &lab.runner_namespace), there("ConfigMap", &lab.runner_namespace)), (0, 0));
    let _ = lab.run(&["secret", "--yes"]).exits(0);
    assert_eq!((there("Secret", &lab.runner_namespace), there("ConfigMap", &lab.runner_namespace)), (1, 0));
    let _ = lab.run(&["register", "--yes"]).exits(0);
    assert_eq!(there("ServiceAccount", &lab.job_namespace), 0);
    assert!(lab.orchestrator.rules().is_empty());
}
