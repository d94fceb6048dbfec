//! What taking back has to know beyond what `look` reads: what else stands there, and who still works. Changes nothing.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::join_all;
use serde_json::Value;

use crate::cloud::Cloud;
use crate::cloud::aws::found::StandingAws;
use crate::cloud::azure::found::StandingAzure;
use crate::cloud::gcp::found::StandingGcp;
use crate::cluster::{Cluster, ClusterError, Kind, ObjectRef, owner};
use crate::failure::Failure;
use crate::found::{Found, Seen};
use crate::lent::{DEFAULT_PULL_SECRET, Lent};
use crate::manifests::CA_CONFIG_MAP;
use crate::orchestrator::Orchestrator;
use crate::plan::annotated;
use crate::settings::Settings;

mod aws;
mod azure;
mod gcp;

use aws::look_around_aws;
use azure::look_around_azure;
use gcp::look_around_gcp;

/// Kinds of which everything with our label is looked for.
const LABELLED: [Kind; 6] =
    [Kind::ServiceAccount, Kind::Secret, Kind::ConfigMap, Kind::Role, Kind::RoleBinding, Kind::Deployment];
/// How Terraform's backend names and labels state: Secrets `tfstate-…`, Leases `lock-tfstate-…`.
const STATE_LABEL: &str = "tfstate=true";

/// Everything that was found. Of Secrets nothing but metadata.
#[derive(Debug, Default)]
pub struct Standing {
    /// Objects that `look` does not read: Secrets, and ConfigMaps that only some settings make.
    pub objects: BTreeMap<ObjectRef, Seen>,
    /// Objects with our label to which no setting leads.
    pub unnamed: BTreeSet<ObjectRef>,
    /// Jobs of this runner that are not done, by name; in words when they may not be seen.
    pub working: Option<Result<Vec<String>, String>>,
    /// How many state Secrets each namespace has.
    pub state: BTreeMap<String, usize>,
    /// Everything in the namespaces that are to be deleted, or why it can't be known.
    pub contents: BTreeMap<String, Result<Vec<Content>, String>>,
    /// Environments that were given this runner, as `project/environment`.
    pub environments: Vec<String>,
    /// AWS; `None` when the jobs have no identity there.
    pub aws: Option<StandingAws>,
    /// Google Cloud; `None` when the jobs have no identity there.
    pub gcp: Option<StandingGcp>,
    /// Azure; `None` when the jobs have no identity there.
    pub azure: Option<StandingAzure>,
    /// What could not be looked for, in words.
    pub unseen: Vec<String>,
}

/// One object of whatever kind in a namespace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// Its name, as objects are named everywhere.
    pub object: String,
    /// Its uid.
    pub uid: String,
    /// The uids of its owners: it goes with them.
    pub owners: Vec<String>,
}

/// Reads everything, both sides at the same time.
///
/// # Errors
/// Whatever keeps a side from answering. A missing right is no error here: what could not be seen is said in the plan.
pub async fn look_around(
    settings: &Settings,
    lent: &Lent,
    found: &Found,
    cluster: &Cluster,
    orchestrator: &Orchestrator,
    cloud: Option<&Cloud>,
    with_contents: bool,
) -> Result<Standing, Failure> {
    let in_aws = async {
        match (&found.aws, cloud.and_then(Cloud::aws)) {
            (Some(seen), Some(client)) => look_around_aws(settings, seen, client).await.map(Some),
            _ => Ok(None),
        }
    };
    let in_gcp = async {
        match (&settings.gcp, &found.gcp, cloud.and_then(Cloud::gcp)) {
            (Some(gcp), Some(seen), Some(client)) => {
                look_around_gcp(gcp, seen, annotated(settings, found), client).await.map(Some)
            }
            _ => Ok(None),
        }
    };
    let in_cluster =
        async { look_in_cluster(settings, lent, found, cluster, with_contents).await.map_err(Failure::from) };
    let environments = async {
        let is_registered = found.orchestrator.as_ref().is_some_and(|seen| seen.runner.is_some());
        if !is_registered {
            return Ok(Vec::new());
        }
        orchestrator.environments(&settings.org).await.map_err(Failure::from)
    };
    let in_azure = async {
        match (&settings.azure, &found.azure, cloud.and_then(Cloud::azure)) {
            (Some(azure), Some(seen), Some(client)) => look_around_azure(azure, seen, client).await.map(Some),
            _ => Ok(None),
        }
    };
    let (mut standing, environments, in_aws, in_gcp, in_azure) =
        futures::try_join!(in_cluster, environments, in_aws, in_gcp, in_azure)?;
    (standing.aws, standing.gcp, standing.azure) = (in_aws, in_gcp, in_azure);
    let id = settings.runner_id.as_str();
    standing.environments = environments
        .into_iter()
        .filter(|environment| environment.runner_id.as_deref() == Some(id))
        .map(|environment| format!("{}/{}", environment.project_id, environment.id))
        .collect();
    Ok(standing)
}

