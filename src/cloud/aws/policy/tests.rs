use std::collections::BTreeMap;

use super::super::change::{NewAssociation, NewRole};
use super::*;

const ROLE: &str = "humanitec-kubernetes-agent-runner-prod";

fn scope<'a>(
    region: &'a Region,
    attach: &'a [Arn],
    boundary: Option<&'a Arn>,
    identity: AwsIdentity,
) -> PolicyScope<'a> {
    PolicyScope {
        partition: "aws",
        account: "123456789012",
        region,
        cluster: "prod",
        issuer_name: Some("oidc.eks.eu-central-1.amazonaws.com/id/A1"),
        identity,
        role_name: ROLE,
        role_path: "/",
        own_role: true,
        attach,
        inline: true,
        boundary,
        install_addon: true,
    }
}

fn frankfurt() -> Region {
    "eu-central-1".parse().unwrap()
}

fn s3() -> Vec<Arn> {
    vec!["arn:aws:iam::aws:policy/AmazonS3FullAccess".parse().unwrap()]
}

/// Every change that a scope can lead to.
fn changes(scope: &PolicyScope<'_>) -> Vec<AwsChange> {
    let tags: BTreeMap<_, _> = [("made-by".to_owned(), "runner-setup".to_owned())].into();
    let provider = scope.provider();
    let mut steps = vec![RoleStep::SetTrust { seen: json!({}), document: json!({}) }, RoleStep::Tag(tags.clone())];
    steps.extend(scope.boundary.map(|arn| RoleStep::SetBoundary(arn.to_string())));
    steps.extend(scope.attach.iter().map(|arn| RoleStep::Attach(arn.to_string())));
    steps.push(RoleStep::PutInlinePolicy { name: "jobs".to_owned(), document: json!({}) });
    let role = NewRole {
        name: ROLE.to_owned(),
        path: scope.role_path.to_owned(),
        description: String::new(),
        trust: json!({}),
        boundary: scope.boundary.map(ToString::to_string),
        tags: tags.clone(),
    };
    let cluster = || "prod".to_owned();
    let audience = || "sts.amazonaws.com".to_owned();
    let mut all = vec![
        AwsChange::CreateRole { role, then: steps.clone() },
        AwsChange::UpdateRole { name: ROLE.to_owned(), steps },
    ];
    match scope.identity {
        AwsIdentity::Irsa => all.extend([
            AwsChange::CreateOidcProvider { arn: provider.clone(), url: String::new(), audience: audience(), tags },
            AwsChange::AddAudience { arn: provider, audience: audience() },
        ]),
        _ => all.extend([
            AwsChange::CreateAssociation(NewAssociation {
                cluster: cluster(),
                namespace: "jobs".to_owned(),
                service_account: "job".to_owned(),
                role_arn: scope.role(),
                tags: tags.clone(),
            }),
            AwsChange::UpdateAssociation { cluster: cluster(), id: "a-1".to_owned(), role_arn: scope.role() },
            AwsChange::InstallAddon { cluster: cluster(), addon: POD_IDENTITY_AGENT.to_owned(), tags },
        ]),
    }
    all
}

fn fits(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        Some((beginning, end)) => text.len() >= beginning.len() && text.starts_with(beginning) && text.ends_with(end),
        None => pattern == text,
    }
}

fn list(value: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    value.as_array().map_or_else(|| vec![text(value)], |list| list.iter().map(text).collect())
}

fn is_allowed(policy: &Value, check: &RightCheck) -> bool {
    policy["Statement"].as_array().unwrap().iter().any(|statement| {
        let conditions = statement["Condition"].as_object().into_iter().flatten();
        let holds = conditions.flat_map(|(_, keys)| keys.as_object().unwrap()).all(|(key, values)| {
            check.context.iter().any(|(given, value)| given == key && list(values).contains(value))
        });
        list(&statement["Action"]).contains(&check.action)
            && list(&statement["Resource"]).iter().any(|resource| fits(resource, &check.resource))
            && holds
    })
}

