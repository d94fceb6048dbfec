//! `Microsoft.Authorization/roleDefinitions`.

use serde_json::{Value, json};

use super::answer::{Answer, Refusal};
use super::place::covers;
use super::roles;
use super::router::Call;
use super::state::State;

/// Returns the text that a filter such as `roleName eq 'Reader'` compares a field with; two quotes stand for one.
pub(super) fn equals(filter: &str, field: &str) -> Option<String> {
    let (name, rest) = filter.trim().split_once(' ')?;
    let value = rest.trim_start().strip_prefix("eq")?.trim().strip_prefix('\'')?.strip_suffix('\'')?;
    let is_whole = !value.replace("''", "").contains('\'');
    (name.eq_ignore_ascii_case(field) && is_whole).then(|| value.replace("''", "'"))
}

pub(super) fn list(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    call.need("Microsoft.Authorization/roleDefinitions/read")?;
    let filter = call.received.query("$filter").unwrap_or_default().to_owned();
    let mut all = roles::all(call.subscription());
    for part in filter.split(" and ").map(str::trim).filter(|it| !it.is_empty()) {
        if let Some(name) = equals(part, "roleName") {
            all.retain(|it| it["properties"]["roleName"].as_str().is_some_and(|it| it.eq_ignore_ascii_case(&name)));
        } else if let Some(kind) = equals(part, "type") {
            all.retain(|it| it["properties"]["type"] == kind);
        } else if !part.eq_ignore_ascii_case("atScopeAndBelow()") && !part.eq_ignore_ascii_case("atScope()") {
            return Err(call.wrong_query(&format!("The filter '{part}' is not supported.")));
        }
    }
    let scope = call.place.scope.clone();
    all.retain(|it| {
        let scopes = it["properties"]["assignableScopes"].as_array().cloned().unwrap_or_default();
        scopes.iter().filter_map(Value::as_str).any(|held| held == "/" || covers(held, &scope) || covers(&scope, held))
    });
    Ok(call.page(all))
}

pub(super) fn get(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    call.need("Microsoft.Authorization/roleDefinitions/read")?;
    let id = call.place.names.last().cloned().unwrap_or_default();
    roles::find(call.subscription(), &id).map(Answer::json).ok_or_else(|| missing(&id))
}

pub(super) fn missing(id: &str) -> Refusal {
    let message = format!("The specified role definition with ID '{}' does not exist.", id.replace('-', ""));
    Answer::refusal(404, "RoleDefinitionDoesNotExist", message)
}

pub(super) fn put(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    call.need("Microsoft.Authorization/roleDefinitions/write")?;
    call.judge("RoleDefinition")?;
    let id = call.place.names.last().cloned().unwrap_or_default();
    if uuid::Uuid::parse_str(&id).is_err() {
        let message = format!("The role definition ID '{id}' is not valid. The role definition ID must be a GUID.");
        return Err(Answer::refusal(400, "InvalidRoleDefinitionId", message));
    }
    let given = call.body["properties"].clone();
    let name = given["roleName"].as_str().unwrap_or_default().to_owned();
    let taken = |it: &Value| it["properties"]["roleName"].as_str().is_some_and(|it| it.eq_ignore_ascii_case(&name));
    if roles::all(call.subscription()).iter().any(|it| it["name"] != id && taken(it)) {
        let message = format!(
            "A custom role with the same name already exists in this directory. Use a different name: '{name}'."
        );
        return Err(Answer::refusal(400, "RoleDefinitionWithSameNameExists", message));
    }
    let home = call.home.clone();
    let made = make(call.state, &home, &id, &given);
    Ok(Answer::new(201, Some(made)))
}

/// Makes or replaces a custom role.
pub(super) fn make(state: &mut State, home: &str, id: &str, given: &Value) -> Value {
    let list = |name: &str| {
        if given["permissions"][0][name].is_array() { given["permissions"][0][name].clone() } else { json!([]) }
    };
    let now = jiff::Timestamp::now().to_string();
    let made = json!({
        "id": format!("/subscriptions/{home}/providers/Microsoft.Authorization/roleDefinitions/{id}"),
        "name": id,
        "type": "Microsoft.Authorization/roleDefinitions",
        "properties": {
            "roleName": given["roleName"],
            "type": "CustomRole",
            "description": given["description"],
            "assignableScopes": given["assignableScopes"],
            "permissions": [{
                "actions": list("actions"),
                "notActions": list("notActions"),
                "dataActions": list("dataActions"),
                "notDataActions": list("notDataActions"),
            }],
            "createdOn": now,
            "updatedOn": now,
            "createdBy": null,
            "updatedBy": null,
        },
    });
    let roles = &mut state.subscription_mut(home).roles;
    roles.retain(|it| it["name"] != id);
    roles.push(made.clone());
    made
}

pub(super) fn delete(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    call.need("Microsoft.Authorization/roleDefinitions/delete")?;
    let id = call.place.names.last().cloned().unwrap_or_default();
    let subscription = call.subscription_mut();
    if subscription.assignments.iter().any(|it| it.role() == id.to_lowercase()) {
        let message = "There are existing role assignments referencing role.";
        return Err(Answer::refusal(400, "RoleDefinitionHasAssignments", message));
    }
    let found = subscription.roles.iter().position(|it| it["name"] == id);
    Ok(found.map_or_else(|| Answer::new(204, None), |at| Answer::json(subscription.roles.remove(at))))
}
