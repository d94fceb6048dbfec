//! What stands before every request: refuses to change anything for a client that may only read.

use reqwest::Method;

use super::GcpError;
use crate::access::Access;

/// Calls that change nothing although they are no GET. A token for the proof changes nothing either.
const READS: [&str; 4] = [":getIamPolicy", ":testIamPermissions", ":generateAccessToken", "v1/identitybindingtoken"];

/// Whether a request changes nothing. What is not known to read, writes.
fn is_read(method: &Method, path: &str) -> bool {
    method == Method::GET || (method == Method::POST && READS.iter().any(|end| path.ends_with(end)))
}

/// Lets a request pass, or not.
///
/// # Errors
/// It would change something, and the client may only read.
pub(super) fn check(access: Access, method: &Method, path: &str) -> Result<(), GcpError> {
    if access == Access::ReadOnly && !is_read(method, path) {
        return Err(GcpError::ReadOnly { operation: format!("{method} {path}") });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_to_read_is_a_write() {
        for (method, path) in [
            (Method::GET, "v1/projects/p/serviceAccounts/a"),
            (Method::POST, "v3/projects/p:getIamPolicy"),
            (Method::POST, "v3/projects/p:testIamPermissions"),
            (Method::POST, "v1/projects/-/serviceAccounts/a:generateAccessToken"),
            (Method::POST, "v1/identitybindingtoken"),
        ] {
            assert!(check(Access::ReadOnly, &method, path).is_ok(), "{method} {path}");
        }
        for (method, path) in [
            (Method::POST, "v1/projects/p/serviceAccounts"),
            (Method::POST, "v3/projects/p:setIamPolicy"),
            (Method::DELETE, "v1/projects/p/serviceAccounts/a:getIamPolicy"),
            (Method::PUT, "v1/projects/p"),
            (Method::PATCH, "v1/projects/p:getIamPolicy"),
            (Method::POST, "v1/projects/p/serviceAccounts/a:signBlob"),
        ] {
            assert!(check(Access::ReadOnly, &method, path).is_err(), "{method} {path}");
            assert!(check(Access::Write, &method, path).is_ok());
        }
    }
}
