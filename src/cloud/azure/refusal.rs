//! A refusal of ARM's or Entra's, taken apart.
//!
//! Sources: ARM answers `{"error":{"code","message","details"}}`, some providers without the outer object, and names the
//! code in a header too; the authority answers as RFC 6749 says, with `error_codes` besides (`gcp-azure.md`, parts 2, 8).

use std::time::Duration;

use serde_json::Value;

/// What a server said no with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Refusal {
    /// The HTTP status.
    pub http: u16,
    /// `ResourceNotFound`, `AuthorizationFailed`, …; of the authority `invalid_client` and the like.
    pub code: String,
    /// The server's own words, fit to be shown.
    pub message: String,
    /// The numbers of Entra's errors: `AADSTS70021` is 70021.
    pub aadsts: Vec<u32>,
    /// The ids of policy assignments that are named in details.
    pub policies: Vec<String>,
    /// How long the server wants to be left alone.
    pub wait: Option<Duration>,
}

impl Refusal {
    /// Reads an answer; `None`: it is none of Azure's.
    pub(super) fn read(http: u16, header: Option<&str>, body: &Value) -> Option<Self> {
        if let Some(code) = body["error"].as_str() {
            let words = body["error_description"].as_str().unwrap_or(code);
            let numbers = body["error_codes"].as_array().into_iter().flatten();
            let mut aadsts: Vec<u32> = numbers.filter_map(|it| u32::try_from(it.as_u64()?).ok()).collect();
            if aadsts.is_empty() {
                aadsts = aadsts_in(words);
            }
            let message = first_line(words);
            return Some(Self { http, code: code.to_owned(), message, aadsts, ..Self::default() });
        }
        let error = if body["error"].is_object() { &body["error"] } else { body };
        let code = error["code"].as_str().or(header)?;
        let message = shown(error["message"].as_str().unwrap_or_default());
        let details = error["details"].as_array().into_iter().flatten();
        let also: Vec<_> = details.filter_map(|it| it["message"].as_str()).map(shown).collect();
        let message = also
            .into_iter()
            .filter(|it| !message.contains(it.as_str()))
            .fold(message.clone(), |all, it| if all.is_empty() { it } else { format!("{all}: {it}") });
        let aadsts = aadsts_in(&message);
        Some(Self { http, code: code.to_owned(), message, aadsts, policies: policies(error), wait: None })
    }

    /// Whether the code is one of these, in any case of letters.
    pub(super) fn is(&self, codes: &[&str]) -> bool {
        codes.iter().any(|code| self.code.eq_ignore_ascii_case(code))
    }

    /// Whether it goes away when nothing else is asked for a moment.
    pub(super) fn is_passing(&self) -> bool {
        matches!(self.http, 408 | 429 | 500 | 502 | 503 | 504)
    }

    /// Whether somebody else is at work on the same thing right now.
    pub(super) fn is_busy(&self) -> bool {
        let is_operation = self.is(&["OperationNotAllowed", "AnotherOperationInProgress", "Conflict"])
            && self.message.to_lowercase().contains("in progress");
        self.code.to_lowercase().starts_with("concurrentfederatedidentitycredentialswrites") || is_operation
    }

    /// A text between quotes that follows these words.
    pub(super) fn quoted_after(&self, words: &str) -> Option<String> {
        let at = self.message.to_lowercase().find(&words.to_lowercase())? + words.len();
        let rest = self.message.get(at..)?.trim_start();
        let quote = rest.chars().next().filter(|c| "'\"`".contains(*c))?;
        rest[1..].split(quote).next().filter(|text| !text.is_empty()).map(str::to_owned)
    }
}

fn policies(error: &Value) -> Vec<String> {
    let infos = error["additionalInfo"].as_array().into_iter().flatten();
    let ids = infos.filter_map(|info| info["info"]["policyAssignmentId"].as_str());
    let mut ids: Vec<_> = ids.map(str::to_owned).collect();
    ids.dedup();
    ids
}

/// The numbers of all errors of Entra's that a text names.
pub(super) fn aadsts_in(text: &str) -> Vec<u32> {
    let mut found = Vec::new();
    for (at, word) in text.match_indices("AADSTS") {
        let digits: String = text[at + word.len()..].chars().take_while(char::is_ascii_digit).collect();
        if let Ok(code) = digits.parse()
            && !found.contains(&code)
        {
            found.push(code);
        }
    }
    found
}

