//! Where credentials come from: the environment, files, the machine itself, and gcloud at last.
//!
//! Source: Google's Application Default Credentials, and `gcp-azure.md` part 4.3. What this run can't use is named, with
//! what each source said.

use std::path::PathBuf;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use google_cloud_auth::credentials::{AccessTokenCredentials, external_account, impersonated, mds};
use serde_json::Value;
use zeroize::Zeroizing;

use super::GcpError;
use super::endpoints::check_universe;
use super::gcloud::Gcloud;
use super::grant::{Key, User};
use super::metadata;
use super::token::{Kept, PATIENCE, SCOPES};
use crate::process::Process;

/// The file that `gcloud auth application-default login` writes.
const WELL_KNOWN: &str = "application_default_credentials.json";
/// The variable that names another one.
const NAMED: &str = "GOOGLE_APPLICATION_CREDENTIALS";
/// The variables that hold a token, or name a file with one: gcloud's own.
const TOKEN: &str = "CLOUDSDK_AUTH_ACCESS_TOKEN";
const TOKEN_FILE: &str = "CLOUDSDK_AUTH_ACCESS_TOKEN_FILE";
/// Logins of employees through another provider of identities.
const WORKFORCE: &str = "external_account_authorized_user";

/// Something that makes tokens.
pub(super) enum Source {
    /// A token that somebody made.
    Ready(Kept),
    /// A person's login.
    User(User),
    /// A service account's key.
    Key(Box<Key>),
    /// What Google's library looks after, tokens' age included.
    Library(Library),
    /// gcloud's own login.
    Gcloud(Gcloud),
}

/// Credentials of Google's library, made when they are first used: it asks for a token as soon as there are some.
pub(super) struct Library {
    /// How long it may take.
    pub patience: Duration,
    make: Box<dyn Fn() -> Result<AccessTokenCredentials, GcpError> + Send + Sync>,
    made: OnceLock<AccessTokenCredentials>,
}

impl Library {
    fn new(make: impl Fn() -> Result<AccessTokenCredentials, GcpError> + Send + Sync + 'static) -> Self {
        Self { patience: PATIENCE, make: Box::new(make), made: OnceLock::new() }
    }

    /// The credentials.
    ///
    /// # Errors
    /// The library can't use what it is given.
    pub(super) fn credentials(&self) -> Result<&AccessTokenCredentials, GcpError> {
        if let Some(made) = self.made.get() {
            return Ok(made);
        }
        let made = (self.make)()?;
        Ok(self.made.get_or_init(|| made))
    }
}

/// A source, and how it is spoken of.
pub(super) struct Candidate {
    pub words: String,
    pub source: Source,
}

/// As whom this run is logged in.
pub(super) struct Login {
    /// Sources to try, in this order; the first one that has a token stays the one.
    pub candidates: Vec<Candidate>,
    /// The one in use.
    pub chosen: AtomicUsize,
    quota_project: Option<String>,
    /// What was looked for and not found.
    pub tried: Vec<String>,
    /// The token in use, of those sources that don't keep theirs themselves.
    pub kept: tokio::sync::Mutex<Option<Kept>>,
}

impl Login {
    /// Looks for sources. Reads files; sends nothing.
    ///
    /// # Errors
    /// None, or one that can't be used.
    pub(super) fn find(process: &Process) -> Result<Self, GcpError> {
        let mut tried = Vec::new();
        let mut file_quota = None;
        let candidates = if let Some(ready) = ready_token(process)? {
            vec![ready]
        } else if let Some(file) = file(process, &mut tried)? {
            match candidate(&file) {
                Ok(candidate) => {
                    file_quota = file.text("quota_project_id");
                    tried.clear();
                    vec![candidate]
                }
                // gcloud itself can use what the library can't.
                Err(error @ GcpError::CredentialsUnsupported { .. }) if file.said != NAMED => {
                    let why = format!("({} is a login that only gcloud can use)", file.path);
                    let gcloud = Gcloud::find(process).map(|gcloud| Candidate {
                        words: format!("gcloud's own login {why}"),
                        source: Source::Gcloud(gcloud),
                    });
                    vec![gcloud.ok_or(error)?]
                }
                Err(error) => return Err(error),
            }
        } else {
            without_files(process, &mut tried)
        };
        if candidates.is_empty() {
            return Err(GcpError::NoCredentials { tried });
        }
        let quota_project = process.var("GOOGLE_CLOUD_QUOTA_PROJECT").map(str::to_owned).or(file_quota);
        let quota_project = quota_project.filter(|project| http::HeaderValue::from_str(project).is_ok());
        let (chosen, kept) = (AtomicUsize::new(0), tokio::sync::Mutex::default());
        Ok(Self { candidates, chosen, quota_project, tried, kept })
    }

