//! Deployments: choosing a runner, queueing the message, taking the result.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use uuid::Uuid;

use super::Inside;
use super::answer::Answer;
use super::rules;
use super::state::{Org, USER, now};

/// How a deployment ended.
#[derive(Clone, Debug)]
pub struct Deployment {
    /// Its id, which is also the name of its Job.
    pub id: String,
    /// Whether it succeeded.
    pub succeeded: bool,
    /// Why it did not, or what the job said.
    pub message: String,
    /// The runner that was chosen.
    pub runner_id: Option<String>,
    /// Where the Job is.
    pub job_namespace: Option<String>,
}

/// What is remembered of a deployment.
pub(super) struct Record {
    document: Value,
    token: String,
    job_namespace: Option<String>,
}

/// Starts a deployment; one that no rule gives a runner is refused.
pub(super) fn create(org: &mut Org, base_url: &str, body: &Value) -> Answer {
    let text = |field: &str| body[field].as_str().unwrap_or_default().to_owned();
    let (project, env) = (text("project_id"), text("env_id"));
    let Some(environment) = org.envs.get(&(project.clone(), env.clone())).cloned() else {
        return Answer::bad(format!("environment '{env}' does not exist in project '{project}'"));
    };
    let assigned = environment["runner_id"].as_str().map(str::to_owned);
    let Some(runner_id) = assigned.or_else(|| rules::runner_for(org, &environment)) else {
        return Answer::conflict("no runner matches this environment: create a runner rule for it", json!({}));
    };
    let Some(runner) = org.runners.get(&runner_id) else {
        return Answer::conflict(format!("the environment's runner '{runner_id}' does not exist"), json!({}));
    };
    let configuration = &runner["runner_configuration"];
    if configuration["type"] != "kubernetes-agent" {
        return Answer::conflict("the stand-in serves runners of type kubernetes-agent alone", json!({}));
    }
    let (id, token) = (Uuid::new_v4().to_string(), Uuid::new_v4().simple().to_string());
    let namespace = configuration["job"]["namespace"].as_str().unwrap_or_default().to_owned();
    let message = json!({
        "action": "create-job",
        "job_id": id,
        "namespace": namespace,
        "deployment_token": token,
        "configuration": {
            "service_account": configuration["job"]["service_account"],
            "pod_template": configuration["job"].get("pod_template").cloned().unwrap_or_else(|| json!({})),
            "base_url": base_url,
            "mode": "deploy",
            "environment_uuid": environment["uuid"],
            "state_storage": runner["state_storage_configuration"],
        },
    });
    let document = json!({
        "org_id": org.id, "project_id": project, "env_id": env, "id": id, "created_at": now(), "created_by": USER,
        "mode": "deploy", "plan_only": false, "status": "in progress", "status_message": "queued", "runner_id": runner_id,
        "metrics": { "num_workloads": 0, "num_resource_nodes": 0 },
        "manifest": body.get("manifest").cloned().unwrap_or_else(|| json!({ "workloads": {} })),
    });
    org.envs.get_mut(&(project, env)).expect("it was just there")["runner_id"] = runner_id.clone().into();
    org.queues.entry(runner_id).or_default().push_back(message);
    org.deployments.insert(id, Record { document: document.clone(), token, job_namespace: Some(namespace) });
    Answer::json(201, document)
}

pub(super) fn read(org: &Org, id: &str) -> Answer {
    org.deployments
        .get(id)
        .map_or_else(|| Answer::missing("deployment", id), |it| Answer::json(200, it.document.clone()))
}

/// Takes what an agent or a job reports.
pub(super) fn finish(org: &mut Org, id: &str, token: &str, body: &Value) -> Answer {
    let Some(record) = org.deployments.get_mut(id) else {
        return Answer::missing("deployment", id);
    };
    if record.token != token {
        return Answer::refusal(401, "the deployment token is wrong", json!({}));
    }
    if record.document["status"] != "in progress" {
        return Answer::conflict("the deployment has ended already", json!({}));
    }
    let succeeded = body["status"] == "success";
    record.document["status"] = if succeeded { "succeeded" } else { "failed" }.into();
    let message = body["error"]["message"].as_str().unwrap_or("the job reported success");
    record.document["status_message"] = message.into();
    record.document["completed_at"] = now().into();
    Answer::empty()
}

/// Sends one deployment through and waits for its end.
pub(super) async fn run(inside: &Arc<Inside>, project: &str, env: &str, at_most: Duration) -> Deployment {
    let base_url = inside.base_url();
    let body = json!({ "mode": "deploy", "project_id": project, "env_id": env });
    let created = create(inside.state().main_mut(), &base_url, &body);
    let document = created.body.expect("a create has a body");
    if created.status != 201 {
        let message = document["message"].as_str().unwrap_or_default().to_owned();
        return Deployment { id: String::new(), succeeded: false, message, runner_id: None, job_namespace: None };
    }
    inside.pushed.notify_waiters();
    let id = document["id"].as_str().unwrap_or_default().to_owned();
    let deadline = Instant::now() + at_most;
    loop {
        let finished = inside.finished.notified();
        tokio::pin!(finished);
        finished.as_mut().enable();
        if let Some(ended) = inside.state().main().deployments.get(&id).and_then(Record::ended) {
            return ended;
        }
        if tokio::time::timeout_at(deadline.into(), finished).await.is_err() {
            let state = inside.state();
            let org = state.main();
            let runner = document["runner_id"].as_str().unwrap_or_default();
            let waiting =
                org.queues.get(runner).is_some_and(|queue| queue.iter().any(|it| it["job_id"] == id.as_str()));
            let message = if waiting { "no agent took the message" } else { "the job did not report in time" };
            let record = &org.deployments[&id];
            return Deployment { succeeded: false, message: message.to_owned(), ..record.deployment() };
        }
    }
}

impl Record {
    fn deployment(&self) -> Deployment {
        let text = |field: &str| self.document[field].as_str().unwrap_or_default().to_owned();
        Deployment {
            id: text("id"),
            succeeded: self.document["status"] == "succeeded",
            message: text("status_message"),
            runner_id: Some(text("runner_id")),
            job_namespace: self.job_namespace.clone(),
        }
    }

    fn ended(&self) -> Option<Deployment> {
        (self.document["status"] != "in progress").then(|| self.deployment())
    }
}
