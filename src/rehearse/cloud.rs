//! Asks the cloud whether the caller may make the changes there: there is no dry run to rehearse them with.

use crate::cloud::Cloud;
use crate::failure::Failure;
use crate::found::Found;
use crate::plan::{
    AwsRight, AzureRight, GcpRight, Plan, UnknownRole, mark_azure_rights, mark_gcp_rights, mark_rights,
    mark_unknown_roles,
};
use crate::settings::Settings;

use super::aws::rehearse_aws;
use super::azure::rehearse_azure;
use super::gcp::{look_for_roles, rehearse_gcp};

/// What the cloud says about the rights that a plan takes.
#[derive(Debug)]
pub enum CloudRights {
    /// Nothing changes in a cloud.
    None,
    /// AWS.
    Aws(Vec<AwsRight>),
    /// Google Cloud.
    Gcp(Vec<GcpRight>, Vec<UnknownRole>),
    /// Azure.
    Azure(Vec<AzureRight>),
}

impl CloudRights {
    /// Puts it into the plan: what may not be done is refused before anything is.
    pub fn mark(self, plan: &mut Plan) {
        match self {
            Self::None => {}
            Self::Aws(rights) => mark_rights(plan, rights),
            Self::Gcp(rights, unknown_roles) => {
                mark_gcp_rights(plan, rights);
                mark_unknown_roles(plan, unknown_roles);
            }
            Self::Azure(rights) => mark_azure_rights(plan, rights),
        }
    }
}

/// Every right that the plan takes in the cloud. Nothing is asked when nothing changes there.
///
/// # Errors
/// The cloud does not answer at all. That it may not be asked is no error: nothing is known then.
pub async fn rehearse_cloud(
    settings: &Settings,
    plan: &Plan,
    found: &Found,
    cloud: Option<&Cloud>,
) -> Result<CloudRights, Failure> {
    Ok(match (cloud, &found.aws, &found.gcp) {
        (Some(Cloud::Aws(client)), Some(seen), _) => {
            CloudRights::Aws(rehearse_aws(settings, plan, seen, client).await?)
        }
        (Some(Cloud::Gcp(client)), _, Some(seen)) => {
            let (rights, roles) = futures::try_join!(rehearse_gcp(plan, seen, client), look_for_roles(plan, client))?;
            CloudRights::Gcp(rights, roles)
        }
        (Some(Cloud::Azure(client)), ..) => CloudRights::Azure(rehearse_azure(plan, client).await?),
        _ => CloudRights::None,
    })
}
