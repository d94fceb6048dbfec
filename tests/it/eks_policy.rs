//! The printed least-privilege policy is enough, and nothing in it is superfluous.

use std::thread;

use serde_json::{Value, json};

use crate::support::EksLab;

const POLICY: &str = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess";

/// The policy that is printed for a configuration.
fn policy(lab: &EksLab, args: &[&str]) -> Value {
    let outcome = lab.run(&[&["permissions", "--for", "aws", "-o", "json"], args].concat()).exits(0);
    let document = outcome.json();
    assert_eq!(document["schema"], "runner-setup/permissions/v1");
    let part = &document["parts"][0];
    assert_eq!((&part["part"], &part["format"]), (&json!("aws"), &json!("iam-policy")));
    part["document"].clone()
}

/// One configuration, and what somebody else does in the account between two runs, so that the second has to repair.
struct Case {
    name: &'static str,
    args: &'static [&'static str],
    drift: fn(&EksLab),
}

const CASES: [Case; 3] = [
    Case { name: "irsa", args: &[], drift: drift_of_irsa },
    Case {
        name: "all",
        args: &[
            "--attach-policy",
            POLICY,
            "--policy-file",
            "policy.json",
            "--role-path",
            "/platform/",
            "--permissions-boundary",
            POLICY,
        ],
        drift: drift_of_irsa,
    },
    Case { name: "pods", args: &["--identity", "pod-identity", "--install-addon"], drift: drift_of_pods },
];

fn role(lab: &EksLab) -> String {
    format!("humanitec-kubernetes-agent-runner-{}", lab.cluster.name())
}

const NOBODY: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;

/// The audience is gone from the provider, the trust and the boundary from the role.
fn drift_of_irsa(lab: &EksLab) {
    let issuer = lab.cluster.issuer();
    let provider = lab.account.iam_arn(&format!("oidc-provider/{}", issuer.trim_start_matches("https://")));
    let of_provider = ["--open-id-connect-provider-arn", &provider, "--client-id", "sts.amazonaws.com"];
    lab.account.aws(&[&["iam", "remove-client-id-from-open-id-connect-provider"], &of_provider[..]].concat());
    lab.account.aws(&["iam", "update-assume-role-policy", "--role-name", &role(lab), "--policy-document", NOBODY]);
    drop(
        lab.account
            .try_aws(&lab.account.env(), &["iam", "delete-role-permissions-boundary", "--role-name", &role(lab)]),
    );
}

/// The association names another role, and our role trusts nobody.
fn drift_of_pods(lab: &EksLab) {
    lab.account.aws(&["iam", "create-role", "--role-name", "other", "--assume-role-policy-document", NOBODY]);
    lab.account.aws(&["iam", "update-assume-role-policy", "--role-name", &role(lab), "--policy-document", NOBODY]);
    let associations = lab.account.associations();
    let id = associations[0]["associationId"].as_str().unwrap();
    let cluster = [
        "--cluster-name",
        lab.cluster.name(),
        "--association-id",
        id,
        "--role-arn",
        &lab.account.iam_arn("role/other"),
    ]
    .map(str::to_owned);
    let cluster: Vec<&str> = cluster.iter().map(String::as_str).collect();
    lab.account.aws(&[&["eks", "update-pod-identity-association"], &cluster[..]].concat());
}

/// Runs a case as somebody with the printed policy, changed first; answers what failed.
fn tried(case: &Case, change: impl Fn(&mut Value)) -> Option<String> {
    let mut lab = EksLab::new(case.name);
    lab.file(
        "policy.json",
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}"#,
    );
    let mut printed = policy(&lab, case.args);
    change(&mut printed);
    lab.act_as_user_with(&printed);
    let run = [&["identity", "--yes"], case.args].concat();
    let first = lab.run(&run);
    if first.code != 0 {
        return Some(format!("first run: {first}"));
    }
    (case.drift)(&lab);
    let second = lab.run(&run);
    (second.code != 0).then(|| format!("second run: {second}"))
}

