//! The ways in which programs come by Google's tokens, and what is refused on each.

use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};
use world::gcp::{Gcp, Identity};

use crate::gcp_http::{Said, call, call_as, forged, form, send};

const CLOUD_PLATFORM: &str = "https://www.googleapis.com/auth/cloud-platform";
const EMAIL: &str = "https://www.googleapis.com/auth/userinfo.email";
const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";

/// What Google's own plugin for kubectl gets for the credentials file or the machine of an identity.
fn plugin(identity: &Identity) -> Result<String, String> {
    let mut env = identity.gcloud_env();
    env.remove("CLOUDSDK_AUTH_ACCESS_TOKEN_FILE");
    let output = Command::new("gke-gcloud-auth-plugin")
        .arg("--use_application_default_credentials")
        .env_clear()
        .envs(env)
        .output()
        .expect("gke-gcloud-auth-plugin is on the PATH");
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    let document: Value = serde_json::from_slice(&output.stdout).expect("a credential");
    Ok(document["status"]["token"].as_str().expect("a token").to_owned())
}

fn name_in_cluster(token: &str) -> String {
    let status = Gcp::shared().review(token);
    assert_eq!(status["authenticated"], true, "{status}");
    status["user"]["username"].as_str().expect("a name").to_owned()
}

fn refresh(identity: &Identity) -> Said {
    let file = identity.file();
    let text = |name: &str| file[name].as_str().unwrap_or_default().to_owned();
    form("/token", &[("grant_type", "refresh_token"), ("refresh_token", &text("refresh_token"))])
}

#[test]
fn a_persons_file_is_good_until_it_is_revoked_or_a_login_is_demanded() {
    let project = Gcp::shared().project();
    let anna = project.user("anna@example.com", &["roles/viewer"]).with_user_file();
    assert_eq!(name_in_cluster(&plugin(&anna).expect("a good file")), "anna@example.com");
    let token = refresh(&anna).ok()["access_token"].as_str().expect("a token").to_owned();
    call_as(&token, "GET", &format!("/v3/projects/{}", project.id()), &Value::Null).ok();
    project.demands_login(Some("invalid_rapt"));
    let said = refresh(&anna);
    assert_eq!((&said.body["error"], &said.body["error_subtype"]), (&json!("invalid_grant"), &json!("invalid_rapt")));
    project.demands_login(None);
    refresh(&anna).ok();
    anna.revoke();
    assert_eq!(refresh(&anna).body["error"], "invalid_grant");
    assert_eq!(call_as(&token, "GET", "/v3/projects/x", &Value::Null).refused(), (401, "UNAUTHENTICATED".to_owned()));
    assert!(plugin(&anna).is_err());
}

#[test]
fn a_key_file_is_exchanged_and_its_own_signature_is_for_apis_only() {
    let project = Gcp::shared().project();
    let robot = project.robot("pipeline", &["roles/viewer"]).with_key_file();
    assert_eq!(name_in_cluster(&plugin(&robot).expect("a good key")), robot.email());
    let url = robot.file()["token_uri"].as_str().expect("text").to_owned();
    let now = jiff::Timestamp::now().as_second();
    let claims = |change: Value| {
        let mut claims = json!({
            "iss": robot.email(), "sub": robot.email(), "aud": url, "iat": now, "exp": now + 3600,
            "scope": format!("{CLOUD_PLATFORM} {EMAIL}"),
        });
        claims.as_object_mut().expect("an object").extend(change.as_object().cloned().unwrap_or_default());
        claims
    };
    let grant = |assertion: &str| form("/token", &[("grant_type", JWT_BEARER), ("assertion", assertion)]);
    grant(&robot.sign(&claims(json!({})))).ok();
    for wrong in [
        json!({ "iss": "somebody@else.example" }),
        json!({ "aud": "https://example.com/token" }),
        json!({ "exp": now - 1 }),
        json!({ "exp": now + 7200 }),
    ] {
        assert_eq!(grant(&robot.sign(&claims(wrong.clone()))).body["error"], "invalid_grant", "{wrong}");
    }
    assert_eq!(grant(&robot.sign(&claims(json!({ "scope": "" })))).body["error"], "invalid_scope");
    let other = project.robot("another", &[]).with_key_file();
    assert_eq!(grant(&other.sign(&claims(json!({})))).body["error"], "invalid_grant");

    let own = robot.sign(&claims(json!({ "aud": Value::Null })));
    call_as(&own, "GET", &format!("/v3/projects/{}", project.id()), &Value::Null).ok();
    assert_eq!(Gcp::shared().review(&own)["authenticated"], false);
    let path = format!("/v3/projects/{}", project.id());
    assert_eq!(call_as(&forged(&own), "GET", &path, &Value::Null).status, 401);
    assert_eq!(grant(&forged(&robot.sign(&claims(json!({}))))).body["error_description"], "Invalid JWT Signature.");
    let audience = json!({ "scope": Value::Null, "aud": "https://iam.googleapis.com/" });
    let for_iam = robot.sign(&claims(audience));
    call_as(&for_iam, "GET", &format!("/v1/projects/{}/serviceAccounts", project.id()), &Value::Null).ok();
    assert_eq!(call_as(&for_iam, "GET", &format!("/v3/projects/{}", project.id()), &Value::Null).status, 401);

    project.disable_account(&robot.email(), true);
    assert_eq!(grant(&robot.sign(&claims(json!({})))).body["error"], "invalid_grant");
    assert_eq!(call(&robot, "GET", "/v3/projects/x", &Value::Null).status, 401);
}

