//! Looks at the cluster in EKS and at the jobs' identity in IAM.

use crate::cloud::aws::Aws;
use crate::cloud::aws::found::{EksCluster, FoundAws};
use crate::cloud::aws::look;
use crate::cloud::aws::settings::AwsSettings;
use crate::cloud::look::Look;
use crate::cluster::Cluster;
use crate::failure::{Failure, FailureKind};
use crate::plan::{INLINE_POLICY, POD_IDENTITY_ADDON};
use crate::settings::{AwsIdentity, Settings};

/// Everything that can be known at once goes out at once; only the OIDC provider waits for the issuer and the account.
pub(super) async fn look_at_aws(
    settings: &Settings,
    aws: &AwsSettings,
    client: &Aws,
    account: Option<&str>,
) -> Result<FoundAws, Failure> {
    let name = aws.role_name();
    let (irsa, pods) = (aws.identity == AwsIdentity::Irsa, aws.identity == AwsIdentity::PodIdentity);
    let our_role = aws.our_role();
    let (namespace, service_account) = (settings.job_namespace.as_str(), settings.job_account.name.as_str());
    let role = async { if irsa || pods { look(client.role(name).await) } else { Ok(Look::NotLooked) } };
    let attached = async {
        match our_role {
            Some(role) if !role.policies.is_empty() => look(client.attached_policies(name).await),
            _ => Ok(Look::NotLooked),
        }
    };
    let inline_policy = async {
        match our_role {
            Some(role) if role.inline_policy.is_some() => look(client.inline_policy(name, INLINE_POLICY).await),
            _ => Ok(Look::NotLooked),
        }
    };
    let association = async {
        if pods {
            look(client.association(&aws.cluster, namespace, service_account).await)
        } else {
            Ok(Look::NotLooked)
        }
    };
    let addon =
        async { if pods { look(client.addon(&aws.cluster, POD_IDENTITY_ADDON).await) } else { Ok(Look::NotLooked) } };
    let known = async {
        let (caller, cluster) = futures::join!(client.caller(), client.cluster(&aws.cluster));
        let caller = caller.map_err(|error| Failure::from(error).hint("or leave AWS out of it: `--identity none`"))?;
        // Before anything else: in another account there may be a cluster of the same name.
        if let Some(account) = account.filter(|account| *account != caller.account) {
            return Err(other_account(account, &caller.account, caller.arn.as_str(), &aws.cluster));
        }
        let cluster = cluster?;
        let provider = match (irsa, provider_arn(&cluster, caller.arn.partition(), &caller.account)) {
            (true, Some(arn)) => look(client.oidc_provider(&arn).await)?,
            _ => Look::NotLooked,
        };
        Ok((caller, cluster, provider))
    };
    let (known, role, attached, inline_policy, association, addon) =
        futures::join!(known, role, attached, inline_policy, association, addon);
    // What is wrong with the credentials or the cluster says more than what follows from it.
    let (caller, cluster, provider) = known?;
    Ok(FoundAws {
        caller,
        cluster,
        provider,
        role: role?,
        attached: attached?,
        inline_policy: inline_policy?,
        association: association?,
        addon: addon?,
    })
}

fn provider_arn(cluster: &EksCluster, partition: &str, account: &str) -> Option<String> {
    Some(format!("arn:{partition}:iam::{account}:oidc-provider/{}", cluster.issuer_name()?))
}

fn other_account(theirs: &str, ours: &str, caller: &str, cluster: &str) -> Failure {
    let message =
        format!("the cluster `{cluster}` is in the AWS account {theirs}, and the credentials are of account {ours}");
    Failure::new(FailureKind::Refused, message)
        .cause(format!("the credentials are those of {caller}"))
        .hint("name credentials of that account with `--profile NAME`")
        .hint("or another cluster with `--context NAME`")
}

/// The cluster that EKS names and the one that the context reaches have to be the same one: by the server's address, else
/// by the issuer of its tokens (behind a proxy or a bastion the address is another one).
pub(super) async fn same_cluster(cluster: &Cluster, eks: &EksCluster) -> Result<(), Failure> {
    let bare = |url: &str| url.trim_end_matches('/').trim_end_matches(":443").to_lowercase();
    let endpoint = eks.endpoint.as_deref().unwrap_or_default();
    if bare(endpoint) == bare(cluster.server()) {
        return Ok(());
    }
    let discovery = cluster.get_path("/.well-known/openid-configuration", "its OIDC discovery document").await;
    let issuer = match &discovery {
        Ok(Some(document)) => document.get("issuer").and_then(|issuer| issuer.as_str()).map(str::to_owned),
        Ok(None) | Err(_) => None,
    };
    let bare_issuer = |issuer: &str| issuer.trim_end_matches('/').to_owned();
    if let (Some(issuer), Some(wanted)) = (&issuer, &eks.issuer)
        && bare_issuer(issuer) == bare_issuer(wanted)
    {
        return Ok(());
    }
    let (context, server) = (cluster.context(), cluster.server());
    let message =
        format!("the context `{context}` reaches another cluster than `{}` in EKS: nothing was changed", eks.name);
    let mut failure = Failure::new(FailureKind::Refused, message).cause(format!(
        "the context reaches {server}, and EKS names {}",
        if endpoint.is_empty() { "no server" } else { endpoint }
    ));
    failure = match (issuer, &eks.issuer, discovery) {
        (Some(issuer), Some(wanted), _) => {
            failure.cause(format!("its tokens are issued by {issuer}, and those of EKS' cluster by {wanted}"))
        }
        (_, _, Err(error)) => failure.cause(format!("who issues its tokens can't be read: {error}")),
        _ => failure,
    };
    Err(failure
        .hint("name the cluster's own context with `--context NAME`")
        .hint("or the context's own cluster with `--cluster-name NAME --region REGION`")
        .hint("or log in without a kubeconfig: `--kubeconfig /dev/null`"))
}
