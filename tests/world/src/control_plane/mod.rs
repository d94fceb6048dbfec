//! A real Kubernetes control plane on loopback: etcd, API server, controller manager, scheduler, and kwok as its node.

mod flags;
mod node;
mod ports;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use ports::Ports;

use crate::binaries::{self, Binaries};
use crate::certificates::{Authority, Certificate};
use crate::kubeconfig::{self, Credential};
use crate::rest::Rest;
use crate::tether::{Swept, Tethered};

/// What a test can choose about a control plane.
#[derive(Clone, Debug)]
pub struct ControlPlaneOptions {
    /// Flags for kube-apiserver, appended after ours.
    pub extra_apiserver_flags: Vec<String>,
    /// The issuer of service account tokens.
    pub issuer: String,
}

impl Default for ControlPlaneOptions {
    fn default() -> Self {
        Self { extra_apiserver_flags: Vec::new(), issuer: "https://issuer.test.example".to_owned() }
    }
}

/// A running control plane; its programs end with this value, and with this process.
pub struct ControlPlane {
    authority: Authority,
    admin: Certificate,
    port: u16,
    folder: PathBuf,
    kubelet: std::sync::Mutex<Option<std::net::TcpListener>>,
    programs: Vec<(&'static str, Tethered)>,
    _swept: Swept,
}

impl ControlPlane {
    /// Starts a control plane and returns when pods could be scheduled.
    pub async fn start(options: &ControlPlaneOptions) -> Result<Self, String> {
        let binaries = binaries::prepare()?;
        let mut last = String::new();
        for _ in 0..3 {
            match Self::attempt(&binaries, options).await {
                Ok(started) => return Ok(started),
                Err(error) if error.contains("address already in use") => last = error,
                Err(error) => return Err(error),
            }
        }
        Err(last)
    }

    /// Returns the URL of the API server.
    pub fn server_url(&self) -> String {
        format!("https://127.0.0.1:{}", self.port)
    }

    /// Returns the port of the API server.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Returns the authority that signed the API server's certificate and that client certificates must come from.
    pub fn authority(&self) -> &Authority {
        &self.authority
    }

    /// Returns a kubeconfig of a cluster administrator.
    pub fn admin_kubeconfig(&self, context: &str) -> String {
        self.admin_kubeconfig_at(context, &self.server_url())
    }

    /// Returns a kubeconfig of a cluster administrator who goes through a proxy.
    pub fn admin_kubeconfig_at(&self, context: &str, server: &str) -> String {
        self.kubeconfig(context, server, &Credential::Certificate(&self.admin))
    }

    /// Returns a kubeconfig for this credential; `server` may be a proxy in front of the API server.
    pub fn kubeconfig(&self, context: &str, server: &str, credential: &Credential<'_>) -> String {
        kubeconfig::document(context, server, self.authority.certificate(), credential)
    }

    /// Returns the folder that lasts as long as the control plane.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Returns the file that the API server writes its audit events to.
    pub fn audit_log(&self) -> PathBuf {
        self.folder.join("audit.log")
    }

    /// Hands out, once, the socket on which the API server expects the node's log endpoint.
    pub(crate) fn take_kubelet_listener(&self) -> Option<std::net::TcpListener> {
        self.kubelet.lock().expect("nobody panics with this lock").take()
    }

    async fn attempt(binaries: &Binaries, options: &ControlPlaneOptions) -> Result<Self, String> {
        let text = |error: std::io::Error| format!("cannot start the control plane: {error}");
        let folder = tempfile::Builder::new().prefix("world-").tempdir().map_err(text)?.keep();
        let swept = Swept::when_we_end(&folder).map_err(text)?;
        let kubelet = std::net::TcpListener::bind("127.0.0.1:0").map_err(text)?;
        let ports = Ports::free().map_err(text)?;
        let authority = Authority::new("world");
        let admin = authority.client("world-admin", Some("system:masters"));
        let mut world = Self {
            authority,
            admin,
            port: ports.apiserver,
            folder,
            kubelet: std::sync::Mutex::new(Some(kubelet)),
            programs: Vec::new(),
            _swept: swept,
        };
        world.write_files(binaries).map_err(text)?;
        let folder = world.folder.clone();
        let start = |name: &str, program: &Path, flags: Vec<String>| {
            Tethered::start(program, &flags, &folder.join(format!("{name}.log"))).map_err(text)
        };
        world.programs.push(("etcd", start("etcd", &binaries.etcd, flags::etcd(&folder, &ports))?));
        let apiserver = flags::apiserver(&folder, &ports, options);
        world.programs.push(("apiserver", start("apiserver", &binaries.kube_apiserver, apiserver)?));
        let admin = world.admin_kubeconfig("world");
        let rest = Rest::from_kubeconfig(&admin).await;
        world.wait_for("the API server", &rest, |rest| async move { rest.text("/readyz").await.is_ok() }).await?;
        let controllers = flags::controller_manager(&folder, &ports);
        world.programs.push(("kcm", start("kcm", &binaries.kube_controller_manager, controllers)?));
        world
            .programs
            .push(("scheduler", start("scheduler", &binaries.kube_scheduler, flags::scheduler(&folder, &ports))?));
        let kubelet_port = world.kubelet_port();
        world.programs.push(("kwok", start("kwok", &binaries.kwok, flags::kwok(&folder, &ports, kubelet_port))?));
        rest.post("/api/v1/nodes", &node::node()).await.map_err(|refusal| format!("no node: {refusal}"))?;
        world.wait_for("the node", &rest, |rest| async move { node::is_ready(&rest).await }).await?;
        Ok(world)
    }

    fn kubelet_port(&self) -> u16 {
        let listener = self.kubelet.lock().expect("nobody panics with this lock");
        listener.as_ref().and_then(|listener| listener.local_addr().ok()).map_or(0, |address| address.port())
    }

    fn write_files(&self, binaries: &Binaries) -> std::io::Result<()> {
        let write = |name: &str, text: &str| std::fs::write(self.folder.join(name), text);
        let names =
            ["127.0.0.1", "localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc", "10.0.0.1"];
        let server = self.authority.server(&names);
        write("ca.crt", self.authority.certificate())?;
        write("apiserver.crt", &server.certificate)?;
        write("apiserver.key", &server.key)?;
        let accounts = rcgen::KeyPair::generate().expect("a key pair can be made");
        write("service-accounts.key", &accounts.serialize_pem())?;
        write("service-accounts.pub", &accounts.public_key_pem())?;
        write("audit.yaml", flags::AUDIT_POLICY)?;
        write("admin.kubeconfig", &self.admin_kubeconfig("world"))?;
        write("stages.yaml", &node::stages(&std::fs::read_to_string(&binaries.stages)?))
    }

    async fn wait_for<F, Fut>(&mut self, what: &str, rest: &Rest, ready: F) -> Result<(), String>
    where
        F: Fn(Rest) -> Fut,
        Fut: Future<Output = bool>,
    {
        let deadline = Instant::now() + Duration::from_secs(60);
        while !ready(rest.clone()).await {
            if let Some((name, _)) =
                self.programs.iter_mut().find_map(|(name, it)| it.has_ended().then_some((*name, ())))
            {
                return Err(format!("{name} ended at once:\n{}", self.last_lines(name)));
            }
            if Instant::now() > deadline {
                return Err(format!("{what} is not ready after a minute:\n{}", self.last_lines("apiserver")));
            }
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
        Ok(())
    }

    fn last_lines(&self, name: &str) -> String {
        let log = std::fs::read_to_string(self.folder.join(format!("{name}.log"))).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(20)..].join("\n")
    }
}
