//! Asks ARM, by what it grants per scope, whether the caller may make the changes there.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::join_all;

use crate::change::Change;
use crate::cloud::azure::{Azure, actions_of};
use crate::failure::Failure;
use crate::plan::{AzureRight, Plan};

/// Every action that the plan takes and the caller lacks, one question for each scope. Conditions of roles and what
/// denies are not in the answer: it can only say no for sure.
///
/// # Errors
/// ARM does not answer.
pub(super) async fn rehearse_azure(plan: &Plan, client: &Azure) -> Result<Vec<AzureRight>, Failure> {
    let mut needed: BTreeMap<String, BTreeMap<&'static str, BTreeSet<String>>> = BTreeMap::new();
    for (planned, change) in plan.changes() {
        let Change::Azure(change) = change else { continue };
        for (scope, actions) in actions_of(change) {
            for action in actions {
                needed.entry(scope.clone()).or_default().entry(action).or_default().insert(planned.object.clone());
            }
        }
    }
    let questions = needed.into_iter().map(|(scope, actions)| async move {
        let granted = client.permissions(&scope).await;
        (scope, actions, granted)
    });
    let mut rights = Vec::new();
    for (scope, actions, granted) in join_all(questions).await {
        let names: Vec<&str> = actions.keys().copied().collect();
        let unknown = |why: String| AzureRight {
            scope: scope.clone(),
            action: names.join(", "),
            objects: Vec::new(),
            unknown: Some(why),
        };
        match granted {
            Ok(Some(granted)) => rights.extend(granted.missing(&names).into_iter().map(|action| {
                let objects = actions.get(action.as_str()).cloned().unwrap_or_default();
                AzureRight { scope: scope.clone(), action, objects: objects.into_iter().collect(), unknown: None }
            })),
            // For such a scope ARM does not say it: the change itself will.
            Ok(None) => {}
            Err(error) if error.is_denied() || error.is_missing() => {
                rights.push(unknown(error.to_string()));
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(rights)
}
