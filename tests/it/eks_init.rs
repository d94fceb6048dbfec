//! `init` on EKS at a real terminal: with a context, without any kubeconfig, and with a context that tells nothing.

use serde_json::json;

use crate::support::{EksLab, Screen, exec_credential};

/// A terminal that can redraw lines.
const XTERM: &[(&str, &str)] = &[("TERM", "xterm")];
/// A terminal for a screen reader.
const PLAIN: &[(&str, &str)] = &[("TERM", "xterm"), ("ACCESSIBLE", "1"), ("NO_COLOR", "1")];
const POLICY: &str = "arn:aws:iam::aws:policy/ReadOnlyAccess";
const WAYS: [&str; 3] = ["--rule=any", "--state-storage=kubernetes", "--yes"];

/// The line at the end, and the file, do the same.
#[track_caller]
fn says_how_to_do_it_again(lab: &EksLab, screen: &Screen) -> String {
    let line = screen.scripted_line();
    let words = shlex::split(&line).unwrap();
    let words: Vec<&str> = words.iter().skip(1).map(String::as_str).chain(["-o", "json"]).collect();
    let outcome = lab.run(&words).exits(0);
    assert_eq!(outcome.json()["outcome"], "nothing-to-do", "{line}\n{outcome}");
    let outcome = lab.run(&["apply", "--yes", "-o", "json"]).exits(0);
    assert_eq!(outcome.json()["outcome"], "nothing-to-do", "the file says the same\n{outcome}");
    line
}

#[test]
fn with_a_context_the_identity_and_its_policies_are_asked_for() {
    let lab = EksLab::new("eks-init");
    let mut screen = Screen::start(&lab, XTERM, &[&["init"], &WAYS[..]].concat());
    screen.shows("provider      eks").shows("the cluster entry's name");
    screen.answers("> irsa: a role that trusts the cluster's OIDC provider", "\r");
    screen.answers("ARNs of policies (Enter: none):", "ReadOnlyAccess\r");
    screen.shows("That is not possible:").types(&format!("{POLICY}\r"));
    screen.answers("Write runner-setup.yaml?", "\r").ends(0);
    screen.shows_at_end("proved the cloud lets the jobs' account use its identity").shows_at_end("Done: ");
    let line = says_how_to_do_it_again(&lab, &screen);
    assert!(line.contains(&format!("--attach-policy {POLICY}")) && !line.contains("--identity"), "{line}");
    lab.proves_itself();
}

#[test]
fn without_a_kubeconfig_region_and_cluster_are_asked_for() {
    let mut lab = EksLab::without_kubeconfig("eks-init-bare");
    lab.unset("AWS_REGION").unset("AWS_DEFAULT_REGION");
    let other = lab.account.paper_cluster("another");
    let mut screen = Screen::start(&lab, PLAIN, &[&["init"], &WAYS[..]].concat());
    screen.answers("Where is the cluster?", "1\r");
    screen.answers("Region:", "eu-centrl-1\r").shows("`eu-central-1`?").types("eu-central-1\r");
    screen.shows("The runner is set up in one of the clusters in eu-central-1.");
    let mut names = [other.name(), lab.cluster.name()];
    names.sort_unstable();
    let number = 1 + names.iter().position(|name| *name == lab.cluster.name()).unwrap();
    screen.answers("Which cluster?", &format!("{number}\r"));
    screen.answers("How?", "3\r");
    screen.answers("Write runner-setup.yaml?", "yes\r").ends(0);
    let line = says_how_to_do_it_again(&lab, &screen);
    for part in ["--provider eks", "--region eu-central-1", "--identity none", lab.cluster.name()] {
        assert!(line.contains(part), "{part}\n{line}");
    }
    lab.proves_itself();
}

#[test]
fn where_clusters_may_not_be_listed_the_name_is_typed() {
    let mut lab = EksLab::without_kubeconfig("eks-init-name");
    let policy = json!({ "Version": "2012-10-17", "Statement": [
        { "Effect": "Allow", "NotAction": "eks:ListClusters", "Resource": "*" },
    ] });
    lab.act_as_user_with(&policy);
    let mut screen = Screen::start(&lab, XTERM, &[&["init"], &WAYS[..]].concat());
    screen.answers("> EKS, to be found with your AWS credentials", "\r");
    screen.answers("Name of the cluster:", &format!("{}\r", lab.cluster.name()));
    screen.answers("> irsa", "\x1b[B").answers("> pod-identity", "\r");
    screen.answers("ARNs of policies (Enter: none):", "\r");
    // The agent is not on the nodes, and nobody said that it may be installed.
    screen.ends(4).shows_at_end("--install-addon");
}

#[test]
fn what_the_nodes_say_is_found_before_the_questions() {
    let mut lab = EksLab::new("eks-init-nodes");
    let user = lab.administrator();
    let mut context = lab.context(user);
    (context.name, context.entry) = ("mine".to_owned(), "mine".to_owned());
    lab.use_context(&context);
    let mut screen = Screen::start(&lab, XTERM, &[&["init"], &WAYS[..]].concat());
    screen.answers("Which cluster?", "\r");
    screen.shows("provider      eks (the nodes' provider ids)");
    screen.answers("> irsa", "\r").answers("ARNs of policies", "\r");
    screen.answers("Write runner-setup.yaml?", "\r").ends(0);
    let line = says_how_to_do_it_again(&lab, &screen);
    assert!(line.contains(&format!("--cluster-name {}", lab.cluster.name())), "{line}");
}

#[test]
fn who_is_not_let_in_hears_it_before_the_questions() {
    let mut lab = EksLab::without_kubeconfig("eks-init-out");
    lab.name_cluster();
    lab.cluster.say(&json!({ "accessConfig": { "authenticationMode": "API" } }));
    let everything =
        json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": "*", "Resource": "*" }] });
    let stranger = lab.account.user_with_policy("stranger", &everything);
    lab.act_as(&stranger);
    let mut screen = Screen::start(&lab, XTERM, &["init"]);
    screen.ends(4).shows_at_end("does not know the AWS identity").shows_at_end("create-access-entry");
}

#[test]
fn what_is_said_about_a_plugin_stands_on_lines_of_its_own() {
    let mut lab = EksLab::new("eks-screen");
    lab.use_plugin_line(&exec_credential("k8s-aws-v1.aHR0cHM6Ly9leGFtcGxlLmNvbQ", "2099-01-01T00:00:00Z"));
    let mut screen = Screen::start(&lab, XTERM, &["plan"]);
    screen.ends(0).shows_at_end("logged in with the AWS credentials instead");
    let text = screen.text();
    assert!(text.lines().any(|line| line.starts_with("warning: the API server")), "{text}");
}
