//! What a subscription was asked, and what goes wrong there when a test wants it to.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use world::Latency;
use world::azure::{Azure, AzureFault, Identity, LOCATION, Late, Subscription, What};

use crate::azure_http::{IDENTITY, ROLES, call, send, token};

fn owner(subscription: &Subscription) -> Identity {
    subscription.resource_group("rg");
    subscription.service_principal("robot", &["Owner"])
}

fn group(subscription: &Subscription) -> String {
    format!("{}?api-version=2021-04-01", subscription.group_scope("rg"))
}

fn identity(subscription: &Subscription, name: &str) -> String {
    let scope = subscription.group_scope("rg");
    format!("{scope}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{name}?{IDENTITY}")
}

#[test]
fn the_log_tells_who_asked_what_and_hides_secrets() {
    let subscription = Azure::shared().subscription();
    let robot = owner(&subscription);
    let env = robot.env();
    let mark = subscription.mark();
    let fields = [
        ("grant_type", "client_credentials"),
        ("client_id", env["AZURE_CLIENT_ID"].as_str()),
        ("client_secret", env["AZURE_CLIENT_SECRET"].as_str()),
        ("scope", "https://management.azure.com/.default"),
    ];
    token(subscription.tenant(), &fields).ok();
    call(&robot, "PUT", &identity(&subscription, "one"), &json!({ "location": LOCATION })).ok();
    call(&robot, "GET", &identity(&subscription, "one"), &Value::Null).ok();
    let seen = subscription.requests_since(mark);
    let short: Vec<_> = seen.iter().map(|it| (it.service.as_str(), it.kind.as_str(), it.writes)).collect();
    let kind = "microsoft.managedidentity/userassignedidentities";
    assert_eq!(short, [("entra", "token", false), ("arm", kind, true), ("arm", kind, false)]);
    assert!(seen.iter().all(|it| it.principal == robot.client_id()));
    assert_eq!(seen[0].body["client_secret"], "…");
    assert_eq!((seen[1].status, subscription.writes().len()), (201, 1));
}

#[test]
fn faults_strike_what_they_are_for() {
    let subscription = Azure::shared().subscription();
    let robot = owner(&subscription);
    let path = identity(&subscription, "one");
    let body = json!({ "location": LOCATION });
    subscription.fault(AzureFault::throttled(Some(1)).on("PUT", "/userassignedidentities/").times(1));
    let throttled = call(&robot, "PUT", &path, &body);
    assert_eq!((throttled.refused(), throttled.retry_after.as_deref()), ((429, "TooManyRequests"), Some("1")));
    call(&robot, "PUT", &path, &body).ok();
    subscription.fault(AzureFault::fails(503, "ServerTimeout", "later").times(1).after(1));
    call(&robot, "GET", &path, &Value::Null).ok();
    assert_eq!(call(&robot, "GET", &path, &Value::Null).refused(), (503, "ServerTimeout"));
    subscription.fault(AzureFault::expired_token().times(1));
    assert_eq!(call(&robot, "GET", &path, &Value::Null).refused(), (401, "ExpiredAuthenticationToken"));
    subscription.fault(AzureFault::entra(400, "interaction_required", 50076, "More is needed."));
    assert_eq!(token(subscription.tenant(), &[]).number(), 50076);
    call(&robot, "GET", &path, &Value::Null).ok();
    subscription.no_more_faults();
    subscription.identity_pace(Duration::from_secs(60));
    let paced = call(&robot, "PUT", &path, &body);
    assert_eq!(paced.refused(), (429, "TooManyRequests"));
    subscription.lock(&subscription.group_scope("rg"), "CanNotDelete");
    assert_eq!(call(&robot, "DELETE", &path, &Value::Null).refused(), (409, "ScopeLocked"));
    subscription.lock(&subscription.scope(), "ReadOnly");
    assert_eq!(call(&robot, "PUT", &path, &body).refused(), (409, "ScopeLocked"));
    subscription.unlock();
    assert_eq!(call(&robot, "DELETE", &path, &Value::Null).status, 200);
    subscription.disable(true);
    assert_eq!(call(&robot, "PUT", &path, &body).refused(), (409, "ReadOnlyDisabledSubscription"));
    call(&robot, "GET", &group(&subscription), &Value::Null).ok();
}

#[test]
fn somebody_else_can_be_first() {
    let subscription = Azure::shared().subscription();
    let robot = owner(&subscription);
    subscription.create_identity("rg", "one");
    let path = identity(&subscription, "one").replace('?', "/federatedIdentityCredentials/job?");
    let properties = json!({ "issuer": "https://a.example/", "subject": "s", "audiences": ["a"] });
    subscription.somebody_federates_first("rg", "one", "theirs", "https://a.example/", "s");
    let body = json!({ "properties": properties });
    assert_eq!(call(&robot, "PUT", &path, &body).refused(), (400, "BadRequest"));
    assert_eq!(subscription.federations("rg", "one")[0]["name"], "theirs");
    let gone = subscription.clone();
    subscription.meanwhile_after(1, "GET", "/userAssignedIdentities/one", move || {
        gone.delete_identity("rg", "one");
    });
    call(&robot, "GET", &identity(&subscription, "one"), &Value::Null).ok();
    let missing = call(&robot, "GET", &identity(&subscription, "one"), &Value::Null);
    assert_eq!(missing.refused(), (404, "ResourceNotFound"));
}

