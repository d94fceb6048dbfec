//! The agent's process: reads its key, polls, makes Jobs, and ends itself when it is not wanted.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use super::environment::Environment;
use super::kubelet::Container;
use super::pod::Pod;
use super::{Cluster, job, jwt, orchestrator_client};

const SAAS: &str = "https://api.humanitec.dev";

/// Plays an agent's container until its pod goes.
pub(super) async fn live(cluster: &Arc<Cluster>, pod: &Pod, name: &str) {
    let mut container = Container::new(cluster, pod, name);
    loop {
        let environment = container.prepare().await;
        container.start().await;
        container.say(r#"level=INFO msg="starting remote runner""#);
        // A process needs a moment between its start and its first words on the wire.
        tokio::time::sleep(Duration::from_millis(30)).await;
        let Err(reason) = run(cluster, pod, &container, &environment).await;
        container.say(&format!("level=ERROR msg=\"remote runner failed\" err={reason:?}"));
        container.crash().await;
    }
}

async fn run(
    cluster: &Arc<Cluster>,
    pod: &Pod,
    container: &Container<'_>,
    environment: &Environment,
) -> Result<Infallible, String> {
    let variable =
        |name: &str| environment.get(name).filter(|value| !value.is_empty()).ok_or(format!("{name} is not set"));
    let (org, runner) = (variable("ORG_ID")?, variable("RUNNER_ID")?);
    let jwt = jwt::sign(variable("PRIVATE_KEY")?, org, runner)?;
    let identity = cluster.connect_as(pod, container.name).await?;
    let url = orchestrator_client::base_url(variable("REMOTE_URL").map_or(SAAS, String::as_str))?;
    let client = orchestrator_client::client(cluster, pod, container.name, environment).await?;
    let poll = format!("{url}/orgs/{org}/remote-runners/{runner}/actions/poll-requests");
    container.say(r#"level=INFO msg="polling for messages""#);
    loop {
        let request = client.post(&poll).header("Authorization", format!("JWT {jwt}"));
        let answer = request.send().await.map_err(|error| format!("poll: {}", orchestrator_client::said(&error)))?;
        let status = answer.status().as_u16();
        let body = answer.text().await.map_err(|error| format!("poll: {}", orchestrator_client::said(&error)))?;
        match status {
            200 => {
                let message = serde_json::from_str(&body).map_err(|error| format!("poll: {error}"))?;
                container.say(r#"level=INFO msg="received a message""#);
                let order = job::Order { client: client.clone(), url: url.clone(), org: org.clone(), message };
                let said = order.carry_out(&identity).await;
                container.say(&said);
            }
            204 => {}
            other => return Err(format!("poll: unexpected status {other}: {body}")),
        }
    }
}
