//! Reading managed identities, what they trust, roles, and what one may do.

use serde_json::Value;

use super::AzureError;
use super::client::Azure;
use super::endpoints::Api;
use super::found::{FederatedCredential, ManagedIdentity, RoleAssignment, RoleDefinition};
use super::names::{ResourceId, RoleName, SubscriptionId};
use super::permissions::{
    Granted, READ_ASSIGNMENT, READ_CREDENTIAL, READ_DEFINITION, READ_GROUP, READ_IDENTITY, READ_PERMISSIONS,
};
use super::send::Call;
use super::tags::Tags;

/// How an identity is spoken of.
pub(super) fn identity_words(id: &ResourceId) -> String {
    format!("managed identity `{}`", id.name())
}

/// Where the credentials of an identity are.
pub(super) fn credentials_path(id: &ResourceId) -> String {
    format!("{}/federatedIdentityCredentials", id.as_str())
}

fn text(value: &Value) -> Option<String> {
    value.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}

impl Azure {
    /// A managed identity as it is right now; `None`: it is not there, or its resource group is not.
    ///
    /// # Errors
    /// Whatever ARM says.
    pub async fn identity(&self, id: &ResourceId) -> Result<Option<ManagedIdentity>, AzureError> {
        let call = Call::get(Api::Identities, id.as_str(), READ_IDENTITY, identity_words(id));
        let Some(document) = self.ask_for(&call).await? else { return Ok(None) };
        identity(&document).map(Some).ok_or_else(|| self.strange(&call, "an answer"))
    }

