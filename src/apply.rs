//! Carries out a plan, stage by stage; every change can be made twice, so a run that died is finished by running again.

use std::borrow::Cow;
use std::sync::atomic::{AtomicUsize, Ordering};

use base64::Engine;
use futures::future::join_all;
use serde_json::{Value, json};

use crate::change::{Change, Planned, Stage};
use crate::cloud::Cloud;
use crate::cloud::azure::settings::AzureSettings;
use crate::cluster::{Cluster, ClusterError, DryRun, ObjectRef, owner};
use crate::event::{Event, Tell};
use crate::failure::{Failure, FailureKind};
use crate::found::FoundKey;
use crate::interrupt::Interrupt;
use crate::keypair::{PrivateKey, PublicKey};
use crate::lent::Lent;
use crate::look::read_key;
use crate::orchestrator::{Orchestrator, OrchestratorError};
use crate::plan::{CLIENT_ID_ANNOTATION, PENDING_CLIENT_ID, Plan, with_key};
use crate::registration::{self, Comparison};
use crate::settings::Settings;
use crate::take_back;

/// What the changes are made with.
pub struct Tools<'a> {
    /// The settings.
    pub settings: &'a Settings,
    /// Keys and credentials.
    pub lent: &'a Lent,
    /// The cluster, open for writing.
    pub cluster: Option<&'a Cluster>,
    /// The Orchestrator, open for writing.
    pub orchestrator: Option<&'a Orchestrator>,
    /// The cloud, open for writing.
    pub cloud: Option<&'a Cloud>,
    /// Where events go.
    pub tell: Tell,
    /// Whether to stop.
    pub interrupt: Interrupt,
    /// Deployments that are going on are no reason to stop taking back.
    pub force: bool,
    /// For the crash test: end the process after so many changes.
    pub die_after: Option<usize>,
}

/// How far a run came.
#[derive(Debug)]
pub struct Applied {
    /// For each line of the plan, how it went, in the same order.
    pub statuses: Vec<Status>,
    /// The runner's key.
    pub key: Option<PublicKey>,
    /// What stopped the run, if anything did.
    pub failure: Option<Failure>,
}

/// How one line of the plan went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Not begun.
    Pending,
    /// Done, or as it should be already.
    Done,
    /// Failed.
    Failed,
    /// Not looked at, so nothing was done.
    Skipped,
}

impl Status {
    /// The word in results.
    pub fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
        }
    }
}

/// Carries out the plan. Everything within a stage goes on at the same time; the first failure ends the run after its
/// stage.
pub async fn apply(plan: &Plan, tools: &Tools<'_>) -> Applied {
    let mut statuses: Vec<Status> = plan
        .planned
        .iter()
        .map(|planned| match (&planned.change, planned.unseen) {
            (Some(_), _) => Status::Pending,
            (None, true) => Status::Skipped,
            (None, false) => Status::Done,
        })
        .collect();
    let mut key = plan.key.clone();
    let mut failure: Option<Failure> = None;
    let finished = AtomicUsize::new(0);
    for stage in Stage::ALL {
        let now: Vec<usize> = (0..plan.planned.len())
            .filter(|index| plan.planned[*index].change.as_ref().is_some_and(|change| change.stage() == stage))
            .collect();
        if now.is_empty() {
            continue;
        }
        if tools.interrupt.is_set() {
            let next = &plan.planned[now[0]];
            failure.get_or_insert_with(|| interrupted(&format!("before: {} {}", next.action.word(), next.object)));
        }
        if failure.is_some() {
            break;
        }
        if let Err(reason) = take_back::before(stage, tools).await {
            failure = Some(reason);
            break;
        }
        let known = key.clone();
        let results =
            join_all(now.iter().map(|index| carry_out(&plan.planned[*index], known.as_ref(), tools, &finished))).await;
        for (index, result) in now.into_iter().zip(results) {
            match result {
                Ok(made) => {
                    statuses[index] = Status::Done;
                    key = made.or(key);
                }
                Err(error) => {
                    statuses[index] = Status::Failed;
                    failure = Some(match failure.take() {
                        Some(first) => first.cause(format!("{}: {}", plan.planned[index].object, error.message)),
                        None => error,
                    });
                }
            }
        }
    }
    Applied { statuses, key, failure }
}

/// The failure of a run that Ctrl-C stopped, with the place where it did.
pub fn interrupted(place: &str) -> Failure {
    Failure::new(FailureKind::Interrupted, format!("interrupted {place}"))
        .hint("run the same command again to go on from here")
}