    /// The source in use, in words.
    pub(super) fn words(&self) -> String {
        let chosen = self.chosen.load(Ordering::Relaxed);
        self.candidates.get(chosen).map(|candidate| candidate.words.clone()).unwrap_or_default()
    }

    /// Which project is charged for requests.
    pub(super) fn quota_project(&self) -> Option<&str> {
        self.quota_project.as_deref()
    }

    /// Forgets the token in use, because a server did not take it; whether another one can be made.
    pub(super) async fn forget_token(&self) -> bool {
        self.kept.lock().await.take().is_some()
    }
}

fn ready_token(process: &Process) -> Result<Option<Candidate>, GcpError> {
    let unreadable = |file: &str, said: &str, message: String| GcpError::CredentialsUnreadable {
        file: file.to_owned(),
        said: said.to_owned(),
        message,
    };
    let (text, words, file, said) = if let Some(token) = process.var(TOKEN) {
        (token.to_owned(), format!("the token in {TOKEN}"), TOKEN, "the environment")
    } else {
        let Some(file) = process.var(TOKEN_FILE) else { return Ok(None) };
        let text = std::fs::read_to_string(process.path(file));
        let text = text.map_err(|error| unreadable(file, TOKEN_FILE, error.to_string()))?;
        (text, format!("the token in {file} ({TOKEN_FILE})"), file, TOKEN_FILE)
    };
    let token = Zeroizing::new(text).trim().to_owned();
    if token.is_empty() || !token.chars().all(|c| c.is_ascii_graphic()) {
        return Err(unreadable(file, said, "that is no token".to_owned()));
    }
    Ok(Some(Candidate { words, source: Source::Ready(Kept::forever(&token)) }))
}

/// A file with credentials.
struct CredentialsFile {
    path: String,
    said: String,
    content: Value,
}

impl CredentialsFile {
    fn text(&self, key: &str) -> Option<String> {
        self.content[key].as_str().filter(|text| !text.is_empty()).map(str::to_owned)
    }

    fn unreadable(&self, message: impl Into<String>) -> GcpError {
        GcpError::CredentialsUnreadable { file: self.path.clone(), said: self.said.clone(), message: message.into() }
    }
}

/// Where the file of a person's login is, when it is where Google's tools put it.
fn well_known(process: &Process) -> Option<PathBuf> {
    if let Some(folder) = process.var("CLOUDSDK_CONFIG") {
        return Some(process.path(folder).join(WELL_KNOWN));
    }
    if cfg!(windows) {
        return process.var("APPDATA").map(|folder| PathBuf::from(folder).join("gcloud").join(WELL_KNOWN));
    }
    process.home().map(|home| home.join(".config/gcloud").join(WELL_KNOWN))
}

fn file(process: &Process, tried: &mut Vec<String>) -> Result<Option<CredentialsFile>, GcpError> {
    tried.push(format!("{TOKEN} is not set"));
    let named = process.var(NAMED).map(|file| (process.path(file), NAMED.to_owned()));
    if named.is_none() {
        tried.push(format!("{NAMED} is not set"));
    }
    let said = "Application Default Credentials".to_owned();
    let Some((path, said)) = named.or_else(|| Some((well_known(process)?, said))) else {
        tried.push("there is no home directory to look for Application Default Credentials in".to_owned());
        return Ok(None);
    };
    let shown = path.display().to_string();
    let mut file = CredentialsFile { path: shown, said, content: Value::Null };
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && file.said != NAMED => {
            tried.push(format!("there is no {}", file.path));
            return Ok(None);
        }
        Err(error) => return Err(file.unreadable(error.to_string())),
    };
    // The parser's words hold places and kinds, never what stands there.
    file.content = serde_json::from_str(&text).map_err(|error| file.unreadable(format!("it is no JSON: {error}")))?;
    Ok(Some(file))
}

