//! A service account's token becomes a role exactly when provider, audience, time, signature and trust say so.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use world::aws::{Account, Aws};

const AUDIENCE: &str = "sts.amazonaws.com";

/// Makes the provider of an issuer, and a role that exactly this service account may take.
fn prepare(account: &Account, issuer: &str, subject: &str) -> String {
    let create = ["iam", "create-open-id-connect-provider", "--client-id-list", AUDIENCE, "--url", issuer];
    let provider = account.aws(&create)["OpenIDConnectProviderArn"].clone();
    let host = issuer.trim_start_matches("https://");
    let trust = json!({ "Version": "2012-10-17", "Statement": [{
        "Effect": "Allow",
        "Principal": { "Federated": provider },
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": { "StringEquals": { format!("{host}:aud"): AUDIENCE, format!("{host}:sub"): subject } },
    }] });
    let trust = trust.to_string();
    let role = account.aws(&["iam", "create-role", "--role-name", "runner", "--assume-role-policy-document", &trust]);
    role["Role"]["Arn"].as_str().expect("an ARN").to_owned()
}

#[test]
fn exactly_the_named_service_account_takes_the_role() {
    let aws = Aws::shared();
    let (world, account, stranger) = (aws.control_plane(), aws.account(), aws.account());
    let cluster = account.cluster("irsa", world);
    let namespace = world.unique_name("jobs");
    let role = prepare(&account, &cluster.issuer(), &format!("system:serviceaccount:{namespace}:job"));
    let assume = |token: &str| account.assume_with_web_identity(&role, token);

    let token = world.service_account_token(&namespace, "job", AUDIENCE);
    let identity = assume(&token).expect("it is the one");
    assert_eq!(identity.arn, format!("arn:aws:sts::{}:assumed-role/runner/a-session", account.id()));
    let arguments = ["sts", "get-caller-identity"];
    assert_eq!(account.try_aws(&identity.env, &arguments).expect("the credentials count")["Arn"], identity.arn);
    let log = account.requests();
    let taken = log.iter().find(|it| it.action == "AssumeRoleWithWebIdentity").expect("the role's account logs it");
    assert!(taken.status == 200 && !taken.params.to_string().contains(&token), "{taken:?}");

    let other = world.service_account_token(&namespace, "default", AUDIENCE);
    let denied = assume(&other).expect_err("it is another account");
    assert!(denied.contains("(AccessDenied)") && denied.contains("Not authorized to perform"), "{denied}");
    let other = world.service_account_token(&format!("{namespace}-2"), "job", AUDIENCE);
    assert!(assume(&other).expect_err("it is another namespace").contains("(AccessDenied)"));
    let other = world.service_account_token(&namespace, "job", "https://kubernetes.default.svc");
    assert!(assume(&other).expect_err("it is for somebody else").contains("Incorrect token audience"));
    let elsewhere = stranger.iam_arn("role/runner");
    let refused = stranger.assume_with_web_identity(&elsewhere, &token).expect_err("that account knows no provider");
    assert!(refused.contains("No OpenIDConnect provider found in your account for"), "{refused}");
    let missing = account.assume_with_web_identity(&account.iam_arn("role/missing"), &token);
    assert!(missing.expect_err("there is no such role").contains("(AccessDenied)"));

    // The signature is over the claims: nobody else's claims go with it.
    let parts: Vec<&str> = token.split('.').collect();
    let forged: Vec<&str> = vec![parts[0], other.split('.').nth(1).expect("claims"), parts[2]];
    assert!(assume(&forged.join(".")).expect_err("it is forged").contains("InvalidIdentityToken"));
    assert!(assume("no-token").expect_err("it is no token").contains("not a valid JWT"));
}

/// An issuer with an RSA key, as real EKS has.
struct Issuer {
    url: String,
    key: PathBuf,
    _folder: tempfile::TempDir,
}

impl Issuer {
    fn new(aws: &Aws, id: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let key = folder.path().join("key.pem");
        let made = openssl(&["genrsa", "-out", key.to_str().expect("a path is text"), "2048"], b"");
        assert!(made.is_empty());
        let modulus = openssl(&["rsa", "-noout", "-modulus", "-in", key.to_str().expect("a path is text")], b"");
        let text = String::from_utf8(modulus).expect("it is hexadecimal");
        let digits = text.trim().trim_start_matches("Modulus=").as_bytes();
        let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).expect("digits"), 16).expect("digits");
        let modulus: Vec<u8> = digits.chunks(2).map(byte).collect();
        let url = format!("https://oidc.eks.eu-central-1.amazonaws.com/id/{id}");
        let keys = json!({ "keys": [{
            "kty": "RSA", "alg": "RS256", "use": "sig", "kid": "one", "n": URL_SAFE_NO_PAD.encode(modulus), "e": "AQAB",
        }] });
        aws.trust_keys(&url, &keys);
        Self { url, key, _folder: folder }
    }

    fn token(&self, expires_in: i64) -> String {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs() as i64;
        let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let claims = json!({
            "iss": self.url, "aud": [AUDIENCE], "sub": "system:serviceaccount:jobs:job", "exp": now + expires_in,
        });
        let signed = format!("{}.{}", part(json!({ "alg": "RS256", "kid": "one" })), part(claims));
        let key = self.key.to_str().expect("a path is text");
        let signature = openssl(&["dgst", "-sha256", "-sign", key], signed.as_bytes());
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

fn openssl(arguments: &[&str], input: &[u8]) -> Vec<u8> {
    use std::io::Write as _;
    let mut child = Command::new("openssl")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("openssl is on the PATH");
    child.stdin.take().expect("it was asked for").write_all(input).expect("openssl reads");
    child.wait_with_output().expect("openssl ends").stdout
}

#[test]
fn tokens_of_an_rsa_key_count_until_they_expire() {
    let aws = Aws::shared();
    let account = aws.account();
    let issuer = Issuer::new(aws, "00000000000000000000000000000001");
    let stranger = Issuer::new(aws, "00000000000000000000000000000002");
    let role = prepare(&account, &issuer.url, "system:serviceaccount:jobs:job");
    let answer = account.aws(&[
        "sts",
        "assume-role-with-web-identity",
        "--role-session-name",
        "session",
        "--role-arn",
        &role,
        "--web-identity-token",
        &issuer.token(600),
    ]);
    assert_eq!(answer["SubjectFromWebIdentityToken"], "system:serviceaccount:jobs:job");
    assert_eq!(answer["Audience"], AUDIENCE);
    assert_eq!(answer["Provider"], account.iam_arn(&format!("oidc-provider/{}", &issuer.url["https://".len()..])));
    let expired = account.assume_with_web_identity(&role, &issuer.token(-5)).expect_err("it is over");
    assert!(expired.contains("(ExpiredTokenException)"), "{expired}");
    let mut foreign = Issuer::new(aws, "00000000000000000000000000000003");
    foreign.url.clone_from(&issuer.url);
    let refused = account.assume_with_web_identity(&role, &foreign.token(600)).expect_err("another key signed it");
    assert!(refused.contains("(InvalidIdentityToken)") && refused.contains("could not be validated"), "{refused}");
    let refused = account.assume_with_web_identity(&role, &stranger.token(600)).expect_err("another issuer made it");
    assert!(refused.contains("No OpenIDConnect provider found"), "{refused}");
}
