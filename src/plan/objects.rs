//! The objects of the cluster: what is missing, what differs, whose it is, and what can never change.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::change::{Action, Change, Planned};
use crate::cluster::{Conflicts, Kind, ObjectRef, Right, compare, owner};
use crate::failure::FailureKind;
use crate::found::{Found, FoundCluster, Seen};
use crate::manifests::{Choices, Manifest, TemplateError, kubernetes_agent};
use crate::phase::Phase;
use crate::settings::{AwsIdentity, AzureIdentity, GcpIdentity, Settings};

use super::azure::PENDING_CLIENT_ID;
use super::{Plan, Refusal};

/// Namespaces: made in their own phase; the other phases in the cluster need them.
pub(super) fn plan_namespaces(
    settings: &Settings,
    choices: &Choices,
    cluster: &FoundCluster,
    phases: &BTreeSet<Phase>,
    plan: &mut Plan,
) -> Result<(), TemplateError> {
    let needs = phases.contains(&Phase::Secret) || phases.contains(&Phase::Install);
    for manifest in kubernetes_agent(settings, choices)?.into_iter().filter(|m| m.object.kind == Kind::Namespace) {
        let seen = cluster.objects.get(&manifest.object).unwrap_or(&Seen::Missing);
        if let Some(live) = seen.there()
            && live.pointer("/metadata/deletionTimestamp").is_some()
        {
            let name = &manifest.object.name;
            let refusal = Refusal::new(manifest.object.to_string(), "the namespace is being deleted (Terminating)");
            plan.refusals
                .push(refusal.hint(format!("kubectl get namespace {name} -o jsonpath='{{.status.conditions}}'")));
        } else if phases.contains(&Phase::Namespaces) {
            plan_manifest(settings, cluster, manifest, plan);
        } else if needs && matches!(seen, Seen::Missing) {
            let refusal = Refusal::new(manifest.object.to_string(), "the namespace is missing");
            plan.refusals.push(refusal.made_by(Phase::Namespaces));
        }
    }
    Ok(())
}

/// Accounts, Roles, bindings and ConfigMaps.
pub(super) fn plan_objects(
    settings: &Settings,
    choices: &Choices,
    cluster: &FoundCluster,
    phases: &BTreeSet<Phase>,
    plan: &mut Plan,
) -> Result<(), TemplateError> {
    let installs = phases.contains(&Phase::Install);
    for manifest in kubernetes_agent(settings, choices)? {
        let annotates = phases.contains(&Phase::Identity) && carries_identity(settings, &manifest.object, cluster);
        if installs && !matches!(manifest.object.kind, Kind::Namespace | Kind::Deployment) {
            plan_manifest(settings, cluster, manifest, plan);
        } else if annotates {
            plan_manifest(settings, cluster, Manifest { phase: Phase::Identity, ..manifest }, plan);
        }
    }
    Ok(())
}

/// Whether an object carries the jobs' identity: the job service account with an annotation, where its namespace is there.
fn carries_identity(settings: &Settings, object: &ObjectRef, cluster: &FoundCluster) -> bool {
    let has_annotation = settings.aws.as_ref().is_some_and(|aws| aws.identity == AwsIdentity::Irsa)
        || settings.gcp.as_ref().is_some_and(|gcp| gcp.identity == GcpIdentity::ServiceAccount)
        || settings.azure.as_ref().is_some_and(|azure| azure.identity == AzureIdentity::ManagedIdentity);
    let namespace = ObjectRef::namespace(&object.namespace);
    has_annotation
        && is_job_account(settings, object)
        && matches!(cluster.objects.get(&namespace), Some(Seen::There(_) | Seen::Unknown(_)))
}

/// Whether an object is the job service account.
pub fn is_job_account(settings: &Settings, object: &ObjectRef) -> bool {
    *object == ObjectRef::new(Kind::ServiceAccount, settings.job_namespace.as_str(), settings.job_account.name.as_str())
}

/// The agent itself, after everything that it needs; refused when another agent is in its place.
pub(super) fn plan_deployment(
    settings: &Settings,
    choices: &Choices,
    cluster: &FoundCluster,
    phases: &BTreeSet<Phase>,
    plan: &mut Plan,
) -> Result<(), TemplateError> {
    if !phases.contains(&Phase::Install) {
        return Ok(());
    }
    refuse_other_agents(settings, cluster, plan);
    if settings.agent.replicas == Some(0) {
        plan.warnings.push("the agent is told to have 0 replicas: it will not run, and nobody waits for it".to_owned());
    }
    for manifest in kubernetes_agent(settings, choices)? {
        if manifest.object.kind == Kind::Deployment {
            plan_manifest(settings, cluster, manifest, plan);
        }
    }
    Ok(())
}

