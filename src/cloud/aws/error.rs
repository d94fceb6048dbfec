//! What can go wrong between this tool and AWS, by meaning.

use super::denial::Denial;
use crate::cloud::look::Look;
use crate::cloud::reach::ReachProblem;

/// An answer of AWS that is not what was asked for, or no answer. Holds words only: never a credential or a token.
#[derive(Debug, thiserror::Error)]
pub enum AwsError {
    /// No source had credentials.
    #[error("there are no credentials for AWS")]
    NoCredentials {
        /// Every source that was tried, and what it said.
        tried: Vec<String>,
        /// The profile in use.
        profile: Option<String>,
    },
    /// A source has credentials, and can't get them out.
    #[error("getting credentials for AWS{}", of_profile(profile.as_deref()))]
    CredentialsFailed {
        /// The profile in use.
        profile: Option<String>,
        /// From the nearest cause to the root.
        causes: Vec<String>,
        /// What to look at.
        advice: Vec<String>,
    },
    /// The login of a profile that uses IAM Identity Center has expired, or was never made.
    #[error("the login with IAM Identity Center{} has expired, or was never made", of_profile(profile.as_deref()))]
    LoginExpired {
        /// The profile in use.
        profile: Option<String>,
        /// From the nearest cause to the root.
        causes: Vec<String>,
    },
    /// Temporary credentials that are too old.
    #[error("the credentials for AWS{} have expired: {message}", of_profile(profile.as_deref()))]
    CredentialsExpired {
        /// The profile in use.
        profile: Option<String>,
        /// The server's own words.
        message: String,
    },
    /// Keys that AWS does not know, or that don't fit each other.
    #[error("AWS does not accept the credentials{}: {message}", of_profile(profile.as_deref()))]
    CredentialsInvalid {
        /// The profile in use.
        profile: Option<String>,
        /// The server's error code.
        code: String,
        /// The server's own words.
        message: String,
    },
    /// The request was signed in the past or in the future.
    #[error("this machine's clock is wrong: {message}")]
    Clock {
        /// The server's own words.
        message: String,
    },
    /// A profile that nobody defined.
    #[error("there is no profile `{profile}` in {files}")]
    ProfileMissing {
        /// The profile asked for.
        profile: String,
        /// Where it was looked for.
        files: String,
        /// The profiles that are there.
        there: Vec<String>,
    },
    /// The configuration files can't be read.
    #[error("reading {files}: {message}")]
    ProfilesUnreadable {
        /// The files.
        files: String,
        /// What is wrong with them.
        message: String,
    },
    /// Nobody said a region.
    #[error("no region is told for AWS")]
    NoRegion {
        /// The profile in use.
        profile: Option<String>,
    },
    /// What the environment or a profile says is no region.
    #[error("{message} (from {said})")]
    RegionInvalid {
        /// Why it is none.
        message: String,
        /// Who said it.
        said: String,
    },
    /// There is no such host as the region's endpoint.
    #[error("AWS has no endpoint for {service} in region `{region}`")]
    RegionUnknown {
        /// The service.
        service: String,
        /// The region.
        region: String,
        /// The known region that looks most like it.
        nearest: &'static str,
    },
    /// A proxy variable cannot be used. Its value may hold a password, so it is not shown.
    #[error("the proxy in `{variable}` is not a URL that can be used")]
    ProxyInvalid {
        /// The environment variable.
        variable: &'static str,
    },
    /// Certificates that can't be used.
    #[error("the certificates of {said} can't be used: {message}")]
    RootsInvalid {
        /// Who named them.
        said: String,
        /// What is wrong with them.
        message: String,
    },
    /// EKS has no such cluster.
    #[error("EKS has no cluster `{name}` in region {region}{}", of_account(account.as_deref()))]
    ClusterMissing {
        /// The cluster asked for.
        name: String,
        /// The region.
        region: String,
        /// The account, if it is known.
        account: Option<String>,
        /// The clusters that are there; `None`: they may not be listed.
        there: Option<Vec<String>>,
    },
    /// A right is missing, or something forbids it.
    #[error("{denial}")]
    Denied {
        /// Who may not do what, and which policy says so.
        denial: Box<Denial>,
    },
    /// A managed policy or a boundary that somebody named, and that is not there.
    #[error("{action}: {message}")]
    PolicyMissing {
        /// The action.
        action: String,
        /// The server's own words, which name the policy.
        message: String,
    },
    /// Something that is not there.
    #[error("{action} on {on}: {message}")]
    Missing {
        /// The action, e.g. `iam:GetRole`.
        action: String,
        /// What it was about.
        on: String,
        /// The server's own words.
        message: String,
    },
    /// Something that is there already.
    #[error("{action}: {on} exists already: {message}")]
    Exists {
        /// The action.
        action: String,
        /// What it was about.
        on: String,
        /// The server's own words.
        message: String,
    },
    /// Something appeared between looking and creating, and is not what was to be created.
    #[error("somebody made {what} meanwhile, with different content: {differs}")]
    MadeMeanwhile {
        /// What.
        what: String,
        /// In what it differs.
        differs: String,
    },
    /// It was changed by somebody else since it was looked at.
    #[error("{what} was changed by somebody else since it was looked at: {how}")]
    Moved {
        /// What.
        what: String,
        /// In what way.
        how: String,
    },
    /// IAM refuses a role's name, and shows no role of that name.
    #[error(
        "IAM has a role called `{name}` already, and shows none of exactly this name: letters may differ in case only"
    )]
    HiddenRole {
        /// The name.
        name: String,
    },
    /// It can't be changed now.
    #[error("{action}: {on} can't be changed now: {message}")]
    Conflict {
        /// The action.
        action: String,
        /// What it was about.
        on: String,
        /// The server's own words.
        message: String,
    },
    /// AWS does not take what was sent.
    #[error("{action}: AWS does not accept {on}: {message}")]
    Invalid {
        /// The action.
        action: String,
        /// What it was about.
        on: String,
        /// The server's error code.
        code: String,
        /// The server's own words.
        message: String,
    },
    /// A quota of the account is used up.
    #[error("{action}: a quota of the account is used up{}: {message}", named(quota.as_deref()))]
    Quota {
        /// The action.
        action: String,
        /// The quota's name, if the server says it.
        quota: Option<String>,
        /// The server's own words.
        message: String,
    },
    /// Too many requests, also after asking again.
    #[error("{action}: AWS is asked too often at the moment: {message}")]
    Throttled {
        /// The action.
        action: String,
        /// The server's own words.
        message: String,
    },
    /// IAM could not reach the cluster's issuer.
    #[error("{action}: IAM can't reach the issuer of {on}: {message}")]
    IssuerUnreachable {
        /// The action.
        action: String,
        /// What it was about.
        on: String,
        /// The server's own words.
        message: String,
    },
    /// No connection.
    #[error("{action}: AWS is not reachable: {}", problem.words())]
    NotReachable {
        /// The action.
        action: String,
        /// Why not.
        problem: ReachProblem,
        /// The network's own words.
        causes: Vec<String>,
    },
    /// No answer in time.
    #[error("{action}: AWS did not answer in time")]
    TimedOut {
        /// The action.
        action: String,
    },
    /// An answer that the API does not document: an error of the service, or something else answered.
    #[error("{action}: unexpected answer of AWS{}: {message}", with_status(*status))]
    Unexpected {
        /// The action.
        action: String,
        /// The HTTP status.
        status: Option<u16>,
        /// The server's error code, or nothing.
        code: String,
        /// The server's own words.
        message: String,
    },
    /// Ctrl-C, while IAM did not know everywhere yet what it was told.
    #[error("{action}: interrupted while {why}")]
    Interrupted {
        /// The action.
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

fn of_profile(profile: Option<&str>) -> String {
    profile.map(|profile| format!(" of profile `{profile}`")).unwrap_or_default()
}

fn of_account(account: Option<&str>) -> String {
    account.map(|account| format!(" of account {account}")).unwrap_or_default()
}

fn named(quota: Option<&str>) -> String {
    quota.map(|quota| format!(" ({quota})")).unwrap_or_default()
}

fn with_status(status: Option<u16>) -> String {
    status.map(|status| format!(" (status {status})")).unwrap_or_default()
}

impl AwsError {
    /// Whether a right is missing.
    pub fn is_denied(&self) -> bool {
        matches!(self, Self::Denied { .. })
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

/// What a read says about an object; a missing right makes it unknown, every other error stays one.
///
/// # Errors
/// Everything but a missing right.
pub fn look<T>(read: Result<Option<T>, AwsError>) -> Result<Look<T>, AwsError> {
    match read {
        Ok(Some(it)) => Ok(Look::There(it)),
        Ok(None) => Ok(Look::Missing),
        Err(AwsError::Denied { denial }) => Ok(Look::Unknown(denial.to_string())),
        Err(error) => Err(error),
    }
}
