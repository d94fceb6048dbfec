//! Asking az: for tokens of its login, and for its default subscription. Without a shell.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::Duration;

use async_trait::async_trait;
use azure_identity::Executor;
use serde_json::Value;

use super::names::SubscriptionId;
use crate::process::Process;

/// az takes a second or two, and may ask a server itself.
pub(super) const PATIENCE: Duration = Duration::from_secs(45);
/// What its program is called.
const PROGRAMS: &[&str] = if cfg!(windows) { &["az.cmd", "az.exe"] } else { &["az"] };

/// An az that is installed.
#[derive(Clone)]
pub(super) struct Az {
    program: PathBuf,
    env: BTreeMap<String, String>,
}

impl fmt::Debug for Az {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Az({})", self.program.display())
    }
}

impl Az {
    /// Looks for it on PATH.
    pub(super) fn find(process: &Process) -> Option<Self> {
        let path = process.var("PATH")?;
        let separator = if cfg!(windows) { ';' } else { ':' };
        let folders = path.split(separator).filter(|folder| !folder.is_empty());
        let program = folders
            .flat_map(|folder| PROGRAMS.iter().map(move |program| process.path(folder).join(program)))
            .find(|file| is_program(file))?;
        Some(Self { program, env: process.env.clone() })
    }

    /// Runs it to its end.
    ///
    /// # Errors
    /// It can't be started, or takes too long.
    async fn run_with(&self, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> io::Result<Output> {
        let mut command = tokio::process::Command::new(&self.program);
        command
            .args(args)
            .env_clear()
            .envs(&self.env)
            // It would write notes among its errors, and could stop to ask.
            .env("AZURE_CORE_ONLY_SHOW_ERRORS", "1")
            .env("AZURE_CORE_NO_COLOR", "1")
            .env("AZURE_CORE_DISABLE_CONFIRM_PROMPT", "1")
            .env("AZURE_CORE_COLLECT_TELEMETRY", "0")
            .stdin(Stdio::null())
            .kill_on_drop(true);
        // az is Python, and would take modules from where it is started.
        if cfg!(unix) {
            command.current_dir("/");
        }
        let late =
            || io::Error::new(io::ErrorKind::TimedOut, format!("az did not answer within {} s", PATIENCE.as_secs()));
        tokio::time::timeout(PATIENCE, command.output()).await.unwrap_or_else(|_| Err(late()))
    }

    /// The subscription that az works in.
    async fn default_subscription(&self) -> Option<SubscriptionId> {
        let output = self.run_with(["account", "show", "--output", "json"]).await.ok()?;
        let account: Value = serde_json::from_slice(&output.stdout).ok()?;
        account["id"].as_str()?.parse().ok()
    }
}

/// Azure's crate hands over a line for a shell; only the words after the program's name are taken from it.
#[async_trait]
impl Executor for Az {
    async fn run(&self, _shell: &OsStr, args: &[&OsStr]) -> io::Result<Output> {
        let line = args.last().map(|line| line.to_string_lossy().into_owned()).unwrap_or_default();
        self.run_with(words(&line).ok_or_else(|| io::Error::other("an unexpected line for az"))?).await
    }
}

/// The arguments in `cd FOLDER && az ARGUMENTS`.
fn words(line: &str) -> Option<Vec<OsString>> {
    let (_, line) = line.split_once("&& az ")?;
    Some(shlex::split(line)?.into_iter().map(OsString::from).collect())
}

/// The subscription that az works in by default, and how that is spoken of. Takes as long as starting az does.
pub async fn subscription_of_credentials(process: &Process) -> Option<(SubscriptionId, String)> {
    let az = Az::find(process)?;
    Some((az.default_subscription().await?, "az's default subscription".to_owned()))
}

#[cfg(unix)]
fn is_program(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    file.metadata().is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_program(file: &Path) -> bool {
    file.is_file()
}

#[cfg(unix)]
#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    /// A stand-in for az, and a process that finds it.
    pub(in crate::cloud::azure) fn az(script: &str) -> (tempfile::TempDir, Process) {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("az");
        std::fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        let mut process = Process::default();
        let path = format!("/nowhere:{}:/usr/bin:/bin", folder.path().display());
        process.env.insert("PATH".to_owned(), path);
        (folder, process)
    }

    #[test]
    fn a_line_for_a_shell_is_taken_apart() {
        let line = r#"cd /bin && az account get-access-token -o json --scope a/.default --subscription "b c""#;
        let expected = ["account", "get-access-token", "-o", "json", "--scope", "a/.default", "--subscription", "b c"];
        assert_eq!(words(line).unwrap(), expected.map(OsString::from));
        assert_eq!(words("rm -rf /"), None);
    }

    #[tokio::test]
    async fn the_default_subscription_is_az_s() {
        let id = "0b1f6471-1bf0-4dda-aec3-cb9272f09590";
        let (_folder, process) = az(&format!("test -z \"$HOME\" && echo '{{\"id\": \"{id}\", \"name\": \"x\"}}'"));
        let (found, words) = subscription_of_credentials(&process).await.unwrap();
        assert_eq!((found.as_str(), words.as_str()), (id, "az's default subscription"));
        let (_folder, process) = az("echo 'Please run az login' >&2; exit 1");
        assert_eq!(subscription_of_credentials(&process).await, None);
        assert!(Az::find(&Process::default()).is_none());
    }
}
