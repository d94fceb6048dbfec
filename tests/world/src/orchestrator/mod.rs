//! A stand-in for the Platform Orchestrator: stateful, strict as the service is, and held to its OpenAPI documents.
//!
//! One instance per test, on a port of its own. What it was asked is in [`Orchestrator::requests`]; what it was told to
//! do wrong is a [`Fault`]; and whatever breaks the OpenAPI documents, in either direction, is in
//! [`Orchestrator::violations`].

mod agents;
mod answer;
mod catalogue;
mod deployments;
mod fault;
mod key;
mod openapi;
mod pod_template;
mod router;
mod rules;
mod runners;
mod seeding;
mod sent;
mod server;
mod setup;
mod state;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use serde_json::Value;

pub use deployments::Deployment;
pub use fault::{Fault, What};
pub use key::key_id;
pub use setup::Setup;

use crate::runtime::{block_on, runtime};
use state::{State, Token};

/// One request as it came in.
#[derive(Clone, Debug)]
pub struct Request {
    /// The method, in capitals.
    pub method: String,
    /// The path, without the query.
    pub path: String,
    /// The query, without the question mark; empty when there is none.
    pub query: String,
    /// The status answered; 0 when a fault closed the connection instead.
    pub status: u16,
    /// The body, `Null` when there was none or it was not JSON.
    pub body: Value,
    /// What the client calls itself.
    pub user_agent: String,
    /// When it came in.
    pub at: SystemTime,
}

impl Request {
    /// Says whether this came from an agent or a job and not from somebody who sets things up.
    pub fn is_from_the_cluster(&self) -> bool {
        self.path.ends_with("/actions/poll-requests") || self.path.ends_with("/results")
    }
}

/// A running stand-in; ends when the last clone is dropped.
#[derive(Clone)]
pub struct Orchestrator {
    inside: Arc<Inside>,
}

/// What the server and its handles share.
pub(crate) struct Inside {
    state: std::sync::Mutex<State>,
    pushed: tokio::sync::Notify,
    finished: tokio::sync::Notify,
    address: std::net::SocketAddr,
    tls: bool,
    accepting: std::sync::OnceLock<tokio::task::AbortHandle>,
}

impl Orchestrator {
    /// Starts a stand-in with this content.
    pub fn start(setup: Setup) -> Self {
        Self::start_on(setup, 0)
    }

    /// Starts a stand-in on a given port, or on a free one for 0.
    pub fn start_on(setup: Setup, port: u16) -> Self {
        let tls = setup.tls.clone();
        let listener = block_on(tokio::net::TcpListener::bind(("127.0.0.1", port))).expect("a port on loopback");
        let inside = Arc::new(Inside {
            state: std::sync::Mutex::new(State::from_setup(setup)),
            pushed: tokio::sync::Notify::new(),
            finished: tokio::sync::Notify::new(),
            address: listener.local_addr().expect("a bound socket has an address"),
            tls: tls.is_some(),
            accepting: std::sync::OnceLock::new(),
        });
        let task = runtime().spawn(server::accept(listener, tls, Arc::downgrade(&inside)));
        let _ = inside.accepting.set(task.abort_handle());
        Self { inside }
    }

    /// Returns the base URL.
    pub fn url(&self) -> String {
        self.inside.base_url()
    }

    /// Returns the port.
    pub fn port(&self) -> u16 {
        self.inside.address.port()
    }

    /// Returns the id of the first organisation of the setup.
    pub fn org(&self) -> String {
        self.state().main_org.clone()
    }

    /// Returns a good token for that organisation.
    pub fn token(&self) -> String {
        self.state().main_token.clone()
    }

    /// Makes another good token for an organisation.
    pub fn new_token(&self, org: &str) -> String {
        self.state().add_token(Token { org: org.to_owned(), expired: false })
    }

    /// Makes a token that was good once.
    pub fn expired_token(&self, org: &str) -> String {
        self.state().add_token(Token { org: org.to_owned(), expired: true })
    }

    /// Lets a token expire now.
    pub fn expire(&self, token: &str) {
        if let Some(token) = self.state().tokens.get_mut(token) {
            token.expired = true;
        }
    }

    /// Sets a fault on the wire.
    pub fn fault(&self, fault: Fault) {
        self.state().faults.push(fault);
    }

    /// Takes back all faults.
    pub fn no_more_faults(&self) {
        self.state().faults.clear();
    }

    /// Returns the requests so far, without those of agents and jobs.
    pub fn requests(&self) -> Vec<Request> {
        self.all_requests().into_iter().filter(|request| !request.is_from_the_cluster()).collect()
    }

    /// Returns all requests so far.
    pub fn all_requests(&self) -> Vec<Request> {
        self.state().requests.clone()
    }

    /// Forgets the requests so far.
    pub fn forget_requests(&self) {
        let mut state = self.state();
        state.forgotten += state.requests.len();
        state.requests.clear();
    }

    /// Returns what broke the OpenAPI documents: bodies of requests, and our own answers.
    pub fn violations(&self) -> Vec<String> {
        self.state().violations.clone()
    }

    /// Returns how many polls for this runner were let in; one that is still held counts.
    pub fn accepted_polls(&self, runner: &str) -> usize {
        self.state().main().accepted_polls.get(runner).copied().unwrap_or_default()
    }

    /// Waits until an agent's poll for this runner was let in; false when none is in time.
    pub fn wait_for_poll(&self, runner: &str, at_most: Duration) -> bool {
        self.wait_for_another_poll(runner, 0, at_most)
    }

    /// Waits until more polls than these were let in for a runner; false when none is in time.
    pub fn wait_for_another_poll(&self, runner: &str, than: usize, at_most: Duration) -> bool {
        let deadline = std::time::Instant::now() + at_most;
        while self.accepted_polls(runner) <= than {
            if std::time::Instant::now() > deadline {
                return false;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        true
    }

    /// Sends one deployment through and waits up to 30 seconds for its end.
    pub fn deploy(&self, project: &str, environment: &str) -> Deployment {
        self.deploy_within(project, environment, Duration::from_secs(30))
    }

    /// Sends one deployment through and waits for its end.
    pub fn deploy_within(&self, project: &str, environment: &str, at_most: Duration) -> Deployment {
        block_on(deployments::run(&self.inside, project, environment, at_most))
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.inside.state()
    }
}

impl Inside {
    fn base_url(&self) -> String {
        let scheme = if self.tls { "https" } else { "http" };
        format!("{scheme}://127.0.0.1:{}", self.address.port())
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        if let Some(accepting) = self.accepting.get() {
            accepting.abort();
        }
    }
}
