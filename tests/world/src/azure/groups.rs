//! ARM's own: tenants, subscriptions, resource groups and the registration of providers.

use serde_json::{Value, json};

use super::answer::{Answer, Refusal};
use super::place::Place;
use super::router::Call;
use super::state::{Group, Subscription};

pub(super) fn tenants(call: &Call<'_>) -> Answer {
    let tenant = &call.state.principal(&call.caller).tenant;
    Answer::json(json!({ "value": [{
        "id": format!("/tenants/{tenant}"),
        "tenantId": tenant,
        "displayName": "World",
        "tenantCategory": "Home",
        "defaultDomain": "world.example",
    }] }))
}

fn shown(subscription: &Subscription) -> Value {
    json!({
        "id": subscription.scope(),
        "subscriptionId": subscription.id,
        "tenantId": subscription.tenant,
        "displayName": format!("World {}", subscription.id),
        "state": if subscription.is_disabled { "Disabled" } else { "Enabled" },
        "authorizationSource": "RoleBased",
        "managedByTenants": [],
        "subscriptionPolicies": {
            "locationPlacementId": "Public_2014-09-01",
            "quotaId": "PayAsYouGo_2014-09-01",
            "spendingLimit": "Off",
        },
    })
}

/// Lists the subscriptions of the caller's tenant in which they have any role.
pub(super) fn subscriptions(call: &Call<'_>) -> Answer {
    let tenant = &call.state.principal(&call.caller).tenant;
    let is_theirs = |it: &&Subscription| it.tenant == *tenant && call.state.is_known_in(&call.caller, &it.id);
    Answer::json(json!({ "value": call.state.subscriptions.values().filter(is_theirs).map(shown).collect::<Vec<_>>() }))
}

pub(super) fn subscription(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    if !call.state.is_known_in(&call.caller, &call.home) {
        call.need("Microsoft.Resources/subscriptions/read")?;
    }
    Ok(Answer::json(shown(call.subscription())))
}

fn group(subscription: &Subscription, group: &Group) -> Value {
    json!({
        "id": format!("/subscriptions/{}/resourceGroups/{}", subscription.id, group.name),
        "name": group.name,
        "type": "Microsoft.Resources/resourceGroups",
        "location": group.location,
        "tags": group.tags,
        "properties": { "provisioningState": "Succeeded" },
    })
}

pub(super) fn list(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let scope = call.subscription().scope();
    call.need_at("Microsoft.Resources/subscriptions/resourceGroups/read", &scope)?;
    let subscription = call.subscription();
    let all: Vec<Value> = subscription.groups.values().map(|it| group(subscription, it)).collect();
    Ok(call.page(all))
}

pub(super) fn get(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    call.need("Microsoft.Resources/subscriptions/resourceGroups/read")?;
    let name = call.place.group.clone().unwrap_or_default();
    let subscription = call.subscription();
    let found = subscription.groups.get(&name.to_lowercase()).ok_or_else(|| Answer::no_group(&name))?;
    if call.received.method == "HEAD" {
        return Ok(Answer::new(204, None));
    }
    Ok(Answer::json(group(subscription, found)))
}

pub(super) fn put(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    call.need("Microsoft.Resources/subscriptions/resourceGroups/write")?;
    let name = call.place.group.clone().unwrap_or_default();
    let location = call.body["location"].as_str().unwrap_or_default().to_owned();
    let tags = if call.body["tags"].is_object() { call.body["tags"].clone() } else { json!({}) };
    let subscription = call.subscription_mut();
    let is_new = !subscription.groups.contains_key(&name.to_lowercase());
    let made = Group { name: name.clone(), location, tags };
    subscription.groups.insert(name.to_lowercase(), made);
    let body = group(subscription, &subscription.groups[&name.to_lowercase()]);
    Ok(Answer::new(if is_new { 201 } else { 200 }, Some(body)))
}

/// Returns a provider's name as it is written.
fn written(namespace: &str) -> &'static str {
    match namespace.to_lowercase().as_str() {
        "microsoft.authorization" => "Microsoft.Authorization",
        "microsoft.containerservice" => "Microsoft.ContainerService",
        "microsoft.managedidentity" => "Microsoft.ManagedIdentity",
        "microsoft.resources" => "Microsoft.Resources",
        _ => "",
    }
}

fn provider_shown(subscription: &Subscription, namespace: &str) -> Value {
    let is_on = subscription.namespaces.contains(&namespace.to_lowercase());
    let kinds: &[&str] = match written(namespace) {
        "Microsoft.ContainerService" => &["managedClusters"],
        "Microsoft.ManagedIdentity" => {
            &["userAssignedIdentities", "userAssignedIdentities/federatedIdentityCredentials"]
        }
        "Microsoft.Authorization" => &["roleAssignments", "roleDefinitions", "permissions", "locks"],
        _ => &["subscriptions", "resourceGroups"],
    };
    let types: Vec<Value> = kinds
        .iter()
        .map(|kind| {
            let versions = super::versions::of(&format!("{namespace}/{kind}").to_lowercase());
            json!({ "resourceType": kind, "locations": ["East US", "West Europe"], "apiVersions": versions })
        })
        .collect();
    json!({
        "id": format!("{}/providers/{}", subscription.scope(), written(namespace)),
        "namespace": written(namespace),
        "registrationState": if is_on { "Registered" } else { "NotRegistered" },
        "registrationPolicy": "RegistrationRequired",
        "resourceTypes": types,
    })
}

pub(super) fn providers(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let scope = call.subscription().scope();
    call.need_at("Microsoft.Resources/subscriptions/providers/read", &scope)?;
    let all =
        ["microsoft.authorization", "microsoft.containerservice", "microsoft.managedidentity", "microsoft.resources"];
    let all: Vec<Value> = all.iter().map(|it| provider_shown(call.subscription(), it)).collect();
    Ok(call.page(all))
}

pub(super) fn provider(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let scope = call.subscription().scope();
    call.need_at("Microsoft.Resources/subscriptions/providers/read", &scope)?;
    let namespace = call.place.kind.clone();
    if written(&namespace).is_empty() {
        let message = format!("The resource namespace '{namespace}' is invalid.");
        return Err(Answer::refusal(404, "InvalidResourceNamespace", message));
    }
    Ok(Answer::json(provider_shown(call.subscription(), &namespace)))
}

pub(super) fn register(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let namespace = call.place.kind.trim_end_matches("/register").to_owned();
    let scope = call.subscription().scope();
    call.need_at(&format!("{}/register/action", written(&namespace)), &scope)?;
    call.subscription_mut().namespaces.insert(namespace.clone());
    Ok(Answer::json(provider_shown(call.subscription(), &namespace)))
}

/// Says whether something that a scope names is there.
pub(super) fn is_there(subscription: &Subscription, scope: &str) -> Result<(), Refusal> {
    let place = Place::of(scope);
    let Some(group) = &place.group else {
        return Ok(());
    };
    if !subscription.groups.contains_key(&group.to_lowercase()) {
        return Err(Answer::no_group(group));
    }
    let Some(name) = place.names.last() else {
        return Ok(());
    };
    let is_known = match place.kind.as_str() {
        "microsoft.containerservice/managedclusters" => subscription.cluster(group, name).is_some(),
        "microsoft.managedidentity/userassignedidentities" => subscription.identity(group, name).is_some(),
        _ => subscription.others.contains(&scope.to_lowercase()),
    };
    if is_known { Ok(()) } else { Err(Answer::no_resource(&place.kind, name, group)) }
}
