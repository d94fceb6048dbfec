//! A Google Cloud on loopback: GKE, IAM, Resource Manager, Service Usage, IAM Credentials, token endpoints and metadata
//! servers, one process for all tests of a process.
//!
//! It keeps state, evaluates policies and verifies tokens. Every request and every answer is checked against Google's
//! own discovery documents: what breaks them is in [`Project::violations`]. Every test has projects of its own.

mod access;
mod accounts;
mod answer;
mod cluster;
mod clusters;
mod custom_roles;
mod discovery;
mod gcloud;
mod identity;
mod impersonation;
mod late;
mod members;
mod metadata;
mod oauth;
mod policy;
mod principal;
mod project;
mod project_iam;
mod project_weather;
mod projects;
mod request;
mod roles;
mod router;
mod securetoken;
mod server;
mod services;
mod state;
mod sts;
mod tokens;
mod weather;
mod webhook;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use serde_json::{Value, json};

pub use cluster::Cluster;
pub use identity::Identity;
pub use late::Late;
pub use project::Project;
pub use project_weather::OrgPolicy;
pub use request::GcpRequest;
pub use weather::GcpFault;

use crate::aws::issuer_of;
use crate::control_plane::ControlPlaneOptions;
use crate::facade::World;
use crate::kubeconfig::{self, Credential};
use crate::runtime::{block_on, runtime};
use crate::tether::Swept;
use state::State;

/// The location of everything that says no other.
pub const LOCATION: &str = "europe-west1";

/// The issuer of the shared GKE control plane.
pub const ISSUER: &str =
    "https://container.googleapis.com/v1/projects/world-plane/locations/europe-west1/clusters/world";

static SHARED: OnceLock<Gcp> = OnceLock::new();
static PLANE: OnceLock<World> = OnceLock::new();

/// A running Google stand-in.
pub struct Gcp {
    inside: Arc<Inside>,
    port: u16,
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

impl Gcp {
    /// Returns the one Google of this process, which starts on the first call and lasts as long as the process.
    pub fn shared() -> &'static Self {
        SHARED.get_or_init(|| Self::start().unwrap_or_else(|reason| panic!("{reason}")))
    }

    /// Returns the URL of all its services.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Returns the port of all its services, for a proxy in front of them.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Returns a fresh project that nobody else has.
    pub fn project(&'static self) -> Project {
        let mut state = self.state();
        let number = state.next();
        let (id, number) = (format!("demo-{number}-x7"), (481_516_230_000 + number).to_string());
        state.add_project(&id, &number);
        drop(state);
        Project::new(self, &id)
    }

    /// Returns the one GKE control plane of this process, which starts on the first call: it has a GKE issuer, a node
    /// with a metadata server, and asks this Google who the holder of a token is.
    pub fn control_plane(&'static self) -> &'static World {
        PLANE.get_or_init(|| {
            let world = World::start(&ControlPlaneOptions {
                issuer: ISSUER.to_owned(),
                extra_apiserver_flags: self.webhook_flags().unwrap_or_else(|reason| panic!("{reason}")),
            });
            let node = json!({
                "metadata": { "labels": {
                    "cloud.google.com/gke-nodepool": "default-pool",
                    "iam.gke.io/gke-metadata-server-enabled": "true",
                    "node.kubernetes.io/instance-type": "e2-standard-4",
                    "topology.kubernetes.io/region": LOCATION,
                    "topology.kubernetes.io/zone": format!("{LOCATION}-b"),
                } },
                "spec": { "providerID": format!("gce://world-plane/{LOCATION}-b/gke-world-default-pool-0a1b2c3d-x7k2") },
            });
            world.merge("v1", "Node", "", "kwok-0", &node);
            world.apply(&webhook::bindings());
            self.trust_issuer(&world);
            world
        })
    }

    /// Returns the flags that make a kube-apiserver ask this Google about bearer tokens.
    pub fn webhook_flags(&self) -> Result<Vec<String>, String> {
        let config = self.folder.join("token-webhook.yaml");
        let url = format!("{}/_world/token-review", self.url());
        let authority = crate::certificates::Authority::new("unused");
        let document = kubeconfig::document("webhook", &url, authority.certificate(), &Credential::Token("unused"));
        crate::facade::write_private(&config, &document).map_err(|error| format!("{}: {error}", config.display()))?;
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

    /// Makes people known, whom policies may name.
    pub fn know(&self, emails: &[&str]) {
        self.state().users.extend(emails.iter().map(|email| (*email).to_owned()));
    }

    /// Returns what the token webhook answers about a token: a `TokenReview`'s status, with the reason of a no.
    pub fn review(&self, token: &str) -> Value {
        webhook::review(&self.state(), &json!({ "spec": { "token": token } }))["status"].clone()
    }

    /// Returns violations of the discovery documents by requests that belong to no project.
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

    /// Starts a metadata server and returns its port.
    fn start_machine(&self, machine: metadata::Machine) -> u16 {
        let listener = block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).expect("a port on loopback");
        let port = listener.local_addr().expect("a bound socket has an address").port();
        runtime().spawn(server::accept(listener, Arc::clone(&self.inside), Some(machine)));
        port
    }

    fn start() -> Result<Self, String> {
        let text = |error: std::io::Error| format!("cannot start the Google stand-in: {error}");
        discovery::documents();
        let folder = tempfile::Builder::new().prefix("world-gcp-").tempdir().map_err(text)?.keep();
        let swept = Swept::when_we_end(&folder).map_err(text)?;
        let listener = block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).map_err(text)?;
        let port = listener.local_addr().map_err(text)?.port();
        let inside = Arc::new(Inside { state: Mutex::new(State::default()) });
        runtime().spawn(server::accept(listener, Arc::clone(&inside), None));
        Ok(Self { inside, port, folder, _swept: swept })
    }
}

/// The variables that lead programs to this Google; Google's own `gcloud` reads them as well.
fn endpoints(port: u16) -> BTreeMap<String, String> {
    let services = ["CONTAINER", "IAM", "IAMCREDENTIALS", "CLOUDRESOURCEMANAGER", "SERVICEUSAGE", "STS"];
    services
        .into_iter()
        .map(|name| (format!("CLOUDSDK_API_ENDPOINT_OVERRIDES_{name}"), format!("http://127.0.0.1:{port}/")))
        .collect()
}
