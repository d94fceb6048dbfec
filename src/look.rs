//! Looks at the cluster and at the Orchestrator, everything at once; changes nothing.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine;
use futures::FutureExt;
use futures::future::join_all;
use serde_json::Value;
use zeroize::Zeroizing;

use crate::cloud::Cloud;
use crate::cluster::{Cluster, ClusterError, Kind, ObjectRef, Right};
use crate::failure::{Failure, FailureKind};
use crate::found::{Found, FoundAgent, FoundCluster, FoundKey, FoundOrchestrator, Seen};
use crate::keypair::PrivateKey;
use crate::lent::Lent;
use crate::manifests::kubernetes_agent;
use crate::orchestrator::{Orchestrator, OrchestratorError};
use crate::phase::Phase;
use crate::plan::{choose, is_job_account};
use crate::settings::{RELEASE_NAME, Settings, TERRAFORM_KEY_SECRET};

mod aws;
mod cloud;
mod gcp;
mod nodes;
mod pull_secrets;
mod same_cluster;

use cloud::look_if_possible;
pub use nodes::{CloudNode, EksNode, GkeNode, cloud_node};
use pull_secrets::look_at_pull_secrets;
use same_cluster::{NamedCluster, same_cluster};

/// What can be looked at.
#[derive(Clone, Copy, Default)]
pub struct Sides<'a> {
    /// The cluster.
    pub cluster: Option<&'a Cluster>,
    /// The Orchestrator.
    pub orchestrator: Option<&'a Orchestrator>,
    /// The cloud that the cluster is in.
    pub cloud: Option<CloudSide<'a>>,
}

/// A cloud, and what is known of it beforehand.
#[derive(Clone, Copy)]
pub struct CloudSide<'a> {
    /// The client.
    pub client: &'a Cloud,
    /// The AWS account that the context says the cluster is in.
    pub account: Option<&'a str>,
}

/// Reads what the given phases need to know.
///
/// All reads go out together. Only what a first answer points to (state in another namespace, a key Secret by another
/// name) is read in a second round.
///
/// # Errors
/// Whatever keeps a side from answering. A missing right is no error here: what could not be seen is said in the plan.
pub async fn look(
    settings: &Settings,
    lent: &Lent,
    sides: Sides<'_>,
    phases: &BTreeSet<Phase>,
) -> Result<Found, Failure> {
    let Sides { cluster, orchestrator, cloud } = sides;
    let only_identity = phases.iter().eq([&Phase::Identity]);
    let in_cluster = async {
        match cluster {
            Some(cluster) => match look_at_cluster(settings, lent, cluster, phases).await {
                // The same for somebody who is let in and may see nothing there, as GKE does with everybody it knows.
                Ok(found) if only_identity && cloud.is_some() && found.shows_nothing().is_some() => {
                    let why = found.shows_nothing().unwrap_or_default();
                    Ok((None, Some(format!("the cluster can't be looked at: {why}"))))
                }
                Ok(found) => Ok((Some(found), None)),
                // Whoever sets up identities may have no access to the cluster at all.
                Err(failure) if only_identity && cloud.is_some() => {
                    let cause = failure.causes.first().map(|cause| format!(": {cause}")).unwrap_or_default();
                    Ok((None, Some(format!("the cluster can't be looked at: {}{cause}", failure.message))))
                }
                Err(failure) => Err(failure),
            },
            None => Ok((None, None)),
        }
    };
    let in_cloud = look_if_possible(settings, cloud, phases);
    let at_orchestrator = async {
        match orchestrator {
            Some(orchestrator) => look_at_orchestrator(settings, orchestrator, phases).await.map(Some),
            None => Ok(None),
        }
    };
    let ((in_cluster, note), at_orchestrator, (in_cloud, cloud_note)) =
        futures::try_join!(in_cluster, at_orchestrator, in_cloud)?;
    let mut found = Found {
        cluster: in_cluster,
        aws: in_cloud.aws,
        gcp: in_cloud.gcp,
        orchestrator: at_orchestrator,
        given_key: lent.public_key.clone(),
        notes: note.into_iter().chain(cloud_note).collect(),
    };
    let named = found.aws.as_ref().map(|seen| NamedCluster::of_eks(&seen.cluster));
    let named = named.or_else(|| Some(NamedCluster::of_gke(&found.gcp.as_ref()?.cluster)));
    if let (Some(cluster), Some(_), Some(named)) = (cluster, &found.cluster, &named) {
        same_cluster(cluster, named).await?;
    }
    if let (Some(cluster), Some(_)) = (cluster, &found.cluster) {
        look_again(settings, lent, cluster, &mut found).await?;
    }
    Ok(found)
}

