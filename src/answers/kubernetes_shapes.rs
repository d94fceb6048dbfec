//! Checks structures in Kubernetes' own shape before any request: types as the API has them, texts really texts.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1 as core;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// The keys whose values are objects of texts.
const OBJECTS_OF_TEXTS: &[&str] = &["labels", "annotations", "nodeSelector", "matchLabels"];

/// An affinity.
pub(super) fn affinity(value: &Value) -> Result<(), String> {
    typed::<core::Affinity>(value)
}

/// Volumes, each with a name.
pub(super) fn volumes(value: &Value) -> Result<(), String> {
    typed::<Vec<core::Volume>>(value)?;
    each_has(value, &["name"])
}

/// Volume mounts, each with a name and a path.
pub(super) fn volume_mounts(value: &Value) -> Result<(), String> {
    typed::<Vec<core::VolumeMount>>(value)?;
    each_has(value, &["name", "mountPath"])
}

/// Entries of a container's `env`, each with a name.
pub(super) fn env_entries(value: &Value) -> Result<(), String> {
    typed::<Vec<core::EnvVar>>(value)?;
    each_has(value, &["name"])
}

/// Tolerations.
pub(super) fn tolerations(value: &Value) -> Result<(), String> {
    typed::<Vec<core::Toleration>>(value)
}

/// A container's resources; every amount is a quantity.
pub(super) fn resources(value: &Value) -> Result<(), String> {
    typed::<core::ResourceRequirements>(value)?;
    for kind in ["limits", "requests"] {
        for (name, amount) in value.get(kind).and_then(Value::as_object).into_iter().flatten() {
            let amount = amount.as_str().unwrap_or_default();
            if !is_quantity(amount) {
                return Err(format!("`{kind}.{name}`: `{amount}` is not a quantity; write e.g. 250m or 256Mi"));
            }
        }
    }
    Ok(())
}

/// An object of texts.
pub(super) fn texts(value: &Value) -> Result<BTreeMap<String, String>, String> {
    serde_json::from_value(value.clone()).map_err(|error| error.to_string())
}

fn typed<T: DeserializeOwned>(value: &Value) -> Result<(), String> {
    texts_are_texts(value, "")?;
    serde_json::from_value::<T>(value.clone()).map(drop).map_err(|error| error.to_string())
}

/// Finds a number or a word such as `true` where Kubernetes wants a text, by its path.
fn texts_are_texts(value: &Value, path: &str) -> Result<(), String> {
    match value {
        Value::Array(items) => {
            items.iter().enumerate().try_for_each(|(index, item)| texts_are_texts(item, &format!("{path}[{index}]")))
        }
        Value::Object(entries) => entries.iter().try_for_each(|(key, value)| {
            let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
            if OBJECTS_OF_TEXTS.contains(&key.as_str()) {
                let mut entries = value.as_object().into_iter().flatten();
                return entries.try_for_each(|(key, value)| is_text(value, &format!("{path}.{key}")));
            }
            if key == "value" {
                is_text(value, &path)?;
            }
            if matches!(key.as_str(), "defaultMode" | "mode") && value.is_string() {
                return Err(format!("`{path}` is a number; write it in octal as 0o644, or as a decimal"));
            }
            texts_are_texts(value, &path)
        }),
        _ => Ok(()),
    }
}

fn is_text(value: &Value, path: &str) -> Result<(), String> {
    match value {
        Value::Bool(_) | Value::Number(_) => {
            Err(format!("`{path}` has to be a text, and {value} is none; put quotes around it: \"{value}\""))
        }
        _ => Ok(()),
    }
}

fn each_has(value: &Value, keys: &[&str]) -> Result<(), String> {
    for (index, item) in value.as_array().into_iter().flatten().enumerate() {
        let given = |key: &str| item.get(key).and_then(Value::as_str).is_some_and(|text| !text.is_empty());
        if let Some(key) = keys.iter().find(|key| !given(key)) {
            return Err(format!("`[{index}]` has no `{key}`"));
        }
    }
    Ok(())
}

/// A number with one of Kubernetes' suffixes or a decimal exponent.
fn is_quantity(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let end = unsigned.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(unsigned.len());
    let (number, suffix) = unsigned.split_at(end);
    let is_number = number.parse::<f64>().is_ok() && number.matches('.').count() <= 1;
    let exponent = suffix.strip_prefix(['e', 'E']).is_some_and(|digits| digits.parse::<i32>().is_ok());
    let suffixes = ["", "n", "u", "m", "k", "M", "G", "T", "P", "E", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
    is_number && (exponent || suffixes.contains(&suffix))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_number_where_a_text_belongs_is_found_by_its_path() {
        for (template, words) in [
            (json!({"metadata": {"labels": {"a": true}}}), "`metadata.labels.a`"),
            (json!({"spec": {"nodeSelector": {"a": 1.1}}}), "quotes around it: \"1.1\""),
            (
                json!({"spec": {"containers": [{"name": "main", "env": [{"name": "A", "value": 1}]}]}}),
                "`spec.containers[0].env[0].value`",
            ),
            (json!({"spec": {"volumes": [{"name": "a", "secret": {"defaultMode": "0644"}}]}}), "0o644"),
            (json!({"spec": {"containers": 1}}), "invalid type"),
        ] {
            let error = typed::<core::PodTemplateSpec>(&template).unwrap_err();
            assert!(error.contains(words), "{error}");
        }
        let good = json!({"metadata": {"labels": {"a": "true"}}, "spec": {"containers": [{"name": "main"}]}});
        assert_eq!(typed::<core::PodTemplateSpec>(&good), Ok(()));
    }

    #[test]
    fn quantities_are_checked() {
        for good in ["1", "0.5", "250m", "256Mi", "1e3", "2E", "1.50"] {
            assert!(is_quantity(good), "{good}");
        }
        for bad in ["", "1 Gi", "256MB", "lots", "1.2.3", "."] {
            assert!(!is_quantity(bad), "{bad}");
        }
        assert!(resources(&json!({"limits": {"cpu": "many"}})).unwrap_err().contains("`limits.cpu`"));
    }

    #[test]
    fn list_entries_need_their_names() {
        assert!(volumes(&json!([{"emptyDir": {}}])).unwrap_err().contains("no `name`"));
        assert!(volume_mounts(&json!([{"name": "a"}])).unwrap_err().contains("no `mountPath`"));
        assert!(env_entries(&json!([{"name": "A", "value": "b"}])).is_ok());
    }
}
