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

/// The lines for aws, as they are pasted: into one shell.
fn paste(lab: &EksLab, lines: &[String]) {
    let pasted = ["export", "aws"];
    let lines: Vec<_> =
        lines.iter().filter(|line| pasted.contains(&line.split(' ').next().unwrap())).map(String::as_str).collect();
    sh(lab, &lines.join("\n"));
}

#[test]
fn the_aws_lines_act_in_the_account_of_the_profile() {
    let mut lab = EksLab::new("cmd-profile");
    let is_export = |line: &String| line.starts_with("export AWS_PROFILE=");
    assert!(!lines(&lab, &[]).iter().any(is_export), "nobody named a profile");
    let id = lab.account.id().to_owned();
    lab.unset("AWS_ACCESS_KEY_ID").unset("AWS_SECRET_ACCESS_KEY").unset("AWS_SESSION_TOKEN");
    let keys =
        |profile: &str, id: &str| format!("[{profile}]\naws_access_key_id = {id}\naws_secret_access_key = test\n");
    let elsewhere = Aws::shared().account();
    lab.file(".aws/config", "[profile team]\nregion = eu-central-1\n");
    lab.file(".aws/credentials", &[keys("default", elsewhere.id()), keys("team", &id)].concat());
    let all = lines(&lab, &["--profile", "team"]);
    let exports: Vec<_> = all.iter().filter(|line| is_export(line)).collect();
    assert_eq!(exports, ["export AWS_PROFILE=team"], "{all:#?}");
    let first = all.iter().position(|line| line.starts_with("aws ")).unwrap();
    assert!(is_export(&all[first - 1]), "{all:#?}");
    assert!(!all.iter().any(|line| line.contains("update-kubeconfig")), "there is a context: {all:#?}");
    paste(&lab, &all);
    assert!(elsewhere.writes().is_empty());
    let _ = lab.statements(&lab.role_name());
    // What was said in the file or by the variable counts as much; and where nothing is done in AWS, there is no line.
    lab.file("runner-setup.yaml", "apiVersion: runner-setup/v1\naws: { profile: team }\n");
    assert_eq!(lines(&lab, &["--tag=a=b"]).iter().filter(|line| is_export(line)).count(), 1);
    assert!(!lines(&lab, &[]).iter().any(is_export));
    let _ = lab.run(&["apply", "--yes", "--no-wait"]).exits(0);
    let destroy = lab.run(&["destroy", "--dry-run", "--show-commands"]).exits(0).stdout;
    assert!(destroy.find("export AWS_PROFILE=team\n").unwrap() < destroy.find("aws iam").unwrap(), "{destroy}");
}

#[test]
fn without_a_kubeconfig_the_lines_make_one_first() {
    let mut lab = EksLab::without_kubeconfig("cmd-nokube");
    lab.name_cluster();
    let all = lines(&lab, &["--provider=eks"]);
    let line = format!("aws eks update-kubeconfig --name {} --region eu-central-1", lab.cluster.name());
    assert_eq!(all.iter().filter(|it| **it == line).count(), 1, "{all:#?}");
    let kubectl = all.iter().position(|line| line.starts_with("kubectl ")).unwrap();
    assert_eq!(all[kubectl - 1], line, "{all:#?}");
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
