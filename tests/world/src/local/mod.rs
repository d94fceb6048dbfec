//! The same world for people: started once, left running, and taken down again.

mod commands;
mod run;
mod serve;

pub use commands::{deploy, down, environment, status, up};
pub use serve::serve;

/// The organisation that the local world holds.
pub const ORG: &str = "demo-org";
/// The context in the local world's kubeconfig.
pub const CONTEXT: &str = "local-world";
