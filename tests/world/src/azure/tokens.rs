//! Access tokens: made, and checked by ARM and by clusters.

use std::time::Duration;

use serde_json::{Value, json};

use super::answer::{Answer, Refusal};
use super::principal::Kind;
use super::state::State;
use crate::jwt::Jwt;

/// How long tokens are good.
pub(super) const LIFE: Duration = Duration::from_secs(3599);

/// The application that AKS clusters are to Entra, in every cloud and every tenant.
pub(super) const AKS: &str = "6dae42f8-4368-4678-94ff-3960e28e3630";

/// What ARM's tokens are for, one for each name that it has; a slash at the end changes nothing.
const ARM: [&str; 6] = [
    "https://management.azure.com",
    "https://management.core.windows.net",
    "https://management.usgovcloudapi.net",
    "https://management.core.usgovcloudapi.net",
    "https://management.core.chinacloudapi.cn",
    "https://management.chinacloudapi.cn",
];

/// Says whether an audience is ARM's, whose own address counts as well.
pub(super) fn is_arm(audience: &str) -> bool {
    let audience = audience.trim_end_matches('/');
    ARM.contains(&audience) || audience.starts_with("https://127.0.0.1") || audience.starts_with("https://localhost")
}

/// Refuses a token whose time is over.
pub(super) fn expired() -> Answer {
    let now = jiff::Timestamp::now();
    let message = format!("The access token expiry UTC time is earlier than current UTC time '{now}'.");
    unauthorized("ExpiredAuthenticationToken", &message)
}

fn unauthorized(code: &str, message: &str) -> Answer {
    let challenge = format!(
        "Bearer authorization_uri=\"https://login.windows.net/\", error=\"invalid_token\", error_description=\"{message}\""
    );
    Answer::error(401, code, message).header("www-authenticate", challenge)
}

impl State {
    /// Makes an access token of somebody for an audience.
    pub(super) fn mint(&mut self, oid: &str, audience: &str, life: Duration) -> String {
        let number = self.next();
        let principal = self.principal(oid);
        let now = jiff::Timestamp::now().as_second();
        let seconds = i64::try_from(life.as_secs()).expect("a life fits");
        let tenant = &principal.tenant;
        let mut claims = json!({
            "aud": audience,
            "iss": format!("https://sts.windows.net/{tenant}/"),
            "iat": now,
            "nbf": now,
            "exp": now + seconds,
            "oid": oid,
            "sub": oid,
            "tid": tenant,
            "uti": number.to_string(),
            "ver": "1.0",
        });
        let more = match (principal.kind, &principal.client) {
            (Kind::User | Kind::Group, _) | (_, None) => json!({
                "appid": "04b07795-8ddb-461a-bbee-02f9e1bf7b46",
                "idtyp": "user",
                "name": principal.name,
                "unique_name": principal.name,
                "upn": principal.name,
                "scp": "user_impersonation",
            }),
            (kind, Some(client)) => {
                let mut more = json!({ "appid": client, "appidacr": "2", "idtyp": "app" });
                if kind == Kind::ManagedIdentity
                    && let Some(id) =
                        self.subscription(&principal.home).identities.iter().find(|it| it.principal == oid)
                {
                    more["xms_mirid"] = Value::from(super::identities::id(self.subscription(&principal.home), id));
                }
                more
            }
        };
        let more = more.as_object().cloned().unwrap_or_default();
        claims.as_object_mut().expect("claims are an object").extend(more);
        self.key.sign(&claims)
    }

    /// Finds out whose token it is, for any audience; `Err` says why it is no good.
    pub(super) fn holder(&self, text: &str) -> Result<(String, String), String> {
        let jwt = Jwt::read(text)?;
        jwt.check_signature(&self.key.jwks())?;
        let oid = jwt.claim("oid").to_owned();
        let principal = self.principals.get(&oid).ok_or("the token's holder is not known")?;
        let number: u64 = jwt.claim("uti").parse().unwrap_or(0);
        if jwt.check_times().is_err() || number < principal.tokens_from {
            return Err("expired".to_owned());
        }
        if principal.is_deleted {
            return Err("the token's holder is gone".to_owned());
        }
        Ok((oid, jwt.claim("aud").to_owned()))
    }

    /// Finds out who sends a request to ARM.
    pub(super) fn authenticate(&self, authorization: &str) -> Result<String, Refusal> {
        let Some(text) = authorization.strip_prefix("Bearer ") else {
            let message = "Authentication failed. The 'Authorization' header is missing.";
            return Err(Box::new(unauthorized("AuthenticationFailed", message)));
        };
        let (oid, audience) = self.holder(text).map_err(|reason| {
            Box::new(if reason == "expired" {
                expired()
            } else {
                unauthorized("InvalidAuthenticationToken", &format!("The access token is invalid: {reason}."))
            })
        })?;
        if is_arm(&audience) {
            return Ok(oid);
        }
        let message = format!(
            "The access token has been obtained for wrong audience or resource '{audience}'. It should exactly match \
             with one of the allowed audiences 'https://management.core.windows.net/', \
             'https://management.azure.com/'."
        );
        Err(Box::new(unauthorized("InvalidAuthenticationTokenAudience", &message)))
    }

    /// Checks that somebody is of the tenant that a subscription trusts.
    pub(super) fn check_tenant(&self, oid: &str, subscription: &str) -> Result<(), Refusal> {
        let (theirs, ours) = (&self.principal(oid).tenant, &self.subscription(subscription).tenant);
        if theirs == ours {
            return Ok(());
        }
        let message = format!(
            "The access token is from the wrong issuer 'https://sts.windows.net/{theirs}/'. It must match the tenant \
             'https://sts.windows.net/{ours}/' associated with this subscription. Please use the authority (URL) \
             'https://login.windows.net/{ours}' to get the token. Note, if the subscription is transferred to another \
             tenant there is no impact to the services, but information about new tenant could take time to propagate \
             (up to an hour). If you just transferred your subscription and see this error message, please try back \
             later."
        );
        Err(Box::new(unauthorized("InvalidAuthenticationTokenTenant", &message)))
    }

    /// Returns the subscription of the test that a bearer token was made for.
    pub(super) fn home_of(&self, authorization: &str) -> Option<String> {
        let jwt = Jwt::read(authorization.strip_prefix("Bearer ")?).ok()?;
        self.principals.get(jwt.claim("oid")).map(|it| it.home.clone())
    }
}
