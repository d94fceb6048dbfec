//! The outside world as one value: arguments, environment, working directory, standard streams.
//!
//! Nothing else in the crate touches `std::env` or the standard streams, so a run is described by what is in here.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{self, IsTerminal, Read};
use std::path::{Path, PathBuf};

/// What a run was started with.
#[derive(Debug, Clone, Default)]
pub struct Process {
    /// The command line, the program's name first.
    pub args: Vec<OsString>,
    /// The environment; variables that are not UTF-8 are left out.
    pub env: BTreeMap<String, String>,
    /// The working directory.
    pub directory: PathBuf,
    /// Whether somebody can type answers.
    pub stdin_is_terminal: bool,
    /// Whether data goes to a screen.
    pub stdout_is_terminal: bool,
    /// Whether talk goes to a screen.
    pub stderr_is_terminal: bool,
}

impl Process {
    /// The real process.
    #[expect(clippy::disallowed_methods, reason = "the one place that looks at the real environment")]
    pub fn real() -> Self {
        Self {
            args: std::env::args_os().collect(),
            env: std::env::vars_os()
                .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
                .collect(),
            directory: std::env::current_dir().unwrap_or_else(|_| PathBuf::from(".")),
            stdin_is_terminal: io::stdin().is_terminal(),
            stdout_is_terminal: io::stdout().is_terminal(),
            stderr_is_terminal: io::stderr().is_terminal(),
        }
    }

    /// An environment variable; one that is empty counts as not set.
    pub fn var(&self, name: &str) -> Option<&str> {
        self.env.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// The home directory.
    pub fn home(&self) -> Option<&Path> {
        self.var("HOME").or_else(|| self.var("USERPROFILE")).map(Path::new)
    }

    /// Everything on standard input.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn read_stdin(&self) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        io::stdin().lock().read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// A path as a person gave it, below the working directory when it is relative.
    pub fn path(&self, path: impl AsRef<Path>) -> PathBuf {
        self.directory.join(path)
    }
}

/// Ends the process without another word: the second Ctrl-C.
#[expect(clippy::exit, reason = "somebody asked twice; there is nothing left to finish")]
#[expect(clippy::disallowed_methods, reason = "the one place that may end the process")]
pub fn end_at_once(code: crate::exit_code::ExitCode) -> ! {
    std::process::exit(i32::from(code as u8))
}
