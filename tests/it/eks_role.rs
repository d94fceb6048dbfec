//! A role of that name is there already: our statement is added to theirs, and another cluster's role is not taken.

use serde_json::{Value, json};
use world::World;
use world::aws::Aws;

use crate::support::{AUDIENCE, EksLab, JOB, Outcome};

const APPLY: [&str; 5] = ["apply", "--yes", "--no-wait", "-o", "json"];

fn apply(lab: &EksLab, args: &[&str]) -> Outcome {
    lab.run(&[&APPLY[..], args].concat())
}

fn ec2() -> Value {
    json!({ "Effect": "Allow", "Principal": { "Service": "ec2.amazonaws.com" }, "Action": "sts:AssumeRole" })
}

fn policy(statements: &[Value]) -> Value {
    json!({ "Version": "2012-10-17", "Statement": statements })
}

/// An issuer of another cluster, in another region.
const OTHER_ISSUER: &str = "oidc.eks.us-east-1.amazonaws.com/id/0A1B2C3D4E5F60718293A4B5C6D7E8F9";

#[test]
fn a_role_that_trusts_ec2_keeps_that_and_gets_our_statement() {
    let lab = EksLab::new("role-ec2");
    let role = lab.role_name();
    lab.create_role(&role, &policy(&[ec2()]), &["--tags", "Key=team,Value=blue"]);
    let planned = lab.run(&["plan", "-o", "json"]).exits(0);
    assert_eq!(planned.change(&lab.role_object())["action"], "adopt");
    assert_eq!(planned.fields(&lab.role_object())[0], "assumeRolePolicyDocument.Statement[1]", "{planned}");
    let applied = apply(&lab, &[]).exits(0);
    EksLab::was_exchanged(&applied, &role);
    let ours = lab.guide_trust()["Statement"][0].clone();
    assert_eq!(lab.statements(&role), [ec2(), ours]);
    assert_eq!(lab.tag(&role, "team").as_deref(), Some("blue"));
    lab.has_nothing_to_do(&["--no-wait"]);
}

#[test]
fn a_policy_of_one_statement_without_a_list_is_kept_too() {
    let lab = EksLab::new("role-one");
    let role = lab.role_name();
    lab.create_role(&role, &json!({ "Version": "2012-10-17", "Id": "theirs", "Statement": ec2() }), &[]);
    let _ = apply(&lab, &[]).exits(0);
    assert_eq!(lab.statements(&role), [ec2(), lab.guide_trust()["Statement"][0].clone()]);
    assert_eq!(lab.get_role(&role)["AssumeRolePolicyDocument"]["Id"], "theirs");
    lab.has_nothing_to_do(&["--no-wait"]);
}

#[test]
fn the_role_of_another_cluster_of_that_name_is_refused_with_a_name_that_works() {
    let lab = EksLab::new("role-other");
    let role = lab.role_name();
    let theirs = json!({
        "Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity",
        "Principal": { "Federated": lab.account.iam_arn(&format!("oidc-provider/{OTHER_ISSUER}")) },
        "Condition": { "StringEquals": { (format!("{OTHER_ISSUER}:sub")): lab.subject() } },
    });
    lab.create_role(&role, &policy(std::slice::from_ref(&theirs)), &[]);
    let mark = lab.account.mark();
    let refused = lab.refuses(&["--no-wait"]).explains("belongs to another cluster").explains(OTHER_ISSUER);
    assert_eq!(lab.aws_writes_since(mark), Vec::<String>::new());
    let suggested = suggested(&refused);
    assert_ne!(suggested, role);
    let applied = apply(&lab, &["--role-name", &suggested]).exits(0);
    EksLab::was_exchanged(&applied, &suggested);
    assert_eq!(lab.statements(&role), std::slice::from_ref(&theirs), "theirs is untouched");
    lab.has_nothing_to_do(&["--no-wait", "--role-name", &suggested]);
    // Or both share it.
    let object = lab.role_object();
    let _ = refused.explains(&format!("--adopt {object}"));
    let shared = apply(&lab, &["--adopt", &object]).exits(0);
    EksLab::was_exchanged(&shared, &role);
    assert_eq!(lab.statements(&role), [theirs, lab.guide_trust()["Statement"][0].clone()]);
    lab.has_nothing_to_do(&["--no-wait"]);
    lab.has_nothing_to_do(&["--no-wait", "--adopt", &object]);
}

/// The name after `--role-name` in the hints.
#[track_caller]
fn suggested(refused: &Outcome) -> String {
    let error = refused.json()["error"].clone();
    let hints = error["hints"].as_array().unwrap();
    let hint = hints.iter().find_map(|hint| hint.as_str().unwrap().split("--role-name ").nth(1));
    hint.unwrap_or_else(|| panic!("no name is suggested\n{refused}")).trim_end_matches('`').to_owned()
}

