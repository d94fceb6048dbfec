//! Puts Google Cloud's word about the caller's permissions into the plan.

use std::collections::BTreeMap;

use super::{Plan, Refusal};
use crate::change::Change;
use crate::cloud::gcp::change::{GcpChange, Resource};
use crate::failure::FailureKind;

/// One permission in Google Cloud that the caller lacks.
#[derive(Debug, Clone)]
pub struct GcpRight {
    /// On what.
    pub on: Resource,
    /// The permission, e.g. `iam.serviceAccounts.create`.
    pub permission: String,
    /// The objects that it would take to change.
    pub objects: Vec<String>,
    /// Why it is not known whether it is there.
    pub unknown: Option<String>,
}

/// Refuses what the caller may not do, all of it at once; what can't be said is a warning.
pub fn mark_gcp_rights(plan: &mut Plan, rights: Vec<GcpRight>) {
    let mut missing: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for right in rights {
        let on = match &right.on {
            Resource::Account(email) => format!("the service account {email}"),
            Resource::Project(project) => format!("project `{project}`"),
        };
        if let Some(why) = right.unknown {
            let permission = right.permission;
            plan.warnings
                .push(format!("whether Google Cloud allows {permission} on {on} is not known beforehand: {why}"));
            continue;
        }
        for object in right.objects {
            missing.entry(object).or_default().push(format!("{} on {on}", right.permission));
        }
    }
    for (object, permissions) in missing {
        let message = format!("permissions in Google Cloud are missing: {}", permissions.join(", "));
        let hint = print_rights(plan, &object);
        plan.refusals.push(Refusal::new(object, message).hint(hint));
    }
}

/// The command that prints what the change of an object takes.
fn print_rights(plan: &Plan, object: &str) -> String {
    let line = "runner-setup permissions --for gcp";
    let mut changes = plan.changes().filter(|(planned, _)| planned.object == object).map(|(_, change)| change);
    match changes.next() {
        Some(Change::Gcp(GcpChange::Revoke(_) | GcpChange::DeleteServiceAccount { .. })) => format!("{line} --destroy"),
        Some(Change::Gcp(GcpChange::Describe { .. })) => format!("{line} --adopt {object}"),
        _ => line.to_owned(),
    }
}

/// A role that somebody named and that there is not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownRole {
    /// The grant of it.
    pub object: String,
    /// The role.
    pub role: String,
}

/// Refuses grants of roles that there are not: Google would do so half-way.
pub fn mark_unknown_roles(plan: &mut Plan, roles: Vec<UnknownRole>) {
    for UnknownRole { object, role } in roles {
        let mut words = vec!["gcloud", "iam", "roles", "list"];
        match role.split('/').collect::<Vec<_>>().as_slice() {
            ["projects", project, ..] => words.extend(["--project", project]),
            ["organizations", number, ..] => words.extend(["--organization", number]),
            _ => {}
        }
        let refusal = Refusal::new(object, format!("there is no role `{role}`")).kind(FailureKind::Usage);
        plan.refusals.push(refusal.hint(words.join(" ")));
    }
}
