use std::io::Write;

#[cfg(unix)]
use super::super::az::tests::az;
#[cfg(unix)]
use super::super::server::S;
use super::super::server::{SECRET, Server, TOKEN, entra, token};
use super::super::{Azure, AzureOptions};
use crate::access::Access;
use crate::cloud::azure::AzureError;
use crate::failure::{Failure, FailureKind};
use crate::interrupt::Interrupt;
use crate::process::Process;
use crate::settings::AzureCloud;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

fn options() -> AzureOptions {
    AzureOptions {
        cloud: AzureCloud::Public,
        arm_endpoint: None,
        tenant: None,
        subscription: None,
        extra_roots: Vec::new(),
        access: Access::Write,
        deadline: std::time::Instant::now(),
        on_retry: std::sync::Arc::new(|_| {}),
        interrupt: Interrupt::default(),
    }
}

fn process(env: &[(&str, &str)]) -> Process {
    let env = env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Process { env, ..Process::default() }
}

/// The fields of a form.
fn form(request: &str) -> std::collections::BTreeMap<String, String> {
    let body = request.split_once("\r\n\r\n").unwrap().1;
    url::form_urlencoded::parse(body.as_bytes()).into_owned().collect()
}

#[test]
fn every_source_says_why_it_is_none() {
    let error = Azure::connect(&process(&[("AZURE_TENANT_ID", "t-1")]), options()).unwrap_err();
    let failure = Failure::from(error);
    assert_eq!(failure.kind, FailureKind::Refused);
    for words in [
        "AZURE_CLIENT_SECRET",
        "AZURE_CLIENT_CERTIFICATE_PATH",
        "AZURE_FEDERATED_TOKEN_FILE",
        "az is not on PATH",
        "managed identity",
    ] {
        assert!(failure.causes.iter().any(|cause| cause.contains(words)), "{failure:?}");
    }
    assert_eq!(failure.hints[0], "az login --tenant t-1");
}

#[test]
fn what_somebody_chose_is_used_or_refused() {
    for (env, words) in [
        (vec![("AZURE_CLIENT_SECRET", SECRET)], "AZURE_TENANT_ID is not set"),
        (vec![("AZURE_CLIENT_SECRET", SECRET), ("AZURE_TENANT_ID", "t")], "AZURE_CLIENT_ID is not set"),
        (
            vec![("AZURE_CLIENT_SECRET", SECRET), ("AZURE_TENANT_ID", "a/b"), ("AZURE_CLIENT_ID", "c")],
            "invalid tenant ID",
        ),
        (
            vec![("AZURE_CLIENT_CERTIFICATE_PATH", "/nowhere"), ("AZURE_TENANT_ID", "t"), ("AZURE_CLIENT_ID", "c")],
            "No such file",
        ),
        (
            vec![("AZURE_FEDERATED_TOKEN_FILE", "/nowhere"), ("AZURE_TENANT_ID", "t"), ("AZURE_CLIENT_ID", "c")],
            "failed to read federated token",
        ),
    ] {
        let error = Azure::connect(&process(&env), options()).unwrap_err();
        assert!(matches!(error, AzureError::CredentialsUnusable { .. }), "{error}");
        assert!(error.to_string().contains(words) && !error.to_string().contains(SECRET), "{error}");
    }
}

#[tokio::test]
async fn a_client_secret_is_sent_to_the_authority_and_the_tokens_are_kept() {
    let server = Server::start(vec![token(), token()], &[]).await;
    for _ in 0..2 {
        assert_eq!(server.azure.cluster_token().await.unwrap().expose(), TOKEN);
        assert!(server.azure.tenant().await.is_ok());
    }
    let asked = server.asked();
    assert_eq!(asked.len(), 2);
    assert!(asked[0].starts_with("POST /my-tenant/oauth2/v2.0/token HTTP"), "{asked:?}");
    let fields = form(&asked[0]);
    assert_eq!((fields["client_secret"].as_str(), fields["client_id"].as_str()), (SECRET, "client-1"));
    assert_eq!(fields["scope"], "6dae42f8-4368-4678-94ff-3960e28e3630/.default");
    assert_eq!(form(&asked[1])["scope"], "https://management.azure.com/.default");
    assert_eq!(server.azure.credentials(), "the client secret in AZURE_CLIENT_SECRET of client client-1");
}

#[tokio::test]
async fn entra_s_refusals_have_a_meaning() {
    for (code, words, hint) in [
        (7_000_215, "getting a token from the client secret", "az ad app credential list"),
        (90002, "getting a token from", "check AZURE_TENANT_ID"),
        (
            53003,
            "conditional access refuses the client secret in AZURE_CLIENT_SECRET of client client-1 (AADSTS53003)",
            "compliant device",
        ),
        (700_024, "getting a token from", "clock"),
    ] {
        let server = Server::start(vec![entra(code, "invalid_client")], &[]).await;
        let failure = Failure::from(server.azure.cluster_token().await.unwrap_err());
        assert!(failure.message.contains(words), "{failure:?}");
        assert!(failure.hints.iter().any(|it| it.contains(hint)), "{failure:?}");
        assert_eq!(failure.causes, [format!("AADSTS{code}: no.")]);
        assert_eq!((failure.kind, server.asked().len()), (FailureKind::Refused, 1));
    }
    let busy = || super::super::server::Answer(503, "{}".to_owned(), "");
    let server = Server::start(vec![busy(), token()], &[]).await;
    server.azure.cluster_token().await.unwrap();
    assert!(server.told()[0].starts_with("127.0.0.1 answered 503; asking again"), "{:?}", server.told());
}

