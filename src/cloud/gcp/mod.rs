//! Google Cloud: the cluster in GKE, and the identity of the jobs in IAM. The only place that names Google's crate.

pub mod change;
pub mod found;
pub mod names;
pub mod settings;
