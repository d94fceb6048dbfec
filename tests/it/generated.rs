//! What is generated from the command tree and checked in: the reference, completions and the manual page.

use std::fmt::Write;
use std::path::Path;

use clap::{ArgAction, Command};

use crate::support::{Lab, is_shipped};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every command that can be run, with the words that run it.
fn commands(command: &Command, words: &str) -> Vec<(String, Command)> {
    let own = (words.to_owned(), command.clone());
    let below = command.get_subcommands().filter(|it| it.get_name() != "help");
    let below = below.flat_map(|it| commands(it, &format!("{words} {}", it.get_name())));
    [own].into_iter().chain(below).collect()
}

fn tree() -> Vec<(String, Command)> {
    let mut command = runner_setup::cli::command();
    command.build();
    commands(&command, "runner-setup")
}

/// A text fit for a cell of a Markdown table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ").replace('<', "&lt;")
}

fn flags_of(command: &Command, is_root: bool, page: &mut String) {
    let mut heading = String::new();
    for arg in command.get_arguments().filter(|arg| !["help", "version"].contains(&arg.get_id().as_str())) {
        if arg.is_global_set() != is_root && !arg.is_positional() {
            continue;
        }
        let under = arg.get_help_heading().unwrap_or("Own").to_owned();
        if under != heading {
            writeln!(page, "\n**{under}**\n\n| flag | does | takes |\n| --- | --- | --- |").unwrap();
            heading = under;
        }
        let names: Vec<String> = arg
            .get_short()
            .map(|short| format!("`-{short}`"))
            .into_iter()
            .chain(arg.get_long().map(|long| format!("`--{long}`")))
            .collect();
        let value = arg.get_value_names().and_then(|names| names.first()).map(ToString::to_string);
        let takes_value = matches!(arg.get_action(), ArgAction::Set | ArgAction::Append);
        let words: Vec<_> = arg.get_possible_values().iter().map(|it| it.get_name().to_owned()).collect();
        let takes = match (takes_value, words.is_empty()) {
            (false, _) => String::new(),
            (true, false) => words.join(", "),
            (true, true) => value.clone().unwrap_or_default(),
        };
        let name = if names.is_empty() { format!("`{}`", value.unwrap_or_default()) } else { names.join(", ") };
        let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
        writeln!(page, "| {name} | {} | {} |", cell(&help), cell(&takes)).unwrap();
    }
}

#[test]
fn the_reference_is_what_clap_says() {
    let mut page =
        "# Command line reference\n\nGenerated from the program itself: `UPDATE=1 cargo test --test it generated`.\n"
            .to_owned();
    for (index, (words, command)) in tree().iter().enumerate() {
        let about = command.get_about().map(ToString::to_string).unwrap_or_default();
        writeln!(page, "\n## `{words}`\n\n{about}.").unwrap();
        if let Some(after) = command.get_after_help() {
            writeln!(page, "\n```text\n{after}\n```").unwrap();
        }
        flags_of(command, index == 0, &mut page);
    }
    is_shipped(&root().join("docs/cli-reference.md"), &page);
}

#[test]
fn completions_are_those_that_the_program_prints() {
    let lab = Lab::new("completions");
    for (shell, file) in [
        ("bash", "runner-setup.bash"),
        ("zsh", "_runner-setup"),
        ("fish", "runner-setup.fish"),
        ("powershell", "_runner-setup.ps1"),
        ("elvish", "runner-setup.elv"),
    ] {
        let outcome = lab.run(&["completions", shell]).exits(0);
        assert!(outcome.stderr.is_empty(), "{outcome}");
        is_shipped(&root().join("completions").join(file), &outcome.stdout);
    }
    let bash = std::process::Command::new("bash").arg("-n").arg(root().join("completions/runner-setup.bash")).status();
    assert!(bash.unwrap().success());
    let _ = lab.run(&["completions", "tcsh"]).exits(2).says("bash, elvish, fish, powershell, zsh");
}

#[test]
fn the_manual_page_is_the_one_that_the_program_prints() {
    let outcome = Lab::new("man").run(&["man"]).exits(0).prints(".TH runner-setup 1").prints("apply");
    is_shipped(&root().join("man/runner-setup.1"), &outcome.stdout);
}

#[test]
fn every_command_has_help_with_its_flags_under_headings_and_their_variables() {
    let lab = Lab::new("help");
    for (words, command) in tree() {
        let args: Vec<_> = words.split(' ').skip(1).chain(["--help"]).collect();
        let outcome = lab.run(&args).exits(0);
        assert!(outcome.stderr.is_empty(), "{outcome}");
        let width = outcome.stdout.lines().map(|line| line.chars().count()).max().unwrap();
        assert!(width <= 120, "{words}: a line of {width} characters");
        for arg in command.get_arguments().filter(|arg| !arg.is_hide_set()) {
            if let Some(long) = arg.get_long() {
                assert!(outcome.stdout.contains(&format!("--{long}")), "{words} --help does not name --{long}");
            }
            assert!(arg.get_help().is_some(), "{words}: {} has no help", arg.get_id());
        }
        for variable in ["HUMANITEC_ORG", "HUMANITEC_AUTH_TOKEN", "KUBECONFIG", "SSL_CERT_FILE", "RUNNER_SETUP_CONFIG"]
        {
            assert!(outcome.stdout.contains(variable), "{words} --help does not name {variable}");
        }
    }
}

#[test]
fn help_of_the_commands_that_do_something_ends_with_examples_that_parse() {
    let mut seen = 0;
    for (words, command) in tree() {
        let Some(after) = command.get_after_help().map(ToString::to_string) else { continue };
        for line in after.lines().map(str::trim).filter(|line| line.starts_with("runner-setup ")) {
            let line = line.split(" | ").last().unwrap();
            let parsed = runner_setup::cli::command().try_get_matches_from(shlex::split(line).unwrap());
            assert!(parsed.is_ok(), "{words}: {line}: {}", parsed.unwrap_err());
            seen += 1;
        }
    }
    assert!(seen >= 10, "{seen} examples");
}

#[test]
fn shells_complete_contexts_as_the_kubeconfig_has_them() {
    let mut lab = Lab::new("dynamic");
    let other = lab.world.kubeconfig_admin_as("another-one");
    let list = format!("{}:{}", lab.env()["KUBECONFIG"], other.display());
    lab.set("KUBECONFIG", list).set("COMPLETE", "bash").set("_CLAP_COMPLETE_INDEX", "3").set("_CLAP_IFS", "\n");
    let outcome = lab.run(&["--", "runner-setup", "plan", "--context", ""]).exits(0);
    let offered: Vec<_> = outcome.stdout.lines().collect();
    assert!(offered.contains(&"lab") && offered.contains(&"another-one"), "{outcome}");
    let outcome = lab.run(&["--", "runner-setup", "plan", "--context", "ano"]).exits(0);
    assert_eq!(outcome.stdout.trim(), "another-one");
    let offered = |lab: &Lab, flag: &str| lab.run(&["--", "runner-setup", "plan", flag, ""]).exits(0).stdout;
    assert!(offered(&lab, "--job-namespace").lines().any(|line| line == "kube-system"));
    assert!(!offered(&lab, "--runner-id").contains(&lab.runner));
    lab.unset("COMPLETE");
    let _ = lab.run(&["apply", "--yes", "--no-wait"]).exits(0);
    lab.set("COMPLETE", "bash");
    assert!(offered(&lab, "--runner-id").contains(&lab.runner));
    let outcome = lab.run(&[]).exits(0).prints("complete");
    assert!(outcome.stderr.is_empty(), "{outcome}");
}
