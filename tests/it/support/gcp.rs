//! A lab on GKE: a Google Cloud project and a cluster of its own, in the one GKE control plane of this process.

use std::ops::{Deref, DerefMut};

use world::gcp::{Cluster, Gcp, Identity, Project};
use world::orchestrator::Setup;

use super::Lab;

/// Where the clusters of labs are.
pub(crate) const LOCATION: &str = "europe-west1";

/// One test's place in Google Cloud; all that a [`Lab`] has is at hand.
pub(crate) struct GkeLab {
    lab: Lab,
    /// This test's own project.
    pub(crate) project: Project,
    /// This test's own cluster, served by the shared control plane.
    pub(crate) cluster: Cluster,
    /// Its owner, as whom the runs act unless [`GkeLab::act_as`] says otherwise.
    pub(crate) owner: Identity,
}

impl GkeLab {
    /// A place with an Orchestrator login, Google credentials, and a kubeconfig of an administrator whose context is
    /// called as gcloud calls it.
    pub(crate) fn new(name: &str) -> Self {
        Self::without_kubeconfig(name).with_kubeconfig()
    }

    fn with_kubeconfig(self) -> Self {
        let mut lab = self;
        let kubeconfig = lab.world.kubeconfig_admin_as(&lab.cluster.context());
        lab.set("KUBECONFIG", kubeconfig.display().to_string());
        lab
    }

    /// The same without a kubeconfig: the way to the API server leads through Google Cloud alone.
    pub(crate) fn without_kubeconfig(name: &str) -> Self {
        Self::on_cluster(name, "prod")
    }

    /// A place like [`GkeLab::new`] whose cluster is called like this.
    pub(crate) fn of_cluster(name: &str, cluster: &str) -> Self {
        Self::on_cluster(name, cluster).with_kubeconfig()
    }

    fn on_cluster(name: &str, cluster: &str) -> Self {
        let gcp = Gcp::shared();
        let world = gcp.control_plane();
        let project = gcp.project();
        let cluster = project.cluster(cluster, LOCATION, world);
        let owner = project.user("owner@example.com", &["roles/owner"]);
        let mut lab = Lab::on(world, name, Setup::demo());
        lab.unset("KUBECONFIG").set_all(&owner.env());
        Self { lab, project, cluster, owner }
    }

    /// Lets all runs act as somebody else.
    pub(crate) fn act_as(&mut self, identity: &Identity) -> &mut Self {
        for name in self.owner.env().keys() {
            self.lab.unset(name);
        }
        self.lab.set_all(&identity.env());
        self
    }

    /// The address of the account that is made for a cluster with a short name.
    pub(crate) fn account(&self) -> String {
        self.project.email(&format!("runner-{}", self.cluster.name()))
    }

    /// How policies name the jobs of this lab.
    pub(crate) fn member(&self) -> String {
        self.cluster.member(&self.job_namespace, "humanitec-kubernetes-agent-runner-job")
    }
}

impl Deref for GkeLab {
    type Target = Lab;

    fn deref(&self) -> &Lab {
        &self.lab
    }
}

impl DerefMut for GkeLab {
    fn deref_mut(&mut self) -> &mut Lab {
        &mut self.lab
    }
}
