//! An AWS on loopback: MiniStack with `tests/world/aws/launch.py` around it, one process for all tests of a process.
//!
//! It evaluates policies, trust and tokens, so that what passes here is what the real services let pass. Every test has
//! accounts of its own.

mod account;
mod cli;
mod cluster;
mod fault;
mod moto;
mod request;
mod server;

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value, json};

pub use account::{Account, Identity};
pub use cluster::Cluster;
pub use fault::AwsFault;
pub use moto::Moto;
pub use request::AwsRequest;
use server::Server;

use crate::control_plane::ControlPlaneOptions;
use crate::facade::World;
use crate::kubeconfig::{self, Credential};
use crate::python;

/// The region of everything that says no other.
pub const REGION: &str = "eu-central-1";

/// The issuer of the shared EKS control plane.
pub const ISSUER: &str = "https://oidc.eks.eu-central-1.amazonaws.com/id/8E3F0D1A7C5B49E2A6D4F8B1C0937E52";

static SHARED: OnceLock<Aws> = OnceLock::new();
static PLANE: OnceLock<World> = OnceLock::new();

/// A running AWS stand-in.
pub struct Aws {
    server: Server,
    next_account: AtomicU64,
}

impl Aws {
    /// Returns the one AWS of this process, which starts on the first call and lasts as long as the process.
    pub fn shared() -> &'static Self {
        SHARED.get_or_init(|| Self::start().unwrap_or_else(|reason| panic!("{reason}")))
    }

    /// Returns the URL of all its services.
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// Returns the port of all its services, for a proxy in front of them.
    pub fn port(&self) -> u16 {
        self.server.port()
    }

    /// Returns a fresh account that nobody else has.
    pub fn account(&'static self) -> Account {
        self.account_in(REGION)
    }

    /// Returns a fresh account in another region, whose partition is the region's: `aws-cn` in China, `aws-us-gov` in
    /// GovCloud.
    pub fn account_in(&'static self, region: &str) -> Account {
        let number = 481_516_230_000 + self.next_account.fetch_add(1, Ordering::Relaxed);
        Account::new(self, &number.to_string(), region)
    }

    /// Returns the one EKS control plane of this process, which starts on the first call: it has an EKS issuer, a node
    /// of EC2, and asks this AWS who the holder of an EKS token is.
    pub fn control_plane(&'static self) -> &'static World {
        PLANE.get_or_init(|| {
            let world = World::start(&ControlPlaneOptions {
                issuer: ISSUER.to_owned(),
                extra_apiserver_flags: self.webhook_flags().unwrap_or_else(|reason| panic!("{reason}")),
            });
            let node = json!({
                "metadata": { "labels": {
                    "eks.amazonaws.com/nodegroup": "workers",
                    "node.kubernetes.io/instance-type": "m6i.large",
                    "topology.kubernetes.io/region": REGION,
                    "topology.kubernetes.io/zone": format!("{REGION}a"),
                } },
                "spec": { "providerID": format!("aws:///{REGION}a/i-0a1b2c3d4e5f60718") },
            });
            world.merge("v1", "Node", "", "kwok-0", &node);
            world.apply(&access_policies());
            self.trust_issuer(&world);
            world
        })
    }

    /// Returns the flags that make a kube-apiserver ask this AWS about bearer tokens.
    pub fn webhook_flags(&self) -> Result<Vec<String>, String> {
        let config = self.server.folder().join("token-webhook.yaml");
        let url = format!("{}/_world/token-review", self.url());
        let authority = crate::certificates::Authority::new("unused");
        let document = kubeconfig::document("webhook", &url, authority.certificate(), &Credential::Token("unused"));
        crate::facade::write_private(&config, &document).map_err(|error| format!("{}: {error}", config.display()))?;
        Ok(vec![
            format!("--authentication-token-webhook-config-file={}", config.display()),
            "--authentication-token-webhook-version=v1".to_owned(),
            // An access entry counts, and stops counting, at once.
            "--authentication-token-webhook-cache-ttl=0s".to_owned(),
        ])
    }

    /// Makes the keys of a control plane known to STS, which would otherwise fetch them from the issuer's address.
    pub fn trust_issuer(&self, world: &World) {
        let issuer = issuer_of(world);
        let keys: Value = serde_json::from_str(&world.text("/openid/v1/jwks")).expect("keys are JSON");
        self.trust_keys(&issuer, &keys);
    }

    /// Makes keys known to STS as those of an issuer.
    pub fn trust_keys(&self, issuer: &str, keys: &Value) {
        self.control("/issuer", &json!({ "issuer": issuer, "jwks": keys }));
    }

    /// Returns what the token webhook answers about a token: a `TokenReview`'s status, with the reason of a no.
    pub fn review(&self, token: &str) -> Value {
        self.control("/token-review", &json!({ "spec": { "token": token } }))["status"].clone()
    }

    /// Returns the folder of an `aws` command, for programs that look for one on their PATH.
    pub fn cli_folder() -> PathBuf {
        cli::environment().join("bin")
    }

    /// Says something to the launcher that no AWS API can say; panics when it is refused.
    pub(crate) fn control(&self, path: &str, body: &Value) -> Value {
        self.server.control(path, body).unwrap_or_else(|reason| panic!("{path}: {reason}"))
    }

    fn start() -> Result<Self, String> {
        let server = Server::start("launch.py", "ministack", &[])?;
        Ok(Self { server, next_account: AtomicU64::new(0) })
    }
}

/// Runs the launcher's self-test: whether MiniStack still has the private names that the launcher reaches into.
pub fn self_test() -> Result<(), String> {
    let environment = python::environment(&server::file("requirements-ministack.txt"))?;
    let output = Command::new(python::program(&environment, "python"))
        .arg("-B")
        .arg(server::file("launch.py"))
        .arg("--self-test")
        .output()
        .map_err(|error| error.to_string())?;
    if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned()) }
}

/// What EKS's own authorizer decides by access policy is decided by roles here; administrators are `system:masters`.
fn access_policies() -> String {
    let bindings =
        [("Admin", "admin"), ("Edit", "edit"), ("View", "view"), ("AdminView", "view")].map(|(policy, role)| {
            json!({
                "apiVersion": "rbac.authorization.k8s.io/v1",
                "kind": "ClusterRoleBinding",
                "metadata": { "name": format!("eks-access-policy-{}", policy.to_lowercase()) },
                "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role },
                "subjects": [{
                    "apiGroup": "rbac.authorization.k8s.io",
                    "kind": "Group",
                    "name": format!("eks-access-policy:AmazonEKS{policy}Policy"),
                }],
            })
            .to_string()
        });
    bindings.join("\n---\n")
}

/// Returns the issuer that a control plane names.
pub(crate) fn issuer_of(world: &World) -> String {
    let discovery: Value =
        serde_json::from_str(&world.text("/.well-known/openid-configuration")).expect("the discovery is JSON");
    discovery["issuer"].as_str().expect("the discovery names its issuer").to_owned()
}
