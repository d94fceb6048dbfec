//! The agents' side: who may poll, and the messages that wait for them.

use std::time::Instant;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ed25519_dalek::{Signature, Verifier as _};
use serde_json::{Value, json};

use super::Inside;
use super::answer::Answer;
use super::key;
use super::state::Org;

/// Holds a poll until there is a message for the runner or its time is over.
pub(super) async fn poll(inside: &Inside, org: &str, runner: &str, authorization: &str) -> Answer {
    let deadline = Instant::now() + inside.state().poll_wait;
    let mut is_new = true;
    loop {
        let pushed = inside.pushed.notified();
        tokio::pin!(pushed);
        pushed.as_mut().enable();
        {
            let mut state = inside.state();
            let Some(org) = state.orgs.get_mut(org) else {
                return Answer::missing("organization", org);
            };
            if let Err(reason) = prove(org, runner, authorization) {
                return Answer::refusal(401, reason, json!({}));
            }
            if std::mem::take(&mut is_new) {
                *org.accepted_polls.entry(runner.to_owned()).or_default() += 1;
            }
            if let Some(message) = org.queues.get_mut(runner).and_then(std::collections::VecDeque::pop_front) {
                return Answer::json(200, message);
            }
        }
        if tokio::time::timeout_at(deadline.into(), pushed).await.is_err() {
            return Answer::empty();
        }
    }
}

/// Checks a poll's token against the key that the runner is registered with.
fn prove(org: &Org, runner: &str, authorization: &str) -> Result<(), String> {
    let token = authorization.strip_prefix("JWT ").ok_or("a poll needs the header Authorization: JWT <token>")?;
    let registered = org.runners.get(runner).ok_or("no such runner")?;
    let pem = registered["runner_configuration"]["key"].as_str().ok_or("this runner has no key")?;
    let public = key::parse(pem)?;
    let (signed, signature) = token.rsplit_once('.').ok_or("the token is not a JWT")?;
    let (header, claims) = signed.split_once('.').ok_or("the token is not a JWT")?;
    let signature = URL_SAFE_NO_PAD.decode(signature).ok().and_then(|bytes| Signature::from_slice(&bytes).ok());
    let signature = signature.ok_or("the token's signature is not one")?;
    public.verify(signed.as_bytes(), &signature).map_err(|_| "the token is not signed with the runner's key")?;
    let (header, claims) = (part(header)?, part(claims)?);
    let claim = |name: &str| claims.get(name).or_else(|| header.get(name)).and_then(Value::as_str).unwrap_or_default();
    let kid = super::key_id(public.as_bytes());
    let wanted =
        [("alg", "EdDSA"), ("typ", "JWT"), ("org_id", org.id.as_str()), ("runner_id", runner), ("kid", kid.as_str())];
    match wanted.iter().find(|(name, value)| claim(name) != *value) {
        Some((name, _)) => Err(format!("the token's {name} is wrong")),
        None => Ok(()),
    }
}

fn part(text: &str) -> Result<Value, String> {
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| "the token is not base64url")?;
    serde_json::from_slice(&bytes).map_err(|_| "the token does not hold JSON".to_owned())
}
