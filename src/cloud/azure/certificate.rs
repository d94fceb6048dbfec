//! A client certificate as a credential: signs an assertion that Entra takes for a password.
//!
//! Azure's crate would bring a second TLS library for this. Source: Entra's documentation of certificate credentials,
//! RS256 with the certificate's thumbprint in `x5t`, as the crate itself signs.

use std::fmt;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{KeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use azure_core::error::{Error, ErrorKind};
use azure_core::http::ClientMethodOptions;
use azure_identity::ClientAssertion;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use serde_json::json;

/// How long an assertion lasts.
const ASSERTION_LASTS: u64 = 600;

/// A certificate with its key. Cheap to clone.
#[derive(Clone)]
pub(super) struct Certificate {
    key: Arc<RsaKeyPair>,
    /// The certificate's SHA-1, which names it: not a protection.
    thumbprint: String,
    /// The certificates to send along, leaf first; empty: none.
    chain: Vec<String>,
    client_id: String,
    /// The token endpoint.
    audience: String,
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Certificate({})", self.client_id)
    }
}

impl Certificate {
    /// Reads a PEM file with a key and its certificate, perhaps with others.
    ///
    /// # Errors
    /// What it is instead.
    pub(super) fn read(content: &[u8], client_id: &str, audience: &str, sends_chain: bool) -> Result<Self, String> {
        if !content.windows(11).any(|window| window == b"-----BEGIN ") {
            return Err("it is no PEM file; PKCS#12 is not supported: \
                        openssl pkcs12 -in FILE -nodes -out FILE.pem makes one"
                .to_owned());
        }
        if content.windows(9).any(|window| window == b"ENCRYPTED") {
            return Err("its key is encrypted, which is not supported: \
                        openssl rsa -in FILE -out KEY decrypts it"
                .to_owned());
        }
        let key = PrivateKeyDer::from_pem_slice(content).map_err(|_| "it holds no private key in PEM".to_owned())?;
        let key = match &key {
            PrivateKeyDer::Pkcs8(key) => RsaKeyPair::from_pkcs8(key.secret_pkcs8_der()),
            PrivateKeyDer::Pkcs1(key) => RsaKeyPair::from_der(key.secret_pkcs1_der()),
            _ => return Err("its key is not one of RSA, which is all that Entra takes".to_owned()),
        };
        let key = key.map_err(|error| format!("its key is not one of RSA that can be used: {error}"))?;
        let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(content).collect();
        let certificates = certificates.map_err(|error| format!("a certificate in it is damaged: {error}"))?;
        // A certificate holds its public key as it is.
        let public = key.public_key().as_ref();
        let is_of_key = |der: &&CertificateDer<'_>| der.windows(public.len()).any(|window| window == public);
        let leaf = certificates.iter().find(is_of_key).ok_or("it holds no certificate that belongs to its key")?;
        let others = certificates.iter().filter(|it| *it != leaf);
        let chain = std::iter::once(leaf).chain(others).filter(|_| sends_chain);
        Ok(Self {
            thumbprint: URL_SAFE_NO_PAD.encode(digest(&SHA1_FOR_LEGACY_USE_ONLY, leaf)),
            chain: chain.map(|der| STANDARD.encode(der)).collect(),
            key: Arc::new(key),
            client_id: client_id.to_owned(),
            audience: audience.to_owned(),
        })
    }

    fn assertion(&self) -> Result<String, String> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_err(|_| "this machine's clock is before 1970")?;
        let now = now.as_secs();
        let mut random = [0; 16];
        getrandom::fill(&mut random).map_err(|error| error.to_string())?;
        let mut header = json!({ "alg": "RS256", "typ": "JWT", "x5t": self.thumbprint });
        if !self.chain.is_empty() {
            header["x5c"] = json!(self.chain);
        }
        let payload = json!({
            "aud": self.audience,
            "iss": self.client_id,
            "sub": self.client_id,
            "jti": URL_SAFE_NO_PAD.encode(random),
            "nbf": now,
            "iat": now,
            "exp": now + ASSERTION_LASTS,
        });
        let encode = |part: &serde_json::Value| URL_SAFE_NO_PAD.encode(part.to_string());
        let signed = format!("{}.{}", encode(&header), encode(&payload));
        let mut signature = vec![0; self.key.public_modulus_len()];
        self.key
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature)
            .map_err(|_| "its key does not sign".to_owned())?;
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}

#[async_trait]
impl ClientAssertion for Certificate {
    async fn secret(&self, _: Option<ClientMethodOptions<'_>>) -> azure_core::Result<String> {
        self.assertion().map_err(|message| Error::with_message(ErrorKind::Credential, message))
    }
}
