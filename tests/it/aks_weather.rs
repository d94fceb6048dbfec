//! What Azure and Entra do not know everywhere yet is waited out, visibly; what others do meanwhile is not overwritten.

use std::time::Duration;

use world::azure::{AzureFault, Late, What};

use crate::support::{AksLab, FEDERATED_CREDENTIAL, GROUP, MANAGED_IDENTITY};

#[test]
fn what_is_seen_late_is_waited_for() {
    let lab = AksLab::new("aks-late");
    for what in [What::Principal, What::Client, What::Trust] {
        lab.subscription.shows_late(Late::new(what).looks(1));
    }
    let outcome = lab.is_set_up(&["--assign-role=Reader"]).says("waiting until Entra lets the job's token in");
    assert_eq!(outcome.claimed("token-exchanged").0, "pass", "{outcome}");
    lab.keeps_to_the_models();
}

#[test]
fn writes_that_are_refused_for_a_moment_are_sent_again() {
    let lab = AksLab::new("aks-busy");
    lab.subscription.fault(AzureFault::concurrent_write().times(1));
    lab.subscription.federation_takes(Duration::from_millis(300));
    let outcome = lab.is_set_up(&[]);
    assert_eq!(outcome.claimed("token-exchanged").0, "pass", "{outcome}");
    assert_eq!(lab.trusted(), [lab.trust(FEDERATED_CREDENTIAL)]);
    lab.keeps_to_the_models();
}

#[test]
fn a_trust_that_is_broken_later_is_repaired_by_another_run() {
    let lab = AksLab::new("aks-broken");
    let _ = lab.is_set_up(&[]);
    lab.subscription.unfederate(GROUP, MANAGED_IDENTITY, FEDERATED_CREDENTIAL);
    let outcome = lab.is_set_up(&[]);
    assert_eq!(
        outcome.changed(),
        [format!("create azure:federated-credential/{MANAGED_IDENTITY}/{FEDERATED_CREDENTIAL}")]
    );
    // Whether the identity that the account names is gone or another one, nobody knows: somebody has to say it.
    assert!(lab.subscription.delete_identity(GROUP, MANAGED_IDENTITY));
    let refused = lab.run(&["apply", "--yes", "-o", "json"]).exits(4);
    let _ = refused.explains("the jobs have another managed identity until now");
    let outcome = lab.is_set_up(&["--managed-identity", MANAGED_IDENTITY]).says("or one that is gone");
    assert_eq!(outcome.claimed("token-exchanged").0, "pass", "{outcome}");
    assert_eq!(lab.is_set_up(&[]).json()["outcome"], "nothing-to-do");
}