/// An agent in these namespaces that serves another runner or organisation, or ours under another name.
fn refuse_other_agents(settings: &Settings, cluster: &FoundCluster, plan: &mut Plan) {
    let ours = (settings.org.as_str(), settings.runner_id.as_str());
    for agent in &cluster.agents {
        let is_place = agent.object.name == crate::settings::RELEASE_NAME
            && agent.object.namespace == settings.runner_namespace.as_str();
        let theirs = (agent.org.as_deref().unwrap_or("?"), agent.runner_id.as_deref().unwrap_or("?"));
        let object = agent.object.to_string();
        if settings.adopt.contains(&object) || (is_place && theirs == ours) || (is_place && theirs == ("?", "?")) {
            continue;
        }
        let message = if theirs == ours {
            format!("this agent serves runner `{}` of organisation `{}` already, under another name", ours.1, ours.0)
        } else {
            format!(
                "this agent serves runner `{}` of organisation `{}`, not runner `{}` of organisation `{}`",
                theirs.1, theirs.0, ours.1, ours.0
            )
        };
        let refusal = Refusal::new(&object, message)
            .hint("choose other namespaces with `--runner-namespace` and `--job-namespace`")
            .hint(format!("or take it over with `--adopt {object}`"));
        plan.refusals.push(refusal);
    }
}

/// One object against what is there.
fn plan_manifest(settings: &Settings, cluster: &FoundCluster, manifest: Manifest, plan: &mut Plan) {
    let Manifest { object, mut content, phase } = manifest;
    let name = object.to_string();
    let line = |action, why: &str, change| Planned {
        object: name.clone(),
        action,
        why: why.to_owned(),
        fields: Vec::new(),
        phase,
        change,
        unseen: false,
    };
    let live = match cluster.objects.get(&object).unwrap_or(&Seen::Missing) {
        Seen::Missing => {
            mark_as_made(&mut content);
            let change = Change::ApplyObject { object, manifest: content, conflicts: Conflicts::Refuse };
            plan.planned.push(line(Action::Create, "missing", Some(change)));
            return;
        }
        Seen::Unknown(why) if object.kind == Kind::Namespace => {
            // Whoever may not read namespaces can still use one: what is put into it will tell.
            plan.warnings.push(format!("{name} could not be looked at, so it is taken to be there: {why}"));
            plan.planned.push(Planned { unseen: true, ..line(Action::Unchanged, "could not be looked at", None) });
            return;
        }
        Seen::Unknown(why) => {
            let refusal = Refusal::new(&name, format!("can't be looked at: {why}"));
            plan.refusals.push(refusal.hint("runner-setup apply needs the right to read what it is about to compare"));
            return;
        }
        Seen::There(live) => live,
    };
    if live.pointer("/metadata/deletionTimestamp").is_some() {
        let refusal = Refusal::new(&name, "is being deleted, and what holds it up is not done yet");
        let (kind, namespace) = (object.kind.name().to_lowercase(), &object.namespace);
        let show = format!("kubectl get {kind} {} -n {namespace} -o jsonpath='{{.metadata.finalizers}}'", object.name);
        plan.refusals.push(refusal.hint(show));
        return;
    }
    if owner::made_by_us(live) {
        mark_as_made(&mut content);
    }
    keep_subjects_of_others(live, &mut content);
    let told_to_adopt = settings.adopt.contains(&name);
    let mut fields = compare::differences(live, &content);
    for field in fields.iter_mut().filter(|field| field.to == PENDING_CLIENT_ID) {
        field.to = json!("the client id that Azure will give");
    }
    if fields.is_empty() && (!told_to_adopt || owner::applied_by_us(live)) {
        plan.planned.push(line(Action::Unchanged, "as it should be", None));
        return;
    }
    if let Some(refusal) = immutable(&name, live, &content, &object) {
        plan.refusals.push(refusal);
        return;
    }
    let ours = owner::applied_by_us(live);
    let owner = if ours { None } else { owner::claimed_by(live) };
    if let (Some(owner), false) = (&owner, told_to_adopt) {
        let paths: Vec<_> = fields.iter().map(|field| field.path.as_str()).collect();
        let message = format!("belongs to {owner}, and these fields would change: {}", paths.join(", "));
        plan.refusals.push(Refusal::new(&name, message).hint(format!("take it over with `--adopt {name}`")));
        return;
    }
    let (action, why) = match owner {
        _ if ours => (Action::Update, "differs".to_owned()),
        Some(owner) => (Action::Adopt, format!("taken over from {owner}, as told")),
        None => (Action::Adopt, "there, and claimed by nobody".to_owned()),
    };
    let conflicts = if told_to_adopt { Conflicts::TakeOver } else { Conflicts::Refuse };
    let change = Change::ApplyObject { object, manifest: content, conflicts };
    plan.planned.push(Planned { fields, ..line(action, &why, Some(change)) });
}