fn candidate(file: &CredentialsFile) -> Result<Candidate, GcpError> {
    let kind = file.text("type").ok_or_else(|| file.unreadable("it has no `type`"))?;
    if let Some(universe) = file.text("universe_domain") {
        check_universe(&universe, &file.path)?;
    }
    let what = match kind.as_str() {
        "authorized_user" => "the user credentials",
        "service_account" => "the service account key",
        "impersonated_service_account" => "the impersonation",
        "external_account" => "the external account",
        _ => {
            let words =
                (kind == WORKFORCE).then_some("that is a workforce login, which Google's library does not know");
            return Err(GcpError::CredentialsUnsupported {
                file: file.path.clone(),
                said: file.said.clone(),
                kind,
                words,
            });
        }
    };
    let content = file.content.clone();
    // The library's words are of names and types, and could one day hold more.
    let (path, said) = (file.path.clone(), file.said.clone());
    let message = format!("Google's library can't use it as `{kind}`");
    let unreadable =
        move || GcpError::CredentialsUnreadable { file: path.clone(), said: said.clone(), message: message.clone() };
    let source = match kind.as_str() {
        "authorized_user" => Source::User(User::read(&content).map_err(|message| file.unreadable(message))?),
        "service_account" => Source::Key(Box::new(Key::read(content).map_err(|message| file.unreadable(message))?)),
        "impersonated_service_account" => Source::Library(Library::new(move || {
            let builder = impersonated::Builder::new(content.clone()).with_scopes(SCOPES);
            builder.build_access_token_credentials().map_err(|_| unreadable())
        })),
        _ => Source::Library(Library::new(move || {
            let builder = external_account::Builder::new(content.clone()).with_scopes(SCOPES);
            builder.build_access_token_credentials().map_err(|_| unreadable())
        })),
    };
    let whose = match &source {
        Source::Key(key) => format!("{what} of {} in {}", key.email, file.path),
        _ => format!("{what} in {}", file.path),
    };
    Ok(Candidate { words: whose, source })
}

fn without_files(process: &Process, tried: &mut Vec<String>) -> Vec<Candidate> {
    let mut candidates = Vec::new();
    match metadata::host(process) {
        Some(host) => {
            let library = Library::new(move || {
                let builder = mds::Builder::default().with_endpoint(format!("http://{host}")).with_scopes(SCOPES);
                // Nothing is read to make these.
                builder.build_access_token_credentials().map_err(|_| GcpError::NoCredentials { tried: Vec::new() })
            });
            let words = "the metadata server of this machine".to_owned();
            candidates.push(Candidate {
                words,
                source: Source::Library(Library { patience: metadata::PATIENCE, ..library }),
            });
        }
        None => tried.push("there is no metadata server: this is no machine of Google's".to_owned()),
    }
    match Gcloud::find(process) {
        Some(gcloud) => {
            candidates.push(Candidate { words: "gcloud's own login".to_owned(), source: Source::Gcloud(gcloud) });
        }
        None => tried.push("gcloud is not on PATH".to_owned()),
    }
    candidates
}

/// The project that is charged for requests, as far as it is said anywhere. Reads files; sends nothing.
pub fn quota_project_of_credentials(process: &Process) -> Option<String> {
    let of_file = || {
        let is_a_token = process.var(TOKEN).is_some() || process.var(TOKEN_FILE).is_some();
        if is_a_token { None } else { file(process, &mut Vec::new()).ok()??.text("quota_project_id") }
    };
    process.var("GOOGLE_CLOUD_QUOTA_PROJECT").map(str::to_owned).or_else(of_file)
}

/// The project that the credentials name, and where that stands. Reads files; sends nothing.
///
/// Sources: a key's `project_id`, a login's `quota_project_id`, the project in the address of an impersonated account.
pub fn project_of_credentials(process: &Process) -> Option<(String, String)> {
    if process.var(TOKEN).is_some() || process.var(TOKEN_FILE).is_some() {
        return None;
    }
    let file = file(process, &mut Vec::new()).ok()??;
    let of_target = || {
        let url = file.text("service_account_impersonation_url")?;
        let email = url.rsplit('/').next()?.split(':').next()?.to_owned();
        Some(email.parse::<super::names::AccountEmail>().ok()?.project().to_string())
    };
    let (project, what) = None
        .or_else(|| Some((file.text("project_id")?, "`project_id`")))
        .or_else(|| Some((file.text("quota_project_id")?, "`quota_project_id`")))
        .or_else(|| Some((of_target()?, "the impersonated account")))?;
    Some((project, format!("{what} in {}", file.path)))
}

#[cfg(test)]
mod tests;
