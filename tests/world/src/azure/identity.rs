//! Somebody in a test, with what makes a program act as them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::late::Seen;
use super::state::Federation;
use super::tokens::{AKS, LIFE};
use super::{Subscription, az, machine, sdk};
use crate::jwt::SigningKey;

/// What ARM's tokens are for, as most clients ask for them.
const ARM: &str = "https://management.azure.com";

/// Somebody, and one way in which a program can act as them: through `az`, unless another way was chosen.
#[derive(Clone)]
pub struct Identity {
    subscription: Subscription,
    oid: String,
    credential: Credential,
}

/// What a program finds.
#[derive(Clone)]
enum Credential {
    Cli,
    Secret(String),
    Certificate(PathBuf),
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

    /// The same application, by a fresh client secret.
    pub fn with_secret(&self) -> Self {
        let secret = format!("wrl8Q~{}", uuid::Uuid::new_v4().simple());
        self.subscription.azure().state().principal_mut(&self.oid).secrets.push(secret.clone());
        self.with(Credential::Secret(secret))
    }

    /// The same application, by a file with a certificate and its RSA key.
    pub fn with_certificate(&self) -> Self {
        let key = SigningKey::new("");
        let pem = key.pem();
        let pair = rcgen::KeyPair::from_pkcs8_pem_and_sign_algo(&pem, &rcgen::PKCS_RSA_SHA256).expect("an RSA key");
        let mut params = rcgen::CertificateParams::default();
        params.distinguished_name.push(rcgen::DnType::CommonName, "world");
        let certificate = params.self_signed(&pair).expect("our own parameters are valid");
        let encoded = |bytes: &[u8]| Value::from(URL_SAFE_NO_PAD.encode(bytes));
        let mut jwk = key.jwks()["keys"][0].clone();
        jwk["x5t"] = encoded(digest(&SHA1_FOR_LEGACY_USE_ONLY, certificate.der()).as_ref());
        jwk["x5t#S256"] = encoded(digest(&SHA256, certificate.der()).as_ref());
        jwk["x5c"] = json!([STANDARD.encode(certificate.der())]);
        self.subscription.azure().state().principal_mut(&self.oid).certificates.push(jwk);
        let file = self.subscription.write("certificate.pem", &format!("{pem}{}", certificate.pem()));
        self.with(Credential::Certificate(file))
    }

    /// The same application, by a token of a continuous integration that it trusts, in a file.
    pub fn with_federated_token(&self) -> Self {
        let home = self.subscription.id();
        let issuer = machine::issuer(home);
        let key = Arc::new(SigningKey::new(&format!("ci-{home}")));
        self.subscription.azure().trust_keys(&issuer, &key.jwks());
        self.trusts("ci", &issuer, "repo:demo/app:ref:refs/heads/main", machine::AUDIENCE);
        let file = self.subscription.write("federated-token", "");
        let identity = self.with(Credential::Federated { file, key });
        identity.write_federated_token(&json!({}));
        identity
    }

    /// Writes another token into the file of a federated identity: these claims in the place of those that are usual.
    pub fn write_federated_token(&self, claims: &Value) {
        let Credential::Federated { file, key } = &self.credential else {
            panic!("there is no federated token");
        };
        let now = jiff::Timestamp::now().as_second();
        let mut all = json!({
            "iss": machine::issuer(self.subscription.id()),
            "sub": "repo:demo/app:ref:refs/heads/main",
            "aud": machine::AUDIENCE,
            "iat": now,
            "nbf": now,
            "exp": now + 3600,
        });
        for (name, value) in claims.as_object().into_iter().flatten() {
            all[name] = value.clone();
        }
        crate::facade::write_private(file, &key.sign(&all)).expect("our own folder can be written");
    }

    /// The same application, in a job of Azure Pipelines.
    pub fn with_pipelines(&self) -> Self {
        let azure = self.subscription.azure();
        let issuer = machine::issuer(self.subscription.id());
        let keys = azure.state().key.jwks();
        azure.trust_keys(&issuer, &keys);
        self.trusts("pipelines", &issuer, "sc://world/demo/azure", machine::AUDIENCE);
        self.with(Credential::Pipelines)
    }

    pub(super) fn with_managed_identity(&self) -> Self {
        self.with(Credential::ManagedIdentity)
    }

    /// The same somebody through `az`.
    pub fn with_cli(&self) -> Self {
        self.with(Credential::Cli)
    }

    /// Makes an application trust an issuer's subject.
    pub fn trusts(&self, name: &str, issuer: &str, subject: &str, audience: &str) {
        let mut state = self.subscription.azure().state();
        let principal = state.principal_mut(&self.oid);
        principal.federations.retain(|it| it.name != name);
        principal.federations.push(Federation {
            name: name.to_owned(),
            issuer: issuer.to_owned(),
            subject: subject.to_owned(),
            audiences: vec![audience.to_owned()],
            seen: Seen::new(&[]),
        });
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
            Credential::Certificate(file) => set("AZURE_CLIENT_CERTIFICATE_PATH", file.display().to_string()),
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
        write_cli(&folder, tokens, blocked, &account).expect("our own folder can be written");
    }

    fn with(&self, credential: Credential) -> Self {
        Self { credential, ..self.clone() }
    }
}

fn write_cli(folder: &Path, tokens: Option<[String; 2]>, blocked: Option<u32>, account: &Value) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let refusal = folder.join("refusal");
    match (&tokens, blocked) {
        (None, _) => std::fs::write(&refusal, "ERROR: Please run 'az login' to setup account.\n")?,
        (_, Some(code)) => {
            let body = super::entra::blocked(code).body.unwrap_or_default();
            let said = body["error_description"].as_str().unwrap_or_default();
            std::fs::write(
                &refusal,
                format!("ERROR: {said}\nInteractive authentication is needed. Please run:\naz login\n"),
            )?;
        }
        _ if refusal.exists() => std::fs::remove_file(&refusal)?,
        _ => {}
    }
    std::fs::write(folder.join("account.json"), account.to_string())?;
    let expires = jiff::Timestamp::now().as_second() + 3599;
    for (name, token) in ["arm.json", "aks.json"].iter().zip(tokens.into_iter().flatten()) {
        let document = json!({
            "accessToken": token,
            "expiresOn": "2099-01-01 00:00:00.000000",
            "expires_on": expires,
            "subscription": account["id"],
            "tenant": account["tenantId"],
            "tokenType": "Bearer",
        });
        crate::facade::write_private(&folder.join(name), &document.to_string())?;
    }
    let script = folder.join("az");
    let tenant = account["tenantId"].as_str().unwrap_or_default();
    std::fs::write(
        &script,
        format!(
            "#!/bin/sh
cd \"$(dirname \"$0\")\" || exit 1
printf '%s\\n' \"$*\" >> calls
if [ -f refusal ]; then cat refusal >&2; exit 1; fi
case \" $* \" in
  *\" --tenant {tenant} \"*) ;;
  *\" --tenant \"*) echo 'ERROR: AADSTS90002: Tenant not found.' >&2; exit 1 ;;
esac
case \"$*\" in
  'account get-access-token '*{AKS}*) cat aks.json ;;
  'account get-access-token '*) cat arm.json ;;
  'account show'*) cat account.json ;;
  *) echo 'ERROR: the stand-in of az cannot do this.' >&2; exit 2 ;;
esac
"
        ),
    )?;
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o700))
}
