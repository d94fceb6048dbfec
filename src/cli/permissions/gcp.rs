//! What a cluster on GKE takes, as custom roles of Google Cloud.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::cloud::gcp::permissions::{RoleDocument, setup_roles, teardown_roles};
use crate::failure::{Failure, FailureKind};
use crate::plan::account_object;
use crate::settings::Settings;

use super::PermissionsPart;

/// One role for each project in which something is looked at or changed.
pub(super) fn roles(settings: &Settings, with_destroy: bool) -> Result<Vec<PermissionsPart>, Failure> {
    let Some(gcp) = &settings.gcp else {
        let message = format!("the cluster's provider is `{}`: nothing is needed in Google Cloud", settings.provider);
        let hint = "--provider gke --cluster-name NAME --location LOCATION --gcp-project PROJECT";
        return Err(Failure::new(FailureKind::Usage, message).hint(hint));
    };
    let account = account_object(gcp.account_email().as_str());
    let mut roles = setup_roles(gcp, settings.adopt.contains(&account));
    if with_destroy {
        for more in teardown_roles(gcp) {
            match roles.iter_mut().find(|role| role.project == more.project) {
                Some(role) => add(role, &more),
                None => roles.push(more),
            }
        }
    }
    let part = |role: RoleDocument| PermissionsPart {
        part: "gcp".to_owned(),
        format: "gcp-custom-role".to_owned(),
        project: Some(role.project.to_string()),
        document: role.document,
    };
    Ok(roles.into_iter().map(part).collect())
}

fn add(role: &mut RoleDocument, more: &RoleDocument) {
    let permissions = |role: &RoleDocument| -> BTreeSet<String> {
        let names = role.document["includedPermissions"].as_array().into_iter().flatten();
        names.filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let all: BTreeSet<String> = permissions(role).union(&permissions(more)).cloned().collect();
    role.document["includedPermissions"] = json!(all);
}

/// The line that makes the role of a project of what is printed.
pub(super) fn how_to_use(project: &str) -> String {
    format!("For project {project}: gcloud iam roles create runnerSetup --project {project} --file ROLE.json")
}
