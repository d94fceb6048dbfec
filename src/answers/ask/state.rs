//! The questions about where Terraform state is kept.

use super::Interview;
use crate::answers::registry::{
    STATE_BUCKET, STATE_CONTAINER, STATE_NAMESPACE, STATE_PATH_PREFIX, STATE_RESOURCE_GROUP, STATE_STORAGE,
    STATE_STORAGE_ACCOUNT, STATE_STORAGE_TYPES,
};
use crate::answers::setting::Setting;
use crate::answers::state_storage;
use crate::failure::Failure;
use crate::orchestrator::Runner;

impl Interview<'_> {
    /// What belongs to a state storage of which a part was told.
    pub(super) fn state_parts(&mut self) -> Result<(), Failure> {
        let parts =
            [&STATE_BUCKET, &STATE_PATH_PREFIX, &STATE_STORAGE_ACCOUNT, &STATE_CONTAINER, &STATE_RESOURCE_GROUP];
        match self.answers.text(&STATE_STORAGE).map(str::to_owned) {
            Some(kind) => self.state_of(&kind, false),
            None if parts.iter().any(|part| self.is_told(part)) => self.state_kind(),
            None => Ok(()),
        }
    }

    pub(super) fn state_storage(&mut self, runner: Option<&Runner>) -> Result<(), Failure> {
        // A registered runner's state stays where it is, unless somebody says otherwise.
        if self.is_told(&STATE_STORAGE) || self.is_told(&STATE_NAMESPACE) || runner.is_some() {
            return Ok(());
        }
        self.state_kind()
    }

    fn state_kind(&mut self) -> Result<(), Failure> {
        self.why("Between two deployments, their Terraform state has to be kept somewhere.");
        let items = [
            "kubernetes: in Secrets, beside the jobs",
            "s3: in a bucket at AWS",
            "gcs: in a bucket at Google Cloud",
            "azurerm: in a storage account at Azure",
        ];
        let chosen = self.ask.choice("Where?", &items.map(str::to_owned), 0)?;
        let kind = STATE_STORAGE_TYPES[chosen];
        if chosen > 0 {
            self.answers.asked(&STATE_STORAGE, kind);
        }
        self.state_of(kind, true)
    }

    /// Asks for what the type of storage can't do without, and for the rest when the type itself was asked for.
    fn state_of(&mut self, kind: &str, with_optional: bool) -> Result<(), Failure> {
        let (required, optional): (&[Part], &[Part]) = match kind {
            "s3" | "gcs" => (&[BUCKET], &[PREFIX]),
            "azurerm" => (&[ACCOUNT, CONTAINER], &[GROUP, PREFIX]),
            _ => (&[], &[]),
        };
        for (part, is_required) in
            required.iter().map(|part| (part, true)).chain(optional.iter().map(|part| (part, false)))
        {
            if self.is_told(part.setting) || (!is_required && !with_optional) {
                continue;
            }
            if is_required && !with_optional {
                self.why(&format!("State storage {kind} was chosen; what belongs to it is missing."));
            }
            let check =
                |text: &str| if text.is_empty() && !is_required { Ok(String::new()) } else { (part.check)(text) };
            let text = self.text(part.question, (!is_required).then_some(""), check)?;
            if !text.is_empty() {
                self.answers.asked(part.setting, text);
            }
        }
        Ok(())
    }
}

/// One part of a state storage, as it is asked for.
struct Part {
    setting: &'static Setting,
    question: &'static str,
    check: fn(&str) -> Result<String, String>,
}

const BUCKET: Part = Part { setting: &STATE_BUCKET, question: "Name of the bucket:", check: state_storage::bucket };
const PREFIX: Part = Part {
    setting: &STATE_PATH_PREFIX,
    question: "Path in it, if any (Enter for none):",
    check: state_storage::path_prefix,
};
const ACCOUNT: Part =
    Part { setting: &STATE_STORAGE_ACCOUNT, question: "Name of the storage account:", check: state_storage::plain };
const CONTAINER: Part =
    Part { setting: &STATE_CONTAINER, question: "Name of the container:", check: state_storage::plain };
const GROUP: Part = Part {
    setting: &STATE_RESOURCE_GROUP,
    question: "Its resource group, if needed (Enter for none):",
    check: state_storage::plain,
};
