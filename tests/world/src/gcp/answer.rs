//! Answers, and Google's way to say no.

use serde_json::{Value, json};

/// What is sent back.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Body,
    pub(super) headers: Vec<(String, String)>,
}

/// JSON, or the bare text of the metadata server.
#[derive(Clone, Debug)]
pub(super) enum Body {
    Json(Value),
    Text(String),
}

impl Answer {
    pub(super) fn json(body: Value) -> Self {
        Self { status: 200, body: Body::Json(body), headers: Vec::new() }
    }

    pub(super) fn text(text: impl Into<String>) -> Self {
        Self { status: 200, body: Body::Text(text.into()), headers: Vec::new() }
    }

    /// An error as all Google APIs have them; branch on `status`, never on the message.
    pub(super) fn error(code: u16, status: &str, message: impl Into<String>, details: Vec<Value>) -> Self {
        let mut error = json!({ "code": code, "message": message.into(), "status": status });
        if !details.is_empty() {
            error["details"] = Value::Array(details);
        }
        Self { status: code, body: Body::Json(json!({ "error": error })), headers: Vec::new() }
    }

    /// An error as the token endpoints have them.
    pub(super) fn oauth(code: u16, error: &str, description: impl Into<String>) -> Self {
        let body = json!({ "error": error, "error_description": description.into() });
        Self { status: code, body: Body::Json(body), headers: Vec::new() }
    }

    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self::error(400, "INVALID_ARGUMENT", message, Vec::new())
    }

    pub(super) fn missing(message: impl Into<String>) -> Self {
        Self::error(404, "NOT_FOUND", message, Vec::new())
    }

    pub(super) fn precondition(message: impl Into<String>, details: Vec<Value>) -> Self {
        Self::error(400, "FAILED_PRECONDITION", message, details)
    }

    pub(super) fn aborted() -> Self {
        let message = "There were concurrent policy changes. Please retry the whole read-modify-write with exponential \
                       backoff. The request's ETag did not match the current policy's ETag.";
        Self::error(409, "ABORTED", message, Vec::new())
    }

    /// The caller's token is no good; `reason` is what the details say.
    pub(super) fn unauthenticated(reason: &str) -> Self {
        let message = if reason == "CREDENTIALS_MISSING" {
            "Request is missing required authentication credential. Expected OAuth 2 access token, login cookie or \
             other valid authentication credential."
        } else {
            "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other \
             valid authentication credential."
        };
        Self::error(401, "UNAUTHENTICATED", message, vec![reason_of(reason, "googleapis.com", json!({}))])
    }

    /// The caller lacks a permission, in the words of the API that was asked.
    pub(super) fn denied(service: &str, permission: &str, resource: &str) -> Self {
        let message = match service {
            "container" => format!("Required \"{permission}\" permission(s) for \"{resource}\"."),
            "cloudresourcemanager" => "The caller does not have permission".to_owned(),
            "serviceusage" => format!("Permission denied to get or change service [{resource}]"),
            _ => format!("Permission '{permission}' denied on resource (or it may not exist)."),
        };
        let metadata = json!({ "permission": permission, "resource": resource });
        let domain = format!("{service}.googleapis.com");
        let reason = reason_of("IAM_PERMISSION_DENIED", &domain, metadata);
        Self::error(403, "PERMISSION_DENIED", message, vec![reason])
    }

    /// An API that is off in a project.
    pub(super) fn service_disabled(service: &str, number: &str) -> Self {
        let title = match service {
            "container.googleapis.com" => "Kubernetes Engine API",
            "iam.googleapis.com" => "Identity and Access Management (IAM) API",
            "iamcredentials.googleapis.com" => "IAM Service Account Credentials API",
            "cloudresourcemanager.googleapis.com" => "Cloud Resource Manager API",
            other => other,
        };
        let url = format!("https://console.developers.google.com/apis/api/{service}/overview?project={number}");
        let message = format!(
            "{title} has not been used in project {number} before or it is disabled. Enable it by visiting {url} then \
             retry. If you enabled this API recently, wait a few minutes for the action to propagate to our systems \
             and retry."
        );
        let link = json!({ "description": "Google developers console API activation", "url": url });
        let help = json!({ "@type": "type.googleapis.com/google.rpc.Help", "links": [link] });
        let metadata = json!({ "service": service, "consumer": format!("projects/{number}") });
        let reason = reason_of("SERVICE_DISABLED", "googleapis.com", metadata);
        Self::error(403, "PERMISSION_DENIED", message, vec![help, reason])
    }

    pub(super) fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// The word that programs branch on, empty when all went well.
    pub(super) fn code(&self) -> String {
        let Body::Json(body) = &self.body else {
            return String::new();
        };
        let error = &body["error"];
        error["status"].as_str().or_else(|| error.as_str()).unwrap_or_default().to_owned()
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        match &self.body {
            Body::Json(body) => serde_json::to_vec(body).expect("a value is JSON"),
            Body::Text(text) => text.clone().into_bytes(),
        }
    }
}

/// Returns the machine-readable reason in the details of an error.
pub(super) fn reason_of(reason: &str, domain: &str, metadata: Value) -> Value {
    json!({
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": reason,
        "domain": domain,
        "metadata": metadata,
    })
}
