//! The jobs' pod template: the Orchestrator's rules for it, checked before it is sent, and how additions are merged in.

use k8s_openapi::api::core::v1::PodTemplateSpec;
use serde::Deserialize;
use serde_json::{Map, Value, json};

mod known_fields;

use known_fields::{Step, known_fields};

/// The container that runs deployments.
pub const RUNNER_CONTAINER: &str = "main";
/// What that container was called by older Orchestrators, which still take it.
pub const OLD_RUNNER_CONTAINER: &str = "platform-orchestrator-runner";
const RESERVED_VARIABLES: [&str; 6] =
    ["ORG_ID", "DEPLOYMENT_ID", "MODE", "TOKEN", "ENCRYPTING_KEY", "PLATFORM_ORCHESTRATOR_BASE_URL"];
const SECRET_VARIABLE: &str = "RUNNER_GIT_SSH_KEYS";

/// One thing in a pod template that the Orchestrator would refuse.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{path}` {problem}")]
pub struct PodTemplateProblem {
    /// Where it stands, e.g. `spec.containers[main].env[TOKEN]`.
    pub path: String,
    /// What is wrong with it, as the rest of a sentence; with the nearest known field where there is one.
    pub problem: String,
}

/// Checks everything that the Orchestrator checks.
///
/// # Errors
/// Every problem, not only the first one.
pub fn check(template: &Value) -> Result<(), Vec<PodTemplateProblem>> {
    let mut problems = Vec::new();
    if template.is_object() {
        check_fields(template, "", &mut Vec::new(), &mut problems);
        check_types(&without_unknown(template, &mut Vec::new()), "", &fits, &mut problems);
        check_rules(template, &mut problems);
    } else {
        problems.push(problem("pod template", format!("is {}, not an object", kind(template))));
    }
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}

/// What is allowed but probably not meant, as sentences without a full stop.
pub fn warnings(template: &Value) -> Vec<String> {
    let names: Vec<_> = list(template, "/spec/containers").filter_map(|container| container["name"].as_str()).collect();
    names
        .iter()
        .filter(|name| match **name {
            RUNNER_CONTAINER => false,
            OLD_RUNNER_CONTAINER => names.contains(&RUNNER_CONTAINER),
            _ => true,
        })
        .map(|name| {
            format!(
                "container `{name}` runs beside the runner, whose own container is `{RUNNER_CONTAINER}`; \
                 a Job only ends when all of its containers have ended"
            )
        })
        .collect()
}

/// Merges an addition into a template the way Kubernetes does (strategic merge).
///
/// Containers, volumes, variables and pull secrets are matched by name, mounts by path; other lists and scalars are
/// replaced, maps are merged, and `null` takes a field away.
pub fn merge(base: &Value, addition: &Value) -> Value {
    match (base, addition) {
        (Value::Object(base), Value::Object(addition)) => {
            let mut merged = base.clone();
            for (field, added) in addition {
                if added.is_null() {
                    merged.shift_remove(field);
                    continue;
                }
                let value = match (base.get(field), merge_key(field)) {
                    (Some(Value::Array(old)), Some(key)) if added.is_array() => merge_list(field, key, old, added),
                    (Some(old), _) => merge(old, added),
                    (None, _) => merge(&Value::Object(Map::new()), added),
                };
                merged.insert(field.clone(), value);
            }
            Value::Object(merged)
        }
        (_, Value::Object(_)) => merge(&Value::Object(Map::new()), addition),
        _ => addition.clone(),
    }
}

/// By which field the entries of a list are told apart, for the lists that Kubernetes merges.
pub(crate) fn merge_key(field: &str) -> Option<&'static str> {
    Some(match field {
        "containers" | "initContainers" | "ephemeralContainers" | "volumes" | "env" | "imagePullSecrets" => "name",
        "volumeMounts" => "mountPath",
        "volumeDevices" => "devicePath",
        "ports" => "containerPort",
        "hostAliases" => "ip",
        "topologySpreadConstraints" => "topologyKey",
        _ => return None,
    })
}

fn merge_list(field: &str, key: &str, old: &[Value], added: &Value) -> Value {
    let mut merged = old.to_vec();
    for entry in added.as_array().into_iter().flatten() {
        let same = merged.iter_mut().find(|known| !entry[key].is_null() && known[key] == entry[key]);
        match same {
            // A volume has one source and a variable one value: a new one takes the old one's place.
            Some(known)
                if field == "volumes" || (field == "env" && (has(entry, "value") || has(entry, "valueFrom"))) =>
            {
                known.clone_from(entry);
            }
            Some(known) => *known = merge(known, entry),
            None => merged.push(entry.clone()),
        }
    }
    Value::Array(merged)
}

fn has(entry: &Value, field: &str) -> bool {
    entry.get(field).is_some_and(|value| !value.is_null())
}

