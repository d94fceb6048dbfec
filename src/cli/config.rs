//! `config`: the configuration file's schema, and the settings that result.

use clap::Subcommand;
use serde::Serialize;

use crate::answers::{Answers, Need, ShownSetting, schema, settle};
use crate::exit_code::ExitCode;
use crate::failure::Failure;
use crate::terminal::Output;

use super::Call;
use super::session::gather;

/// Commands about the configuration.
#[derive(Debug, Subcommand)]
pub(super) enum ConfigCommand {
    /// Print the JSON schema of runner-setup.yaml
    Schema,
    /// Print every setting with its value and where it came from
    Show,
}

/// What `config show -o json` writes.
#[derive(Serialize, schemars::JsonSchema)]
pub(super) struct SettingsDocument {
    /// Always `runner-setup/settings/v1`.
    #[schemars(extend("const" = "runner-setup/settings/v1"))]
    schema: &'static str,
    /// Every setting, in the order of help.
    settings: Vec<ShownSetting>,
}

/// Runs `config`.
pub(super) async fn run(call: &Call<'_>, command: &ConfigCommand) -> Result<ExitCode, Failure> {
    match command {
        ConfigCommand::Schema => {
            let schema = schema();
            match call.terminal.output {
                Output::Yaml => call.terminal.document(&schema),
                Output::Human | Output::Json => {
                    call.terminal.data(&serde_json::to_string_pretty(&schema).unwrap_or_default());
                }
            }
            Ok(ExitCode::Done)
        }
        ConfigCommand::Show => {
            let (answers, _) = gather(call).await?;
            show_settings(call, &answers)
        }
    }
}

/// Prints every setting with its value and its source. Secrets show only that they are set.
pub(super) fn show_settings(call: &Call<'_>, answers: &Answers) -> Result<ExitCode, Failure> {
    let settled = settle(answers, call.process, Need::NOTHING)?;
    if call.terminal.output == Output::Human {
        let width = settled.shown.iter().map(|row| row.id.len()).max().unwrap_or(0);
        for row in &settled.shown {
            let value = if row.value.is_empty() { "(nothing)" } else { &row.value };
            call.terminal.data(&format!("{:width$}  {value}  [{}]", row.id, row.source));
        }
    }
    call.terminal.document(&SettingsDocument { schema: "runner-setup/settings/v1", settings: settled.shown });
    for warning in &settled.warnings {
        call.terminal.warn(warning);
    }
    Ok(ExitCode::Done)
}
