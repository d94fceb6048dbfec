//! Google's own `gcloud`: a client that knows nothing of this project's.

use std::collections::BTreeMap;
use std::process::{Command, Stdio};

use serde_json::Value;

/// Runs the command with these variables and nothing of this machine's own settings; returns its document, `Null` when it
/// has none, or what it said on standard error.
pub(super) fn run(env: &BTreeMap<String, String>, arguments: &[&str]) -> Result<Value, String> {
    let mut command = Command::new("gcloud");
    command.args(arguments).env_clear().envs(env).stdin(Stdio::null());
    if !arguments.iter().any(|it| it.starts_with("--format")) {
        command.arg("--format=json");
    }
    let output = command.output().map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => {
            "these tests run Google's own `gcloud`: install the Google Cloud CLI and see that `gcloud` is on the PATH"
                .to_owned()
        }
        _ => format!("cannot run gcloud: {error}"),
    })?;
    let said = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).trim().to_owned());
    }
    if said.is_empty() {
        return Ok(Value::Null);
    }
    Ok(serde_json::from_str(&said).unwrap_or(Value::String(said)))
}
