//! Carries out deletes: each only on what was looked at, each waited for until it is gone, and each as good the second time.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::apply::{Tools, interrupted};
use crate::change::{AsSeen, Stage};
use crate::cluster::{Cluster, ClusterError, Kind, ObjectRef, owner};
use crate::event::Event;
use crate::failure::{Failure, FailureKind};
use crate::orchestrator::{Deleted, Orchestrator};
use crate::plan::{listed, others};
use crate::standing::{contents, working};

/// The claim that something was deleted and nothing holds it up any more.
pub const GONE: &str = "gone";
/// The claim that a new look finds nothing more to take back.
pub const NOTHING_LEFT: &str = "nothing-left";
/// How often it is looked whether something is gone.
const LOOK_EVERY: Duration = Duration::from_millis(300);
/// How often a delete is tried again when the object changes all the time without becoming another one.
const TRIES: usize = 5;
/// What is said of something that was deleted by somebody else.
const GONE_ALREADY: &str = "was gone already";

/// What has to hold before a stage begins, besides that the stage before is done.
///
/// # Errors
/// A deployment that began after the look and before the agent stopped.
pub(crate) async fn before(stage: Stage, tools: &Tools<'_>) -> Result<(), Failure> {
    let (Stage::EndRights, Some(cluster)) = (stage, tools.cluster) else { return Ok(()) };
    // An agent that works until the end may have begun something meanwhile; now it can't any more.
    match working(cluster, tools.settings).await? {
        Ok(jobs) if !jobs.is_empty() && !tools.force => Err(Failure::new(
            FailureKind::Stopped,
            format!("a deployment began meanwhile, and would be cut off: Job {}", listed(&jobs)),
        )
        .hint("run the same command again when it is done, or with `--force`")),
        _ => Ok(()),
    }
}

/// Deletes a rule; answers what else is worth saying.
pub(crate) async fn delete_rule(id: &str, api: &Orchestrator, tools: &Tools<'_>) -> Result<String, Failure> {
    Ok(note(api.delete_rule(&tools.settings.org, id).await?))
}

/// Deletes the runner, unless somebody changed it since it was looked at.
pub(crate) async fn delete_runner(updated_at: &str, api: &Orchestrator, tools: &Tools<'_>) -> Result<String, Failure> {
    let (org, id) = (tools.settings.org.as_str(), tools.settings.runner_id.as_str());
    // The API has no preconditions: what can be had is to look once more right before.
    match api.runner(org, id).await? {
        None => Ok(GONE_ALREADY.to_owned()),
        Some(live) if live.updated_at != updated_at => Err(Failure::new(
            FailureKind::Stopped,
            format!("runner `{id}` was changed since it was looked at, and is not deleted"),
        )
        .hint("run the same command again: it looks anew")),
        Some(_) => Ok(note(api.delete_runner(org, id).await?)),
    }
}

fn note(deleted: Deleted) -> String {
    match deleted {
        Deleted::Now => String::new(),
        Deleted::Already => GONE_ALREADY.to_owned(),
    }
}

/// Deletes an object of the cluster and waits until it is gone, dependants included.
pub(crate) async fn delete_object(
    object: &ObjectRef,
    as_seen: &AsSeen,
    cluster: &Cluster,
    tools: &Tools<'_>,
) -> Result<String, Failure> {
    if object.kind == Kind::Namespace {
        refuse_unless_empty(object, cluster).await?;
    }
    let mut version = as_seen.version.clone();
    for _ in 0..TRIES {
        match cluster.delete(object, &as_seen.uid, &version).await {
            Ok(true) => return Ok(String::new()),
            Ok(false) => return until_gone(object, &as_seen.uid, cluster, tools).await,
            Err(error) if error.is_not_found() => return Ok(GONE_ALREADY.to_owned()),
            Err(error) if error.is_conflict() => {
                let Some(live) = cluster.metadata(object).await? else { return Ok(GONE_ALREADY.to_owned()) };
                let is_going = live.pointer("/metadata/deletionTimestamp").is_some();
                if is_going && AsSeen::of(&live).is_some_and(|now| now.uid == as_seen.uid) {
                    return until_gone(object, &as_seen.uid, cluster, tools).await;
                }
                version = still_the_same(object, as_seen, &live, &error)?;
            }
            Err(error) => return Err(error.into()),
        }
    }
    Err(Failure::new(FailureKind::Stopped, format!("{object} changes all the time, and is not deleted"))
        .hint("run the same command again"))
}

