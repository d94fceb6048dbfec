//! What stands before every request: refuses to change anything for a client that may only read.

use reqwest::Method;

use super::AzureError;
use crate::access::Access;

/// The one POST of ARM's that changes nothing.
const READ: &str = "/listclusterusercredential";

/// Whether a request changes nothing. What is not known to read, writes.
fn is_read(method: &Method, path: &str) -> bool {
    method == Method::GET || (method == Method::POST && path.to_lowercase().ends_with(READ))
}

/// Lets a request for ARM pass, or not.
///
/// # Errors
/// It would change something, and the client may only read.
pub(super) fn check(access: Access, method: &Method, path: &str) -> Result<(), AzureError> {
    if access == Access::ReadOnly && !is_read(method, path) {
        return Err(AzureError::ReadOnly { operation: format!("{method} {path}") });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_to_read_is_a_write() {
        let cluster = "/subscriptions/s/resourceGroups/g/providers/Microsoft.ContainerService/managedClusters/c";
        let credential = format!("{cluster}/listClusterUserCredential");
        for (method, path) in [(Method::GET, cluster), (Method::POST, &credential)] {
            assert!(check(Access::ReadOnly, &method, path).is_ok(), "{method} {path}");
        }
        let admin = format!("{cluster}/listClusterAdminCredential");
        for (method, path) in [
            (Method::PUT, cluster),
            (Method::DELETE, cluster),
            (Method::PATCH, &credential),
            (Method::PUT, &credential),
            (Method::POST, &admin),
        ] {
            assert!(check(Access::ReadOnly, &method, path).is_err(), "{method} {path}");
            assert!(check(Access::Write, &method, path).is_ok());
        }
    }
}
