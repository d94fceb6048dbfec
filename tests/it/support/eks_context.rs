//! Kubeconfigs of clusters in EKS as tools write them, with credential plugins that do whatever a test wants.

use std::path::PathBuf;

use base64::Engine as _;
use serde_json::{Value, json};

use super::EksLab;

/// One context.
pub(crate) struct EksContext {
    /// Its name.
    pub(crate) name: String,
    /// The name of its cluster entry.
    pub(crate) entry: String,
    /// The API server's address.
    pub(crate) server: String,
    /// What stands in its user.
    pub(crate) user: Value,
}

impl EksLab {
    /// Names the cluster by a variable, as the guide does.
    pub(crate) fn name_cluster(&mut self) {
        let name = self.cluster.name().to_owned();
        self.set("CLUSTER_NAME", name);
    }

    /// A context as `aws eks update-kubeconfig` makes it, of a user with these fields.
    pub(crate) fn context(&self, user: Value) -> EksContext {
        EksContext { name: self.cluster.arn(), entry: self.cluster.arn(), server: self.world.server_url(), user }
    }

    /// Writes a kubeconfig of one context and uses it in all runs.
    pub(crate) fn use_context(&mut self, context: &EksContext) -> PathBuf {
        let authority = self.world.control_plane().authority().certificate().to_owned();
        let authority = base64::engine::general_purpose::STANDARD.encode(authority);
        let document = json!({
            "apiVersion": "v1", "kind": "Config", "current-context": context.name,
            "clusters": [{ "name": context.entry,
                           "cluster": { "server": context.server, "certificate-authority-data": authority } }],
            "users": [{ "name": "me", "user": context.user }],
            "contexts": [{ "name": context.name, "context": { "cluster": context.entry, "user": "me" } }],
        });
        let file = self.file("kubeconfig", &document.to_string());
        self.set("KUBECONFIG", file.display().to_string());
        file
    }

    /// Uses a context whose plugin is this command, with an administrator's certificate nowhere.
    pub(crate) fn use_plugin(&mut self, command: &str, args: &[&str]) {
        let context = self.context(exec(command, args));
        self.use_context(&context);
    }

    /// The same with a line for the shell.
    pub(crate) fn use_plugin_line(&mut self, line: &str) {
        self.use_plugin("sh", &["-c", line]);
    }

    /// An administrator's credentials, which the shared kubeconfig has.
    pub(crate) fn administrator(&self) -> Value {
        let file = self.world.kubeconfig_admin_as("administrator");
        let kubeconfig: Value = serde_yaml::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
        kubeconfig["users"][0]["user"].clone()
    }
}

/// A user with a credential plugin.
pub(crate) fn exec(command: &str, args: &[&str]) -> Value {
    json!({ "exec": {
        "apiVersion": "client.authentication.k8s.io/v1beta1", "command": command, "args": args,
        "interactiveMode": "IfAvailable",
    } })
}

/// What a plugin prints that has this token, until the given time.
pub(crate) fn exec_credential(token: &str, until: &str) -> String {
    let document = json!({
        "kind": "ExecCredential", "apiVersion": "client.authentication.k8s.io/v1beta1", "spec": {},
        "status": { "token": token, "expirationTimestamp": until },
    });
    format!("echo '{document}'")
}
