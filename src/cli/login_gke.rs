//! What is said to whom a cluster on GKE does not let in, or does not answer.

use crate::cloud::gcp::{Gcp, commands};
use crate::failure::{Failure, FailureKind};

use super::in_cloud::InCloud;

/// Says whose credentials they are, and which right is missing.
pub(super) async fn explain_gke(client: &Gcp, named: &InCloud, is_turned_away: bool, mut failure: Failure) -> Failure {
    let InCloud::Gcp(gcp) = named else { return failure };
    let is_about_cluster = failure.hints.iter().any(|hint| hint.starts_with("kubectl"));
    if failure.kind == FailureKind::Unreachable && is_about_cluster {
        // Without a kubeconfig kubectl is no help; GKE says from where the server can be reached.
        failure.hints.retain(|hint| !hint.starts_with("kubectl"));
        let location = gcp.location.as_deref().unwrap_or_default();
        let cluster = client.cluster(&gcp.project, location, &gcp.cluster).await;
        return match cluster {
            Ok(cluster) => failure.hint(commands::describe_endpoints(&cluster)),
            Err(_) => failure,
        };
    }
    if !is_turned_away {
        return failure;
    }
    Failure::new(
        FailureKind::Refused,
        format!("the cluster `{}` does not accept the Google credentials ({})", gcp.cluster, client.credentials()),
    )
    .cause(failure.message)
    .hint("gcloud auth application-default login")
    .hint(commands::let_in(&gcp.project))
}
