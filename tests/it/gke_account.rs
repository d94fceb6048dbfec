//! Which Google service account the jobs get: one whose name is made valid, one that is named, or one that is brought.

use std::collections::BTreeSet;

use world::gcp::Gcp;

use crate::support::{GkeLab, LOCATION, WORKLOAD_USER};

/// The ids of the accounts that a plan would create.
fn planned(lab: &GkeLab, args: &[&str]) -> String {
    let plan = lab.run(&[&["plan", "-o", "json"], args].concat()).exits(0);
    let creates = plan.google();
    let created: Vec<_> =
        creates.iter().filter_map(|change| change.strip_prefix("create gcp:service-account/")).collect();
    assert_eq!(created.len(), 1, "{plan}");
    created[0].split('@').next().unwrap().to_owned()
}

/// Makes a cluster the lab's own.
fn move_to(lab: &mut GkeLab, name: &str, location: &str) {
    lab.cluster = lab.project.cluster(name, location, lab.world);
    let kubeconfig = lab.world.kubeconfig_admin_as(&lab.cluster.context());
    lab.set("KUBECONFIG", kubeconfig.display().to_string());
}

#[test]
fn long_names_of_clusters_become_valid_stable_and_distinct_ones() {
    let mut lab = GkeLab::new("gname");
    let mut seen = BTreeSet::new();
    let name = "production-cluster-of-the-payments-team2";
    for (length, location) in [(23, LOCATION), (24, LOCATION), (24, "us-central1"), (31, LOCATION), (40, LOCATION)] {
        move_to(&mut lab, &name[..length], location);
        let id = planned(&lab, &[]);
        let fits = id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-') && !id.ends_with('-');
        assert!((6..=30).contains(&id.len()) && id.starts_with("runner-production-c") && fits, "{id}");
        assert_eq!(id == format!("runner-{}", &name[..length]), length == 23, "{id}");
        assert_eq!(planned(&lab, &[]), id, "the same each time");
        assert!(seen.insert(id), "another cluster has it: {seen:?}");
    }
    // The last one is really made; without a location, which GKE is asked for then, it is the same one.
    let applied = lab.run(&["apply", "--yes", "--no-wait", "-o", "json"]).exits(0);
    let email = lab.annotated().unwrap();
    assert!(seen.contains(email.split('@').next().unwrap()) && lab.project.account(&email).is_some(), "{applied}");
    assert_eq!(lab.project.account_members(&email, WORKLOAD_USER), [lab.member()]);
    lab.has_nothing_to_do(&["--no-wait"]);
    lab.unset("KUBECONFIG");
    let (cluster, project) = (lab.cluster.name().to_owned(), lab.project.id().to_owned());
    let asked = ["--no-wait", "--provider=gke", "--cluster-name", &cluster, "--gcp-project", &project];
    lab.has_nothing_to_do(&asked);
    lab.keeps_to_the_documents();
}

#[test]
fn a_name_or_an_address_of_the_project_is_made_when_it_is_missing() {
    let mut lab = GkeLab::new("gnamed");
    let email = lab.project.email("payments-jobs");
    assert_eq!(planned(&lab, &["--google-service-account", "payments-jobs"]), "payments-jobs");
    assert_eq!(planned(&lab, &["--google-service-account", &email]), "payments-jobs");
    lab.set("GCP_SERVICE_ACCOUNT_NAME", "payments-jobs");
    let _ = lab.run(&["apply", "--yes", "--no-wait"]).exits(0);
    assert_eq!((lab.annotated(), lab.description(&email)), (Some(email.clone()), lab.our_description()));
    assert_eq!(lab.project.accounts().len(), 1);
    lab.unset("GCP_SERVICE_ACCOUNT_NAME");
    lab.has_nothing_to_do(&["--no-wait", "--google-service-account", &email]);
    // Without its name nobody knows which one is meant, and none is made.
    let refused = lab
        .run(&["plan", "-o", "json"])
        .exits(4)
        .explains(&format!("stay with it: `--google-service-account {email}`"));
    let _ = refused.explains("name the new one: `--google-service-account runner-prod`");
    lab.keeps_to_the_documents();
}

