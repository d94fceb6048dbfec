//! The job's process: keeps its state where it was told to, under its own rights, and reports.

use std::sync::Arc;
use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use super::environment::Environment;
use super::kubelet::Container;
use super::pod::Pod;
use super::{Cluster, orchestrator_client};
use crate::rest::{Refusal, Rest};

/// Plays a job's container from its start to its end.
pub(super) async fn live(cluster: &Arc<Cluster>, pod: &Pod, name: &str) {
    let mut container = Container::new(cluster, pod, name);
    let environment = container.prepare().await;
    container.start().await;
    container.say(r#"level=INFO msg="starting deployment""#);
    let result = run(cluster, pod, name, &environment).await;
    if let Err(reason) = &result {
        container.say(&format!("level=ERROR msg={reason:?}"));
    }
    // The Job's status is settled first, so that whoever hears of the end can look at it.
    container.finish(i32::from(result.is_err())).await;
    let _ = report(cluster, pod, name, &environment, &result).await;
}

async fn report(
    cluster: &Cluster,
    pod: &Pod,
    name: &str,
    environment: &Environment,
    result: &Result<(), String>,
) -> Result<(), String> {
    let variable = |name: &str| environment.get(name).map(String::as_str).unwrap_or_default();
    let url = orchestrator_client::base_url(variable("PLATFORM_ORCHESTRATOR_BASE_URL"))?;
    let client = orchestrator_client::client(cluster, pod, name, environment).await?;
    orchestrator_client::report(&client, &url, variable("ORG_ID"), variable("DEPLOYMENT_ID"), variable("TOKEN"), result)
        .await
}

async fn run(cluster: &Cluster, pod: &Pod, name: &str, environment: &Environment) -> Result<(), String> {
    let variable = |name: &str| environment.get(name).map(String::as_str).unwrap_or_default();
    let storage: Value =
        serde_json::from_str(variable("STATE_STORAGE")).map_err(|error| format!("state storage: {error}"))?;
    if storage["type"] != "kubernetes" {
        return Ok(());
    }
    let identity = cluster.connect_as(pod, name).await?;
    let namespace = storage["namespace"].as_str().unwrap_or_default();
    keep_state(&identity, namespace, variable("ENVIRONMENT_UUID"), variable("DEPLOYMENT_ID"))
        .await
        .map_err(|refusal| format!("state in namespace {namespace}: {}", refusal.message))
}

/// Locks, reads, writes and unlocks, as the Kubernetes backend of Terraform does.
async fn keep_state(identity: &Rest, namespace: &str, environment: &str, deployment: &str) -> Result<(), Refusal> {
    let secrets = format!("/api/v1/namespaces/{namespace}/secrets");
    let leases = format!("/apis/coordination.k8s.io/v1/namespaces/{namespace}/leases");
    let state_name = format!("tfstate-default-{environment}");
    let lease_name = format!("lock-{state_name}");
    let labels = json!({ "tfstate": "true", "tfstateSecretSuffix": environment, "tfstateWorkspace": "default", "app.kubernetes.io/managed-by": "terraform" });
    identity.get(&format!("{secrets}?labelSelector=tfstate=true")).await?;

    let mut lease = match identity.get(&format!("{leases}/{lease_name}")).await? {
        Some(lease) => lease,
        None => {
            let lease = json!({
                "apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
                "metadata": { "name": lease_name, "labels": labels }, "spec": {},
            });
            identity.post(&leases, &lease).await?
        }
    };
    lease["spec"]["holderIdentity"] = deployment.into();
    let mut lease = identity.put(&format!("{leases}/{lease_name}"), &lease).await?;

    let state =
        STANDARD.encode(json!({ "version": 4, "serial": 1, "lineage": deployment, "resources": [] }).to_string());
    match identity.get(&format!("{secrets}/{state_name}")).await? {
        Some(mut secret) => {
            secret["data"]["tfstate"] = state.into();
            identity.put(&format!("{secrets}/{state_name}"), &secret).await?;
        }
        None => {
            let secret = json!({
                "apiVersion": "v1", "kind": "Secret", "type": "Opaque",
                "metadata": { "name": state_name, "labels": labels }, "data": { "tfstate": state },
            });
            identity.post(&secrets, &secret).await?;
        }
    }
    tokio::time::sleep(Duration::from_millis(20)).await;
    lease["spec"]["holderIdentity"] = Value::Null;
    identity.put(&format!("{leases}/{lease_name}"), &lease).await?;
    Ok(())
}
