//! Taking back what this tool made. What is not there any more is done.

use std::error::Error;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::AwsError;
use super::client::Aws;
use super::send::Call;

impl Aws {
    async fn remove<O, E, F>(&self, call: Call, send: impl Fn() -> F) -> Result<(), AwsError>
    where
        E: ProvideErrorMetadata + Error + 'static,
        F: Future<Output = Result<O, SdkError<E, HttpResponse>>>,
    {
        self.ask_for(call, send).await.map(drop)
    }

    /// Detaches a managed policy from a role.
    ///
    /// # Errors
    /// What AWS says.
    pub async fn detach_policy(&self, role: &str, policy: &str) -> Result<(), AwsError> {
        let call = Call::iam("DetachRolePolicy", format!("role `{role}`"));
        self.remove(call, || self.iam.detach_role_policy().role_name(role).policy_arn(policy).send()).await
    }

    /// Deletes an inline policy of a role.
    ///
    /// # Errors
    /// What AWS says.
    pub async fn delete_inline_policy(&self, role: &str, name: &str) -> Result<(), AwsError> {
        let call = Call::iam("DeleteRolePolicy", format!("policy `{name}` of role `{role}`"));
        self.remove(call, || self.iam.delete_role_policy().role_name(role).policy_name(name).send()).await
    }

    /// Deletes a role, which may have no policies any more.
    ///
    /// # Errors
    /// What AWS says.
    pub async fn delete_role(&self, name: &str) -> Result<(), AwsError> {
        self.forget_made(name);
        let call = Call::iam("DeleteRole", format!("role `{name}`"));
        self.remove(call, || self.iam.delete_role().role_name(name).send()).await
    }

    /// Deletes an OIDC provider.
    ///
    /// # Errors
    /// What AWS says.
    pub async fn delete_oidc_provider(&self, arn: &str) -> Result<(), AwsError> {
        self.forget_made(arn);
        let call = Call::iam("DeleteOpenIDConnectProvider", format!("OIDC provider `{arn}`"));
        let send = || self.iam.delete_open_id_connect_provider().open_id_connect_provider_arn(arn).send();
        self.remove(call, send).await
    }

    /// Deletes a Pod Identity association.
    ///
    /// # Errors
    /// What AWS says.
    pub async fn delete_association(&self, cluster: &str, id: &str) -> Result<(), AwsError> {
        let call = Call::eks("DeletePodIdentityAssociation", format!("association `{id}` of cluster `{cluster}`"));
        let send = || self.eks.delete_pod_identity_association().cluster_name(cluster).association_id(id).send();
        self.remove(call, send).await
    }
}
