//! What can go wrong in AWS when a test wants it to.

use std::time::Duration;

use serde_json::{Value, json};

/// Something that happens to calls of one action.
#[derive(Clone, Debug)]
pub struct AwsFault(Value);

impl AwsFault {
    /// Answers that the rate is exceeded, in the service's own words; an action of `*` is all of them.
    pub fn throttle(service: &str, action: &str) -> Self {
        Self::new(service, action, json!({ "code": "throttle" }))
    }

    /// Answers with this error.
    pub fn fails(service: &str, action: &str, status: u16, code: &str, message: &str) -> Self {
        Self::new(service, action, json!({ "status": status, "code": code, "message": message }))
    }

    /// Answers late, and then as always.
    pub fn delays(service: &str, action: &str, pause: Duration) -> Self {
        Self::new(service, action, json!({ "delay": pause.as_secs_f64() }))
    }

    /// Ends after so many calls; without it only [`super::Account::no_more_faults`] ends it.
    pub fn times(mut self, times: u32) -> Self {
        self.0["times"] = json!(times);
        self
    }

    /// Begins after so many calls.
    pub fn after(mut self, calls: u32) -> Self {
        self.0["skip"] = json!(calls);
        self
    }

    pub(super) fn document(&self) -> &Value {
        &self.0
    }

    fn new(service: &str, action: &str, mut what: Value) -> Self {
        what["service"] = json!(service);
        if action != "*" {
            what["action"] = json!(action);
        }
        Self(what)
    }
}
