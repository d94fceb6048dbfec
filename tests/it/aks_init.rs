//! `init` on AKS at a real terminal: with a context, and without any kubeconfig.

use crate::support::{AksLab, GROUP, Screen};

/// A terminal for a screen reader.
const PLAIN: &[(&str, &str)] = &[("TERM", "xterm"), ("ACCESSIBLE", "1"), ("NO_COLOR", "1")];
const WAYS: [&str; 3] = ["--rule=any", "--state-storage=kubernetes", "--yes"];

#[test]
fn without_a_kubeconfig_the_cloud_and_the_cluster_are_asked_for() {
    let mut lab = AksLab::without_kubeconfig("aks-init-bare");
    let _other = lab.subscription.paper_cluster("another", "elsewhere");
    // az says which subscription it is.
    lab.unset("AZURE_SUBSCRIPTION_ID");
    let mut screen = Screen::start(&lab, PLAIN, &[&["init"], &WAYS[..]].concat());
    screen.answers("Where is the cluster?", "3\r");
    screen.shows("The runner is set up in one of the clusters of subscription").shows(lab.subscription.id());
    screen.shows(&format!("1. prod in resource group {GROUP}")).shows("2. another in resource group elsewhere");
    screen.answers("Which cluster?", "1\r");
    screen.answers("How?", "1\r");
    screen.answers("Roles on the resource group", "Contributor\r");
    screen.answers("Write runner-setup.yaml?", "yes\r").ends(0);
    let written = std::fs::read_to_string(lab.home().join("runner-setup.yaml")).unwrap();
    for part in ["provider: aks", GROUP, "Contributor", lab.subscription.id()] {
        assert!(written.contains(part), "{part}\n{written}");
    }
    assert_eq!(lab.run(&["plan", "-o", "json"]).exits(0).json()["outcome"], "nothing-to-do");
    lab.proves_itself();
}
