//! Who says what: every source of a setting, which one wins, and what is said when answers are missing or wrong.

use crate::support::{Lab, Outcome};

/// A lab in which nobody said anything yet.
fn untold(name: &str) -> Lab {
    let mut lab = Lab::new(name);
    for variable in [
        "HUMANITEC_ORG",
        "HUMANITEC_API_URL",
        "HUMANITEC_AUTH_TOKEN",
        "RUNNER_ID",
        "KUBECONFIG",
        "CLUSTER_RUNNER_NAMESPACE",
        "CLUSTER_RUNNER_JOB_NAMESPACE",
    ] {
        lab.unset(variable);
    }
    lab
}

fn hctl(lab: &Lab, url: &str, org: &str, token: &str) {
    lab.file(".config/hctl/config.yaml", &format!("api_url: {url}\ndefault_org_id: {org}\ntoken: {token}\n"));
}

/// A setting's value and source, as `config show -o json` has them.
#[track_caller]
fn shown(outcome: &Outcome, id: &str) -> (String, String) {
    let document = outcome.json();
    let rows = document["settings"].as_array().unwrap();
    let row = rows.iter().find(|row| row["id"] == id).unwrap_or_else(|| panic!("no setting {id}\n{outcome}"));
    (row["value"].as_str().unwrap().to_owned(), row["source"].as_str().unwrap().to_owned())
}

#[test]
fn the_flag_wins_then_variable_file_hctl_what_was_detected_and_the_default() {
    let mut lab = untold("wins");
    let rows = [("org", "from"), ("api-url", "https://from"), ("runner-id", "id-from"), ("timeout", "1")];
    let show = |lab: &Lab, flags: &[&str]| lab.run(&[&["config", "show", "-o", "json"], flags].concat()).exits(0);
    let all = |outcome: &Outcome| rows.map(|(id, _)| shown(outcome, id));
    let default = all(&show(&lab, &[]));
    assert_eq!(default[1], ("https://api.humanitec.dev".to_owned(), "default".to_owned()));
    assert_eq!(default[3], ("5m".to_owned(), "default".to_owned()));
    hctl(&lab, "https://from-hctl.example", "from-hctl", "t0k");
    let told = all(&show(&lab, &[]));
    assert_eq!((told[0].0.as_str(), told[1].0.as_str()), ("from-hctl", "https://from-hctl.example"));
    assert!(told[0].1.starts_with("hctl: /") && told[0].1.ends_with("hctl/config.yaml"), "{told:?}");
    let yaml = "apiVersion: runner-setup/v1\norganization: from-file\norchestrator: { apiUrl: https://from-file.example }\n\
                runner: { id: id-from-file }\ntimeout: 11m\n";
    lab.file("runner-setup.yaml", yaml);
    let told = all(&show(&lab, &[]));
    assert_eq!(
        told.each_ref().map(|row| row.0.as_str()),
        ["from-file", "https://from-file.example", "id-from-file", "11m"]
    );
    assert!(told.iter().all(|row| row.1 == "file: runner-setup.yaml"), "{told:?}");
    lab.set("HUMANITEC_ORG", "from-env").set("ORCHESTRATOR_API_URL", "https://from-env.example");
    lab.set("RUNNER_ID", "id-from-env").set("RUNNER_SETUP_TIMEOUT", "12m");
    let told = all(&show(&lab, &[]));
    assert_eq!(
        told.each_ref().map(|row| row.1.as_str()),
        [
            "environment: HUMANITEC_ORG",
            "environment: ORCHESTRATOR_API_URL",
            "environment: RUNNER_ID",
            "environment: RUNNER_SETUP_TIMEOUT"
        ]
    );
    let flags = ["--org=by-flag", "--api-url=https://by-flag.example", "--runner-id=id-by-flag", "--timeout=13m"];
    let told = all(&show(&lab, &flags));
    assert_eq!(told.each_ref().map(|row| row.0.as_str()), ["by-flag", "https://by-flag.example", "id-by-flag", "13m"]);
    assert!(told.iter().all(|row| row.1 == "flag"), "{told:?}");
}

#[test]
fn what_is_detected_is_said_with_what_it_was_detected_from() {
    let mut lab = Lab::new("detected");
    lab.unset("RUNNER_ID");
    let outcome = lab.run(&["config", "show", "-o", "json"]).exits(0);
    assert_eq!(shown(&outcome, "context").0, "lab");
    assert!(shown(&outcome, "context").1.starts_with("detected from"), "{outcome}");
    assert_eq!(shown(&outcome, "provider").0, "generic");
    assert!(shown(&outcome, "provider").1.contains(&lab.world.server_url()), "{outcome}");
    let id = shown(&outcome, "runner-id");
    assert_eq!((id.0.as_str(), id.1.as_str()), ("kubernetes-agent-lab", "made of `--context`"));
}

