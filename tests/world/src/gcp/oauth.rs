//! The token endpoint: refresh tokens, signed assertions, and what tokens tell.

use std::time::Duration;

use serde_json::{Value, json};

use super::answer::Answer;
use super::principal::{Who, numeric_of};
use super::request::Received;
use super::state::State;
use super::tokens::{CLOUD_PLATFORM, EMAIL, Token};
use crate::jwt::Jwt;

pub(super) const LIFE: Duration = Duration::from_secs(3599);
const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

pub(super) fn token(state: &mut State, received: &Received) -> Answer {
    let fields = received.fields();
    if let Some(subtype) = home_of(state, received).and_then(|home| state.project(&home).reauth.clone()) {
        return refused(&subtype);
    }
    let (who, home, scopes) = match fields["grant_type"].as_str() {
        Some("refresh_token") => match refreshed(state, &fields) {
            Ok(found) => found,
            Err(refusal) => return refusal,
        },
        Some(JWT_BEARER) => match asserted(state, &fields) {
            Ok(found) => found,
            Err(refusal) => return refusal,
        },
        _ => return Answer::oauth(400, "unsupported_grant_type", "Invalid grant_type"),
    };
    if scopes.is_empty() {
        return Answer::oauth(400, "invalid_scope", "Invalid OAuth scope or ID token audience provided.");
    }
    let token = state.mint(who, &scopes, LIFE, &home);
    Answer::json(json!({
        "access_token": token,
        "expires_in": LIFE.as_secs(),
        "scope": scopes.join(" "),
        "token_type": "Bearer",
    }))
}

/// Returns the project of the test that a request to this endpoint belongs to.
pub(super) fn home_of(state: &State, received: &Received) -> Option<String> {
    let fields = received.fields();
    if let Some(refresh) = fields["refresh_token"].as_str().and_then(|text| state.refresh_tokens.get(text)) {
        return Some(refresh.home.clone());
    }
    if let Some(text) = fields["assertion"].as_str() {
        return state.home_of(&format!("Bearer {text}"));
    }
    let given = received.query("access_token").or_else(|| fields["access_token"].as_str());
    given.or_else(|| fields["token"].as_str()).and_then(|text| state.tokens.get(text)).map(|token| token.home.clone())
}

pub(super) fn revoke(state: &mut State, received: &Received) -> Answer {
    let fields = received.fields();
    let text = received.query("token").or_else(|| fields["token"].as_str()).unwrap_or_default();
    if let Some(token) = state.tokens.get_mut(text) {
        token.revoked = true;
    }
    if let Some(token) = state.refresh_tokens.get_mut(text) {
        token.revoked = true;
    }
    Answer::json(json!({}))
}

pub(super) fn tokeninfo(state: &mut State, received: &Received) -> Answer {
    let fields = received.fields();
    let text = received.query("access_token").or_else(|| fields["access_token"].as_str()).unwrap_or_default();
    let Some(token) = state.tokens.get(text).filter(|token| token.is_good()) else {
        return Answer::oauth(400, "invalid_token", "Invalid Value");
    };
    let Some(principal) = state.principal(&token.who) else {
        return Answer::oauth(400, "invalid_token", "Invalid Value");
    };
    let mut info = json!({
        "azp": principal.numeric,
        "aud": principal.numeric,
        "sub": principal.numeric,
        "scope": token.scopes.join(" "),
        "exp": (jiff::Timestamp::now().as_second() + i64::try_from(token.seconds_left()).unwrap_or(0)).to_string(),
        "expires_in": token.seconds_left().to_string(),
        "access_type": "online",
    });
    if let Some(email) = principal.email.filter(|_| token.has(EMAIL)) {
        info["email"] = Value::from(email);
        info["email_verified"] = Value::from("true");
    }
    Answer::json(info)
}

