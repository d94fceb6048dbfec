//! From settings to Kubernetes manifests: fills `templates/`, where every value arrives as the value it is.

use std::collections::BTreeMap;

use minijinja::{Environment, UndefinedBehavior};
use serde_json::{Map, Value, json};

use crate::cluster::{Kind, ObjectRef};
use crate::phase::Phase;
use crate::settings::{DEFAULT_KEY_SECRET_KEY, RELEASE_NAME, Settings};

/// The ConfigMap with extra authorities, in each namespace that needs it.
pub const CA_CONFIG_MAP: &str = "humanitec-kubernetes-agent-runner-ca";
/// Where that ConfigMap is mounted, in agent and jobs alike.
pub const CA_DIRECTORY: &str = "/etc/runner-setup/ca";
/// The pod annotation that changes with the ConfigMap, so that the agent restarts when its configuration changes.
pub const CONFIG_ANNOTATION: &str = "runner-setup/config-checksum";

/// One object as it should be.
#[derive(Debug, Clone, PartialEq)]
pub struct Manifest {
    /// Which object.
    pub object: ObjectRef,
    /// Its whole wanted content.
    pub content: Value,
    /// Which phase makes it.
    pub phase: Phase,
}

/// What the manifests need besides the settings: decided from what was found.
#[derive(Debug, Clone)]
pub struct Choices {
    /// The agent's image with its tag.
    pub image: String,
    /// The image's tag, for the version label.
    pub image_tag: String,
    /// `LOG_LEVEL`.
    pub log_level: String,
    /// Replicas; `None`: somebody else scales the agent.
    pub replicas: Option<u32>,
    /// The key Secret's name.
    pub key_secret: String,
    /// Pull secrets of the agent's pod.
    pub pull_secrets: Vec<String>,
    /// The namespace of the state Secrets, when state is kept in the cluster.
    pub state_namespace: Option<String>,
    /// Extra authorities for agent and jobs, as PEM.
    pub ca_bundle: Option<String>,
    /// Annotations of the job service account that name its cloud identity.
    pub job_annotations: BTreeMap<String, String>,
    /// Whether the pod carries the checksum of its configuration.
    pub config_checksum: bool,
}

/// A template that can't be filled: a bug, or a value that is no YAML.
#[derive(Debug, thiserror::Error)]
#[error("filling the template of {object}")]
pub struct TemplateError {
    object: String,
    #[source]
    source: Box<dyn std::error::Error + Send + Sync>,
}

/// All objects of a kubernetes-agent runner except Secrets, in the order in which they are shown.
///
/// # Errors
/// A template that can't be filled, which is a bug.
pub fn kubernetes_agent(settings: &Settings, choices: &Choices) -> Result<Vec<Manifest>, TemplateError> {
    let runner_namespace = settings.runner_namespace.as_str();
    let job_namespace = settings.job_namespace.as_str();
    let mut namespaces = vec![runner_namespace, job_namespace];
    namespaces.extend(choices.state_namespace.as_deref());
    namespaces.dedup();
    let mut all = Vec::new();
    for (index, name) in namespaces.iter().enumerate() {
        if namespaces[..index].contains(name) {
            continue;
        }
        let content = fill("namespace", include_str!("../templates/namespace.yaml"), &json!({ "name": name }))?;
        all.push(Manifest { object: ObjectRef::namespace(*name), content, phase: Phase::Namespaces });
    }
    let values = values(settings, choices);
    let mut add = |kind: Kind, namespace: &str, name: &str, template: &str, values: &Value| {
        let object = ObjectRef::new(kind, namespace, name);
        let content = fill(&object.to_string(), template, values)?;
        all.push(Manifest { object, content: without_empty(content), phase: Phase::Install });
        Ok(())
    };
    macro_rules! template {
        ($file:literal) => {
            include_str!(concat!("../templates/kubernetes-agent/", $file, ".yaml"))
        };
    }
    let (runner, job) = (settings.runner_account.name.as_str(), settings.job_account.name.as_str());
    let agent_role = agent_role(settings);
    if let Some(bundle) = &choices.ca_bundle {
        for (index, namespace) in [runner_namespace, job_namespace].into_iter().enumerate() {
            if index == 1 && namespace == runner_namespace {
                continue;
            }
            let values = json!({ "name": CA_CONFIG_MAP, "namespace": namespace, "bundle": bundle });
            add(Kind::ConfigMap, namespace, CA_CONFIG_MAP, template!("ca-config-map"), &values)?;
        }
    }
    add(Kind::ServiceAccount, runner_namespace, runner, template!("runner-service-account"), &values)?;
    if (runner_namespace, runner) != (job_namespace, job) {
        add(Kind::ServiceAccount, job_namespace, job, template!("job-service-account"), &values)?;
    }
    add(Kind::Role, job_namespace, &agent_role, template!("agent-role"), &values)?;
    add(Kind::RoleBinding, job_namespace, &agent_role, template!("agent-role-binding"), &values)?;
    if let Some(namespace) = &choices.state_namespace {
        add(Kind::Role, namespace, job, template!("job-role"), &values)?;
        add(Kind::RoleBinding, namespace, job, template!("job-role-binding"), &values)?;
    }
    add(Kind::ConfigMap, runner_namespace, RELEASE_NAME, template!("config-map"), &values)?;
    add(Kind::Deployment, runner_namespace, RELEASE_NAME, template!("deployment"), &values)?;
    Ok(all)
}

