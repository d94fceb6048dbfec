//! What keeps `destroy` from beginning, and what makes it stop: nothing is deleted that nobody looked at.

use std::time::Duration;

use serde_json::json;
use world::{Fault, Right, What};

use crate::destroy::left;
use crate::documents::is_valid;
use crate::support::{AGENT, JOB, Lab, Outcome};

const READ: &str = "get,list";

/// A setup without waiting for its agent.
fn set_up(name: &str) -> Lab {
    let lab = Lab::new(name);
    let _ = lab.run(&["apply", "--yes", "--no-wait", "--rule=any"]).exits(0);
    lab
}

/// `destroy --yes` that is refused with nothing deleted anywhere.
#[track_caller]
fn refuses(lab: &Lab, code: i32, args: &[&str]) -> Outcome {
    let mark = lab.world.audit().mark();
    lab.orchestrator.forget_requests();
    let outcome = lab.run(&[&["destroy", "--yes", "-o", "json"], args].concat()).exits(code);
    is_valid("result", &outcome.json());
    assert_eq!(lab.writes_since(mark), Vec::<String>::new(), "{outcome}");
    assert!(lab.orchestrator.requests().iter().all(|request| request.method == "GET"), "{outcome}");
    outcome
}

/// Goes on as somebody who may read everything in both namespaces, and these too.
fn become_reader(lab: &mut Lab, rights: &[Right]) {
    let name = lab.world.unique_name("destroyer");
    let mut all = vec![Right::everywhere("", "namespaces", "get")];
    for namespace in [&lab.runner_namespace, &lab.job_namespace] {
        all.push(Right::within(namespace, "", "secrets,configmaps,serviceaccounts,pods", READ));
        all.push(Right::within(namespace, "apps", "deployments", READ));
        all.push(Right::within(namespace, "batch", "jobs", "list"));
        all.push(Right::within(namespace, "rbac.authorization.k8s.io", "roles,rolebindings", READ));
    }
    all.extend_from_slice(rights);
    let kubeconfig = lab.world.principal(&name, &all);
    lab.set("KUBECONFIG", kubeconfig.display().to_string());
}

/// A Job that is not done for a long time.
fn job(lab: &Lab, name: &str, account: &str) {
    let env = json!([{ "name": "DEPLOYMENT_ID", "value": name }]);
    let container = json!({ "name": "main", "image": "registry.example/no-such-image:1", "env": env });
    let spec = json!({ "restartPolicy": "Never", "serviceAccountName": account, "containers": [container] });
    lab.create(&json!({
        "apiVersion": "batch/v1", "kind": "Job", "metadata": { "name": name, "namespace": lab.job_namespace },
        "spec": { "template": { "spec": spec } },
    }));
}

/// Waits until a delete is on its way to the Orchestrator.
fn wait_for_delete(lab: &Lab, path: &str) {
    lab.world.wait_until("the delete is sent", Duration::from_secs(30), || {
        lab.orchestrator.requests().iter().any(|it| it.method == "DELETE" && it.path.contains(path))
    });
}

#[test]
fn missing_rights_are_named_before_anything_is_deleted() {
    let mut lab = set_up("poor");
    let (agents, jobs) = (lab.runner_namespace.clone(), lab.job_namespace.clone());
    become_reader(&mut lab, &[Right::within(&agents, "", "secrets,configmaps,serviceaccounts", "delete")]);
    let outcome = refuses(&lab, 4, &[]);
    let outcome = outcome.explains(&format!("delete deployments.apps in namespace `{agents}`"));
    let outcome = outcome.explains(&format!("delete rolebindings.rbac.authorization.k8s.io in namespace `{jobs}`"));
    assert!(!outcome.json()["error"].to_string().contains("delete secrets"), "{outcome}");
    let _ = refuses(&lab, 4, &["--delete-namespaces"]).explains("missing right: delete namespaces");
}