/// The namespaces of this setup: the agent's, the jobs', and those that Roles for state stand in.
pub fn namespaces(settings: &Settings, found: &Found) -> Vec<String> {
    let mut all = vec![settings.runner_namespace.to_string(), settings.job_namespace.to_string()];
    all.extend(found.cluster.iter().flat_map(|cluster| cluster.objects.keys()).map(|object| object.namespace.clone()));
    let mut known = BTreeSet::new();
    all.retain(|namespace| known.insert(namespace.clone()));
    all
}

async fn look_in_cluster(
    settings: &Settings,
    lent: &Lent,
    found: &Found,
    cluster: &Cluster,
    with_contents: bool,
) -> Result<Standing, ClusterError> {
    let Some(seen) = &found.cluster else { return Ok(Standing::default()) };
    let namespaces = namespaces(settings, found);
    let mut standing = Standing::default();
    let kinds: Vec<_> =
        namespaces.iter().flat_map(|namespace| LABELLED.map(|kind| (kind, namespace.as_str()))).collect();
    let (labelled, pulls, working, state, contents) = futures::join!(
        join_all(kinds.iter().map(|(kind, namespace)| labelled(cluster, *kind, namespace))),
        pull_secrets(cluster, settings.runner_namespace.as_str()),
        working(cluster, settings),
        join_all(namespaces.iter().map(|namespace| state(cluster, namespace))),
        join_all(namespaces.iter().filter(|_| with_contents).map(|namespace| contents(cluster, namespace))),
    );
    let mut objects: BTreeSet<ObjectRef> = BTreeSet::from([seen.key_object.clone()]);
    let mut pulls = known_pull_secrets(settings, lent, pulls?);
    pulls.remove(&seen.key_object.name);
    for namespace in [settings.runner_namespace.as_str(), settings.job_namespace.as_str()] {
        objects.insert(ObjectRef::new(Kind::ConfigMap, namespace, CA_CONFIG_MAP));
        objects.extend(pulls.iter().map(|name| ObjectRef::new(Kind::Secret, namespace, name)));
    }
    let objects: Vec<_> = objects.into_iter().filter(|object| !seen.objects.contains_key(object)).collect();
    let reads = join_all(objects.iter().map(|object| cluster.metadata(object))).await;
    for (object, read) in objects.into_iter().zip(reads) {
        standing.objects.insert(object, Seen::of(read)?);
    }
    let is_seen = |standing: &Standing, object: &ObjectRef| {
        standing.objects.get(object).is_some_and(|seen| seen.there().is_some()) || seen.objects.contains_key(object)
    };
    let mut unseen: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for ((kind, namespace), names) in kinds.iter().zip(labelled) {
        let Ok(names) = names? else {
            unseen.entry(namespace).or_default().push(kind.resource());
            continue;
        };
        let objects = names.into_iter().map(|name| ObjectRef::new(*kind, *namespace, name));
        let unnamed: Vec<_> = objects.filter(|object| !is_seen(&standing, object)).collect();
        standing.unnamed.extend(unnamed);
    }
    standing.unseen.extend(unseen.iter().map(|(namespace, resources)| {
        let resources = resources.join(", ");
        format!(
            "what else runner-setup made in namespace {namespace} would go unnoticed: missing right: list {resources}"
        )
    }));
    standing.working = Some(working?);
    for (namespace, count) in namespaces.iter().zip(state) {
        standing.state.insert(namespace.clone(), count?);
    }
    for (namespace, contents) in namespaces.iter().zip(contents) {
        standing.contents.insert(namespace.clone(), told(contents)?);
    }
    Ok(standing)
}