/// The name of the agent's Role: its account's, as in the chart, unless the jobs' Role has that name already.
fn agent_role(settings: &Settings) -> String {
    let runner = settings.runner_account.name.as_str();
    if runner == settings.job_account.name.as_str() { format!("{runner}-agent") } else { runner.to_owned() }
}

/// The labels by which the chart's Deployment selects its pods. They can never change.
pub fn selector() -> Value {
    json!({ "app.kubernetes.io/name": RELEASE_NAME, "app.kubernetes.io/instance": RELEASE_NAME })
}

fn values(settings: &Settings, choices: &Choices) -> Value {
    let agent = &settings.agent;
    let selector = selector();
    let mut labels = selector.clone();
    labels["app.kubernetes.io/version"] = json!(choices.image_tag);
    let mut pod_labels = json!(agent.pod_labels);
    if let (Value::Object(all), Value::Object(selector)) = (&mut pod_labels, &selector) {
        all.extend(selector.clone());
    }
    let mut pod_annotations = agent.pod_annotations.clone();
    if choices.config_checksum {
        pod_annotations.insert(CONFIG_ANNOTATION.to_owned(), checksum(settings, choices));
    }
    let (volumes, volume_mounts) = volumes(settings, choices);
    // One account for agent and jobs: it carries the annotations of both.
    let one_account = settings.runner_namespace == settings.job_namespace
        && settings.runner_account.name == settings.job_account.name;
    let mut job_annotations = settings.job_account.annotations.clone();
    job_annotations.extend(choices.job_annotations.clone());
    let mut runner_annotations = settings.runner_account.annotations.clone();
    if one_account {
        runner_annotations.extend(job_annotations.clone());
    }
    json!({
        "release": RELEASE_NAME,
        "labels": labels,
        "selector": selector,
        "org": settings.org,
        "runner_id": settings.runner_id.as_str(),
        "log_level": choices.log_level,
        "runner_namespace": settings.runner_namespace.as_str(),
        "job_namespace": settings.job_namespace.as_str(),
        "state_namespace": choices.state_namespace,
        "runner_account": settings.runner_account.name.as_str(),
        "runner_annotations": runner_annotations,
        "job_account": settings.job_account.name.as_str(),
        "job_annotations": job_annotations,
        "agent_role": agent_role(settings),
        "replicas": choices.replicas,
        "image": choices.image,
        "image_pull_policy": agent.image_pull_policy.as_deref().unwrap_or("IfNotPresent"),
        "image_pull_secrets": choices.pull_secrets.iter().map(|name| json!({ "name": name })).collect::<Vec<_>>(),
        "pod_labels": pod_labels,
        "pod_annotations": pod_annotations,
        "env": env(settings, choices),
        "resources": agent.resources.clone().unwrap_or_else(default_resources),
        "volumes": volumes,
        "volume_mounts": volume_mounts,
        "node_selector": agent.node_selector,
        "affinity": agent.affinity,
        "tolerations": agent.tolerations,
    })
}

