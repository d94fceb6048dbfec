//! Accounts are apart, policies count with the resources they name, and a call needs every right that the real one does.

use serde_json::{Value, json};
use world::aws::{Account, Aws, Identity};

const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"pods.eks.amazonaws.com"},"Action":["sts:AssumeRole","sts:TagSession"]}]}"#;

fn allow(statements: &[(&[&str], &str)]) -> Value {
    let statements: Vec<Value> = statements
        .iter()
        .map(|(actions, resource)| json!({ "Effect": "Allow", "Action": actions, "Resource": resource }))
        .collect();
    json!({ "Version": "2012-10-17", "Statement": statements })
}

fn create_role(account: &Account, who: &Identity, name: &str, more: &[&str]) -> Result<Value, String> {
    let mut arguments = vec!["iam", "create-role", "--role-name", name, "--assume-role-policy-document", TRUST];
    arguments.extend(more);
    account.try_aws(&who.env, &arguments)
}

#[test]
fn the_launcher_fits_its_ministack() {
    world::aws::self_test().unwrap_or_else(|problems| panic!("{problems}"));
}

#[test]
fn accounts_know_nothing_of_each_other() {
    let (one, two) = (Aws::shared().account(), Aws::shared().account());
    one.aws(&["iam", "create-role", "--role-name", "mine", "--assume-role-policy-document", TRUST]);
    assert_eq!(one.aws(&["iam", "get-role", "--role-name", "mine"])["Role"]["Arn"], one.iam_arn("role/mine"));
    let missing = two.try_aws(&two.env(), &["iam", "get-role", "--role-name", "mine"]).expect_err("it is not there");
    assert!(
        missing.contains("NoSuchEntity") && missing.contains("The role with name mine cannot be found."),
        "{missing}"
    );
    assert!(two.role("mine").is_none() && one.role("mine").is_some());
    let seen: Vec<_> = one.requests().into_iter().map(|it| (it.action, it.status, it.writes)).collect();
    assert_eq!(seen, [("CreateRole".to_owned(), 200, true), ("GetRole".to_owned(), 200, false)]);
    assert_eq!(two.writes().len(), 0);
}

#[test]
fn a_policy_counts_with_the_resources_that_it_names() {
    let account = Aws::shared().account();
    account.paper_cluster("mine");
    let roles = account.iam_arn("role/runners/humanitec-*");
    let cluster = format!("arn:aws:eks:{}:{}:cluster/mine", account.region(), account.id());
    let provider = account.iam_arn("oidc-provider/oidc.eks.eu-central-1.amazonaws.com/id/*");
    let user = account.user_with_policy(
        "ada",
        &allow(&[
            (&["iam:CreateRole", "iam:GetRole"], &roles),
            (&["eks:DescribeCluster"], &cluster),
            (&["iam:CreateOpenIDConnectProvider", "iam:GetOpenIDConnectProvider"], &provider),
        ]),
    );
    create_role(&account, &user, "humanitec-a", &["--path", "/runners/"]).expect("path and name are allowed");
    account.try_aws(&user.env, &["iam", "get-role", "--role-name", "humanitec-a"]).expect("its ARN has the path");
    let denied = create_role(&account, &user, "humanitec-b", &[]).expect_err("the path is not allowed");
    let words = format!(
        "User: {} is not authorized to perform: iam:CreateRole on resource: {} because no identity-based policy allows the \
         iam:CreateRole action",
        user.arn,
        account.iam_arn("role/humanitec-b")
    );
    assert!(denied.contains("(AccessDenied)") && denied.contains(&words), "{denied}");

    let describe = |name: &str| account.try_aws(&user.env, &["eks", "describe-cluster", "--name", name]);
    assert_eq!(describe("mine").expect("it is allowed")["cluster"]["arn"], cluster);
    let denied = describe("other").expect_err("it is not allowed");
    assert!(denied.contains("(AccessDeniedException)") && denied.contains("cluster/other"), "{denied}");

    let issuer = "https://oidc.eks.eu-central-1.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF";
    let create = ["iam", "create-open-id-connect-provider", "--client-id-list", "sts.amazonaws.com", "--url"];
    let made = account.try_aws(&user.env, &[&create[..], &[issuer]].concat()).expect("it is allowed");
    let arn = made["OpenIDConnectProviderArn"].as_str().expect("an ARN").to_owned();
    let get = ["iam", "get-open-id-connect-provider", "--open-id-connect-provider-arn", &arn];
    let found = account.try_aws(&user.env, &get).expect("it is allowed");
    assert_eq!(found["Url"], issuer.trim_start_matches("https://"));
    account.try_aws(&user.env, &[&create[..], &["https://example.com"]].concat()).expect_err("another issuer");
}

