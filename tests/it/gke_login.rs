//! Logging in to a cluster of GKE: with every kind of Google credentials, without gcloud and its plugin, and with none.

use std::time::Duration;

use serde_json::json;
use world::gcp::Identity;

use crate::support::{GkeLab, Outcome, exec, exec_credential, shows_no_token, variable};

/// What is said when the Google credentials stand in for a plugin.
const INSTEAD: &str = "logged in with the Google credentials instead";
/// The scope without which a token is nobody's.
const PLATFORM: &str = "https://www.googleapis.com/auth/cloud-platform";

/// `plan` that reaches the cluster.
#[track_caller]
fn plans(lab: &GkeLab) -> Outcome {
    let outcome = lab.run(&["plan", "-vv", "--events-file=events", "-o", "json"]).exits(0);
    let document = outcome.json();
    assert_eq!(document["outcome"], "planned", "{outcome}");
    assert_eq!(document["cluster"]["server"], json!(lab.world.server_url()), "{outcome}");
    assert_eq!(document["runner"]["provider"], "gke", "{outcome}");
    shows_no_token(&outcome);
    let events = std::fs::read_to_string(lab.home().join("events")).unwrap();
    assert!(!events.contains("ya29.") && !events.contains("PRIVATE KEY-----\\n"), "{events}");
    outcome
}

/// Without a kubeconfig, gcloud or plugin.
fn bare(name: &str) -> GkeLab {
    let mut lab = GkeLab::without_kubeconfig(name);
    lab.name_cluster();
    lab
}

/// Which token endpoints were asked since a mark.
fn grants(lab: &GkeLab, mark: u64) -> Vec<(String, String)> {
    let is_grant = |service: &str| ["oauth2", "sts", "iamcredentials", "metadata"].contains(&service);
    let requests = lab.project.requests_since(mark).into_iter().filter(|it| is_grant(&it.service));
    requests.map(|it| (it.service, it.body["grant_type"].as_str().unwrap_or_default().to_owned())).collect()
}

/// The fields of a credentials file that are secret.
fn secrets_of(identity: &Identity) -> Vec<String> {
    let file = identity.file();
    let sources = [&file, &file["source_credentials"]];
    let texts = sources.into_iter().flat_map(|it| {
        ["refresh_token", "client_secret", "private_key", "private_key_id"].map(|name| it[name].as_str())
    });
    texts.flatten().map(|text| text.lines().nth(1).unwrap_or(text).to_owned()).collect()
}

#[test]
fn every_kind_of_credentials_reaches_the_cluster_without_kubeconfig_gcloud_and_plugin() {
    let mut lab = bare("gke-creds");
    let robot = lab.project.robot("deployer", &["roles/owner"]);
    let email = robot.email();
    lab.project.bind_account(&email, "roles/iam.serviceAccountTokenCreator", "user:owner@example.com");
    let outside = lab.project.external("repo:acme/infra", &["roles/owner"]);
    lab.project.bind_account(&email, "roles/iam.serviceAccountTokenCreator", &outside.member());
    let user = lab.owner.clone();
    for (what, identity) in [
        ("a token", user.clone()),
        ("a person's login", user.with_user_file()),
        ("a key", robot.with_key_file()),
        ("impersonation", user.with_user_file().impersonating(&email)),
        ("another provider's token", outside.clone()),
        ("the same with impersonation", outside.impersonating(&email)),
        ("a machine", robot.with_metadata_server()),
    ] {
        lab.become_only(&identity);
        let mark = lab.project.mark();
        let outcome = plans(&lab);
        let asked = grants(&lab, mark);
        for secret in secrets_of(&identity) {
            assert!(!outcome.to_string().contains(&secret), "{what}\n{outcome}");
        }
        if what == "a key" {
            // Signed by Google, not by ourselves: an API server of GKE may not take the latter.
            let jwt = ("oauth2".to_owned(), "urn:ietf:params:oauth:grant-type:jwt-bearer".to_owned());
            assert_eq!(asked, [jwt], "{outcome}");
        }
        assert_eq!(asked.is_empty(), what == "a token", "{what}: {asked:?}");
        assert!(asked.len() < 4, "a token is made once: {what}: {asked:?}");
    }
    assert!(lab.project.writes().iter().all(|it| it.service != "iam"), "{:?}", lab.project.writes());
    lab.keeps_to_the_documents();
}

#[test]
fn a_login_at_its_usual_place_is_found_and_sets_everything_up() {
    let mut lab = bare("gke-usual");
    lab.without_credentials().set("GCE_METADATA_HOST", "127.0.0.1:1");
    let login = lab.owner.with_user_file().file();
    lab.file(".config/gcloud/application_default_credentials.json", &login.to_string());
    let outcome = lab.run(&["apply", "--yes", "-vv", "-o", "json"]).exits(0);
    shows_no_token(&outcome);
    assert_eq!(outcome.claimed("token-exchanged").0, "pass", "{outcome}");
    lab.proves_itself();
    // Another place is gcloud's own variable's.
    std::fs::remove_dir_all(lab.home().join(".config")).unwrap();
    lab.file("other/application_default_credentials.json", &login.to_string());
    lab.set("CLOUDSDK_CONFIG", "other");
    let _ = lab.run(&["plan"]).exits(0);
    lab.keeps_to_the_documents();
}

