//! EKS Pod Identity: the trust that AWS documents, one association, and an agent on the nodes.

use serde_json::{Value, json};

use crate::support::{EksLab, JOB, Outcome};

const ADDON: &str = "eks-pod-identity-agent";
const PODS: [&str; 2] = ["--identity", "pod-identity"];

fn apply(lab: &EksLab, more: &[&str]) -> Outcome {
    lab.run(&[&["apply", "--yes", "--no-wait", "-o", "json"], &PODS[..], more].concat())
}

fn refuses(lab: &EksLab, more: &[&str]) -> Outcome {
    let mark = lab.account.mark();
    let refused = lab.refuses(&[&["--no-wait"], &PODS[..], more].concat());
    assert_eq!(lab.aws_writes_since(mark), Vec::<String>::new());
    refused
}

#[track_caller]
fn has_nothing_to_do(lab: &EksLab, more: &[&str]) {
    lab.has_nothing_to_do(&[&["--no-wait"], &PODS[..], more].concat());
}

/// The trust policy as the issue and AWS' guide have it.
fn trust(lab: &EksLab) -> Value {
    json!({ "Version": "2012-10-17", "Statement": [{
        "Effect": "Allow",
        "Principal": { "Service": "pods.eks.amazonaws.com" },
        "Action": ["sts:AssumeRole", "sts:TagSession"],
        "Condition": { "StringEquals": {
            "aws:RequestTag/kubernetes-namespace": lab.job_namespace,
            "aws:RequestTag/kubernetes-service-account": JOB,
        } },
    }] })
}

/// The one association of the job service account, by the `aws` command.
#[track_caller]
fn association(lab: &EksLab) -> Value {
    let name = lab.cluster.name();
    let listed = lab.account.aws(&["eks", "list-pod-identity-associations", "--cluster-name", name]);
    let listed = listed["associations"].as_array().unwrap().clone();
    assert_eq!(listed.len(), 1, "{listed:?}");
    let id = listed[0]["associationId"].as_str().unwrap();
    let words = ["eks", "describe-pod-identity-association", "--cluster-name", name, "--association-id", id];
    lab.account.aws(&words)["association"].clone()
}

/// Associates the job service account by hand.
fn associate(lab: &EksLab, role_arn: &str) {
    let words = ["eks", "create-pod-identity-association", "--cluster-name", lab.cluster.name()];
    let rest = ["--namespace", &lab.job_namespace, "--service-account", JOB, "--role-arn", role_arn];
    let _ = lab.account.aws(&[&words[..], &rest].concat());
}

#[test]
fn the_trust_is_narrowed_to_the_jobs_and_there_is_neither_provider_nor_annotation() {
    let lab = EksLab::new("pods-trust");
    lab.cluster.addon(ADDON, &json!({}));
    let applied = apply(&lab, &[]).exits(0);
    let (word, observed) = EksLab::verified(&applied, "pod-identity-associated");
    assert_eq!(word, "pass");
    let role = lab.role_name();
    assert!(observed.contains(&lab.role_arn(&role)), "{observed}");
    assert_eq!(lab.get_role(&role)["AssumeRolePolicyDocument"], trust(&lab));
    let association = association(&lab);
    assert_eq!(association["roleArn"], lab.role_arn(&role));
    assert_eq!((&association["namespace"], &association["serviceAccount"]), (&json!(lab.job_namespace), &json!(JOB)));
    assert_eq!(association["tags"]["runner-setup/cluster"], lab.cluster.arn());
    assert!(lab.account.oidc_provider(&lab.cluster.issuer()).is_none());
    assert_eq!(lab.annotated(), None);
    assert!(lab.assume(&role, &lab.job_namespace, JOB).is_err(), "no token of a service account opens this door");
    has_nothing_to_do(&lab, &[]);
}