#[test]
fn a_call_needs_the_rights_that_it_implies() {
    let account = Aws::shared().account();
    let role = account.iam_arn("role/humanitec-*");
    let tag = ["--tags", "Key=owner,Value=me"];
    let without = account.user_with_policy("without", &allow(&[(&["iam:CreateRole"], &role)]));
    let denied = create_role(&account, &without, "humanitec-a", &tag).expect_err("it may not tag");
    assert!(denied.contains("iam:TagRole"), "{denied}");
    let with = account.user_with_policy("with", &allow(&[(&["iam:CreateRole", "iam:TagRole"], &role)]));
    create_role(&account, &with, "humanitec-a", &tag).expect("it may tag");

    let cluster = account.paper_cluster("pods");
    let associate = |who: &Identity, more: &[&str]| {
        let role = account.iam_arn("role/humanitec-a");
        let mut arguments =
            vec!["eks", "create-pod-identity-association", "--cluster-name", "pods", "--namespace", "jobs"];
        arguments.extend(["--service-account", "job", "--role-arn", &role]);
        arguments.extend(more);
        account.try_aws(&who.env, &arguments)
    };
    let cluster_arn = cluster.arn();
    let own = (&["eks:CreatePodIdentityAssociation"][..], cluster_arn.as_str());
    let get = (&["iam:GetRole"][..], role.as_str());
    let denied = associate(&account.user_with_policy("a", &allow(&[own])), &[]).expect_err("it may not read the role");
    assert!(denied.contains("iam:GetRole"), "{denied}");
    let denied = associate(&account.user_with_policy("b", &allow(&[own, get])), &[]).expect_err("it may not pass it");
    assert!(denied.contains("iam:PassRole on resource: arn:aws:iam::"), "{denied}");
    let mut policy = allow(&[own, get, (&["iam:PassRole"], &role)]);
    policy["Statement"][2]["Condition"] =
        json!({ "StringEquals": { "iam:PassedToService": "pods.eks.amazonaws.com" } });
    let able = account.user_with_policy("c", &policy);
    let denied = associate(&able, &["--tags", "owner=me"]).expect_err("it may not tag");
    assert!(denied.contains("eks:TagResource"), "{denied}");
    let made = associate(&able, &[]).expect("it may pass the role to EKS's pods");
    assert_eq!(made["association"]["roleArn"], account.iam_arn("role/humanitec-a"));
    assert_eq!(account.associations().len(), 1);
}

#[test]
fn conditions_see_the_policy_that_is_attached_and_the_boundary() {
    let account = Aws::shared().account();
    let mut policy = allow(&[(&["iam:CreateRole"], "*"), (&["iam:AttachRolePolicy"], "*")]);
    let boundary = "arn:aws:iam::aws:policy/PowerUserAccess";
    policy["Statement"][0]["Condition"] = json!({ "StringEquals": { "iam:PermissionsBoundary": boundary } });
    let readers = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess";
    policy["Statement"][1]["Condition"] = json!({ "ArnEquals": { "iam:PolicyARN": readers } });
    let user = account.user_with_policy("ada", &policy);
    create_role(&account, &user, "free", &[]).expect_err("a role has to have the boundary");
    create_role(&account, &user, "bound", &["--permissions-boundary", boundary]).expect("it has it");
    let attach = |arn: &str| {
        account.try_aws(&user.env, &["iam", "attach-role-policy", "--role-name", "bound", "--policy-arn", arn])
    };
    attach("arn:aws:iam::aws:policy/AdministratorAccess").expect_err("that policy may not be attached");
    attach(readers).expect("this one may");
    assert_eq!(account.role("bound").expect("it is there")["AttachedPolicies"], json!([readers]));
}

