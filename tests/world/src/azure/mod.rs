//! An Azure on loopback, over TLS: ARM with AKS, managed identities and role assignments, the Entra authority, and what
//! machines get tokens from; one process for all tests of a process.
//!
//! It keeps state, evaluates role assignments and verifies tokens. Every body that a client sends is held to the models
//! of Microsoft's own clients: what breaks them is in [`Subscription::violations`]. Every test has subscriptions, and a
//! tenant, of its own.

mod access;
mod answer;
mod assignments;
mod az;
mod cluster;
mod clusters;
mod definitions;
mod entra;
mod fake_az;
mod federated;
mod federation;
mod graph;
mod groups;
mod identities;
mod identity;
mod identity_ways;
mod late;
mod locks;
mod machine;
mod models;
mod mutation;
mod place;
mod principal;
mod request;
mod roles;
mod router;
mod sdk;
mod server;
mod state;
mod subscription;
mod subscription_iam;
mod subscription_weather;
mod tokens;
mod versions;
mod weather;
mod webhook;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};

pub use cluster::Cluster;
pub use identity::Identity;
pub use late::{Late, What};
pub use request::AzureRequest;
pub use subscription::Subscription;
pub use weather::AzureFault;

use crate::aws::issuer_of;
use crate::certificates::{Authority, server_config};
use crate::control_plane::ControlPlaneOptions;
use crate::facade::{World, write_private};
use crate::kubeconfig::{self, Credential};
use crate::runtime::{block_on, runtime};
use crate::tether::Swept;
use state::State;

/// The location of everything that says no other.
pub const LOCATION: &str = "eastus";

/// The tenant that pods of the shared AKS control plane get when their account names no other.
pub const PLANE_TENANT: &str = "0b1f4a6e-3c2d-4e5f-8a9b-7c6d5e4f3a2b";

/// The issuer of the shared AKS control plane; the slash at its end is part of it.
pub const ISSUER: &str =
    "https://eastus.oic.prod-aks.azure.com/0b1f4a6e-3c2d-4e5f-8a9b-7c6d5e4f3a2b/5d6c7b8a-9f0e-4d1c-8b2a-3f4e5d6c7b8a/";

static SHARED: OnceLock<Azure> = OnceLock::new();
static PLANE: OnceLock<World> = OnceLock::new();

/// A running Azure stand-in.
pub struct Azure {
    inside: Arc<Inside>,
    port: u16,
    authority: Authority,
    folder: PathBuf,
    _swept: Swept,
}

/// What the server and its handles share.
struct Inside {
    state: Mutex<State>,
}

impl Inside {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Azure {
    /// Returns the one Azure of this process, which starts on the first call and lasts as long as the process.
    pub fn shared() -> &'static Self {
        SHARED.get_or_init(|| Self::start().unwrap_or_else(|reason| panic!("{reason}")))
    }

    /// Returns the URL of ARM and of the authority.
    pub fn url(&self) -> String {
        format!("https://127.0.0.1:{}", self.port)
    }

    /// Returns the port of ARM and of the authority, for a proxy in front of them.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Returns the certificate of the authority that signed the server's certificate, PEM.
    pub fn certificate(&self) -> &str {
        self.authority.certificate()
    }

    /// Returns the file that holds [`Azure::certificate`].
    pub fn certificate_file(&self) -> PathBuf {
        self.folder.join("ca.pem")
    }

    /// Returns a fresh subscription in a tenant of its own.
    pub fn subscription(&'static self) -> Subscription {
        self.subscription_in(&uuid::Uuid::new_v4().to_string())
    }

    /// Returns a fresh subscription in a tenant that others may be in.
    pub fn subscription_in(&'static self, tenant: &str) -> Subscription {
        let id = uuid::Uuid::new_v4().to_string();
        self.state().add_subscription(&id, tenant);
        Subscription::new(self, &id, tenant)
    }