pub(super) fn userinfo(state: &mut State, received: &Received) -> Answer {
    let text = received.authorization.strip_prefix("Bearer ").unwrap_or_default();
    let token = state.tokens.get(text).filter(|token| token.is_good());
    let Some((token, principal)) = token.and_then(|token| Some((token, state.principal(&token.who)?))) else {
        return Answer::oauth(401, "invalid_request", "Invalid Credentials");
    };
    match principal.email.filter(|_| token.has(EMAIL)) {
        Some(email) => Answer::json(
            json!({ "sub": numeric_of(&email), "id": principal.numeric, "email": email, "email_verified": true }),
        ),
        None => Answer::json(json!({ "sub": principal.numeric, "id": principal.numeric })),
    }
}

/// What the endpoint says when somebody has to log in again: `invalid_rapt` is how it says that a policy asks for it.
pub(super) fn refused(subtype: &str) -> Answer {
    let mut answer = if subtype == "invalid_rapt" {
        Answer::oauth(400, "invalid_grant", "reauth related error (invalid_rapt)")
    } else {
        Answer::oauth(400, "invalid_grant", "Token has been expired or revoked.")
    };
    if subtype == "invalid_rapt"
        && let super::answer::Body::Json(body) = &mut answer.body
    {
        body["error_uri"] = Value::from("https://support.google.com/a/answer/9368756");
        body["error_subtype"] = Value::from(subtype);
    }
    answer
}

type Granted = (Who, String, Vec<String>);

pub(super) fn refreshed(state: &State, fields: &Value) -> Result<Granted, Answer> {
    let text = fields["refresh_token"].as_str().unwrap_or_default();
    let Some(refresh) = state.refresh_tokens.get(text) else {
        return Err(Answer::oauth(400, "invalid_grant", "Bad Request"));
    };
    if refresh.revoked {
        return Err(refused("revoked"));
    }
    let asked = fields["scope"].as_str().filter(|text| !text.is_empty());
    // What `gcloud auth application-default login` asks for.
    let all = format!("{CLOUD_PLATFORM} {EMAIL} openid");
    let scopes = asked.unwrap_or(&all).split_whitespace().map(str::to_owned).collect();
    Ok((refresh.who.clone(), refresh.home.clone(), scopes))
}

fn asserted(state: &State, fields: &Value) -> Result<Granted, Answer> {
    let invalid = |reason: &str| Answer::oauth(400, "invalid_grant", reason);
    let jwt = Jwt::read(fields["assertion"].as_str().unwrap_or_default())
        .map_err(|reason| Answer::oauth(400, "invalid_request", format!("Bad Request: {reason}")))?;
    let who = state.signer_of(&jwt).map_err(|reason| {
        let reason = if reason.contains("signature") {
            "Invalid JWT Signature."
        } else {
            "Invalid JWT: the key or the time does not fit."
        };
        invalid(reason)
    })?;
    let audience = jwt.claim("aud");
    let is_ours = audience == "https://oauth2.googleapis.com/token"
        || (audience.starts_with("http://127.0.0.1:") && audience.ends_with("/token"));
    if !is_ours {
        return Err(invalid("Invalid JWT: Failed audience check."));
    }
    let seconds = jwt.claims["exp"].as_i64().unwrap_or(0) - jwt.claims["iat"].as_i64().unwrap_or(0);
    if !(1..=3600).contains(&seconds) {
        return Err(invalid(
            "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat \
             and exp values in the JWT claim.",
        ));
    }
    let Who::Account { unique_id } = &who else {
        return Err(invalid("Invalid grant: account not found"));
    };
    if state.principal(&who).is_none() {
        return Err(invalid("Invalid grant: account not found"));
    }
    let home = state.account(unique_id).expect("it signed").0.id.clone();
    let scopes = jwt.claim("scope").split_whitespace().map(str::to_owned).collect();
    Ok((who, home, scopes))
}

/// Says who a bearer token is to Kubernetes, or why it is nobody.
pub(super) fn holder<'a>(state: &'a State, text: &str) -> Result<&'a Token, String> {
    let Some(token) = state.tokens.get(text) else {
        return Err("not an access token of this Google".to_owned());
    };
    if !token.is_good() {
        return Err("the access token has expired or was revoked".to_owned());
    }
    if !token.has(CLOUD_PLATFORM) {
        return Err("the access token lacks the scope cloud-platform".to_owned());
    }
    Ok(token)
}
