//! Runners: what may be registered, changed and deleted.

use serde_json::{Value, json};

use super::answer::{Answer, page};
use super::state::{Org, now};
use super::{key, pod_template};

pub(super) fn list(org: &Org, query: &[(String, String)]) -> Answer {
    let wanted = query.iter().find(|(name, _)| name == "byRunnerType").map(|(_, value)| value.as_str());
    let items = org.runners.values().filter(|it| wanted.is_none_or(|kind| it["runner_configuration"]["type"] == kind));
    page(items.map(summary).collect(), query)
}

pub(super) fn create(org: &mut Org, body: &Value) -> Answer {
    if let Err(reason) = acceptable(&body["runner_configuration"], &body["state_storage_configuration"], body) {
        return Answer::bad(reason);
    }
    let id = body["id"].as_str().unwrap_or_default();
    if org.runners.contains_key(id) {
        return Answer::conflict(format!("runner '{id}' already exists"), json!({ "id": id }));
    }
    let now = now();
    let mut runner = json!({
        "org_id": org.id,
        "id": id,
        "runner_configuration": without_secrets(&body["runner_configuration"]),
        "state_storage_configuration": body["state_storage_configuration"],
        "created_at": now,
        "updated_at": now,
    });
    if let Some(description) = body.get("description") {
        runner["description"] = description.clone();
    }
    org.runners.insert(id.to_owned(), runner.clone());
    Answer::json(201, runner)
}

pub(super) fn read(org: &Org, id: &str) -> Answer {
    org.runners.get(id).map_or_else(|| Answer::missing("runner", id), |runner| Answer::json(200, runner.clone()))
}

/// Merges at the top level of the configuration: a `job` that is sent replaces the whole `job`.
pub(super) fn patch(org: &mut Org, id: &str, body: &Value) -> Answer {
    let Some(runner) = org.runners.get(id) else {
        return Answer::missing("runner", id);
    };
    let mut changed = runner.clone();
    if let Some(sent) = body.get("runner_configuration").and_then(Value::as_object) {
        if sent.get("type") != Some(&changed["runner_configuration"]["type"]) {
            return Answer::bad("runner_configuration.type cannot be changed");
        }
        for (field, value) in sent {
            changed["runner_configuration"][field] = value.clone();
        }
    }
    for field in ["description", "state_storage_configuration"] {
        if let Some(value) = body.get(field) {
            changed[field] = value.clone();
        }
    }
    if let Err(reason) = acceptable(&changed["runner_configuration"], &changed["state_storage_configuration"], body) {
        return Answer::bad(reason);
    }
    changed["runner_configuration"] = without_secrets(&changed["runner_configuration"]);
    changed["updated_at"] = now().into();
    org.runners.insert(id.to_owned(), changed.clone());
    Answer::json(200, changed)
}

pub(super) fn delete(org: &mut Org, id: &str) -> Answer {
    if !org.runners.contains_key(id) {
        return Answer::missing("runner", id);
    }
    let served = org.envs.iter().filter(|(_, env)| env["runner_id"] == id);
    let served: Vec<String> = served.map(|((project, env), _)| format!("{project}/{env}")).collect();
    if !served.is_empty() {
        let message = format!("runner '{id}' is used by environments: {}", served.join(", "));
        return Answer::conflict(message, json!({ "environments": served }));
    }
    let rules: Vec<&Value> = org.rules.iter().filter(|rule| rule["runner_id"] == id).map(|rule| &rule["id"]).collect();
    if !rules.is_empty() {
        return Answer::conflict(format!("runner '{id}' is the target of runner rules"), json!({ "rules": rules }));
    }
    org.runners.remove(id);
    org.queues.remove(id);
    Answer::empty()
}

fn summary(runner: &Value) -> Value {
    let mut summary = runner.clone();
    for field in ["runner_configuration", "state_storage_configuration"] {
        summary[field] = json!({ "type": runner[field]["type"] });
    }
    summary
}

/// Checks what the OpenAPI documents cannot say.
fn acceptable(configuration: &Value, storage: &Value, body: &Value) -> Result<(), String> {
    if body["description"].as_str().is_some_and(|text| text.chars().count() > 200) {
        return Err("description: must be at most 200 characters".to_owned());
    }
    if let Some(pem) = configuration["key"].as_str() {
        key::parse(pem)?;
    }
    if let Some(template) = configuration["job"].get("pod_template") {
        pod_template::check(template)?;
    }
    if configuration["type"] == "serverless-ecs" && storage["type"] != "s3" {
        return Err("state_storage_configuration.type: a serverless-ecs runner takes s3 alone".to_owned());
    }
    Ok(())
}

/// Puts `SECRET` where the service keeps credentials and does not give them out again.
fn without_secrets(configuration: &Value) -> Value {
    let mut shown = configuration.clone();
    if let Some(auth) = shown.pointer_mut("/cluster/auth").and_then(Value::as_object_mut) {
        for field in ["client_certificate_data", "client_key_data", "service_account_token"] {
            if let Some(value) = auth.get_mut(field) {
                *value = "SECRET".into();
            }
        }
    }
    shown
}
