//! `Microsoft.ManagedIdentity/userAssignedIdentities`.

use std::time::Instant;

use serde_json::{Value, json};

use super::answer::{Answer, Refusal};
use super::principal::Kind;
use super::router::Call;
use super::state::{ManagedIdentity, State, Subscription};

pub(super) const KIND: &str = "Microsoft.ManagedIdentity/userAssignedIdentities";

/// Returns the id that the API gives back.
pub(super) fn id(subscription: &Subscription, identity: &ManagedIdentity) -> String {
    subscription.resource_id(&identity.group, KIND, &identity.name)
}

/// Returns an identity as the API tells of it.
pub(super) fn shown(subscription: &Subscription, identity: &ManagedIdentity) -> Value {
    json!({
        "id": id(subscription, identity),
        "name": identity.name,
        "type": KIND,
        "location": identity.location,
        "tags": identity.tags,
        "properties": {
            "tenantId": subscription.tenant,
            "principalId": identity.principal,
            "clientId": identity.client,
        },
    })
}

pub(super) fn get(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let (group, name) = call.resource(KIND, "read")?;
    let subscription = call.subscription();
    let found = subscription.identity(&group, &name);
    found.map(|it| Answer::json(shown(subscription, it))).ok_or_else(|| Answer::no_resource(KIND, &name, &group))
}

pub(super) fn list(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    call.need(&format!("{KIND}/read"))?;
    let group = call.group_of_list()?;
    let subscription = call.subscription();
    let is_asked = |it: &&ManagedIdentity| group.as_ref().is_none_or(|group| it.group.eq_ignore_ascii_case(group));
    let all: Vec<Value> = subscription.identities.iter().filter(is_asked).map(|it| shown(subscription, it)).collect();
    Ok(call.page(all))
}

pub(super) fn put(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let (group, name) = call.resource(KIND, "write")?;
    call.registered("Microsoft.ManagedIdentity")?;
    call.judge("Identity")?;
    let fits = (3..=128).contains(&name.len())
        && name.starts_with(|it: char| it.is_ascii_alphanumeric())
        && name.chars().all(|it| it.is_ascii_alphanumeric() || it == '-' || it == '_');
    if !fits {
        let message = format!(
            "The resource name '{name}' is invalid. The name can have between 3 and 128 characters: letters, digits, \
             hyphens and underscores; it starts with a letter or a digit."
        );
        return Err(Answer::refusal(400, "InvalidResourceName", message));
    }
    let location = call.body["location"].as_str().unwrap_or_default().replace(' ', "").to_lowercase();
    if location.is_empty() {
        let message = "The location property is required for this definition.";
        return Err(Answer::refusal(400, "LocationRequired", message));
    }
    let tags = if call.body["tags"].is_object() { call.body["tags"].clone() } else { json!({}) };
    let pace = call.subscription().identity_pace;
    let subscription = call.subscription_mut();
    if let Some(identity) = subscription.identity_mut(&group, &name) {
        if identity.location != location {
            let message = format!(
                "The resource '{name}' already exists in location '{}' in resource group '{group}'. A resource with \
                 the same name cannot be created in location '{location}'. Please select a new resource name.",
                identity.location
            );
            return Err(Answer::refusal(409, "InvalidResourceLocation", message));
        }
        if let Some(left) = pace.checked_sub(identity.written.elapsed()).filter(|it| !it.is_zero()) {
            return Err(Box::new(Answer::throttled(Some(left.as_secs() + 1))));
        }
        identity.tags = tags;
        identity.written = Instant::now();
        let subscription = call.subscription();
        let identity = subscription.identity(&group, &name).expect("it is there");
        return Ok(Answer::json(shown(subscription, identity)));
    }
    let home = call.home.clone();
    make(call.state, &home, &group, &name, &location, tags);
    let subscription = call.subscription();
    let made = shown(subscription, subscription.identity(&group, &name).expect("it was just made"));
    Ok(Answer::new(201, Some(made)))
}

/// Makes an identity; the group keeps the name that it was made with.
pub(super) fn make(state: &mut State, home: &str, group: &str, name: &str, location: &str, tags: Value) {
    let principal = state.add_principal(home, Kind::ManagedIdentity, name);
    let client = state.principal(&principal).client.clone().expect("identities have client ids");
    let subscription = state.subscription_mut(home);
    let group = subscription.groups.get(&group.to_lowercase()).map_or(group, |it| &it.name).to_owned();
    subscription.identities.push(ManagedIdentity {
        group,
        name: name.to_owned(),
        location: location.to_owned(),
        tags,
        principal,
        client,
        written: Instant::now(),
    });
}

pub(super) fn delete(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let (group, name) = call.resource(KIND, "delete")?;
    let home = call.home.clone();
    if remove(call.state, &home, &group, &name) {
        return Ok(Answer::new(200, None));
    }
    Ok(Answer::new(204, None))
}

/// Deletes an identity; its role assignments stay and lead nowhere.
pub(super) fn remove(state: &mut State, home: &str, group: &str, name: &str) -> bool {
    let Some(principal) = state.subscription(home).identity(group, name).map(|it| it.principal.clone()) else {
        return false;
    };
    state.principal_mut(&principal).is_deleted = true;
    state.principal_mut(&principal).federations.clear();
    state.subscription_mut(home).identities.retain(|it| it.principal != principal);
    true
}
