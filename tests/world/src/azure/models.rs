//! What bodies may hold, by the models of Microsoft's own clients.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::python;

static MODELS: OnceLock<Value> = OnceLock::new();

/// Returns a file of the folder `azure`.
pub(super) fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("azure").join(name)
}

/// Returns the virtual environment of Microsoft's clients for Python, after making it when the cache has none.
pub(super) fn environment() -> &'static PathBuf {
    static ENVIRONMENT: OnceLock<PathBuf> = OnceLock::new();
    ENVIRONMENT
        .get_or_init(|| python::environment(&file("requirements-sdk.txt")).unwrap_or_else(|reason| panic!("{reason}")))
}

/// Returns the models, which the cache keeps beside the clients.
pub(super) fn models() -> &'static Value {
    MODELS.get_or_init(|| {
        let script = std::fs::read(file("models.py")).expect("the script is there");
        let hash: String = Sha256::digest(&script).iter().take(6).map(|byte| format!("{byte:02x}")).collect();
        let kept = environment().join(format!("models-{hash}.json"));
        if let Ok(text) = std::fs::read_to_string(&kept)
            && let Ok(models) = serde_json::from_str(&text)
        {
            return models;
        }
        let output = Command::new(python::program(environment(), "python"))
            .arg("-B")
            .arg(file("models.py"))
            .output()
            .expect("python runs");
        assert!(output.status.success(), "models.py: {}", String::from_utf8_lossy(&output.stderr));
        let _ = std::fs::write(&kept, &output.stdout);
        serde_json::from_slice(&output.stdout).expect("the models are JSON")
    })
}

/// Returns what breaks a model, one line each.
pub(super) fn judge(model: &str, value: &Value) -> Vec<String> {
    let mut wrong = Vec::new();
    check(&models()["roots"][model], value, "", &mut wrong);
    wrong
}

fn check(schema: &Value, value: &Value, at: &str, wrong: &mut Vec<String>) {
    if let Some(name) = schema["$ref"].as_str() {
        let name = name.rsplit('/').next().unwrap_or_default();
        return check(&models()["$defs"][name], value, at, wrong);
    }
    if value.is_null() {
        return;
    }
    let place = if at.is_empty() { "the body" } else { at };
    let kind = schema["type"].as_str().unwrap_or_default();
    let fits = match kind {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        _ => true,
    };
    if !fits {
        wrong.push(format!("{place} is no {kind}: {value}"));
        return;
    }
    if let Some(known) = schema["enum"].as_array()
        && !known.contains(value)
    {
        wrong.push(format!("{place} cannot be {value}"));
    }
    let length = value.as_str().map(|text| text.chars().count() as u64);
    if length.is_some_and(|length| {
        schema["minLength"].as_u64().is_some_and(|least| length < least)
            || schema["maxLength"].as_u64().is_some_and(|most| length > most)
    }) {
        wrong.push(format!("{place} has a wrong length: {value}"));
    }
    for item in value.as_array().into_iter().flatten() {
        check(&schema["items"], item, &format!("{at}[]"), wrong);
    }
    let Some(fields) = value.as_object() else {
        return;
    };
    for (name, field) in fields {
        let below = if at.is_empty() { name.clone() } else { format!("{at}.{name}") };
        if let Some(property) = schema["properties"].get(name) {
            check(property, field, &below, wrong);
        } else if schema["additionalProperties"].is_object() {
            check(&schema["additionalProperties"], field, &below, wrong);
        } else if schema["additionalProperties"] == false {
            wrong.push(format!("{below}: no such field"));
        }
    }
    for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if fields.get(name).is_none_or(Value::is_null) {
            wrong.push(format!("{place} lacks {name}"));
        }
    }
}
