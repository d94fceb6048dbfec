//! Self-hosting: own images, registries, authorities, proxies and addresses, for the agent and for the jobs.

use base64::Engine;
use serde_json::{Value, json};
use world::Setup;
use world::certificates::Authority;

use crate::support::{AGENT, Lab};

const IMAGE: [&str; 2] = ["--image-repository=registry.example:5000/tools/humanitec-runner", "--image-tag=v9.8.7"];
const MADE: &str = "humanitec-kubernetes-agent-runner-registry";

/// The jobs' pod template as it is registered, and its container `main`.
fn job(lab: &Lab) -> (Value, Value) {
    let template = lab.registered()["runner_configuration"]["job"]["pod_template"].clone();
    let containers = template["spec"]["containers"].as_array().cloned().unwrap_or_default();
    let main = containers.into_iter().find(|container| container["name"] == "main").unwrap_or_default();
    (template, main)
}

fn apply(lab: &Lab, args: &[&str]) {
    let _ = lab.run(&[&["apply", "--yes"], args].concat()).exits(0);
}

#[test]
fn the_image_and_its_pull_secrets_are_those_of_agent_and_jobs() {
    let lab = Lab::new("image");
    let args = [&IMAGE[..], &["--image-pull-secret=one", "--image-pull-secret=two"]].concat();
    apply(&lab, &args);
    let (template, main) = job(&lab);
    let image = "registry.example:5000/tools/humanitec-runner:v9.8.7";
    assert_eq!((&lab.container()["image"], &main["image"]), (&json!(image), &json!(image)));
    let secrets = json!([{ "name": "one" }, { "name": "two" }]);
    assert_eq!(lab.deployment()["spec"]["template"]["spec"]["imagePullSecrets"], secrets);
    assert_eq!(template["spec"]["imagePullSecrets"], secrets);
    assert_eq!(lab.deployment()["metadata"]["labels"]["app.kubernetes.io/version"], "v9.8.7");
    assert_eq!(template["metadata"]["labels"]["app.kubernetes.io/name"], "humanitec-runner");
    lab.proves_itself();
    lab.has_nothing_to_do(&args);
    // The image of what is there is kept by whoever says nothing about it.
    apply(&lab, &["--log-level=debug", "--image-pull-secret=one", "--image-pull-secret=two"]);
    assert_eq!(lab.container()["image"], image);
}

fn docker_config(lab: &Lab, password: &str) -> String {
    let auth = base64::engine::general_purpose::STANDARD.encode(format!("robot:{password}"));
    let config = json!({ "auths": {
        "registry.example:5000": { "auth": auth },
        "https://index.docker.io/v1/": { "auth": "c29tZWJvZHk6ZWxzZQ==" },
    } });
    lab.file("docker/config.json", &config.to_string()).display().to_string()
}

fn stored(lab: &Lab, namespace: &str) -> Value {
    let secret = lab.get("v1", "Secret", namespace, MADE).expect("the pull secret is there");
    assert_eq!(secret["type"], "kubernetes.io/dockerconfigjson");
    let encoded = secret["data"][".dockerconfigjson"].as_str().unwrap();
    serde_json::from_slice(&base64::engine::general_purpose::STANDARD.decode(encoded).unwrap()).unwrap()
}

