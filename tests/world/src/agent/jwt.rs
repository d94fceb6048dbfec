//! How an agent proves itself.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ed25519_dalek::pkcs8::DecodePrivateKey as _;
use ed25519_dalek::{Signer as _, SigningKey};
use serde_json::json;

/// Signs the one token of an agent's life.
pub(super) fn sign(private_key: &str, org: &str, runner: &str) -> Result<String, String> {
    let key =
        SigningKey::from_pkcs8_pem(private_key).map_err(|error| format!("failed to parse the private key: {error}"))?;
    let kid = crate::orchestrator::key_id(key.verifying_key().as_bytes());
    let header = json!({ "alg": "EdDSA", "typ": "JWT", "kid": kid });
    let claims = json!({ "org_id": org, "runner_id": runner, "alg": "EdDSA", "typ": "JWT", "kid": kid });
    let signed =
        format!("{}.{}", URL_SAFE_NO_PAD.encode(header.to_string()), URL_SAFE_NO_PAD.encode(claims.to_string()));
    let signature = key.sign(signed.as_bytes());
    Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes())))
}
