//! Tokens for the cluster's API server: a presigned request that only STS can answer, as `aws eks get-token` makes it.

use std::fmt;
use std::time::{Duration, Instant, SystemTime};

use aws_credential_types::Credentials;
use aws_credential_types::provider::ProvideCredentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SignatureLocation, SigningParams, SigningSettings, sign};
use aws_sigv4::sign::v4;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::Zeroizing;

use super::AwsError;
use super::client::{Aws, CREDENTIALS_TIMEOUT};
use super::credentials::credentials_error;
use super::names::Region;

/// What the API server's authenticator recognises a token by.
const PREFIX: &str = "k8s-aws-v1.";
/// The header that ties a token to one cluster.
const CLUSTER_HEADER: &str = "x-k8s-aws-id";
/// What the request says about its own age; the authenticator takes it for 15 minutes whatever this says.
const EXPIRES: Duration = Duration::from_secs(60);
/// After this time a new one is made.
const FRESH: Duration = Duration::from_secs(600);

/// A bearer token for one cluster. Wiped from memory when dropped; cannot be printed or serialised.
#[derive(Clone)]
pub struct ClusterToken(Zeroizing<String>);

impl ClusterToken {
    /// The token itself.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ClusterToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClusterToken([redacted])")
    }
}

/// A token, and when it was made.
pub(super) struct CachedToken {
    token: ClusterToken,
    made: Instant,
}

impl Aws {
    /// A token for the API server of a cluster, at most ten minutes old: ask again before long waits. Sends nothing,
    /// except what getting credentials sends.
    ///
    /// # Errors
    /// No usable credentials.
    pub async fn cluster_token(&self, cluster: &str) -> Result<ClusterToken, AwsError> {
        let mut tokens = self.shared.tokens.lock().await;
        if let Some(cached) = tokens.get(cluster).filter(|cached| cached.made.elapsed() < FRESH) {
            return Ok(cached.token.clone());
        }
        let made = Instant::now();
        let token = presign(&self.credentials().await?, self.region(), cluster, SystemTime::now())?;
        tokens.insert(cluster.to_owned(), CachedToken { token: token.clone(), made });
        Ok(token)
    }

    async fn credentials(&self) -> Result<Credentials, AwsError> {
        let none = || AwsError::NoCredentials { tried: Vec::new(), profile: self.shared.profile.clone() };
        let provider = self.shared.config.credentials_provider().ok_or_else(none)?;
        // A token may also be needed while the agent is waited for, which has a time of its own.
        let deadline = self.shared.deadline().max(Instant::now() + CREDENTIALS_TIMEOUT);
        match tokio::time::timeout_at(deadline.into(), provider.provide_credentials()).await {
            Ok(Ok(credentials)) => Ok(credentials),
            Ok(Err(error)) => Err(credentials_error(&error, &self.shared)),
            Err(_) => Err(AwsError::TimedOut { action: "getting credentials".to_owned() }),
        }
    }
}

