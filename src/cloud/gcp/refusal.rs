//! A refusal of Google's APIs, taken apart: its status, its words, and the details that say what exactly is meant.
//!
//! Source: `google.rpc.Status` in JSON, with `ErrorInfo`, `PreconditionFailure`, `QuotaFailure` and `ResourceInfo` as
//! details; token endpoints answer as RFC 6749 says.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

/// What a server said no with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Refusal {
    /// The HTTP status.
    pub http: u16,
    /// `PERMISSION_DENIED`, `ABORTED`, …; for a token endpoint `invalid_grant` and the like.
    pub status: String,
    /// The server's own words, fit to be shown.
    pub message: String,
    /// The reason of an `ErrorInfo`: `SERVICE_DISABLED`, `IAM_PERMISSION_DENIED`, …
    pub reason: String,
    /// The metadata of an `ErrorInfo`.
    pub metadata: BTreeMap<String, String>,
    /// The constraint of an organisation policy that is named anywhere.
    pub constraint: Option<String>,
    /// How long the server wants to be left alone.
    pub wait: Option<Duration>,
}

impl Refusal {
    /// Reads an answer; `None`: it is none of Google's.
    pub(super) fn read(http: u16, body: &Value) -> Option<Self> {
        let error = body.get("error")?;
        if let Some(code) = error.as_str() {
            let words = body["error_description"].as_str().unwrap_or(code);
            let subtype = body["error_subtype"].as_str().unwrap_or_default().to_owned();
            return Some(Self {
                http,
                status: code.to_owned(),
                message: shown(words),
                reason: subtype,
                ..Self::default()
            });
        }
        let mut refusal = Self {
            http,
            status: error["status"].as_str().unwrap_or_default().to_owned(),
            message: shown(error["message"].as_str().unwrap_or_default()),
            ..Self::default()
        };
        for detail in error["details"].as_array().into_iter().flatten() {
            let kind = detail["@type"].as_str().unwrap_or_default();
            if kind.ends_with("google.rpc.ErrorInfo") {
                refusal.reason = detail["reason"].as_str().unwrap_or_default().to_owned();
                let texts = detail["metadata"].as_object().into_iter().flatten();
                refusal.metadata =
                    texts.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect();
            }
        }
        refusal.constraint = constraint(&error.to_string());
        Some(refusal)
    }

    /// The permissions that are missing, as far as the answer names them.
    ///
    /// Sources: `ErrorInfo.metadata.permission`, and the words of IAM (`Permission 'x' denied on resource`), GKE
    /// (`Required "x" permission(s) for "projects/…"`) and others.
    pub(super) fn missing_permissions(&self) -> Vec<String> {
        if let Some(permission) = self.metadata.get("permission") {
            return vec![permission.clone()];
        }
        let words = self.message.split(|c: char| c.is_whitespace() || "'\"`,;()[]".contains(c));
        let mut permissions = Vec::new();
        for word in words.map(|word| word.trim_end_matches(['.', ':'])) {
            if is_permission(word) && !permissions.iter().any(|it| it == word) {
                permissions.push(word.to_owned());
            }
        }
        permissions
    }

    /// The project that the answer is about, if it names one.
    pub(super) fn project(&self) -> Option<String> {
        let named = ["consumer", "resource", "resourceName"].into_iter().find_map(|key| self.metadata.get(key))?;
        let rest = named.split("projects/").nth(1)?;
        rest.split('/').next().filter(|project| !project.is_empty()).map(str::to_owned)
    }

    /// Whether an API has to be turned on first, and which.
    pub(super) fn disabled_api(&self, asked: &str) -> Option<String> {
        let is_disabled = self.reason == "SERVICE_DISABLED"
            || (self.http == 403 && self.message.contains("has not been used in project"));
        is_disabled.then(|| self.metadata.get("service").map_or_else(|| asked.to_owned(), Clone::clone))
    }

    /// Whether a policy of the organisation stands in the way.
    pub(super) fn is_of_organisation(&self) -> bool {
        let has = |words: &str| self.message.to_lowercase().contains(words);
        self.constraint.is_some()
            || self.reason == "ORG_POLICY_VIOLATION"
            || has("permitted customer")
            || has("organization policy")
            // VPC Service Controls.
            || has("prohibited by organization's policy")
            || has("vpcservicecontrolsuniqueidentifier")
            || self.reason == "SECURITY_POLICY_VIOLATED"
            || has("org policy")
            || (self.status == "FAILED_PRECONDITION" && has("not allowed on this project"))
    }

    /// Whether it goes away when nothing else is asked for a moment.
    pub(super) fn is_passing(&self) -> bool {
        matches!(self.http, 500 | 502 | 503 | 504) || (self.http == 429 && !self.is_quota())
    }

    /// Whether it is a limit on how much there may be, and not on how often one may ask.
    pub(super) fn is_quota(&self) -> bool {
        let has = |words: &str| self.message.to_lowercase().contains(words);
        self.http == 429 && self.reason != "RATE_LIMIT_EXCEEDED" && (has("maximum number") || has("limit reached"))
    }

    /// Whether somebody else wrote meanwhile.
    pub(super) fn is_conflict(&self) -> bool {
        self.status == "ABORTED" || (self.http == 409 && self.status != "ALREADY_EXISTS") || self.http == 412
    }
}

/// `iam.serviceAccounts.create`: three words or more with dots between, and no domain.
fn is_permission(word: &str) -> bool {
    let parts: Vec<_> = word.split('.').collect();
    let is_word = |part: &&str| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric());
    let is_lower = |part: &str| part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    parts.len() == 3
        && parts.iter().all(is_word)
        && is_lower(parts[0])
        && parts.iter().all(|part| part.starts_with(|c: char| c.is_ascii_lowercase()))
        && !["com", "net", "org", "io", "goog"].contains(&parts[2])
}

