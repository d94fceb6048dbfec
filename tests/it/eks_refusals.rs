//! Bad input on EKS: one clear sentence, a hint, the right exit code, and nothing half-written.

use serde_json::{Value, json};
use world::aws::AwsFault;

use crate::support::{EksLab, Outcome};

fn allow_all() -> Value {
    json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": "*", "Resource": "*" }] })
}

/// `apply` that is refused with nothing written anywhere, AWS included.
#[track_caller]
fn refuses(lab: &EksLab, code: i32, args: &[&str]) -> Outcome {
    let before = lab.account.writes();
    let outcome = lab.refuses_with(code, args);
    let after: Vec<_> = lab.account.writes().into_iter().skip(before.len()).collect();
    assert!(after.is_empty(), "{after:?}\n{outcome}");
    let hints = outcome.json()["error"]["hints"].as_array().unwrap().len();
    assert!((1..=6).contains(&hints), "{hints} hints\n{outcome}");
    outcome
}

/// A lab without credentials, without a region, and with its own AWS files.
fn bare(name: &str) -> EksLab {
    let mut lab = EksLab::without_kubeconfig(name);
    for variable in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION", "AWS_DEFAULT_REGION"] {
        lab.unset(variable);
    }
    lab.name_cluster();
    lab
}

const EKS: &str = "--provider=eks";
const REGION: &str = "--region=eu-central-1";

#[test]
fn what_is_no_name_is_refused_before_any_request() {
    let lab = EksLab::new("eks-names");
    let long = format!("--role-name={}", "x".repeat(65));
    let tag = format!("--tag={}=x", "k".repeat(129));
    for (arg, words) in [
        ("--region=eu-central1", "did you mean `eu-central-1`?"),
        ("--region=mars-east-1", "is no AWS region"),
        (&long, "has 65 characters, and the name of a role has at most 64"),
        ("--role-name=a/b", "is no name of a role"),
        ("--role-arn=role/x", "arn:aws:iam::123456789012:role/name"),
        ("--role-arn=arn:aws:iam::123456789012:user/x", "is no ARN of a role"),
        ("--attach-policy=AdministratorAccess", "`AdministratorAccess`"),
        ("--attach-policy=arn:aws:iam::12345:policy/x", "`arn:aws:iam::12345:policy/x`"),
        ("--permissions-boundary=arn:aws:iam::123456789012:role/x", "is no ARN of a managed policy"),
        ("--role-path=team", "write it like /platform/runners/"),
        ("--cluster-name=a b", "is no name of a cluster in EKS"),
        ("--policy-file=nowhere.json", "nowhere.json"),
        ("--identity=workload-identity", "irsa"),
        ("--tag=team", "write K=V"),
        (&tag, "a key has 1 to 128 characters"),
    ] {
        let outcome = lab.run(&["apply", "--yes", arg]).exits(2);
        assert!(outcome.stderr.contains(words), "{arg}: {words}\n{outcome}");
        assert!(outcome.stderr.contains(arg.split('=').next().unwrap()), "{arg}\n{outcome}");
    }
    assert!(lab.account.requests().is_empty());
}

#[test]
fn a_region_from_anywhere_is_named_with_who_said_it() {
    let mut lab = bare("eks-region");
    lab.act_as_root();
    lab.set("AWS_REGION", "eu-centrl-1");
    let _ = lab.run(&["plan", EKS]).exits(2).says("AWS_REGION").says("did you mean `eu-central-1`?");
    lab.set("AWS_REGION", "eu-central-9").unset("AWS_DEFAULT_REGION");
    // It may be a new one, so AWS is asked.
    let _ = lab.run(&["plan", EKS]).exits(2).says("did you mean --region eu-central-1?");
    let asked = lab.account.requests().len();
    lab.unset("AWS_REGION");
    lab.file(".aws/config", "[default]\nregion = eu_central_1\n");
    let _ = lab.run(&["plan", EKS]).exits(2).says("profile `default`").says("is no AWS region");
    std::fs::remove_file(lab.home().join(".aws/config")).unwrap();
    let outcome =
        refuses(&lab, 3, &[EKS]).explains("no region is told for AWS").explains("--region REGION, or AWS_REGION");
    assert_eq!(outcome.json()["error"]["kind"], "answer-missing");
    assert_eq!(lab.account.requests().len(), asked);
}

#[test]
fn a_cluster_that_is_not_there_is_named_with_those_that_are() {
    let mut lab = EksLab::without_kubeconfig("eks-missing");
    let outcome = refuses(&lab, 2, &[EKS, "--cluster-name=nowhere"]);
    let outcome = outcome.explains("EKS has no cluster `nowhere` in region eu-central-1");
    let _ = outcome.explains(&format!("takes one of: {}", lab.cluster.name())).explains("--region REGION");
    let _ = refuses(&lab, 2, &[EKS, "--cluster-name=nowhere", "--region=eu-west-1"])
        .explains("no cluster at all in eu-west-1");
    let only = json!({ "Version": "2012-10-17", "Statement": [
        { "Effect": "Allow", "Action": "eks:DescribeCluster", "Resource": "*" },
    ] });
    let user = lab.account.user_with_policy("describer", &only);
    lab.act_as(&user);
    let outcome = refuses(&lab, 2, &[EKS, "--cluster-name=nowhere"]);
    let _ = outcome.explains("aws eks list-clusters --region eu-central-1");
}

