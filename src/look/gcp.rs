//! Looks at the cluster in GKE and at the jobs' identity in IAM.

use crate::cloud::gcp::found::FoundGcp;
use crate::cloud::gcp::names::ProjectId;
use crate::cloud::gcp::settings::GcpSettings;
use crate::cloud::gcp::{Gcp, look};
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
    let account = async { if acts { look(client.service_account(email).await) } else { Ok(Look::NotLooked) } };
    let account_policy = async { if acts { look(client.account_policy(email).await) } else { Ok(Look::NotLooked) } };
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
    Ok(FoundGcp {
        credentials: client.credentials(),
        project: gcp.project.clone(),
        cluster,
        pool_project_number,
        account: account?,
        account_policy: account_policy?,
        project_policy: project_policy?,
        credentials_api: credentials_api?,
    })
}
