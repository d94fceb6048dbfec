//! How an error of AWS is told at the edge: its kind, its causes, and what to type next.

use super::names::Region;
use super::{AwsError, Denial, PolicyKind, ReachProblem};
use crate::failure::{Failure, FailureKind};

fn kind(error: &AwsError) -> FailureKind {
    match error {
        AwsError::NoCredentials { .. }
        | AwsError::CredentialsFailed { .. }
        | AwsError::LoginExpired { .. }
        | AwsError::CredentialsExpired { .. }
        | AwsError::CredentialsInvalid { .. }
        | AwsError::Clock { .. }
        | AwsError::Denied { .. }
        | AwsError::Exists { .. }
        | AwsError::MadeMeanwhile { .. }
        | AwsError::HiddenRole { .. }
        | AwsError::Conflict { .. }
        | AwsError::Invalid { .. }
        | AwsError::Quota { .. }
        | AwsError::Missing { .. }
        | AwsError::IssuerUnreachable { .. } => FailureKind::Refused,
        AwsError::Moved { .. } => FailureKind::Stopped,
        AwsError::ProfileMissing { .. }
        | AwsError::ProfilesUnreadable { .. }
        | AwsError::RegionInvalid { .. }
        | AwsError::RegionUnknown { .. }
        | AwsError::ProxyInvalid { .. }
        | AwsError::RootsInvalid { .. }
        | AwsError::PolicyMissing { .. }
        | AwsError::ClusterMissing { .. } => FailureKind::Usage,
        AwsError::NoRegion { .. } => FailureKind::AnswerMissing,
        AwsError::Throttled { .. }
        | AwsError::NotReachable { .. }
        | AwsError::TimedOut { .. }
        | AwsError::Unexpected { .. } => FailureKind::Unreachable,
        AwsError::Interrupted { .. } => FailureKind::Interrupted,
        AwsError::ReadOnly { .. } => FailureKind::Bug,
    }
}

fn causes(error: &AwsError) -> Vec<String> {
    match error {
        AwsError::NoCredentials { tried, .. } => tried.clone(),
        AwsError::CredentialsFailed { causes, .. }
        | AwsError::LoginExpired { causes, .. }
        | AwsError::NotReachable { causes, .. } => causes.clone(),
        AwsError::Denied { denial } => vec![denial.message.clone()],
        _ => Vec::new(),
    }
}

const AS_WHOM: &str = "aws sts get-caller-identity";
const OTHER_PROFILE: &str = "take another profile: --profile NAME (AWS_PROFILE)";
const PROXY: &str = "check HTTPS_PROXY, HTTP_PROXY and NO_PROXY";
const AGAIN: &str = "run the same command again: it looks anew";

fn with_profile(command: &str, profile: Option<&str>) -> String {
    profile.map_or_else(|| command.to_owned(), |profile| format!("{command} --profile {profile}"))
}

