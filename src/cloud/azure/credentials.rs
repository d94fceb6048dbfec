//! Where credentials come from: the environment, a CI system, az's login, and the machine itself at last.
//!
//! Azure's crate has no chain that says what each source said, so this is one of our own. What somebody chose by a
//! variable is used or refused; only az and the machine's own identity are tried one after the other. Sources:
//! `gcp-azure.md` part 4.4, and the variables of Azure's SDKs.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use azure_core::cloud::{CloudConfiguration, CustomConfiguration};
use azure_core::credentials::{Secret, TokenCredential};
use azure_core::http::{ClientOptions, RetryOptions, Transport};
use azure_identity::{
    AzureCliCredential, AzureCliCredentialOptions, AzurePipelinesCredential, AzurePipelinesCredentialOptions,
    ClientAssertionCredential, ClientAssertionCredentialOptions, ClientSecretCredential, ClientSecretCredentialOptions,
    ManagedIdentityCredential, ManagedIdentityCredentialOptions, UserAssignedId, WorkloadIdentityCredential,
    WorkloadIdentityCredentialOptions,
};

use super::AzureError;
use super::az::{self, Az};
use super::certificate::Certificate;
use super::endpoints::Endpoints;
use super::names::SubscriptionId;
use super::relay::{self, Relay};
use super::token::Tokens;
use crate::process::Process;

const TENANT: &str = "AZURE_TENANT_ID";
const CLIENT: &str = "AZURE_CLIENT_ID";
const SECRET: &str = "AZURE_CLIENT_SECRET";
const CERTIFICATE: &str = "AZURE_CLIENT_CERTIFICATE_PATH";
const CERTIFICATE_PASSWORD: &str = "AZURE_CLIENT_CERTIFICATE_PASSWORD";
const SEND_CHAIN: &str = "AZURE_CLIENT_SEND_CERTIFICATE_CHAIN";
const FEDERATED: &str = "AZURE_FEDERATED_TOKEN_FILE";
const PIPELINES: &str = "SYSTEM_OIDCREQUESTURI";
const PIPELINES_TOKEN: &str = "SYSTEM_ACCESSTOKEN";
const PIPELINES_CONNECTION: &str = "AZURESUBSCRIPTION_SERVICE_CONNECTION_ID";
/// What App Service, Functions, Container Apps and others set.
const MACHINE_VARIABLES: [&str; 2] = ["IDENTITY_ENDPOINT", "MSI_ENDPOINT"];
/// Where Linux says whose machine it is, and what every one of Azure's has there.
const MACHINE: (&str, &str) = ("/sys/class/dmi/id/chassis_asset_tag", "7783-7084-3265-9085-8269-3286-77");
/// The metadata service is next door, or not there.
const MACHINE_PATIENCE: Duration = Duration::from_secs(8);

/// Who is behind a source: what to do about it depends on that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Who {
    /// A person, through az.
    Person,
    /// A service principal.
    Service,
    /// The machine.
    Machine,
}

/// Makes a credential of Azure's crate. Each keeps its token until shortly before its end, also when a server does not
/// take it any more: so tokens are kept here, and every new one comes from a new credential.
pub(super) type Make = Box<dyn Fn() -> azure_core::Result<Arc<dyn TokenCredential>> + Send + Sync>;

/// A source of tokens, and how it is spoken of.
pub(super) struct Candidate {
    pub words: String,
    pub who: Who,
    /// How long it may take.
    pub patience: Duration,
    pub make: Make,
}

impl Candidate {
    /// Makes a credential once, to see what is wrong with what it is given.
    fn new(words: String, who: Who, patience: Duration, make: Make) -> Result<Self, (String, azure_core::Error)> {
        match make() {
            Ok(_) => Ok(Self { words, who, patience, make }),
            Err(error) => Err((words, error)),
        }
    }
}

