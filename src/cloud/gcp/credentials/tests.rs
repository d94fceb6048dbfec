use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;

use super::super::client::{Gcp, GcpOptions};
use super::super::names::ProjectId;
use super::super::server::{Answer, Server, ok, refused};
use super::*;
use crate::access::Access;
use crate::failure::{Failure, FailureKind};
use crate::interrupt::Interrupt;

/// What must never be seen anywhere.
const SECRET: &str = "hunter2";

fn process(env: &[(&str, &str)]) -> Process {
    let env = env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Process { env, ..Process::default() }
}

fn connect(process: &Process) -> Result<Gcp, GcpError> {
    let options = GcpOptions {
        extra_roots: Vec::new(),
        access: Access::ReadOnly,
        deadline: Instant::now() + Duration::from_secs(20),
        on_retry: Arc::new(|_| {}),
        interrupt: Interrupt::default(),
    };
    Gcp::connect(process, options)
}

fn write(folder: &Path, content: &str) -> String {
    let file = folder.join(WELL_KNOWN);
    std::fs::write(&file, content).unwrap();
    file.display().to_string()
}

fn user(url: &str) -> Value {
    json!({
        "type": "authorized_user", "client_id": "id", "client_secret": format!("{SECRET}-client"),
        "refresh_token": format!("{SECRET}-refresh"), "token_uri": format!("{url}/token"),
        "quota_project_id": "billing-1",
    })
}

/// A server whose client is logged in with a file.
async fn with_file(answers: Vec<Answer>, content: impl FnOnce(&str) -> Value) -> (tempfile::TempDir, Server) {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(answers, |url| {
        BTreeMap::from([(NAMED.to_owned(), write(folder.path(), &content(url).to_string()))])
    });
    let server = server.await;
    (folder, server)
}

fn project() -> ProjectId {
    "my-project".parse().unwrap()
}

fn token(number: u32, lasts: u32) -> Answer {
    ok(&json!({ "access_token": format!("{SECRET}-{number}"), "expires_in": lasts, "token_type": "Bearer" }))
}

fn number() -> Answer {
    ok(&json!({ "name": "projects/123" }))
}

#[test]
fn without_any_source_each_says_what_it_said() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().to_str().unwrap();
    let failure = Failure::from(connect(&process(&[("HOME", home), ("PATH", "/nowhere")])).unwrap_err());
    assert_eq!(
        (failure.kind, failure.message.as_str()),
        (FailureKind::Refused, "there are no credentials for Google Cloud")
    );
    let causes = failure.causes.join("\n");
    for said in [TOKEN, NAMED, WELL_KNOWN, "metadata server", "gcloud is not on PATH"] {
        assert!(causes.contains(said), "{said} in {causes}");
    }
    assert_eq!(failure.hints[0], "gcloud auth application-default login");
}

#[tokio::test]
async fn a_file_that_can_t_be_used_says_why_and_shows_nothing_of_itself() {
    let folder = tempfile::tempdir().unwrap();
    let cases = [
        (format!("{{\"refresh_token\": {SECRET}"), "it is no JSON", FailureKind::Usage),
        (json!({ "refresh_token": SECRET }).to_string(), "it has no `type`", FailureKind::Usage),
        (
            json!({ "type": "authorized_user", "client_id": SECRET }).to_string(),
            "it has no `client_secret`",
            FailureKind::Usage,
        ),
        (
            json!({ "type": "authorized_user", "client_id": "a", "client_secret": SECRET, "refresh_token": SECRET,
                "token_uri": "http://example.com/token" })
            .to_string(),
            "its `token_uri` does not start with https://",
            FailureKind::Usage,
        ),
        (
            json!({ "type": "impersonated_service_account", "x": SECRET }).to_string(),
            "can't use it as",
            FailureKind::Usage,
        ),
        (json!({ "type": WORKFORCE, "refresh_token": SECRET }).to_string(), "not supported", FailureKind::Refused),
        (json!({ "type": "gdch_service_account" }).to_string(), "of type `gdch_service_account`", FailureKind::Refused),
        (
            json!({ "type": "authorized_user", "universe_domain": "example.goog" }).to_string(),
            "universe",
            FailureKind::Usage,
        ),
    ];
    for (content, words, kind) in cases {
        let file = write(folder.path(), &content);
        let error = match connect(&process(&[(NAMED, &file)])) {
            Ok(gcp) => gcp.cluster_token().await.unwrap_err(),
            Err(error) => error,
        };
        let failure = Failure::from(error);
        assert!(failure.message.contains(words) && failure.message.contains(&file), "{failure:?}");
        assert_eq!(failure.kind, kind, "{failure:?}");
        assert!(!format!("{failure:?}").contains(SECRET), "{failure:?}");
    }
    let failure = Failure::from(connect(&process(&[(NAMED, "/nowhere/key.json")])).unwrap_err());
    assert!(
        failure.message.starts_with("reading the credentials in /nowhere/key.json (GOOGLE_APPLICATION_CREDENTIALS)")
    );
    assert_eq!(failure.kind, FailureKind::Usage);
}

