//! Looks at the cluster in AKS and at the jobs' identity in Azure.

use futures::future::try_join_all;

use crate::cloud::azure::found::{FoundAzure, FoundRole};
use crate::cloud::azure::names::RoleWish;
use crate::cloud::azure::settings::AzureSettings;
use crate::cloud::azure::{Azure, AzureError, look};
use crate::cloud::look::Look;
use crate::failure::{Failure, FailureKind};
use crate::settings::AzureIdentity;

/// Everything that can be known at once goes out at once; only who has which role waits for the identity's principal.
pub(super) async fn look_at_azure(azure: &AzureSettings, client: &Azure) -> Result<FoundAzure, Failure> {
    let (Some(group), Some(id)) = (&azure.resource_group, azure.identity_id()) else {
        return Err(Failure::new(FailureKind::Bug, "a look at a cluster in AKS whose resource group nobody knows"));
    };
    let wanted = azure.identity == AzureIdentity::ManagedIdentity;
    let identity = async { if wanted { look(client.identity(&id).await) } else { Ok(Look::NotLooked) } };
    let federated = async { if wanted { look(client.federated(&id).await) } else { Ok(Look::NotLooked) } };
    let wishes = if wanted { azure.roles.as_slice() } else { &[] };
    let in_group = format!("/subscriptions/{}/resourceGroups/{group}", azure.subscription);
    let definitions = try_join_all(wishes.iter().map(|wish| definition(wish, &in_group, client)));
    let cluster = async {
        client
            .cluster(&azure.subscription, Some(group), &azure.cluster)
            .await
            .map_err(|error| Failure::from(error).hint("or leave Azure out of it: `--identity none`"))
    };
    let tenant = client.tenant();
    let (cluster, identity, federated, definitions, tenant) =
        futures::join!(cluster, identity, federated, definitions, tenant);
    // What is wrong with the credentials or the cluster says more than what follows from it.
    let (cluster, identity) = (cluster?, identity?);
    let mut roles = definitions?;
    if let Look::There(identity) = &identity {
        let assigned = roles.iter_mut().map(|role| assigned(role, &identity.principal_id, client));
        try_join_all(assigned).await?;
    }
    let tenant = match &identity {
        Look::There(identity) => identity.tenant_id.clone(),
        _ => tenant?,
    };
    Ok(FoundAzure { credentials: client.credentials(), tenant, cluster, identity, federated: federated?, roles })
}

async fn definition(wish: &RoleWish, in_group: &str, client: &Azure) -> Result<FoundRole, AzureError> {
    let scope = wish.scope.clone().unwrap_or_else(|| in_group.to_owned());
    let definition = match client.role_definition(&scope, &wish.role).await {
        Err(AzureError::RoleUnknown { .. }) => Look::Missing,
        answer => look(answer.map(Some))?,
    };
    Ok(FoundRole { wish: wish.clone(), scope, definition, assigned: Look::NotLooked })
}

/// Whether the identity has the role on exactly this scope.
async fn assigned(role: &mut FoundRole, principal: &str, client: &Azure) -> Result<(), AzureError> {
    let Look::There(definition) = &role.definition else { return Ok(()) };
    let there = look(client.assignments(principal, &role.scope).await.map(Some))?;
    role.assigned = match there {
        Look::There(all) => {
            let same = |it: &&crate::cloud::azure::found::RoleAssignment| {
                it.definition.eq_ignore_ascii_case(&definition.id) && it.scope.eq_ignore_ascii_case(&role.scope)
            };
            Look::There(all.iter().filter(same).map(|it| it.id.clone()).collect())
        }
        Look::Missing => Look::Missing,
        Look::Unknown(why) => Look::Unknown(why),
        Look::NotLooked => Look::NotLooked,
    };
    Ok(())
}
