//! The wait for the agent: by watching, with the reason said while it lasts and in the end, and gone on with later.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::{AGENT, Lab, new_key};

fn seconds(begin: Instant) -> f64 {
    begin.elapsed().as_secs_f64()
}

#[test]
fn an_image_that_is_not_there_is_said_at_once_and_in_the_end() {
    let lab = Lab::new("no-image");
    let args = ["--image-repository", "ghcr.io/acme/no-such-image", "--image-tag", "v9"];
    let begin = Instant::now();
    let outcome = lab.run(&[&["apply", "--yes", "--timeout", "6s", "-o", "json"], &args[..]].concat()).exits(5);
    assert!((6.0..30.0).contains(&seconds(begin)), "{}", seconds(begin));
    let outcome = outcome.says("waiting for agent-running: 0 of 1 available; pod humanitec").says("ErrImagePull");
    let outcome = outcome.says("ImagePullBackOff").explains("does not run after 6s");
    let outcome = outcome.explains("Failed to pull image \"ghcr.io/acme/no-such-image:v9\"");
    let outcome = outcome.explains("run the same command again").explains("kubectl logs");
    let document = outcome.json();
    assert_eq!(document["outcome"], "stopped");
    assert_eq!(document["verified"][1]["claim"], "agent-running");
    assert_eq!(document["verified"][1]["outcome"], "fail");
    assert!(document["changes"].as_array().unwrap().iter().all(|change| change["status"] == "done"), "{outcome}");
    // The same command again goes on waiting, and changes nothing.
    let outcome = lab.run(&[&["apply", "--yes", "--timeout", "2s", "-o", "json"], &args[..]].concat()).exits(5);
    assert_eq!(outcome.changed(), Vec::<String>::new());
    let outcome = outcome.explains("ImagePullBackOff");
    assert!(!outcome.stderr.contains("Nothing to do"), "{outcome}");
    // The image is mended.
    let mended = ["--image-repository", "ghcr.io/acme/runner", "--image-tag", "v9"];
    let _ = lab.run(&[&["apply", "--yes"], &mended[..]].concat()).exits(0);
    lab.proves_itself();
}

#[test]
fn an_agent_that_ends_itself_is_explained_by_its_own_last_words() {
    let lab = Lab::new("wrong-key");
    let _ = lab.apply();
    // Somebody replaces the key behind our back, and the agent restarts.
    let other = json!({ "stringData": { "private_key": new_key() } });
    lab.edit("v1", "Secret", &lab.runner_namespace, AGENT, &other);
    let pods = lab.world.list("v1", "Pod", &lab.runner_namespace);
    for pod in pods {
        lab.world.delete("v1", "Pod", &lab.runner_namespace, pod["metadata"]["name"].as_str().unwrap());
    }
    let outcome = lab.run(&["install", "--yes", "--timeout", "8s", "-o", "json"]);
    // The plan sees it already: the registered key is another one.
    let outcome = outcome.exits(4).explains("is registered with the key with id");
    assert_eq!(outcome.changed(), Vec::<String>::new());
    // Whoever has no token can't see that, and hears it from the agent.
    let mut lab = lab;
    lab.unset("HUMANITEC_AUTH_TOKEN");
    let outcome = lab.run(&["install", "--yes", "--timeout", "8s", "-o", "json"]).exits(5);
    let outcome = outcome.explains("log of pod").explains("unexpected status 401");
    let _ = outcome.explains("ended").says("it last said: ");
}

#[test]
fn a_slow_start_is_waited_for_without_polling() {
    let lab = Lab::new("slow");
    let args = ["apply", "--yes", "-o", "json", "--image-repository", "ghcr.io/acme/slow-start", "--image-tag", "v1"];
    let mark = lab.world.audit().mark();
    let outcome = lab.run(&args).exits(0).says("waiting for agent-running: 0 of 1 available");
    assert_eq!(outcome.json()["verified"][1]["outcome"], "pass");
    let requests = lab.world.audit().requests(mark, "runner-setup");
    let reads = requests
        .iter()
        .filter(|it| it.verb == "get" && it.uri.contains(&format!("{}/deployments/", lab.runner_namespace)));
    assert_eq!(reads.count(), 1, "the Deployment is read once, then watched");
    lab.proves_itself();
}