fn list<'a>(value: &'a Value, pointer: &str) -> impl Iterator<Item = &'a Value> {
    value.pointer(pointer).and_then(Value::as_array).into_iter().flatten()
}

fn problem(path: impl Into<String>, problem: impl Into<String>) -> PodTemplateProblem {
    PodTemplateProblem { path: path.into(), problem: problem.into() }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// The rules that are the Orchestrator's own.
fn check_rules(template: &Value, problems: &mut Vec<PodTemplateProblem>) {
    if template.pointer("/metadata/namespace").is_some() {
        problems.push(problem("metadata.namespace", "may not be set; jobs run in the runner's job namespace"));
    }
    for field in ["serviceAccountName", "serviceAccount"] {
        if template["spec"].get(field).is_some() {
            problems.push(problem(format!("spec.{field}"), "may not be set; it is the runner's job service account"));
        }
    }
    for field in ["containers", "initContainers"] {
        let mut names = Vec::new();
        for (index, container) in list(template, &format!("/spec/{field}")).enumerate() {
            match container["name"].as_str() {
                None | Some("") => problems.push(problem(format!("spec.{field}[{index}]"), "has no name")),
                Some(name) if names.contains(&name) => {
                    problems.push(problem(format!("spec.{field}[{name}]"), "is there twice"));
                }
                Some(name) => {
                    names.push(name);
                    if field == "containers" && [RUNNER_CONTAINER, OLD_RUNNER_CONTAINER].contains(&name) {
                        check_variables(name, container, problems);
                    }
                }
            }
        }
    }
}

fn check_variables(container: &str, value: &Value, problems: &mut Vec<PodTemplateProblem>) {
    for variable in list(value, "/env") {
        let name = variable["name"].as_str().unwrap_or_default();
        let path = format!("spec.containers[{container}].env[{name}]");
        if RESERVED_VARIABLES.contains(&name) {
            problems.push(problem(path, "is reserved; the Orchestrator sets it itself"));
        } else if name == SECRET_VARIABLE && (has(variable, "value") || !has(variable, "valueFrom")) {
            problems.push(problem(path, "must come from a Secret, by `valueFrom`"));
        }
    }
}

/// Names every field that Kubernetes does not know.
fn check_fields(value: &Value, path: &str, steps: &mut Vec<Step>, problems: &mut Vec<PodTemplateProblem>) {
    match value {
        Value::Object(fields) => {
            let known = known_fields(steps);
            for (field, inner) in fields {
                let here = join(path, field);
                match known {
                    Some(known) if !known.contains(&field.as_str()) => {
                        problems.push(problem(here, unknown_field(field, known, steps.is_empty())));
                    }
                    _ => {
                        steps.push(Step::Field(field.clone()));
                        check_fields(inner, &here, steps, problems);
                        steps.pop();
                    }
                }
            }
        }
        Value::Array(entries) => {
            steps.push(Step::Entry);
            for (index, entry) in entries.iter().enumerate() {
                check_fields(entry, &entry_path(path, index, entry), steps, problems);
            }
            steps.pop();
        }
        _ => {}
    }
}

fn unknown_field(field: &str, known: &[&str], at_top: bool) -> String {
    if at_top && ["apiVersion", "kind"].contains(&field) {
        return "does not belong in a pod template; give only `metadata` and `spec`".to_owned();
    }
    let nearest = known.iter().map(|name| (distance(field, name), name)).min();
    match nearest {
        Some((distance, name)) if distance <= 2.max(field.len() / 3) => {
            format!("is not a field that Kubernetes knows; did you mean `{name}`?")
        }
        _ => "is not a field that Kubernetes knows".to_owned(),
    }
}

/// How many letters have to be typed, removed or changed to get from one word to the other, whatever their case.
fn distance(from: &str, to: &str) -> usize {
    let (from, to) = (from.to_lowercase(), to.to_lowercase());
    let mut row: Vec<usize> = (0..=to.chars().count()).collect();
    for (line, letter) in from.chars().enumerate() {
        let mut corner = row[0];
        row[0] = line + 1;
        for (column, other) in to.chars().enumerate() {
            let changed = corner + usize::from(letter != other);
            corner = row[column + 1];
            row[column + 1] = changed.min(corner + 1).min(row[column] + 1);
        }
    }
    row.last().copied().unwrap_or_default()
}

fn join(path: &str, field: &str) -> String {
    match (path.is_empty(), field.contains(['.', '/'])) {
        (_, true) => format!("{path}[{field}]"),
        (true, false) => field.to_owned(),
        (false, false) => format!("{path}.{field}"),
    }
}

fn entry_path(path: &str, index: usize, entry: &Value) -> String {
    match entry["name"].as_str().filter(|name| !name.is_empty()) {
        Some(name) => format!("{path}[{name}]"),
        None => format!("{path}[{index}]"),
    }
}

/// The template with what is unknown left out and numbers as quantities written as text, as the API server reads them.
fn without_unknown(value: &Value, steps: &mut Vec<Step>) -> Value {
    match value {
        Value::Object(fields) => {
            let known = known_fields(steps);
            let mut kept = Map::new();
            for (field, inner) in fields {
                if known.is_none_or(|known| known.contains(&field.as_str())) {
                    steps.push(Step::Field(field.clone()));
                    kept.insert(field.clone(), without_unknown(inner, steps));
                    steps.pop();
                }
            }
            Value::Object(kept)
        }
        Value::Array(entries) => {
            steps.push(Step::Entry);
            let kept = entries.iter().map(|entry| without_unknown(entry, steps)).collect();
            steps.pop();
            Value::Array(kept)
        }
        Value::Number(number) if is_quantity(steps) => Value::String(number.to_string()),
        _ => value.clone(),
    }
}

fn is_quantity(steps: &[Step]) -> bool {
    let name = |step: Option<&Step>| match step {
        Some(Step::Field(name)) => name.clone(),
        _ => String::new(),
    };
    let mut from_the_end = steps.iter().rev();
    let (last, above) = (name(from_the_end.next()), name(from_the_end.next()));
    ["sizeLimit", "divisor"].contains(&last.as_str()) || ["limits", "requests", "overhead"].contains(&above.as_str())
}

fn fits(template: Value) -> Result<(), String> {
    PodTemplateSpec::deserialize(template).map(|_| ()).map_err(|error| error.to_string())
}

/// Narrows a value of the wrong type down to the smallest part that does not fit on its own.
fn check_types(
    value: &Value,
    path: &str,
    fits: &dyn Fn(Value) -> Result<(), String>,
    problems: &mut Vec<PodTemplateProblem>,
) {
    let Err(reason) = fits(value.clone()) else { return };
    let before = problems.len();
    match value {
        Value::Object(fields) => {
            for (field, inner) in fields {
                let alone = |inner: Value| fits(json!({ field: inner }));
                check_types(inner, &join(path, field), &alone, problems);
            }
        }
        Value::Array(entries) => {
            for (index, entry) in entries.iter().enumerate() {
                check_types(entry, &entry_path(path, index, entry), &|entry| fits(json!([entry])), problems);
            }
        }
        _ => {}
    }
    if problems.len() == before {
        let remedy = if reason.contains("expected a string") { "; put quotes around it" } else { "" };
        problems.push(problem(path, format!("has the wrong type: {reason}{remedy}")));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(template: Value) -> Vec<String> {
        check(&template).err().unwrap_or_default().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_full_template_is_fine() {
        let template = json!({
            "metadata": { "labels": { "app.kubernetes.io/name": "humanitec-runner" }, "creationTimestamp": null },
            "spec": {
                "containers": [{
                    "name": "main",
                    "image": "registry.example/runner:v1",
                    "env": [
                        { "name": "A", "value": "1" },
                        { "name": "RUNNER_GIT_SSH_KEYS", "valueFrom": { "secretKeyRef": { "name": "s", "key": "k" } } },
                    ],
                    "resources": { "limits": { "cpu": 1, "memory": "1Gi" } },
                    "ports": [{ "containerPort": 1 }],
                    "livenessProbe": { "httpGet": { "port": "http", "path": "/" } },
                }],
                "volumes": [{ "name": "v", "emptyDir": { "sizeLimit": 5 } }],
                "nodeSelector": { "anything": "goes" },
                "tolerations": [{ "key": "a", "operator": "Exists" }],
                "affinity": { "nodeAffinity": { "requiredDuringSchedulingIgnoredDuringExecution": {
                    "nodeSelectorTerms": [{ "matchExpressions": [{ "key": "a", "operator": "In", "values": ["b"] }] }]
                } } },
            },
        });
        assert_eq!(problems(template), Vec::<String>::new());
    }

    #[test]
    fn every_unknown_field_is_named_with_its_nearest_neighbour() {
        let template = json!({
            "apiVersion": "v1",
            "metadata": { "lables": {} },
            "spec": {
                "containers": [{ "name": "main", "imagePullpolicy": "Always", "env": [{ "name": "A", "valeu": null }] }],
                "xyzzyplugh": 1,
            },
        });
        assert_eq!(
            problems(template),
            [
                "`apiVersion` does not belong in a pod template; give only `metadata` and `spec`",
                "`metadata.lables` is not a field that Kubernetes knows; did you mean `labels`?",
                "`spec.containers[main].imagePullpolicy` is not a field that Kubernetes knows; did you mean `imagePullPolicy`?",
                "`spec.containers[main].env[A].valeu` is not a field that Kubernetes knows; did you mean `value`?",
                "`spec.xyzzyplugh` is not a field that Kubernetes knows",
            ]
        );
    }

    #[test]
    fn a_wrong_type_is_found_where_it_stands() {
        let template = json!({
            "metadata": { "labels": { "a.b/c": 5 } },
            "spec": { "containers": [{ "name": "main", "env": [{ "name": "DEBUG", "value": true }] }], "volumes": {} },
        });
        let found = problems(template);
        assert_eq!(found.len(), 3, "{found:?}");
        assert!(found[0].starts_with("`metadata.labels[a.b/c]` has the wrong type: "), "{found:?}");
        assert!(found[1].starts_with("`spec.containers[main].env[DEBUG].value` has the wrong type: "), "{found:?}");
        assert!(found[2].starts_with("`spec.volumes` has the wrong type: "), "{found:?}");
        assert_eq!(problems(json!([])), ["`pod template` is a list, not an object"]);
    }

    #[test]
    fn the_orchestrator_s_own_rules_are_checked() {
        let template = json!({
            "metadata": { "namespace": "x" },
            "spec": {
                "serviceAccountName": "a",
                "serviceAccount": "a",
                "initContainers": [{ "image": "b" }],
                "containers": [
                    { "name": "main", "env": [{ "name": "TOKEN", "value": "t" }, { "name": "RUNNER_GIT_SSH_KEYS", "value": "k" }] },
                    { "name": "other", "env": [{ "name": "TOKEN", "value": "mine" }] },
                    { "name": "other" },
                ],
            },
        });
        assert_eq!(
            problems(template),
            [
                "`metadata.namespace` may not be set; jobs run in the runner's job namespace",
                "`spec.serviceAccountName` may not be set; it is the runner's job service account",
                "`spec.serviceAccount` may not be set; it is the runner's job service account",
                "`spec.containers[main].env[TOKEN]` is reserved; the Orchestrator sets it itself",
                "`spec.containers[main].env[RUNNER_GIT_SSH_KEYS]` must come from a Secret, by `valueFrom`",
                "`spec.containers[other]` is there twice",
                "`spec.initContainers[0]` has no name",
            ]
        );
    }

    #[test]
    fn a_container_of_another_name_is_pointed_out() {
        let with = |names: &[&str]| {
            let containers: Vec<_> = names.iter().map(|name| json!({ "name": name })).collect();
            warnings(&json!({ "spec": { "containers": containers } })).len()
        };
        assert_eq!(with(&["main"]), 0);
        assert_eq!(with(&["platform-orchestrator-runner"]), 0);
        assert_eq!(with(&["runner"]), 1);
        assert_eq!(with(&["main", "platform-orchestrator-runner", "x"]), 2);
    }

    #[test]
    fn a_merge_adds_to_what_is_there() {
        let base = json!({
            "metadata": { "labels": { "a": "1" } },
            "spec": {
                "containers": [
                    { "name": "side" },
                    { "name": "main", "image": "old", "env": [{ "name": "A", "value": "1" }, { "name": "B", "value": "1" }] },
                ],
                "tolerations": [{ "key": "old" }],
                "volumes": [{ "name": "v", "emptyDir": {} }],
                "hostNetwork": true,
            },
        });
        let addition = json!({
            "metadata": { "labels": { "b": "2" } },
            "spec": {
                "containers": [{
                    "name": "main",
                    "image": "new",
                    "env": [{ "name": "A", "valueFrom": { "fieldRef": { "fieldPath": "f" } } }, { "name": "C", "value": "3" }],
                    "volumeMounts": [{ "name": "v", "mountPath": "/v" }],
                }],
                "tolerations": [{ "key": "new" }],
                "volumes": [{ "name": "v", "configMap": { "name": "c" } }],
                "imagePullSecrets": [{ "name": "p" }],
                "hostNetwork": null,
            },
        });
        let merged = merge(&base, &addition);
        assert_eq!(
            merged,
            json!({
                "metadata": { "labels": { "a": "1", "b": "2" } },
                "spec": {
                    "containers": [
                        { "name": "side" },
                        {
                            "name": "main",
                            "image": "new",
                            "env": [
                                { "name": "A", "valueFrom": { "fieldRef": { "fieldPath": "f" } } },
                                { "name": "B", "value": "1" },
                                { "name": "C", "value": "3" },
                            ],
                            "volumeMounts": [{ "name": "v", "mountPath": "/v" }],
                        },
                    ],
                    "tolerations": [{ "key": "new" }],
                    "volumes": [{ "name": "v", "configMap": { "name": "c" } }],
                    "imagePullSecrets": [{ "name": "p" }],
                },
            })
        );
        assert_eq!(merge(&merged, &addition), merged, "merging twice changes nothing");
    }
}
