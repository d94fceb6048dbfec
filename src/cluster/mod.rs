//! The Kubernetes room: connecting, reading, comparing, rehearsing, applying, waiting.

mod agent_state;
mod agent_wait;
mod by_token;
mod client;
pub mod compare;
mod connect;
mod credentials;
mod error;
mod kind;
pub mod owner;

pub use agent_state::{AgentState, SETTLE, judge};
pub use agent_wait::{AGENT_RUNNING, Outcome, wait_until_running};
pub use by_token::{ByToken, WayIn};
pub use client::{Cluster, Conflicts, DryRun, Right};
pub use connect::{ConnectOptions, ContextFacts, Contexts, ExecFacts};
pub use error::ClusterError;
pub use kind::{Kind, ObjectRef};
