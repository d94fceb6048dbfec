//! The Orchestrator's REST API: reading and registering runners and their rules.
//!
//! Every request goes through `send.rs`, which refuses to change anything for a client that may only read.

mod calls;
mod connect;
mod error;
mod objects;
mod send;
#[cfg(test)]
mod server;
mod token;

pub use calls::Deleted;
pub use connect::{ConnectOptions, OnRetry, Orchestrator};
pub use error::{OrchestratorError, ReachProblem};
pub use objects::{EnvType, Environment, Org, Project, Rule, Runner};
pub use token::Token;
