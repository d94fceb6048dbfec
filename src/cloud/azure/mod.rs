//! Azure: the cluster in AKS, and the identity of the jobs in Entra. The only place that names Azure's crates.
//!
//! Every request goes through `send.rs`, where `guard.rs` refuses to change anything for a client that may only read.
//! The calls, their actions and their errors are those of `gcp-azure.md` part 2: ARM's `Microsoft.ContainerService`,
//! `Microsoft.ManagedIdentity` and `Microsoft.Authorization`.

mod az;
mod certificate;
pub mod change;
mod client;
pub mod commands;
pub mod context;
mod credentials;
mod endpoints;
mod entra;
mod error;
mod exchange;
mod failure;
pub mod found;
mod guard;
mod look;
pub mod names;
pub mod permissions;
mod read_aks;
mod read_identity;
mod refusal;
mod relay;
mod send;
#[cfg(test)]
mod server;
pub mod settings;
pub mod tags;
mod token;
pub mod trust;
mod understand;
mod waiting;
mod write;

pub use az::subscription_of_credentials;
pub use client::{Azure, AzureOptions, OnRetry};
pub use error::AzureError;
pub use exchange::ExchangeError;
pub use look::look;
pub use permissions::{Granted, RoleDocument, actions_of, setup_roles, teardown_roles};
pub use read_aks::{UserCredential, UserLogin};
pub use token::ClusterToken;
