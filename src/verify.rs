//! Proves what was set up: the registered key is the stored one, the agent runs, a rule selects the runner.

use std::collections::BTreeSet;
use std::time::Duration;

use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::Pod;

use crate::apply::interrupted;
use crate::cloud::Cloud;
use crate::cluster::{AGENT_RUNNING, AgentState, Cluster, Kind, ObjectRef, Outcome, SETTLE, judge, wait_until_running};
use crate::event::{Event, Tell};
use crate::failure::{Failure, FailureKind};
use crate::found::{Found, Seen};
use crate::interrupt::Interrupt;
use crate::keypair::PublicKey;
use crate::orchestrator::Orchestrator;
use crate::phase::Phase;
use crate::plan::Plan;
use crate::result::Verified;
use crate::settings::{AwsIdentity, GcpIdentity, RELEASE_NAME, Settings};

mod google;
mod identity;

pub use google::{MAY_ACT, ROLES_GRANTED};
pub use identity::{ASSOCIATED, TOKEN_EXCHANGED};

/// What came of a check.
pub(crate) enum Observed {
    /// It holds, by what was seen.
    Pass(String),
    /// It could not be checked, and why.
    Unknown(String),
}

/// The sides that are asked.
pub struct Asked<'a> {
    /// The cluster.
    pub cluster: Option<&'a Cluster>,
    /// The Orchestrator.
    pub orchestrator: Option<&'a Orchestrator>,
    /// The cloud that the cluster is in.
    pub cloud: Option<&'a Cloud>,
}

/// The claim that the registered key is the stored one.
pub const KEY_REGISTERED: &str = "key-registered";

/// What the proof is about.
pub struct Proof<'a> {
    /// The settings.
    pub settings: &'a Settings,
    /// What was found before anything was changed.
    pub found: &'a Found,
    /// What was changed.
    pub plan: &'a Plan,
    /// The key that is stored.
    pub key: Option<&'a PublicKey>,
    /// The phases of this run.
    pub phases: &'a BTreeSet<Phase>,
}

