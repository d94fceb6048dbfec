//! What the guide, eksctl and Terraform made in AWS is adopted: tags only, and trust and key stay as they are.

use serde_json::{Value, json};

use crate::support::{AUDIENCE, EksLab, JOB, Outcome};

/// `plan` shows the role adopted with nothing but tags, and nothing else in AWS or the cluster changed; `apply` does just
/// that; a second plan is empty.
#[track_caller]
fn adopts_with_tags_only(lab: &EksLab, role: &str, pem: &str, args: &[&str]) {
    let (trust, provider) = (lab.get_role(role)["AssumeRolePolicyDocument"].to_string(), provider(lab));
    let planned = lab.run(&[&["plan", "-o", "json"], args].concat()).exits(0);
    assert_tags_only(lab, role, &planned);
    let mark = lab.account.mark();
    let applied = lab.run(&[&["apply", "--yes", "-o", "json"], args].concat()).exits(0);
    assert_eq!(applied.changed(), planned.changed());
    assert_eq!(lab.aws_writes_since(mark), ["TagRole"]);
    EksLab::was_exchanged(&applied, role);
    assert_eq!(lab.get_role(role)["AssumeRolePolicyDocument"].to_string(), trust);
    assert_eq!(self::provider(lab), provider);
    assert_eq!(lab.private_key_pem().as_deref(), Some(pem));
    assert_eq!(lab.tag(role, "runner-setup/cluster"), Some(lab.cluster.arn()));
    assert_eq!(lab.tag(role, "app.kubernetes.io/managed-by"), None, "adopted is not made");
    let again = lab.run(&[&["plan", "-o", "json"], args].concat()).exits(0);
    assert_eq!(again.changed(), Vec::<String>::new(), "{again}");
    lab.has_nothing_to_do(args);
    lab.proves_itself();
}

#[track_caller]
fn assert_tags_only(lab: &EksLab, role: &str, planned: &Outcome) {
    let object = format!("aws:role/{role}");
    // What the written registration lacks is the cluster's uid, which this tool writes down.
    let registration = format!("orchestrator:runner/{}", lab.runner);
    let others: Vec<_> = planned.changed().into_iter().filter(|change| !change.ends_with(&registration)).collect();
    assert_eq!(others, [format!("adopt {object}")], "{planned}");
    let fields = planned.fields(&object);
    assert_eq!(fields, ["tags[runner-setup/cluster]", "tags[runner-setup/service-account]"], "{planned}");
    let registered = planned.change(&registration);
    assert_ne!(registered["action"], "create", "{planned}");
}

fn provider(lab: &EksLab) -> Value {
    let arn = lab.provider_arn();
    lab.account.aws(&["iam", "get-open-id-connect-provider", "--open-id-connect-provider-arn", &arn])
}

#[test]
fn after_the_guide_s_own_lines_there_are_adoptions_and_tags_only() {
    let lab = EksLab::new("adopt-guide");
    let role = lab.role_name();
    lab.create_role(&role, &lab.guide_trust(), &[]);
    lab.create_provider(&[AUDIENCE], &[]);
    let policy = "arn:aws:iam::aws:policy/PowerUserAccess";
    let _ = lab.account.aws(&["iam", "attach-role-policy", "--role-name", &role, "--policy-arn", policy]);
    let pem = lab.create_all_for(&lab.role_arn(&role));
    adopts_with_tags_only(&lab, &role, &pem, &[]);
    let attached = lab.account.aws(&["iam", "list-attached-role-policies", "--role-name", &role]);
    assert_eq!(attached["AttachedPolicies"][0]["PolicyArn"], policy);
}

