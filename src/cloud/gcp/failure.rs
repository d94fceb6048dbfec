//! How an error of Google Cloud is told at the edge: its kind, its causes, and what to type next.

use super::GcpError;
use super::commands::shell;
use super::error::is_token;
use super::gcloud::TAKE_TOKEN;
use super::permissions::USE_PROJECT;
use super::understand::GCLOUDS_OWN_PROJECT;
use crate::cloud::reach::ReachProblem;
use crate::failure::{Failure, FailureKind};

fn kind(error: &GcpError) -> FailureKind {
    match error {
        GcpError::NoCredentials { .. }
        | GcpError::CredentialsUnsupported { .. }
        | GcpError::CredentialsFailed { .. }
        | GcpError::LoginExpired { .. }
        | GcpError::TokenRefused { .. }
        | GcpError::QuotaProject { .. }
        | GcpError::ProjectHidden { .. }
        | GcpError::ApiDisabled { .. }
        | GcpError::Denied { .. }
        | GcpError::Missing { .. }
        | GcpError::Exists { .. }
        | GcpError::MadeMeanwhile { .. }
        | GcpError::Conflict { .. }
        | GcpError::PoolMissing { .. }
        | GcpError::MemberMissing { .. }
        | GcpError::OrganisationPolicy { .. }
        | GcpError::Invalid { .. }
        | GcpError::Quota { .. } => FailureKind::Refused,
        GcpError::Moved { .. } | GcpError::NotVisible { .. } => FailureKind::Stopped,
        GcpError::CredentialsUnreadable { .. }
        | GcpError::EndpointInvalid { .. }
        | GcpError::UniverseUnsupported { .. }
        | GcpError::ProxyInvalid { .. }
        | GcpError::RootsInvalid { .. }
        | GcpError::ClusterMissing { .. } => FailureKind::Usage,
        GcpError::Throttled { .. }
        | GcpError::NotReachable { .. }
        | GcpError::TimedOut { .. }
        | GcpError::Unexpected { .. } => FailureKind::Unreachable,
        GcpError::Interrupted { .. } => FailureKind::Interrupted,
        GcpError::ReadOnly { .. } => FailureKind::Bug,
    }
}

fn causes(error: &GcpError) -> Vec<String> {
    match error {
        GcpError::NoCredentials { tried } => tried.clone(),
        GcpError::CredentialsFailed { causes, .. }
        | GcpError::LoginExpired { causes, .. }
        | GcpError::NotReachable { causes, .. } => causes.clone(),
        GcpError::CredentialsUnsupported { words, .. } => words.iter().map(|words| (*words).to_owned()).collect(),
        GcpError::ProjectHidden { message, .. }
        | GcpError::ApiDisabled { message, .. }
        | GcpError::Denied { message, .. } => vec![message.clone()],
        _ => Vec::new(),
    }
}

/// Logs a person in for programs.
pub(super) const LOGIN: &str = "gcloud auth application-default login";
/// Logs a person in for gcloud itself.
pub(super) const GCLOUD_LOGIN: &str = "gcloud auth login";
const KEY: &str = "or name a file with credentials: GOOGLE_APPLICATION_CREDENTIALS=FILE";
const PROXY: &str = "check HTTPS_PROXY, HTTP_PROXY and NO_PROXY";
const AGAIN: &str = "run the same command again: it looks anew";
const ENDPOINTS: &str = "check CLOUDSDK_API_ENDPOINT_OVERRIDES_…";
/// The only way on where a policy of the organisation forbids something: the same command again meets it again.
pub const ASK_ORGANISATION: &str = "ask the organisation's administrator: no role in the project can allow this";
const CLOCK: &str = "check this machine's clock";

fn owned(hints: &[&str]) -> Vec<String> {
    hints.iter().map(|hint| (*hint).to_owned()).collect()
}

