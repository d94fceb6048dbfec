//! Eventual consistency: what is new is not seen by everybody at once.

use std::time::{Duration, Instant};

/// What is seen late.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// A new identity, by role assignments that do not say `ServicePrincipal`, and by Graph.
    Principal,
    /// A new identity, by the token endpoint (AADSTS700016).
    Client,
    /// A new federated credential, by the token endpoint.
    Trust,
    /// A new role assignment, by whoever checks access.
    Access,
}

/// How late something new is seen: by a count of looks, by a time, or by both.
#[derive(Clone, Debug)]
pub struct Late {
    what: What,
    looks: Vec<bool>,
    time: Duration,
    code: Option<u32>,
}

/// When something was made, and how often each kind of look was taken at it.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    made: Instant,
    late: Vec<Late>,
    looks: Vec<usize>,
}

impl Late {
    /// Begins with nothing being late.
    pub fn new(what: What) -> Self {
        Self { what, looks: Vec::new(), time: Duration::ZERO, code: None }
    }

    /// The first looks find nothing.
    pub fn looks(self, count: usize) -> Self {
        Self { looks: vec![false; count], ..self }
    }

    /// Each look goes as the list says, and finds it when the list has ended: `[true, false]` shows it once, hides it
    /// once, and shows it from then on.
    pub fn flapping(self, looks: &[bool]) -> Self {
        Self { looks: looks.to_vec(), ..self }
    }

    /// Nobody sees it for a time.
    pub fn time(self, time: Duration) -> Self {
        Self { time, ..self }
    }

    /// What the token endpoint says meanwhile, such as 70021; without it the code that fits what it sees.
    pub fn saying(self, code: u32) -> Self {
        Self { code: Some(code), ..self }
    }
}

impl Seen {
    /// What is made now, in a subscription that shows things this late.
    pub(super) fn new(late: &[Late]) -> Self {
        Self { made: Instant::now(), looks: vec![0; late.len()], late: late.to_vec() }
    }

    /// Takes a look: `Err` when it is not seen yet, with the code that a test wants said.
    pub(super) fn look(&mut self, what: What) -> Result<(), Option<u32>> {
        for (late, count) in self.late.iter().zip(&mut self.looks).filter(|(late, _)| late.what == what) {
            *count += 1;
            if self.made.elapsed() < late.time || late.looks.get(*count - 1) == Some(&false) {
                return Err(late.code);
            }
        }
        Ok(())
    }
}
