//! What `destroy` leaves where it is, with the reason: everything that this tool did not make, and all state.

use std::time::Duration;

use serde_json::{Value, json};

use crate::destroy::left;
use crate::support::{AGENT, JOB, Lab, Outcome, new_key};

const RBAC: &str = "rbac.authorization.k8s.io/v1";

/// `destroy --yes` that keeps an object, and says why.
#[track_caller]
fn keeps(outcome: &Outcome, object: &str, why: &str) {
    let change = outcome.change(object);
    assert_eq!(change["action"], "unchanged", "{outcome}");
    let said = change["why"].as_str().unwrap();
    assert!(said.starts_with("kept: ") && said.contains(why), "{said}\n{outcome}");
}

fn destroy(lab: &Lab) -> Outcome {
    lab.run(&["destroy", "--yes", "-o", "json"]).exits(0)
}

/// A second run has nothing to do, and says the same of what is kept.
#[track_caller]
fn is_done(lab: &Lab) {
    let again = destroy(lab);
    assert_eq!(again.json()["outcome"], "nothing-to-do", "{again}");
}

#[test]
fn what_was_made_by_hand_stays_and_the_runner_that_was_registered_goes() {
    let lab = Lab::new("byhand");
    let pem = lab.create_all();
    let _ = lab.apply();
    let before = left(&lab);
    let outcome = destroy(&lab);
    assert_eq!(outcome.changed(), [format!("delete orchestrator:runner/{}", lab.runner)]);
    keeps(&outcome, &format!("Deployment/{}/{AGENT}", lab.runner_namespace), "not made by runner-setup");
    keeps(&outcome, &format!("Secret/{}/{AGENT}", lab.runner_namespace), "not made by runner-setup");
    assert!(outcome.stderr.contains("will refuse it without its runner"), "{outcome}");
    keeps(&outcome, &format!("Namespace/{}", lab.runner_namespace), "not made by runner-setup");
    assert_eq!(left(&lab), before[..before.len() - 1]);
    assert_eq!(lab.private_key_pem(), Some(pem));
    is_done(&lab);
}

#[test]
fn what_was_adopted_stays_and_what_was_made_goes() {
    let lab = Lab::new("mixed");
    lab.create_namespaces();
    let mut role: Value = lab.chart().into_iter().find(|it| it["kind"] == "Role").unwrap();
    role["rules"] = json!([{ "apiGroups": ["batch"], "resources": ["jobs"], "verbs": ["create"] }]);
    lab.create(&role);
    let outcome = lab.apply();
    let name = format!("Role/{}/{AGENT}", lab.job_namespace);
    assert_eq!(outcome.change(&name)["action"], "adopt");
    let outcome = destroy(&lab);
    keeps(&outcome, &name, "not made by runner-setup");
    assert_eq!(left(&lab), [name]);
    is_done(&lab);
}

#[test]
fn a_runner_that_was_adopted_stays_with_its_key_and_the_line_that_deletes_it_is_said() {
    let lab = Lab::new("adopted");
    let pem = new_key();
    lab.file("key.pem", &pem);
    let public = runner_setup::keypair::PrivateKey::from_pem(&pem).unwrap().public().to_pem();
    lab.orchestrator.add_runner(&json!({
        "id": lab.runner,
        "runner_configuration": {
            "type": "kubernetes-agent", "key": public,
            "job": { "namespace": lab.job_namespace, "service_account": JOB },
        },
        "state_storage_configuration": { "type": "kubernetes", "namespace": lab.job_namespace },
    }));
    let outcome = lab.run(&["apply", "--yes", "--private-key-file=key.pem", "--rule=any", "-o", "json"]).exits(0);
    assert_eq!(outcome.change(&lab.runner)["action"], "adopt");
    let outcome = destroy(&lab);
    keeps(&outcome, &format!("orchestrator:runner/{}", lab.runner), "not made by runner-setup");
    keeps(&outcome, "runner-rule/*/*", "selects a runner that is kept");
    let secret = format!("Secret/{}/{AGENT}", lab.runner_namespace);
    keeps(&outcome, &secret, "a runner that is kept is registered with it");
    assert_eq!(outcome.json()["next"], json!([format!("hctl delete runner {}", lab.runner)]));
    assert_eq!(left(&lab), [secret.clone(), lab.runner.clone(), "a rule".to_owned()]);
    is_done(&lab);
    let _ = lab.run(&["destroy"]).exits(0).says(&format!("Next: hctl delete runner {}", lab.runner));
}

#[test]
fn a_runner_of_another_cluster_stays() {
    let lab = Lab::new("elsewhere");
    let _ = lab.run(&["apply", "--yes", "--no-wait", "--rule=any"]).exits(0);
    lab.orchestrator.change_runner(&lab.runner, |runner| {
        let template = &mut runner["runner_configuration"]["job"]["pod_template"];
        template["metadata"]["annotations"]["runner-setup/cluster-uid"] = json!("0000-another");
    });
    let outcome = destroy(&lab);
    keeps(&outcome, &format!("orchestrator:runner/{}", lab.runner), "serves the cluster with uid 0000-another");
    assert_eq!(outcome.json()["next"], json!([]), "nobody is told to delete it");
    assert_eq!(lab.orchestrator.rules().len(), 1);
    is_done(&lab);
}

