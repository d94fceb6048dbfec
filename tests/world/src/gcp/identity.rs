//! Somebody in a test, with what makes a program act as them.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use super::metadata::Machine;
use super::principal::Who;
use super::tokens::{CLOUD_PLATFORM, EMAIL, Refresh};
use super::{Project, endpoints};
use crate::jwt::SigningKey;

/// Somebody, and one way in which a program can act as them: by an access token, unless another way was chosen.
#[derive(Clone)]
pub struct Identity {
    project: Project,
    pub(super) who: Who,
    credential: Credential,
    quota_project: Option<String>,
}

/// What a program finds.
#[derive(Clone)]
enum Credential {
    AccessToken,
    UserFile { refresh: String },
    KeyFile { email: String, unique_id: String, key: Arc<SigningKey> },
    External { audience: String, subject_token: PathBuf, key: Arc<SigningKey>, impersonates: Option<String> },
    Workforce { refresh: String, audience: String },
    Impersonated { email: String, source: Box<Credential> },
    Machine { port: u16 },
}

impl Identity {
    pub(super) fn new(project: Project, who: Who) -> Self {
        Self { project, who, credential: Credential::AccessToken, quota_project: None }
    }

    /// Returns the project that it was made in.
    pub fn project(&self) -> &Project {
        &self.project
    }

    /// Returns the name in policies, such as `user:anna@example.com`.
    pub fn member(&self) -> String {
        self.project.gcp().state().principal(&self.who).map(|it| it.name).unwrap_or_default()
    }

    /// Returns the e-mail address; empty for somebody of another identity provider.
    pub fn email(&self) -> String {
        self.project.gcp().state().principal(&self.who).and_then(|it| it.email).unwrap_or_default()
    }

    /// Returns the number that a token without the e-mail scope tells.
    pub fn numeric_id(&self) -> String {
        self.project.gcp().state().principal(&self.who).map(|it| it.numeric).unwrap_or_default()
    }

    /// Returns an access token for an hour, with the scopes `cloud-platform` and `userinfo.email`.
    pub fn token(&self) -> String {
        self.token_with(&[CLOUD_PLATFORM, EMAIL], Duration::from_secs(3599))
    }

    /// Returns an access token with these scopes, for so long.
    pub fn token_with(&self, scopes: &[&str], life: Duration) -> String {
        let scopes: Vec<String> = scopes.iter().map(|scope| (*scope).to_owned()).collect();
        self.project.gcp().state().mint(self.who.clone(), &scopes, life, self.project.id())
    }

    /// Takes back all access tokens and refresh tokens of this identity.
    pub fn revoke(&self) {
        self.expire_tokens();
        let mut state = self.project.gcp().state();
        for refresh in state.refresh_tokens.values_mut().filter(|it| it.who == self.who) {
            refresh.revoked = true;
        }
    }

    /// Takes back all access tokens of this identity; what can make new ones still can.
    pub fn expire_tokens(&self) {
        let (who, home) = (&self.who, self.project.id());
        let mut state = self.project.gcp().state();
        for token in state.tokens.values_mut().filter(|it| it.who == *who && it.home == home) {
            token.revoked = true;
        }
    }

    /// The same somebody, by what `gcloud auth application-default login` writes.
    pub fn with_user_file(&self) -> Self {
        self.with(Credential::UserFile { refresh: self.refresh_token() })
    }

    /// The same service account, by a key file.
    pub fn with_key_file(&self) -> Self {
        let Who::Account { unique_id } = &self.who else {
            panic!("only service accounts have keys");
        };
        let key_id = uuid::Uuid::new_v4().simple().to_string();
        let key = Arc::new(SigningKey::new(&key_id));
        self.project.gcp().state().account_keys.insert(key_id, (unique_id.clone(), key.jwks()));
        self.with(Credential::KeyFile { email: self.email(), unique_id: unique_id.clone(), key })
    }

    /// The same service account, by the metadata server of a machine with both scopes.
    pub fn with_metadata_server(&self) -> Self {
        self.with_metadata_server_of(&[CLOUD_PLATFORM, EMAIL])
    }

