//! What happened, as it happens: said to the terminal and written to `--events-file`.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;

use crate::change::Action;

/// One thing that just happened.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// The tool began to look.
    Looking {
        /// What at, in words.
        what: String,
    },
    /// A change began.
    Started {
        /// The object.
        object: String,
        /// What happens to it.
        action: Action,
    },
    /// A change is done.
    Done {
        /// The object.
        object: String,
        /// What happened to it.
        action: Action,
        /// What else is worth saying; empty when nothing.
        #[serde(skip_serializing_if = "String::is_empty")]
        note: String,
    },
    /// A change failed.
    Failed {
        /// The object.
        object: String,
        /// What was about to happen to it.
        action: Action,
        /// Why, in the server's words.
        message: String,
    },
    /// A request is sent again.
    Retry {
        /// Why and when.
        message: String,
    },
    /// The tool waits, and says for what.
    Waiting {
        /// The claim that is waited for.
        claim: String,
        /// What is seen at the moment.
        observed: String,
    },
    /// A claim was checked.
    Verified {
        /// The claim.
        claim: String,
        /// Whether it is known to hold.
        pass: bool,
        /// `pass`, `fail` or `unknown`.
        outcome: String,
        /// What was seen.
        observed: String,
    },
    /// Ctrl-C: what is in hand is finished, nothing else is begun.
    Interrupted,
}

/// One line of `--events-file`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct EventLine<'a> {
    /// What happened.
    #[serde(flatten)]
    pub event: &'a Event,
    /// When, in RFC 3339.
    pub at: String,
}

/// Where events go.
pub type Tell = Arc<dyn Fn(Event) + Send + Sync>;
