//! Proves the jobs' identity in Azure: a token of their account is really exchanged for one of the managed identity.

use std::time::Duration;

use base64::Engine;
use serde_json::Value;

use super::{Observed, Proof};
use crate::cloud::azure::found::FederatedCredential;
use crate::cloud::azure::settings::AzureSettings;
use crate::cloud::azure::trust::{Standing, differences, standing};
use crate::cloud::azure::{Azure, ExchangeError, commands, look};
use crate::cloud::look::Look;
use crate::cluster::{Cluster, ClusterError};
use crate::failure::{Failure, FailureKind};
use crate::phase::Phase;

/// How long Entra may take to know a new trust: it documents minutes, and remembers a no for a while.
const AFTER_CHANGES: Duration = Duration::from_mins(5);
/// The same when nothing was changed now; an earlier run may have done so a moment ago.
const WITHOUT_CHANGES: Duration = Duration::from_secs(10);

/// Mints a token for the job service account and exchanges it.
pub(super) async fn token_exchanged(
    proof: &Proof<'_>,
    azure: &AzureSettings,
    client: &Azure,
    cluster: Option<&Cluster>,
    timeout: Duration,
) -> Result<Observed, Failure> {
    let (namespace, account) = (proof.settings.job_namespace.as_str(), proof.settings.job_account.name.as_str());
    let unknown = |why: String| Ok(Observed::Unknown(format!("not tried: {why}")));
    let Some(cluster) = cluster.filter(|_| proof.found.cluster.is_some()) else {
        return unknown("the cluster is not reached, and only it makes tokens of its accounts".to_owned());
    };
    let token = match cluster.service_account_token(namespace, account, &azure.audience).await {
        Ok(token) => token,
        Err(ClusterError::Forbidden { .. }) => {
            return unknown(format!(
                "the right to create serviceaccounts/token in the namespace `{namespace}` is missing, so no token of `{account}` can be had"
            ));
        }
        Err(error) if error.is_not_found() => {
            return unknown(format!("the service account `{namespace}/{account}` is not there yet"));
        }
        Err(error) => return Err(error.into()),
    };
    let Some(id) = azure.identity_id() else { return unknown("nobody knows the managed identity".to_owned()) };
    let identity = match look(client.identity(&id).await)? {
        Look::There(identity) => identity,
        Look::Unknown(why) => return unknown(format!("the managed identity can't be read: {why}")),
        Look::Missing | Look::NotLooked => return unknown(format!("the managed identity {id} is not there")),
    };
    let changed = proof.plan.changes().any(|(planned, _)| planned.phase == Phase::Identity);
    let says = said(&token);
    let there = look(client.federated(&id).await)?;
    let trusted = match (&says, &there) {
        (Some(says), Look::There(there)) => Some(standing(says, there)),
        _ => None,
    };
    let patience = match (changed, trusted) {
        // Waiting makes no token say something else. What was written a moment ago may not be listed yet.
        (_, Some(Standing::Nearly(_))) | (false, Some(Standing::NameTaken(_) | Standing::Free)) => Duration::ZERO,
        (true, _) => timeout.min(AFTER_CHANGES),
        (false, _) => timeout.min(WITHOUT_CHANGES),
    };
    match client.exchange(&token, &identity.tenant_id, &identity.client_id, patience).await {
        Ok(()) => Ok(Observed::Pass(format!(
            "a token of `{namespace}/{account}` was exchanged for one of the managed identity {} (client id {})",
            id.name(),
            identity.client_id
        ))),
        Err(error) if error.is_silent() => Ok(Observed::Unknown(format!("not proved: {error}"))),
        Err(error) => Err(refused(says.as_ref(), &there, &error, &id)),
    }
}

/// What a token says, in the shape of the credential that would trust it.
fn said(token: &str) -> Option<FederatedCredential> {
    let payload = token.split('.').nth(1)?;
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?;
    let claims: Value = serde_json::from_slice(&bytes).ok()?;
    let text = |name: &str| claims.get(name)?.as_str().map(str::to_owned);
    let audiences = match claims.get("aud")? {
        Value::String(text) => vec![text.clone()],
        Value::Array(items) => items.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    };
    Some(FederatedCredential { name: String::new(), issuer: text("iss")?, subject: text("sub")?, audiences })
}

/// What was refused, with the token's claims beside those of the credential that comes nearest, the difference marked.
fn refused(
    says: Option<&FederatedCredential>,
    there: &Look<Vec<FederatedCredential>>,
    error: &ExchangeError,
    id: &crate::cloud::azure::names::ResourceId,
) -> Failure {
    let message =
        format!("Entra does not exchange a token of the jobs' account for one of the managed identity {}", id.name());
    let mut failure = Failure::new(FailureKind::Refused, message).cause(error.to_string());
    let Some(says) = says else { return failure };
    let nearest = there.there().and_then(|there| there.iter().min_by_key(|it| differences(says, it).len()));
    match nearest {
        None => failure = failure.cause("the managed identity trusts nobody"),
        Some(nearest) => {
            let differs = differences(says, nearest);
            if differs.is_empty() {
                failure = failure.cause(format!(
                    "the credential {} trusts exactly this token: Entra may not know it everywhere yet",
                    nearest.name
                ));
                return failure.hint("run the same command again in some minutes");
            }
            for difference in &differs {
                failure = difference.marked().into_iter().fold(failure, Failure::cause);
            }
        }
    }
    failure.hint(commands::list_credentials(id)).hint("runner-setup apply --yes")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_as_the_trust_that_it_needs() {
        let payload = r#"{"iss":"https://i/","sub":"system:serviceaccount:a:b","aud":["x"]}"#;
        let encoded = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(payload);
        let said = said(&format!("h.{encoded}.s")).unwrap();
        assert_eq!((said.issuer.as_str(), said.subject.as_str()), ("https://i/", "system:serviceaccount:a:b"));
        assert_eq!(said.audiences, ["x"]);
        assert_eq!(super::said("no token"), None);
    }
}
