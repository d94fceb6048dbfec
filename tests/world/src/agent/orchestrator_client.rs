//! The HTTP client that agent and job share, set up from their environment alone.

use serde_json::{Value, json};

use super::Cluster;
use super::environment::{self, Environment};
use super::pod::Pod;

/// Makes a client that obeys the proxies and the extra authority of this environment.
pub(super) async fn client(
    cluster: &Cluster,
    pod: &Pod,
    container: &str,
    environment: &Environment,
) -> Result<reqwest::Client, String> {
    let variable = |name: &str| environment.get(name).or_else(|| environment.get(&name.to_lowercase()));
    let mut builder = reqwest::Client::builder().user_agent("humanitec-runner").no_proxy();
    let exceptions = variable("NO_PROXY").and_then(|list| reqwest::NoProxy::from_string(list));
    for name in ["HTTP_PROXY", "HTTPS_PROXY"] {
        let Some(url) = variable(name).filter(|url| !url.is_empty()) else {
            continue;
        };
        // A proxy elsewhere is one that nobody answers at: a closed port.
        let url = if is_here(url) { url.as_str() } else { "http://127.0.0.1:1" };
        let proxy = if name == "HTTP_PROXY" { reqwest::Proxy::http(url) } else { reqwest::Proxy::https(url) };
        let proxy = proxy.map_err(|error| format!("invalid {name}: {error}"))?;
        builder = builder.proxy(proxy.no_proxy(exceptions.clone()));
    }
    if let Some(path) = environment.get("SSL_CERT_FILE") {
        let pem = environment::file(cluster, pod, container, path)
            .await
            .ok_or_else(|| format!("open {path}: no such file or directory"))?;
        let authorities =
            reqwest::Certificate::from_pem_bundle(pem.as_bytes()).map_err(|error| format!("{path}: {error}"))?;
        builder = builder.tls_certs_only(authorities);
    }
    // Go reads all files of these folders besides the image's own bundle.
    for folder in environment.get("SSL_CERT_DIR").into_iter().flat_map(|list| list.split(':')) {
        for pem in environment::files(cluster, pod, container, folder.trim_end_matches('/')).await {
            let authorities = reqwest::Certificate::from_pem_bundle(pem.as_bytes());
            let authorities = authorities.map_err(|error| format!("{folder}: {error}"))?;
            builder = builder.tls_certs_merge(authorities);
        }
    }
    builder.build().map_err(|error| error.to_string())
}

/// Returns the base URL, unless it leads off this machine: nothing here ever calls the real service.
pub(super) fn base_url(url: &str) -> Result<String, String> {
    if is_here(url) {
        return Ok(url.trim_end_matches('/').to_owned());
    }
    match reqwest::Url::parse(url) {
        Ok(parsed) => Err(format!("dial tcp: lookup {}: no such host", parsed.host_str().unwrap_or_default())),
        Err(error) => Err(format!("invalid URL {url:?}: {error}")),
    }
}

fn is_here(url: &str) -> bool {
    let host = reqwest::Url::parse(url).ok().and_then(|url| url.host_str().map(str::to_owned));
    matches!(host.as_deref(), Some("127.0.0.1" | "localhost" | "[::1]"))
}

/// Reports how a deployment ended.
pub(super) async fn report(
    client: &reqwest::Client,
    url: &str,
    org: &str,
    id: &str,
    token: &str,
    result: &Result<(), String>,
) -> Result<(), String> {
    let body: Value = match result {
        Ok(()) => json!({ "status": "success" }),
        Err(message) => {
            json!({ "status": "failure", "error": { "error": "RUNNER_FAILED", "message": message } })
        }
    };
    let request = client.post(format!("{url}/orgs/{org}/deployments/{id}/results")).header("X-Deployment-Token", token);
    let answer = request.json(&body).send().await.map_err(|error| said(&error))?;
    if answer.status().as_u16() == 204 {
        Ok(())
    } else {
        Err(format!("results: unexpected status {}", answer.status()))
    }
}

/// Says an error with all of its causes.
pub(super) fn said(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
