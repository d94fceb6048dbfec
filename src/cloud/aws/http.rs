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

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;

use super::AwsError;
use crate::process::Process;

/// Where containers and instances get their credentials: on this machine, so never through a proxy.
const NEVER_PROXIED: &str = "169.254.169.254,169.254.170.2,169.254.170.23,[fd00:ec2::254],[fd00:ec2::23]";

/// What is wrong with a bundle of which nothing can be used.
const NONE_USABLE: &str = "there is no certificate in it that can be trusted";

/// The one HTTP client of this room.
///
/// # Errors
/// A proxy or certificates that can't be used.
pub(super) fn http_client(
    process: &Process,
    extra_roots: &[Vec<u8>],
    ca_bundle: Option<&str>,
) -> Result<SharedHttpClient, AwsError> {
    let ways = Ways {
        tls: trusted(process, extra_roots, ca_bundle)?,
        https: proxy(process, "HTTPS_PROXY", "https_proxy", ProxyConfig::https)?,
        http: proxy(process, "HTTP_PROXY", "http_proxy", ProxyConfig::http)?,
        pools: Mutex::default(),
    };
    Ok(SharedHttpClient::new(ways))
}

fn trusted(process: &Process, extra_roots: &[Vec<u8>], ca_bundle: Option<&str>) -> Result<TlsContext, AwsError> {
    let invalid = |said: &str, message: String| AwsError::RootsInvalid { said: said.to_owned(), message };
    // The TLS library asserts that there are some.
    let has_native = !rustls_native_certs::load_native_certs().certs.is_empty();
    let mut store = TrustStore::empty().with_native_roots(has_native);
    for bundle in extra_roots {
        let usable = usable(bundle).ok_or_else(|| invalid("`--ca-file`", NONE_USABLE.to_owned()))?;
        store.add_pem_certificate(usable);
    }
    let of_variable = process.var("AWS_CA_BUNDLE").map(|file| (file, "AWS_CA_BUNDLE"));
    if let Some((file, variable)) = of_variable.or_else(|| Some((ca_bundle?, "`ca_bundle` of the profile"))) {
        let said = format!("`{file}` ({variable})");
        let bundle = std::fs::read(process.path(file)).map_err(|error| invalid(&said, error.to_string()))?;
        store.add_pem_certificate(usable(&bundle).ok_or_else(|| invalid(&said, NONE_USABLE.to_owned()))?);
    }
    TlsContext::builder().with_trust_store(store).build().map_err(|error| invalid("this machine", error.to_string()))
}

/// The certificates of a bundle that can be trusted, as PEM: the TLS library panics over any other.
fn usable(bundle: &[u8]) -> Option<Vec<u8>> {
    let mut pem = String::new();
    for certificate in CertificateDer::pem_slice_iter(bundle).filter_map(Result::ok) {
        if webpki::anchor_from_trusted_cert(&certificate).is_ok() {
            let text = STANDARD.encode(&certificate);
            pem += &format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n");
        }
    }
    (!pem.is_empty()).then(|| pem.into_bytes())
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
        let client = http_client(&process(&[("https_proxy", "user:hunter2@proxy:3128")]), &[], None).unwrap();
        assert!(!format!("{client:?}").contains("hunter2"));
        let error = http_client(&process(&[("HTTPS_PROXY", "ftp://user:hunter2@proxy")]), &[], None).unwrap_err();
        assert_eq!(error.to_string(), "the proxy in `HTTPS_PROXY` is not a URL that can be used");
        assert!(!format!("{error:?}").contains("hunter2"));
    }

    #[test]
    fn a_bundle_that_is_none_is_named() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let path = file.path().to_str().unwrap().to_owned();
        let error = http_client(&process(&[("AWS_CA_BUNDLE", &path)]), &[], None).unwrap_err();
        assert!(error.to_string().starts_with(&format!("the certificates of `{path}` (AWS_CA_BUNDLE)")), "{error}");
        let error = http_client(&process(&[("AWS_CA_BUNDLE", "/nowhere.pem")]), &[], None).unwrap_err();
        assert!(matches!(error, AwsError::RootsInvalid { .. }), "{error}");
        let garbage = b"-----BEGIN CERTIFICATE-----\naGVsbG8=\n-----END CERTIFICATE-----\n".to_vec();
        let error = http_client(&process(&[]), &[garbage], None).unwrap_err();
        assert!(error.to_string().contains("`--ca-file`"), "{error}");
    }
}
