//! Tokens of the authority: by secrets, certificates, machines, and by real tokens of a real API server, refused with
//! the number that Entra has for it.

use serde_json::Value;
use world::azure::{Azure, Cluster, ISSUER, Late, Subscription, What};

use crate::azure_http::{call_with, exchange, token};

const AUDIENCE: &str = "api://AzureADTokenExchange";

struct Workload {
    subscription: Subscription,
    cluster: Cluster,
    client: String,
    jobs: String,
}

impl Workload {
    fn new() -> Self {
        let azure = Azure::shared();
        let (world, subscription) = (azure.control_plane(), azure.subscription());
        let cluster = subscription.cluster("wi", "rg", world);
        let identity = subscription.create_identity("rg", "runner");
        let client = identity["properties"]["clientId"].as_str().expect("text").to_owned();
        Self { subscription, cluster, client, jobs: world.unique_name("jobs") }
    }

    fn federate(&self, issuer: &str, subject: &str, audience: &str) {
        self.subscription.federate("rg", "runner", "job", issuer, subject, audience);
    }

    /// What the authority says to a token of the account `job`.
    fn number(&self) -> u64 {
        let assertion = Azure::shared().control_plane().service_account_token(&self.jobs, "job", AUDIENCE);
        let said = exchange(self.subscription.tenant(), &self.client, &assertion);
        if said.status == 200 { 0 } else { said.number() }
    }
}

#[test]
fn a_service_accounts_token_becomes_the_identitys() {
    let it = Workload::new();
    assert_eq!(it.cluster.issuer(), ISSUER);
    it.federate(ISSUER, &it.cluster.subject(&it.jobs, "job"), AUDIENCE);
    let assertion = Azure::shared().control_plane().service_account_token(&it.jobs, "job", AUDIENCE);
    let said = exchange(it.subscription.tenant(), &it.client, &assertion).ok();
    let bearer = said["access_token"].as_str().expect("a token");
    let path = format!("{}?api-version=2021-04-01", it.subscription.group_scope("rg"));
    let refused = call_with(bearer, "GET", &path, &Value::Null);
    assert_eq!(refused.refused(), (403, "AuthorizationFailed"));
    assert!(refused.message().contains(&it.client), "{}", refused.message());
    let identity = it.subscription.identity("rg", "runner").expect("it is there");
    let principal = identity["properties"]["principalId"].as_str().expect("text");
    it.subscription.assign("Reader", principal, &it.subscription.group_scope("rg"));
    call_with(bearer, "GET", &path, &Value::Null).ok();
}

#[test]
fn every_mismatch_has_its_own_number() {
    let it = Workload::new();
    let subject = it.cluster.subject(&it.jobs, "job");
    assert_eq!(it.number(), 70025);
    for (issuer, subject, audience, number) in [
        (ISSUER.trim_end_matches('/'), subject.as_str(), AUDIENCE, 700_211),
        ("https://other.example/", &subject, AUDIENCE, 700_211),
        (ISSUER, "system:serviceaccount:other:job", AUDIENCE, 700_213),
        (ISSUER, &subject.replace(":job", ":Job"), AUDIENCE, 7_002_138),
        (ISSUER, &subject, "api://AzureADTokenExchangeUSGov", 700_212),
        (ISSUER, &subject, AUDIENCE, 0),
    ] {
        it.federate(issuer, subject, audience);
        assert_eq!(it.number(), number, "{issuer} {subject} {audience}");
    }
    for code in [90061, 50166, 900_612] {
        let mine = format!("https://silent.example/{code}/");
        it.federate(&mine, &subject, AUDIENCE);
        Azure::shared().cannot_read_issuer(&mine, Some(code));
        let claims = serde_json::json!({ "iss": mine, "sub": subject });
        let ci = it.subscription.service_principal("ci", &[]).with_federated_token();
        ci.write_federated_token(&claims);
        let file = std::fs::read_to_string(&ci.env()["AZURE_FEDERATED_TOKEN_FILE"]).expect("the file");
        assert_eq!(exchange(it.subscription.tenant(), &it.client, &file).number(), u64::from(code));
    }
}

