//! Logging in to a cluster of EKS: without a kubeconfig, with a kubeconfig whose plugin is no help, and with neither.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use base64::Engine as _;
use serde_json::{Value, json};
use world::aws::Aws;
use world::certificates::Authority;

use crate::support::{EksLab, Outcome, exec, exec_credential};

/// What is said when the AWS credentials stand in for a plugin.
const INSTEAD: &str = "logged in with the AWS credentials instead";

/// `plan` that reaches the cluster.
#[track_caller]
fn plans(lab: &EksLab) -> Outcome {
    let outcome = lab.run(&["plan", "-o", "json"]).exits(0);
    let document = outcome.json();
    assert_eq!(document["outcome"], "planned", "{outcome}");
    assert_eq!(document["cluster"]["server"], json!(lab.world.server_url()), "{outcome}");
    assert_eq!(document["runner"]["provider"], "eks", "{outcome}");
    outcome
}

#[test]
fn without_a_kubeconfig_the_cluster_is_found_by_flags_by_file_and_by_variables() {
    let mut lab = EksLab::without_kubeconfig("eks-found");
    let (name, region) = (lab.cluster.name().to_owned(), lab.account.region().to_owned());
    lab.unset("AWS_REGION").unset("AWS_DEFAULT_REGION").unset("RUNNER_ID");
    let outcome = lab.run(&["plan", "--cluster-name", &name, "--region", &region, "-o", "json"]).exits(0);
    let document = outcome.json();
    assert_eq!(document["cluster"]["server"], json!(lab.world.server_url()));
    assert_eq!(document["cluster"]["context"], json!(lab.cluster.arn()));
    assert_eq!(document["runner"]["id"], json!(format!("kubernetes-agent-{name}")));
    let yaml = format!("apiVersion: runner-setup/v1\ncluster: {{ provider: eks, name: {name}, region: {region} }}\n");
    let file = lab.file("runner-setup.yaml", &yaml);
    let _ = plans(&lab);
    std::fs::remove_file(file).unwrap();
    lab.set("CLUSTER_NAME", name).set("CLUSTER_REGION", region);
    let _ = plans(&lab);
    lab.file("empty", "");
    lab.set("KUBECONFIG", "empty");
    let _ = plans(&lab);
    assert!(lab.account.writes().is_empty());
}

#[test]
fn a_bundle_of_several_authorities_is_trusted_whichever_signed() {
    let mut lab = EksLab::without_kubeconfig("eks-bundle");
    let (old, other) = (Authority::new("the next one"), Authority::new("one of long ago"));
    let real = lab.world.control_plane().authority().certificate().to_owned();
    lab.name_cluster();
    lab.cluster.say_authorities(&[old.certificate(), &real, other.certificate()]);
    let _ = plans(&lab);
    lab.cluster.say_authorities(&[old.certificate(), other.certificate()]);
    let _ = lab.run(&["plan"]).exits(5).says("is not trusted");
    lab.file("ca.pem", &real);
    let _ = lab.run(&["plan", "--ca-file=ca.pem"]).exits(0);
}

#[test]
fn a_plugin_that_is_missing_or_fails_is_done_without() {
    let mut lab = EksLab::new("eks-plugin");
    lab.use_plugin("no-such-aws", &["eks", "get-token"]);
    let outcome = plans(&lab).says("no-such-aws").says(INSTEAD);
    assert_eq!(outcome.stderr.matches(INSTEAD).count(), 1, "{outcome}");
    let expired = "echo SECRET; echo 'Error loading SSO Token: Token for team has expired' >&2; exit 255";
    lab.use_plugin_line(expired);
    let outcome = plans(&lab).says("Token for team has expired").says(INSTEAD);
    assert!(!outcome.to_string().contains("SECRET"), "{outcome}");
    lab.use_plugin_line("echo '<html>not what was asked for</html>'");
    let _ = plans(&lab).says("printed no ExecCredential").says(INSTEAD);
    let _ = lab.apply();
    lab.proves_itself();
    lab.has_nothing_to_do(&[]);
}

#[test]
fn a_plugin_that_waits_for_somebody_is_not_waited_for_long() {
    let mut lab = EksLab::new("eks-prompt");
    lab.use_plugin_line(
        "echo 'Enter MFA code for arn:aws:iam::123456789012:mfa/me: ' >&2; read code; exec 2>&-; sleep 60",
    );
    let start = Instant::now();
    let mut running = lab.start(&["plan", "-o", "json"]);
    running.wait_for("the credential plugin of the kubeconfig has not answered yet");
    let outcome = running.end().exits(0).says("did not answer in 15s").says(INSTEAD);
    assert!(start.elapsed() < Duration::from_secs(40), "{:?}\n{outcome}", start.elapsed());
    assert_eq!(outcome.json()["outcome"], "planned");
}

