//! The two ways to a token that are one request: a person's login, and a service account's key.
//!
//! Google's library would send the first through an HTTP client of its own, which knows neither `--ca-file` nor this
//! run's deadline, and makes a token of its own for the second, which an API server of GKE may not take
//! (`gcp-azure.md`, part 0): so a key only signs here, and Google's token endpoint makes the token, as for GKE's own
//! credential plugin. Source: RFC 6749 section 6 and RFC 7523.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use google_cloud_auth::credentials::service_account;
use google_cloud_auth::signer::Signer;
use reqwest::header::CONTENT_TYPE;
use serde_json::{Value, json};
use url::Url;
use url::form_urlencoded::Serializer;
use zeroize::Zeroizing;

use super::GcpError;
use super::client::Shared;
use super::endpoints::may_carry_secrets;
use super::token::{Kept, SCOPES};
use super::understand::Trouble;
use crate::retry::{Patience, spoken};

/// Google's own token endpoint.
const TOKEN_URI: &str = "https://oauth2.googleapis.com/token";
/// How long an assertion lasts: the longest that Google takes.
const ASSERTION_LASTS: Duration = Duration::from_secs(3600);

fn text(content: &Value, key: &str) -> Result<String, String> {
    content[key].as_str().filter(|text| !text.is_empty()).map(str::to_owned).ok_or_else(|| format!("it has no `{key}`"))
}

fn token_uri(content: &Value) -> Result<Url, String> {
    let uri = content["token_uri"].as_str().filter(|uri| !uri.is_empty()).unwrap_or(TOKEN_URI);
    let uri: Url = uri.parse().map_err(|_| "its `token_uri` is no URL".to_owned())?;
    if may_carry_secrets(&uri) { Ok(uri) } else { Err("its `token_uri` does not start with https://".to_owned()) }
}

/// A person's login.
pub(super) struct User {
    uri: Url,
    client_id: String,
    client_secret: Zeroizing<String>,
    refresh_token: Zeroizing<String>,
}

impl User {
    /// Reads what `gcloud auth application-default login` wrote.
    ///
    /// # Errors
    /// What is missing in it.
    pub(super) fn read(content: &Value) -> Result<Self, String> {
        Ok(Self {
            uri: token_uri(content)?,
            client_id: text(content, "client_id")?,
            client_secret: Zeroizing::new(text(content, "client_secret")?),
            refresh_token: Zeroizing::new(text(content, "refresh_token")?),
        })
    }

    /// A new token, with the scopes of the login.
    pub(super) async fn token(&self, shared: &Shared) -> Result<Kept, Trouble> {
        let fields = [
            ("grant_type", "refresh_token"),
            ("client_id", &self.client_id),
            ("client_secret", &self.client_secret),
            ("refresh_token", &self.refresh_token),
        ];
        shared.grant(&self.uri, &fields).await
    }
}

/// A service account's key.
pub(super) struct Key {
    uri: Url,
    /// Whose it is.
    pub email: String,
    id: Option<String>,
    signer: Signer,
}

impl Key {
    /// Reads a key file.
    ///
    /// # Errors
    /// What is missing in it.
    pub(super) fn read(content: Value) -> Result<Self, String> {
        let (uri, email, id) =
            (token_uri(&content)?, text(&content, "client_email")?, text(&content, "private_key_id"));
        text(&content, "private_key")?;
        let signer = service_account::Builder::new(content).build_signer();
        let signer = signer.map_err(|_| "Google's library can't use it as a service account's key".to_owned())?;
        Ok(Self { uri, email, id: id.ok(), signer })
    }

    /// A new token.
    pub(super) async fn token(&self, shared: &Shared) -> Result<Kept, Trouble> {
        let unusable = |message| {
            let source_words = format!("the service account key of {}", self.email);
            Trouble::NotSent(GcpError::CredentialsFailed { source_words, causes: vec![message], advice: Vec::new() })
        };
        let assertion = self.assertion(SystemTime::now()).await.map_err(unusable)?;
        let fields = [("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"), ("assertion", &*assertion)];
        shared.grant(&self.uri, &fields).await
    }

    async fn assertion(&self, now: SystemTime) -> Result<Zeroizing<String>, String> {
        let issued = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let mut header = json!({ "alg": "RS256", "typ": "JWT" });
        if let Some(id) = &self.id {
            header["kid"] = json!(id);
        }
        let claims = json!({
            "iss": self.email,
            "scope": SCOPES.join(" "),
            "aud": self.uri.as_str(),
            "iat": issued,
            "exp": issued + ASSERTION_LASTS.as_secs(),
        });
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(&header), part(&claims));
        let signature = self.signer.sign(&signed).await;
        // What the library says of a broken key may repeat it.
        let signature = signature.map_err(|_| "its `private_key` is no RSA key in PEM (PKCS#8)".to_owned())?;
        Ok(Zeroizing::new(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))))
    }
}

impl Shared {
    /// Asks a token endpoint, again while that can help.
    async fn grant(&self, uri: &Url, fields: &[(&str, &str)]) -> Result<Kept, Trouble> {
        let form = Zeroizing::new(Serializer::new(String::new()).extend_pairs(fields).finish());
        let until = self.token_deadline();
        let host = uri.host_str().unwrap_or_default();
        let mut patience = Patience::new(until);
        loop {
            let began = Instant::now();
            let request = self.http.post(uri.clone()).header(CONTENT_TYPE, "application/x-www-form-urlencoded");
            let trouble = match self.answer(request.body(form.to_string()), Some(&form), until).await {
                Ok(answer) => match Kept::read(&answer, began) {
                    Some(token) => return Ok(token),
                    None => {
                        let came = "an answer without `access_token`".to_owned();
                        return Err(Trouble::Strange { status: 200, came });
                    }
                },
                Err(trouble) => trouble,
            };
            tracing::debug!(host, "google's token endpoint did not answer with a token");
            let wait = if let Trouble::Refused(refusal) = &trouble { refusal.wait } else { None };
            let Some(said) = trouble.passing(host) else { return Err(trouble) };
            let Some(wait) = patience.wait_after(wait) else { return Err(trouble) };
            (self.on_retry)(&format!("{said}; asking again in {}", spoken(wait)));
            tokio::time::sleep(wait).await;
        }
    }
}
