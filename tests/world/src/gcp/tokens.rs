//! Access tokens: whose they are, what they are good for, and until when.

use std::time::{Duration, SystemTime};

use super::answer::Answer;
use super::principal::{Principal, Who};
use super::state::State;
use crate::jwt::Jwt;

/// What lets a token do everything that its holder may do.
pub(super) const CLOUD_PLATFORM: &str = "https://www.googleapis.com/auth/cloud-platform";
/// What lets a token tell its holder's e-mail address.
pub(super) const EMAIL: &str = "https://www.googleapis.com/auth/userinfo.email";

/// What lets a token ask for tokens of service accounts, and nothing else.
const IAM: &str = "https://www.googleapis.com/auth/iam";

/// An access token.
#[derive(Clone, Debug)]
pub(super) struct Token {
    pub(super) who: Who,
    pub(super) scopes: Vec<String>,
    pub(super) expires: SystemTime,
    pub(super) revoked: bool,
    /// The project of the test that it was made for.
    pub(super) home: String,
}

/// A refresh token.
#[derive(Clone, Debug)]
pub(super) struct Refresh {
    pub(super) who: Who,
    pub(super) home: String,
    pub(super) revoked: bool,
}

impl Token {
    pub(super) fn is_good(&self) -> bool {
        !self.revoked && self.expires > SystemTime::now()
    }

    pub(super) fn has(&self, scope: &str) -> bool {
        self.scopes.iter().any(|it| it == scope)
    }

    pub(super) fn seconds_left(&self) -> u64 {
        self.expires.duration_since(SystemTime::now()).unwrap_or_default().as_secs()
    }
}

impl State {
    /// Makes an access token.
    pub(super) fn mint(&mut self, who: Who, scopes: &[String], life: Duration, home: &str) -> String {
        let text = format!("ya29.world-{}-{}", self.next(), uuid::Uuid::new_v4().simple());
        let token = Token {
            who,
            scopes: scopes.to_vec(),
            expires: SystemTime::now() + life,
            revoked: false,
            home: home.to_owned(),
        };
        self.tokens.insert(text.clone(), token);
        text
    }

    /// Finds out who sends a request to an API: by an access token, or by a token that a service account signed itself.
    pub(super) fn authenticate(&self, authorization: &str, service: &str) -> Result<Principal, Answer> {
        let Some(text) = authorization.strip_prefix("Bearer ") else {
            return Err(Answer::unauthenticated("CREDENTIALS_MISSING"));
        };
        if let Some(token) = self.tokens.get(text) {
            if !token.is_good() {
                return Err(Answer::unauthenticated("ACCESS_TOKEN_EXPIRED"));
            }
            let is_enough = token.has(CLOUD_PLATFORM) || (service == "iamcredentials" && token.has(IAM));
            if !is_enough {
                let reason = super::answer::reason_of(
                    "ACCESS_TOKEN_SCOPE_INSUFFICIENT",
                    "googleapis.com",
                    serde_json::json!({ "service": format!("{service}.googleapis.com") }),
                );
                let message = "Request had insufficient authentication scopes.";
                return Err(Answer::error(403, "PERMISSION_DENIED", message, vec![reason]));
            }
            return self.principal(&token.who).ok_or_else(|| Answer::unauthenticated("ACCOUNT_STATE_INVALID"));
        }
        let who =
            self.self_signed(text, service).map_err(|_| Answer::unauthenticated("ACCESS_TOKEN_TYPE_UNSUPPORTED"))?;
        self.principal(&who).ok_or_else(|| Answer::unauthenticated("ACCOUNT_STATE_INVALID"))
    }

    /// Returns the project of the test that a bearer token was made for.
    pub(super) fn home_of(&self, authorization: &str) -> Option<String> {
        let text = authorization.strip_prefix("Bearer ")?;
        if let Some(token) = self.tokens.get(text) {
            return Some(token.home.clone());
        }
        let jwt = Jwt::read(text).ok()?;
        let (unique_id, _) = self.account_keys.get(jwt.header["kid"].as_str()?)?;
        Some(self.account(unique_id)?.0.id.clone())
    }

    /// Believes a token that a service account signed itself, when it is for this service or for all.
    fn self_signed(&self, text: &str, service: &str) -> Result<Who, String> {
        let jwt = Jwt::read(text)?;
        let who = self.signer_of(&jwt)?;
        let seconds = jwt.claims["exp"].as_i64().unwrap_or(0) - jwt.claims["iat"].as_i64().unwrap_or(0);
        if jwt.claim("sub") != jwt.claim("iss") || !(1..=3660).contains(&seconds) {
            return Err("iss, sub or the times do not fit".to_owned());
        }
        let for_all = jwt.claim("scope").split(' ').any(|scope| scope == CLOUD_PLATFORM);
        let for_this = jwt.is_for(&format!("https://{service}.googleapis.com/"));
        if for_all || for_this { Ok(who) } else { Err("neither scope nor audience fits".to_owned()) }
    }

    /// Finds the service account whose key signed a token, and checks the signature.
    pub(super) fn signer_of(&self, jwt: &Jwt) -> Result<Who, String> {
        let id = jwt.header["kid"].as_str().unwrap_or_default();
        let (unique_id, keys) = self.account_keys.get(id).ok_or("the key is not known")?;
        jwt.verify(keys)?;
        let (_, account) = self.account(unique_id).ok_or("the account is not known")?;
        if jwt.claim("iss") != account.email && jwt.claim("iss") != account.unique_id {
            return Err("the key is another account's".to_owned());
        }
        Ok(Who::Account { unique_id: unique_id.clone() })
    }
}