async fn look_at_cluster(
    settings: &Settings,
    lent: &Lent,
    cluster: &Cluster,
    phases: &BTreeSet<Phase>,
) -> Result<FoundCluster, Failure> {
    let runner_namespace = settings.runner_namespace.as_str();
    let job_namespace = settings.job_namespace.as_str();
    let wanted = wanted_objects(settings, lent, &Found::default(), phases)?;
    let key_object = ObjectRef::new(Kind::Secret, runner_namespace, settings.key_secret.name.as_str());
    let terraform_object = ObjectRef::new(Kind::Secret, runner_namespace, TERRAFORM_KEY_SECRET);
    let also_terraform = !settings.key_secret.name_told;
    let needs_key = phases.iter().any(|phase| matches!(phase, Phase::Secret | Phase::Register | Phase::Install));
    let installs = phases.contains(&Phase::Install);
    let waits = installs && settings.wait;
    let key_of = |object: ObjectRef, reads: bool| async move {
        if reads { read_key(cluster, &object, &settings.key_secret.key).await } else { Ok(FoundKey::Missing) }
    };
    let objects = join_all(wanted.iter().map(|object| cluster.get(object)));
    let mut namespaces = vec![runner_namespace, job_namespace];
    namespaces.dedup();
    let deployments = async {
        match installs {
            true => join_all(namespaces.iter().map(|namespace| list(cluster, Kind::Deployment, namespace, ""))).await,
            false => Vec::new(),
        }
    };
    let selector = format!("?labelSelector=app.kubernetes.io/instance%3D{RELEASE_NAME}");
    let pods = async {
        if !waits {
            return Ok(Vec::new());
        }
        let path = format!("/api/v1/namespaces/{runner_namespace}/pods{selector}");
        let list = Seen::of(cluster.get_path(&path, &format!("kubernetes:Pod/{runner_namespace}")).await)?;
        // Pods that may not be seen are watched for later, and the watch says what is missing.
        Ok(list.there().cloned().map(items).unwrap_or_default())
    };
    let pull_secrets = look_at_pull_secrets(settings, lent.pull_secret.as_ref(), cluster);
    let identity = async {
        let kube_system = ObjectRef::namespace("kube-system");
        let everything = Right::everything();
        let reads = (cluster.get(&kube_system), cluster.get_path("/version", "/version"), cluster.may(&everything));
        let (kube_system, version, is_admin) = futures::join!(reads.0, reads.1, reads.2);
        // Whoever may not see kube-system or the version can still set up a runner.
        let uid = Seen::of(kube_system)?.there().and_then(|object| text(object, "/metadata/uid"));
        let version = Seen::of(version)?.there().and_then(|object| text(object, "/gitVersion"));
        Ok::<_, ClusterError>((uid, version, is_admin.unwrap_or(false)))
    };
    let all = futures::try_join!(
        objects.map(Ok),
        deployments.map(Ok),
        pods,
        pull_secrets,
        identity,
        key_of(key_object.clone(), needs_key),
        key_of(terraform_object.clone(), needs_key && also_terraform),
    );
    let (objects, deployments, pods, pull_secrets, (uid, version, is_admin), key, terraform_key) =
        all.map_err(Failure::from)?;
    let mut seen = BTreeMap::new();
    for (object, read) in wanted.into_iter().zip(objects) {
        seen.insert(object, Seen::of(read).map_err(Failure::from)?);
    }
    let (mut agents, mut unseen) = (Vec::new(), Vec::new());
    for read in deployments {
        match Seen::of(read)? {
            Seen::There(list) => agents.extend(items(list).iter().filter_map(|deployment| agent_of(deployment, &seen))),
            Seen::Missing => {}
            Seen::Unknown(why) => unseen.push(format!("another agent there would go unnoticed: {why}")),
        }
    }
    let (key_object, key) = match (key, terraform_key) {
        (FoundKey::Missing, FoundKey::Usable(key)) => (terraform_object, FoundKey::Usable(key)),
        (key, _) => (key_object, key),
    };
    Ok(FoundCluster {
        context: cluster.context().to_owned(),
        server: cluster.server().to_owned(),
        version,
        uid,
        objects: seen,
        key,
        key_object,
        pull_secrets,
        agents,
        unseen,
        pods,
        is_admin,
    })
}

