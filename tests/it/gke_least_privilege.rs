//! The printed custom role is enough, and nothing in it is superfluous.

use std::thread;

use serde_json::{Value, json};
use world::gcp::Gcp;

use crate::documents::is_valid;
use crate::support::{GkeLab, JOB, LOCATION, Outcome, WORKLOAD_USER};

const VIEWER: &str = "roles/logging.viewer";

/// One configuration, and what somebody else does in the project between two runs, so that the second has to repair.
struct Case {
    name: &'static str,
    args: &'static [&'static str],
    drift: fn(&GkeLab),
}

const CASES: [Case; 3] = [
    Case { name: "glp-plain", args: &[], drift: drift_of_account },
    Case { name: "glp-roles", args: &["--grant-role", VIEWER], drift: drift_of_account },
    Case { name: "glp-fed", args: &["--identity", "federation", "--grant-role", VIEWER], drift: drift_of_principal },
];

/// The jobs may no longer act as the account, and the account has lost its role.
fn drift_of_account(lab: &GkeLab) {
    lab.project.unbind_account(&lab.account(), WORKLOAD_USER, &lab.member());
    lab.project.unbind(VIEWER, &format!("serviceAccount:{}", lab.account()));
}

fn drift_of_principal(lab: &GkeLab) {
    lab.project.unbind(VIEWER, &lab.cluster.principal(&lab.job_namespace, JOB));
}

/// The role that is printed for a configuration, in the one form that gcloud takes.
#[track_caller]
fn printed(lab: &GkeLab, args: &[&str]) -> Value {
    let outcome = lab.run(&[&["permissions", "--for", "gcp", "-o", "json"], args].concat()).exits(0);
    let document = outcome.json();
    is_valid("permissions", &document);
    let [part] = document["parts"].as_array().unwrap().as_slice() else { panic!("one project, one role: {outcome}") };
    assert_eq!((&part["part"], &part["format"]), (&json!("gcp"), &json!("gcp-custom-role")));
    assert_eq!(part["project"], lab.project.id());
    part["document"].clone()
}

fn permissions(role: &Value) -> Vec<String> {
    role["includedPermissions"].as_array().unwrap().iter().map(|it| it.as_str().unwrap().to_owned()).collect()
}

/// Lets the runs act as somebody who may do just this in Google Cloud, and everything in the cluster.
fn act_with(lab: &mut GkeLab, permissions: &[String]) {
    let names: Vec<&str> = permissions.iter().map(String::as_str).collect();
    let somebody = lab.project.user_with_permissions("lean@example.com", &names);
    lab.act_as(&somebody);
}

/// Runs a case without one permission of the printed role; answers the last run.
fn tried(case: &Case, without: Option<&str>) -> Outcome {
    let mut lab = GkeLab::new(case.name);
    let mut names = permissions(&printed(&lab, case.args));
    names.retain(|name| Some(name.as_str()) != without);
    act_with(&mut lab, &names);
    let first = lab.identity(case.args);
    if first.code != 0 {
        return first;
    }
    (case.drift)(&lab);
    let second = lab.identity(case.args);
    lab.keeps_to_the_documents();
    second
}

#[test]
fn the_role_is_enough_to_set_up_and_to_repair() {
    thread::scope(|scope| {
        for case in &CASES {
            scope.spawn(|| {
                let second = tried(case, None).exits(0);
                let creates = second.google().len();
                assert_eq!(creates, if case.name == "glp-roles" { 2 } else { 1 }, "{second}");
            });
        }
    });
}

#[test]
fn without_any_one_of_its_permissions_something_fails_and_it_is_named() {
    for case in &CASES {
        let all = permissions(&printed(&GkeLab::new("glp-list"), case.args));
        assert!(all.len() > 3, "{all:?}");
        thread::scope(|scope| {
            for chunk in all.chunks(all.len().div_ceil(3)) {
                scope.spawn(move || {
                    for permission in chunk {
                        let outcome = tried(case, Some(permission));
                        match permission.as_str() {
                            // For a control plane that only its DNS name reaches; this one has an address.
                            "container.clusters.connect" => assert_eq!(outcome.code, 0, "{outcome}"),
                            // Nothing is changed by it: it is said that it is not known.
                            "serviceusage.services.get" => {
                                let outcome = outcome.exits(0).says("is not known").says(permission);
                                assert!(outcome.json()["warnings"].to_string().contains(permission), "{outcome}");
                            }
                            _ => drop(outcome.exits(4).explains(permission).explains("permissions --for gcp")),
                        }
                    }
                });
            }
        });
    }
}

