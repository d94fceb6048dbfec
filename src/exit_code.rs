//! The documented exit codes: the same numbers in every output format (`docs/exit-codes.md`).

/// How a run ended, as the number that the shell sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum ExitCode {
    /// Done, nothing to do, or healthy.
    Done = 0,
    /// A bug in runner-setup itself.
    Bug = 1,
    /// Command line or configuration, or something named there that does not exist.
    Usage = 2,
    /// An answer is missing and there is nobody to ask.
    AnswerMissing = 3,
    /// Refused: credentials, permission, conflict, foreign owner, or a cluster that is not ready for it.
    Refused = 4,
    /// Not reachable, or timed out.
    Unreachable = 5,
    /// The doctor found something broken.
    Broken = 6,
    /// The doctor could not look everywhere.
    Incomplete = 7,
    /// Changes are pending (`plan --detailed-exitcode`).
    ChangesPending = 8,
    /// Stopped part-way in a way that needs nothing but another run.
    Stopped = 9,
    /// Interrupted by Ctrl-C.
    Interrupted = 130,
}

impl From<ExitCode> for std::process::ExitCode {
    fn from(code: ExitCode) -> Self {
        Self::from(code as u8)
    }
}
