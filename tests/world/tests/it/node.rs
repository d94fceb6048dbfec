//! Agents that cannot run show it as on a real node.

use std::time::Duration;

use serde_json::json;
use world::certificates::Authority;
use world::{Orchestrator, Setup, World};

use crate::deployment::{LONG, registered};
use crate::manifests::Names;

#[test]
fn a_wrong_key_shows_as_a_crash_loop_with_a_reason_in_the_log() {
    let world = World::shared();
    let (names, other) = (Names::fresh(world), Names::fresh(world));
    let orchestrator = registered(&names);
    names.install_with(world, &orchestrator, "registry.example/runner:1", &other.private_key);
    world.wait_until("a crash loop", LONG, || {
        let container = names.container(world);
        container.pointer("/state/waiting/reason") == Some(&json!("CrashLoopBackOff"))
            && container["restartCount"].as_u64() >= Some(2)
    });
    let pod = names.pod(world).expect("the agent's pod");
    let name = pod["metadata"]["name"].as_str().expect("a pod has a name");
    let log = world.logs(&names.runner_namespace, name, "humanitec-kubernetes-agent-runner");
    assert!(log.contains("unexpected status 401"), "{log}");
    let events = world.list("v1", "Event", &names.runner_namespace);
    assert!(events.iter().any(|event| event["reason"] == "BackOff" && event["type"] == "Warning"));
}

#[test]
fn a_missing_secret_an_unknown_image_and_a_slow_one_show_as_on_a_real_node() {
    let world = World::shared();
    let (without, unknown, slow) = (Names::fresh(world), Names::fresh(world), Names::fresh(world));
    let orchestrator = registered(&without);
    without.install(world, &orchestrator);
    world.delete("v1", "Secret", &without.runner_namespace, "humanitec-kubernetes-agent-runner");
    let pod = without.pod(world).map(|pod| pod["metadata"]["name"].as_str().expect("a name").to_owned());
    pod.map(|name| world.delete("v1", "Pod", &without.runner_namespace, &name));
    unknown.install_with(world, &orchestrator, "registry.example/no-such-image:1", &unknown.private_key);
    orchestrator.add_runner(&slow.registration());
    let begin = std::time::Instant::now();
    slow.install_with(world, &orchestrator, "registry.example/slow-start:1", &slow.private_key);
    let reason = |names: &Names| names.container(world).pointer("/state/waiting/reason").cloned();
    world.wait_until("an image that does not come", LONG, || reason(&unknown) == Some(json!("ImagePullBackOff")));
    world.wait_until("a configuration error", LONG, || reason(&without) == Some(json!("CreateContainerConfigError")));
    world.wait_until("a slow start", LONG, || slow.container(world)["ready"] == true);
    assert!(begin.elapsed() > Duration::from_secs(3));
}

#[test]
fn an_agent_whose_pod_goes_stops_polling() {
    let world = World::shared();
    let names = Names::fresh(world);
    let orchestrator = registered(&names);
    names.install(world, &orchestrator);
    assert!(orchestrator.wait_for_poll(&names.runner_id, LONG), "the agent polls");
    world.delete("apps/v1", "Deployment", &names.runner_namespace, "humanitec-kubernetes-agent-runner");
    world.wait_until("the pod goes", LONG, || names.pod(world).is_none());
    let deployment = orchestrator.deploy_within("demo", "development", Duration::from_secs(1));
    assert_eq!(deployment.message, "no agent took the message");
}

#[test]
fn an_own_authority_is_trusted_where_it_was_mounted_and_a_proxy_elsewhere_is_not_reached() {
    let world = World::shared();
    let names = Names::fresh(world);
    let authority = Authority::new("house");
    let orchestrator = Orchestrator::start(Setup::demo().tls(authority.server(&["127.0.0.1"])));
    let mut registration = names.registration();
    registration["runner_configuration"]["job"]["pod_template"] = Names::job_template_with_authority();
    orchestrator.add_runner(&registration);
    orchestrator.add_rule(&names.runner_id, None, None);
    names.install(world, &orchestrator);
    world.wait_until("an unknown authority ends the agent", LONG, || {
        names.container(world)["restartCount"].as_u64() >= Some(1)
    });
    let proxied = [("HTTPS_PROXY", "http://proxy.example:3128")];
    names.add_authority(world, authority.certificate(), &proxied);
    assert!(!orchestrator.wait_for_poll(&names.runner_id, Duration::from_secs(1)), "the proxy is not there");
    names.add_authority(world, authority.certificate(), &[proxied[0], ("NO_PROXY", "127.0.0.0/8,.svc")]);
    assert!(orchestrator.wait_for_poll(&names.runner_id, LONG), "the agent polls");
    let deployment = orchestrator.deploy("demo", "development");
    assert!(deployment.succeeded, "{deployment:?}");
}
