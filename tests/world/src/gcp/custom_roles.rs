//! IAM: roles of a project, and the predefined ones.

use serde_json::{Value, json};

use super::answer::Answer;
use super::roles;
use super::router::Call;
use super::state::CustomRole;

pub(super) fn create(call: &mut Call<'_>) -> Result<Answer, Answer> {
    let project = call.in_project(0, "iam.roles.create")?;
    let id = call.body["roleId"].as_str().unwrap_or_default().to_owned();
    let fits = (3..=64).contains(&id.len()) && id.chars().all(|it| it.is_ascii_alphanumeric() || "_.".contains(it));
    if !fits {
        let message = format!("The role_id {id} is not valid: it matches [a-zA-Z0-9_\\.]{{3,64}}.");
        return Err(Answer::invalid(message));
    }
    if call.state.project(&project).roles.contains_key(&id) {
        let message = format!("A role named {id} in projects/{project} already exists.");
        return Err(Answer::error(409, "ALREADY_EXISTS", message, Vec::new()));
    }
    let mut fields = call.body["role"].clone();
    if !fields.is_object() {
        fields = json!({});
    }
    check_permissions(&fields)?;
    fields["name"] = Value::from(format!("projects/{project}/roles/{id}"));
    let revision = call.state.next();
    call.state.project_mut(&project).roles.insert(id.clone(), CustomRole { fields, revision, deleted: false });
    shown(call, &project, &id)
}

pub(super) fn get(call: &mut Call<'_>) -> Result<Answer, Answer> {
    let project = call.in_project(0, "iam.roles.get")?;
    let id = call.values.get(1).cloned().unwrap_or_default();
    shown(call, &project, &id)
}

pub(super) fn list(call: &mut Call<'_>) -> Result<Answer, Answer> {
    let project = call.in_project(0, "iam.roles.list")?;
    let with_deleted = call.received.query("showDeleted") == Some("true");
    let is_full = call.received.query("view") == Some("FULL");
    let listed: Vec<Value> = call
        .state
        .project(&project)
        .roles
        .values()
        .filter(|role| with_deleted || !role.deleted)
        .map(|role| {
            let mut fields = document(role);
            if !is_full {
                fields.as_object_mut().expect("a role is an object").remove("includedPermissions");
            }
            fields
        })
        .collect();
    Ok(Answer::json(if listed.is_empty() { json!({}) } else { json!({ "roles": listed }) }))
}

pub(super) fn patch(call: &mut Call<'_>) -> Result<Answer, Answer> {
    let project = call.in_project(0, "iam.roles.update")?;
    let id = call.values.get(1).cloned().unwrap_or_default();
    shown(call, &project, &id)?;
    let given = call.body.clone();
    check_permissions(&given)?;
    let all = "title,description,includedPermissions,stage".to_owned();
    let mask = call.received.query("updateMask").map_or(all, str::to_owned);
    let revision = call.state.next();
    let role = call.state.project_mut(&project).roles.get_mut(&id).expect("it was just found");
    if given["etag"].as_str().is_some_and(|etag| etag != etag_of(role.revision)) {
        return Err(Answer::aborted());
    }
    for path in mask.split(',').map(str::trim) {
        let name = if path == "included_permissions" { "includedPermissions" } else { path };
        match given.get(name) {
            Some(value) => role.fields[name] = value.clone(),
            None => drop(role.fields.as_object_mut().expect("a role is an object").remove(name)),
        }
    }
    role.revision = revision;
    shown(call, &project, &id)
}

pub(super) fn set_deleted(call: &mut Call<'_>, deleted: bool) -> Result<Answer, Answer> {
    let permission = if deleted { "iam.roles.delete" } else { "iam.roles.undelete" };
    let project = call.in_project(0, permission)?;
    let id = call.values.get(1).cloned().unwrap_or_default();
    shown(call, &project, &id)?;
    call.state.project_mut(&project).roles.get_mut(&id).expect("it was just found").deleted = deleted;
    shown(call, &project, &id)
}

/// Tells what a predefined role permits, of what this stand-in knows.
pub(super) fn predefined(call: &mut Call<'_>) -> Result<Answer, Answer> {
    let name = format!("roles/{}", call.values.first().map_or("", String::as_str));
    let permissions =
        roles::predefined(&name).ok_or_else(|| Answer::missing(format!("The role named {name} was not found.")))?;
    Ok(Answer::json(json!({
        "name": name, "title": name, "stage": "GA", "etag": "AA==", "includedPermissions": permissions,
    })))
}

/// Nobody here may look at the roles of an organisation.
pub(super) fn of_organisation(call: &mut Call<'_>) -> Result<Answer, Answer> {
    let [number, id] = [0, 1].map(|index| call.values.get(index).cloned().unwrap_or_default());
    Err(Answer::denied("iam", "iam.roles.get", &format!("organizations/{number}/roles/{id}")))
}

pub(super) fn testable(_: &mut Call<'_>) -> Result<Answer, Answer> {
    let permissions: Vec<Value> = roles::permissions()
        .map(|name| {
            let level = if roles::fits_custom_role(&name) { "SUPPORTED" } else { "NOT_SUPPORTED" };
            json!({ "name": name, "stage": "GA", "customRolesSupportLevel": level })
        })
        .collect();
    Ok(Answer::json(json!({ "permissions": permissions })))
}

fn check_permissions(role: &Value) -> Result<(), Answer> {
    for permission in role["includedPermissions"].as_array().into_iter().flatten() {
        let name = permission.as_str().unwrap_or_default();
        if !roles::fits_custom_role(name) {
            return Err(Answer::invalid(format!("Permission {name} is not valid.")));
        }
    }
    Ok(())
}

fn shown(call: &Call<'_>, project: &str, id: &str) -> Result<Answer, Answer> {
    let missing = || Answer::missing(format!("The role named projects/{project}/roles/{id} was not found."));
    call.state.project(project).roles.get(id).map(document).map(Answer::json).ok_or_else(missing)
}

fn document(role: &CustomRole) -> Value {
    let mut fields = role.fields.clone();
    fields["etag"] = Value::from(etag_of(role.revision));
    if role.deleted {
        fields["deleted"] = Value::from(true);
    }
    fields
}

fn etag_of(revision: u64) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(revision.to_be_bytes())
}
