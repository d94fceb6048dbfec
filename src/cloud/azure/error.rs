//! What can go wrong between this tool and Azure, by meaning.

use std::time::Duration;

use super::names::ResourceId;
use crate::cloud::reach::ReachProblem;

/// An answer of Azure that is not what was asked for, or no answer. Holds words only: never a credential or a token.
#[derive(Debug, thiserror::Error)]
pub enum AzureError {
    /// No source had credentials.
    #[error("there are no credentials for Azure")]
    NoCredentials {
        /// Every source that was tried, and what it said.
        tried: Vec<String>,
        /// The tenant in which to log in, where one is known.
        tenant: Option<String>,
    },
    /// A source that somebody chose is not complete, or can't be used here.
    #[error("{source_words} can't be used: {problem}")]
    CredentialsUnusable {
        /// The source, in words.
        source_words: String,
        /// What is wrong with it.
        problem: String,
        /// What to do.
        advice: Vec<String>,
    },
    /// A source has credentials, and gets no token for them.
    #[error("getting a token from {source_words}")]
    CredentialsFailed {
        /// The source, in words.
        source_words: String,
        /// From the nearest cause to the root.
        causes: Vec<String>,
        /// What to look at.
        advice: Vec<String>,
    },
    /// A login is too old, or was taken back.
    #[error("the login of {source_words} has expired, or was revoked")]
    LoginExpired {
        /// The source, in words.
        source_words: String,
        /// From the nearest cause to the root.
        causes: Vec<String>,
        /// The command that logs in anew.
        login: String,
    },
    /// A policy of the tenant wants more than these credentials have: another device, place or factor.
    #[error("conditional access refuses {source_words} (AADSTS{code})")]
    ConditionalAccess {
        /// The source, in words.
        source_words: String,
        /// The code of Entra's.
        code: u32,
        /// Entra's own words.
        message: String,
        /// The command that logs in anew.
        login: String,
    },
    /// The token is of another tenant than the subscription.
    #[error("{source_words} is logged in to another tenant than that of subscription {subscription}")]
    WrongTenant {
        /// The source, in words.
        source_words: String,
        /// The subscription.
        subscription: String,
        /// The right tenant, where Azure names it.
        tenant: Option<String>,
        /// Azure's own words.
        message: String,
    },
    /// Azure does not take the token.
    #[error("Azure does not accept the token of {source_words}: {message}")]
    TokenRefused {
        /// The source, in words.
        source_words: String,
        /// The server's own words.
        message: String,
    },
    /// What somebody said is no endpoint.
    #[error("`{said}` {problem}")]
    EndpointInvalid {
        /// The flag or environment variable.
        said: &'static str,
        /// Why it is none; the URL is not shown.
        problem: &'static str,
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
    /// A subscription that is not there, or that these credentials do not see at all.
    #[error("there is no subscription {subscription}, or it does not let {source_words} see anything")]
    SubscriptionHidden {
        /// The subscription.
        subscription: String,
        /// The source, in words.
        source_words: String,
        /// The server's own words.
        message: String,
    },
    /// A subscription in which nothing may be changed: disabled, or over its budget.
    #[error("{action}: subscription {subscription} is read-only or disabled: {message}")]
    SubscriptionDisabled {
        /// What the request does.
        action: String,
        /// The subscription.
        subscription: String,
        /// The server's own words.
        message: String,
    },
    /// A resource provider that is not registered in a subscription.
    #[error("{action}: {provider} is not registered in subscription {subscription}")]
    ProviderUnregistered {
        /// What the request does.
        action: String,
        /// The resource provider, e.g. `Microsoft.ManagedIdentity`.
        provider: String,
        /// The subscription.
        subscription: String,
        /// The server's own words.
        message: String,
    },
    /// A resource group, or another scope that was named, that is not there.
    #[error("there is no {what}")]
    PlaceMissing {
        /// What, in words.
        what: String,
        /// The subscription in which it was looked for.
        subscription: String,
        /// The server's own words.
        message: String,
    },
    /// AKS has no such cluster there.
    #[error("AKS has no cluster `{name}`{} in subscription {subscription}", in_group(group.as_deref()))]
    ClusterMissing {
        /// The subscription.
        subscription: String,
        /// The resource group that was asked.
        group: Option<String>,
        /// The cluster asked for.
        name: String,
        /// The clusters that are there; `None`: they may not be listed.
        there: Option<Vec<ResourceId>>,
    },
    /// Several clusters are meant by what was said.
    #[error("there are {} clusters `{name}` in subscription {subscription}", there.len())]
    ClusterAmbiguous {
        /// The subscription.
        subscription: String,
        /// The cluster asked for.
        name: String,
        /// Those that there are.
        there: Vec<ResourceId>,
    },
    /// A cluster whose issuer is off, when it is needed.
    #[error("the OIDC issuer of cluster `{}` is off", cluster.name())]
    IssuerOff {
        /// The cluster.
        cluster: ResourceId,
    },
    /// No role has this name or id.
    #[error("there is no role `{role}` on {scope}")]
    RoleUnknown {
        /// As it was asked for.
        role: String,
        /// On what.
        scope: String,
    },
    /// Several roles have this name.
    #[error("there are {} roles `{role}` on {scope}", ids.len())]
    RoleAmbiguous {
        /// As it was asked for.
        role: String,
        /// On what.
        scope: String,
        /// The UUIDs of their definitions.
        ids: Vec<String>,
    },
    /// An action is not allowed.
    #[error("missing permission {action} on {on}")]
    Denied {
        /// The action, as Azure names it: `Microsoft.ManagedIdentity/userAssignedIdentities/write`.
        action: String,
        /// What it was about.
        on: String,
        /// Who may not, as far as Azure says: an object id.
        principal: Option<String>,
        /// On which scope a role is needed.
        scope: Option<String>,
        /// The server's own words.
        message: String,
    },
    /// Something that is not there.
    #[error("{action} on {on}: {message}")]
    Missing {
        /// What the request does.
        action: String,
        /// What it was about.
        on: String,
        /// The server's own words.
        message: String,
    },
    /// Something that is there already.
    #[error("{action}: {on} exists already: {message}")]
    Exists {
        /// What the request does.
        action: String,
        /// What it was about.
        on: String,
        /// The server's own words.
        message: String,
    },
    /// An identity that is there, but elsewhere: it can't be moved.
    #[error("{what} is in {there} already, and not in {wanted}: it can't be moved")]
    LocationConflict {
        /// What.
        what: String,
        /// Where it is.
        there: String,
        /// Where it was to be.
        wanted: String,
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
    /// Somebody else works on it all the time.
    #[error("{action}: {on} is being changed by others: {message}")]
    Conflict {
        /// What the request does.
        action: String,
        /// What it was about.
        on: String,
        /// The server's own words.
        message: String,
    },
    /// An identity has as many federated credentials as it can have.
    #[error("managed identity `{}` has {} federated credentials already: it can't trust another account", identity.name(), super::trust::MOST_CREDENTIALS)]
    TooManyCredentials {
        /// The identity.
        identity: Box<ResourceId>,
        /// Their names.
        names: Vec<String>,
    },
    /// A principal that role assignments do not know, also after waiting.
    #[error("{action} on {on}: Entra does not know the identity's principal: {message}")]
    PrincipalUnknown {
        /// What the request does.
        action: String,
        /// What it was about.
        on: String,
        /// The server's own words.
        message: String,
    },
    /// A lock on a resource, its group or its subscription.
    #[error("{action} on {on}: a lock forbids it")]
    Locked {
        /// What the request does.
        action: String,
        /// What it was about.
        on: String,
        /// Where the locks are.
        scopes: Vec<String>,
        /// The server's own words.
        message: String,
    },
    /// An Azure policy forbids it.
    #[error("{action} on {on}: an Azure policy forbids it")]
    Policy {
        /// What the request does.
        action: String,
        /// What it was about.
        on: String,
        /// The ids of the policy assignments, where Azure names them.
        assignments: Vec<String>,
        /// The server's own words.
        message: String,
    },
    /// Azure does not take what was sent.
    #[error("{action}: Azure does not accept {on}: {message}")]
    Invalid {
        /// What the request does.
        action: String,
        /// What it was about.
        on: String,
        /// The server's own words.
        message: String,
    },
    /// Too many requests, also after asking again.
    #[error("{action}: Azure is asked too often at the moment: {message}")]
    Throttled {
        /// What the request does.
        action: String,
        /// The server's own words.
        message: String,
    },
    /// Something takes longer than this run waits.
    #[error("{what} is {state} after {} s", waited.as_secs())]
    NotReady {
        /// What.
        what: String,
        /// What it is doing.
        state: String,
        /// For how long it was waited for.
        waited: Duration,
    },
    /// An update that Azure took, and that failed then.
    #[error("{what} is in the state `{state}`: {message}")]
    UpdateFailed {
        /// What.
        what: String,
        /// Its state.
        state: String,
        /// The server's own words, where there are some.
        message: String,
    },
    /// No connection.
    #[error("{action}: {host} is not reachable: {}", problem.words())]
    NotReachable {
        /// What the request does.
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
        /// What the request does.
        action: String,
        /// Who was asked.
        host: String,
    },
    /// An answer that the API does not document: an error of the service, or something else answered.
    #[error("{action}: unexpected answer of {host}{}: {message}", with_status(*status))]
    Unexpected {
        /// What the request does.
        action: String,
        /// Who was asked.
        host: String,
        /// The HTTP status.
        status: Option<u16>,
        /// The server's own words.
        message: String,
    },
    /// Ctrl-C, while something was waited for.
    #[error("{action}: interrupted while {why}")]
    Interrupted {
        /// What the request does.
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

fn in_group(group: Option<&str>) -> String {
    group.map(|group| format!(" in resource group `{group}`")).unwrap_or_default()
}

fn with_status(status: Option<u16>) -> String {
    status.map(|status| format!(" (status {status})")).unwrap_or_default()
}
