//! What a cluster on AKS takes, as custom roles of Azure.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::cloud::azure::{RoleDocument, setup_roles, teardown_roles};
use crate::failure::{Failure, FailureKind};
use crate::settings::Settings;

use super::PermissionsPart;

/// One role for each scope in which something is looked at or changed.
pub(super) fn roles(settings: &Settings, with_destroy: bool) -> Result<Vec<PermissionsPart>, Failure> {
    let Some(azure) = &settings.azure else {
        let message = format!("the cluster's provider is `{}`: nothing is needed in Azure", settings.provider);
        let hint = "--provider aks --cluster-name NAME --resource-group NAME --subscription ID";
        return Err(Failure::new(FailureKind::Usage, message).hint(hint));
    };
    let mut roles = setup_roles(azure);
    if with_destroy {
        for more in teardown_roles(azure) {
            match roles.iter_mut().find(|role| role.scope.eq_ignore_ascii_case(&more.scope)) {
                Some(role) => add(role, &more),
                None => roles.push(more),
            }
        }
    }
    let part = |role: RoleDocument| PermissionsPart {
        part: "azure".to_owned(),
        format: "azure-role-definition".to_owned(),
        project: None,
        document: role.document,
    };
    Ok(roles.into_iter().map(part).collect())
}

fn add(role: &mut RoleDocument, more: &RoleDocument) {
    let actions = |role: &RoleDocument| -> BTreeSet<String> {
        let names = role.document["Actions"].as_array().into_iter().flatten();
        names.filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let all: BTreeSet<String> = actions(role).union(&actions(more)).cloned().collect();
    role.document["Actions"] = json!(all);
}

/// The lines that make a role of what is printed, and give it to somebody.
pub(super) fn how_to_use(document: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (name, scope) = (text(&document["Name"]), text(&document["AssignableScopes"][0]));
    format!(
        "For {scope}: az role definition create --role-definition ROLE.json, then \
         az role assignment create --assignee OBJECT_ID --role '{name}' --scope {scope}"
    )
}

/// Several roles as one document: by the scope of each.
pub(super) fn by_scope(parts: &[PermissionsPart]) -> Value {
    let scope = |part: &PermissionsPart| part.document["AssignableScopes"][0].as_str().unwrap_or_default().to_owned();
    Value::Object(parts.iter().map(|part| (scope(part), part.document.clone())).collect())
}