#[test]
fn two_clusters_of_one_name_in_two_regions_get_a_role_each() {
    let first = EksLab::new("twice");
    let _ = apply(&first, &[]).exits(0);
    let role = first.role_name();
    // The second is really another control plane, in the same account and another region.
    let mut second = crate::support::Lab::new("twice");
    let account = first.account.in_region("us-east-1");
    let world = World::shared();
    Aws::shared().trust_issuer(world);
    let cluster = account.cluster(first.cluster.name(), world);
    second.set_all(&account.env());
    let kubeconfig = world.kubeconfig_admin_as(&cluster.arn());
    second.set("KUBECONFIG", kubeconfig.display().to_string());
    let before = first.get_role(&role);
    let refused = second.refuses(&["--no-wait"]).explains("belongs to another cluster").explains(&first.cluster.arn());
    assert_eq!(first.get_role(&role), before);
    let suggested = suggested(&refused);
    assert!(suggested.ends_with("-us-east-1"), "{suggested}");
    let applied = second.run(&[&APPLY[..], &["--role-name", &suggested]].concat()).exits(0);
    EksLab::was_exchanged(&applied, &suggested);
    assert_eq!(first.get_role(&role), before);
    first.has_nothing_to_do(&["--no-wait"]);
}

#[test]
fn the_role_of_another_service_account_of_this_cluster_is_refused_and_shared_when_told() {
    let mut lab = EksLab::new("role-sa");
    let _ = apply(&lab, &[]).exits(0);
    let (role, jobs) = (lab.role_name(), lab.job_namespace.clone());
    let first = lab.statements(&role);
    let second = lab.world.unique_name("role-sa-more");
    lab.set("RUNNER_ID", format!("agent-{second}"));
    lab.runner = format!("agent-{second}");
    for (variable, kind) in [("CLUSTER_RUNNER_NAMESPACE", "agent"), ("CLUSTER_RUNNER_JOB_NAMESPACE", "jobs")] {
        lab.set(variable, format!("{second}-{kind}"));
    }
    lab.runner_namespace = format!("{second}-agent");
    lab.job_namespace = format!("{second}-jobs");
    let refused = lab.refuses(&["--no-wait"]).explains("another service account of this cluster");
    let _ = refused.clone().explains(&format!("{jobs}/{JOB}"));
    let other = suggested(&refused);
    let object = lab.role_object();
    let _ = apply(&lab, &["--adopt", &object]).exits(0);
    let statements = lab.statements(&role);
    assert_eq!((statements.len(), &statements[0]), (2, &first[0]), "{statements:?}");
    assert!(lab.assume(&role, &jobs, JOB).is_ok(), "the first one is still let in");
    assert!(lab.assume(&role, &lab.job_namespace, JOB).is_ok());
    lab.has_nothing_to_do(&["--no-wait"]);
    // With the suggested name they are apart.
    let _ = apply(&lab, &["--role-name", &other]).exits(0);
    assert!(lab.assume(&other, &jobs, JOB).is_err());
    assert_eq!(lab.annotated(), Some(lab.role_arn(&other)));
}

#[test]
fn a_statement_that_denies_the_jobs_is_refused_and_nothing_is_written() {
    let lab = EksLab::new("role-deny");
    let role = lab.role_name();
    let mut deny = lab.guide_trust()["Statement"][0].clone();
    deny["Effect"] = json!("Deny");
    let wide = json!({ "Effect": "Deny", "Principal": { "AWS": "*" }, "Action": "sts:*" });
    lab.create_role(&role, &policy(&[ec2(), deny]), &[]);
    for trust in [None, Some(policy(&[lab.guide_trust()["Statement"][0].clone(), wide]))] {
        if let Some(trust) = trust {
            lab.set_trust(&role, &trust);
        }
        let mark = lab.account.mark();
        let _ = lab.refuses(&["--no-wait"]).explains("denies the jobs' service account").explains("get-role");
        assert_eq!(lab.aws_writes_since(mark), Vec::<String>::new());
    }
}

