//! Reads what the Orchestrator CLI, `hctl`, wrote down at its login.

use std::io;
use std::path::PathBuf;

use serde::Deserialize;

use super::told::Secret;
use crate::failure::{Failure, FailureKind};
use crate::process::Process;

/// What hctl's configuration says.
#[derive(Debug, Clone)]
pub struct Hctl {
    /// Where it stands.
    pub path: String,
    /// The address that its token is for; `None`: the SaaS.
    pub api_url: Option<String>,
    /// The organisation that it uses.
    pub default_org_id: Option<String>,
    /// The token of its login.
    pub token: Option<Secret>,
}

/// Why hctl's configuration could not be read. What stands in it is never repeated: it holds a token.
#[derive(Debug, thiserror::Error)]
enum HctlError {
    #[error("hctl's configuration `{path}` cannot be read")]
    Unreadable { path: String, source: io::Error },
    #[error("hctl's configuration `{path}` is broken{place}: it is not what `hctl login` writes")]
    Broken { path: String, place: String },
}

/// The file as hctl writes it; it may hold more.
#[derive(Deserialize)]
struct Written {
    api_url: Option<String>,
    default_org_id: Option<String>,
    token: Option<String>,
}

impl Hctl {
    /// Reads the first configuration that is there.
    ///
    /// # Errors
    /// One that is there but cannot be read or understood.
    pub fn find(process: &Process) -> Result<Option<Self>, Failure> {
        for path in candidates(process) {
            let name = path.display().to_string();
            let hint = "run `hctl login` to write it anew";
            match std::fs::read_to_string(&path) {
                Ok(text) => return Self::parse(name, &text).map(Some).map_err(|e| fail(&e).hint(hint)),
                Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {}
                Err(source) => return Err(fail(&HctlError::Unreadable { path: name, source })),
            }
        }
        Ok(None)
    }

    fn parse(path: String, text: &str) -> Result<Self, HctlError> {
        let written: Option<Written> = serde_yaml::from_str(text).map_err(|error: serde_yaml::Error| {
            let place = error.location().map(|at| format!(" in line {}", at.line())).unwrap_or_default();
            HctlError::Broken { path: path.clone(), place }
        })?;
        let told = |text: Option<String>| text.map(|t| t.trim().to_owned()).filter(|t| !t.is_empty());
        let (api_url, org, token) = written.map_or((None, None, None), |w| (w.api_url, w.default_org_id, w.token));
        Ok(Self { path, api_url: told(api_url), default_org_id: told(org), token: told(token).map(Secret::new) })
    }
}

fn fail(error: &HctlError) -> Failure {
    Failure::of(FailureKind::Usage, error)
}

/// The user's configuration directory as hctl finds it, then `~/.config`.
fn candidates(process: &Process) -> Vec<PathBuf> {
    let mut directories: Vec<PathBuf> = process.var("XDG_CONFIG_HOME").map(PathBuf::from).into_iter().collect();
    if cfg!(windows) {
        directories.extend(process.var("APPDATA").map(PathBuf::from));
    }
    if let Some(home) = process.home() {
        if cfg!(target_os = "macos") {
            directories.push(home.join("Library/Application Support"));
        }
        directories.push(home.join(".config"));
    }
    directories.into_iter().filter(|d| d.is_absolute()).map(|d| d.join("hctl").join("config.yaml")).collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::process;
    use super::*;

    fn home_with(folder: &str, text: &str) -> tempfile::TempDir {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join(folder).join("hctl");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("config.yaml"), text).unwrap();
        home
    }

    #[test]
    fn it_is_found_in_the_home_and_in_the_configured_place() {
        let text = "api_url: https://api.humanitec.dev\ndefault_org_id: my-org\ntoken: hunter2\nmore: 1\n";
        let home = home_with(".config", text);
        let at = home.path().to_str().unwrap();
        let configured = format!("{at}/.config");
        for env in [
            vec![("HOME", at)],
            vec![("XDG_CONFIG_HOME", configured.as_str())],
            vec![("HOME", at), ("XDG_CONFIG_HOME", "/none")],
        ] {
            let hctl = Hctl::find(&process(&env)).unwrap().unwrap();
            assert_eq!(hctl.default_org_id.as_deref(), Some("my-org"));
            assert_eq!(hctl.token.unwrap().expose(), "hunter2");
        }
    }

    #[test]
    fn a_missing_or_empty_one_is_fine() {
        assert!(Hctl::find(&process(&[])).unwrap().is_none());
        let hctl = Hctl::parse("p".into(), "").unwrap();
        assert!(hctl.token.is_none());
        assert!(Hctl::parse("p".into(), "token: ''\n").unwrap().token.is_none());
    }

    #[test]
    fn a_broken_one_is_named_and_its_content_is_not_repeated() {
        for text in ["hunter2", "token: [hunter2]", "default_org_id: a\ntoken: 'hunter2", "token: {a: hunter2}"] {
            let home = home_with(".config", text);
            let failure = Hctl::find(&process(&[("HOME", home.path().to_str().unwrap())])).unwrap_err();
            assert!(failure.message.contains("hctl/config.yaml") && failure.message.contains("broken"), "{failure}");
            assert!(!format!("{failure:?}").contains("hunter2"), "{failure:?}");
        }
    }
}
