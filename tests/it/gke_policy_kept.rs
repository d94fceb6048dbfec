//! Policies of Google Cloud: one member more, and everything else as it was, whoever writes at the same time.

use serde_json::{Value, json};
use world::gcp::{Gcp, GcpFault};

use crate::support::{GkeLab, WORKLOAD_USER, without_etag};

const ADMIN: &str = "roles/storage.admin";
const APPLY: [&str; 5] = ["apply", "--yes", "--no-wait", "-o", "json"];

fn condition() -> Value {
    json!({
        "title": "office hours", "description": "until it is dark",
        "expression": "request.time.getHours(\"Europe/Berlin\") < 17", "location": "policies/7",
    })
}

/// Somebody's account, which is there, and one that is gone but stands in policies.
fn somebody(lab: &GkeLab) -> (String, String) {
    Gcp::shared().know(&["zoe@example.com", "adam@example.com", "team@example.com"]);
    let gone = lab.project.create_account("gone-long-ago");
    let id = lab.project.delete_account(&gone);
    (
        format!("serviceAccount:{}", lab.project.create_account("somebody")),
        format!("deleted:serviceAccount:{gone}?uid={id}"),
    )
}

/// A policy with everything that is easily lost, added to what is there.
fn enrich(policy: &Value, lab: &GkeLab, role: &str, conditional: &str) -> Value {
    let (living, gone) = somebody(lab);
    let mut rich = policy.clone();
    let bindings = json!([
        { "condition": condition(), "members": [conditional, "user:zoe@example.com"], "role": role },
        { "role": role, "members": ["user:zoe@example.com", living, "user:adam@example.com", gone] },
        { "role": "roles/viewer", "members": [gone, "group:team@example.com"] },
        { "role": role, "members": ["user:adam@example.com"], "condition": { "title": "b", "expression": "true" } },
    ]);
    let there = policy["bindings"].as_array().cloned().unwrap_or_default();
    rich["bindings"] = json!([bindings.as_array().unwrap().clone(), there].concat());
    rich["auditConfigs"] = json!([{ "service": "allServices", "auditLogConfigs": [
        { "logType": "DATA_READ", "exemptedMembers": ["user:adam@example.com"] },
    ] }]);
    rich
}

/// The policy with our member at the end of the unconditional binding of the role.
fn with_ours(before: &Value, role: &str, member: &str) -> Value {
    let mut expected = without_etag(before);
    let bindings = expected["bindings"].as_array_mut().unwrap();
    let binding = bindings.iter_mut().find(|it| it["role"] == role && it.get("condition").is_none()).unwrap();
    binding["members"].as_array_mut().unwrap().push(json!(member));
    expected
}

#[test]
fn the_account_s_policy_keeps_everything_and_gets_one_member() {
    let lab = GkeLab::new("kept-account");
    let email = lab.project.create_account(&format!("runner-{}", lab.cluster.name()));
    let rich = enrich(&lab.project.account_policy(&email), &lab, WORKLOAD_USER, &lab.member());
    lab.project.set_account_policy(&email, &rich);
    let before = lab.project.account_policy(&email);
    let applied = lab.run(&APPLY).exits(0).says("office hours");
    assert_eq!(applied.google(), [format!("create gcp:iam-binding/{WORKLOAD_USER}/{}", lab.member())]);
    let expected = with_ours(&before, WORKLOAD_USER, &lab.member());
    assert_eq!(without_etag(&lab.project.account_policy(&email)).to_string(), expected.to_string());
    // What is sent is everything that was read, in its order: also what the server would have put aside.
    let writes = lab.project.writes();
    let sent = &writes.iter().find(|it| it.action.ends_with("setIamPolicy")).unwrap().body["policy"];
    assert_eq!(without_etag(sent).to_string(), expected.to_string());
    assert_eq!(sent["etag"], before["etag"]);
    // And back.
    let _ = lab.run(&["destroy", "--yes", "-o", "json"]).exits(0);
    assert_eq!(without_etag(&lab.project.account_policy(&email)).to_string(), without_etag(&before).to_string());
    lab.keeps_to_the_documents();
}