#[test]
fn an_account_of_another_project_is_brought_and_only_lets_the_jobs_in() {
    let lab = GkeLab::new("gbrought");
    let other = Gcp::shared().project();
    other.grant(&lab.owner, &["roles/owner"]);
    let email = other.create_account("shared-runner");
    other.describe_account(&email, "for all teams");
    let before = other.account(&email);
    let args = ["--google-service-account", &email, "--grant-role", "roles/logging.viewer"];
    let (here, there) = (lab.project.mark(), other.mark());
    let applied = lab.run(&[&["apply", "--yes", "--no-wait", "-o", "json"], &args[..]].concat()).exits(0);
    assert_eq!(applied.claim("token-exchanged"), "pass", "{applied}");
    assert_eq!(lab.annotated(), Some(email.clone()));
    assert_eq!(lab.google_writes_since(here), ["projects.setIamPolicy"]);
    let writes: Vec<_> = other.requests_since(there).into_iter().filter(|it| it.writes).map(|it| it.action).collect();
    assert_eq!(writes, ["projects.serviceAccounts.setIamPolicy"]);
    assert_eq!(other.account(&email), before);
    assert_eq!(other.account_members(&email, WORKLOAD_USER), [lab.member()]);
    // The cluster's project gives the role, not the account's.
    assert_eq!(lab.project.members("roles/logging.viewer"), [format!("serviceAccount:{email}")]);
    lab.has_nothing_to_do(&[&args[..], &["--no-wait"]].concat());
    let _ = lab.run(&["destroy", "--yes", "--google-service-account", &email]).exits(0);
    assert_eq!(other.account(&email), before, "what was brought stays");
    assert_eq!(other.account_members(&email, WORKLOAD_USER), Vec::<String>::new());
    lab.keeps_to_the_documents();
    assert_eq!(other.violations(), Vec::<String>::new());
}

#[test]
fn a_brought_account_that_is_missing_is_a_mistake_on_the_command_line() {
    let lab = GkeLab::new("gmissing");
    let other = Gcp::shared().project();
    other.grant(&lab.owner, &["roles/owner"]);
    let email = other.email("nobody-there");
    let refused = lab.refuses_all(2, &["--no-wait", "--google-service-account", &email]);
    let list = format!("gcloud iam service-accounts list --project {}", other.id());
    let _ = refused.explains("there is no such Google service account").explains(&list).explains(&email);
    assert_eq!(other.accounts().len(), 0);
    // Whoever may not look there is told which permission that takes, and not that it is missing.
    let hidden = Gcp::shared().project();
    let email = hidden.create_account("hidden-one");
    let refused = lab.refuses_all(4, &["--no-wait", "--google-service-account", &email]);
    let _ = refused.explains("iam.serviceAccounts.get").explains("permissions --for gcp");
}

#[test]
fn what_cannot_be_an_account_is_refused_before_anything_is_asked() {
    let lab = GkeLab::new("ginvalid");
    let mark = lab.project.mark();
    let long = "a".repeat(31);
    for wrong in [
        "short",
        &long,
        "Runner-prod",
        "1runner",
        "runner-",
        "runner_prod",
        "runner-prod@example.com",
        "prod@demo-1.iam.gserviceaccount.com",
        "runner-prod@x.iam.gserviceaccount.com",
    ] {
        let refused = lab.refuses_all(2, &["--no-wait", "--google-service-account", wrong]);
        let _ = refused
            .explains("--google-service-account")
            .explains(wrong.trim_end_matches("@demo-1.iam.gserviceaccount.com"));
    }
    let _ = lab.refuses_all(2, &["--identity=federation", "--google-service-account=runner-prod"]);
    for wrong in ["viewer", "roles/", "roles/a b"] {
        let _ = lab.refuses_all(2, &["--no-wait", "--grant-role", wrong]).explains("--grant-role").explains(wrong);
    }
    assert_eq!(lab.project.requests_since(mark).len(), 0);
}
