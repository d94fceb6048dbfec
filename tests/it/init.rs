//! `init`: the wizard at a real terminal, with lists and with plain lines, and where there is none.

use std::time::Duration;

use world::{Fault, What};

use crate::support::{Lab, Screen};

/// A terminal that can redraw lines.
const XTERM: &[(&str, &str)] = &[("TERM", "xterm")];
/// A terminal for a screen reader.
const PLAIN: &[(&str, &str)] = &[("TERM", "xterm"), ("ACCESSIBLE", "1"), ("NO_COLOR", "1")];

/// A lab in which only the connections are told.
fn lab(name: &str) -> Lab {
    let mut lab = Lab::new(name);
    lab.unset("RUNNER_ID").unset("CLUSTER_RUNNER_NAMESPACE").unset("CLUSTER_RUNNER_JOB_NAMESPACE");
    lab
}

/// Whether nothing was made on either side.
#[track_caller]
fn is_untouched(lab: &Lab) {
    for namespace in [&lab.runner_namespace, "humanitec-kubernetes-agent-runner-ns"] {
        assert!(lab.get("v1", "Namespace", "", namespace).is_none());
    }
    assert_eq!(lab.orchestrator.runner_ids(), Vec::<String>::new());
    assert!(lab.orchestrator.requests().iter().all(|request| request.method == "GET"));
}

/// No line was broken by the edge of the screen: what is printed fits, or is a line to copy.
#[track_caller]
fn fits(screen: &Screen) {
    let raw = screen.raw();
    let words = console::strip_ansi_codes(&raw);
    for line in words.lines().map(|line| line.rsplit('\r').find(|part| !part.is_empty()).unwrap_or_default()) {
        let is_for_copying = line.trim_start().starts_with("runner-setup ");
        assert!(line.chars().count() <= 80 || is_for_copying, "too long: {line:?}");
    }
}

#[test]
fn from_questions_to_a_deployment() {
    let lab = lab("wizard");
    let mut screen = Screen::start(&lab, XTERM, &["init"]);
    screen.shows("context       lab (the kubeconfig's only context)").shows("demo-org (HUMANITEC_ORG)");
    screen.answers("Runner id: [kubernetes-agent-lab]", "Bad Id\r");
    screen.shows("That is not possible: runner id `Bad Id` has 'B'; use lowercase letters, digits\n");
    screen.types(&format!("{}\r", lab.runner));
    screen.answers("Use these names? [Y/n]", "n");
    screen.answers("Namespace of the agent:", &format!("{}\r", lab.runner_namespace));
    screen.answers("Namespace of the jobs:", &format!("{}\r", lab.job_namespace));
    screen.answers("Account of the agent:", "\r");
    screen.answers("Account of the jobs:", "\r");
    screen.answers("> kubernetes: in Secrets", "\r");
    screen.answers("> any environment", "\x1b[B");
    screen.answers("> environments of one type", "\r");
    screen.answers("> development", "\r");
    screen.shows("create    runner-rule */development");
    is_untouched(&lab);
    screen.answers("Make these changes? [y/N]", "y");
    screen.answers("Write runner-setup.yaml? [Y/n]", "\r").ends(0);
    screen.shows_at_end("Done: 13 objects changed.");
    screen.shows_at_end(&format!("agent in  {}", lab.runner_namespace));
    screen.is_left_as_it_was();
    fits(&screen);
    lab.proves_itself();

    let line = screen.scripted_line();
    let words = shlex::split(&line).unwrap();
    assert!(words.contains(&lab.runner) && words.contains(&"env-type=development".to_owned()), "{line}");
    let words: Vec<&str> = words.iter().skip(1).map(String::as_str).chain(["-o", "json"]).collect();
    assert_eq!(lab.run(&words).exits(0).json()["outcome"], "nothing-to-do");
    let outcome = lab.run(&["apply", "--yes", "-o", "json"]).exits(0);
    assert_eq!(outcome.json()["outcome"], "nothing-to-do", "the file says the same");
    assert!(
        !std::fs::read_to_string(lab.home().join("runner-setup.yaml")).unwrap().contains(&lab.orchestrator.token())
    );
}

