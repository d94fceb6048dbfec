//! One request: as it came in, and as the log has it.

use serde_json::Value;

/// A request, as the log has it.
#[derive(Clone, Debug)]
pub struct GcpRequest {
    /// Counts up over all projects.
    pub number: u64,
    /// `container`, `iam`, `cloudresourcemanager`, `serviceusage`, `iamcredentials`, `sts`, `securetoken`, `oauth2` or
    /// `metadata`.
    pub service: String,
    /// As the discovery document names it, without the service: `projects.serviceAccounts.create`.
    pub action: String,
    /// The method, in capitals.
    pub method: String,
    /// The path, without the query.
    pub path: String,
    /// The query, without the question mark; empty when there is none.
    pub query: String,
    /// The body without tokens, `Null` when there was none or it was not JSON.
    pub body: Value,
    /// Who asked, as policies name them; empty when that is not known.
    pub principal: String,
    /// What the client calls itself.
    pub user_agent: String,
    /// The project that pays, when the client names one.
    pub quota_project: String,
    /// Whether it changes anything when it is allowed.
    pub writes: bool,
    /// When it came in, in seconds since 1970.
    pub at: f64,
    /// How long the answer took, in seconds.
    pub took: f64,
    /// The status of the answer; 0 while there is none, or when a fault closed the connection instead.
    pub status: u16,
    /// The `status` of Google's error, such as `ABORTED`; empty when it succeeded.
    pub code: String,
    pub(super) project: String,
}

/// A request, read.
#[derive(Clone, Debug, Default)]
pub(super) struct Received {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) query: Vec<(String, String)>,
    pub(super) raw_query: String,
    pub(super) authorization: String,
    pub(super) quota_project: String,
    pub(super) metadata_flavor: String,
    pub(super) user_agent: String,
    pub(super) is_form: bool,
    pub(super) body: Vec<u8>,
}

impl Received {
    /// Returns the value of a query parameter.
    pub(super) fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Returns the body as JSON; nothing is `Null`.
    pub(super) fn json(&self) -> Result<Value, String> {
        if self.body.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_slice(&self.body).map_err(|error| error.to_string())
    }

    /// Returns the fields of a body that may be a form or JSON.
    pub(super) fn fields(&self) -> Value {
        if !self.is_form
            && let Ok(value) = self.json()
        {
            return value;
        }
        let text = String::from_utf8_lossy(&self.body);
        let url = reqwest::Url::parse(&format!("http://it/?{text}")).expect("any text is a query");
        let pairs = url.query_pairs().map(|(name, value)| (name.into_owned(), Value::from(value.into_owned())));
        Value::Object(pairs.collect())
    }

    /// Returns the body as the log may have it: tokens and secrets are no part of it.
    pub(super) fn logged(&self) -> Value {
        let mut value = self.fields();
        for (name, field) in value.as_object_mut().into_iter().flatten() {
            let name = name.to_lowercase().replace('_', "");
            if ["assertion", "subjecttoken", "refreshtoken", "clientsecret", "accesstoken"].contains(&name.as_str()) {
                *field = Value::from("…");
            }
        }
        value
    }
}
