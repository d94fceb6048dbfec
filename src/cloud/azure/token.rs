//! Tokens.

/// The application that is every API server of AKS, in all clouds (kubelogin's documentation).
pub const CLUSTER_APP: &str = "6dae42f8-4368-4678-94ff-3960e28e3630";