fn hints(error: &GcpError) -> Vec<String> {
    match error {
        GcpError::NoCredentials { .. } => owned(&[LOGIN, KEY]),
        GcpError::CredentialsUnreadable { .. } => owned(&[LOGIN, KEY]),
        GcpError::CredentialsUnsupported { kind, .. } if kind == "external_account_authorized_user" => {
            owned(&[TAKE_TOKEN, KEY])
        }
        GcpError::CredentialsUnsupported { .. } => owned(&[LOGIN, KEY]),
        GcpError::CredentialsFailed { advice, .. } => advice.clone(),
        GcpError::LoginExpired { login, .. } => owned(&[login]),
        // A login beside a token that somebody made would not be looked at.
        GcpError::TokenRefused { source_words, .. } if is_token(source_words) => {
            vec![format!("a token lasts an hour; a new one: {TAKE_TOKEN}")]
        }
        GcpError::TokenRefused { .. } => owned(&[LOGIN]),
        GcpError::QuotaProject { project, .. } => {
            let mut hints = Vec::new();
            if project != "none" && project != GCLOUDS_OWN_PROJECT {
                let words = ["gcloud", "projects", "add-iam-policy-binding", project, "--member", "user:ADDRESS"];
                let role = ["--role", "roles/serviceusage.serviceUsageConsumer", "--condition=None"];
                let line = shell(&[&words[..], &role].concat());
                hints.push(format!("it takes the permission {USE_PROJECT} on the project: {line}"));
            }
            hints.extend(owned(&[
                "gcloud auth application-default set-quota-project PROJECT",
                "or name another one: GOOGLE_CLOUD_QUOTA_PROJECT=PROJECT",
            ]));
            hints
        }
        GcpError::EndpointInvalid { variable, .. } => vec![format!("{variable}=https://HOST/, or unset it")],
        GcpError::UniverseUnsupported { .. } => Vec::new(),
        GcpError::ProxyInvalid { .. } => owned(&[PROXY]),
        GcpError::RootsInvalid { .. } => owned(&["check --ca-file"]),
        GcpError::ProjectHidden { project, .. } => vec![
            "gcloud projects list".to_owned(),
            format!("check --gcp-project (GCP_PROJECT_ID, GOOGLE_CLOUD_PROJECT): it is `{project}` now"),
            LOGIN.to_owned(),
        ],
        GcpError::ApiDisabled { api, project, .. } => {
            vec![shell(&["gcloud", "services", "enable", api, "--project", project])]
        }
        GcpError::ClusterMissing { project, elsewhere, there, name, .. } => {
            cluster_missing(project, name, elsewhere, there.as_deref())
        }
        GcpError::Denied { project, taking_back, .. } => {
            let show = |project: &String| shell(&["gcloud", "projects", "get-iam-policy", project]);
            let line = "runner-setup permissions --for gcp";
            let mut hints = vec![if *taking_back { format!("{line} --destroy") } else { line.to_owned() }];
            hints.extend(project.as_ref().map(show));
            hints
        }
        GcpError::OrganisationPolicy { constraint, .. } => {
            let mut hints = owned(&[ASK_ORGANISATION]);
            if constraint.as_deref().is_some_and(|it| it.contains("ServiceAccountCreation")) {
                hints.push(
                    "or bring an account: --google-service-account EMAIL; or do without: --identity federation"
                        .to_owned(),
                );
            }
            hints
        }
        GcpError::PoolMissing { .. } => owned(&[
            "a pool is made with the first cluster that has Workload Identity: \
             gcloud container clusters update NAME --location LOCATION --workload-pool=PROJECT.svc.id.goog",
            AGAIN,
        ]),
        GcpError::Quota { .. } => {
            owned(&["gcloud iam service-accounts list: remove what is not needed, or ask for a higher quota"])
        }
        GcpError::NotReachable { problem, .. } => match problem {
            ReachProblem::UnknownIssuer => {
                owned(&["name your own authority's certificate: --ca-file PEM, or SSL_CERT_FILE=PEM"])
            }
            ReachProblem::Certificate => owned(&[CLOCK, ENDPOINTS]),
            ReachProblem::Proxy => owned(&[PROXY]),
            ReachProblem::Dns | ReachProblem::Refused | ReachProblem::Other => owned(&[ENDPOINTS, PROXY]),
        },
        GcpError::TimedOut { .. } => owned(&[PROXY, "give it more time: --timeout DURATION"]),
        GcpError::Unexpected { .. } => owned(&[ENDPOINTS, PROXY]),
        GcpError::Interrupted { .. } => owned(&["run the same command again to go on from here"]),
        GcpError::Missing { .. }
        | GcpError::Exists { .. }
        | GcpError::MadeMeanwhile { .. }
        | GcpError::Moved { .. }
        | GcpError::Conflict { .. }
        | GcpError::MemberMissing { .. }
        | GcpError::NotVisible { .. }
        | GcpError::Throttled { .. } => owned(&[AGAIN]),
        GcpError::Invalid { .. } | GcpError::ReadOnly { .. } => Vec::new(),
    }
}

