//! The authority: discovery documents and the token endpoint of every tenant.

use serde_json::{Value, json};

use super::answer::Answer;
use super::late::What;
use super::request::Received;
use super::state::State;
use super::tokens::{AKS, LIFE, is_arm};
use crate::jwt::Jwt;

/// What a client assertion is, by its form's own words.
const ASSERTION: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// Returns what a path of the authority asks for.
pub(super) fn kind(path: &str) -> Option<&'static str> {
    match path.split('/').skip(2).collect::<Vec<_>>().join("/").as_str() {
        "oauth2/v2.0/token" => Some("token"),
        "v2.0/.well-known/openid-configuration" => Some("openid-configuration"),
        "discovery/v2.0/keys" => Some("keys"),
        "discovery/instance" => Some("instance"),
        _ => None,
    }
}

/// Returns the subscription of the test that a request belongs to: that of the client, or one of the tenant.
pub(super) fn home_of(state: &State, received: &Received) -> Option<String> {
    let tenant = tenant_of(received);
    let client = received.field("client_id");
    let known = state.principals.values().find(|it| it.client.as_deref() == Some(client.as_str()));
    known.map(|it| it.home.clone()).or_else(|| state.home_of_tenant(tenant))
}

fn tenant_of(received: &Received) -> &str {
    received.path.split('/').nth(1).unwrap_or_default()
}

pub(super) fn answer(state: &mut State, received: &Received, kind: &str, base: &str) -> Answer {
    let tenant = tenant_of(received);
    match kind {
        "token" => token(state, received).unwrap_or_else(|refusal| *refusal),
        "keys" => Answer::json(state.key.jwks()),
        "instance" => instance(base, tenant),
        _ if tenant != "common" && tenant != "organizations" && !state.has_tenant(tenant) => no_tenant(tenant),
        _ => Answer::json(json!({
            "token_endpoint": format!("{base}/{tenant}/oauth2/v2.0/token"),
            "authorization_endpoint": format!("{base}/{tenant}/oauth2/v2.0/authorize"),
            "device_authorization_endpoint": format!("{base}/{tenant}/oauth2/v2.0/devicecode"),
            "jwks_uri": format!("{base}/{tenant}/discovery/v2.0/keys"),
            "issuer": format!("{base}/{tenant}/v2.0"),
            "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
        })),
    }
}

fn instance(base: &str, tenant: &str) -> Answer {
    let host = base.trim_start_matches("https://");
    Answer::json(json!({
        "tenant_discovery_endpoint": format!("{base}/{tenant}/v2.0/.well-known/openid-configuration"),
        "api-version": "1.1",
        "metadata": [{ "preferred_network": host, "preferred_cache": host, "aliases": [host] }],
    }))
}

fn no_tenant(tenant: &str) -> Answer {
    let message = format!(
        "Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the \
         correct cloud. Check with your subscription administrator, this may happen if there are no active \
         subscriptions for the tenant."
    );
    Answer::entra(400, "invalid_request", 90002, &message)
}