#[test]
fn denials_name_what_denied() {
    let account = Aws::shared().account();
    let all = allow(&[(&["*"], "*")]);
    let bounded = account.user_with_boundary("bounded", &all, &allow(&[(&["eks:*"], "*")]));
    let denied = create_role(&account, &bounded, "a", &[]).expect_err("the boundary does not allow it");
    assert!(denied.contains("because no permissions boundary allows the iam:CreateRole action"), "{denied}");

    let free = account.user_with_policy("free", &all);
    account.scp(&[json!({ "Version": "2012-10-17", "Statement": [
        { "Effect": "Deny", "Action": "iam:CreateRole", "Resource": "*" },
    ] })]);
    let denied = create_role(&account, &free, "a", &[]).expect_err("the organisation denies it");
    assert!(denied.contains("with an explicit deny in a service control policy"), "{denied}");
    account.scp(&[]);
    create_role(&account, &free, "a", &[]).expect("nobody denies it");

    let simulate = |who: &Identity, action: &str| {
        let arguments = ["iam", "simulate-principal-policy", "--policy-source-arn", &who.arn, "--action-names", action];
        let resource = account.iam_arn("role/a");
        let answer = account.aws(&[&arguments[..], &["--resource-arns", &resource]].concat());
        answer["EvaluationResults"][0]["EvalDecision"].as_str().unwrap_or_default().to_owned()
    };
    assert_eq!(simulate(&free, "iam:CreateRole"), "allowed");
    assert_eq!(simulate(&bounded, "iam:CreateRole"), "implicitDeny");
}

#[test]
fn parts_of_a_cluster_have_arns_of_their_own_and_tags_count() {
    let account = Aws::shared().account();
    let cluster = account.paper_cluster("mine");
    let part = |what: &str| format!("arn:aws:eks:{}:{}:{what}", account.region(), account.id());
    let user = account.user_with_policy(
        "ada",
        &allow(&[
            (&["eks:ListPodIdentityAssociations", "eks:ListAddons"], &part("cluster/mine")),
            (&["eks:DescribePodIdentityAssociation"], &part("podidentityassociation/mine/*")),
            (&["eks:DescribeAddon"], &part("addon/mine/eks-pod-identity-agent/*")),
        ]),
    );
    account.aws(&["iam", "create-role", "--role-name", "one", "--assume-role-policy-document", TRUST]);
    let role = account.iam_arn("role/one");
    let on = |who: &Identity, action: &str, more: &[&str]| {
        account.try_aws(&who.env, &[&["eks", action, "--cluster-name", "mine"][..], more].concat())
    };
    let root = Identity { arn: account.iam_arn("root"), env: account.env() };
    let given = ["--namespace", "jobs", "--service-account", "job", "--role-arn", &role];
    let made = on(&root, "create-pod-identity-association", &given).expect("root may do everything");
    let id = made["association"]["associationId"].as_str().expect("an id").to_owned();
    on(&user, "list-pod-identity-associations", &[]).expect("it is allowed on the cluster");
    on(&user, "describe-pod-identity-association", &["--association-id", &id]).expect("it is allowed on its own ARN");
    let denied = on(&user, "delete-pod-identity-association", &["--association-id", &id]).expect_err("it is not");
    assert!(denied.contains(&part(&format!("podidentityassociation/mine/{id}"))), "{denied}");
    let addon = ["--addon-name", "eks-pod-identity-agent"];
    let missing = on(&user, "describe-addon", &addon).expect_err("it is allowed, but not there");
    assert!(missing.contains("(ResourceNotFoundException)"), "{missing}");
    on(&root, "create-addon", &addon).expect("root may do everything");
    assert_eq!(on(&user, "describe-addon", &addon).expect("it is there")["addon"]["status"], "ACTIVE");
    cluster.addon("eks-pod-identity-agent", &json!({ "status": "DEGRADED" }));
    assert_eq!(on(&user, "describe-addon", &addon).expect("it is there")["addon"]["status"], "DEGRADED");
    let denied = on(&user, "describe-addon", &["--addon-name", "vpc-cni"]).expect_err("another add-on");
    assert!(denied.contains("(AccessDeniedException)"), "{denied}");

    let mut policy = allow(&[(&["iam:CreateRole", "iam:TagRole"], "*"), (&["iam:DeleteRole"], "*")]);
    policy["Statement"][0]["Condition"] = json!({ "StringEquals": { "aws:RequestTag/owner": "me" } });
    policy["Statement"][1]["Condition"] = json!({ "StringEquals": { "aws:ResourceTag/owner": "me" } });
    let tagger = account.user_with_policy("tagger", &policy);
    create_role(&account, &tagger, "tagged", &["--tags", "Key=owner,Value=you"]).expect_err("another owner");
    create_role(&account, &tagger, "tagged", &["--tags", "Key=owner,Value=me"]).expect("the owner");
    let delete = |name: &str| account.try_aws(&tagger.env, &["iam", "delete-role", "--role-name", name]);
    delete("one").expect_err("it has no such tag");
    delete("tagged").expect("it has the tag");
}
