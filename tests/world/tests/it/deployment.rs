//! A deployment goes through a runner that was set up well, and stops where a real one would.

use std::time::Duration;

use serde_json::json;
use world::{Orchestrator, World};

use crate::manifests::Names;

/// Long enough for anything that happens at all.
pub(crate) const LONG: Duration = Duration::from_secs(20);

/// Returns an Orchestrator that knows this runner and gives it to the demo project.
pub(crate) fn registered(names: &Names) -> Orchestrator {
    let orchestrator = World::shared().orchestrator();
    orchestrator.add_runner(&names.registration());
    orchestrator.add_rule(&names.runner_id, Some("demo"), None);
    orchestrator
}

#[test]
fn a_deployment_goes_through_and_leaves_its_state() {
    let world = World::shared();
    let names = Names::fresh(world);
    let orchestrator = registered(&names);
    names.install(world, &orchestrator);
    assert!(orchestrator.wait_for_poll(&names.runner_id, LONG), "the agent polls");
    for _ in 0..2 {
        let deployment = orchestrator.deploy("demo", "development");
        assert!(deployment.succeeded, "{deployment:?}");
        let job = world.get("batch/v1", "Job", &names.job_namespace, &deployment.id);
        assert!(job.is_some(), "the Job is named like the deployment");
    }
    let uuid = orchestrator.environment_uuid("demo", "development");
    let state = format!("tfstate-default-{uuid}");
    assert!(world.get("v1", "Secret", &names.job_namespace, &state).is_some());
    assert!(world.get("coordination.k8s.io/v1", "Lease", &names.job_namespace, &format!("lock-{state}")).is_some());
    assert_eq!(orchestrator.violations(), Vec::<String>::new());
}

#[test]
fn without_a_rule_a_deployment_has_no_runner() {
    let orchestrator = World::shared().orchestrator();
    let deployment = orchestrator.deploy("demo", "development");
    assert!(!deployment.succeeded && deployment.message.contains("no runner"), "{deployment:?}");
}

#[test]
fn without_the_agents_role_the_job_is_forbidden() {
    let world = World::shared();
    let names = Names::fresh(world);
    let orchestrator = registered(&names);
    names.install(world, &orchestrator);
    let agent = "humanitec-kubernetes-agent-runner";
    assert!(world.delete("rbac.authorization.k8s.io/v1", "Role", &names.job_namespace, agent));
    assert!(orchestrator.wait_for_poll(&names.runner_id, LONG), "the agent polls");
    let deployment = orchestrator.deploy("demo", "development");
    assert!(!deployment.succeeded && deployment.message.contains("jobs.batch is forbidden"), "{deployment:?}");
}

#[test]
fn without_the_jobs_role_the_state_is_forbidden() {
    let world = World::shared();
    let names = Names::fresh(world);
    let orchestrator = registered(&names);
    names.install(world, &orchestrator);
    let job = "humanitec-kubernetes-agent-runner-job";
    assert!(world.delete("rbac.authorization.k8s.io/v1", "Role", &names.job_namespace, job));
    assert!(orchestrator.wait_for_poll(&names.runner_id, LONG), "the agent polls");
    let deployment = orchestrator.deploy("demo", "development");
    assert!(!deployment.succeeded && deployment.message.contains("secrets is forbidden"), "{deployment:?}");
}

#[test]
fn without_the_jobs_account_the_job_does_not_start_and_says_why() {
    let world = World::shared();
    let names = Names::fresh(world);
    let orchestrator = registered(&names);
    names.install(world, &orchestrator);
    let job = "humanitec-kubernetes-agent-runner-job";
    assert!(world.delete("v1", "ServiceAccount", &names.job_namespace, job));
    let deployment = orchestrator.deploy("demo", "development");
    assert!(!deployment.succeeded && deployment.message.contains("serviceaccount"), "{deployment:?}");
}

#[test]
fn a_job_image_that_does_not_come_is_named() {
    let world = World::shared();
    let names = Names::fresh(world);
    let orchestrator = world.orchestrator();
    let mut registration = names.registration();
    let image = json!({ "name": "main", "image": "registry.example/no-such-image:1" });
    registration["runner_configuration"]["job"]["pod_template"] = json!({ "spec": { "containers": [image] } });
    orchestrator.add_runner(&registration);
    orchestrator.add_rule(&names.runner_id, None, Some("development"));
    names.install(world, &orchestrator);
    let deployment = orchestrator.deploy("demo", "development");
    assert!(!deployment.succeeded && deployment.message.contains("ImagePullBackOff"), "{deployment:?}");
}

#[test]
fn an_account_without_a_token_stops_the_job() {
    let world = World::shared();
    let names = Names::fresh(world);
    let orchestrator = registered(&names);
    names.install(world, &orchestrator);
    let job = "humanitec-kubernetes-agent-runner-job";
    let patch = json!({ "automountServiceAccountToken": false });
    world.merge("v1", "ServiceAccount", &names.job_namespace, job, &patch);
    let deployment = orchestrator.deploy("demo", "development");
    assert!(!deployment.succeeded && deployment.message.contains("serviceaccount/token"), "{deployment:?}");
}
