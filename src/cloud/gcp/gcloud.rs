//! Asking gcloud for a token: the last source, for those who are logged in there and nowhere else.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use zeroize::Zeroizing;

use super::refusal::shown;
use crate::process::Process;

/// The line that takes a token of gcloud's own login.
pub(super) const TAKE_TOKEN: &str = r#"export CLOUDSDK_AUTH_ACCESS_TOKEN="$(gcloud auth print-access-token)""#;
/// gcloud takes a second or two, and may ask a server itself.
const PATIENCE: Duration = Duration::from_secs(30);
/// What its program is called.
const PROGRAMS: &[&str] = if cfg!(windows) { &["gcloud.cmd", "gcloud.exe"] } else { &["gcloud"] };

/// A gcloud that is installed.
pub(super) struct Gcloud {
    program: PathBuf,
    env: BTreeMap<String, String>,
}

impl Gcloud {
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

    /// A token of whoever is logged in.
    ///
    /// # Errors
    /// Why there is none: in gcloud's own words, or that it does not run.
    pub(super) async fn token(&self) -> Result<Zeroizing<String>, String> {
        let mut command = tokio::process::Command::new(&self.program);
        command
            .args(["auth", "print-access-token", "--quiet"].map(OsStr::new))
            .env_clear()
            .envs(&self.env)
            .env("CLOUDSDK_CORE_DISABLE_PROMPTS", "1")
            .stdin(Stdio::null())
            .kill_on_drop(true);
        let output = match tokio::time::timeout(PATIENCE, command.output()).await {
            Ok(Ok(output)) => output,
            Ok(Err(error)) => return Err(format!("gcloud could not be started: {error}")),
            Err(_) => return Err(format!("gcloud did not answer within {} s", PATIENCE.as_secs())),
        };
        let printed = Zeroizing::new(String::from_utf8_lossy(&output.stdout).trim().to_owned());
        if output.status.success() && !printed.is_empty() && !printed.contains(char::is_whitespace) {
            return Ok(printed);
        }
        let said = shown(&String::from_utf8_lossy(&output.stderr));
        let said = if said.is_empty() { "it said nothing".to_owned() } else { said };
        Err(format!("gcloud auth print-access-token failed with {}: {said}", output.status))
    }
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
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn gcloud(script: &str) -> (tempfile::TempDir, Process) {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("gcloud");
        std::fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        let mut process = Process::default();
        let path = format!("/nowhere:{}:/usr/bin:/bin", folder.path().display());
        process.env.insert("PATH".to_owned(), path);
        (folder, process)
    }

    #[tokio::test]
    async fn a_token_is_what_it_prints_and_errors_are_its_own_words() {
        let (_folder, process) = gcloud("test -z \"$HOME\" && echo ya29.token-of-$2");
        let token = Gcloud::find(&process).unwrap().token().await.unwrap();
        assert_eq!(token.as_str(), "ya29.token-of-print-access-token");
        let (_folder, process) = gcloud("echo ya29.half; echo 'ERROR: no active account ya29.other' >&2; exit 1");
        let error = Gcloud::find(&process).unwrap().token().await.unwrap_err();
        assert!(error.ends_with("ERROR: no active account [redacted]"), "{error}");
        assert!(!error.contains("ya29"), "{error}");
        let (_folder, process) = gcloud("echo 'two words'");
        assert!(Gcloud::find(&process).unwrap().token().await.is_err());
    }

    #[test]
    fn without_one_there_is_none() {
        let mut process = Process::default();
        assert!(Gcloud::find(&process).is_none());
        process.env.insert("PATH".to_owned(), "/nowhere".to_owned());
        assert!(Gcloud::find(&process).is_none());
    }
}
