//! What goes wrong in AWS goes wrong here when a test wants it: throttling, errors, delays, and things that show late.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use world::aws::{Account, Aws, AwsFault};

const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"pods.eks.amazonaws.com"},"Action":["sts:AssumeRole","sts:TagSession"]}]}"#;

fn create_role(account: &Account, name: &str) -> Value {
    account.aws(&["iam", "create-role", "--role-name", name, "--assume-role-policy-document", TRUST])
}

fn fails(account: &Account, arguments: &[&str]) -> String {
    account.try_aws(&account.env(), arguments).expect_err("it fails")
}

#[test]
fn faults_hit_the_calls_that_they_are_for() {
    let (account, other) = (Aws::shared().account(), Aws::shared().account());
    create_role(&account, "one");
    create_role(&other, "one");
    let get = ["iam", "get-role", "--role-name", "one"];
    account.fault(AwsFault::throttle("iam", "GetRole").times(1));
    account.fault(AwsFault::fails("iam", "GetRole", 500, "ServiceFailure", "not now").times(1));
    other.aws(&get);
    assert!(fails(&account, &get).contains("(Throttling)") && fails(&account, &get).contains("(ServiceFailure)"));
    account.aws(&get);
    account.paper_cluster("c");
    account.fault(AwsFault::throttle("eks", "*"));
    let describe = ["eks", "describe-cluster", "--name", "c"];
    assert!(fails(&account, &describe).contains("(ThrottlingException)"));
    account.aws(&get);
    account.no_more_faults();
    account.aws(&describe);
    let codes: Vec<_> = account.requests().into_iter().filter(|it| !it.code.is_empty()).map(|it| it.code).collect();
    assert_eq!(codes, ["Throttling", "ServiceFailure", "ThrottlingException"]);
}

#[test]
fn a_latency_holds_for_every_call_and_calls_wait_beside_each_other() {
    let account = Aws::shared().account();
    account.latency(Duration::from_millis(400));
    let begin = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| account.aws(&["sts", "get-caller-identity"]));
        }
    });
    let requests = account.requests();
    assert!(requests.iter().all(|it| it.took >= 0.4), "{requests:?}");
    let (first, last) = (requests.first().expect("four"), requests.last().expect("four"));
    assert!(requests.len() == 4 && last.at + last.took - first.at < 1.6 + begin.elapsed().as_secs_f64());
}

#[test]
fn new_roles_and_providers_show_late_when_the_account_is_slow() {
    let aws = Aws::shared();
    let (world, account) = (aws.control_plane(), aws.account());
    let cluster = account.cluster("slow", world);
    account.shows_late("role", 1, Duration::ZERO);
    create_role(&account, "late");
    let get = ["iam", "get-role", "--role-name", "late"];
    let policy = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess";
    let attach = ["iam", "attach-role-policy", "--role-name", "late", "--policy-arn", policy];
    let role = account.iam_arn("role/late");
    let mut associate = vec!["eks", "create-pod-identity-association", "--cluster-name", "slow"];
    associate.extend(["--namespace", "jobs", "--service-account", "job", "--role-arn", &role]);
    assert!(fails(&account, &get).contains("(NoSuchEntity)") && fails(&account, &attach).contains("(NoSuchEntity)"));
    let words = "(InvalidParameterException) when calling the CreatePodIdentityAssociation operation: \
                 Role provided in the request does not exist";
    assert!(fails(&account, &associate).contains(words));
    account.aws(&get);
    account.aws(&attach);
    account.aws(&associate);

    account.shows_late("provider", 2, Duration::ZERO);
    let create = ["iam", "create-open-id-connect-provider", "--client-id-list", "sts.amazonaws.com", "--url"];
    account.aws(&[&create[..], &[&cluster.issuer()]].concat());
    let token = world.service_account_token(&world.unique_name("late"), "job", "sts.amazonaws.com");
    for _ in 0..2 {
        let refused = account.assume_with_web_identity(&role, &token).expect_err("the provider is not seen yet");
        assert!(refused.contains("No OpenIDConnect provider found in your account"), "{refused}");
    }
    assert!(account.assume_with_web_identity(&role, &token).expect_err("no trust").contains("(AccessDenied)"));
}