/// As whom this run is logged in.
pub(super) struct Login {
    /// Sources to try, in this order; the first one that has a token stays the one.
    pub candidates: Vec<Candidate>,
    /// The one in use.
    pub chosen: AtomicUsize,
    /// What was looked for and not found.
    pub tried: Vec<String>,
    /// The tenant to log in to, where one is told.
    pub tenant: Option<String>,
    /// The tokens in use.
    pub tokens: tokio::sync::Mutex<Tokens>,
}

/// What a login depends on.
pub(super) struct LoginOptions<'a> {
    pub tenant: Option<&'a str>,
    pub subscription: Option<&'a SubscriptionId>,
    pub endpoints: &'a Endpoints,
    pub relay: Arc<Relay>,
}

impl LoginOptions<'_> {
    /// What Azure's crate sends with, and where to. It does not retry: this room does, and says so.
    fn client(&self) -> ClientOptions {
        let mut custom = CustomConfiguration::default();
        custom.authority_host = self.relay.authority_for_crate();
        ClientOptions {
            retry: RetryOptions::none(),
            transport: Some(Transport::new(self.relay.clone())),
            cloud: Some(Arc::new(CloudConfiguration::from(custom))),
            ..ClientOptions::default()
        }
    }
}

impl Login {
    /// Looks for sources. Reads files; sends nothing and starts no program.
    ///
    /// # Errors
    /// None, or one that somebody chose and that can't be used.
    pub(super) fn find(process: &Process, options: &LoginOptions<'_>) -> Result<Self, AzureError> {
        let tenant = options.tenant.or_else(|| process.var(TENANT)).map(str::to_owned);
        let mut look = Search { process, options, tenant: tenant.as_deref(), tried: Vec::new() };
        let candidates = match look.chosen()? {
            Some(chosen) => vec![chosen],
            None => look.logins(),
        };
        let tried = look.tried;
        if candidates.is_empty() {
            return Err(AzureError::NoCredentials { tried, tenant });
        }
        let (chosen, tokens) = (AtomicUsize::new(0), tokio::sync::Mutex::default());
        Ok(Self { candidates, chosen, tried, tenant, tokens })
    }

    /// The source in use, in words.
    pub(super) fn words(&self) -> String {
        let chosen = self.chosen.load(Ordering::Relaxed);
        self.candidates.get(chosen).map(|candidate| candidate.words.clone()).unwrap_or_default()
    }
}

struct Search<'a> {
    process: &'a Process,
    options: &'a LoginOptions<'a>,
    tenant: Option<&'a str>,
    tried: Vec<String>,
}

fn unusable(words: &str, problem: impl Into<String>, advice: &str) -> AzureError {
    AzureError::CredentialsUnusable {
        source_words: words.to_owned(),
        problem: problem.into(),
        advice: vec![advice.to_owned()],
    }
}

/// The words of Azure's crate about what it was given: names and rules, without what was given.
fn refused(words: &str, error: &azure_core::Error) -> AzureError {
    unusable(words, super::refusal::shown(&error.to_string()), "check the variables whose names begin with AZURE_")
}

