//! What a cluster on GKE takes, as custom roles of Google Cloud.

use serde_json::{Map, Value};

use crate::cloud::gcp::permissions::{RoleDocument, USE_PROJECT, setup_roles, teardown_roles};
use crate::cloud::gcp::quota_project_of_credentials;
use crate::failure::{Failure, FailureKind};
use crate::plan::account_object;
use crate::process::Process;
use crate::settings::Settings;

use super::PermissionsPart;

/// One role for each project in which something is looked at or changed.
pub(super) fn roles(
    settings: &Settings,
    process: &Process,
    with_destroy: bool,
) -> Result<Vec<PermissionsPart>, Failure> {
    let Some(gcp) = &settings.gcp else {
        let message = format!("the cluster's provider is `{}`: nothing is needed in Google Cloud", settings.provider);
        let hint = "--provider gke --cluster-name NAME --location LOCATION --gcp-project PROJECT";
        return Err(Failure::new(FailureKind::Usage, message).hint(hint));
    };
    let object = account_object(gcp.account_email().as_str());
    let mut roles = setup_roles(gcp, settings.adopt.contains(&object));
    if with_destroy {
        for more in teardown_roles(gcp) {
            match roles.iter_mut().find(|role| role.project == more.project) {
                Some(role) => role.add(more.permissions()),
                None => roles.push(more),
            }
        }
    }
    // A login that lets a project pay for its requests has to be let do so.
    let paying = quota_project_of_credentials(process);
    for role in roles.iter_mut().filter(|role| Some(role.project.as_str()) == paying.as_deref()) {
        role.add([USE_PROJECT.to_owned()]);
    }
    let part = |role: RoleDocument| PermissionsPart {
        part: "gcp".to_owned(),
        format: "gcp-custom-role".to_owned(),
        project: Some(role.project.to_string()),
        document: role.document,
    };
    Ok(roles.into_iter().map(part).collect())
}

/// Several roles as one document, by the project that each is for.
pub(super) fn by_project(parts: &[PermissionsPart]) -> Value {
    let role = |part: &PermissionsPart| Some((part.project.clone()?, part.document.clone()));
    Value::Object(parts.iter().filter_map(role).collect::<Map<_, _>>())
}

/// The line that makes the role of a project of what is printed: alone, or with others in one document.
pub(super) fn how_to_use(project: &str, is_alone: bool) -> String {
    let line = format!("gcloud iam roles create runnerSetup --project {project} --file ROLE.json");
    if is_alone {
        format!("For project {project}: {line}")
    } else {
        format!("For project {project}, with what stands below \"{project}\" in ROLE.json: {line}")
    }
}
