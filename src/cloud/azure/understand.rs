//! What became of a request: whether to ask again, and what it means if that does not help.

use std::error::Error;

use super::AzureError;
use super::commands;
use super::names::is_uuid;
use super::refusal::{Refusal, shown};
use super::send::Call;
use crate::cloud::reach::{ReachProblem, reach_problem};

/// A request that got no answer, or not the one that was asked for.
#[derive(Debug)]
pub(super) enum Trouble {
    /// The server said no.
    Refused(Box<Refusal>),
    /// The request was not sent: no token, or the client may only read.
    NotSent(AzureError),
    /// No connection.
    NotReached(Vec<String>),
    /// No answer in time.
    TimedOut,
    /// An answer that is none of Azure's.
    Strange { status: u16, came: String },
}

/// What libraries say about themselves.
const NOISE: [&str; 4] = ["client error (Connect)", "dns error", "error sending request", "builder error"];

/// From the nearest cause to the root, without what says nothing and without what looks like a token.
pub(super) fn causes(error: &(dyn Error + 'static)) -> Vec<String> {
    let mut causes: Vec<String> = Vec::new();
    let mut source = Some(error);
    while let Some(cause) = source {
        let text = shown(&cause.to_string());
        if !text.is_empty() && !NOISE.contains(&text.as_str()) && causes.last().is_none_or(|last| !last.contains(&text))
        {
            causes.push(text);
        }
        source = cause.source();
    }
    causes
}

impl Trouble {
    /// A network error, taken apart.
    pub(super) fn of_network(error: reqwest::Error) -> Self {
        let error = error.without_url();
        if error.is_timeout() {
            return Self::TimedOut;
        }
        Self::NotReached(error.source().map(causes).unwrap_or_default())
    }

    /// The trouble in half a sentence, when it may go away by itself; `None`: the answer will be the same.
    pub(super) fn passing(&self, host: &str) -> Option<String> {
        match self {
            Self::Refused(refusal) if refusal.http == 429 => Some(format!("{host} is asked too often")),
            Self::Refused(refusal) if refusal.is_passing() => Some(format!("{host} answered {}", refusal.http)),
            Self::Strange { status: status @ (429 | 500 | 502 | 503 | 504), .. } => {
                Some(format!("{host} answered {status}"))
            }
            Self::TimedOut => Some(format!("{host} did not answer in time")),
            Self::NotReached(causes) => match reach_problem(causes) {
                ReachProblem::UnknownIssuer | ReachProblem::Certificate => None,
                problem => Some(format!("{host} is not reachable: {}", problem.words())),
            },
            Self::Refused(_) | Self::NotSent(_) | Self::Strange { .. } => None,
        }
    }

    /// The refusal, if it is one.
    pub(super) fn refusal(&self) -> Option<&Refusal> {
        if let Self::Refused(refusal) = self { Some(refusal) } else { None }
    }

    /// What it means.
    pub(super) fn meaning(self, call: &Call, host: &str, source_words: &str) -> AzureError {
        let (action, host) = (call.action.to_owned(), host.to_owned());
        match self {
            Self::NotSent(error) => error,
            Self::TimedOut => AzureError::TimedOut { action, host },
            Self::NotReached(causes) => {
                AzureError::NotReachable { action, host, problem: reach_problem(&causes), causes }
            }
            Self::Strange { status, came } => {
                AzureError::Unexpected { action, host, status: Some(status), message: came }
            }
            Self::Refused(refusal) => refused(*refusal, call, host, source_words),
        }
    }
}

fn refused(refusal: Refusal, call: &Call, host: String, source_words: &str) -> AzureError {
    let (action, on) = (call.action.to_owned(), call.on.clone());
    let source_words = source_words.to_owned();
    let message = match refusal.message.as_str() {
        "" => refusal.code.clone(),
        message => message.to_owned(),
    };
    let subscription = || call.in_path("subscriptions").unwrap_or_else(|| "SUBSCRIPTION".to_owned());
    if refusal.is(&["InvalidAuthenticationTokenTenant"]) {
        let tenant = right_tenant(&refusal);
        return AzureError::WrongTenant { source_words, subscription: subscription(), tenant, message };
    }
    if refusal.http == 401 {
        return if refusal.is(&["ExpiredAuthenticationToken"]) {
            AzureError::LoginExpired { source_words, causes: vec![message], login: commands::login(None) }
        } else {
            AzureError::TokenRefused { source_words, message }
        };
    }
    if refusal.is(&["SubscriptionNotFound", "InvalidSubscriptionId"]) {
        return AzureError::SubscriptionHidden { subscription: subscription(), source_words, message };
    }
    if refusal.is(&["ReadOnlyDisabledSubscription", "DisabledSubscription", "SubscriptionNotActive"]) {
        return AzureError::SubscriptionDisabled { action, subscription: subscription(), message };
    }
    if refusal.is(&["MissingSubscriptionRegistration", "SubscriptionNotRegistered"]) {
        let named = refusal.quoted_after("namespace");
        let provider = named.or_else(|| call.in_path("providers")).unwrap_or_else(|| "PROVIDER".to_owned());
        return AzureError::ProviderUnregistered { action, provider, subscription: subscription(), message };
    }
    if refusal.is(&["ResourceGroupNotFound"]) {
        let named = refusal.quoted_after("resource group");
        let group = named.or_else(|| call.in_path("resourcegroups")).unwrap_or_else(|| "GROUP".to_owned());
        let subscription = subscription();
        let what = format!("resource group `{group}` in subscription {subscription}");
        return AzureError::PlaceMissing { what, subscription, message };
    }
    if refusal.is(&["ScopeLocked"]) {
        return AzureError::Locked { action, on, scopes: locks(&refusal), message };
    }
    if refusal.code.to_lowercase().starts_with("requestdisallowedbypolicy") {
        return AzureError::Policy { action, on, assignments: refusal.policies, message };
    }
    if refusal.is(&["PrincipalNotFound"]) {
        return AzureError::PrincipalUnknown { action, on, message };
    }
    let is_same_trust = refusal.http == 400 && message.to_lowercase().contains("combination already exists");
    if is_same_trust
        || refusal.is(&["RoleAssignmentExists", "RoleAssignmentUpdateNotPermitted", "InvalidResourceLocation"])
    {
        return AzureError::Exists { action, on, message };
    }
    match refusal.http {
        403 => denied(&refusal, action, on, message),
        404 => AzureError::Missing { action, on, message },
        412 => AzureError::Conflict { action, on, message },
        409 if refusal.is_busy() => AzureError::Conflict { action, on, message },
        429 => AzureError::Throttled { action, message },
        400..=499 => AzureError::Invalid { action, on, message },
        status => AzureError::Unexpected { action, host, status: Some(status), message },
    }
}

/// Of something linked, ARM says first what one may do.
fn denied(refusal: &Refusal, action: String, on: String, message: String) -> AzureError {
    let rest = refusal.message.split("however").nth(1).unwrap_or(&refusal.message).to_owned();
    let missing = Refusal { message: rest, ..Refusal::default() };
    AzureError::Denied {
        action: missing
            .quoted_after("perform action(s)")
            .or_else(|| missing.quoted_after("perform action"))
            .unwrap_or(action),
        on,
        principal: refusal.quoted_after("object id"),
        scope: missing.quoted_after("over scope").or_else(|| missing.quoted_after("on the linked scope(s)")),
        message,
    }
}

/// ARM names the issuers: the token's first, then those that it would take.
fn right_tenant(refusal: &Refusal) -> Option<String> {
    let is_between = |c: char| !(c.is_ascii_hexdigit() || c == '-');
    let mut tenants = refusal.message.split(is_between).filter(|word| is_uuid(word));
    let wrong = tenants.next()?;
    tenants.find(|it| !it.eq_ignore_ascii_case(wrong)).map(str::to_lowercase)
}

/// ARM names the scopes in quotes, several with commas between.
fn locks(refusal: &Refusal) -> Vec<String> {
    let named = refusal.quoted_after("following scope(s) are locked:").or_else(|| refusal.quoted_after("are locked:"));
    let scopes = named.unwrap_or_default();
    scopes.split(',').map(str::trim).filter(|scope| scope.starts_with('/')).map(str::to_owned).collect()
}