/// The host is always the real one: the authenticator takes no other, whatever endpoint this run talks to.
fn presign(
    credentials: &Credentials,
    region: &Region,
    cluster: &str,
    now: SystemTime,
) -> Result<ClusterToken, AwsError> {
    let failed =
        |message: String| AwsError::CredentialsFailed { profile: None, causes: vec![message], advice: Vec::new() };
    let uri = format!("https://sts.{region}.{}/?Action=GetCallerIdentity&Version=2011-06-15", region.dns_suffix());
    let mut request =
        http::Request::get(uri).header(CLUSTER_HEADER, cluster).body(()).map_err(|error| failed(error.to_string()))?;
    let mut settings = SigningSettings::default();
    settings.signature_location = SignatureLocation::QueryParams;
    settings.expires_in = Some(EXPIRES);
    let identity = credentials.clone().into();
    let params: SigningParams<'_> = v4::SigningParams::builder()
        .identity(&identity)
        .region(region.as_str())
        .name("sts")
        .time(now)
        .settings(settings)
        .build()
        .map_err(|error| failed(error.to_string()))?
        .into();
    let uri = request.uri().to_string();
    let signable = SignableRequest::new("GET", uri, [(CLUSTER_HEADER, cluster)].into_iter(), SignableBody::Bytes(&[]))
        .map_err(|error| failed(error.to_string()))?;
    let (instructions, _) = sign(signable, &params).map_err(|error| failed(error.to_string()))?.into_parts();
    instructions.apply_to_request_http1x(&mut request);
    let url = Zeroizing::new(request.uri().to_string());
    Ok(ClusterToken(Zeroizing::new(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(url.as_bytes())))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(session: Option<&str>, region: &str) -> url::Url {
        let credentials = Credentials::new("AKIDEXAMPLE", "secret/key", session.map(str::to_owned), None, "test");
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_225_600);
        let token = presign(&credentials, &region.parse().unwrap(), "prod", now).unwrap();
        assert!(token.expose().len() <= 4096);
        assert_eq!(format!("{token:?}"), "ClusterToken([redacted])");
        let encoded = token.expose().strip_prefix("k8s-aws-v1.").unwrap();
        assert!(!encoded.contains('='));
        String::from_utf8(URL_SAFE_NO_PAD.decode(encoded).unwrap()).unwrap().parse().unwrap()
    }

    /// The rules by which aws-iam-authenticator's server takes or rejects a token.
    #[test]
    fn the_authenticator_takes_it() {
        for (region, host) in [
            ("eu-central-1", "sts.eu-central-1.amazonaws.com"),
            ("cn-north-1", "sts.cn-north-1.amazonaws.com.cn"),
            ("us-gov-west-1", "sts.us-gov-west-1.amazonaws.com"),
        ] {
            for session in [None, Some("a+session/token==")] {
                let url = url(session, region);
                assert_eq!((url.scheme(), url.host_str(), url.path()), ("https", Some(host), "/"));
                assert_eq!(url.port(), None);
                let query: std::collections::BTreeMap<_, _> =
                    url.query_pairs().map(|(key, value)| (key.to_lowercase(), value.into_owned())).collect();
                let mut keys = vec![
                    "action",
                    "version",
                    "x-amz-algorithm",
                    "x-amz-credential",
                    "x-amz-date",
                    "x-amz-expires",
                    "x-amz-signature",
                    "x-amz-signedheaders",
                ];
                keys.extend(session.map(|_| "x-amz-security-token"));
                keys.sort_unstable();
                assert_eq!(query.keys().map(String::as_str).collect::<Vec<_>>(), keys);
                assert_eq!(url.query_pairs().count(), keys.len(), "no key stands there twice");
                assert_eq!(query["action"], "GetCallerIdentity");
                assert_eq!(query["x-amz-signedheaders"], "host;x-k8s-aws-id");
                assert_eq!(query["x-amz-expires"], "60");
                assert_eq!(query["x-amz-date"], "20260101T000000Z");
                assert_eq!(query["x-amz-credential"], format!("AKIDEXAMPLE/20260101/{region}/sts/aws4_request"));
                assert_eq!(query.get("x-amz-security-token").map(String::as_str), session);
            }
        }
    }

    #[tokio::test]
    async fn a_token_is_kept_for_ten_minutes_and_no_longer() {
        let server = super::super::server::Server::with(Vec::new()).await;
        let name = || "prod".to_owned();
        let age = |seconds| Instant::now().checked_sub(Duration::from_secs(seconds)).unwrap();
        for (seconds, is_kept) in [(1, true), (599, true), (601, false)] {
            let old = CachedToken { token: ClusterToken(Zeroizing::new("old".to_owned())), made: age(seconds) };
            server.aws.shared.tokens.lock().await.insert(name(), old);
            let token = server.aws.cluster_token("prod").await.unwrap();
            assert_eq!(token.expose() == "old", is_kept, "{seconds}");
        }
        let token = server.aws.cluster_token("prod").await.unwrap();
        assert_eq!(server.aws.cluster_token("prod").await.unwrap().expose(), token.expose());
    }
}