#[test]
fn a_token_that_the_cluster_refuses_is_replaced() {
    let mut lab = EksLab::new("eks-refused");
    for (token, until) in [
        ("k8s-aws-v1.aHR0cHM6Ly9leGFtcGxlLmNvbQ", "2099-01-01T00:00:00Z"),
        ("k8s-aws-v1.aHR0cHM6Ly9leGFtcGxlLmNvbQ", "2020-01-01T00:00:00Z"),
    ] {
        lab.use_plugin_line(&exec_credential(token, until));
        let outcome = plans(&lab).says("does not accept the token of the credential plugin").says(INSTEAD);
        assert!(!outcome.to_string().contains(token), "{outcome}");
        let _ = lab.run(&["status"]).exits(0).says(INSTEAD);
        let _ = lab.run(&["namespaces", "--dry-run"]).exits(0).says(INSTEAD);
        let _ = lab.run(&["identity", "--dry-run"]).exits(0).says(INSTEAD);
    }
    let _ = lab.apply();
    lab.proves_itself();
}

#[test]
fn the_real_aws_command_is_a_plugin_and_where_it_signs_for_another_endpoint_its_token_is_replaced() {
    let mut lab = EksLab::new("eks-aws");
    let (name, region) = (lab.cluster.name().to_owned(), lab.account.region().to_owned());
    let command = Aws::cli_folder().join("aws").display().to_string();
    let args = ["--region", &region, "eks", "get-token", "--cluster-name", &name, "--output", "json"];
    // It signs for AWS_ENDPOINT_URL, and the API server takes no other host than the real one.
    lab.use_plugin(&command, &args);
    let _ = plans(&lab).says("does not accept the token of the credential plugin").says(INSTEAD);
    let mut user = exec(&command, &args);
    user["exec"]["env"] = json!([
        { "name": "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "value": "true" },
        { "name": "AWS_STS_REGIONAL_ENDPOINTS", "value": "regional" },
    ]);
    let context = lab.context(user);
    lab.use_context(&context);
    let outcome = plans(&lab);
    assert!(!outcome.stderr.contains(INSTEAD), "{outcome}");
}

/// A token's URL: its host, and the names and values of its query but for what differs each time.
fn shape(token: &str) -> (String, Vec<(String, String)>) {
    let encoded = token.strip_prefix("k8s-aws-v1.").unwrap();
    let url = String::from_utf8(base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(encoded).unwrap()).unwrap();
    let (address, query) = url.split_once('?').unwrap();
    let mut pairs: Vec<_> = query
        .split('&')
        .map(|pair| pair.split_once('=').unwrap())
        .filter(|(name, _)| !["X-Amz-Signature", "X-Amz-Date"].contains(name))
        .map(|(name, value)| (name.to_owned(), value.replace("%3b", "%3B")))
        .collect();
    pairs.sort_unstable();
    (address.to_owned(), pairs)
}

/// An API server that lets nobody in, and tells the first token that it was shown.
fn take_token() -> (String, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        for mut client in listener.incoming().flatten() {
            let mut head = Vec::new();
            let mut byte = [0];
            while !head.ends_with(b"\r\n\r\n") && client.read_exact(&mut byte).is_ok() {
                head.extend(byte);
            }
            let head = String::from_utf8_lossy(&head).into_owned();
            if let Some((_, rest)) = head.split_once("Bearer ") {
                drop(sender.send(rest.lines().next().unwrap().to_owned()));
            }
            let answer = "HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
            drop(client.write_all(answer.as_bytes()));
        }
    });
    (url, receiver)
}

#[test]
fn our_token_and_that_of_the_aws_command_are_interchangeable() {
    let mut lab = EksLab::without_kubeconfig("eks-token");
    lab.name_cluster();
    let theirs = lab.cluster.token(&lab.account.env());
    let real = lab.cluster.described()["endpoint"].clone();
    let (endpoint, token) = take_token();
    lab.cluster.say(&json!({ "endpoint": endpoint }));
    let _ = lab.run(&["plan"]).exits(4);
    let ours = token.recv_timeout(Duration::from_secs(10)).unwrap();
    lab.cluster.say(&json!({ "endpoint": real }));
    assert_eq!(shape(&ours), shape(&theirs));
    for token in [&ours, &theirs] {
        let review = Aws::shared().review(token);
        assert_eq!(review["authenticated"], true, "{review}");
        let credential = world::Credential::Token(token);
        let kubeconfig = lab.world.kubeconfig("any", &lab.world.server_url(), &credential);
        let mut other = EksLab::without_kubeconfig("eks-token-user");
        other.set("KUBECONFIG", kubeconfig.display().to_string());
        let _ = other.run(&["plan", "--provider=generic"]).exits(0);
    }
}