#[test]
fn a_role_that_lets_in_too_many_is_adopted_with_a_warning() {
    type Conditions = fn(&EksLab) -> Value;
    let cases: [(&str, Conditions, &str); 3] = [
        (
            "role-nosub",
            |lab| json!({ "StringEquals": { (format!("{}:aud", lab.issuer())): AUDIENCE } }),
            "every service account of the cluster",
        ),
        (
            "role-anysub",
            |lab| json!({ "StringLike": { (format!("{}:sub", lab.issuer())): "system:serviceaccount:*:*" } }),
            "every service account of the cluster",
        ),
        (
            "role-ns",
            |lab| {
                let subject = format!("system:serviceaccount:{}:*", lab.job_namespace);
                json!({ "StringLike": { (format!("{}:sub", lab.issuer())): subject } })
            },
            "every service account of the namespace `",
        ),
    ];
    for (name, conditions, words) in cases {
        let lab = EksLab::new(name);
        let role = lab.role_name();
        let trust = lab.trust_of(&conditions(&lab));
        lab.create_role(&role, &trust, &[]);
        let applied = apply(&lab, &[]).exits(0).says("lets in more than the jobs").says(words);
        EksLab::was_exchanged(&applied, &role);
        assert_eq!(lab.get_role(&role)["AssumeRolePolicyDocument"], trust, "it is said, not changed");
        let again = apply(&lab, &[]).exits(0).says(words);
        assert_eq!(again.changed(), Vec::<String>::new(), "{again}");
    }
}

#[test]
fn wildcards_under_string_equals_let_nobody_in_and_our_statement_is_added() {
    let lab = EksLab::new("role-stars");
    let role = lab.role_name();
    let subject = format!("system:serviceaccount:{}:*", lab.job_namespace);
    let theirs = lab.trust_of(&json!({ "StringEquals": { (format!("{}:sub", lab.issuer())): subject } }));
    lab.create_role(&role, &theirs, &[]);
    let _ = apply(&lab, &[]).exits(0);
    assert_eq!(lab.statements(&role).len(), 2);
    assert_eq!(lab.statements(&role)[0], theirs["Statement"][0]);
}

#[test]
fn conditions_that_cannot_be_judged_are_kept_and_a_plain_statement_is_added() {
    let lab = EksLab::new("role-unjudged");
    let role = lab.role_name();
    let mut theirs = lab.guide_trust();
    theirs["Statement"][0]["Condition"]["IpAddress"] = json!({ "aws:SourceIp": "203.0.113.0/24" });
    lab.create_role(&role, &theirs, &[]);
    let applied = apply(&lab, &[]).exits(0).says("conditions that can't be judged from here");
    EksLab::was_exchanged(&applied, &role);
    assert_eq!(lab.statements(&role), [theirs["Statement"][0].clone(), lab.guide_trust()["Statement"][0].clone()]);
    lab.has_nothing_to_do(&["--no-wait"]);
}

#[test]
fn a_policy_without_room_for_one_more_statement_is_one_clear_error() {
    let lab = EksLab::new("role-full");
    let role = lab.role_name();
    let full: Vec<_> = (0..12)
        .map(|number| {
            let external = format!("{number}-{}", "x".repeat(40));
            json!({ "Effect": "Allow", "Principal": { "AWS": lab.account.iam_arn("root") }, "Action": "sts:AssumeRole",
                "Condition": { "StringEquals": { "sts:ExternalId": external } } })
        })
        .collect();
    let kept = (1..=12).rev().find(|count| policy(&full[..*count]).to_string().len() <= 2048).unwrap();
    lab.create_role(&role, &policy(&full[..kept]), &[]);
    let failed = apply(&lab, &[]).exits(4).explains("ACLSizePerRole: 2048").explains("Service Quotas");
    assert_eq!(failed.change(&lab.role_object())["status"], "failed");
    assert_eq!(lab.statements(&role).len(), kept);
    // A role of its own is the way out.
    let _ = apply(&lab, &["--role-name", "roomy"]).exits(0);
}

#[test]
fn the_name_of_a_long_cluster_is_cut_to_what_iam_takes_and_stays_unique() {
    let unique = Aws::shared().control_plane().unique_name("role-long");
    let long = format!("{unique}-{}", "x".repeat(100 - unique.len() - 1));
    let lab = EksLab::of_cluster("role-long", &long);
    let document = apply(&lab, &[]).exits(0);
    let role = document.json()["aws"]["role"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
    assert_eq!(role.len(), 64);
    assert!(role.starts_with("humanitec-kubernetes-agent-runner-role-long"), "{role}");
    EksLab::was_exchanged(&document, &role);
    lab.has_nothing_to_do(&["--no-wait"]);
    // One more letter at the end is another name.
    let near = EksLab::of_cluster("role-long", &format!("{}y", &long[..99]));
    let other = near.run(&["plan", "-o", "json"]).exits(0).json()["aws"]["role"].clone();
    assert!(!other.as_str().unwrap().ends_with(&role), "{other}");
    let _ = lab.run(&["plan", "--role-name", &"r".repeat(65), "-o", "json"]).exits(2).explains("64");
}
