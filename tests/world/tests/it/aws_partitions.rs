//! China and GovCloud: ARNs carry the region's partition, and those of another one are refused.

use serde_json::json;
use world::aws::{Account, Aws};

fn prepare(account: &Account, partition: &str, issuer_host: &str) {
    let identity = account.aws(&["sts", "get-caller-identity"]);
    assert_eq!(identity["Arn"], format!("arn:{partition}:iam::{}:root", account.id()));
    let issuer = format!("https://{issuer_host}/id/0123456789ABCDEF0123456789ABCDEF");
    let create = ["iam", "create-open-id-connect-provider", "--client-id-list", "sts.amazonaws.com", "--url", &issuer];
    let provider = account.aws(&create)["OpenIDConnectProviderArn"].clone();
    assert_eq!(
        provider,
        format!("arn:{partition}:iam::{}:oidc-provider/{}", account.id(), &issuer["https://".len()..])
    );
    let trust = json!({ "Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": { "Federated": provider }, "Action": "sts:AssumeRoleWithWebIdentity",
    }] });
    let text = trust.to_string();
    let arguments = ["iam", "create-role", "--role-name", "runner", "--assume-role-policy-document", &text];
    assert_eq!(account.aws(&arguments)["Role"]["Arn"], account.iam_arn("role/runner"));
    let role = account.aws(&["iam", "get-role", "--role-name", "runner"])["Role"].clone();
    assert_eq!(role["AssumeRolePolicyDocument"], trust);
    assert_eq!(account.role("runner").expect("it is there")["AssumeRolePolicyDocument"], trust);

    let attach = |arn: &str| {
        account.try_aws(&account.env(), &["iam", "attach-role-policy", "--role-name", "runner", "--policy-arn", arn])
    };
    attach(&format!("arn:{partition}:iam::aws:policy/AmazonS3ReadOnlyAccess")).expect("the partition has it");
    let refused = attach("arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess").expect_err("it is another partition's");
    assert!(refused.contains("(InvalidInput)"), "{refused}");
    let foreign = trust.to_string().replace(partition, "aws");
    let arguments = ["iam", "create-role", "--role-name", "two", "--assume-role-policy-document", &foreign];
    let refused = account.try_aws(&account.env(), &arguments).expect_err("the provider is another partition's");
    assert!(refused.contains("(MalformedPolicyDocument)"), "{refused}");

    let cluster = account.paper_cluster("far");
    assert_eq!(account.aws(&["eks", "describe-cluster", "--name", "far"])["cluster"]["arn"], cluster.arn());
    let user = account.user_with_policy(
        "ada",
        &json!({ "Version": "2012-10-17", "Statement": [
            { "Effect": "Allow", "Action": "eks:DescribeCluster", "Resource": cluster.arn() },
        ] }),
    );
    assert!(user.arn.starts_with(&format!("arn:{partition}:iam::")), "{}", user.arn);
    account.try_aws(&user.env, &["eks", "describe-cluster", "--name", "far"]).expect("the policy names it");
    let denied = account.try_aws(&user.env, &["iam", "get-role", "--role-name", "runner"]).expect_err("it does not");
    assert!(denied.contains(&format!("User: {}", user.arn)), "{denied}");
}

#[test]
fn china_has_its_own_arns_issuers_and_sts() {
    let aws = Aws::shared();
    let account = aws.account_in("cn-north-1");
    prepare(&account, "aws-cn", "oidc.eks.cn-north-1.amazonaws.com.cn");
    let cluster = account.paper_cluster("login");
    let status = aws.review(&cluster.token(&account.env()));
    assert_eq!(status["user"]["username"], account.iam_arn("root"), "{status}");
}

#[test]
fn govcloud_has_its_own_arns() {
    let account = Aws::shared().account_in("us-gov-west-1");
    prepare(&account, "aws-us-gov", "oidc.eks.us-gov-west-1.amazonaws.com");
}

#[test]
fn long_lists_come_in_pages() {
    let account = Aws::shared().account();
    for number in 0..5 {
        account.paper_cluster(&format!("c{number}"));
    }
    account.pages_of(2);
    let listed = account.aws(&["eks", "list-clusters"]);
    assert_eq!(listed["clusters"].as_array().expect("a list").len(), 5);
    assert_eq!(account.requests().iter().filter(|it| it.action == "ListClusters").count(), 3);
}