#[test]
fn both_scopes_are_asked_for() {
    let mut lab = bare("gke-scopes");
    let robot = lab.project.robot("deployer", &["roles/owner"]);
    lab.project.bind_account(&robot.email(), "roles/iam.serviceAccountTokenCreator", "user:owner@example.com");
    let impersonated = lab.owner.with_user_file().impersonating(&robot.email());
    lab.become_only(&impersonated);
    let _ = plans(&lab);
    let asked = lab.project.requests().into_iter().find(|it| it.service == "iamcredentials").unwrap();
    assert_eq!(asked.body["scope"], json!([PLATFORM, "https://www.googleapis.com/auth/userinfo.email"]));
    // Who is known by a number only is let in by IAM all the same; RBAC that names an address lets nobody in.
    let numbered = lab.owner.token_with(&[PLATFORM], Duration::from_secs(3000));
    lab.set("CLOUDSDK_AUTH_ACCESS_TOKEN", numbered);
    lab.unset("GOOGLE_APPLICATION_CREDENTIALS");
    let _ = plans(&lab);
}

#[test]
fn a_token_without_the_scope_for_google_cloud_is_refused_with_the_login() {
    let mut lab = bare("gke-narrow");
    let narrow = lab.owner.token_with(&["https://www.googleapis.com/auth/userinfo.email"], Duration::from_secs(3000));
    lab.set("CLOUDSDK_AUTH_ACCESS_TOKEN", narrow);
    let outcome = lab.writes_nothing(4, &[]).explains("insufficient authentication scopes");
    let _ = outcome.explains("gcloud auth application-default login");
    let robot = lab.project.robot("deployer", &["roles/owner"]);
    lab.become_only(&robot.with_metadata_server_of(&["https://www.googleapis.com/auth/devstorage.read_only"]));
    let _ = lab.writes_nothing(4, &[]).explains("insufficient authentication scopes");
}

#[test]
fn gcloud_s_own_login_is_the_last_resort() {
    let mut lab = bare("gke-gcloud");
    let token = lab.owner.token();
    lab.without_credentials().use_gcloud(&format!("test \"$1 $2\" = 'auth print-access-token' && echo {token}"));
    let _ = plans(&lab);
    lab.use_gcloud("echo 'ERROR: (gcloud.auth.print-access-token) You do not currently have an active account selected.' >&2; exit 1");
    let outcome = lab.writes_nothing(4, &[]).explains("You do not currently have an active account selected");
    let _ = outcome.explains("gcloud auth login").explains("gcloud auth application-default login");
    lab.use_gcloud(
        "echo 'ERROR: Reauthentication failed. cannot prompt during non-interactive execution.' >&2; exit 1",
    );
    let _ = lab.writes_nothing(4, &[]).explains("has expired, or was revoked").explains("gcloud auth login");
}

#[test]
fn the_real_gcloud_is_asked_too() {
    let mut lab = bare("gke-real");
    lab.without_credentials();
    for (name, value) in lab.owner.gcloud_env() {
        // The tool reads this file itself; gcloud reads it by another name.
        match name.as_str() {
            "CLOUDSDK_AUTH_ACCESS_TOKEN_FILE" => lab.set("CLOUDSDK_AUTH_ACCESS_TOKEN_FILE", value),
            "HOME" | "GCE_METADATA_HOST" => continue,
            _ => lab.set(&name, value),
        };
    }
    lab.set("PATH", variable("PATH").unwrap());
    let _ = plans(&lab);
    // Without that file it is gcloud that has no login, in its own words.
    lab.unset("CLOUDSDK_AUTH_ACCESS_TOKEN_FILE");
    let outcome = lab.writes_nothing(4, &[]).explains("active account selected");
    let _ = outcome.explains("gcloud auth application-default login");
}

#[test]
fn without_any_credentials_every_source_is_named() {
    let mut lab = bare("gke-none");
    lab.without_credentials();
    let outcome = lab.writes_nothing(4, &[]).explains("there are no credentials for Google Cloud");
    for source in [
        "CLOUDSDK_AUTH_ACCESS_TOKEN is not set",
        "GOOGLE_APPLICATION_CREDENTIALS is not set",
        ".config/gcloud/application_default_credentials.json",
        "metadata server",
        "gcloud is not on PATH",
        "gcloud auth application-default login",
    ] {
        let _ = outcome.clone().explains(source);
    }
    lab.set("GCE_METADATA_HOST", "127.0.0.1:1");
    let _ = lab.writes_nothing(4, &[]).explains("metadata server").explains("gcloud is not on PATH");
}

