//! The Orchestrator's access token: a secret that only the `Authorization` header gets to see.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde_json::Value;
use zeroize::Zeroizing;

use super::OrchestratorError;

/// An access token. Wiped from memory when dropped; cannot be printed or serialised.
#[derive(Clone)]
pub struct Token(Zeroizing<String>);

impl Token {
    /// Takes a token as a file, a variable or a person gives it: white space around it and a leading `Bearer` are cut.
    ///
    /// # Errors
    /// `TokenMissing` for an empty text, `TokenMalformed` for one that no header can carry.
    pub fn new(text: &str) -> Result<Self, OrchestratorError> {
        let text = text.trim_start_matches('\u{feff}').trim();
        let text = text.strip_prefix("Bearer ").unwrap_or(text).trim();
        if text.is_empty() {
            return Err(OrchestratorError::TokenMissing);
        }
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(OrchestratorError::TokenMalformed);
        }
        Ok(Self(Zeroizing::new(text.to_owned())))
    }

    /// The token itself.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// When it expires, if it is a JWT that says so. Nothing is verified.
    pub fn expires_at(&self) -> Option<Timestamp> {
        let payload = self.0.split('.').nth(1)?;
        let claims: Value =
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?).ok()?;
        #[expect(clippy::cast_possible_truncation, reason = "some issuers write `exp` with a fraction")]
        let seconds = claims["exp"].as_i64().or_else(|| claims["exp"].as_f64().map(|seconds| seconds as i64))?;
        Timestamp::from_second(seconds).ok()
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token([redacted])")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_taken_as_people_have_it_and_never_printed() {
        for text in ["abc", " abc\n", "Bearer abc\r\n", "\u{feff}abc"] {
            assert_eq!(Token::new(text).unwrap().expose(), "abc");
        }
        assert!(matches!(Token::new(" \n"), Err(OrchestratorError::TokenMissing)));
        assert!(matches!(Token::new("a\nb"), Err(OrchestratorError::TokenMalformed)));
        assert_eq!(format!("{:?}", Token::new("abc").unwrap()), "Token([redacted])");
    }

    #[test]
    fn a_jwt_says_when_it_expires() {
        let payload = URL_SAFE_NO_PAD.encode(r#"{"exp":1767225600}"#);
        let token = Token::new(&format!("e30.{payload}.x")).unwrap();
        assert_eq!(token.expires_at().unwrap().to_string(), "2026-01-01T00:00:00Z");
        assert_eq!(Token::new("opaque").unwrap().expires_at(), None);
    }
}
