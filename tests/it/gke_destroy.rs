//! `destroy` on GKE: what is ours goes, and only what nobody else needs.

use serde_json::json;
use world::gcp::{GcpFault, Project};

use crate::support::{GkeLab, JOB, LOCATION, Outcome};

const USER: &str = "roles/iam.workloadIdentityUser";
const DESTROY: [&str; 4] = ["destroy", "--yes", "-o", "json"];

/// `destroy` to the end, and a second one that finds nothing.
#[track_caller]
fn destroys(lab: &GkeLab, more: &[&str]) -> Outcome {
    let done = lab.run(&[&DESTROY[..], more].concat()).exits(0);
    assert_eq!(done.json()["outcome"], "done", "{done}");
    let mark = lab.project.mark();
    let again = lab.run(&[&DESTROY[..], more].concat()).exits(0);
    assert_eq!(again.json()["outcome"], "nothing-to-do", "{again}");
    assert_eq!(lab.google_writes_since(mark), Vec::<String>::new());
    done
}

/// The jobs' account as policies name it.
fn member_of(lab: &GkeLab) -> String {
    format!("serviceAccount:{}", lab.account())
}

#[test]
fn everything_that_was_made_goes_and_a_second_run_finds_nothing() {
    let lab = GkeLab::new("gke-destroy");
    let owners = lab.project.members("roles/owner");
    let _ = lab.is_set_up(&["--grant-role=roles/viewer", "--grant-role=roles/storage.admin"]);
    let stranger = "user:owner@example.com";
    lab.project.bind("roles/viewer", stranger);
    let mark = lab.project.mark();
    let preview = lab.run(&["destroy", "--dry-run", "-o", "json"]).exits(0);
    assert_eq!(lab.google_writes_since(mark), Vec::<String>::new(), "a preview changes nothing");
    let account = format!("delete gcp:service-account/{}", lab.account());
    let member = format!("delete gcp:iam-binding/{USER}/{}", lab.member());
    let roles = ["roles/viewer", "roles/storage.admin"];
    let roles = roles.map(|role| format!("delete gcp:iam-binding/{role}/{}", member_of(&lab)));
    let planned = preview.google();
    for change in [&account, &member, &roles[0], &roles[1]] {
        assert!(planned.contains(change), "{change}\n{preview}");
    }
    let done = destroys(&lab, &[]);
    assert_eq!(done.google().len(), 4, "{done}");
    assert!(lab.project.accounts().is_empty());
    assert_eq!(lab.project.members("roles/viewer"), [stranger]);
    assert_eq!(lab.project.members("roles/storage.admin"), Vec::<String>::new());
    assert_eq!(lab.project.members("roles/owner"), owners);
    assert!(!lab.project.policy().to_string().contains("deleted:"), "{}", lab.project.policy());
    lab.keeps_to_the_documents();
    // What was taken back is set up again, by the same name.
    let outcome = lab.is_set_up(&[]);
    assert_eq!(outcome.claimed("workload-identity-bound").0, "pass", "{outcome}");
}

#[test]
fn an_account_that_somebody_brought_stays_and_only_our_member_goes() {
    let lab = GkeLab::new("gke-kept");
    let email = lab.project.create_account("brought-along");
    let condition =
        json!({ "title": "for a while", "expression": "request.time < timestamp(\"2099-01-01T00:00:00Z\")" });
    lab.project.set_account_policy(
        &email,
        &json!({ "bindings": [
        { "role": USER, "members": ["user:owner@example.com"] },
        { "role": "roles/iam.serviceAccountUser", "members": ["user:owner@example.com"], "condition": condition },
    ] }),
    );
    lab.project.bind("roles/viewer", &format!("serviceAccount:{email}"));
    let before = (lab.project.account_policy(&email)["bindings"].clone(), lab.project.policy()["bindings"].clone());
    let args = ["--google-service-account=brought-along"];
    let _ = lab.is_set_up(&args);
    let done = destroys(&lab, &args);
    assert_eq!(done.google(), [format!("delete gcp:iam-binding/{USER}/{}", lab.member())]);
    let kept = done.change(&format!("gcp:service-account/{email}"));
    assert!(kept["action"] == "unchanged" && kept["why"].as_str().unwrap().contains("not made by"), "{kept}");
    let after = (lab.project.account_policy(&email)["bindings"].clone(), lab.project.policy()["bindings"].clone());
    assert_eq!(after, before);
    lab.keeps_to_the_documents();
}

#[test]
fn an_account_that_only_the_annotation_names_is_found() {
    let lab = GkeLab::new("gke-named");
    let _ = lab.is_set_up(&["--google-service-account=its-own-name"]);
    let email = lab.project.email("its-own-name");
    assert_eq!(lab.annotated(), Some(email));
    let _ = destroys(&lab, &[]);
    assert!(lab.project.accounts().is_empty());
}

