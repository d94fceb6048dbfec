//! Reading service accounts, policies, projects, and what one may do.

use serde_json::{Value, json};

use super::GcpError;
use super::change::Resource;
use super::client::Gcp;
use super::commands::CREDENTIALS_API;
use super::endpoints::Service;
use super::found::{Policy, ServiceAccount};
use super::names::{AccountEmail, ProjectId, RoleName};
use super::policy::VERSION;
use super::read_gke::incomplete;
use super::send::Call;

/// How a policy of an account is asked for with its conditions: here the version is part of the query.
const WITH_CONDITIONS: &[(&str, &str)] = &[("options.requestedPolicyVersion", "3")];

/// Where an account is, below IAM's base.
pub(super) fn account_path(email: &AccountEmail) -> String {
    format!("v1/projects/{}/serviceAccounts/{email}", email.project())
}

/// How an account is spoken of.
pub(super) fn account_words(email: &AccountEmail) -> String {
    format!("Google service account `{email}`")
}

impl Resource {
    /// How it is spoken of.
    pub(super) fn words(&self) -> String {
        match self {
            Self::Account(email) => account_words(email),
            Self::Project(project) => format!("project `{project}`"),
        }
    }

    /// The project it is, or is of.
    pub fn project(&self) -> &ProjectId {
        match self {
            Self::Account(email) => email.project(),
            Self::Project(project) => project,
        }
    }

    /// A call of one of the three that policies have.
    pub(super) fn call(&self, verb: &str, body: Value, permission: &'static str) -> Call<'static> {
        let call = match self {
            Self::Account(email) => {
                Call::post(Service::Iam, format!("{}:{verb}", account_path(email)), body, permission)
            }
            Self::Project(project) => {
                Call::post(Service::ResourceManager, format!("v3/projects/{project}:{verb}"), body, permission)
            }
        };
        call.on(self.words(), self.project().as_str())
    }
}

impl Gcp {
    /// A service account; `None`: there is none of this address.
    ///
    /// # Errors
    /// A missing permission, an API that is off, or no answer.
    pub async fn service_account(&self, email: &AccountEmail) -> Result<Option<ServiceAccount>, GcpError> {
        let call = Call::get(Service::Iam, account_path(email), "iam.serviceAccounts.get");
        let call = call.on(account_words(email), email.project().as_str());
        let Some(answer) = self.ask_for(&call).await? else { return Ok(None) };
        let text = |key: &str| answer[key].as_str().unwrap_or_default().to_owned();
        if answer["email"] != email.as_str() {
            return Err(incomplete(&call));
        }
        Ok(Some(ServiceAccount {
            email: email.clone(),
            unique_id: text("uniqueId"),
            display_name: text("displayName"),
            description: text("description"),
            disabled: answer["disabled"] == true,
        }))
    }

    /// Who may do what with a service account; `None`: there is none of this address.
    ///
    /// # Errors
    /// A missing permission, an API that is off, or no answer.
    pub async fn account_policy(&self, email: &AccountEmail) -> Result<Option<Policy>, GcpError> {
        self.policy(&Resource::Account(email.clone())).await
    }

    /// Who may do what in a project.
    ///
    /// # Errors
    /// A missing permission, an API that is off, no such project, or no answer.
    pub async fn project_policy(&self, project: &ProjectId) -> Result<Policy, GcpError> {
        let on = Resource::Project(project.clone());
        let missing = || GcpError::ProjectHidden {
            project: project.to_string(),
            source_words: self.credentials(),
            message: "it was not found".to_owned(),
        };
        self.policy(&on).await?.ok_or_else(missing)
    }