#[test]
fn a_missing_agent_is_refused_until_it_may_be_installed() {
    let lab = EksLab::new("pods-addon");
    let refused = refuses(&lab, &[]).explains("the Pod Identity agent is not installed").explains("--install-addon");
    let _ = refused.explains("aws eks create-addon");
    let applied = apply(&lab, &["--install-addon"]).exits(0);
    assert_eq!(applied.change(ADDON)["action"], "create");
    let words = ["eks", "describe-addon", "--cluster-name", lab.cluster.name(), "--addon-name", ADDON];
    assert_eq!(lab.account.aws(&words)["addon"]["tags"]["app.kubernetes.io/managed-by"], "runner-setup");
    has_nothing_to_do(&lab, &[]);
    has_nothing_to_do(&lab, &["--install-addon"]);
}

#[test]
fn auto_mode_has_the_agent_built_in() {
    let lab = EksLab::new("pods-auto");
    lab.cluster.say(&json!({ "computeConfig": { "enabled": true, "nodePools": ["general-purpose"] } }));
    let applied = apply(&lab, &[]).exits(0);
    assert_eq!(applied.change(ADDON)["action"], "unchanged");
    assert!(EksLab::verified(&applied, "pod-identity-associated").1.contains("built in"), "{applied}");
    has_nothing_to_do(&lab, &["--install-addon"]);
    assert!(!lab.account.writes().iter().any(|call| call.action == "CreateAddon"));
}

#[test]
fn an_agent_that_is_not_well_is_warned_about() {
    let lab = EksLab::new("pods-sick");
    lab.cluster.addon(ADDON, &json!({ "status": "DEGRADED" }));
    let _ = apply(&lab, &[]).exits(0).says("DEGRADED");
}

#[test]
fn an_association_with_another_role_is_refused_until_it_is_named() {
    let lab = EksLab::new("pods-other");
    lab.cluster.addon(ADDON, &json!({}));
    lab.create_role("theirs", &trust(&lab), &[]);
    let theirs = lab.role_arn("theirs");
    associate(&lab, &theirs);
    let object = format!("aws:pod-identity-association/{}/{JOB}", lab.job_namespace);
    let refused = refuses(&lab, &[]).explains(&theirs).explains(&format!("--adopt {object}"));
    let _ = refused.explains(&format!("--role-arn {theirs}"));
    // The one hint: their role is as good.
    let mark = lab.account.mark();
    let _ = apply(&lab, &["--role-arn", &theirs]).exits(0);
    assert_eq!(lab.aws_writes_since(mark), Vec::<String>::new());
    has_nothing_to_do(&lab, &["--role-arn", &theirs]);
    // The other one: it is taken over.
    let id = association(&lab)["associationId"].clone();
    let applied = apply(&lab, &["--adopt", &object]).exits(0);
    assert_eq!(applied.change(&object)["action"], "adopt");
    let after = association(&lab);
    assert_eq!((&after["associationId"], &after["roleArn"]), (&id, &json!(lab.role_arn(&lab.role_name()))));
    assert_eq!(lab.get_role("theirs")["AssumeRolePolicyDocument"], trust(&lab));
    has_nothing_to_do(&lab, &[]);
}

#[test]
fn a_role_of_one_s_own_is_told_what_pod_identity_needs() {
    let lab = EksLab::new("pods-own");
    lab.cluster.addon(ADDON, &json!({}));
    lab.create_role("own", &lab.guide_trust(), &[]);
    let arn = lab.role_arn("own");
    let refused = refuses(&lab, &["--role-arn", &arn]).explains("does not let the jobs' service account in");
    let _ = refused.explains(&trust(&lab)["Statement"][0].to_string());
    lab.set_trust("own", &trust(&lab));
    let _ = apply(&lab, &["--role-arn", &arn]).exits(0);
    assert_eq!(association(&lab)["roleArn"], arn);
    has_nothing_to_do(&lab, &["--role-arn", &arn]);
}

