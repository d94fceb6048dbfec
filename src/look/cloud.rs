//! Looks at whichever cloud the cluster is in.

use std::collections::BTreeSet;

use crate::cloud::Cloud;
use crate::cloud::aws::found::FoundAws;
use crate::cloud::gcp::found::FoundGcp;
use crate::failure::Failure;
use crate::phase::Phase;
use crate::settings::Settings;

use super::CloudSide;
use super::aws::look_at_aws;
use super::gcp::look_at_gcp;

/// What was found in a cloud, of which there is at most one.
#[derive(Default)]
pub(super) struct SeenCloud {
    pub(super) aws: Option<FoundAws>,
    pub(super) gcp: Option<FoundGcp>,
}

/// Looks at the cloud; where it can't be looked at and this run is not about the jobs' identity, what that means is said.
pub(super) async fn look_if_possible(
    settings: &Settings,
    side: Option<CloudSide<'_>>,
    phases: &BTreeSet<Phase>,
) -> Result<(SeenCloud, Option<String>), Failure> {
    match look_at_cloud(settings, side).await {
        Ok(seen) => Ok((seen, None)),
        // The other phases need the cloud only to know what the jobs' account is annotated with.
        Err(failure) if !phases.contains(&Phase::Identity) => {
            let (name, what) = settings.provider.cloud();
            let message = format!(
                "{name} can't be looked at, so the jobs' {what} stays as the cluster has it: {}",
                failure.message
            );
            Ok((SeenCloud::default(), Some(message)))
        }
        Err(failure) => Err(failure),
    }
}

async fn look_at_cloud(settings: &Settings, side: Option<CloudSide<'_>>) -> Result<SeenCloud, Failure> {
    let mut seen = SeenCloud::default();
    match (side.map(|side| (side.client, side.account)), &settings.aws, &settings.gcp) {
        (Some((Cloud::Aws(client), account)), Some(aws), _) => {
            seen.aws = Some(look_at_aws(settings, aws, client, account).await?);
        }
        (Some((Cloud::Gcp(client), _)), _, Some(gcp)) => seen.gcp = Some(look_at_gcp(gcp, client).await?),
        _ => {}
    }
    Ok(seen)
}