fn actions(policy: &Value) -> Vec<String> {
    policy["Statement"].as_array().unwrap().iter().flat_map(|statement| list(&statement["Action"])).collect()
}

#[test]
fn the_policy_allows_every_change_and_no_write_that_no_change_needs() {
    let (region, attach) = (frankfurt(), s3());
    let boundary: Arn = "arn:aws:iam::123456789012:policy/boundary".parse().unwrap();
    for identity in [AwsIdentity::Irsa, AwsIdentity::PodIdentity] {
        for boundary in [None, Some(&boundary)] {
            for path in ["/", "/platform/"] {
                let scope = PolicyScope { role_path: path, ..scope(&region, &attach, boundary, identity) };
                let policy = setup_policy(&scope);
                let rights: Vec<_> = changes(&scope).iter().flat_map(|change| rights_of(change, &scope)).collect();
                for right in &rights {
                    assert!(is_allowed(&policy, right), "{right:?}");
                }
                let reads = |action: &str| ["Get", "List", "Describe"].iter().any(|read| action[4..].starts_with(read));
                for action in actions(&policy).iter().filter(|action| !reads(action)) {
                    assert!(rights.iter().any(|right| right.action == *action), "nothing needs {action}");
                }
            }
        }
    }
}

#[test]
fn rights_are_bound_to_what_was_told() {
    let (region, attach) = (frankfurt(), s3());
    let boundary: Arn = "arn:aws:iam::123456789012:policy/boundary".parse().unwrap();
    let scope = scope(&region, &attach, Some(&boundary), AwsIdentity::PodIdentity);
    let policy = setup_policy(&scope);
    let role = scope.role();
    for (action, resource, key, value) in [
        ("iam:AttachRolePolicy", role.as_str(), "iam:PolicyARN", "arn:aws:iam::aws:policy/AdministratorAccess"),
        ("iam:CreateRole", &role, "iam:PermissionsBoundary", "arn:aws:iam::123456789012:policy/wider"),
        ("iam:CreateRole", &role, "x", "y"),
        ("iam:PassRole", &role, "iam:PassedToService", "ec2.amazonaws.com"),
        ("iam:CreateRole", "arn:aws:iam::123456789012:role/other", "iam:PermissionsBoundary", boundary.as_str()),
        ("eks:DescribeCluster", "arn:aws:eks:eu-central-1:123456789012:cluster/other", "x", "y"),
    ] {
        assert!(!is_allowed(&policy, &right_if(action, resource, key, value)), "{action} on {resource}");
    }
}

#[test]
fn a_brought_role_is_only_seen_and_no_identity_needs_only_the_cluster() {
    let region = frankfurt();
    let none = scope(&region, &[], None, AwsIdentity::None);
    assert_eq!(actions(&setup_policy(&none)), ["eks:DescribeCluster"]);
    assert_eq!(teardown_policy(&none)["Statement"], json!([]));
    let brought = PolicyScope { own_role: false, ..scope(&region, &[], None, AwsIdentity::PodIdentity) };
    let of_iam = |policy: &Value| actions(policy).into_iter().filter(|it| it.starts_with("iam:")).collect::<Vec<_>>();
    assert_eq!(of_iam(&setup_policy(&brought)), ["iam:GetRole", "iam:PassRole"]);
    assert!(of_iam(&teardown_policy(&brought)).is_empty());
}

#[test]
fn another_partition_has_other_arns() {
    let region: Region = "cn-north-1".parse().unwrap();
    let scope = PolicyScope { partition: "aws-cn", issuer_name: None, ..scope(&region, &[], None, AwsIdentity::Irsa) };
    let policy = setup_policy(&scope).to_string();
    assert!(policy.contains("arn:aws-cn:iam::123456789012:oidc-provider/oidc.eks.cn-north-1.amazonaws.com.cn/id/*"));
    assert!(!policy.contains("arn:aws:"));
}
