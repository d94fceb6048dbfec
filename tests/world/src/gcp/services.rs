//! Service Usage: which APIs are on in a project.

use serde_json::{Value, json};

use super::answer::Answer;
use super::policy::Target;
use super::router::Call;

pub(super) fn get(call: &mut Call<'_>) -> Result<Answer, Answer> {
    let project = called(call, "serviceusage.services.get")?;
    let service = call.values.get(2).cloned().unwrap_or_default();
    Ok(Answer::json(shown(call, &project, &service)))
}

pub(super) fn list(call: &mut Call<'_>) -> Result<Answer, Answer> {
    let project = called(call, "serviceusage.services.list")?;
    let on: Vec<String> = call.state.project(&project).services.iter().cloned().collect();
    let services: Vec<Value> = on.iter().map(|service| shown(call, &project, service)).collect();
    Ok(Answer::json(json!({ "services": services })))
}

pub(super) fn enable(call: &mut Call<'_>) -> Result<Answer, Answer> {
    let project = called(call, "serviceusage.services.enable")?;
    let service = call.values.get(2).cloned().unwrap_or_default();
    Ok(turn_on(call, &project, &[service], "google.api.serviceusage.v1.EnableServiceResponse"))
}

pub(super) fn batch_enable(call: &mut Call<'_>) -> Result<Answer, Answer> {
    let project = called(call, "serviceusage.services.enable")?;
    let asked = call.body["serviceIds"].as_array().into_iter().flatten();
    let services: Vec<String> = asked.filter_map(|it| it.as_str()).map(str::to_owned).collect();
    if services.is_empty() || services.len() > 20 {
        return Err(Answer::invalid("A batch has one service to twenty."));
    }
    Ok(turn_on(call, &project, &services, "google.api.serviceusage.v1.BatchEnableServicesResponse"))
}

pub(super) fn disable(call: &mut Call<'_>) -> Result<Answer, Answer> {
    let project = called(call, "serviceusage.services.disable")?;
    let service = call.values.get(2).cloned().unwrap_or_default();
    call.state.project_mut(&project).services.remove(&service);
    Ok(Answer::json(json!({ "name": "operations/noop.DONE_OPERATION", "done": true, "response": {} })))
}

/// An operation that was started is done at the first look.
pub(super) fn operation(call: &mut Call<'_>) -> Result<Answer, Answer> {
    let name = format!("operations/{}", call.values.first().map_or("", String::as_str));
    let found = call.state.projects.values().find_map(|project| project.operations.get(&name));
    found.cloned().map(Answer::json).ok_or_else(|| Answer::denied(call.service, "serviceusage.operations.get", &name))
}

/// Finds the project; its values are `projects` and the project.
fn called(call: &Call<'_>, permission: &str) -> Result<String, Answer> {
    if call.values.first().is_none_or(|it| it != "projects") {
        return Err(Answer::invalid("Only projects have services here."));
    }
    let project = call.project(1, permission)?;
    let resource = call.values.get(2).cloned().unwrap_or_else(|| format!("projects/{project}"));
    call.need(permission, &Target::Project(project.clone()), &resource)?;
    Ok(project)
}

fn shown(call: &Call<'_>, project: &str, service: &str) -> Value {
    let project = call.state.project(project);
    let is_on = project.services.contains(service);
    json!({
        "name": format!("projects/{}/services/{service}", project.number),
        "parent": format!("projects/{}", project.number),
        "config": { "name": service },
        "state": if is_on { "ENABLED" } else { "DISABLED" },
    })
}

fn turn_on(call: &mut Call<'_>, project: &str, services: &[String], kind: &str) -> Answer {
    let is_new = |service: &String| !call.state.project(project).services.contains(service);
    if !services.iter().any(is_new) {
        return Answer::json(json!({ "name": "operations/noop.DONE_OPERATION", "done": true, "response": {} }));
    }
    let number = call.state.project(project).number.clone();
    let name = format!("operations/acat.p2-{number}-{}", uuid::Uuid::new_v4());
    call.state.project_mut(project).services.extend(services.iter().cloned());
    let on: Vec<Value> = services.iter().map(|service| shown(call, project, service)).collect();
    let mut response = json!({ "@type": format!("type.googleapis.com/{kind}") });
    if kind.contains("Batch") {
        response["services"] = Value::Array(on);
    } else {
        response["service"] = on.into_iter().next().unwrap_or_default();
    }
    let done = json!({ "name": name, "done": true, "response": response });
    call.state.project_mut(project).operations.insert(name.clone(), done);
    Answer::json(json!({ "name": name }))
}
