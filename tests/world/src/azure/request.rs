//! One request: as it came in, and as the log has it.

use serde_json::Value;

/// A request, as the log has it.
#[derive(Clone, Debug)]
pub struct AzureRequest {
    /// Counts up over all subscriptions.
    pub number: u64,
    /// `arm`, `entra`, `identity` (a managed identity's endpoint), `pipelines` or `graph`.
    pub service: String,
    /// What is asked for: the kind of a resource in lower case, such as
    /// `microsoft.managedidentity/userassignedidentities`, or `token`.
    pub kind: String,
    /// The method, in capitals.
    pub method: String,
    /// The path as it was sent, without the query.
    pub path: String,
    /// The query, without the question mark; empty when there is none.
    pub query: String,
    /// The body without secrets, `Null` when there was none or it was not JSON.
    pub body: Value,
    /// Who asked: a user's name or a client id; empty when that is not known.
    pub principal: String,
    /// What the client calls itself.
    pub user_agent: String,
    /// Whether it changes anything when it is allowed.
    pub writes: bool,
    /// When it came in, in seconds since 1970.
    pub at: f64,
    /// How long the answer took, in seconds.
    pub took: f64,
    /// The status of the answer; 0 while there is none, or when a fault closed the connection instead.
    pub status: u16,
    /// The code of the error, such as `AuthorizationFailed` or `700213`; empty when it succeeded.
    pub code: String,
    pub(super) subscription: String,
}

/// A request, read.
#[derive(Clone, Debug, Default)]
pub(super) struct Received {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) query: Vec<(String, String)>,
    pub(super) raw_query: String,
    pub(super) authorization: String,
    pub(super) user_agent: String,
    /// `X-IDENTITY-HEADER` of App Service.
    pub(super) identity_header: String,
    pub(super) if_match: String,
    pub(super) is_form: bool,
    pub(super) body: Vec<u8>,
}

impl Received {
    /// Returns the value of a query parameter, whose name may be in any case.
    pub(super) fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// Returns the body as JSON; nothing is `Null`.
    pub(super) fn json(&self) -> Result<Value, String> {
        if self.body.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_slice(&self.body).map_err(|error| error.to_string())
    }

    /// Returns a field of a form; empty when it is not there.
    pub(super) fn field(&self, name: &str) -> String {
        self.form().into_iter().find(|(key, _)| key == name).map(|(_, value)| value).unwrap_or_default()
    }

    /// Returns the body as the log may have it: tokens and secrets are no part of it.
    pub(super) fn logged(&self) -> Value {
        if !self.is_form {
            return self.json().unwrap_or_default();
        }
        let shown = |(name, value): (String, String)| {
            let is_secret = ["client_secret", "client_assertion", "refresh_token", "password"].contains(&name.as_str());
            (name, Value::from(if is_secret { "…".to_owned() } else { value }))
        };
        Value::Object(self.form().into_iter().map(shown).collect())
    }

    fn form(&self) -> Vec<(String, String)> {
        let text = String::from_utf8_lossy(&self.body);
        let url = reqwest::Url::parse(&format!("http://it/?{text}")).expect("any text is a query");
        url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
    }
}
