//! Asks Google Cloud, by testIamPermissions, whether the caller may make the changes there.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::join_all;

use crate::change::Change;
use crate::cloud::gcp::change::{GcpChange, Resource};
use crate::cloud::gcp::found::FoundGcp;
use crate::cloud::gcp::names::RoleName;
use crate::cloud::gcp::permissions::permissions_of;
use crate::cloud::gcp::{Gcp, GcpError, look};
use crate::cloud::look::Look;
use crate::failure::Failure;
use crate::plan::{GcpRight, Plan, UnknownRole};

/// Every permission that the plan takes and the caller lacks, one question for each project and account.
///
/// # Errors
/// Google Cloud does not answer.
pub(super) async fn rehearse_gcp(plan: &Plan, found: &FoundGcp, client: &Gcp) -> Result<Vec<GcpRight>, Failure> {
    let mut needed: BTreeMap<Resource, BTreeMap<&'static str, BTreeSet<String>>> = BTreeMap::new();
    for (planned, change) in plan.changes() {
        let Change::Gcp(change) = change else { continue };
        for (resource, permissions) in permissions_of(change) {
            let on = of_what_is_there(resource, found);
            for permission in permissions {
                needed.entry(on.clone()).or_default().entry(permission).or_default().insert(planned.object.clone());
            }
        }
    }
    let questions = needed.into_iter().map(|(on, permissions)| async move {
        let names: Vec<&str> = permissions.keys().copied().collect();
        let missing = client.missing_permissions(&on, &names).await;
        (on, permissions, missing)
    });
    let mut rights = Vec::new();
    for (on, permissions, missing) in join_all(questions).await {
        match missing {
            Ok(missing) => rights.extend(missing.into_iter().map(|permission| {
                let objects = permissions.get(permission.as_str()).cloned().unwrap_or_default();
                GcpRight { on: on.clone(), permission, objects: objects.into_iter().collect(), unknown: None }
            })),
            // Only this question goes to that API: without it the changes may still be allowed.
            Err(error) if error.is_denied() || matches!(error, GcpError::ApiDisabled { .. }) => rights.push(GcpRight {
                on,
                permission: permissions.keys().copied().collect::<Vec<_>>().join(", "),
                objects: Vec::new(),
                unknown: Some(error.to_string()),
            }),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(rights)
}

/// The roles that are given in projects and that there are not. Whoever may not look is not told: Google is, half-way.
///
/// # Errors
/// Google Cloud does not answer.
pub(super) async fn look_for_roles(plan: &Plan, client: &Gcp) -> Result<Vec<UnknownRole>, Failure> {
    let grants = plan.changes().filter_map(|(planned, change)| match change {
        Change::Gcp(GcpChange::Grant(binding)) if matches!(binding.on, Resource::Project(_)) => {
            Some((planned.object.clone(), binding.role.parse::<RoleName>().ok()?))
        }
        _ => None,
    });
    let looks = grants.map(|(object, role)| async move {
        match look(client.role_exists(&role).await)? {
            Look::Missing => Ok(Some(UnknownRole { object, role: role.to_string() })),
            Look::There(()) | Look::Unknown(_) | Look::NotLooked => Ok::<_, GcpError>(None),
        }
    });
    let looked: Result<Vec<_>, GcpError> = join_all(looks).await.into_iter().collect();
    Ok(looked?.into_iter().flatten().collect())
}

/// An account that is made now has the permissions that its project hands down.
fn of_what_is_there(resource: Resource, found: &FoundGcp) -> Resource {
    match resource {
        Resource::Account(email) if found.account.there().is_none_or(|account| account.email != email) => {
            Resource::Project(email.project().clone())
        }
        other => other,
    }
}