#[test]
fn what_somebody_associated_with_this_role_is_as_it_should_be() {
    let lab = EksLab::new("pods-same");
    lab.cluster.addon(ADDON, &json!({}));
    let role = lab.role_name();
    lab.create_role(&role, &trust(&lab), &[]);
    associate(&lab, &lab.role_arn(&role));
    let planned = lab.run(&[&["plan", "-o", "json"], &PODS[..]].concat()).exits(0);
    assert_eq!(planned.change(&format!("association/{}/{JOB}", lab.job_namespace))["action"], "unchanged");
    assert!(planned.fields(&lab.role_object()).iter().all(|field| field.starts_with("tags[")), "{planned}");
    let mark = lab.account.mark();
    let _ = apply(&lab, &[]).exits(0);
    assert_eq!(lab.aws_writes_since(mark), ["TagRole"]);
    has_nothing_to_do(&lab, &[]);
}

#[test]
fn an_association_without_session_tags_is_refused_until_it_has_them() {
    let lab = EksLab::new("pods-untagged");
    lab.cluster.addon(ADDON, &json!({}));
    let _ = apply(&lab, &[]).exits(0);
    let id = association(&lab)["associationId"].as_str().unwrap().to_owned();
    let name = lab.cluster.name();
    let words = ["eks", "update-pod-identity-association", "--cluster-name", name, "--association-id", &id];
    let _ = lab.account.aws(&[&words[..], &["--disable-session-tags"]].concat());
    let refused = refuses(&lab, &[]).explains("has session tags disabled");
    let hint = [&words[..], &["--region", "eu-central-1", "--no-disable-session-tags"]].concat();
    let _ = refused.explains(&format!("aws {}", hint.join(" ")));
    // The one hint.
    let _ = lab.account.aws(&hint);
    has_nothing_to_do(&lab, &[]);
}

#[test]
fn a_role_that_trusts_all_pods_is_adopted_with_a_warning() {
    let lab = EksLab::new("pods-wide");
    lab.cluster.addon(ADDON, &json!({}));
    let mut wide = trust(&lab);
    wide["Statement"][0].as_object_mut().unwrap().remove("Condition");
    lab.create_role(&lab.role_name(), &wide, &[]);
    let _ = apply(&lab, &[]).exits(0).says("every service account that an association names");
    assert_eq!(lab.get_role(&lab.role_name())["AssumeRolePolicyDocument"], wide);
    has_nothing_to_do(&lab, &[]);
}

#[test]
fn a_role_that_cannot_tag_its_sessions_gets_our_statement() {
    let lab = EksLab::new("pods-notag");
    lab.cluster.addon(ADDON, &json!({}));
    let mut little = trust(&lab);
    little["Statement"][0]["Action"] = json!("sts:AssumeRole");
    lab.create_role(&lab.role_name(), &little, &[]);
    let _ = apply(&lab, &[]).exits(0);
    let statements = lab.statements(&lab.role_name());
    assert_eq!(statements, [little["Statement"][0].clone(), trust(&lab)["Statement"][0].clone()]);
    has_nothing_to_do(&lab, &[]);
}

#[test]
fn from_irsa_to_pod_identity_and_back_nobody_is_locked_out() {
    let lab = EksLab::new("pods-switch");
    let irsa = ["apply", "--yes", "--no-wait", "-o", "json"];
    let role = lab.role_name();
    let _ = lab.run(&irsa).exits(0);
    lab.cluster.addon(ADDON, &json!({}));
    let _ = apply(&lab, &[]).exits(0);
    assert_eq!(lab.statements(&role).len(), 2);
    assert_eq!(lab.annotated(), None, "only one of the two ways is open");
    has_nothing_to_do(&lab, &[]);
    let back = lab.run(&irsa).exits(0);
    EksLab::was_exchanged(&back, &role);
    assert_eq!(lab.statements(&role).len(), 2);
    assert_eq!(lab.annotated(), Some(lab.role_arn(&role)));
    lab.has_nothing_to_do(&["--no-wait"]);
}
