//! Questions to the person at the keyboard: lists to move in where the terminal can, plain lines where it can't.

use std::io::{self, BufRead, Write};

use console::Term;
use dialoguer::{Confirm, Input, Select};
use zeroize::Zeroizing;

use crate::failure::{Failure, FailureKind};
use crate::interrupt::Interrupt;

use super::theme::Calm;
use super::{Style, Terminal, wrap};

/// Asks; a trait so that the wizard can be driven by a script in tests.
pub trait Ask {
    /// Says something between two questions.
    fn say(&mut self, text: &str);
    /// A text; an empty answer means the default, and is one itself when the default is empty.
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
    /// Something that must not be seen; empty when nothing was typed.
    ///
    /// # Errors
    /// The keyboard is gone, or Ctrl-C.
    fn hidden(&mut self, question: &str) -> Result<Zeroizing<String>, Failure>;
}

/// The most characters of a question with its default: half a line is left for the answer.
const WIDEST_QUESTION: usize = 40;

/// The real keyboard.
pub struct Keyboard {
    style: Style,
}

/// Talks with the person in a thread of its own, so that Ctrl-C ends an open question too.
///
/// A question reads the keyboard until it is answered: it can be left, but not ended. Whatever it did to the terminal
/// (no echo, no cursor, every key by itself) is undone here.
///
/// # Errors
/// What the conversation answers, and `Interrupted` for Ctrl-C.
pub async fn converse<T: Send + 'static>(
    terminal: &Terminal,
    interrupt: &Interrupt,
    conversation: impl FnOnce(&mut Keyboard) -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    let mut keyboard = Keyboard { style: terminal.style };
    let before = Mode::now();
    let thread = tokio::task::spawn_blocking(move || conversation(&mut keyboard));
    let ended = tokio::select! {
        ended = thread => ended.unwrap_or_else(|error| Err(Failure::of(FailureKind::Bug, &error))),
        () = interrupt.pressed() => Err(left()),
    };
    if let Err(failure) = &ended
        && failure.kind == FailureKind::Interrupted
    {
        before.restore();
        // The question stands on this line, and has hidden the cursor when it was a list.
        let shown = if terminal.style.animated { "\x1b[?25h" } else { "" };
        drop(writeln!(io::stderr().lock(), "{shown}"));
    }
    ended
}

/// Asks for a yes before something is changed; no is the default.
///
/// # Errors
/// The keyboard is gone, or Ctrl-C.
pub async fn confirm(terminal: &Terminal, interrupt: &Interrupt, question: &'static str) -> Result<bool, Failure> {
    converse(terminal, interrupt, |keyboard| keyboard.confirm(question, false)).await
}

impl Ask for Keyboard {
    fn say(&mut self, text: &str) {
        drop(writeln!(io::stderr().lock(), "{}", wrap::for_screen(text)));
    }

    fn text(&mut self, question: &str, default: Option<&str>) -> Result<String, Failure> {
        if !self.style.animated {
            return plain_text(question, default);
        }
        let theme = Calm(self.style);
        let mut input = Input::<String>::with_theme(&theme).with_prompt(question);
        match default {
            Some("") => input = input.allow_empty(true),
            Some(default) => {
                // A line that wraps can't be redrawn: a long default stands on a line of its own.
                let is_long = question.len() + default.len() > WIDEST_QUESTION;
                if is_long {
                    self.say(&format!("  (Enter for {default})"));
                }
                input = input.default(default.to_owned()).show_default(!is_long);
            }
            None => {}
        }
        input.interact_text().map(|text| text.trim().to_owned()).map_err(gone)
    }

    fn choice(&mut self, question: &str, items: &[String], default: usize) -> Result<usize, Failure> {
        if !self.style.animated {
            return plain_choice(question, items, default);
        }
        let theme = Calm(self.style);
        Select::with_theme(&theme).with_prompt(question).items(items).default(default).interact().map_err(gone)
    }

    fn confirm(&mut self, question: &str, default: bool) -> Result<bool, Failure> {
        if !self.style.animated {
            return plain_confirm(question, default);
        }
        let theme = Calm(self.style);
        Confirm::with_theme(&theme).with_prompt(question).default(default).interact().map_err(gone)
    }

    fn hidden(&mut self, question: &str) -> Result<Zeroizing<String>, Failure> {
        // Not dialoguer's: that one asks for ever when the keyboard is gone, and redraws where nothing can be redrawn.
        let term = Term::stderr();
        term.write_str(&format!("{question} ")).and_then(|()| term.flush()).map_err(closed)?;
        term.read_secure_line().map(Zeroizing::new).map_err(closed)
    }
}

/// How the terminal treats keys and lines.
struct Mode {
    #[cfg(unix)]
    termios: Option<rustix::termios::Termios>,
}

impl Mode {
    #[cfg(unix)]
    fn now() -> Self {
        Self { termios: rustix::termios::tcgetattr(io::stdin()).ok() }
    }

    #[cfg(unix)]
    fn restore(&self) {
        use rustix::termios::{OptionalActions, tcsetattr};
        if let Some(termios) = &self.termios {
            // Where there is no terminal any more there is nothing to restore.
            let _ = tcsetattr(io::stdin(), OptionalActions::Drain, termios);
        }
    }

    #[cfg(not(unix))]
    fn now() -> Self {
        Self {}
    }

    #[cfg(not(unix))]
    fn restore(&self) {}
}

fn plain_text(question: &str, default: Option<&str>) -> Result<String, Failure> {
    loop {
        let shown = default.filter(|default| !default.is_empty()).map(|default| format!(" [{default}]"));
        let line = ask_line(&format!("{question}{} ", shown.unwrap_or_default()))?;
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
        let line = ask_line(&format!("{text}Number [{}] ", default + 1))?;
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
        match ask_line(&format!("{question} yes or no [{shown}] "))?.to_lowercase().as_str() {
            "" => return Ok(default),
            "y" | "yes" => return Ok(true),
            "n" | "no" => return Ok(false),
            _ => {}
        }
    }
}

fn ask_line(text: &str) -> Result<String, Failure> {
    {
        // Not locked while it waits: whoever ends the question by Ctrl-C has something to say.
        let mut stderr = io::stderr().lock();
        write!(stderr, "{text}").and_then(|()| stderr.flush()).map_err(closed)?;
    }
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
        io::ErrorKind::Interrupted => left(),
        io::ErrorKind::UnexpectedEof | io::ErrorKind::NotConnected => nobody(),
        _ => Failure::new(FailureKind::AnswerMissing, "the question could not be asked").cause(error.to_string()),
    }
}

fn left() -> Failure {
    Failure::new(FailureKind::Interrupted, "interrupted; nothing was changed")
}

fn nobody() -> Failure {
    Failure::new(FailureKind::AnswerMissing, "the question was left without an answer; nothing was changed")
        .hint("`runner-setup apply --help` shows how to answer by flag, variable and file")
}
