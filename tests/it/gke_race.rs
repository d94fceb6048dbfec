//! Somebody else changes Google Cloud between the look and the write: nothing of theirs is overwritten, used or deleted.

use crate::support::{GkeLab, JOB, LOCATION, Screen, WORKLOAD_USER, without_etag};

const APPLY: [&str; 5] = ["apply", "--yes", "--no-wait", "-o", "json"];

fn name(lab: &GkeLab) -> String {
    format!("runner-{}", lab.cluster.name())
}

/// An `apply` that has shown its plan and waits for the answer.
fn asked(lab: &GkeLab, args: &[&str]) -> Screen {
    let mut screen = Screen::start(lab, &[], &[&["apply", "--no-wait"], args].concat());
    screen.shows("Make these changes?");
    screen
}

#[test]
fn an_account_that_somebody_made_meanwhile_is_not_used_unseen() {
    let lab = GkeLab::new("grace-made");
    let mut screen = asked(&lab, &[]);
    let _ = lab.guide_creates_account().unwrap();
    let before = (lab.project.account(&lab.account()), lab.project.account_policy(&lab.account()));
    let mark = lab.project.mark();
    screen.types("y\r").ends(4);
    screen.shows_at_end("its description is `Used by Kubernetes Agent Runner`");
    assert_eq!(lab.google_writes_since(mark), ["projects.serviceAccounts.create"], "that was refused");
    assert_eq!((lab.project.account(&lab.account()), lab.project.account_policy(&lab.account())), before);
    // Seen, it is used.
    let _ = lab.run(&APPLY).exits(0);
    assert_eq!(lab.project.account_members(&lab.account(), WORKLOAD_USER), [lab.member()]);
    lab.keeps_to_the_documents();
}

#[test]
fn two_runs_at_once_make_one_account_and_one_grant() {
    let lab = GkeLab::new("grace-two");
    let mut screen = asked(&lab, &["--grant-role", "roles/storage.admin"]);
    let _ = lab.run(&[&APPLY[..], &["--grant-role", "roles/storage.admin"]].concat()).exits(0);
    let (policy, project) = (lab.project.account_policy(&lab.account()), lab.project.policy());
    screen.types("y\r").ends(0);
    assert_eq!((lab.project.account_policy(&lab.account()), lab.project.policy()), (policy, project), "no write");
    assert_eq!(lab.project.accounts().len(), 1);
    lab.has_nothing_to_do(&["--no-wait"]);
}

#[test]
fn a_new_mark_of_another_cluster_is_not_overwritten() {
    let lab = GkeLab::new("grace-mark");
    let email = lab.project.create_account(&name(&lab));
    let object = lab.account_object();
    let (one, two) =
        (lab.our_description().replace(LOCATION, "us-east1"), lab.our_description().replace(LOCATION, "us-east4"));
    lab.project.describe_account(&email, &one);
    let mut screen = asked(&lab, &["--adopt", &object]);
    lab.project.describe_account(&email, &two);
    screen.types("y\r").ends(9);
    screen.shows_at_end("us-east4");
    assert_eq!(lab.description(&email), two);
    assert_eq!(lab.project.account_members(&email, WORKLOAD_USER), Vec::<String>::new(), "it lets nobody in");
    // Told again, with the new owner in sight.
    let _ = lab.refuses_all(4, &["--no-wait"]).explains("us-east4");
    let _ = lab.run(&[&APPLY[..], &["--adopt", &object]].concat()).exits(0);
    assert_eq!(lab.description(&email), format!("{two}; shared with other runners"));
}

#[test]
fn an_account_that_is_gone_or_off_meanwhile_ends_the_run_or_the_next_one() {
    let lab = GkeLab::new("grace-gone");
    let email = lab.project.create_account(&name(&lab));
    let mut screen = asked(&lab, &[]);
    lab.project.delete_account(&email);
    screen.types("y\r").ends(4);
    screen.shows_at_end("run the same command again");
    assert_eq!(lab.project.accounts().len(), 0);
    // Again, and while it is asked, the account is made anew by others: that one nobody has seen.
    let email = lab.project.create_account(&name(&lab));
    let mut screen = asked(&lab, &[]);
    lab.project.delete_account(&email);
    assert_eq!(lab.project.create_account(&name(&lab)), email);
    let other = lab.cluster.member("web", "frontend");
    lab.project.bind_account(&email, WORKLOAD_USER, &other);
    screen.types("y\r").ends(9);
    screen.shows_at_end("was deleted and made anew");
    assert_eq!(lab.project.account_members(&email, WORKLOAD_USER), [other]);
    // Switched off while it is asked.
    let mut screen = asked(&lab, &["--timeout", "20s"]);
    lab.project.disable_account(&email, true);
    screen.types("y\r").ends(9);
    screen.shows_at_end("it is disabled now");
    let _ = lab.refuses_all(4, &["--no-wait"]).explains("is disabled");
}