#[test]
fn the_same_with_plain_lines() {
    let lab = lab("p");
    let mut screen = Screen::start(&lab, PLAIN, &["init"]);
    screen.answers("Runner id: [kubernetes-agent-lab]", &format!("{}\r", lab.runner));
    screen.answers("Use these names? yes or no [yes]", "no\r");
    screen.answers("Namespace of the agent:", &format!("{}\r", lab.runner_namespace));
    screen.answers("Namespace of the jobs:", &format!("{}\r", lab.job_namespace));
    screen.answers("Account of the agent:", "\r");
    screen.answers("Account of the jobs:", "\r");
    screen.answers("4. azurerm", "7\r");
    screen.shows("Please type a number from 1 to 4.").types("\r");
    screen.answers("5. no rule now", "5\r");
    screen.shows("no rule selects runner");
    screen.answers("Make these changes? yes or no [no]", "yes\r");
    screen.answers("Write runner-setup.yaml? yes or no [yes]", "no\r").ends(0);
    screen.shows_at_end("Next, so that environments get it:");
    screen.shows_at_end("the agent runs");
    assert!(!screen.raw().contains('\x1b'), "a screen reader gets no control sequences\n{:?}", screen.raw());
    assert!(!lab.home().join("runner-setup.yaml").exists());
    fits(&screen);
    lab.proves_itself();
}

#[test]
fn a_token_is_typed_unseen_and_kept_nowhere() {
    for env in [XTERM, PLAIN] {
        let mut lab = Lab::new("hidden");
        lab.unset("HUMANITEC_AUTH_TOKEN").unset("HUMANITEC_ORG");
        let token = lab.orchestrator.token().to_owned();
        let old = lab.orchestrator.expired_token("demo-org");
        let mut screen = Screen::start(&lab, env, &["init"]);
        screen.answers("Organisation id:", "demo-org\r");
        screen.shows("`hctl login`").answers("Token:", &format!("{old}\r"));
        screen.shows("expired").types(&format!("{token}\r"));
        screen.shows("Where?").types("\r");
        screen.shows("Which environments").types("\r");
        screen.shows("Make these changes?").types("y\r");
        screen.shows("Write runner-setup.yaml?").types("y\r").ends(0);
        screen.shows_at_end("It takes the token from HUMANITEC_AUTH_TOKEN");
        screen.is_left_as_it_was();
        let written = std::fs::read_to_string(lab.home().join("runner-setup.yaml")).unwrap();
        for secret in [&token, &old, &lab.private_key_body().unwrap()] {
            assert!(!screen.raw().contains(secret.as_str()) && !written.contains(secret.as_str()));
        }
        fits(&screen);
    }
}

#[test]
fn everything_told_leaves_the_confirmation_and_yes_not_even_that() {
    let lab = Lab::new("told");
    let told = ["init", "--rule", "any", "--state-storage", "kubernetes"];
    let mut screen = Screen::start(&lab, XTERM, &told);
    screen.answers("Make these changes? [y/N]", "\r").ends(4);
    assert_eq!(screen.text().matches('?').count(), 1, "{}", screen.text());
    screen.shows_at_end("nothing was changed, as told");
    is_untouched(&lab);
    let mut screen = Screen::start(&lab, XTERM, &[&told[..], &["--yes"]].concat());
    screen.ends(0).shows_at_end("Done: 13 objects changed.");
    assert_eq!(screen.text().matches('?').count(), 0, "{}", screen.text());
    let mut screen = Screen::start(&lab, XTERM, &told);
    screen.ends(0).shows_at_end("Done: everything was as it should be.");
}

