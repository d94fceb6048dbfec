//! `Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials`.

use serde_json::{Value, json};

use super::answer::{Answer, Refusal};
use super::late::Seen;
use super::router::Call;
use super::state::{Federation, Subscription};
use super::{identities, place::Place};

pub(super) const KIND: &str = "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials";

/// How many one identity may have.
const LIMIT: usize = 20;

/// Refuses a write because another one is under way.
pub(super) fn concurrent(identity: &str) -> Refusal {
    let message = format!(
        "Too many Federated Identity Credentials are written concurrently for the managed identity '{identity}'. \
         Concurrent Federated Identity Credentials writes under the same managed identity are not supported."
    );
    Answer::refusal(409, "ConcurrentFederatedIdentityCredentialsWritesForSingleManagedIdentity", message)
}

/// Returns the identity that a request writes a federated credential of: such writes must not overlap.
pub(super) fn written(method: &str, place: &Place) -> Option<String> {
    let is_write = method == "PUT" || method == "DELETE";
    let of = place.path.rsplit_once('/').map(|(of, _)| of.to_lowercase());
    of.filter(|_| is_write && place.kind == KIND.to_lowercase())
}

/// Returns a federated credential as the API tells of it.
pub(super) fn shown(subscription: &Subscription, parent: (&str, &str), federation: &Federation) -> Value {
    let (group, name) = parent;
    let parent = subscription.resource_id(group, identities::KIND, name);
    json!({
        "id": format!("{parent}/federatedIdentityCredentials/{}", federation.name),
        "name": federation.name,
        "type": KIND,
        "properties": {
            "issuer": federation.issuer,
            "subject": federation.subject,
            "audiences": federation.audiences,
        },
    })
}

/// The identity that a request is about: its group, name and object id.
struct Parent {
    group: String,
    name: String,
    principal: String,
    location: String,
}

fn parent(call: &mut Call<'_>, verb: &str) -> Result<Parent, Refusal> {
    let (group, name) = call.resource(KIND, verb)?;
    let found = call.subscription().identity(&group, &name);
    let found = found.map(|it| Parent {
        group: it.group.clone(),
        name: it.name.clone(),
        principal: it.principal.clone(),
        location: it.location.clone(),
    });
    found.ok_or_else(|| {
        let message = format!(
            "Failed to perform '{verb}' on resource(s) of type 'userAssignedIdentities/federatedIdentityCredentials', \
             because the parent resource '{}' could not be found.",
            call.subscription().resource_id(&group, identities::KIND, &name)
        );
        Answer::refusal(404, "ParentResourceNotFound", message)
    })
}

pub(super) fn list(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let parent = parent(call, "read")?;
    let subscription = call.subscription();
    let federations = &call.state.principal(&parent.principal).federations;
    let all: Vec<Value> = federations.iter().map(|it| shown(subscription, (&parent.group, &parent.name), it)).collect();
    Ok(call.page(all))
}

pub(super) fn get(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let parent = parent(call, "read")?;
    let name = call.place.names.last().cloned().unwrap_or_default();
    let subscription = call.subscription();
    let federations = &call.state.principal(&parent.principal).federations;
    let found = federations.iter().find(|it| it.name.eq_ignore_ascii_case(&name));
    found.map(|it| Answer::json(shown(subscription, (&parent.group, &parent.name), it))).ok_or_else(|| {
        let message = format!("The Federated Identity Credential '{name}' was not found.");
        Answer::refusal(404, "NotFound", message)
    })
}

pub(super) fn delete(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let parent = parent(call, "delete")?;
    let name = call.place.names.last().cloned().unwrap_or_default();
    let federations = &mut call.state.principal_mut(&parent.principal).federations;
    let before = federations.len();
    federations.retain(|it| !it.name.eq_ignore_ascii_case(&name));
    Ok(Answer::new(if federations.len() < before { 200 } else { 204 }, None))
}

pub(super) fn put(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let parent = parent(call, "write")?;
    call.registered("Microsoft.ManagedIdentity")?;
    call.judge("FederatedIdentityCredential")?;
    if call.subscription().no_federation.contains(&parent.location) {
        let message = format!("Federated identity credentials are not supported in the region '{}'.", parent.location);
        return Err(Answer::refusal(405, "MethodNotAllowed", message));
    }
    let name = call.place.names.last().cloned().unwrap_or_default();
    let late = call.subscription().late.clone();
    let federation = wanted(&name, &call.body, Seen::new(&late))?;
    let bad = |message: String| Answer::refusal(400, "BadRequest", message);
    let federations = &mut call.state.principal_mut(&parent.principal).federations;
    let same = |it: &Federation| it.name.eq_ignore_ascii_case(&name);
    if federations.iter().any(|it| !same(it) && it.issuer == federation.issuer && it.subject == federation.subject) {
        let message = "Issuer and subject combination already exists for this Managed Identity.";
        return Err(bad(message.to_owned()));
    }
    let count = federations.len();
    let status = match federations.iter_mut().find(|it| same(it)) {
        Some(old) => {
            let is_new = old.issuer != federation.issuer
                || old.subject != federation.subject
                || old.audiences != federation.audiences;
            // Writing what is there already changes nothing, so nobody sees it late.
            if is_new {
                *old = federation;
            }
            200
        }
        None if count >= LIMIT => {
            return Err(bad(format!(
                "Maximum number of Federated Identity Credentials ({LIMIT}) for this Managed Identity has been reached."
            )));
        }
        None => {
            federations.push(federation);
            201
        }
    };
    let federations = &call.state.principal(&parent.principal).federations;
    let written = federations.iter().find(|it| same(it)).expect("it was just written");
    let body = shown(call.subscription(), (&parent.group, &parent.name), written);
    Ok(Answer::new(status, Some(body)))
}

/// Reads what a client wants, by the rules of names and fields.
pub(super) fn wanted(name: &str, body: &Value, seen: Seen) -> Result<Federation, Refusal> {
    let bad = |message: String| Answer::refusal(400, "BadRequest", message);
    let fits = (3..=120).contains(&name.len())
        && name.starts_with(|it: char| it.is_ascii_alphanumeric())
        && name.chars().all(|it| it.is_ascii_alphanumeric() || it == '-' || it == '_');
    if !fits {
        return Err(bad(format!("The Federated Identity Credential name '{name}' is invalid.")));
    }
    let properties = &body["properties"];
    let text = |field: &str| {
        let text = properties[field].as_str().unwrap_or_default();
        if text.is_empty() || text.len() > 600 {
            return Err(bad(format!("The property '{field}' must have between 1 and 600 characters.")));
        }
        Ok(text.to_owned())
    };
    let (issuer, subject) = (text("issuer")?, text("subject")?);
    if !issuer.starts_with("https://") {
        return Err(bad(format!("The issuer '{issuer}' is not an absolute HTTPS URL.")));
    }
    let audiences: Vec<String> = properties["audiences"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|it| it.as_str().map(str::to_owned))
        .collect();
    if audiences.len() != 1 || audiences[0].is_empty() {
        return Err(bad("The Federated Identity Credential must have exactly one audience.".to_owned()));
    }
    Ok(Federation { name: name.to_owned(), issuer, subject, audiences, seen })
}
