//! Stand-ins for the agent and its jobs: one controller that plays every pod of theirs in the cluster.
//!
//! A pod whose container runs `/opt/runner/runner remote` becomes an agent, one with the variable `DEPLOYMENT_ID` a job.
//! They know what the pod says, as the API server holds it, and act under the pod's own service account, so that
//! real RBAC decides. The part of the kubelet is played too: image pulls, configuration errors, crash loops, logs.

mod environment;
mod job;
mod job_pod;
mod jwt;
mod kubelet;
mod logs;
mod merge;
mod orchestrator_client;
mod pod;
mod pod_status;
mod remote;

use std::collections::HashMap;
use std::sync::Arc;

use futures::StreamExt as _;
use k8s_openapi::api::core::v1::Pod as TypedPod;
use kube::Api;
use kube::runtime::watcher::{self, Event, watcher};
use tokio::task::JoinHandle;

pub(crate) use logs::Logs;

use crate::kubeconfig::{self, Credential};
use crate::rest::{Refusal, Rest};
use pod::{Part, Pod};

/// What every stand-in needs of the cluster it is in.
#[derive(Clone)]
pub(crate) struct Cluster {
    /// The world's own administrator, who plays the kubelet.
    pub(crate) admin: Rest,
    /// The API server's URL.
    pub(crate) server: String,
    /// The certificate of the API server's authority.
    pub(crate) authority: String,
    /// The lines of all containers.
    pub(crate) logs: Logs,
}

impl Cluster {
    /// Connects as the service account of a pod; without a mounted token there is nothing to connect with.
    async fn connect_as(&self, pod: &Pod, container: &str) -> Result<Rest, String> {
        if !pod.has_token(container) {
            return Err("unable to load in-cluster configuration: open /var/run/secrets/kubernetes.io/serviceaccount/token: no such file or directory".to_owned());
        }
        let token = self.token(pod).await.map_err(|refusal| format!("no token for the pod: {refusal}"))?;
        let document = kubeconfig::document("pod", &self.server, &self.authority, &Credential::Token(&token));
        Ok(Rest::from_kubeconfig(&document).await)
    }

    async fn token(&self, pod: &Pod) -> Result<String, Refusal> {
        let path = format!("/api/v1/namespaces/{}/serviceaccounts/{}/token", pod.namespace(), pod.service_account());
        let bound = serde_json::json!({ "apiVersion": "v1", "kind": "Pod", "name": pod.name(), "uid": pod.uid() });
        let request = serde_json::json!({
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "TokenRequest",
            "spec": { "expirationSeconds": 3607, "boundObjectRef": bound },
        });
        let answer = self.admin.post(&path, &request).await?;
        Ok(answer["status"]["token"].as_str().unwrap_or_default().to_owned())
    }
}

/// Plays agents and jobs until the process ends.
pub(crate) async fn play(cluster: Cluster) {
    let cluster = Arc::new(cluster);
    let pods: Api<TypedPod> = Api::all(cluster.admin.client());
    let mut events = std::pin::pin!(watcher(pods, watcher::Config::default()));
    let mut playing: HashMap<String, JoinHandle<()>> = HashMap::new();
    while let Some(event) = events.next().await {
        match event {
            Ok(Event::Apply(pod) | Event::InitApply(pod)) => consider(&cluster, &mut playing, Pod::from(&pod)),
            Ok(Event::Delete(pod)) => stop(&mut playing, Pod::from(&pod).uid()),
            Ok(Event::Init | Event::InitDone) => {}
            Err(_) => tokio::time::sleep(std::time::Duration::from_millis(200)).await,
        }
    }
}

fn consider(cluster: &Arc<Cluster>, playing: &mut HashMap<String, JoinHandle<()>>, pod: Pod) {
    let Some(part) = pod.part() else { return };
    if pod.is_leaving() {
        stop(playing, pod.uid());
        return;
    }
    if !pod.is_scheduled() || pod.has_finished() || playing.contains_key(pod.uid()) {
        return;
    }
    let cluster = Arc::clone(cluster);
    let uid = pod.uid().to_owned();
    let task = match part {
        Part::Agent(container) => tokio::spawn(async move { remote::live(&cluster, &pod, &container).await }),
        Part::Job(container) => tokio::spawn(async move { job_pod::live(&cluster, &pod, &container).await }),
    };
    playing.insert(uid, task);
}

fn stop(playing: &mut HashMap<String, JoinHandle<()>>, uid: &str) {
    if let Some(task) = playing.remove(uid) {
        task.abort();
    }
}
