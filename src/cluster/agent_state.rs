//! What a Deployment and its pods say about the agent: up, or not yet and why; pure.

use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{ContainerStatus, Pod};

/// How long the container has to be up before it counts: the agent ends itself soon after its first poll is refused.
pub const SETTLE: std::time::Duration = std::time::Duration::from_secs(2);
/// The same for an agent that has ended before.
pub(super) const SETTLE_AFTER_RESTART: std::time::Duration = std::time::Duration::from_secs(10);

/// What is seen at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AgentState {
    /// The rollout is complete and every container is up.
    Up {
        /// Changes whenever a pod is replaced or a container restarts.
        fingerprint: String,
        /// Restarts of all containers together.
        restarts: i32,
        /// In words.
        observed: String,
        /// When the youngest container started, in seconds since 1970, as far as the node said it.
        started: Option<i64>,
    },
    /// Not up, in words.
    NotYet {
        /// In words: what the rollout waits for, and what each pod says.
        observed: String,
        /// A pod whose container ended, whose last log lines tell why.
        crashed: Option<String>,
    },
}

impl AgentState {
    /// What is seen, in words.
    pub fn observed(&self) -> String {
        match self {
            Self::Up { observed, .. } | Self::NotYet { observed, .. } => observed.clone(),
        }
    }
}

/// Judges what is there.
pub fn judge(deployment: Option<&Deployment>, pods: &[&Pod]) -> AgentState {
    let not_yet = |observed: String| AgentState::NotYet { observed, crashed: None };
    let Some(deployment) = deployment else { return not_yet("the Deployment is not there".to_owned()) };
    let wanted = deployment.spec.as_ref().and_then(|spec| spec.replicas).unwrap_or(1);
    if wanted == 0 {
        return not_yet("the Deployment is scaled to 0 replicas".to_owned());
    }
    let status = deployment.status.clone().unwrap_or_default();
    let pods: Vec<&Pod> = pods.iter().copied().filter(|pod| pod.metadata.deletion_timestamp.is_none()).collect();
    let mut said: Vec<String> = pods.iter().filter_map(|pod| complaint(pod)).collect();
    let crashed = pods.iter().find(|pod| has_crashed(pod)).and_then(|pod| pod.metadata.name.clone());
    let is_seen = status.observed_generation >= deployment.metadata.generation;
    let updated = status.updated_replicas.unwrap_or(0);
    let all = status.replicas.unwrap_or(0);
    let available = status.available_replicas.unwrap_or(0);
    let complete = is_seen && updated == wanted && all == updated && available == wanted;
    if complete && said.is_empty() && i32::try_from(pods.len()) == Ok(wanted) {
        return up(&pods);
    }
    for condition in status.conditions.iter().flatten() {
        let failing = (condition.type_ == "ReplicaFailure" && condition.status == "True")
            || (condition.type_ == "Progressing" && condition.status == "False");
        if let (true, Some(message)) = (failing, &condition.message) {
            said.insert(0, message.clone());
        }
    }
    if said.is_empty() {
        said.push(match pods.as_slice() {
            [] => "no pod yet".to_owned(),
            pods => {
                pods.iter().map(|pod| format!("pod {} is {}", name(pod), phase(pod))).collect::<Vec<_>>().join(", ")
            }
        });
    }
    AgentState::NotYet { observed: format!("{available} of {wanted} available; {}", said.join("; ")), crashed }
}

fn up(pods: &[&Pod]) -> AgentState {
    let mut fingerprint: Vec<String> = Vec::new();
    let mut restarts = 0;
    let mut started = None;
    for pod in pods {
        for container in containers(pod) {
            fingerprint.push(format!("{}/{}", pod.metadata.uid.as_deref().unwrap_or("?"), container.restart_count));
            restarts += container.restart_count;
            let running = container.state.as_ref().and_then(|state| state.running.as_ref());
            let at = running.and_then(|running| running.started_at.as_ref()).map(|time| time.0.as_second());
            started = started.max(at);
        }
    }
    fingerprint.sort();
    let names: Vec<_> = pods.iter().map(|pod| name(pod)).collect();
    let observed = format!(
        "pod{} {} running, {restarts} restart{}",
        if names.len() == 1 { "" } else { "s" },
        names.join(", "),
        if restarts == 1 { "" } else { "s" }
    );
    AgentState::Up { fingerprint: fingerprint.join(","), restarts, observed, started }
}

