//! The ways in which a program can act as an identity.

use std::sync::Arc;

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::identity::{Credential, Identity};
use super::late::Seen;
use super::machine;
use super::state::Federation;
use crate::jwt::SigningKey;

impl Identity {
    /// The same application, by a fresh client secret.
    pub fn with_secret(&self) -> Self {
        let secret = format!("wrl8Q~{}", uuid::Uuid::new_v4().simple());
        self.subscription().azure().state().principal_mut(self.object_id()).secrets.push(secret.clone());
        self.with(Credential::Secret(secret))
    }

    /// The same application, by a PEM file with a certificate and its RSA key.
    pub fn with_certificate(&self) -> Self {
        let file = self.subscription().write("certificate.pem", &self.certify());
        self.with(Credential::Certificate { file, password: None })
    }

    /// The same application, by a PKCS#12 file with a certificate and its RSA key.
    pub fn with_pkcs12(&self, password: &str) -> Self {
        let pem = self.subscription().write("certificate.pem", &self.certify());
        let file = pem.with_extension("pfx");
        let output = std::process::Command::new("openssl")
            .args(["pkcs12", "-export", "-passout", &format!("pass:{password}"), "-in"])
            .arg(&pem)
            .arg("-out")
            .arg(&file)
            .output()
            .expect("openssl is on the PATH");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        self.with(Credential::Certificate { file, password: Some(password.to_owned()) })
    }

    /// Gives the application a fresh certificate; returns it with its key, both as PEM.
    fn certify(&self) -> String {
        let key = SigningKey::new("");
        let pem = key.pem();
        let pair = rcgen::KeyPair::from_pkcs8_pem_and_sign_algo(&pem, &rcgen::PKCS_RSA_SHA256).expect("an RSA key");
        let mut params = rcgen::CertificateParams::default();
        params.distinguished_name.push(rcgen::DnType::CommonName, "world");
        let certificate = params.self_signed(&pair).expect("our own parameters are valid");
        let encoded = |bytes: &[u8]| Value::from(URL_SAFE_NO_PAD.encode(bytes));
        let mut jwk = key.jwks()["keys"][0].clone();
        jwk["x5t"] = encoded(digest(&SHA1_FOR_LEGACY_USE_ONLY, certificate.der()).as_ref());
        jwk["x5t#S256"] = encoded(digest(&SHA256, certificate.der()).as_ref());
        self.subscription().azure().state().principal_mut(self.object_id()).certificates.push(jwk);
        format!("{pem}{}", certificate.pem())
    }

    /// The same application, by a token of a continuous integration that it trusts, in a file.
    pub fn with_federated_token(&self) -> Self {
        let issuer = machine::issuer(self.object_id());
        let key = Arc::new(SigningKey::new(&uuid::Uuid::new_v4().to_string()));
        let mut state = self.subscription().azure().state();
        let keys = state.issuers.entry(issuer.clone()).or_insert_with(|| json!({ "keys": [] }));
        keys["keys"].as_array_mut().expect("keys are a list").push(key.jwks()["keys"][0].clone());
        drop(state);
        self.trusts("ci", &issuer, "repo:demo/app:ref:refs/heads/main", machine::AUDIENCE);
        let file = self.subscription().write("federated-token", "");
        let identity = self.with(Credential::Federated { file, key });
        identity.write_federated_token(&json!({}));
        identity
    }

    /// Writes another token into the file of a federated identity: these claims in the place of those that are usual.
    pub fn write_federated_token(&self, claims: &Value) {
        let Credential::Federated { file, key } = &self.credential else {
            panic!("there is no federated token");
        };
        let now = jiff::Timestamp::now().as_second();
        let mut all = json!({
            "iss": machine::issuer(self.object_id()),
            "sub": "repo:demo/app:ref:refs/heads/main",
            "aud": machine::AUDIENCE,
            "iat": now,
            "nbf": now,
            "exp": now + 3600,
        });
        for (name, value) in claims.as_object().into_iter().flatten() {
            all[name] = value.clone();
        }
        crate::facade::write_private(file, &key.sign(&all)).expect("our own folder can be written");
    }

    /// The same application, in a job of Azure Pipelines.
    pub fn with_pipelines(&self) -> Self {
        let azure = self.subscription().azure();
        let issuer = machine::pipelines_issuer(self.subscription().tenant());
        let keys = azure.state().key.jwks();
        azure.trust_keys(&issuer, &keys);
        self.trusts("pipelines", &issuer, "sc://world/demo/azure", machine::AUDIENCE);
        self.with(Credential::Pipelines)
    }

    pub(super) fn with_managed_identity(&self) -> Self {
        self.with(Credential::ManagedIdentity)
    }

    /// The same somebody through `az`.
    pub fn with_cli(&self) -> Self {
        self.with(Credential::Cli)
    }

    /// Makes an application trust an issuer's subject.
    pub fn trusts(&self, name: &str, issuer: &str, subject: &str, audience: &str) {
        let mut state = self.subscription().azure().state();
        let principal = state.principal_mut(self.object_id());
        principal.federations.retain(|it| it.name != name);
        principal.federations.push(Federation {
            name: name.to_owned(),
            issuer: issuer.to_owned(),
            subject: subject.to_owned(),
            audiences: vec![audience.to_owned()],
            seen: Seen::new(&[]),
        });
    }
}