#[test]
fn no_wait_does_not_wait() {
    let lab = Lab::new("no-wait");
    let args = ["--no-wait", "--image-repository", "ghcr.io/acme/no-such-image", "--image-tag", "v1"];
    let begin = Instant::now();
    let outcome = lab.run(&[&["apply", "--yes", "-o", "json"], &args[..]].concat()).exits(0);
    assert!(seconds(begin) < 20.0);
    let document = outcome.json();
    let claims: Vec<_> = document["verified"].as_array().unwrap().iter().map(|it| it["claim"].clone()).collect();
    assert_eq!(claims, ["key-registered"]);
    lab.has_nothing_to_do(&args);
}

#[test]
fn a_pod_that_finds_no_node_says_what_the_scheduler_says() {
    let lab = Lab::new("no-node");
    lab.file("runner-setup.yaml", "apiVersion: runner-setup/v1\nagent: { nodeSelector: { nobody: has-this } }\n");
    let outcome = lab.run(&["apply", "--yes", "--timeout", "4s", "-o", "json"]).exits(5);
    let outcome = outcome.explains("can't be scheduled").explains("FailedScheduling");
    let _ = outcome.says("waiting for agent-running: 0 of 1 available; pod humanitec");
    lab.file("runner-setup.yaml", "apiVersion: runner-setup/v1\n");
    let _ = lab.run(&["apply", "--yes"]).exits(0);
    lab.proves_itself();
}

#[test]
fn an_agent_that_is_scaled_to_nothing_is_said() {
    let lab = Lab::new("zero");
    lab.file("runner-setup.yaml", "apiVersion: runner-setup/v1\nagent: { replicas: 0 }\n");
    let _ = lab.run(&["apply", "--yes"]).exits(0).says("told to have 0 replicas: it will not run");
    // What nobody told is waited for, and said.
    let lab = Lab::new("zeroed");
    let _ = lab.apply();
    let scale = format!("{AGENT}/scale?fieldManager=kubectl");
    lab.world.merge("apps/v1", "Deployment", &lab.runner_namespace, &scale, &json!({ "spec": { "replicas": 0 } }));
    let _ = lab.run(&["apply", "--yes", "--timeout", "3s", "-o", "json"]).exits(5).explains("scaled to 0 replicas");
}

#[test]
fn a_pull_secret_that_is_missing_or_a_secret_of_extra_variables_is_named() {
    let lab = Lab::new("no-secret");
    let file = "apiVersion: runner-setup/v1
agent: { extraEnv: [ { name: A, valueFrom: { secretKeyRef: { name: absent, key: a } } } ] }
";
    lab.file("runner-setup.yaml", file);
    let outcome = lab.run(&["apply", "--yes", "--timeout", "4s", "-o", "json"]).exits(5);
    let _ = outcome.explains("CreateContainerConfigError").explains("secret \"absent\" not found");
    lab.create_secret("absent", "a", "x");
    let _ = lab.run(&["apply", "--yes"]).exits(0);
    lab.proves_itself();
    assert!(lab.orchestrator.wait_for_poll(&lab.runner, Duration::from_secs(1)));
}

#[test]
fn an_admission_that_refuses_the_pods_later_is_said() {
    let lab = Lab::new("no-pods");
    let _ = lab.apply();
    let quota = json!({
        "apiVersion": "v1", "kind": "ResourceQuota", "metadata": { "name": "none", "namespace": lab.runner_namespace },
        "spec": { "hard": { "pods": "0" } },
    });
    lab.create(&quota);
    for pod in lab.world.list("v1", "Pod", &lab.runner_namespace) {
        lab.world.delete("v1", "Pod", &lab.runner_namespace, pod["metadata"]["name"].as_str().unwrap());
    }
    let gone = || lab.world.list("v1", "Pod", &lab.runner_namespace).is_empty();
    lab.world.wait_until("the pods are gone", Duration::from_secs(20), gone);
    let outcome = lab.run(&["apply", "--yes", "--timeout", "4s", "-o", "json"]).exits(5);
    let _ = outcome.explains("exceeded quota: none");
}
