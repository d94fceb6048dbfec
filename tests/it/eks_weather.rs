//! Bad weather in AWS: throttling, IAM that is slow to spread the news, quotas, and Ctrl-C in the middle of it.

use std::time::{Duration, Instant};

use serde_json::json;
use world::aws::AwsFault;

use crate::support::EksLab;

/// What is said while IAM spreads what it was told.
const EVERYWHERE: &str = "waiting until IAM knows everywhere what was just made";
const POLICY: &str = "--attach-policy=arn:aws:iam::aws:policy/ReadOnlyAccess";

/// The calls of one action.
fn calls(lab: &EksLab, action: &str) -> usize {
    lab.account.requests().iter().filter(|request| request.action == action).count()
}

#[test]
fn throttled_calls_are_repeated_and_that_is_said() {
    let lab = EksLab::new("eks-throttle");
    for (service, action) in
        [("eks", "DescribeCluster"), ("iam", "GetRole"), ("iam", "CreateRole"), ("sts", "GetCallerIdentity")]
    {
        lab.account.fault(AwsFault::throttle(service, action).times(2));
    }
    let outcome = lab.run(&["apply", "--yes", POLICY, "-o", "json"]).exits(0);
    for action in ["DescribeCluster", "GetRole", "CreateRole", "GetCallerIdentity"] {
        assert!(outcome.stderr.contains(&format!("AWS throttles {action}; asking again")), "{action}\n{outcome}");
    }
    assert_eq!(calls(&lab, "CreateRole"), 3);
    lab.has_nothing_to_do(&[POLICY]);
}

#[test]
fn throttling_without_end_is_exit_5_and_the_next_run_goes_on() {
    let lab = EksLab::new("eks-throttled");
    lab.account.fault(AwsFault::throttle("iam", "CreateRole"));
    let start = Instant::now();
    let outcome = lab.run(&["apply", "--yes", "--timeout=30s", "-o", "json"]).exits(5);
    assert!(start.elapsed() < Duration::from_secs(35), "{:?}", start.elapsed());
    let outcome = outcome.explains("iam:CreateRole: AWS is asked too often").explains("run the same command again");
    assert_eq!(outcome.json()["outcome"], "stopped");
    lab.account.no_more_faults();
    let _ = lab.apply();
    lab.proves_itself();
}

#[test]
fn a_role_that_is_not_known_everywhere_yet_is_waited_for() {
    let lab = EksLab::new("eks-late");
    lab.account.shows_late("role", 0, Duration::from_secs(4));
    let outcome = lab.run(&["apply", "--yes", POLICY, "-o", "json"]).exits(0).says(EVERYWHERE);
    let verified = outcome.json()["verified"].as_array().unwrap().clone();
    assert!(verified.iter().any(|it| it["claim"] == "token-exchanged" && it["outcome"] == "pass"), "{outcome}");
    assert!(calls(&lab, "AttachRolePolicy") > 1);
    lab.has_nothing_to_do(&[POLICY]);
    lab.proves_itself();
}

#[test]
fn the_proof_is_patient_with_what_was_just_made() {
    let lab = EksLab::new("eks-late-proof");
    lab.account.shows_late("role", 0, Duration::from_secs(8));
    lab.account.shows_late("provider", 0, Duration::from_secs(6));
    let outcome = lab.run(&["apply", "--yes", "-o", "json"]).exits(0);
    let outcome = outcome.says("waiting until STS lets the job's token in");
    let verified = outcome.json()["verified"].as_array().unwrap().clone();
    assert!(verified.iter().any(|it| it["claim"] == "token-exchanged" && it["outcome"] == "pass"), "{outcome}");
}

#[test]
fn eks_hears_of_a_new_role_later_too() {
    let lab = EksLab::new("eks-late-pod");
    lab.account.shows_late("role", 0, Duration::from_secs(5));
    let args = ["apply", "--yes", "--identity=pod-identity", "--install-addon", "-o", "json"];
    let _ = lab.run(&args).exits(0).says("waiting until IAM's new role is visible to EKS (2 s)");
    assert!(calls(&lab, "CreatePodIdentityAssociation") > 1);
    assert_eq!(lab.account.associations().len(), 1);
    assert_eq!(lab.run(&args).exits(0).json()["outcome"], "nothing-to-do");
}

#[test]
fn the_wait_ends_with_the_run_s_time_and_the_next_run_goes_on() {
    let lab = EksLab::new("eks-never");
    lab.account.shows_late("role", 0, Duration::from_secs(25));
    let start = Instant::now();
    let outcome =
        lab.run(&["apply", "--yes", "--identity=pod-identity", "--install-addon", "--timeout=12s", "-o", "json"]);
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}\n{outcome}", start.elapsed());
    assert!([4, 5].contains(&outcome.code), "{outcome}");
    let outcome = outcome.explains("Role provided in the request does not exist");
    assert_eq!(outcome.json()["outcome"], "stopped", "{outcome}");
    let _ = lab.run(&["apply", "--yes", "--identity=pod-identity", "--install-addon", "-o", "json"]).exits(0);
}

