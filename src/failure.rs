//! Every error at the edge: what kind it is, what caused it, and what to type next.

use std::error::Error as StdError;
use std::fmt;

use serde::Serialize;

use crate::exit_code::ExitCode;

/// What kind of failure it is; decides the exit code and nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FailureKind {
    /// The command line or the configuration is wrong, or names something that does not exist.
    Usage,
    /// Answers are missing and there is nobody to ask.
    AnswerMissing,
    /// Refused: credentials, permission, conflict, foreign owner.
    Refused,
    /// Not reachable, or timed out.
    Unreachable,
    /// Stopped part-way; the same command finishes it.
    Stopped,
    /// Interrupted by Ctrl-C.
    Interrupted,
    /// A bug in runner-setup.
    Bug,
}

impl FailureKind {
    /// The number for the shell.
    pub fn exit_code(self) -> ExitCode {
        match self {
            Self::Usage => ExitCode::Usage,
            Self::AnswerMissing => ExitCode::AnswerMissing,
            Self::Refused => ExitCode::Refused,
            Self::Unreachable => ExitCode::Unreachable,
            Self::Stopped => ExitCode::Stopped,
            Self::Interrupted => ExitCode::Interrupted,
            Self::Bug => ExitCode::Bug,
        }
    }
}

/// One failure as a person and a program see it: a sentence, its causes, and hints to act on.
///
/// The message names what failed and on which object, the causes carry the server's own words,
/// and each hint is a command to type or a place to look.
#[derive(Debug, Clone, Serialize)]
pub struct Failure {
    /// Decides the exit code.
    pub kind: FailureKind,
    /// A lowercase fragment without a full stop.
    pub message: String,
    /// From the nearest cause to the root, each in the words of whoever said it.
    pub causes: Vec<String>,
    /// Commands to type, or places to look.
    pub hints: Vec<String>,
}

impl Failure {
    /// A failure with a message of its own and no cause below it.
    pub fn new(kind: FailureKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), causes: Vec::new(), hints: Vec::new() }
    }

    /// A failure made of an error: its text is the message, its sources are the causes.
    pub fn of(kind: FailureKind, error: &dyn StdError) -> Self {
        let mut failure = Self::new(kind, error.to_string());
        let mut source = error.source();
        while let Some(cause) = source {
            let text = cause.to_string();
            // Some libraries print their source in their own text: said once is enough.
            let said = failure.causes.last().unwrap_or(&failure.message);
            if !said.contains(&text) {
                failure.causes.push(text);
            }
            source = cause.source();
        }
        failure
    }

    /// Adds a cause in the words of whoever said it.
    #[must_use]
    pub fn cause(mut self, cause: impl Into<String>) -> Self {
        self.causes.push(cause.into());
        self
    }

    /// Adds a hint: a command to type or a place to look. The same hint is kept once.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        let hint = hint.into();
        if !self.hints.contains(&hint) {
            self.hints.push(hint);
        }
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl StdError for Failure {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_that_is_already_said_is_not_said_twice() {
        #[derive(Debug, thiserror::Error)]
        #[error("reading the file: {0}")]
        struct Outer(#[source] std::io::Error);
        let failure = Failure::of(FailureKind::Usage, &Outer(std::io::Error::other("disk is gone")));
        assert_eq!(failure.message, "reading the file: disk is gone");
        assert!(failure.causes.is_empty());
    }
}
