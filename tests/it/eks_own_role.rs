//! `--role-arn`: a role of one's own is never changed; what it lacks is printed as the exact statement to add.

use serde_json::{Value, json};
use world::aws::Aws;

use crate::support::{AUDIENCE, EksLab, Outcome};

const OWN: &str = "team-runner";

fn apply(lab: &EksLab, arn: &str, more: &[&str]) -> Outcome {
    lab.run(&[&["apply", "--yes", "--no-wait", "-o", "json", "--role-arn", arn], more].concat())
}

fn ec2() -> Value {
    json!({ "Version": "2012-10-17", "Statement": [
        { "Effect": "Allow", "Principal": { "Service": "ec2.amazonaws.com" }, "Action": "sts:AssumeRole" },
    ] })
}

#[test]
fn a_role_that_trusts_the_jobs_is_used_and_nothing_of_it_is_changed() {
    let lab = EksLab::new("own-fine");
    lab.create_provider(&[AUDIENCE], &[]);
    lab.create_role(OWN, &lab.guide_trust(), &["--path", "/teams/blue/"]);
    let before = lab.get_role(OWN);
    let arn = lab.account.iam_arn(&format!("role/teams/blue/{OWN}"));
    let mark = lab.account.mark();
    let applied = apply(&lab, &arn, &[]).exits(0);
    EksLab::was_exchanged(&applied, OWN);
    assert_eq!(lab.aws_writes_since(mark), Vec::<String>::new());
    assert_eq!(lab.get_role(OWN), before);
    assert_eq!(lab.annotated(), Some(arn.clone()));
    assert!(lab.account.role(&lab.role_name()).is_none(), "no second role");
    lab.has_nothing_to_do(&["--no-wait", "--role-arn", &arn]);
}

#[test]
fn the_statement_that_is_missing_is_printed_and_adding_it_is_enough() {
    let lab = EksLab::new("own-lacks");
    lab.create_role(OWN, &ec2(), &[]);
    let arn = lab.role_arn(OWN);
    let mark = lab.account.mark();
    let refused = lab.refuses(&["--no-wait", "--role-arn", &arn]).explains("does not let the jobs' service account in");
    assert_eq!(lab.aws_writes_since(mark), Vec::<String>::new());
    let error = refused.json()["error"].clone();
    let hints = error["hints"].as_array().unwrap();
    let printed = hints.iter().find_map(|hint| hint.as_str().unwrap().split_once("trust policy: ")).unwrap().1;
    let statement: Value = serde_json::from_str(printed).unwrap();
    assert_eq!(statement, lab.guide_trust()["Statement"][0]);
    let mut trust = lab.get_role(OWN)["AssumeRolePolicyDocument"].clone();
    trust["Statement"].as_array_mut().unwrap().push(statement);
    lab.set_trust(OWN, &trust);
    let applied = apply(&lab, &arn, &[]).exits(0);
    EksLab::was_exchanged(&applied, OWN);
    assert_eq!(lab.get_role(OWN)["AssumeRolePolicyDocument"], trust);
    lab.has_nothing_to_do(&["--no-wait", "--role-arn", &arn]);
}

#[test]
fn a_role_whose_trust_denies_the_jobs_is_told_apart() {
    let lab = EksLab::new("own-denies");
    let mut trust = lab.guide_trust();
    let mut deny = trust["Statement"][0].clone();
    deny["Effect"] = json!("Deny");
    trust["Statement"].as_array_mut().unwrap().push(deny);
    lab.create_role(OWN, &trust, &[]);
    let refused = lab.refuses(&["--no-wait", "--role-arn", &lab.role_arn(OWN)]).explains("denies");
    assert!(!refused.stdout.contains("add this statement"), "adding one would not help\n{refused}");
}

#[test]
fn conditions_that_cannot_be_judged_are_left_to_the_proof() {
    let lab = EksLab::new("own-unjudged");
    lab.create_provider(&[AUDIENCE], &[]);
    let arn = lab.role_arn(OWN);
    let mut trust = lab.guide_trust();
    trust["Statement"][0]["Condition"]["DateGreaterThan"] = json!({ "aws:CurrentTime": "2020-01-01T00:00:00Z" });
    lab.create_role(OWN, &trust, &[]);
    let applied = apply(&lab, &arn, &[]).exits(0).says("the proof will tell");
    EksLab::was_exchanged(&applied, OWN);
    trust["Statement"][0]["Condition"]["DateGreaterThan"] = json!({ "aws:CurrentTime": "2999-01-01T00:00:00Z" });
    lab.set_trust(OWN, &trust);
    let _ = apply(&lab, &arn, &["--timeout", "15s"]).exits(4).explains("can't be judged from here");
    assert_eq!(lab.get_role(OWN)["AssumeRolePolicyDocument"], trust);
}

