//! What a failure to get credentials means: which sources were tried, and what the one that had some says.

use std::error::Error;

use aws_config::meta::ProviderChainError;
use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::error::ErrorMetadata;

use super::AwsError;
use super::client::Shared;
use super::profiles::Profiles;
use super::send::Call;
use super::understand::{Trouble, causes, find, unreachable};
use crate::cloud::reach::reach_problem;
use crate::process::Process;

/// What is done here, where it needs a name.
const GETTING: &str = "getting credentials";

/// What somebody should know when getting credentials fails: which variables decide, and what the profile asks for.
pub(super) fn advice(process: &Process, profiles: &Profiles, profile: Option<&str>) -> Vec<String> {
    let variables =
        ["AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"];
    let set = variables.into_iter().filter(|variable| process.var(variable).is_some());
    let mut advice: Vec<_> = set.map(|variable| format!("{variable} is set: is it right?")).collect();
    let name = profile.unwrap_or("default");
    // Both need a question, which only the aws CLI can ask.
    if ["mfa_serial", "login_session"].iter().any(|key| profiles.value(name, key).is_some()) {
        advice.push(format!("eval \"$(aws configure export-credentials --profile {name} --format env)\""));
    }
    advice
}

/// What a failure to get credentials means.
pub(super) fn credentials_error(error: &CredentialsError, shared: &Shared) -> AwsError {
    let profile = shared.profile.clone();
    let causes = causes(error);
    let all = causes.join("\n");
    if let Some(chain) = find::<ProviderChainError<CredentialsError>>(error) {
        let tried = chain.attempts().iter().map(|attempt| tried(attempt.name(), attempt.error(), shared)).collect();
        return AwsError::NoCredentials { tried, profile };
    }
    if matches!(error, CredentialsError::CredentialsNotLoaded(_)) {
        return AwsError::NoCredentials { tried: vec![tried("Profile", error, shared)], profile };
    }
    if all.contains("IMDS") {
        // The last source of the chain: all others had none.
        let none = ["Environment", "Profile", "WebIdentityToken", "EcsContainer"];
        let mut tried: Vec<_> = none.iter().map(|name| nothing_in(name, shared)).collect();
        tried.push(format!("{}: {}", source("Ec2InstanceMetadata", shared), causes.last().map_or("", String::as_str)));
        return AwsError::NoCredentials { tried, profile };
    }
    // Of what comes with the SDK, only the login with IAM Identity Center speaks of these.
    let is_old = ["SSO token", "sso/cache", "Session token not found or invalid"];
    if is_old.iter().any(|words| all.contains(words)) {
        return AwsError::LoginExpired { profile, causes };
    }
    if matches!(error, CredentialsError::ProviderTimedOut(_)) {
        return AwsError::TimedOut { action: GETTING.to_owned() };
    }
    if find::<ConnectorError>(error).is_some() {
        let problem = reach_problem(&causes);
        return unreachable(GETTING.to_owned(), "sts", problem, causes, shared);
    }
    if let Some((code, message)) = find::<ErrorMetadata>(error).and_then(|meta| Some((meta.code()?, meta.message()?))) {
        let call =
            Call::sts("AssumeRole", format!("the role of profile `{}`", profile.as_deref().unwrap_or("default")));
        let meaning = Trouble::answered(code, message).meaning(&call, shared);
        match meaning {
            AwsError::Unexpected { .. } => {}
            // A role that wants a second factor says no more than this.
            AwsError::Denied { denial } if !shared.advice.is_empty() => {
                let causes = vec![denial.to_string()];
                return AwsError::CredentialsFailed { profile, causes, advice: shared.advice.clone() };
            }
            meaning => return meaning,
        }
    }
    AwsError::CredentialsFailed { profile, causes, advice: shared.advice.clone() }
}

fn source(name: &str, shared: &Shared) -> String {
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

fn nothing_in(name: &str, shared: &Shared) -> String {
    format!("{}: no credentials there", source(name, shared))
}

fn tried(name: &str, error: &CredentialsError, shared: &Shared) -> String {
    match error.source().map(causes).and_then(|mut causes| causes.pop()) {
        Some(cause) => format!("{}: {cause}", source(name, shared)),
        None => nothing_in(name, shared),
    }
}
