//! The only room that writes: data to stdout, talk to stderr, in the style that the terminal can show.

mod keyboard;
mod log;
mod plan_view;
mod progress;
mod style;
mod theme;
mod wrap;

use std::io::{self, Write};
use std::sync::{Mutex, OnceLock};

use serde::Serialize;

use crate::failure::{Failure, FailureKind};
use crate::process::Process;

pub use keyboard::{Ask, Keyboard, confirm, converse};
pub use log::log_requests;
pub use plan_view::plan_lines;
pub use progress::Progress;
pub use style::{Color, Style};

/// In which format data goes to stdout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Output {
    /// Sentences, for people.
    Human,
    /// One JSON document.
    Json,
    /// One YAML document.
    Yaml,
}

/// Help and version to stdout, complaints about the command line to stderr, as clap words them.
pub fn as_clap_says(error: &clap::Error) {
    // A closed pipe is no error.
    drop(error.print());
}

/// How much talk goes to stderr.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Talk {
    /// Warnings and errors.
    Quiet,
    /// The default.
    Normal,
    /// Everything, unchanged objects included.
    Verbose,
}

/// The voice of the program.
pub struct Terminal {
    /// How words may look.
    pub style: Style,
    /// In which format data is written.
    pub output: Output,
    /// How much is said.
    pub talk: Talk,
    lock: Mutex<()>,
    lost: OnceLock<String>,
}

impl Terminal {
    /// A voice that fits the terminal it speaks in.
    pub fn new(process: &Process, color: Color, output: Output, talk: Talk) -> Self {
        Self { style: Style::fitting(process, color), output, talk, lock: Mutex::new(()), lost: OnceLock::new() }
    }

    /// Data that another program may read. A closed pipe is no error.
    pub fn data(&self, text: &str) {
        let _one_at_a_time = self.lock.lock();
        let mut stdout = io::stdout().lock();
        let newline = if text.ends_with('\n') { "" } else { "\n" };
        if let Err(error) = write!(stdout, "{text}{newline}").and_then(|()| stdout.flush())
            && error.kind() != io::ErrorKind::BrokenPipe
        {
            drop(self.lost.set(error.to_string()));
        }
    }

    /// Why data did not arrive, when it did not. A reader that closed its end had enough: that is no loss.
    pub fn lost_data(&self) -> Option<Failure> {
        let why = self.lost.get()?;
        Some(Failure::new(FailureKind::Usage, "standard output could not be written").cause(why.clone()))
    }

    /// A document in the format asked for; nothing in human format, where talk says it all.
    pub fn document(&self, document: &impl Serialize) {
        match self.output {
            Output::Human => {}
            Output::Json => self.data(&serde_json::to_string_pretty(document).unwrap_or_default()),
            Output::Yaml => self.data(&serde_yaml::to_string(document).unwrap_or_default()),
        }
    }

    /// Talk: what is being done, unless `--quiet`.
    pub fn say(&self, text: &str) {
        if self.talk > Talk::Quiet {
            self.stderr(text);
        }
    }

    /// Something a person should know.
    pub fn warn(&self, text: &str) {
        self.stderr(&wrap::for_screen(&format!("{} {text}", self.style.warning("warning:"))));
    }

    /// A command to type or a place to look.
    pub fn hint(&self, text: &str) {
        self.stderr(&format!("{} {text}", self.style.hint("hint:")));
    }

    /// What went wrong, why, and what to type.
    pub fn failure(&self, failure: &Failure) {
        self.stderr(&wrap::for_screen(&format!("{} {}", self.style.error("error:"), failure.message)));
        for cause in &failure.causes {
            self.stderr(&wrap::for_screen(&format!("  because: {cause}")));
        }
        for hint in &failure.hints {
            self.hint(hint);
        }
        if failure.kind == crate::failure::FailureKind::Bug {
            self.hint("this is a bug in runner-setup; please report it with the output of `-vv`");
        }
    }

    fn stderr(&self, text: &str) {
        let _one_at_a_time = self.lock.lock();
        // Where nobody listens there is nothing to do about it.
        drop(writeln!(io::stderr().lock(), "{text}"));
    }
}