/// The same name elsewhere is most likely what was meant; then the name that looks most like it.
fn cluster_missing(project: &str, name: &str, elsewhere: &[String], there: Option<&[(String, String)]>) -> Vec<String> {
    let mut hints: Vec<String> =
        elsewhere.iter().map(|location| format!("did you mean --location {location}?")).collect();
    let list = shell(&["gcloud", "container", "clusters", "list", "--project", project]);
    let Some(there) = there else {
        hints.push(list);
        return hints;
    };
    if there.is_empty() {
        hints.push(format!("there is no cluster at all in project {project}"));
    } else if elsewhere.is_empty() {
        let nearest = there
            .iter()
            .map(|(location, it)| (strsim::damerau_levenshtein(name, it), location, it))
            .filter(|(distance, _, _)| *distance <= 2)
            .min();
        if let Some((_, location, it)) = nearest {
            hints.push(format!("did you mean --cluster-name {it} --location {location}?"));
        }
        let all: Vec<_> = there.iter().take(20).map(|(location, it)| format!("{it} ({location})")).collect();
        hints.push(format!("`--cluster-name` takes one of: {}", all.join(", ")));
    }
    hints.push(format!("or look in another project: --gcp-project PROJECT; here: {list}"));
    hints
}

impl From<GcpError> for Failure {
    fn from(error: GcpError) -> Self {
        let failure = causes(&error).into_iter().fold(Self::of(kind(&error), &error), Self::cause);
        hints(&error).into_iter().fold(failure, Self::hint)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(source_words: &str) -> Failure {
        GcpError::TokenRefused { source_words: source_words.to_owned(), message: "expired".to_owned() }.into()
    }

    #[test]
    fn a_refused_token_is_named_once_with_the_way_to_another() {
        let made = told("the token in CLOUDSDK_AUTH_ACCESS_TOKEN");
        assert_eq!(made.message, "Google Cloud does not accept the token in CLOUDSDK_AUTH_ACCESS_TOKEN: expired");
        assert_eq!(made.hints, [format!("a token lasts an hour; a new one: {TAKE_TOKEN}")]);
        let login = told("the user credentials in adc.json");
        assert_eq!(
            login.message,
            "Google Cloud does not accept the token of the user credentials in adc.json: expired"
        );
        assert_eq!(login.hints, [LOGIN]);
    }

    #[test]
    fn nobody_is_told_to_let_the_project_of_gcloud_pay() {
        let hints = |project: &str| {
            let error = GcpError::QuotaProject { project: project.to_owned(), message: String::new() };
            Failure::from(error).hints.join("\n")
        };
        assert!(hints("my-project").contains("add-iam-policy-binding my-project"));
        assert!(!hints(GCLOUDS_OWN_PROJECT).contains("add-iam-policy-binding"));
    }

    #[test]
    fn a_right_that_is_missing_when_something_is_taken_back_is_printed_with_destroy() {
        let denied = GcpError::Denied {
            action: "iam.serviceAccounts.delete".to_owned(),
            on: "it".to_owned(),
            missing: vec!["iam.serviceAccounts.delete".to_owned()],
            project: None,
            taking_back: false,
            message: String::new(),
        };
        assert_eq!(Failure::from(denied.taking_back()).hints, ["runner-setup permissions --for gcp --destroy"]);
    }
}
