//! IAM tells its changes to the regions one by one: which refusals only mean "not yet", and how long to wait then.

use std::time::{Duration, Instant};

use super::send::Call;
use super::understand::Trouble;

/// A refusal that goes away by itself. An empty `operation` is any.
struct Lag {
    operation: &'static str,
    /// The error code, without `Exception`.
    code: &'static str,
    /// What the message has in it.
    part: &'static str,
    /// Whether it only counts for what this run has just created.
    only_fresh: bool,
    /// What is waited for, after "waiting until".
    until: &'static str,
}

const LAGS: [Lag; 8] = [
    lag("CreatePodIdentityAssociation", "InvalidParameter", "Role provided in the request does not exist", ROLE_IN_EKS),
    lag("UpdatePodIdentityAssociation", "InvalidParameter", "Role provided in the request does not exist", ROLE_IN_EKS),
    lag(
        "CreateAccessEntry",
        "InvalidParameter",
        "The specified principalArn is invalid: invalid principal",
        ROLE_IN_EKS,
    ),
    lag("AssociateAccessPolicy", "ResourceNotFound", "The specified principalArn could not be found", ROLE_IN_EKS),
    // A policy that does not exist is no such entity either, and stays one.
    fresh("", "role with name"),
    fresh("GetOpenIDConnectProvider", ""),
    fresh("AddClientIDToOpenIDConnectProvider", ""),
    lag("", "ConcurrentModification", "", "somebody else's change is done"),
];
const ROLE_IN_EKS: &str = "IAM's new role is visible to EKS";

const fn lag(operation: &'static str, code: &'static str, part: &'static str, until: &'static str) -> Lag {
    Lag { operation, code, part, only_fresh: false, until }
}

const fn fresh(operation: &'static str, part: &'static str) -> Lag {
    let until = "IAM knows everywhere what was just made";
    Lag { operation, code: "NoSuchEntity", part, only_fresh: true, until }
}

impl Lag {
    fn fits(&self, call: &Call, trouble: &Trouble) -> bool {
        (self.operation.is_empty() || self.operation == call.operation)
            && self.code == trouble.code
            && trouble.message.contains(self.part)
            && (call.fresh || !self.only_fresh)
    }
}

/// How fast to ask again, and for how long.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    pub first: Duration,
    pub longest: Duration,
    pub whole: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self { first: Duration::from_secs(2), longest: Duration::from_secs(10), whole: Duration::from_secs(120) }
    }
}

/// What is left of the patience with one call.
pub(super) struct Waiting {
    pace: Pace,
    until: Instant,
    next: Duration,
}

impl Waiting {
    /// No attempt is begun after the deadline of the whole run.
    pub(super) fn new(pace: Pace, deadline: Instant) -> Self {
        Self { pace, until: deadline.min(Instant::now() + pace.whole), next: pace.first }
    }

    /// How long to wait before the next attempt, and why; `None` when waiting does not help.
    pub(super) fn after(&mut self, call: &Call, trouble: &Trouble) -> Option<(Duration, String)> {
        let lag = LAGS.iter().find(|lag| lag.fits(call, trouble))?;
        self.wait(lag.until)
    }

    /// The next wait, whatever it is for.
    pub(super) fn wait(&mut self, until: &str) -> Option<(Duration, String)> {
        let wait = self.next;
        if Instant::now() + wait >= self.until {
            return None;
        }
        self.next = (wait * 2).min(self.pace.longest);
        Some((wait, format!("waiting until {until} ({} s)", wait.as_secs_f32().round())))
    }
}
