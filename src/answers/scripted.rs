//! The same again without questions: the one shell line, and the text of `runner-setup.yaml`.

use serde_json::{Map, Value, json};

use super::registry::{ALL, AWS_IDENTITY, AZURE_IDENTITY, CA_FILE, GCP_IDENTITY, IDENTITY, KUBECONFIG, PROVIDER};
use super::setting::{Setting, Shape};
use super::told::{Layer, Said, Source, Told};
use super::{Answers, CONFIG_FILE};
use crate::settings::{Provider, RuleTarget};

/// The one line for a POSIX shell that does the same: `runner-setup <command> … --yes`, without any secret.
///
/// What stands in the configuration file is left to the file, which is named when it is not the usual one.
pub fn scripted_line(answers: &Answers, command: &str) -> String {
    let mut words = vec!["runner-setup".to_owned()];
    words.extend(command.split_whitespace().map(str::to_owned));
    if let Some(name) = answers.config().filter(|name| *name != CONFIG_FILE) {
        words.extend(["--config".to_owned(), name.to_owned()]);
    }
    for (setting, told) in told(answers).filter(|(_, told)| told.source.layer() != Layer::File) {
        match &told.value {
            Said::Text(text) => words.extend(flag(setting, text)),
            Said::List(list) => words.extend(list.iter().flat_map(|text| flag(setting, text))),
            Said::Switch(true) => words.push(format!("--{}", setting.id)),
            Said::Switch(false) | Said::Structure(_) | Said::Secret(_) => {}
        }
    }
    words.push("--yes".to_owned());
    // A NUL byte, the only thing that cannot be quoted, cannot be typed either.
    shlex::Quoter::new().allow_nul(true).join(words.iter().map(String::as_str)).unwrap_or_default()
}

fn flag(setting: &Setting, value: &str) -> Vec<String> {
    if value.starts_with('-') && value != "-" {
        return vec![format!("--{}={value}", setting.id)];
    }
    vec![format!("--{}", setting.id), value.to_owned()]
}

/// The text of a `runner-setup.yaml` with exactly what was told.
pub fn config_yaml(answers: &Answers) -> String {
    let mut tree = json!({ "apiVersion": "runner-setup/v1" });
    for (setting, told) in told(answers) {
        let (Some(path), Some(value)) = (file_key(answers, setting), written(setting, &told.value)) else { continue };
        put(&mut tree, path, value);
    }
    serde_yaml::to_string(&tree).unwrap_or_default()
}

/// Where a setting stands in the file: the identity in the part of the cloud that the cluster is in.
fn file_key(answers: &Answers, setting: &Setting) -> Option<&'static str> {
    if setting.id != IDENTITY.id {
        return setting.file;
    }
    match answers.text(&PROVIDER)?.parse().ok()? {
        Provider::Eks => AWS_IDENTITY.file,
        Provider::Gke => GCP_IDENTITY.file,
        Provider::Aks => AZURE_IDENTITY.file,
        Provider::Generic => None,
    }
}

/// What people said, the Orchestrator CLI included: a machine that repeats it may not have it.
fn told(answers: &Answers) -> impl Iterator<Item = (&'static Setting, &Told)> {
    let told = |setting: &&'static Setting| Some((*setting, answers.told(setting)?));
    ALL.iter().filter_map(told).filter(|(setting, told)| {
        // These two variables say where this machine keeps things, as lists and bundles of its own.
        let of_this_machine =
            matches!(told.source, Source::Environment(_)) && [KUBECONFIG.id, CA_FILE.id].contains(&setting.id);
        told.source.layer() >= Layer::Hctl && !of_this_machine
    })
}

fn written(setting: &Setting, said: &Said) -> Option<Value> {
    Some(match said {
        // Standard input is of this one run.
        Said::Text(text) if text == "-" && setting.value_name == "FILE" => return None,
        Said::Text(text) => json!(text),
        Said::List(list) => match setting.shape {
            Shape::Pairs => {
                list.iter().filter_map(|pair| pair.split_once('=')).map(|(k, v)| (k.to_owned(), json!(v))).collect()
            }
            Shape::Rules => list.iter().filter_map(|text| rule(text)).collect(),
            _ => json!(list),
        },
        Said::Switch(on) => json!(*on != setting.is_negated()),
        Said::Structure(value) => value.clone(),
        Said::Secret(_) => return None,
    })
}

