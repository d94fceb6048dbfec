//! One AWS account of a test: its principals, its state, its log, its weather.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};

use super::{Aws, AwsFault, AwsRequest, Cluster, cli};
use crate::facade::World;

/// An account that nobody else has.
#[derive(Clone)]
pub struct Account {
    aws: &'static Aws,
    id: String,
    region: String,
}

/// A principal of an account, with what makes a program act as it.
#[derive(Clone, Debug)]
pub struct Identity {
    /// The principal's ARN.
    pub arn: String,
    /// The variables of a program that acts as it.
    pub env: BTreeMap<String, String>,
}

impl Account {
    pub(super) fn new(aws: &'static Aws, id: &str, region: &str) -> Self {
        Self { aws, id: id.to_owned(), region: region.to_owned() }
    }

    /// Returns the account's twelve digits.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Returns the account's region.
    pub fn region(&self) -> &str {
        &self.region
    }

    /// Returns the same account, seen from another region.
    pub fn in_region(&self, region: &str) -> Self {
        Self::new(self.aws, &self.id, region)
    }

    /// Returns the AWS that it is an account of.
    pub fn provider(&self) -> &'static Aws {
        self.aws
    }

    /// Returns the partition of the account's region.
    pub fn partition(&self) -> &'static str {
        match self.region.split('-').next() {
            Some("cn") => "aws-cn",
            Some("us") if self.region.starts_with("us-gov-") => "aws-us-gov",
            _ => "aws",
        }
    }

    /// Returns the ARN of something of this account in IAM, such as `role/name`.
    pub fn iam_arn(&self, resource: &str) -> String {
        format!("arn:{}:iam::{}:{resource}", self.partition(), self.id)
    }

    /// Returns the variables of a program that acts as the account's root, who may do everything.
    pub fn env(&self) -> BTreeMap<String, String> {
        self.env_of(&self.id, "test")
    }

    /// Returns the same for a program that reaches AWS through a proxy at this port.
    pub fn env_at(&self, port: u16) -> BTreeMap<String, String> {
        environment(&format!("http://127.0.0.1:{port}"), &self.region, &self.id, "test")
    }

    /// Makes a user who may do nothing, with credentials.
    pub fn user(&self, name: &str) -> Identity {
        self.make_user(&json!({ "name": name }))
    }

    /// Makes a user who may do what this policy says, with credentials.
    pub fn user_with_policy(&self, name: &str, policy: &Value) -> Identity {
        self.make_user(&json!({ "name": name, "policy": policy }))
    }

    /// Makes a user with a policy and a permissions boundary.
    pub fn user_with_boundary(&self, name: &str, policy: &Value, boundary: &Value) -> Identity {
        self.make_user(&json!({ "name": name, "policy": policy, "boundary": boundary }))
    }

    /// Makes a cluster that names this control plane, whose STS tokens and access entries count there, and whose
    /// administrator is the account's root.
    pub fn cluster(&self, name: &str, world: &World) -> Cluster {
        self.aws.trust_issuer(world);
        let cluster = Cluster::new(self.clone(), name);
        cluster.say(&Cluster::fields_of(world));
        cluster
    }

    /// Makes a cluster of which nothing but the name is real.
    pub fn paper_cluster(&self, name: &str) -> Cluster {
        let cluster = Cluster::new(self.clone(), name);
        cluster.say(&json!({}));
        cluster
    }

    /// Runs the `aws` command as root and returns its document; panics when it fails.
    #[track_caller]
    pub fn aws(&self, arguments: &[&str]) -> Value {
        self.try_aws(&self.env(), arguments).unwrap_or_else(|said| panic!("aws {}: {said}", arguments.join(" ")))
    }

    /// Runs the `aws` command as somebody and returns its document, or what it said on standard error.
    pub fn try_aws(&self, env: &BTreeMap<String, String>, arguments: &[&str]) -> Result<Value, String> {
        cli::run(env, arguments)
    }

    /// Exchanges a service account's token for credentials of a role, as pods do.
    pub fn assume_with_web_identity(&self, role_arn: &str, token: &str) -> Result<Identity, String> {
        let unsigned = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"];
        let env = self.env().into_iter().filter(|(name, _)| !unsigned.contains(&name.as_str())).collect();
        let answer = self.try_aws(
            &env,
            &[
                "sts",
                "assume-role-with-web-identity",
                "--role-session-name",
                "a-session",
                "--role-arn",
                role_arn,
                "--web-identity-token",
                token,
            ],
        )?;
        let text = |name: &str| answer["Credentials"][name].as_str().unwrap_or_default().to_owned();
        let mut env = self.env_of(&text("AccessKeyId"), &text("SecretAccessKey"));
        env.insert("AWS_SESSION_TOKEN".to_owned(), text("SessionToken"));
        Ok(Identity { arn: answer["AssumedRoleUser"]["Arn"].as_str().unwrap_or_default().to_owned(), env })
    }

    /// Returns all that the account holds: `roles`, `providers`, `policies`, `users`, `clusters`, `associations`,
    /// `access_entries` and `addons`, each a list of records as AWS names their fields.
    pub fn state(&self) -> Value {
        self.control("/state", json!({}))
    }

    /// Returns a role with its trust policy, inline policies and attached policies as data.
    pub fn role(&self, name: &str) -> Option<Value> {
        self.find("roles", "RoleName", name)
    }

    /// Returns the OpenID Connect provider of an issuer.
    pub fn oidc_provider(&self, issuer: &str) -> Option<Value> {
        let url = issuer.trim_start_matches("https://");
        self.find("providers", "Url", url)
    }

    /// Returns the Pod Identity associations of all clusters.
    pub fn associations(&self) -> Vec<Value> {
        self.state()["associations"].as_array().cloned().unwrap_or_default()
    }

    /// Returns the calls that came in, oldest first.
    pub fn requests(&self) -> Vec<AwsRequest> {
        self.requests_since(0)
    }

    /// Returns the calls that changed something or would have.
    pub fn writes(&self) -> Vec<AwsRequest> {
        self.requests().into_iter().filter(|it| it.writes).collect()
    }

    /// Returns a mark for [`Account::requests_since`].
    pub fn mark(&self) -> u64 {
        self.requests().last().map_or(0, |it| it.number + 1)
    }

    /// Returns the calls that came in since a mark.
    pub fn requests_since(&self, mark: u64) -> Vec<AwsRequest> {
        let log = self.control("/log", json!({ "since": mark }));
        serde_json::from_value(log).expect("the log is a list of calls")
    }

    /// Makes something go wrong.
    pub fn fault(&self, fault: AwsFault) {
        self.control("/fault", json!({ "fault": fault.document() }));
    }

    /// Takes back all faults.
    pub fn no_more_faults(&self) {
        self.control("/weather", json!({ "no_more_faults": true }));
    }

    /// Delays every answer.
    pub fn latency(&self, pause: Duration) {
        self.control("/weather", json!({ "latency": pause.as_secs_f64() }));
    }

    /// Gives lists in pages of so many entries.
    pub fn pages_of(&self, entries: u32) {
        self.control("/weather", json!({ "page": entries }));
    }

    /// Makes new roles and OpenID Connect providers (`kind`: `role`, `provider`) unseen at first: by each action for its
    /// first calls, and by all for a time. Whoever made it sees it nowhere else either.
    pub fn shows_late(&self, kind: &str, calls: u32, time: Duration) {
        self.control("/weather", json!({ "propagation": { kind: { "calls": calls, "seconds": time.as_secs_f64() } } }));
    }

    /// Puts the account under service control policies; their denials hold for its root as well.
    pub fn scp(&self, policies: &[Value]) {
        self.control("/weather", json!({ "scps": policies }));
    }

    pub(super) fn control(&self, path: &str, mut body: Value) -> Value {
        body["account"] = json!(self.id);
        body["region"] = json!(self.region);
        self.aws.control(path, &body)
    }

    fn find(&self, list: &str, field: &str, value: &str) -> Option<Value> {
        self.state()[list].as_array()?.iter().find(|it| it[field] == value).cloned()
    }

    fn make_user(&self, request: &Value) -> Identity {
        let made = self.control("/user", request.clone());
        let text = |name: &str| made[name].as_str().unwrap_or_default().to_owned();
        Identity { arn: text("arn"), env: self.env_of(&text("access_key"), &text("secret")) }
    }

    fn env_of(&self, access_key: &str, secret: &str) -> BTreeMap<String, String> {
        environment(&self.aws.url(), &self.region, access_key, secret)
    }
}

/// The variables of a program that has these credentials and no others.
pub(super) fn environment(url: &str, region: &str, access_key: &str, secret: &str) -> BTreeMap<String, String> {
    let settings = [
        ("AWS_ACCESS_KEY_ID", access_key),
        ("AWS_SECRET_ACCESS_KEY", secret),
        ("AWS_ENDPOINT_URL", url),
        ("AWS_REGION", region),
        // What version 1 of the `aws` command reads instead.
        ("AWS_DEFAULT_REGION", region),
        ("AWS_EC2_METADATA_DISABLED", "true"),
    ];
    settings.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}
