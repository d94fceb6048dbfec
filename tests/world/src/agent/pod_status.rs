//! A pod's status, as the kubelet writes it.

use serde_json::{Value, json};

use super::kubelet::{Container, State, now};

impl Container<'_> {
    /// Writes the pod's status with this container in this state, and all others running.
    pub(super) async fn show(&self, state: &State) {
        let is_running = matches!(state, State::Running);
        let restart_never = self.pod.spec()["restartPolicy"] == "Never";
        let phase = match state {
            State::Ended { code: 0 } if restart_never => "Succeeded",
            State::Ended { .. } if restart_never => "Failed",
            State::Waiting { .. } if self.restarts == 0 => "Pending",
            _ => "Running",
        };
        let ready = if is_running { "True" } else { "False" };
        let condition = |name: &str, status: &str| {
            let mut condition = json!({ "type": name, "status": status, "lastTransitionTime": now() });
            if status == "False" {
                condition["reason"] = "ContainersNotReady".into();
                condition["message"] = format!("containers with unready status: [{}]", self.name).into();
            }
            condition
        };
        let statuses: Vec<Value> = self.pod.containers().map(|it| self.container_status(it, state)).collect();
        let status = json!({ "status": {
            "phase": phase,
            "startTime": self.started_at,
            "hostIP": "127.0.0.1",
            "podIP": "10.244.0.2",
            "podIPs": [{ "ip": "10.244.0.2" }],
            "conditions": [
                condition("PodScheduled", "True"), condition("Initialized", "True"),
                condition("ContainersReady", ready), condition("Ready", ready),
            ],
            "containerStatuses": statuses,
        } });
        let _ = self.cluster.admin.merge(&format!("{}/status", self.pod.path()), &status).await;
    }

    fn container_status(&self, container: &Value, state: &State) -> Value {
        let is_ours = container["name"] == self.name;
        let state = if is_ours { state } else { &State::Running };
        let running = matches!(state, State::Running);
        let shown = match state {
            State::Waiting { reason, message } => {
                json!({ "waiting": { "reason": reason, "message": message } })
            }
            State::Running => json!({ "running": { "startedAt": self.started_at } }),
            State::Ended { code } => json!({ "terminated": self.end(*code) }),
        };
        let mut status = json!({
            "name": container["name"], "image": container["image"], "imageID": "", "ready": running, "started": running,
            "restartCount": if is_ours { self.restarts } else { 0 }, "state": shown,
        });
        if let Some(end) = self.last_end.as_ref().filter(|_| is_ours) {
            status["lastState"] = json!({ "terminated": end });
        }
        status
    }

    /// Returns the end of the container's present life.
    pub(super) fn end(&self, code: i32) -> Value {
        let reason = if code == 0 { "Completed" } else { "Error" };
        json!({ "exitCode": code, "reason": reason, "startedAt": self.started_at, "finishedAt": now() })
    }
}
