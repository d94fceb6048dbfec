//! What machines have: the endpoint of a managed identity, as App Service shows it, and the one from which a pipeline
//! gets its assertion.

use serde_json::json;

use super::answer::Answer;
use super::entra::{blocked, known};
use super::principal::Kind;
use super::request::Received;
use super::state::State;
use super::tokens::LIFE;

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Asked {
    Identity,
    Pipelines,
}

/// The audience of tokens that are exchanged, which the workload identity webhook and Azure Pipelines ask for.
pub(super) const AUDIENCE: &str = "api://AzureADTokenExchange";

/// Says whether a request is for one of these; the object id of whom they are for is in the path.
pub(super) fn asked(received: &Received) -> Option<Asked> {
    let path = received.path.trim_start_matches('/');
    if path.starts_with("_machine/") {
        Some(Asked::Identity)
    } else if path.starts_with("_pipelines/") {
        Some(Asked::Pipelines)
    } else {
        None
    }
}

fn oid(received: &Received) -> &str {
    received.path.split('/').nth(2).unwrap_or_default()
}

pub(super) fn home_of(state: &State, received: &Received) -> Option<String> {
    state.principals.get(oid(received)).map(|it| it.home.clone())
}

pub(super) fn answer(state: &mut State, asked: Asked, received: &Received) -> Answer {
    match asked {
        Asked::Identity => identity(state, received),
        Asked::Pipelines => pipelines(state, received),
    }
}

fn identity(state: &mut State, received: &Received) -> Answer {
    let error = |status, message: &str| Answer::new(status, Some(json!({ "statusCode": status, "message": message })));
    let oid = oid(received).to_owned();
    let Some(principal) = state.principals.get(&oid).filter(|it| it.kind == Kind::ManagedIdentity && !it.is_deleted)
    else {
        return error(400, "No managed identity is assigned to this resource.");
    };
    if received.query("api-version") != Some("2019-08-01") {
        return error(400, "The api-version is not supported.");
    }
    if received.identity_header != secret(&oid) {
        return error(401, "The header X-IDENTITY-HEADER is missing or wrong.");
    }
    let named = |query: &str, value: Option<&str>| received.query(query).is_none_or(|it| Some(it) == value);
    if !named("client_id", principal.client.as_deref()) || !named("object_id", Some(&oid)) {
        return error(400, "No such managed identity is assigned to this resource.");
    }
    if let Some(code) = principal.blocked {
        return blocked(code);
    }
    let client = principal.client.clone();
    match known(received.query("resource").unwrap_or_default()) {
        Ok(audience) => {
            let access_token = state.mint(&oid, &audience, LIFE);
            let expires = jiff::Timestamp::now().as_second() + i64::try_from(LIFE.as_secs()).expect("a life fits");
            Answer::json(json!({
                "access_token": access_token,
                "client_id": client,
                "expires_on": expires.to_string(),
                "resource": received.query("resource"),
                "token_type": "Bearer",
            }))
        }
        Err(message) => error(400, &message),
    }
}

/// Returns what a program must know to ask for a managed identity's token.
pub(super) fn secret(oid: &str) -> String {
    format!("world-{}", oid.replace('-', ""))
}

fn pipelines(state: &mut State, received: &Received) -> Answer {
    let oid = oid(received).to_owned();
    let refused = |status| {
        Answer::page(status, "Azure DevOps").header("x-msedge-ref", "Ref A: world").header("x-vss-e2eid", "world")
    };
    if received.method != "POST" || received.query("api-version") != Some("7.1") {
        return refused(400);
    }
    if received.authorization != format!("Bearer {}", secret(&oid)) {
        return refused(401);
    }
    let connection = format!("connection-{}", &oid[..8.min(oid.len())]);
    if received.query("serviceConnectionId") != Some(&connection) {
        return refused(404);
    }
    let now = jiff::Timestamp::now().as_second();
    let Some(issuer) = state.principals.get(&oid).map(|it| pipelines_issuer(&it.tenant)) else {
        return refused(404);
    };
    let claims = json!({
        "iss": issuer,
        "sub": "sc://world/demo/azure",
        "aud": AUDIENCE,
        "iat": now,
        "nbf": now,
        "exp": now + 600,
    });
    Answer::json(json!({ "oidcToken": state.key.sign(&claims) }))
}

/// Returns the issuer of an application's own continuous integration.
pub(super) fn issuer(oid: &str) -> String {
    format!("https://ci.world.example/{oid}")
}

/// Returns the issuer of Azure Pipelines, whose keys are those of the stand-in.
pub(super) fn pipelines_issuer(tenant: &str) -> String {
    format!("https://vstoken.world.example/{tenant}")
}