/// The objects that the phases are about; namespaces always, because everything stands in one.
fn wanted_objects(
    settings: &Settings,
    lent: &Lent,
    found: &Found,
    phases: &BTreeSet<Phase>,
) -> Result<Vec<ObjectRef>, Failure> {
    let choices = choose(settings, &lent.inputs(), found);
    let manifests = kubernetes_agent(settings, &choices).map_err(|error| Failure::of(FailureKind::Bug, &error))?;
    let relevant = |phase: Phase| phase == Phase::Namespaces || phases.contains(&phase);
    let identity = phases.contains(&Phase::Identity);
    let wanted = manifests
        .into_iter()
        .filter(|manifest| relevant(manifest.phase) || (identity && is_job_account(settings, &manifest.object)));
    Ok(wanted.map(|manifest| manifest.object).collect())
}

/// The second round: what the first one pointed to. Usually nothing.
async fn look_again(settings: &Settings, lent: &Lent, cluster: &Cluster, found: &mut Found) -> Result<(), Failure> {
    let installs =
        found.cluster.as_ref().is_some_and(|cluster| cluster.objects.keys().any(|o| o.kind == Kind::Deployment));
    let phases = if installs { BTreeSet::from(Phase::ALL) } else { BTreeSet::from([Phase::Namespaces]) };
    let wanted = wanted_objects(settings, lent, found, &phases)?;
    let Some(seen) = &mut found.cluster else { return Ok(()) };
    let unread: Vec<_> = wanted.into_iter().filter(|object| !seen.objects.contains_key(object)).collect();
    let reads = join_all(unread.iter().map(|object| cluster.get(object))).await;
    for (object, read) in unread.into_iter().zip(reads) {
        seen.objects.insert(object, Seen::of(read)?);
    }
    if let (FoundKey::Missing, false) = (&seen.key, settings.key_secret.name_told)
        && let Some(name) = key_secret_of_agent(settings, seen)
        && name != seen.key_object.name
        && name != TERRAFORM_KEY_SECRET
    {
        let object = ObjectRef::new(Kind::Secret, settings.runner_namespace.as_str(), name);
        let key = read_key(cluster, &object, &settings.key_secret.key).await?;
        if !matches!(key, FoundKey::Missing) {
            (seen.key_object, seen.key) = (object, key);
        }
    }
    let unread: BTreeSet<ObjectRef> = seen
        .agents
        .iter()
        .filter(|agent| agent.runner_id.is_none())
        .map(|agent| ObjectRef::new(Kind::ConfigMap, &agent.object.namespace, &agent.object.name))
        .filter(|object| !seen.objects.contains_key(object))
        .collect();
    let reads = join_all(unread.iter().map(|object| cluster.get(object))).await;
    for (object, read) in unread.into_iter().zip(reads) {
        let Ok(Some(config_map)) = read else { continue };
        for agent in seen
            .agents
            .iter_mut()
            .filter(|agent| agent.object.namespace == object.namespace && agent.object.name == object.name)
        {
            agent.org = text(&config_map, "/data/ORG_ID");
            agent.runner_id = text(&config_map, "/data/RUNNER_ID");
        }
    }
    Ok(())
}

/// The Secret that the agent which is there takes its key from.
fn key_secret_of_agent(settings: &Settings, cluster: &FoundCluster) -> Option<String> {
    let object = ObjectRef::new(Kind::Deployment, settings.runner_namespace.as_str(), RELEASE_NAME);
    let deployment = cluster.objects.get(&object)?.there()?;
    let env = deployment.pointer("/spec/template/spec/containers/0/env")?.as_array()?;
    let variable = env.iter().find(|variable| variable.get("name").and_then(Value::as_str) == Some("PRIVATE_KEY"))?;
    text(variable, "/valueFrom/secretKeyRef/name")
}

/// Reads the key Secret and keeps the public half only.
pub async fn read_key(cluster: &Cluster, object: &ObjectRef, data_key: &str) -> Result<FoundKey, ClusterError> {
    let secret = match Seen::of(cluster.get(object).await)? {
        Seen::Missing => return Ok(FoundKey::Missing),
        Seen::Unknown(why) => return Ok(FoundKey::Unknown(why)),
        Seen::There(secret) => secret,
    };
    let unusable = |why: String| Ok(FoundKey::Unusable { why });
    if secret.pointer("/metadata/deletionTimestamp").is_some() {
        return unusable("it is being deleted".to_owned());
    }
    let Some(encoded) = secret.get("data").and_then(|data| data.get(data_key)).and_then(Value::as_str) else {
        let data = secret.get("data").and_then(Value::as_object);
        let keys: Vec<_> = data.into_iter().flatten().map(|(key, _)| format!("`{key}`")).collect();
        let there = if keys.is_empty() { "nothing".to_owned() } else { keys.join(", ") };
        return unusable(format!("it has no data key `{data_key}`; it has {there}"));
    };
    let decoded = base64::engine::general_purpose::STANDARD.decode(encoded).map(Zeroizing::new);
    let Some(pem) = decoded.ok().and_then(|bytes| String::from_utf8(bytes.to_vec()).ok()).map(Zeroizing::new) else {
        return unusable(format!("its data key `{data_key}` holds no text"));
    };
    match PrivateKey::from_pem(&pem) {
        Ok(key) => Ok(FoundKey::Usable(key.public())),
        Err(error) => unusable(error.to_string()),
    }
}

