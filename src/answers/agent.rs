//! Settles what the agent's Deployment is made of, the image of agent and jobs included.

use std::collections::BTreeMap;

use serde_json::Value;
use url::Url;

use super::connection::file;
use super::file_problems::{is_secret_variable, secret_belongs};
use super::kubernetes_shapes as shapes;
use super::problems::Settling;
use super::registry::{
    AFFINITY, AGENT_CA_FILE, AGENT_ENV, EXTRA_ENV, IMAGE_PULL_SECRET, IMAGE_REPOSITORY, IMAGE_TAG, LOG_LEVEL,
    NODE_SELECTOR, POD_ANNOTATIONS, POD_LABELS, PULL_POLICIES, PULL_POLICY, REGISTRY_AUTH_FILE, REMOTE_URL, REPLICAS,
    RESOURCES, TOLERATIONS, VOLUME_MOUNTS, VOLUMES,
};
use super::setting::Setting;
use super::text_checks::{
    base_url, image_repository, image_tag, label_text, qualified_name, url_text, variable, variable_name,
};
use crate::names::KubernetesName;
use crate::settings::{Agent, SAAS_API_URL};

/// Settles the agent; what is not valid is remembered and left out.
pub(super) fn settle(settling: &mut Settling<'_>, api_url: Option<&Url>) -> Agent {
    Agent {
        image_repository: settling.parse(&IMAGE_REPOSITORY, image_repository),
        image_tag: settling.parse(&IMAGE_TAG, image_tag),
        image_pull_policy: pull_policy(settling),
        image_pull_secrets: pull_secrets(settling),
        registry_auth_file: settling.parse(&REGISTRY_AUTH_FILE, file),
        ca_file: settling.parse(&AGENT_CA_FILE, file),
        remote_url: remote_url(settling, api_url),
        env: env(settling),
        extra_env: list(settling, &EXTRA_ENV, extra_env),
        log_level: settling.parse(&LOG_LEVEL, str::parse),
        replicas: settling.structure(&REPLICAS, |_| Ok(())).and_then(|value| value.as_u64()?.try_into().ok()),
        resources: settling.structure(&RESOURCES, shapes::resources),
        node_selector: texts(settling, &NODE_SELECTOR, label),
        tolerations: list(settling, &TOLERATIONS, shapes::tolerations),
        affinity: settling.structure(&AFFINITY, shapes::affinity),
        pod_labels: texts(settling, &POD_LABELS, label),
        pod_annotations: texts(settling, &POD_ANNOTATIONS, |key, _| qualified_name(key)),
        volumes: list(settling, &VOLUMES, shapes::volumes),
        volume_mounts: list(settling, &VOLUME_MOUNTS, shapes::volume_mounts),
    }
}

fn pull_policy(settling: &mut Settling<'_>) -> Option<String> {
    let value = settling.structure(&PULL_POLICY, |value| {
        if value.as_str().is_some_and(|word| PULL_POLICIES.contains(&word)) {
            Ok(())
        } else {
            Err(format!("{value} is none of {}", PULL_POLICIES.join(", ")))
        }
    })?;
    value.as_str().map(str::to_owned)
}

fn pull_secrets(settling: &mut Settling<'_>) -> Vec<KubernetesName> {
    let mut names: Vec<KubernetesName> = settling.parse_all(&IMAGE_PULL_SECRET, str::parse);
    let mut seen = std::collections::BTreeSet::new();
    names.retain(|name| seen.insert(name.clone()));
    names
}

/// What was told, else the API's address when that is not the SaaS, which the agent knows by itself.
fn remote_url(settling: &mut Settling<'_>, api_url: Option<&Url>) -> Option<Url> {
    if settling.told(&REMOTE_URL).is_some() {
        return settling.parse(&REMOTE_URL, base_url);
    }
    let url = api_url.filter(|url| url_text(url) != SAAS_API_URL)?;
    settling.show(&REMOTE_URL, url_text(url), "`--api-url`");
    Some(url.clone())
}

/// The variables in the order given, of two with the same name the later one.
fn env(settling: &mut Settling<'_>) -> Vec<(String, String)> {
    let told = settling.parse_all(&AGENT_ENV, |text| {
        let (name, value) = variable(text)?;
        if is_secret_variable(&name, &value) { Err(secret_belongs(&name)) } else { Ok((name, value)) }
    });
    let mut env: Vec<(String, String)> = Vec::with_capacity(told.len());
    for (name, value) in told {
        env.retain(|(other, _)| *other != name);
        env.push((name, value));
    }
    env
}

fn extra_env(value: &Value) -> Result<(), String> {
    shapes::env_entries(value)?;
    let names = value.as_array().into_iter().flatten().filter_map(|entry| entry.get("name")?.as_str());
    names.into_iter().try_for_each(variable_name)
}

fn label(key: &str, value: &str) -> Result<(), String> {
    qualified_name(key)?;
    if label_text(value) {
        return Ok(());
    }
    Err(format!(
        "`{value}` is not a label's value; use at most 63 letters, digits, `-`, `_` and `.`, the latter not at an end"
    ))
}

