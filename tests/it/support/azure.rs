//! A lab on AKS: a subscription and a cluster of its own, in the one AKS control plane of this process.

use std::ops::{Deref, DerefMut};

use base64::Engine as _;
use serde_json::{Value, json};
use world::azure::{Azure, Cluster, Identity, Subscription};
use world::orchestrator::Setup;

use super::{Lab, Outcome, exec};

/// The resource group of a lab's cluster.
pub(crate) const GROUP: &str = "platform";
/// The identity that is made for a lab's cluster.
pub(crate) const MANAGED_IDENTITY: &str = "humanitec-kubernetes-agent-runner-prod";
/// The credential that is made for its jobs.
pub(crate) const FEDERATED_CREDENTIAL: &str = "humanitec-kubernetes-agent-runner";
/// What the webhook asks tokens for.
pub(crate) const ENTRA_AUDIENCE: &str = "api://AzureADTokenExchange";

/// One test's place in Azure; all that a [`Lab`] has is at hand.
pub(crate) struct AksLab {
    lab: Lab,
    /// This test's own subscription.
    pub(crate) subscription: Subscription,
    /// This test's own cluster, served by the shared control plane.
    pub(crate) cluster: Cluster,
    /// Its owner, as whom the runs act unless [`AksLab::act_as`] says otherwise.
    pub(crate) owner: Identity,
}

impl AksLab {
    /// A place with an Orchestrator login, az logged in, a kubeconfig of an administrator, and a file that names the
    /// cluster.
    pub(crate) fn new(name: &str) -> Self {
        let mut lab = Self::without_kubeconfig(name);
        let kubeconfig = lab.world.kubeconfig_admin_as("prod");
        lab.set("KUBECONFIG", kubeconfig.display().to_string());
        let file = json!({
            "apiVersion": "runner-setup/v1",
            "cluster": { "provider": "aks", "name": "prod" },
            "azure": { "resourceGroup": GROUP, "subscription": lab.subscription.id() },
        });
        lab.file("runner-setup.yaml", &file.to_string());
        lab
    }

    /// The same without a kubeconfig and without a file: the way to the API server leads through Azure alone.
    pub(crate) fn without_kubeconfig(name: &str) -> Self {
        let azure = Azure::shared();
        let world = azure.control_plane();
        let subscription = azure.subscription();
        let cluster = subscription.cluster("prod", GROUP, world);
        let owner = subscription.user("owner@world.example", &["Owner"]);
        let mut lab = Lab::on(world, name, Setup::demo());
        lab.unset("KUBECONFIG").set_all(&owner.env());
        Self { lab, subscription, cluster, owner }
    }

    /// Lets all runs act as somebody else.
    pub(crate) fn act_as(&mut self, identity: &Identity) -> &mut Self {
        for name in self.owner.env().keys().filter(|name| *name != "PATH") {
            self.lab.unset(name);
        }
        self.lab.set_all(&identity.env());
        self
    }

    /// Writes a kubeconfig of one context as az and kubelogin make it, whose plugin is this program, and uses it in all
    /// runs.
    pub(crate) fn use_kubelogin(&mut self, cluster: &str, program: &str) -> &mut Self {
        let authority = self.world.control_plane().authority().certificate().to_owned();
        let authority = base64::engine::general_purpose::STANDARD.encode(authority);
        let server = self.world.server_url();
        let app = "6dae42f8-4368-4678-94ff-3960e28e3630";
        let user = exec(program, &["get-token", "--login", "azurecli", "--server-id", app]);
        let document = json!({
            "apiVersion": "v1", "kind": "Config", "current-context": cluster,
            "clusters": [{ "name": cluster, "cluster": { "server": server, "certificate-authority-data": authority } }],
            "users": [{ "name": "me", "user": user }],
            "contexts": [{ "name": cluster, "context": { "cluster": cluster, "user": "me" } }],
        });
        let file = self.file("kubeconfig", &document.to_string());
        self.set("KUBECONFIG", file.display().to_string());
        self
    }

    /// The subject of the jobs' tokens.
    pub(crate) fn subject(&self) -> String {
        self.cluster.subject(&self.job_namespace, "humanitec-kubernetes-agent-runner-job")
    }

    /// The jobs' identity as ARM tells of it.
    #[track_caller]
    pub(crate) fn identity(&self) -> Value {
        self.subscription.identity(GROUP, MANAGED_IDENTITY).expect("the identity is there")
    }

    /// What the jobs' identity trusts: the name, issuer, subject and audience of each credential.
    pub(crate) fn trusted(&self) -> Vec<[String; 4]> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let one = |it: &Value| {
            let properties = &it["properties"];
            let audience = text(&properties["audiences"][0]);
            [text(&it["name"]), text(&properties["issuer"]), text(&properties["subject"]), audience]
        };
        self.subscription.federations(GROUP, MANAGED_IDENTITY).iter().map(one).collect()
    }

    /// The trust that the jobs need, under a name.
    pub(crate) fn trust(&self, name: &str) -> [String; 4] {
        [name.to_owned(), self.cluster.issuer(), self.subject(), ENTRA_AUDIENCE.to_owned()]
    }

    /// Makes the identity of this lab with one credential.
    pub(crate) fn federated(&self, name: &str, issuer: &str, subject: &str, audience: &str) {
        self.subscription.create_identity(GROUP, MANAGED_IDENTITY);
        self.subscription.federate(GROUP, MANAGED_IDENTITY, name, issuer, subject, audience);
    }

    /// `apply` that is refused with nothing written anywhere, and with hints.
    #[track_caller]
    pub(crate) fn writes_nothing(&self, code: i32, args: &[&str]) -> Outcome {
        let mark = self.subscription.mark();
        let outcome = self.run(&[&["apply", "--yes", "-o", "json"], args].concat()).exits(code);
        let hints = outcome.json()["error"]["hints"].as_array().map_or(0, Vec::len);
        assert!((1..=8).contains(&hints), "{hints} hints\n{outcome}");
        assert_eq!(self.azure_writes_since(mark), Vec::<String>::new(), "{outcome}");
        assert!(self.get("v1", "Namespace", "", &self.job_namespace).is_none(), "{outcome}");
        assert!(self.orchestrator.runner(&self.runner).is_none(), "{outcome}");
        outcome
    }

    /// `apply --no-wait` to the end, as a start for other tests.
    #[track_caller]
    pub(crate) fn is_set_up(&self, more: &[&str]) -> Outcome {
        self.run(&[&["apply", "--yes", "--no-wait", "-o", "json"], more].concat()).exits(0)
    }

    /// What was written in Azure since a mark.
    pub(crate) fn azure_writes_since(&self, mark: u64) -> Vec<String> {
        let requests = self.subscription.requests_since(mark).into_iter().filter(|it| it.writes);
        requests.map(|it| format!("{} {}", it.method, it.path)).collect()
    }

    /// Demands that nothing was sent that Microsoft's own clients would not send.
    #[track_caller]
    pub(crate) fn keeps_to_the_models(&self) {
        assert_eq!(self.subscription.violations(), Vec::<String>::new());
    }
}

impl Deref for AksLab {
    type Target = Lab;

    fn deref(&self) -> &Lab {
        &self.lab
    }
}

impl DerefMut for AksLab {
    fn deref_mut(&mut self) -> &mut Lab {
        &mut self.lab
    }
}