#[test]
fn the_documented_rights_are_enough() {
    let mut lab = set_up("enough");
    let (agents, jobs) = (lab.runner_namespace.clone(), lab.job_namespace.clone());
    let rbac = "rbac.authorization.k8s.io";
    // docs/destroy.md, word by word.
    let rights = [
        Right::within(&agents, "", "secrets,serviceaccounts,configmaps", "get,list,delete"),
        Right::within(&agents, "apps", "deployments", "get,list,delete"),
        Right::within(&agents, "", "pods", "list"),
        Right::within(&agents, rbac, "roles,rolebindings", "list"),
        Right::within(&jobs, "", "secrets,configmaps", READ),
        Right::within(&jobs, "", "serviceaccounts", "get,list,delete"),
        Right::within(&jobs, rbac, "roles,rolebindings", "get,list,delete"),
        Right::within(&jobs, "batch", "jobs", "list"),
        Right::within(&jobs, "apps", "deployments", "list"),
    ];
    let kubeconfig = lab.world.principal(&lab.world.unique_name("enough"), &rights);
    lab.set("KUBECONFIG", kubeconfig.display().to_string());
    let outcome = lab.run(&["destroy", "--yes", "-o", "json"]).exits(0);
    assert_eq!(outcome.json()["warnings"], json!([]), "{outcome}");
    assert_eq!(left(&lab), Vec::<String>::new());
}

#[test]
fn what_may_not_be_read_is_not_taken_to_be_gone() {
    let mut lab = set_up("blind");
    let kubeconfig = lab.world.principal(&lab.world.unique_name("blind"), &[]);
    lab.set("KUBECONFIG", kubeconfig.display().to_string());
    let _ = refuses(&lab, 4, &[]).explains("can't be looked at").says("would go unnoticed");
    let (agents, jobs) = (lab.runner_namespace.clone(), lab.job_namespace.clone());
    let rights = [
        Right::all_within(&agents),
        Right::within(&jobs, "", "*", "*"),
        Right::within(&jobs, "rbac.authorization.k8s.io", "*", "*"),
    ];
    let kubeconfig = lab.world.principal(&lab.world.unique_name("half-blind"), &rights);
    lab.set("KUBECONFIG", kubeconfig.display().to_string());
    let _ = refuses(&lab, 4, &[]).explains("whether deployments are going on can't be looked at");
    let _ = lab.run(&["destroy", "--yes", "--force"]).exits(0).says("can't be looked at");
    assert_eq!(left(&lab), Vec::<String>::new());
}

#[test]
fn a_token_that_may_not_delete_stops_it_before_the_cluster_is_touched() {
    let lab = set_up("viewer");
    let mark = lab.world.audit().mark();
    let body = r#"{"error":"FORBIDDEN","message":"viewers may not"}"#.to_owned();
    lab.orchestrator.fault(Fault::times(
        "DELETE",
        "/runner-rules",
        9,
        What::Status { code: 403, headers: vec![], body },
    ));
    let outcome = lab.run(&["destroy", "--yes", "-o", "json"]).exits(4).explains("viewers may not");
    is_valid("result", &outcome.json());
    assert_eq!(lab.writes_since(mark), Vec::<String>::new());
}

#[test]
fn environments_that_have_the_runner_come_first() {
    let lab = set_up("inuse");
    lab.orchestrator.assign("demo", "development", &lab.runner);
    let outcome = refuses(&lab, 4, &[]).explains("demo/development");
    let _ = outcome.explains("hctl delete environment PROJECT ID");
    let _ = refuses(&lab, 4, &["--force"]);
    lab.orchestrator.assign("demo", "development", "another");
    let _ = lab.run(&["destroy", "--yes"]).exits(0);
}

#[test]
fn deployments_that_are_going_on_come_first_unless_told_otherwise() {
    let lab = set_up("busy");
    job(&lab, "of-somebody-else", "default");
    job(&lab, "of-a-deployment", JOB);
    let outcome = refuses(&lab, 4, &[]).explains("Job of-a-deployment").explains("--force");
    assert!(!outcome.stdout.contains("of-somebody-else"), "{outcome}");
    let _ = lab.run(&["destroy", "--yes", "--force"]).exits(0).says("would be cut off: Job of-a-deployment");
    assert_eq!(left(&lab), Vec::<String>::new());
    assert!(lab.get("batch/v1", "Job", &lab.job_namespace, "of-a-deployment").is_some());
}

