//! Waits by watching until the agent runs, and says why it does not.

use std::collections::BTreeMap;
use std::time::Duration;

use futures::StreamExt;
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::Pod;
use kube::Api;
use kube::runtime::watcher::{self, watcher};
use serde_json::Value;
use tokio::time::Instant;

use crate::event::{Event, Tell};
use crate::interrupt::Interrupt;
use crate::settings::RELEASE_NAME;

use super::agent_state::{AgentState, SETTLE, SETTLE_AFTER_RESTART, judge};
use super::client::Cluster;

/// The claim that is waited for, as results name it.
pub const AGENT_RUNNING: &str = "agent-running";

/// What is seen before both watches have said all that is there: nothing worth telling.
const LOOKING: &str = "nothing yet";

/// How the wait ended.
#[derive(Debug)]
pub enum Outcome {
    /// The agent runs; what was seen.
    Running(String),
    /// It did not within the time: what was seen last, and the facts around it.
    TimedOut {
        /// The last state, in words.
        observed: String,
        /// Warning events and last log lines.
        facts: Vec<String>,
    },
    /// The caller may not watch; the server's words.
    NotAllowed(String),
    /// Ctrl-C; what was seen last.
    Interrupted(String),
}

/// One thing that the watches said.
enum Seen {
    Deployment(Box<watcher::Event<Deployment>>),
    Pod(Box<watcher::Event<Pod>>),
    Trouble(String),
    Forbidden(String),
}

/// Waits until the rollout is complete and the container has been up for a moment without ending.
pub async fn wait_until_running(
    cluster: &Cluster,
    namespace: &str,
    timeout: Duration,
    tell: &Tell,
    interrupt: &Interrupt,
) -> Outcome {
    let deadline = Instant::now() + timeout;
    let client = cluster.watching();
    let name = watcher::Config::default().fields(&format!("metadata.name={RELEASE_NAME}"));
    let label = watcher::Config::default().labels(&format!("app.kubernetes.io/instance={RELEASE_NAME}"));
    let deployments = watcher(Api::<Deployment>::namespaced(client.clone(), namespace), name)
        .map(|event| event.map_or_else(trouble, |event| Seen::Deployment(Box::new(event))));
    let pods = watcher(Api::<Pod>::namespaced(client, namespace), label)
        .map(|event| event.map_or_else(trouble, |event| Seen::Pod(Box::new(event))));
    let mut events = std::pin::pin!(futures::stream::select(deployments, pods));
    let mut view = View::default();
    let mut settling: Option<(String, Instant)> = None;
    let mut said = String::new();
    loop {
        let state = view.judge();
        let mut wake = deadline.min(Instant::now() + Duration::from_millis(500));
        match &state {
            AgentState::Up { fingerprint, restarts, observed, started } => {
                let settle = if *restarts == 0 { SETTLE } else { SETTLE_AFTER_RESTART };
                let since = match &settling {
                    Some((known, since)) if known == fingerprint => *since,
                    _ => Instant::now().checked_sub(age(*started)).unwrap_or_else(Instant::now),
                };
                settling = Some((fingerprint.clone(), since));
                if since.elapsed() >= settle {
                    return Outcome::Running(observed.clone());
                }
                wake = wake.min(since + settle);
            }
            AgentState::NotYet { observed, crashed } => {
                settling = None;
                if *observed != said && observed != LOOKING {
                    said.clone_from(observed);
                    let mut observed = observed.clone();
                    if let Some(pod) = crashed
                        && let Some(line) = last_lines(cluster, namespace, pod, 1).await.pop()
                    {
                        observed = format!("{observed}; it last said: {line}");
                    }
                    tell(Event::Waiting { claim: AGENT_RUNNING.to_owned(), observed });
                }
            }
        }
        if let Some(words) = view.forbidden.take() {
            return Outcome::NotAllowed(words);
        }
        if interrupt.is_set() {
            return Outcome::Interrupted(state.observed());
        }
        if Instant::now() >= deadline {
            return timed_out(cluster, namespace, state).await;
        }
        tokio::select! {
            event = events.next() => if let Some(event) = event { view.take(event) },
            () = tokio::time::sleep_until(wake) => {}
            () = interrupt.pressed() => {}
        }
    }
}

/// How long ago the container started, by the node's clock; no more than a settling time, lest a wrong clock counts.
fn age(started: Option<i64>) -> Duration {
    let Some(started) = started else { return Duration::ZERO };
    let now = jiff::Timestamp::now().as_second();
    // The node's time has whole seconds only: the last one may not have passed.
    let seconds = u64::try_from(now - started - 1).unwrap_or(0);
    Duration::from_secs(seconds).min(SETTLE_AFTER_RESTART)
}