#[test]
fn what_is_new_is_seen_late() {
    let it = Workload::new();
    let subject = it.cluster.subject(&it.jobs, "job");
    it.subscription.shows_late(Late::new(What::Trust).looks(2));
    it.federate(ISSUER, &subject, AUDIENCE);
    assert_eq!([it.number(), it.number(), it.number()], [70025, 70025, 0]);
    it.subscription.shows_at_once();
    it.subscription.shows_late(Late::new(What::Trust).flapping(&[true, false]).saying(70021));
    it.federate(ISSUER, &subject, AUDIENCE);
    assert_eq!([it.number(), it.number(), it.number()], [0, 70021, 0]);
}

#[test]
fn clients_prove_themselves_in_many_ways() {
    let subscription = Azure::shared().subscription();
    let robot = subscription.service_principal("robot", &["Reader"]);
    let client = robot.client_id();
    let secret = robot.env()["AZURE_CLIENT_SECRET"].clone();
    let ask = |tenant: &str, client: &str, secret: &str, scope: &str| {
        token(
            tenant,
            &[("grant_type", "client_credentials"), ("client_id", client), ("client_secret", secret), ("scope", scope)],
        )
    };
    let arm = "https://management.azure.com/.default";
    let tenant = subscription.tenant();
    ask(tenant, &client, &secret, arm).ok();
    ask(tenant, &client, &secret, "https://management.core.windows.net//.default").ok();
    ask(tenant, &client, &secret, "6dae42f8-4368-4678-94ff-3960e28e3630/.default").ok();
    assert_eq!(ask(tenant, &client, "wrong", arm).number(), 7_000_215);
    assert_eq!(ask(tenant, robot.object_id(), &secret, arm).number(), 700_016);
    assert_eq!(ask("00000000-0000-0000-0000-00000000dead", &client, &secret, arm).number(), 90002);
    assert_eq!(ask(tenant, &client, &secret, "https://nothing.example/.default").number(), 500_011);
    assert_eq!(ask(tenant, &client, "", arm).number(), 7_000_218);
    robot.refuse(Some(53003));
    assert_eq!(ask(tenant, &client, &secret, arm).number(), 53003);
    robot.refuse(None);
    let ci = robot.with_federated_token();
    let file = ci.env()["AZURE_FEDERATED_TOKEN_FILE"].clone();
    let assertion = || std::fs::read_to_string(&file).expect("the file");
    exchange(tenant, &client, &assertion()).ok();
    let forged = crate::gcp_http::forged(&assertion());
    assert_eq!(exchange(tenant, &client, &forged).number(), 50013);
    ci.write_federated_token(&serde_json::json!({ "exp": 1_700_000_000, "nbf": 1_600_000_000 }));
    assert_eq!(exchange(tenant, &client, &assertion()).number(), 700_024);
    robot.revoke_secrets();
    assert_eq!(ask(tenant, &client, &secret, arm).number(), 7_000_215);
}

#[test]
fn nothing_is_believed_without_its_signature() {
    let it = Workload::new();
    it.federate(ISSUER, &it.cluster.subject(&it.jobs, "job"), AUDIENCE);
    let assertion = Azure::shared().control_plane().service_account_token(&it.jobs, "job", AUDIENCE);
    let forged = crate::gcp_http::forged(&assertion);
    assert_eq!(exchange(it.subscription.tenant(), &it.client, &forged).number(), 50013);
    assert_eq!(exchange(it.subscription.tenant(), &it.client, "no token").number(), 50027);
    let ada = it.subscription.user("ada@world.example", &["Reader"]);
    let path = format!("{}?api-version=2021-04-01", it.subscription.group_scope("rg"));
    let forged = crate::gcp_http::forged(&ada.token());
    assert_eq!(call_with(&forged, "GET", &path, &Value::Null).refused(), (401, "InvalidAuthenticationToken"));
    it.cluster.uses_entra(&[], true, true);
    assert_eq!(Azure::shared().review(&ada.cluster_token())["authenticated"], true);
    assert_eq!(Azure::shared().review(&crate::gcp_http::forged(&ada.cluster_token()))["authenticated"], false);
    ada.delete();
    assert_eq!(Azure::shared().review(&ada.cluster_token())["authenticated"], false);
    // The identity was made again under its name: the old client id is nobody's.
    it.subscription.delete_identity("rg", "runner");
    it.subscription.create_identity("rg", "runner");
    it.federate(ISSUER, &it.cluster.subject(&it.jobs, "job"), AUDIENCE);
    assert_eq!(it.number(), 700_016);
}
