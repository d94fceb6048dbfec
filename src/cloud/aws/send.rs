//! The one function that sends a request: never past the deadline, and again while IAM spreads what it was told.

use std::error::Error;
use std::fmt;
use std::time::Instant;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::AwsError;
use super::client::Aws;
use super::propagation::Waiting;
use super::understand::Trouble;

/// One request, and how to speak about it.
pub(super) struct Call {
    /// The service as policies write it, e.g. `iam`.
    pub service: &'static str,
    /// The operation, e.g. `GetRole`.
    pub operation: &'static str,
    /// What it is about, e.g. ``role `x` ``.
    pub on: String,
    /// Whether this run has just created what it is about.
    pub fresh: bool,
}

impl Call {
    pub(super) fn iam(operation: &'static str, on: impl Into<String>) -> Self {
        Self { service: "iam", operation, on: on.into(), fresh: false }
    }

    pub(super) fn eks(operation: &'static str, on: impl Into<String>) -> Self {
        Self { service: "eks", operation, on: on.into(), fresh: false }
    }

    pub(super) fn sts(operation: &'static str, on: impl Into<String>) -> Self {
        Self { service: "sts", operation, on: on.into(), fresh: false }
    }

    /// As policies write it.
    pub(super) fn action(&self) -> String {
        self.to_string()
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.service, self.operation)
    }
}

impl Aws {
    /// Sends a request that may be carried out twice. All requests of this room go through here.
    pub(super) async fn ask<O, E, F>(&self, call: Call, send: impl Fn() -> F) -> Result<O, AwsError>
    where
        E: ProvideErrorMetadata + Error + 'static,
        F: Future<Output = Result<O, SdkError<E, HttpResponse>>>,
    {
        let mut waiting = Waiting::new(self.shared.pace, self.shared.deadline());
        loop {
            // The SDK's futures are large, and many of them wait side by side.
            let trouble = match tokio::time::timeout_at(self.shared.deadline().into(), Box::pin(send())).await {
                Ok(Ok(answer)) => return Ok(answer),
                Ok(Err(error)) => Trouble::of(error, &self.shared),
                Err(_) => Trouble::timed_out(),
            };
            let Some((wait, why)) = waiting.after(&call, &trouble) else {
                return Err(trouble.meaning(&call, &self.shared));
            };
            (self.shared.on_retry)(&why);
            debug_assert!(Instant::now() <= self.shared.deadline());
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = self.shared.interrupt.pressed() => return Err(AwsError::Interrupted { action: call.action(), why }),
            }
        }
    }

    /// Like [`Self::ask`], for what may not be there.
    pub(super) async fn ask_for<O, E, F>(&self, call: Call, send: impl Fn() -> F) -> Result<Option<O>, AwsError>
    where
        E: ProvideErrorMetadata + Error + 'static,
        F: Future<Output = Result<O, SdkError<E, HttpResponse>>>,
    {
        match self.ask(call, send).await {
            Ok(answer) => Ok(Some(answer)),
            Err(error) if error.is_missing() => Ok(None),
            Err(error) => Err(error),
        }
    }
}
