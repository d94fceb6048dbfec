//! The jobs' identity in Azure.

/// The annotation that names a managed identity to the webhook of workload identity.
pub const CLIENT_ID_ANNOTATION: &str = "azure.workload.identity/client-id";
