//! Signed tokens: read, checked against keys, and made.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize, PublicKeyComponents};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, KeyPair as _, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RSA_PSS_2048_8192_SHA256,
    UnparsedPublicKey,
};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

/// A token, read but not believed.
pub(super) struct Jwt {
    pub(super) header: Value,
    pub(super) claims: Value,
    signed: String,
    signature: Vec<u8>,
}

/// An RSA key that signs tokens.
pub(super) struct SigningKey {
    key: KeyPair,
    pub(super) id: String,
}

impl Jwt {
    pub(super) fn read(text: &str) -> Result<Self, String> {
        let parts: Vec<&str> = text.split('.').collect();
        let [header, claims, signature] = parts.as_slice() else {
            return Err("the token has not three parts".to_owned());
        };
        let decoded = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|error| format!("not base64url: {error}"));
        let json = |part: &str| -> Result<Value, String> {
            serde_json::from_slice(&decoded(part)?).map_err(|error| format!("not JSON: {error}"))
        };
        Ok(Self {
            header: json(header)?,
            claims: json(claims)?,
            signed: format!("{header}.{claims}"),
            signature: decoded(signature)?,
        })
    }

    pub(super) fn claim(&self, name: &str) -> &str {
        self.claims[name].as_str().unwrap_or_default()
    }

    /// Returns the audiences, of which a token may have several.
    pub(super) fn audiences(&self) -> Vec<String> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        match &self.claims["aud"] {
            Value::Array(all) => all.iter().map(text).collect(),
            one => vec![text(one)],
        }
    }

    /// Says whether the token is for this audience.
    pub(super) fn is_for(&self, audience: &str) -> bool {
        match &self.claims["aud"] {
            Value::Array(all) => all.iter().any(|it| it == audience),
            one => one == audience,
        }
    }

    /// Checks the signature against a set of keys, and the times against the clock.
    pub(super) fn verify(&self, keys: &Value) -> Result<(), String> {
        self.check_signature(keys)?;
        self.check_times()
    }

    /// Checks the signature against a set of keys; a key is named by its id or by its certificate's digest.
    pub(super) fn check_signature(&self, keys: &Value) -> Result<(), String> {
        let names = ["kid", "x5t", "x5t#S256"];
        let named = names.iter().find(|name| self.header[**name].is_string());
        // A certificate's digest is the same in both alphabets of base64, and padded.
        let unpadded =
            |value: &Value| value.as_str().map(|it| it.trim_end_matches('=').replace('+', "-").replace('/', "_"));
        let fits = |key: &&Value| named.is_none_or(|name| unpadded(&key[*name]) == unpadded(&self.header[*name]));
        let key = keys["keys"].as_array().into_iter().flatten().find(fits).ok_or_else(|| {
            format!("no key {} of the issuer is known", named.map_or(&Value::Null, |it| &self.header[*it]))
        })?;
        let part = |name: &str| {
            URL_SAFE_NO_PAD.decode(key[name].as_str().unwrap_or_default()).map_err(|error| format!("key: {error}"))
        };
        let rsa = |how| -> Result<bool, String> {
            let key = PublicKeyComponents { n: part("n")?, e: part("e")? };
            Ok(key.verify(how, self.signed.as_bytes(), &self.signature).is_ok())
        };
        let is_signed = match self.header["alg"].as_str() {
            Some("RS256") if key["kty"] == "RSA" => rsa(&RSA_PKCS1_2048_8192_SHA256)?,
            Some("PS256") if key["kty"] == "RSA" => rsa(&RSA_PSS_2048_8192_SHA256)?,
            Some("ES256") if key["kty"] == "EC" => {
                let point = [vec![4], part("x")?, part("y")?].concat();
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point)
                    .verify(self.signed.as_bytes(), &self.signature)
                    .is_ok()
            }
            _ => return Err(format!("the algorithm {} is not taken", self.header["alg"])),
        };
        if is_signed { Ok(()) } else { Err("the signature is not the issuer's".to_owned()) }
    }

    /// Checks the times against the clock.
    pub(super) fn check_times(&self) -> Result<(), String> {
        let now = jiff::Timestamp::now().as_second();
        let seconds = |name: &str| {
            let value = &self.claims[name];
            // Some clients give fractions.
            value.as_i64().or_else(|| value.to_string().split('.').next()?.parse().ok())
        };
        match seconds("exp") {
            Some(end) if end > now => {}
            _ => return Err("the token has expired".to_owned()),
        }
        let begins = seconds("nbf").or_else(|| seconds("iat")).unwrap_or(now);
        if begins > now + 60 {
            return Err("the token is of the future".to_owned());
        }
        Ok(())
    }
}

impl SigningKey {
    pub(super) fn new(id: &str) -> Self {
        Self { key: KeyPair::generate(KeySize::Rsa2048).expect("a key pair can be made"), id: id.to_owned() }
    }

    /// Returns the private key as PKCS#8 PEM.
    pub(super) fn pem(&self) -> String {
        use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
        let der: Pkcs8V1Der<'_> = self.key.as_der().expect("a key has an encoding");
        let text = STANDARD.encode(der.as_ref());
        let lines: Vec<&str> = (0..text.len()).step_by(64).map(|at| &text[at..text.len().min(at + 64)]).collect();
        format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", lines.join("\n"))
    }

    /// Returns the public key as a set of keys.
    pub(super) fn jwks(&self) -> Value {
        let (modulus, exponent) = integers(self.key.public_key().as_ref());
        json!({ "keys": [{
            "kty": "RSA",
            "alg": "RS256",
            "use": "sig",
            "kid": self.id,
            "n": URL_SAFE_NO_PAD.encode(modulus),
            "e": URL_SAFE_NO_PAD.encode(exponent),
        }] })
    }

    /// Signs these claims.
    pub(super) fn sign(&self, claims: &Value) -> String {
        let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let header = json!({ "alg": "RS256", "typ": "JWT", "kid": self.id });
        let signed = format!("{}.{}", encode(&header), encode(claims));
        let mut signature = vec![0; self.key.public_modulus_len()];
        self.key
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature)
            .expect("the key can sign");
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

/// Reads the two numbers of a public key in DER, without the zeros that only say that they are positive.
fn integers(der: &[u8]) -> (&[u8], &[u8]) {
    fn value(der: &[u8]) -> (&[u8], &[u8]) {
        let (length, head) = match der[1] {
            0x82 => (usize::from(der[2]) << 8 | usize::from(der[3]), 4),
            0x81 => (usize::from(der[2]), 3),
            short => (usize::from(short), 2),
        };
        der[head..].split_at(length)
    }
    fn positive(bytes: &[u8]) -> &[u8] {
        bytes.strip_prefix(&[0]).unwrap_or(bytes)
    }
    let (sequence, _) = value(der);
    let (modulus, rest) = value(sequence);
    let (exponent, _) = value(rest);
    (positive(modulus), positive(exponent))
}