    /// The same service account, by the metadata server of a machine with these scopes.
    pub fn with_metadata_server_of(&self, scopes: &[&str]) -> Self {
        let scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
        let machine = Machine { who: self.who.clone(), scopes, project: self.project.id().to_owned() };
        self.with(Credential::Machine { port: self.project.gcp().start_machine(machine) })
    }

    /// A service account that this identity impersonates, by a file that says so; this identity needs a file of its own.
    /// Whether it may is for policies to say.
    pub fn impersonating(&self, email: &str) -> Self {
        let unique_id = self.project.gcp().state().living(email).map(|(_, account)| account.unique_id.clone());
        let who = Who::Account { unique_id: unique_id.unwrap_or_default() };
        let credential = match &self.credential {
            Credential::External { audience, subject_token, key, .. } => Credential::External {
                key: Arc::clone(key),
                audience: audience.clone(),
                subject_token: subject_token.clone(),
                impersonates: Some(email.to_owned()),
            },
            Credential::AccessToken => Credential::Impersonated {
                email: email.to_owned(),
                source: Box::new(Credential::UserFile { refresh: self.refresh_token() }),
            },
            source => Credential::Impersonated { email: email.to_owned(), source: Box::new(source.clone()) },
        };
        Self { who, ..self.with(credential) }
    }

    /// The same somebody, whose file names a project that pays.
    pub fn with_quota_project(&self, project: &str) -> Self {
        Self { quota_project: Some(project.to_owned()), ..self.clone() }
    }

    pub(super) fn with_external_file(&self, audience: &str, subject_token: PathBuf, key: SigningKey) -> Self {
        let key = Arc::new(key);
        self.with(Credential::External { audience: audience.to_owned(), subject_token, key, impersonates: None })
    }

    pub(super) fn with_workforce_file(&self, audience: &str) -> Self {
        self.with(Credential::Workforce { refresh: self.refresh_token(), audience: audience.to_owned() })
    }

    /// Returns the variables of a program that acts as this identity.
    pub fn env(&self) -> BTreeMap<String, String> {
        self.env_at(self.project.gcp().port())
    }

    /// Returns the same for a program that reaches Google through a proxy at this port.
    pub fn env_at(&self, port: u16) -> BTreeMap<String, String> {
        let mut env = endpoints(port);
        let mut set = |name: &str, value: String| drop(env.insert(name.to_owned(), value));
        match &self.credential {
            Credential::AccessToken => set("CLOUDSDK_AUTH_ACCESS_TOKEN", self.token()),
            Credential::Machine { port } => set("GCE_METADATA_HOST", format!("127.0.0.1:{port}")),
            file => {
                let path = self.project.write("credentials.json", &self.document(file, port).to_string());
                set("GOOGLE_APPLICATION_CREDENTIALS", path.display().to_string());
            }
        }
        if !matches!(self.credential, Credential::Machine { .. }) {
            // Whatever machine this is, its own metadata server is no part of the test.
            env.insert("GCE_METADATA_HOST".to_owned(), "127.0.0.1:1".to_owned());
        }
        env
    }

    /// Returns the port of the metadata server, for a proxy in front of it.
    pub fn metadata_port(&self) -> Option<u16> {
        match self.credential {
            Credential::Machine { port } => Some(port),
            _ => None,
        }
    }

    /// Returns the credentials file as data, when a file is what programs find.
    pub fn file(&self) -> Value {
        match &self.credential {
            Credential::AccessToken | Credential::Machine { .. } => Value::Null,
            file => self.document(file, self.project.gcp().port()),
        }
    }

    /// Signs claims with the key of a key file, or with the key of the issuer behind an external account.
    pub fn sign(&self, claims: &Value) -> String {
        match &self.credential {
            Credential::KeyFile { key, .. } | Credential::External { key, .. } => key.sign(claims),
            _ => panic!("there is no key to sign with"),
        }
    }