/// The chart's requests and limits.
fn default_resources() -> Value {
    json!({ "requests": { "cpu": "25m", "memory": "128Mi" }, "limits": { "cpu": "250m", "memory": "256Mi" } })
}

/// The container's variables in the chart's order: the key, then everything else; a name that comes twice counts last.
fn env(settings: &Settings, choices: &Choices) -> Vec<Value> {
    let key = match settings.key_secret.key.as_str() {
        "" => DEFAULT_KEY_SECRET_KEY,
        key => key,
    };
    let mut env = vec![json!({
        "name": "PRIVATE_KEY",
        "valueFrom": { "secretKeyRef": { "name": choices.key_secret, "key": key } },
    })];
    if let Some(url) = &settings.agent.remote_url {
        env.push(json!({ "name": "REMOTE_URL", "value": url.as_str().trim_end_matches('/') }));
    }
    if choices.ca_bundle.is_some() {
        // Go reads the system's files and these directories: the authorities are added, not replaced.
        env.push(json!({ "name": "SSL_CERT_DIR", "value": format!("/etc/ssl/certs:{CA_DIRECTORY}") }));
    }
    env.extend(settings.agent.env.iter().map(|(name, value)| json!({ "name": name, "value": value })));
    env.extend(settings.agent.extra_env.iter().cloned());
    let mut last: Vec<Value> = Vec::new();
    for variable in env {
        last.retain(|other| other["name"] != variable["name"]);
        last.push(variable);
    }
    last
}

fn volumes(settings: &Settings, choices: &Choices) -> (Vec<Value>, Vec<Value>) {
    let mut volumes = settings.agent.volumes.clone();
    let mut mounts = settings.agent.volume_mounts.clone();
    if choices.ca_bundle.is_some() {
        volumes.push(json!({ "name": "runner-setup-ca", "configMap": { "name": CA_CONFIG_MAP } }));
        mounts.push(json!({ "name": "runner-setup-ca", "mountPath": CA_DIRECTORY, "readOnly": true }));
    }
    (volumes, mounts)
}