#[test]
fn a_young_principal_needs_its_type_and_roles_take_time() {
    let subscription = Azure::shared().subscription();
    let robot = owner(&subscription);
    subscription.shows_late(Late::new(What::Principal).looks(1));
    subscription.shows_late(Late::new(What::Access).looks(1));
    let made = subscription.create_identity("rg", "one");
    let reader = subscription.role_id("Reader");
    let put = |with_type: bool| {
        let name = uuid::Uuid::new_v4();
        let scope = subscription.group_scope("rg");
        let path = format!("{scope}/providers/Microsoft.Authorization/roleAssignments/{name}?{ROLES}");
        let role = format!("{}/providers/Microsoft.Authorization/roleDefinitions/{reader}", subscription.scope());
        let mut properties = json!({ "roleDefinitionId": role, "principalId": made["properties"]["principalId"] });
        if with_type {
            properties["principalType"] = Value::from("ServicePrincipal");
        }
        call(&robot, "PUT", &path, &json!({ "properties": properties }))
    };
    assert_eq!(put(false).refused(), (400, "PrincipalNotFound"));
    assert_eq!(put(true).status, 201);
    let machine = subscription.machine("rg", "two", &[]);
    let role = format!("{}/providers/Microsoft.Authorization/roleDefinitions/{reader}", subscription.scope());
    let path = format!(
        "{}/providers/Microsoft.Authorization/roleAssignments/{}?{ROLES}",
        subscription.group_scope("rg"),
        uuid::Uuid::new_v4()
    );
    let properties = json!({
        "roleDefinitionId": role,
        "principalId": machine.object_id(),
        "principalType": "ServicePrincipal",
    });
    call(&robot, "PUT", &path, &json!({ "properties": properties })).ok();
    assert_eq!(call(&machine, "GET", &group(&subscription), &Value::Null).refused(), (403, "AuthorizationFailed"));
    call(&machine, "GET", &group(&subscription), &Value::Null).ok();
}

#[test]
fn azure_can_be_far_away() {
    let subscription = Azure::shared().subscription();
    let robot = owner(&subscription);
    subscription.latency(Duration::from_millis(200));
    let begin = Instant::now();
    call(&robot, "GET", &group(&subscription), &Value::Null).ok();
    assert!(begin.elapsed() >= Duration::from_millis(200));
    subscription.latency(Duration::ZERO);
    let far = Latency::start(Azure::shared().port(), Duration::from_millis(100));
    let url = robot.env_at(far.port())["RUNNER_SETUP_ARM_ENDPOINT"].clone();
    assert_eq!(url, format!("https://127.0.0.1:{}", far.port()));
    let bearer = robot.token();
    let path = group(&subscription);
    let begin = Instant::now();
    send(|http, _| http.get(format!("{url}{path}")).bearer_auth(bearer)).ok();
    assert!(begin.elapsed() >= Duration::from_millis(200));
    subscription.fault(AzureFault::delays(Duration::from_millis(150)).on("GET", "").times(1));
    let begin = Instant::now();
    call(&robot, "GET", &path, &Value::Null).ok();
    assert!(begin.elapsed() >= Duration::from_millis(150));
}

#[test]
fn a_young_identity_is_not_known_to_the_authority() {
    let subscription = Azure::shared().subscription();
    let robot = owner(&subscription);
    subscription.shows_late(Late::new(What::Client).time(Duration::from_millis(300)));
    let young = subscription.service_principal("young", &[]);
    let ask = || {
        let env = young.env();
        let fields = [
            ("grant_type", "client_credentials"),
            ("client_id", env["AZURE_CLIENT_ID"].as_str()),
            ("client_secret", env["AZURE_CLIENT_SECRET"].as_str()),
            ("scope", "https://management.azure.com/.default"),
        ];
        token(subscription.tenant(), &fields)
    };
    assert_eq!(ask().number(), 700_016);
    let deadline = Instant::now() + Duration::from_secs(30);
    while ask().status != 200 {
        assert!(Instant::now() < deadline, "the principal never shows");
        std::thread::sleep(Duration::from_millis(20));
    }
    subscription.create_identity("rg", "one");
    subscription.fault(AzureFault::concurrent_write().times(1));
    let path = identity(&subscription, "one").replace('?', "/federatedIdentityCredentials/job?");
    let body = json!({ "properties": { "issuer": "https://a.example/", "subject": "s", "audiences": ["a"] } });
    assert_eq!(call(&robot, "PUT", &path, &body).status, 409);
    assert_eq!(call(&robot, "PUT", &path, &body).status, 201);
    // What a proxy or a firewall says.
    subscription.fault(AzureFault::page(502, "<html>").times(1));
    assert_eq!(call(&robot, "GET", &group(&subscription), &Value::Null).status, 502);
}

#[test]
fn an_application_may_have_roles_in_two_subscriptions_of_a_tenant() {
    let azure = Azure::shared();
    let one = azure.subscription();
    let two = azure.subscription_in(one.tenant());
    let robot = one.service_principal("robot", &["Reader"]);
    let list = || call(&robot, "GET", "/subscriptions?api-version=2022-12-01", &Value::Null).ok();
    assert_eq!(list()["value"].as_array().map(Vec::len), Some(1));
    let path = format!("{}?api-version=2022-12-01", two.scope());
    assert_eq!(call(&robot, "GET", &path, &Value::Null).refused(), (403, "AuthorizationFailed"));
    two.grant(&robot, "Reader", &two.scope());
    call(&robot, "GET", &path, &Value::Null).ok();
    assert_eq!(list()["value"].as_array().map(Vec::len), Some(2));
}