/// `constraints/iam.disableServiceAccountCreation` anywhere in an answer.
fn constraint(text: &str) -> Option<String> {
    let at = text.find("constraints/").or_else(|| text.find("customConstraints/"))?;
    let name = text[at..].split(|c: char| !(c.is_ascii_alphanumeric() || "./-_".contains(c))).next()?;
    Some(name.trim_end_matches('.').to_owned())
}

/// At most 1000 characters on one line, without anything that looks like a token.
pub(super) fn shown(text: &str) -> String {
    let word = |word: &str| {
        let bare = word.trim_start_matches(|c: char| !c.is_ascii_alphanumeric());
        let is_secret = ["ya29.", "eyJ", "1//", "GOCSPX-"].iter().any(|beginning| bare.starts_with(beginning));
        if is_secret || word.contains("ya29.") { "[redacted]".to_owned() } else { word.to_owned() }
    };
    let line = text.split_whitespace().map(word).collect::<Vec<_>>().join(" ");
    line.chars().filter(|c| !c.is_control()).take(1000).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn refusal(http: u16, status: &str, message: &str, details: &Value) -> Refusal {
        let error = json!({ "code": http, "status": status, "message": message, "details": details });
        Refusal::read(http, &json!({ "error": error })).unwrap()
    }

    fn info(reason: &str, metadata: &Value) -> Value {
        json!([{ "@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason, "metadata": metadata }])
    }

    #[test]
    fn missing_permissions_are_named() {
        for (message, permission) in [
            (
                "Permission 'iam.serviceAccounts.create' denied on resource (or it may not exist).",
                "iam.serviceAccounts.create",
            ),
            (
                "Required \"container.clusters.get\" permission(s) for \"projects/p/locations/l/clusters/c\".",
                "container.clusters.get",
            ),
            (
                "Permission container.clusters.list is required to perform this operation on projects/p.",
                "container.clusters.list",
            ),
        ] {
            let refusal = refusal(403, "PERMISSION_DENIED", message, &Value::Null);
            assert_eq!(refusal.missing_permissions(), [permission]);
        }
        let details = info("IAM_PERMISSION_DENIED", &json!({ "permission": "a.b.c", "resource": "projects/p-1/x/y" }));
        let refusal = refusal(403, "PERMISSION_DENIED", "The caller does not have permission", &details);
        assert_eq!((refusal.missing_permissions(), refusal.project()), (vec!["a.b.c".to_owned()], Some("p-1".into())));
        assert!(!is_permission("www.googleapis.com") && !is_permission("iam.serviceAccounts"));
    }

    #[test]
    fn what_stands_in_the_way_is_known_by_its_details() {
        let details =
            info("SERVICE_DISABLED", &json!({ "service": "container.googleapis.com", "consumer": "projects/123" }));
        let off = refusal(403, "PERMISSION_DENIED", "Kubernetes Engine API is disabled", &details);
        assert_eq!(off.disabled_api("x").as_deref(), Some("container.googleapis.com"));
        let words = "IAM API has not been used in project 1 before or it is disabled.";
        let off = refusal(403, "PERMISSION_DENIED", words, &Value::Null);
        assert_eq!(off.disabled_api("iam.googleapis.com").as_deref(), Some("iam.googleapis.com"));
        let details = json!([{
            "@type": "type.googleapis.com/google.rpc.PreconditionFailure",
            "violations": [{ "type": "constraints/iam.allowedPolicyMemberDomains", "subject": "orgpolicy:projects/p" }],
        }]);
        let words = "One or more users named in the policy do not belong to a permitted customer.";
        let forbidden = refusal(400, "FAILED_PRECONDITION", words, &details);
        assert_eq!(forbidden.constraint.as_deref(), Some("constraints/iam.allowedPolicyMemberDomains"));
        assert!(forbidden.is_of_organisation() && !off.is_of_organisation());
        let words = "Request is prohibited by organization's policy. vpcServiceControlsUniqueIdentifier: abc";
        assert!(refusal(403, "PERMISSION_DENIED", words, &Value::Null).is_of_organisation());
        let details = info("SECURITY_POLICY_VIOLATED", &json!({ "uid": "abc" }));
        assert!(refusal(403, "PERMISSION_DENIED", "Access denied", &details).is_of_organisation());
    }

    #[test]
    fn too_often_and_too_many_are_two_things() {
        let often = refusal(429, "RESOURCE_EXHAUSTED", "Quota exceeded for quota metric 'Read requests'", &json!([]));
        let words = "Maximum number of service accounts on project reached.";
        let many = refusal(429, "RESOURCE_EXHAUSTED", words, &json!([]));
        assert!(often.is_passing() && !often.is_quota() && many.is_quota() && !many.is_passing());
        assert!(refusal(409, "ABORTED", "", &json!([])).is_conflict());
        assert!(!refusal(409, "ALREADY_EXISTS", "", &json!([])).is_conflict());
    }

    #[test]
    fn a_token_endpoint_s_words_are_read_too() {
        let body =
            json!({ "error": "invalid_grant", "error_description": "Token is old", "error_subtype": "invalid_rapt" });
        let refusal = Refusal::read(400, &body).unwrap();
        assert_eq!((refusal.status.as_str(), refusal.reason.as_str()), ("invalid_grant", "invalid_rapt"));
        assert_eq!(Refusal::read(500, &json!({ "message": "x" })), None);
    }

    #[test]
    fn nothing_that_looks_like_a_token_is_shown() {
        assert_eq!(
            shown("a\nb ya29.secret body=<ya29.x> 'eyJhbGci' 1//refresh"),
            "a b [redacted] [redacted] [redacted] [redacted]"
        );
    }
}
