//! What an Orchestrator holds when a test begins.

use std::time::Duration;

use crate::certificates::Certificate;

/// The content of an Orchestrator at its start.
#[derive(Clone, Debug)]
pub struct Setup {
    pub(super) org: String,
    pub(super) token: Option<String>,
    pub(super) other_orgs: Vec<String>,
    pub(super) projects: Vec<String>,
    pub(super) env_types: Vec<String>,
    pub(super) environments: Vec<(String, String, String)>,
    pub(super) tls: Option<Certificate>,
    pub(super) poll_wait: Duration,
}

impl Setup {
    /// Starts with an organisation that holds nothing.
    pub fn new(org: &str) -> Self {
        Self {
            org: org.to_owned(),
            token: None,
            other_orgs: Vec::new(),
            projects: Vec::new(),
            env_types: Vec::new(),
            environments: Vec::new(),
            tls: None,
            poll_wait: Duration::from_secs(2),
        }
    }

    /// Starts with `demo-org`: project `demo`, environment types `development` and `production`, one environment.
    pub fn demo() -> Self {
        Self::new("demo-org").project("demo").env_type("development").env_type("production").environment(
            "demo",
            "development",
            "development",
        )
    }

    /// Fixes the token instead of making one.
    pub fn token(mut self, token: &str) -> Self {
        self.token = Some(token.to_owned());
        self
    }

    /// Adds an organisation that holds nothing, for tokens that fit somewhere else.
    pub fn other_org(mut self, org: &str) -> Self {
        self.other_orgs.push(org.to_owned());
        self
    }

    /// Adds a project.
    pub fn project(mut self, id: &str) -> Self {
        self.projects.push(id.to_owned());
        self
    }

    /// Adds an environment type.
    pub fn env_type(mut self, id: &str) -> Self {
        self.env_types.push(id.to_owned());
        self
    }

    /// Adds an environment of a type to a project.
    pub fn environment(mut self, project: &str, id: &str, env_type: &str) -> Self {
        self.environments.push((project.to_owned(), id.to_owned(), env_type.to_owned()));
        self
    }

    /// Serves over TLS with this certificate.
    pub fn tls(mut self, certificate: Certificate) -> Self {
        self.tls = Some(certificate);
        self
    }

    /// Sets how long a poll without a message is held.
    pub fn poll_wait(mut self, wait: Duration) -> Self {
        self.poll_wait = wait;
        self
    }
}

impl Default for Setup {
    fn default() -> Self {
        Self::demo()
    }
}
