//! Somebody else changes AWS between the look and the write: nothing of theirs is overwritten or deleted.

use serde_json::{Value, json};

use crate::support::{EksLab, Screen};

fn role(lab: &EksLab) -> String {
    format!("humanitec-kubernetes-agent-runner-{}", lab.cluster.name())
}

fn trust(lab: &EksLab) -> Value {
    lab.account.aws(&["iam", "get-role", "--role-name", &role(lab)])["Role"]["AssumeRolePolicyDocument"].clone()
}

/// Adds a statement as somebody else would, by hand.
fn let_lambda_in(lab: &EksLab) {
    let mut trust = trust(lab);
    let theirs = json!({"Sid": "Late", "Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"});
    trust["Statement"].as_array_mut().unwrap().push(theirs);
    lab.account.aws(&[
        "iam",
        "update-assume-role-policy",
        "--role-name",
        &role(lab),
        "--policy-document",
        &trust.to_string(),
    ]);
}

#[test]
fn a_statement_that_came_after_the_plan_is_not_overwritten() {
    let lab = EksLab::new("eks-race");
    let theirs = r#"{"Version":"2012-10-17","Statement":[{"Sid":"Ec2","Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
    lab.account.aws(&["iam", "create-role", "--role-name", &role(&lab), "--assume-role-policy-document", theirs]);
    let mut screen = Screen::start(&lab, &[], &["apply", "--no-wait"]);
    screen.shows("Make these changes?");
    let_lambda_in(&lab);
    screen.types("y\r").ends(9);
    screen.shows_at_end("was changed by somebody else since it was looked at");
    let sids = trust(&lab)["Statement"].as_array().unwrap().iter().map(|it| it["Sid"].clone()).collect::<Vec<_>>();
    assert_eq!(sids, [json!("Ec2"), json!("Late")], "nothing is lost");
    drop(lab.run(&["apply", "--yes", "--no-wait"]).exits(0));
    assert_eq!(trust(&lab)["Statement"].as_array().unwrap().len(), 3);
}

#[test]
fn what_others_began_to_use_after_the_preview_is_not_deleted() {
    let lab = EksLab::new("eks-race-destroy");
    drop(lab.run(&["apply", "--yes", "--no-wait"]).exits(0));
    let mut screen = Screen::start(&lab, &[], &["destroy"]);
    screen.shows("Delete these objects?");
    let_lambda_in(&lab);
    screen.types("y\r").ends(9);
    assert!(lab.account.role(&role(&lab)).is_some());

    let mut screen = Screen::start(&lab, &[], &["destroy"]);
    screen.shows("Delete these objects?");
    let mut other = trust(&lab);
    other["Statement"].as_array_mut().unwrap().truncate(1);
    lab.account.aws(&[
        "iam",
        "create-role",
        "--role-name",
        "other",
        "--assume-role-policy-document",
        &other.to_string(),
    ]);
    screen.types("y\r").ends(9);
    let providers = &lab.account.aws(&["iam", "list-open-id-connect-providers"])["OpenIDConnectProviderList"];
    assert_eq!(providers.as_array().unwrap().len(), 1, "another role trusts it now");
}

#[test]
fn a_role_whose_name_differs_in_case_only_is_named() {
    let lab = EksLab::new("eks-case");
    let name = role(&lab).replace("eks-case", "EKS-Case");
    let theirs = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
    lab.account.aws(&["iam", "create-role", "--role-name", &name, "--assume-role-policy-document", theirs]);
    // A role that is only not known everywhere yet looks the same, so that this is said in the end.
    let outcome = lab.run(&["apply", "--yes", "--no-wait", "--timeout=10s"]).exits(4);
    drop(outcome.says("letters may differ in case only").says("--role-name NAME"));
}

#[test]
fn a_role_that_others_made_keeps_its_policy_and_is_not_bounded() {
    let lab = EksLab::new("eks-theirs");
    let theirs = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
    lab.account.aws(&["iam", "create-role", "--role-name", &role(&lab), "--assume-role-policy-document", theirs]);
    let deny = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"iam:*","Resource":"*"}]}"#;
    lab.account.aws(&[
        "iam",
        "put-role-policy",
        "--role-name",
        &role(&lab),
        "--policy-name",
        "runner-setup",
        "--policy-document",
        deny,
    ]);
    lab.file(
        "policy.json",
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}"#,
    );
    let outcome = lab.run(&["apply", "--yes", "--policy-file", "policy.json"]).exits(4);
    drop(outcome.says("has another inline policy `runner-setup`").says(&format!("--adopt aws:role/{}", role(&lab))));
    let boundary = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess";
    let outcome = lab.run(&["apply", "--yes", "--permissions-boundary", boundary]).exits(4);
    drop(outcome.says("has no permissions boundary"));
    assert!(lab.account.writes().iter().all(
        |write| write.access_key != lab.env()["AWS_ACCESS_KEY_ID"] || write.action != "PutRolePermissionsBoundary"
    ));
}
