//! Logging in to the EKS control plane as a principal of IAM: the real API server asks the token webhook.

use std::collections::BTreeMap;
use std::process::Command;

use serde_json::json;
use world::aws::{Aws, Cluster};
use world::{Credential, World};

/// What the API server calls the holder of a token, or what it says instead.
fn whoami(world: &World, token: &str) -> Result<String, String> {
    let kubeconfig = world.kubeconfig("eks", &world.server_url(), &Credential::Token(token));
    let output = Command::new("kubectl")
        .args([
            "auth",
            "whoami",
            "-o",
            "jsonpath={.status.userInfo.username} {.status.userInfo.groups}",
            "--kubeconfig",
        ])
        .arg(kubeconfig)
        .output()
        .expect("kubectl is on the PATH");
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

#[test]
fn root_and_those_with_an_access_entry_log_in_and_nobody_else() {
    let aws = Aws::shared();
    let world = aws.control_plane();
    let account = aws.account();
    let cluster = account.cluster("login", world);
    let login = |cluster: &Cluster, env: &BTreeMap<String, String>| whoami(world, &cluster.token(env));

    let root = login(&cluster, &account.env()).expect("root is the administrator");
    assert!(root.starts_with(&account.iam_arn("root")) && root.contains("system:masters"), "{root}");

    let user = account.user("ada");
    let refused = login(&cluster, &user.env).expect_err("there is no access entry");
    assert!(refused.contains("Unauthorized") || refused.contains("must be logged in"), "{refused}");
    cluster.admit(&user.arn);
    let admitted = login(&cluster, &user.env).expect("there is an access entry now");
    assert!(admitted.starts_with(&user.arn), "{admitted}");

    // A token for another cluster's name does not count here, even when that cluster is somebody else's.
    let other = aws.account().cluster("login-elsewhere", world);
    assert!(login(&other, &user.env).is_err());
    assert!(login(&account.paper_cluster("login-unknown"), &user.env).is_err());
}

#[test]
fn tokens_that_eks_would_not_take_are_refused_with_the_reason() {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    let aws = Aws::shared();
    let account = aws.account();
    let cluster = account.paper_cluster("strict");
    let good = cluster.token(&account.env());
    assert_eq!(aws.review(&good)["authenticated"], true);
    let url = URL_SAFE_NO_PAD.decode(good.trim_start_matches("k8s-aws-v1.")).expect("it is base64url");
    let url = String::from_utf8(url).expect("it is a URL");
    let refused = |url: &str, reason: &str| {
        let status = aws.review(&format!("k8s-aws-v1.{}", URL_SAFE_NO_PAD.encode(url)));
        let said = status["error"].as_str().unwrap_or_default();
        assert!(status["authenticated"] == false && said.contains(reason), "{url}: {status}");
    };
    refused(&url.replace("https://", "http://"), "unexpected scheme");
    refused(&url.replace("sts.eu-central-1.amazonaws.com", "127.0.0.1:4566"), "unexpected hostname");
    refused(&url.replace("sts.eu-central-1.", "sts.us-east-1."), "but names");
    refused(&url.replace(".com/?", ".com/x?"), "unexpected path");
    refused(&format!("{url}&extra=1"), "non-whitelisted query parameter");
    refused(&url.replace("Expires=60", "Expires=901"), "invalid X-Amz-Expires");
    refused(&url.replace("Expires=60", "Expires=61"), "whose name the signature covers");
    refused(&url.replace("%3Bx-k8s-aws-id", ""), "did not sign the x-k8s-aws-id header");
    refused(&format!("{url}&{}", "x".repeat(4096)), "longer than 4096");
    let status = aws.review(good.trim_start_matches("k8s-aws-v1."));
    assert!(status["error"].as_str().unwrap_or_default().contains("does not begin with"), "{status}");
    // Signed for the variable's endpoint, which is what the `aws` command does when it is set.
    let get = ["eks", "get-token", "--cluster-name", "strict"];
    let document = account.try_aws(&account.env(), &get).expect("a credential");
    let status = aws.review(document["status"]["token"].as_str().expect("a token"));
    assert!(status["error"].as_str().unwrap_or_default().contains("unexpected"), "{status}");
}

#[test]
fn a_role_logs_in_under_its_session_until_it_is_made_again() {
    let aws = Aws::shared();
    let (world, account) = (aws.control_plane(), aws.account());
    let cluster = account.cluster("role-login", world);
    let create = |name: &str| {
        let trust = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}]}"#;
        account.aws(&[
            "iam",
            "create-role",
            "--role-name",
            name,
            "--path",
            "/team/",
            "--assume-role-policy-document",
            trust,
        ])
    };
    create("runner");
    let role = account.iam_arn("role/team/runner");
    let entry = ["eks", "create-access-entry", "--cluster-name", "role-login", "--principal-arn"];
    let missing = account.iam_arn("role/team/missing");
    let refused =
        account.try_aws(&account.env(), &[&entry[..], &[&missing]].concat()).expect_err("there is no such role");
    assert!(refused.contains("The specified principalArn is invalid: invalid principal"), "{refused}");
    let groups = ["--kubernetes-groups", "runners"];
    let made = account.aws(&[&entry[..], &[&role], &groups].concat())["accessEntry"].clone();
    let session = format!("arn:aws:sts::{}:assumed-role/runner", account.id());
    assert_eq!(made["username"], format!("{session}/{{{{SessionName}}}}"));

    let assumed = |name: &str| {
        let user = account.user_with_policy(
            name,
            &json!({ "Version": "2012-10-17", "Statement": [
            { "Effect": "Allow", "Action": "sts:AssumeRole", "Resource": role },
        ] }),
        );
        let arguments = ["sts", "assume-role", "--role-arn", &role, "--role-session-name", name];
        let given = account.try_aws(&user.env, &arguments).expect("policy and trust allow it")["Credentials"].clone();
        let mut env = user.env.clone();
        for (variable, field) in [
            ("AWS_ACCESS_KEY_ID", "AccessKeyId"),
            ("AWS_SECRET_ACCESS_KEY", "SecretAccessKey"),
            ("AWS_SESSION_TOKEN", "SessionToken"),
        ] {
            env.insert(variable.to_owned(), given[field].as_str().expect("a credential").to_owned());
        }
        env
    };
    let said = whoami(world, &cluster.token(&assumed("ada"))).expect("the role has an access entry");
    assert!(said.starts_with(&format!("{session}/ada")) && said.contains("runners"), "{said}");
    account.aws(&["iam", "delete-role", "--role-name", "runner"]);
    create("runner");
    whoami(world, &cluster.token(&assumed("eve"))).expect_err("it is another role of the same name");

    let config_map = json!({ "accessConfig": { "authenticationMode": "CONFIG_MAP" } });
    cluster.say(&config_map);
    let refused = account.try_aws(&account.env(), &[&entry[..], &[&role]].concat()).expect_err("it has no entries");
    assert!(refused.contains("authentication mode must be set to one of"), "{refused}");
}

#[test]
fn an_access_policy_is_what_its_holder_may_do() {
    let aws = Aws::shared();
    let (world, account) = (aws.control_plane(), aws.account());
    let cluster = account.cluster("viewer-login", world);
    let viewer = account.user("viewer");
    cluster.admit_with(&viewer.arn, &["arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy"]);
    let token = cluster.token(&viewer.env);
    let kubeconfig = world.kubeconfig("eks", &world.server_url(), &Credential::Token(&token));
    let can = |verb: &str, what: &str| {
        let arguments = ["auth", "can-i", verb, what, "-n", "default", "--kubeconfig"];
        Command::new("kubectl")
            .args(arguments)
            .arg(&kubeconfig)
            .output()
            .expect("kubectl is on the PATH")
            .status
            .success()
    };
    assert!(can("get", "pods") && !can("create", "pods") && !can("get", "secrets"));
}
