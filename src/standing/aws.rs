//! What taking back an identity in AWS has to know: what hangs on the role, and who else trusts the provider.

use crate::cloud::aws::found::{FoundAws, StandingAws};
use crate::cloud::aws::{Aws, look, tags};
use crate::cloud::look::Look;
use crate::failure::Failure;
use crate::settings::Settings;

/// Reads what stands around the things that this tool made; of others nothing is read.
///
/// # Errors
/// Whatever keeps AWS from answering. A missing right is no error here.
pub(super) async fn look_around_aws(
    settings: &Settings,
    found: &FoundAws,
    client: &Aws,
) -> Result<StandingAws, Failure> {
    let role = found.role.there().filter(|role| tags::made_by_us(&role.tags)).map(|role| role.arn.name().to_owned());
    let attached = async {
        match &role {
            Some(name) => look(client.attached_policies(name).await),
            None => Ok(Look::NotLooked),
        }
    };
    let inline = async {
        match &role {
            Some(name) => look(client.inline_policies(name).await.map(Some)),
            None => Ok(Look::NotLooked),
        }
    };
    let provider = async {
        let Some(arn) = found.provider_arn() else { return Ok((Look::Missing, Look::NotLooked)) };
        let provider = match &found.provider {
            Look::NotLooked => look(client.oidc_provider(&arn).await)?,
            seen => seen.clone(),
        };
        let trusting = match provider.there().filter(|provider| tags::made_by_us(&provider.tags)) {
            Some(_) => look(client.roles_trusting(&arn).await.map(Some))?,
            None => Look::NotLooked,
        };
        Ok((provider, trusting))
    };
    let association = async {
        match &found.association {
            Look::NotLooked => {
                let account = settings.job_account.name.as_str();
                look(client.association(&found.cluster.name, settings.job_namespace.as_str(), account).await)
            }
            seen => Ok(seen.clone()),
        }
    };
    let (attached, inline, (provider, trusting), association) =
        futures::try_join!(attached, inline, provider, association)?;
    Ok(StandingAws { attached, inline, trusting, provider, association })
}
