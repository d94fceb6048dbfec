//! A poll is let in with the runner's signature and nothing else.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ed25519_dalek::pkcs8::{EncodePublicKey as _, spki::der::pem::LineEnding};
use ed25519_dalek::{Signer as _, SigningKey};
use reqwest::Method;
use serde_json::{Value, json};
use world::Orchestrator;
use world::orchestrator::key_id;

use crate::client::{Client, runner, with};

fn token(key: &SigningKey, claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", part(&json!({ "alg": "EdDSA", "typ": "JWT" })), part(claims));
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(key.sign(signed.as_bytes()).to_bytes()))
}

fn poll(orchestrator: &Orchestrator, runner: &str, token: &str) -> u16 {
    let url = format!("{}/orgs/demo-org/remote-runners/{runner}/actions/poll-requests", orchestrator.url());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(5)).build().expect("a client");
        let request = client.post(url).header("Authorization", format!("JWT {token}"));
        request.send().await.expect("an answer").status().as_u16()
    })
}

#[test]
fn every_claim_and_the_signature_count() {
    let client = Client::new();
    let (key, other) = (SigningKey::from_bytes(&[7; 32]), SigningKey::from_bytes(&[8; 32]));
    let pem = key.verifying_key().to_public_key_pem(LineEnding::LF).expect("a key is PEM");
    client.orchestrator.add_runner(&with(runner("one"), "/runner_configuration/key", pem.into()));
    let kid = key_id(key.verifying_key().as_bytes());
    let claims = json!({ "org_id": "demo-org", "runner_id": "one", "alg": "EdDSA", "typ": "JWT", "kid": kid });
    assert_eq!(poll(&client.orchestrator, "one", &token(&key, &claims)), 204);
    assert_eq!(client.orchestrator.accepted_polls("one"), 1);
    assert_eq!(poll(&client.orchestrator, "one", &token(&other, &claims)), 401);
    client.orchestrator.add_rule("one", None, None);
    let order =
        json!({ "mode": "deploy", "project_id": "demo", "env_id": "development", "manifest": { "workloads": {} } });
    let (status, deployment) = client.send(Method::POST, "/orgs/demo-org/deployments", Some(order)).expect("an answer");
    assert_eq!(status.as_u16(), 201);
    assert_eq!(poll(&client.orchestrator, "one", &token(&key, &claims)), 200);
    let path = format!("/orgs/demo-org/deployments/{}", deployment["id"].as_str().expect("an id"));
    assert_eq!(client.status(Method::GET, &path, Value::Null), 200);
    for field in ["org_id", "runner_id", "kid"] {
        let claims = with(json!({ "it": claims }), &format!("/it/{field}"), "wrong".into())["it"].take();
        assert_eq!(poll(&client.orchestrator, "one", &token(&key, &claims)), 401, "{field}");
    }
    assert_eq!(poll(&client.orchestrator, "nobody", &token(&key, &claims)), 401);
    assert_eq!(poll(&client.orchestrator, "one", "not.a.token"), 401);
    client.answers_are_valid();
}
