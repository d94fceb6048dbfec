//! The proof on GKE: policies read back and compared, and a token of the jobs exchanged as far as that works.

use serde_json::json;
use world::gcp::{GcpFault, Identity};

use crate::support::{GkeLab, JOB};

const BOUND: &str = "workload-identity-bound";
const ROLES: &str = "roles-granted";
const EXCHANGED: &str = "token-exchanged";
const USER: &str = "roles/iam.workloadIdentityUser";

/// Changes the account's policy behind the back of a run: after it was written, and before it is read back.
fn meddles(lab: &GkeLab, act: impl Fn() + Send + Sync + 'static) {
    let mark = lab.project.mark();
    let _ = lab.run(&["plan"]).exits(0);
    let reads = |project: &world::gcp::Project, since: u64| {
        project
            .requests_since(since)
            .iter()
            .filter(|it| it.path.ends_with(":getIamPolicy") && is_of_account(it))
            .count()
    };
    let before = reads(&lab.project, mark);
    // The look, the grant's own read, and then the proof's.
    lab.project.meanwhile_after(before + 1, "POST", &format!("{}:getIamPolicy", lab.account()), act);
}

fn is_of_account(request: &world::gcp::GcpRequest) -> bool {
    request.path.contains("/serviceAccounts/")
}

#[test]
fn the_jobs_token_is_exchanged_and_that_is_labelled_as_best_effort() {
    let lab = GkeLab::new("gke-proof");
    let outcome = lab.is_set_up(&["--grant-role=roles/viewer"]);
    let (word, observed) = outcome.claimed(BOUND);
    assert_eq!(word, "pass", "{outcome}");
    assert!(observed.contains(&lab.member()) && observed.contains("character by character"), "{observed}");
    let (word, observed) = outcome.claimed(ROLES);
    assert!(word == "pass" && observed.contains("roles/viewer"), "{observed}");
    let (word, observed) = outcome.claimed(EXCHANGED);
    assert_eq!(word, "pass", "{outcome}");
    assert!(observed.starts_with("best effort: ") && observed.contains(&lab.account()), "{observed}");
    // The stand-in verified signature, issuer, audience and subject, and policies decided.
    let exchanged = lab.project.requests().into_iter().filter(|it| it.service == "securetoken");
    assert!(exchanged.into_iter().any(|it| it.status == 200));
    lab.keeps_to_the_documents();
}

#[test]
fn a_member_that_is_gone_again_fails_and_the_nearest_one_is_pointed_at() {
    let lab = GkeLab::new("gke-gone");
    let (project, account, member) = (lab.project.clone(), lab.account(), lab.member());
    let near = member.replace("-job]", "-jobs]");
    let wrong = near.clone();
    meddles(&lab, move || {
        project.unbind_account(&account, USER, &member);
        project.bind_account(&account, USER, &wrong);
    });
    let outcome = lab.identity(&["--timeout=5s"]);
    let outcome =
        outcome.exits(4).explains(&format!("the policy of {} does not let in {}", lab.account(), lab.member()));
    let outcome = outcome.explains(&format!("the nearest one is {near}, which differs from character"));
    let outcome = outcome.explains("gcloud iam service-accounts get-iam-policy");
    assert_eq!(outcome.claimed(BOUND).0, "fail", "{outcome}");
    // The next run mends it, and leaves the other member alone.
    let outcome = lab.identity(&[]).exits(0);
    assert_eq!(outcome.claimed(BOUND).0, "pass", "{outcome}");
    assert_eq!(lab.project.account_members(&lab.account(), USER), [near, lab.member()]);
}

#[test]
fn near_misses_are_no_match() {
    let lab = GkeLab::new("gke-near");
    let _ = lab.is_set_up(&[]);
    let (pool, jobs) = (lab.cluster.pool(), lab.job_namespace.clone());
    for near in [
        format!("serviceAccount:{pool}[{jobs}/{JOB}s]"),
        format!("serviceAccount:{pool}[default/{JOB}]"),
        format!("serviceAccount:{pool}[{}/humanitec-kubernetes-agent-runner]", lab.runner_namespace),
    ] {
        lab.project.unbind_account(&lab.account(), USER, &lab.member());
        lab.project.bind_account(&lab.account(), USER, &near);
        let outcome = lab.run(&["plan", "-o", "json"]).exits(0);
        assert_eq!(outcome.google(), [format!("create gcp:iam-binding/{USER}/{}", lab.member())], "{near}\n{outcome}");
        lab.project.unbind_account(&lab.account(), USER, &near);
    }
    let outcome = lab.identity(&[]).exits(0);
    assert_eq!(outcome.claimed(BOUND).0, "pass", "{outcome}");
}

