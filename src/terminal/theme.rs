//! How a question looks: its own words, a marker that needs no colour, and the answer behind it afterwards.

use std::fmt;

use dialoguer::theme::Theme;

use super::Style;

/// Calm and plain; the same signs with and without colours.
pub(super) struct Calm(pub(super) Style);

impl Theme for Calm {
    fn format_prompt(&self, f: &mut dyn fmt::Write, prompt: &str) -> fmt::Result {
        write!(f, "{prompt}")
    }

    fn format_confirm_prompt(&self, f: &mut dyn fmt::Write, prompt: &str, default: Option<bool>) -> fmt::Result {
        let choices = match default {
            Some(true) => "[Y/n]",
            Some(false) => "[y/N]",
            None => "[y/n]",
        };
        write!(f, "{prompt} {} ", self.0.faint(choices))
    }

    fn format_confirm_prompt_selection(
        &self,
        f: &mut dyn fmt::Write,
        prompt: &str,
        selection: Option<bool>,
    ) -> fmt::Result {
        self.format_input_prompt_selection(f, prompt, if selection == Some(true) { "yes" } else { "no" })
    }

    fn format_input_prompt(&self, f: &mut dyn fmt::Write, prompt: &str, default: Option<&str>) -> fmt::Result {
        match default {
            Some(default) if !default.is_empty() => write!(f, "{prompt} {} ", self.0.faint(&format!("[{default}]"))),
            _ => write!(f, "{prompt} "),
        }
    }

    fn format_input_prompt_selection(&self, f: &mut dyn fmt::Write, prompt: &str, answer: &str) -> fmt::Result {
        write!(f, "{prompt} {}", self.0.hint(answer))
    }

    fn format_select_prompt_item(&self, f: &mut dyn fmt::Write, text: &str, active: bool) -> fmt::Result {
        if active { write!(f, "{}", self.0.hint(&format!("> {text}"))) } else { write!(f, "  {text}") }
    }
}