    /// Returns the variables of the real `gcloud`, and of its plugin for kubectl, that acts as this identity.
    pub fn gcloud_env(&self) -> BTreeMap<String, String> {
        let mut env = self.env();
        env.remove("CLOUDSDK_AUTH_ACCESS_TOKEN");
        let token = self.project.write("token", &self.token());
        let config = self.project.folder("gcloud");
        let path = std::env::var("PATH").unwrap_or_default();
        let settings = [
            ("PATH", path),
            ("HOME", config.display().to_string()),
            ("CLOUDSDK_CONFIG", config.display().to_string()),
            ("CLOUDSDK_AUTH_ACCESS_TOKEN_FILE", token.display().to_string()),
            ("CLOUDSDK_CORE_DISABLE_PROMPTS", "1".to_owned()),
            ("CLOUDSDK_CORE_DISABLE_USAGE_REPORTING", "1".to_owned()),
            ("CLOUDSDK_COMPONENT_MANAGER_DISABLE_UPDATE_CHECK", "1".to_owned()),
            ("CLOUDSDK_CORE_PROJECT", self.project.id().to_owned()),
        ];
        env.extend(settings.map(|(name, value)| (name.to_owned(), value)));
        env
    }

    fn document(&self, file: &Credential, port: u16) -> Value {
        let mut document = file.document(port);
        if let Some(project) = &self.quota_project {
            document["quota_project_id"] = Value::from(project.as_str());
        }
        document
    }

    fn with(&self, credential: Credential) -> Self {
        Self { credential, ..self.clone() }
    }

    fn refresh_token(&self) -> String {
        let text = format!("1//world-{}", uuid::Uuid::new_v4().simple());
        let refresh = Refresh { who: self.who.clone(), home: self.project.id().to_owned(), revoked: false };
        self.project.gcp().state().refresh_tokens.insert(text.clone(), refresh);
        text
    }
}

impl Credential {
    /// What the file holds, for a Google at this port.
    fn document(&self, port: u16) -> Value {
        let base = format!("http://127.0.0.1:{port}");
        let impersonation = |email: &str| format!("{base}/v1/projects/-/serviceAccounts/{email}:generateAccessToken");
        match self {
            Self::AccessToken | Self::Machine { .. } => Value::Null,
            Self::UserFile { refresh } => json!({
                "type": "authorized_user",
                "client_id": "764086051850-world.apps.googleusercontent.com",
                "client_secret": "d-world",
                "refresh_token": refresh,
                "token_uri": format!("{base}/token"),
                "universe_domain": "googleapis.com",
                "account": "",
            }),
            Self::KeyFile { email, unique_id, key } => json!({
                "type": "service_account",
                "project_id": email.split(['@', '.']).nth(1).unwrap_or_default(),
                "private_key_id": key.id,
                "private_key": key.pem(),
                "client_email": email,
                "client_id": unique_id,
                "auth_uri": "https://accounts.google.com/o/oauth2/auth",
                "token_uri": format!("{base}/token"),
                "universe_domain": "googleapis.com",
            }),
            Self::External { audience, subject_token, impersonates, .. } => {
                let mut document = json!({
                    "type": "external_account",
                    "audience": audience,
                    "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
                    "token_url": format!("{base}/v1/token"),
                    "credential_source": { "file": subject_token },
                    "universe_domain": "googleapis.com",
                });
                if let Some(email) = impersonates {
                    document["service_account_impersonation_url"] = Value::from(impersonation(email));
                }
                document
            }
            Self::Workforce { refresh, audience } => json!({
                "type": "external_account_authorized_user",
                "audience": audience,
                "client_id": "world-client",
                "client_secret": STANDARD.encode("world-secret"),
                "refresh_token": refresh,
                "token_url": format!("{base}/v1/oauthtoken"),
                "token_info_url": format!("{base}/v1/introspect"),
            }),
            Self::Impersonated { email, source } => json!({
                "type": "impersonated_service_account",
                "delegates": [],
                "service_account_impersonation_url": impersonation(email),
                "source_credentials": source.document(port),
            }),
        }
    }
}
