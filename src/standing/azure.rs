//! What taking back an identity in Azure has to know: every role that it has.

use crate::cloud::azure::found::{FoundAzure, StandingAzure};
use crate::cloud::azure::settings::AzureSettings;
use crate::cloud::azure::{Azure, look};
use crate::cloud::look::Look;
use crate::failure::Failure;

/// Reads what stands around the things that this tool made.
///
/// # Errors
/// Whatever keeps Azure from answering. A missing right is no error here.
pub(super) async fn look_around_azure(
    azure: &AzureSettings,
    found: &FoundAzure,
    client: &Azure,
) -> Result<StandingAzure, Failure> {
    let assignments = match &found.identity {
        Look::There(identity) => {
            let scope = format!("/subscriptions/{}", azure.subscription);
            look(client.assignments(&identity.principal_id, &scope).await.map(Some))?
        }
        _ => Look::NotLooked,
    };
    Ok(StandingAzure { assignments })
}
