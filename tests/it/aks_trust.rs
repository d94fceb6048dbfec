//! What the identity trusts: found under any name, told apart from what nearly is it, never replaced untold.

use crate::support::{AksLab, ENTRA_AUDIENCE, FEDERATED_CREDENTIAL, GROUP, MANAGED_IDENTITY};

#[test]
fn the_same_trust_under_another_name_is_recognised() {
    let lab = AksLab::new("aks-same");
    lab.federated("by-hand", &lab.cluster.issuer(), &lab.subject(), ENTRA_AUDIENCE);
    let outcome = lab.is_set_up(&[]);
    assert_eq!(outcome.change("/by-hand")["action"], "unchanged", "{outcome}");
    assert_eq!(lab.trusted(), [lab.trust("by-hand")]);
    assert_eq!(outcome.claimed("token-exchanged").0, "pass", "{outcome}");
}

#[test]
fn a_trust_without_the_slash_is_said_and_another_one_is_added() {
    let lab = AksLab::new("aks-slash");
    let issuer = lab.cluster.issuer();
    lab.federated(FEDERATED_CREDENTIAL, issuer.trim_end_matches('/'), &lab.subject(), ENTRA_AUDIENCE);
    let outcome = lab.is_set_up(&[]).says("its issuer lacks the slash at the end of");
    assert_eq!(outcome.claimed("token-exchanged").0, "pass", "{outcome}");
    let names: Vec<_> = lab.trusted().into_iter().map(|[name, issuer, ..]| (name, issuer.ends_with('/'))).collect();
    assert_eq!(names.len(), 2, "{names:?}");
    assert!(names.iter().any(|(name, slash)| *slash && name.starts_with(&format!("{FEDERATED_CREDENTIAL}-"))));
    assert_eq!(lab.is_set_up(&[]).json()["outcome"], "nothing-to-do");
}

#[test]
fn a_named_credential_that_trusts_something_else_is_replaced_only_when_told() {
    let lab = AksLab::new("aks-taken");
    lab.federated("mine", &lab.cluster.issuer(), "system:serviceaccount:others:job", ENTRA_AUDIENCE);
    let object = format!("azure:federated-credential/{MANAGED_IDENTITY}/mine");
    let outcome = lab.writes_nothing(4, &["--federated-credential=mine"]);
    let adopt = format!("--adopt {object}");
    let _ = outcome.explains("its subject is `system:serviceaccount:others:job`").explains(&adopt);
    let outcome = lab.is_set_up(&["--federated-credential=mine", "--adopt", &object]);
    assert_eq!(outcome.change("/mine")["action"], "adopt", "{outcome}");
    assert_eq!(lab.trusted(), [lab.trust("mine")]);
}

#[test]
fn one_account_can_be_trusted_for_one_audience_only() {
    let lab = AksLab::new("aks-audience");
    lab.federated("other", &lab.cluster.issuer(), &lab.subject(), "api://AzureADTokenExchangeUSGov");
    let object = format!("azure:federated-credential/{MANAGED_IDENTITY}/other");
    let _ = lab.writes_nothing(4, &[]).explains("its audience is").explains(&format!("--adopt {object}"));
    let _ = lab.is_set_up(&["--adopt", &object]);
    assert_eq!(lab.trusted(), [lab.trust("other")]);
    assert_eq!(lab.subscription.federations(GROUP, MANAGED_IDENTITY).len(), 1);
}
