//! Reads a pod template from a file in JSON or YAML; errors name the file and the line.

use serde_json::Value;

use crate::process::Process;

/// Reads the file `name`.
pub(super) fn read(process: &Process, name: &str) -> Result<Value, String> {
    let text =
        std::fs::read_to_string(process.path(name)).map_err(|error| format!("`{name}` cannot be read: {error}"))?;
    let value = parse(&text).map_err(|problem| format!("`{name}` {problem}"))?;
    match value {
        Value::Object(_) => Ok(value),
        Value::Null => Err(format!("`{name}` is empty")),
        _ => Err(format!("`{name}` is not an object; a pod template has `metadata` and `spec`")),
    }
}

fn parse(text: &str) -> Result<Value, String> {
    // JSON is tried first: indented by tabs it is good JSON and bad YAML.
    let json = match serde_json::from_str(text) {
        Ok(value) => return Ok(value),
        Err(error) => error,
    };
    let yaml = serde_yaml::from_str::<serde_yaml::Value>(text).and_then(|_| serde_yaml::from_str(text));
    yaml.map_err(|yaml| {
        if text.trim_start().starts_with('{') {
            return format!("line {} is not JSON: {json}", json.line());
        }
        let line = yaml.location().map(|at| format!("line {} ", at.line())).unwrap_or_default();
        format!("{line}is not YAML: {yaml}")
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::process;
    use super::*;

    fn read_text(text: &str) -> Result<Value, String> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        read(&process(&[]), file.path().to_str().unwrap())
    }

    #[test]
    fn json_and_yaml_say_the_same() {
        let expected = serde_json::json!({"metadata": {"labels": {"a": "b"}}});
        for text in [
            "metadata:\n  labels: { a: b }\n",
            "{\n\t\"metadata\": {\"labels\": {\"a\": \"b\"}}}",
            "{metadata: {labels: {a: b}}}",
        ] {
            assert_eq!(read_text(text).unwrap(), expected);
        }
    }

    #[test]
    fn a_broken_file_is_named_with_its_line() {
        for (text, words) in [
            ("a: b\n c: d: e", "line 2 is not YAML"),
            ("{\n\"a\": 1,\n\"b\" 2}", "line 3 is not JSON"),
            ("a: 1\na: 2", "duplicate"),
            ("- a", "is not an object"),
            ("", "is empty"),
        ] {
            let error = read_text(text).unwrap_err();
            assert!(error.contains(words), "{text:?}: {error}");
        }
        assert!(read(&process(&[]), "missing").unwrap_err().contains("`missing` cannot be read"));
    }
}
