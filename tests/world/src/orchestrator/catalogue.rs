//! What an organisation has besides runners: projects, environment types, environments.

use serde_json::{Value, json};

use super::answer::{Answer, page};
use super::rules;
use super::state::Org;

pub(super) fn projects(org: &Org, query: &[(String, String)]) -> Answer {
    page(org.projects.values().cloned().collect(), query)
}

pub(super) fn project(org: &Org, id: &str) -> Answer {
    org.projects.get(id).map_or_else(|| Answer::missing("project", id), |it| Answer::json(200, it.clone()))
}

pub(super) fn env_types(org: &Org, query: &[(String, String)]) -> Answer {
    page(org.env_types.values().cloned().collect(), query)
}

pub(super) fn env_type(org: &Org, id: &str) -> Answer {
    org.env_types.get(id).map_or_else(|| Answer::missing("environment type", id), |it| Answer::json(200, it.clone()))
}

/// Lists the environments of one project, or of all.
pub(super) fn environments(org: &Org, project: Option<&str>, query: &[(String, String)]) -> Answer {
    if let Some(id) = project.filter(|id| !org.projects.contains_key(*id)) {
        return Answer::missing("project", id);
    }
    let types: Vec<&str> =
        query.iter().filter(|(key, _)| key == "byEnvTypeId").map(|(_, value)| value.as_str()).collect();
    let fits = |it: &&Value| {
        project.is_none_or(|id| it["project_id"] == id)
            && (types.is_empty() || types.iter().any(|id| it["env_type_id"] == *id))
    };
    page(org.envs.values().filter(fits).cloned().collect(), query)
}

pub(super) fn environment(org: &Org, project: &str, id: &str) -> Answer {
    let found = org.envs.get(&(project.to_owned(), id.to_owned()));
    found.map_or_else(|| Answer::missing("environment", id), |it| Answer::json(200, it.clone()))
}

/// Gives an environment the runner that the rules name today; a dry run only says which.
pub(super) fn refresh_runner(org: &mut Org, project: &str, id: &str, query: &[(String, String)]) -> Answer {
    let key = (project.to_owned(), id.to_owned());
    let Some(environment) = org.envs.get(&key).cloned() else {
        return Answer::missing("environment", id);
    };
    let Some(runner) = rules::runner_for(org, &environment) else {
        return Answer::conflict("no runner rule matches this environment", json!({}));
    };
    // The documents name the parameter in two ways.
    let dry_run = query.iter().any(|(name, value)| matches!(name.as_str(), "dryRun" | "dry_run") && value == "true");
    let updated = environment["runner_id"] != runner.as_str();
    if updated && !dry_run {
        org.envs.get_mut(&key).expect("it was just there")["runner_id"] = runner.clone().into();
    }
    Answer::json(200, json!({ "runner_id": runner, "updated": updated }))
}
