//! `Microsoft.Authorization/roleAssignments` and `permissions`.

use serde_json::{Value, json};

use super::answer::{Answer, Refusal};
use super::late::{Seen, What};
use super::place::covers;
use super::router::Call;
use super::state::{Assignment, State, last};
use super::{definitions, groups, roles};

/// Returns a role assignment as the API tells of it.
pub(super) fn shown(assignment: &Assignment) -> Value {
    json!({
        "id": format!("{}/providers/Microsoft.Authorization/roleAssignments/{}", assignment.scope, assignment.name),
        "name": assignment.name,
        "type": "Microsoft.Authorization/roleAssignments",
        "properties": assignment.properties,
    })
}

/// Makes a role assignment that nobody asks about, and returns its name.
pub(super) fn make(state: &mut State, home: &str, name: &str, scope: &str, given: &Value, seen: Seen) -> Value {
    let principal = given["principalId"].as_str().unwrap_or_default();
    let kind = state.principals.get(principal).map(|it| it.kind.word());
    let now = jiff::Timestamp::now().to_string();
    let role = last(given["roleDefinitionId"].as_str().unwrap_or_default()).to_lowercase();
    let properties = json!({
        "roleDefinitionId": format!("/subscriptions/{home}/providers/Microsoft.Authorization/roleDefinitions/{role}"),
        "principalId": given["principalId"],
        "principalType": given["principalType"].as_str().or(kind),
        "scope": scope,
        "description": given["description"],
        "condition": given["condition"],
        "conditionVersion": given["conditionVersion"],
        "createdOn": now,
        "updatedOn": now,
        "createdBy": null,
        "updatedBy": null,
        "delegatedManagedIdentityResourceId": given["delegatedManagedIdentityResourceId"],
    });
    let assignment = Assignment { name: name.to_owned(), scope: scope.to_owned(), properties, seen };
    let made = shown(&assignment);
    state.subscription_mut(home).assignments.push(assignment);
    made
}

fn named(call: &Call<'_>) -> Option<usize> {
    let name = call.place.names.last().cloned().unwrap_or_default();
    let scope = call.place.scope.to_lowercase();
    let is_it = |it: &Assignment| it.name.eq_ignore_ascii_case(&name) && it.scope.to_lowercase() == scope;
    call.subscription().assignments.iter().position(is_it)
}

pub(super) fn get(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    call.need("Microsoft.Authorization/roleAssignments/read")?;
    let Some(at) = named(call) else {
        let name = call.place.names.last().cloned().unwrap_or_default();
        let message = format!("The role assignment '{name}' is not found.");
        return Err(Answer::refusal(404, "RoleAssignmentNotFound", message));
    };
    Ok(Answer::json(shown(&call.subscription().assignments[at])))
}

pub(super) fn list(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    call.need("Microsoft.Authorization/roleAssignments/read")?;
    let scope = call.place.scope.clone();
    groups::is_there(call.subscription(), &scope)?;
    let filter = call.received.query("$filter").unwrap_or_default().to_owned();
    let (mut principals, mut at_scope) = (None, false);
    for part in filter.split(" and ").map(str::trim).filter(|it| !it.is_empty()) {
        let assigned = part.strip_prefix("assignedTo(").and_then(|it| it.strip_suffix(')'));
        if part.eq_ignore_ascii_case("atScope()") {
            at_scope = true;
        } else if let Some(id) = definitions::equals(part, "principalId") {
            principals = Some(vec![id]);
        } else if let Some(id) = assigned.map(|it| it.trim_matches('\'').to_owned()) {
            let all = call.state.principals.get(&id).map(|it| it.ids().map(str::to_owned).collect());
            principals = Some(all.unwrap_or_else(|| vec![id]));
        } else {
            return Err(call.wrong_query(&format!("The filter '{part}' is not supported.")));
        }
    }
    let is_asked = |it: &&Assignment| {
        let is_theirs =
            principals.as_ref().is_none_or(|all| all.iter().any(|id| it.text("principalId").eq_ignore_ascii_case(id)));
        // What is above counts in every list, and what is below as well, unless only the scope itself is asked for.
        is_theirs && (covers(&it.scope, &scope) || (!at_scope && covers(&scope, &it.scope)))
    };
    let all: Vec<Value> = call.subscription().assignments.iter().filter(is_asked).map(shown).collect();
    Ok(call.page(all))
}

