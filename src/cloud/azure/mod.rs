//! Azure: the cluster in AKS, and the identity of the jobs in Entra. The only place that names Azure's crates.

pub mod change;
pub mod found;
pub mod names;
pub mod settings;
