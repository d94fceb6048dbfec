//! The blocking door to the world, for plain `#[test]` functions.

use std::path::PathBuf;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::agent::{self, Cluster, Logs};
use crate::audit::Audit;
use crate::control_plane::{ControlPlane, ControlPlaneOptions};
use crate::kubeconfig::Credential;
use crate::objects::Objects;
use crate::orchestrator::{Orchestrator, Setup};
use crate::principal::{self, Right};
use crate::rest::{Refusal, Rest};
use crate::runtime::{block_on, runtime};

static SHARED: OnceLock<World> = OnceLock::new();
static NUMBER: AtomicU32 = AtomicU32::new(0);

/// A control plane with the stand-ins for agents and jobs in it.
pub struct World {
    plane: ControlPlane,
    objects: Objects,
    started_in: Duration,
}

impl World {
    /// Returns the one world of this process, which starts on the first call and lasts as long as the process.
    pub fn shared() -> &'static Self {
        SHARED.get_or_init(|| Self::start(&ControlPlaneOptions::default()))
    }

    /// Starts a world of its own, for a test that needs other flags; panics with the reason when it cannot.
    pub fn start(options: &ControlPlaneOptions) -> Self {
        let begin = Instant::now();
        let plane = block_on(ControlPlane::start(options)).unwrap_or_else(|reason| panic!("{reason}"));
        let rest = block_on(Rest::from_kubeconfig(&plane.admin_kubeconfig("world")));
        let logs = Logs::default();
        if let Some(listener) = plane.take_kubelet_listener() {
            let certificate = plane.authority().server(&["127.0.0.1", "kwok-0"]);
            let logs = logs.clone();
            runtime().spawn(async move {
                listener.set_nonblocking(true).expect("a socket can be made non-blocking");
                let listener = tokio::net::TcpListener::from_std(listener).expect("a socket can be adopted");
                logs.serve(listener, certificate).await;
            });
        }
        let authority = plane.authority().certificate().to_owned();
        let cluster = Cluster { admin: rest.clone(), server: plane.server_url(), authority, logs };
        runtime().spawn(agent::play(cluster));
        Self { plane, objects: Objects::new(rest), started_in: begin.elapsed() }
    }

    /// Returns how long the start took.
    pub fn started_in(&self) -> Duration {
        self.started_in
    }

    /// Returns the control plane.
    pub fn control_plane(&self) -> &ControlPlane {
        &self.plane
    }

    /// Returns the URL of the API server.
    pub fn server_url(&self) -> String {
        self.plane.server_url()
    }

    /// Returns a fresh kubeconfig file of a cluster administrator, its context named `world`.
    pub fn kubeconfig_admin(&self) -> PathBuf {
        self.kubeconfig_admin_as("world")
    }

    /// Returns a fresh kubeconfig file of a cluster administrator.
    pub fn kubeconfig_admin_as(&self, context: &str) -> PathBuf {
        self.write_kubeconfig(&self.plane.admin_kubeconfig(context))
    }

    /// Returns a fresh kubeconfig file of a cluster administrator who goes through a proxy at this port.
    pub fn kubeconfig_admin_at(&self, context: &str, port: u16) -> PathBuf {
        self.write_kubeconfig(&self.plane.admin_kubeconfig_at(context, &format!("https://127.0.0.1:{port}")))
    }

    /// Returns a fresh kubeconfig file for a credential; `server` may be a proxy in front of the API server.
    pub fn kubeconfig(&self, context: &str, server: &str, credential: &Credential<'_>) -> PathBuf {
        self.write_kubeconfig(&self.plane.kubeconfig(context, server, credential))
    }

    /// Makes an account with these rights and returns a kubeconfig file for it, its context named like the account.
    pub fn principal(&self, name: &str, rights: &[Right]) -> PathBuf {
        let token = self.principal_token(name, rights);
        self.kubeconfig(name, &self.server_url(), &Credential::Token(&token))
    }

    /// Makes an account with these rights and returns a token; to the API server it is [`World::principal_user`].
    pub fn principal_token(&self, name: &str, rights: &[Right]) -> String {
        block_on(principal::make(self.objects.rest(), "world-principals", name, rights))
    }

    /// Makes a service account unless it is there, and returns a token of it for an audience, as a pod would have it
    /// mounted.
    pub fn service_account_token(&self, namespace: &str, name: &str, audience: &str) -> String {
        block_on(principal::token_for(self.objects.rest(), namespace, name, audience))
    }

    /// Returns the user name that a principal has in the audit log.
    pub fn principal_user(&self, name: &str) -> String {
        format!("system:serviceaccount:world-principals:{name}")
    }

    /// Reads an object; the namespace of a cluster-wide kind is empty.
    pub fn get(&self, api_version: &str, kind: &str, namespace: &str, name: &str) -> Option<Value> {
        block_on(self.objects.get(api_version, kind, namespace, name))
    }

    /// Lists objects; an empty namespace means all.
    pub fn list(&self, api_version: &str, kind: &str, namespace: &str) -> Vec<Value> {
        block_on(self.objects.list(api_version, kind, namespace))
    }

    /// Applies all documents of a YAML or JSON text as the field manager `world`; panics when one is refused.
    pub fn apply(&self, text: &str) -> Vec<Value> {
        self.apply_as("world", text).unwrap_or_else(|refusal| panic!("refused: {refusal}\n{text}"))
    }

    /// Applies all documents of a YAML or JSON text as some field manager, taking fields from others.
    pub fn apply_as(&self, manager: &str, text: &str) -> Result<Vec<Value>, Refusal> {
        block_on(self.objects.apply(text, manager))
    }

    /// Creates an object as some field manager, as `kubectl create` and client-side tools do.
    pub fn create_as(&self, manager: &str, object: &Value) -> Result<Value, Refusal> {
        block_on(self.objects.create(object, manager))
    }

    /// Merges a JSON patch into an object; panics when it is refused.
    pub fn merge(&self, api_version: &str, kind: &str, namespace: &str, name: &str, patch: &Value) -> Value {
        block_on(self.objects.merge(api_version, kind, namespace, name, patch))
            .unwrap_or_else(|refusal| panic!("{kind} {name} is not patched: {refusal}"))
    }

    /// Deletes an object; false when it was not there.
    pub fn delete(&self, api_version: &str, kind: &str, namespace: &str, name: &str) -> bool {
        block_on(self.objects.delete(api_version, kind, namespace, name))
    }

    /// Returns a client of the API server for whatever else a test wants to ask, as administrator.
    pub fn rest(&self) -> &Rest {
        self.objects.rest()
    }

    /// Reads any path of the API server as text, as administrator.
    pub fn text(&self, path: &str) -> String {
        block_on(self.objects.rest().text(path)).unwrap_or_else(|refusal| panic!("{path}: {refusal}"))
    }

    /// Returns the log of a container, as the API server gives it out.
    pub fn logs(&self, namespace: &str, pod: &str, container: &str) -> String {
        self.text(&format!("/api/v1/namespaces/{namespace}/pods/{pod}/log?container={container}"))
    }

    /// Returns a name that nobody else in this process has.
    pub fn unique_name(&self, prefix: &str) -> String {
        format!("{prefix}-{}", NUMBER.fetch_add(1, Ordering::Relaxed))
    }

    /// Starts a fresh Orchestrator with the demo content.
    pub fn orchestrator(&self) -> Orchestrator {
        Orchestrator::start(Setup::demo())
    }

    /// Returns the API server's audit log.
    pub fn audit(&self) -> Audit {
        Audit::new(self.plane.audit_log())
    }

    /// Waits until a condition holds; panics with its name when it does not in time.
    pub fn wait_until(&self, what: &str, at_most: Duration, mut holds: impl FnMut() -> bool) {
        let deadline = Instant::now() + at_most;
        while !holds() {
            assert!(Instant::now() < deadline, "not within {at_most:?}: {what}");
            std::thread::sleep(Duration::from_millis(25));
        }
    }

    fn write_kubeconfig(&self, document: &str) -> PathBuf {
        let path = self.plane.folder().join(format!("{}.kubeconfig", self.unique_name("user")));
        write_private(&path, document).expect("the world's folder can be written");
        path
    }
}

/// Writes a file that only we can read.
pub(crate) fn write_private(path: &std::path::Path, text: &str) -> std::io::Result<()> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut file = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())
}
