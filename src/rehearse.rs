//! Rehearses a draft: server-side dry runs and access reviews, so that a refusal comes before the first change.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::join_all;
use serde_json::{Value, json};

use crate::change::{Action, Change, Planned};
use crate::cluster::{Cluster, ClusterError, Conflicts, DryRun, Kind, ObjectRef, Right, compare};
use crate::found::{FoundCluster, Seen};
use crate::phase::Phase;
use crate::plan::{Plan, RefusedPod, Rehearsal, Rehearsed, rights_needed};
use crate::pod_template::RUNNER_CONTAINER;
use crate::settings::Settings;

mod aws;
mod azure;
mod cloud;
mod gcp;

pub use cloud::{CloudRights, rehearse_cloud};

/// Asks the API server about every change of the draft that it will be asked to make.
///
/// # Errors
/// The API server stopped answering.
pub async fn rehearse(
    settings: &Settings,
    plan: &Plan,
    found: &FoundCluster,
    cluster: &Cluster,
) -> Result<Rehearsal, ClusterError> {
    let stands = |namespace: &str| {
        matches!(found.objects.get(&ObjectRef::namespace(namespace)), Some(Seen::There(_) | Seen::Unknown(_)))
    };
    let writes: Vec<(&Planned, Write)> =
        plan.changes().filter_map(|(planned, change)| Some((planned, Write::of(change)?))).collect();
    let (dry, unbuilt): (Vec<_>, Vec<_>) = writes
        .into_iter()
        .partition(|(_, write)| write.object.kind == Kind::Namespace || stands(&write.object.namespace));
    let dry_runs = join_all(dry.iter().map(|(planned, write)| dry_run(cluster, found, planned, write)));
    let reviews = review(cluster, found, plan, &unbuilt);
    let pods = rehearse_pods(settings, plan, cluster, &stands);
    let unwatchable = rights_to_wait(settings, plan, found, cluster);
    let together = too_many_together(plan, cluster, &stands);
    let (dry_runs, reviews, (pods, pods_unseen), unwatchable, together) =
        futures::join!(dry_runs, reviews, pods, unwatchable, together);
    let mut rehearsal = Rehearsal { objects: reviews?, pods, pods_unseen, unwatchable: unwatchable? };
    let mut unsaid = Vec::new();
    for ((planned, write), outcome) in dry.into_iter().zip(dry_runs) {
        let outcome = outcome?;
        // The server names the first right that is missing, or can't say yet: reviews name them all.
        if outcome.is_none() || (planned.action == Action::Create && matches!(outcome, Some(Rehearsed::NotAllowed(_))))
        {
            unsaid.push((planned, write));
        }
        rehearsal.objects.insert(planned.object.clone(), outcome.unwrap_or(Rehearsed::Fine(None)));
    }
    rehearsal.objects.extend(review(cluster, found, plan, &unsaid).await?);
    for (object, words) in together {
        if !matches!(rehearsal.objects.get(&object), Some(Rehearsed::Refused(_))) {
            rehearsal.objects.insert(object, Rehearsed::Refused(words));
        }
    }
    Ok(rehearsal)
}

/// One write to the cluster, as it can be rehearsed: secrets are replaced by something of the same shape.
struct Write {
    object: ObjectRef,
    manifest: Value,
    creates: bool,
    conflicts: Conflicts,
}