/// Marks an object as made by this tool: what carries this label may be deleted by `destroy`.
fn mark_as_made(content: &mut Value) {
    content["metadata"]["labels"][owner::MANAGED_BY] = json!(owner::FIELD_MANAGER);
}

/// A RoleBinding's subjects are one atomic list: those of others stay in it.
fn keep_subjects_of_others(live: &Value, content: &mut Value) {
    if owner::made_by_us(live) {
        return;
    }
    let (Some(theirs), Some(ours)) = (live.get("subjects").and_then(Value::as_array), content.get_mut("subjects"))
    else {
        return;
    };
    let Some(ours) = ours.as_array_mut() else { return };
    let same = |a: &Value, b: &Value| ["kind", "name", "namespace"].iter().all(|key| a.get(key) == b.get(key));
    let mut merged = theirs.clone();
    merged.extend(ours.iter().filter(|our| !theirs.iter().any(|their| same(their, our))).cloned());
    *ours = merged;
}

/// Fields that the server never lets change.
fn immutable(name: &str, live: &Value, wanted: &Value, object: &ObjectRef) -> Option<Refusal> {
    let differs = |pointer: &str| {
        let (live, wanted) = (live.pointer(pointer)?, wanted.pointer(pointer)?);
        (live != wanted).then(|| (live.clone(), wanted.clone()))
    };
    let (field, (live, wanted)) = match object.kind {
        Kind::RoleBinding => ("roleRef", differs("/roleRef")?),
        Kind::Deployment => ("spec.selector", differs("/spec/selector")?),
        Kind::ConfigMap => {
            let data_differs = differs("/data").is_some();
            let is_immutable = live.get("immutable").and_then(Value::as_bool) == Some(true);
            return (is_immutable && data_differs).then(|| {
                Refusal::new(name, "is immutable and holds other values")
                    .hint(format!("kubectl delete configmap {} -n {}", object.name, object.namespace))
            });
        }
        _ => return None,
    };
    let kind = object.kind.name().to_lowercase();
    let message = format!("its `{field}` is {live} and would have to be {wanted}, but it can never change");
    Some(Refusal::new(name, message).hint(format!("kubectl delete {kind} {} -n {}", object.name, object.namespace)))
}

/// An object named by `--adopt` that nothing asks for is a typing error, not a wish to ignore.
pub(super) fn refuse_unused_adoptions(settings: &Settings, found: &Found, plan: &mut Plan) {
    if found.cluster.is_none() {
        return;
    }
    let agents = found.cluster.iter().flat_map(|cluster| &cluster.agents).map(|agent| agent.object.to_string());
    let known: BTreeSet<String> = plan.planned.iter().map(|planned| planned.object.clone()).chain(agents).collect();
    let refused: BTreeSet<&str> = plan.refusals.iter().map(|refusal| refusal.object.as_str()).collect();
    let unknown: Vec<_> =
        settings.adopt.iter().filter(|name| !known.contains(*name) && !refused.contains(name.as_str())).collect();
    for name in unknown {
        let refusal = Refusal::new(name, "is named by `--adopt`, but is no object of this setup");
        let likeness = |other: &str| strsim::jaro_winkler(&name.to_lowercase(), &other.to_lowercase());
        let like =
            known.iter().filter(|other| likeness(other) > 0.9).max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
        let refusal = match like {
            Some(like) => refusal.hint(format!("write `--adopt {like}`")),
            None => refusal.hint("runner-setup plan"),
        };
        plan.refusals.push(refusal.kind(FailureKind::Usage));
    }
}

/// The rights that a change to an object takes, where a dry run can't tell because its namespace is not there yet.
///
/// Each inner list is a set of alternatives of which one is enough. For a Role and its binding these include what it
/// grants, because the API server lets nobody grant what they do not have.
pub fn rights_needed(object: &ObjectRef, manifest: &Value, role_rules: &[Value]) -> Vec<Vec<Right>> {
    let namespace = &object.namespace;
    let mut needed = vec![vec![Right::new("create", object.kind, namespace)]];
    if object.kind != Kind::Secret {
        // A server-side apply is a PATCH, also when it creates.
        needed.push(vec![Right::new("patch", object.kind, namespace)]);
    }
    let (rules, way_round) = match object.kind {
        Kind::Role => (manifest.get("rules").and_then(Value::as_array).cloned().unwrap_or_default(), "escalate"),
        Kind::RoleBinding => (role_rules.to_vec(), "bind"),
        _ => return needed,
    };
    let words = |rule: &Value, key: &str| -> Vec<String> {
        rule.get(key)
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect()
    };
    for rule in &rules {
        for group in words(rule, "apiGroups") {
            for resource in words(rule, "resources") {
                for verb in words(rule, "verbs") {
                    let right = Right::on(&verb, &group, &resource, namespace);
                    needed.push(vec![right, Right::new(way_round, Kind::Role, namespace)]);
                }
            }
        }
    }
    needed
}
