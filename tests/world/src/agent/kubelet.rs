//! The kubelet's part in a pod's life: its status, its events, its image.

use std::time::Duration;

use serde_json::{Value, json};
use uuid::Uuid;

use super::Cluster;
use super::environment::{self, Environment};
use super::pod::Pod;

/// What a container is doing.
#[derive(Clone, Debug)]
pub(super) enum State {
    Waiting { reason: &'static str, message: String },
    Running,
    Ended { code: i32 },
}

/// One of our containers on its node.
pub(super) struct Container<'a> {
    pub(super) cluster: &'a Cluster,
    pub(super) pod: &'a Pod,
    pub(super) name: &'a str,
    pub(super) restarts: u32,
    pub(super) started_at: String,
    pub(super) last_end: Option<Value>,
}

impl<'a> Container<'a> {
    pub(super) fn new(cluster: &'a Cluster, pod: &'a Pod, name: &'a str) -> Self {
        Self { cluster, pod, name, restarts: 0, started_at: now(), last_end: None }
    }

    /// Pulls the image and resolves the environment, however long that takes.
    pub(super) async fn prepare(&mut self) -> Environment {
        let image = self.pod.container(self.name)["image"].as_str().unwrap_or_default().to_owned();
        if image.contains("no-such-image") {
            self.fail_to_pull(&image).await;
        }
        if image.contains("slow-start") {
            let message = String::new();
            self.show(&State::Waiting { reason: "ContainerCreating", message }).await;
            tokio::time::sleep(Duration::from_secs(3)).await;
        }
        let mut told = String::new();
        loop {
            match environment::resolve(self.cluster, self.pod, self.name).await {
                Ok(environment) => return environment,
                Err(message) => {
                    if message != told {
                        told.clone_from(&message);
                        self.event("Warning", "Failed", &format!("Error: {message}")).await;
                        self.show(&State::Waiting { reason: "CreateContainerConfigError", message }).await;
                    }
                    tokio::time::sleep(Duration::from_millis(500)).await;
                }
            }
        }
    }

    /// Starts the container's process.
    pub(super) async fn start(&mut self) {
        self.started_at = now();
        self.cluster.logs.begin(self.pod.uid(), self.pod.namespace(), self.pod.name(), self.name);
        self.show(&State::Running).await;
        self.event("Normal", "Started", &format!("Started container {}", self.name)).await;
    }

    /// Writes one line of the container's output.
    pub(super) fn say(&self, line: &str) {
        self.cluster.logs.write(self.pod.uid(), self.name, line);
    }

    /// Shows a process that died, then waits as long as the kubelet would; the first restart is at once.
    pub(super) async fn crash(&mut self) {
        self.last_end = Some(self.end(1));
        self.show(&State::Ended { code: 1 }).await;
        self.restarts += 1;
        if self.restarts == 1 {
            return;
        }
        let pause = Duration::from_secs(1 << (self.restarts - 2).min(6));
        let message = format!(
            "back-off {pause:?} restarting failed container={} pod={}_{}({})",
            self.name,
            self.pod.name(),
            self.pod.namespace(),
            self.pod.uid()
        );
        let text = format!("Back-off restarting failed container {} in pod {}", self.name, self.pod.name());
        self.show(&State::Waiting { reason: "CrashLoopBackOff", message }).await;
        self.event("Warning", "BackOff", &text).await;
        tokio::time::sleep(pause).await;
    }

    /// Shows a pod whose work is done.
    pub(super) async fn finish(&mut self, code: i32) {
        self.show(&State::Ended { code }).await;
    }

    async fn fail_to_pull(&mut self, image: &str) -> ! {
        let short = "Error: ErrImagePull";
        let long = format!("Failed to pull image \"{image}\": failed to resolve reference \"{image}\": not found");
        self.event("Warning", "Failed", &long).await;
        self.event("Warning", "Failed", short).await;
        self.show(&State::Waiting { reason: "ErrImagePull", message: long }).await;
        tokio::time::sleep(Duration::from_millis(300)).await;
        let message = format!("Back-off pulling image \"{image}\"");
        self.event("Normal", "BackOff", &message).await;
        self.event("Warning", "Failed", "Error: ImagePullBackOff").await;
        self.show(&State::Waiting { reason: "ImagePullBackOff", message }).await;
        std::future::pending().await
    }

    async fn event(&self, kind: &str, reason: &str, message: &str) {
        let (namespace, name) = (self.pod.namespace(), self.pod.name());
        let event = json!({
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": { "name": format!("{name}.{}", Uuid::new_v4().simple()), "namespace": namespace },
            "involvedObject": {
                "apiVersion": "v1", "kind": "Pod", "namespace": namespace, "name": name, "uid": self.pod.uid(),
                "fieldPath": format!("spec.containers{{{}}}", self.name),
            },
            "type": kind, "reason": reason, "message": message, "count": 1,
            "firstTimestamp": now(), "lastTimestamp": now(),
            "source": { "component": "kubelet", "host": "kwok-0" }, "reportingComponent": "kubelet", "reportingInstance": "kwok-0",
        });
        let _ = self.cluster.admin.post(&format!("/api/v1/namespaces/{namespace}/events"), &event).await;
    }
}

/// Returns the time as Kubernetes writes it: whole seconds.
pub(super) fn now() -> String {
    jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
