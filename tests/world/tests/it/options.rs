//! A control plane of one's own, with another issuer and a token webhook.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use world::{ControlPlaneOptions, Credential, World, kubeconfig};

#[test]
fn another_issuer_and_a_token_webhook_are_taken() {
    // The webhook says yes to every token, and names the user after nobody else.
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://127.0.0.1:{}/", listener.local_addr().expect("an address").port());
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = stream.read(&mut [0; 16384]);
            let body = r#"{"apiVersion":"authentication.k8s.io/v1","kind":"TokenReview","status":{"authenticated":true,"user":{"username":"webhook-user","groups":["system:masters"]}}}"#;
            let head = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
                body.len()
            );
            let _ = stream.write_all(format!("{head}{body}").as_bytes());
        }
    });
    let folder = tempfile::tempdir().expect("a folder");
    let config = folder.path().join("webhook.yaml");
    let authority = world::certificates::Authority::new("unused");
    let document = kubeconfig::document("webhook", &url, authority.certificate(), &Credential::Token("unused"));
    std::fs::write(&config, document).expect("a file");

    let world = World::start(&ControlPlaneOptions {
        issuer: "https://oidc.example/id/1".to_owned(),
        extra_apiserver_flags: vec![
            format!("--authentication-token-webhook-config-file={}", config.display()),
            "--authentication-token-webhook-version=v1".to_owned(),
        ],
    });
    let discovery = world.text("/.well-known/openid-configuration");
    assert!(discovery.contains("https://oidc.example/id/1"), "{discovery}");
    let file = world.kubeconfig("cloud", &world.server_url(), &Credential::Token("k8s-aws-v1.something"));
    let output = std::process::Command::new("kubectl")
        .args(["auth", "whoami", "-o", "jsonpath={.status.userInfo.username}", "--kubeconfig"])
        .arg(file)
        .output()
        .expect("kubectl is on the PATH");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "webhook-user", "{}", String::from_utf8_lossy(&output.stderr));
}
