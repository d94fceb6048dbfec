//! Carrying out a change: once, however often it is asked for.

use std::time::Duration;

use serde_json::{Value, json};
use uuid::Uuid;

use super::AzureError;
use super::change::AzureChange;
use super::client::Azure;
use super::endpoints::Api;
use super::found::ManagedIdentity;
use super::names::ResourceId;
use super::permissions::{DELETE_ASSIGNMENT, DELETE_IDENTITY, READ_IDENTITY, WRITE_ASSIGNMENT, WRITE_IDENTITY};
use super::read_identity::identity_words;
use super::send::Call;
use super::tags::Tags;
use crate::access::Access;

mod cluster;
mod trust;

/// How long a new principal is waited for: Entra's servers tell each other (`failure-modes.md`, AZ-15).
const PRINCIPAL_PATIENCE: Duration = Duration::from_secs(300);

impl Azure {
    /// Carries out one change. Doing it twice is doing it once; a run that died half-way is finished by the next one.
    ///
    /// # Errors
    /// What Azure says, or that somebody else was faster and made something different.
    pub async fn apply(&self, change: &AzureChange) -> Result<(), AzureError> {
        if self.access == Access::ReadOnly {
            // Every change begins with a look, which alone would be let through.
            return Err(AzureError::ReadOnly { operation: "a change".to_owned() });
        }
        match change {
            AzureChange::EnableWorkloadIdentity { cluster } => self.enable_workload_identity(cluster).await,
            AzureChange::CreateIdentity { id, location, tags } => self.create_identity(id, location, tags).await,
            AzureChange::Trust(trust) => self.trust(trust).await,
            AzureChange::AssignRole { identity, definition, role, scope, description } => {
                self.assign_role(identity, definition, role, scope, description).await
            }
            AzureChange::UnassignRole { assignment } => {
                let call = Call::delete(Api::Authorization, assignment, DELETE_ASSIGNMENT, "a role assignment");
                self.ask_for(&call).await.map(drop)
            }
            AzureChange::Distrust { identity, seen } => self.distrust(identity, seen).await,
            AzureChange::DeleteIdentity { id, principal_id, tags } => {
                self.delete_identity(id, principal_id, tags).await
            }
        }
    }

    /// The client id of a managed identity, when it is needed: it is not known before the identity is made.
    ///
    /// # Errors
    /// It is not there, and whatever ARM says.
    pub async fn client_id_of(&self, id: &ResourceId) -> Result<String, AzureError> {
        Ok(self.identity_soon(id).await?.client_id)
    }

    /// A managed identity that has to be there; one that this run has made may show late.
    pub(super) async fn identity_soon(&self, id: &ResourceId) -> Result<ManagedIdentity, AzureError> {
        let mut waiting = self.waiting();
        loop {
            if let Some(identity) = self.identity(id).await? {
                return Ok(identity);
            }
            let wait = if self.shared.has_made(id) { waiting.next() } else { None };
            let Some(wait) = wait else {
                let (action, message) = (READ_IDENTITY.to_owned(), "it is not there".to_owned());
                return Err(AzureError::Missing { action, on: identity_words(id), message });
            };
            let why = format!("waiting until Azure shows {}", identity_words(id));
            self.pause(wait, &why, READ_IDENTITY).await?;
        }
    }

    /// One that is there is not written: that would replace its tags.
    async fn create_identity(&self, id: &ResourceId, location: &str, tags: &Tags) -> Result<(), AzureError> {
        if let Some(there) = self.identity(id).await? {
            return is_as_made(&there, location, tags);
        }
        let body = json!({ "location": location, "tags": tags });
        let call = Call::put(Api::Identities, id.as_str(), body, WRITE_IDENTITY, identity_words(id));
        match self.ask(&call).await {
            Ok(_) => {
                self.shared.remember_made(id);
                Ok(())
            }
            // Somebody was faster, or a request of this run whose answer was lost.
            Err(error @ AzureError::Exists { .. }) => match self.identity(id).await? {
                Some(there) => is_as_made(&there, location, tags),
                None => Err(error),
            },
            Err(error) => Err(error),
        }
    }

