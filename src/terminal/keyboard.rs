//! Questions to the person at the keyboard: lists to move in where the terminal can, plain lines where it can't.

use std::io::{self, BufRead, Write};

use dialoguer::theme::{ColorfulTheme, SimpleTheme, Theme};
use dialoguer::{Confirm, Input, Password, Select};
use zeroize::Zeroizing;

use crate::failure::{Failure, FailureKind};

use super::Terminal;

/// Asks; a trait so that the wizard can be driven by a script in tests.
pub trait Ask {
    /// A text; an empty answer means the default.
    ///
    /// # Errors
    /// The keyboard is gone, or Ctrl-C.
    fn text(&mut self, question: &str, default: Option<&str>) -> Result<String, Failure>;
    /// One of several; answers its index.
    ///
    /// # Errors
    /// The keyboard is gone, or Ctrl-C.
    fn choice(&mut self, question: &str, items: &[String], default: usize) -> Result<usize, Failure>;
    /// Yes or no.
    ///
    /// # Errors
    /// The keyboard is gone, or Ctrl-C.
    fn confirm(&mut self, question: &str, default: bool) -> Result<bool, Failure>;
    /// Something that must not be seen.
    ///
    /// # Errors
    /// The keyboard is gone, or Ctrl-C.
    fn hidden(&mut self, question: &str) -> Result<Zeroizing<String>, Failure>;
}

/// The real keyboard.
pub struct Keyboard {
    animated: bool,
    colored: bool,
}

impl Keyboard {
    /// The keyboard of this terminal.
    pub fn new(terminal: &Terminal) -> Self {
        Self { animated: terminal.style.animated, colored: terminal.style.colored }
    }

    fn theme(&self) -> Box<dyn Theme> {
        if self.colored { Box::new(ColorfulTheme::default()) } else { Box::new(SimpleTheme) }
    }
}

/// Asks for a yes before something is changed; no is the default.
///
/// # Errors
/// The keyboard is gone, or Ctrl-C.
pub fn confirm(terminal: &Terminal, question: &str) -> Result<bool, Failure> {
    Keyboard::new(terminal).confirm(question, false)
}

impl Ask for Keyboard {
    fn text(&mut self, question: &str, default: Option<&str>) -> Result<String, Failure> {
        if !self.animated {
            return plain_text(question, default);
        }
        let theme = self.theme();
        let mut input = Input::<String>::with_theme(theme.as_ref()).with_prompt(question);
        if let Some(default) = default {
            input = input.default(default.to_owned());
        }
        input.interact_text().map_err(gone)
    }

    fn choice(&mut self, question: &str, items: &[String], default: usize) -> Result<usize, Failure> {
        if !self.animated {
            return plain_choice(question, items, default);
        }
        let theme = self.theme();
        Select::with_theme(theme.as_ref()).with_prompt(question).items(items).default(default).interact().map_err(gone)
    }

    fn confirm(&mut self, question: &str, default: bool) -> Result<bool, Failure> {
        if !self.animated {
            return plain_confirm(question, default);
        }
        let theme = self.theme();
        Confirm::with_theme(theme.as_ref()).with_prompt(question).default(default).interact().map_err(gone)
    }

    fn hidden(&mut self, question: &str) -> Result<Zeroizing<String>, Failure> {
        let theme = self.theme();
        Password::with_theme(theme.as_ref()).with_prompt(question).interact().map(Zeroizing::new).map_err(gone)
    }
}

fn plain_text(question: &str, default: Option<&str>) -> Result<String, Failure> {
    loop {
        let shown = default.map(|default| format!(" [{default}]")).unwrap_or_default();
        let line = ask_line(&format!("{question}{shown}: "))?;
        match (line.is_empty(), default) {
            (true, Some(default)) => return Ok(default.to_owned()),
            (true, None) => {}
            (false, _) => return Ok(line),
        }
    }
}

fn plain_choice(question: &str, items: &[String], default: usize) -> Result<usize, Failure> {
    let mut text = format!("{question}\n");
    for (index, item) in items.iter().enumerate() {
        text.push_str(&format!("  {}. {item}\n", index + 1));
    }
    loop {
        let line = ask_line(&format!("{text}Number [{}]: ", default + 1))?;
        if line.is_empty() {
            return Ok(default);
        }
        match line.parse::<usize>() {
            Ok(number) if (1..=items.len()).contains(&number) => return Ok(number - 1),
            _ => text = format!("Please type a number from 1 to {}.\n", items.len()),
        }
    }
}

fn plain_confirm(question: &str, default: bool) -> Result<bool, Failure> {
    let shown = if default { "yes" } else { "no" };
    loop {
        match ask_line(&format!("{question} yes or no [{shown}]: "))?.to_lowercase().as_str() {
            "" => return Ok(default),
            "y" | "yes" => return Ok(true),
            "n" | "no" => return Ok(false),
            _ => {}
        }
    }
}

fn ask_line(text: &str) -> Result<String, Failure> {
    let mut stderr = io::stderr().lock();
    write!(stderr, "{text}").and_then(|()| stderr.flush()).map_err(closed)?;
    let mut line = String::new();
    match io::stdin().lock().read_line(&mut line) {
        Ok(0) => Err(nobody()),
        Ok(_) => Ok(line.trim().to_owned()),
        Err(error) => Err(closed(error)),
    }
}

fn gone(error: dialoguer::Error) -> Failure {
    let dialoguer::Error::IO(error) = error;
    closed(error)
}

fn closed(error: io::Error) -> Failure {
    match error.kind() {
        io::ErrorKind::Interrupted => Failure::new(FailureKind::Interrupted, "interrupted; nothing was changed"),
        io::ErrorKind::UnexpectedEof | io::ErrorKind::NotConnected => nobody(),
        _ => Failure::new(FailureKind::AnswerMissing, "the question could not be asked").cause(error.to_string()),
    }
}

fn nobody() -> Failure {
    Failure::new(FailureKind::AnswerMissing, "there is nobody to answer").hint("runner-setup apply --help")
}
