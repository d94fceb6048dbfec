//! moto agrees with what the partitions mean, and can be told what a cluster says.

use serde_json::json;
use world::aws::Moto;

#[test]
fn a_provider_and_a_role_are_made_in_china() {
    let moto = Moto::start("cn-north-1");
    let arn = |resource: &str| format!("arn:aws-cn:iam::{}:{resource}", moto.account_id());
    assert_eq!(moto.aws(&["sts", "get-caller-identity"])["Arn"], arn("root"));
    let cluster = moto.cluster("far", &json!({ "endpoint": "https://127.0.0.1:1", "status": "ACTIVE" }));
    let described = moto.aws(&["eks", "describe-cluster", "--name", "far"])["cluster"].clone();
    assert_eq!(described["arn"], cluster);
    assert_eq!(described["endpoint"], "https://127.0.0.1:1");
    assert_eq!(described["accessConfig"]["authenticationMode"], "API_AND_CONFIG_MAP");
    let issuer = described["identity"]["oidc"]["issuer"].as_str().expect("an issuer").to_owned();
    assert!(issuer.contains(".amazonaws.com.cn/id/") && cluster.starts_with("arn:aws-cn:eks:cn-north-1:"), "{issuer}");

    let create = ["iam", "create-open-id-connect-provider", "--client-id-list", "one", "--url", &issuer];
    let provider = moto.aws(&create)["OpenIDConnectProviderArn"].as_str().expect("an ARN").to_owned();
    assert_eq!(provider, arn(&format!("oidc-provider/{}", &issuer["https://".len()..])));
    let on = |action: &str, more: &[&str]| {
        moto.aws(&[&["iam", action, "--open-id-connect-provider-arn", &provider][..], more].concat())
    };
    on("add-client-id-to-open-id-connect-provider", &["--client-id", "sts.amazonaws.com"]);
    assert_eq!(on("get-open-id-connect-provider", &[])["ClientIDList"], json!(["one", "sts.amazonaws.com"]));
    let trust = json!({ "Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": { "Federated": provider }, "Action": "sts:AssumeRoleWithWebIdentity",
    }] });
    let text = trust.to_string();
    moto.aws(&["iam", "create-role", "--role-name", "runner", "--assume-role-policy-document", &text]);
    let policy = "arn:aws-cn:iam::aws:policy/AmazonS3ReadOnlyAccess";
    moto.aws(&["iam", "attach-role-policy", "--role-name", "runner", "--policy-arn", policy]);
    assert_eq!(moto.aws(&["iam", "get-role", "--role-name", "runner"])["Role"]["Arn"], arn("role/runner"));
}