#[test]
fn the_annotation_is_part_of_what_is_compared() {
    let lab = GkeLab::new("gke-wrong");
    let _ = lab.is_set_up(&[]);
    let patch = json!({ "metadata": { "annotations": { "iam.gke.io/gcp-service-account": "another@p.iam.gserviceaccount.com" } } });
    lab.edit("v1", "ServiceAccount", &lab.job_namespace, JOB, &patch);
    let outcome = lab.run(&["plan", "-o", "json"]).exits(0);
    assert_eq!(outcome.changed().len(), 1, "{outcome}");
    let outcome = lab.identity(&[]).exits(0);
    assert_eq!(lab.annotated(), Some(lab.account()), "{outcome}");
}

#[test]
fn an_exchange_that_does_not_work_is_unknown_and_fails_nothing() {
    let lab = GkeLab::new("gke-exchange");
    let _ = lab.is_set_up(&[]);
    for fault in [
        GcpFault::fails(404, "NOT_FOUND", "Method not found.").on("POST", "identitybindingtoken"),
        GcpFault::fails(
            403,
            "PERMISSION_DENIED",
            "Permission 'iam.serviceAccounts.getAccessToken' denied on resource (or it may not exist).",
        )
        .on("POST", ":generateAccessToken"),
    ] {
        lab.project.fault(fault);
        let outcome = lab.identity(&["--timeout=3s"]).exits(0);
        let (word, observed) = outcome.claimed(EXCHANGED);
        assert!(word == "unknown" && observed.starts_with("best effort"), "{word}: {observed}");
        assert_eq!(outcome.claimed(BOUND).0, "pass", "{outcome}");
        lab.project.no_more_faults();
    }
    assert_eq!(lab.identity(&[]).exits(0).claimed(EXCHANGED).0, "pass");
}

#[test]
fn federated_jobs_are_proved_by_the_project_s_policy_and_their_own_token() {
    let lab = GkeLab::new("gke-fed");
    let args = ["--identity=federation", "--grant-role=roles/viewer"];
    let outcome = lab.is_set_up(&args);
    let principal = lab.cluster.principal(&lab.job_namespace, JOB);
    let (word, observed) = outcome.claimed(ROLES);
    assert!(word == "pass" && observed.contains(&principal), "{observed}");
    let (word, observed) = outcome.claimed(EXCHANGED);
    assert!(word == "pass" && observed.contains("the federated identity of"), "{word}: {observed}");
    assert!(lab.project.accounts().is_empty());
    assert_eq!(lab.annotated(), None);
    // A role that somebody takes away is given again.
    lab.project.unbind("roles/viewer", &principal);
    let outcome = lab.identity(&args).exits(0);
    assert_eq!(outcome.google(), [format!("create gcp:iam-binding/roles/viewer/{principal}")]);
    assert_eq!(lab.project.members("roles/viewer"), [principal]);
    lab.keeps_to_the_documents();
}

#[test]
fn a_role_that_is_gone_again_fails_by_name() {
    let lab = GkeLab::new("gke-norole");
    let (project, member) = (lab.project.clone(), format!("serviceAccount:{}", lab.account()));
    let path = format!("projects/{}:getIamPolicy", lab.project.id());
    // The look, the grant's own read, and then the proof's.
    lab.project.meanwhile_after(2, "POST", &path, move || project.unbind("roles/viewer", &member));
    let outcome = lab.identity(&["--grant-role=roles/viewer", "--timeout=5s"]).exits(4);
    let outcome = outcome.explains("does not give roles/viewer to").explains("gcloud projects get-iam-policy");
    assert_eq!(outcome.claimed(ROLES).0, "fail", "{outcome}");
}

#[test]
fn who_may_not_make_tokens_of_the_jobs_account_gets_unknown() {
    let mut lab = GkeLab::new("gke-notoken");
    let _ = lab.is_set_up(&[]);
    let reader: Identity = lab.project.user_with_permissions(
        "sam@example.com",
        &[
            "container.clusters.get",
            "container.clusters.list",
            "container.pods.list",
            "iam.serviceAccounts.get",
            "iam.serviceAccounts.getIamPolicy",
            "serviceusage.services.get",
        ],
    );
    lab.name_cluster().become_only(&reader).unset("KUBECONFIG");
    let outcome = lab.identity(&[]).exits(0);
    let (word, observed) = outcome.claimed(EXCHANGED);
    assert_eq!(word, "unknown", "{outcome}");
    assert!(observed.contains("the right to create serviceaccounts/token"), "{observed}");
    assert_eq!(outcome.claimed(BOUND).0, "pass", "{outcome}");
}