#[test]
fn show_settings_says_the_same_on_every_command_that_has_it_and_hides_secrets() {
    let lab = Lab::new("show");
    let expected = lab.run(&["config", "show"]).exits(0).stdout;
    assert!(expected.contains("set (from environment: HUMANITEC_AUTH_TOKEN)"), "{expected}");
    for command in ["plan", "apply", "namespaces", "secret", "register", "install", "rule"] {
        let outcome = lab.run(&[command, "--show-settings"]).exits(0);
        assert_eq!(outcome.stdout, expected, "{command}");
    }
    assert!(lab.orchestrator.requests().is_empty());
}

#[test]
fn every_variable_of_the_guides_works() {
    for (variable, value, id) in [
        ("HUMANITEC_ORG", "v", "org"),
        ("HUMANITEC_ORG_ID", "v", "org"),
        ("PO_ORG_ID", "v", "org"),
        ("ORCHESTRATOR_API_URL", "https://v.example", "api-url"),
        ("HUMANITEC_API_URL", "https://v.example", "api-url"),
        ("RUNNER_ID", "v-1", "runner-id"),
        ("CLUSTER_NAME", "v", "cluster-name"),
        ("CLUSTER_RUNNER_NAMESPACE", "v", "runner-namespace"),
        ("CLUSTER_RUNNER_JOB_NAMESPACE", "v", "job-namespace"),
        ("CLUSTER_RUNNER_SERVICEACCOUNT", "v", "runner-service-account"),
        ("CLUSTER_RUNNER_JOB_SERVICEACCOUNT", "v", "job-service-account"),
        ("KUBERNETES_AGENT_RUNNER_IMAGE_REPOSITORY", "r.example/v", "image-repository"),
        ("KUBERNETES_AGENT_RUNNER_IMAGE_TAG", "1.10", "image-tag"),
        ("RUNNER_SETUP_TIMEOUT", "7m", "timeout"),
        ("SSL_CERT_FILE", "/v.pem", "ca-file"),
    ] {
        let mut lab = untold("guides");
        lab.set(variable, value);
        let outcome = lab.run(&["config", "show", "-o", "json"]).exits(0);
        assert_eq!(shown(&outcome, id), (value.to_owned(), format!("environment: {variable}")), "{variable}");
    }
}

#[test]
fn all_missing_answers_are_named_at_once_with_every_way_to_give_them() {
    let lab = untold("missing");
    let outcome = lab.run(&["apply", "--yes", "-o", "json"]).exits(3);
    for words in [
        "`--org ID`",
        "`HUMANITEC_ORG`",
        "`organization` in runner-setup.yaml",
        "`--runner-id ID`",
        "`RUNNER_ID`",
        "`runner.id` in runner-setup.yaml",
        "`--token-file`",
        "`HUMANITEC_AUTH_TOKEN`",
        "orchestrator.tokenFile",
        "hctl login",
    ] {
        assert!(outcome.stderr.contains(words), "{words}\n{outcome}");
    }
    assert_eq!(outcome.json()["error"]["kind"], "answer-missing");
}

#[test]
fn missing_and_invalid_answers_are_told_together() {
    let lab = untold("both");
    let outcome = lab.run(&["apply", "--yes", "--runner-namespace=Not_Valid", "--remote-url=ftp://x"]).exits(2);
    let _ = outcome
        .says("`--runner-namespace`")
        .says("`--remote-url`")
        .says("missing: the organisation")
        .says("2 settings are not valid, 3 answers are missing");
}

#[test]
fn without_a_kubeconfig_the_places_looked_at_are_named() {
    let mut lab = Lab::new("nokube");
    lab.unset("KUBECONFIG");
    let outcome = lab.run(&["plan"]).exits(3).says("there is no kubeconfig").says("--kubeconfig");
    let _ = lab.run(&["plan", "--kubeconfig=/nowhere/config"]).exits(2).says("looked at /nowhere/config");
    assert!(outcome.stderr.contains(&lab.home().join(".kube/config").display().to_string()), "{outcome}");
}

#[test]
fn an_unknown_context_lists_those_that_exist() {
    let lab = Lab::new("context");
    let _ = lab.run(&["plan", "--context", "prod"]).exits(2).says("no context `prod`").says("lab");
}

#[test]
fn the_kubeconfig_variable_is_a_list_and_missing_entries_are_passed_over() {
    let mut lab = Lab::new("list");
    let other = lab.world.kubeconfig_admin_as("second");
    let first = lab.env()["KUBECONFIG"].clone();
    lab.set("KUBECONFIG", format!("/missing:{first}:{}", other.display()));
    let outcome = lab.run(&["plan", "-o", "json"]).exits(0);
    assert_eq!(outcome.json()["cluster"]["context"], "lab");
    let outcome = lab.run(&["plan", "--context=second", "-o", "json"]).exits(0);
    assert_eq!(outcome.json()["cluster"]["context"], "second");
    lab.set("KUBECONFIG_CONTEXT", "second");
    assert_eq!(lab.run(&["plan", "-o", "json"]).exits(0).json()["cluster"]["context"], "second");
}

