//! What goes wrong with Azure when a test wants it to.

use std::sync::Arc;
use std::time::Duration;

use super::answer::Answer;

/// Something that goes wrong with requests that match.
#[derive(Clone, Debug)]
pub struct AzureFault {
    method: Option<String>,
    path_contains: String,
    service: Option<String>,
    times: Option<usize>,
    after: usize,
    what: Trouble,
}

#[derive(Clone, Debug)]
pub(super) enum Trouble {
    Answer(Answer),
    Delay(Duration),
    DropBefore,
    DropAfter,
    Hang,
}

/// The faults of a subscription.
#[derive(Default)]
pub(super) struct Weather {
    pub(super) faults: Vec<AzureFault>,
    pub(super) latency: Duration,
}

/// What a test does right before a request lands.
pub(super) struct Hook {
    pub(super) method: String,
    pub(super) path_contains: String,
    /// How many matching requests still pass before it.
    pub(super) after: usize,
    pub(super) act: Arc<dyn Fn() + Send + Sync>,
}

impl AzureFault {
    /// Answers 429 and asks for a pause of some seconds.
    pub fn throttled(retry_after: Option<u64>) -> Self {
        Self::new(Trouble::Answer(Answer::throttled(retry_after)))
    }

    /// Answers 409: another federated credential of the identity is being written.
    pub fn concurrent_write() -> Self {
        Self::new(Trouble::Answer(*super::federated::concurrent("the identity")))
            .on("PUT", "federatedIdentityCredentials")
    }

    /// Answers 401, as for a token that has expired.
    pub fn expired_token() -> Self {
        Self::new(Trouble::Answer(super::tokens::expired()))
    }

    /// Answers with an error of ARM's form, such as 503 `ServerTimeout`.
    pub fn fails(status: u16, code: &str, message: &str) -> Self {
        Self::new(Trouble::Answer(Answer::error(status, code, message)))
    }

    /// Answers with an error of the token endpoint, such as 50076 or 53003.
    pub fn entra(status: u16, error: &str, number: u32, message: &str) -> Self {
        Self::new(Trouble::Answer(Answer::entra(status, error, number, message))).service("entra")
    }

    /// Answers with a page that something on the way made, and not Azure.
    pub fn page(status: u16, text: &str) -> Self {
        Self::new(Trouble::Answer(Answer::page(status, text)))
    }

    /// Serves the request late.
    pub fn delays(pause: Duration) -> Self {
        Self::new(Trouble::Delay(pause))
    }

    /// Closes the connection before the service sees the request.
    pub fn drops_before() -> Self {
        Self::new(Trouble::DropBefore)
    }

    /// Lets the service do its work and closes the connection without an answer.
    pub fn drops_after() -> Self {
        Self::new(Trouble::DropAfter)
    }

    /// Never answers.
    pub fn hangs() -> Self {
        Self::new(Trouble::Hang)
    }

    /// Strikes only this method (`*`: all) and paths that contain this, in any case.
    pub fn on(mut self, method: &str, path_contains: &str) -> Self {
        self.method = (method != "*").then(|| method.to_owned());
        self.path_contains = path_contains.to_owned();
        self
    }

    /// Strikes only this service, such as `arm` or `entra`.
    pub fn service(mut self, service: &str) -> Self {
        self.service = Some(service.to_owned());
        self
    }

    /// Ends after so many requests; without it only [`super::Subscription::no_more_faults`] ends it.
    pub fn times(mut self, times: usize) -> Self {
        self.times = Some(times);
        self
    }

    /// Begins after so many requests.
    pub fn after(mut self, requests: usize) -> Self {
        self.after = requests;
        self
    }

    fn new(what: Trouble) -> Self {
        Self { method: None, path_contains: String::new(), service: None, times: None, after: 0, what }
    }

    fn matches(&self, method: &str, path: &str, service: &str) -> bool {
        self.times != Some(0)
            && self.method.as_deref().is_none_or(|it| it == method)
            && self.service.as_deref().is_none_or(|it| it == service)
            && contains(path, &self.path_contains)
    }
}

impl Weather {
    /// Takes the first fault that strikes this request and counts it.
    pub(super) fn strike(&mut self, method: &str, path: &str, service: &str) -> Option<Trouble> {
        for fault in self.faults.iter_mut().filter(|fault| fault.matches(method, path, service)) {
            if fault.after > 0 {
                fault.after -= 1;
                continue;
            }
            fault.times = fault.times.map(|times| times - 1);
            return Some(fault.what.clone());
        }
        None
    }
}

/// Takes what a test wants done before this request.
pub(super) fn due(hooks: &mut Vec<Hook>, method: &str, path: &str) -> Vec<Arc<dyn Fn() + Send + Sync>> {
    let mut due = Vec::new();
    hooks.retain_mut(|hook| {
        if hook.method != method || !contains(path, &hook.path_contains) {
            return true;
        }
        if hook.after > 0 {
            hook.after -= 1;
            return true;
        }
        due.push(Arc::clone(&hook.act));
        false
    });
    due
}

/// Says whether a path contains something; Azure's paths are the same in any case.
fn contains(path: &str, part: &str) -> bool {
    path.to_lowercase().contains(&part.to_lowercase())
}
