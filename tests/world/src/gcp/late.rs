//! Eventual consistency: a new service account is not seen by everybody at once.

use std::time::{Duration, Instant};

/// How late new service accounts are seen.
///
/// Reading the account, reading or writing its policy, and naming it in a policy each have a count of their own.
#[derive(Clone, Debug)]
pub struct Late {
    looks: Vec<bool>,
    time: Duration,
    pub(super) forbidden: bool,
}

/// What an account is looked at for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Look {
    Read = 0,
    Policy = 1,
    Member = 2,
}

/// How often an account was looked at.
#[derive(Clone, Debug, Default)]
pub(super) struct Looks([usize; 3]);

impl Late {
    /// New accounts are seen at once.
    pub fn never() -> Self {
        Self { looks: Vec::new(), time: Duration::ZERO, forbidden: false }
    }

    /// The first looks of each kind find nothing.
    pub fn looks(count: usize) -> Self {
        Self { looks: vec![false; count], ..Self::never() }
    }

    /// Nobody sees it for a time.
    pub fn time(time: Duration) -> Self {
        Self { time, ..Self::never() }
    }

    /// Each look of a kind goes as the list says, and finds it when the list has ended: `[true, false]` shows it once,
    /// hides it once, and shows it from then on.
    pub fn flapping(looks: &[bool]) -> Self {
        Self { looks: looks.to_vec(), ..Self::never() }
    }

    /// Who does not see it is told 403 instead of 404.
    pub fn forbidden(mut self) -> Self {
        self.forbidden = true;
        self
    }

    /// Says whether a look finds the account, and counts it.
    pub(super) fn is_seen(&self, made: Instant, looks: &mut Looks, what: Look) -> bool {
        if made.elapsed() < self.time {
            return false;
        }
        let count = &mut looks.0[what as usize];
        *count += 1;
        self.looks.get(*count - 1).copied().unwrap_or(true)
    }

    /// Says whether lists hold the account.
    pub(super) fn is_listed(&self, made: Instant, looks: &Looks) -> bool {
        made.elapsed() >= self.time && self.looks.get(looks.0[Look::Read as usize]).copied().unwrap_or(true)
    }
}
