//! A lab on EKS: an AWS account and a cluster of its own, in the one EKS control plane of this process.

use std::ops::{Deref, DerefMut};

use serde_json::Value;
use world::aws::{Account, Aws, Cluster, Identity};
use world::orchestrator::Setup;

use super::Lab;

/// One test's place in AWS; all that a [`Lab`] has is at hand.
pub(crate) struct EksLab {
    lab: Lab,
    /// This test's own account; the runs act as its root unless [`EksLab::act_as`] says otherwise.
    pub(crate) account: Account,
    /// This test's own cluster, served by the shared control plane.
    pub(crate) cluster: Cluster,
}

impl EksLab {
    /// A place with an Orchestrator login, AWS credentials, and a kubeconfig of an administrator whose context is
    /// called like the cluster's ARN.
    pub(crate) fn new(name: &str) -> Self {
        Self::without_kubeconfig(name).with_kubeconfig()
    }

    fn with_kubeconfig(self) -> Self {
        let mut lab = self;
        let kubeconfig = lab.world.kubeconfig_admin_as(&lab.cluster.arn());
        lab.set("KUBECONFIG", kubeconfig.display().to_string());
        lab
    }

    /// The same without a kubeconfig: the way to the API server leads through AWS alone.
    pub(crate) fn without_kubeconfig(name: &str) -> Self {
        let cluster = Aws::shared().control_plane().unique_name(&format!("{name}-cluster"));
        Self::on_cluster(name, &cluster)
    }

    /// A place like [`EksLab::new`] whose cluster is called like this.
    pub(crate) fn of_cluster(name: &str, cluster: &str) -> Self {
        Self::on_cluster(name, cluster).with_kubeconfig()
    }

    fn on_cluster(name: &str, cluster: &str) -> Self {
        let aws = Aws::shared();
        let world = aws.control_plane();
        let account = aws.account();
        let cluster = account.cluster(cluster, world);
        let mut lab = Lab::on(world, name, Setup::demo());
        lab.unset("KUBECONFIG").set_all(&account.env());
        Self { lab, account, cluster }
    }

    /// Lets all runs act as somebody else.
    pub(crate) fn act_as(&mut self, identity: &Identity) -> &mut Self {
        self.lab.set_all(&identity.env);
        self
    }

    /// Lets all runs act as the account's root again.
    pub(crate) fn act_as_root(&mut self) -> &mut Self {
        self.lab.set_all(&self.account.env());
        self
    }

    /// What a pod gets that asks for this role under a service account, or why it gets nothing.
    pub(crate) fn assume(&self, role: &str, namespace: &str, service_account: &str) -> Result<Identity, String> {
        let token = self.world.service_account_token(namespace, service_account, "sts.amazonaws.com");
        self.account.assume_with_web_identity(&self.account.iam_arn(&format!("role/{role}")), &token)
    }

    /// Lets all runs act as a user who may do what this policy says, and who administers the cluster.
    pub(crate) fn act_as_user_with(&mut self, policy: &Value) -> Identity {
        let identity = self.account.user_with_policy("operator", policy);
        self.cluster.admit(&identity.arn);
        self.act_as(&identity);
        identity
    }
}

impl Deref for EksLab {
    type Target = Lab;

    fn deref(&self) -> &Lab {
        &self.lab
    }
}

impl DerefMut for EksLab {
    fn deref_mut(&mut self) -> &mut Lab {
        &mut self.lab
    }
}