fn hints(error: &AwsError) -> Vec<String> {
    let owned = |hints: &[&str]| hints.iter().map(|hint| (*hint).to_owned()).collect();
    match error {
        AwsError::NoCredentials { profile, .. } => vec![
            with_profile("aws sso login", profile.as_deref()),
            with_profile("aws configure", profile.as_deref()),
            OTHER_PROFILE.to_owned(),
        ],
        AwsError::LoginExpired { profile, .. } => vec![with_profile("aws sso login", profile.as_deref())],
        AwsError::CredentialsFailed { profile, advice, .. } => {
            [advice.clone(), vec![with_profile(AS_WHOM, profile.as_deref()), OTHER_PROFILE.to_owned()]].concat()
        }
        AwsError::CredentialsExpired { profile, .. } => vec![
            with_profile("aws sso login", profile.as_deref()),
            "or set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN anew".to_owned(),
        ],
        AwsError::CredentialsInvalid { profile, .. } => vec![
            with_profile(AS_WHOM, profile.as_deref()),
            "check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN: they belong together".to_owned(),
            "check --region: a region that the account has not enabled answers like this too".to_owned(),
        ],
        AwsError::Clock { .. } => owned(&["check this machine's clock"]),
        AwsError::ProfileMissing { there, .. } => match there.as_slice() {
            [] => owned(&["aws configure list-profiles"]),
            there => vec![format!("`--profile` takes one of: {}", there.join(", "))],
        },
        AwsError::ProfilesUnreadable { .. } => owned(&["aws configure list"]),
        AwsError::NoRegion { profile } => vec![
            "--region REGION, or AWS_REGION".to_owned(),
            with_profile("aws configure set region REGION", profile.as_deref()),
        ],
        AwsError::RegionUnknown { nearest, .. } => vec![format!("did you mean --region {nearest}?")],
        AwsError::RegionInvalid { .. } => owned(&["--region REGION"]),
        AwsError::ProxyInvalid { .. } => owned(&[PROXY]),
        AwsError::RootsInvalid { .. } => owned(&["check --ca-file and AWS_CA_BUNDLE"]),
        AwsError::ClusterMissing { region, there, .. } => {
            let there = match there.as_deref() {
                Some([]) => vec![format!("there is no cluster at all in {region}")],
                Some(there) => vec![format!("`--cluster-name` takes one of: {}", there.join(", "))],
                None => vec![format!("aws eks list-clusters --region {region}")],
            };
            let meant = region.parse::<Region>().ok().and_then(|region| region.nearest());
            let meant = meant.map(|nearest| format!("did you mean --region {nearest}?")).into_iter().collect();
            [meant, there, owned(&["or look in another region: --region REGION", OTHER_PROFILE])].concat()
        }
        AwsError::Denied { denial } => denied(denial),
        AwsError::MadeMeanwhile { .. } | AwsError::Moved { .. } | AwsError::Exists { .. } => owned(&[AGAIN]),
        AwsError::HiddenRole { .. } => owned(&["choose another name: --role-name NAME", AGAIN]),
        AwsError::Conflict { .. } | AwsError::Missing { .. } | AwsError::Throttled { .. } => owned(&[AGAIN]),
        AwsError::PolicyMissing { .. } => owned(&["check --attach-policy and --permissions-boundary"]),
        AwsError::Quota { .. } => owned(&["ask for more in Service Quotas, or remove what is not needed"]),
        AwsError::IssuerUnreachable { .. } => {
            owned(&["the issuer has to be reachable from the internet for IAM; Pod Identity needs none: \
                     --identity pod-identity"])
        }
        AwsError::NotReachable { problem, .. } => match problem {
            ReachProblem::UnknownIssuer => owned(&["name your own authority's certificate: --ca-file PEM"]),
            ReachProblem::Certificate => owned(&["check this machine's clock", "check AWS_ENDPOINT_URL"]),
            ReachProblem::Proxy => owned(&[PROXY]),
            ReachProblem::Dns | ReachProblem::Refused | ReachProblem::Other => {
                owned(&["check --region and AWS_ENDPOINT_URL", PROXY])
            }
        },
        AwsError::TimedOut { .. } => owned(&[PROXY, "give it more time: --timeout DURATION"]),
        AwsError::Unexpected { .. } => owned(&["check AWS_ENDPOINT_URL", PROXY]),
        AwsError::Interrupted { .. } => owned(&["run the same command again to go on from here"]),
        AwsError::Invalid { .. } | AwsError::ReadOnly { .. } => Vec::new(),
    }
}

fn denied(denial: &Denial) -> Vec<String> {
    hints_for_denial(denial.policy, &denial.action)
}

/// What helps against a policy that stands in the way of an action.
pub fn hints_for_denial(policy: PolicyKind, action: &str) -> Vec<String> {
    let mut hints = match policy {
        kind if kind.is_of_organisation() => {
            vec!["ask the organisation's administrator: no policy of the account can allow this".to_owned()]
        }
        PolicyKind::Boundary => vec!["ask for a wider permissions boundary of the caller".to_owned()],
        PolicyKind::Session => vec!["take credentials without a session policy".to_owned()],
        PolicyKind::VpcEndpoint => vec!["ask for a wider policy of the VPC endpoint".to_owned()],
        _ => Vec::new(),
    };
    if action == "sts:AssumeRole" {
        hints.push(OTHER_PROFILE.to_owned());
        return hints;
    }
    if action == "iam:CreateRole" && policy != PolicyKind::Identity {
        hints.push(
            "a rule may demand --permissions-boundary, --role-path or --role-name; or bring a role: --role-arn"
                .to_owned(),
        );
    }
    hints.push("runner-setup permissions --for aws".to_owned());
    hints
}

impl From<AwsError> for Failure {
    fn from(error: AwsError) -> Self {
        let failure = causes(&error).into_iter().fold(Self::of(kind(&error), &error), Self::cause);
        hints(&error).into_iter().fold(failure, Self::hint)
    }
}
