//! Google Cloud: the cluster in GKE, and the identity of the jobs in IAM. The only place that names Google's crate.
//!
//! Every request goes through `send.rs`, where `guard.rs` refuses to change anything for a client that may only read.
//! The calls, their permissions and their errors are those of Google's discovery documents: `container.v1`, `iam.v1`,
//! `cloudresourcemanager.v3`, `serviceusage.v1`, `iamcredentials.v1`.

pub mod change;
mod client;
pub mod commands;
pub mod context;
mod credentials;
mod endpoints;
mod error;
mod exchange;
mod failure;
pub mod found;
mod gcloud;
mod grant;
mod guard;
pub mod marks;
pub mod member;
mod metadata;
pub mod names;
pub mod permissions;
pub mod policy;
mod read_gke;
mod read_iam;
mod refusal;
mod send;
#[cfg(test)]
mod server;
pub mod settings;
mod token;
mod understand;
mod waiting;
mod write;
mod write_policy;

pub use client::{Gcp, GcpOptions, OnRetry};
pub use credentials::{project_of_credentials, quota_project_of_credentials};
pub use error::{GcpError, look};
pub use exchange::{ExchangeError, ExchangeStep, Exchanged};
pub use failure::ASK_ORGANISATION;
pub use permissions::{RoleDocument, permissions_of, setup_roles, teardown_roles};
pub use token::ClusterToken;
