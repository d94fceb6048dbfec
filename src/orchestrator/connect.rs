//! Opening a client: where, as whom, through which proxy, trusting whom, and whether it may change anything.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use reqwest::{Certificate, NoProxy, Proxy, redirect, retry};
use url::Url;

use super::{OrchestratorError, Token};
use crate::access::Access;

/// Told one sentence whenever a request is about to be sent again.
pub type OnRetry = Arc<dyn Fn(&str) + Send + Sync>;

/// How to reach the Orchestrator.
pub struct ConnectOptions {
    /// The base URL, `http` or `https`, without user and password.
    pub api_url: Url,
    /// The access token; `None` is fine for reaching `http://localhost` only.
    pub token: Option<Token>,
    /// PEM bundles of certificates to trust in addition to the system's.
    pub extra_root_pem: Vec<Vec<u8>>,
    /// Whether the client may change anything.
    pub access: Access,
    /// How long one request may take, its answer's body included.
    pub request_timeout: Duration,
    /// When the whole run has to end: nothing is sent after it, and no request lasts longer.
    pub deadline: Instant,
    /// The environment, of which `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` are used, in both cases of letters.
    pub env: BTreeMap<String, String>,
    /// The `User-Agent` header.
    pub user_agent: String,
    /// Told before a request is sent again.
    pub on_retry: OnRetry,
}

/// A client for the Orchestrator's API. Cheap to clone.
#[derive(Clone)]
pub struct Orchestrator {
    pub(super) client: reqwest::Client,
    pub(super) api_url: Url,
    pub(super) token: Option<Token>,
    pub(super) access: Access,
    pub(super) deadline: Instant,
    pub(super) on_retry: OnRetry,
}

impl Orchestrator {
    /// Makes a client. Nothing is sent yet.
    ///
    /// # Errors
    /// When the URL, a proxy or the additional certificates cannot be used.
    pub fn connect(options: ConnectOptions) -> Result<Self, OrchestratorError> {
        check_url(&options.api_url)?;
        // The environment is a value here, and a redirect would turn a POST into a GET: neither is left to the client.
        let mut client = reqwest::Client::builder()
            .no_proxy()
            .redirect(redirect::Policy::none())
            .retry(retry::never())
            .user_agent(options.user_agent)
            .timeout(options.request_timeout)
            .connect_timeout(options.request_timeout.min(Duration::from_secs(10)));
        for proxy in proxies(&options.env)? {
            client = client.proxy(proxy);
        }
        let mut roots = Vec::new();
        for pem in &options.extra_root_pem {
            let bundle = Certificate::from_pem_bundle(pem).map_err(|_| OrchestratorError::RootsInvalid)?;
            if bundle.is_empty() {
                return Err(OrchestratorError::RootsInvalid);
            }
            roots.extend(bundle);
        }
        Ok(Self {
            client: client.tls_certs_merge(roots).build().map_err(|source| OrchestratorError::TlsSetup { source })?,
            api_url: options.api_url,
            token: options.token,
            access: options.access,
            deadline: options.deadline,
            on_retry: options.on_retry,
        })
    }

    /// The same connection, closed for writing.
    #[must_use]
    pub fn read_only(&self) -> Self {
        Self { access: Access::ReadOnly, ..self.clone() }
    }

    /// The base URL.
    pub fn api_url(&self) -> &Url {
        &self.api_url
    }
}

impl fmt::Debug for Orchestrator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Orchestrator({}, {:?})", self.api_url, self.access)
    }
}

fn check_url(url: &Url) -> Result<(), OrchestratorError> {
    let problem = if !["http", "https"].contains(&url.scheme()) {
        "does not start with https://"
    } else if !url.username().is_empty() || url.password().is_some() {
        "has a user or a password in it; the token does not belong there"
    } else if url.query().is_some() || url.fragment().is_some() {
        "has a `?` or a `#` in it"
    } else {
        return Ok(());
    };
    let shown = format!("{}://{}{}", url.scheme(), url.host_str().unwrap_or_default(), url.path());
    Err(OrchestratorError::UrlInvalid { url: shown, problem })
}

fn proxies(env: &BTreeMap<String, String>) -> Result<Vec<Proxy>, OrchestratorError> {
    let set = |name: &str| env.get(name).filter(|value| !value.trim().is_empty());
    let no_proxy = set("NO_PROXY").or_else(|| set("no_proxy")).and_then(|hosts| NoProxy::from_string(hosts));
    let mut proxies = Vec::new();
    let variables = [("HTTPS_PROXY", "https_proxy"), ("HTTP_PROXY", "http_proxy")];
    for (scheme, (upper, lower)) in ["https", "http"].into_iter().zip(variables) {
        let Some((variable, value)) = set(upper).map(|v| (upper, v)).or_else(|| set(lower).map(|v| (lower, v))) else {
            continue;
        };
        let proxy = if scheme == "https" { Proxy::https(value.trim()) } else { Proxy::http(value.trim()) };
        let proxy = proxy.map_err(|_| OrchestratorError::ProxyInvalid { variable })?;
        proxies.push(proxy.no_proxy(no_proxy.clone()));
    }
    Ok(proxies)
}