/// What is wrong with a pod, or what it waits for; nothing when it is up.
fn complaint(pod: &Pod) -> Option<String> {
    let name = name(pod);
    for container in containers(pod) {
        let state = container.state.clone().unwrap_or_default();
        if let Some(waiting) = state.waiting {
            let reason = waiting.reason.unwrap_or_else(|| "waiting".to_owned());
            let message = waiting.message.map(|message| format!(": {message}")).unwrap_or_default();
            let ended = last_end(container).map(|end| format!(" ({end})")).unwrap_or_default();
            return Some(format!("pod {name}: {reason}{message}{ended}"));
        }
        if let Some(ended) = state.terminated {
            let reason = ended.reason.unwrap_or_else(|| "ended".to_owned());
            return Some(format!(
                "pod {name}: {reason}, exit code {}, {} restarts",
                ended.exit_code, container.restart_count
            ));
        }
    }
    let conditions = pod.status.iter().filter_map(|status| status.conditions.as_ref()).flatten();
    for condition in conditions {
        if condition.type_ == "PodScheduled" && condition.status == "False" {
            let message = condition.message.clone().or(condition.reason.clone()).unwrap_or_default();
            return Some(format!("pod {name} can't be scheduled: {message}"));
        }
    }
    (containers(pod).count() == 0).then(|| format!("pod {name} is {}", phase(pod)))
}

fn last_end(container: &ContainerStatus) -> Option<String> {
    let ended = container.last_state.as_ref()?.terminated.as_ref()?;
    Some(format!("ended {} times, last with exit code {}", container.restart_count, ended.exit_code))
}

fn has_crashed(pod: &Pod) -> bool {
    containers(pod).any(|container| {
        let ended = |state: &Option<k8s_openapi::api::core::v1::ContainerState>| {
            state.as_ref().is_some_and(|state| state.terminated.is_some())
        };
        ended(&container.state)
            || (ended(&container.last_state) && container.state.as_ref().is_none_or(|state| state.running.is_none()))
    })
}

fn containers(pod: &Pod) -> impl Iterator<Item = &ContainerStatus> {
    pod.status.iter().filter_map(|status| status.container_statuses.as_ref()).flatten()
}

fn name(pod: &Pod) -> &str {
    pod.metadata.name.as_deref().unwrap_or("?")
}

fn phase(pod: &Pod) -> String {
    pod.status.as_ref().and_then(|status| status.phase.clone()).unwrap_or_else(|| "not started".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn deployment(status: Value) -> Deployment {
        serde_json::from_value(json!({
            "metadata": {"name": "agent", "generation": 2}, "spec": {"replicas": 1, "selector": {}, "template": {}}, "status": status,
        }))
        .unwrap()
    }

    fn pod(status: Value) -> Pod {
        serde_json::from_value(json!({"metadata": {"name": "agent-1", "uid": "u"}, "status": status})).unwrap()
    }

    const COMPLETE: &str = r#"{"observedGeneration": 2, "replicas": 1, "updatedReplicas": 1, "availableReplicas": 1}"#;

    #[test]
    fn a_complete_rollout_with_a_running_container_is_up() {
        let deployment = deployment(serde_json::from_str(COMPLETE).unwrap());
        let running = pod(json!({"phase": "Running", "containerStatuses": [{
            "name": "a", "image": "", "imageID": "", "ready": true, "restartCount": 0,
            "state": {"running": {"startedAt": "2026-01-01T00:00:00Z"}},
        }]}));
        let state = judge(Some(&deployment), &[&running]);
        assert!(matches!(&state, AgentState::Up { started: Some(1_767_225_600), .. }), "{state:?}");
    }

    #[test]
    fn a_rollout_that_nobody_saw_yet_is_not_up() {
        let deployment =
            deployment(json!({"observedGeneration": 1, "replicas": 1, "updatedReplicas": 1, "availableReplicas": 1}));
        assert!(matches!(judge(Some(&deployment), &[]), AgentState::NotYet { .. }));
    }

    #[test]
    fn a_crash_loop_names_the_pod_and_its_last_end() {
        let deployment = deployment(json!({"observedGeneration": 2, "replicas": 1, "updatedReplicas": 1}));
        let crashing = pod(json!({"phase": "Running", "containerStatuses": [{
            "name": "a", "image": "", "imageID": "", "ready": false, "restartCount": 3,
            "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 40s"}},
            "lastState": {"terminated": {"exitCode": 1}},
        }]}));
        let state = judge(Some(&deployment), &[&crashing]);
        assert!(matches!(&state, AgentState::NotYet { crashed: Some(pod), .. } if pod == "agent-1"));
        assert_eq!(
            state.observed(),
            "0 of 1 available; pod agent-1: CrashLoopBackOff: back-off 40s (ended 3 times, last with exit code 1)"
        );
    }

    #[test]
    fn a_pod_that_finds_no_node_says_what_the_scheduler_said() {
        let deployment = deployment(json!({"observedGeneration": 2, "replicas": 1, "updatedReplicas": 1}));
        let pending = pod(json!({"phase": "Pending", "conditions": [
            {"type": "PodScheduled", "status": "False", "message": "0/1 nodes are available"}
        ]}));
        assert_eq!(
            judge(Some(&deployment), &[&pending]).observed(),
            "0 of 1 available; pod agent-1 can't be scheduled: 0/1 nodes are available"
        );
    }
}
