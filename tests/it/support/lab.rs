//! One hermetic place to run the binary in: own home, cleared environment, own names in the shared cluster.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use base64::Engine;
use serde_json::Value;
use tempfile::TempDir;
use world::World;
use world::orchestrator::{Orchestrator, Setup};

use super::Outcome;

/// One test's place.
pub(crate) struct Lab {
    /// The shared control plane.
    pub(crate) world: &'static World,
    /// This test's own Orchestrator.
    pub(crate) orchestrator: Orchestrator,
    /// The runner's id.
    pub(crate) runner: String,
    /// The agent's namespace.
    pub(crate) runner_namespace: String,
    /// The jobs' namespace.
    pub(crate) job_namespace: String,
    home: TempDir,
    env: BTreeMap<String, String>,
}

impl Lab {
    /// A place with an Orchestrator login and a kubeconfig of an administrator.
    pub(crate) fn new(name: &str) -> Self {
        Self::with(name, Setup::demo())
    }

    /// The same with an Orchestrator set up in another way.
    pub(crate) fn with(name: &str, setup: Setup) -> Self {
        Self::on(World::shared(), name, setup)
    }

    /// The same in another world than the shared one.
    pub(crate) fn on(world: &'static World, name: &str, setup: Setup) -> Self {
        let orchestrator = Orchestrator::start(setup);
        let unique = world.unique_name(name);
        let kubeconfig = world.kubeconfig_admin_as("lab");
        let mut lab = Self {
            world,
            runner: format!("agent-{unique}"),
            runner_namespace: format!("{unique}-agent"),
            job_namespace: format!("{unique}-jobs"),
            home: TempDir::new().unwrap(),
            env: BTreeMap::new(),
            orchestrator,
        };
        let settings = [
            ("HOME", lab.home.path().display().to_string()),
            ("PATH", super::variable("PATH").unwrap()),
            ("KUBECONFIG", kubeconfig.display().to_string()),
            ("HUMANITEC_ORG", lab.orchestrator.org().to_owned()),
            ("HUMANITEC_API_URL", lab.orchestrator.url()),
            ("HUMANITEC_AUTH_TOKEN", lab.orchestrator.token().to_owned()),
            ("RUNNER_ID", lab.runner.clone()),
            ("CLUSTER_RUNNER_NAMESPACE", lab.runner_namespace.clone()),
            ("CLUSTER_RUNNER_JOB_NAMESPACE", lab.job_namespace.clone()),
        ];
        lab.env = settings.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        lab
    }

    /// Sets a variable for all runs.
    pub(crate) fn set(&mut self, name: &str, value: impl Into<String>) -> &mut Self {
        self.env.insert(name.to_owned(), value.into());
        self
    }

    /// Unsets a variable for all runs.
    pub(crate) fn unset(&mut self, name: &str) -> &mut Self {
        self.env.remove(name);
        self
    }

    /// The environment of all runs.
    pub(crate) fn env(&self) -> &BTreeMap<String, String> {
        &self.env
    }

    /// The home and working directory.
    pub(crate) fn home(&self) -> &Path {
        self.home.path()
    }

    /// Writes a file in the working directory.
    pub(crate) fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.home.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    /// Sets many variables for all runs.
    pub(crate) fn set_all<'a>(&mut self, variables: impl IntoIterator<Item = (&'a String, &'a String)>) -> &mut Self {
        self.env.extend(variables.into_iter().map(|(name, value)| (name.clone(), value.clone())));
        self
    }

    /// The command, not started yet.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_runner-setup"));
        command.args(args).env_clear().envs(&self.env).current_dir(self.home.path());
        command
    }

    /// Runs the binary without a terminal.
    pub(crate) fn run(&self, args: &[&str]) -> Outcome {
        self.run_with_input(args, "")
    }

    /// Runs the binary with something on standard input.
    pub(crate) fn run_with_input(&self, args: &[&str], input: &str) -> Outcome {
        let mut command = self.command(args);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // A run that reads nothing closes its end first.
        drop(child.stdin.take().unwrap().write_all(input.as_bytes()));
        let output = child.wait_with_output().unwrap();
        let outcome = Outcome {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        };
        self.check_for_secrets(&outcome);
        outcome
    }

    /// `apply --yes` to the end, as a start for other tests.
    pub(crate) fn apply(&self) -> Outcome {
        self.run(&["apply", "--yes", "-o", "json"]).exits(0)
    }

    /// No output may ever hold the token or the private key.
    #[track_caller]
    pub(crate) fn check_for_secrets(&self, outcome: &Outcome) {
        // The label alone may be named; with a line break behind it, raw or as JSON writes it, a key follows.
        let mut secrets = vec!["PRIVATE KEY-----\n".to_owned(), "PRIVATE KEY-----\\n".to_owned()];
        secrets.push(self.orchestrator.token().to_owned());
        secrets.extend(self.private_key_body());
        for secret in secrets {
            assert!(!outcome.stdout.contains(&secret), "a secret is on stdout");
            assert!(!outcome.stderr.contains(&secret), "a secret is on stderr");
        }
    }

    /// The middle line of the private key in the cluster, when there is one.
    pub(crate) fn private_key_body(&self) -> Option<String> {
        self.private_key_pem()?.lines().nth(1).map(str::to_owned)
    }

    /// The private key in the cluster, when there is one.
    pub(crate) fn private_key_pem(&self) -> Option<String> {
        let secret = self.get("v1", "Secret", &self.runner_namespace, AGENT)?;
        let encoded = secret["data"]["private_key"].as_str()?;
        String::from_utf8(base64::engine::general_purpose::STANDARD.decode(encoded).ok()?).ok()
    }

    /// An object of the cluster.
    pub(crate) fn get(&self, api_version: &str, kind: &str, namespace: &str, name: &str) -> Option<Value> {
        self.world.get(api_version, kind, namespace, name)
    }

    /// The agent's Deployment.
    #[track_caller]
    pub(crate) fn deployment(&self) -> Value {
        self.get("apps/v1", "Deployment", &self.runner_namespace, AGENT).expect("the Deployment is there")
    }

    /// The agent's container as its Deployment has it.
    #[track_caller]
    pub(crate) fn container(&self) -> Value {
        self.deployment()["spec"]["template"]["spec"]["containers"][0].clone()
    }

    /// The registered runner.
    #[track_caller]
    pub(crate) fn registered(&self) -> Value {
        self.orchestrator.runner(&self.runner).expect("the runner is registered")
    }

    /// Whether the agent polls and a deployment goes through, with every right decided by the real API server.
    #[track_caller]
    pub(crate) fn proves_itself(&self) {
        assert!(self.orchestrator.wait_for_poll(&self.runner, Duration::from_secs(20)), "the agent polls");
        if self.orchestrator.rules().is_empty() {
            self.orchestrator.add_rule(&self.runner, None, None);
        }
        let deployment = self.orchestrator.deploy("demo", "development");
        assert!(deployment.succeeded, "{}", deployment.message);
        assert_eq!(self.orchestrator.violations(), Vec::<String>::new());
    }
}

/// The name of everything that the chart makes.
pub(crate) const AGENT: &str = "humanitec-kubernetes-agent-runner";
