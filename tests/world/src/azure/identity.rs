//! Somebody in a test, with what makes a program act as them.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::tokens::{AKS, LIFE};
use super::{Subscription, az, fake_az, machine, sdk};
use crate::jwt::SigningKey;

/// What ARM's tokens are for, as most clients ask for them.
const ARM: &str = "https://management.azure.com";

/// Somebody, and one way in which a program can act as them: through `az`, unless another way was chosen.
#[derive(Clone)]
pub struct Identity {
    subscription: Subscription,
    oid: String,
    pub(super) credential: Credential,
}

/// What a program finds.
#[derive(Clone)]
pub(super) enum Credential {
    Cli,
    Secret(String),
    Certificate { file: PathBuf, password: Option<String> },
    Federated { file: PathBuf, key: Arc<SigningKey> },
    ManagedIdentity,
    Pipelines,
}

impl Identity {
    pub(super) fn new(subscription: Subscription, oid: &str) -> Self {
        Self { subscription, oid: oid.to_owned(), credential: Credential::Cli }
    }

    /// Returns the subscription that it was made in.
    pub fn subscription(&self) -> &Subscription {
        &self.subscription
    }

    /// Returns the object id: what role assignments are for.
    pub fn object_id(&self) -> &str {
        &self.oid
    }

    /// Returns the client id of an application or a managed identity; empty for a user.
    pub fn client_id(&self) -> String {
        self.subscription.azure().state().principal(&self.oid).client.clone().unwrap_or_default()
    }

    /// Returns a user's name, or a display name.
    pub fn name(&self) -> String {
        self.subscription.azure().state().principal(&self.oid).name.clone()
    }

    /// Returns an access token for ARM.
    pub fn token(&self) -> String {
        self.token_for(ARM, LIFE)
    }

    /// Returns an access token for AKS clusters.
    pub fn cluster_token(&self) -> String {
        self.token_for(AKS, LIFE)
    }

    /// Returns an access token for an audience, for so long.
    pub fn token_for(&self, audience: &str, life: Duration) -> String {
        self.subscription.azure().state().mint(&self.oid, audience, life)
    }

    /// Makes all access tokens of this identity expired; what can make new ones still can.
    pub fn expire_tokens(&self) {
        let mut state = self.subscription.azure().state();
        let from = state.next();
        state.principal_mut(&self.oid).tokens_from = from;
        drop(state);
        self.refresh_cli();
    }

    /// Makes the authority refuse this identity with a code such as 53003 or 50076, and `az` as well; `None` ends it.
    pub fn refuse(&self, code: Option<u32>) {
        self.subscription.azure().state().principal_mut(&self.oid).blocked = code;
        self.refresh_cli();
    }

    /// Deletes it from the directory.
    pub fn delete(&self) {
        self.subscription.azure().state().principal_mut(&self.oid).is_deleted = true;
    }

    /// Takes all client secrets and certificates from it, as when they have ended.
    pub fn revoke_secrets(&self) {
        let mut state = self.subscription.azure().state();
        let principal = state.principal_mut(&self.oid);
        principal.secrets.clear();
        principal.certificates.clear();
    }

    /// Returns the variables of a program that acts as this identity.
    pub fn env(&self) -> BTreeMap<String, String> {
        self.env_at(self.subscription.azure().port())
    }

