//! AWS: the cluster in EKS, and the identity of the jobs in IAM. The only place that names AWS's SDK.

pub mod change;
pub mod commands;
pub mod context;
pub mod found;
pub mod names;
pub mod settings;
pub mod tags;
pub mod trust_policy;