impl Write {
    fn of(change: &Change) -> Option<Self> {
        match change {
            Change::ApplyObject { object, manifest, conflicts } => {
                Some(Self { object: object.clone(), manifest: manifest.clone(), creates: false, conflicts: *conflicts })
            }
            Change::StoreKey { object, data_key } => {
                let manifest = crate::apply::key_secret(object, data_key, "rehearsal");
                Some(Self { object: object.clone(), manifest, creates: true, conflicts: Conflicts::Refuse })
            }
            Change::StorePullSecret { object, conflicts } => {
                let manifest = crate::apply::pull_secret(object, r#"{"auths":{}}"#);
                Some(Self { object: object.clone(), manifest, creates: false, conflicts: *conflicts })
            }
            Change::Aws(_)
            | Change::Gcp(_)
            | Change::Azure(_)
            | Change::RegisterRunner { .. }
            | Change::PatchRunner { .. }
            | Change::CreateRule { .. } => None,
            // A delete is not rehearsed: a client that may only read refuses it in every form.
            Change::DeleteObject { .. } | Change::DeleteRule { .. } | Change::DeleteRunner { .. } => None,
        }
    }
}

async fn dry_run(
    cluster: &Cluster,
    found: &FoundCluster,
    planned: &Planned,
    write: &Write,
) -> Result<Option<Rehearsed>, ClusterError> {
    let answer = if write.creates {
        cluster.create(&write.object, &write.manifest, DryRun::Yes).await
    } else {
        cluster.apply(&write.object, &write.manifest, write.conflicts, DryRun::Yes).await
    };
    let after = match answer {
        Ok(after) => after,
        // Only somebody who may `bind` can bind a Role that is not there yet.
        Err(error) if error.is_not_found() && write.object.kind == Kind::RoleBinding => return Ok(None),
        Err(error) => return outcome_of(error, write, planned).map(Some),
    };
    let before = found.objects.get(&write.object).and_then(Seen::there);
    Ok(Some(Rehearsed::Fine(before.map(|before| compare::effect(before, &after)))))
}

/// What a refused dry run means. What keeps everything from working is an error.
fn outcome_of(error: ClusterError, write: &Write, planned: &Planned) -> Result<Rehearsed, ClusterError> {
    match error {
        ClusterError::Forbidden { message, .. } => Ok(Rehearsed::NotAllowed(vec![message])),
        ClusterError::Refused { ref status, .. } if status.code == 409 && !write.creates => {
            let causes = status.details.iter().flat_map(|details| &details.causes);
            let conflicts: Vec<_> = causes
                .filter(|cause| cause.reason == "FieldManagerConflict")
                .map(|cause| (manager_of(&cause.message), cause.field.trim_start_matches('.').to_owned()))
                .collect();
            if conflicts.is_empty() {
                Ok(Rehearsed::Refused(status.message.clone()))
            } else {
                Ok(Rehearsed::Conflict(conflicts))
            }
        }
        // Somebody was faster since the look: the real create will find it and use it.
        ClusterError::Refused { ref status, .. } if status.code == 409 => Ok(Rehearsed::Fine(None)),
        ClusterError::Refused { ref status, .. } if status.message.contains("does not support dry run") => {
            Ok(Rehearsed::Unknown(status.message.clone()))
        }
        ClusterError::Refused { ref status, .. } if status.code == 404 && planned.object.contains("Namespace/") => {
            Ok(Rehearsed::Unknown(status.message.clone()))
        }
        ClusterError::Refused { ref status, .. } if (400..500).contains(&status.code) && status.code != 429 => {
            Ok(Rehearsed::Refused(status.message.clone()))
        }
        other => Err(other),
    }
}

/// The manager in a conflict's message: `conflict with "helm" using apps/v1`.
fn manager_of(message: &str) -> String {
    message.split('"').nth(1).unwrap_or(message).to_owned()
}

/// Access reviews for what a dry run can't tell, such as what stands in namespaces that do not exist yet.
async fn review(
    cluster: &Cluster,
    found: &FoundCluster,
    plan: &Plan,
    writes: &[(&Planned, Write)],
) -> Result<BTreeMap<String, Rehearsed>, ClusterError> {
    if found.is_admin || writes.is_empty() {
        return Ok(BTreeMap::new());
    }
    let rules_of = |object: &ObjectRef| {
        let role = ObjectRef::new(Kind::Role, &object.namespace, &object.name).to_string();
        plan.changes().find(|(planned, _)| planned.object == role).and_then(|(_, change)| match change {
            Change::ApplyObject { manifest, .. } => manifest.get("rules").and_then(Value::as_array).cloned(),
            _ => None,
        })
    };
    let needed: Vec<(String, Vec<Vec<Right>>)> = writes
        .iter()
        .map(|(planned, write)| {
            let rules = rules_of(&write.object).unwrap_or_default();
            (planned.object.clone(), rights_needed(&write.object, &write.manifest, &rules))
        })
        .collect();
    let all: BTreeSet<&Right> = needed.iter().flat_map(|(_, rights)| rights.iter().flatten()).collect();
    let answers = join_all(all.iter().map(|right| cluster.may(right))).await;
    let mut allowed = BTreeMap::new();
    for (right, answer) in all.iter().zip(answers) {
        allowed.insert(*right, answer?);
    }
    let is_missing = |alternatives: &&Vec<Right>| alternatives.iter().all(|right| allowed.get(right) != Some(&true));
    Ok(needed
        .iter()
        .filter_map(|(object, rights)| {
            let missing = said(rights.iter().filter(is_missing));
            (!missing.is_empty()).then(|| (object.clone(), Rehearsed::NotAllowed(missing)))
        })
        .collect())
}

/// Objects of one kind that fit into a quota one by one, as dry runs ask, but not together; the last one is named.
async fn too_many_together(plan: &Plan, cluster: &Cluster, stands: &impl Fn(&str) -> bool) -> Vec<(String, String)> {
    let mut created: BTreeMap<(String, Kind), Vec<&str>> = BTreeMap::new();
    for (planned, change) in plan.changes().filter(|(planned, _)| planned.action == Action::Create) {
        if let Some(Write { object, .. }) = Write::of(change)
            && object.kind != Kind::Namespace
            && stands(&object.namespace)
        {
            created.entry((object.namespace, object.kind)).or_default().push(&planned.object);
        }
    }
    created.retain(|_, objects| objects.len() > 1);
    let namespaces: BTreeSet<&str> = created.keys().map(|(namespace, _)| namespace.as_str()).collect();
    let reads = join_all(namespaces.iter().map(|namespace| async move {
        let path = format!("/api/v1/namespaces/{namespace}/resourcequotas");
        // Whoever may not read quotas is told by the server, at the latest when it is exceeded.
        cluster.get_path(&path, &format!("kubernetes:ResourceQuota/{namespace}")).await.ok().flatten()
    }))
    .await;
    let mut refused = Vec::new();
    for (namespace, list) in namespaces.iter().zip(reads) {
        for quota in list.iter().filter_map(|list| list.get("items")?.as_array()).flatten() {
            for ((_, kind), objects) in created.iter().filter(|((place, _), _)| place == namespace) {
                if let (Some(words), Some(last)) = (exceeded(quota, *kind, objects.len()), objects.last()) {
                    refused.push(((*last).to_owned(), words));
                }
            }
        }
    }
    refused
}

/// What the server would say when so many more objects of a kind do not fit into a quota.
fn exceeded(quota: &Value, kind: Kind, more: usize) -> Option<String> {
    let group = if kind.group().is_empty() { String::new() } else { format!(".{}", kind.group()) };
    let names = [format!("count/{}{group}", kind.resource()), kind.resource().to_owned()];
    names.iter().find_map(|name| {
        let number = |side: &str| quota.get("status")?.get(side)?.get(name)?.as_str()?.parse::<usize>().ok();
        let (hard, used) = (number("hard")?, number("used").unwrap_or(0));
        let quota = quota.pointer("/metadata/name").and_then(Value::as_str).unwrap_or("?");
        (used + more > hard).then(|| {
            format!("exceeded quota: {quota}, requested: {name}={more}, used: {name}={used}, limited: {name}={hard}")
        })
    })
}

/// The rights that are missing to watch the agent start, when this run is going to.
async fn rights_to_wait(
    settings: &Settings,
    plan: &Plan,
    found: &FoundCluster,
    cluster: &Cluster,
) -> Result<Vec<String>, ClusterError> {
    let installs = plan.changes().any(|(planned, _)| planned.phase == Phase::Install);
    if found.is_admin || !installs || !settings.wait {
        return Ok(Vec::new());
    }
    let namespace = settings.runner_namespace.as_str();
    let needed: Vec<Vec<Right>> = [("apps", "deployments"), ("", "pods")]
        .iter()
        .flat_map(|(group, resource)| ["list", "watch"].map(|verb| vec![Right::on(verb, group, resource, namespace)]))
        .collect();
    let answers = join_all(needed.iter().map(|right| cluster.may(&right[0]))).await;
    let mut missing = Vec::new();
    for (right, answer) in needed.iter().zip(answers) {
        if !answer? {
            missing.push(right);
        }
    }
    Ok(said(missing.into_iter()))
}

/// Missing rights in words, those on the same resource together.
fn said<'a>(missing: impl Iterator<Item = &'a Vec<Right>>) -> Vec<String> {
    let mut groups: Vec<(Vec<&str>, &[Right])> = Vec::new();
    for alternatives in missing {
        let Some((first, others)) = alternatives.split_first() else { continue };
        let is_alike =
            |(_, known): &&mut (Vec<&str>, &[Right])| known[0].on_what() == first.on_what() && known[1..] == *others;
        match groups.iter_mut().find(is_alike) {
            Some((verbs, _)) => verbs.push(&first.verb),
            None => groups.push((vec![&first.verb], alternatives)),
        }
    }
    let words = groups.iter().map(|(verbs, alternatives)| {
        let others: String = alternatives[1..].iter().map(|right| format!(", or {right}")).collect();
        format!("{} {}{others}", verbs.join(", "), alternatives[0].on_what())
    });
    words.collect()
}

