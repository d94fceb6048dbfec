//! What the API server was asked, read from its audit log.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::PathBuf;
use std::time::Duration;

use serde_json::Value;

/// A place in the audit log.
#[derive(Clone, Copy, Debug, Default)]
pub struct Mark(u64);

/// One request to the API server.
#[derive(Clone, Debug)]
pub struct ApiRequest {
    /// The verb as RBAC names it: get, list, watch, create, patch, ….
    pub verb: String,
    /// Path and query.
    pub uri: String,
    /// The HTTP status.
    pub code: u16,
    /// When it came in, RFC 3339.
    pub at: String,
    /// What the client calls itself.
    pub user_agent: String,
    /// Who asked, as the API server sees them.
    pub user: String,
}

impl ApiRequest {
    /// Says whether this request could have changed something: not a read, and not a dry run.
    pub fn is_write(&self) -> bool {
        let asks_about_rights = self.uri.contains("accessreviews") || self.uri.contains("selfsubject");
        !matches!(self.verb.as_str(), "get" | "list" | "watch")
            && !self.uri.contains("dryRun=All")
            && !asks_about_rights
    }
}

/// The audit log of a control plane.
#[derive(Clone, Debug)]
pub struct Audit {
    path: PathBuf,
}

impl Audit {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self { path }
    }

    /// Returns the place where the log ends now.
    pub fn mark(&self) -> Mark {
        Mark(self.settled_length())
    }

    /// Returns the requests since a mark whose user agent contains a text, in the order of their answers.
    pub fn requests(&self, since: Mark, user_agent_contains: &str) -> Vec<ApiRequest> {
        self.all(since).into_iter().filter(|it| it.user_agent.contains(user_agent_contains)).collect()
    }

    /// Returns the requests since a mark of one user.
    pub fn requests_of(&self, since: Mark, user: &str) -> Vec<ApiRequest> {
        self.all(since).into_iter().filter(|it| it.user == user).collect()
    }

    fn all(&self, since: Mark) -> Vec<ApiRequest> {
        let length = self.settled_length();
        let mut text = String::new();
        let mut file = File::open(&self.path).expect("the API server writes its audit log");
        file.seek(SeekFrom::Start(since.0)).expect("the mark is within the log");
        file.take(length - since.0).read_to_string(&mut text).expect("the audit log is text");
        let mut seen = std::collections::HashSet::new();
        let events = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        // A watch is written down twice: when its answer starts and when it is complete.
        events.filter(|it| seen.insert(it["auditID"].as_str().map(str::to_owned))).map(|it| request(&it)).collect()
    }

    /// Waits until nothing is added: an answer may reach its client a moment before its line reaches the log.
    fn settled_length(&self) -> u64 {
        let length = || std::fs::metadata(&self.path).map_or(0, |it| it.len());
        let before = length();
        std::thread::sleep(Duration::from_millis(30));
        before.max(length())
    }
}

fn request(event: &Value) -> ApiRequest {
    let text = |pointer: &str| event.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    ApiRequest {
        verb: text("/verb"),
        uri: text("/requestURI"),
        code: event
            .pointer("/responseStatus/code")
            .and_then(Value::as_u64)
            .and_then(|it| u16::try_from(it).ok())
            .unwrap_or(0),
        at: text("/requestReceivedTimestamp"),
        user_agent: text("/userAgent"),
        user: text("/user/username"),
    }
}
