//! Logging in to the EKS control plane as a principal of IAM: the real API server asks the token webhook.

use std::collections::BTreeMap;
use std::process::Command;

use world::aws::{Aws, Cluster};
use world::{Credential, World};

/// What the API server calls the holder of a token, or what it says instead.
fn whoami(world: &World, token: &str) -> Result<String, String> {
    let kubeconfig = world.kubeconfig("eks", &world.server_url(), &Credential::Token(token));
    let output = Command::new("kubectl")
        .args([
            "auth",
            "whoami",
            "-o",
            "jsonpath={.status.userInfo.username} {.status.userInfo.groups}",
            "--kubeconfig",
        ])
        .arg(kubeconfig)
        .output()
        .expect("kubectl is on the PATH");
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

#[test]
fn root_and_those_with_an_access_entry_log_in_and_nobody_else() {
    let aws = Aws::shared();
    let world = aws.control_plane();
    let account = aws.account();
    let cluster = account.cluster("login", world);
    let login = |cluster: &Cluster, env: &BTreeMap<String, String>| whoami(world, &cluster.token(env));

    let root = login(&cluster, &account.env()).expect("root is the administrator");
    assert!(root.starts_with(&account.iam_arn("root")) && root.contains("system:masters"), "{root}");

    let user = account.user("ada");
    let refused = login(&cluster, &user.env).expect_err("there is no access entry");
    assert!(refused.contains("Unauthorized") || refused.contains("must be logged in"), "{refused}");
    cluster.admit(&user.arn);
    let admitted = login(&cluster, &user.env).unwrap_or_else(|said| panic!("{said} {:?}", aws.token_reviews()));
    assert!(admitted.starts_with(&user.arn), "{admitted}");

    // A token for another cluster's name does not count here, even when that cluster is somebody else's.
    let other = aws.account().cluster("login-elsewhere", world);
    assert!(login(&other, &user.env).is_err());
    assert!(login(&account.paper_cluster("login-unknown"), &user.env).is_err());
}