#[tokio::test]
async fn a_federated_token_is_an_assertion() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(b"federated").unwrap();
    let path = file.path().to_str().unwrap().to_owned();
    let env = [("AZURE_CLIENT_SECRET", "-"), ("AZURE_FEDERATED_TOKEN_FILE", path.as_str())];
    let server = Server::start(vec![token()], &env).await;
    server.azure.cluster_token().await.unwrap();
    let fields = form(&server.asked()[0]);
    assert_eq!(fields["client_assertion"], "federated");
    assert!(server.azure.credentials().starts_with("the federated token in "));
}

#[tokio::test]
async fn a_certificate_signs_an_assertion() {
    use aws_lc_rs::encoding::AsDer;
    use aws_lc_rs::signature::{KeyPair, RSA_PKCS1_2048_8192_SHA256, RsaKeyPair, UnparsedPublicKey};
    let key = RsaKeyPair::generate(aws_lc_rs::rsa::KeySize::Rsa2048).unwrap();
    let pkcs8: aws_lc_rs::encoding::Pkcs8V1Der<'_> = key.as_der().unwrap();
    let pem = |name: &str, der: &[u8]| {
        let text = base64::engine::general_purpose::STANDARD.encode(der);
        let lines: Vec<_> = text.as_bytes().chunks(64).map(|line| String::from_utf8_lossy(line).into_owned()).collect();
        format!("-----BEGIN {name}-----\n{}\n-----END {name}-----\n", lines.join("\n"))
    };
    // What matters of a certificate here is that it holds the key.
    let certificate = [b"certificate of ", key.public_key().as_ref()].concat();
    let mut file = tempfile::NamedTempFile::new().unwrap();
    let content = format!("{}{}", pem("PRIVATE KEY", pkcs8.as_ref()), pem("CERTIFICATE", &certificate));
    file.write_all(content.as_bytes()).unwrap();
    let path = file.path().to_str().unwrap().to_owned();
    let env = [("AZURE_CLIENT_SECRET", "-"), ("AZURE_CLIENT_CERTIFICATE_PATH", path.as_str())];
    let server = Server::start(vec![token()], &env).await;
    server.azure.cluster_token().await.unwrap();
    let assertion = form(&server.asked()[0])["client_assertion"].clone();
    let [header, payload, signature] = assertion.split('.').collect::<Vec<_>>().try_into().unwrap();
    let read = |part: &str| -> Value { serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap() };
    let (header_json, claims) = (read(header), read(payload));
    assert_eq!((&header_json["alg"], &header_json["x5c"]), (&json!("RS256"), &Value::Null));
    assert_eq!(header_json["x5t"].as_str().unwrap().len(), 27);
    assert!(claims["aud"].as_str().unwrap().ends_with("/my-tenant/oauth2/v2.0/token"));
    assert_eq!((&claims["iss"], &claims["sub"]), (&json!("client-1"), &json!("client-1")));
    let public = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key.public_key().as_ref());
    let signed = format!("{header}.{payload}");
    public.verify(signed.as_bytes(), &URL_SAFE_NO_PAD.decode(signature).unwrap()).unwrap();
    for (content, words) in [
        ("0\u{82}pfx", "PKCS#12 is not supported"),
        ("-----BEGIN ENCRYPTED PRIVATE KEY-----", "encrypted"),
        ("-----BEGIN CERTIFICATE-----", "no private key"),
        (&pem("PRIVATE KEY", pkcs8.as_ref()), "no certificate that belongs to its key"),
    ] {
        let error = super::super::certificate::Certificate::read(content.as_bytes(), "c", "a", true).unwrap_err();
        assert!(error.contains(words), "{error}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn az_is_asked_without_a_shell_and_its_words_are_kept() {
    let script = format!(
        r#"case "$*" in *"--scope https://management.azure.com/.default"*"--subscription {S}"*) ;; *) echo "$*" >&2; exit 9;; esac
echo '{{"accessToken": "{TOKEN}", "expires_on": 4102444800, "tokenType": "Bearer"}}'"#
    );
    let (_folder, mut process) = az(&script);
    let server = Server::of_process(Vec::new(), process.clone()).await;
    assert!(server.azure.principal().await.unwrap().is_none());
    assert_eq!(server.azure.credentials(), "az's login");
    process.env.insert("AZURE_TENANT_ID".to_owned(), "t-1".to_owned());
    for (said, message, hint) in [
        (
            "ERROR: AADSTS700082: The refresh token has expired.",
            "the login of az's login has expired",
            "az login --tenant t-1",
        ),
        (
            "ERROR: AADSTS50076: you must use multi-factor",
            "conditional access refuses az's login (AADSTS50076)",
            "az login --tenant t-1",
        ),
        (
            "ERROR: Please run 'az login' to setup account.",
            "there are no credentials for Azure",
            "az login --tenant t-1",
        ),
        ("ERROR: something else eyJhbGciOi", "getting a token from az's login", "az login --tenant t-1"),
    ] {
        let (_folder, mut process) =
            az(&format!("case \"$*\" in *'--tenant t-1'*) ;; *) exit 9;; esac\necho \"{said}\" >&2; exit 1"));
        process.env.insert("AZURE_TENANT_ID".to_owned(), "t-1".to_owned());
        let server = Server::of_process(Vec::new(), process).await;
        let failure = Failure::from(server.azure.cluster_token().await.unwrap_err());
        assert!(failure.message.contains(message), "{failure:?}");
        assert!(failure.hints.iter().any(|it| it == hint), "{failure:?}");
        assert!(!format!("{failure:?}").contains("eyJ"), "{failure:?}");
    }
}
