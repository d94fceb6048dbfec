//! Runner rules: which environments get which runner.

use serde_json::{Value, json};
use uuid::Uuid;

use super::answer::{Answer, page};
use super::state::{Org, now};

pub(super) fn list(org: &Org, query: &[(String, String)]) -> Answer {
    let filters = [("byRunnerId", "runner_id"), ("byProjectId", "project_id"), ("byEnvTypeId", "env_type_id")];
    let fits = |rule: &&Value| {
        filters.iter().all(|(parameter, field)| {
            query.iter().filter(|(name, _)| name == parameter).all(|(_, value)| rule[field] == value.as_str())
        })
    };
    page(org.rules.iter().filter(fits).cloned().collect(), query)
}

/// Rules that point to nothing are refused, and so is a second rule with the same content.
pub(super) fn create(org: &mut Org, body: &Value) -> Answer {
    let text = |field: &str| body[field].as_str().unwrap_or_default().to_owned();
    let (runner, project, env_type) = (text("runner_id"), text("project_id"), text("env_type_id"));
    if !org.runners.contains_key(&runner) {
        return Answer::bad(format!("runner '{runner}' does not exist"));
    }
    if !project.is_empty() && !org.projects.contains_key(&project) {
        return Answer::bad(format!("project '{project}' does not exist"));
    }
    if !env_type.is_empty() && !org.env_types.contains_key(&env_type) {
        return Answer::bad(format!("environment type '{env_type}' does not exist"));
    }
    let rule = json!({
        "org_id": org.id, "id": Uuid::new_v4(), "runner_id": runner, "created_at": now(),
        "project_id": project, "env_type_id": env_type,
    });
    let same =
        |other: &&Value| ["runner_id", "project_id", "env_type_id"].iter().all(|field| other[field] == rule[field]);
    if let Some(other) = org.rules.iter().find(same) {
        return Answer::conflict("a runner rule with the same criteria already exists", json!({ "id": other["id"] }));
    }
    org.rules.push(rule.clone());
    Answer::json(201, rule)
}

pub(super) fn read(org: &Org, id: &str) -> Answer {
    let rule = org.rules.iter().find(|rule| rule["id"] == id);
    rule.map_or_else(|| Answer::missing("runner rule", id), |rule| Answer::json(200, rule.clone()))
}

pub(super) fn delete(org: &mut Org, id: &str) -> Answer {
    let before = org.rules.len();
    org.rules.retain(|rule| rule["id"] != id);
    if org.rules.len() == before { Answer::missing("runner rule", id) } else { Answer::empty() }
}

/// Returns the runner that the rules give to an environment: the most specific rule wins, then the oldest.
pub(super) fn runner_for(org: &Org, environment: &Value) -> Option<String> {
    let matches = |rule: &Value, field: &str| rule[field] == "" || rule[field] == environment[field];
    let weight = |rule: &Value| 2 * u8::from(rule["project_id"] != "") + u8::from(rule["env_type_id"] != "");
    let fitting = org.rules.iter().rev().filter(|rule| matches(rule, "project_id") && matches(rule, "env_type_id"));
    fitting.max_by_key(|rule| weight(rule)).and_then(|rule| rule["runner_id"].as_str().map(str::to_owned))
}
