//! What taking back an identity in Azure has to know: every role that it has.

use crate::cloud::azure::found::{FoundAzure, RoleAssignment, StandingAzure};
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
    let Look::There(identity) = &found.identity else {
        return Ok(StandingAzure { assignments: Vec::new(), unseen: None });
    };
    let subscription = format!("/subscriptions/{}", azure.subscription);
    let scopes = std::iter::once(subscription.as_str()).chain(found.roles.iter().map(|role| role.scope.as_str()));
    let lists =
        scopes.map(|scope| async move { look(client.assignments(&identity.principal_id, scope).await.map(Some)) });
    let (mut assignments, mut unseen): (Vec<RoleAssignment>, Option<String>) = (Vec::new(), None);
    for list in futures::future::try_join_all(lists).await? {
        match list {
            Look::There(all) => assignments.extend(all),
            Look::Unknown(why) => drop(unseen.get_or_insert(why)),
            Look::Missing | Look::NotLooked => {}
        }
    }
    assignments.sort_by_key(|it| it.id.to_lowercase());
    assignments.dedup_by_key(|it| it.id.to_lowercase());
    Ok(StandingAzure { assignments, unseen })
}