#[test]
fn the_project_s_policy_keeps_everything_and_gets_one_member() {
    let lab = GkeLab::new("kept-project");
    let args = [&APPLY[..], &["--identity", "federation", "--grant-role", ADMIN]].concat();
    let principal = lab.cluster.principal(&lab.job_namespace, crate::support::JOB);
    let rich = enrich(&lab.project.policy(), &lab, ADMIN, &principal);
    lab.project.set_policy(&rich);
    let before = lab.project.policy();
    let applied = lab.run(&args).exits(0).says("office hours");
    assert_eq!(applied.google(), [format!("create gcp:iam-binding/{ADMIN}/{principal}")]);
    let expected = with_ours(&before, ADMIN, &principal);
    assert_eq!(without_etag(&lab.project.policy()).to_string(), expected.to_string());
    let mark = lab.project.mark();
    assert_eq!(lab.run(&args).exits(0).json()["outcome"], "nothing-to-do");
    assert_eq!(lab.google_writes_since(mark), Vec::<String>::new());
    let _ = lab.run(&["destroy", "--yes", "--identity", "federation", "--grant-role", ADMIN, "-o", "json"]).exits(0);
    assert_eq!(without_etag(&lab.project.policy()).to_string(), without_etag(&before).to_string());
    lab.keeps_to_the_documents();
}

#[test]
fn a_role_under_a_condition_only_is_given_beside_it() {
    let lab = GkeLab::new("kept-beside");
    let member = format!("serviceAccount:{}", lab.account());
    let _ = lab.run(&APPLY).exits(0);
    let mut policy = lab.project.policy();
    let theirs = json!({ "role": ADMIN, "members": [member], "condition": condition() });
    policy["bindings"].as_array_mut().unwrap().push(theirs.clone());
    lab.project.set_policy(&policy);
    let _ = lab.run(&[&APPLY[..], &["--grant-role", ADMIN]].concat()).exits(0).says("which stays");
    let policy = lab.project.policy();
    let bindings: Vec<_> =
        policy["bindings"].as_array().unwrap().iter().filter(|it| it["role"] == ADMIN).cloned().collect();
    assert_eq!(bindings, [theirs, json!({ "role": ADMIN, "members": [member] })]);
    lab.keeps_to_the_documents();
}

#[test]
fn a_write_that_was_aborted_is_redone_from_the_reading_on() {
    for times in [1, 3] {
        let lab = GkeLab::new("kept-abort");
        lab.project.fault(GcpFault::aborted().times(times));
        let mark = lab.project.mark();
        let _ = lab.run(&APPLY).exits(0).says("somebody else is changing the policy");
        assert_eq!(lab.project.account_members(&lab.account(), WORKLOAD_USER), [lab.member()]);
        let requests = lab.project.requests_since(mark);
        let from = requests.iter().position(|it| it.action == "projects.serviceAccounts.create").unwrap();
        let cycle: Vec<_> = requests[from..]
            .iter()
            .filter(|it| it.action.contains("serviceAccounts") && it.action.ends_with("IamPolicy"))
            .map(|it| it.action.rsplit('.').next().unwrap())
            .collect();
        // Each time it is read anew, and once more for the proof.
        let expected: Vec<_> = (0..=times).flat_map(|_| ["getIamPolicy", "setIamPolicy"]).collect();
        assert_eq!(cycle[..expected.len()], expected, "{cycle:?}");
        lab.keeps_to_the_documents();
    }
}

#[test]
fn what_somebody_else_writes_in_that_very_moment_is_kept() {
    let lab = GkeLab::new("kept-race");
    Gcp::shared().know(&["zoe@example.com"]);
    let other = lab.cluster.member("elsewhere", "job");
    let (project, email, member) = (lab.project.clone(), lab.account(), other.clone());
    let path = format!("{email}:setIamPolicy");
    lab.project.meanwhile("POST", &path, move || project.bind_account(&email, WORKLOAD_USER, &member));
    lab.project.somebody_binds_first(ADMIN, "user:zoe@example.com");
    let _ = lab.run(&[&APPLY[..], &["--grant-role", ADMIN]].concat()).exits(0);
    assert_eq!(lab.project.account_members(&lab.account(), WORKLOAD_USER), [other, lab.member()]);
    let member = format!("serviceAccount:{}", lab.account());
    assert_eq!(lab.project.members(ADMIN), ["user:zoe@example.com".to_owned(), member]);
    lab.keeps_to_the_documents();
}

#[test]
fn a_policy_that_changes_all_the_time_ends_the_run_with_a_sentence() {
    let lab = GkeLab::new("kept-busy");
    lab.project.fault(GcpFault::aborted());
    let outcome = lab.run(&["apply", "--yes", "--no-wait", "--timeout", "8s", "-o", "json"]).exits(4);
    let outcome = outcome.explains("concurrent policy changes").explains("run the same command again");
    assert_eq!(outcome.json()["outcome"], "stopped", "{outcome}");
    let tries = lab.project.writes().iter().filter(|it| it.action.ends_with("setIamPolicy")).count();
    assert!((2..10).contains(&tries), "{tries}");
    lab.project.no_more_faults();
    let _ = lab.run(&APPLY).exits(0);
    assert_eq!(lab.project.account_members(&lab.account(), WORKLOAD_USER), [lab.member()]);
    lab.keeps_to_the_documents();
}