#[test]
fn an_account_whose_name_was_made_to_fit_is_found_again() {
    let lab = GkeLab::of_cluster("gke-long", "a-cluster-with-40-characters-in-its-name");
    assert_eq!(lab.cluster.name().len(), 40);
    let _ = lab.is_set_up(&[]);
    let email = lab.annotated().unwrap();
    assert!(lab.project.account(&email).is_some() && email.split('@').next().unwrap().len() <= 30, "{email}");
    let _ = destroys(&lab, &[]);
    assert!(lab.project.accounts().is_empty());
}

#[test]
fn an_account_that_others_act_as_stays() {
    let lab = GkeLab::new("gke-company");
    let _ = lab.is_set_up(&["--grant-role=roles/viewer"]);
    let other = lab.cluster.member("another-team", "deployer");
    lab.project.bind_account(&lab.account(), USER, &other);
    let done = destroys(&lab, &[]);
    assert_eq!(done.google(), [format!("delete gcp:iam-binding/{USER}/{}", lab.member())]);
    let kept = done.change(&format!("gcp:service-account/{}", lab.account()));
    assert!(kept["why"].as_str().unwrap().contains(&format!("others are let in by its policy: {other}")), "{kept}");
    assert_eq!(lab.project.account_members(&lab.account(), USER), [other]);
    assert_eq!(lab.project.members("roles/viewer"), [member_of(&lab)]);
}

#[test]
fn a_member_that_another_cluster_of_the_pool_may_need_stays_with_the_command() {
    let lab = GkeLab::new("gke-shared");
    let email = lab.project.create_account("brought-along");
    let args = ["--google-service-account=brought-along"];
    let _ = lab.is_set_up(&args);
    lab.project.paper_cluster("stage", LOCATION);
    let done = lab.run(&[&DESTROY[..], &args].concat()).exits(0);
    let done = done.says("it may serve another cluster of the pool too").says("clusters/stage");
    let done = done.says(&format!("gcloud iam service-accounts remove-iam-policy-binding {email}"));
    assert_eq!(done.google(), Vec::<String>::new(), "{done}");
    assert_eq!(lab.project.account_members(&email, USER), [lab.member()]);
    // An account of this cluster's own serves no other one.
    let lab = GkeLab::new("gke-own");
    let _ = lab.is_set_up(&[]);
    lab.project.paper_cluster("stage", LOCATION);
    let _ = destroys(&lab, &[]);
    assert!(lab.project.accounts().is_empty());
}

#[test]
fn roles_of_federated_jobs_go_when_no_other_cluster_may_need_them() {
    let args = ["--identity=federation", "--grant-role=roles/viewer"];
    let lab = GkeLab::new("gke-unfed");
    let _ = lab.is_set_up(&args);
    let principal = lab.cluster.principal(&lab.job_namespace, JOB);
    // What nobody asked for may have been given by somebody else.
    lab.project.bind("roles/editor", &principal);
    let done = destroys(&lab, &args).says("gcloud projects remove-iam-policy-binding").says("roles/editor");
    assert_eq!(done.google(), [format!("delete gcp:iam-binding/roles/viewer/{principal}")]);
    assert_eq!(lab.project.members("roles/viewer"), Vec::<String>::new());
    assert_eq!(lab.project.members("roles/editor"), [principal]);

    let lab = GkeLab::new("gke-unfed2");
    let _ = lab.is_set_up(&args);
    lab.project.paper_cluster("stage", LOCATION);
    let done = lab.run(&[&DESTROY[..], &args[..1]].concat()).exits(0);
    let _ = done.says("it may serve another cluster").says("gcloud projects remove-iam-policy-binding");
    assert_eq!(lab.project.members("roles/viewer").len(), 1);
}

#[test]
fn an_account_that_is_gone_already_is_no_trouble() {
    let lab = GkeLab::new("gke-gone2");
    let _ = lab.is_set_up(&["--grant-role=roles/viewer"]);
    lab.project.delete_account(&lab.account());
    let done = lab.run(&DESTROY).exits(0);
    assert_eq!(done.google(), Vec::<String>::new(), "{done}");
    assert_eq!(lab.run(&DESTROY).exits(0).json()["outcome"], "nothing-to-do");
}

#[test]
fn an_account_that_was_made_anew_meanwhile_is_another_one() {
    let lab = GkeLab::new("gke-anew");
    let _ = lab.is_set_up(&[]);
    let (project, email) = (lab.project.clone(), lab.account());
    lab.project.meanwhile_after(1, "GET", &format!("/serviceAccounts/{email}"), move || made_anew(&project, &email));
    let outcome = lab.run(&DESTROY);
    assert!([0, 9].contains(&outcome.code), "{outcome}");
    assert_eq!(lab.project.accounts().len(), 1, "{outcome}");
}

