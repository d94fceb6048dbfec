//! Bad weather on the wire.

use std::time::Duration;

/// Something that goes wrong with requests that match.
#[derive(Clone, Debug)]
pub struct Fault {
    /// The method it strikes; all when `None`.
    pub method: Option<String>,
    /// What the path must contain.
    pub path_contains: String,
    /// How often it strikes before it is over.
    pub times: usize,
    /// What goes wrong.
    pub what: What,
}

/// What goes wrong.
#[derive(Clone, Debug)]
pub enum What {
    /// Something in front answers, the service never sees the request.
    Status {
        /// The HTTP status.
        code: u16,
        /// Headers, such as `Retry-After`.
        headers: Vec<(String, String)>,
        /// The body, sent as it is.
        body: String,
    },
    /// The request is held, then served.
    Delay(Duration),
    /// The connection closes before the service sees the request.
    DropBefore,
    /// The service does its work, then the connection closes without an answer.
    DropAfter,
    /// Half of the answer arrives, then the connection closes.
    Truncate,
    /// Nothing ever comes back.
    Hang,
}

impl Fault {
    /// Makes a fault that strikes once.
    pub fn once(method: &str, path_contains: &str, what: What) -> Self {
        Self::times(method, path_contains, 1, what)
    }

    /// Makes a fault that strikes so many times.
    pub fn times(method: &str, path_contains: &str, times: usize, what: What) -> Self {
        Self { method: Some(method.to_owned()), path_contains: path_contains.to_owned(), times, what }
    }

    fn strikes(&self, method: &str, path: &str) -> bool {
        self.times > 0 && self.method.as_deref().is_none_or(|it| it == method) && path.contains(&self.path_contains)
    }
}

impl What {
    /// Makes an answer with an empty JSON object as body.
    pub fn status(code: u16) -> Self {
        Self::Status { code, headers: Vec::new(), body: "{}".to_owned() }
    }

    /// Makes a 429 that asks for a pause.
    pub fn retry_after(seconds: u64) -> Self {
        Self::Status {
            code: 429,
            headers: vec![("Retry-After".to_owned(), seconds.to_string())],
            body: r#"{"error":"TOO_MANY_REQUESTS","message":"slow down","details":{}}"#.to_owned(),
        }
    }
}

/// Takes the first fault that strikes this request and counts it.
pub(super) fn strike(faults: &mut [Fault], method: &str, path: &str) -> Option<What> {
    let fault = faults.iter_mut().find(|fault| fault.strikes(method, path))?;
    fault.times -= 1;
    Some(fault.what.clone())
}
