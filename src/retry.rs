//! How long to wait before asking again, and when to stop asking.

use std::time::{Duration, Instant, SystemTime};

use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;

/// How often one thing is asked at most.
const ATTEMPTS: u32 = 4;
/// How long one wait may last; a server that asks for more is not asked again.
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// After this time no further attempt is begun.
const PATIENCE: Duration = Duration::from_secs(90);
const FIRST_WAIT: Duration = Duration::from_millis(200);

/// What is left of the patience with one call.
pub(crate) struct Patience {
    attempts: u32,
    until: Instant,
}

impl Patience {
    /// No attempt is begun after the deadline of the whole run.
    pub(crate) fn new(deadline: Instant) -> Self {
        Self { attempts: 1, until: deadline.min(Instant::now() + PATIENCE) }
    }

    /// Counts one failed attempt; returns how long to wait before the next one, `None` when there is none.
    pub(crate) fn wait_after(&mut self, retry_after: Option<Duration>) -> Option<Duration> {
        if self.attempts == ATTEMPTS {
            return None;
        }
        let backoff = FIRST_WAIT * 2_u32.pow(self.attempts - 1);
        // Without random bytes all clients wait equally long, which is no reason to fail.
        let jitter = backoff.mul_f64(f64::from(getrandom::u32().unwrap_or_default()) / f64::from(u32::MAX) / 2.0);
        let wait = retry_after.unwrap_or(backoff + jitter);
        if wait > LONGEST_WAIT {
            // Asking again before the server wants to be asked only makes it angrier.
            return None;
        }
        self.attempts += 1;
        (Instant::now() + wait < self.until).then_some(wait)
    }
}

/// Reads a `Retry-After` header: seconds, or an HTTP date.
pub(crate) fn retry_after(header: &str, now: SystemTime) -> Option<Duration> {
    if let Ok(seconds) = header.trim().parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = DateTimeParser::new().parse_timestamp(header.trim()).ok()?;
    let now = Timestamp::try_from(now).ok()?;
    Some(Duration::try_from(date.duration_since(now)).unwrap_or_default())
}

/// A wait as a person reads it: `2 s`, `0.4 s`.
pub(crate) fn spoken(wait: Duration) -> String {
    let tenths = wait.as_millis().div_ceil(100);
    if tenths.is_multiple_of(10) { format!("{} s", tenths / 10) } else { format!("{}.{} s", tenths / 10, tenths % 10) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patience_ends_after_four_attempts() {
        let mut patience = Patience::new(Instant::now() + PATIENCE);
        let waits: Vec<_> = (0..3).map(|_| patience.wait_after(None).unwrap().as_millis()).collect();
        assert!((200..=300).contains(&waits[0]) && (400..=600).contains(&waits[1]) && (800..=1200).contains(&waits[2]));
        assert_eq!(patience.wait_after(None), None);
    }

    #[test]
    fn the_server_s_wish_is_obeyed_within_bounds() {
        let mut patience = Patience::new(Instant::now() + PATIENCE);
        assert_eq!(patience.wait_after(Some(Duration::ZERO)), Some(Duration::ZERO));
        assert_eq!(patience.wait_after(Some(Duration::from_secs(600))), None);
        let mut hurried = Patience::new(Instant::now() + Duration::from_secs(1));
        assert_eq!(hurried.wait_after(Some(Duration::from_secs(2))), None);
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_770);
        assert_eq!(retry_after("7", now), Some(Duration::from_secs(7)));
        assert_eq!(retry_after("Sun, 06 Nov 1994 08:49:37 GMT", now), Some(Duration::from_secs(7)));
        assert_eq!(retry_after("Sat, 06 Nov 1993 08:49:37 GMT", now), Some(Duration::ZERO));
        assert_eq!(retry_after("soon", now), None);
    }

    #[test]
    fn waits_are_spoken() {
        assert_eq!(spoken(Duration::from_secs(2)), "2 s");
        assert_eq!(spoken(Duration::from_millis(212)), "0.3 s");
    }
}
