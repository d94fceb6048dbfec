//! Finds and reads `runner-setup.yaml`, and says what each key of it tells; errors name the file, the line and the key.

use std::io;

use serde_json::Value;

use super::config_file::ConfigFile;
use super::file_problems;
use super::registry::ALL;
use super::setting::{Setting, Shape};
use super::told::Said;
use crate::failure::{Failure, FailureKind};
use crate::process::Process;

/// The configuration file that is read from the working directory when none is named.
pub const CONFIG_FILE: &str = "runner-setup.yaml";
/// No configuration file is longer; what is, is something else.
const MOST_BYTES: usize = 1024 * 1024;

/// A configuration file and how it was named.
#[derive(Debug, Clone)]
pub struct LoadedFile {
    /// The name as given; `-` is standard input.
    pub name: String,
    /// What it says.
    pub config: ConfigFile,
}

/// Why a configuration file could not be used.
#[derive(Debug, thiserror::Error)]
enum FileError {
    #[error("`{name}` cannot be read")]
    Unreadable { name: String, source: io::Error },
    #[error("`{name}` is not a text in UTF-8")]
    NotText { name: String },
    #[error("`{name}` is too long for a configuration file")]
    TooLong { name: String },
    #[error("{place}: {problem}")]
    Wrong { place: String, problem: String },
}

impl LoadedFile {
    /// Reads the file that was named, else [`CONFIG_FILE`] if it is there.
    ///
    /// # Errors
    /// A file that cannot be read, or one that is broken.
    pub fn find(process: &Process, named: Option<&str>) -> Result<Option<Self>, Failure> {
        let name = named.unwrap_or(CONFIG_FILE);
        let bytes = if name == "-" { process.read_stdin() } else { std::fs::read(process.path(name)) };
        let bytes = match bytes {
            Ok(bytes) => bytes,
            Err(error) if named.is_none() && error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(fail(&FileError::Unreadable { name: name.to_owned(), source })),
        };
        if bytes.len() > MOST_BYTES {
            return Err(fail(&FileError::TooLong { name: name.to_owned() }));
        }
        let text = String::from_utf8(bytes).map_err(|_| fail(&FileError::NotText { name: name.to_owned() }))?;
        Ok(Some(Self { name: name.to_owned(), config: ConfigFile::parse(name, &text)? }))
    }
}

impl ConfigFile {
    /// Reads the text of a file; `name` is for errors.
    ///
    /// # Errors
    /// Anything that is not exactly the documented shape, and anything that looks like a secret.
    pub fn parse(name: &str, text: &str) -> Result<Self, Failure> {
        let name = if name == "-" { "standard input" } else { name };
        let wrong = |place: String, problem: String| fail(&FileError::Wrong { place, problem });
        if let Some(line) = text.lines().position(|line| line.contains("PRIVATE KEY-----")) {
            let problem = "a private key may not stand in this file; name its file with `--private-key-file`";
            return Err(wrong(format!("{name} line {}", line + 1), problem.to_owned()));
        }
        let place = |error: &serde_yaml::Error| match error.location() {
            Some(at) => format!("{name} line {}", at.line()),
            None => name.to_owned(),
        };
        // A first look without types finds what the typed one would silently overwrite: a key that is there twice.
        let untyped = serde_yaml::from_str::<serde_yaml::Value>(text);
        let config: Self = untyped.and_then(|_| serde_yaml::from_str(text)).map_err(|error| {
            let hint = "run `runner-setup config schema` to see every key";
            wrong(place(&error), file_problems::problem(&error)).hint(hint)
        })?;
        if let Some(problem) = config.secret_in_env() {
            return Err(wrong(name.to_owned(), problem));
        }
        Ok(config)
    }

    /// What the file says about each setting.
    pub fn said(&self) -> Vec<(&'static Setting, Said)> {
        let tree = serde_json::to_value(self).unwrap_or_default();
        ALL.iter().filter_map(|setting| Some((*setting, said(setting, lookup(&tree, setting.file?)?)?))).collect()
    }

