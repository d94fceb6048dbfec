//! A connection without a kubeconfig: the cloud names server and authorities, and makes the tokens or the certificate.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures::future::BoxFuture;
use http::{HeaderValue, Request, header};
use kube::client::{Body, ClientBuilder};
use kube::config::Config;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use tower::BoxError;
use tower::buffer::BufferLayer;
use tower::filter::AsyncFilterLayer;
use zeroize::Zeroizing;

use super::client::{Cluster, innermost};
use super::connect::{ConnectOptions, proxy_for, trust_also, with_manners};
use super::error::ClusterError;
use crate::process::Process;

/// How many requests may wait for the connection.
const WAITING: usize = 1024;

/// Makes a bearer token for the next request; it keeps one itself as long as that is good.
type TokenSource = Arc<dyn Fn() -> BoxFuture<'static, Result<String, BoxError>> + Send + Sync>;

/// What a cloud says about reaching a cluster.
pub struct ByToken {
    /// How the cluster is called in messages, where a context's name would stand.
    pub name: String,
    /// The API server's URL.
    pub server: String,
    /// The authorities of its certificate, one PEM or several; `None`: those of the system.
    pub authorities: Option<Vec<u8>>,
    /// As whom one logs in.
    pub way: WayIn,
}

/// As whom one logs in without a kubeconfig. Cannot be printed.
pub enum WayIn {
    /// With tokens, of which every request asks for one.
    Tokens(TokenSource),
    /// With a certificate of the cluster's own authority.
    Certificate {
        /// The certificate, in PEM.
        certificate: Vec<u8>,
        /// Its key, in PEM.
        key: Zeroizing<Vec<u8>>,
    },
}

impl WayIn {
    /// With what makes tokens.
    pub fn tokens(source: impl Fn() -> BoxFuture<'static, Result<String, BoxError>> + Send + Sync + 'static) -> Self {
        Self::Tokens(Arc::new(source))
    }
}

impl Cluster {
    /// Opens a client that logs in as a cloud says. Every request asks for a token, so a long wait outlives any.
    ///
    /// # Errors
    /// A server or authorities that can't be used.
    pub fn connect_by_token(process: &Process, reach: ByToken, options: &ConnectOptions) -> Result<Self, ClusterError> {
        let server = reach.server.clone();
        let unusable = |message: String| ClusterError::Client { server: server.clone(), message };
        let url: http::Uri = reach.server.parse().map_err(|_| unusable("this is no URL".to_owned()))?;
        // On this machine nobody else listens.
        let is_here = matches!(url.host(), Some("127.0.0.1" | "localhost" | "[::1]"));
        if url.scheme_str() != Some("https") && !is_here {
            return Err(unusable("it is not https, so nobody logs in there".to_owned()));
        }
        let mut config = Config::new(url);
        if let Some(bundle) = &reach.authorities {
            let authorities: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(bundle).collect();
            let authorities = authorities.map_err(|error| unusable(format!("its authorities: {error}")))?;
            config.root_cert = Some(authorities.iter().map(|certificate| certificate.to_vec()).collect());
        }
        config.proxy_url = proxy_for(process, &config.cluster_url);
        with_manners(&mut config);
        if !options.extra_roots.is_empty() {
            trust_also(&mut config, &options.extra_roots)?;
        }
        let tokens = match reach.way {
            WayIn::Tokens(tokens) => tokens,
            WayIn::Certificate { certificate, key } => {
                // The library takes them as a kubeconfig has them.
                config.auth_info.client_certificate_data = Some(STANDARD.encode(certificate));
                config.auth_info.client_key_data = Some(STANDARD.encode(&*key).into());
                let builder = ClientBuilder::try_from(config).map_err(|error| unusable(innermost(&error)))?;
                return Ok(Self::new(builder.build(), reach.name, reach.server, options.access));
            }
        };
        let login = AsyncFilterLayer::new(move |mut request: Request<Body>| {
            let token = tokens();
            async move {
                let mut value = HeaderValue::try_from(format!("Bearer {}", token.await?))?;
                value.set_sensitive(true);
                request.headers_mut().insert(header::AUTHORIZATION, value);
                Ok::<_, BoxError>(request)
            }
        });
        let client = ClientBuilder::try_from(config)
            .map_err(|error| unusable(innermost(&error)))?
            // A service that waits for a token has to be cloned, and the client's own can't be.
            .with_layer(&BufferLayer::new(WAITING))
            .with_layer(&login)
            .build();
        Ok(Self::new(client, reach.name, reach.server, options.access))
    }
}
