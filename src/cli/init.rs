//! `init`: the wizard.

use crate::exit_code::ExitCode;
use crate::failure::Failure;

use super::Call;

/// Runs `init`.
pub(super) async fn run(_call: &Call<'_>) -> Result<ExitCode, Failure> {
    Ok(ExitCode::Done)
}