/// One change, with its events. Answers the key when it was made or found here.
async fn carry_out(
    planned: &Planned,
    key: Option<&PublicKey>,
    tools: &Tools<'_>,
    finished: &AtomicUsize,
) -> Result<Option<PublicKey>, Failure> {
    let Some(change) = &planned.change else { return Ok(None) };
    let (object, action) = (planned.object.clone(), planned.action);
    (tools.tell)(Event::Started { object: object.clone(), action });
    let result = make(change, key, tools).await;
    match &result {
        Ok(made) => {
            let note = made.note.clone();
            (tools.tell)(Event::Done { object, action, note });
            let count = finished.fetch_add(1, Ordering::SeqCst) + 1;
            if tools.die_after == Some(count) {
                // The crash test: no destructor, no flush, no goodbye.
                std::process::abort();
            }
        }
        Err(error) => {
            let message =
                error.causes.first().map_or(error.message.clone(), |cause| format!("{}: {cause}", error.message));
            (tools.tell)(Event::Failed { object, action, message });
        }
    }
    result.map(|made| made.key)
}

/// What came of one change.
#[derive(Default)]
struct Made {
    key: Option<PublicKey>,
    note: String,
}

impl Made {
    fn noted(note: String) -> Self {
        Self { key: None, note }
    }
}

async fn make(change: &Change, key: Option<&PublicKey>, tools: &Tools<'_>) -> Result<Made, Failure> {
    let org = tools.settings.org.as_str();
    match change {
        Change::Aws(change) => {
            let client = tools.cloud.and_then(Cloud::aws);
            client.ok_or_else(|| bug("a change in AWS without a connection"))?.apply(change).await?;
            Ok(Made::default())
        }
        Change::Gcp(change) => {
            let client = tools.cloud.and_then(Cloud::gcp);
            client.ok_or_else(|| bug("a change in Google Cloud without a connection"))?.apply(change).await?;
            Ok(Made::default())
        }
        Change::Azure(change) => {
            let client = tools.cloud.and_then(Cloud::azure);
            client.ok_or_else(|| bug("a change in Azure without a connection"))?.apply(change).await?;
            Ok(Made::default())
        }
        Change::ApplyObject { object, manifest, conflicts } => {
            let manifest = &with_client_id(manifest, tools).await?;
            cluster(tools)?.apply(object, manifest, *conflicts, DryRun::No).await.map_err(moved)?;
            Ok(Made::default())
        }
        Change::StoreKey { object, data_key } => store_key(object, data_key, tools).await,
        Change::StorePullSecret { object, conflicts } => {
            let content = tools.lent.pull_secret.as_ref().ok_or_else(|| bug("a pull secret without content"))?;
            let manifest = pull_secret(object, &content.docker_config);
            cluster(tools)?.apply(object, &manifest, *conflicts, DryRun::No).await.map_err(moved)?;
            Ok(Made::default())
        }
        Change::RegisterRunner { body } => {
            let key = key.ok_or_else(|| bug("a registration without a key"))?;
            register(&with_key(body, key), key, tools).await
        }
        Change::PatchRunner { patch } => {
            orchestrator(tools)?.patch_runner(org, tools.settings.runner_id.as_str(), patch).await?;
            Ok(Made::default())
        }
        Change::CreateRule { target } => {
            let made = orchestrator(tools)?.create_rule(org, tools.settings.runner_id.as_str(), target).await;
            match made {
                Ok(_) => Ok(Made::default()),
                Err(OrchestratorError::Exists { .. }) => {
                    Ok(Made { note: "was there already".to_owned(), ..Made::default() })
                }
                Err(error) => Err(error.into()),
            }
        }
        Change::DeleteObject { object, as_seen, .. } => {
            take_back::delete_object(object, as_seen, cluster(tools)?, tools).await.map(Made::noted)
        }
        Change::DeleteRule { id } => take_back::delete_rule(id, orchestrator(tools)?, tools).await.map(Made::noted),
        Change::DeleteRunner { updated_at } => {
            take_back::delete_runner(updated_at, orchestrator(tools)?, tools).await.map(Made::noted)
        }
    }
}

/// Puts in the client id of a managed identity that this run has created: nobody knew it when the plan was made.
async fn with_client_id<'m>(manifest: &'m Value, tools: &Tools<'_>) -> Result<Cow<'m, Value>, Failure> {
    let annotation = |value: &Value| value.get("metadata")?.get("annotations")?.get(CLIENT_ID_ANNOTATION).cloned();
    if annotation(manifest).is_none_or(|value| value != PENDING_CLIENT_ID) {
        return Ok(Cow::Borrowed(manifest));
    }
    let client =
        tools.cloud.and_then(Cloud::azure).ok_or_else(|| bug("an account for an identity without a connection"))?;
    let azure = tools.settings.azure.as_ref().and_then(AzureSettings::identity_id);
    let id = azure.ok_or_else(|| bug("an account for an identity that nobody named"))?;
    let mut manifest = manifest.clone();
    manifest["metadata"]["annotations"][CLIENT_ID_ANNOTATION] = json!(client.client_id_of(&id).await?);
    Ok(Cow::Owned(manifest))
}