fn rule(text: &str) -> Option<Value> {
    let target: RuleTarget = text.parse().ok()?;
    let mut rule = Map::new();
    if target == RuleTarget::ANY {
        rule.insert("any".to_owned(), json!(true));
    }
    rule.extend(target.project.map(|id| ("project".to_owned(), json!(id))));
    rule.extend(target.env_type.map(|id| ("envType".to_owned(), json!(id))));
    Some(Value::Object(rule))
}

fn put(tree: &mut Value, path: &str, value: Value) {
    let slot = path.split('.').fold(tree, |tree, key| &mut tree[key]);
    *slot = value;
}

#[cfg(test)]
mod tests {
    use super::super::ConfigFile;
    use super::super::tests::answers;
    use super::*;

    const FLAGS: &[&str] = &[
        "--org=my-org",
        "--rule=any",
        "--rule=project=a,env-type=b",
        "--agent-env=NO_PROXY=10.0.0.0/8,.svc",
        "--agent-env=DEBUG=true",
        "--description=it's \"$HOME\" `x`; é\n!",
        "--image-tag=1.10",
        "--no-wait",
        "--job-service-account-annotation=a/b=c=d",
        "--pod-template=t.yaml",
        "--state-storage=s3",
        "--state-bucket=null",
        "--adopt=kubernetes:Role/a/b",
        "--job-namespace=1234",
        "--agent-env=E=",
        "--cluster-name=-x",
    ];

    #[test]
    fn the_line_means_the_same_to_a_shell() {
        let env = [("HUMANITEC_AUTH_TOKEN", "hunter2"), ("RUNNER_ID", "from-env"), ("KUBECONFIG", "/a:/b")];
        let told = answers(FLAGS, &env, Some("agent: { replicas: 2, remoteUrl: https://a }"));
        let line = scripted_line(&told, "apply");
        assert!(line.starts_with("runner-setup apply --org my-org ") && line.ends_with(" --yes"), "{line}");
        assert!(line.contains("--runner-id from-env") && line.contains("--cluster-name=-x"), "{line}");
        assert!(
            !line.contains("hunter2")
                && !line.contains("KUBECONFIG")
                && !line.contains("/a:/b")
                && !line.contains("remote-url")
        );
        let words = shlex::split(&line).unwrap();
        let flags: Vec<_> = words[2..words.len() - 1].iter().map(String::as_str).collect();
        let again = answers(&flags, &[], None);
        for (setting, said) in super::told(&answers(FLAGS, &[], None)) {
            assert_eq!(again.told(setting).unwrap(), said);
        }
    }

    #[test]
    fn the_file_says_the_same_when_it_is_read_again() {
        let env = [("HUMANITEC_AUTH_TOKEN", "hunter2"), ("RUNNER_ID", "from-env")];
        let file =
            "agent: { replicas: 2, nodeSelector: { a: 'true' }, extraEnv: [{ name: A, value: '1.10' }] }\nwait: true";
        let told = answers(FLAGS, &env, Some(file));
        let text = config_yaml(&told);
        assert!(!text.contains("hunter2"));
        let said = ConfigFile::parse("f", &text).unwrap().said();
        let mut expected: Vec<_> = super::told(&told).filter(|(setting, _)| !setting.secret).collect();
        assert_eq!(said.len(), expected.len(), "{text}");
        for ((setting, said), (expected_setting, expected)) in said.into_iter().zip(expected.drain(..)) {
            assert_eq!(setting.id, expected_setting.id);
            match (&said, &expected.value) {
                (Said::List(said), Said::List(expected)) => {
                    let sorted = |list: &[String]| std::collections::BTreeSet::from_iter(list.iter().cloned());
                    assert_eq!(sorted(said), sorted(expected));
                }
                _ => assert_eq!(said, expected.value, "{}", setting.id),
            }
        }
    }

    #[test]
    fn another_configuration_file_is_named_and_standard_input_is_not_written_down() {
        let mut told = answers(&["--private-key-file=-"], &[], None);
        told.config = Some("my config.yaml".into());
        assert_eq!(
            scripted_line(&told, "apply"),
            "runner-setup apply --config 'my config.yaml' --private-key-file - --yes"
        );
        assert_eq!(config_yaml(&told), "apiVersion: runner-setup/v1\n");
    }
}
