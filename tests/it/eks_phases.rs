//! The identity as a phase of its own, by people with and without access to the cluster: no order, no flapping.

use serde_json::json;

use crate::support::{EksLab, JOB, Outcome};

/// Everything in AWS, and nothing in the cluster: an administrator of the account without an access entry.
fn without_access(lab: &mut EksLab, name: &str) {
    let all = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": "*", "Resource": "*" }] });
    let person = lab.account.user_with_policy(name, &all);
    lab.act_as(&person);
}

/// As that person, without a kubeconfig.
fn identity(lab: &EksLab, more: &[&str]) -> Outcome {
    let name = lab.cluster.name();
    lab.run(&[&["identity", "--yes", "-o", "json", "--provider", "eks", "--cluster-name", name], more].concat())
}

/// Goes on as an administrator of both, with a kubeconfig.
fn as_administrator(lab: &mut EksLab) {
    let env = lab.account.env();
    let kubeconfig = lab.world.kubeconfig_admin_as(&lab.cluster.arn());
    lab.set_all(&env).set("KUBECONFIG", kubeconfig.display().to_string());
}

#[track_caller]
fn nothing_to_do(lab: &EksLab, args: &[&str]) {
    let outcome = lab.run(&[args, &["--yes", "-o", "json"]].concat()).exits(0);
    assert_eq!(outcome.changed(), Vec::<String>::new(), "{args:?}\n{outcome}");
    assert_eq!(outcome.json()["outcome"], "nothing-to-do", "{args:?}\n{outcome}");
}

#[test]
fn an_aws_administrator_without_access_goes_first_and_apply_finishes() {
    let mut lab = EksLab::without_kubeconfig("phase-first");
    without_access(&mut lab, "ada");
    let outcome = identity(&lab, &[]).exits(0).says("can't be looked at").says("runner-setup install");
    assert_eq!(EksLab::verified(&outcome, "token-exchanged").0, "unknown", "{outcome}");
    assert_eq!(outcome.changed().len(), 2, "{outcome}");
    assert_eq!(lab.statements(&lab.role_name()), [lab.guide_trust()["Statement"][0].clone()]);
    assert_eq!(identity(&lab, &[]).exits(0).json()["outcome"], "nothing-to-do");
    // The others need access, and say so.
    let name = lab.cluster.name().to_owned();
    let args = ["apply", "--yes", "--provider", "eks", "--cluster-name", &name];
    let refused = lab.run(&args);
    assert_ne!(refused.code, 0, "{refused}");

    as_administrator(&mut lab);
    let mark = lab.account.mark();
    let applied = lab.run(&["apply", "--yes", "-o", "json"]).exits(0);
    EksLab::was_exchanged(&applied, &lab.role_name());
    assert_eq!(lab.aws_writes_since(mark), Vec::<String>::new());
    assert_eq!(lab.annotated(), Some(lab.role_arn(&lab.role_name())));
    lab.proves_itself();
    for phase in [&["identity"][..], &["install"], &["apply"], &["identity"], &["namespaces"], &["apply"]] {
        nothing_to_do(&lab, phase);
    }
    lab.unset("KUBECONFIG");
    without_access(&mut lab, "eve");
    assert_eq!(identity(&lab, &[]).exits(0).json()["outcome"], "nothing-to-do");
}

#[test]
fn every_phase_in_turn_ends_where_apply_ends_and_none_undoes_another() {
    let lab = EksLab::new("phase-turn");
    let phases: [&[&str]; 5] = [&["namespaces"], &["identity"], &["secret"], &["register"], &["install"]];
    for phase in phases {
        let outcome = lab.run(&[phase, &["--yes", "-o", "json"]].concat()).exits(0);
        assert_eq!(outcome.json()["outcome"], "done", "{phase:?}\n{outcome}");
        nothing_to_do(&lab, phase);
        if phase == ["identity"] {
            // The namespace is there: the account is made, annotated and proved at once.
            EksLab::was_exchanged(&outcome, &lab.role_name());
            assert_eq!(lab.annotated(), Some(lab.role_arn(&lab.role_name())));
        }
    }
    let version = || {
        let account = lab.get("v1", "ServiceAccount", &lab.job_namespace, JOB).unwrap();
        account["metadata"]["resourceVersion"].clone()
    };
    let (before, mark) = (version(), lab.account.mark());
    for phase in [&["apply"][..], &["identity"], &["install"], &["apply"], &["install"], &["identity"]] {
        nothing_to_do(&lab, phase);
    }
    assert_eq!(version(), before);
    assert_eq!(lab.aws_writes_since(mark), Vec::<String>::new());
    lab.proves_itself();
}

#[test]
fn installing_without_aws_credentials_keeps_the_annotation() {
    let mut lab = EksLab::new("phase-nocred");
    let _ = lab.run(&["apply", "--yes", "--no-wait"]).exits(0);
    let (role, env) = (lab.role_arn(&lab.role_name()), lab.account.env());
    for name in env.keys() {
        lab.unset(name);
    }
    lab.set("AWS_EC2_METADATA_DISABLED", "true");
    let args = ["install", "--yes", "--no-wait", "-o", "json"];
    let outcome = lab.run(&args).exits(0).says("AWS can't be looked at");
    assert_eq!(outcome.json()["outcome"], "nothing-to-do", "{outcome}");
    let changed = lab.run(&[&args[..], &["--job-service-account-annotation", "team=blue"]].concat()).exits(0);
    assert_eq!(changed.changed().len(), 1, "{changed}");
    assert_eq!(lab.annotated(), Some(role.clone()));
    // Whoever has credentials says the same, and nothing flaps.
    lab.set_all(&env);
    nothing_to_do(&lab, &["install", "--no-wait", "--job-service-account-annotation", "team=blue"]);
    nothing_to_do(&lab, &["identity", "--job-service-account-annotation", "team=blue"]);
    assert_eq!(lab.annotated(), Some(role));
}

#[test]
fn an_annotation_that_somebody_took_away_or_changed_is_written_again() {
    let lab = EksLab::new("phase-drift");
    let _ = lab.run(&["apply", "--yes", "--no-wait"]).exits(0);
    let role = lab.role_arn(&lab.role_name());
    for value in [json!(null), json!("arn:aws:iam::123456789012:role/another")] {
        let patch = json!({ "metadata": { "annotations": { "eks.amazonaws.com/role-arn": value } } });
        lab.edit("v1", "ServiceAccount", &lab.job_namespace, JOB, &patch);
        let outcome = lab.run(&["identity", "--yes", "-o", "json"]).exits(0);
        assert_eq!(outcome.changed().len(), 1, "{outcome}");
        assert_eq!(lab.annotated(), Some(role.clone()));
    }
    nothing_to_do(&lab, &["apply", "--no-wait"]);
}

#[test]
fn an_identity_of_none_touches_nothing_in_aws() {
    let lab = EksLab::new("phase-none");
    let _ = lab.run(&["apply", "--yes", "--no-wait", "--identity", "none"]).exits(0);
    assert!(lab.account.requests().is_empty());
    assert_eq!(lab.annotated(), None);
}
