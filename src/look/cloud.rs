//! Looks at whichever cloud the cluster is in.

use crate::cloud::Cloud;
use crate::cloud::aws::found::FoundAws;
use crate::cloud::gcp::found::FoundGcp;
use crate::failure::Failure;
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

pub(super) async fn look_at_cloud(settings: &Settings, side: Option<CloudSide<'_>>) -> Result<SeenCloud, Failure> {
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
