//! Google Cloud tells its changes to its servers one by one: how fast to look again, and for how long.

use std::time::{Duration, Instant};

use super::GcpError;
use super::client::Gcp;
use crate::retry::spoken;

/// How fast to ask again, and for how long.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    /// The first wait; each further one is twice as long.
    pub first: Duration,
    /// No wait is longer.
    pub longest: Duration,
    /// All of them together.
    pub whole: Duration,
    /// Between two good reads of something new.
    pub between: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            first: Duration::from_secs(1),
            longest: Duration::from_secs(10),
            whole: Duration::from_secs(120),
            between: Duration::from_millis(500),
        }
    }
}

/// What is left of the patience with one thing.
pub(super) struct Waiting {
    pace: Pace,
    began: Instant,
    until: Instant,
    next: Duration,
}

impl Waiting {
    /// No attempt is begun after the deadline of the whole run.
    pub(super) fn new(pace: Pace, deadline: Instant) -> Self {
        let began = Instant::now();
        Self { pace, began, until: deadline.min(began + pace.whole), next: pace.first }
    }

    /// For how long it has been waited.
    pub(super) fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }

    /// How long to wait before the next attempt; `None`: no longer.
    pub(super) fn next(&mut self) -> Option<Duration> {
        // Without random bytes all clients wait equally long, which is no reason to fail.
        let share = f64::from(getrandom::u32().unwrap_or_default()) / f64::from(u32::MAX);
        let wait = self.next + self.next.mul_f64(share / 2.0);
        if Instant::now() + wait >= self.until {
            return None;
        }
        self.next = (self.next * 2).min(self.pace.longest);
        Some(wait)
    }
}

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
