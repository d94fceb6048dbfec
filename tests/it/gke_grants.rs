//! Roles in a project: many at once, for the account that was looked at, and only such as there are.

use crate::support::{GkeLab, WORKLOAD_USER};

const APPLY: [&str; 5] = ["apply", "--yes", "--no-wait", "-o", "json"];

const SIX: [&str; 6] = [
    "roles/logging.viewer",
    "roles/monitoring.viewer",
    "roles/storage.admin",
    "roles/dns.admin",
    "roles/run.admin",
    "roles/redis.admin",
];

#[test]
fn grants_of_one_run_do_not_get_into_each_other_s_way() {
    let lab = GkeLab::new("ggrant-many");
    let flags: Vec<&str> = SIX.iter().flat_map(|role| ["--grant-role", role]).collect();
    // Slow enough that grants that are made at once would meet.
    lab.project.latency(std::time::Duration::from_millis(30));
    let applied = lab.run(&[&APPLY[..], &flags].concat()).exits(0);
    let destroyed = lab.run(&["destroy", "--yes", "-o", "json"]).exits(0);
    for outcome in [&applied, &destroyed] {
        assert!(!outcome.stderr.contains("somebody else is changing"), "{outcome}");
    }
    let aborted: Vec<_> = lab.project.requests().into_iter().filter(|it| it.code == "ABORTED").collect();
    assert!(aborted.is_empty(), "{aborted:?}");
    for role in SIX {
        assert_eq!(lab.project.members(role), Vec::<String>::new());
    }
    lab.keeps_to_the_documents();
}

#[test]
fn a_role_goes_to_the_account_that_was_looked_at_and_to_no_other_of_its_name() {
    let lab = GkeLab::new("ggrant-anew");
    let _ = lab.run(&APPLY).exits(0);
    let (email, ours) = (lab.account(), lab.our_description());
    let roles = ["--grant-role", SIX[0], "--grant-role", SIX[1]];
    // Right before the write, as late as a test can: somebody makes the account anew, marks and members and all.
    let (project, to, id) = (lab.project.clone(), email.clone(), format!("runner-{}", lab.cluster.name()));
    let (member, mark) = (lab.member(), ours.clone());
    lab.project.meanwhile_after(1, "POST", &format!("projects/{}:getIamPolicy", lab.project.id()), move || {
        project.delete_account(&to);
        project.create_account(&id);
        project.describe_account(&to, &mark);
        project.bind_account(&to, WORKLOAD_USER, &member);
    });
    let moved = lab.run(&[&APPLY[..], &roles].concat()).exits(9);
    let _ = moved.explains("was deleted and made anew");
    for role in &SIX[..2] {
        assert_eq!(lab.project.members(role), Vec::<String>::new());
    }
    // The next run has seen it. It asks once for both roles, and for the plan.
    let mark = lab.project.mark();
    let _ = lab.run(&[&APPLY[..], &roles].concat()).exits(0);
    let asked = lab.project.requests_since(mark).into_iter();
    assert_eq!(asked.filter(|it| it.action == "projects.serviceAccounts.get").count(), 2);
    lab.keeps_to_the_documents();
}

#[test]
fn a_new_owner_between_the_look_and_the_write_gets_no_grant() {
    let lab = GkeLab::new("ggrant-owner");
    let _ = lab.run(&APPLY).exits(0);
    let (email, ours) = (lab.account(), lab.our_description());
    lab.project.unbind_account(&email, WORKLOAD_USER, &lab.member());
    let theirs = ours.replace("/clusters/", "/clusters/their-");
    let (project, to) = (lab.project.clone(), email.clone());
    // The first look at the policy is the plan's.
    lab.project.meanwhile_after(1, "POST", &format!("{email}:getIamPolicy"), move || {
        project.describe_account(&to, &theirs);
    });
    let moved = lab.run(&APPLY).exits(9);
    let _ = moved.explains("/clusters/their-");
    assert_eq!(lab.project.account_members(&email, WORKLOAD_USER), Vec::<String>::new());
}

#[test]
fn a_role_that_there_is_not_is_refused_before_anything_is_written() {
    let lab = GkeLab::new("ggrant-nope");
    let refused = lab.writes_nothing(2, &["--grant-role=roles/nope", "--grant-role", SIX[0]]);
    let _ = refused.explains("there is no role `roles/nope`").explains("gcloud iam roles list");
    let own = format!("projects/{}/roles/nope", lab.project.id());
    let refused = lab.writes_nothing(2, &["--identity=federation", "--grant-role", &own]);
    let _ = refused.explains(&own).explains(&format!("gcloud iam roles list --project {}", lab.project.id()));
    // What may not be looked at may be there.
    let _ = lab.run(&["plan", "--grant-role=organizations/123/roles/ours"]).exits(0);
    lab.project.deny("iam.roles.get");
    let _ = lab.run(&["plan", "--grant-role", &own]).exits(0);
    lab.project.deny_nothing();
    let mine = lab.project.role("mine", &["storage.buckets.get"]);
    let _ = lab.run(&[&APPLY[..], &["--grant-role", &mine]].concat()).exits(0);
    // Nobody asks about a role that is given already.
    let mark = lab.project.mark();
    lab.has_nothing_to_do(&["--no-wait", "--grant-role", &mine]);
    assert!(lab.project.requests_since(mark).iter().all(|it| !it.path.contains("/roles/")));
    lab.keeps_to_the_documents();
}