#[test]
fn the_configuration_file_is_found_by_flag_variable_standard_input_and_its_name() {
    let mut lab = untold("config");
    let text = |org: &str| format!("apiVersion: runner-setup/v1\norganization: {org}\n");
    let org = |lab: &Lab, args: &[&str], input: &str| {
        let args = [&["config", "show", "-o", "json"], args].concat();
        shown(&lab.run_with_input(&args, input).exits(0), "org")
    };
    lab.file("runner-setup.yaml", &text("usual"));
    lab.file("other.yaml", &text("other"));
    assert_eq!(org(&lab, &[], ""), ("usual".to_owned(), "file: runner-setup.yaml".to_owned()));
    assert_eq!(org(&lab, &["-c", "-"], &text("stdin")), ("stdin".to_owned(), "file: standard input".to_owned()));
    lab.set("RUNNER_SETUP_CONFIG", "other.yaml");
    assert_eq!(org(&lab, &[], ""), ("other".to_owned(), "file: other.yaml".to_owned()));
    assert_eq!(org(&lab, &["--config=runner-setup.yaml"], "").0, "usual");
    lab.set("RUNNER_SETUP_CONFIG", "missing.yaml");
    let _ = lab.run(&["config", "show"]).exits(2).says("`missing.yaml` cannot be read");
}

#[test]
fn a_wrong_file_is_refused_with_line_and_suggestion_before_any_request() {
    let lab = Lab::new("wrongfile");
    let head = "apiVersion: runner-setup/v1\n";
    for (text, words) in [
        ("runner:\n  job:\n    namespce: x\n", "line 4: unknown key `runner.job.namespce`; did you mean `namespace`?"),
        ("organisation: x\n", "line 2: unknown key `organisation`; did you mean `organization`?"),
        ("orchestrator: { token: hunter2 }\n", "looks like a secret"),
        ("agent: { env: { DB_PASSWORD: hunter2 } }\n", "`DB_PASSWORD` looks like a secret"),
        ("runner:\n  namespace: [x\n", "line"),
    ] {
        lab.file("runner-setup.yaml", &format!("{head}{text}"));
        let outcome = lab.run(&["apply", "--yes", "-o", "json"]).exits(2).says(words);
        assert!(!outcome.stderr.contains("hunter2") && !outcome.stdout.contains("hunter2"), "{outcome}");
    }
    assert!(lab.orchestrator.requests().is_empty());
}

#[test]
fn one_namespace_for_both_excludes_the_others_at_its_own_level_only() {
    let lab = Lab::new("one");
    let outcome = lab.run(&["config", "show", "-o", "json", "--namespace=both"]).exits(0);
    assert_eq!(shown(&outcome, "runner-namespace").0, "both");
    assert_eq!(shown(&outcome, "job-namespace").0, "both");
    let outcome = lab.run(&["plan", "--namespace=both", "--job-namespace=x"]).exits(2);
    let _ = outcome.says("`--job-namespace`: excludes `--namespace`");
}

#[test]
fn a_url_that_cannot_be_one_is_refused_where_it_was_said() {
    for bad in ["not a url", "ftp://api.example", "https://user:hunter2@api.example", "https://"] {
        let mut lab = Lab::new("url");
        lab.set("HUMANITEC_API_URL", bad);
        let outcome = lab.run(&["plan"]).exits(2).says("`HUMANITEC_API_URL`");
        assert!(!outcome.stderr.contains("hunter2"), "{outcome}");
    }
}

#[test]
fn values_arrive_in_the_pod_byte_for_byte() {
    let lab = Lab::new("bytes");
    lab.file(
        "runner-setup.yaml",
        "apiVersion: runner-setup/v1\nagent: { env: { VERSION: 1.10, ON: yes, HEX: 0x1F } }\n",
    );
    let values =
        [("NO_PROXY", "10.0.0.0/8,.svc"), ("DEBUG", "true"), ("ODD", " a=b,c \"d\" $e {{f}} é "), ("EMPTY", "")];
    let flags: Vec<String> = values.iter().map(|(name, value)| format!("--agent-env={name}={value}")).collect();
    let mut args = vec!["apply", "--yes", "--no-wait"];
    args.extend(flags.iter().map(String::as_str));
    let _ = lab.run(&args).exits(0);
    let value = |name: &str| {
        let container = lab.container();
        let env = container["env"].as_array().unwrap().clone();
        env.iter().find(|variable| variable["name"] == name).map(|it| it["value"].as_str().unwrap_or("").to_owned())
    };
    for (name, expected) in values {
        assert_eq!(value(name).as_deref(), Some(expected), "{name}");
    }
    assert_eq!(value("VERSION"), None, "a list of flags replaces that of the file");
    let _ = lab.run(&["apply", "--yes", "--no-wait"]).exits(0);
    for (name, expected) in [("VERSION", "1.10"), ("ON", "yes"), ("HEX", "0x1F")] {
        assert_eq!(value(name).as_deref(), Some(expected), "{name}");
    }
}
