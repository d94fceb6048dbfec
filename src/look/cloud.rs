//! Looks at whichever cloud the cluster is in.

use crate::cloud::Cloud;
use crate::cloud::aws::found::FoundAws;
use crate::cloud::azure::found::FoundAzure;
use crate::cloud::gcp::found::FoundGcp;
use crate::failure::Failure;
use crate::settings::Settings;

use super::CloudSide;
use super::aws::look_at_aws;
use super::azure::look_at_azure;
use super::gcp::look_at_gcp;

/// What was found in a cloud, of which there is at most one.
#[derive(Default)]
pub(super) struct SeenCloud {
    pub(super) aws: Option<FoundAws>,
    pub(super) gcp: Option<FoundGcp>,
    pub(super) azure: Option<FoundAzure>,
}

pub(super) async fn look_at_cloud(settings: &Settings, side: Option<CloudSide<'_>>) -> Result<SeenCloud, Failure> {
    let mut seen = SeenCloud::default();
    let Some(side) = side else { return Ok(seen) };
    match side.client {
        Cloud::Aws(client) => {
            if let Some(aws) = &settings.aws {
                seen.aws = Some(look_at_aws(settings, aws, client, side.account).await?);
            }
        }
        Cloud::Gcp(client) => {
            if let Some(gcp) = &settings.gcp {
                seen.gcp = Some(look_at_gcp(gcp, client).await?);
            }
        }
        Cloud::Azure(client) => {
            if let Some(azure) = &settings.azure {
                seen.azure = Some(look_at_azure(azure, client).await?);
            }
        }
    }
    Ok(seen)
}
