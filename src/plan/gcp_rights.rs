//! Puts Google Cloud's word about the caller's permissions into the plan.

use std::collections::BTreeMap;

use super::{Plan, Refusal};
use crate::cloud::gcp::change::Resource;

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
        plan.refusals.push(Refusal::new(object, message).hint("runner-setup permissions --for gcp"));
    }
}
