//! Becoming a role with a service account's token, as pods do: the proof that a trust policy lets the jobs in.

use std::fmt;
use std::time::Duration;

use super::AwsError;
use super::client::Aws;
use super::propagation::{Pace, Waiting};
use super::send::Call;
use super::understand::Trouble;

/// What STS answers while it has not heard of a new role, provider or trust policy yet.
const NOT_YET: [&str; 3] = ["AccessDenied", "InvalidIdentityToken", "IDPCommunicationError"];

/// Why a token is no key to a role.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct WebIdentityError {
    /// STS' error code, e.g. `AccessDenied` (trust policy) or `InvalidIdentityToken` (provider); empty without answer.
    pub code: String,
    /// STS' own words, or why there is no answer.
    pub message: String,
}

impl fmt::Display for WebIdentityError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.code.as_str() {
            "" => f.write_str(&self.message),
            code => write!(f, "{code}: {}", self.message),
        }
    }
}

impl Aws {
    /// Becomes a role and returns who one is then; the credentials are dropped. Unsigned: whose credentials this
    /// client has does not matter. What IAM may not have heard of yet is asked again for as long as `patience` says.
    ///
    /// # Errors
    /// What STS says, or why it does not answer.
    pub async fn assume_with_web_identity(
        &self,
        role_arn: &str,
        token: &str,
        session_name: &str,
        patience: Duration,
    ) -> Result<String, WebIdentityError> {
        let call = Call::sts("AssumeRoleWithWebIdentity", format!("role `{role_arn}`"));
        let mut waiting = Waiting::new(Pace { whole: patience, ..self.shared.pace }, self.shared.deadline());
        loop {
            // The shortest that STS knows: the credentials are dropped at once.
            let request = self.sts.assume_role_with_web_identity().role_arn(role_arn).duration_seconds(900);
            let sent = request.web_identity_token(token).role_session_name(session_name).send();
            let trouble = match tokio::time::timeout_at(self.shared.deadline().into(), Box::pin(sent)).await {
                Ok(Ok(answer)) => {
                    let arn = answer.assumed_role_user().map(|user| user.arn().to_owned());
                    let message = "STS did not say who one is now".to_owned();
                    return arn.ok_or(WebIdentityError { code: String::new(), message });
                }
                Ok(Err(error)) => Trouble::of(error, &self.shared),
                Err(_) => Trouble::timed_out(),
            };
            let wait = if NOT_YET.contains(&trouble.code.as_str()) {
                waiting.wait("STS lets the job's token in")
            } else {
                waiting.after(&call, &trouble)
            };
            let Some((wait, why)) = wait else { return Err(told(trouble, &call, self)) };
            (self.shared.on_retry)(&why);
            tokio::time::sleep(wait).await;
        }
    }
}

fn told(trouble: Trouble, call: &Call, aws: &Aws) -> WebIdentityError {
    if !trouble.code.is_empty() {
        return WebIdentityError { code: trouble.code, message: trouble.message };
    }
    let error: AwsError = trouble.meaning(call, &aws.shared);
    WebIdentityError { code: String::new(), message: error.to_string() }
}
