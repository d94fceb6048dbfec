//! A plan as a person reads it: by place, one object a line, what changes below it.

use serde_json::Value;

use crate::change::{Action, Planned};
use crate::plan::MADE;
use crate::result::masked;

use super::{Style, Talk};

/// The most characters of one value that are shown.
const VALUE_WIDTH: usize = 60;

/// The lines of a plan, by place, and in the order in which they are done within it. Unchanged objects are only
/// counted, unless everything is to be said; what is kept while the rest goes is always said.
pub fn plan_lines(planned: &[Planned], style: Style, talk: Talk) -> Vec<String> {
    let mut places: Vec<(String, Vec<String>)> = Vec::new();
    let goes_without_saying =
        |line: &&Planned| line.action == Action::Unchanged && !line.unseen && line.kept().is_none();
    for line in planned.iter().filter(|line| !goes_without_saying(line) || talk == Talk::Verbose) {
        let (place, object) = split(&line.object);
        let index = places.iter().position(|(there, _)| *there == place).unwrap_or_else(|| {
            places.push((place, Vec::new()));
            places.len() - 1
        });
        places[index].1.extend(object_lines(line, &object, style));
    }
    let mut lines = Vec::new();
    for (place, below) in places {
        lines.push(style.heading(&place));
        lines.extend(below);
    }
    let unchanged = planned.iter().filter(goes_without_saying).count();
    if unchanged > 0 && talk != Talk::Verbose {
        lines.push(style.faint(&format!("{unchanged} object{} unchanged", if unchanged == 1 { "" } else { "s" })));
    }
    lines
}

fn object_lines(line: &Planned, object: &str, style: Style) -> Vec<String> {
    let action = format!("{:<9}", if line.kept().is_some() { "keep" } else { line.action.word() });
    let action = match line.action {
        Action::Create => style.good(&action),
        Action::Update | Action::Adopt => style.warning(&action),
        Action::Delete => style.error(&action),
        Action::Unchanged => style.faint(&action),
    };
    let mut lines = vec![format!("  {action} {object}")];
    // That something missing is made, or that ours is deleted, goes without saying, and the fields below say that
    // something differs.
    let is_plain = matches!(line.why.as_str(), "missing" | "not registered" | "as it should be" | MADE);
    if !is_plain && (line.why != "differs" || line.fields.is_empty()) {
        lines.push(format!("            {}", style.faint(line.kept().unwrap_or(&line.why))));
    }
    for field in &line.fields {
        lines.push(format!("            {}: {} -> {}", field.path, shown(&field.from), shown(&field.to)));
    }
    lines
}

/// The place of an object and its name there, so that lines stay short.
pub(super) fn split(object: &str) -> (String, String) {
    let Some((part, rest)) = object.split_once(':') else { return (String::new(), object.to_owned()) };
    let pieces: Vec<&str> = rest.splitn(3, '/').collect();
    match (part, pieces.as_slice()) {
        ("kubernetes", [kind, namespace, name]) => (format!("namespace {namespace}"), format!("{kind} {name}")),
        ("kubernetes", [kind, name]) => ("cluster".to_owned(), format!("{kind} {name}")),
        ("aws", [kind, rest @ ..]) => ("AWS".to_owned(), format!("{kind} {}", rest.join("/"))),
        ("gcp", [kind, rest @ ..]) => ("Google Cloud".to_owned(), format!("{kind} {}", rest.join("/"))),
        ("orchestrator", [kind, rest @ ..]) => ("Orchestrator".to_owned(), format!("{kind} {}", rest.join("/"))),
        _ => (part.to_owned(), rest.to_owned()),
    }
}

fn shown(value: &Value) -> String {
    let text = match masked(value) {
        Value::Null => return "(nothing)".to_owned(),
        Value::String(text) => text,
        other => other.to_string(),
    };
    let text = text.replace('\n', "\\n");
    match text.char_indices().nth(VALUE_WIDTH) {
        Some((at, _)) => format!("{}...", &text[..at]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_are_grouped_by_their_place() {
        assert_eq!(split("kubernetes:Role/jobs/a"), ("namespace jobs".to_owned(), "Role a".to_owned()));
        assert_eq!(split("kubernetes:Namespace/jobs"), ("cluster".to_owned(), "Namespace jobs".to_owned()));
        assert_eq!(
            split("orchestrator:runner-rule/*/dev"),
            ("Orchestrator".to_owned(), "runner-rule */dev".to_owned())
        );
    }
}
