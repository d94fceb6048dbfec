//! moto, a second opinion by others: IAM, STS and `DescribeCluster`, with the ARNs of every partition.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::account::environment;
use super::cli::run;
use super::server::Server;

/// The one account that moto has.
const ACCOUNT: &str = "123456789012";

/// A running moto for one region; it evaluates no policy, and ends when dropped.
pub struct Moto {
    server: Server,
    region: String,
}

impl Moto {
    /// Starts a moto of its own for a region; panics with the reason when it cannot.
    pub fn start(region: &str) -> Self {
        let server = Server::start("moto_launch.py", "moto", &["--region", region]);
        Self { server: server.unwrap_or_else(|reason| panic!("{reason}")), region: region.to_owned() }
    }

    /// Returns the account's twelve digits.
    pub fn account_id(&self) -> &'static str {
        ACCOUNT
    }

    /// Returns the variables of a program that acts as the account's root.
    pub fn env(&self) -> BTreeMap<String, String> {
        environment(&self.server.url(), &self.region, "AKIAIOSFODNN7EXAMPLE", "test")
    }

    /// Makes a cluster or changes what `DescribeCluster` says of it, and returns its ARN.
    pub fn cluster(&self, name: &str, fields: &Value) -> String {
        let said = self.server.control("/cluster", &json!({ "name": name, "fields": fields }));
        let said = said.unwrap_or_else(|reason| panic!("{reason}"));
        said["arn"].as_str().expect("an ARN is text").to_owned()
    }

    /// Runs the `aws` command and returns its document; panics when it fails.
    #[track_caller]
    pub fn aws(&self, arguments: &[&str]) -> Value {
        run(&self.env(), arguments).unwrap_or_else(|said| panic!("aws {}: {said}", arguments.join(" ")))
    }
}