/// A missing right in words; every other error is one.
fn told<T>(read: Result<T, ClusterError>) -> Result<Result<T, String>, ClusterError> {
    match read {
        Ok(value) => Ok(Ok(value)),
        Err(error @ ClusterError::Forbidden { .. }) => Ok(Err(error.to_string())),
        Err(error) => Err(error),
    }
}

/// What of a kind has our label in a namespace.
async fn labelled(cluster: &Cluster, kind: Kind, namespace: &str) -> Result<Result<Vec<String>, String>, ClusterError> {
    let selector = format!("labelSelector={}%3D{}", owner::MANAGED_BY, owner::FIELD_MANAGER);
    let path = format!("{}?{selector}", kind.collection_path(namespace));
    let what = format!("kubernetes:{}/{namespace}", kind.name());
    told(cluster.list_metadata(&path, &what).await.map(|items| names(&items)))
}

/// Pull secrets with our label beside the agent; whoever may not list Secrets finds those that the settings name.
async fn pull_secrets(cluster: &Cluster, namespace: &str) -> Result<Vec<String>, ClusterError> {
    let selector = format!("labelSelector={}%3D{}", owner::MANAGED_BY, owner::FIELD_MANAGER);
    let of_type = "fieldSelector=type%3Dkubernetes.io/dockerconfigjson";
    let path = format!("{}?{selector}&{of_type}", Kind::Secret.collection_path(namespace));
    let read = cluster.list_metadata(&path, &format!("kubernetes:Secret/{namespace}")).await;
    Ok(told(read.map(|items| names(&items)))?.unwrap_or_default())
}

/// Every name that a pull secret of this setup can have.
fn known_pull_secrets(settings: &Settings, lent: &Lent, there: Vec<String>) -> BTreeSet<String> {
    let mut names = BTreeSet::from([DEFAULT_PULL_SECRET.to_owned()]);
    names.extend(settings.agent.image_pull_secrets.iter().map(ToString::to_string));
    names.extend(lent.pull_secret.iter().map(|secret| secret.name.clone()));
    names.extend(there);
    names
}

/// Jobs of this runner that are not done yet, by name.
///
/// # Errors
/// Everything but a missing right.
pub async fn working(cluster: &Cluster, settings: &Settings) -> Result<Result<Vec<String>, String>, ClusterError> {
    let namespace = settings.job_namespace.as_str();
    let path = format!("/apis/batch/v1/namespaces/{namespace}/jobs");
    let read = told(cluster.get_path(&path, &format!("kubernetes:Job/{namespace}")).await)?;
    Ok(read.map(|list| {
        let jobs = list.as_ref().and_then(|list| list.get("items")?.as_array()).cloned().unwrap_or_default();
        jobs.iter().filter(|job| works(job, settings.job_account.name.as_str())).filter_map(name).collect()
    }))
}

/// Whether a Job runs under the account and is neither complete nor failed.
fn works(job: &Value, account: &str) -> bool {
    let conditions = job.pointer("/status/conditions").and_then(Value::as_array);
    let is_done = conditions.into_iter().flatten().any(|condition| {
        ["Complete", "Failed"].iter().any(|end| condition["type"] == *end) && condition["status"] == "True"
    });
    let runs_as = job.pointer("/spec/template/spec/serviceAccountName").and_then(Value::as_str);
    !is_done && runs_as == Some(account)
}