    /// The assignment's name comes from what it says, so a second one is the same one (`gcp-azure.md`, part 2, A6).
    async fn assign_role(
        &self,
        identity: &ResourceId,
        definition: &str,
        role: &str,
        scope: &str,
        description: &str,
    ) -> Result<(), AzureError> {
        let principal = self.identity_soon(identity).await?.principal_id;
        let name = assignment_name(scope, &principal, definition);
        let path = format!("{scope}/providers/Microsoft.Authorization/roleAssignments/{name}");
        let body = json!({ "properties": {
            "roleDefinitionId": definition,
            "principalId": principal,
            // Without it ARM looks the principal up, and a new one is not known everywhere yet.
            "principalType": "ServicePrincipal",
            "description": description,
        } });
        let call = Call::put(Api::Authorization, &path, body, WRITE_ASSIGNMENT, format!("role `{role}` on {scope}"));
        let mut waiting = self.waiting_for(PRINCIPAL_PATIENCE);
        loop {
            let trouble = match self.attempt(&call).await {
                Ok(_) => return Ok(()),
                Err(trouble) => trouble,
            };
            // The same role for the same principal, by another name.
            if trouble.refusal().is_some_and(|refusal| refusal.is(&["RoleAssignmentExists"])) {
                return Ok(());
            }
            let error = self.meaning(trouble, &call);
            if !matches!(error, AzureError::PrincipalUnknown { .. }) {
                return Err(error);
            }
            let Some(wait) = waiting.next() else { return Err(error) };
            let why = format!("waiting until Entra knows {} everywhere", identity_words(identity));
            self.pause(wait, &why, WRITE_ASSIGNMENT).await?;
        }
    }

    async fn delete_identity(&self, id: &ResourceId, principal_id: &str, tags: &Tags) -> Result<(), AzureError> {
        let moved = |how: String| Err(AzureError::Moved { what: identity_words(id), how });
        let Some(there) = self.identity(id).await? else { return Ok(()) };
        if !there.principal_id.eq_ignore_ascii_case(principal_id) {
            return moved("it was deleted and made anew".to_owned());
        }
        if there.tags != *tags {
            return moved("its tags are others now".to_owned());
        }
        let Some(trusted) = self.federated(id).await? else { return Ok(()) };
        if let Some(other) = trusted.first() {
            return moved(format!("it trusts {} now (federated credential `{}`)", other.subject, other.name));
        }
        let call = Call::delete(Api::Identities, id.as_str(), DELETE_IDENTITY, identity_words(id));
        self.ask_for(&call).await.map(drop)
    }
}

/// Whether an identity that is there is the one that was to be made.
fn is_as_made(there: &ManagedIdentity, location: &str, tags: &Tags) -> Result<(), AzureError> {
    let what = identity_words(&there.id);
    let plain = |location: &str| location.to_lowercase().replace(' ', "");
    if plain(&there.location) != plain(location) {
        let (there, wanted) = (there.location.clone(), location.to_owned());
        return Err(AzureError::LocationConflict { what, there, wanted });
    }
    let other = tags.iter().find(|(name, value)| super::tags::get(&there.tags, name) != Some(value));
    match other {
        None => Ok(()),
        Some((name, _)) => {
            let differs = match super::tags::get(&there.tags, name) {
                Some(value) => format!("its tag `{name}` is `{value}`"),
                None => format!("it has no tag `{name}`, and so nothing says whose it is"),
            };
            Err(AzureError::MadeMeanwhile { what, differs })
        }
    }
}

/// The name of a role assignment: the same one for the same scope, principal and role, in any case of letters.
fn assignment_name(scope: &str, principal_id: &str, definition: &str) -> Uuid {
    let definition = definition.rsplit('/').next().unwrap_or(definition);
    let text = format!("{scope}|{principal_id}|{definition}").to_lowercase();
    Uuid::new_v5(&Uuid::NAMESPACE_URL, text.as_bytes())
}

/// Sets a value in a document, with the objects on the way to it; everything else stays as it is.
fn set(document: &mut Value, path: &[&str], value: Value) {
    let mut at = document;
    for key in path {
        if !at.is_object() {
            *at = json!({});
        }
        at = &mut at[*key];
    }
    *at = value;
}

#[cfg(test)]
mod tests;
