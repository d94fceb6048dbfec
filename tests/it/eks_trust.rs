//! The trust policy lets exactly the jobs' service account in, tried with real tokens at STS.

use serde_json::json;
use world::World;
use world::aws::Aws;

use crate::support::{AUDIENCE, EksLab, JOB, Lab};

/// A place after `apply`, whose role has the guide's name.
fn applied(name: &str) -> EksLab {
    let lab = EksLab::new(name);
    let _ = lab.run(&["apply", "--yes", "--no-wait", "-o", "json"]).exits(0);
    lab
}

fn service_account(lab: &Lab, namespace: &str, name: &str) {
    let metadata = json!({ "name": name, "namespace": namespace });
    lab.create(&json!({ "apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata }));
}

#[test]
fn the_policy_is_the_guide_s_to_the_letter() {
    let lab = applied("trust-is");
    assert_eq!(lab.get_role(&lab.role_name())["AssumeRolePolicyDocument"], lab.guide_trust());
    let provider = lab.account.aws(&[
        "iam",
        "get-open-id-connect-provider",
        "--open-id-connect-provider-arn",
        &lab.provider_arn(),
    ]);
    assert_eq!(provider["ClientIDList"], json!([AUDIENCE]));
    let created = lab.account.writes();
    let created = created.iter().find(|call| call.action == "CreateOpenIDConnectProvider").unwrap();
    assert!(!created.params.to_string().contains("Thumbprint"), "{}", created.params);
    assert_eq!(lab.annotated(), Some(lab.role_arn(&lab.role_name())));
}

#[test]
fn the_jobs_are_let_in_and_nobody_else_of_the_cluster() {
    let lab = applied("trust-in");
    let role = lab.role_name();
    let jobs = lab.assume(&role, &lab.job_namespace, JOB).unwrap();
    assert_eq!(jobs.arn, format!("arn:aws:sts::{}:assumed-role/{role}/a-session", lab.account.id()));
    // The role is really theirs: STS says so to whoever holds the credentials.
    let caller = lab.account.try_aws(&jobs.env, &["sts", "get-caller-identity"]).unwrap();
    assert_eq!(caller["Arn"], jobs.arn);

    let refused = |namespace: &str, account: &str| {
        let refusal = lab.assume(&role, namespace, account).unwrap_err();
        assert!(refusal.contains("(AccessDenied)"), "{namespace}/{account}: {refusal}");
    };
    // The agent has no business with AWS.
    refused(&lab.runner_namespace, crate::support::AGENT);
    service_account(&lab, &lab.job_namespace, "another");
    refused(&lab.job_namespace, "another");
    service_account(&lab, &lab.job_namespace, &format!("{JOB}2"));
    refused(&lab.job_namespace, &format!("{JOB}2"));
    service_account(&lab, &lab.runner_namespace, JOB);
    refused(&lab.runner_namespace, JOB);
}

#[test]
fn a_token_for_another_audience_is_refused() {
    let lab = applied("trust-aud");
    let arn = lab.role_arn(&lab.role_name());
    let token = |audience: &str| lab.world.service_account_token(&lab.job_namespace, JOB, audience);
    let refusal = lab.account.assume_with_web_identity(&arn, &token("vault.example")).unwrap_err();
    assert!(refusal.contains("Incorrect token audience"), "{refusal}");
    // Even when the provider takes it, the role does not.
    let words = ["iam", "add-client-id-to-open-id-connect-provider", "--client-id", "vault.example"];
    let _ = lab.account.aws(&[&words[..], &["--open-id-connect-provider-arn", &lab.provider_arn()]].concat());
    let refusal = lab.account.assume_with_web_identity(&arn, &token("vault.example")).unwrap_err();
    assert!(refusal.contains("(AccessDenied)"), "{refusal}");
    assert!(lab.account.assume_with_web_identity(&arn, &token(AUDIENCE)).is_ok());
}

#[test]
fn the_same_service_account_of_another_cluster_is_refused() {
    let lab = applied("trust-iss");
    // Another control plane with the same names, whose issuer the account knows as well.
    let other = World::shared();
    Aws::shared().trust_issuer(other);
    let namespace = &lab.job_namespace;
    other.apply(&format!("apiVersion: v1\nkind: Namespace\nmetadata: {{ name: {namespace} }}"));
    other.apply(&format!("apiVersion: v1\nkind: ServiceAccount\nmetadata: {{ name: {JOB}, namespace: {namespace} }}"));
    let token = other.service_account_token(namespace, JOB, AUDIENCE);
    let arn = lab.role_arn(&lab.role_name());
    let refusal = lab.account.assume_with_web_identity(&arn, &token).unwrap_err();
    assert!(refusal.contains("No OpenIDConnect provider found"), "{refusal}");
    let discovery: serde_json::Value = serde_json::from_str(&other.text("/.well-known/openid-configuration")).unwrap();
    let url = discovery["issuer"].as_str().unwrap();
    let words = ["iam", "create-open-id-connect-provider", "--url", url, "--client-id-list", AUDIENCE];
    let _ = lab.account.aws(&words);
    let refusal = lab.account.assume_with_web_identity(&arn, &token).unwrap_err();
    assert!(refusal.contains("(AccessDenied)"), "{refusal}");
}

#[test]
fn the_same_role_in_another_aws_account_is_refused() {
    let lab = applied("trust-acc");
    let role = lab.role_name();
    let token = lab.world.service_account_token(&lab.job_namespace, JOB, AUDIENCE);
    let other = Aws::shared().account();
    let trust = lab.get_role(&role)["AssumeRolePolicyDocument"].to_string();
    let words = ["iam", "create-role", "--role-name", &role, "--assume-role-policy-document", &trust];
    let _ = other.aws(&words);
    let arn = other.iam_arn(&format!("role/{role}"));
    let refusal = other.assume_with_web_identity(&arn, &token).unwrap_err();
    assert!(refusal.contains("No OpenIDConnect provider found"), "{refusal}");
    // With a provider of its own: the role still trusts the one of the first account.
    let url = lab.cluster.issuer();
    let _ = other.aws(&["iam", "create-open-id-connect-provider", "--url", &url, "--client-id-list", AUDIENCE]);
    let refusal = other.assume_with_web_identity(&arn, &token).unwrap_err();
    assert!(refusal.contains("(AccessDenied)"), "{refusal}");
}
