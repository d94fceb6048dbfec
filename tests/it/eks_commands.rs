//! `plan --show-commands` and saved plans on EKS: the aws lines are real ones, and a plan is applied exactly.

use std::process::Command;

use serde_json::json;
use world::aws::Aws;

use crate::support::{EksLab, JOB, Outcome};

fn lines(lab: &EksLab, flags: &[&str]) -> Vec<String> {
    let document = lab.run(&[&["plan", "--show-commands", "-o", "json"], flags].concat()).exits(0).json();
    document["next"].as_array().unwrap().iter().map(|line| line.as_str().unwrap().to_owned()).collect()
}

/// Runs a line with the real tools.
#[track_caller]
fn sh(lab: &EksLab, line: &str) {
    let folder = Aws::cli_folder().display().to_string();
    let mut command = Command::new("sh");
    command.args(["-euc", line]).env_clear().envs(lab.env()).current_dir(lab.home());
    let output = command.env("PATH", format!("{folder}:{}", lab.env()["PATH"])).output().unwrap();
    assert!(output.status.success(), "{line}\n{}", String::from_utf8_lossy(&output.stderr));
}

/// Runs every line that a tool on this machine can run; helm is the chart by hand.
fn run_all(lab: &EksLab, lines: &[String]) {
    for line in lines {
        match line.split(' ').next().unwrap() {
            "helm" => lab.chart().iter().for_each(|object| drop(lab.create_as("helm", object))),
            "hctl" => {}
            _ => sh(lab, line),
        }
    }
}

/// What is not unchanged, without the registration.
fn left(planned: &Outcome) -> Vec<String> {
    planned.changed().into_iter().filter(|change| !change.contains("orchestrator:")).collect()
}

#[test]
fn the_lines_make_what_the_plan_would_have_made() {
    let lab = EksLab::new("cmd-irsa");
    lab.file(
        "policy.json",
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"rds:*","Resource":"*"}]}"#,
    );
    let flags = [
        "--attach-policy",
        "arn:aws:iam::aws:policy/ReadOnlyAccess",
        "--permissions-boundary",
        "arn:aws:iam::aws:policy/PowerUserAccess",
        "--policy-file",
        "policy.json",
        "--role-path",
        "/runners/",
        "--tag",
        "team=it's \"blue\" $HOME",
    ];
    // A quote is no sign that a tag may have.
    let _ = lab.run(&[&["plan"], &flags[..]].concat()).exits(2);
    let flags = [&flags[..flags.len() - 1], &["team=blue + green"]].concat();
    let lines = lines(&lab, &flags);
    let annotate = lines.iter().position(|line| line.starts_with("kubectl annotate serviceaccount")).unwrap();
    let helm = lines.iter().position(|line| line.starts_with("helm ")).unwrap();
    assert!(helm < annotate, "{lines:#?}");
    assert!(!lines[helm].contains("role-arn"), "the agent has no business with AWS");
    run_all(&lab, &lines);
    let role = lab.account.iam_arn(&format!("role/runners/{}", lab.role_name()));
    assert_eq!(lab.annotated(), Some(role));
    let planned = lab.run(&[&["plan", "-o", "json"], &flags[..]].concat()).exits(0);
    assert_eq!(left(&planned), Vec::<String>::new(), "{planned}");
    let applied = lab.run(&[&["apply", "--yes", "--no-wait", "-o", "json"], &flags[..]].concat()).exits(0);
    EksLab::was_exchanged(&applied, &lab.role_name());
}

#[test]
fn the_lines_of_pod_identity_are_as_good() {
    let lab = EksLab::new("cmd-pods");
    let flags = ["--identity", "pod-identity", "--install-addon", "--tag", "team=blue"];
    let lines = lines(&lab, &flags);
    assert!(!lines.iter().any(|line| line.contains("annotate")), "{lines:#?}");
    run_all(&lab, &lines);
    let planned = lab.run(&[&["plan", "-o", "json"], &flags[..]].concat()).exits(0);
    assert_eq!(left(&planned), Vec::<String>::new(), "{planned}");
}

