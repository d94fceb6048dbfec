//! How words may look: colour by meaning, and never by meaning alone.

use console::Style as Look;

use crate::process::Process;

/// `--color`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Color {
    /// When stderr is a terminal that shows colours.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// What the terminal can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// Whether words may be coloured.
    pub colored: bool,
    /// Whether lines may be redrawn: spinners, lists to move in.
    pub animated: bool,
}

impl Style {
    /// What fits: `--color`, then `NO_COLOR`, `CLICOLOR_FORCE`, `TERM=dumb` and `ACCESSIBLE`.
    pub fn fitting(process: &Process, color: Color) -> Self {
        let dumb = process.var("TERM").is_none_or(|term| term == "dumb");
        let colored = match color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto if process.var("NO_COLOR").is_some() => false,
            Color::Auto if process.var("CLICOLOR_FORCE").is_some_and(|value| value != "0") => true,
            Color::Auto => process.stderr_is_terminal && !dumb,
        };
        let animated =
            process.stderr_is_terminal && !dumb && process.var("ACCESSIBLE").is_none() && process.var("CI").is_none();
        Self { colored, animated }
    }

    /// A word for something wrong.
    pub fn error(self, text: &str) -> String {
        self.paint(Look::new().red().bold(), text)
    }

    /// A word for something to know.
    pub fn warning(self, text: &str) -> String {
        self.paint(Look::new().yellow().bold(), text)
    }

    /// A word for something to type.
    pub fn hint(self, text: &str) -> String {
        self.paint(Look::new().cyan(), text)
    }

    /// A word for something that is well.
    pub fn good(self, text: &str) -> String {
        self.paint(Look::new().green(), text)
    }

    /// A heading.
    pub fn heading(self, text: &str) -> String {
        self.paint(Look::new().bold(), text)
    }

    /// A word of less weight.
    pub fn faint(self, text: &str) -> String {
        self.paint(Look::new().dim(), text)
    }

    fn paint(self, look: Look, text: &str) -> String {
        if self.colored { look.force_styling(true).apply_to(text).to_string() } else { text.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn process(env: &[(&str, &str)]) -> Process {
        Process {
            env: env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            stderr_is_terminal: true,
            ..Process::default()
        }
    }

    #[test]
    fn the_terminal_decides_unless_a_person_does() {
        let xterm = ("TERM", "xterm");
        assert!(Style::fitting(&process(&[xterm]), Color::Auto).colored);
        assert!(!Style::fitting(&process(&[xterm, ("NO_COLOR", "1")]), Color::Auto).colored);
        assert!(!Style::fitting(&process(&[("TERM", "dumb")]), Color::Auto).animated);
        assert!(!Style::fitting(&process(&[xterm, ("ACCESSIBLE", "1")]), Color::Auto).animated);
        assert!(Style::fitting(&process(&[xterm, ("NO_COLOR", "1")]), Color::Always).colored);
        assert_eq!(Style::fitting(&process(&[xterm]), Color::Never).error("x"), "x");
    }
}
