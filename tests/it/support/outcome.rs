//! What one run of the binary left behind: both streams and the exit code, always shown together.

use std::fmt;

use serde_json::Value;

/// One finished run.
#[derive(Clone)]
#[must_use]
pub(crate) struct Outcome {
    /// The exit code.
    pub(crate) code: i32,
    /// Data.
    pub(crate) stdout: String,
    /// Talk.
    pub(crate) stderr: String,
}

impl Outcome {
    /// Demands an exit code.
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self}");
        self
    }

    /// Demands words somewhere in the talk.
    #[track_caller]
    pub(crate) fn says(self, words: &str) -> Self {
        assert!(self.stderr.contains(words), "does not say {words:?}\n{self}");
        self
    }

    /// Demands words somewhere in the data.
    #[track_caller]
    pub(crate) fn prints(self, words: &str) -> Self {
        assert!(self.stdout.contains(words), "does not print {words:?}\n{self}");
        self
    }

    /// The one JSON document on stdout.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("stdout is not one JSON document: {error}\n{self}"))
    }

    /// The change to the object whose name ends in `object`, from the result document.
    #[track_caller]
    pub(crate) fn change(&self, object: &str) -> Value {
        let document = self.json();
        let changes = document["changes"].as_array().unwrap();
        let found = changes.iter().find(|change| change["object"].as_str().unwrap().ends_with(object));
        found.unwrap_or_else(|| panic!("no change to {object}\n{self}")).clone()
    }

    /// Demands words somewhere in the result document's error.
    #[track_caller]
    pub(crate) fn explains(self, words: &str) -> Self {
        let error = self.json()["error"].clone();
        let lists = ["causes", "hints"].iter().flat_map(|part| error[*part].as_array().unwrap()).cloned();
        let said: Vec<_> = std::iter::once(error["message"].clone()).chain(lists).collect();
        let found = said.iter().any(|text| text.as_str().unwrap().contains(words));
        assert!(found, "does not explain {words:?}\n{self}");
        self
    }

    /// The paths of the fields that change in the object whose name ends in `object`.
    #[track_caller]
    pub(crate) fn fields(&self, object: &str) -> Vec<String> {
        let change = self.change(object);
        let fields = change["fields"].as_array().unwrap();
        fields.iter().map(|field| field["path"].as_str().unwrap().to_owned()).collect()
    }

    /// All objects that the result document says were, or will be, changed.
    pub(crate) fn changed(&self) -> Vec<String> {
        let document = self.json();
        let changes = document["changes"].as_array().unwrap();
        let changed = changes.iter().filter(|change| change["action"] != "unchanged");
        changed
            .map(|change| format!("{} {}", change["action"].as_str().unwrap(), change["object"].as_str().unwrap()))
            .collect()
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "--- exit code {}\n--- stdout\n{}\n--- stderr\n{}", self.code, self.stdout, self.stderr)
    }
}
