//! Who a session is to the cluster: by the context, or by a token of the cloud's credentials, and what is said to whom
//! nobody lets in.

use crate::cloud::Cloud;
use crate::cloud::aws::Aws;
use crate::cloud::aws::names::Arn;
use crate::cluster::Cluster;
use crate::failure::{Failure, FailureKind};

use super::in_cloud::InCloud;
use super::login_aks;
use super::login_gke;
use super::reach::Way;

/// How a session is logged in to the cluster.
#[derive(Clone)]
pub(super) enum Login {
    /// As the context says.
    Context,
    /// By the context's plugin, which only makes tokens of the cloud's credentials: one of our own is as good.
    Plugin(Box<Spare>),
    /// With a token of the cloud's credentials.
    Token {
        /// The client that makes the tokens.
        cloud: Cloud,
        /// The cluster, as the cloud knows it.
        named: Box<InCloud>,
    },
}

/// What it takes to do without a context's plugin.
#[derive(Clone)]
pub(super) struct Spare {
    /// The cluster, as the cloud knows it.
    pub(super) named: InCloud,
    /// The server that the context names: no other one is talked to.
    pub(super) server: String,
    /// How long the run may take.
    pub(super) timeout: std::time::Duration,
}

impl Way<'_> {
    /// Another way in, when the cluster does not take the token of the context's plugin; `None`: nothing is wrong with
    /// it, or there is no other way.
    ///
    /// # Errors
    /// The other way is none either.
    pub(super) async fn in_otherwise(
        &self,
        login: &Login,
        cluster: &Cluster,
        cloud: Option<&Cloud>,
    ) -> Result<Option<(Cluster, Login)>, Failure> {
        let Login::Plugin(spare) = login else { return Ok(None) };
        if !cluster.turned_us_away() {
            return Ok(None);
        }
        let message = format!(
            "the API server {} does not accept the token of the credential plugin of context `{}`",
            cluster.server(),
            cluster.context()
        );
        let failure = Failure::new(FailureKind::Refused, message)
            .hint(format!("kubectl --context {} auth whoami", cluster.context()));
        self.without_plugin(spare, cloud, failure).await.map(Some)
    }

    /// Logs in with a token of the cloud's credentials, as the plugin did not do: `failure` says why not.
    ///
    /// # Errors
    /// When the other way is no way either, both are said.
    pub(super) async fn without_plugin(
        &self,
        spare: &Spare,
        cloud: Option<&Cloud>,
        failure: Failure,
    ) -> Result<(Cluster, Login), Failure> {
        let both = |failure: Failure, other: Failure| {
            let causes = other.causes.into_iter().fold(
                failure.cause(format!("and with {} instead: {}", spare.named.credentials(), other.message)),
                Failure::cause,
            );
            other.hints.into_iter().fold(causes, Failure::hint)
        };
        let mut named = spare.named.clone();
        let opened;
        let cloud = match cloud {
            Some(cloud) => cloud,
            None => {
                opened = match self.open_client(&mut named, spare.timeout).await {
                    Ok(cloud) => cloud,
                    Err(other) => return Err(both(failure, other)),
                };
                &opened
            }
        };
        let cluster = match self.open_by_token(&named, cloud).await {
            Ok(cluster) => cluster,
            Err(other) if other.kind == FailureKind::Interrupted => return Err(other),
            Err(other) => return Err(both(failure, other)),
        };
        let bare = |server: &str| server.trim_end_matches('/').to_lowercase();
        if bare(&spare.server) != bare(cluster.server()) {
            return Err(failure.cause(format!(
                "and it is not replaced by {}: the context reaches {}, and {} names {} for `{}`",
                named.credentials(),
                spare.server,
                named.service(),
                cluster.server(),
                named.cluster()
            )));
        }
        let cause = failure.causes.first().map(|cause| format!(": {cause}")).unwrap_or_default();
        if let Some(progress) = self.progress {
            progress.finish();
        }
        self.call.terminal.warn(&format!("{}{cause}; logged in with {} instead", failure.message, named.credentials()));
        Ok((cluster, Login::Token { cloud: cloud.clone(), named: Box::new(named) }))
    }
}

/// Says who is turned away, and who could let them in, when it is the cloud's credentials that the cluster does not know.
pub(super) async fn explain(login: &Login, is_turned_away: bool, failure: Failure) -> Failure {
    match login {
        Login::Token { cloud: Cloud::Aws(client), named } => {
            explain_eks(client, named.cluster(), is_turned_away, failure).await
        }
        Login::Token { cloud: Cloud::Gcp(client), named } => {
            login_gke::explain_gke(client, named, is_turned_away, failure).await
        }
        Login::Token { cloud: Cloud::Azure(client), named } => {
            login_aks::explain_aks(client, named, is_turned_away, failure).await
        }
        Login::Context | Login::Plugin(_) => failure,
    }
}

async fn explain_eks(client: &Aws, cluster: &str, is_turned_away: bool, failure: Failure) -> Failure {
    let is_about_cluster = failure.hints.iter().any(|hint| hint.starts_with("kubectl"));
    if failure.kind == FailureKind::Unreachable && is_about_cluster {
        return not_reached(client, cluster, failure);
    }
    if !is_turned_away {
        return failure;
    }
    let (caller, eks) = futures::join!(client.caller(), client.cluster(cluster));
    let (Ok(caller), Ok(eks)) = (caller, eks) else { return failure };
    let (principal, is_whole) = principal(client, &caller.arn).await;
    let region = eks.arn.region();
    let told = Failure::new(
        FailureKind::Refused,
        format!("the cluster `{}` does not know the AWS identity {}", eks.name, caller.arn),
    )
    .cause(failure.message)
    .cause("AWS accepts the credentials; who may log in to the cluster is written there: in its access entries, or in the map aws-auth");
    let told = if eks.authentication_mode.as_deref().unwrap_or("CONFIG_MAP") == "CONFIG_MAP" {
        told.hint(format!(
            "an administrator of the cluster lets it in: eksctl create iamidentitymapping --cluster {} --region {region} \
             --arn {principal} --group system:masters --username admin",
            eks.name
        ))
    } else {
        let entry = format!("--cluster-name {} --region {region} --principal-arn {principal}", eks.name);
        let policy =
            format!("arn:{}:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy", caller.arn.partition());
        told.hint(format!("an administrator lets it in: aws eks create-access-entry {entry}"))
            .hint(format!("aws eks associate-access-policy {entry} --access-scope type=cluster --policy-arn {policy}"))
    };
    let told = if is_whole { told } else { told.hint("if the role has a path, it belongs into that ARN") };
    told.hint("or take credentials that are let in: --profile NAME")
}

/// Without a kubeconfig kubectl is no help; EKS says from where the server can be reached.
fn not_reached(client: &Aws, cluster: &str, mut failure: Failure) -> Failure {
    failure.hints.retain(|hint| !hint.starts_with("kubectl"));
    let region = client.region();
    failure
        .hint(format!("aws eks describe-cluster --name {cluster} --region {region} --query cluster.resourcesVpcConfig"))
}

/// Whom an access entry has to name: of a session its role. The role's path is not in a session's ARN; whether it is known.
async fn principal(client: &Aws, caller: &Arn) -> (String, bool) {
    let Some(session) = caller.resource().strip_prefix("assumed-role/") else { return (caller.to_string(), true) };
    let role = session.split('/').next().unwrap_or(session);
    match client.role(role).await {
        Ok(Some(role)) => (role.arn.to_string(), true),
        _ => (format!("arn:{}:iam::{}:role/{role}", caller.partition(), caller.account()), false),
    }
}