/// What Entra says first: the lines after it are ids and a time. They stand on the same line in some answers.
pub(super) fn first_line(text: &str) -> String {
    let line = text.trim().lines().next().unwrap_or_default();
    let end = ["Trace ID:", "Correlation ID:"].iter().filter_map(|it| line.find(it)).min().unwrap_or(line.len());
    shown(&line[..end])
}

/// At most 1000 characters on one line, without anything that looks like a token.
pub(super) fn shown(text: &str) -> String {
    let word = |word: &str| {
        let is_secret = word.match_indices("eyJ").any(|(at, _)| {
            let before = word[..at].chars().next_back();
            before.is_none_or(|c| !c.is_ascii_alphanumeric())
        });
        let is_refresh =
            word.trim_start_matches(|c: char| !c.is_ascii_alphanumeric()).starts_with("0.A") && word.len() > 100;
        if is_secret || is_refresh { "[redacted]".to_owned() } else { word.to_owned() }
    };
    let line = text.split_whitespace().map(word).collect::<Vec<_>>().join(" ");
    line.chars().filter(|c| !c.is_control()).take(1000).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn arm_s_answers_are_read_in_all_their_forms() {
        let body = json!({ "error": { "code": "A", "message": "m", "details": [{ "code": "B", "message": "n" }] } });
        let refusal = Refusal::read(409, None, &body).unwrap();
        assert_eq!((refusal.code.as_str(), refusal.message.as_str()), ("A", "m: n"));
        let refusal = Refusal::read(400, None, &json!({ "code": "BadRequest", "message": "m" })).unwrap();
        assert!(refusal.is(&["badrequest"]));
        assert_eq!(Refusal::read(404, Some("NotFound"), &json!({})).unwrap().code, "NotFound");
        assert_eq!(Refusal::read(500, None, &json!({ "x": 1 })), None);
        let info = json!([{ "type": "PolicyViolation", "info": { "policyAssignmentId": "/p" } }]);
        let body = json!({ "error": { "code": "RequestDisallowedByPolicy", "message": "m", "additionalInfo": info } });
        assert_eq!(Refusal::read(403, None, &body).unwrap().policies, ["/p"]);
    }

    #[test]
    fn entra_s_answers_carry_numbers_and_one_line() {
        let body = json!({
            "error": "invalid_client",
            "error_description": "AADSTS700213: No matching record. Trace ID: x Correlation ID: y\r\nTimestamp: z",
            "error_codes": [700213],
        });
        let refusal = Refusal::read(401, None, &body).unwrap();
        assert_eq!((refusal.aadsts, refusal.message.as_str()), (vec![700_213], "AADSTS700213: No matching record."));
        assert_eq!(aadsts_in("AADSTS50076: a (AADSTS50076, AADSTS1)"), [50076, 1]);
    }

    #[test]
    fn what_is_quoted_is_found_and_what_looks_like_a_token_is_not_shown() {
        let message = "The client 'c' with object id 'o' over scope '/s' x".to_owned();
        let refusal = Refusal { message, ..Refusal::default() };
        assert_eq!(refusal.quoted_after("object id").as_deref(), Some("o"));
        assert_eq!(refusal.quoted_after("nowhere"), None);
        assert_eq!(
            shown("a\nb eyJhbGci.x \"eyJ0.y\" token=eyJ.z keyJoin"),
            "a b [redacted] [redacted] [redacted] keyJoin"
        );
    }

    #[test]
    fn somebody_else_at_work_is_no_refusal_for_good() {
        let refusal = |code: &str, message: &str| Refusal {
            http: 409,
            code: code.to_owned(),
            message: message.to_owned(),
            ..Refusal::default()
        };
        assert!(refusal("ConcurrentFederatedIdentityCredentialsWritesForSingleManagedIdentity", "").is_busy());
        assert!(refusal("OperationNotAllowed", "Another operation is in progress").is_busy());
        assert!(!refusal("OperationNotAllowed", "The cluster is stopped").is_busy());
        assert!(!refusal("RoleAssignmentExists", "").is_busy());
    }
}
