//! Looks at the cluster in EKS and at the jobs' identity in IAM.

use crate::cloud::aws::Aws;
use crate::cloud::aws::found::{EksCluster, FoundAws};
use crate::cloud::aws::look;
use crate::cloud::aws::settings::AwsSettings;
use crate::cloud::look::Look;
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