#[test]
fn a_machine_has_the_scopes_that_it_has() {
    let project = Gcp::shared().project();
    let robot = project.robot("machine", &["roles/viewer"]);
    assert_eq!(name_in_cluster(&plugin(&robot.with_metadata_server()).expect("a machine")), robot.email());
    let narrow = robot.with_metadata_server_of(&[CLOUD_PLATFORM]);
    assert_eq!(name_in_cluster(&plugin(&narrow).expect("a machine")), robot.numeric_id());
    let port = narrow.metadata_port().expect("a machine");
    let path = "computeMetadata/v1/instance/service-accounts/default/token";
    let bare = send(|http, _| http.get(format!("http://127.0.0.1:{port}/{path}")));
    assert_eq!(bare.status, 403);
    let project_id = send(|http, _| {
        let url = format!("http://127.0.0.1:{port}/computeMetadata/v1/project/project-id");
        http.get(url).header("Metadata-Flavor", "Google")
    });
    assert_eq!(project_id.ok(), project.id());
    assert!(project.requests().iter().any(|it| it.service == "metadata" && it.path.ends_with("/token")));
}

#[test]
fn an_external_account_is_exchanged_with_the_keys_of_its_issuer() {
    let project = Gcp::shared().project();
    let pipeline = project.external("repo:demo/app", &["roles/viewer"]);
    let file = pipeline.file();
    let audience = file["audience"].as_str().expect("text").to_owned();
    let exchange = |token: &str| {
        let fields = [
            ("grant_type", EXCHANGE),
            ("requested_token_type", ACCESS_TOKEN),
            ("subject_token_type", "urn:ietf:params:oauth:token-type:jwt"),
            ("scope", CLOUD_PLATFORM),
            ("audience", &audience),
            ("subject_token", token),
        ];
        form("/v1/token", &fields)
    };
    let path = file["credential_source"]["file"].as_str().expect("a path").to_owned();
    let good = std::fs::read_to_string(path).expect("the file is there");
    let token = exchange(&good).ok()["access_token"].as_str().expect("a token").to_owned();
    call_as(&token, "GET", &format!("/v3/projects/{}", project.id()), &Value::Null).ok();
    assert_eq!(project.requests().last().map(|it| it.principal.clone()), Some(pipeline.member()));
    plugin(&pipeline).expect("Google's own client takes the file");
    let now = jiff::Timestamp::now().as_second();
    assert_eq!(exchange(&forged(&good)).body["error"], "invalid_grant");
    let old = json!({ "iss": format!("https://ci.example.com/{}", project.id()), "sub": "x", "aud": format!("https:{audience}"), "exp": now - 1 });
    assert_eq!(exchange(&pipeline.sign(&old)).body["error"], "invalid_grant");
    let other = Gcp::shared().project().external("repo:demo/app", &[]);
    assert_eq!(exchange(&other.sign(&old)).body["error"], "invalid_grant");

    let email = project.create_account("target");
    let generate = format!("/v1/projects/-/serviceAccounts/{email}:generateAccessToken");
    let body = json!({ "scope": [CLOUD_PLATFORM, EMAIL] });
    let narrow = pipeline.token_with(&["https://www.googleapis.com/auth/iam"], Duration::from_secs(60));
    assert_eq!(call_as(&narrow, "POST", &generate, &body).message().split_once(' ').map(|it| it.0), Some("Permission"));
    let read = call_as(&narrow, "GET", &format!("/v3/projects/{}", project.id()), &Value::Null);
    assert_eq!(read.message(), "Request had insufficient authentication scopes.");
    let refused = call_as(&token, "POST", &generate, &body);
    assert_eq!(
        refused.message(),
        "Permission 'iam.serviceAccounts.getAccessToken' denied on resource (or it may not exist)."
    );
    project.bind_account(&email, "roles/iam.workloadIdentityUser", &pipeline.member());
    assert_eq!(name_in_cluster(&plugin(&pipeline.impersonating(&email)).expect("it may")), email);
    let token = call_as(&token, "POST", &generate, &body).ok()["accessToken"].as_str().expect("a token").to_owned();
    assert_eq!(name_in_cluster(&token), email);
    assert_eq!(project.violations(), Vec::<String>::new());
}

