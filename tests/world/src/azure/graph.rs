//! The little of Microsoft Graph that `az role assignment` asks for.

use serde_json::{Value, json};

use super::answer::Answer;
use super::late::What;
use super::principal::Kind;
use super::request::Received;
use super::state::State;

pub(super) fn answer(state: &mut State, received: &Received) -> (Answer, Vec<String>) {
    let holder = received.authorization.strip_prefix("Bearer ").and_then(|it| state.holder(it).ok());
    let Some((caller, audience)) = holder else {
        return (Answer::error(401, "InvalidAuthenticationToken", "Access token is empty or invalid."), Vec::new());
    };
    if !audience.starts_with("https://graph.microsoft.com") && !audience.starts_with("https://127.0.0.1") {
        return (
            Answer::error(401, "InvalidAuthenticationToken", "Access token validation failure. Invalid audience."),
            Vec::new(),
        );
    }
    let tenant = state.principal(&caller).tenant.clone();
    let shown = |state: &State, oid: &str| {
        let it = state.principal(oid);
        let kind = match it.kind {
            Kind::User => "#microsoft.graph.user",
            Kind::Group => "#microsoft.graph.group",
            Kind::Application | Kind::ManagedIdentity => "#microsoft.graph.servicePrincipal",
        };
        json!({
            "@odata.type": kind,
            "id": it.oid,
            "displayName": it.name,
            "appId": it.client,
            "servicePrincipalNames": [it.client],
            "userPrincipalName": it.name,
        })
    };
    let seen = |state: &mut State, is_it: &dyn Fn(&super::principal::Principal) -> bool| -> Vec<Value> {
        let found: Vec<String> = state
            .principals
            .values_mut()
            .filter(|it| it.tenant == tenant && !it.is_deleted && is_it(it))
            .filter_map(|it| it.seen.look(What::Principal).is_ok().then(|| it.oid.clone()))
            .collect();
        found.iter().map(|oid| shown(state, oid)).collect()
    };
    let filter = received.query("$filter").unwrap_or_default().to_owned();
    let found = match (received.method.as_str(), received.path.as_str()) {
        ("GET", "/v1.0/servicePrincipals") => {
            seen(state, &|it| it.client.as_ref().is_some_and(|client| filter.contains(&format!("'{client}'"))))
        }
        ("GET", "/v1.0/users") => {
            seen(state, &|it| it.kind == Kind::User && filter.contains(&format!("'{}'", it.name)))
        }
        ("POST", "/v1.0/directoryObjects/getByIds") => {
            let ids = received.json().unwrap_or_default()["ids"].clone();
            seen(state, &|it| ids.as_array().is_some_and(|all| all.iter().any(|id| *id == it.oid)))
        }
        ("GET", path) => {
            match path.strip_prefix("/v1.0/servicePrincipals/").or(path.strip_prefix("/v1.0/directoryObjects/")) {
                Some(id) => match seen(state, &|it| it.oid == id).pop() {
                    Some(one) => return (Answer::json(one), Vec::new()),
                    None => {
                        return (
                            Answer::error(404, "Request_ResourceNotFound", "The resource does not exist."),
                            Vec::new(),
                        );
                    }
                },
                None => return unknown(received),
            }
        }
        _ => return unknown(received),
    };
    (Answer::json(json!({ "value": found })), Vec::new())
}

fn unknown(received: &Received) -> (Answer, Vec<String>) {
    let line = format!("{} {}: the stand-in of Graph has no such route", received.method, received.path);
    (Answer::error(404, "Request_ResourceNotFound", "There is no such resource."), vec![line])
}
