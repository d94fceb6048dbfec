//! The proof: a token of the jobs' account is really exchanged; when it is not, both sides are shown.

use std::time::Duration;

use serde_json::json;
use world::aws::AwsFault;
use world::{Credential, Right};

use crate::support::{AUDIENCE, EksLab, Outcome};

const APPLY: [&str; 5] = ["apply", "--yes", "--no-wait", "-o", "json"];
/// How every token of a service account and every token for EKS begins.
const TOKENS: [&str; 3] = ["eyJhbGciOi", "k8s-aws-v1.", "X-Amz-Signature"];

fn apply(lab: &EksLab, more: &[&str]) -> Outcome {
    lab.run(&[&APPLY[..], more].concat())
}

/// The cause that is about a claim of the token.
#[track_caller]
fn line(failed: &Outcome, claim: &str) -> String {
    let error = failed.json()["error"].clone();
    let causes = error["causes"].as_array().unwrap();
    let found =
        causes.iter().map(|cause| cause.as_str().unwrap()).find(|cause| cause.starts_with(&format!("{claim} ")));
    found.unwrap_or_else(|| panic!("{claim} is not shown\n{failed}")).to_owned()
}

#[test]
fn what_passes_names_the_session_that_came_of_it() {
    let lab = EksLab::new("proof-pass");
    let (word, observed) = EksLab::verified(&apply(&lab, &[]).exits(0), "token-exchanged");
    assert_eq!(word, "pass");
    let session = format!("arn:aws:sts::{}:assumed-role/{}/runner-setup-proof", lab.account.id(), lab.role_name());
    assert!(observed.ends_with(&session), "{observed}");
}

#[test]
fn another_issuer_than_that_of_the_tokens_is_marked_without_any_waiting() {
    let lab = EksLab::new("proof-iss");
    let (real, wrong) =
        (lab.cluster.issuer(), "https://oidc.eks.eu-central-1.amazonaws.com/id/00000000000000000000000000000000");
    lab.cluster.say(&json!({ "identity": { "oidc": { "issuer": wrong } } }));
    let begin = std::time::Instant::now();
    let failed = apply(&lab, &[]).exits(4).explains("InvalidIdentityToken").explains("aws eks describe-cluster");
    assert!(begin.elapsed() < Duration::from_secs(30), "waiting changes no token");
    assert_eq!(EksLab::verified(&failed, "token-exchanged").0, "fail");
    assert_eq!(line(&failed, "iss"), format!("iss  expected {wrong}  token {real}  <- differs"));
    assert_eq!(line(&failed, "sub"), format!("sub  expected {0}  token {0}  (same)", lab.subject()));
    assert_eq!(line(&failed, "aud"), format!("aud  expected {AUDIENCE}  token {AUDIENCE}  (same)"));
    // EKS is right again: the same command finishes, and the wrong trust stays as somebody else's.
    lab.cluster.say(&json!({ "identity": { "oidc": { "issuer": real } } }));
    EksLab::was_exchanged(&apply(&lab, &[]).exits(0), &lab.role_name());
    lab.has_nothing_to_do(&["--no-wait"]);
}

#[test]
fn a_role_that_was_closed_behind_our_back_is_found_out() {
    let lab = EksLab::new("proof-closed");
    let _ = apply(&lab, &[]).exits(0);
    let (role, mark) = (lab.role_name(), lab.account.mark());
    // The plan sees a role that is as it should be; before the exchange somebody closes it.
    lab.account.fault(AwsFault::delays("sts", "AssumeRoleWithWebIdentity", Duration::from_secs(5)).times(1));
    let run = lab.start(&APPLY);
    lab.world.wait_until("the plan has looked at the role", Duration::from_secs(30), || {
        lab.account.requests_since(mark).iter().any(|call| call.action == "GetRole")
    });
    let closed = lab.trust_of(&json!({ "StringEquals": { (format!("{}:sub", lab.issuer())): "somebody" } }));
    lab.set_trust(&role, &closed);
    let failed = run.end().exits(4).explains("AccessDenied").explains("get-role");
    // What is expected is what the role asks for by now.
    assert_eq!(line(&failed, "sub"), format!("sub  expected somebody  token {}  <- differs", lab.subject()));
    assert!(line(&failed, "iss").ends_with("(same)"), "{failed}");
    assert_eq!(line(&failed, "aud"), format!("aud  expected anything  token {AUDIENCE}  (same)"));
    // The next run sees it in time, and mends it.
    let mended = apply(&lab, &[]).exits(0);
    assert_eq!(mended.changed(), [format!("update {}", lab.role_object())]);
    EksLab::was_exchanged(&mended, &role);
    assert_eq!(lab.statements(&role)[0], closed["Statement"][0]);
}

