//! Opening a client for Google Cloud: as whom, where, through which HTTP client, and whether it may write.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use tokio::sync::OnceCell;

use super::GcpError;
use super::change::Resource;
use super::credentials::Login;
use super::endpoints::Bases;
use super::found::GkeCluster;
use super::names::AccountEmail;
use super::waiting::Pace;
use crate::access::Access;
use crate::cloud::web::{self, WebError};
use crate::interrupt::Interrupt;
use crate::process::Process;

/// Told one sentence whenever a request is sent again.
pub type OnRetry = Arc<dyn Fn(&str) + Send + Sync>;

/// How to reach Google Cloud.
pub struct GcpOptions {
    /// PEM bundles of certificates to trust in addition to the system's.
    pub extra_roots: Vec<Vec<u8>>,
    /// Whether the client may change anything.
    pub access: Access,
    /// When the whole run has to end: no request lasts longer.
    pub deadline: Instant,
    /// Told before a request is sent again.
    pub on_retry: OnRetry,
    /// Ctrl-C: ends a wait for what Google Cloud does not know everywhere yet.
    pub interrupt: Interrupt,
}

impl fmt::Debug for GcpOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GcpOptions({:?})", self.access)
    }
}

/// A client for Google Cloud. Cheap to clone; clones share what they have found out.
#[derive(Clone)]
pub struct Gcp {
    pub(super) shared: Arc<Shared>,
    pub(super) access: Access,
}

/// A cluster that is asked for once, by its path.
type Clusters = BTreeMap<String, Arc<OnceCell<GkeCluster>>>;

/// What all clones have in common.
pub(super) struct Shared {
    pub http: reqwest::Client,
    pub bases: Bases,
    pub login: Login,
    /// When everything has to end; a person who thinks before saying yes moves it.
    pub deadline: Mutex<Instant>,
    pub on_retry: OnRetry,
    pub interrupt: Interrupt,
    pub pace: Pace,
    pub clusters: Mutex<Clusters>,
    /// The accounts that this run has created, and that are therefore perhaps not known everywhere yet.
    pub made: Mutex<Vec<String>>,
    /// One turn for each policy: changes of one run that are made at once would only get into each other's way.
    pub turns: Mutex<BTreeMap<Resource, Turn>>,
}

/// Whoever changes a policy waits for it. It holds the accounts that were seen to be still those that were looked at.
pub(super) type Turn = Arc<tokio::sync::Mutex<BTreeSet<AccountEmail>>>;

impl Shared {
    /// When everything has to end.
    pub(super) fn deadline(&self) -> Instant {
        *self.deadline.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that this run has created an account.
    pub(super) fn remember_made(&self, email: &str) {
        self.made.lock().unwrap_or_else(PoisonError::into_inner).push(email.to_owned());
    }

    /// The turn of a policy.
    pub(super) fn turn(&self, on: &Resource) -> Turn {
        self.turns.lock().unwrap_or_else(PoisonError::into_inner).entry(on.clone()).or_default().clone()
    }

    /// Whether this run has created an account.
    pub(super) fn has_made(&self, email: &str) -> bool {
        self.made.lock().unwrap_or_else(PoisonError::into_inner).iter().any(|it| it == email)
    }
}

impl Gcp {
    /// Makes a client. Reads files with credentials; sends nothing.
    ///
    /// # Errors
    /// No credentials or unusable ones, an endpoint, a proxy or certificates that can't be used.
    pub fn connect(process: &Process, options: GcpOptions) -> Result<Self, GcpError> {
        let bases = Bases::read(process)?;
        let http = web::client(process, &options.extra_roots).map_err(|error| match error {
            WebError::Proxy(variable) => GcpError::ProxyInvalid { variable },
            WebError::Roots => GcpError::RootsInvalid { message: "there is no usable certificate in it".to_owned() },
            WebError::Tls(message) => GcpError::RootsInvalid { message },
        })?;
        let shared = Shared {
            login: Login::find(process)?,
            http,
            bases,
            deadline: Mutex::new(options.deadline),
            on_retry: options.on_retry,
            interrupt: options.interrupt,
            pace: Pace::default(),
            clusters: Mutex::default(),
            made: Mutex::default(),
            turns: Mutex::default(),
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

    /// Whose credentials these are, in words: `the user credentials in …/application_default_credentials.json`.
    pub fn credentials(&self) -> String {
        self.shared.login.words()
    }
}

impl fmt::Debug for Gcp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Gcp({}, {:?})", self.credentials(), self.access)
    }
}
