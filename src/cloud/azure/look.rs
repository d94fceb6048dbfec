//! What a read says about an object, when not being allowed to see it is an answer too.

use super::AzureError;
use crate::cloud::look::Look;

impl AzureError {
    /// Whether a permission is missing.
    pub fn is_denied(&self) -> bool {
        matches!(self, Self::Denied { .. } | Self::SubscriptionHidden { .. })
    }

    /// Whether it is not there.
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Missing { .. } | Self::PlaceMissing { .. } | Self::ClusterMissing { .. })
    }

    /// Whether it is there already.
    pub fn is_there_already(&self) -> bool {
        matches!(self, Self::Exists { .. })
    }
}

/// What a read says about an object; a missing permission makes it unknown, every other error stays one.
///
/// # Errors
/// Everything but a missing permission.
pub fn look<T>(read: Result<Option<T>, AzureError>) -> Result<Look<T>, AzureError> {
    match read {
        Ok(Some(it)) => Ok(Look::There(it)),
        Ok(None) => Ok(Look::Missing),
        Err(error @ AzureError::Denied { .. }) => Ok(Look::Unknown(error.to_string())),
        Err(error) => Err(error),
    }
}
