//! The HTTP client for a cloud that has no SDK here: which authorities it trusts, and through which proxy a request goes.

use std::time::Duration;

use reqwest::{Certificate, Client, NoProxy, Proxy, redirect, retry};
use url::{Host, Url};

use crate::process::Process;

/// How long the way to a server may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a server may think.
const READ_TIMEOUT: Duration = Duration::from_secs(30);
/// What a server reads about who asks.
const USER_AGENT: &str = concat!("runner-setup/", env!("CARGO_PKG_VERSION"));

/// Why no client could be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum WebError {
    /// What this variable says is no proxy. It may hold a password, so it is not shown.
    Proxy(&'static str),
    /// The added certificates hold none that can be trusted.
    Roots,
    /// The TLS library does not start.
    Tls(String),
}

/// A client that trusts the system's authorities and the added ones, goes through the proxies that the environment
/// names, follows no redirect, and sends nothing twice by itself.
///
/// # Errors
/// A proxy or certificates that can't be used.
pub(super) fn client(process: &Process, extra_roots: &[Vec<u8>]) -> Result<Client, WebError> {
    let mut builder = Client::builder()
        .no_proxy()
        .redirect(redirect::Policy::none())
        .retry(retry::never())
        .user_agent(USER_AGENT)
        .connect_timeout(CONNECT_TIMEOUT)
        .read_timeout(READ_TIMEOUT);
    for proxy in proxies(process)? {
        builder = builder.proxy(proxy);
    }
    let mut roots = Vec::new();
    for bundle in extra_roots {
        let bundle = Certificate::from_pem_bundle(bundle).map_err(|_| WebError::Roots)?;
        if bundle.is_empty() {
            return Err(WebError::Roots);
        }
        roots.extend(bundle);
    }
    builder.tls_certs_merge(roots).build().map_err(|error| WebError::Tls(error.to_string()))
}

fn proxies(process: &Process) -> Result<Vec<Proxy>, WebError> {
    let set = |name: &'static str| process.var(name).map(str::trim).filter(|value| !value.is_empty());
    let excluded = set("NO_PROXY").or_else(|| set("no_proxy")).and_then(NoProxy::from_string);
    let mut proxies = Vec::new();
    for (scheme, upper, lower) in [("https", "HTTPS_PROXY", "https_proxy"), ("http", "HTTP_PROXY", "http_proxy")] {
        let said = set(upper).map(|url| (upper, url)).or_else(|| set(lower).map(|url| (lower, url)));
        let Some((variable, url)) = said else { continue };
        let proxy = if scheme == "https" { Proxy::https(url) } else { Proxy::http(url) };
        proxies.push(proxy.map_err(|_| WebError::Proxy(variable))?.no_proxy(excluded.clone()));
    }
    Ok(proxies)
}

/// Whether a secret may be sent there: encrypted, or not out of this machine.
pub(in crate::cloud) fn may_carry_secrets(url: &Url) -> bool {
    let is_loopback = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    url.scheme() == "https" || (url.scheme() == "http" && is_loopback)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_that_is_none_is_named_by_its_variable() {
        let mut process = Process::default();
        process.env.insert("https_proxy".to_owned(), "http://proxy.example.com:3128".to_owned());
        assert!(client(&process, &[]).is_ok());
        process.env.insert("HTTPS_PROXY".to_owned(), "://secret".to_owned());
        assert_eq!(client(&process, &[]).unwrap_err(), WebError::Proxy("HTTPS_PROXY"));
        assert_eq!(client(&Process::default(), &[b"nothing".to_vec()]).unwrap_err(), WebError::Roots);
    }
}