/// Somebody deletes an account, and makes one of the same name.
fn made_anew(project: &Project, email: &str) {
    if project.account(email).is_some_and(|it| it["description"].as_str().unwrap_or_default().starts_with("Made by")) {
        project.delete_account(email);
        project.create_account(email.split('@').next().unwrap());
    }
}

#[test]
fn a_destroy_that_died_after_any_change_is_finished_by_the_same_command() {
    let lab = GkeLab::new("gke-undie");
    let _ = lab.is_set_up(&["--grant-role=roles/viewer"]);
    let changes = lab.run(&["destroy", "--dry-run", "-o", "json"]).exits(0).changed().len();
    assert!(changes > 10);
    std::thread::scope(|scope| {
        for numbers in [[1, 4, 7, 10], [2, 5, 8, 11], [3, 6, 9, 12]] {
            scope.spawn(move || {
                for number in numbers.into_iter().filter(|number| *number < changes) {
                    let mut lab = GkeLab::new("gke-undie");
                    let _ = lab.is_set_up(&["--grant-role=roles/viewer"]);
                    lab.set("RUNNER_SETUP_TEST_DIE_AFTER", number.to_string());
                    assert_eq!(lab.run(&DESTROY).code, -1, "it dies after change {number}");
                    lab.unset("RUNNER_SETUP_TEST_DIE_AFTER");
                    let _ = lab.run(&DESTROY).exits(0);
                    let again = lab.run(&DESTROY).exits(0);
                    assert_eq!(again.json()["outcome"], "nothing-to-do", "{number}\n{again}");
                    assert!(lab.project.accounts().is_empty(), "{number}");
                    assert!(!lab.project.policy().to_string().contains("runner-prod"), "{number}");
                }
            });
        }
    });
}

#[test]
fn what_may_not_be_done_is_refused_before_the_first_change() {
    let lab = GkeLab::new("gke-undenied");
    let _ = lab.is_set_up(&["--grant-role=roles/viewer"]);
    for permission in [
        "iam.serviceAccounts.delete",
        "iam.serviceAccounts.setIamPolicy",
        "iam.serviceAccounts.getIamPolicy",
        "iam.serviceAccounts.get",
        "resourcemanager.projects.setIamPolicy",
    ] {
        lab.project.deny(permission);
        let mark = (lab.project.mark(), lab.world.audit().mark());
        let outcome = lab.run(&DESTROY).exits(4).explains(permission);
        let _ = outcome.explains("runner-setup permissions --for gcp --destroy");
        assert_eq!(lab.google_writes_since(mark.0), Vec::<String>::new(), "{permission}");
        assert_eq!(lab.writes_since(mark.1), Vec::<String>::new(), "{permission}");
        assert!(lab.orchestrator.runner(&lab.runner).is_some());
        lab.project.deny_nothing();
    }
    // Roles in a project whose policy may not be read are left behind without effect, and that is said.
    lab.project.deny("resourcemanager.projects.getIamPolicy");
    let _ = lab.run(&DESTROY).exits(0).says("are left behind there without effect");
    assert!(lab.project.accounts().is_empty());
}

#[test]
fn without_an_identity_google_cloud_is_not_looked_at_and_that_is_said() {
    let lab = GkeLab::new("gke-unnone");
    let _ = lab.is_set_up(&[]);
    let mark = lab.project.mark();
    let done = lab.run(&[&DESTROY[..], &["--identity=none"]].concat()).exits(0);
    let _ = done.says("Google Cloud is not looked at with `--identity none`: a Google service account or grant");
    assert!(lab.project.requests_since(mark).is_empty());
    assert_eq!(lab.project.accounts().len(), 1);
}

#[test]
fn a_conflict_in_the_middle_keeps_what_others_wrote() {
    let lab = GkeLab::new("gke-unrace");
    let email = lab.project.create_account("brought-along");
    let args = ["--google-service-account=brought-along"];
    let _ = lab.is_set_up(&args);
    lab.project.somebody_binds_account_first(&email, "roles/iam.serviceAccountUser", "user:owner@example.com");
    let _ = destroys(&lab, &args);
    assert_eq!(lab.project.account_members(&email, USER), Vec::<String>::new());
    assert_eq!(lab.project.account_members(&email, "roles/iam.serviceAccountUser"), ["user:owner@example.com"]);
    let lab = GkeLab::new("gke-unweather");
    let _ = lab.is_set_up(&[]);
    lab.project.fault(GcpFault::drops_after().on("DELETE", "/serviceAccounts/").times(1));
    lab.project.fault(GcpFault::throttled(Some(1)).on("POST", ":setIamPolicy").times(1));
    let _ = destroys(&lab, &[]);
    assert!(lab.project.accounts().is_empty());
}