    pub(super) async fn policy(&self, on: &Resource) -> Result<Option<Policy>, GcpError> {
        let call = match on {
            Resource::Account(_) => {
                let call = on.call("getIamPolicy", Value::Null, "iam.serviceAccounts.getIamPolicy");
                Call { query: WITH_CONDITIONS, ..call }
            }
            Resource::Project(_) => {
                let options = json!({ "options": { "requestedPolicyVersion": VERSION } });
                on.call("getIamPolicy", options, "resourcemanager.projects.getIamPolicy")
            }
        };
        match self.ask_for(&call).await? {
            Some(answer) if answer.is_object() => Ok(Some(Policy(answer))),
            Some(_) => Err(incomplete(&call)),
            None => Ok(None),
        }
    }

    /// A project's number, by which `principal://` names it; `None`: there is no such project.
    ///
    /// # Errors
    /// A missing permission (Google says the same of a project that is not there), an API that is off, or no answer.
    pub async fn project_number(&self, project: &ProjectId) -> Result<Option<String>, GcpError> {
        let call =
            Call::get(Service::ResourceManager, format!("v3/projects/{project}"), "resourcemanager.projects.get");
        let call = call.on(format!("project `{project}`"), project.as_str());
        let Some(answer) = self.ask_for(&call).await? else { return Ok(None) };
        let number = answer["name"].as_str().and_then(|name| name.strip_prefix("projects/"));
        number.map(|number| Some(number.to_owned())).ok_or_else(|| incomplete(&call))
    }

    /// Whether the IAM Service Account Credentials API is on in a project: without it nobody becomes a Google service
    /// account (`failure-modes.md`, GKE-12).
    ///
    /// # Errors
    /// A missing permission, the Service Usage API that is off itself, or no answer.
    pub async fn credentials_api_enabled(&self, project: &ProjectId) -> Result<bool, GcpError> {
        let path = format!("v1/projects/{project}/services/{CREDENTIALS_API}");
        let call = Call::get(Service::Usage, path, "serviceusage.services.get");
        let answer = self.ask_for(&call.on(format!("API {CREDENTIALS_API}"), project.as_str())).await?;
        Ok(answer.is_some_and(|answer| answer["state"] == "ENABLED"))
    }

    /// Whether there is a role: Google's are everybody's to see. `None`: there is none.
    ///
    /// # Errors
    /// A missing permission on a project's or an organisation's roles, an API that is off, or no answer.
    pub async fn role_exists(&self, role: &RoleName) -> Result<Option<()>, GcpError> {
        let call = Call::get(Service::Iam, format!("v1/{role}"), "iam.roles.get");
        let answer = self.ask_for(&Call { on: format!("role `{role}`"), ..call }).await?;
        // One of a project that was deleted is still shown for a while.
        Ok(answer.filter(|answer| answer["deleted"] != true).map(drop))
    }

    /// Which of these permissions one does not have, in this order. An account that is not there yet is asked about by
    /// its project, from which its permissions come then.
    ///
    /// # Errors
    /// No such project, an API that is off, or no answer.
    pub async fn missing_permissions(&self, on: &Resource, needed: &[&str]) -> Result<Vec<String>, GcpError> {
        let project = on.project();
        let answer = match self.ask(&test(on, needed)).await {
            Err(GcpError::Missing { .. } | GcpError::Denied { .. }) if matches!(on, Resource::Account(_)) => {
                self.ask(&test(&Resource::Project(project.clone()), needed)).await
            }
            answer => answer,
        };
        let answer = answer.map_err(|error| match error {
            // A project that is there answers whoever asks what he may do.
            GcpError::Missing { message, .. } | GcpError::Denied { message, .. } => {
                GcpError::ProjectHidden { project: project.to_string(), source_words: self.credentials(), message }
            }
            error => error,
        })?;
        let granted: Vec<_> =
            answer["permissions"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        Ok(needed.iter().filter(|it| !granted.contains(it)).map(|it| (*it).to_owned()).collect())
    }
}

fn test(on: &Resource, needed: &[&str]) -> Call<'static> {
    on.call("testIamPermissions", json!({ "permissions": needed }), "testIamPermissions")
}

#[cfg(test)]
mod tests;