impl Search<'_> {
    fn var(&self, name: &str) -> Option<&str> {
        self.process.var(name)
    }

    /// What somebody chose by a variable: the first one of these that is set.
    fn chosen(&mut self) -> Result<Option<Candidate>, AzureError> {
        for (variable, read) in [
            (SECRET, Self::secret as fn(&Self, &str) -> Result<Candidate, AzureError>),
            (CERTIFICATE, Self::certificate),
            (FEDERATED, Self::workload),
            (PIPELINES, Self::pipelines),
        ] {
            let Some(value) = self.var(variable).map(str::to_owned) else {
                self.tried.push(format!("{variable} is not set"));
                continue;
            };
            // Every job in Azure Pipelines has this one; only with a service connection it is a login.
            if variable == PIPELINES && self.var(PIPELINES_CONNECTION).is_none() {
                self.tried.push(format!("{PIPELINES} is set, and {PIPELINES_CONNECTION} is not"));
                continue;
            }
            return read(self, &value).map(Some);
        }
        Ok(None)
    }

    /// The tenant and the client id, which all service principals need.
    fn principal(&self, words: &str) -> Result<(String, String), AzureError> {
        let client = self.var(CLIENT).or_else(|| self.var("AZURESUBSCRIPTION_CLIENT_ID"));
        let tenant = self.tenant.or_else(|| self.var("AZURESUBSCRIPTION_TENANT_ID"));
        match (tenant, client) {
            (Some(tenant), Some(client)) => Ok((tenant.to_owned(), client.to_owned())),
            (None, _) => Err(unusable(words, format!("{TENANT} is not set"), "AZURE_TENANT_ID=TENANT")),
            (_, None) => Err(unusable(words, format!("{CLIENT} is not set"), "AZURE_CLIENT_ID=CLIENT_ID")),
        }
    }

    fn service(words: String, make: Make) -> Result<Candidate, AzureError> {
        let candidate = Candidate::new(words, Who::Service, relay::PATIENCE, make);
        candidate.map_err(|(words, error)| refused(&words, &error))
    }

    fn secret(&self, secret: &str) -> Result<Candidate, AzureError> {
        let words = format!("the client secret in {SECRET}");
        let (tenant, client) = self.principal(&words)?;
        let words = format!("{words} of client {client}");
        let (secret, client_options) = (Secret::new(secret.to_owned()), self.options.client());
        let make = move || {
            let options = ClientSecretCredentialOptions { client_options: client_options.clone() };
            let made = ClientSecretCredential::new(&tenant, client.clone(), secret.clone(), Some(options));
            made.map(|credential| credential as Arc<dyn TokenCredential>)
        };
        Self::service(words, Box::new(make))
    }

    fn certificate(&self, file: &str) -> Result<Candidate, AzureError> {
        let words = format!("the client certificate in {file} ({CERTIFICATE})");
        let (tenant, client) = self.principal(&words)?;
        let advice = "name a PEM file with an RSA key and its certificate";
        if self.var(CERTIFICATE_PASSWORD).is_some() {
            let problem = format!("{CERTIFICATE_PASSWORD} is set, and encrypted keys and PKCS#12 are not supported");
            return Err(unusable(&words, problem, "openssl pkcs12 -in FILE -nodes -out FILE.pem"));
        }
        let content = std::fs::read(self.process.path(Path::new(file)));
        let content = content.map_err(|error| unusable(&words, error.to_string(), advice))?;
        let content = zeroize::Zeroizing::new(content);
        let sends_chain = self.var(SEND_CHAIN).is_some_and(|it| it == "1" || it.eq_ignore_ascii_case("true"));
        let audience = self.options.endpoints.token_url(&tenant);
        let certificate = Certificate::read(&content, &client, audience.as_str(), sends_chain);
        let certificate = certificate.map_err(|problem| unusable(&words, problem, advice))?;
        let client_options = self.options.client();
        let make = move || {
            let options = ClientAssertionCredentialOptions { client_options: client_options.clone() };
            let (tenant, client) = (tenant.clone(), client.clone());
            let made = ClientAssertionCredential::new(tenant, client, certificate.clone(), Some(options));
            made.map(|credential| credential as Arc<dyn TokenCredential>)
        };
        Self::service(words, Box::new(make))
    }

    fn workload(&self, file: &str) -> Result<Candidate, AzureError> {
        let words = format!("the federated token in {file} ({FEDERATED})");
        let (tenant, client) = self.principal(&words)?;
        let words = format!("{words} of client {client}");
        let (client_options, file) = (self.options.client(), self.process.path(file));
        let make = move || {
            let options = WorkloadIdentityCredentialOptions {
                credential_options: ClientAssertionCredentialOptions { client_options: client_options.clone() },
                client_id: Some(client.clone()),
                tenant_id: Some(tenant.clone()),
                token_file_path: Some(file.clone()),
            };
            let made = WorkloadIdentityCredential::new(Some(options));
            made.map(|credential| credential as Arc<dyn TokenCredential>)
        };
        Self::service(words, Box::new(make))
    }

    /// Azure's crate reads the URL for this one from the real environment itself.
    fn pipelines(&self, _url: &str) -> Result<Candidate, AzureError> {
        let words = format!("the service connection of Azure Pipelines ({PIPELINES_CONNECTION})");
        let (tenant, client) = self.principal(&words)?;
        let Some(token) = self.var(PIPELINES_TOKEN) else {
            let advice = "env: SYSTEM_ACCESSTOKEN: $(System.AccessToken), in the step of the pipeline";
            return Err(unusable(&words, format!("{PIPELINES_TOKEN} is not set"), advice));
        };
        let connection = self.var(PIPELINES_CONNECTION).unwrap_or_default().to_owned();
        let (token, client_options) = (Secret::new(token.to_owned()), self.options.client());
        let make = move || {
            let mut options = AzurePipelinesCredentialOptions::default();
            options.credential_options.client_options = client_options.clone();
            let (tenant, client) = (tenant.clone(), client.clone());
            let made = AzurePipelinesCredential::new(tenant, client, &connection, token.clone(), Some(options));
            made.map(|credential| credential as Arc<dyn TokenCredential>)
        };
        Self::service(words, Box::new(make))
    }

    /// What is there without anybody having chosen it.
    fn logins(&mut self) -> Vec<Candidate> {
        let mut candidates = Vec::new();
        match Az::find(self.process) {
            Some(az) => candidates.extend(self.az(az)),
            None => self.tried.push("az is not on PATH".to_owned()),
        }
        if is_machine(self.process) {
            candidates.extend(self.machine());
        } else {
            self.tried.push("there is no managed identity: this is no machine of Azure's".to_owned());
        }
        candidates
    }

    fn az(&mut self, az: Az) -> Option<Candidate> {
        // az takes either of them.
        let subscription = self.options.subscription.filter(|_| self.tenant.is_none());
        let options = AzureCliCredentialOptions {
            subscription: subscription.map(ToString::to_string),
            tenant_id: self.tenant.map(str::to_owned),
            executor: Some(Arc::new(az)),
        };
        let make = move || {
            let made = AzureCliCredential::new(Some(options.clone()));
            made.map(|credential| credential as Arc<dyn TokenCredential>)
        };
        self.login("az's login".to_owned(), Who::Person, az::PATIENCE, Box::new(make))
    }

    fn machine(&mut self) -> Option<Candidate> {
        let user_assigned_id = self.var(CLIENT).map(|client| UserAssignedId::ClientId(client.to_owned()));
        let which = self.var(CLIENT).map(|client| format!(" {client}")).unwrap_or_default();
        let words = format!("the managed identity{which} of this machine");
        let client_options = self.options.client();
        let options = ManagedIdentityCredentialOptions { user_assigned_id, client_options };
        let make = move || {
            let made = ManagedIdentityCredential::new(Some(options.clone()));
            made.map(|credential| credential as Arc<dyn TokenCredential>)
        };
        self.login(words, Who::Machine, MACHINE_PATIENCE, Box::new(make))
    }

    /// One that nobody chose: if it can't be used, there may be another.
    fn login(&mut self, words: String, who: Who, patience: Duration, make: Make) -> Option<Candidate> {
        let candidate = Candidate::new(words, who, patience, make);
        candidate.map_err(|(words, error)| self.tried.push(format!("{words}: {error}"))).ok()
    }
}

/// Whether asking for a managed identity can be worth its time: elsewhere nobody answers, slowly.
fn is_machine(process: &Process) -> bool {
    MACHINE_VARIABLES.iter().any(|variable| process.var(variable).is_some())
        || std::fs::read_to_string(MACHINE.0).is_ok_and(|tag| tag.trim() == MACHINE.1)
}

#[cfg(test)]
mod tests;
