//! Which proofs of the jobs' identity there are in which cloud.

use std::time::Duration;

use super::{ASSOCIATED, MAY_ACT, Observed, Proof, ROLES_GRANTED, TOKEN_EXCHANGED, azure, google, identity as eks};
use crate::cloud::Cloud;
use crate::cluster::Cluster;
use crate::event::Tell;
use crate::failure::Failure;
use crate::phase::Phase;
use crate::settings::{AwsIdentity, AzureIdentity, GcpIdentity};

/// What a run that is about the jobs' identity proves of it.
pub(super) fn identity_claims(proof: &Proof<'_>) -> Vec<&'static str> {
    let settings = proof.settings;
    let of_aws = settings.aws.as_ref().map(|aws| match aws.identity {
        AwsIdentity::Irsa => vec![TOKEN_EXCHANGED],
        AwsIdentity::PodIdentity => vec![ASSOCIATED],
        AwsIdentity::None => Vec::new(),
    });
    let of_google = settings.gcp.as_ref().map(|gcp| {
        let roles = (!gcp.roles.is_empty()).then_some(ROLES_GRANTED);
        match gcp.identity {
            GcpIdentity::ServiceAccount => [MAY_ACT].into_iter().chain(roles).chain([TOKEN_EXCHANGED]).collect(),
            GcpIdentity::Federation => roles.into_iter().chain([TOKEN_EXCHANGED]).collect(),
            GcpIdentity::None => Vec::new(),
        }
    });
    let of_azure = settings.azure.as_ref().map(|azure| match azure.identity {
        AzureIdentity::ManagedIdentity => vec![TOKEN_EXCHANGED],
        AzureIdentity::None => Vec::new(),
    });
    of_aws.or(of_google).or(of_azure).unwrap_or_default()
}

/// The jobs' identity, when this run is about it.
pub(super) async fn identity(
    proof: &Proof<'_>,
    cluster: Option<&Cluster>,
    cloud: Option<&Cloud>,
    timeout: Duration,
    tell: &Tell,
) -> Vec<(&'static str, Result<Observed, Failure>)> {
    if !proof.phases.contains(&Phase::Identity) {
        return Vec::new();
    }
    let (settings, found) = (proof.settings, proof.found);
    let claims = identity_claims(proof);
    match cloud {
        Some(Cloud::Aws(client)) => {
            let (Some(aws), Some(seen)) = (&settings.aws, &found.aws) else { return Vec::new() };
            let mut checked = Vec::new();
            for claim in claims {
                let outcome = match claim {
                    ASSOCIATED => eks::associated(proof, aws, seen, client).await,
                    _ => eks::token_exchanged(proof, aws, seen, client, cluster, timeout).await,
                };
                checked.push((claim, outcome));
            }
            checked
        }
        Some(Cloud::Gcp(client)) => {
            let (Some(gcp), Some(seen)) = (&settings.gcp, &found.gcp) else { return Vec::new() };
            let ground = google::Ground { proof, gcp, found: seen, client, tell };
            google::prove(&ground, &claims, cluster, timeout).await
        }
        Some(Cloud::Azure(client)) => {
            let (Some(azure), Some(_)) = (&settings.azure, &found.azure) else { return Vec::new() };
            let mut checked = Vec::new();
            for claim in claims {
                checked.push((claim, azure::token_exchanged(proof, azure, client, cluster, timeout).await));
            }
            checked
        }
        None => Vec::new(),
    }
}