#[test]
fn a_cluster_that_is_not_active_is_refused_with_or_without_a_kubeconfig() {
    let mut lab = EksLab::new("eks-status");
    for status in ["UPDATING", "CREATING", "DELETING", "FAILED"] {
        lab.cluster.say(&json!({ "status": status }));
        let outcome = refuses(&lab, 4, &[]).explains(&format!("is {status}, not ACTIVE"));
        let _ = outcome.explains(&format!("aws eks wait cluster-active --name {}", lab.cluster.name()));
    }
    lab.unset("KUBECONFIG");
    lab.name_cluster();
    lab.cluster.say(&json!({ "status": "CREATING", "endpoint": null, "certificateAuthority": null }));
    let _ = refuses(&lab, 4, &[EKS]).explains("is CREATING").explains("aws eks wait cluster-active");
}

#[test]
fn without_credentials_every_source_that_was_tried_is_named() {
    let lab = bare("eks-none");
    let outcome = refuses(&lab, 4, &[EKS, REGION]).explains("there are no credentials for AWS");
    let outcome = outcome.explains("the environment (AWS_ACCESS_KEY_ID)").explains("profile `default`");
    let _ = outcome.explains("instance metadata").explains("aws sso login").explains("aws configure");
    lab.file(".aws/config", "[profile team]\nregion = eu-central-1\n");
    let outcome = refuses(&lab, 4, &[EKS, "--profile=team"]).explains("profile `team`");
    let _ = outcome.explains("aws sso login --profile team");
    assert!(lab.account.requests().is_empty());
}

#[test]
fn a_profile_that_does_not_exist_is_named_with_those_that_do() {
    let mut lab = bare("eks-noprofile");
    lab.file(".aws/config", "[default]\nregion = eu-central-1\n[profile team]\nregion = eu-central-1\n");
    let outcome = refuses(&lab, 2, &[EKS, "--profile=taem"]).explains("there is no profile `taem`");
    let _ = outcome.explains("takes one of: default, team");
    lab.act_as_root();
    lab.set("AWS_PROFILE", "taem");
    let _ = refuses(&lab, 2, &[EKS]).explains("there is no profile `taem`");
    lab.file(".aws/config", "[default\nregion = SECRET-LOOKING\n");
    lab.unset("AWS_PROFILE");
    let outcome = refuses(&lab, 2, &[EKS]).explains("reading");
    assert!(!outcome.to_string().contains("SECRET-LOOKING"), "{outcome}");
}

/// Writes the login of an SSO session as `aws sso login` keeps it.
fn sso_login(lab: &EksLab, expires: &str) {
    // The file is called like the SHA-1 of the session's name.
    let token = json!({
        "startUrl": "https://corp.awsapps.com/start", "region": "eu-central-1",
        "accessToken": "SECRET-SSO-TOKEN", "expiresAt": expires,
    });
    lab.file(".aws/sso/cache/ee0bfd2552fbd840c02cc48b6e823320543c450f.json", &token.to_string());
}

#[test]
fn an_sso_login_that_has_expired_says_the_command_that_renews_it() {
    let lab = bare("eks-sso");
    lab.file(
        ".aws/config",
        "[profile team]\nsso_session = corp\nsso_account_id = 123456789012\nsso_role_name = Admin\nregion = eu-central-1\n\
         [sso-session corp]\nsso_start_url = https://corp.awsapps.com/start\nsso_region = eu-central-1\n\
         sso_registration_scopes = sso:account:access\n\
         [profile old]\nsso_start_url = https://corp.awsapps.com/start\nsso_region = eu-central-1\n\
         sso_account_id = 123456789012\nsso_role_name = Admin\nregion = eu-central-1\n",
    );
    let expired = |profile: &str| {
        let outcome = refuses(&lab, 4, &[EKS, &format!("--profile={profile}")]);
        let outcome =
            outcome.explains(&format!("the login with IAM Identity Center of profile `{profile}` has expired"));
        let outcome = outcome.explains(&format!("aws sso login --profile {profile}"));
        assert!(!outcome.to_string().contains("SECRET"), "{outcome}");
    };
    // Never logged in, and logged in too long ago.
    expired("team");
    sso_login(&lab, "2020-01-01T00:00:00Z");
    expired("team");
    expired("old");
}

