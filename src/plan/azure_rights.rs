//! Puts ARM's word about the caller's rights into the plan.

use std::collections::BTreeMap;

use super::{Plan, Refusal};

/// One action in Azure that the caller lacks.
#[derive(Debug, Clone)]
pub struct AzureRight {
    /// On what.
    pub scope: String,
    /// The action, e.g. `Microsoft.ManagedIdentity/userAssignedIdentities/write`.
    pub action: String,
    /// The objects that it would take to change.
    pub objects: Vec<String>,
    /// Why it is not known whether it is there.
    pub unknown: Option<String>,
}

/// Refuses what the caller may not do, all of it at once; what can't be said is a warning.
pub fn mark_azure_rights(plan: &mut Plan, rights: Vec<AzureRight>) {
    let mut missing: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for right in rights {
        let AzureRight { scope, action, objects, unknown } = right;
        if let Some(why) = unknown {
            plan.warnings.push(format!("whether Azure allows {action} on {scope} is not known beforehand: {why}"));
            continue;
        }
        for object in objects {
            missing.entry(object).or_default().push(format!("{action} on {scope}"));
        }
    }
    for (object, actions) in missing {
        let message = format!("rights in Azure are missing: {}", actions.join(", "));
        plan.refusals.push(Refusal::new(object, message).hint("runner-setup permissions --for azure"));
    }
}
