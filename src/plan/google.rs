//! The jobs' identity in Google Cloud.

/// The annotation that names a Google service account to GKE's metadata server.
pub const ACCOUNT_ANNOTATION: &str = "iam.gke.io/gcp-service-account";