#[test]
fn the_policy_is_enough_to_set_up_and_to_repair() {
    thread::scope(|scope| {
        for case in &CASES {
            scope.spawn(|| assert_eq!(tried(case, |_| {}), None, "{}", case.name));
        }
    });
}

#[test]
fn without_any_one_of_its_actions_something_fails() {
    for case in &CASES {
        let printed = policy(
            &{
                let lab = EksLab::new("eks-policy-list");
                lab.file("policy.json", r#"{"Statement":[]}"#);
                lab
            },
            case.args,
        );
        let mut all = Vec::new();
        for (at, statement) in printed["Statement"].as_array().unwrap().iter().enumerate() {
            all.extend((0..statement["Action"].as_array().unwrap().len()).map(|action| (at, action)));
        }
        assert!(all.len() > 6, "{printed}");
        thread::scope(|scope| {
            for chunk in all.chunks(all.len().div_ceil(4)) {
                let printed = &printed;
                scope.spawn(move || {
                    for (at, action) in chunk {
                        let what = &printed["Statement"][at]["Action"][action];
                        let failed = tried(case, |policy| {
                            policy["Statement"][at]["Action"].as_array_mut().unwrap().remove(*action);
                            if policy["Statement"][at]["Action"] == json!([]) {
                                policy["Statement"].as_array_mut().unwrap().remove(*at);
                            }
                        });
                        let failed = failed.unwrap_or_else(|| panic!("{}: {what} is superfluous", case.name));
                        let action = what.as_str().unwrap();
                        assert!(failed.contains(action), "{action} is not named: {failed}");
                    }
                });
            }
        });
    }
}

#[test]
fn what_destroy_takes_is_enough_to_destroy() {
    let mut lab = EksLab::new("eks-policy-destroy");
    let args = ["--attach-policy", POLICY];
    drop(lab.run(&[&["apply", "--yes", "--no-wait"], &args[..]].concat()).exits(0));
    let printed = policy(&lab, &[&["--destroy"], &args[..]].concat());
    lab.act_as_user_with(&printed);
    let done = lab.run(&["destroy", "--yes", "-o", "json"]).exits(0);
    assert_eq!(done.json()["outcome"], "done", "{done}");
    assert_eq!(lab.account.role(&role(&lab)), None);
}

#[test]
fn the_plan_says_which_rights_are_missing_when_iam_tells() {
    let mut lab = EksLab::new("eks-policy-simulate");
    let mut printed = policy(&lab, &[]);
    let statements = printed["Statement"].as_array_mut().unwrap();
    statements.push(json!({"Effect": "Allow", "Action": "iam:SimulatePrincipalPolicy", "Resource": "*"}));
    statements.retain(|statement| statement["Sid"] != "CreateRole");
    lab.act_as_user_with(&printed);
    let before = lab.account.writes().len();
    let outcome = lab.run(&["apply", "--yes"]).exits(4);
    drop(
        outcome
            .says("has no rights in AWS to iam:CreateRole on arn:aws:iam::")
            .says("runner-setup permissions --for aws"),
    );
    assert_eq!(lab.account.writes().len(), before, "nothing is begun that can't be finished");
}

#[test]
fn somebody_without_any_rights_gets_the_policy_too() {
    let mut lab = EksLab::new("eks-policy-none");
    let nothing = json!({"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"});
    lab.act_as_user_with(&json!({"Version": "2012-10-17", "Statement": [nothing]}));
    let printed = policy(&lab, &[]);
    let provider = printed["Statement"][1]["Resource"].as_str().unwrap().to_owned();
    assert!(provider.ends_with(":oidc-provider/oidc.eks.eu-central-1.amazonaws.com/id/*"), "{provider}");
    for name in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"] {
        lab.unset(name);
    }
    assert_eq!(policy(&lab, &[]), printed, "the context names account, region and cluster");
}