#[test]
fn a_deployment_that_begins_after_the_look_is_not_cut_off() {
    let lab = set_up("begins");
    lab.orchestrator.fault(Fault::once("DELETE", "/runner-rules", What::Delay(Duration::from_secs(3))));
    let running = lab.start(&["destroy", "--yes", "-o", "json"]);
    wait_for_delete(&lab, "/runner-rules");
    job(&lab, "late", JOB);
    let outcome = running.end().exits(9).explains("a deployment began meanwhile").explains("Job late");
    assert_eq!(outcome.json()["outcome"], "stopped", "{outcome}");
    let status = |object: String| outcome.change(&object)["status"].clone();
    assert_eq!(status(format!("Deployment/{}/{AGENT}", lab.runner_namespace)), "done");
    assert_eq!(status(format!("RoleBinding/{}/{JOB}", lab.job_namespace)), "pending");
    lab.world.delete("batch/v1", "Job", &lab.job_namespace, "late");
    let _ = lab.run(&["destroy", "--yes", "--force"]).exits(0);
    assert_eq!(left(&lab), Vec::<String>::new());
}

#[test]
fn what_changed_since_the_look_is_not_deleted_until_it_was_looked_at_again() {
    let lab = set_up("moved");
    lab.orchestrator.fault(Fault::once("DELETE", "/runners/", What::Delay(Duration::from_secs(3))));
    let running = lab.start(&["destroy", "--yes", "-o", "json"]);
    wait_for_delete(&lab, "/runners/");
    let note = json!({ "data": { "NOTE": "mine" } });
    lab.edit("v1", "ConfigMap", &lab.runner_namespace, AGENT, &note);
    let outcome = running.end().exits(9).explains("was changed since it was looked at");
    let config_map = format!("ConfigMap/{}/{AGENT}", lab.runner_namespace);
    assert_eq!(outcome.change(&config_map)["status"], "failed", "{outcome}");
    assert_eq!(left(&lab).len(), 2, "the key is there as long as something else is: {outcome}");
    let _ = lab.run(&["destroy", "--yes"]).exits(0);
    assert_eq!(left(&lab), Vec::<String>::new());
}

#[test]
fn a_runner_that_changed_since_the_look_is_not_deleted() {
    let lab = set_up("runner-moved");
    lab.orchestrator.fault(Fault::once("DELETE", "/runner-rules", What::Delay(Duration::from_secs(3))));
    let running = lab.start(&["destroy", "--yes", "-o", "json"]);
    wait_for_delete(&lab, "/runner-rules");
    lab.orchestrator.change_runner(&lab.runner, |runner| runner["updated_at"] = json!("2030-01-01T00:00:00Z"));
    let _ = running.end().exits(9).explains("was changed since it was looked at");
    assert_eq!(lab.orchestrator.runner_ids(), std::slice::from_ref(&lab.runner));
    let _ = lab.run(&["destroy", "--yes"]).exits(0);
    assert_eq!(left(&lab), Vec::<String>::new());
}

#[test]
fn namespaces_with_something_else_in_them_stay_and_so_does_everything() {
    let lab = set_up("ground");
    lab.create(&json!({
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": "theirs", "namespace": lab.job_namespace },
    }));
    let outcome = refuses(&lab, 4, &["--delete-namespaces"]);
    let outcome = outcome.explains(&format!("kubernetes:ConfigMap/{}/theirs", lab.job_namespace));
    assert!(!outcome.json()["error"].to_string().contains(&format!("Namespace/{}", lab.runner_namespace)), "{outcome}");
    lab.world.delete("v1", "ConfigMap", &lab.job_namespace, "theirs");
    let _ = lab.run(&["destroy", "--yes", "--delete-namespaces"]).exits(0);
    assert!(lab.get("v1", "Namespace", "", &lab.job_namespace).is_none());
}

#[test]
fn another_runner_than_the_one_that_is_here_is_a_mistake() {
    let lab = set_up("mistaken");
    let outcome = refuses(&lab, 4, &["--runner-id=another"]).explains("serves runner").explains("`another`");
    let _ = outcome.explains(&format!("--runner-id {}", lab.runner));
    let elsewhere = format!("{}-other", lab.job_namespace);
    let hint = format!("--job-namespace {}", lab.job_namespace);
    let _ = refuses(&lab, 2, &["--job-namespace", &elsewhere]).explains(&hint);
}