#[test]
fn a_runner_with_another_key_stays_and_the_key_here_serves_nobody() {
    let lab = Lab::new("otherkey");
    let _ = lab.run(&["apply", "--yes", "--no-wait"]).exits(0);
    let other = runner_setup::keypair::PrivateKey::generate().unwrap().public();
    lab.orchestrator.change_runner(&lab.runner, |runner| {
        runner["runner_configuration"]["key"] = json!(other.to_pem());
    });
    let outcome = destroy(&lab);
    let why = format!("registered with the key with id {}", other.short_id());
    keeps(&outcome, &format!("orchestrator:runner/{}", lab.runner), &why);
    assert_eq!(left(&lab), [lab.runner.as_str()]);
    is_done(&lab);
}

#[test]
fn a_runner_whose_key_is_gone_is_known_by_its_cluster_if_its_agent_is_here() {
    let lab = Lab::new("nokey");
    let _ = lab.run(&["apply", "--yes", "--no-wait"]).exits(0);
    lab.world.delete("v1", "Secret", &lab.runner_namespace, AGENT);
    let elsewhere = format!("{}-other", lab.runner_namespace);
    let args = ["destroy", "--yes", "-o", "json", "--runner-namespace", elsewhere.as_str()];
    let outcome = lab.run(&args).exits(0);
    keeps(&outcome, &format!("orchestrator:runner/{}", lab.runner), &format!("nothing in namespace {elsewhere}"));
    assert_eq!(lab.orchestrator.runner_ids(), std::slice::from_ref(&lab.runner));
    let _ = destroy(&lab);
    assert!(lab.orchestrator.runner_ids().is_empty());
}

#[test]
fn what_is_ours_and_claimed_by_somebody_else_stays() {
    let lab = Lab::new("claimed");
    let _ = lab.run(&["apply", "--yes", "--no-wait"]).exits(0);
    let marks = json!({ "metadata": { "annotations": { "argocd.argoproj.io/tracking-id": "infra:rbac/Role:x/y" } } });
    lab.edit(RBAC, "Role", &lab.job_namespace, JOB, &marks);
    let outcome = destroy(&lab);
    let role = format!("Role/{}/{JOB}", lab.job_namespace);
    keeps(&outcome, &role, "claimed by Argo CD (application `infra`)");
    assert_eq!(left(&lab), [role]);
}

#[test]
fn a_place_for_jobs_that_another_agent_uses_as_well_stays() {
    let lab = Lab::new("shared");
    let _ = lab.run(&["apply", "--yes", "--no-wait"]).exits(0);
    let mut binding = lab.get(RBAC, "RoleBinding", &lab.job_namespace, AGENT).unwrap();
    let other = json!({ "kind": "ServiceAccount", "name": AGENT, "namespace": "other-agents" });
    binding["subjects"].as_array_mut().unwrap().push(other);
    let subjects = json!({ "subjects": binding["subjects"] });
    lab.edit(RBAC, "RoleBinding", &lab.job_namespace, AGENT, &subjects);
    let outcome = destroy(&lab);
    let why = format!("used by ServiceAccount other-agents/{AGENT} too");
    keeps(&outcome, &format!("ServiceAccount/{}/{JOB}", lab.job_namespace), &why);
    keeps(&outcome, &format!("Role/{}/{AGENT}", lab.job_namespace), &why);
    assert_eq!(left(&lab).len(), 5, "{outcome}");
    assert!(left(&lab).iter().all(|it| it.contains(&lab.job_namespace)));
}

#[test]
fn what_other_settings_made_is_not_forgotten_but_said() {
    let lab = Lab::new("renamed");
    let _ = lab.run(&["apply", "--yes", "--no-wait", "--job-service-account=other"]).exits(0);
    let outcome = destroy(&lab);
    let account = format!("ServiceAccount/{}/other", lab.job_namespace);
    keeps(&outcome, &account, "but not for these settings");
    let outcome = lab.run(&["destroy", "--yes", "-o", "json", "--job-service-account=other"]).exits(0);
    assert!(outcome.changed().contains(&format!("delete kubernetes:{account}")), "{outcome}");
    is_done(&lab);
}

#[test]
fn state_stays_whatever_is_asked_for() {
    let lab = Lab::new("state");
    let _ = lab.apply();
    lab.proves_itself();
    lab.orchestrator.assign("demo", "development", "another");
    let state = || {
        let secrets = lab.world.list("v1", "Secret", &lab.job_namespace);
        let names = secrets.iter().map(|it| it["metadata"]["name"].as_str().unwrap().to_owned());
        names.filter(|name| name.starts_with("tfstate-")).collect::<Vec<_>>()
    };
    let before = state();
    assert!(!before.is_empty());
    lab.world.wait_until("the Job is done", Duration::from_secs(20), || {
        let jobs = lab.world.list("batch/v1", "Job", &lab.job_namespace);
        jobs.iter().all(|job| job["status"]["succeeded"] == 1 && job["status"]["completionTime"].is_string())
    });
    let refused = lab.run(&["destroy", "--yes", "--delete-namespaces", "--force", "-o", "json"]).exits(4);
    let refused = refused.explains("holds what runner-setup does not delete").explains(&before[0]);
    assert_eq!(refused.json()["outcome"], "refused", "{refused}");
    let outcome = destroy(&lab);
    keeps(&outcome, &format!("Secret/{}/tfstate-*", lab.job_namespace), "state, 1 Secret");
    assert_eq!(state(), before);
    is_done(&lab);
    // The state is where it was, so the environment goes on from there.
    let _ = lab.apply();
    lab.orchestrator.assign("demo", "development", &lab.runner);
    lab.proves_itself();
}
