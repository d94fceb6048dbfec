//! What is said to whom a cluster on AKS does not let in, or does not answer.

use crate::cloud::azure::{Azure, commands};
use crate::failure::{Failure, FailureKind};

use super::in_cloud::InCloud;

/// Says whose credentials they are, and who could let them in.
pub(super) async fn explain_aks(
    client: &Azure,
    named: &InCloud,
    is_turned_away: bool,
    mut failure: Failure,
) -> Failure {
    let InCloud::Azure(azure) = named else { return failure };
    let is_about_cluster = failure.hints.iter().any(|hint| hint.starts_with("kubectl"));
    let is_silent = failure.kind == FailureKind::Unreachable && is_about_cluster;
    if !is_silent && !is_turned_away {
        return failure;
    }
    let group = azure.resource_group.as_deref();
    let Ok(cluster) = client.cluster(&azure.subscription, group, &azure.cluster).await else { return failure };
    if is_silent {
        // Without a kubeconfig kubectl is no help; AKS says whether the server runs and from where it can be reached.
        failure.hints.retain(|hint| !hint.starts_with("kubectl"));
        if cluster.is_private {
            failure = failure.cause("the cluster is private: only its own network reaches its API server");
        }
        return failure.hint(commands::show_cluster(&cluster));
    }
    let who = client.credentials();
    let told = Failure::new(
        FailureKind::Refused,
        format!("the cluster `{}` does not accept the Azure credentials ({who})", azure.cluster),
    )
    .cause(failure.message);
    match cluster.entra {
        true => told.hint(commands::let_in(&cluster.id)).hint("or take credentials that are let in: az login"),
        false => told.hint(commands::get_credentials(&cluster.id)),
    }
}