/// What the server says to the pods that the agent's Deployment and the jobs would make.
///
/// A Deployment is accepted even when none of its pods would be, and the Orchestrator takes any pod template; so the
/// pods are rehearsed themselves. Where their namespace does not exist yet, they are rehearsed in `default`, where
/// only their content counts and not what admission (Pod Security, quota, webhooks) says there. Answers the refusals,
/// and what a caller who may not create pods could not find out.
async fn rehearse_pods(
    settings: &Settings,
    plan: &Plan,
    cluster: &Cluster,
    stands: &impl Fn(&str) -> bool,
) -> (Vec<RefusedPod>, Vec<String>) {
    let pods = plan.changes().filter_map(|(planned, change)| {
        let (namespace, pod) = pod_of_change(settings, change)?;
        Some((planned.object.clone(), namespace, pod))
    });
    let pods: Vec<_> = pods.collect();
    let place = |namespace: &str| if stands(namespace) { namespace.to_owned() } else { "default".to_owned() };
    let answers = join_all(pods.iter().map(|(_, namespace, pod)| {
        let place = place(namespace);
        async move { cluster.rehearse_pod(&place, pod).await }
    }));
    let (mut refused, mut unseen) = (Vec::new(), Vec::new());
    for ((object, namespace, _), answer) in pods.iter().zip(answers.await) {
        match answer {
            Ok(()) => {}
            Err(ClusterError::Refused { status, .. })
                if is_invalid(status.code, &status.message)
                    || (stands(namespace) && is_refused_by_admission(&status.message)) =>
            {
                let (object, namespace) = (object.clone(), namespace.clone());
                refused.push(RefusedPod { object, namespace, words: status.message });
            }
            // In another namespace only the content was in question; here it was what admission says, and is unknown.
            Err(error) if stands(namespace) => {
                unseen.push(format!("whether its pods would be admitted is not known, for {object}: {error}"));
            }
            Err(_) => {}
        }
    }
    (refused, unseen)
}

