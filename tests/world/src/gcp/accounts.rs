//! IAM: service accounts and their policies.

use std::time::Instant;

use serde_json::{Value, json};

use super::answer::{Answer, reason_of};
use super::late::{Look, Looks};
use super::policy::{Policy, Target};
use super::router::Call;
use super::state::{Account, State};

pub(super) fn create(call: &mut Call<'_>) -> Result<Answer, Answer> {
    let project = call.in_project(0, "iam.serviceAccounts.create")?;
    let id = call.body["accountId"].as_str().unwrap_or_default().to_owned();
    let given = call.body["serviceAccount"].clone();
    let text = |name: &str| given[name].as_str().unwrap_or_default().to_owned();
    let unique_id = make(call.state, &project, &id, &text("displayName"), &text("description"))?;
    Ok(Answer::json(shown(call.state, &unique_id)))
}

/// Makes a service account, or says why not.
pub(super) fn make(
    state: &mut State,
    project: &str,
    id: &str,
    display_name: &str,
    description: &str,
) -> Result<String, Answer> {
    check_id(id)?;
    check_texts(display_name, description)?;
    let home = state.project(project);
    if home.no_new_accounts {
        return Err(forbidden(&home.number));
    }
    let email = format!("{id}@{project}.iam.gserviceaccount.com");
    if home.accounts.iter().any(|account| account.email == email && !account.deleted) {
        let resource = json!({
            "@type": "type.googleapis.com/google.rpc.ResourceInfo",
            "resourceName": format!("projects/{project}/serviceAccounts/{email}"),
        });
        let message = format!("Service account {id} already exists within project projects/{project}.");
        return Err(Answer::error(409, "ALREADY_EXISTS", message, vec![resource]));
    }
    if home.accounts.iter().filter(|account| !account.deleted).count() >= home.account_quota {
        let message = "Maximum number of service accounts on project reached.";
        return Err(Answer::error(429, "RESOURCE_EXHAUSTED", message, Vec::new()));
    }
    let late = home.late.clone();
    let unique_id = state.next_unique_id();
    state.project_mut(project).accounts.push(Account {
        email,
        unique_id: unique_id.clone(),
        display_name: display_name.to_owned(),
        description: description.to_owned(),
        disabled: false,
        deleted: false,
        policy: Policy::default(),
        made: Instant::now(),
        late,
        looks: Looks::default(),
    });
    Ok(unique_id)
}

/// Returns an account as the API tells of it.
pub(super) fn shown(state: &State, unique_id: &str) -> Value {
    let (project, account) = state.account(unique_id).expect("the account is known");
    let mut shown = json!({
        "name": format!("projects/{}/serviceAccounts/{}", project.id, account.email),
        "projectId": project.id,
        "uniqueId": account.unique_id,
        "email": account.email,
        "etag": "MDEwMjE5MjA=",
        "oauth2ClientId": account.unique_id,
    });
    for (name, text) in [("displayName", &account.display_name), ("description", &account.description)] {
        if !text.is_empty() {
            shown[name] = Value::from(text.as_str());
        }
    }
    if account.disabled {
        shown["disabled"] = Value::from(true);
    }
    shown
}

pub(super) fn get(call: &mut Call<'_>) -> Result<Answer, Answer> {
    let target = call.account("iam.serviceAccounts.get", Look::Read)?;
    Ok(answer(call, &target))
}

pub(super) fn list(call: &mut Call<'_>) -> Result<Answer, Answer> {
    let project = call.in_project(0, "iam.serviceAccounts.list")?;
    let listed: Vec<String> = call
        .state
        .project(&project)
        .accounts
        .iter()
        .filter(|account| !account.deleted && account.late.is_listed(account.made, &account.looks))
        .map(|account| account.unique_id.clone())
        .collect();
    let size = call.received.query("pageSize").and_then(|it| it.parse().ok()).filter(|it| *it > 0).unwrap_or(20_usize);
    let start = call.received.query("pageToken").and_then(|it| it.parse().ok()).unwrap_or(0_usize).min(listed.len());
    let end = (start + size.min(100)).min(listed.len());
    let accounts: Vec<Value> = listed[start..end].iter().map(|id| shown(call.state, id)).collect();
    let mut body = if accounts.is_empty() { json!({}) } else { json!({ "accounts": accounts }) };
    if end < listed.len() {
        body["nextPageToken"] = Value::from(end.to_string());
    }
    Ok(Answer::json(body))
}

pub(super) fn patch(call: &mut Call<'_>) -> Result<Answer, Answer> {
    let target = call.account("iam.serviceAccounts.update", Look::Policy)?;
    let given = call.body["serviceAccount"].clone();
    let text = |name: &str| given[name].as_str().unwrap_or_default().to_owned();
    let (display_name, description) = (text("displayName"), text("description"));
    check_texts(&display_name, &description)?;
    let mask = call.body["updateMask"].as_str().unwrap_or_default().to_owned();
    if mask.is_empty() {
        return Err(Answer::invalid("The update mask is empty."));
    }
    let account = call.state.account_mut(unique_id(&target)).expect("it was just found");
    for path in mask.split(',').map(str::trim) {
        match path {
            "displayName" | "display_name" => account.display_name = display_name.clone(),
            "description" => account.description = description.clone(),
            "etag" => {}
            other => return Err(Answer::invalid(format!("Invalid field mask path: {other}"))),
        }
    }
    Ok(answer(call, &target))
}

