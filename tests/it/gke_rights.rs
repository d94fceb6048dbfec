//! What `permissions --for gcp` prints beside the plain case: with `--destroy`, `--adopt`, a quota project, two projects.

use serde_json::Value;
use world::gcp::Gcp;

use crate::support::GkeLab;

const PRINT: [&str; 3] = ["permissions", "--for", "gcp"];

/// The permissions that are printed for the cluster's project.
#[track_caller]
fn printed(lab: &GkeLab, args: &[&str]) -> Vec<String> {
    let document = lab.run(&[&PRINT[..], &["-o", "json"], args].concat()).exits(0).json();
    let names = document["parts"][0]["document"]["includedPermissions"].as_array().unwrap().clone();
    names.iter().map(|name| name.as_str().unwrap().to_owned()).collect()
}

fn has(names: &[String], name: &str) -> bool {
    names.iter().any(|it| it == name)
}

/// Lets the runs act as somebody who may do just this.
fn act_with(lab: &mut GkeLab, names: &[String]) {
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let lean = lab.project.user_with_permissions("lean@example.com", &names);
    lab.act_as(&lean);
}

#[test]
fn federation_is_taken_back_with_what_is_printed_also_when_no_role_was_named() {
    let mut lab = GkeLab::new("grights-fed");
    let federation = ["--identity", "federation"];
    let roles = [&["apply", "--yes", "--no-wait"], &federation[..], &["--grant-role", "roles/storage.admin"]].concat();
    let _ = lab.run(&roles).exits(0);
    let names = printed(&lab, &[&federation[..], &["--destroy"]].concat());
    act_with(&mut lab, &names);
    // What is not named stays, and is told; named, it goes with the same rights.
    let kept = lab.run(&[&["destroy", "--dry-run"], &federation[..]].concat()).exits(0);
    let _ = kept.says("gcloud projects remove-iam-policy-binding").says("roles/storage.admin");
    let named = [&federation[..], &["--grant-role", "roles/storage.admin"]].concat();
    let _ = lab.run(&[&["destroy", "--yes"], &named[..]].concat()).exits(0);
    assert_eq!(lab.project.members("roles/storage.admin"), Vec::<String>::new());
}

#[test]
fn every_identity_that_is_taken_back_takes_a_look_at_the_neighbours() {
    let lab = GkeLab::new("grights-list");
    for identity in ["federation", "service-account"] {
        assert!(has(&printed(&lab, &["--destroy", "--identity", identity]), "container.clusters.list"), "{identity}");
    }
}

#[test]
fn only_who_takes_over_an_account_needs_to_describe_it() {
    let mut lab = GkeLab::new("grights-adopt");
    let email = lab.project.create_account(&format!("runner-{}", lab.cluster.name()));
    let theirs = lab.our_description().replace("europe-west1", "us-east1");
    lab.project.describe_account(&email, &theirs);
    let object = lab.account_object();
    let adopt = ["--adopt", object.as_str()];
    let update = "iam.serviceAccounts.update";
    let (plain, adopting) = (printed(&lab, &[]), printed(&lab, &adopt));
    assert!(!has(&plain, update) && has(&adopting, update), "{plain:?}\n{adopting:?}");
    act_with(&mut lab, &plain);
    let refused = lab.writes_nothing(4, &adopt).explains(update);
    let _ = refused.explains(&format!("runner-setup permissions --for gcp --adopt {object}"));
    lab.act_as(&lab.owner.clone());
    act_with(&mut lab, &adopting);
    let _ = lab.identity(&adopt).exits(0);
}

#[test]
fn a_login_with_a_quota_project_needs_to_let_it_pay() {
    let mut lab = GkeLab::new("grights-quota");
    let names = printed(&lab, &[]);
    assert!(!has(&names, "serviceusage.services.use"), "{names:?}");
    let project = lab.project.id().to_owned();
    lab.set("GOOGLE_CLOUD_QUOTA_PROJECT", &project);
    act_with(&mut lab, &names);
    let refused = lab.writes_nothing(4, &[]).explains("can't be charged").explains("serviceusage.services.use");
    let _ = refused.explains("roles/serviceusage.serviceUsageConsumer");
    let names = printed(&lab, &[]);
    assert!(has(&names, "serviceusage.services.use"), "{names:?}");
    act_with(&mut lab, &names);
    let _ = lab.identity(&[]).exits(0);
    // The same by the file of the login.
    let mut lab = GkeLab::new("grights-file");
    let payer = lab.owner.with_user_file().with_quota_project(lab.project.id());
    lab.act_as(&payer);
    assert!(has(&printed(&lab, &[]), "serviceusage.services.use"));
}

#[test]
fn two_roles_are_one_document_that_says_which_is_whose() {
    let lab = GkeLab::new("grights-two");
    let other = Gcp::shared().project();
    let email = other.create_account("shared-runner");
    let outcome = lab.run(&[&PRINT[..], &["--google-service-account", &email]].concat()).exits(0);
    let document: Value = serde_json::from_str(&outcome.stdout).unwrap();
    for (project, permission) in [(lab.project.id(), "container.clusters.get"), (other.id(), "iam.serviceAccounts.get")]
    {
        let names = document[project]["includedPermissions"].to_string();
        assert!(names.contains(permission), "{outcome}");
        let _ = outcome.clone().says(&format!("what stands below \"{project}\" in ROLE.json"));
    }
}
