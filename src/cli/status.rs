//! `status`: what is there, in a few lines.

use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::Pod;
use serde::Serialize;

use crate::access::Access;
use crate::cluster::{AgentState, Kind, ObjectRef, judge};
use crate::exit_code::ExitCode;
use crate::failure::Failure;
use crate::found::{Found, FoundKey, Seen};
use crate::interrupt::Interrupt;
use crate::keypair::PublicKey;
use crate::phase::Phase;
use crate::settings::{RELEASE_NAME, Settings};
use crate::terminal::Output;

use super::Call;
use super::session::{Session, gather};

/// What `status -o json` writes.
#[derive(Debug, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct StatusDocument {
    /// Always `runner-setup/status/v1`.
    #[schemars(extend("const" = "runner-setup/status/v1"))]
    pub schema: String,
    /// The organisation.
    pub org: String,
    /// The runner's id.
    pub runner_id: String,
    /// The cluster and its version.
    pub cluster: String,
    /// Whether the runner is registered, and as what.
    pub registration: String,
    /// The id of the key in the cluster: lower-case hex SHA-256 of the public key's 32 bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_id: Option<String>,
    /// Whether the key in the cluster is the registered one.
    pub key: String,
    /// Whether the agent runs.
    pub agent: String,
    /// Which environments get the runner.
    pub rules: Vec<String>,
}

/// Runs `status`.
pub(super) async fn run(call: &Call<'_>) -> Result<ExitCode, Failure> {
    let (answers, _) = gather(call).await?;
    let interrupt = Interrupt::default();
    interrupt.listen(|| {});
    // Who may assume a role in the cloud is no question of whether the runner is there.
    let phases = Phase::ALL.into_iter().filter(|phase| *phase != Phase::Identity).collect();
    let mut session = Session::open(call, &answers, phases, Access::ReadOnly, interrupt.clone()).await?;
    let found = tokio::select! {
        found = session.look(false) => found?,
        () = interrupt.pressed() => return Err(super::session::unchanged()),
    };
    let settings = &session.settled.settings;
    let document = describe(settings, &found);
    if call.terminal.output == Output::Human {
        let rules = if document.rules.is_empty() {
            "none: no environment gets this runner".to_owned()
        } else {
            document.rules.join(", ")
        };
        let lines = [
            format!("Runner        {} of organisation {}: {}", document.runner_id, document.org, document.registration),
            format!("Cluster       {}", document.cluster),
            format!("Key           {}", document.key),
            format!("Agent         {}", document.agent),
            format!("Rules         {rules}"),
        ];
        call.terminal.data(&lines.join("\n"));
    }
    call.terminal.document(&document);
    Ok(ExitCode::Done)
}

fn describe(settings: &Settings, found: &Found) -> StatusDocument {
    let runner = found.orchestrator.as_ref().and_then(|orchestrator| orchestrator.runner.as_ref());
    let registered =
        runner.and_then(|runner| PublicKey::from_pem(runner.runner_configuration.get("key")?.as_str()?).ok());
    let registration = match runner {
        Some(runner) => {
            let kind = runner.runner_configuration.get("type").and_then(|kind| kind.as_str()).unwrap_or("?");
            format!("registered as {kind}")
        }
        None => "not registered".to_owned(),
    };
    let rules = found.orchestrator.iter().flat_map(|orchestrator| &orchestrator.rules);
    let rules = rules
        .filter(|rule| rule.runner_id == settings.runner_id.as_str())
        .map(|rule| rule.target().to_string())
        .collect();
    StatusDocument {
        schema: "runner-setup/status/v1".to_owned(),
        org: settings.org.clone(),
        runner_id: settings.runner_id.to_string(),
        cluster: found.cluster.as_ref().map_or("not looked at".to_owned(), |cluster| {
            let version = cluster.version.as_deref().unwrap_or("version unknown");
            format!("{} at {}, {version}", cluster.context, cluster.server)
        }),
        registration,
        key_id: found.cluster.as_ref().and_then(|cluster| cluster.key.public()).map(PublicKey::key_id),
        key: key(found, registered.as_ref()),
        agent: agent(settings, found),
        rules,
    }
}

fn key(found: &Found, registered: Option<&PublicKey>) -> String {
    let Some(cluster) = &found.cluster else { return "not looked at".to_owned() };
    match (&cluster.key, registered) {
        (FoundKey::Usable(stored), Some(registered)) if stored == registered => {
            format!("the stored key is the registered one, id {}", stored.short_id())
        }
        (FoundKey::Usable(stored), Some(registered)) => {
            format!(
                "the stored key has id {}, the registered one {}: the agent is refused",
                stored.short_id(),
                registered.short_id()
            )
        }
        (FoundKey::Usable(stored), None) => format!("stored, id {}, not registered", stored.short_id()),
        (FoundKey::Missing, _) => format!("there is no {}", cluster.key_object),
        (FoundKey::Unusable { why }, _) => format!("{} holds no usable key: {why}", cluster.key_object),
        (FoundKey::Unknown(why), _) => format!("{} could not be looked at: {why}", cluster.key_object),
    }
}

fn agent(settings: &Settings, found: &Found) -> String {
    let Some(cluster) = &found.cluster else { return "not looked at".to_owned() };
    let object = ObjectRef::new(Kind::Deployment, settings.runner_namespace.as_str(), RELEASE_NAME);
    let deployment = match cluster.objects.get(&object) {
        Some(Seen::There(deployment)) => deployment,
        Some(Seen::Unknown(why)) => return format!("could not be looked at: {why}"),
        Some(Seen::Missing) | None => return "not installed".to_owned(),
    };
    let deployment: Option<Deployment> = serde_json::from_value(deployment.clone()).ok();
    let pods: Vec<Pod> = cluster.pods.iter().filter_map(|pod| serde_json::from_value(pod.clone()).ok()).collect();
    match judge(deployment.as_ref(), &pods.iter().collect::<Vec<_>>()) {
        AgentState::Up { observed, .. } => format!("runs: {observed}"),
        AgentState::NotYet { observed, .. } => format!("does not run: {observed}"),
    }
}
