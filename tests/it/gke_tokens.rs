//! Tokens on GKE: whom the API server takes their bearer for, and what happens when they end in the middle of a run.

use world::gcp::GcpFault;

use crate::support::{GkeLab, shows_no_token};

/// Without a kubeconfig, gcloud or plugin.
fn bare(name: &str) -> GkeLab {
    let mut lab = GkeLab::without_kubeconfig(name);
    lab.name_cluster();
    lab
}

#[test]
fn the_api_server_knows_everybody_by_their_address() {
    let mut lab = bare("gke-address");
    let robot = lab.project.robot("deployer", &["roles/owner"]);
    let owner = lab.owner.clone();
    lab.project.bind_account(&robot.email(), "roles/iam.serviceAccountTokenCreator", &owner.member());
    for identity in [
        robot.with_key_file(),
        robot.with_metadata_server(),
        owner.with_user_file(),
        owner.with_user_file().impersonating(&robot.email()),
    ] {
        lab.become_only(&identity);
        let mark = lab.world.audit().mark();
        let _ = lab.run(&["plan"]).exits(0);
        let requests = lab.world.audit().requests(mark, "runner-setup");
        let ours: Vec<_> = requests.iter().filter(|it| it.uri.contains(&lab.job_namespace)).collect();
        assert!(
            !ours.is_empty() && ours.iter().all(|it| it.user == identity.email()),
            "{}: {ours:?}",
            identity.email()
        );
    }
    lab.keeps_to_the_documents();
}

#[test]
fn a_token_that_ends_in_the_middle_of_a_run_is_renewed_where_it_can_be() {
    let mut lab = bare("gke-ends");
    let login = lab.owner.with_user_file();
    lab.become_only(&login);
    lab.project.fault(GcpFault::unauthenticated().on("GET", "/clusters/").times(1));
    let person = login.clone();
    lab.project.meanwhile("POST", ":setIamPolicy", move || person.expire_tokens());
    let outcome = lab.run(&["apply", "--yes", "--no-wait", "-vv", "-o", "json"]).exits(0);
    shows_no_token(&outcome);
    assert_eq!(outcome.claimed("workload-identity-bound").0, "pass", "{outcome}");
    let granted = lab.project.requests().into_iter().filter(|it| it.service == "oauth2").count();
    assert!((2..6).contains(&granted), "{granted} tokens");
    let again = lab.run(&["apply", "--yes", "--no-wait", "-o", "json"]).exits(0);
    assert_eq!(again.json()["outcome"], "nothing-to-do", "{again}");
}

#[test]
fn a_token_that_nobody_here_can_renew_ends_the_run_and_the_next_one_goes_on() {
    let mut lab = bare("gke-over");
    lab.become_only(&lab.owner.clone());
    let owner = lab.owner.clone();
    lab.project.meanwhile("POST", ":setIamPolicy", move || owner.expire_tokens());
    let outcome = lab.run(&["apply", "--yes", "--no-wait", "-o", "json"]).exits(4);
    let outcome = outcome.explains("does not accept the token").explains("gcloud auth print-access-token");
    assert_eq!(outcome.json()["outcome"], "stopped", "{outcome}");
    lab.become_only(&lab.owner.clone());
    let outcome = lab.is_set_up(&[]);
    assert_eq!(outcome.claimed("workload-identity-bound").0, "pass", "{outcome}");
    assert_eq!(lab.project.accounts().len(), 1);
}

#[test]
fn no_file_that_a_run_writes_holds_a_token() {
    let mut lab = bare("gke-files");
    let login = lab.owner.with_user_file();
    lab.become_only(&login);
    let args = ["plan", "-vv", "--events-file=events.jsonl", "--out=plan.json", "--show-commands"];
    shows_no_token(&lab.run(&args).exits(0));
    let _ = lab.run(&["apply", "--yes", "--no-wait", "-vv", "--events-file=events.jsonl"]).exits(0);
    for file in ["events.jsonl", "plan.json"] {
        let text = std::fs::read_to_string(lab.home().join(file)).unwrap();
        assert!(!text.is_empty() && !text.contains("ya29.") && !text.contains("eyJ"), "{file}: {text}");
    }
    // Nothing else is written in the home: no kubeconfig, no cache of tokens.
    let mut left: Vec<_> = std::fs::read_dir(lab.home()).unwrap().map(|it| it.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, ["events.jsonl", "plan.json"]);
}