#[test]
fn a_plugin_that_becomes_another_role_is_not_replaced() {
    let mut lab = EksLab::new("eks-role");
    let role = "arn:aws:iam::123456789012:role/deployer";
    lab.use_plugin("no-such-dir/aws", &["eks", "get-token", "--cluster-name", "x", "--role-arn", role]);
    let outcome = lab.refuses(&[]).says("no-such-dir/aws");
    assert!(!outcome.stderr.contains(INSTEAD), "{outcome}");
}

#[test]
fn without_credentials_either_both_ways_are_said() {
    let mut lab = EksLab::new("eks-neither");
    lab.use_plugin("no-such-aws", &["eks", "get-token"]);
    lab.unset("AWS_ACCESS_KEY_ID").unset("AWS_SECRET_ACCESS_KEY");
    let outcome = lab.run(&["namespaces", "--yes", "-o", "json"]).exits(4).explains("no-such-aws");
    let _ = outcome.explains("no credentials for AWS").explains("aws sso login");
}

#[test]
fn somebody_whom_the_cluster_does_not_know_hears_how_to_be_let_in() {
    let everything =
        json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": "*", "Resource": "*" }] });
    let mut lab = EksLab::without_kubeconfig("eks-stranger");
    lab.name_cluster();
    let stranger = lab.account.user_with_policy("stranger", &everything);
    lab.act_as(&stranger);
    let name = lab.cluster.name().to_owned();
    let says = |outcome: Outcome| {
        let outcome =
            outcome.explains(&format!("the cluster `{name}` does not know the AWS identity {}", stranger.arn));
        let _ = outcome.explains(&format!(
            "aws eks create-access-entry --cluster-name {name} --region eu-central-1 --principal-arn {}",
            stranger.arn
        ));
    };
    lab.cluster.say(&json!({ "accessConfig": { "authenticationMode": "API_AND_CONFIG_MAP" } }));
    says(lab.refuses(&[]));
    lab.cluster.say(&json!({ "accessConfig": { "authenticationMode": "CONFIG_MAP" } }));
    let _ = lab.refuses(&[]).explains("eksctl create iamidentitymapping").explains(&stranger.arn);
    lab.cluster.say(&json!({ "accessConfig": { "authenticationMode": "API" } }));
    lab.use_plugin("no-such-aws", &["eks", "get-token"]);
    says(lab.refuses(&[]));
    lab.use_plugin_line(&exec_credential("k8s-aws-v1.aHR0cHM6Ly9leGFtcGxlLmNvbQ", "2099-01-01T00:00:00Z"));
    says(lab.refuses(&[]));
    assert!(lab.account.writes().is_empty(), "{:?}", lab.account.writes());
    lab.cluster.admit(&stranger.arn);
    let _ = lab.apply();
    lab.proves_itself();
}

#[test]
fn an_assumed_role_is_named_as_its_access_entry_has_to_name_it() {
    let mut lab = EksLab::without_kubeconfig("eks-session");
    lab.name_cluster();
    lab.cluster.say(&json!({ "accessConfig": { "authenticationMode": "API" } }));
    let trust = json!({ "Version": "2012-10-17", "Statement": [
        { "Effect": "Allow", "Principal": { "AWS": lab.account.iam_arn("root") }, "Action": "sts:AssumeRole" },
    ] });
    let trust = trust.to_string();
    lab.account.aws(&[
        "iam",
        "create-role",
        "--role-name",
        "ops",
        "--path",
        "/team/",
        "--assume-role-policy-document",
        &trust,
    ]);
    let everything = lab.account.iam_arn("role/team/ops");
    let policy =
        json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": "*", "Resource": "*" }] });
    let policy = policy.to_string();
    lab.account.aws(&[
        "iam",
        "put-role-policy",
        "--role-name",
        "ops",
        "--policy-name",
        "all",
        "--policy-document",
        &policy,
    ]);
    let session: Value =
        lab.account.aws(&["sts", "assume-role", "--role-arn", &everything, "--role-session-name", "me"]);
    for (variable, field) in [
        ("AWS_ACCESS_KEY_ID", "AccessKeyId"),
        ("AWS_SECRET_ACCESS_KEY", "SecretAccessKey"),
        ("AWS_SESSION_TOKEN", "SessionToken"),
    ] {
        lab.set(variable, session["Credentials"][field].as_str().unwrap());
    }
    let outcome = lab.refuses(&[]).explains(&format!("--principal-arn {everything}"));
    let _ = outcome.explains("assumed-role/ops/me");
    lab.cluster.admit(&everything);
    let _ = plans(&lab);
}