fn texts(
    settling: &mut Settling<'_>,
    setting: &Setting,
    check: fn(&str, &str) -> Result<(), String>,
) -> BTreeMap<String, String> {
    let checked = |value: &Value| shapes::texts(value)?.iter().try_for_each(|(key, value)| check(key, value));
    settling.structure(setting, checked).and_then(|value| shapes::texts(&value).ok()).unwrap_or_default()
}

fn list(settling: &mut Settling<'_>, setting: &Setting, check: fn(&Value) -> Result<(), String>) -> Vec<Value> {
    match settling.structure(setting, check) {
        Some(Value::Array(items)) => items,
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{answers, process};
    use super::*;

    fn agent(flags: &[&str], file: Option<&str>, api_url: &str) -> (Agent, Vec<String>) {
        let (answers, process) = (answers(flags, &[], file), process(&[]));
        let mut settling = Settling::new(&answers, &process);
        let agent = settle(&mut settling, Some(&base_url(api_url).unwrap()));
        (agent, settling.invalid)
    }

    #[test]
    fn the_agent_polls_where_the_tool_talks_unless_told_otherwise() {
        for (flags, api_url, expected) in [
            (&[][..], SAAS_API_URL, None),
            (&[], "https://own.example", Some("https://own.example")),
            (&["--remote-url=https://inside.example/"], "https://own.example", Some("https://inside.example")),
        ] {
            assert_eq!(agent(flags, None, api_url).0.remote_url.as_ref().map(url_text), expected);
        }
    }

    #[test]
    fn variables_and_pull_secrets_are_there_once() {
        let flags = [
            "--agent-env=A=1",
            "--agent-env=B=x,y=z",
            "--agent-env=A=true",
            "--image-pull-secret=a",
            "--image-pull-secret=a",
        ];
        let (agent, problems) = agent(&flags, None, SAAS_API_URL);
        assert!(problems.is_empty());
        assert_eq!(agent.env, [("B".to_owned(), "x,y=z".to_owned()), ("A".to_owned(), "true".to_owned())]);
        assert_eq!(agent.image_pull_secrets.len(), 1);
    }

    #[test]
    fn a_secret_on_the_command_line_is_refused_without_its_value() {
        let (_, problems) = agent(&["--agent-env=API_TOKEN=hunter2"], None, SAAS_API_URL);
        assert!(problems[0].contains("API_TOKEN") && !problems[0].contains("hunter2"), "{problems:?}");
    }

    #[test]
    fn the_files_own_settings_arrive() {
        let file = "agent:\n  replicas: 2\n  nodeSelector: { a: 1 }\n  podLabels: { app/b: c }\n  tolerations: [{ key: k, value: true }]\n  \
                    extraEnv: [{ name: A, valueFrom: { fieldRef: { fieldPath: status.podIP } } }]\n  \
                    resources: { limits: { cpu: 1 } }\n  image: { pullPolicy: Always }\n  volumes: [{ name: v, emptyDir: {} }]\n  \
                    volumeMounts: [{ name: v, mountPath: /v }]\n  affinity: {}\n  podAnnotations: { a: '' }\n";
        let (agent, problems) = agent(&[], Some(file), SAAS_API_URL);
        assert!(problems.is_empty(), "{problems:?}");
        assert_eq!((agent.replicas, agent.image_pull_policy.as_deref()), (Some(2), Some("Always")));
        assert_eq!((agent.node_selector["a"].as_str(), agent.tolerations[0]["value"].as_str()), ("1", Some("true")));
        assert_eq!((agent.extra_env.len(), agent.volumes.len(), agent.volume_mounts.len()), (1, 1, 1));
        assert_eq!(agent.resources.unwrap()["limits"]["cpu"], "1");
    }

    #[test]
    fn what_kubernetes_would_refuse_is_refused_before() {
        for (file, words) in [
            ("nodeSelector: { a b: c }", "`agent.nodeSelector` in runner-setup.yaml: `a b` is not a valid key"),
            ("podLabels: { a: b c }", "not a label's value"),
            ("resources: { limits: { cpu: lots } }", "not a quantity"),
            ("volumes: [{ emptyDir: {} }]", "no `name`"),
            ("extraEnv: [{ name: PRIVATE_KEY, value: x }]", "looks like"),
            ("extraEnv: [{ name: RUNNER_ID, value: x }]", "use `--runner-id`"),
            ("image: { pullPolicy: Sometimes }", "none of Always"),
            ("logLevel: loud", "none of debug"),
            ("image: { repository: 'a:1' }", "--image-tag 1"),
            ("registryAuthFile: '-'", "standard input"),
        ] {
            let text = format!("apiVersion: runner-setup/v1\nagent: {{ {file} }}");
            if let Err(failure) = super::super::ConfigFile::parse("f", &text) {
                assert!(failure.message.contains(words), "{failure}");
                continue;
            }
            let (_, problems) = agent(&[], Some(&format!("agent: {{ {file} }}")), SAAS_API_URL);
            assert!(problems.len() == 1 && problems[0].contains(words), "{file}: {problems:?}");
        }
    }
}
