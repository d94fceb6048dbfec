//! A plain client of the Azure stand-in, for its own tests.

use serde_json::Value;
use world::azure::{Azure, Identity};

/// The versions that runner-setup's kind of clients ask for.
pub(crate) const AKS: &str = "api-version=2025-05-01";
pub(crate) const IDENTITY: &str = "api-version=2024-11-30";
pub(crate) const ROLES: &str = "api-version=2022-04-01";

/// What came back.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) status: u16,
    pub(crate) retry_after: Option<String>,
    pub(crate) body: Value,
}

impl Said {
    /// Returns the document of a success.
    #[track_caller]
    pub(crate) fn ok(self) -> Value {
        assert!(self.status < 300, "{} {}", self.status, self.body);
        self.body
    }

    /// Returns the status and the code of a refusal by ARM.
    #[track_caller]
    pub(crate) fn refused(&self) -> (u16, &str) {
        assert!(self.status >= 300, "{}", self.body);
        (self.status, self.body["error"]["code"].as_str().unwrap_or_default())
    }

    /// Returns the number of a refusal by the authority.
    #[track_caller]
    pub(crate) fn number(&self) -> u64 {
        assert!(self.status >= 300, "{}", self.body);
        self.body["error_codes"][0].as_u64().unwrap_or_default()
    }

    pub(crate) fn message(&self) -> &str {
        self.body["error"]["message"].as_str().or_else(|| self.body["error_description"].as_str()).unwrap_or_default()
    }
}

/// Calls ARM as somebody; a body of `Null` is none.
pub(crate) fn call(identity: &Identity, method: &str, path: &str, body: &Value) -> Said {
    call_with(&identity.token(), method, path, body)
}

/// Calls ARM with this bearer token.
pub(crate) fn call_with(token: &str, method: &str, path: &str, body: &Value) -> Said {
    let method: reqwest::Method = method.parse().expect("a method");
    send(|http, url| {
        let request = http.request(method, format!("{url}{path}")).bearer_auth(token);
        if body.is_null() { request } else { request.json(body) }
    })
}

/// Asks the authority for a token.
pub(crate) fn token(tenant: &str, fields: &[(&str, &str)]) -> Said {
    let mut url = reqwest::Url::parse("http://it/").expect("a URL");
    url.query_pairs_mut().extend_pairs(fields);
    let text = url.query().unwrap_or_default().to_owned();
    send(|http, url| {
        http.post(format!("{url}/{tenant}/oauth2/v2.0/token"))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(text)
    })
}

/// Exchanges an assertion for a token of a client.
pub(crate) fn exchange(tenant: &str, client: &str, assertion: &str) -> Said {
    token(
        tenant,
        &[
            ("grant_type", "client_credentials"),
            ("client_id", client),
            ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
            ("client_assertion", assertion),
            ("scope", "https://management.azure.com/.default"),
        ],
    )
}

/// Sends anything.
pub(crate) fn send(request: impl FnOnce(&reqwest::Client, String) -> reqwest::RequestBuilder) -> Said {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let azure = Azure::shared();
    runtime.block_on(async {
        let authority = reqwest::Certificate::from_pem(azure.certificate().as_bytes()).expect("a certificate");
        let http = reqwest::Client::builder().no_proxy().tls_certs_only([authority]).build().expect("a client");
        let answer = request(&http, azure.url()).send().await.expect("an answer");
        let status = answer.status().as_u16();
        let retry_after = answer.headers().get("retry-after").and_then(|it| it.to_str().ok()).map(str::to_owned);
        let text = answer.text().await.expect("a body");
        Said { status, retry_after, body: serde_json::from_str(&text).unwrap_or(Value::String(text)) }
    })
}