#[test]
fn a_role_that_sts_hears_of_late_is_waited_for_and_that_is_said() {
    let lab = EksLab::new("proof-late");
    lab.account.shows_late("role", 2, Duration::ZERO);
    let applied = apply(&lab, &[]).exits(0).says("waiting until STS lets the job's token in");
    EksLab::was_exchanged(&applied, &lab.role_name());
}

#[test]
fn sts_that_fails_for_another_reason_is_told_in_its_own_words() {
    let lab = EksLab::new("proof-sts");
    let message = "Couldn't retrieve verification key from your identity provider, please reference AssumeRoleWithWebIdentity documentation for requirements";
    lab.account.fault(AwsFault::fails("sts", "AssumeRoleWithWebIdentity", 400, "InvalidIdentityToken", message));
    let failed = apply(&lab, &["--timeout", "15s"]).exits(4).explains("Couldn't retrieve verification key");
    assert!(line(&failed, "iss").ends_with("(same)"));
    lab.account.no_more_faults();
    EksLab::was_exchanged(&apply(&lab, &[]).exits(0), &lab.role_name());
}

#[test]
fn without_the_right_to_make_tokens_the_outcome_is_unknown_and_the_right_is_named() {
    let mut lab = EksLab::new("proof-right");
    let _ = apply(&lab, &[]).exits(0);
    let rights: Vec<_> = [&lab.runner_namespace, &lab.job_namespace]
        .into_iter()
        .flat_map(|namespace| {
            [
                Right::within(namespace, "", "secrets,configmaps,serviceaccounts,pods", "get,list,watch"),
                Right::within(namespace, "apps", "deployments", "get,list,watch"),
                Right::within(namespace, "rbac.authorization.k8s.io", "roles,rolebindings", "get,list"),
            ]
        })
        .collect();
    let token = lab.world.principal_token(&lab.world.unique_name("reader"), &rights);
    let kubeconfig = lab.world.kubeconfig(&lab.cluster.arn(), &lab.world.server_url(), &Credential::Token(&token));
    lab.set("KUBECONFIG", kubeconfig.display().to_string());
    let outcome = apply(&lab, &[]).exits(0);
    let (word, observed) = EksLab::verified(&outcome, "token-exchanged");
    assert_eq!(word, "unknown", "{outcome}");
    assert!(observed.contains("serviceaccounts/token"), "{observed}");
    assert!(observed.contains(&lab.job_namespace), "{observed}");
    assert!(!outcome.stdout.contains(&token) && !outcome.stderr.contains(&token));
}

#[test]
fn no_token_appears_in_anything_that_is_written() {
    let pass = EksLab::new("proof-quiet");
    let fail = EksLab::new("proof-quiet");
    fail.cluster
        .say(&json!({ "identity": { "oidc": { "issuer": "https://oidc.eks.eu-central-1.amazonaws.com/id/0" } } }));
    let mut by_token = EksLab::without_kubeconfig("proof-quiet");
    let name = by_token.cluster.name().to_owned();
    by_token.set("RUNNER_SETUP_LOG", "trace");
    let of_cluster = ["--provider", "eks", "--cluster-name", name.as_str()];
    for (lab, more) in [(&pass, &[][..]), (&fail, &[][..]), (&by_token, &of_cluster[..])] {
        for format in [&["-o", "json"][..], &[][..]] {
            let words = ["apply", "--yes", "--no-wait", "-vv", "--events-file", "events"];
            let outcome = lab.run(&[&words[..], format, more].concat());
            let events = std::fs::read_to_string(lab.home().join("events")).unwrap();
            assert!(outcome.stderr.contains("AssumeRoleWithWebIdentity") || outcome.stderr.len() > 1000, "{outcome}");
            for token in TOKENS {
                assert!(!outcome.stdout.contains(token), "{token} is on stdout");
                assert!(!outcome.stderr.contains(token), "{token} is on stderr");
                assert!(!events.contains(token), "{token} is in the events");
            }
            let secret = lab.env()["AWS_SECRET_ACCESS_KEY"].clone();
            assert!(secret == "test" || !outcome.stderr.contains(&secret));
        }
    }
}
