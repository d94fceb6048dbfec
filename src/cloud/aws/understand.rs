//! What an answer of the SDK means: from its error codes, its causes and the guard's own refusal.

use std::error::Error;

use aws_config::meta::ProviderChainError;
use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::client::Shared;
use super::denial::Denial;
use super::guard::Refused;
use super::send::Call;
use super::{AwsError, ReachProblem};

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

fn causes(error: &(dyn Error + 'static)) -> Vec<String> {
    let mut causes: Vec<String> = Vec::new();
    let mut source = Some(error);
    while let Some(cause) = source {
        let text = first_line(&cause.to_string());
        if !text.is_empty() && causes.last().is_none_or(|last| !last.contains(&text)) {
            causes.push(text);
        }
        source = cause.source();
    }
    causes
}

/// The first error of a kind among an error and its causes.
fn find<'e, T: Error + 'static>(error: &'e (dyn Error + 'static)) -> Option<&'e T> {
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
            What::NoAnswer(causes) => no_answer(causes, call, shared),
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

/// Reads from the causes of a network error what happened. The libraries below have no public types for all of it.
fn no_answer(causes: Vec<String>, call: &Call, shared: &Shared) -> AwsError {
    let texts = causes.join("\n").to_lowercase();
    let has = |word| texts.contains(word);
    let problem = if has("unknownissuer") || has("unknown issuer") {
        ReachProblem::UnknownIssuer
    } else if has("invalid peer certificate") || has("certificate verif") {
        ReachProblem::Certificate
    } else if has("dns error") || has("failed to lookup") {
        ReachProblem::Dns
    } else if has("tunnel") || has("proxy") {
        ReachProblem::Proxy
    } else if has("connection refused") {
        ReachProblem::Refused
    } else {
        ReachProblem::Other
    };
    match (problem, shared.region.nearest()) {
        (ReachProblem::Dns, Some(nearest)) => {
            AwsError::RegionUnknown { service: call.service.to_owned(), region: shared.region.to_string(), nearest }
        }
        _ => AwsError::NotReachable { action: call.action(), problem, causes },
    }
}

/// What a failure to get credentials means.
pub(super) fn credentials_error(error: &CredentialsError, shared: &Shared) -> AwsError {
    let profile = shared.profile.clone();
    let mut causes = causes(error);
    let all = causes.join("\n");
    if let Some(chain) = find::<ProviderChainError<CredentialsError>>(error) {
        let tried = chain.attempts().iter().map(|attempt| tried(attempt.name(), attempt.error(), shared)).collect();
        return AwsError::NoCredentials { tried, profile };
    }
    // The last source of the chain, which most machines don't have: whoever gets there had nothing before it either.
    if all.contains("IMDS") || all.contains("instance metadata") {
        let nothing =
            ["Environment", "Profile"].map(|name| format!("{}: no credentials there", source_of(name, shared)));
        let last = format!("{}: {}", source_of("Ec2InstanceMetadata", shared), causes.pop().unwrap_or_default());
        return AwsError::NoCredentials { tried: nothing.into_iter().chain([last]).collect(), profile };
    }
    if matches!(error, CredentialsError::CredentialsNotLoaded(_)) {
        return AwsError::NoCredentials { tried: vec![tried("Profile", error, shared)], profile };
    }
    // Of what comes with the SDK, only the login with IAM Identity Center speaks of this.
    let is_login = all.contains("SSO") || all.contains("sso") || all.contains("access token provider");
    let is_old =
        ["expired", "cached SSO token", "failed to read `", "Session token not found or invalid", "Unauthorized"];
    if is_login && is_old.iter().any(|word| all.contains(word)) {
        return AwsError::LoginExpired { profile, causes };
    }
    causes.retain(|cause| cause != "an error occurred while loading credentials");
    AwsError::CredentialsFailed { profile, causes }
}

fn source_of(name: &str, shared: &Shared) -> String {
    match name {
        "Environment" => "the environment (AWS_ACCESS_KEY_ID)".to_owned(),
        "Profile" => {
            let profile = shared.profile.as_deref().unwrap_or("default");
            format!("profile `{profile}` of {}", shared.profile_files)
        }
        "WebIdentityToken" => "web identity (AWS_WEB_IDENTITY_TOKEN_FILE)".to_owned(),
        "EcsContainer" => "the container (AWS_CONTAINER_CREDENTIALS_FULL_URI)".to_owned(),
        "Ec2InstanceMetadata" => "instance metadata".to_owned(),
        other => other.to_owned(),
    }
}

fn tried(name: &str, error: &CredentialsError, shared: &Shared) -> String {
    let source = source_of(name, shared);
    match error.source().map(causes).and_then(|mut causes| causes.pop()) {
        Some(cause) => format!("{source}: {cause}"),
        None => format!("{source}: no credentials there"),
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
