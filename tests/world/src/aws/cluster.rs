//! A cluster as the EKS API tells of it.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use super::{Account, cli, issuer_of};
use crate::facade::World;

/// A cluster of an account.
#[derive(Clone)]
pub struct Cluster {
    account: Account,
    name: String,
}

impl Cluster {
    pub(super) fn new(account: Account, name: &str) -> Self {
        Self { account, name: name.to_owned() }
    }

    /// What `DescribeCluster` says of a cluster that is this control plane.
    pub(super) fn fields_of(world: &World) -> Value {
        json!({
            "endpoint": world.server_url(),
            "certificateAuthority": { "data": STANDARD.encode(world.control_plane().authority().certificate()) },
            "identity": { "oidc": { "issuer": issuer_of(world) } },
        })
    }

    /// Returns its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns its ARN.
    pub fn arn(&self) -> String {
        let account = &self.account;
        format!("arn:{}:eks:{}:{}:cluster/{}", account.partition(), account.region(), account.id(), self.name)
    }

    /// Returns its account.
    pub fn account(&self) -> &Account {
        &self.account
    }

    /// Returns what `DescribeCluster` says.
    pub fn described(&self) -> Value {
        self.say(&json!({}))
    }

    /// Returns its issuer.
    pub fn issuer(&self) -> String {
        self.described()["identity"]["oidc"]["issuer"].as_str().unwrap_or_default().to_owned()
    }

    /// Changes what `DescribeCluster` says: the given fields replace those that are there, such as `status`,
    /// `platformVersion`, `accessConfig`, `computeConfig`, `identity`, `endpoint` or `certificateAuthority`.
    pub fn say(&self, fields: &Value) -> Value {
        self.account.control("/cluster", json!({ "name": self.name, "fields": fields }))
    }

    /// Says several authorities, as a cluster does while it changes them.
    pub fn say_authorities(&self, pems: &[&str]) {
        self.say(&json!({ "certificateAuthority": { "data": STANDARD.encode(pems.concat()) } }));
    }

    /// Puts an add-on into the cluster, or changes the given fields of it, such as `status`.
    pub fn addon(&self, name: &str, fields: &Value) {
        self.account.control("/addon", json!({ "cluster": self.name, "name": name, "fields": fields }));
    }

    /// Makes a principal an administrator of the cluster, with an access entry.
    pub fn admit(&self, principal_arn: &str) {
        let partition = self.account.partition();
        let policy = format!("arn:{partition}:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy");
        self.admit_with(principal_arn, &[&policy]);
    }

    /// Gives a principal an access entry with these access policies for the whole cluster.
    pub fn admit_with(&self, principal_arn: &str, policies: &[&str]) {
        let administrators = json!({ principal_arn: policies });
        self.account.control("/cluster", json!({ "name": self.name, "administrators": administrators }));
    }

    /// Returns a token for the cluster, as `aws eks get-token` makes it for these credentials.
    pub fn token(&self, env: &BTreeMap<String, String>) -> String {
        let mut env = env.clone();
        // It is signed for the real address of STS.
        env.remove("AWS_ENDPOINT_URL");
        env.insert("AWS_STS_REGIONAL_ENDPOINTS".to_owned(), "regional".to_owned());
        let document = cli::run(&env, &["eks", "get-token", "--cluster-name", &self.name])
            .unwrap_or_else(|said| panic!("aws eks get-token: {said}"));
        document["status"]["token"].as_str().expect("a token is text").to_owned()
    }
}