    /// Returns the one AKS control plane of this process, which starts on the first call: it has an AKS issuer, a node
    /// of Azure, asks this Azure who the holder of a token is, and has the workload identity webhook.
    pub fn control_plane(&'static self) -> &'static World {
        PLANE.get_or_init(|| {
            let world = World::start(&ControlPlaneOptions {
                issuer: ISSUER.to_owned(),
                extra_apiserver_flags: self.webhook_flags().unwrap_or_else(|reason| panic!("{reason}")),
            });
            let node = cluster::node("00000000-0000-0000-0000-000000000000", "MC_world_world_eastus");
            world.merge("v1", "Node", "", "kwok-0", &node);
            world.apply(&webhook::bindings());
            self.inject(&world, PLANE_TENANT);
            self.trust_issuer(&world);
            world
        })
    }

    /// Puts the workload identity webhook before a control plane and waits until it is called; pods get this tenant when their account names no other.
    pub fn inject(&self, world: &World, tenant: &str) {
        let number = self.state().next();
        let path = mutation::know(number, world.rest(), tenant);
        world.apply(&mutation::configuration(&format!("{}{path}", self.url()), self.certificate()));
        // An API server takes a moment to know its webhooks.
        let probe = mutation::probe();
        world.wait_until("the workload identity webhook is called", Duration::from_secs(20), || {
            let made = block_on(world.rest().post("/api/v1/namespaces/default/pods?dryRun=All", &probe));
            made.is_ok_and(|pod| mutation::is_injected(&pod))
        });
    }

    /// Returns the flags that make a kube-apiserver ask this Azure about bearer tokens.
    pub fn webhook_flags(&self) -> Result<Vec<String>, String> {
        let config = self.folder.join("token-webhook.yaml");
        let url = format!("{}/_world/token-review", self.url());
        let document = kubeconfig::document("webhook", &url, self.certificate(), &Credential::Token("unused"));
        write_private(&config, &document).map_err(|error| format!("{}: {error}", config.display()))?;
        Ok(vec![
            format!("--authentication-token-webhook-config-file={}", config.display()),
            "--authentication-token-webhook-version=v1".to_owned(),
            // A role counts, and stops counting, at once.
            "--authentication-token-webhook-cache-ttl=0s".to_owned(),
        ])
    }

    /// Makes the keys of a control plane known, which would otherwise be fetched from the issuer's address; returns its
    /// issuer.
    pub fn trust_issuer(&self, world: &World) -> String {
        let issuer = issuer_of(world);
        let keys: Value = serde_json::from_str(&world.text("/openid/v1/jwks")).expect("keys are JSON");
        self.trust_keys(&issuer, &keys);
        issuer
    }

    /// Makes keys known as those of an issuer.
    pub fn trust_keys(&self, issuer: &str, keys: &Value) {
        self.state().issuers.insert(issuer.to_owned(), keys.clone());
    }

    /// Makes the authority say that it cannot read an issuer's documents: 90061, 50166 or 900612; `None` ends it.
    pub fn cannot_read_issuer(&self, issuer: &str, code: Option<u32>) {
        let silent = &mut self.state().silent;
        match code {
            Some(code) => drop(silent.insert(issuer.to_owned(), code)),
            None => drop(silent.remove(issuer)),
        }
    }

    /// Returns what the token webhook answers about a token: a `TokenReview`'s status, with the reason of a no.
    pub fn review(&self, token: &str) -> Value {
        webhook::review(&mut self.state(), &json!({ "spec": { "token": token } }))["status"].clone()
    }

    /// Returns violations by requests that belong to no subscription.
    pub fn stray_violations(&self) -> Vec<String> {
        self.state().strays.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.inside.state()
    }

    /// The folder that lasts as long as the process.
    fn folder(&self) -> &Path {
        &self.folder
    }

    fn start() -> Result<Self, String> {
        let text = |error: std::io::Error| format!("cannot start the Azure stand-in: {error}");
        models::models();
        let folder = tempfile::Builder::new().prefix("world-azure-").tempdir().map_err(text)?.keep();
        let swept = Swept::when_we_end(&folder).map_err(text)?;
        let authority = Authority::new("world-azure");
        std::fs::write(folder.join("ca.pem"), authority.certificate()).map_err(text)?;
        let tls = tokio_rustls::TlsAcceptor::from(server_config(&authority.server(&["localhost", "127.0.0.1"])));
        let listener = block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).map_err(text)?;
        let port = listener.local_addr().map_err(text)?.port();
        let inside = Arc::new(Inside { state: Mutex::new(State::new()) });
        runtime().spawn(server::accept(listener, tls, Arc::clone(&inside)));
        Ok(Self { inside, port, authority, folder, _swept: swept })
    }
}
