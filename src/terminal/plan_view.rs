//! A plan as a person reads it: by place, one object a line, what changes below it.

use serde_json::Value;

use crate::change::{Action, Planned};
use crate::result::masked;

use super::{Style, Talk};

/// The most characters of one value that are shown.
const VALUE_WIDTH: usize = 60;

/// The lines of a plan. Unchanged objects are only counted, unless everything is to be said.
pub fn plan_lines(planned: &[Planned], style: Style, talk: Talk) -> Vec<String> {
    let mut lines = Vec::new();
    let mut place = String::new();
    for line in planned.iter().filter(|line| line.action != Action::Unchanged || line.unseen || talk == Talk::Verbose) {
        let (here, object) = split(&line.object);
        if here != place {
            lines.push(style.heading(&here));
            place = here;
        }
        let action = format!("{:<9}", line.action.word());
        let action = match line.action {
            Action::Create => style.good(&action),
            Action::Update | Action::Adopt => style.warning(&action),
            Action::Delete => style.error(&action),
            Action::Unchanged => style.faint(&action),
        };
        lines.push(format!("  {action} {object}"));
        if line.action != Action::Create && line.action != Action::Unchanged
            || line.why != "missing" && line.why != "as it should be"
        {
            lines.push(format!("            {}", style.faint(&line.why)));
        }
        for field in &line.fields {
            lines.push(format!("            {}: {} -> {}", field.path, shown(&field.from), shown(&field.to)));
        }
    }
    let unchanged = planned.iter().filter(|line| line.action == Action::Unchanged && !line.unseen).count();
    if unchanged > 0 && talk != Talk::Verbose {
        lines.push(style.faint(&format!("{unchanged} object{} unchanged", if unchanged == 1 { "" } else { "s" })));
    }
    lines
}

/// The place of an object and its name there, so that lines stay short.
fn split(object: &str) -> (String, String) {
    let Some((part, rest)) = object.split_once(':') else { return (String::new(), object.to_owned()) };
    let pieces: Vec<&str> = rest.splitn(3, '/').collect();
    match (part, pieces.as_slice()) {
        ("kubernetes", [kind, namespace, name]) => (format!("namespace {namespace}"), format!("{kind} {name}")),
        ("kubernetes", [kind, name]) => ("cluster".to_owned(), format!("{kind} {name}")),
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
