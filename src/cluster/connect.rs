//! From kubeconfig files, or from inside a pod, to an open client for one pinned context.

use std::path::PathBuf;
use std::time::Duration;

use http::Uri;
use hyper_util::client::proxy::matcher::Matcher;
use kube::Client;
use kube::client::ClientBuilder;
use kube::config::{Config, KubeConfigOptions, Kubeconfig};

use crate::process::Process;

use crate::access::Access;

use super::client::Cluster;
use super::error::ClusterError;

/// How this program names itself to the API server, which writes it into its audit log.
const USER_AGENT: &str = concat!("runner-setup/", env!("CARGO_PKG_VERSION"));
/// How long opening a connection to the API server may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);
/// How long the API server may stay silent after a request.
const READ_TIMEOUT: Duration = Duration::from_secs(60);

/// Which cluster to talk to, and what for.
#[derive(Debug, Clone)]
pub struct ConnectOptions {
    /// The files that were named, by flag or as the list in KUBECONFIG; none: `~/.kube/config`.
    pub kubeconfig: Vec<PathBuf>,
    /// `--context`; otherwise the current one.
    pub context: Option<String>,
    /// PEM bundles to trust besides what the kubeconfig says.
    pub extra_roots: Vec<Vec<u8>>,
    /// Whether the client may change anything.
    pub access: Access,
}

/// The kubeconfig as far as it matters before connecting.
#[derive(Debug, Clone)]
pub struct Contexts {
    /// All context names in file order.
    pub names: Vec<String>,
    /// The current one.
    pub current: Option<String>,
    kubeconfig: Kubeconfig,
}

/// What one context says without asking the cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContextFacts {
    /// The context's name.
    pub context: String,
    /// The name of its cluster entry.
    pub cluster: String,
    /// The API server's URL.
    pub server: String,
    /// The credential plugin's command and how to install it, where there is one.
    pub plugin: Option<String>,
    /// The credential plugin as it is called.
    pub exec: Option<ExecFacts>,
}

/// How a context's credential plugin is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExecFacts {
    /// The program.
    pub command: String,
    /// Its arguments.
    pub args: Vec<String>,
    /// Variables that are set for it.
    pub env: Vec<(String, String)>,
}

impl Contexts {
    /// Reads and merges the kubeconfig files; `None` when there are none at all.
    ///
    /// # Errors
    /// A file that is named but can't be read or understood.
    pub fn read(process: &Process, named: &[PathBuf]) -> Result<Option<Self>, ClusterError> {
        let mut merged: Option<Kubeconfig> = None;
        for file in kubeconfig_files(process, named) {
            // Like kubectl: an entry of the list that is not there is passed over.
            if !file.exists() {
                continue;
            }
            let invalid =
                |source| ClusterError::KubeconfigInvalid { file: file.display().to_string(), source: Box::new(source) };
            let next = Kubeconfig::read_from(&file).map_err(invalid)?;
            merged = Some(match merged {
                Some(merged) => merged.merge(next).map_err(invalid)?,
                None => next,
            });
        }
        Ok(merged.map(|kubeconfig| Self {
            names: kubeconfig.contexts.iter().map(|context| context.name.clone()).collect(),
            current: kubeconfig.current_context.clone().filter(|name| !name.is_empty()),
            kubeconfig,
        }))
    }

    /// The error of a run that finds no kubeconfig at all.
    pub fn none(process: &Process, named: &[PathBuf]) -> ClusterError {
        let files = kubeconfig_files(process, named);
        let looked_at: Vec<_> = files.iter().map(|file| file.display().to_string()).collect();
        let looked_at = if looked_at.is_empty() {
            "nothing, as there is no home directory".to_owned()
        } else {
            looked_at.join(", ")
        };
        ClusterError::NoKubeconfig { looked_at, named: !named.is_empty() }
    }