/// Creates the key Secret. If somebody was faster, theirs is read and used.
async fn store_key(object: &ObjectRef, data_key: &str, tools: &Tools<'_>) -> Result<Made, Failure> {
    let cluster = cluster(tools)?;
    let made;
    let key = match &tools.lent.private_key {
        Some(given) => given,
        None => {
            made = PrivateKey::generate()?;
            &made
        }
    };
    match cluster.create(object, &key_secret(object, data_key, &key.expose_pem()), DryRun::No).await {
        Ok(_) => Ok(Made { key: Some(key.public()), note: String::new() }),
        Err(error) if error.is_conflict() => {
            let refuse = |message: String| Err(Failure::new(FailureKind::Refused, message));
            match read_key(cluster, object, data_key).await? {
                FoundKey::Usable(theirs) => match &tools.lent.private_key {
                    Some(given) if given.public() != theirs => refuse(format!(
                        "{object} was made by somebody else meanwhile, with another key than the one given"
                    )),
                    _ => Ok(Made {
                        key: Some(theirs),
                        note: "somebody else made it meanwhile; their key is used".to_owned(),
                    }),
                },
                FoundKey::Unusable { why } | FoundKey::Unknown(why) => {
                    refuse(format!("{object} was made by somebody else meanwhile, and its key can't be used: {why}"))
                }
                FoundKey::Missing => Err(error.into()),
            }
        }
        Err(error) => Err(error.into()),
    }
}

/// Registers the runner. If somebody was faster with the same key and values, that is as good.
async fn register(body: &Value, key: &PublicKey, tools: &Tools<'_>) -> Result<Made, Failure> {
    let (org, id) = (tools.settings.org.as_str(), tools.settings.runner_id.as_str());
    let api = orchestrator(tools)?;
    let error = match api.create_runner(org, body).await {
        Ok(_) => return Ok(Made::default()),
        Err(error @ OrchestratorError::Exists { .. }) => error,
        Err(error) => return Err(error.into()),
    };
    let Some(live) = api.runner(org, id).await? else { return Err(error.into()) };
    let wanted = registration::Wanted::of_body(body.clone());
    match registration::compare(&live, &wanted) {
        Comparison::Same => {
            Ok(Made { note: "was registered meanwhile, with the same values".to_owned(), ..Made::default() })
        }
        Comparison::Differs { patch, .. } => {
            api.patch_runner(org, id, &patch).await?;
            Ok(Made { note: "was registered meanwhile; what differed was changed".to_owned(), ..Made::default() })
        }
        Comparison::Foreign { registered, .. } => Err(Failure::new(
            FailureKind::Refused,
            format!(
                "runner `{id}` was registered meanwhile by somebody else ({registered}), not with the key with id {}",
                key.key_id()
            ),
        )),
    }
}

/// A refusal that the rehearsal did not foresee because the world moved since: another run plans anew and goes on.
fn moved(error: ClusterError) -> Failure {
    if error.is_conflict() || error.is_not_found() { Failure::of(FailureKind::Stopped, &error) } else { error.into() }
}

/// The key Secret's manifest. It is only ever created, never applied: nothing may replace a key by accident.
pub fn key_secret(object: &ObjectRef, data_key: &str, pem: &str) -> Value {
    let encoded = base64::engine::general_purpose::STANDARD.encode(pem);
    secret(object, "Opaque", data_key, encoded)
}

/// A pull secret's manifest.
pub fn pull_secret(object: &ObjectRef, docker_config: &str) -> Value {
    let encoded = base64::engine::general_purpose::STANDARD.encode(docker_config);
    secret(object, "kubernetes.io/dockerconfigjson", ".dockerconfigjson", encoded)
}

fn secret(object: &ObjectRef, secret_type: &str, data_key: &str, encoded: String) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": object.name,
            "namespace": object.namespace,
            "labels": { owner::MANAGED_BY: owner::FIELD_MANAGER },
        },
        "type": secret_type,
        "data": { data_key: encoded },
    })
}

fn cluster<'a>(tools: &Tools<'a>) -> Result<&'a Cluster, Failure> {
    tools.cluster.ok_or_else(|| bug("a change to the cluster without a cluster"))
}

fn orchestrator<'a>(tools: &Tools<'a>) -> Result<&'a Orchestrator, Failure> {
    tools.orchestrator.ok_or_else(|| bug("a change in the Orchestrator without a connection"))
}

fn bug(what: &str) -> Failure {
    Failure::new(FailureKind::Bug, format!("{what} was planned"))
}
