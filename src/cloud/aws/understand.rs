//! What an answer of the SDK means: from its error codes, its causes and the guard's own refusal.

use std::error::Error;

use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::AwsError;
use super::client::Shared;
use super::credentials::credentials_error;
use super::denial::Denial;
use super::guard::Refused;
use super::send::Call;
use crate::cloud::reach::{ReachProblem, reach_problem};

/// A request that got no answer, or not the one that was asked for.
pub(super) struct Trouble {
    /// The server's error code, when the server answered.
    pub code: String,
    /// The server's own words, fit to be shown.
    pub message: String,
    pub status: Option<u16>,
    what: What,
}

enum What {
    Answer,
    Refused(String),
    Credentials(AwsError),
    TimedOut,
    NoAnswer(Vec<String>),
    Other,
}

/// The first line of a text, without what a server shows of the request: it may hold a session token.
pub(super) fn first_line(text: &str) -> String {
    let line = text.split(['\n', '\r']).find(|line| !line.trim().is_empty()).unwrap_or_default();
    let line = line.split("The Canonical String").next().unwrap_or_default().trim();
    let shown: String = line.chars().filter(|c| !c.is_control()).take(1000).collect();
    shown
}

/// What libraries say about themselves.
const NOISE: [&str; 8] = [
    "dispatch failure",
    "service error",
    "io error",
    "client error (Connect)",
    "dns error",
    "an error occurred while loading credentials",
    "an error occurred while loading an access token",
    "the credentials provider was not properly configured",
];

/// From the nearest cause to the root, without what says nothing.
pub(super) fn causes(error: &(dyn Error + 'static)) -> Vec<String> {
    let mut causes: Vec<String> = Vec::new();
    let mut source = Some(error);
    while let Some(cause) = source {
        let text = first_line(&cause.to_string());
        if !text.is_empty() && !NOISE.contains(&text.as_str()) && causes.last().is_none_or(|last| !last.contains(&text))
        {
            causes.push(text);
        }
        source = cause.source();
    }
    causes
}

/// The first error of a kind among an error and its causes.
pub(super) fn find<'e, T: Error + 'static>(error: &'e (dyn Error + 'static)) -> Option<&'e T> {
    let mut source = Some(error);
    while let Some(cause) = source {
        if let Some(found) = cause.downcast_ref::<T>() {
            return Some(found);
        }
        source = cause.source();
    }
    None
}

