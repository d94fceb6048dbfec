//! Opening a client for Azure: as whom, where, through which HTTP client, and whether it may write.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use tokio::sync::OnceCell;

use super::AzureError;
use super::credentials::{Login, LoginOptions};
use super::endpoints::Endpoints;
use super::found::AksCluster;
use super::names::{ResourceId, SubscriptionId};
use super::relay::Relay;
use crate::access::Access;
use crate::cloud::waiting::Pace;
use crate::cloud::web::{self, WebError};
use crate::interrupt::Interrupt;
use crate::process::Process;
use crate::settings::AzureCloud;

/// Told one sentence whenever a request is sent again, and while something is waited for.
pub type OnRetry = Arc<dyn Fn(&str) + Send + Sync>;

/// How to reach Azure.
pub struct AzureOptions {
    /// Which cloud of Microsoft's.
    pub cloud: AzureCloud,
    /// `--arm-endpoint`: another Azure Resource Manager; `None`: `RUNNER_SETUP_ARM_ENDPOINT`, else the cloud's.
    pub arm_endpoint: Option<String>,
    /// The tenant to log in to; `None`: `AZURE_TENANT_ID`, else az's own choice.
    pub tenant: Option<String>,
    /// The subscription whose account of az is used when no tenant is told; az knows one login per account.
    pub subscription: Option<SubscriptionId>,
    /// PEM bundles of certificates to trust in addition to the system's, at ARM and at the authority.
    pub extra_roots: Vec<Vec<u8>>,
    /// Whether the client may change anything.
    pub access: Access,
    /// When the whole run has to end: no request lasts longer.
    pub deadline: Instant,
    /// Told before a request is sent again.
    pub on_retry: OnRetry,
    /// Ctrl-C: ends a wait for what Azure does not know everywhere yet.
    pub interrupt: Interrupt,
}

impl fmt::Debug for AzureOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AzureOptions({:?}, {:?})", self.cloud, self.access)
    }
}

/// A client for Azure. Cheap to clone; clones share what they have found out.
#[derive(Clone)]
pub struct Azure {
    pub(super) shared: Arc<Shared>,
    pub(super) access: Access,
}

/// A cluster that is asked for once, by its id in lower case.
type Clusters = BTreeMap<String, Arc<OnceCell<AksCluster>>>;

/// What all clones have in common.
pub(super) struct Shared {
    pub http: reqwest::Client,
    pub endpoints: Endpoints,
    pub login: Login,
    /// When everything has to end; a person who thinks before saying yes moves it. The relay looks at it too.
    pub deadline: Arc<Mutex<Instant>>,
    pub on_retry: OnRetry,
    pub interrupt: Interrupt,
    pub pace: Pace,
    pub clusters: Mutex<Clusters>,
    /// The identities that this run has created, and that are therefore perhaps not known everywhere yet.
    pub made: Mutex<Vec<ResourceId>>,
    /// Azure refuses two writes of federated credentials to one identity at the same time.
    pub one_write: tokio::sync::Mutex<()>,
}

impl Shared {
    /// When everything has to end.
    pub(super) fn deadline(&self) -> Instant {
        *self.deadline.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that this run has created an identity.
    pub(super) fn remember_made(&self, id: &ResourceId) {
        self.made.lock().unwrap_or_else(PoisonError::into_inner).push(id.clone());
    }

    /// Whether this run has created an identity.
    pub(super) fn has_made(&self, id: &ResourceId) -> bool {
        self.made.lock().unwrap_or_else(PoisonError::into_inner).contains(id)
    }
}

impl Azure {
    /// Makes a client. Reads files with credentials; sends nothing and starts no program.
    ///
    /// # Errors
    /// No credentials or unusable ones, an endpoint, a proxy or certificates that can't be used.
    pub fn connect(process: &Process, options: AzureOptions) -> Result<Self, AzureError> {
        let endpoints = Endpoints::read(process, options.cloud, options.arm_endpoint.as_deref())?;
        let client = |process: &Process| {
            web::client(process, &options.extra_roots).map_err(|error| match error {
                WebError::Proxy(variable) => AzureError::ProxyInvalid { variable },
                WebError::Roots => {
                    AzureError::RootsInvalid { message: "there is no usable certificate in it".to_owned() }
                }
                WebError::Tls(message) => AzureError::RootsInvalid { message },
            })
        };
        let http = client(process)?;
        // What stands next to a machine is not reached through a proxy.
        let has_proxy = process.env.keys().any(|name| ["HTTPS_PROXY", "HTTP_PROXY"].contains(&&*name.to_uppercase()));
        let direct = if has_proxy { client(&Process::default())? } else { http.clone() };
        let deadline = Arc::new(Mutex::new(options.deadline));
        let relay =
            Relay { http: http.clone(), direct, authority: endpoints.authority.clone(), deadline: deadline.clone() };
        let login = LoginOptions {
            tenant: options.tenant.as_deref(),
            subscription: options.subscription.as_ref(),
            endpoints: &endpoints,
            relay: Arc::new(relay),
        };
        let shared = Shared {
            login: Login::find(process, &login)?,
            http,
            endpoints,
            deadline,
            on_retry: options.on_retry,
            interrupt: options.interrupt,
            pace: Pace::default(),
            clusters: Mutex::default(),
            made: Mutex::default(),
            one_write: tokio::sync::Mutex::default(),
        };
        Ok(Self { shared: Arc::new(shared), access: options.access })
    }

    /// Begins the time anew in which everything has to end: what a person took to decide does not count.
    pub fn end_by(&self, deadline: Instant) {
        *self.shared.deadline.lock().unwrap_or_else(PoisonError::into_inner) = deadline;
    }

    /// The same connection, closed for writing.
    #[must_use]
    pub fn read_only(&self) -> Self {
        Self { shared: self.shared.clone(), access: Access::ReadOnly }
    }

    /// Whose credentials these are, in words: `az's login`, `the client secret of AZURE_CLIENT_ID …`.
    pub fn credentials(&self) -> String {
        self.shared.login.words()
    }
}

impl fmt::Debug for Azure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Azure({}, {:?})", self.credentials(), self.access)
    }
}