#[test]
fn the_context_is_chosen_from_a_list() {
    let mut lab = Lab::new("contexts");
    let here = lab.world.kubeconfig_admin_as("here");
    let elsewhere = lab.world.kubeconfig("elsewhere", "https://127.0.0.1:1", &world::Credential::Token("x"));
    lab.set("KUBECONFIG", format!("{}:{}", elsewhere.display(), here.display()));
    let mut screen = Screen::start(&lab, XTERM, &["init", "--yes", "--rule", "any", "--state-storage", "kubernetes"]);
    screen.answers("> elsewhere (current)", "\x1b[B");
    screen.answers("> here", "\r");
    screen.answers("Write runner-setup.yaml?", "n").ends(0);
    screen.shows_at_end("context here, ");
    assert!(screen.scripted_line().contains("--context here "));
}

#[test]
fn without_a_terminal_all_that_is_missing_is_named() {
    let mut lab = lab("nobody");
    lab.unset("HUMANITEC_ORG").unset("KUBECONFIG");
    let outcome = lab.run(&["init", "-o", "json"]).exits(3);
    let error = outcome.json()["error"].to_string();
    for way in ["--org ID", "HUMANITEC_ORG", "`organization` in runner-setup.yaml", "--runner-id ID", "RUNNER_ID"] {
        assert!(error.contains(way), "{way}\n{outcome}");
    }
    assert_eq!(outcome.json()["command"], "init");
    for (env, args) in [(XTERM, &["init", "--no-input"][..]), (&[("TERM", "xterm"), ("CI", "1")], &["init"])] {
        let mut screen = Screen::start(&lab, env, args);
        screen.ends(3).shows_at_end("2 answers are missing");
    }
}

#[test]
fn without_a_terminal_nothing_is_changed_without_yes() {
    let lab = Lab::new("no-yes");
    let outcome = lab.run(&["init", "-o", "json"]).exits(3).says("`--yes`");
    assert_eq!(outcome.json()["outcome"], "failed");
    is_untouched(&lab);
    let outcome = lab.run(&["init", "--yes", "--rule", "any", "-o", "json"]).exits(0);
    assert_eq!(outcome.json()["outcome"], "done");
    assert_eq!(outcome.json()["command"], "init");
}

#[test]
fn ctrl_c_at_any_question_changes_nothing() {
    let mut lab = lab("ctrl-c");
    for env in [XTERM, PLAIN] {
        for question in ["Runner id:", "Use these names?", "Where?", "Which environments", "Make these changes?"] {
            let mut screen = Screen::start(&lab, env, &["init"]);
            for earlier in ["Runner id:", "Use these names?", "Where?", "Which environments"] {
                if earlier == question {
                    break;
                }
                screen.answers(earlier, "\r");
            }
            screen.answers(question, "\x03").ends(130);
            screen.shows_at_end("error: interrupted; nothing was changed");
            screen.is_left_as_it_was();
        }
    }
    is_untouched(&lab);
    lab.unset("HUMANITEC_AUTH_TOKEN");
    for env in [XTERM, PLAIN] {
        let mut screen = Screen::start(&lab, env, &["init"]);
        screen.answers("Token:", "\x03").ends(130);
        screen.shows_at_end("interrupted; nothing was changed").is_left_as_it_was();
    }
}

#[test]
fn a_signal_from_elsewhere_leaves_the_terminal_as_it_was() {
    let lab = lab("signal");
    for name in ["-TERM", "-INT"] {
        let mut screen = Screen::start(&lab, XTERM, &["init"]);
        screen.answers("Runner id:", "\r").answers("Use these names?", "\r");
        screen.shows("> kubernetes: in Secrets");
        std::thread::sleep(Duration::from_millis(150));
        screen.signal(name).ends(130);
        screen.is_left_as_it_was();
    }
}