#[test]
fn a_credential_process_that_fails_is_named_without_what_it_printed() {
    let lab = bare("eks-process");
    let process = |line: &str| {
        let file = lab.file("credentials.sh", line);
        let config = format!("[profile team]\nregion = eu-central-1\ncredential_process = sh {}\n", file.display());
        lab.file(".aws/config", &config);
        let outcome = refuses(&lab, 4, &[EKS, "--profile=team"]).explains("of profile `team`");
        assert!(!outcome.to_string().contains("SECRET"), "{outcome}");
        outcome
    };
    let _ =
        process("echo SECRET-OUT; echo 'the vault is sealed' >&2; exit 3\n").explains("aws sts get-caller-identity");
    let _ = process("echo '{\"Version\":1,\"SecretAccessKey\":\"SECRET\"}'\n");
    let (id, file) = (lab.account.id(), lab.home().join("credentials.sh"));
    let good = format!("echo '{{\"Version\":1,\"AccessKeyId\":\"{id}\",\"SecretAccessKey\":\"test\"}}'\n");
    std::fs::write(file, good).unwrap();
    let _ = lab.run(&["plan", EKS, "--profile=team"]).exits(0);
}

#[test]
fn keys_that_aws_does_not_know_or_that_are_too_old_are_called_so() {
    let mut lab = EksLab::new("eks-keys");
    lab.set("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE").set("AWS_SECRET_ACCESS_KEY", "SECRET-KEY");
    let outcome = refuses(&lab, 4, &[]).explains("AWS does not accept the credentials");
    assert!(!outcome.to_string().contains("SECRET-KEY"), "{outcome}");
    lab.act_as_root();
    lab.account.fault(AwsFault::fails(
        "sts",
        "*",
        403,
        "ExpiredToken",
        "The security token included in the request is expired",
    ));
    let _ = refuses(&lab, 4, &[]).explains("have expired").explains("aws sso login");
}

#[test]
fn an_aws_that_is_not_reachable_is_exit_5() {
    let mut lab = EksLab::new("eks-far");
    lab.set("AWS_ENDPOINT_URL", "http://127.0.0.1:1");
    let _ = refuses(&lab, 5, &[]).explains("AWS is not reachable").explains("AWS_ENDPOINT_URL");
    lab.set("AWS_ENDPOINT_URL", "https://eks.nowhere.invalid");
    let _ = refuses(&lab, 5, &[]).explains("its host name cannot be resolved");
}

#[test]
fn certificates_that_are_none_are_named() {
    let mut lab = EksLab::without_kubeconfig("eks-ca");
    lab.name_cluster();
    lab.file("empty.pem", "");
    let _ = refuses(&lab, 2, &[EKS, "--ca-file=empty.pem"])
        .explains("`empty.pem` of `--ca-file` holds no usable certificates");
    let _ = refuses(&lab, 2, &[EKS, "--ca-file=nowhere.pem"]).explains("nowhere.pem");
    let other = world::certificates::Authority::new("another");
    lab.file("other.pem", other.certificate());
    lab.cluster.say_authorities(&[other.certificate()]);
    let _ = refuses(&lab, 5, &[EKS, "--ca-file=other.pem"]).explains("is not trusted").explains("--ca-file PEM");
    lab.set("AWS_CA_BUNDLE", "empty.pem");
    let _ = refuses(&lab, 2, &[EKS]).explains("AWS_CA_BUNDLE");
}

#[test]
fn a_denial_names_the_policy_that_says_so() {
    let mut lab = EksLab::new("eks-denied");
    let deny = json!({ "Version": "2012-10-17", "Statement": [
        { "Effect": "Allow", "Action": "*", "Resource": "*" },
        { "Effect": "Deny", "Action": "iam:CreateRole", "Resource": "*" },
    ] });
    lab.account.scp(&[deny]);
    let user = lab.account.user_with_policy("ada", &allow_all());
    lab.act_as(&user);
    let outcome = lab.run(&["apply", "--yes", "-o", "json"]).exits(4).explains("service control policy");
    let _ = outcome.explains("iam:CreateRole").explains("administrator").explains(&user.arn);
    lab.account.scp(&[]);
    let bound = json!({ "Version": "2012-10-17", "Statement": [
        { "Effect": "Allow", "NotAction": "iam:CreateRole", "Resource": "*" },
    ] });
    let user = lab.account.user_with_boundary("bob", &allow_all(), &bound);
    lab.act_as(&user);
    let outcome = lab.run(&["apply", "--yes", "-o", "json"]).exits(4).explains("permissions boundary");
    let _ = outcome.explains("iam:CreateRole").explains("--permissions-boundary, --role-path or --role-name");
    let user = lab.account.user_with_policy("eve", &allow_all());
    lab.act_as(&user);
    // What was begun is finished by the next run.
    let _ = lab.apply();
    lab.proves_itself();
}

#[test]
fn a_foreign_partition_s_policy_is_refused_with_the_right_one() {
    let lab = EksLab::new("eks-partition");
    let outcome = refuses(&lab, 2, &["--attach-policy=arn:aws-cn:iam::aws:policy/AmazonS3FullAccess"]);
    let _ = outcome.explains("`aws-cn`").explains("arn:aws:iam::aws:policy/AmazonS3FullAccess");
}