    /// The context that a run will use: the one asked for, else the current one.
    ///
    /// # Errors
    /// The context does not exist, or none is current.
    pub fn facts(&self, asked: Option<&str>) -> Result<ContextFacts, ClusterError> {
        let name = asked
            .or(self.current.as_deref())
            .ok_or_else(|| ClusterError::NoCurrentContext { there: self.names.clone() })?;
        let missing = || ClusterError::ContextMissing { context: name.to_owned(), there: self.names.clone() };
        let entry = self.kubeconfig.contexts.iter().find(|context| context.name == name).ok_or_else(missing)?;
        let broken = |what: String| ClusterError::ContextBroken { context: name.to_owned(), what };
        let context = entry.context.as_ref().ok_or_else(|| broken("it is empty".to_owned()))?;
        let cluster = context.cluster.clone();
        let server = self
            .kubeconfig
            .clusters
            .iter()
            .find(|entry| entry.name == cluster)
            .and_then(|entry| entry.cluster.as_ref()?.server.clone())
            .ok_or_else(|| broken(format!("there is no server for its cluster `{cluster}`")))?;
        let user = context.user.as_deref().filter(|user| !user.is_empty());
        let login = user.map(|user| {
            let entry = self.kubeconfig.auth_infos.iter().find(|entry| entry.name == user);
            entry.ok_or_else(|| broken(format!("there is no user `{user}`")))
        });
        let exec = login.transpose()?.and_then(|login| login.auth_info.as_ref()?.exec.as_ref());
        let plugin = exec.map(|exec| {
            let command = exec.command.as_deref().unwrap_or("?");
            let hint = exec.install_hint.as_deref().map(|hint| format!(" ({})", hint.trim())).unwrap_or_default();
            format!("`{command}`{hint}")
        });
        let exec = exec.map(|exec| ExecFacts {
            command: exec.command.clone().unwrap_or_default(),
            args: exec.args.clone().unwrap_or_default(),
            env: exec
                .env
                .iter()
                .flatten()
                .filter_map(|entry| Some((entry.get("name")?.clone(), entry.get("value")?.clone())))
                .collect(),
        });
        Ok(ContextFacts { context: name.to_owned(), cluster, server, plugin, exec })
    }

    /// The proxy that the kubeconfig itself names for a cluster.
    fn own_proxy(&self, cluster: &str) -> Option<Uri> {
        let entry = self.kubeconfig.clusters.iter().find(|entry| entry.name == cluster)?;
        entry.cluster.as_ref()?.proxy_url.as_deref().filter(|url| !url.is_empty())?.parse().ok()
    }
}

/// The proxy that the environment names for a server, in both cases of letters, unless `NO_PROXY` excludes it.
pub(super) fn proxy_for(process: &Process, server: &Uri) -> Option<Uri> {
    let set = |upper: &str, lower: &str| process.var(upper).or_else(|| process.var(lower)).unwrap_or_default().trim();
    let (upper, lower) = match server.scheme_str() {
        Some("http") => ("HTTP_PROXY", "http_proxy"),
        _ => ("HTTPS_PROXY", "https_proxy"),
    };
    let proxy = set(upper, lower);
    let rules = Matcher::builder().all(proxy).no(set("NO_PROXY", "no_proxy")).build();
    rules.intercept(server)?;
    let with_scheme = if proxy.contains("://") { proxy.to_owned() } else { format!("http://{proxy}") };
    with_scheme.parse().ok()
}

fn kubeconfig_files(process: &Process, named: &[PathBuf]) -> Vec<PathBuf> {
    if named.is_empty() {
        return process.home().map(|home| home.join(".kube/config")).into_iter().collect();
    }
    named.iter().map(|file| process.path(file)).collect()
}