/// A `destroy` that has shown what goes and waits for the answer.
fn asked_to_destroy(lab: &GkeLab) -> Screen {
    let mut screen = Screen::start(lab, &[], &["destroy"]);
    screen.shows("Delete these objects?");
    screen
}

#[test]
fn an_account_that_others_began_to_use_is_not_deleted() {
    let lab = GkeLab::new("grace-users");
    let _ = lab.run(&APPLY).exits(0);
    let (email, other) = (lab.account(), lab.cluster.member("web", "frontend"));
    let mut screen = asked_to_destroy(&lab);
    lab.project.bind_account(&email, WORKLOAD_USER, &other);
    screen.types("y\r").ends(9);
    screen.shows_at_end("web/frontend");
    assert!(lab.project.account(&email).is_some());
    assert_eq!(lab.project.account_members(&email, WORKLOAD_USER), std::slice::from_ref(&other));
    // Seen, it stays for them.
    let _ = lab.run(&["destroy", "--yes"]).exits(0);
    assert!(lab.project.account(&email).is_some());
    assert_eq!(lab.project.account_members(&email, WORKLOAD_USER), [other]);
    lab.keeps_to_the_documents();
}

#[test]
fn a_user_who_comes_in_the_moment_of_the_deletion_is_seen_as_well() {
    let lab = GkeLab::new("grace-late");
    let _ = lab.run(&APPLY).exits(0);
    let (email, other) = (lab.account(), lab.cluster.member("web", "frontend"));
    // Between the write that takes our member away and the last look.
    let (project, to, member) = (lab.project.clone(), email.clone(), other.clone());
    lab.project.meanwhile("POST", &format!("{email}:setIamPolicy"), move || {
        let (again, to, member) = (project.clone(), to.clone(), member.clone());
        project
            .meanwhile("POST", &format!("{to}:getIamPolicy"), move || again.bind_account(&to, WORKLOAD_USER, &member));
    });
    let _ = lab.run(&["destroy", "--yes", "-o", "json"]).exits(9);
    assert_eq!(lab.project.account_members(&email, WORKLOAD_USER), [other]);
}

#[test]
fn an_account_that_is_another_one_by_now_is_not_deleted() {
    let lab = GkeLab::new("grace-anew");
    let _ = lab.run(&APPLY).exits(0);
    let (email, ours) = (lab.account(), lab.our_description());
    let mut screen = asked_to_destroy(&lab);
    lab.project.delete_account(&email);
    lab.project.create_account(&name(&lab));
    lab.project.describe_account(&email, &ours);
    let anew = lab.project.account(&email);
    screen.types("y\r").ends(9);
    screen.shows_at_end("was deleted and made anew");
    assert_eq!(lab.project.account(&email), anew);
    // One that another cluster took over.
    let mut screen = asked_to_destroy(&lab);
    lab.project.describe_account(&email, &ours.replace(LOCATION, "us-east4"));
    screen.types("y\r").ends(9);
    screen.shows_at_end("us-east4");
    assert!(lab.project.account(&email).is_some());
    lab.keeps_to_the_documents();
}

#[test]
fn roles_of_others_that_come_meanwhile_stay_when_ours_go() {
    let lab = GkeLab::new("grace-roles");
    let before = lab.project.policy();
    let _ = lab.run(&[&APPLY[..], &["--grant-role", "roles/storage.admin"]].concat()).exits(0);
    let other = format!("serviceAccount:{}", lab.project.create_account("somebody"));
    let mut screen = asked_to_destroy(&lab);
    lab.project.bind("roles/storage.admin", &other);
    screen.types("y\r").ends(0);
    assert_eq!(lab.project.members("roles/storage.admin"), std::slice::from_ref(&other));
    lab.project.unbind("roles/storage.admin", &other);
    assert_eq!(without_etag(&lab.project.policy()), without_etag(&before));
    assert!(lab.project.account(&lab.account()).is_none());
    assert!(lab.get("v1", "ServiceAccount", &lab.job_namespace, JOB).is_none());
}