fn token(state: &mut State, received: &Received) -> Result<Answer, Box<Answer>> {
    let field = |name: &str| received.field(name);
    let tenant = tenant_of(received).to_lowercase();
    if !state.has_tenant(&tenant) {
        return Err(Box::new(no_tenant(&tenant)));
    }
    let refuse =
        |status, error: &str, number, message: String| Box::new(Answer::entra(status, error, number, &message));
    let grant = field("grant_type");
    if grant != "client_credentials" {
        let message = format!("The app requested an unsupported grant type '{grant}'.");
        return Err(refuse(400, "unsupported_grant_type", 70003, message));
    }
    let scope = field("scope");
    let audience = audience_of(&scope)?;
    let client = field("client_id");
    let unknown = || {
        let message = format!(
            "Application with identifier '{client}' was not found in the directory '{tenant}'. This can happen if the \
             application has not been installed by the administrator of the tenant or consented to by any user in the \
             tenant. You may have sent your authentication request to the wrong tenant."
        );
        refuse(400, "unauthorized_client", 700016, message)
    };
    let oid = state.client(&tenant, &client).map(|it| it.oid.clone()).ok_or_else(unknown)?;
    if state.principal_mut(&oid).seen.look(What::Client).is_err() {
        return Err(unknown());
    }
    let (secret, assertion) = (field("client_secret"), field("client_assertion"));
    if secret.is_empty() && assertion.is_empty() {
        let message = "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.";
        return Err(refuse(401, "invalid_client", 7_000_218, message.to_owned()));
    }
    if !assertion.is_empty() {
        let how = field("client_assertion_type");
        if how != ASSERTION {
            let message = format!("The client assertion type '{how}' is not supported.");
            return Err(refuse(400, "invalid_request", 50027, message));
        }
        super::federation::check(state, &oid, &client, &assertion)?;
    } else if !state.principal(&oid).secrets.contains(&secret) {
        let message = format!(
            "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, \
             not the client secret ID, for a secret added to app '{client}'."
        );
        return Err(refuse(401, "invalid_client", 7_000_215, message));
    }
    if let Some(code) = state.principal(&oid).blocked {
        return Err(Box::new(blocked(code)));
    }
    let access_token = state.mint(&oid, &audience, LIFE);
    Ok(Answer::json(json!({
        "token_type": "Bearer",
        "expires_in": LIFE.as_secs(),
        "ext_expires_in": LIFE.as_secs(),
        "access_token": access_token,
    })))
}

/// What conditional access and its like say.
pub(super) fn blocked(code: u32) -> Answer {
    let (error, message) = match code {
        50076 => (
            "interaction_required",
            "Due to a configuration change made by your administrator, or because you moved to a new location, you \
             must use multi-factor authentication to access the resource.",
        ),
        53003 => (
            "interaction_required",
            "Access has been blocked by Conditional Access policies. The access policy does not allow token issuance.",
        ),
        50005 => (
            "interaction_required",
            "User tried to log in to a device from a platform (Unknown) that's currently \
                                            not supported through Conditional Access policy.",
        ),
        _ => ("invalid_grant", "The request was refused."),
    };
    Answer::entra(400, error, code, message)
}

/// Reads a scope: a resource that is known here, then `/.default`. What is before it is the audience, to the letter.
fn audience_of(scope: &str) -> Result<String, Box<Answer>> {
    let named: Vec<&str> =
        scope.split_whitespace().filter(|it| !["openid", "profile", "offline_access"].contains(it)).collect();
    let invalid =
        |status, error: &str, number, message: String| Box::new(Answer::entra(status, error, number, &message));
    let [scope] = named.as_slice() else {
        let message = format!("The provided request must include exactly one resource's scope, not '{scope}'.");
        return Err(invalid(400, "invalid_scope", 70011, message));
    };
    let Some(resource) = scope.strip_suffix("/.default") else {
        let message = format!(
            "The provided value for scope {scope} is not valid. Client credential flows must have a scope value with \
             /.default suffixed to the resource identifier (application ID URI)."
        );
        return Err(invalid(400, "invalid_scope", 1_002_012, message));
    };
    known(resource).map_err(|message| invalid(400, "invalid_resource", 500_011, message))
}

/// Returns the audience of tokens for a resource.
pub(super) fn known(resource: &str) -> Result<String, String> {
    let aks = resource.trim_start_matches("api://").trim_end_matches('/');
    if aks == AKS {
        return Ok(AKS.to_owned());
    }
    if is_arm(resource) || resource.starts_with("https://graph.microsoft.com") {
        return Ok(resource.to_owned());
    }
    Err(format!(
        "The resource principal named {resource} was not found in the tenant. This can happen if the application has \
         not been installed by the administrator of the tenant or consented to by any user in the tenant."
    ))
}

/// Reads the claims of an assertion, which is believed later.
pub(super) fn read(assertion: &str) -> Result<Jwt, Box<Answer>> {
    Jwt::read(assertion).map_err(|reason| {
        let message = format!("JWT token is invalid or malformed: {}.", reason.replace('"', "'"));
        Box::new(Answer::entra(400, "invalid_request", 50027, &message))
    })
}

/// Returns a claim as text.
pub(super) fn claim(claims: &Value, name: &str) -> String {
    claims[name].as_str().unwrap_or_default().to_owned()
}
