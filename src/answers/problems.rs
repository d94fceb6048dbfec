//! Reads answers while collecting everything that is wrong or missing, so that all of it is said at once.

use std::collections::BTreeMap;
use std::fmt::Display;

use serde_json::Value;

use super::Answers;
use super::setting::Setting;
use super::told::{Layer, Said, Source, Told};
use crate::failure::{Failure, FailureKind};
use crate::process::Process;

/// Settles one answer after the other, and remembers what did not work out.
pub(super) struct Settling<'a> {
    pub(super) answers: &'a Answers,
    pub(super) process: &'a Process,
    /// Values that are not valid, each with the place where they were said.
    pub(super) invalid: Vec<String>,
    /// Answers that nobody gave, each with all ways to give it.
    pub(super) missing: Vec<String>,
    /// Why there is no token, when that is all that is missing.
    pub(super) refused: Option<Failure>,
    /// Settings without an answer that this command does without.
    pub(super) unneeded: Vec<&'static Setting>,
    pub(super) warnings: Vec<String>,
    /// Values and sources that are shown instead of what was told.
    pub(super) shown: BTreeMap<&'static str, (String, String)>,
}

impl<'a> Settling<'a> {
    pub(super) fn new(answers: &'a Answers, process: &'a Process) -> Self {
        Self {
            answers,
            process,
            invalid: Vec::new(),
            missing: Vec::new(),
            refused: None,
            unneeded: Vec::new(),
            warnings: answers.notes.clone(),
            shown: BTreeMap::new(),
        }
    }

    pub(super) fn told(&self, setting: &Setting) -> Option<&'a Told> {
        self.answers.told(setting)
    }

    pub(super) fn layer(&self, setting: &Setting) -> Layer {
        self.told(setting).map_or(Layer::Default, |told| told.source.layer())
    }

    pub(super) fn text(&self, setting: &Setting) -> Option<&'a str> {
        self.answers.text(setting)
    }

    /// The switch as it was told; off when it was not.
    pub(super) fn switch(&self, setting: &Setting) -> bool {
        matches!(self.told(setting), Some(Told { value: Said::Switch(true), .. }))
    }

    /// Parses the text that counts; what is wrong with it is remembered.
    pub(super) fn parse<T, E: Display>(
        &mut self,
        setting: &Setting,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Option<T> {
        match &self.told(setting)?.value {
            Said::Text(text) => match parse(text) {
                Ok(value) => Some(value),
                Err(problem) => self.refuse(setting, problem),
            },
            Said::Structure(value) => self.refuse(setting, format!("{value} is not a text; put quotes around it")),
            Said::List(_) | Said::Switch(_) | Said::Secret(_) => self.refuse(setting, "is not a text"),
        }
    }

    /// Parses every text of the list that counts.
    pub(super) fn parse_all<T, E: Display>(
        &mut self,
        setting: &Setting,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Vec<T> {
        let Some(Told { value: Said::List(list), .. }) = self.told(setting) else { return Vec::new() };
        list.iter().filter_map(|text| parse(text).map_err(|problem| self.refuse::<()>(setting, problem)).ok()).collect()
    }

    /// The structure that counts, checked.
    pub(super) fn structure(
        &mut self,
        setting: &Setting,
        check: impl Fn(&Value) -> Result<(), String>,
    ) -> Option<Value> {
        let Some(Told { value: Said::Structure(value), .. }) = self.told(setting) else { return None };
        match check(value) {
            Ok(()) => Some(value.clone()),
            Err(problem) => self.refuse(setting, problem),
        }
    }

    /// Remembers that a value is not valid, and where it was said.
    pub(super) fn refuse<T>(&mut self, setting: &Setting, problem: impl Display) -> Option<T> {
        let source = self.told(setting).map_or(Source::Default, |told| told.source.clone());
        self.invalid.push(format!("{}: {problem}", source.place(setting)));
        None
    }

    /// Remembers that an answer is missing.
    pub(super) fn miss(&mut self, setting: &Setting, what: &str) {
        self.missing.push(format!("{what}: {}", setting.ways()));
    }

    /// Shows a value that nobody told as it stands, with where it is from.
    pub(super) fn show(&mut self, setting: &'static Setting, value: impl Into<String>, source: impl Into<String>) {
        self.shown.insert(setting.id, (value.into(), source.into()));
    }

    /// Shows that something counts that was said elsewhere.
    pub(super) fn show_overridden(&mut self, setting: &'static Setting, value: impl Into<String>, by: &Setting) {
        let over =
            self.told(setting).map(|told| format!(", instead of {}", told.source.place(setting))).unwrap_or_default();
        let source = self.told(by).map_or(Source::Default, |told| told.source.clone());
        self.show(setting, value, format!("{}{over}", source.place(by)));
    }

    /// The one failure that says it all, if there is anything to say.
    pub(super) fn failure(&mut self) -> Option<Failure> {
        let (invalid, missing) = (self.invalid.len(), self.missing.len());
        if invalid + missing == 0 {
            return self.refused.take();
        }
        let kind = if invalid > 0 { FailureKind::Usage } else { FailureKind::AnswerMissing };
        let mut lines = std::mem::take(&mut self.invalid);
        lines.append(&mut self.missing.iter().map(|line| format!("missing: {line}")).collect());
        let refused = self.refused.take();
        lines.extend(refused.as_ref().map(|failure| failure.message.clone()));
        let mut failure = if let [line] = lines.as_slice() {
            Failure::new(kind, line.clone())
        } else {
            let counted = |count: usize, one: &str, many: &str| match count {
                0 => None,
                1 => Some(format!("1 {one}")),
                _ => Some(format!("{count} {many}")),
            };
            let missing = missing + usize::from(refused.is_some());
            let parts = [
                counted(invalid, "setting is not valid", "settings are not valid"),
                counted(missing, "answer is missing", "answers are missing"),
            ];
            let message = parts.into_iter().flatten().collect::<Vec<_>>().join(", ");
            Failure { causes: lines, ..Failure::new(kind, message) }
        };
        if let Some(refused) = refused {
            failure.causes.extend(refused.causes);
            failure = refused.hints.into_iter().fold(failure, Failure::hint);
        }
        Some(failure)
    }
}