#[test]
fn the_first_source_is_the_one() {
    let folder = tempfile::tempdir().unwrap();
    let file = write(folder.path(), &user("https://oauth2.googleapis.com").to_string());
    let config = folder.path().to_str().unwrap();
    let words = |env: &[(&str, &str)]| connect(&process(env)).unwrap().credentials();
    let env = [(TOKEN, "t"), (NAMED, file.as_str()), ("CLOUDSDK_CONFIG", config)];
    assert_eq!(words(&env), "the token in CLOUDSDK_AUTH_ACCESS_TOKEN");
    assert_eq!(words(&env[1..]), format!("the user credentials in {file}"));
    assert_eq!(words(&env[2..]), format!("the user credentials in {file}"));
    let home = folder.path().join(".config/gcloud");
    std::fs::create_dir_all(&home).unwrap();
    let file = write(&home, &user("https://oauth2.googleapis.com").to_string());
    assert_eq!(words(&[("HOME", config)]), format!("the user credentials in {file}"));
    assert_eq!(words(&[("GCE_METADATA_HOST", "127.0.0.1:1")]), "the metadata server of this machine");
    assert_eq!(words(&[(TOKEN_FILE, &file)]), format!("the token in {file} (CLOUDSDK_AUTH_ACCESS_TOKEN_FILE)"));
}

#[test]
fn the_project_is_the_one_that_the_credentials_name() {
    let folder = tempfile::tempdir().unwrap();
    let url = "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/\
               a-runner@other-project.iam.gserviceaccount.com:generateAccessToken";
    for (content, expected) in [
        (user("x"), Some(("billing-1", "`quota_project_id`"))),
        (json!({ "type": "service_account", "project_id": "my-project" }), Some(("my-project", "`project_id`"))),
        (json!({ "service_account_impersonation_url": url }), Some(("other-project", "the impersonated account"))),
        (json!({}), None),
    ] {
        let file = write(folder.path(), &content.to_string());
        let said = project_of_credentials(&process(&[(NAMED, &file)]));
        assert_eq!(said, expected.map(|(project, what)| (project.to_owned(), format!("{what} in {file}"))));
    }
    assert_eq!(project_of_credentials(&process(&[(NAMED, "/nowhere")])), None);
    assert_eq!(project_of_credentials(&process(&[])), None);
}

#[tokio::test]
async fn a_person_s_token_is_kept_and_made_anew_when_it_is_old_or_refused() {
    let expired = refused(401, "UNAUTHENTICATED", "expired");
    let answers =
        vec![token(1, 3599), number(), number(), expired.clone(), token(2, 100), number(), token(3, 3599), expired];
    let (_folder, server) = with_file(answers, user).await;
    for _ in 0..3 {
        server.gcp.project_number(&project()).await.unwrap();
    }
    let lines: Vec<_> = server.lines().iter().map(|line| line.split(' ').next().unwrap().to_owned()).collect();
    assert_eq!(lines, ["POST", "GET", "GET", "GET", "POST", "GET"]);
    let asked = server.asked();
    assert!(
        asked[0].ends_with(
            "grant_type=refresh_token&client_id=id&client_secret=hunter2-client&refresh_token=hunter2-refresh"
        )
    );
    assert!(!asked[0].contains("x-goog-user-project") && asked[1].contains("x-goog-user-project: billing-1"));
    assert!(asked[5].contains("authorization: Bearer hunter2-2"));
    let cluster = server.gcp.cluster_token().await.unwrap();
    assert_eq!((cluster.expose(), format!("{cluster:?}").as_str()), ("hunter2-3", "ClusterToken([redacted])"));
    let error = server.gcp.project_number(&project()).await.unwrap_err();
    assert!(!error.to_string().contains(SECRET), "{error}");
}

#[tokio::test]
async fn a_login_that_is_too_old_is_said_with_the_command_that_renews_it() {
    let said = json!({ "error": "invalid_grant", "error_description": "reauth related error", "error_subtype": "invalid_rapt" });
    let (_folder, server) = with_file(vec![Answer(400, said.to_string(), "")], user).await;
    let failure = Failure::from(server.gcp.project_number(&project()).await.unwrap_err());
    assert_eq!(
        (failure.kind, failure.hints.as_slice()),
        (FailureKind::Refused, &["gcloud auth application-default login".to_owned()][..])
    );
    assert_eq!(failure.causes, ["invalid_grant: reauth related error"]);
    assert!(!format!("{failure:?}").contains(SECRET));
    let (_folder, server) = with_file(vec![Answer(503, String::new(), ""), token(1, 3599), number()], user).await;
    server.gcp.project_number(&project()).await.unwrap();
    assert_eq!(server.told().len(), 1, "a token endpoint that is busy is asked again");
}