pub(super) fn delete(call: &mut Call<'_>) -> Result<Answer, Answer> {
    let target = call.account("iam.serviceAccounts.delete", Look::Policy)?;
    call.state.account_mut(unique_id(&target)).expect("it was just found").deleted = true;
    Ok(Answer::json(json!({})))
}

pub(super) fn undelete(call: &mut Call<'_>) -> Result<Answer, Answer> {
    let key = call.values.get(1).cloned().unwrap_or_default();
    let gone = call.state.account(&key).filter(|(_, account)| account.deleted);
    let Some((home, email)) = gone.map(|(project, account)| (project.id.clone(), account.email.clone())) else {
        call.in_project(0, "iam.serviceAccounts.undelete")?;
        return Err(Answer::missing("Unknown service account"));
    };
    call.need_service(&home)?;
    call.need("iam.serviceAccounts.undelete", &Target::Project(home), &format!("projects/-/serviceAccounts/{key}"))?;
    if call.state.living(&email).is_some() {
        let message = format!("Service account {email} exists again: the deleted one cannot be restored.");
        return Err(Answer::precondition(message, Vec::new()));
    }
    call.state.account_mut(&key).expect("it was just found").deleted = false;
    Ok(Answer::json(json!({ "restoredAccount": shown(call.state, &key) })))
}

pub(super) fn set_disabled(call: &mut Call<'_>, disabled: bool) -> Result<Answer, Answer> {
    let permission = if disabled { "iam.serviceAccounts.disable" } else { "iam.serviceAccounts.enable" };
    let target = call.account(permission, Look::Policy)?;
    call.state.account_mut(unique_id(&target)).expect("it was just found").disabled = disabled;
    Ok(Answer::json(json!({})))
}

pub(super) fn get_policy(call: &mut Call<'_>) -> Result<Answer, Answer> {
    let target = call.account("iam.serviceAccounts.getIamPolicy", Look::Policy)?;
    let version = call.received.query("options.requestedPolicyVersion").and_then(|it| it.parse().ok()).unwrap_or(0);
    Ok(Answer::json(call.state.shown_policy(&target, version)))
}

pub(super) fn set_policy(call: &mut Call<'_>) -> Result<Answer, Answer> {
    let target = call.account("iam.serviceAccounts.setIamPolicy", Look::Policy)?;
    let body = call.body.clone();
    call.state.set_policy(&target, &body).map(Answer::json)
}

pub(super) fn test_permissions(call: &mut Call<'_>) -> Result<Answer, Answer> {
    let key = call.values.get(1).cloned().unwrap_or_default();
    let found = call.state.living(&key).or_else(|| call.state.account(&key).filter(|(_, it)| !it.deleted));
    let Some(target) = found.map(|(_, account)| Target::Account(account.unique_id.clone())) else {
        return Err(Answer::missing("Unknown service account"));
    };
    call.test_permissions(&target)
}

fn answer(call: &Call<'_>, target: &Target) -> Answer {
    Answer::json(shown(call.state, unique_id(target)))
}

fn unique_id(target: &Target) -> &str {
    match target {
        Target::Account(unique_id) => unique_id,
        Target::Project(id) => id,
    }
}

fn check_id(id: &str) -> Result<(), Answer> {
    let fits = (6..=30).contains(&id.len())
        && id.starts_with(|it: char| it.is_ascii_lowercase())
        && !id.ends_with('-')
        && id.chars().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == '-');
    if fits {
        return Ok(());
    }
    let message = format!(
        "Invalid service account ID ({id}). Service account ID must be between 6 and 30 characters. Service account \
         ID must start with a lower case letter, followed by one or more lower case alphanumerical characters that can \
         be separated by hyphens."
    );
    let violation = json!({ "field": "accountId", "description": message });
    let details = json!({ "@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": [violation] });
    Err(Answer::error(400, "INVALID_ARGUMENT", message, vec![details]))
}

fn check_texts(display_name: &str, description: &str) -> Result<(), Answer> {
    if display_name.len() > 100 {
        return Err(Answer::invalid("The display name of a service account has at most 100 bytes."));
    }
    if description.len() > 256 {
        return Err(Answer::invalid("The description of a service account has at most 256 bytes."));
    }
    Ok(())
}

fn forbidden(number: &str) -> Answer {
    let message = "Service account creation is not allowed on this project.";
    let violation = json!({
        "type": "constraints/iam.disableServiceAccountCreation",
        "subject": format!("projects/{number}"),
        "description": message,
    });
    let details = json!({ "@type": "type.googleapis.com/google.rpc.PreconditionFailure", "violations": [violation] });
    let metadata = json!({ "constraint": "constraints/iam.disableServiceAccountCreation" });
    let reason = reason_of("ORG_POLICY_CONSTRAINT_VIOLATION", "iam.googleapis.com", metadata);
    Answer::precondition(message, vec![details, reason])
}