async fn list(cluster: &Cluster, kind: Kind, namespace: &str, query: &str) -> Result<Option<Value>, ClusterError> {
    let path = format!("{}{query}", kind.collection_path(namespace));
    cluster.get_path(&path, &format!("kubernetes:{}/{namespace}", kind.name())).await
}

/// The items of a list.
fn items(mut list: Value) -> Vec<Value> {
    match list.get_mut("items").map(Value::take) {
        Some(Value::Array(items)) => items,
        _ => Vec::new(),
    }
}

/// Recognises a Deployment that runs an agent, by what it starts, and reads whom it serves.
fn agent_of(deployment: &Value, seen: &BTreeMap<ObjectRef, Seen>) -> Option<FoundAgent> {
    let containers = deployment.pointer("/spec/template/spec/containers")?.as_array()?;
    let starts_agent = |container: &&Value| {
        let words = |key: &str| container.get(key).and_then(Value::as_array).cloned().unwrap_or_default();
        words("command").iter().chain(&words("args")).any(|word| word.as_str() == Some("/opt/runner/runner"))
    };
    let container = containers.iter().find(starts_agent)?;
    let namespace = text(deployment, "/metadata/namespace")?;
    let object = ObjectRef::new(Kind::Deployment, &namespace, text(deployment, "/metadata/name")?);
    let direct = |name: &str| {
        let env = container.get("env")?.as_array()?;
        env.iter()
            .find(|variable| variable.get("name").and_then(Value::as_str) == Some(name))
            .and_then(|v| text(v, "/value"))
    };
    let from_config_map = |name: &str| {
        let sources = container.get("envFrom")?.as_array()?;
        sources.iter().find_map(|source| {
            let config_map = ObjectRef::new(Kind::ConfigMap, &namespace, text(source, "/configMapRef/name")?);
            text(seen.get(&config_map)?.there()?, &format!("/data/{name}"))
        })
    };
    let value = |name: &str| direct(name).or_else(|| from_config_map(name));
    Some(FoundAgent { object, org: value("ORG_ID"), runner_id: value("RUNNER_ID") })
}

async fn look_at_orchestrator(
    settings: &Settings,
    orchestrator: &Orchestrator,
    phases: &BTreeSet<Phase>,
) -> Result<FoundOrchestrator, Failure> {
    let org = settings.org.as_str();
    let rules_matter = phases.contains(&Phase::Rule);
    let names_project = settings.rules.iter().any(|rule| rule.project.is_some());
    let names_env_type = settings.rules.iter().any(|rule| rule.env_type.is_some());
    let rules = async { if rules_matter { orchestrator.runner_rules(org, None).await } else { Ok(Vec::new()) } };
    let projects =
        async { if rules_matter && names_project { orchestrator.projects(org).await } else { Ok(Vec::new()) } };
    let env_types =
        async { if rules_matter && names_env_type { orchestrator.env_types(org).await } else { Ok(Vec::new()) } };
    let (_, runner, rules, projects, env_types) = futures::try_join!(
        orchestrator.org(org),
        orchestrator.runner(org, settings.runner_id.as_str()),
        rules,
        projects,
        env_types,
    )
    .map_err(|error: OrchestratorError| Failure::from(error))?;
    let mut missing_targets = BTreeSet::new();
    for rule in &settings.rules {
        if let Some(id) = &rule.project
            && rules_matter
            && !projects.iter().any(|project| project.id == *id)
        {
            missing_targets.insert(format!("there is no project `{id}` in organisation `{org}`"));
        }
        if let Some(id) = &rule.env_type
            && rules_matter
            && !env_types.iter().any(|env_type| env_type.id == *id)
        {
            missing_targets.insert(format!("there is no environment type `{id}` in organisation `{org}`"));
        }
    }
    Ok(FoundOrchestrator { runner, rules, missing_targets: missing_targets.into_iter().collect() })
}

fn text(value: &Value, pointer: &str) -> Option<String> {
    value.pointer(pointer).and_then(Value::as_str).map(str::to_owned)
}