#[test]
fn a_file_that_is_no_help_is_named_with_the_variable() {
    let mut lab = bare("gke-file");
    lab.without_credentials();
    for (content, words) in [
        (None, "No such file"),
        (Some("{ \"type\": \"authorized_user\", \"refresh_token\": \"1//world"), "it is no JSON"),
        (Some("{}"), "it has no `type`"),
        (Some("{ \"type\": \"authorized_user\", \"client_id\": \"a\" }"), "it has no `client_secret`"),
        (
            Some("{ \"type\": \"service_account\", \"client_email\": \"a@b\", \"private_key\": \"eyJx\" }"),
            "can't use it",
        ),
    ] {
        let path = lab.home().join("creds.json");
        match content {
            Some(text) => std::fs::write(&path, text).unwrap(),
            None => drop(std::fs::remove_file(&path)),
        }
        lab.set("GOOGLE_APPLICATION_CREDENTIALS", "creds.json");
        let outcome = lab.writes_nothing(2, &[]).explains("GOOGLE_APPLICATION_CREDENTIALS").explains("creds.json");
        let _ = outcome.explains(words);
    }
    lab.become_only(&lab.project.workforce("anna", &["roles/owner"]));
    let outcome = lab.writes_nothing(4, &[]).explains("external_account_authorized_user").explains("workforce");
    let _ = outcome.explains("export CLOUDSDK_AUTH_ACCESS_TOKEN=\"$(gcloud auth print-access-token)\"");
}

#[test]
fn a_login_that_is_too_old_is_told_how_to_log_in_anew() {
    let mut lab = bare("gke-old");
    let login = lab.owner.with_user_file();
    lab.become_only(&login);
    for subtype in ["invalid_rapt", "revoked"] {
        lab.project.demands_login(Some(subtype));
        let outcome = lab.writes_nothing(4, &[]).explains("has expired, or was revoked");
        let _ = outcome.explains("gcloud auth application-default login").explains("invalid_grant");
    }
    lab.project.demands_login(None);
    let _ = plans(&lab);
    // A token that somebody made is not made anew.
    lab.become_only(&lab.owner.clone());
    lab.owner.expire_tokens();
    let _ = lab.writes_nothing(4, &[]).explains("does not accept the token").explains("gcloud auth print-access-token");
}

#[test]
fn a_plugin_that_is_missing_or_fails_is_done_without() {
    let mut lab = GkeLab::new("gke-plugin");
    let (context, server) = (lab.cluster.context(), lab.world.server_url());
    lab.become_only(&lab.owner.with_user_file());
    lab.use_context(&context, &server, &exec("gke-gcloud-auth-plugin", &[]));
    let outcome = plans(&lab).says("gke-gcloud-auth-plugin").says(INSTEAD);
    assert_eq!(outcome.stderr.matches(INSTEAD).count(), 1, "{outcome}");
    lab.use_plugin_line("echo ya29.half; echo 'F print credential failed with error: token expired' >&2; exit 1");
    let _ = plans(&lab).says("token expired").says(INSTEAD);
    lab.use_plugin_line(&exec_credential("ya29.nobodys", "2099-01-01T00:00:00Z"));
    let _ = plans(&lab).says("does not accept the token of the credential plugin").says(INSTEAD);
    let _ = lab.apply();
    lab.proves_itself();
    // Not to a server that GKE does not name for this cluster.
    let other = server.replace("127.0.0.1", "localhost");
    lab.use_context(&context, &other, &exec("gke-gcloud-auth-plugin", &[]));
    let outcome = lab.run(&["plan", "-o", "json"]).exits(4).explains("it is not replaced by the Google credentials");
    let _ = outcome.explains(&other).explains(&server);
    // With neither way, both are said.
    lab.use_context(&context, &server, &exec("gke-gcloud-auth-plugin", &[])).without_credentials();
    let outcome = lab.run(&["namespaces", "--yes", "-o", "json"]).exits(4).explains("gke-gcloud-auth-plugin");
    let _ = outcome.explains("no credentials for Google Cloud").explains("gcloud auth application-default login");
}

#[test]
fn the_real_plugin_is_enough() {
    let mut lab = GkeLab::new("gke-theirs");
    let (context, server) = (lab.cluster.context(), lab.world.server_url());
    let key = lab.project.robot("deployer", &["roles/owner"]).with_key_file();
    let plugin = exec("gke-gcloud-auth-plugin", &["--use_application_default_credentials"]);
    lab.act_as(&key).use_context(&context, &server, &plugin);
    let outcome = plans(&lab);
    assert!(!outcome.stderr.contains(INSTEAD), "{outcome}");
}

#[test]
fn who_is_not_let_in_hears_what_lets_them_in() {
    let mut lab = bare("gke-stranger");
    let permissions = ["container.clusters.get", "container.clusters.list", "iam.serviceAccounts.get"];
    let stranger = lab.project.user_with_permissions("sam@example.com", &permissions);
    lab.become_only(&stranger);
    let project = lab.project.id();
    let outcome = lab.writes_nothing(4, &[]).explains("lets `sam@example.com` in, who may see nothing of the runner");
    let outcome = outcome.explains(&format!("gcloud projects add-iam-policy-binding {project} --member "));
    let _ = outcome.explains("user:sam@example.com").explains("--role roles/container.admin");
    lab.project.grant(&stranger, &["roles/owner"]);
    // A new token: API servers remember for a while whom they took an old one for.
    lab.become_only(&stranger);
    let _ = plans(&lab);
}