#[tokio::test]
async fn a_key_that_is_none_is_not_repeated() {
    let key = |url: &str| {
        json!({ "type": "service_account", "client_email": "a@b", "private_key_id": "1", "project_id": "my-project",
            "private_key": format!("-----BEGIN PRIVATE KEY-----\n{SECRET}\n-----END PRIVATE KEY-----\n"),
            "token_uri": format!("{url}/token") })
    };
    let (_folder, server) = with_file(Vec::new(), key).await;
    let failure = Failure::from(server.gcp.project_number(&project()).await.unwrap_err());
    assert_eq!(failure.message, "getting a token from the service account key of a@b");
    assert!(!format!("{failure:?}").contains(SECRET) && server.asked().is_empty(), "{failure:?}");
}

#[cfg(unix)]
#[tokio::test]
async fn gcloud_is_the_last_source_and_the_one_for_workforce_logins() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("gcloud");
    std::fs::write(&program, "#!/bin/sh\necho hunter2-gcloud\n").unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = folder.path().to_str().unwrap().to_owned();
    let gcp = connect(&process(&[("PATH", &path), ("HOME", &path)])).unwrap();
    assert_eq!(gcp.cluster_token().await.unwrap().expose(), "hunter2-gcloud");
    assert_eq!(gcp.credentials(), "gcloud's own login");
    // The metadata server comes first, and what it says counts when gcloud has nothing either.
    let nobody = [("PATH", path.as_str()), ("HOME", &path), ("GCE_METADATA_HOST", "127.0.0.1:1")];
    let gcp = connect(&process(&nobody)).unwrap();
    assert_eq!(gcp.credentials(), "the metadata server of this machine");
    gcp.cluster_token().await.unwrap();
    assert_eq!(gcp.credentials(), "gcloud's own login");
    std::fs::write(&program, "#!/bin/sh\necho 'no active account' >&2; exit 1\n").unwrap();
    let gcp = connect(&process(&nobody)).unwrap();
    let failure = Failure::from(gcp.cluster_token().await.unwrap_err());
    let [files @ .., machine, last] = failure.causes.as_slice() else { panic!("{failure:?}") };
    assert!(files.iter().any(|cause| cause.contains("GOOGLE_APPLICATION_CREDENTIALS is not set")), "{failure:?}");
    assert!(machine.contains("the metadata server of this machine"), "{failure:?}");
    assert!(last.contains("no active account"), "{failure:?}");
    let file = write(folder.path(), &json!({ "type": WORKFORCE }).to_string());
    let gcp = connect(&process(&[("PATH", &path), ("CLOUDSDK_CONFIG", &path)])).unwrap();
    assert_eq!(gcp.credentials(), format!("gcloud's own login ({file} is a login that only gcloud can use)"));
}

/// Signatures, audiences and scopes are looked at by the stand-in of Google.
#[tokio::test]
async fn every_kind_of_credentials_gets_a_token_that_google_takes() {
    let google = tokio::task::spawn_blocking(|| {
        let project = world::gcp::Gcp::shared().project();
        let email = project.create_account("impersonated");
        let anna = project.user("anna@example.com", &["roles/browser", "roles/iam.serviceAccountTokenCreator"]);
        let robot = project.robot("robot-1", &["roles/browser"]);
        let outside = project.external("somebody", &["roles/browser"]);
        let target = anna.with_user_file().impersonating(&email);
        project.bind("roles/browser", &target.member());
        let kinds = vec![
            ("the token in", anna.env(), anna.email()),
            ("the user credentials in", anna.with_user_file().env(), anna.email()),
            ("the service account key of robot-1@", robot.with_key_file().env(), robot.email()),
            ("the metadata server", robot.with_metadata_server().env(), robot.email()),
            ("the impersonation in", target.env(), email),
            ("the external account in", outside.env(), String::new()),
        ];
        (project.id().to_owned(), project.number().to_owned(), kinds)
    });
    let (id, number, kinds) = google.await.unwrap();
    for (words, env, email) in kinds {
        // Each writes the same file.
        let gcp = match connect(&Process { env, ..Process::default() }) {
            Ok(gcp) => gcp,
            Err(error) => panic!("{words}: {error}"),
        };
        assert!(gcp.credentials().starts_with(words), "{}", gcp.credentials());
        let found = gcp.project_number(&id.parse().unwrap()).await;
        assert_eq!(found.map_err(Failure::from).unwrap().as_deref(), Some(number.as_str()), "{words}");
        let token = gcp.cluster_token().await.unwrap();
        let review = world::gcp::Gcp::shared().review(token.expose());
        assert_eq!(review["authenticated"], true, "{words}: {review}");
        if !email.is_empty() {
            assert_eq!(review["user"]["username"], email.as_str(), "{words}: {review}");
        }
    }
}