#[test]
fn the_lines_for_what_is_there_add_what_is_missing() {
    let lab = EksLab::new("cmd-update");
    let ec2 = json!({ "Version": "2012-10-17", "Statement": [
        { "Effect": "Allow", "Principal": { "Service": "ec2.amazonaws.com" }, "Action": "sts:AssumeRole" },
    ] });
    lab.create_provider(&["sigstore"], &[]);
    lab.create_role(&lab.role_name(), &ec2, &[]);
    run_all(&lab, &lines(&lab, &[]));
    assert_eq!(lab.statements(&lab.role_name()).len(), 2);
    assert_eq!(left(&lab.run(&["plan", "-o", "json"]).exits(0)), Vec::<String>::new());
    // An annotation alone needs no helm.
    let other = lab.role_arn("another");
    lab.create_role("another", &lab.guide_trust(), &[]);
    let _ = lab.run(&["apply", "--yes", "--no-wait"]).exits(0);
    let account = format!("kubernetes:ServiceAccount/{}/{JOB}", lab.job_namespace);
    let lines = lines(&lab, &["--role-arn", &other, "--adopt", &account]);
    assert_eq!(lines.len(), 1, "{lines:#?}");
    run_all(&lab, &lines);
    assert_eq!(lab.annotated(), Some(other));
}

fn save(lab: &EksLab) -> Outcome {
    lab.run(&["plan", "--out=p.json", "-o", "json", "--no-wait", "--tag", "team=blue"]).exits(0)
}

fn apply_saved(lab: &EksLab) -> Outcome {
    lab.run(&["apply", "p.json", "--yes", "-o", "json"])
}

#[test]
fn a_saved_plan_is_applied_exactly_in_aws_too() {
    let lab = EksLab::new("saved-all");
    let planned = save(&lab);
    let text = std::fs::read_to_string(lab.home().join("p.json")).unwrap();
    assert!(!text.contains("AWS_SECRET") && !text.contains("SecretAccessKey"));
    let applied = apply_saved(&lab).exits(0);
    assert_eq!(applied.changed(), planned.changed());
    EksLab::was_exchanged(&applied, &lab.role_name());
    assert_eq!(lab.tag(&lab.role_name(), "team").as_deref(), Some("blue"));
    assert_eq!(apply_saved(&lab).code, 4, "it is done, and there is nothing of it left to do");
}

#[test]
fn a_role_that_appeared_or_changed_since_is_named_and_nothing_is_written() {
    let lab = EksLab::new("saved-moved");
    let _ = save(&lab);
    lab.create_role(&lab.role_name(), &lab.guide_trust(), &[]);
    let mark = lab.account.mark();
    let _ = apply_saved(&lab).exits(4).says("the world moved").says(&lab.role_object());
    // Planned with that role, and then its trust changes.
    let _ = save(&lab);
    let ec2 = json!({ "Effect": "Allow", "Principal": { "Service": "ec2.amazonaws.com" }, "Action": "sts:AssumeRole" });
    lab.set_trust(&lab.role_name(), &json!({ "Version": "2012-10-17", "Statement": [ec2] }));
    let _ = apply_saved(&lab).exits(4).says("the world moved").says(&lab.role_object());
    assert_eq!(lab.aws_writes_since(mark), ["UpdateAssumeRolePolicy"], "that was the test");
    assert!(lab.get("v1", "ServiceAccount", &lab.job_namespace, JOB).is_none());
}

#[test]
fn a_saved_plan_is_for_its_own_aws_account() {
    let mut lab = EksLab::new("saved-acc");
    let _ = save(&lab);
    let other = Aws::shared().account();
    let _ = other.cluster(lab.cluster.name(), lab.world);
    lab.set_all(&other.env());
    let refused = apply_saved(&lab).exits(4);
    assert!(refused.stderr.contains(other.id()) || refused.stderr.contains("the world moved"), "{refused}");
    assert!(other.writes().is_empty());
}
