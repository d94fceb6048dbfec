//! What taking back an identity in Google Cloud has to know: which account it was, and who shares the workload pool.

use futures::future::try_join_all;

use crate::cloud::gcp::found::{FoundGcp, StandingAccount, StandingGcp};
use crate::cloud::gcp::names::{AccountEmail, ProjectId};
use crate::cloud::gcp::settings::GcpSettings;
use crate::cloud::gcp::{Gcp, look};
use crate::cloud::look::Look;
use crate::failure::Failure;
use crate::settings::GcpIdentity;

/// Reads what stands around the things that this tool made.
///
/// # Errors
/// Whatever keeps Google Cloud from answering. A missing right is no error here.
pub(super) async fn look_around_gcp(
    gcp: &GcpSettings,
    found: &FoundGcp,
    annotated: Option<&str>,
    client: &Gcp,
) -> Result<StandingGcp, Failure> {
    let annotated = annotated.and_then(|text| text.parse::<AccountEmail>().ok());
    let acts = gcp.identity == GcpIdentity::ServiceAccount;
    // Who names an account now may have named another one, or another identity, when it was set up.
    let mut emails: Vec<(AccountEmail, bool)> = annotated.into_iter().map(|email| (email, true)).collect();
    if emails.iter().all(|(email, _)| email != gcp.account_email()) {
        emails.push((gcp.account_email().clone(), acts));
    }
    let accounts = emails.into_iter().map(|(email, is_expected)| account(email, is_expected, found, client));
    let neighbours = async {
        let pool_is_the_projects = found
            .cluster
            .workload_pool
            .as_deref()
            .is_none_or(|pool| ProjectId::of_pool(pool).is_some_and(|project| project == gcp.project));
        if !pool_is_the_projects {
            return Ok(Look::Unknown("the workload pool belongs to another project".to_owned()));
        }
        let all = look(client.clusters(&gcp.project).await.map(Some))?;
        Ok(match all {
            Look::There(all) => Look::There(found.cluster.others(all)),
            Look::Unknown(why) => Look::Unknown(why),
            Look::Missing => Look::Missing,
            Look::NotLooked => Look::NotLooked,
        })
    };
    let (accounts, neighbours) = futures::try_join!(try_join_all(accounts), neighbours)?;
    Ok(StandingGcp { accounts, neighbours })
}

/// That something is missing is never taken from a look that was made for setting up: there, what may not be seen can be
/// what was made a moment ago.
async fn account(
    email: AccountEmail,
    is_expected: bool,
    found: &FoundGcp,
    client: &Gcp,
) -> Result<StandingAccount, Failure> {
    let is_same = found.account.there().is_some_and(|account| account.email == email);
    let account =
        async { if is_same { Ok(found.account.clone()) } else { look(client.service_account(&email).await) } };
    let policy = async {
        match &found.account_policy {
            Look::There(_) if is_same => Ok(found.account_policy.clone()),
            _ => look(client.account_policy(&email).await),
        }
    };
    let (account, policy) = futures::try_join!(account, policy)?;
    Ok(StandingAccount { email, is_expected, account, policy })
}