    /// What is wrong when a variable that most likely holds a secret stands in the file, pod template included.
    fn secret_in_env(&self) -> Option<String> {
        let tree = serde_json::to_value(self).unwrap_or_default();
        let env = lookup(&tree, "agent.env").and_then(Value::as_object);
        let entries = env.into_iter().flatten().filter_map(|(name, value)| Some((name.as_str(), value.as_str()?)));
        let name =
            entries.chain(variables(&tree)).find(|(name, value)| file_problems::is_secret_variable(name, value))?.0;
        Some(format!("the variable {}", file_problems::secret_belongs(name)))
    }
}

/// Every object with a `name` and a `value`, wherever it stands: a container's variables.
fn variables(tree: &Value) -> Vec<(&str, &str)> {
    let own = |key: &str| tree.get(key).and_then(Value::as_str);
    let below: Vec<&Value> = match tree {
        Value::Array(items) => items.iter().collect(),
        Value::Object(entries) => entries.values().collect(),
        _ => Vec::new(),
    };
    own("name").zip(own("value")).into_iter().chain(below.into_iter().flat_map(variables)).collect()
}

fn lookup<'a>(tree: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').try_fold(tree, |tree, key| tree.get(key)).filter(|value| !value.is_null())
}

fn said(setting: &Setting, value: &Value) -> Option<Said> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    Some(match setting.shape {
        Shape::One if value.is_string() => Said::Text(text(value)),
        Shape::One | Shape::FileOnly => Said::Structure(value.clone()),
        Shape::Many => Said::List(value.as_array()?.iter().map(text).collect()),
        Shape::Pairs => Said::List(value.as_object()?.iter().map(|(k, v)| format!("{k}={}", text(v))).collect()),
        Shape::Rules => Said::List(value.as_array()?.iter().map(rule).collect()),
        Shape::Switch => Said::Switch(value.as_bool()? != setting.is_negated()),
    })
}

/// A rule as the flag writes it.
fn rule(rule: &Value) -> String {
    let part = |key: &str, word: &str| rule.get(key).and_then(Value::as_str).map(|id| format!("{word}={id}"));
    let any = rule.get("any").and_then(Value::as_bool).filter(|any| *any).map(|_| "any".to_owned());
    [any, part("project", "project"), part("envType", "env-type")].into_iter().flatten().collect::<Vec<_>>().join(",")
}

fn fail(error: &FileError) -> Failure {
    Failure::of(FailureKind::Usage, error)
}

#[cfg(test)]
mod tests {
    use super::super::registry::{AGENT_ENV, IMAGE_TAG, NO_WAIT, RESOURCES, RULE, find};
    use super::super::tests::process;
    use super::*;

    fn parse(text: &str) -> Result<ConfigFile, String> {
        ConfigFile::parse("f.yaml", &format!("apiVersion: runner-setup/v1\n{text}")).map_err(|f| f.message)
    }

    fn tells(text: &str, setting: &Setting) -> Said {
        let said = parse(text).unwrap().said();
        said.into_iter().find(|(told, _)| told.id == setting.id).unwrap().1
    }

    #[test]
    fn texts_stay_as_they_are_written() {
        let env = tells("agent: { env: { A: true, B: 1.10, C: 0x1F, D: '', E: 10.0.0.0/8, F: yes } }", &AGENT_ENV);
        let expected = ["A=true", "B=1.10", "C=0x1F", "D=", "E=10.0.0.0/8", "F=yes"];
        assert_eq!(env, Said::List(expected.map(str::to_owned).to_vec()));
        assert_eq!(tells("agent: { image: { tag: 1.10 } }", &IMAGE_TAG), Said::from("1.10"));
        let resources = tells("agent: { resources: { limits: { cpu: 2, memory: 1.50 } } }", &RESOURCES);
        assert_eq!(resources, Said::Structure(serde_json::json!({"limits": {"cpu": "2", "memory": "1.50"}})));
    }

