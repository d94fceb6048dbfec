//! What taking back an identity in Google Cloud has to know: which account it was, and who shares the workload pool.

use crate::cloud::gcp::found::{FoundGcp, StandingGcp};
use crate::cloud::gcp::names::AccountEmail;
use crate::cloud::gcp::settings::{AccountChoice, GcpSettings};
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
    let is_annotated = annotated.is_some();
    // Who named no account now may have named one when it was set up; and may have chosen another identity since.
    let email = match (&gcp.account, annotated) {
        (AccountChoice::Ours { told: false, .. }, Some(annotated)) => annotated,
        _ => gcp.account_email().clone(),
    };
    let acts = gcp.identity == GcpIdentity::ServiceAccount;
    let is_known = acts && email == *gcp.account_email();
    let account =
        async { if is_known { Ok(found.account.clone()) } else { look(client.service_account(&email).await) } };
    let policy =
        async { if is_known { Ok(found.account_policy.clone()) } else { look(client.account_policy(&email).await) } };
    let neighbours = async {
        let pool_is_the_projects = found.cluster.workload_pool.as_deref().is_none_or(|pool| {
            crate::cloud::gcp::names::ProjectId::of_pool(pool).is_some_and(|project| project == gcp.project)
        });
        if !pool_is_the_projects {
            return Ok(Look::Unknown("the workload pool belongs to another project".to_owned()));
        }
        let all = look(client.clusters(&gcp.project).await.map(Some))?;
        Ok(match all {
            Look::There(all) => Look::There(others(all, found)),
            Look::Unknown(why) => Look::Unknown(why),
            Look::Missing => Look::Missing,
            Look::NotLooked => Look::NotLooked,
        })
    };
    let (account, policy, neighbours) = futures::try_join!(account, policy, neighbours)?;
    Ok(StandingGcp { email, acted: acts || is_annotated, account, policy, neighbours })
}

fn others(all: Vec<(String, String)>, found: &FoundGcp) -> Vec<String> {
    let cluster = &found.cluster;
    let path = |(location, name): (String, String)| {
        format!("projects/{}/locations/{location}/clusters/{name}", cluster.project)
    };
    all.into_iter().map(path).filter(|other| *other != cluster.path()).collect()
}
