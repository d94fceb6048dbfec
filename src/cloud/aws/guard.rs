//! What stands before and after every request: refuses to change anything for a client that may only read, and logs.

use std::fmt;

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeSerializationInterceptorContextRef, BeforeTransmitInterceptorContextRef, FinalizerInterceptorContextRef,
};
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_runtime_api::client::retries::RequestAttempts;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::{ConfigBag, Storable, StoreReplace};

use super::client::OnRetry;
use crate::access::Access;

/// Operations that read although their names don't begin like it.
const OTHER_READS: [&str; 2] = ["SimulatePrincipalPolicy", "AssumeRoleWithWebIdentity"];

/// Whether an operation changes nothing. What is not known to read, writes.
fn is_read(operation: &str) -> bool {
    ["Get", "List", "Describe"].iter().any(|beginning| operation.starts_with(beginning))
        || OTHER_READS.contains(&operation)
}

/// A change was about to be sent by a client that may only read.
#[derive(Debug, thiserror::Error)]
#[error("refused to send {0}: this run may only read")]
pub(super) struct Refused(pub(super) String);

/// Stands in every client of this room.
#[derive(Clone)]
pub(super) struct Guard {
    pub access: Access,
    pub on_retry: OnRetry,
}

impl fmt::Debug for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Guard({:?})", self.access)
    }
}

/// What became of the last attempt.
#[derive(Debug, Clone)]
struct LastAttempt(Option<u16>);

impl Storable for LastAttempt {
    type Storer = StoreReplace<Self>;
}

fn operation(cfg: &ConfigBag) -> String {
    cfg.load::<Metadata>().map_or_else(|| "an unknown operation".to_owned(), |metadata| metadata.name().to_owned())
}

impl Intercept for Guard {
    fn name(&self) -> &'static str {
        "runner-setup"
    }

    fn read_before_serialization(
        &self,
        _: &BeforeSerializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let operation = operation(cfg);
        if self.access == Access::ReadOnly && !is_read(&operation) {
            return Err(Refused(operation).into());
        }
        Ok(())
    }

    fn read_before_attempt(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if cfg.load::<RequestAttempts>().is_some_and(|attempts| attempts.attempts() > 1) {
            let was = match cfg.load::<LastAttempt>() {
                // Of these answers the SDK repeats none but those to whoever asks too much.
                Some(LastAttempt(Some(400..500))) => format!("AWS throttles {}", operation(cfg)),
                Some(LastAttempt(Some(status))) => format!("AWS answered {status} to {}", operation(cfg)),
                _ => format!("AWS did not answer {}", operation(cfg)),
            };
            (self.on_retry)(&format!("{was}; asking again"));
        }
        Ok(())
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let status = context.response().map(|response| response.status().as_u16());
        let operation = operation(cfg);
        tracing::debug!(operation, status = status.unwrap_or_default(), "aws");
        cfg.interceptor_state().store_put(LastAttempt(status));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_to_read_is_a_write() {
        for operation in ["GetRole", "ListRoles", "DescribeCluster", "GetCallerIdentity", "SimulatePrincipalPolicy"] {
            assert!(is_read(operation), "{operation}");
        }
        for operation in ["CreateRole", "AssumeRole", "PutRolePolicy", "TagRole", "Simulate", "", "getRole"] {
            assert!(!is_read(operation), "{operation}");
        }
    }
}