#[test]
fn what_eksctl_made_is_adopted_with_its_own_marks_kept() {
    let lab = EksLab::new("adopt-eksctl");
    let name = lab.cluster.name().to_owned();
    // `eksctl utils associate-iam-oidc-provider`, then `eksctl create iamserviceaccount`: a role of CloudFormation's.
    let tag = format!("Key=alpha.eksctl.io/cluster-name,Value={name}");
    lab.create_provider(
        &[AUDIENCE],
        &["--thumbprint-list", "9e99a48a9960b14926bb7f3b02e22da2b0ab7280", "--tags", &tag],
    );
    let role = format!("eksctl-{name}-Role1-1PX3ZKT0SGUW");
    let account = format!("{}/{JOB}", lab.job_namespace);
    let stack = format!("eksctl-{name}-addon-iamserviceaccount-{}-{JOB}", lab.job_namespace);
    let tags = [
        tag,
        format!("Key=eksctl.cluster.k8s.io/v1alpha1/cluster-name,Value={name}"),
        format!("Key=alpha.eksctl.io/iamserviceaccount-name,Value={account}"),
        "Key=alpha.eksctl.io/eksctl-version,Value=0.215.0".to_owned(),
        format!("Key=company:stack,Value={stack}"),
    ];
    let tags: Vec<&str> = std::iter::once("--tags").chain(tags.iter().map(String::as_str)).collect();
    let trust = json!({ "Version": "2012-10-17", "Statement": [{
        "Action": ["sts:AssumeRoleWithWebIdentity"], "Effect": "Allow",
        "Principal": { "Federated": lab.provider_arn() },
        "Condition": { "StringEquals": {
            (format!("{}:sub", lab.issuer())): lab.subject(), (format!("{}:aud", lab.issuer())): AUDIENCE,
        } },
    }] });
    lab.create_role(&role, &trust, &tags);
    let pem = lab.create_all_for(&lab.role_arn(&role));
    adopts_with_tags_only(&lab, &role, &pem, &["--role-name", &role]);
    assert_eq!(lab.tag(&role, "alpha.eksctl.io/iamserviceaccount-name"), Some(account));
    // Brought as one's own it is not even tagged.
    let mark = lab.account.mark();
    let arn = lab.role_arn(&role);
    lab.has_nothing_to_do(&["--role-arn", &arn]);
    assert_eq!(lab.aws_writes_since(mark), Vec::<String>::new());
}

#[test]
fn what_terraform_made_is_adopted_with_its_own_statements_kept() {
    let lab = EksLab::new("adopt-tf");
    let (role, issuer) = (lab.role_name(), lab.issuer());
    // `aws_iam_openid_connect_provider` with thumbprints, and the role of terraform-aws-modules' IRSA module: lists
    // everywhere, several statements, several service accounts.
    lab.create_provider(
        &[AUDIENCE, "sigstore"],
        &["--thumbprint-list", "9e99a48a9960b14926bb7f3b02e22da2b0ab7280", "06b25927c42a721631c1efd9431e648fa62e1e39"],
    );
    let trust = json!({ "Version": "2012-10-17", "Statement": [
        { "Sid": "ExplicitSelfRoleAssumption", "Effect": "Allow", "Action": "sts:AssumeRole",
          "Principal": { "AWS": lab.account.iam_arn("root") },
          "Condition": { "ArnLike": { "aws:PrincipalArn": [lab.role_arn(&role)] } } },
        { "Sid": "", "Effect": "Allow", "Action": ["sts:AssumeRoleWithWebIdentity"],
          "Principal": { "Federated": [lab.provider_arn()] },
          "Condition": { "StringEquals": {
              (format!("{issuer}:sub")): ["system:serviceaccount:kube-system:other", lab.subject()],
              (format!("{issuer}:aud")): [AUDIENCE],
          } } },
    ] });
    lab.create_role(&role, &trust, &["--tags", "Key=Terraform,Value=true", "Key=runner,Value=eks"]);
    let pem = lab.create_all_for(&lab.role_arn(&role));
    adopts_with_tags_only(&lab, &role, &pem, &[]);
    assert_eq!(lab.tag(&role, "Terraform").as_deref(), Some("true"));
}

#[test]
fn a_provider_that_lacks_the_audience_gets_it_and_nothing_else() {
    let lab = EksLab::new("adopt-aud");
    lab.create_provider(&["sigstore"], &["--tags", "Key=owner,Value=platform"]);
    let before = provider(&lab);
    let planned = lab.run(&["plan", "-o", "json"]).exits(0);
    let object = format!("aws:oidc-provider/{}", lab.issuer());
    assert_eq!(planned.change(&object)["action"], "adopt");
    assert_eq!(planned.fields(&object), [format!("clientIDList[{AUDIENCE}]")]);
    let mark = lab.account.mark();
    let applied = lab.run(&["apply", "--yes", "--no-wait", "-o", "json"]).exits(0);
    EksLab::was_exchanged(&applied, &lab.role_name());
    assert_eq!(lab.aws_writes_since(mark), ["AddClientIDToOpenIDConnectProvider", "CreateRole"]);
    let after = provider(&lab);
    assert_eq!(after["ClientIDList"], json!(["sigstore", AUDIENCE]));
    for field in ["Tags", "ThumbprintList", "Url", "CreateDate"] {
        assert_eq!(after[field], before[field], "{field}");
    }
    lab.has_nothing_to_do(&["--no-wait"]);
}