#[test]
fn a_docker_config_becomes_a_pull_secret_in_both_namespaces() {
    let lab = Lab::new("docker");
    let file = docker_config(&lab, "hunter2");
    let args = [&IMAGE[..], &["--registry-auth-file", &file]].concat();
    let outcome = lab.run(&[&["apply", "--yes", "-o", "json"], &args[..]].concat()).exits(0);
    let auth = base64::engine::general_purpose::STANDARD.encode("robot:hunter2");
    assert!(!outcome.to_string().contains("hunter2") && !outcome.to_string().contains(&auth), "{outcome}");
    for namespace in [&lab.runner_namespace, &lab.job_namespace] {
        let config = stored(&lab, namespace);
        assert_eq!(
            config,
            json!({ "auths": { "registry.example:5000": { "auth": auth } } }),
            "only the image's registry"
        );
    }
    assert_eq!(lab.deployment()["spec"]["template"]["spec"]["imagePullSecrets"], json!([{ "name": MADE }]));
    assert_eq!(job(&lab).0["spec"]["imagePullSecrets"], json!([{ "name": MADE }]));
    lab.proves_itself();
    lab.has_nothing_to_do(&args);
    // Another password is an update, of which nothing is shown.
    docker_config(&lab, "hunter3");
    let outcome = lab.run(&[&["apply", "--yes", "-o", "json"], &args[..]].concat()).exits(0);
    let changed: Vec<_> =
        [&lab.runner_namespace, &lab.job_namespace].map(|it| format!("update kubernetes:Secret/{it}/{MADE}")).into();
    assert_eq!(outcome.changed(), changed);
    assert!(!outcome.to_string().contains("hunter"), "{outcome}");
    let auth = base64::engine::general_purpose::STANDARD.encode("robot:hunter3");
    assert!(!outcome.to_string().contains(&auth), "{outcome}");
    assert_eq!(stored(&lab, &lab.job_namespace)["auths"]["registry.example:5000"]["auth"], auth.as_str());
    lab.has_nothing_to_do(&args);
}

#[test]
fn a_pull_secret_of_somebody_else_is_not_replaced() {
    let lab = Lab::new("docker-theirs");
    lab.create_namespaces();
    let theirs = json!({
        "apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/dockerconfigjson",
        "metadata": { "name": "regcred", "namespace": lab.job_namespace, "labels": { "app.kubernetes.io/managed-by": "external-secrets" } },
        "stringData": { ".dockerconfigjson": "{\"auths\":{}}" },
    });
    lab.create_as("external-secrets", &theirs);
    let file = docker_config(&lab, "x");
    let args = [&IMAGE[..], &["--registry-auth-file", &file, "--image-pull-secret=regcred"]].concat();
    let outcome = lab.refuses(&args).explains("external-secrets").explains("holds other credentials");
    let object = format!("kubernetes:Secret/{}/regcred", lab.job_namespace);
    let _ = outcome.explains(&format!("--adopt {object}"));
    apply(&lab, &[&args[..], &["--adopt", &object]].concat());
    lab.has_nothing_to_do(&args);
}

#[test]
fn the_agent_reaches_the_orchestrator_at_the_address_told() {
    let lab = Lab::new("remote");
    let url = lab.orchestrator.url().replace("127.0.0.1", "localhost");
    let args = ["--remote-url", url.as_str()];
    apply(&lab, &args);
    assert_eq!(lab.container()["env"][1], json!({ "name": "REMOTE_URL", "value": url }));
    lab.proves_itself();
    lab.has_nothing_to_do(&args);
}

#[test]
fn an_authority_of_ones_own_is_trusted_by_the_agent_and_the_jobs() {
    let authority = Authority::new("in-house");
    let mut setup = Setup::demo();
    setup = setup.tls(authority.server(&["127.0.0.1"]));
    let lab = Lab::with("authority", setup);
    let file = lab.file("ca.pem", authority.certificate()).display().to_string();
    let args = ["--ca-file", &file, "--agent-ca-file", &file];
    apply(&lab, &args);
    lab.proves_itself();
    lab.has_nothing_to_do(&args);
    for namespace in [&lab.runner_namespace, &lab.job_namespace] {
        let config_map = lab.get("v1", "ConfigMap", namespace, "humanitec-kubernetes-agent-runner-ca").unwrap();
        assert_eq!(config_map["data"]["ca.crt"], authority.certificate());
    }
    // Another bundle restarts the agent, for it is read at its start only.
    let before = lab.deployment()["metadata"]["generation"].clone();
    let other = format!("{}{}", authority.certificate(), Authority::new("next").certificate());
    lab.file("ca.pem", &other);
    apply(&lab, &args);
    assert_ne!(lab.deployment()["metadata"]["generation"], before);
    lab.proves_itself();
}

