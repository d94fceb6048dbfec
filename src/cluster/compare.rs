//! Compares an object as it is with an object as it should be, field by field; pure.
//!
//! Only fields that this tool wants count: defaults of the server and fields of others are left alone. A field that
//! this tool once applied and no longer wants counts as a difference, because a server-side apply would remove it.

use serde_json::{Map, Value};

use crate::change::FieldChange;

use super::owner;

/// Lists whose items are told apart by a key, as the API server's schema says (`x-kubernetes-list-map-keys`).
const KEYED_LISTS: [(&str, &str); 7] = [
    ("containers", "name"),
    ("initContainers", "name"),
    ("env", "name"),
    ("volumes", "name"),
    ("imagePullSecrets", "name"),
    ("volumeMounts", "mountPath"),
    ("ports", "containerPort"),
];

/// What would change if `wanted` were applied over `live`; empty when nothing would.
pub fn differences(live: &Value, wanted: &Value) -> Vec<FieldChange> {
    let mut changes = Vec::new();
    compare(&mut Path::default(), live, wanted, &mut changes);
    if let Some(ours) = owner::our_fields(live) {
        unwanted(&mut Path::default(), ours, live, wanted, &mut changes);
    }
    changes
}

/// Two answers of the server for the same object, before and after: everything that differs, bookkeeping left out.
pub fn effect(before: &Value, after: &Value) -> Vec<FieldChange> {
    let strip = |object: &Value| {
        let mut object = object.clone();
        if let Some(Value::Object(metadata)) = object.get_mut("metadata") {
            for key in ["managedFields", "resourceVersion", "generation", "uid", "creationTimestamp"] {
                metadata.remove(key);
            }
        }
        if let Value::Object(object) = &mut object {
            object.remove("status");
        }
        object
    };
    let (before, after) = (strip(before), strip(after));
    let mut changes = Vec::new();
    compare(&mut Path::default(), &before, &after, &mut changes);
    let mut gone = Vec::new();
    compare(&mut Path::default(), &after, &before, &mut gone);
    for FieldChange { path, from, to } in gone {
        // What is in `before` and differs in `after`: new here only if it vanished altogether.
        if !changes.iter().any(|change: &FieldChange| change.path == path) && from.is_null() {
            changes.push(FieldChange { path, from: to, to: Value::Null });
        }
    }
    changes
}

/// A path like `spec.template.spec.containers[main].image`.
#[derive(Default)]
struct Path(Vec<String>);

impl Path {
    fn text(&self) -> String {
        let mut text = String::new();
        for step in &self.0 {
            if !text.is_empty() && !step.starts_with('[') {
                text.push('.');
            }
            text.push_str(step);
        }
        text
    }

    fn list_key(&self) -> Option<&'static str> {
        let last = self.0.last()?;
        KEYED_LISTS.iter().find(|(list, _)| list == last).map(|(_, key)| *key)
    }

    fn below<R>(&mut self, step: String, visit: impl FnOnce(&mut Self) -> R) -> R {
        self.0.push(step);
        let result = visit(self);
        self.0.pop();
        result
    }
}

fn compare(path: &mut Path, live: &Value, wanted: &Value, changes: &mut Vec<FieldChange>) {
    match (live, wanted) {
        (Value::Object(live), Value::Object(wanted)) => {
            for (key, value) in wanted {
                let there = live.get(key).unwrap_or(&Value::Null);
                path.below(key.clone(), |path| compare(path, there, value, changes));
            }
        }
        (Value::Array(live_items), Value::Array(items)) => match path.list_key() {
            Some(key) => {
                for item in items {
                    let id = item.get(key).unwrap_or(&Value::Null);
                    let there = live_items.iter().find(|other| other.get(key) == Some(id)).unwrap_or(&Value::Null);
                    path.below(format!("[{}]", plain(id)), |path| compare(path, there, item, changes));
                }
            }
            None => compare_atomic_list(path, live_items, items, changes),
        },
        (live, wanted) if live == wanted || (live.is_null() && is_empty(wanted)) => {}
        (Value::Null, Value::Object(_)) if !is_leaf_object(path) => {
            // An absent map or keyed item: name its leaves, which is what a person wants to read.
            compare(path, &Value::Object(Map::new()), wanted, changes);
        }
        (live, wanted) => {
            changes.push(FieldChange { path: path.text(), from: live.clone(), to: wanted.clone() });
        }
    }
}

/// Objects that make sense as a whole only.
fn is_leaf_object(path: &Path) -> bool {
    matches!(path.0.last().map(String::as_str), Some("roleRef" | "valueFrom" | "secretKeyRef" | "affinity"))
}

fn compare_atomic_list(path: &Path, live: &[Value], wanted: &[Value], changes: &mut Vec<FieldChange>) {
    let covers = |all: &[Value], some: &[Value]| {
        some.len() == all.len()
            && some.iter().zip(all).all(|(wanted, live)| {
                let mut inner = Vec::new();
                compare(&mut Path::default(), live, wanted, &mut inner);
                inner.is_empty()
            })
    };
    let same = match path.0.last().map(String::as_str) {
        // What a Role grants counts, not how it is written down.
        Some("rules") => {
            let (live, wanted) = (grants(live), grants(wanted));
            live == wanted
        }
        _ => covers(live, wanted),
    };
    if !same {
        changes.push(FieldChange {
            path: path.text(),
            from: if live.is_empty() { Value::Null } else { Value::Array(live.to_vec()) },
            to: Value::Array(wanted.to_vec()),
        });
    }
}