    /// Everything that a managed identity trusts; `None`: it is not there.
    ///
    /// # Errors
    /// Whatever ARM says.
    pub async fn federated(&self, id: &ResourceId) -> Result<Option<Vec<FederatedCredential>>, AzureError> {
        let call = Call::get(Api::Identities, credentials_path(id), READ_CREDENTIAL, identity_words(id));
        match self.list_items(call).await {
            Ok(items) => Ok(Some(items.iter().filter_map(credential).collect())),
            Err(AzureError::Missing { .. } | AzureError::PlaceMissing { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The definition of a role, by its name or its UUID, as it counts on a scope.
    ///
    /// # Errors
    /// No role of this name, several of them, a scope that is not there, and whatever ARM says.
    pub async fn role_definition(&self, scope: &str, role: &RoleName) -> Result<RoleDefinition, AzureError> {
        let path = format!("{scope}/providers/Microsoft.Authorization/roleDefinitions");
        let unknown = || AzureError::RoleUnknown { role: role.to_string(), scope: scope.to_owned() };
        let name = match role {
            RoleName::Name(name) => name,
            RoleName::Id(id) => {
                let call =
                    Call::get(Api::Authorization, format!("{path}/{id}"), READ_DEFINITION, format!("role `{id}`"));
                let answer = self.attempt(&call).await;
                return match answer {
                    Ok(document) => definition(&document).ok_or_else(|| self.strange(&call, "an answer")),
                    Err(trouble) if trouble.refusal().is_some_and(|it| it.is(&["RoleDefinitionDoesNotExist"])) => {
                        Err(unknown())
                    }
                    Err(trouble) => Err(without_scope(self.meaning(trouble, &call), scope)),
                };
            }
        };
        let call = Call::get(Api::Authorization, path, READ_DEFINITION, format!("role `{name}` on {scope}"));
        // A quote is doubled in a filter (OData).
        let call = call.with("$filter", format!("roleName eq '{}'", name.replace('\'', "''")));
        let items = self.list_items(call).await.map_err(|error| without_scope(error, scope))?;
        let mut found: Vec<_> = items.iter().filter_map(definition).collect();
        found.retain(|it| it.name.eq_ignore_ascii_case(name));
        match (found.len(), found.pop()) {
            (1, Some(definition)) => Ok(definition),
            (_, None) => Err(unknown()),
            (_, Some(last)) => {
                let uuid = |it: RoleDefinition| it.id.rsplit('/').next().unwrap_or_default().to_owned();
                let ids = found.into_iter().chain([last]).map(uuid).collect();
                Err(AzureError::RoleAmbiguous { role: name.clone(), scope: scope.to_owned(), ids })
            }
        }
    }

    /// The roles that a principal has on a scope and below it; those from above count there too and are not in this list
    /// unless `scope` is a subscription's or a group's own.
    ///
    /// # Errors
    /// Whatever ARM says.
    pub async fn assignments(&self, principal_id: &str, scope: &str) -> Result<Vec<RoleAssignment>, AzureError> {
        let path = format!("{scope}/providers/Microsoft.Authorization/roleAssignments");
        let call = Call::get(Api::Authorization, path, READ_ASSIGNMENT, scope);
        let call = call.with("$filter", format!("principalId eq '{principal_id}'"));
        let items = self.list_items(call).await?;
        // A stand-in or an old ARM may not know the filter.
        let is_theirs = |it: &&Value| {
            it["properties"]["principalId"].as_str().is_some_and(|id| id.eq_ignore_ascii_case(principal_id))
        };
        Ok(items.iter().filter(is_theirs).filter_map(assignment).collect())
    }

    /// What these credentials may do on a scope: a resource group, or a resource. For a scope without such an answer (a
    /// subscription, a management group) that of the nearest is not guessed: `None`.
    ///
    /// # Errors
    /// Whatever ARM says.
    pub async fn permissions(&self, scope: &str) -> Result<Option<Granted>, AzureError> {
        let path = format!("{scope}/providers/Microsoft.Authorization/permissions");
        let call = Call::get(Api::Authorization, path, READ_PERMISSIONS, scope);
        let pages = match self.list(call).await {
            Ok(pages) => pages,
            Err(AzureError::Missing { .. } | AzureError::Invalid { .. }) => return Ok(None),
            Err(error) => return Err(error),
        };
        let mut granted = Granted::default();
        pages.iter().for_each(|page| granted.read(page));
        Ok(Some(granted))
    }

    /// The location of a resource group; `None`: it is not there.
    ///
    /// # Errors
    /// Whatever ARM says.
    pub async fn resource_group(
        &self,
        subscription: &SubscriptionId,
        group: &str,
    ) -> Result<Option<String>, AzureError> {
        let path = format!("/subscriptions/{subscription}/resourceGroups/{group}");
        let call = Call::get(Api::Resources, path, READ_GROUP, format!("resource group `{group}`"));
        let Some(document) = self.ask_for(&call).await? else { return Ok(None) };
        text(&document["location"]).map(Some).ok_or_else(|| self.strange(&call, "an answer without a location"))
    }
}

/// A scope that is not there is said as such.
fn without_scope(error: AzureError, scope: &str) -> AzureError {
    match error {
        AzureError::Missing { message, .. } => {
            let subscription = scope.split('/').nth(2).unwrap_or_default().to_owned();
            AzureError::PlaceMissing { what: format!("resource {scope}"), subscription, message }
        }
        error => error,
    }
}

fn identity(document: &Value) -> Option<ManagedIdentity> {
    let properties = &document["properties"];
    let tags = document["tags"].as_object().into_iter().flatten();
    let tags: Tags = tags.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))).collect();
    Some(ManagedIdentity {
        id: document["id"].as_str()?.parse().ok()?,
        location: text(&document["location"])?,
        client_id: text(&properties["clientId"])?,
        principal_id: text(&properties["principalId"])?,
        tenant_id: text(&properties["tenantId"]).unwrap_or_default(),
        tags,
    })
}

fn credential(document: &Value) -> Option<FederatedCredential> {
    let properties = &document["properties"];
    let audiences = properties["audiences"].as_array().into_iter().flatten();
    Some(FederatedCredential {
        name: text(&document["name"])?,
        issuer: text(&properties["issuer"]).unwrap_or_default(),
        subject: text(&properties["subject"]).unwrap_or_default(),
        audiences: audiences.filter_map(text).collect(),
    })
}

fn definition(document: &Value) -> Option<RoleDefinition> {
    Some(RoleDefinition { id: text(&document["id"])?, name: text(&document["properties"]["roleName"])? })
}

fn assignment(document: &Value) -> Option<RoleAssignment> {
    let properties = &document["properties"];
    Some(RoleAssignment {
        id: text(&document["id"])?,
        definition: text(&properties["roleDefinitionId"])?,
        scope: text(&properties["scope"])?,
        description: text(&properties["description"]),
    })
}

#[cfg(test)]
mod tests;