fn trouble(error: watcher::Error) -> Seen {
    use watcher::Error::{InitialListFailed, WatchStartFailed};
    if let InitialListFailed(kube::Error::Api(status)) | WatchStartFailed(kube::Error::Api(status)) = &error
        && status.code == 403
    {
        return Seen::Forbidden(status.message.clone());
    }
    if let watcher::Error::WatchError(status) = &error
        && status.code == 403
    {
        return Seen::Forbidden(status.message.clone());
    }
    Seen::Trouble(super::client::innermost(&error))
}

/// What the watches said so far.
#[derive(Default)]
struct View {
    deployment: Option<Deployment>,
    pods: BTreeMap<String, Pod>,
    trouble: Option<String>,
    forbidden: Option<String>,
    /// How many of the two watches have said all that is there.
    complete: usize,
}

impl View {
    fn take(&mut self, seen: Seen) {
        use watcher::Event::{Apply, Delete, Init, InitApply, InitDone};
        if !matches!(seen, Seen::Trouble(_)) {
            self.trouble = None;
        }
        match seen {
            Seen::Trouble(message) => self.trouble = Some(message),
            Seen::Forbidden(message) => self.forbidden = Some(message),
            Seen::Deployment(event) => match *event {
                Apply(deployment) | InitApply(deployment) => self.deployment = Some(deployment),
                Delete(_) => self.deployment = None,
                Init => {}
                InitDone => self.complete += 1,
            },
            Seen::Pod(event) => match *event {
                Apply(pod) | InitApply(pod) => {
                    self.pods.insert(pod.metadata.uid.clone().unwrap_or_default(), pod);
                }
                Delete(pod) => {
                    self.pods.remove(&pod.metadata.uid.unwrap_or_default());
                }
                Init => self.pods.clear(),
                InitDone => self.complete += 1,
            },
        }
    }

    fn judge(&self) -> AgentState {
        if let Some(message) = &self.trouble {
            return AgentState::NotYet {
                observed: format!("the agent could not be watched: {message}"),
                crashed: None,
            };
        }
        if self.complete < 2 {
            return AgentState::NotYet { observed: LOOKING.to_owned(), crashed: None };
        }
        judge(self.deployment.as_ref(), &self.pods.values().collect::<Vec<_>>())
    }
}

async fn timed_out(cluster: &Cluster, namespace: &str, state: AgentState) -> Outcome {
    let (observed, crashed) = match state {
        AgentState::Up { observed, .. } => (format!("{observed}, but not for long enough"), None),
        AgentState::NotYet { observed, crashed } => (observed, crashed),
    };
    let mut facts = warnings(cluster, namespace).await;
    if let Some(pod) = crashed {
        facts.extend(
            last_lines(cluster, namespace, &pod, 5).await.into_iter().map(|line| format!("log of pod {pod}: {line}")),
        );
    }
    Outcome::TimedOut { observed, facts }
}

/// The last warning events in the namespace, newest last.
async fn warnings(cluster: &Cluster, namespace: &str) -> Vec<String> {
    let path = format!("/api/v1/namespaces/{namespace}/events?fieldSelector=type%3DWarning&limit=50");
    let Ok(Some(list)) = cluster.get_path(&path, &format!("kubernetes:Event/{namespace}")).await else {
        return Vec::new();
    };
    let mut events: Vec<&Value> = list.get("items").and_then(Value::as_array).into_iter().flatten().collect();
    let time = |event: &Value| {
        ["lastTimestamp", "eventTime"]
            .iter()
            .find_map(|key| event.get(key)?.as_str().map(str::to_owned))
            .unwrap_or_default()
    };
    events.sort_by_key(|event| time(event));
    let word = |event: &Value, pointer: &str| event.pointer(pointer).and_then(Value::as_str).unwrap_or("").to_owned();
    let lines = events.iter().rev().take(5).rev().map(|event| {
        format!(
            "event on {} {}: {}: {}",
            word(event, "/involvedObject/kind"),
            word(event, "/involvedObject/name"),
            word(event, "/reason"),
            word(event, "/message")
        )
    });
    let mut lines: Vec<String> = lines.collect();
    lines.dedup();
    lines
}

/// The last lines that the agent's container wrote before it ended; none when they can't be read.
async fn last_lines(cluster: &Cluster, namespace: &str, pod: &str, count: usize) -> Vec<String> {
    for previous in [true, false] {
        let path = format!(
            "/api/v1/namespaces/{namespace}/pods/{pod}/log?container={RELEASE_NAME}&tailLines={count}&previous={previous}"
        );
        if let Ok(text) = cluster.read_text(&path).await {
            let lines: Vec<String> = text.lines().filter(|line| !line.trim().is_empty()).map(str::to_owned).collect();
            if !lines.is_empty() {
                return lines;
            }
        }
    }
    Vec::new()
}