/// The version to delete now, when only its status changed: the controllers of a Deployment or a namespace write that
/// all the time. Anything else is a change that nobody agreed to delete.
fn still_the_same(object: &ObjectRef, as_seen: &AsSeen, live: &Value, error: &ClusterError) -> Result<String, Failure> {
    let writes_status = matches!(object.kind, Kind::Deployment | Kind::Namespace);
    let is_ours = owner::made_by_us(live) && owner::claimed_by(live).is_none();
    if let Some(now) = AsSeen::of(live)
        && now.uid == as_seen.uid
        && (now.version == as_seen.version || (writes_status && is_ours && now.generation == as_seen.generation))
    {
        return Ok(now.version);
    }
    Err(Failure::new(FailureKind::Stopped, format!("{object} was changed since it was looked at, and is not deleted"))
        .cause(error.to_string())
        .hint("run the same command again: it looks anew"))
}

/// What was put into a namespace since the look stays, and so does the namespace.
async fn refuse_unless_empty(object: &ObjectRef, cluster: &Cluster) -> Result<(), Failure> {
    let others = others(&contents(cluster, &object.name).await?, &[]);
    if others.is_empty() {
        return Ok(());
    }
    Err(Failure::new(FailureKind::Stopped, format!("{object} is not deleted: meanwhile it holds {}", listed(&others)))
        .hint("run the same command again: it looks anew"))
}

/// Waits until an object is gone, or another one has its name.
async fn until_gone(object: &ObjectRef, uid: &str, cluster: &Cluster, tools: &Tools<'_>) -> Result<String, Failure> {
    if object.kind == Kind::Namespace && !tools.settings.wait {
        return Ok("is being deleted, and not waited for".to_owned());
    }
    let deadline = Instant::now() + tools.settings.timeout;
    let mut said = String::new();
    loop {
        let Some(live) = cluster.metadata(object).await? else { return Ok(String::new()) };
        if live.pointer("/metadata/uid").and_then(Value::as_str) != Some(uid) {
            return Ok("another one has its name now".to_owned());
        }
        let observed = held_up_by(object, &live);
        if said != observed {
            said.clone_from(&observed);
            (tools.tell)(Event::Waiting { claim: GONE.to_owned(), observed: observed.clone() });
        }
        if Instant::now() >= deadline {
            let timeout = humantime::format_duration(tools.settings.timeout);
            return Err(Failure::new(FailureKind::Unreachable, format!("after {timeout}, {observed}"))
                .hint(held_up_hint(object))
                .hint("run the same command again to go on waiting, or with a longer `--timeout`"));
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK_EVERY) => {}
            () = tools.interrupt.pressed() => return Err(interrupted(&format!("while waiting: {observed}"))),
        }
    }
}

/// What an object waits for that is being deleted.
fn held_up_by(object: &ObjectRef, live: &Value) -> String {
    let finalizers = live.pointer("/metadata/finalizers").and_then(Value::as_array);
    let finalizers: Vec<&str> = finalizers.into_iter().flatten().filter_map(Value::as_str).collect();
    match (object.kind, finalizers.as_slice()) {
        (Kind::Namespace, _) => format!("{object} is being emptied"),
        (_, ["foregroundDeletion"]) => format!("{object} waits for its pods to end"),
        (_, finalizers) => format!("{object} is held up by {}", finalizers.join(", ")),
    }
}

fn held_up_hint(object: &ObjectRef) -> String {
    match object.kind {
        Kind::Namespace => {
            format!("kubectl get namespace {} -o jsonpath='{{.status.conditions}}'", object.name)
        }
        Kind::Deployment => format!("kubectl get pods -n {}", object.namespace),
        kind => format!(
            "kubectl get {} {} -n {} -o jsonpath='{{.metadata.finalizers}}'",
            kind.name().to_lowercase(),
            object.name,
            object.namespace
        ),
    }
}
