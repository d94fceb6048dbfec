//! `destroy` on EKS: what carries our tags goes, and only what nobody else needs.

use serde_json::json;

use crate::support::EksLab;

const IRSA: [&str; 3] = ["apply", "--yes", "--no-wait"];

fn changes(outcome: &crate::support::Outcome) -> Vec<(String, String)> {
    let document = outcome.json();
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let changes = document["changes"].as_array().unwrap().iter();
    changes.map(|it| (text(&it["action"]), text(&it["object"]))).filter(|it| it.1.starts_with("aws:")).collect()
}

fn role(lab: &EksLab) -> String {
    format!("humanitec-kubernetes-agent-runner-{}", lab.cluster.name())
}

#[test]
fn everything_that_was_made_goes_and_a_second_run_finds_nothing() {
    let lab = EksLab::new("eks-destroy");
    let policy = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess";
    let file = lab.file(
        "policy.json",
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}"#,
    );
    let apply = [&IRSA[..], &["--attach-policy", policy, "--policy-file", file.to_str().unwrap()]].concat();
    drop(lab.run(&apply).exits(0));

    let before = lab.account.writes().len();
    let preview = lab.run(&["destroy", "--dry-run", "-o", "json"]).exits(0);
    assert_eq!(lab.account.writes().len(), before, "a preview changes nothing");
    let deleted: Vec<_> = changes(&preview).into_iter().filter(|it| it.0 == "delete").map(|it| it.1).collect();
    assert!(deleted.contains(&format!("aws:role/{}", role(&lab))), "{preview}");

    let done = lab.run(&["destroy", "--yes", "-o", "json"]).exits(0);
    assert_eq!(done.json()["outcome"], "done", "{done}");
    assert_eq!(lab.account.role(&role(&lab)), None);
    assert_eq!(lab.account.aws(&["iam", "list-open-id-connect-providers"])["OpenIDConnectProviderList"], json!([]));
    assert_eq!(lab.run(&["destroy", "--yes", "-o", "json"]).exits(0).json()["outcome"], "nothing-to-do");
}

#[test]
fn a_provider_that_another_role_trusts_stays() {
    let lab = EksLab::new("eks-destroy-shared");
    drop(lab.run(&IRSA).exits(0));
    let trust =
        lab.account.aws(&["iam", "get-role", "--role-name", &role(&lab)])["Role"]["AssumeRolePolicyDocument"].clone();
    lab.account.aws(&[
        "iam",
        "create-role",
        "--role-name",
        "other",
        "--assume-role-policy-document",
        &trust.to_string(),
    ]);
    let done = lab.run(&["destroy", "--yes", "-o", "json"]).exits(0);
    assert_eq!(lab.account.role(&role(&lab)), None, "{done}");
    let providers = &lab.account.aws(&["iam", "list-open-id-connect-providers"])["OpenIDConnectProviderList"];
    assert_eq!(providers.as_array().unwrap().len(), 1);
    let kept = done.json()["changes"]
        .as_array()
        .unwrap()
        .iter()
        .find(|it| it["object"].as_str().unwrap().starts_with("aws:oidc-provider/"))
        .unwrap()
        .clone();
    assert_eq!(kept["action"], "unchanged");
    assert!(kept["why"].as_str().unwrap().contains("other roles trust it: other"), "{kept}");
}

#[test]
fn an_adopted_role_and_a_found_provider_stay() {
    let lab = EksLab::new("eks-destroy-kept");
    let issuer = lab.cluster.issuer();
    lab.account.aws(&[
        "iam",
        "create-open-id-connect-provider",
        "--url",
        &issuer,
        "--client-id-list",
        "sts.amazonaws.com",
    ]);
    let trust = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
    lab.account.aws(&["iam", "create-role", "--role-name", &role(&lab), "--assume-role-policy-document", trust]);
    drop(lab.run(&IRSA).exits(0));
    let before = lab.account.writes().len();
    drop(lab.run(&["destroy", "--yes"]).exits(0));
    assert_eq!(lab.account.writes().len(), before, "nothing in AWS was made by this tool");
    assert!(lab.account.role(&role(&lab)).is_some());
}

#[test]
fn a_role_of_ours_that_others_use_too_only_lets_the_jobs_in_no_longer() {
    let lab = EksLab::new("eks-destroy-trust");
    drop(lab.run(&IRSA).exits(0));
    let mut trust =
        lab.account.aws(&["iam", "get-role", "--role-name", &role(&lab)])["Role"]["AssumeRolePolicyDocument"].clone();
    let theirs = json!({"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"});
    trust["Statement"].as_array_mut().unwrap().push(theirs.clone());
    lab.account.aws(&[
        "iam",
        "update-assume-role-policy",
        "--role-name",
        &role(&lab),
        "--policy-document",
        &trust.to_string(),
    ]);
    drop(lab.run(&["destroy", "--yes"]).exits(0));
    let left = lab.account.aws(&["iam", "get-role", "--role-name", &role(&lab)])["Role"]["AssumeRolePolicyDocument"]["Statement"].clone();
    assert_eq!(left, json!([theirs]));
    assert_eq!(lab.run(&["destroy", "--yes", "-o", "json"]).exits(0).json()["outcome"], "nothing-to-do");
}

#[test]
fn pod_identity_goes_even_when_nobody_says_so_again() {
    let lab = EksLab::new("eks-destroy-pod");
    drop(lab.run(&["apply", "--yes", "--no-wait", "--identity", "pod-identity", "--install-addon"]).exits(0));
    assert_eq!(lab.account.associations().len(), 1);
    let done = lab.run(&["destroy", "--yes", "-o", "json"]).exits(0);
    assert_eq!((lab.account.associations().len(), lab.account.role(&role(&lab))), (0, None), "{done}");
}

#[test]
fn a_role_that_two_runners_share_goes_with_the_last_of_them() {
    let mut lab = EksLab::new("eks-destroy-two");
    drop(lab.run(&IRSA).exits(0));
    let first = (lab.runner.clone(), lab.runner_namespace.clone(), lab.job_namespace.clone());
    let second = (format!("{}-b", first.0), format!("{}-b", first.1), format!("{}-b", first.2));
    let turn = |lab: &mut EksLab, to: &(String, String, String)| {
        lab.set("RUNNER_ID", to.0.as_str()).set("CLUSTER_RUNNER_NAMESPACE", to.1.as_str());
        lab.set("CLUSTER_RUNNER_JOB_NAMESPACE", to.2.as_str());
    };
    turn(&mut lab, &second);
    drop(lab.run(&IRSA).exits(4).says("belongs to another service account of this cluster"));
    let object = format!("aws:role/{}", role(&lab));
    drop(lab.run(&[&IRSA[..], &["--adopt", &object]].concat()).exits(0));
    turn(&mut lab, &first);
    drop(lab.run(&["destroy", "--yes"]).exits(0));
    let left =
        lab.account.aws(&["iam", "get-role", "--role-name", &role(&lab)])["Role"]["AssumeRolePolicyDocument"].clone();
    assert!(!left.to_string().contains(&format!("{}:", first.2)) && left.to_string().contains(&second.2), "{left}");
    turn(&mut lab, &second);
    drop(lab.run(&["destroy", "--yes"]).exits(0));
    assert_eq!(lab.account.role(&role(&lab)), None);
    assert_eq!(lab.account.aws(&["iam", "list-open-id-connect-providers"])["OpenIDConnectProviderList"], json!([]));
}
