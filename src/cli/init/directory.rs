//! Looks up for the questions what only the Orchestrator knows; reads alone.

use std::future::Future;
use std::sync::Arc;

use tokio::runtime::Handle;

use crate::access::Access;
use crate::answers::{Answers, Directory, Need, TokenNeed, Trouble, settle};
use crate::failure::Failure;
use crate::orchestrator::{EnvType, OnRetry, Orchestrator, OrchestratorError, Project, Rule, Runner};
use crate::process::Process;

use super::super::session::{extra_roots, orchestrator_for};

/// The real Orchestrator, asked from the thread in which the questions are.
pub(super) struct Lookup {
    process: Process,
    runtime: Handle,
}

impl Lookup {
    /// To be made on the runtime that drives the requests.
    pub(super) fn new(process: Process) -> Self {
        Self { process, runtime: Handle::current() }
    }

    /// A client with the answers so far, and the organisation.
    fn open(&self, answers: &Answers) -> Result<(Orchestrator, String), Failure> {
        let need = Need { org: true, runner_id: false, token: TokenNeed::Required };
        let settled = settle(answers, &self.process, need)?;
        let silent: OnRetry = Arc::new(|_| {});
        let roots = extra_roots(&self.process, answers, &settled)?;
        let orchestrator = orchestrator_for(&self.process, &settled, roots, Access::ReadOnly, silent)?;
        Ok((orchestrator, settled.settings.org))
    }

    fn read<T>(&self, reading: impl Future<Output = Result<T, OrchestratorError>>) -> Result<T, Failure> {
        Ok(self.runtime.block_on(reading)?)
    }
}

impl Directory for Lookup {
    fn check(&mut self, answers: &Answers) -> Result<(), Trouble> {
        use OrchestratorError as E;
        let (orchestrator, org) = self.open(answers).map_err(Trouble::Other)?;
        match self.runtime.block_on(orchestrator.org(&org)) {
            Ok(_) => Ok(()),
            Err(error @ (E::TokenRefused { .. } | E::TokenMissing | E::TokenMalformed)) => {
                Err(Trouble::Token(error.into()))
            }
            Err(error @ (E::OrgNotFound { .. } | E::Forbidden { .. })) => Err(Trouble::Org(error.into())),
            Err(error) => Err(Trouble::Other(error.into())),
        }
    }

    fn runner(&mut self, answers: &Answers, id: &str) -> Result<Option<Runner>, Failure> {
        let (orchestrator, org) = self.open(answers)?;
        self.read(orchestrator.runner(&org, id))
    }

    fn rules(&mut self, answers: &Answers) -> Result<Vec<Rule>, Failure> {
        let (orchestrator, org) = self.open(answers)?;
        self.read(orchestrator.runner_rules(&org, None))
    }

    fn targets(&mut self, answers: &Answers) -> Result<(Vec<Project>, Vec<EnvType>), Failure> {
        let (orchestrator, org) = self.open(answers)?;
        self.read(async { futures::try_join!(orchestrator.projects(&org), orchestrator.env_types(&org)) })
    }
}