/// The pod that would come of a change, and the namespace that it would stand in.
fn pod_of_change(settings: &Settings, change: &Change) -> Option<(String, Value)> {
    let job_pod = |body: &Value| {
        let template = body.pointer("/runner_configuration/job/pod_template")?;
        let pod = pod_of(&crate::pod_template::merge(&job_pod_template(template), template));
        Some((settings.job_namespace.to_string(), pod))
    };
    match change {
        Change::ApplyObject { object, manifest, .. } if object.kind == Kind::Deployment => {
            Some((object.namespace.clone(), pod_of(manifest.pointer("/spec/template")?)))
        }
        Change::RegisterRunner { body } => job_pod(body),
        Change::PatchRunner { patch } => job_pod(patch),
        _ => None,
    }
}

/// The pod that the Orchestrator's Jobs run, as far as it is known: one container `main` that asks for 1Gi of memory,
/// restricted in every way that Pod Security asks for.
///
/// A template that gives the container more is taken at its word: the server takes no pod that contradicts itself.
fn job_pod_template(template: &Value) -> Value {
    let containers = template.pointer("/spec/containers").and_then(Value::as_array);
    let main = containers.into_iter().flatten().find(|container| container["name"] == RUNNER_CONTAINER);
    let security = main.and_then(|main| main.get("securityContext"));
    let gives_more = security.is_some_and(|it| it["privileged"] == true || it["capabilities"]["add"].is_array());
    json!({ "spec": {
        "restartPolicy": "Never",
        "securityContext": { "runAsNonRoot": true, "seccompProfile": { "type": "RuntimeDefault" } },
        "containers": [{
            "name": RUNNER_CONTAINER,
            "image": crate::settings::OFFICIAL_IMAGE,
            "resources": { "requests": { "memory": "1Gi" } },
            "securityContext": {
                "allowPrivilegeEscalation": gives_more,
                "capabilities": { "drop": ["ALL"] },
                "seccompProfile": { "type": "RuntimeDefault" },
                "runAsNonRoot": true,
            },
        }],
    } })
}

/// A pod of a template, without the account: it may not be there yet.
fn pod_of(template: &Value) -> Value {
    let mut metadata = template.get("metadata").cloned().unwrap_or_else(|| json!({}));
    metadata["generateName"] = json!("runner-setup-rehearsal-");
    let mut spec = template.get("spec").cloned().unwrap_or_else(|| json!({}));
    if let Value::Object(spec) = &mut spec {
        spec.remove("serviceAccountName");
        spec.insert("automountServiceAccountToken".to_owned(), json!(false));
    }
    json!({ "apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec })
}

/// Whether the pod itself is wrong, wherever it stands.
fn is_invalid(code: u16, message: &str) -> bool {
    code == 422 || message.contains("strict decoding error")
}

fn is_refused_by_admission(message: &str) -> bool {
    ["violates PodSecurity", "exceeded quota", "failed quota", "denied the request", "usage per"]
        .iter()
        .any(|words| message.contains(words))
        && !message.contains("does not support dry run")
}
