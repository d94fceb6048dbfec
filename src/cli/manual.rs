//! `completions` and `man`: what the command tree says about itself.

use clap::Args;
use clap_complete::Shell;

use crate::exit_code::ExitCode;
use crate::failure::{Failure, FailureKind};

use super::Call;

/// Flags of `completions`.
#[derive(Debug, Args)]
pub(super) struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

/// Prints a completion script.
pub(super) fn completions(call: &Call<'_>, args: &CompletionsArgs) -> Result<ExitCode, Failure> {
    call.terminal.data(&completion_script(args.shell));
    Ok(ExitCode::Done)
}

/// The completion script for a shell.
pub(super) fn completion_script(shell: Shell) -> String {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut super::command(), "runner-setup", &mut script);
    String::from_utf8_lossy(&script).into_owned()
}

/// Prints the manual page.
pub(super) fn man(call: &Call<'_>) -> Result<ExitCode, Failure> {
    let mut page = Vec::new();
    clap_mangen::Man::new(super::command()).render(&mut page).map_err(|error| Failure::of(FailureKind::Bug, &error))?;
    call.terminal.data(&String::from_utf8_lossy(&page));
    Ok(ExitCode::Done)
}
