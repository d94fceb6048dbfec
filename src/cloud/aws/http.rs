//! The HTTP client below the SDK: which authorities it trusts, and through which proxy a request goes.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_smithy_http_client::Connector;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{self, TlsContext, TrustStore};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;

use super::AwsError;
use crate::process::Process;
use crate::trust::check_bundle;

/// Where containers and instances get their credentials: on this machine, so never through a proxy.
const NEVER_PROXIED: &str = "169.254.169.254,169.254.170.2,169.254.170.23,[fd00:ec2::254],[fd00:ec2::23]";

/// The one HTTP client of this room.
///
/// # Errors
/// A proxy or certificates that can't be used.
pub(super) fn http_client(process: &Process, extra_roots: &[Vec<u8>]) -> Result<SharedHttpClient, AwsError> {
    let ways = Ways {
        tls: trusted(process, extra_roots)?,
        https: proxy(process, "HTTPS_PROXY", "https_proxy", ProxyConfig::https)?,
        http: proxy(process, "HTTP_PROXY", "http_proxy", ProxyConfig::http)?,
        pools: Mutex::default(),
    };
    Ok(SharedHttpClient::new(ways))
}

fn trusted(process: &Process, extra_roots: &[Vec<u8>]) -> Result<TlsContext, AwsError> {
    let invalid = |said: &str, message: String| AwsError::RootsInvalid { said: said.to_owned(), message };
    // The TLS library asserts that there are some.
    let has_native = !rustls_native_certs::load_native_certs().certs.is_empty();
    let mut store = TrustStore::empty().with_native_roots(has_native);
    for bundle in extra_roots {
        store.add_pem_certificate(bundle.as_slice());
    }
    if let Some(file) = process.var("AWS_CA_BUNDLE") {
        let said = format!("`{file}` (AWS_CA_BUNDLE)");
        let bundle = std::fs::read(process.path(file)).map_err(|error| invalid(&said, error.to_string()))?;
        check_bundle(&bundle, file, "AWS_CA_BUNDLE")
            .map_err(|failure| invalid(&said, failure.causes.first().cloned().unwrap_or(failure.message)))?;
        store.add_pem_certificate(bundle);
    }
    TlsContext::builder().with_trust_store(store).build().map_err(|error| invalid("this machine", error.to_string()))
}

fn proxy<E>(
    process: &Process,
    upper: &'static str,
    lower: &'static str,
    of: impl Fn(String) -> Result<ProxyConfig, E>,
) -> Result<ProxyConfig, AwsError> {
    let set = |name: &'static str| process.var(name).map(str::trim).filter(|value| !value.is_empty());
    let Some((variable, url)) = set(upper).map(|url| (upper, url)).or_else(|| set(lower).map(|url| (lower, url)))
    else {
        return Ok(ProxyConfig::disabled());
    };
    let url = if url.contains("://") { url.to_owned() } else { format!("http://{url}") };
    let proxy = of(url).map_err(|_| AwsError::ProxyInvalid { variable })?;
    let excluded = set("NO_PROXY").or_else(|| set("no_proxy")).map(|hosts| format!("{hosts},")).unwrap_or_default();
    Ok(proxy.no_proxy(format!("{excluded}{NEVER_PROXIED}")))
}

/// How long connecting and reading may take.
type Limits = (Option<Duration>, Option<Duration>);

/// The ways to AWS: one for `https`, one for `http`, which differ in their proxy.
struct Ways {
    tls: TlsContext,
    https: ProxyConfig,
    http: ProxyConfig,
    /// Connections are kept per pair of time limits: whoever asks for credentials on this machine has shorter ones.
    pools: Mutex<HashMap<Limits, SharedHttpConnector>>,
}

impl Ways {
    fn connector(
        &self,
        proxy: &ProxyConfig,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> Connector {
        let mut builder = Connector::builder()
            .tls_provider(tls::Provider::Rustls(CryptoMode::AwsLc))
            .tls_context(self.tls.clone())
            .proxy_config(proxy.clone())
            .connector_settings(settings.clone());
        builder.set_sleep_impl(components.sleep_impl());
        builder.build()
    }
}

impl HttpClient for Ways {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        let mut pools = self.pools.lock().unwrap_or_else(PoisonError::into_inner);
        let pool = pools.entry((settings.connect_timeout(), settings.read_timeout())).or_insert_with(|| {
            SharedHttpConnector::new(ByScheme {
                https: Arc::new(self.connector(&self.https, settings, components)),
                http: Arc::new(self.connector(&self.http, settings, components)),
            })
        });
        pool.clone()
    }
}

/// A proxy's URL may hold a password.
impl fmt::Debug for Ways {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ways")
    }
}

struct ByScheme {
    https: Arc<Connector>,
    http: Arc<Connector>,
}

impl HttpConnector for ByScheme {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        if request.uri().starts_with("http://") { self.http.call(request) } else { self.https.call(request) }
    }
}

impl fmt::Debug for ByScheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ByScheme")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn process(env: &[(&str, &str)]) -> Process {
        let env = env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Process { env, ..Process::default() }
    }

    #[test]
    fn proxies_are_taken_in_both_cases_and_their_passwords_not_shown() {
        let client = http_client(&process(&[("https_proxy", "user:hunter2@proxy:3128")]), &[]).unwrap();
        assert!(!format!("{client:?}").contains("hunter2"));
        let error = http_client(&process(&[("HTTPS_PROXY", "ftp://user:hunter2@proxy")]), &[]).unwrap_err();
        assert_eq!(error.to_string(), "the proxy in `HTTPS_PROXY` is not a URL that can be used");
        assert!(!format!("{error:?}").contains("hunter2"));
    }

    #[test]
    fn a_bundle_that_is_none_is_named() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let path = file.path().to_str().unwrap().to_owned();
        let error = http_client(&process(&[("AWS_CA_BUNDLE", &path)]), &[]).unwrap_err();
        assert!(error.to_string().starts_with(&format!("the certificates of `{path}` (AWS_CA_BUNDLE)")), "{error}");
        let error = http_client(&process(&[("AWS_CA_BUNDLE", "/nowhere.pem")]), &[]).unwrap_err();
        assert!(matches!(error, AwsError::RootsInvalid { .. }), "{error}");
    }
}
