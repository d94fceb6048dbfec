//! What can go wrong between this tool and Google Cloud, by meaning.

use crate::cloud::look::Look;
use crate::cloud::reach::ReachProblem;

/// An answer of Google Cloud that is not what was asked for, or no answer. Holds words only: never a credential or a
/// token.
#[derive(Debug, thiserror::Error)]
pub enum GcpError {
    /// No source had credentials.
    #[error("there are no credentials for Google Cloud")]
    NoCredentials {
        /// Every source that was tried, and what it said.
        tried: Vec<String>,
    },
    /// A file with credentials that can't be read, or is none.
    #[error("reading the credentials in {file} ({said}): {message}")]
    CredentialsUnreadable {
        /// The file.
        file: String,
        /// Who named it.
        said: String,
        /// What is wrong with it.
        message: String,
    },
    /// Credentials of a kind that this tool can't use.
    #[error("the credentials in {file} ({said}) are of type `{kind}`, which is not supported")]
    CredentialsUnsupported {
        /// The file.
        file: String,
        /// Who named it.
        said: String,
        /// Its `type`.
        kind: String,
        /// What that is, in words.
        words: Option<&'static str>,
    },
    /// A source has credentials, and can't make a token of them.
    #[error("getting a token from {source_words}")]
    CredentialsFailed {
        /// The source, in words.
        source_words: String,
        /// From the nearest cause to the root.
        causes: Vec<String>,
        /// What to look at.
        advice: Vec<String>,
    },
    /// A person's login is too old, or was taken back.
    #[error("the login of {source_words} has expired, or was revoked")]
    LoginExpired {
        /// The source, in words.
        source_words: String,
        /// From the nearest cause to the root.
        causes: Vec<String>,
        /// The command that logs in anew.
        login: &'static str,
    },
    /// Google does not take the token.
    #[error("Google Cloud does not accept {}: {message}", token_of(source_words))]
    TokenRefused {
        /// The source, in words.
        source_words: String,
        /// The server's own words.
        message: String,
    },
    /// A project that is charged for the requests, and that one may not use for that.
    #[error("project `{project}` can't be charged for the requests (quota project): {message}")]
    QuotaProject {
        /// The project.
        project: String,
        /// The server's own words.
        message: String,
    },
    /// What a variable says is no endpoint.
    #[error("`{variable}` {problem}")]
    EndpointInvalid {
        /// The environment variable.
        variable: String,
        /// Why it is none; the URL is not shown.
        problem: &'static str,
    },
    /// A universe other than Google's public cloud.
    #[error("the universe `{universe}` ({said}) is not supported: this tool knows googleapis.com only")]
    UniverseUnsupported {
        /// The universe's domain.
        universe: String,
        /// Who said it.
        said: String,
    },
    /// A proxy variable cannot be used. Its value may hold a password, so it is not shown.
    #[error("the proxy in `{variable}` is not a URL that can be used")]
    ProxyInvalid {
        /// The environment variable.
        variable: &'static str,
    },
    /// Certificates that can't be used.
    #[error("the certificates of `--ca-file` can't be used: {message}")]
    RootsInvalid {
        /// What is wrong with them.
        message: String,
    },
    /// A project that is not there, or that these credentials do not see at all.
    #[error("there is no project `{project}`, or it does not let {source_words} see anything")]
    ProjectHidden {
        /// The project.
        project: String,
        /// The source, in words.
        source_words: String,
        /// The server's own words.
        message: String,
    },
    /// An API that is not turned on in a project.
    #[error("{action}: the API {api} is off in project `{project}`")]
    ApiDisabled {
        /// The permission that the request needs, which also names it.
        action: String,
        /// The API, e.g. `container.googleapis.com`.
        api: String,
        /// The project.
        project: String,
        /// The server's own words.
        message: String,
    },
    /// GKE has no such cluster there.
    #[error("GKE has no cluster `{name}` in {location} of project `{project}`")]
    ClusterMissing {
        /// The project.
        project: String,
        /// The region or zone.
        location: String,
        /// The cluster asked for.
        name: String,
        /// Locations of clusters of this name.
        elsewhere: Vec<String>,
        /// The clusters that are there, with their locations; `None`: they may not be listed.
        there: Option<Vec<(String, String)>>,
    },
    /// A permission is missing.
    #[error("missing {} on {on}", of_permissions(missing))]
    Denied {
        /// What the request needs.
        action: String,
        /// What it was about.
        on: String,
        /// The permissions that are missing.
        missing: Vec<String>,
        /// The project in which they are missing, where it is known.
        project: Option<String>,
        /// Whether something was to be taken back.
        taking_back: bool,
        /// The server's own words.
        message: String,
    },
    /// Something that is not there.
    #[error("{action} on {on}: {message}")]
    Missing {
        /// What the request needs.
        action: String,
        /// What it was about.
        on: String,
        /// The server's own words.
        message: String,
    },
    /// Something that is there already.
    #[error("{action}: {on} exists already: {message}")]
    Exists {
        /// What the request needs.
        action: String,
        /// What it was about.
        on: String,
        /// The server's own words.
        message: String,
    },
    /// Somebody else was faster, and made something different.
    #[error("{what} was made by somebody else meanwhile: {differs}")]
    MadeMeanwhile {
        /// What.
        what: String,
        /// In what it is not what was to be made.
        differs: String,
    },
    /// It is not any more what was looked at; nothing was done to it.
    #[error("{what} is not what was looked at any more: {how}")]
    Moved {
        /// What.
        what: String,
        /// What is different.
        how: String,
    },
    /// Somebody else changes it all the time.
    #[error("{action}: {on} was changed by others each time: {message}")]
    Conflict {
        /// What the request needs.
        action: String,
        /// What it was about.
        on: String,
        /// The server's own words.
        message: String,
    },
    /// The pool is made when the first cluster of a project gets Workload Identity.
    #[error("the workload pool of {member} does not exist: {message}")]
    PoolMissing {
        /// The member that names it.
        member: String,
        /// The server's own words.
        message: String,
    },
    /// A member of a policy that is not there.
    #[error("{action} on {on}: {member} does not exist: {message}")]
    MemberMissing {
        /// What the request needs.
        action: String,
        /// In whose policy.
        on: String,
        /// Who is not there.
        member: String,
        /// The server's own words.
        message: String,
    },
    /// A policy of the organisation forbids it.
    #[error("{action} on {on}: a policy of the organisation forbids it{}: {message}", named(constraint.as_deref()))]
    OrganisationPolicy {
        /// What the request needs.
        action: String,
        /// What it was about.
        on: String,
        /// The constraint, e.g. `constraints/iam.allowedPolicyMemberDomains`.
        constraint: Option<String>,
        /// The server's own words.
        message: String,
    },
    /// Google does not take what was sent.
    #[error("{action}: Google Cloud does not accept {on}: {message}")]
    Invalid {
        /// What the request needs.
        action: String,
        /// What it was about.
        on: String,
        /// The server's own words.
        message: String,
    },
    /// A quota of the project is used up.
    #[error("{action}: a quota of the project is used up: {message}")]
    Quota {
        /// What the request needs.
        action: String,
        /// The server's own words.
        message: String,
    },
    /// Too many requests, also after asking again.
    #[error("{action}: Google Cloud is asked too often at the moment: {message}")]
    Throttled {
        /// What the request needs.
        action: String,
        /// The server's own words.
        message: String,
    },
    /// What was made is not seen everywhere yet.
    #[error("{what} was made, and is not visible everywhere after {} s", waited.as_secs())]
    NotVisible {
        /// What.
        what: String,
        /// For how long it was waited for.
        waited: std::time::Duration,
    },
    /// No connection.
    #[error("{action}: {host} is not reachable: {}", problem.words())]
    NotReachable {
        /// What the request needs.
        action: String,
        /// Who was asked.
        host: String,
        /// Why not.
        problem: ReachProblem,
        /// The network's own words.
        causes: Vec<String>,
    },
    /// No answer in time.
    #[error("{action}: {host} did not answer in time")]
    TimedOut {
        /// What the request needs.
        action: String,
        /// Who was asked.
        host: String,
    },
    /// An answer that the API does not document: an error of the service, or something else answered.
    #[error("{action}: unexpected answer of {host}{}: {message}", with_status(*status))]
    Unexpected {
        /// What the request needs.
        action: String,
        /// Who was asked.
        host: String,
        /// The HTTP status.
        status: Option<u16>,
        /// The server's own words.
        message: String,
    },
    /// Ctrl-C, while Google Cloud did not know everywhere yet what it was told.
    #[error("{action}: interrupted while {why}")]
    Interrupted {
        /// What the request needs.
        action: String,
        /// What was waited for.
        why: String,
    },
    /// A change was asked of a client that may only read.
    #[error("refused to send {operation}: this run may only read")]
    ReadOnly {
        /// The operation.
        operation: String,
    },
}