#[test]
fn a_proof_that_sts_refuses_for_good_ends_and_says_what_was_compared() {
    let lab = EksLab::new("eks-denied-sts");
    lab.account.fault(AwsFault::fails(
        "sts",
        "AssumeRoleWithWebIdentity",
        403,
        "AccessDenied",
        "Not authorized to perform sts:AssumeRoleWithWebIdentity",
    ));
    let start = Instant::now();
    let outcome = lab.run(&["apply", "--yes", "--timeout=15s", "-o", "json"]).exits(4);
    assert!(start.elapsed() < Duration::from_secs(25), "{:?}", start.elapsed());
    let outcome = outcome.says("waiting until STS lets the job's token in");
    let outcome = outcome.explains("Not authorized to perform sts:AssumeRoleWithWebIdentity").explains("(same)");
    let verified = outcome.json()["verified"].as_array().unwrap().clone();
    assert!(verified.iter().any(|it| it["claim"] == "token-exchanged" && it["outcome"] == "fail"), "{outcome}");
    lab.account.no_more_faults();
    let _ = lab.run(&["apply", "--yes", "-o", "json"]).exits(0);
}

#[test]
fn a_quota_that_is_used_up_is_named() {
    for (action, quota, args) in [
        ("CreateOpenIDConnectProvider", "OpenIDConnectProvidersPerAccount: 100", &[][..]),
        ("CreateRole", "RolesPerAccount: 1000", &[]),
        ("AttachRolePolicy", "PoliciesPerRole: 10", &[POLICY]),
    ] {
        let lab = EksLab::new("eks-quota");
        let message = format!("Cannot exceed quota for {quota}");
        lab.account.fault(AwsFault::fails("iam", action, 409, "LimitExceeded", &message));
        let outcome = lab.run(&[&["apply", "--yes", "-o", "json"], args].concat()).exits(4);
        let outcome = outcome.explains(&format!("iam:{action}: a quota of the account is used up ({quota})"));
        let _ = outcome.explains("Service Quotas");
        lab.account.no_more_faults();
        assert_eq!(lab.run(&[&["apply", "--yes", "-o", "json"], args].concat()).exits(0).json()["outcome"], "done");
    }
}

#[test]
fn somebody_else_s_change_is_waited_for() {
    let lab = EksLab::new("eks-concurrent");
    let busy = |action: &str| {
        AwsFault::fails("iam", action, 409, "ConcurrentModification", "multiple requests to change it").times(1)
    };
    lab.account.fault(busy("CreateOpenIDConnectProvider"));
    lab.account.fault(busy("CreateRole"));
    let outcome = lab.run(&["apply", "--yes", "-o", "json"]).exits(0);
    let _ = outcome.says("waiting until somebody else's change is done (2 s)");
    lab.has_nothing_to_do(&[]);
}

#[test]
fn an_aws_that_hangs_is_not_waited_for_longer_than_told() {
    let lab = EksLab::new("eks-hang");
    lab.account.fault(AwsFault::delays("eks", "DescribeCluster", Duration::from_secs(60)));
    let start = Instant::now();
    let outcome = lab.run(&["plan", "--timeout=3s", "-o", "json"]).exits(5).explains("did not answer in time");
    assert!(start.elapsed() < Duration::from_secs(15), "{:?}", start.elapsed());
    let _ = outcome.explains("eks:DescribeCluster").explains("--timeout DURATION");
}

#[test]
fn ctrl_c_while_aws_is_waited_for_ends_cleanly_and_the_next_run_goes_on() {
    let lab = EksLab::new("eks-ctrl-c");
    lab.account.shows_late("role", 0, Duration::from_secs(20));
    let args = ["apply", "--yes", "--identity=pod-identity", "--install-addon", "-o", "json"];
    let mut running = lab.start(&args);
    running.wait_for("waiting until IAM's new role is visible to EKS");
    let start = Instant::now();
    running.interrupt();
    let outcome = running.end().exits(130).says("interrupted while waiting until IAM's new role is visible to EKS");
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}\n{outcome}", start.elapsed());
    let document = outcome.json();
    assert_eq!(document["outcome"], "stopped", "{outcome}");
    assert!(outcome.stderr.contains("changes are made"), "{outcome}");
    assert_eq!(lab.run(&args).exits(0).json()["outcome"], "done");
    assert_eq!(json!(lab.account.associations().len()), json!(1));
}

#[test]
fn ctrl_c_while_the_proof_is_waited_for_ends_at_once() {
    let lab = EksLab::new("eks-ctrl-c-proof");
    lab.account.fault(AwsFault::fails("sts", "AssumeRoleWithWebIdentity", 403, "AccessDenied", "not yet"));
    let mut running = lab.start(&["apply", "--yes", "-o", "json"]);
    running.wait_for("waiting until STS lets the job's token in");
    let start = Instant::now();
    running.interrupt();
    let outcome = running.end().exits(130);
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}\n{outcome}", start.elapsed());
    lab.account.no_more_faults();
    assert_eq!(lab.run(&["apply", "--yes", "-o", "json"]).exits(0).json()["outcome"], "nothing-to-do");
}
