//! Azure: the cluster in AKS, and the identity of the jobs in Entra. The only place that names Azure's crates.
//!
//! Every request goes through `send.rs`, where `guard.rs` refuses to change anything for a client that may only read.
//! The calls, their actions and their errors are those of `gcp-azure.md` part 2: ARM's `Microsoft.ContainerService`,
//! `Microsoft.ManagedIdentity` and `Microsoft.Authorization`.

pub mod change;
pub mod commands;
pub mod context;
mod error;
mod failure;
pub mod found;
mod look;
pub mod names;
pub mod permissions;
pub mod settings;
pub mod tags;
mod token;
pub mod trust;

pub use error::AzureError;
pub use look::look;
pub use permissions::{Granted, RoleDocument, actions_of, setup_roles, teardown_roles};
