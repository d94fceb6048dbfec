//! Client assertions: by a certificate of the client's own, or by a token of an issuer that a federated credential
//! trusts.
//!
//! Entra compares issuer, subject and audience to the letter: a slash at the end or another case is another one.

use serde_json::{Value, json};

use super::answer::Answer;
use super::entra::{claim, read};
use super::late::What;
use super::state::State;
use crate::jwt::Jwt;

/// Checks a client assertion, or says why it is not believed.
pub(super) fn check(state: &mut State, oid: &str, client: &str, assertion: &str) -> Result<(), Box<Answer>> {
    let jwt = read(assertion)?;
    if jwt.claim("iss").eq_ignore_ascii_case(client) {
        return by_certificate(state, oid, client, &jwt);
    }
    let trusted = trusted(state, oid, &jwt)?;
    if let Some(code) = state.silent.get(&trusted) {
        let message = match code {
            90061 => "Request to External OIDC endpoint failed.".to_owned(),
            50166 => format!("Request to External OIDC endpoint failed: {trusted}."),
            _ => "Failed to parse provider signing keys.".to_owned(),
        };
        return Err(Box::new(Answer::entra(400, "invalid_request", *code, &message)));
    }
    let Some(keys) = state.issuers.get(&trusted) else {
        return Err(Box::new(Answer::entra(
            400,
            "invalid_request",
            90061,
            "Request to External OIDC endpoint failed.",
        )));
    };
    signed_in_time(&jwt, keys)
}

fn by_certificate(state: &State, oid: &str, client: &str, jwt: &Jwt) -> Result<(), Box<Answer>> {
    let certificates = &state.principal(oid).certificates;
    let keys = json!({ "keys": certificates });
    if certificates.is_empty() || jwt.claim("sub") != client {
        let message = format!("Client assertion failed signature validation for the application '{client}'.");
        return Err(Box::new(Answer::entra(401, "invalid_client", 700_027, &message)));
    }
    let tenant = &state.principal(oid).tenant;
    let is_for_us = jwt.audiences().iter().any(|it| {
        it.starts_with("https://")
            && (it.contains(&format!("/{tenant}/oauth2/v2.0/token")) || it.contains(&format!("/{tenant}/v2.0")))
    });
    if !is_for_us {
        let message = "Client assertion audience claim does not match Realm issuer.";
        return Err(Box::new(Answer::entra(401, "invalid_client", 700_023, message)));
    }
    signed_in_time(jwt, &keys).map_err(|refusal| {
        if refusal.code() == "50013" {
            let message = "Client assertion contains an invalid signature. The key was not found or does not fit.";
            return Box::new(Answer::entra(401, "invalid_client", 700_027, message));
        }
        refusal
    })
}

fn signed_in_time(jwt: &Jwt, keys: &Value) -> Result<(), Box<Answer>> {
    jwt.check_signature(keys).map_err(|reason| {
        let message = format!("Assertion failed signature validation. [Reason - {}.]", reason.replace('"', "'"));
        Box::new(Answer::entra(400, "invalid_grant", 50013, &message))
    })?;
    jwt.check_times().map_err(|_| {
        let message = format!(
            "Client assertion is not within its valid time range. Current time: {}, expiry time of assertion {}. \
             Review the documentation at https://learn.microsoft.com/entra/identity-platform/certificate-credentials .",
            jiff::Timestamp::now(),
            jwt.claims["exp"],
        );
        Box::new(Answer::entra(401, "invalid_client", 700_024, &message))
    })
}

/// Finds the issuer of the federated credential that trusts this token.
fn trusted(state: &mut State, oid: &str, jwt: &Jwt) -> Result<String, Box<Answer>> {
    let [issuer, subject] = ["iss", "sub"].map(|name| claim(&jwt.claims, name));
    let audiences = jwt.audiences();
    let mut wanted = None;
    let mut seen = Vec::new();
    for (index, it) in state.principal_mut(oid).federations.iter_mut().enumerate() {
        match it.seen.look(What::Trust) {
            Ok(()) => seen.push(index),
            Err(code) => wanted = wanted.or(code),
        }
    }
    if let Some(code) = wanted {
        return Err(refusal(code, &issuer, &subject, &audiences));
    }
    let federations = &state.principal(oid).federations;
    let seen: Vec<_> = seen.into_iter().map(|index| &federations[index]).collect();
    if seen.is_empty() {
        return Err(refusal(70025, &issuer, &subject, &audiences));
    }
    let of_issuer: Vec<_> = seen.into_iter().filter(|it| it.issuer == issuer).collect();
    if of_issuer.is_empty() {
        return Err(refusal(700_211, &issuer, &subject, &audiences));
    }
    let of_subject: Vec<_> = of_issuer.iter().filter(|it| it.subject == subject).collect();
    if of_subject.is_empty() {
        let almost = of_issuer.iter().any(|it| it.subject.eq_ignore_ascii_case(&subject));
        return Err(refusal(if almost { 7_002_138 } else { 700_213 }, &issuer, &subject, &audiences));
    }
    if !of_subject.iter().any(|it| it.audiences.iter().any(|audience| audiences.contains(audience))) {
        return Err(refusal(700_212, &issuer, &subject, &audiences));
    }
    Ok(issuer)
}

fn refusal(code: u32, issuer: &str, subject: &str, audiences: &[String]) -> Box<Answer> {
    let audience = audiences.join(" ");
    let rest = "Check your federated identity credential Subject, Audience and Issuer against the presented assertion. \
                https://learn.microsoft.com/entra/workload-id/workload-identity-federation";
    let message = match code {
        70025 => "The client has no configured federated identity credentials.".to_owned(),
        700_211 => {
            format!("No matching federated identity record found for presented assertion issuer '{issuer}'. {rest}")
        }
        700_212 => {
            format!("No matching federated identity record found for presented assertion audience '{audience}'. {rest}")
        }
        700_213 => {
            format!("No matching federated identity record found for presented assertion subject '{subject}'. {rest}")
        }
        7_002_138 => format!(
            "No matching federated identity record found for presented assertion subject '{subject}'. The subject \
             matches case-insensitively, but not case-sensitively. {rest}"
        ),
        _ => format!(
            "No matching federated identity record found for presented assertion. Assertion Issuer: '{issuer}'. \
             Assertion Subject: '{subject}'. Assertion Audience: '{audience}'. {rest}"
        ),
    };
    let (status, error) = if code == 70021 { (400, "invalid_request") } else { (401, "invalid_client") };
    Box::new(Answer::entra(status, error, code, &message))
}