#[test]
fn ctrl_c_after_the_start_says_where_it_stopped_and_what_goes_on() {
    let lab = lab("stopped");
    let slow = What::Delay(Duration::from_secs(2));
    lab.orchestrator.fault(Fault::once("POST", "/runners", slow));
    let mut screen = Screen::start(&lab, XTERM, &["init"]);
    screen.answers("Runner id:", &format!("{}\r", lab.runner));
    screen.answers("Use these names?", "n");
    screen.answers("Namespace of the agent:", &format!("{}\r", lab.runner_namespace));
    screen.answers("Namespace of the jobs:", &format!("{}\r", lab.job_namespace));
    screen.answers("Account of the agent:", "\r").answers("Account of the jobs:", "\r");
    screen.answers("Where?", "\r").answers("Which environments", "\r").answers("Make these changes?", "y");
    screen.answers("done   create    ConfigMap", "\x03").shows("finishing what is in hand").ends(130);
    screen
        .shows_at_end("done   create    runner ")
        .shows_at_end("error: interrupted before: create")
        .shows_at_end("; 11 of 13 changes are made");
    screen.shows_at_end("All your answers in one line").is_left_as_it_was();
    assert_eq!(lab.orchestrator.runner_ids(), std::slice::from_ref(&lab.runner));
    let mut screen = Screen::start(&lab, XTERM, &["init", "--runner-id", &lab.runner, "--rule", "any", "--yes"]);
    screen.answers("Use these names?", "n");
    screen.answers("Namespace of the agent:", &format!("{}\r", lab.runner_namespace));
    screen.answers("Namespace of the jobs:", &format!("{}\r", lab.job_namespace));
    screen.answers("Account of the agent:", "\r").answers("Account of the jobs:", "\r");
    screen.answers("Write runner-setup.yaml?", "n").ends(0);
    screen.shows_at_end("is registered already");
    lab.proves_itself();
}

#[test]
fn the_end_of_the_input_is_a_missing_answer() {
    let lab = lab("eof");
    let mut screen = Screen::start(&lab, PLAIN, &["init"]);
    screen.answers("Runner id:", "\x04").ends(3);
    screen.shows_at_end("nothing was changed");
    is_untouched(&lab);
}

#[test]
fn a_file_that_is_there_is_not_replaced_silently() {
    let lab = Lab::new("file");
    lab.file("runner-setup.yaml", "apiVersion: runner-setup/v1\n# mine\nrules: [{ any: true }]\n");
    let mut screen = Screen::start(&lab, PLAIN, &["init", "--yes"]);
    screen.answers("Where?", "\r");
    screen.shows("is there already").answers("Replace it", "\r").ends(0);
    assert!(std::fs::read_to_string(lab.home().join("runner-setup.yaml")).unwrap().contains("# mine"));
}

#[test]
fn a_second_time_the_runner_that_is_there_is_the_default() {
    let mut lab = Lab::new("again");
    assert_eq!(lab.run(&["apply", "--yes", "--rule", "any", "-o", "json"]).exits(0).json()["outcome"], "done");
    lab.unset("RUNNER_ID");
    let mut screen = Screen::start(&lab, XTERM, &["init"]);
    screen.answers(&format!("Runner id: [{}]", lab.runner), "\r");
    screen.answers("Write runner-setup.yaml?", "n").ends(0);
    screen.shows_at_end("It has a rule already: any.").shows_at_end("Done: everything was as it should be.");
}

#[test]
fn the_confirmation_of_apply_can_be_left_too() {
    let lab = Lab::new("apply-ctrl-c");
    for env in [XTERM, PLAIN] {
        let mut screen = Screen::start(&lab, env, &["apply"]);
        screen.answers("Make these changes?", "\x03").ends(130);
        screen.shows_at_end("error: interrupted; nothing was changed").is_left_as_it_was();
        assert!(!screen.text().contains("finishing what is in hand"), "{}", screen.text());
    }
    is_untouched(&lab);
}