pub(super) fn put(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    call.need("Microsoft.Authorization/roleAssignments/write")?;
    let scope = call.place.scope.clone();
    call.unlocked(&scope, "write")?;
    call.judge("RoleAssignmentCreateParameters")?;
    groups::is_there(call.subscription(), &scope)?;
    let name = call.place.names.last().cloned().unwrap_or_default();
    if uuid::Uuid::parse_str(&name).is_err() {
        let message = format!("The role assignment ID '{name}' is not valid. The role assignment ID must be a GUID.");
        return Err(Answer::refusal(400, "InvalidRoleAssignmentId", message));
    }
    let given = call.body["properties"].clone();
    let role = last(given["roleDefinitionId"].as_str().unwrap_or_default()).to_lowercase();
    if roles::find(call.subscription(), &role).is_none() {
        return Err(definitions::missing(&role));
    }
    check_principal(call, &given)?;
    let principal = given["principalId"].as_str().unwrap_or_default().to_lowercase();
    if let Some(at) = named(call) {
        let there = &mut call.subscription_mut().assignments[at];
        if there.role() != role || there.text("principalId").to_lowercase() != principal {
            let message = "Tenant ID, application ID, principal ID, and scope are not allowed to be updated.";
            return Err(Answer::refusal(409, "RoleAssignmentUpdateNotPermitted", message));
        }
        for field in ["description", "condition", "conditionVersion"] {
            there.properties[field] = given[field].clone();
        }
        return Ok(Answer::json(shown(there)));
    }
    let elsewhere = call.subscription().assignments.iter().any(|it| it.name.eq_ignore_ascii_case(&name));
    if elsewhere {
        let message = "Tenant ID, application ID, principal ID, and scope are not allowed to be updated.";
        return Err(Answer::refusal(409, "RoleAssignmentUpdateNotPermitted", message));
    }
    let is_same = |it: &&Assignment| {
        it.role() == role && it.text("principalId").to_lowercase() == principal && it.scope.eq_ignore_ascii_case(&scope)
    };
    if let Some(there) = call.subscription().assignments.iter().find(is_same) {
        let message = format!(
            "The role assignment already exists. The ID of the existing role assignment is {}.",
            there.name.replace('-', "")
        );
        return Err(Answer::refusal(409, "RoleAssignmentExists", message));
    }
    let (home, late) = (call.home.clone(), call.subscription().late.clone());
    let made = make(call.state, &home, &name, &scope, &given, Seen::new(&late));
    Ok(Answer::new(201, Some(made)))
}

/// Checks that the principal is there, and that it is what the request says; who says `ServicePrincipal` is not asked to
/// wait until the directory knows it everywhere.
fn check_principal(call: &mut Call<'_>, given: &Value) -> Result<(), Refusal> {
    let id = given["principalId"].as_str().unwrap_or_default().to_lowercase();
    let tenant = call.subscription().tenant.clone();
    let said = given["principalType"].as_str().map(str::to_owned);
    let missing = || {
        let message = format!(
            "Principal {} does not exist in the directory {tenant}. Check that you have the correct principal ID. If \
             you are creating this principal and then immediately assigning a role, this error might be related to a \
             replication delay. In this case, set the role assignment principalType property to a value, such as \
             ServicePrincipal, User, or Group.  See https://aka.ms/docs-principaltype",
            id.replace('-', "")
        );
        Answer::refusal(400, "PrincipalNotFound", message)
    };
    let found = call.state.principals.get_mut(&id).filter(|it| it.tenant == tenant && !it.is_deleted);
    let Some(principal) = found else {
        return Err(missing());
    };
    let kind = principal.kind.word();
    match said {
        None if principal.seen.look(What::Principal).is_err() => Err(missing()),
        Some(said) if said != kind => {
            let message = format!(
                "The PrincipalId '{}' has type '{kind}' , which is different from specified PrinciaplType '{said}'.",
                id.replace('-', "")
            );
            Err(Answer::refusal(400, "UnmatchedPrincipalType", message))
        }
        _ => Ok(()),
    }
}

pub(super) fn delete(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    call.need("Microsoft.Authorization/roleAssignments/delete")?;
    let scope = call.place.scope.clone();
    call.unlocked(&scope, "delete")?;
    let Some(at) = named(call) else {
        return Ok(Answer::new(204, None));
    };
    let gone = call.subscription_mut().assignments.remove(at);
    Ok(Answer::json(shown(&gone)))
}

/// Tells the caller what they hold in a scope.
pub(super) fn permissions(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    call.need("Microsoft.Authorization/permissions/read")?;
    let scope = call.place.scope.clone();
    groups::is_there(call.subscription(), &scope)?;
    let (home, caller) = (call.home.clone(), call.caller.clone());
    let held = call.state.permissions(&home, &caller, &scope);
    Ok(call.page(held))
}