#[test]
fn without_the_authority_the_agent_says_that_it_does_not_trust() {
    let authority = Authority::new("in-house");
    let lab = Lab::with("no-authority", Setup::demo().tls(authority.server(&["127.0.0.1"])));
    let file = lab.file("ca.pem", authority.certificate()).display().to_string();
    let args = ["apply", "--yes", "-o", "json", "--timeout=6s", "--ca-file", &file];
    let _ = lab.run(&args).exits(5).explains("log of pod").explains("certificate");
}

#[test]
fn proxies_arrive_in_agent_and_jobs() {
    let lab = Lab::new("proxies");
    let args = [
        "--agent-env=HTTPS_PROXY=http://proxy.example:3128",
        "--agent-env=NO_PROXY=127.0.0.1,10.0.0.0/8,.svc",
        "--agent-env=DEBUG=true",
    ];
    apply(&lab, &args);
    let proxies = json!([
        { "name": "HTTPS_PROXY", "value": "http://proxy.example:3128" },
        { "name": "NO_PROXY", "value": "127.0.0.1,10.0.0.0/8,.svc" },
    ]);
    assert_eq!(job(&lab).1["env"], proxies, "and not DEBUG, which is the agent's");
    assert_eq!(json!(lab.container()["env"].as_array().unwrap()[2..4]), proxies);
    lab.proves_itself();
    lab.has_nothing_to_do(&args);
}

#[test]
fn a_proxys_password_is_neither_taken_from_the_command_line_nor_shown() {
    let lab = Lab::new("proxy-password");
    let _ = lab.refuses_with(2, &["--agent-env=HTTPS_PROXY=http://user:hunter2@proxy.example:3128"]).explains("Secret");
    let args = ["--agent-env=HTTPS_PROXY=http://proxy.example:3128"];
    apply(&lab, &[&args[..], &["--no-wait"]].concat());
    let mut containers = json!([lab.container()]);
    containers[0]["env"][2]["value"] = json!("http://user:hunter2@proxy.example:3128");
    lab.edit_deployment(&json!({ "spec": { "template": { "spec": { "containers": containers } } } }));
    for output in ["human", "json"] {
        let outcome = lab.run(&[&["plan", "-o", output], &args[..]].concat()).exits(0);
        assert!(
            outcome.stdout.contains("env[HTTPS_PROXY].value") || outcome.stderr.contains("env[HTTPS_PROXY].value"),
            "{outcome}"
        );
        assert!(!outcome.to_string().contains("hunter2"), "{outcome}");
    }
    assert_eq!(lab.container()["name"], AGENT);
}

#[test]
fn a_pod_template_of_ones_own_keeps_what_it_says() {
    let lab = Lab::new("template");
    let template = json!({
        "metadata": { "labels": { "team": "platform" }, "annotations": { "example.com/a": "1" } },
        "spec": {
            "nodeSelector": { "kubernetes.io/os": "linux" },
            "containers": [{ "name": "main", "env": [{ "name": "EXTRA", "value": "10.0.0.0/8,.svc" }],
                "resources": { "requests": { "memory": "256Mi" } } }],
        },
    });
    let file = lab.file("template.yaml", &template.to_string()).display().to_string();
    let args = [&IMAGE[..], &["--pod-template", &file]].concat();
    apply(&lab, &args);
    let (registered, main) = job(&lab);
    assert_eq!(registered["metadata"]["labels"]["team"], "platform");
    assert_eq!(registered["spec"]["nodeSelector"], template["spec"]["nodeSelector"]);
    assert_eq!(main["env"], template["spec"]["containers"][0]["env"]);
    assert_eq!(main["resources"], template["spec"]["containers"][0]["resources"]);
    assert_eq!(main["image"], "registry.example:5000/tools/humanitec-runner:v9.8.7");
    lab.proves_itself();
    lab.has_nothing_to_do(&args);
}
