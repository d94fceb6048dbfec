//! Runner keys: what the service accepts as one, and how it names it.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ed25519_dalek::VerifyingKey;
use ed25519_dalek::pkcs8::DecodePublicKey as _;
use sha2::{Digest as _, Sha256};

/// Reads a public key as the service does: PEM with one line of base64, SPKI, Ed25519.
pub(super) fn parse(pem: &str) -> Result<VerifyingKey, String> {
    let body = pem.strip_suffix('\n').unwrap_or(pem);
    let line = body
        .strip_prefix("-----BEGIN PUBLIC KEY-----\n")
        .and_then(|rest| rest.strip_suffix("\n-----END PUBLIC KEY-----"))
        .ok_or("key: does not look like a public key in PEM format")?;
    let der = STANDARD.decode(line).map_err(|_| "key: the PEM body is not base64")?;
    VerifyingKey::from_public_key_der(&der).map_err(|_| "key: is not an ed25519 public key".to_owned())
}

/// Returns the `kid` of a public key: the lower-case hex of the SHA-256 of its 32 bytes.
pub fn key_id(public: &[u8; 32]) -> String {
    Sha256::digest(public).iter().map(|byte| format!("{byte:02x}")).collect()
}
