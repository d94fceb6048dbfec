//! Patience with what Azure and Entra do not know everywhere yet, or are still doing.

use std::time::Duration;

use super::AzureError;
use super::client::Azure;
use crate::cloud::waiting::{Pace, Waiting};
use crate::retry::spoken;

impl Azure {
    /// Patience with something that takes a while by nature.
    pub(super) fn waiting(&self) -> Waiting {
        Waiting::new(self.shared.pace, self.shared.deadline())
    }

    /// The same, for exactly as long as somebody says.
    pub(super) fn waiting_for(&self, whole: Duration) -> Waiting {
        Waiting::new(Pace { whole, ..self.shared.pace }, self.shared.deadline())
    }

    /// The same, with longer waits in between: for what takes minutes anyway.
    pub(super) fn waiting_slowly(&self, whole: Duration) -> Waiting {
        let Pace { first, longest, .. } = self.shared.pace;
        Waiting::new(Pace { first: first * 5, longest: longest * 3, whole, ..self.shared.pace }, self.shared.deadline())
    }

    /// Says what is waited for, and waits; Ctrl-C ends it.
    ///
    /// # Errors
    /// Ctrl-C.
    pub(super) async fn pause(&self, wait: Duration, why: &str, action: &str) -> Result<(), AzureError> {
        (self.shared.on_retry)(&format!("{why}; looking again in {}", spoken(wait)));
        tokio::select! {
            () = tokio::time::sleep(wait) => Ok(()),
            () = self.shared.interrupt.pressed() => {
                Err(AzureError::Interrupted { action: action.to_owned(), why: why.to_owned() })
            }
        }
    }
}
