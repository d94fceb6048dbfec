//! One call that came in.

use serde::Deserialize;
use serde_json::Value;

/// A call, as the log has it.
#[derive(Clone, Debug, Deserialize)]
pub struct AwsRequest {
    /// Counts up over all accounts.
    pub number: u64,
    /// `iam`, `sts` or `eks`.
    pub service: String,
    /// As policies name it, such as `CreateRole`.
    pub action: String,
    /// The region that it was signed for.
    pub region: String,
    /// Whether it changes anything when it is allowed.
    pub writes: bool,
    /// When it came in, in seconds since 1970.
    pub at: f64,
    /// How long the answer took, in seconds.
    pub took: f64,
    /// The status of the answer.
    pub status: u16,
    /// The error code of the answer, empty when it succeeded.
    pub code: String,
    /// The access key that signed it.
    pub access_key: String,
    /// The parameters, without tokens.
    pub params: Value,
}