#[test]
fn what_the_real_services_refuse_is_refused() {
    let account = Aws::shared().account();
    create_role(&account, "one");
    account.paper_cluster("c");
    let create = |name: &str, trust: &str| {
        fails(&account, &["iam", "create-role", "--role-name", name, "--assume-role-policy-document", trust])
    };
    let long = "x".repeat(65);
    assert!(create("one", TRUST).contains("(EntityAlreadyExists)") && create("ONE", TRUST).contains("AlreadyExists"));
    assert!(create("a/b", TRUST).contains("(ValidationError)") && create(&long, TRUST).contains("equal to 64"));
    assert!(create("two", "{").contains("(MalformedPolicyDocument)"));
    assert!(create("two", &TRUST.replace("pods.eks", "pods eks")).contains("Invalid principal in policy"));
    let federated = |provider: &str| {
        json!({ "Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": { "Federated": provider }, "Action": "sts:AssumeRoleWithWebIdentity",
        }] })
        .to_string()
    };
    assert!(
        create("two", &federated("oidc.eks.eu-central-1.amazonaws.com/id/1")).contains("Federated principals must")
    );
    let padded = TRUST.replace("\"Effect\"", &format!("\"Sid\":\"{}\",\"Effect\"", "a".repeat(2048)));
    assert!(create("two", &padded).contains("Cannot exceed quota for ACLSizePerRole: 2048"));

    let attach = |arn: &str| {
        account.try_aws(&account.env(), &["iam", "attach-role-policy", "--role-name", "one", "--policy-arn", arn])
    };
    let missing = attach(&account.iam_arn("policy/missing")).expect_err("nobody made it");
    assert!(missing.contains("(NoSuchEntity)") && missing.contains("does not exist or is not attachable"), "{missing}");
    assert!(
        attach("arn:aws:iam::aws:policy/AmazonS3FullAcess").expect_err("it is misspelt").contains("(NoSuchEntity)")
    );
    for name in ["AmazonS3FullAccess", "AdministratorAccess", "AmazonS3ReadOnlyAccess", "AmazonEC2ReadOnlyAccess"] {
        attach(&format!("arn:aws:iam::aws:policy/{name}")).expect("AWS has it");
    }
    let document = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}"#;
    for number in 0..7 {
        let name = format!("p{number}");
        account.aws(&["iam", "create-policy", "--policy-name", &name, "--policy-document", document]);
        let attached = attach(&account.iam_arn(&format!("policy/{name}")));
        match number {
            6 => assert!(attached.expect_err("ten are the most").contains("PoliciesPerRole: 10")),
            _ => drop(attached.expect("there is room")),
        }
    }
    let missing = account.iam_arn("role/missing");
    let mut associate = vec!["eks", "create-pod-identity-association", "--cluster-name", "c", "--namespace", "jobs"];
    associate.extend(["--service-account", "job", "--role-arn", &missing]);
    assert!(fails(&account, &associate).contains("Role provided in the request does not exist"));
    let addon = ["eks", "describe-addon", "--cluster-name", "c", "--addon-name", "eks-pod-identity-agent"];
    assert!(fails(&account, &addon).contains("(ResourceNotFoundException)"));
}

#[test]
fn providers_have_all_their_actions() {
    let account = Aws::shared().account();
    let issuer = "https://oidc.eks.eu-central-1.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF";
    let arn = account.iam_arn(&format!("oidc-provider/{}", &issuer["https://".len()..]));
    let create = ["iam", "create-open-id-connect-provider", "--url", issuer, "--tags", "Key=owner,Value=me"];
    assert_eq!(account.aws(&create)["OpenIDConnectProviderArn"], arn);
    assert!(fails(&account, &create).contains("(EntityAlreadyExists)"));
    let on = |action: &str, more: &[&str]| {
        account.aws(&[&["iam", action, "--open-id-connect-provider-arn", &arn][..], more].concat())
    };
    for _ in 0..2 {
        on("add-client-id-to-open-id-connect-provider", &["--client-id", "sts.amazonaws.com"]);
    }
    on("tag-open-id-connect-provider", &["--tags", "Key=owner,Value=you", "Key=more,Value=1"]);
    let found = on("get-open-id-connect-provider", &[]);
    assert_eq!(found["ClientIDList"], json!(["sts.amazonaws.com"]));
    assert_eq!(found["Url"], issuer.trim_start_matches("https://"));
    on("untag-open-id-connect-provider", &["--tag-keys", "more"]);
    let tags = on("list-open-id-connect-provider-tags", &[])["Tags"].clone();
    assert_eq!(tags, json!([{ "Key": "owner", "Value": "you" }]));
    on("remove-client-id-from-open-id-connect-provider", &["--client-id", "sts.amazonaws.com"]);
    assert_eq!(account.oidc_provider(issuer).expect("it is there")["ClientIDList"], json!([]));
    on("delete-open-id-connect-provider", &[]);
    on("delete-open-id-connect-provider", &[]);
    let missing = fails(&account, &["iam", "get-open-id-connect-provider", "--open-id-connect-provider-arn", &arn]);
    assert!(missing.contains("(NoSuchEntity)"), "{missing}");
}