#[test]
fn the_guide_s_variable_for_the_role_s_name_is_no_quarrel_with_an_arn() {
    let mut lab = EksLab::new("own-env");
    lab.create_role(OWN, &lab.guide_trust(), &[]);
    lab.set("RUNNER_ROLE_NAME", "another");
    let applied = apply(&lab, &lab.role_arn(OWN), &[]).exits(0);
    EksLab::was_exchanged(&applied, OWN);
    lab.set("RUNNER_ROLE_NAME", "r".repeat(65));
    let _ = lab.refuses_with(2, &["--no-wait"]).explains("RUNNER_ROLE_NAME").explains("64");
}

#[test]
fn a_wrong_path_and_a_missing_role_are_typing_errors() {
    let lab = EksLab::new("own-path");
    lab.create_role(OWN, &lab.guide_trust(), &["--path", "/teams/"]);
    let right = lab.account.iam_arn(&format!("role/teams/{OWN}"));
    let wrong = lab.role_arn(OWN);
    let _ = lab.refuses_with(2, &["--no-wait", "--role-arn", &wrong]).explains(&format!("--role-arn {right}"));
    let missing = lab.role_arn("nobody");
    let _ =
        lab.refuses_with(2, &["--no-wait", "--role-arn", &missing]).explains(&format!("there is no role `{missing}`"));
    for malformed in ["arn:aws:iam::12:role/x", "team-runner", "arn:aws:sts::123456789012:assumed-role/x/y"] {
        let _ = lab.refuses_with(2, &["--no-wait", "--role-arn", malformed]).explains(malformed);
    }
    let foreign = lab.role_arn(OWN).replace("arn:aws:", "arn:aws-cn:");
    let _ = lab.refuses_with(2, &["--no-wait", "--role-arn", &foreign]).explains("partition");
}

#[test]
fn a_role_of_another_account_is_proved_by_the_exchange_itself() {
    let lab = EksLab::new("own-cross");
    let other = Aws::shared().account();
    let (issuer, url) = (lab.issuer(), lab.cluster.issuer());
    let _ = other.aws(&["iam", "create-open-id-connect-provider", "--url", &url, "--client-id-list", AUDIENCE]);
    let mut trust = lab.guide_trust();
    let provider = other.iam_arn(&format!("oidc-provider/{issuer}"));
    trust["Statement"][0]["Principal"]["Federated"] = json!(provider);
    let create = |name: &str, trust: &Value| {
        let text = trust.to_string();
        let _ = other.aws(&["iam", "create-role", "--role-name", name, "--assume-role-policy-document", &text]);
        other.iam_arn(&format!("role/{name}"))
    };
    let arn = create(OWN, &trust);
    let mark = lab.account.mark();
    let applied = apply(&lab, &arn, &[]).exits(0).says("the proof will tell");
    let (word, observed) = EksLab::verified(&applied, "token-exchanged");
    assert_eq!(word, "pass", "{applied}");
    assert!(observed.contains(&format!("::{}:assumed-role/{OWN}/", other.id())), "{observed}");
    assert_eq!(lab.aws_writes_since(mark), Vec::<String>::new());
    assert_eq!(lab.annotated(), Some(arn));
    // One that does not trust the jobs is found by the proof.
    let closed = create("closed", &ec2());
    let failed = apply(&lab, &closed, &["--timeout", "20s"]).exits(4).explains("AccessDenied");
    assert_eq!(EksLab::verified(&failed, "token-exchanged").0, "fail", "{failed}");
}

#[test]
fn pod_identity_takes_no_role_of_another_account() {
    let lab = EksLab::new("own-pods");
    let arn = "arn:aws:iam::210987654321:role/elsewhere";
    let args = ["--no-wait", "--identity", "pod-identity", "--install-addon", "--role-arn", arn];
    let _ = lab.refuses(&args).explains("210987654321").explains("Pod Identity");
    assert_eq!(lab.account.writes().len(), 0);
}

#[test]
fn what_is_for_a_role_of_ours_is_refused_beside_it() {
    let lab = EksLab::new("own-flags");
    let arn = lab.role_arn(OWN);
    for flags in [
        ["--attach-policy", "arn:aws:iam::aws:policy/ReadOnlyAccess"],
        ["--role-path", "/teams/"],
        ["--role-name", "x"],
        ["--permissions-boundary", "arn:aws:iam::aws:policy/PowerUserAccess"],
    ] {
        let args = [&["--no-wait", "--role-arn", arn.as_str()], &flags[..]].concat();
        let _ = lab.refuses_with(2, &args).explains("excludes `--role-arn`");
    }
}
