//! The Security Token Service: tokens of other identity providers for Google's.

use serde_json::{Value, json};

use super::answer::Answer;
use super::oauth::{self, LIFE};
use super::principal::Who;
use super::request::Received;
use super::state::State;
use crate::jwt::Jwt;

const EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";

/// Returns a field that forms and JSON spell differently.
pub(super) fn field<'a>(fields: &'a Value, snake: &str, camel: &str) -> &'a str {
    fields[snake].as_str().or_else(|| fields[camel].as_str()).unwrap_or_default()
}

pub(super) fn token(state: &mut State, received: &Received) -> Answer {
    let fields = received.fields();
    match exchanged(state, &fields) {
        Ok((who, home)) => granted(state, &fields, who, &home),
        Err(refusal) => refusal,
    }
}

/// Gives a token for the scopes that were asked for.
pub(super) fn granted(state: &mut State, fields: &Value, who: Who, home: &str) -> Answer {
    let scopes: Vec<String> =
        fields["scope"].as_str().unwrap_or_default().split_whitespace().map(str::to_owned).collect();
    if scopes.is_empty() {
        return Answer::oauth(400, "invalid_scope", "Invalid or missing scopes.");
    }
    let token = state.mint(who, &scopes, LIFE, home);
    Answer::json(json!({
        "access_token": token,
        "issued_token_type": ACCESS_TOKEN,
        "token_type": "Bearer",
        "expires_in": LIFE.as_secs(),
    }))
}

/// Refreshes the token of somebody who logged in through a workforce pool.
pub(super) fn oauthtoken(state: &mut State, received: &Received) -> Answer {
    let fields = received.fields();
    if let Some(subtype) = oauth::home_of(state, received).and_then(|home| state.project(&home).reauth.clone()) {
        return oauth::refused(&subtype);
    }
    if received.authorization.strip_prefix("Basic ").is_none() && fields["client_id"].is_null() {
        return Answer::oauth(401, "invalid_client", "The client is not authenticated.");
    }
    match oauth::refreshed(state, &fields) {
        Ok((who, home, scopes)) => {
            let token = state.mint(who, &scopes, LIFE, &home);
            Answer::json(json!({ "access_token": token, "expires_in": LIFE.as_secs(), "token_type": "Bearer" }))
        }
        Err(refusal) => refusal,
    }
}

/// Returns the project of the test that a request to this endpoint belongs to.
pub(super) fn home_of(state: &State, received: &Received) -> Option<String> {
    let fields = received.fields();
    let provider = state.providers.get(fields["audience"].as_str().unwrap_or_default());
    provider.map(|(_, home)| home.clone()).or_else(|| oauth::home_of(state, received))
}

fn exchanged(state: &State, fields: &Value) -> Result<(Who, String), Answer> {
    if field(fields, "grant_type", "grantType") != EXCHANGE {
        return Err(Answer::oauth(400, "unsupported_grant_type", "Invalid grant type."));
    }
    if field(fields, "requested_token_type", "requestedTokenType") != ACCESS_TOKEN {
        return Err(Answer::oauth(400, "invalid_request", "Invalid requested token type."));
    }
    let audience = fields["audience"].as_str().unwrap_or_default();
    let Some((issuer, home)) = state.providers.get(audience) else {
        return Err(Answer::oauth(
            400,
            "invalid_target",
            "The target service indicated by the \"audience\" parameters is invalid. This might either be because the \
             pool or provider is disabled or deleted or because it doesn't exist.",
        ));
    };
    let invalid = |reason: String| Answer::oauth(400, "invalid_grant", reason);
    let jwt = Jwt::read(field(fields, "subject_token", "subjectToken")).map_err(invalid)?;
    if jwt.claim("iss") != issuer {
        return Err(invalid(format!("The issuer in ID Token {} does not match the expected ones.", jwt.claim("iss"))));
    }
    if !jwt.is_for(audience) && !jwt.is_for(&format!("https:{audience}")) {
        return Err(invalid("The audience in ID Token does not match the expected audience.".to_owned()));
    }
    let keys = state.issuers.get(issuer).ok_or_else(|| invalid("The issuer's keys are not known.".to_owned()))?;
    jwt.verify(keys).map_err(invalid)?;
    let pool = audience.trim_start_matches("//iam.googleapis.com/");
    let pool = pool.split_once("/providers/").map_or(pool, |(pool, _)| pool).to_owned();
    Ok((Who::External { pool, subject: jwt.claim("sub").to_owned() }, home.clone()))
}