#[test]
fn what_destroy_takes_is_enough_to_destroy_and_nothing_of_it_is_superfluous() {
    for case in &CASES {
        let setup = |name: &str| {
            let lab = GkeLab::new(name);
            let _ = lab.run(&[&["apply", "--yes", "--no-wait"], case.args].concat()).exits(0);
            lab
        };
        let mut lab = setup("glp-destroy");
        let without_roles = printed(&lab, case.args);
        let with_destroy = permissions(&printed(&lab, &[&["--destroy"], case.args].concat()));
        let only = with_destroy.iter().filter(|name| !permissions(&without_roles).contains(name));
        let only: Vec<String> = only.cloned().collect();
        act_with(&mut lab, &with_destroy);
        let destroy = [&["destroy", "--yes", "-o", "json"], case.args].concat();
        let done = lab.run(&destroy).exits(0);
        assert_eq!(done.json()["outcome"], "done", "{done}");
        assert_eq!(lab.project.accounts().len(), 0, "{done}");
        assert_eq!(lab.project.members(VIEWER), Vec::<String>::new(), "{done}");
        lab.keeps_to_the_documents();
        for permission in only {
            let mut lab = setup("glp-back");
            let rest: Vec<String> = with_destroy.iter().filter(|name| **name != permission).cloned().collect();
            act_with(&mut lab, &rest);
            let failed = lab.run(&destroy);
            assert!(failed.stdout.contains(&permission), "{permission} is superfluous or not named: {failed}");
        }
    }
}

#[test]
fn people_read_the_same_and_gcloud_makes_the_role_of_it() {
    let mut lab = GkeLab::new("glp-human");
    let args = ["--grant-role", VIEWER];
    let role = printed(&lab, &args);
    let human = lab.run(&[&["permissions", "--for", "gcp"], &args[..]].concat()).exits(0);
    for permission in permissions(&role) {
        let _ = human.clone().prints(&permission);
    }
    let said = format!("{}\n{}", human.stdout, human.stderr);
    let line = format!("gcloud iam roles create runnerSetup --project {} --file ROLE.json", lab.project.id());
    assert!(said.contains(&line), "{human}");
    let file = lab.file("ROLE.json", &role.to_string()).display().to_string();
    let words = shlex::split(&line.replace("ROLE.json", &file)).unwrap();
    let made = lab.gcloud(&words[1..].iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(made["includedPermissions"], role["includedPermissions"]);
    let name = format!("projects/{}/roles/runnerSetup", lab.project.id());
    assert_eq!(made["name"], name);
    let lean = lab.project.user("lean@example.com", &[&name]);
    lab.act_as(&lean);
    let _ = lab.identity(&args).exits(0);
    lab.keeps_to_the_documents();
}

#[test]
fn an_account_of_another_project_takes_a_role_there() {
    let mut lab = GkeLab::new("glp-own");
    let other = Gcp::shared().project();
    let email = other.create_account("shared-runner");
    let args = ["--google-service-account", &email, "--grant-role", VIEWER];
    let document = lab.run(&[&["permissions", "--for", "gcp", "-o", "json"], &args[..]].concat()).exits(0).json();
    is_valid("permissions", &document);
    let parts = document["parts"].as_array().unwrap().clone();
    let projects: Vec<_> = parts.iter().map(|part| part["project"].as_str().unwrap()).collect();
    assert_eq!(projects, [lab.project.id(), other.id()]);
    let lean = lab.project.user_with_permissions(
        "lean@example.com",
        &permissions(&parts[0]["document"]).iter().map(String::as_str).collect::<Vec<_>>(),
    );
    lab.act_as(&lean);
    let there = permissions(&parts[1]["document"]);
    let refused = lab.identity(&args).exits(4);
    let _ = refused.explains("iam.serviceAccounts.get");
    let role = other.role("lean", &there.iter().map(String::as_str).collect::<Vec<_>>());
    other.grant(&lean, &[&role]);
    let _ = lab.identity(&args).exits(0);
    assert_eq!(other.account_members(&email, WORKLOAD_USER), [lab.member()]);
}

#[test]
fn taking_over_an_account_takes_one_permission_more() {
    let mut lab = GkeLab::new("glp-adopt");
    let email = lab.project.create_account(&format!("runner-{}", lab.cluster.name()));
    lab.project.describe_account(&email, &lab.our_description().replace(LOCATION, "us-east1"));
    let object = lab.account_object();
    let adopt = ["--adopt", &object];
    let (plain, more) = (permissions(&printed(&lab, &[])), permissions(&printed(&lab, &adopt)));
    let added: Vec<_> = more.iter().filter(|name| !plain.contains(name)).collect();
    assert_eq!(added, ["iam.serviceAccounts.update"]);
    act_with(&mut lab, &plain);
    let mark = lab.project.mark();
    let _ = lab.identity(&adopt).exits(4).explains("iam.serviceAccounts.update");
    assert_eq!(lab.google_writes_since(mark), Vec::<String>::new(), "nothing is begun that can't be finished");
    act_with(&mut lab, &more);
    let _ = lab.identity(&adopt).exits(0);
    assert!(lab.description(&email).ends_with("; shared with other runners"));
}