/// What a Role's rules grant, as single rights in order: `group/resource[name]:verb`.
pub fn grants(rules: &[Value]) -> Vec<String> {
    let words = |rule: &Value, key: &str| -> Vec<String> {
        let list = rule.get(key).and_then(Value::as_array);
        list.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let mut all = Vec::new();
    for rule in rules {
        let names = match words(rule, "resourceNames") {
            names if names.is_empty() => vec!["*".to_owned()],
            names => names,
        };
        for group in words(rule, "apiGroups") {
            for resource in words(rule, "resources") {
                for name in &names {
                    for verb in words(rule, "verbs") {
                        all.push(format!("{group}/{resource}[{name}]:{verb}"));
                    }
                }
            }
        }
    }
    all.sort();
    all.dedup();
    all
}

/// Walks what we applied before and reports what is still there but no longer wanted.
fn unwanted(path: &mut Path, ours: &Value, live: &Value, wanted: &Value, changes: &mut Vec<FieldChange>) {
    let Some(fields) = ours.as_object() else { return };
    for (step, below) in fields {
        if let Some(key) = step.strip_prefix("f:") {
            let Some(there) = live.get(key) else { continue };
            match wanted.get(key) {
                Some(value) => path.below(key.to_owned(), |path| unwanted(path, below, there, value, changes)),
                None if is_empty(there) => {}
                None => path.below(key.to_owned(), |path| changes.push(removed(path, there))),
            }
        } else if let Some(item) = step.strip_prefix("k:") {
            let Ok(Value::Object(keys)) = serde_json::from_str::<Value>(item) else { continue };
            let matches = |value: &&Value| keys.iter().all(|(key, id)| value.get(key) == Some(id));
            let find = |list: &Value| list.as_array().and_then(|list| list.iter().find(matches).cloned());
            let Some(there) = find(live) else { continue };
            let id = keys.values().map(plain).collect::<Vec<_>>().join(",");
            match find(wanted) {
                Some(value) => path.below(format!("[{id}]"), |path| unwanted(path, below, &there, &value, changes)),
                None => path.below(format!("[{id}]"), |path| changes.push(removed(path, &there))),
            }
        }
    }
}

fn removed(path: &Path, there: &Value) -> FieldChange {
    FieldChange { path: path.text(), from: there.clone(), to: Value::Null }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Object(map) => map.is_empty(),
        Value::Array(list) => list.is_empty(),
        _ => false,
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn paths(live: Value, wanted: Value) -> Vec<String> {
        differences(&live, &wanted).into_iter().map(|change| change.path).collect()
    }

    #[test]
    fn what_the_server_or_others_added_is_left_alone() {
        let live = json!({
            "metadata": {"name": "a", "uid": "1", "labels": {"a": "b", "sidecar": "yes"}},
            "spec": {"containers": [{"name": "istio"}, {"name": "main", "image": "x", "terminationMessagePath": "/dev"}]},
        });
        let wanted = json!({
            "metadata": {"name": "a", "labels": {"a": "b"}},
            "spec": {"containers": [{"name": "main", "image": "x"}]},
        });
        assert_eq!(paths(live, wanted), Vec::<String>::new());
    }

    #[test]
    fn a_difference_is_named_by_its_path() {
        let live =
            json!({"spec": {"containers": [{"name": "main", "image": "x", "env": [{"name": "A", "value": "1"}]}]}});
        let wanted = json!({"spec": {"containers": [
            {"name": "main", "image": "y", "env": [{"name": "A", "value": "2"}, {"name": "B", "value": "3"}]}
        ]}});
        assert_eq!(
            paths(live, wanted),
            [
                "spec.containers[main].image",
                "spec.containers[main].env[A].value",
                "spec.containers[main].env[B].name",
                "spec.containers[main].env[B].value"
            ]
        );
    }

    #[test]
    fn what_we_applied_and_no_longer_want_goes() {
        let live = json!({
            "metadata": {
                "managedFields": [{"manager": "runner-setup", "operation": "Apply", "fieldsV1": {
                    "f:metadata": {"f:annotations": {"f:ours": {}}},
                    "f:spec": {"f:env": {"k:{\"name\":\"A\"}": {".": {}, "f:name": {}, "f:value": {}}}}
                }}],
                "annotations": {"ours": "1", "theirs": "2"},
            },
            "spec": {"env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]},
        });
        let changes = differences(&live, &json!({"metadata": {"annotations": {}}, "spec": {"env": []}}));
        let paths: Vec<_> = changes.iter().map(|change| change.path.as_str()).collect();
        assert_eq!(paths, ["metadata.annotations.ours", "spec.env[A]"]);
        assert!(changes.iter().all(|change| change.to.is_null()));
    }

    #[test]
    fn a_role_is_what_it_grants() {
        let live = json!({"rules": [{"apiGroups": [""], "resources": ["pods", "events"], "verbs": ["list"]}]});
        let wanted = json!({"rules": [
            {"apiGroups": [""], "resources": ["events"], "verbs": ["list"]},
            {"apiGroups": [""], "resources": ["pods"], "verbs": ["list"]},
        ]});
        assert!(paths(live, wanted).is_empty());
    }

    #[test]
    fn an_effect_names_what_came_and_what_went() {
        let before = json!({"spec": {"replicas": 1, "paused": true}, "metadata": {"resourceVersion": "1"}});
        let after = json!({"spec": {"replicas": 2}, "metadata": {"resourceVersion": "2"}});
        let paths: Vec<_> = effect(&before, &after).into_iter().map(|change| change.path).collect();
        assert_eq!(paths, ["spec.replicas", "spec.paused"]);
    }
}
