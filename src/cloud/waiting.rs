//! Clouds tell their changes to their servers one by one: how fast to look again, and for how long.

use std::time::{Duration, Instant};

/// How fast to ask again, and for how long.
#[derive(Debug, Clone, Copy)]
pub(in crate::cloud) struct Pace {
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
pub(in crate::cloud) struct Waiting {
    pace: Pace,
    began: Instant,
    until: Instant,
    next: Duration,
}

impl Waiting {
    /// No attempt is begun after the deadline of the whole run.
    pub(in crate::cloud) fn new(pace: Pace, deadline: Instant) -> Self {
        let began = Instant::now();
        Self { pace, began, until: deadline.min(began + pace.whole), next: pace.first }
    }

    /// For how long it has been waited.
    pub(in crate::cloud) fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }

    /// How long to wait before the next attempt; `None`: no longer.
    pub(in crate::cloud) fn next(&mut self) -> Option<Duration> {
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
