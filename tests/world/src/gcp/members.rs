//! Members of policies: which are taken, how they are kept, how they are shown.

use super::answer::{Answer, reason_of};
use super::late::Look;
use super::policy::{Policy, Target};
use super::state::State;

/// Checks a member and returns it as it is kept: service accounts with their unique id.
pub(super) fn stored(
    state: &mut State,
    target: &Target,
    member: &str,
    role: &str,
    current: &Policy,
) -> Result<String, Answer> {
    let kept = identified(state, member, current)?;
    let is_old = current
        .bindings
        .iter()
        .any(|it| it["role"] == role && it["members"].as_array().into_iter().flatten().any(|it| *it == kept));
    let only = &state.project_of(target).only_members;
    if !is_old && !only.is_empty() && !only.iter().any(|part| member.contains(part)) {
        let violation = serde_json::json!({
            "@type": "type.googleapis.com/google.rpc.PreconditionFailure",
            "violations": [{
                "type": "constraints/iam.allowedPolicyMemberDomains",
                "subject": member,
                "description": "User is not in permitted organization.",
            }],
        });
        let metadata = serde_json::json!({ "service": "iam.googleapis.com" });
        let reason = reason_of("ORG_POLICY_CONSTRAINT_VIOLATION", "iam.googleapis.com", metadata);
        let message = "One or more users named in the policy do not belong to a permitted customer, perhaps due to an \
                       organization policy.";
        return Err(Answer::precondition(message, vec![violation, reason]));
    }
    Ok(kept)
}

/// Returns a kept member as the API shows it.
pub(super) fn shown(member: &str, lives: &impl Fn(&str) -> bool) -> String {
    match member.split_once("?uid=") {
        Some((name, unique_id)) if lives(unique_id) => name.to_owned(),
        Some(_) => format!("deleted:{member}"),
        None => member.to_owned(),
    }
}

fn identified(state: &mut State, member: &str, current: &Policy) -> Result<String, Answer> {
    let is_in_it = |member: &str| {
        current.bindings.iter().flat_map(|it| it["members"].as_array().into_iter().flatten()).any(|it| it == member)
    };
    if let Some(gone) = member.strip_prefix("deleted:") {
        let unique_id = gone.split_once("?uid=").map_or("", |(_, unique_id)| unique_id);
        let is_known = gone.starts_with("serviceAccount:") && state.account(unique_id).is_some();
        return if is_known || is_in_it(gone) { Ok(gone.to_owned()) } else { Err(invalid(member)) };
    }
    let Some((kind, name)) = member.split_once(':') else {
        return match member {
            "allUsers" | "allAuthenticatedUsers" => Ok(member.to_owned()),
            _ => Err(unknown_type(member)),
        };
    };
    match kind {
        "user" | "group" if state.users.contains(name) || is_in_it(member) => Ok(member.to_owned()),
        "user" => Err(Answer::invalid(format!("User {name} does not exist."))),
        "group" => Err(Answer::invalid(format!("Group {name} does not exist."))),
        "domain" if name.contains('.') => Ok(member.to_owned()),
        "serviceAccount" | "principal" | "principalSet" if is_in_it(member) => Ok(member.to_owned()),
        "serviceAccount" if name.contains('[') => in_pool(state, member, name),
        "serviceAccount" => service_account(state, member, name, &is_in_it),
        "principal" | "principalSet" => federated(state, member, name),
        "projectOwner" | "projectEditor" | "projectViewer" if is_in_it(member) => Ok(member.to_owned()),
        "domain" | "projectOwner" | "projectEditor" | "projectViewer" => Err(invalid(member)),
        _ => Err(unknown_type(member)),
    }
}

/// `serviceAccount:POOL[NAMESPACE/NAME]`
fn in_pool(state: &State, member: &str, name: &str) -> Result<String, Answer> {
    let (pool, rest) = name.split_once('[').ok_or_else(|| invalid(member))?;
    let (namespace, account) =
        rest.strip_suffix(']').and_then(|it| it.split_once('/')).ok_or_else(|| invalid(member))?;
    let is_label = |text: &str| {
        !text.is_empty() && text.chars().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || "-.".contains(it))
    };
    if !is_label(namespace) || !is_label(account) {
        return Err(invalid(member));
    }
    if state.pool(pool).is_none() {
        return Err(no_pool(pool));
    }
    Ok(member.to_owned())
}

fn service_account(
    state: &mut State,
    member: &str,
    email: &str,
    is_in_it: &impl Fn(&str) -> bool,
) -> Result<String, Answer> {
    let missing = || Answer::invalid(format!("Service account {email} does not exist."));
    if let Some(unique_id) = state.living(email).map(|(_, account)| account.unique_id.clone()) {
        let account = state.account_mut(&unique_id).expect("it was just found");
        let is_seen = account.late.clone().is_seen(account.made, &mut account.looks, Look::Member);
        let kept = format!("{member}?uid={unique_id}");
        return if is_seen || is_in_it(&kept) { Ok(kept) } else { Err(missing()) };
    }
    // Google's own agents are nobody's to make.
    let (name, domain) = email.split_once('@').unwrap_or((email, ""));
    let is_agent = ["developer.gserviceaccount.com", "cloudservices.gserviceaccount.com"].contains(&domain)
        || (name.starts_with("service-") && domain.ends_with(".iam.gserviceaccount.com") && !is_project(state, domain));
    if is_agent { Ok(member.to_owned()) } else { Err(missing()) }
}

fn is_project(state: &State, domain: &str) -> bool {
    domain.split('.').next().is_some_and(|id| state.projects.contains_key(id))
}

/// `principal://iam.googleapis.com/…`, after the first colon.
fn federated(state: &State, member: &str, name: &str) -> Result<String, Answer> {
    let path = name.strip_prefix("//iam.googleapis.com/").ok_or_else(|| invalid(member))?;
    let parts: Vec<&str> = path.split('/').collect();
    let is_set = member.starts_with("principalSet:");
    let fits = |rest: &[&str]| match rest {
        ["subject", subject @ ..] => !is_set && !subject.is_empty() && subject.iter().all(|it| !it.is_empty()),
        ["*"] => is_set,
        [_, value, ..] => is_set && !value.is_empty(),
        _ => false,
    };
    match parts.as_slice() {
        ["projects", number, "locations", "global", "workloadIdentityPools", pool, rest @ ..] => {
            if !number.chars().all(|it| it.is_ascii_digit()) || !fits(rest) {
                return Err(invalid(member));
            }
            if pool.ends_with(".svc.id.goog") && state.pool(pool).is_none_or(|owner| owner.number != *number) {
                return Err(no_pool(pool));
            }
            if let ["subject", subject @ ..] = rest
                && pool.ends_with(".svc.id.goog")
                && !matches!(subject, ["ns", _, "sa", _])
            {
                return Err(invalid(member));
            }
            Ok(member.to_owned())
        }
        ["locations", "global", "workforcePools", _, rest @ ..] if fits(rest) => Ok(member.to_owned()),
        _ => Err(invalid(member)),
    }
}

fn no_pool(pool: &str) -> Answer {
    Answer::invalid(format!(
        "Identity Pool does not exist ({pool}). Please check that you specified a valid resource name as returned in \
         the `name` attribute in the configuration API."
    ))
}

fn invalid(member: &str) -> Answer {
    Answer::invalid(format!("Invalid member: {member}"))
}

fn unknown_type(member: &str) -> Answer {
    Answer::invalid(format!(
        "The member {member} is of an unknown type. Please set a valid type prefix for the member."
    ))
}
