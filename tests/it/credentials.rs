//! The Orchestrator's token: where it may come from, where it may go, and what is said about a bad one.

use world::orchestrator::Setup;

use crate::support::Lab;

#[test]
fn the_token_comes_by_file_and_by_standard_input() {
    let mut lab = Lab::new("tokenfile");
    let token = lab.orchestrator.token();
    lab.unset("HUMANITEC_AUTH_TOKEN");
    lab.file("token", &format!("{token}\n"));
    let _ = lab.run(&["plan", "--token-file=token"]).exits(0).says("chmod 600");
    let _ = lab.run_with_input(&["plan", "--token-file=-"], &token).exits(0);
    lab.file("runner-setup.yaml", "apiVersion: runner-setup/v1\norchestrator: { tokenFile: token }\n");
    let _ = lab.run(&["plan"]).exits(0);
    let _ = lab.run(&["plan", "--token-file=missing"]).exits(2).says("`missing` cannot be read");
}

#[test]
fn no_token_at_all_says_how_to_get_one() {
    let mut lab = Lab::new("notoken");
    lab.unset("HUMANITEC_AUTH_TOKEN");
    let outcome = lab.run(&["plan", "-o", "json"]).exits(4).says("no credentials").says("hctl login");
    assert_eq!(outcome.json()["error"]["kind"], "refused");
    assert!(lab.orchestrator.requests().is_empty());
}

#[test]
fn an_expired_token_and_a_foreign_one_say_so() {
    let mut lab = Lab::with("badtoken", Setup::demo().other_org("elsewhere"));
    for (token, words) in [
        (lab.orchestrator.expired_token("demo-org"), "expired"),
        (lab.orchestrator.new_token("elsewhere"), "demo-org"),
        ("nobody-knows-it".to_owned(), "does not accept the token"),
    ] {
        lab.set("HUMANITEC_AUTH_TOKEN", token.clone());
        let outcome = lab.run(&["apply", "--yes", "-o", "json"]).exits(4).says(words).says("hctl login");
        assert!(!outcome.stderr.contains(&token) && !outcome.stdout.contains(&token), "{outcome}");
        assert_eq!(outcome.json()["outcome"], "refused");
    }
    assert!(lab.get("v1", "Namespace", "", &lab.runner_namespace).is_none());
}

#[test]
fn hctls_token_is_used_at_its_own_address_and_never_sent_to_another() {
    let mut lab = Lab::new("hctl");
    lab.unset("HUMANITEC_AUTH_TOKEN").unset("HUMANITEC_API_URL").unset("HUMANITEC_ORG");
    let write = |lab: &Lab, url: &str| {
        let text = format!("api_url: {url}\ndefault_org_id: demo-org\ntoken: {}\n", lab.orchestrator.token());
        lab.file(".config/hctl/config.yaml", &text);
    };
    write(&lab, &lab.orchestrator.url());
    let _ = lab.run(&["plan"]).exits(0);
    lab.orchestrator.forget_requests();
    write(&lab, "https://another.example");
    let url = lab.orchestrator.url();
    let _ = lab.run(&["plan", "--api-url", &url]).exits(4).says("is not sent to");
    assert!(lab.orchestrator.requests().is_empty());
}

#[test]
fn an_organisation_that_is_not_there_is_named() {
    let lab = Lab::new("org");
    let outcome = lab.run(&["plan", "--org=nowhere"]);
    assert!([2, 4].contains(&outcome.code), "{outcome}");
    let _ = outcome.says("`nowhere`");
}

#[test]
fn a_broken_login_file_is_named_and_not_repeated() {
    let lab = Lab::new("brokenhctl");
    lab.file(".config/hctl/config.yaml", "token: [hunter2\n");
    let outcome = lab.run(&["plan"]).exits(2).says("hctl/config.yaml").says("hctl login");
    assert!(!outcome.stderr.contains("hunter2"), "{outcome}");
}

#[test]
fn a_failing_credential_plugin_is_named_and_what_it_printed_is_not() {
    use std::os::unix::fs::PermissionsExt;
    let mut lab = Lab::new("plugin");
    let script = "#!/bin/sh\necho SECRET-ON-STDOUT\necho 'run: cloud login' >&2\nexit 3\n";
    let plugin = lab.file("plugin", script);
    std::fs::set_permissions(&plugin, std::fs::Permissions::from_mode(0o755)).unwrap();
    let kubeconfig = |command: &str| {
        format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: c\n\
             contexts: [{{name: c, context: {{cluster: c, user: u}}}}]\n\
             clusters: [{{name: c, cluster: {{server: \"{}\"}}}}]\n\
             users: [{{name: u, user: {{exec: {{apiVersion: client.authentication.k8s.io/v1, command: \"{command}\", \
             interactiveMode: Never, installHint: get it somewhere, env: [{{name: A, value: SECRET-IN-ENV}}]}}}}}}]\n",
            lab.world.server_url()
        )
    };
    let (failing, missing) = (kubeconfig(&plugin.display().to_string()), kubeconfig("no-such-plugin"));
    lab.file("failing", &failing);
    lab.file("missing", &missing);
    lab.set("KUBECONFIG", "failing");
    let outcome = lab.run(&["plan", "-o", "json"]).exits(4).says("run: cloud login").says("exit status: 3");
    assert!(!outcome.to_string().contains("SECRET-"), "{outcome}");
    lab.set("KUBECONFIG", "missing");
    let outcome = lab.run(&["plan"]).exits(4).says("`no-such-plugin` (get it somewhere)");
    assert!(!outcome.to_string().contains("SECRET-"), "{outcome}");
}