impl Cluster {
    /// Opens a client for one context, which stays the same for the whole run. Sends nothing yet, except what a
    /// credential plugin sends.
    ///
    /// # Errors
    /// No or a broken kubeconfig, an unknown context, a credential plugin that fails.
    pub async fn connect(process: &Process, options: &ConnectOptions) -> Result<Self, ClusterError> {
        let contexts = Contexts::read(process, &options.kubeconfig)?;
        let (facts, mut config) = match contexts {
            Some(contexts) => {
                let facts = contexts.facts(options.context.as_deref())?;
                let own_proxy = contexts.own_proxy(&facts.cluster);
                let choice = KubeConfigOptions { context: Some(facts.context.clone()), ..Default::default() };
                let mut config =
                    Config::from_custom_kubeconfig(contexts.kubeconfig, &choice).await.map_err(|source| {
                        ClusterError::KubeconfigInvalid { file: facts.context.clone(), source: Box::new(source) }
                    })?;
                // The library compares NO_PROXY with the proxy's host instead of the cluster's.
                config.proxy_url = match own_proxy {
                    Some(proxy) => Some(proxy),
                    None => proxy_for(process, &config.cluster_url),
                };
                (facts, config)
            }
            None => in_cluster(process, options)?,
        };
        with_manners(&mut config);
        if !options.extra_roots.is_empty() {
            trust_also(&mut config, &options.extra_roots)?;
        }
        let server = config.cluster_url.to_string().trim_end_matches('/').to_owned();
        let client = open(config, &facts, &server).await?;
        Ok(Self::new(client, facts.context, server, options.access))
    }
}

/// How long this program waits, and how it names itself.
pub(super) fn with_manners(config: &mut Config) {
    config.connect_timeout = Some(CONNECT_TIMEOUT);
    config.read_timeout = Some(READ_TIMEOUT);
    config.reset_reader_on_write = true;
    config.headers.push((http::header::USER_AGENT, http::HeaderValue::from_static(USER_AGENT)));
}

fn in_cluster(process: &Process, options: &ConnectOptions) -> Result<(ContextFacts, Config), ClusterError> {
    let config = Config::incluster_env().map_err(|_| Contexts::none(process, &options.kubeconfig))?;
    let server = config.cluster_url.to_string();
    let name = || "in-cluster".to_owned();
    let facts = ContextFacts { context: name(), cluster: name(), server, plugin: None, exec: None };
    Ok((facts, config))
}

/// Adds authorities. A configuration without any of its own trusts the system's: those have to be named then.
pub(super) fn trust_also(config: &mut Config, bundles: &[Vec<u8>]) -> Result<(), ClusterError> {
    let mut roots = match (&config.root_cert, &config.root_cert_file) {
        (Some(roots), _) => roots.clone(),
        (None, Some(_)) => Vec::new(),
        (None, None) => rustls_native_certs::load_native_certs().certs.iter().map(|der| der.to_vec()).collect(),
    };
    for bundle in bundles {
        use rustls_pki_types::pem::PemObject;
        for certificate in rustls_pki_types::CertificateDer::pem_slice_iter(bundle) {
            let certificate = certificate.map_err(|error| ClusterError::CaFile {
                file: "of --ca-file".to_owned(),
                source: std::io::Error::other(error.to_string()),
            })?;
            roots.push(certificate.to_vec());
        }
    }
    config.root_cert = Some(roots);
    Ok(())
}

/// A credential plugin runs here, in a thread of its own: it may take its time, or wait for somebody.
async fn open(config: Config, facts: &ContextFacts, server: &str) -> Result<Client, ClusterError> {
    let runtime = tokio::runtime::Handle::current();
    let built = tokio::task::spawn_blocking(move || {
        let _inside = runtime.enter();
        ClientBuilder::try_from(config).map(ClientBuilder::build)
    });
    let built =
        built.await.map_err(|error| ClusterError::Client { server: server.to_owned(), message: error.to_string() })?;
    built.map_err(|error| match error {
        kube::Error::Auth(error) => {
            let plugin = facts.plugin.as_ref().map(|plugin| format!("plugin {plugin}: ")).unwrap_or_default();
            let message = format!("{plugin}{}", super::credentials::told(&error));
            ClusterError::Credentials { context: facts.context.clone(), message }
        }
        other => ClusterError::Client { server: server.to_owned(), message: super::client::innermost(&other) },
    })
}