    #[test]
    fn rules_switches_and_structures_arrive() {
        let rules = tells("rules: [{ envType: dev }, { project: p, envType: e }, { any: true }]", &RULE);
        assert_eq!(rules, Said::List(["env-type=dev", "project=p,env-type=e", "any"].map(str::to_owned).to_vec()));
        assert_eq!(tells("wait: false", &NO_WAIT), Said::Switch(true));
        let template = tells("runner: { job: { podTemplate: { metadata: {} } } }", find("pod-template").unwrap());
        assert!(matches!(template, Said::Structure(_)));
        let template = tells("runner: { job: { podTemplate: file.yaml } }", find("pod-template").unwrap());
        assert_eq!(template, Said::from("file.yaml"));
    }

    #[test]
    fn a_key_without_a_value_says_nothing() {
        assert!(parse("organization:\nrunner: { id: ~ }\nagent:\n").unwrap().said().is_empty());
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        for (text, expected) in [
            (
                "runner:\n  job:\n    namespce: x",
                "f.yaml line 4: unknown key `runner.job.namespce`; did you mean `namespace`?",
            ),
            ("organisation: x", "f.yaml line 2: unknown key `organisation`; did you mean `organization`?"),
            ("openstack: {}", "f.yaml line 2: unknown key `openstack`; known here: "),
            ("token: x", "f.yaml line 2: `token` looks like a secret"),
            ("orchestrator:\n  token: x", "HUMANITEC_AUTH_TOKEN"),
            ("runner: { privateKey: x }", "`--private-key-file`"),
            ("runner: { job: x }", "f.yaml line 2: `runner.job`: invalid type: string \"x\", expected an object"),
            ("organization: a\norganization: b", "duplicate"),
            ("agent: { env: { A: 1, A: 2 } }", "f.yaml line 2: `agent.env`: duplicate entry"),
            ("agent: { env: { A: } }", "a value is missing"),
            ("agent: { env: { NPM_TOKEN: x } }", "`NPM_TOKEN` looks like a secret"),
            ("agent: { extraEnv: [{ name: PASSWORD, value: x }] }", "`valueFrom.secretKeyRef`"),
            ("agent: { env: { HTTPS_PROXY: 'http://a:b@c' } }", "`HTTPS_PROXY` looks like a secret"),
            (
                "runner: { job: { podTemplate: { spec: { containers: [{ env: [{ name: A_TOKEN, value: x }] }] } } } }",
                "`A_TOKEN`",
            ),
            ("a: |\n  -----BEGIN PRIVATE KEY-----", "f.yaml line 3: a private key may not"),
            ("wait: yes please", "f.yaml line 2: `wait`: invalid type"),
            ("x: [", "f.yaml line 3: "),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.contains(expected), "{text:?}\n{error}");
        }
        let error = |text| ConfigFile::parse("f.yaml", text).unwrap_err().message;
        assert!(error("").contains("apiVersion"), "{}", error(""));
        assert!(error("apiVersion: v9\n").contains("runner-setup/v1"), "{}", error("apiVersion: v9\n"));
    }

    #[test]
    fn a_secret_reference_may_stand_in_the_file() {
        let text = "agent: { extraEnv: [{ name: MY_TOKEN, valueFrom: { secretKeyRef: { name: a, key: b } } }] }";
        assert!(parse(text).is_ok());
        assert!(parse("orchestrator: { tokenFile: t }\nagent: { env: { TOKEN_FILE: x } }").is_ok());
    }

    #[test]
    fn only_a_file_that_was_named_has_to_be_there() {
        assert!(LoadedFile::find(&process(&[]), None).unwrap().is_none());
        let failure = LoadedFile::find(&process(&[]), Some("missing.yaml")).unwrap_err();
        assert_eq!(failure.message, "`missing.yaml` cannot be read");
    }
}
