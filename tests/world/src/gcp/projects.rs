//! Resource Manager: projects and their policies, in version 1 (gcloud) and 3.

use serde_json::json;

use super::answer::Answer;
use super::policy::Target;
use super::router::Call;

const MADE: &str = "2026-01-05T08:00:00Z";

pub(super) fn get_v1(call: &mut Call<'_>) -> Result<Answer, Answer> {
    let id = call.in_project(0, "resourcemanager.projects.get")?;
    let project = call.state.project(&id);
    Ok(Answer::json(json!({
        "projectNumber": project.number,
        "projectId": project.id,
        "lifecycleState": "ACTIVE",
        "name": project.id,
        "createTime": MADE,
        "parent": { "type": "organization", "id": "420000000001" },
    })))
}

pub(super) fn get_v3(call: &mut Call<'_>) -> Result<Answer, Answer> {
    let id = call.in_project(0, "resourcemanager.projects.get")?;
    let project = call.state.project(&id);
    Ok(Answer::json(json!({
        "name": format!("projects/{}", project.number),
        "parent": "organizations/420000000001",
        "projectId": project.id,
        "state": "ACTIVE",
        "displayName": project.id,
        "createTime": MADE,
        "updateTime": MADE,
        "etag": "W/\"0123456789abcdef\"",
    })))
}

pub(super) fn get_policy(call: &mut Call<'_>) -> Result<Answer, Answer> {
    let project = call.in_project(0, "resourcemanager.projects.getIamPolicy")?;
    let version = call.body["options"]["requestedPolicyVersion"].as_i64().unwrap_or(0);
    Ok(Answer::json(call.state.shown_policy(&Target::Project(project), version)))
}

pub(super) fn set_policy(call: &mut Call<'_>) -> Result<Answer, Answer> {
    let project = call.in_project(0, "resourcemanager.projects.setIamPolicy")?;
    let body = call.body.clone();
    call.state.set_policy(&Target::Project(project), &body).map(Answer::json)
}

pub(super) fn test_permissions(call: &mut Call<'_>) -> Result<Answer, Answer> {
    let project = call.project(0, "resourcemanager.projects.get")?;
    call.need_service(&project)?;
    call.test_permissions(&Target::Project(project))
}
