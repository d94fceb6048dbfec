//! The phases of a setup: which part of the work a command does, and which command does a part.

use std::fmt;

/// One part of the work, with a command of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// Namespaces for agent, jobs and state.
    Namespaces,
    /// The jobs' cloud identity, and the annotation that names it.
    Identity,
    /// The key Secret and pull secrets.
    Secret,
    /// The runner in the Orchestrator.
    Register,
    /// Accounts, Roles, ConfigMap, Deployment; then the wait until the agent runs.
    Install,
    /// Runner rules.
    Rule,
}

impl Phase {
    /// All phases, in the order in which a whole setup does them.
    pub const ALL: [Self; 6] =
        [Self::Namespaces, Self::Identity, Self::Secret, Self::Register, Self::Install, Self::Rule];

    /// The command that does only this phase.
    pub fn command(self) -> &'static str {
        match self {
            Self::Namespaces => "namespaces",
            Self::Identity => "identity",
            Self::Secret => "secret",
            Self::Register => "register",
            Self::Install => "install",
            Self::Rule => "rule",
        }
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.command())
    }
}
