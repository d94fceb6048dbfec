//! AWS: the cluster in EKS, and the identity of the jobs in IAM. The only place that names AWS's SDK.
//!
//! Every request goes through `send.rs`, below which `guard.rs` refuses to change anything for a client that may only
//! read.

pub mod change;
mod client;
pub mod commands;
pub mod context;
mod credentials;
mod denial;
mod error;
mod failure;
pub mod found;
mod guard;
mod http;
pub mod names;
mod policy;
mod profiles;
mod propagation;
mod read_eks;
mod read_iam;
mod send;
#[cfg(test)]
mod server;
pub mod settings;
mod simulate;
pub mod tags;
mod take_back;
#[cfg(test)]
mod tests;
mod token;
pub mod trust_policy;
mod understand;
mod web_identity;
mod write;

pub use client::{Aws, AwsOptions, OnRetry, Profile};
pub use denial::{Denial, PolicyKind};
pub use error::{AwsError, look};
pub use failure::hints_for_denial;
pub use policy::{POD_IDENTITY_AGENT, PolicyScope, rights_of, setup_policy, teardown_policy};
pub use simulate::{RightCheck, RightVerdict};
pub use token::ClusterToken;
pub use web_identity::WebIdentityError;

pub use super::reach::ReachProblem;