    /// Returns the same for a program that reaches Azure through a proxy at this port.
    pub fn env_at(&self, port: u16) -> BTreeMap<String, String> {
        let azure = self.subscription.azure();
        let base = format!("https://127.0.0.1:{port}");
        let folder = self.cli_folder();
        let config = folder.join("config");
        std::fs::create_dir_all(&config).expect("our own folder can be written");
        let path = std::env::var("PATH").unwrap_or_default();
        let mut env: BTreeMap<String, String> = BTreeMap::new();
        let mut set = |name: &str, value: String| drop(env.insert(name.to_owned(), value));
        set("AZURE_AUTHORITY_HOST", base.clone());
        set("RUNNER_SETUP_ARM_ENDPOINT", base.clone());
        set("SSL_CERT_FILE", azure.certificate_file().display().to_string());
        set("AZURE_SUBSCRIPTION_ID", self.subscription.id().to_owned());
        // Whatever machine this is, its own login is no part of the test.
        set("AZURE_CONFIG_DIR", config.display().to_string());
        set("PATH", format!("{}:{path}", folder.display()));
        if !matches!(self.credential, Credential::Cli | Credential::ManagedIdentity) {
            set("AZURE_TENANT_ID", self.subscription.tenant().to_owned());
        }
        if !matches!(self.credential, Credential::Cli) {
            set("AZURE_CLIENT_ID", self.client_id());
        }
        match &self.credential {
            Credential::Cli => {}
            Credential::Secret(secret) => set("AZURE_CLIENT_SECRET", secret.clone()),
            Credential::Certificate { file, password } => {
                set("AZURE_CLIENT_CERTIFICATE_PATH", file.display().to_string());
                if let Some(password) = password {
                    set("AZURE_CLIENT_CERTIFICATE_PASSWORD", password.clone());
                }
            }
            Credential::Federated { file, .. } => set("AZURE_FEDERATED_TOKEN_FILE", file.display().to_string()),
            Credential::ManagedIdentity => {
                set("IDENTITY_ENDPOINT", format!("{base}/_machine/{}", self.oid));
                set("IDENTITY_HEADER", machine::secret(&self.oid));
            }
            Credential::Pipelines => {
                set("SYSTEM_OIDCREQUESTURI", format!("{base}/_pipelines/{}", self.oid));
                set("SYSTEM_ACCESSTOKEN", machine::secret(&self.oid));
                set("AZURESUBSCRIPTION_CLIENT_ID", self.client_id());
                set("AZURESUBSCRIPTION_TENANT_ID", self.subscription.tenant().to_owned());
                set("AZURESUBSCRIPTION_SERVICE_CONNECTION_ID", format!("connection-{}", &self.oid[..8]));
            }
        }
        self.refresh_cli();
        env
    }

    /// Returns what was asked of the stand-in of `az`, oldest first.
    pub fn cli_calls(&self) -> Vec<String> {
        let calls = std::fs::read_to_string(self.cli_folder().join("calls")).unwrap_or_default();
        calls.lines().map(str::to_owned).collect()
    }

    /// Runs the real `az` as an application with a secret, and returns its document or what it said on standard error.
    /// It is large, and installed on the first call.
    pub fn az(&self, arguments: &[&str]) -> Result<Value, String> {
        let Credential::Secret(secret) = &self.credential else {
            panic!("the real az logs in with a client secret here");
        };
        az::run(self, secret, arguments)
    }

    /// Calls an operation of one of Microsoft's clients for Python, such as `msi`, `user_assigned_identities.get` and its
    /// arguments by name; returns its document, or the code and the message of the refusal.
    pub fn sdk(&self, client: &str, operation: &str, arguments: &Value) -> Result<Value, String> {
        sdk::call(self, client, operation, arguments)
    }

    /// The folder of the stand-in of `az`, always the same.
    pub(super) fn cli_folder(&self) -> PathBuf {
        let way = if matches!(self.credential, Credential::Cli) { "az" } else { "no-az" };
        let folder = self.subscription.azure().folder().join(format!("{way}-{}", self.oid));
        std::fs::create_dir_all(&folder).expect("our own folder can be written");
        folder
    }

    /// Writes what the stand-in of `az` gives out.
    fn refresh_cli(&self) {
        let folder = self.cli_folder();
        let logged_in = matches!(self.credential, Credential::Cli);
        let blocked = self.subscription.azure().state().principal(&self.oid).blocked;
        let tokens = logged_in.then(|| [self.token(), self.cluster_token()]);
        let account = json!({
            "environmentName": "AzureCloud",
            "homeTenantId": self.subscription.tenant(),
            "id": self.subscription.id(),
            "isDefault": true,
            "name": "World",
            "state": "Enabled",
            "tenantId": self.subscription.tenant(),
            "user": { "name": self.name(), "type": "user" },
        });
        fake_az::write(&folder, tokens, blocked, &account).expect("our own folder can be written");
    }

    pub(super) fn with(&self, credential: Credential) -> Self {
        Self { credential, ..self.clone() }
    }
}
