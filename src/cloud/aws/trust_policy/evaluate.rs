//! How IAM reads a policy: statements, actions, conditions and wildcards, as far as it can be known from outside. Pure.

use serde_json::{Map, Value, json};

/// Whether something holds, as far as it can be known from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Truth {
    No,
    Perhaps,
    Yes,
}

impl Truth {
    pub(super) fn of(holds: bool) -> Self {
        if holds { Self::Yes } else { Self::No }
    }

    pub(super) fn and(self, other: impl FnOnce() -> Self) -> Self {
        if self == Self::No { self } else { self.min(other()) }
    }
}

/// The statements of a policy; one alone may stand without a list.
pub fn statements(document: &Value) -> Vec<&Value> {
    match document.get("Statement") {
        Some(Value::Array(statements)) => statements.iter().collect(),
        Some(statement @ Value::Object(_)) => vec![statement],
        _ => Vec::new(),
    }
}

/// One text, or a list of them.
pub(super) fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::Array(items) => items.iter().filter_map(Value::as_str).collect(),
        Value::String(text) => vec![text],
        _ => Vec::new(),
    }
}

pub(super) fn names_action(statement: &Value, action: &str) -> Truth {
    match statement.get("Action") {
        Some(named) => {
            Truth::of(texts(named).iter().any(|pattern| is_like(&action.to_lowercase(), &pattern.to_lowercase())))
        }
        None if statement.get("NotAction").is_some() => Truth::Perhaps,
        None => Truth::No,
    }
}

/// One line of a condition. A key that nobody brings fails it, unless it says `IfExists`; an operator that is not about
/// texts can't be judged, nor can a key whose value is only known when the request is made.
pub(super) fn condition(operator: &str, value: Option<String>, wanted: &[&str]) -> Truth {
    let bare = operator.rsplit(':').next().unwrap_or(operator);
    let bare = bare.strip_suffix("IfExists").unwrap_or(bare);
    let Some(value) = value else { return Truth::Perhaps };
    match bare {
        "StringEquals" => Truth::of(wanted.contains(&value.as_str())),
        "StringEqualsIgnoreCase" => Truth::of(wanted.iter().any(|text| text.eq_ignore_ascii_case(&value))),
        "StringLike" | "ArnLike" | "ArnEquals" => Truth::of(wanted.iter().any(|pattern| is_like(&value, pattern))),
        "StringNotEquals" => Truth::of(!wanted.contains(&value.as_str())),
        "StringNotLike" => Truth::of(!wanted.iter().any(|pattern| is_like(&value, pattern))),
        _ => Truth::Perhaps,
    }
}

/// IAM's wildcards: `*` is any text, `?` any one character.
pub(super) fn is_like(text: &str, pattern: &str) -> bool {
    let (text, pattern): (Vec<char>, Vec<char>) = (text.chars().collect(), pattern.chars().collect());
    // Which beginnings of the text the pattern so far fits.
    let mut fits = vec![false; text.len() + 1];
    fits[0] = true;
    for sign in pattern {
        let before = fits.clone();
        for at in 0..=text.len() {
            fits[at] = match sign {
                '*' => before[at] || (at > 0 && fits[at - 1]),
                '?' => at > 0 && before[at - 1],
                sign => at > 0 && before[at - 1] && text[at - 1] == sign,
            };
        }
    }
    fits[text.len()]
}

/// The issuers of the OIDC providers that a policy trusts, without scheme.
pub(super) fn issuers(document: &Value) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for statement in statements(document) {
        let federated = statement.get("Principal").and_then(|principal| principal.get("Federated"));
        for arn in federated.map(texts).unwrap_or_default() {
            if let Some((_, issuer)) = arn.split_once(":oidc-provider/")
                && !all.iter().any(|known| known == issuer)
            {
                all.push(issuer.to_owned());
            }
        }
    }
    all
}

/// What a policy asks of one claim of a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The text, as it is written there.
    pub text: String,
    is_pattern: bool,
}

impl Asked {
    /// Something that is asked for to the letter.
    pub fn exactly(text: impl Into<String>) -> Self {
        Self { text: text.into(), is_pattern: false }
    }

    /// Whether a claim is what is asked for.
    pub fn fits(&self, claim: &str) -> bool {
        if self.is_pattern { is_like(claim, &self.text) } else { self.text == claim }
    }
}

/// What the statements that let in tokens ask of `iss`, `sub` or `aud`; empty: nothing.
pub fn asked_of(document: &Value, claim: &str) -> Vec<Asked> {
    let mut asked = Vec::new();
    for statement in statements(document) {
        let allows = statement.get("Effect").and_then(Value::as_str) == Some("Allow");
        if !allows || names_action(statement, "sts:AssumeRoleWithWebIdentity") == Truth::No {
            continue;
        }
        let issuers = issuers(&json!({ "Statement": statement }));
        if claim == "iss" {
            asked.extend(issuers.iter().map(|issuer| Asked::exactly(format!("https://{issuer}"))));
        }
        for (operator, keys) in statement.get("Condition").and_then(Value::as_object).into_iter().flatten() {
            let is_pattern = operator.contains("Like");
            for (key, wanted) in keys.as_object().into_iter().flatten() {
                if issuers.iter().any(|issuer| key.eq_ignore_ascii_case(&format!("{issuer}:{claim}"))) {
                    let texts = texts(wanted).into_iter();
                    asked.extend(texts.map(|text| Asked { text: text.to_owned(), is_pattern }));
                }
            }
        }
    }
    asked
}

/// The policy with its keys in order and single texts as lists: what is the same to IAM is the same here.
pub fn normalized(document: &Value) -> Value {
    match document {
        Value::Object(entries) => {
            let mut sorted: Vec<_> = entries.iter().collect();
            sorted.sort_by_key(|(key, _)| key.as_str());
            let entries = sorted.into_iter().map(|(key, value)| {
                let value = match (key.as_str(), value) {
                    ("Statement", Value::Object(_)) => normalized(&json!([value])),
                    ("Action" | "NotAction" | "Resource" | "NotResource", value) => {
                        let mut list = texts(value);
                        list.sort_unstable();
                        json!(list)
                    }
                    _ => normalized(value),
                };
                (key.clone(), value)
            });
            Value::Object(entries.collect::<Map<_, _>>())
        }
        Value::Array(items) => match items.as_slice() {
            [Value::String(only)] => json!(only),
            items => Value::Array(items.iter().map(normalized).collect()),
        },
        other => other.clone(),
    }
}
