//! What is said to whom a cluster on AKS does not let in, or does not answer.

use crate::cloud::azure::{Azure, commands};
use crate::failure::{Failure, FailureKind};
use crate::found::Found;
use crate::plan::{Plan, Refusal};

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

/// Whoever Entra knows is let into the cluster, and may see nothing there without a role. When a plan fails on that, it
/// says what gives one.
pub(super) fn explain_outsider(found: &Found, plan: &mut Plan) {
    let (Some(azure), Some(cluster)) = (&found.azure, &found.cluster) else { return };
    let Some(why) = cluster.shows_nothing().filter(|_| azure.cluster.entra && !plan.refusals.is_empty()) else {
        return;
    };
    // `… is forbidden: User "anna@example.com" cannot get resource …`
    let user = why.split_once("User \"").and_then(|(_, rest)| rest.split('"').next());
    let who = user.map_or_else(|| "this login".to_owned(), |user| format!("`{user}`"));
    let id = &azure.cluster.id;
    plan.refusals.insert(
        0,
        Refusal {
            object: format!("azure:cluster/{}", id.name()),
            kind: FailureKind::Refused,
            message: format!(
                "lets {who} in, who may see nothing of the runner there: neither Azure nor RBAC gives a role"
            ),
            hints: vec![
                format!("where Azure's roles count in the cluster: {}", commands::let_in(id)),
                format!(
                    "else one of its admin groups, or RBAC in the cluster: a RoleBinding for {who} in each namespace"
                ),
            ],
            maker: None,
        },
    );
}
