//! Letting a managed identity trust an account, and not any more. Others write there too: the list is read right before,
//! and a PUT would silently re-point what has the same name (`gcp-azure.md`, part 2, A4).

use serde_json::json;

use crate::cloud::azure::AzureError;
use crate::cloud::azure::change::NewTrust;
use crate::cloud::azure::client::Azure;
use crate::cloud::azure::endpoints::Api;
use crate::cloud::azure::found::FederatedCredential;
use crate::cloud::azure::names::ResourceId;
use crate::cloud::azure::permissions::{DELETE_CREDENTIAL, READ_CREDENTIAL, WRITE_CREDENTIAL};
use crate::cloud::azure::read_identity::{credentials_path, identity_words};
use crate::cloud::azure::send::Call;
use crate::cloud::azure::trust::{MOST_CREDENTIALS, differences};

/// How a credential is spoken of.
fn words(name: &str, identity: &ResourceId) -> String {
    format!("federated credential `{name}` of {}", identity_words(identity))
}

/// Whether two names are one to ARM.
fn is_named(credential: &FederatedCredential, name: &str) -> bool {
    credential.name.eq_ignore_ascii_case(name)
}

impl Azure {
    pub(super) async fn trust(&self, new: &NewTrust) -> Result<(), AzureError> {
        let mut wanted = new.credential.clone();
        if wanted.issuer.is_empty() {
            let cluster = self.cluster_now(&new.cluster).await?;
            let issuer = cluster.and_then(|cluster| cluster.issuer);
            wanted.issuer = issuer.ok_or_else(|| AzureError::IssuerOff { cluster: new.cluster.clone() })?;
        }
        let body = json!({ "properties": {
            "issuer": wanted.issuer,
            "subject": wanted.subject,
            "audiences": wanted.audiences,
        } });
        let path = format!("{}/{}", credentials_path(&new.identity), wanted.name);
        let call = Call::put(Api::Identities, &path, body, WRITE_CREDENTIAL, words(&wanted.name, &new.identity));
        let _alone = self.shared.one_write.lock().await;
        let mut waiting = self.waiting();
        loop {
            let there = self.federated(&new.identity).await?;
            let is_there = there.is_some();
            if let Some(there) = &there
                && is_trusted(new, &wanted, there)?
            {
                return Ok(());
            }
            let error = match if is_there { self.ask(&call).await.map(drop) } else { Err(missing(&new.identity)) } {
                Ok(()) => return Ok(()),
                Err(error) => error,
            };
            let why = match &error {
                AzureError::Conflict { .. } => {
                    format!("somebody else is changing what {} trusts", identity_words(&new.identity))
                }
                AzureError::Missing { .. } if self.shared.has_made(&new.identity) => {
                    format!("waiting until Azure shows {}", identity_words(&new.identity))
                }
                _ => return Err(error),
            };
            let Some(wait) = waiting.next() else { return Err(error) };
            self.pause(wait, &why, WRITE_CREDENTIAL).await?;
        }
    }

    pub(super) async fn distrust(&self, identity: &ResourceId, seen: &FederatedCredential) -> Result<(), AzureError> {
        let path = format!("{}/{}", credentials_path(identity), seen.name);
        let call = Call::delete(Api::Identities, &path, DELETE_CREDENTIAL, words(&seen.name, identity));
        let _alone = self.shared.one_write.lock().await;
        let mut waiting = self.waiting();
        loop {
            let there = self.federated(identity).await?.unwrap_or_default();
            let Some(there) = there.iter().find(|it| is_named(it, &seen.name)) else { return Ok(()) };
            if let Some(difference) = differences(seen, there).first() {
                return Err(AzureError::Moved { what: words(&seen.name, identity), how: difference.to_string() });
            }
            let error = match self.ask_for(&call).await {
                Ok(_) => return Ok(()),
                Err(error @ AzureError::Conflict { .. }) => error,
                Err(error) => return Err(error),
            };
            let Some(wait) = waiting.next() else { return Err(error) };
            let why = format!("somebody else is changing what {} trusts", identity_words(identity));
            self.pause(wait, &why, DELETE_CREDENTIAL).await?;
        }
    }
}

/// Whether the trust is there already; under another name it counts too.
///
/// # Errors
/// There is something else under its name than was looked at, or no room for another one.
fn is_trusted(new: &NewTrust, wanted: &FederatedCredential, there: &[FederatedCredential]) -> Result<bool, AzureError> {
    if there.iter().any(|it| differences(wanted, it).is_empty()) {
        return Ok(true);
    }
    let what = || words(&wanted.name, &new.identity);
    let Some(named) = there.iter().find(|it| is_named(it, &wanted.name)) else {
        if there.len() >= MOST_CREDENTIALS {
            let names = there.iter().map(|it| it.name.clone()).collect();
            return Err(AzureError::TooManyCredentials { identity: Box::new(new.identity.clone()), names });
        }
        return Ok(false);
    };
    match &new.seen {
        Some(seen) => match differences(seen, named).first() {
            None => Ok(false),
            Some(difference) => Err(AzureError::Moved { what: what(), how: difference.to_string() }),
        },
        None => {
            let differs = differences(wanted, named).iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            Err(AzureError::MadeMeanwhile { what: what(), differs })
        }
    }
}

fn missing(identity: &ResourceId) -> AzureError {
    let message = "it is not there".to_owned();
    AzureError::Missing { action: READ_CREDENTIAL.to_owned(), on: identity_words(identity), message }
}
