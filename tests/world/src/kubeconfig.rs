//! Kubeconfig documents as tools write them: one cluster, one user, one context.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use crate::certificates::Certificate;

/// How the user of a kubeconfig proves who they are.
pub enum Credential<'a> {
    /// A bearer token.
    Token(&'a str),
    /// A client certificate.
    Certificate(&'a Certificate),
}

/// Returns a kubeconfig document.
pub fn document(context: &str, server: &str, authority: &str, credential: &Credential<'_>) -> String {
    let user: Value = match credential {
        Credential::Token(token) => json!({ "token": token }),
        Credential::Certificate(pair) => json!({
            "client-certificate-data": STANDARD.encode(&pair.certificate),
            "client-key-data": STANDARD.encode(&pair.key),
        }),
    };
    let document = json!({
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{ "name": context, "cluster": { "server": server, "certificate-authority-data": STANDARD.encode(authority) } }],
        "users": [{ "name": context, "user": user }],
        "contexts": [{ "name": context, "context": { "cluster": context, "user": context } }],
        "current-context": context,
    });
    serde_yaml::to_string(&document).expect("a kubeconfig is plain data")
}
