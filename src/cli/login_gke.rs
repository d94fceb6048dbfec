//! What is said to whom a cluster on GKE does not let in, or does not answer.

use crate::cloud::gcp::{Gcp, commands};
use crate::failure::{Failure, FailureKind};
use crate::found::Found;
use crate::plan::{Plan, Refusal};
use crate::settings::Settings;

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
    .hint(commands::let_in(&gcp.project, None))
}

/// Whoever Google knows is let into the cluster, and may see nothing there without a role. When a plan fails on that, it
/// says what gives one.
pub(super) fn explain_outsider(settings: &Settings, found: &Found, plan: &mut Plan) {
    let (Some(gcp), Some(cluster)) = (&settings.gcp, &found.cluster) else { return };
    let Some(why) = cluster.shows_nothing().filter(|_| !plan.refusals.is_empty()) else { return };
    // `… is forbidden: User "anna@example.com" cannot get resource …`
    let user = why.split_once("User \"").and_then(|(_, rest)| rest.split('"').next());
    let who = user.map_or_else(|| "this login".to_owned(), |user| format!("`{user}`"));
    plan.refusals.insert(
        0,
        Refusal {
            object: format!("gcp:cluster/{}", gcp.cluster),
            kind: FailureKind::Refused,
            message: format!(
                "lets {who} in, who may see nothing of the runner there: neither IAM nor RBAC gives a role"
            ),
            hints: vec![
                commands::let_in(&gcp.project, user),
                format!("or smaller rights in the cluster alone, by RBAC: a RoleBinding for {who} in each namespace"),
            ],
            maker: None,
        },
    );
}