/// Checks every claim that the phases of this run can check; a claim that does not hold is a failure too.
pub async fn verify(
    proof: &Proof<'_>,
    asked: &Asked<'_>,
    timeout: Duration,
    tell: &Tell,
    interrupt: &Interrupt,
) -> (Vec<Verified>, Option<Failure>) {
    let Asked { cluster, orchestrator, cloud } = *asked;
    let mut verified = Vec::new();
    let mut failure = None;
    let registers = proof.phases.contains(&Phase::Register);
    let installs = proof.phases.contains(&Phase::Install);
    let key_check = async {
        match orchestrator {
            Some(orchestrator) if registers => Some(key_registered(proof, orchestrator).await.map(Observed::Pass)),
            _ => None,
        }
    };
    let agent_check = async {
        match cluster {
            // An agent that is to have no pod is not waited for.
            Some(cluster) if installs && proof.settings.wait && proof.settings.agent.replicas != Some(0) => {
                Some(agent_running(proof, cluster, timeout, tell, interrupt).await.map(Observed::Pass))
            }
            _ => None,
        }
    };
    let identity_checks = async {
        tokio::select! {
            checked = identity(proof, cluster, cloud, timeout, tell) => checked,
            () = interrupt.pressed() => {
                let failure = interrupted("while the jobs' identity was proved");
                identity_claims(proof).into_iter().take(1).map(|claim| (claim, Err(failure.clone()))).collect()
            }
        }
    };
    let (key_check, agent_check, identity_checks) = futures::join!(key_check, agent_check, identity_checks);
    let mut checks: Vec<(&'static str, Option<Result<Observed, Failure>>)> = vec![(KEY_REGISTERED, key_check)];
    checks.extend(identity_checks.into_iter().map(|(claim, outcome)| (claim, Some(outcome))));
    checks.push((AGENT_RUNNING, agent_check));
    for (claim, outcome) in checks {
        let Some(outcome) = outcome else { continue };
        let (word, observed) = match outcome {
            Ok(Observed::Pass(observed)) => ("pass", observed),
            Ok(Observed::Unknown(why)) => ("unknown", why),
            Err(error) => {
                let observed = error.message.clone();
                failure.get_or_insert(error);
                ("fail", observed)
            }
        };
        tell(Event::Verified {
            claim: claim.to_owned(),
            pass: word == "pass",
            outcome: word.to_owned(),
            observed: observed.clone(),
        });
        verified.push(Verified { claim: claim.to_owned(), outcome: word.to_owned(), observed });
    }
    (verified, failure)
}

/// What a run that is about the jobs' identity proves of it.
fn identity_claims(proof: &Proof<'_>) -> Vec<&'static str> {
    let settings = proof.settings;
    let of_aws = settings.aws.as_ref().map(|aws| match aws.identity {
        AwsIdentity::Irsa => vec![TOKEN_EXCHANGED],
        AwsIdentity::PodIdentity => vec![ASSOCIATED],
        AwsIdentity::None => Vec::new(),
    });
    let of_google = settings.gcp.as_ref().map(|gcp| {
        let roles = (!gcp.roles.is_empty()).then_some(ROLES_GRANTED);
        match gcp.identity {
            GcpIdentity::ServiceAccount => [MAY_ACT].into_iter().chain(roles).chain([TOKEN_EXCHANGED]).collect(),
            GcpIdentity::Federation => roles.into_iter().chain([TOKEN_EXCHANGED]).collect(),
            GcpIdentity::None => Vec::new(),
        }
    });
    of_aws.or(of_google).unwrap_or_default()
}

/// The jobs' identity, when this run is about it.
async fn identity(
    proof: &Proof<'_>,
    cluster: Option<&Cluster>,
    cloud: Option<&Cloud>,
    timeout: Duration,
    tell: &Tell,
) -> Vec<(&'static str, Result<Observed, Failure>)> {
    if !proof.phases.contains(&Phase::Identity) {
        return Vec::new();
    }
    let (settings, found) = (proof.settings, proof.found);
    let claims = identity_claims(proof);
    match (cloud, &settings.aws, &found.aws, &settings.gcp, &found.gcp) {
        (Some(Cloud::Aws(client)), Some(aws), Some(seen), ..) => {
            let mut checked = Vec::new();
            for claim in claims {
                let outcome = match claim {
                    ASSOCIATED => identity::associated(proof, aws, seen, client).await,
                    _ => identity::token_exchanged(proof, aws, seen, client, cluster, timeout).await,
                };
                checked.push((claim, outcome));
            }
            checked
        }
        (Some(Cloud::Gcp(client)), _, _, Some(gcp), Some(seen)) => {
            let ground = google::Ground { proof, gcp, found: seen, client, tell };
            google::prove(&ground, &claims, cluster, timeout).await
        }
        _ => Vec::new(),
    }
}

/// Reads the registration back and compares its key with the stored one.
async fn key_registered(proof: &Proof<'_>, orchestrator: &Orchestrator) -> Result<String, Failure> {
    let id = proof.settings.runner_id.as_str();
    let unchanged = !proof.plan.changes().any(|(planned, _)| planned.phase == Phase::Register);
    let runner = match (&proof.found.orchestrator, unchanged) {
        // Nothing was changed: what was found is what is there.
        (Some(found), true) => found.runner.clone(),
        _ => orchestrator.runner(proof.settings.org.as_str(), id).await?,
    };
    let registered = runner
        .as_ref()
        .and_then(|runner| runner.runner_configuration.get("key")?.as_str())
        .and_then(|pem| PublicKey::from_pem(pem).ok());
    match (registered, proof.key) {
        (Some(registered), Some(key)) if registered == *key => {
            Ok(format!("runner `{id}` is registered with key id {}", key.key_id()))
        }
        (registered, key) => {
            let id_of = |key: Option<&PublicKey>| key.map_or("none".to_owned(), PublicKey::key_id);
            Err(Failure::new(
                FailureKind::Refused,
                format!(
                    "runner `{id}` is registered with key id {}, not with {}",
                    id_of(registered.as_ref()),
                    id_of(key)
                ),
            ))
        }
    }
}

/// The agent runs: by what was found when nothing changed and it has run long enough, else by waiting for it.
async fn agent_running(
    proof: &Proof<'_>,
    cluster: &Cluster,
    timeout: Duration,
    tell: &Tell,
    interrupt: &Interrupt,
) -> Result<String, Failure> {
    let namespace = proof.settings.runner_namespace.as_str();
    let untouched = !proof.plan.changes().any(|(planned, _)| planned.phase == Phase::Install);
    if untouched && let Some(observed) = runs_already(proof) {
        return Ok(observed);
    }
    match wait_until_running(cluster, namespace, timeout, tell, interrupt).await {
        Outcome::Running(observed) => Ok(observed),
        Outcome::NotAllowed(words) => Err(Failure::new(
            FailureKind::Refused,
            format!("the agent may not be watched, so nobody knows whether it runs: {words}"),
        )
        .hint("or do not wait: `--no-wait`")),
        Outcome::Interrupted(observed) => Err(interrupted(&format!("while waiting for the agent: {observed}"))),
        Outcome::TimedOut { observed, facts } => {
            let mut failure = Failure::new(
                FailureKind::Unreachable,
                format!("the agent does not run after {}: {observed}", humantime::format_duration(timeout)),
            );
            failure.causes = facts;
            let previous =
                if failure.causes.iter().any(|fact| fact.starts_with("log of")) { " --previous" } else { "" };
            Err(failure
                .hint(format!("kubectl logs -n {namespace} deployment/{RELEASE_NAME}{previous}"))
                .hint("run the same command again to go on waiting, or with a longer `--timeout`"))
        }
    }
}

fn runs_already(proof: &Proof<'_>) -> Option<String> {
    let cluster = proof.found.cluster.as_ref()?;
    let object = ObjectRef::new(Kind::Deployment, proof.settings.runner_namespace.as_str(), RELEASE_NAME);
    let Some(Seen::There(deployment)) = cluster.objects.get(&object) else { return None };
    let deployment: Deployment = serde_json::from_value(deployment.clone()).ok()?;
    let pods: Vec<Pod> = cluster.pods.iter().filter_map(|pod| serde_json::from_value(pod.clone()).ok()).collect();
    match judge(Some(&deployment), &pods.iter().collect::<Vec<_>>()) {
        AgentState::Up { started: Some(started), observed, restarts: 0, .. } => {
            let age = jiff::Timestamp::now().as_second() - started;
            // One second more than the settling time: the node's clock counts whole seconds.
            (age > i64::try_from(SETTLE.as_secs()).unwrap_or(i64::MAX)).then_some(observed)
        }
        _ => None,
    }
}
