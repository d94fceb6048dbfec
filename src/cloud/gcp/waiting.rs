//! Patience with what Google Cloud's servers do not all know yet.

use std::time::Duration;

use super::GcpError;
use super::client::Gcp;
pub(super) use crate::cloud::waiting::{Pace, Waiting};
use crate::retry::spoken;

impl Gcp {
    /// Patience with something that takes a while by nature.
    pub(super) fn waiting(&self) -> Waiting {
        Waiting::new(self.shared.pace, self.shared.deadline())
    }

    /// The same, for less long.
    pub(super) fn waiting_at_most(&self, whole: Duration) -> Waiting {
        let whole = whole.min(self.shared.pace.whole);
        Waiting::new(Pace { whole, ..self.shared.pace }, self.shared.deadline())
    }

    /// The same, for exactly as long as somebody says.
    pub(super) fn waiting_for(&self, whole: Duration) -> Waiting {
        Waiting::new(Pace { whole, ..self.shared.pace }, self.shared.deadline())
    }

    /// Says what is waited for, and waits; Ctrl-C ends it.
    ///
    /// # Errors
    /// Ctrl-C.
    pub(super) async fn pause(&self, wait: Duration, why: &str, action: &str) -> Result<(), GcpError> {
        (self.shared.on_retry)(&format!("{why}; looking again in {}", spoken(wait)));
        tokio::select! {
            () = tokio::time::sleep(wait) => Ok(()),
            () = self.shared.interrupt.pressed() => {
                Err(GcpError::Interrupted { action: action.to_owned(), why: why.to_owned() })
            }
        }
    }
}
