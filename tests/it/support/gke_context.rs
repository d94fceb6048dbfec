//! Kubeconfigs of clusters in GKE as tools write them, clusters named without one, and what a run said and left in
//! Google Cloud.

use std::os::unix::fs::PermissionsExt as _;

use base64::Engine as _;
use serde_json::{Value, json};
use world::gcp::Identity;

use super::{GkeLab, Outcome, exec};

/// What Google's tokens and refresh tokens begin with in the stand-in, and what every signed token begins with.
const SECRETS: [&str; 4] = ["ya29.", "1//world", "eyJ", "d-world"];

impl GkeLab {
    /// Names the cluster by the guide's variables.
    pub(crate) fn name_cluster(&mut self) -> &mut Self {
        let (project, name) = (self.project.id().to_owned(), self.cluster.name().to_owned());
        let location = self.cluster.location().to_owned();
        self.set("GCP_PROJECT_ID", project).set("CLUSTER_NAME", name).set("CLUSTER_LOCATION", location);
        self
    }

    /// Lets all runs have no credentials at all, and neither gcloud nor anything else on PATH.
    pub(crate) fn without_credentials(&mut self) -> &mut Self {
        for name in ["CLOUDSDK_AUTH_ACCESS_TOKEN", "GOOGLE_APPLICATION_CREDENTIALS", "GCE_METADATA_HOST"] {
            self.unset(name);
        }
        let nowhere = self.home().join("no-bin").display().to_string();
        self.set("PATH", nowhere);
        self
    }

    /// Lets all runs act as somebody whose credentials are found without gcloud and its plugin.
    pub(crate) fn become_only(&mut self, identity: &Identity) -> &mut Self {
        self.without_credentials().set_all(&identity.env());
        self
    }

    /// Puts a `gcloud` on PATH that is this script for the shell, and nothing else.
    pub(crate) fn use_gcloud(&mut self, script: &str) -> &mut Self {
        let program = self.file("bin/gcloud", &format!("#!/bin/sh\n{script}\n"));
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        let folder = program.parent().unwrap().display().to_string();
        self.set("PATH", folder);
        self
    }

    /// Writes a kubeconfig of one context and uses it in all runs: of this name, to this server, with this user.
    pub(crate) fn use_context(&mut self, name: &str, server: &str, user: &Value) -> &mut Self {
        let authority = self.world.control_plane().authority().certificate().to_owned();
        let authority = base64::engine::general_purpose::STANDARD.encode(authority);
        let document = json!({
            "apiVersion": "v1", "kind": "Config", "current-context": name,
            "clusters": [{ "name": name, "cluster": { "server": server, "certificate-authority-data": authority } }],
            "users": [{ "name": "me", "user": user }],
            "contexts": [{ "name": name, "context": { "cluster": name, "user": "me" } }],
        });
        let file = self.file("kubeconfig", &document.to_string());
        self.set("KUBECONFIG", file.display().to_string());
        self
    }

    /// Uses a context as gcloud makes it, whose plugin is a line for the shell.
    pub(crate) fn use_plugin_line(&mut self, line: &str) -> &mut Self {
        let (name, server) = (self.cluster.context(), self.world.server_url());
        self.use_context(&name, &server, &exec("/bin/sh", &["-c", line]))
    }

    /// An administrator's credentials, which the shared kubeconfig has.
    pub(crate) fn administrator(&self) -> Value {
        let file = self.world.kubeconfig_admin_as("administrator");
        let kubeconfig: Value = serde_yaml::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
        kubeconfig["users"][0]["user"].clone()
    }

    /// `apply` that is refused with nothing written anywhere, and with hints.
    #[track_caller]
    pub(crate) fn writes_nothing(&self, code: i32, args: &[&str]) -> Outcome {
        let outcome = self.refuses_all(code, args);
        let hints = outcome.json()["error"]["hints"].as_array().map_or(0, Vec::len);
        assert!((1..=8).contains(&hints), "{hints} hints\n{outcome}");
        shows_no_token(&outcome);
        outcome
    }

    /// `apply --no-wait` to the end, as a start for other tests.
    #[track_caller]
    pub(crate) fn is_set_up(&self, more: &[&str]) -> Outcome {
        self.run(&[&["apply", "--yes", "--no-wait", "-o", "json"], more].concat()).exits(0)
    }
}

impl Outcome {
    /// What came of a claim, and what was observed.
    #[track_caller]
    pub(crate) fn claimed(&self, claim: &str) -> (String, String) {
        let document = self.json();
        let found = document["verified"].as_array().unwrap().iter().find(|it| it["claim"] == claim);
        let found = found.unwrap_or_else(|| panic!("{claim} is not among what was verified\n{self}"));
        (found["outcome"].as_str().unwrap().to_owned(), found["observed"].as_str().unwrap().to_owned())
    }
}

/// Demands that nothing that a run said could log anybody in.
#[track_caller]
pub(crate) fn shows_no_token(outcome: &Outcome) {
    for secret in SECRETS {
        let said = format!("{}{}", outcome.stdout, outcome.stderr);
        assert!(!said.contains(secret), "{secret} is shown\n{outcome}");
    }
}
