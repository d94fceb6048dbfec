//! The flags, made of the registry, and what was typed as them.

use clap::builder::{NonEmptyStringValueParser, PossibleValuesParser};
use clap::{Arg, ArgAction, ArgMatches, Command, ValueHint};

use super::Answers;
use super::registry::ALL;
use super::setting::{Setting, Shape};
use super::told::{Said, Source};

/// Adds the flags of these settings to a command, under their headings.
pub fn setting_args(command: Command, only: &[&'static Setting]) -> Command {
    command.args(only.iter().filter(|setting| setting.has_flag()).map(|setting| setting_arg(setting)))
}

/// The flag of one setting; its help names variables and default.
pub fn setting_arg(setting: &'static Setting) -> Arg {
    let arg = Arg::new(setting.id).long(setting.id).help(help(setting)).help_heading(setting.heading);
    if setting.shape == Shape::Switch {
        return arg.action(ArgAction::SetTrue);
    }
    let action = if setting.is_repeatable() { ArgAction::Append } else { ArgAction::Set };
    let arg = arg.action(action).value_name(setting.value_name);
    if !setting.choices.is_empty() {
        return arg.value_parser(PossibleValuesParser::new(setting.choices));
    }
    let hint = if matches!(setting.value_name, "FILE" | "PEM") { ValueHint::FilePath } else { ValueHint::Other };
    arg.value_parser(NonEmptyStringValueParser::new()).value_hint(hint)
}

fn help(setting: &Setting) -> String {
    let mut help = setting.help.to_owned();
    if setting.is_repeatable() {
        help.push_str(" (repeatable)");
    }
    if !setting.env.is_empty() {
        help.extend([" [env: ", &setting.env.join(", "), "]"]);
    }
    if let Some(default) = setting.default {
        help.extend([" [default: ", default, "]"]);
    }
    help
}

impl Answers {
    /// What was typed as flags; settings for which the command has no flag are left out.
    pub fn from_matches(matches: &ArgMatches) -> Self {
        let mut answers = Self::default();
        for setting in ALL.iter().filter(|setting| setting.has_flag()) {
            if let Some(said) = typed(matches, setting) {
                answers.put(setting, said, Source::Flag);
            }
        }
        answers
    }
}

fn typed(matches: &ArgMatches, setting: &Setting) -> Option<Said> {
    if !matches.try_contains_id(setting.id).unwrap_or(false) {
        return None;
    }
    if setting.shape == Shape::Switch {
        return matches.get_flag(setting.id).then_some(Said::Switch(true));
    }
    let mut values = matches.get_many::<String>(setting.id)?.cloned();
    if setting.is_repeatable() { Some(Said::List(values.collect())) } else { values.next().map(Said::Text) }
}

#[cfg(test)]
mod tests {
    use super::super::registry::{AGENT_ENV, NO_WAIT, ORG, RULE, TIMEOUT};
    use super::*;

    fn parse(flags: &[&str]) -> Result<ArgMatches, clap::Error> {
        setting_args(Command::new("t").no_binary_name(true), ALL).try_get_matches_from(flags)
    }

    #[test]
    fn clap_accepts_the_whole_registry() {
        setting_args(Command::new("t"), ALL).debug_assert();
    }

    #[test]
    fn help_names_variables_default_and_repetition() {
        assert_eq!(
            help(&ORG),
            "Use this organisation [env: HUMANITEC_ORG, HUMANITEC_ORG_ID, PO_ORG_ID] [default: hctl's default_org_id]"
        );
        assert!(help(&RULE).ends_with("(repeatable)"));
    }

    #[test]
    fn values_arrive_byte_for_byte_and_in_order() {
        let matches = parse(&["--agent-env", "NO_PROXY=10.0.0.0/8,.svc", "--agent-env=A= b=c ", "--no-wait"]).unwrap();
        let answers = Answers::from_matches(&matches);
        let expected = vec!["NO_PROXY=10.0.0.0/8,.svc".to_owned(), "A= b=c ".to_owned()];
        assert_eq!(answers.told(&AGENT_ENV).unwrap().value, Said::List(expected));
        assert_eq!(answers.told(&NO_WAIT).unwrap().value, Said::Switch(true));
        assert!(answers.told(&TIMEOUT).is_none());
    }

    #[test]
    fn an_empty_text_an_unknown_word_and_a_flag_given_twice_are_refused() {
        for flags in [&["--org", ""][..], &["--log-level", "loud"], &["--org", "a", "--org", "b"]] {
            assert!(parse(flags).is_err(), "{flags:?}");
        }
    }

    #[test]
    fn a_command_with_few_flags_tells_few_settings() {
        let command = setting_args(Command::new("t").no_binary_name(true), &[&ORG]);
        let answers = Answers::from_matches(&command.try_get_matches_from(["--org", "a"]).unwrap());
        assert_eq!(answers.text(&ORG), Some("a"));
        assert!(answers.told(&NO_WAIT).is_none());
    }
}
