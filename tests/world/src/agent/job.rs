//! What an agent does with a message: it creates the Job, under its own rights, and says why one does not start.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::merge::merge;
use super::orchestrator_client;
use crate::rest::{Refusal, Rest};

const TIME_TO_START: Duration = Duration::from_secs(5);
const IMAGE: &str = "ghcr.io/humanitec/humanitec-runner:latest";

/// A message, and how to answer it.
pub(super) struct Order {
    pub(super) client: reqwest::Client,
    pub(super) url: String,
    pub(super) org: String,
    pub(super) message: Value,
}

impl Order {
    /// Creates the Job and returns a line for the log; its start is watched in the background.
    pub(super) async fn carry_out(self, identity: &Rest) -> String {
        let path = format!("/apis/batch/v1/namespaces/{}/jobs", self.text("namespace"));
        let id = self.text("job_id").to_owned();
        match identity.post(&path, &self.job()).await {
            Ok(_) => {
                let identity = identity.clone();
                tokio::spawn(async move { self.watch(&identity).await });
                format!("level=INFO msg=\"created job\" job={id}")
            }
            Err(refusal) => {
                let reason = format!("failed to create job: {}", refusal.message);
                self.report_failure(&reason).await;
                format!("level=ERROR msg={reason:?} job={id}")
            }
        }
    }

    fn text(&self, field: &str) -> &str {
        self.message[field].as_str().unwrap_or_default()
    }

    fn job(&self) -> Value {
        let configuration = &self.message["configuration"];
        let variable = |name: &str, value: &str| json!({ "name": name, "value": value });
        let text = |field: &str| configuration[field].as_str().unwrap_or_default();
        let mut template = json!({
            "metadata": { "labels": { "app.kubernetes.io/managed-by": "humanitec" } },
            "spec": {
                "serviceAccountName": text("service_account"),
                "restartPolicy": "Never",
                "containers": [{
                    "name": "main",
                    "image": IMAGE,
                    "env": [
                        variable("ORG_ID", &self.org),
                        variable("DEPLOYMENT_ID", self.text("job_id")),
                        variable("MODE", text("mode")),
                        variable("TOKEN", self.text("deployment_token")),
                        variable("PLATFORM_ORCHESTRATOR_BASE_URL", text("base_url")),
                        variable("ENVIRONMENT_UUID", text("environment_uuid")),
                        variable("STATE_STORAGE", &configuration["state_storage"].to_string()),
                    ],
                }],
            },
        });
        merge(&mut template, &configuration["pod_template"]);
        json!({
            "apiVersion": "batch/v1",
            "kind": "Job",
            "metadata": { "name": self.text("job_id"), "namespace": self.text("namespace") },
            "spec": { "backoffLimit": 0, "ttlSecondsAfterFinished": 3600, "template": template },
        })
    }

    /// Waits for the Job's pod; reads pods and warning events to say why it does not run.
    async fn watch(self, identity: &Rest) {
        let deadline = Instant::now() + TIME_TO_START;
        loop {
            let pods = self.pods(identity).await;
            let has_started =
                |pod: &Value| matches!(pod["status"]["phase"].as_str(), Some("Running" | "Succeeded" | "Failed"));
            if pods.as_ref().is_ok_and(|pods| pods.iter().any(has_started)) {
                return;
            }
            if Instant::now() > deadline {
                let why = match pods {
                    Err(refusal) => refusal.message,
                    Ok(pods) => self.why(identity, &pods).await,
                };
                self.report_failure(&format!("the job did not start in time: {why}")).await;
                return;
            }
            tokio::time::sleep(Duration::from_millis(250)).await;
        }
    }

    async fn pods(&self, identity: &Rest) -> Result<Vec<Value>, Refusal> {
        let (namespace, id) = (self.text("namespace"), self.text("job_id"));
        let path = format!("/api/v1/namespaces/{namespace}/pods?labelSelector=batch.kubernetes.io/job-name={id}");
        Ok(items(identity.get(&path).await?))
    }

    async fn why(&self, identity: &Rest, pods: &[Value]) -> String {
        let waiting = |pod: &Value| pod.pointer("/status/containerStatuses/0/state/waiting").cloned();
        if let Some(waiting) = pods.iter().find_map(waiting) {
            let text = |field: &str| waiting[field].as_str().unwrap_or_default().to_owned();
            return format!("{}: {}", text("reason"), text("message"));
        }
        let path = format!("/api/v1/namespaces/{}/events?fieldSelector=type=Warning", self.text("namespace"));
        match identity.get(&path).await {
            Err(refusal) => refusal.message,
            Ok(list) => {
                let of_ours = |event: &&Value| {
                    event["involvedObject"]["name"].as_str().is_some_and(|name| name.starts_with(self.text("job_id")))
                };
                let events = items(list);
                let last = events.iter().rfind(of_ours).and_then(|event| event["message"].as_str());
                last.unwrap_or("no warning events").to_owned()
            }
        }
    }

    async fn report_failure(&self, reason: &str) {
        let (id, token) = (self.text("job_id"), self.text("deployment_token"));
        let result = Err(reason.to_owned());
        let _ = orchestrator_client::report(&self.client, &self.url, &self.org, id, token, &result).await;
    }
}

fn items(list: Option<Value>) -> Vec<Value> {
    list.and_then(|mut list| list["items"].as_array_mut().map(std::mem::take)).unwrap_or_default()
}
