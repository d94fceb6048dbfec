//! Looks at the cluster in GKE and at the jobs' identity in IAM.

use crate::cloud::gcp::change::Resource;
use crate::cloud::gcp::found::{FoundGcp, GkeCluster, ServiceAccount};
use crate::cloud::gcp::names::ProjectId;
use crate::cloud::gcp::settings::{AccountChoice, GcpSettings};
use crate::cloud::gcp::{Gcp, GcpError, look, marks};
use crate::cloud::look::Look;
use crate::failure::{Failure, FailureKind};
use crate::settings::GcpIdentity;

/// Everything that can be known at once goes out at once; only the number of a pool in another project waits.
pub(super) async fn look_at_gcp(gcp: &GcpSettings, client: &Gcp) -> Result<FoundGcp, Failure> {
    let Some(location) = &gcp.location else {
        return Err(Failure::new(FailureKind::Bug, "a look at a cluster in GKE whose location nobody knows"));
    };
    let (acts, federates) = (gcp.identity == GcpIdentity::ServiceAccount, gcp.identity == GcpIdentity::Federation);
    let email = gcp.account_email();
    let account = async {
        let read = async || client.service_account(email).await;
        if acts { look_at_account(gcp, client, read, "iam.serviceAccounts.get").await } else { Ok(Look::NotLooked) }
    };
    let account_policy = async {
        let read = async || client.account_policy(email).await;
        let permission = "iam.serviceAccounts.getIamPolicy";
        if acts { look_at_account(gcp, client, read, permission).await } else { Ok(Look::NotLooked) }
    };
    let project_policy = async {
        if acts || federates { look(client.project_policy(&gcp.project).await.map(Some)) } else { Ok(Look::NotLooked) }
    };
    let credentials_api = async {
        let enabled = client.credentials_api_enabled(&gcp.project);
        if acts { look(enabled.await.map(Some)) } else { Ok(Look::NotLooked) }
    };
    let number =
        async { if federates { look(client.project_number(&gcp.project).await) } else { Ok(Look::NotLooked) } };
    let cluster = async {
        client
            .cluster(&gcp.project, location, &gcp.cluster)
            .await
            .map_err(|error| Failure::from(error).hint("or leave Google Cloud out of it: `--identity none`"))
    };
    let (cluster, account, account_policy, project_policy, credentials_api, number) =
        futures::join!(cluster, account, account_policy, project_policy, credentials_api, number);
    // What is wrong with the credentials or the cluster says more than what follows from it.
    let cluster = cluster?;
    let mut pool_project_number = number?;
    // A cluster of a fleet may belong to the pool of another project.
    let theirs = cluster.workload_pool.as_deref().and_then(ProjectId::of_pool).filter(|it| *it != gcp.project);
    if let (true, Some(project)) = (federates, theirs) {
        pool_project_number = look(client.project_number(&project).await)?;
    }
    let (account, account_policy) = (account?, account_policy?);
    let namesakes = namesakes(gcp, &cluster, &account, client).await?;
    Ok(FoundGcp {
        credentials: client.credentials(),
        project: gcp.project.clone(),
        cluster,
        pool_project_number,
        account,
        account_policy,
        namesakes,
        project_policy: project_policy?,
        credentials_api: credentials_api?,
    })
}

/// Of an account that a run made which died a moment ago, some of IAM's servers say that one may not see it. Whoever has
/// the permission in the whole project hears by that only that it is not there yet.
async fn look_at_account<T>(
    gcp: &GcpSettings,
    client: &Gcp,
    read: impl AsyncFn() -> Result<Option<T>, GcpError>,
    permission: &str,
) -> Result<Look<T>, GcpError> {
    let answer = read().await;
    if !matches!((&answer, &gcp.account), (Err(GcpError::Denied { .. }), AccountChoice::Ours { .. })) {
        return look(answer);
    }
    let project = Resource::Project(gcp.account_email().project().clone());
    let is_missing = client.missing_permissions(&project, &[permission]).await.is_ok_and(|missing| missing.is_empty());
    if is_missing { Ok(Look::Missing) } else { look(answer) }
}

/// The guide calls its accounts by the cluster's name alone, and another location may have a cluster of the same name.
async fn namesakes(
    gcp: &GcpSettings,
    cluster: &GkeCluster,
    account: &Look<ServiceAccount>,
    client: &Gcp,
) -> Result<Look<Vec<String>>, GcpError> {
    let is_unclear = account.there().is_some_and(|account| {
        marks::read(&account.description).is_none()
            && marks::guide_cluster(&account.display_name).is_some_and(|name| name == cluster.name)
    });
    if !is_unclear {
        return Ok(Look::NotLooked);
    }
    let all = look(client.clusters(&gcp.project).await.map(Some))?;
    Ok(match all {
        Look::There(all) => {
            Look::There(cluster.others(all.into_iter().filter(|(_, name)| *name == cluster.name).collect()))
        }
        Look::Unknown(why) => Look::Unknown(why),
        Look::Missing => Look::Missing,
        Look::NotLooked => Look::NotLooked,
    })
}