#[test]
fn impersonation_is_for_those_who_may() {
    let project = Gcp::shared().project();
    let email = project.create_account("target");
    let anna = project.user("anna@example.com", &["roles/owner"]).with_user_file();
    let as_robot = anna.impersonating(&email);
    assert_eq!(as_robot.file()["source_credentials"]["type"], "authorized_user");
    assert!(plugin(&as_robot).is_err(), "an owner may not get tokens of accounts");
    project.bind_account(&email, "roles/iam.serviceAccountTokenCreator", &anna.member());
    let token = plugin(&as_robot).expect("now anna may");
    assert_eq!(name_in_cluster(&token), email);
    let path = format!("/v1/projects/-/serviceAccounts/{email}:generateAccessToken");
    let body = json!({ "scope": [CLOUD_PLATFORM] });
    project.disable_account(&email, true);
    assert_eq!(call(&anna, "POST", &path, &body).refused(), (403, "PERMISSION_DENIED".to_owned()));
    project.disable_account(&email, false);
    project.switch_service("iamcredentials.googleapis.com", false);
    let off = call(&anna, "POST", &path, &body);
    assert_eq!(off.body["error"]["details"][1]["reason"], "SERVICE_DISABLED");
    project.switch_service("iamcredentials.googleapis.com", true);
    project.delete_account(&email);
    assert_eq!(call(&anna, "POST", &path, &body).refused(), (404, "NOT_FOUND".to_owned()));
}

#[test]
fn a_workforce_file_is_of_its_own_type() {
    let project = Gcp::shared().project();
    let dora = project.workforce("dora@partner.example", &["roles/viewer"]);
    let file = dora.file();
    assert_eq!(file["type"], "external_account_authorized_user");
    plugin(&dora).expect("Google's own client takes the file");
    let refresh = file["refresh_token"].as_str().expect("text");
    let fields = [("grant_type", "refresh_token"), ("refresh_token", refresh), ("client_id", "world-client")];
    let token = form("/v1/oauthtoken", &fields).ok()["access_token"].as_str().expect("a token").to_owned();
    call_as(&token, "GET", &format!("/v3/projects/{}", project.id()), &Value::Null).ok();
    assert_eq!(project.requests().last().map(|it| it.principal.clone()), Some(dora.member()));
}

#[test]
fn secrets_are_no_part_of_the_log() {
    let project = Gcp::shared().project();
    let anna = project.user("anna@example.com", &["roles/viewer"]).with_user_file();
    refresh(&anna).ok();
    let requests = project.requests();
    let logged = requests.first().expect("one request");
    assert_eq!((logged.service.as_str(), logged.body["refresh_token"].as_str()), ("oauth2", Some("…")));
    assert!(!logged.writes && logged.status == 200);
}
