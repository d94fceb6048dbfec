//! What keeps taking back from beginning: everything that can be foreseen is said before the first delete.

use std::collections::{BTreeMap, BTreeSet};

use crate::change::Change;
use crate::cluster::{Kind, ObjectRef, Right};
use crate::found::FoundCluster;
use crate::plan::{Plan, Refusal};
use crate::settings::{RELEASE_NAME, Settings};
use crate::standing::{Content, Standing};

use super::Wishes;

/// How many names a sentence lists.
const NAMED: usize = 8;

/// An agent in this place that serves another runner: then the wrong runner was named, and nothing goes.
pub(super) fn refuse_other_runners(settings: &Settings, cluster: &FoundCluster, plan: &mut Plan) {
    let config_map = ObjectRef::new(Kind::ConfigMap, settings.runner_namespace.as_str(), RELEASE_NAME);
    let told = |key: &str| {
        let config_map = cluster.objects.get(&config_map)?.there()?;
        Some(config_map.get("data")?.get(key)?.as_str()?.to_owned())
    };
    let agent = cluster.agents.iter().find(|agent| {
        agent.object.name == RELEASE_NAME && agent.object.namespace == settings.runner_namespace.as_str()
    });
    let (object, org, id) = match agent {
        Some(agent) => (&agent.object, agent.org.clone(), agent.runner_id.clone()),
        None => (&config_map, told("ORG_ID"), told("RUNNER_ID")),
    };
    let (Some(org), Some(id)) = (org, id) else { return };
    if (org.as_str(), id.as_str()) != (settings.org.as_str(), settings.runner_id.as_str()) {
        let message = format!(
            "this agent serves runner `{id}` of organisation `{org}`, not runner `{}` of organisation `{}`",
            settings.runner_id, settings.org
        );
        let refusal = Refusal::new(object.to_string(), message);
        plan.refusals.push(refusal.hint(format!("if it is the one to destroy: `--org {org} --runner-id {id}`")));
    }
}

pub(super) fn refuse_what_else_is_there(object: &ObjectRef, standing: &Standing, goes: &[String], plan: &mut Plan) {
    let name = object.to_string();
    match standing.contents.get(&object.name) {
        Some(Ok(contents)) => {
            let others = others(contents, goes);
            if !others.is_empty() {
                let message = format!("holds what runner-setup does not delete: {}", listed(&others));
                let refusal = Refusal::new(&name, message).hint("leave out `--delete-namespaces` to keep it");
                plan.refusals.push(refusal.hint(format!(
                    "or delete these first, if nobody needs them: kubectl get all,secret,configmap,lease -n {}",
                    object.name
                )));
            }
        }
        Some(Err(why)) => {
            plan.refusals.push(Refusal::new(&name, format!("what is in it can't be looked at: {why}")));
        }
        None => plan.refusals.push(Refusal::new(&name, "what is in it was not looked at")),
    }
}

/// What does not go with the given objects, by name: neither one of them nor owned by one, at any depth.
pub fn others(contents: &[Content], goes: &[String]) -> Vec<String> {
    let mut goes: Vec<&str> = goes.iter().map(String::as_str).collect();
    loop {
        let more: Vec<&str> = contents
            .iter()
            .filter(|it| !goes.contains(&it.uid.as_str()) && it.owners.iter().any(|it| goes.contains(&it.as_str())))
            .map(|it| it.uid.as_str())
            .collect();
        if more.is_empty() {
            break;
        }
        goes.extend(more);
    }
    contents.iter().filter(|it| !goes.contains(&it.uid.as_str())).map(|it| it.object.clone()).collect()
}

/// Deployments that are going on would lose the account that they run under: they come first, unless told otherwise.
pub(super) fn refuse_while_working(settings: &Settings, wishes: Wishes, standing: &Standing, plan: &mut Plan) {
    if plan.is_empty() {
        return;
    }
    let namespace = &settings.job_namespace;
    let message = match &standing.working {
        Some(Ok(jobs)) if jobs.is_empty() => return,
        None => return,
        Some(Ok(jobs)) => format!("deployments are going on, and would be cut off: Job {}", listed(jobs)),
        Some(Err(why)) => format!("whether deployments are going on can't be looked at: {why}"),
    };
    if wishes.force {
        plan.warnings.push(format!("namespace {namespace}: {message}"));
        return;
    }
    let refusal = Refusal::new(format!("kubernetes:Job/{namespace}"), message);
    let refusal = refusal.hint(format!("kubectl get jobs -n {namespace}"));
    plan.refusals.push(refusal.hint("run the same command again when they are done, or with `--force`"));
}

/// The first few names.
pub fn listed(names: &[String]) -> String {
    let shown = names.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
    match names.len().checked_sub(NAMED) {
        Some(more @ 1..) => format!("{shown} and {more} more"),
        _ => shown,
    }
}

/// The rights that the deletes take, each on its one object.
pub fn rights_to_delete(plan: &Plan) -> BTreeSet<Right> {
    plan.changes().filter_map(|(_, change)| right_of(change)).collect()
}

pub(super) fn right_of(change: &Change) -> Option<Right> {
    let Change::DeleteObject { object, .. } = change else { return None };
    Some(Right { name: object.name.clone(), ..Right::new("delete", object.kind, &object.namespace) })
}

/// Refuses everything when a right is missing: a half-finished destroy could be foreseen.
pub fn refuse_missing_rights(plan: &mut Plan, allowed: &BTreeMap<Right, bool>) {
    let missing = |right: &Right| allowed.get(right) != Some(&true);
    let refusals: Vec<Refusal> = plan
        .changes()
        .filter_map(|(planned, change)| Some((planned, right_of(change).filter(missing)?)))
        .map(|(planned, right)| Refusal::new(&planned.object, format!("missing right: {right}")))
        .collect();
    plan.refusals.extend(refusals);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_owned_by_what_goes_goes_too_at_any_depth() {
        let content = |uid: &str, owner: &str| Content {
            object: format!("kubernetes:X/a/{uid}"),
            uid: uid.to_owned(),
            owners: if owner.is_empty() { vec![] } else { vec![owner.to_owned()] },
        };
        let contents =
            [content("pod", "set"), content("set", "deployment"), content("deployment", ""), content("x", "y")];
        assert_eq!(others(&contents, &["deployment".to_owned()]), ["kubernetes:X/a/x"]);
        assert_eq!(others(&contents, &[]).len(), 4);
    }

    #[test]
    fn a_sentence_does_not_list_everything() {
        let names: Vec<String> = (0..10).map(|number| number.to_string()).collect();
        assert_eq!(listed(&names), "0, 1, 2, 3, 4, 5, 6, 7 and 2 more");
        assert_eq!(listed(&names[..2]), "0, 1");
    }
}