/// A short digest of what the agent reads from its ConfigMaps at its start.
fn checksum(settings: &Settings, choices: &Choices) -> String {
    use sha2::{Digest, Sha256};
    let configuration: BTreeMap<&str, &str> = BTreeMap::from([
        ("ORG_ID", settings.org.as_str()),
        ("RUNNER_ID", settings.runner_id.as_str()),
        ("LOG_LEVEL", choices.log_level.as_str()),
        ("ca.crt", choices.ca_bundle.as_deref().unwrap_or("")),
    ]);
    let digest = Sha256::digest(json!(configuration).to_string());
    digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

fn fill(object: &str, template: &str, values: &Value) -> Result<Value, TemplateError> {
    let bug = |source: Box<dyn std::error::Error + Send + Sync>| TemplateError { object: object.to_owned(), source };
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    let text =
        environment.render_str(template, minijinja::value::Serde(values)).map_err(|error| bug(Box::new(error)))?;
    serde_yaml::from_str(&text).map_err(|error| bug(Box::new(error)))
}

/// Drops maps, lists and nulls that are empty: the server drops them too, and nobody wants to read them.
fn without_empty(value: Value) -> Value {
    let keeps = |value: &Value| match value {
        Value::Null => false,
        Value::Object(map) => !map.is_empty(),
        Value::Array(list) => !list.is_empty(),
        _ => true,
    };
    match value {
        Value::Object(map) => {
            let kept: Map<_, _> = map
                .into_iter()
                // A volume's `emptyDir: {}` and a null of the user's own mean something.
                .map(|(key, value)| {
                    if matches!(key.as_str(), "volumes" | "affinity") {
                        (key, value)
                    } else {
                        (key, without_empty(value))
                    }
                })
                .filter(|(_, value)| keeps(value))
                .collect();
            Value::Object(kept)
        }
        Value::Array(list) => Value::Array(list.into_iter().map(without_empty).collect()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answers::tests::{answers, process};
    use crate::answers::{Need, settle};
    use k8s_openapi::api::apps::v1::Deployment;
    use k8s_openapi::api::core::v1::{ConfigMap, Namespace, ServiceAccount};
    use k8s_openapi::api::rbac::v1::{Role, RoleBinding};
    use serde::Serialize;
    use serde::de::DeserializeOwned;

    const FULL: &str = r#"
agent:
  replicas: 0
  image: { pullPolicy: Always, pullSecrets: [a] }
  resources: { requests: { cpu: 1000m } }
  nodeSelector: { a: b }
  tolerations: [ { operator: Exists } ]
  affinity: { nodeAffinity: {} }
  podLabels: { a: b }
  podAnnotations: { a: b }
  extraEnv: [ { name: A, valueFrom: { fieldRef: { fieldPath: metadata.name } } } ]
  volumes: [ { name: a, emptyDir: {} } ]
  volumeMounts: [ { name: a, mountPath: /a } ]
"#;

    /// Every object of a setup with these flags and this file.
    fn manifests(flags: &[&str], file: Option<&str>) -> Vec<Manifest> {
        let flags = [&["--org=org", "--runner-id=runner", "--cluster-name=c"], flags].concat();
        let env = [("HUMANITEC_AUTH_TOKEN", "t")];
        let settings = settle(&answers(&flags, &env, file), &process(&env), Need::EVERYTHING).unwrap().settings;
        let choices = Choices {
            image: "image:tag".to_owned(),
            image_tag: "tag".to_owned(),
            log_level: "info".to_owned(),
            replicas: settings.agent.replicas,
            key_secret: "key".to_owned(),
            pull_secrets: vec!["a".to_owned()],
            state_namespace: Some("state".to_owned()),
            ca_bundle: Some("PEM".to_owned()),
            job_annotations: BTreeMap::from([(
                "eks.amazonaws.com/role-arn".to_owned(),
                "arn:aws:iam::1:role/a".to_owned(),
            )]),
            config_checksum: true,
        };
        kubernetes_agent(&settings, &choices).unwrap()
    }

    /// Parses into the typed object and back: a field that the type does not know would be lost on the way.
    #[track_caller]
    fn survives<T: DeserializeOwned + Serialize>(manifest: &Manifest) {
        let typed: T = serde_json::from_value(manifest.content.clone()).unwrap();
        assert_eq!(serde_json::to_value(typed).unwrap(), manifest.content, "{}", manifest.object);
    }

    #[test]
    fn every_template_is_a_typed_object_without_an_unknown_field() {
        for file in [None, Some(FULL)] {
            let all = manifests(&[], file);
            assert_eq!(all.len(), 13);
            for manifest in &all {
                match manifest.object.kind {
                    Kind::Namespace => survives::<Namespace>(manifest),
                    Kind::ServiceAccount => survives::<ServiceAccount>(manifest),
                    Kind::ConfigMap => survives::<ConfigMap>(manifest),
                    Kind::Role => survives::<Role>(manifest),
                    Kind::RoleBinding => survives::<RoleBinding>(manifest),
                    Kind::Deployment => survives::<Deployment>(manifest),
                    Kind::Secret => panic!("secrets have no template"),
                }
                let name = manifest.content.pointer("/metadata/name").and_then(Value::as_str);
                assert_eq!(name, Some(manifest.object.name.as_str()));
            }
        }
    }

    #[test]
    fn values_that_yaml_would_read_otherwise_stay_what_they_are() {
        for value in ["true", "007", "1e3", "null", "", "a: b", "# c", "{{ d }}", "'\"\\", "- e", "!!f", "\u{1F600}\n"]
        {
            let flag = format!("--agent-env=A={value}");
            let all = manifests(&[&flag], None);
            let deployment = all.iter().find(|it| it.object.kind == Kind::Deployment).unwrap();
            let env = deployment.content.pointer("/spec/template/spec/containers/0/env").unwrap();
            let there = env.as_array().unwrap().iter().find(|it| it["name"] == "A").unwrap();
            assert_eq!(there["value"], value);
        }
    }
}
