//! What the role may do and how it looks: policies, boundary, path, tags; by flags, by file and by environment.

use serde_json::{Value, json};

use crate::support::{EksLab, Outcome};

const READ: &str = "arn:aws:iam::aws:policy/ReadOnlyAccess";
const POWER: &str = "arn:aws:iam::aws:policy/PowerUserAccess";

fn apply(lab: &EksLab, args: &[&str]) -> Outcome {
    lab.run(&[&["apply", "--yes", "--no-wait", "-o", "json"], args].concat())
}

fn attached(lab: &EksLab, role: &str) -> Vec<String> {
    let listed = lab.account.aws(&["iam", "list-attached-role-policies", "--role-name", role]);
    let listed = listed["AttachedPolicies"].as_array().unwrap().clone();
    listed.iter().map(|policy| policy["PolicyArn"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn policies_boundary_path_and_tags_are_as_told_and_a_second_run_changes_nothing() {
    let lab = EksLab::new("perm-all");
    let args = [
        "--attach-policy",
        READ,
        "--attach-policy",
        POWER,
        "--permissions-boundary",
        POWER,
        "--role-path",
        "/runners/eks/",
        "--tag",
        "team=blue",
        "--tag",
        "cost center=a+b/c:d@e",
    ];
    let applied = apply(&lab, &args).exits(0);
    let name = lab.role_name();
    EksLab::was_exchanged(&applied, &name);
    let role = lab.get_role(&name);
    assert_eq!(role["Arn"], lab.account.iam_arn(&format!("role/runners/eks/{name}")));
    assert_eq!(role["PermissionsBoundary"]["PermissionsBoundaryArn"], POWER);
    assert_eq!(attached(&lab, &name), [READ, POWER]);
    assert_eq!(lab.tag(&name, "team").as_deref(), Some("blue"));
    assert_eq!(lab.tag(&name, "cost center").as_deref(), Some("a+b/c:d@e"));
    assert_eq!(lab.tag(&name, "app.kubernetes.io/managed-by").as_deref(), Some("runner-setup"));
    let arn = lab.provider_arn();
    let words = ["iam", "list-open-id-connect-provider-tags", "--open-id-connect-provider-arn", &arn];
    let tags = lab.account.aws(&words)["Tags"].clone();
    assert!(tags.as_array().unwrap().contains(&json!({ "Key": "team", "Value": "blue" })), "{tags}");
    assert_eq!(lab.annotated(), Some(lab.account.iam_arn(&format!("role/runners/eks/{name}"))));
    lab.has_nothing_to_do(&[&["--no-wait"], &args[..]].concat());
    // A run that says nothing about them takes nothing away.
    lab.has_nothing_to_do(&["--no-wait"]);
    // Tags are changed where they were made; the other tags stay.
    let changed = apply(&lab, &["--tag", "team=green"]).exits(0);
    assert_eq!(changed.fields(&lab.role_object()), ["tags[team]"]);
    assert_eq!(lab.tag(&name, "team").as_deref(), Some("green"));
    assert_eq!(lab.tag(&name, "cost center").as_deref(), Some("a+b/c:d@e"));
}

#[test]
fn a_policy_that_does_not_exist_is_one_clear_error_and_the_next_run_finishes() {
    let lab = EksLab::new("perm-missing");
    let own = lab.account.iam_arn("policy/teams/rds");
    let args = ["--attach-policy", own.as_str()];
    let failed = apply(&lab, &args);
    assert_ne!(failed.code, 0, "{failed}");
    let error = failed.json()["error"].clone();
    assert!(error["message"].as_str().unwrap().contains("teams/rds"), "{failed}");
    assert!(!error["message"].as_str().unwrap().contains('\n'));
    let _ = failed.explains("run the same command again");
    let document =
        json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": "rds:*", "Resource": "*" }] });
    let text = document.to_string();
    let words = ["iam", "create-policy", "--policy-name", "rds", "--path", "/teams/", "--policy-document", &text];
    let _ = lab.account.aws(&words);
    let applied = apply(&lab, &args).exits(0);
    EksLab::was_exchanged(&applied, &lab.role_name());
    assert_eq!(attached(&lab, &lab.role_name()), std::slice::from_ref(&own));
    lab.has_nothing_to_do(&[&["--no-wait"], &args[..]].concat());
}

#[test]
fn a_policy_file_is_an_inline_policy_that_follows_the_file() {
    let lab = EksLab::new("perm-file");
    let document = |action: &str| json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": [action], "Resource": "*" }] });
    lab.file("policy.json", &document("rds:*").to_string());
    let args = ["--policy-file", "policy.json"];
    let _ = apply(&lab, &args).exits(0);
    let role = lab.role_name();
    let inline = || {
        let words = ["iam", "get-role-policy", "--role-name", &role, "--policy-name", "runner-setup"];
        lab.account.aws(&words)["PolicyDocument"].clone()
    };
    assert_eq!(inline(), document("rds:*"));
    lab.has_nothing_to_do(&[&["--no-wait"], &args[..]].concat());
    // The same in other words is the same.
    let same =
        r#"{ "Statement": { "Resource": ["*"], "Action": "rds:*", "Effect": "Allow" }, "Version": "2012-10-17" }"#;
    lab.file("policy.json", same);
    lab.has_nothing_to_do(&[&["--no-wait"], &args[..]].concat());
    lab.file("policy.json", &document("s3:*").to_string());
    let changed = apply(&lab, &args).exits(0);
    assert_eq!(changed.changed(), [format!("update {}", lab.role_object())]);
    assert_eq!(changed.fields(&lab.role_object()), ["policies[runner-setup]"]);
    assert_eq!(inline(), document("s3:*"));
    lab.has_nothing_to_do(&["--no-wait"]);
    for (text, words) in [("{", "no JSON"), ("{}", "no `Statement`"), ("[]", "no `Statement`")] {
        lab.file("policy.json", text);
        let _ = lab.refuses_with(2, &[&["--no-wait"], &args[..]].concat()).explains(words);
    }
    let _ = lab.refuses_with(2, &["--no-wait", "--policy-file", "none.json"]).explains("none.json");
}

#[test]
fn a_boundary_comes_later_too_and_somebody_else_s_is_not_replaced() {
    let lab = EksLab::new("perm-bound");
    let role = lab.role_name();
    let boundary = || lab.get_role(&role)["PermissionsBoundary"]["PermissionsBoundaryArn"].clone();
    lab.create_role(&role, &lab.guide_trust(), &["--permissions-boundary", READ]);
    let args = ["--no-wait", "--permissions-boundary", POWER];
    let _ = lab.refuses(&args).explains("another permissions boundary").explains(READ);
    assert_eq!(boundary(), READ);
    // Nothing said about it: it stays.
    let _ = apply(&lab, &[]).exits(0);
    assert_eq!(boundary(), READ);
    let object = lab.role_object();
    let _ = apply(&lab, &["--permissions-boundary", POWER, "--adopt", &object]).exits(0);
    assert_eq!(boundary(), POWER);
    lab.has_nothing_to_do(&args);
}

#[test]
fn another_path_than_that_of_the_role_is_refused() {
    let lab = EksLab::new("perm-path");
    lab.create_role(&lab.role_name(), &lab.guide_trust(), &["--path", "/theirs/"]);
    let _ = lab.refuses(&["--no-wait", "--role-path", "/ours/"]).explains("/theirs/").explains("--role-name");
    let _ = apply(&lab, &[]).exits(0);
    assert_eq!(lab.annotated(), Some(lab.account.iam_arn(&format!("role/theirs/{}", lab.role_name()))));
}

#[test]
fn the_file_and_the_environment_say_the_same_as_flags() {
    let mut lab = EksLab::new("perm-said");
    let (cluster, region) = (lab.cluster.name().to_owned(), lab.account.region().to_owned());
    let file = format!(
        "apiVersion: runner-setup/v1\ncluster: {{ provider: eks, name: {cluster}, region: {region} }}\naws:\n  roleName: from-the-file\n  rolePath: /runners/\n  \
         attachPolicies: [{READ}]\n  permissionsBoundary: {POWER}\n  tags: {{ team: blue }}\n"
    );
    lab.file("runner-setup.yaml", &file);
    let args = ["--config", "runner-setup.yaml"];
    let applied = apply(&lab, &args).exits(0);
    EksLab::was_exchanged(&applied, "from-the-file");
    let role = lab.get_role("from-the-file");
    assert_eq!(role["Path"], "/runners/");
    assert_eq!(attached(&lab, "from-the-file"), [READ]);
    assert_eq!(lab.tag("from-the-file", "team").as_deref(), Some("blue"));
    lab.has_nothing_to_do(&[&["--no-wait"], &args[..]].concat());
    // The guide's variable is closer than the file, and a flag is closer than both.
    lab.set("RUNNER_ROLE_NAME", "from-the-environment");
    let role_of = |more: &[&str]| {
        let planned = lab.run(&[&["plan", "-o", "json"], &args[..], more].concat()).exits(0);
        planned.json()["aws"]["role"].as_str().unwrap().rsplit_once("role/").unwrap().1.to_owned()
    };
    assert_eq!(role_of(&[]), "runners/from-the-environment");
    assert_eq!(role_of(&["--role-name", "by-a-flag"]), "runners/by-a-flag");
    let shown: Value = lab.run(&["plan", "--show-settings", "-o", "json"]).exits(0).json();
    assert!(shown.to_string().contains("RUNNER_ROLE_NAME"), "{shown}");
}