impl Trouble {
    /// Takes an SDK error apart.
    pub(super) fn of<E>(error: SdkError<E, HttpResponse>, shared: &Shared) -> Self
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        let status = error.raw_response().map(|response| response.status().as_u16());
        let silent = |what| Self { code: String::new(), message: String::new(), status, what };
        if let SdkError::ServiceError(answer) = &error {
            let meta = answer.err().meta();
            let code = meta.code().unwrap_or_default();
            return Self {
                code: code.strip_suffix("Exception").unwrap_or(code).to_owned(),
                message: first_line(meta.message().unwrap_or_default()),
                status,
                what: What::Answer,
            };
        }
        if let Some(Refused(operation)) = find::<Refused>(&error) {
            return silent(What::Refused(operation.clone()));
        }
        if let Some(credentials) = find::<CredentialsError>(&error) {
            return silent(What::Credentials(credentials_error(credentials, shared)));
        }
        let is_timeout = match &error {
            SdkError::TimeoutError(_) => true,
            SdkError::DispatchFailure(failure) => failure.is_timeout(),
            _ => false,
        };
        match &error {
            _ if is_timeout => silent(What::TimedOut),
            SdkError::DispatchFailure(failure) => {
                silent(What::NoAnswer(failure.as_connector_error().map(|error| causes(error)).unwrap_or_default()))
            }
            _ => Self { message: causes(&error).pop().unwrap_or_default(), ..silent(What::Other) },
        }
    }

    /// What a server answered, already taken apart.
    pub(super) fn answered(code: &str, message: &str) -> Self {
        let code = code.strip_suffix("Exception").unwrap_or(code).to_owned();
        Self { code, message: first_line(message), status: None, what: What::Answer }
    }

    /// Nobody answered before the whole run has to end.
    pub(super) fn timed_out() -> Self {
        Self { code: String::new(), message: String::new(), status: None, what: What::TimedOut }
    }

    /// What it means.
    pub(super) fn meaning(self, call: &Call, shared: &Shared) -> AwsError {
        match self.what {
            What::Answer => self.answer(call, shared),
            What::Refused(operation) => AwsError::ReadOnly { operation },
            What::Credentials(error) => error,
            What::TimedOut => AwsError::TimedOut { action: call.action() },
            What::NoAnswer(causes) => unreachable(call.action(), call.service, reach_problem(&causes), causes, shared),
            What::Other => AwsError::Unexpected {
                action: call.action(),
                status: self.status,
                code: String::new(),
                message: self.message,
            },
        }
    }

    fn answer(self, call: &Call, shared: &Shared) -> AwsError {
        let (action, on, message) = (call.action(), call.on.clone(), self.message);
        let profile = shared.profile.clone();
        match self.code.as_str() {
            "AccessDenied" | "Forbidden" | "UnauthorizedOperation" | "NotAuthorized" => {
                let mut denial = Denial::read(&message, &action, &on);
                denial.caller = denial.caller.or_else(|| Some(shared.caller.get()?.arn.to_string()));
                AwsError::Denied { denial: Box::new(denial) }
            }
            "ExpiredToken" | "TokenRefreshRequired" => AwsError::CredentialsExpired { profile, message },
            "RequestExpired" | "RequestTimeTooSkewed" | "RequestInTheFuture" => AwsError::Clock { message },
            "InvalidSignature" | "SignatureDoesNotMatch"
                if message.contains("Signature expired") || message.contains("Signature not yet current") =>
            {
                AwsError::Clock { message }
            }
            code @ ("InvalidClientTokenId"
            | "UnrecognizedClient"
            | "SignatureDoesNotMatch"
            | "InvalidSignature"
            | "AuthFailure"
            | "IncompleteSignature"
            | "MissingAuthenticationToken"
            | "InvalidAccessKeyId"
            | "OptInRequired"
            | "RegionDisabled") => AwsError::CredentialsInvalid { profile, code: code.to_owned(), message },
            "Throttling" | "ThrottledException" | "TooManyRequests" | "RequestLimitExceeded" | "Throttled" => {
                AwsError::Throttled { action, message }
            }
            "LimitExceeded" | "ResourceLimitExceeded" | "ServiceQuotaExceeded" => {
                AwsError::Quota { action, quota: quota(&message), message }
            }
            // IAM says this of policies to attach and of boundaries alike, which somebody named.
            "NoSuchEntity" if message.contains("is not attachable") => AwsError::PolicyMissing { action, message },
            "NoSuchEntity" | "ResourceNotFound" | "NotFound" => AwsError::Missing { action, on, message },
            "EntityAlreadyExists" | "ResourceInUse" => AwsError::Exists { action, on, message },
            "DeleteConflict" | "ConcurrentModification" | "EntityTemporarilyUnmodifiable" | "UnmodifiableEntity" => {
                AwsError::Conflict { action, on, message }
            }
            "OpenIdIdpCommunicationError" => AwsError::IssuerUnreachable { action, on, message },
            code @ ("MalformedPolicyDocument"
            | "ValidationError"
            | "Validation"
            | "InvalidInput"
            | "InvalidParameter"
            | "InvalidParameterValue"
            | "InvalidRequest"
            | "BadRequest"
            | "Client"
            | "PolicyNotAttachable") => AwsError::Invalid { action, on, code: code.to_owned(), message },
            code => {
                let message = if message.is_empty() { "no reason given".to_owned() } else { message };
                AwsError::Unexpected { action, status: self.status, code: code.to_owned(), message }
            }
        }
    }
}

/// `RolesPerAccount: 1000` from `Cannot exceed quota for RolesPerAccount: 1000`.
fn quota(message: &str) -> Option<String> {
    let rest = message[message.find("quota for ")? + "quota for ".len()..].trim().trim_end_matches('.');
    Some(rest.to_owned()).filter(|rest| !rest.is_empty())
}

/// No connection, which for a misspelt region means that there is no such host.
pub(super) fn unreachable(
    action: String,
    service: &str,
    problem: ReachProblem,
    causes: Vec<String>,
    shared: &Shared,
) -> AwsError {
    match (problem, shared.region.nearest()) {
        (ReachProblem::Dns, Some(nearest)) => {
            AwsError::RegionUnknown { service: service.to_owned(), region: shared.region.to_string(), nearest }
        }
        _ => AwsError::NotReachable { action, problem, causes },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_server_shows_of_the_request_is_cut() {
        let message = "The request signature we calculated does not match. The Canonical String for this request \
                       should have been\n'POST\nx-amz-security-token:SECRET'";
        assert_eq!(first_line(message), "The request signature we calculated does not match.");
        assert_eq!(first_line("\n a\u{7}b \nc"), "ab");
    }

    #[test]
    fn a_quota_is_named() {
        let message = "Cannot exceed quota for ACLSizePerRole: 2048";
        assert_eq!(quota(message).as_deref(), Some("ACLSizePerRole: 2048"));
        assert_eq!(quota("Too many"), None);
    }
}
