//! The rows of `--show-settings`: every setting with its value and its source, secrets only as set.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Answers;
use super::registry::ALL;
use super::setting::Setting;
use super::told::{Said, Told};

/// One setting as it is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct ShownSetting {
    /// The flag without its dashes, or the file key of a setting without a flag.
    pub id: &'static str,
    /// Its value; empty when there is none.
    pub value: String,
    /// Where it came from.
    pub source: String,
}

/// One row for each setting; `settled` holds what became of some of them on the way.
pub(super) fn rows(answers: &Answers, settled: &BTreeMap<&'static str, (String, String)>) -> Vec<ShownSetting> {
    let row = |setting: &&'static Setting| {
        let (value, source) = match (settled.get(setting.id), answers.told(setting)) {
            (Some(shown), _) => shown.clone(),
            (None, Some(told)) => shown(told),
            (None, None) => (setting.default.unwrap_or_default().to_owned(), "default".to_owned()),
        };
        ShownSetting { id: setting.id, value, source }
    };
    ALL.iter().map(row).collect()
}

fn shown(told: &Told) -> (String, String) {
    let value = match &told.value {
        Said::Text(text) => text.clone(),
        Said::List(list) => list.join(", "),
        Said::Switch(on) => on.to_string(),
        Said::Structure(value) => value.as_str().map_or_else(|| value.to_string(), str::to_owned),
        Said::Secret(_) => format!("set (from {})", told.source),
    };
    (value, told.source.to_string())
}

#[cfg(test)]
mod tests {
    use super::super::tests::answers;
    use super::*;

    #[test]
    fn every_setting_is_shown_and_no_secret_is() {
        let env = [("HUMANITEC_AUTH_TOKEN", "hunter2"), ("HUMANITEC_ORG", "o")];
        let answers = answers(&["--rule=any", "--rule=project=a"], &env, Some("agent: { replicas: 2 }"));
        let rows = rows(&answers, &BTreeMap::new());
        assert_eq!(rows.len(), ALL.len());
        assert!(!format!("{rows:?}").contains("hunter2"));
        let row = |id: &str| {
            rows.iter().find(|row| row.id == id).map(|row| (row.value.as_str(), row.source.as_str())).unwrap()
        };
        assert_eq!(row("token-file").0, "set (from environment: HUMANITEC_AUTH_TOKEN)");
        assert_eq!(row("org"), ("o", "environment: HUMANITEC_ORG"));
        assert_eq!(row("rule"), ("any, project=a", "flag"));
        assert_eq!(row("agent.replicas"), ("2", "file: runner-setup.yaml"));
        assert_eq!(row("timeout"), ("5m", "default"));
    }
}