fn of_permissions(missing: &[String]) -> String {
    let word = if missing.len() == 1 { "permission" } else { "permissions" };
    format!("{word} {}", missing.join(", "))
}

/// Whether the source is a token that somebody made.
pub(super) fn is_token(source_words: &str) -> bool {
    source_words.starts_with("the token ")
}

fn token_of(source_words: &str) -> String {
    if is_token(source_words) { source_words.to_owned() } else { format!("the token of {source_words}") }
}

fn named(constraint: Option<&str>) -> String {
    constraint.map(|constraint| format!(" ({constraint})")).unwrap_or_default()
}

fn with_status(status: Option<u16>) -> String {
    status.map(|status| format!(" (status {status})")).unwrap_or_default()
}

impl GcpError {
    /// Whether a permission is missing.
    pub fn is_denied(&self) -> bool {
        matches!(self, Self::Denied { .. } | Self::ProjectHidden { .. })
    }

    /// The same, when something was to be taken back: other permissions are printed for that.
    #[must_use]
    pub(super) fn taking_back(mut self) -> Self {
        if let Self::Denied { taking_back, .. } = &mut self {
            *taking_back = true;
        }
        self
    }

    /// Whether it is not there.
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Missing { .. } | Self::ClusterMissing { .. })
    }

    /// Whether it is there already.
    pub fn is_there_already(&self) -> bool {
        matches!(self, Self::Exists { .. })
    }
}

/// What a read says about an object; a missing permission or an API that is off makes it unknown, every other error stays
/// one.
///
/// # Errors
/// Everything but a missing permission and an API that is off.
pub fn look<T>(read: Result<Option<T>, GcpError>) -> Result<Look<T>, GcpError> {
    match read {
        Ok(Some(it)) => Ok(Look::There(it)),
        Ok(None) => Ok(Look::Missing),
        Err(GcpError::ApiDisabled { action, api, project, message }) => {
            let on = super::commands::enable_api(&api, &project);
            let error = GcpError::ApiDisabled { action, api, project, message };
            Ok(Look::Unknown(format!("{error}; {on}")))
        }
        Err(error @ (GcpError::Denied { .. } | GcpError::ProjectHidden { .. })) => Ok(Look::Unknown(error.to_string())),
        Err(error) => Err(error),
    }
}
