//! What the wizard says: what it found and from what, what it made, and the line that does the same.

use crate::answers::registry as setting;
use crate::answers::{Answers, Hctl, Said, Setting, Source, scripted_line};
use crate::failure::Failure;
use crate::result::ResultDocument;
use crate::settings::{SAAS_API_URL, Settings};

use super::super::Call;
use super::super::apply::counted;

/// The width that every terminal has.
const WIDTH: usize = 80;

/// Says what is known before the first question, and where it is from.
pub(super) fn found(call: &Call<'_>, answers: &Answers, server: &str, version: Option<&str>) -> Result<(), Failure> {
    let hctl = Hctl::find(call.process)?;
    let mut rows = Vec::new();
    let mut row =
        |label: &str, value: &str, from: &str| rows.push((label.to_owned(), value.to_owned(), from.to_owned()));
    let text = |wanted: &Setting| {
        let told = answers.told(wanted)?;
        match &told.value {
            Said::Text(text) => Some((text.clone(), from(&told.source))),
            _ => None,
        }
    };
    if let Some((context, from)) = text(&setting::CONTEXT) {
        row("context", &context, &from);
    }
    let version = version.map(|version| format!("Kubernetes {version}")).unwrap_or_default();
    if let Some((cluster, from)) = text(&setting::CLUSTER_NAME) {
        row("cluster", &cluster, &from);
    }
    if let Some((region, from)) = text(&setting::REGION) {
        row("region", &region, &from);
    }
    if let Some((location, from)) = text(&setting::LOCATION) {
        row("location", &location, &from);
    }
    if let Some((project, from)) = text(&setting::GCP_PROJECT) {
        row("project", &project, &from);
    }
    row("server", server, &version);
    if let Some((provider, from)) = text(&setting::PROVIDER) {
        row("provider", &provider, &from);
    }
    let (url, url_from) = text(&setting::API_URL).unwrap_or((SAAS_API_URL.to_owned(), "default".to_owned()));
    row("Orchestrator", &url, &url_from);
    match text(&setting::ORG) {
        Some((org, from)) => row("organisation", &org, &from),
        None => row("organisation", "not known yet", ""),
    }
    match answers.told(&setting::TOKEN_FILE) {
        Some(told) => row("token", &from(&told.source), ""),
        None => row("token", "none yet", ""),
    }
    match &hctl {
        Some(hctl) if hctl.token.is_some() => row("hctl", "logged in", &hctl.path),
        Some(hctl) => row("hctl", "not logged in", &hctl.path),
        None => row("hctl", "not logged in", "it has no configuration here"),
    }
    for (label, wanted) in [
        ("runner id", &setting::RUNNER_ID),
        ("namespace", &setting::NAMESPACE),
        ("agent in", &setting::RUNNER_NAMESPACE),
        ("jobs in", &setting::JOB_NAMESPACE),
        ("state in", &setting::STATE_STORAGE),
    ] {
        if let Some((value, from)) = text(wanted) {
            row(label, &value, &from);
        }
    }
    if let Some(config) = answers.config() {
        row("settings", config, "");
    }
    call.terminal.say("\nFound:");
    for (label, value, from) in rows {
        for line in fitted(&label, &value, &from) {
            call.terminal.say(&line);
        }
    }
    Ok(())
}

/// Says what is there now, what to do next, and how to do the same without questions.
pub(super) fn done(call: &Call<'_>, settings: &Settings, document: &ResultDocument, answers: &Answers) {
    let changed =
        document.changes.iter().filter(|change| change.action != "unchanged" && change.status == "done").count();
    let how = if changed == 0 {
        "everything was as it should be".to_owned()
    } else {
        format!("{} changed", counted(changed, "object"))
    };
    call.terminal.say(&format!("\nDone: {how}."));
    let key_id = document.runner.as_ref().and_then(|runner| runner.key_id.clone());
    let rules = settings.rules.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
    for (label, value) in [
        ("runner", settings.runner_id.as_str()),
        ("key id", key_id.as_deref().unwrap_or_default()),
        ("agent in", settings.runner_namespace.as_str()),
        ("jobs in", settings.job_namespace.as_str()),
        ("rule", &rules),
    ] {
        if !value.is_empty() {
            call.terminal.say(&format!("  {label:<9} {value}"));
        }
    }
    for command in &document.next {
        call.terminal.say(&format!("\nNext, so that environments get it:\n  {}", call.terminal.style.hint(command)));
    }
    line(call, answers, "The same without questions:");
}

/// Says how to go on without answering everything again.
pub(super) fn to_go_on(call: &Call<'_>, answers: &Answers) {
    line(call, answers, "All your answers in one line, for another try:");
}

fn line(call: &Call<'_>, answers: &Answers, heading: &str) {
    call.terminal.say(&format!("\n{heading}"));
    call.terminal.say(&format!("  {}", call.terminal.style.hint(&scripted_line(answers, "apply"))));
    let told = answers.told(&setting::TOKEN_FILE);
    if told.is_some_and(|told| matches!(told.value, Said::Secret(_))) {
        call.terminal.say("It takes the token from HUMANITEC_AUTH_TOKEN, else from `hctl login`.");
    }
}

/// Where something is from, in words for a list.
fn from(source: &Source) -> String {
    match source {
        Source::Flag => "flag".to_owned(),
        Source::Environment(name) => name.clone(),
        Source::File(name) if name == "-" => "standard input".to_owned(),
        Source::File(name) => name.clone(),
        Source::Hctl(_) => "hctl".to_owned(),
        Source::Detected(from) => from.clone(),
        Source::Asked => "your answer".to_owned(),
        Source::Default => "default".to_owned(),
    }
}

/// One row; what does not fit on its line goes on the next one.
fn fitted(label: &str, value: &str, from: &str) -> Vec<String> {
    let first = format!("  {label:<13} {value}");
    match from {
        "" => vec![first],
        from if first.chars().count() + from.chars().count() + 3 <= WIDTH => vec![format!("{first} ({from})")],
        from => vec![first, format!("{:16}({from})", "")],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_row_takes_two_lines() {
        assert_eq!(fitted("server", "https://a", "b"), ["  server        https://a (b)"]);
        let server = "x".repeat(60);
        let lines = fitted("server", &server, "the kubeconfig");
        assert_eq!(lines, [format!("  server        {server}"), format!("{:16}(the kubeconfig)", "")]);
    }
}
