//! Microsoft's own `az`: large, so it is installed only when a test runs it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::{Mutex, OnceLock, PoisonError};

use serde_json::Value;

use super::Identity;
use super::models::file;
use crate::python;

static ENVIRONMENT: OnceLock<PathBuf> = OnceLock::new();

/// The identities that have logged in.
static LOGGED_IN: Mutex<Vec<String>> = Mutex::new(Vec::new());

fn environment() -> &'static PathBuf {
    ENVIRONMENT
        .get_or_init(|| python::environment(&file("requirements-az.txt")).unwrap_or_else(|reason| panic!("{reason}")))
}

/// Runs the command as an application, after it has logged in, with nothing of this machine's own settings; returns its
/// document, `Null` when it has none, or what it said on standard error.
pub(super) fn run(identity: &Identity, secret: &str, arguments: &[&str]) -> Result<Value, String> {
    let azure = identity.subscription().azure();
    let (url, home) = (azure.url(), identity.cli_folder().join("real"));
    let certificate = azure.certificate_file().display().to_string();
    let env: BTreeMap<&str, String> = [
        ("AZURE_CONFIG_DIR", home.display().to_string()),
        ("AZURE_CORE_COLLECT_TELEMETRY", "false".to_owned()),
        ("AZURE_CORE_INSTANCE_DISCOVERY", "false".to_owned()),
        ("AZURE_CORE_NO_COLOR", "true".to_owned()),
        ("AZURE_CORE_ONLY_SHOW_ERRORS", "true".to_owned()),
        ("AZURE_CORE_DISABLE_CONFIRM_PROMPT", "true".to_owned()),
        ("AZURE_CORE_ENABLE_BROKER_ON_WINDOWS", "false".to_owned()),
        ("AZURE_EXTENSION_USE_DYNAMIC_INSTALL", "no".to_owned()),
        ("HOME", home.display().to_string()),
        ("PATH", "/usr/bin:/bin".to_owned()),
        ("REQUESTS_CA_BUNDLE", certificate),
    ]
    .into();
    let az = |arguments: &[&str]| {
        let mut command = Command::new(python::program(environment(), "python"));
        command.args(["-B", "-m", "azure.cli"]).args(arguments).env_clear().envs(&env).stdin(Stdio::null());
        let output = command.output().expect("python runs");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
        if !output.status.success() {
            return Err(text(&output.stderr));
        }
        let said = text(&output.stdout);
        Ok(if said.is_empty() { Value::Null } else { serde_json::from_str(&said).unwrap_or(Value::String(said)) })
    };
    let mut logged_in = LOGGED_IN.lock().unwrap_or_else(PoisonError::into_inner);
    if !logged_in.iter().any(|it| it == identity.object_id()) {
        std::fs::create_dir_all(&home).map_err(|error| error.to_string())?;
        let resource = "https://management.core.windows.net/";
        #[rustfmt::skip]
        az(&[
            "cloud", "register", "--name", "World", "--skip-endpoint-discovery",
            "--endpoint-resource-manager", &url, "--endpoint-management", resource,
            "--endpoint-active-directory", &url, "--endpoint-active-directory-resource-id", resource,
            "--endpoint-active-directory-graph-resource-id", &url, "--endpoint-microsoft-graph-resource-id", &url,
        ])?;
        az(&["cloud", "set", "--name", "World"])?;
        let (client, tenant) = (identity.client_id(), identity.subscription().tenant().to_owned());
        az(&["login", "--service-principal", "--username", &client, "--password", secret, "--tenant", &tenant])?;
        logged_in.push(identity.object_id().to_owned());
    }
    drop(logged_in);
    az(arguments)
}