/// How many state Secrets a namespace has; none when they may not be listed, because none is touched.
async fn state(cluster: &Cluster, namespace: &str) -> Result<usize, ClusterError> {
    let path = format!("{}?labelSelector={}", Kind::Secret.collection_path(namespace), STATE_LABEL.replace('=', "%3D"));
    let read = told(cluster.list_metadata(&path, &format!("kubernetes:Secret/{namespace}")).await)?;
    Ok(read.map_or(0, |items| items.len()))
}

/// Everything in a namespace but what the control plane puts into every one.
///
/// # Errors
/// A kind that can't be listed: what is not known is not deleted.
pub async fn contents(cluster: &Cluster, namespace: &str) -> Result<Vec<Content>, ClusterError> {
    let mut versions = vec![("core".to_owned(), "/api/v1".to_owned())];
    if let Some(list) = cluster.get_path("/apis", "/apis").await? {
        versions.extend(list.get("groups").and_then(Value::as_array).into_iter().flatten().flat_map(versions_of));
    }
    let resources = join_all(versions.iter().map(|(_, path)| cluster.get_path(path, path))).await;
    let (mut lists, mut known) = (Vec::new(), BTreeSet::new());
    for ((group, path), read) in versions.iter().zip(resources) {
        let Some(read) = read? else { continue };
        for resource in read.get("resources").and_then(Value::as_array).into_iter().flatten() {
            // The same objects are served in every version that has them.
            if let Some((name, kind)) = deletable(resource)
                && known.insert((group.clone(), name.to_owned()))
            {
                lists.push((format!("{path}/namespaces/{namespace}/{name}"), kind));
            }
        }
    }
    let reads = join_all(lists.iter().map(|(path, kind)| async move {
        cluster.list_metadata(path, &format!("kubernetes:{kind}/{namespace}")).await
    }))
    .await;
    let mut contents = Vec::new();
    for ((_, kind), read) in lists.iter().zip(reads) {
        contents.extend(read?.iter().filter_map(|item| content(kind, namespace, item)));
    }
    Ok(contents)
}

/// All versions of an API group, the preferred one first, each with the group and its path.
fn versions_of(group: &Value) -> Vec<(String, String)> {
    let name = group.get("name").and_then(Value::as_str).unwrap_or_default();
    let all = group.get("versions").and_then(Value::as_array).into_iter().flatten();
    let all = std::iter::once(&group["preferredVersion"]).chain(all);
    let mut paths: Vec<String> =
        all.filter_map(|version| Some(format!("/apis/{}", version.get("groupVersion")?.as_str()?))).collect();
    let mut known = BTreeSet::new();
    paths.retain(|path| known.insert(path.clone()));
    paths.into_iter().map(|path| (name.to_owned(), path)).collect()
}

/// A resource that namespaces hold and that somebody made: name in paths, and kind.
fn deletable(resource: &Value) -> Option<(&str, String)> {
    let name = resource.get("name")?.as_str().filter(|name| !name.contains('/'))?;
    let verbs = resource.get("verbs")?.as_array()?;
    let can = |verb: &str| verbs.iter().any(|it| it == verb);
    let is_theirs = resource.get("namespaced")?.as_bool()? && can("list") && can("delete") && name != "events";
    is_theirs.then(|| (name, resource.get("kind").and_then(Value::as_str).unwrap_or(name).to_owned()))
}

fn content(kind: &str, namespace: &str, item: &Value) -> Option<Content> {
    let name = name(item)?;
    if matches!((kind, name.as_str()), ("ServiceAccount", "default") | ("ConfigMap", "kube-root-ca.crt")) {
        return None;
    }
    let uid = item.pointer("/metadata/uid")?.as_str()?.to_owned();
    let owners = item.pointer("/metadata/ownerReferences").and_then(Value::as_array);
    let owners = owners.into_iter().flatten().filter_map(|it| it.get("uid")?.as_str().map(str::to_owned)).collect();
    Some(Content { object: format!("kubernetes:{kind}/{namespace}/{name}"), uid, owners })
}

fn names(items: &[Value]) -> Vec<String> {
    items.iter().filter_map(name).collect()
}

fn name(item: &Value) -> Option<String> {
    item.pointer("/metadata/name")?.as_str().map(str::to_owned)
}
