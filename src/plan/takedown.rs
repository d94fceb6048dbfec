//! What `destroy` takes back: only what this tool made, and nothing whose owner is in doubt. Pure, like every plan.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::change::{Action, AsSeen, Change, KEPT, Planned, Stage};
use crate::cluster::{Kind, ObjectRef, Right, owner};
use crate::failure::FailureKind;
use crate::found::{Found, FoundCluster, FoundKey, Seen};
use crate::keypair::PublicKey;
use crate::orchestrator::Runner;
use crate::phase::Phase;
use crate::registration;
use crate::settings::{RELEASE_NAME, Settings};
use crate::standing::{Content, Standing};

use super::key::runner_object;
use super::{Plan, Refusal, rule_object};

/// What a person wants besides the usual.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wishes {
    /// The namespaces that this tool made go too.
    pub delete_namespaces: bool,
    /// Deployments that are going on are no reason to wait.
    pub force: bool,
}

/// How many names a sentence lists.
const NAMED: usize = 8;

/// Whose the registered runner is.
enum Whose {
    /// Nobody is registered with this id.
    Nobody,
    /// This tool registered it for this cluster.
    Ours,
    /// It stays, for this reason.
    Kept(String),
}

/// Decides what goes and what stays. Rights and namespaces' contents included, everything was looked at before.
pub fn take_down(settings: &Settings, wishes: Wishes, found: &Found, standing: &Standing) -> Plan {
    let key = found.cluster.as_ref().and_then(|cluster| cluster.key.public()).cloned();
    let mut plan = Plan { planned: Vec::new(), refusals: Vec::new(), warnings: standing.unseen.clone(), key };
    plan.warnings.extend(found.cluster.iter().flat_map(|cluster| cluster.unseen.clone()));
    let (Some(cluster), Some(orchestrator)) = (&found.cluster, &found.orchestrator) else { return plan };
    let runner = orchestrator.runner.as_ref();
    let whose = whose(settings, cluster, standing, runner);
    refuse_other_runners(settings, cluster, &mut plan);
    plan_rules(settings, found, &whose, &mut plan);
    let shared = shared_with(settings, cluster);
    for stage in [Stage::EndAgent, Stage::EndRights] {
        plan_stage(stage, settings, cluster, standing, shared.as_deref(), &mut plan);
    }
    plan_runner(settings, standing, &whose, runner, &mut plan);
    plan_stage(Stage::EndObjects, settings, cluster, standing, shared.as_deref(), &mut plan);
    plan_key(settings, cluster, standing, &whose, runner, &mut plan);
    say_what_stays(standing, &mut plan);
    plan_namespaces(wishes, cluster, standing, &mut plan);
    refuse_while_working(settings, wishes, standing, &mut plan);
    plan
}

/// The line for a kept runner that a person may delete by hand.
pub fn runner_is_left_to_a_person(plan: &Plan) -> bool {
    let left = |line: &Planned| line.object.starts_with("orchestrator:runner/") && line.kept() == Some(NOT_MADE);
    plan.planned.iter().any(left)
}

/// Why something goes.
pub const MADE: &str = "made by runner-setup";
/// Why something stays that nobody can prove to be ours.
const NOT_MADE: &str = "not made by runner-setup";

fn line(
    object: impl ToString,
    action: Action,
    why: impl Into<String>,
    phase: Phase,
    change: Option<Change>,
) -> Planned {
    Planned { object: object.to_string(), action, why: why.into(), fields: Vec::new(), phase, change, unseen: false }
}

fn kept(object: impl ToString, why: impl AsRef<str>, phase: Phase) -> Planned {
    line(object, Action::Unchanged, format!("{KEPT}{}", why.as_ref()), phase, None)
}

/// The phase that makes such an object.
fn phase_of(kind: Kind) -> Phase {
    match kind {
        Kind::Namespace => Phase::Namespaces,
        Kind::Secret => Phase::Secret,
        _ => Phase::Install,
    }
}

/// Whether the registered runner may be deleted: only with this tool's mark, and with this cluster's key. Where the key
/// is gone, the mark of this cluster counts, if something of ours shows that the agent's place is the right one.
fn whose(settings: &Settings, cluster: &FoundCluster, standing: &Standing, runner: Option<&Runner>) -> Whose {
    let Some(runner) = runner else { return Whose::Nobody };
    let kind = runner.runner_configuration.get("type").and_then(Value::as_str).unwrap_or("?");
    if kind != settings.runner_type.word() {
        return Whose::Kept(format!("registered as type `{kind}`, not `{}`", settings.runner_type));
    }
    let its_cluster = registration::cluster_uid(runner);
    if let (Some(theirs), Some(ours)) = (its_cluster, cluster.uid.as_deref())
        && theirs != ours
    {
        return Whose::Kept(format!("serves the cluster with uid {theirs}, and this one has uid {ours}"));
    }
    let registered = registered_key(runner);
    if let (Some(stored), registered) = (cluster.key.public(), &registered)
        && Some(stored) != registered.as_ref()
    {
        let id = registered.as_ref().map_or("none".to_owned(), PublicKey::short_id);
        return Whose::Kept(format!(
            "registered with the key with id {id}, and the key here has id {}",
            stored.short_id()
        ));
    }
    if !registration::made_by_us(runner) {
        return Whose::Kept(NOT_MADE.to_owned());
    }
    if cluster.key.public().is_some() {
        return Whose::Ours;
    }
    let is_place = cluster.objects.iter().chain(&standing.objects).any(|(object, seen)| {
        object.kind != Kind::Namespace
            && object.namespace == settings.runner_namespace.as_str()
            && seen.there().is_some_and(owner::made_by_us)
    });
    match (its_cluster.is_some() && cluster.uid.is_some(), is_place) {
        (true, true) => Whose::Ours,
        (true, false) => {
            Whose::Kept(format!("nothing in namespace {} shows that its agent is there", settings.runner_namespace))
        }
        (false, _) => Whose::Kept(format!("without {} nobody can say that it is this cluster's", cluster.key_object)),
    }
}

fn registered_key(runner: &Runner) -> Option<PublicKey> {
    PublicKey::from_pem(runner.runner_configuration.get("key")?.as_str()?).ok()
}

/// An agent in this place that serves another runner: then the wrong runner was named, and nothing goes.
fn refuse_other_runners(settings: &Settings, cluster: &FoundCluster, plan: &mut Plan) {
    let config_map = ObjectRef::new(Kind::ConfigMap, settings.runner_namespace.as_str(), RELEASE_NAME);
    let told = |key: &str| {
        let config_map = cluster.objects.get(&config_map)?.there()?;
        Some(config_map.get("data")?.get(key)?.as_str()?.to_owned())
    };
    let agent = cluster.agents.iter().find(|agent| {
        agent.object.name == RELEASE_NAME && agent.object.namespace == settings.runner_namespace.as_str()
    });
    let (object, org, id) = match agent {
        Some(agent) => (&agent.object, agent.org.clone(), agent.runner_id.clone()),
        None => (&config_map, told("ORG_ID"), told("RUNNER_ID")),
    };
    let (Some(org), Some(id)) = (org, id) else { return };
    if (org.as_str(), id.as_str()) != (settings.org.as_str(), settings.runner_id.as_str()) {
        let message = format!(
            "this agent serves runner `{id}` of organisation `{org}`, not runner `{}` of organisation `{}`",
            settings.runner_id, settings.org
        );
        let refusal = Refusal::new(object.to_string(), message);
        plan.refusals.push(refusal.hint(format!("if it is the one to destroy: `--org {org} --runner-id {id}`")));
    }
}

/// All rules that select the runner: they go with it, and stay with it.
fn plan_rules(settings: &Settings, found: &Found, whose: &Whose, plan: &mut Plan) {
    let rules = found.orchestrator.iter().flat_map(|orchestrator| &orchestrator.rules);
    for rule in rules.filter(|rule| rule.runner_id == settings.runner_id.as_str()) {
        let object = rule_object(&rule.target());
        plan.planned.push(match whose {
            Whose::Ours => {
                let change = Change::DeleteRule { id: rule.id.clone() };
                line(object, Action::Delete, "selects the runner", Phase::Rule, Some(change))
            }
            Whose::Kept(_) => kept(object, "selects a runner that is kept", Phase::Rule),
            Whose::Nobody => kept(object, "selects a runner that is not registered", Phase::Rule),
        });
    }
}

fn plan_runner(settings: &Settings, standing: &Standing, whose: &Whose, runner: Option<&Runner>, plan: &mut Plan) {
    let (name, Some(runner)) = (runner_object(settings), runner) else { return };
    match whose {
        Whose::Nobody => {}
        Whose::Kept(why) => plan.planned.push(kept(name, why, Phase::Register)),
        Whose::Ours => {
            let job_namespace = runner.runner_configuration.pointer("/job/namespace").and_then(Value::as_str);
            if let Some(theirs) = job_namespace.filter(|it| *it != settings.job_namespace.as_str()) {
                let message = format!("its jobs run in namespace `{theirs}`, not in `{}`", settings.job_namespace);
                let hint = format!("give the settings that it was set up with: `--job-namespace {theirs}`");
                plan.refusals.push(Refusal::new(&name, message).kind(FailureKind::Usage).hint(hint));
            }
            if !standing.environments.is_empty() {
                let message = format!(
                    "environments have this runner, and could not be deployed or deleted without it: {}",
                    listed(&standing.environments)
                );
                let refusal = Refusal::new(&name, message).hint("delete them: `hctl delete environment PROJECT ID`");
                plan.refusals.push(refusal.hint("or give them another runner first"));
            }
            let change = Change::DeleteRunner { updated_at: runner.updated_at.clone() };
            plan.planned.push(line(name, Action::Delete, MADE, Phase::Register, Some(change)));
        }
    }
}

/// When an object goes; Secrets are decided one by one.
fn stage_of(kind: Kind) -> Option<Stage> {
    match kind {
        Kind::Deployment => Some(Stage::EndAgent),
        Kind::Role | Kind::RoleBinding => Some(Stage::EndRights),
        Kind::ServiceAccount | Kind::ConfigMap => Some(Stage::EndObjects),
        Kind::Namespace => Some(Stage::EndGround),
        Kind::Secret => None,
    }
}

/// All objects of the cluster that go in one stage.
fn plan_stage(
    stage: Stage,
    settings: &Settings,
    cluster: &FoundCluster,
    standing: &Standing,
    shared: Option<&str>,
    plan: &mut Plan,
) {
    // What only some settings make was only guessed to be there; whoever may not look is told so once for all of it.
    let guessed = standing.objects.iter().filter(|(_, seen)| !matches!(seen, Seen::Unknown(_)));
    let all = cluster.objects.iter().chain(guessed);
    let mut all: Vec<_> = all.filter(|(object, _)| stage_of(object.kind) == Some(stage)).collect();
    // Bindings before Roles, the jobs' place before the agent's: what is allowed shrinks, and never grows.
    all.sort_by_key(|(object, _)| (object.kind != Kind::RoleBinding, object.namespace.clone()));
    for (object, seen) in all {
        let is_apart = object.namespace != settings.runner_namespace.as_str();
        let reason = shared.filter(|_| is_apart).map(|other| format!("used by {other} too"));
        plan_object(object, seen, stage, reason, plan);
    }
}

/// One object: goes if this tool made it and nobody else claims it.
fn plan_object(object: &ObjectRef, seen: &Seen, stage: Stage, reason_to_keep: Option<String>, plan: &mut Plan) {
    let phase = phase_of(object.kind);
    let live = match seen {
        Seen::Missing => return,
        Seen::Unknown(why) => {
            let refusal = Refusal::new(object.to_string(), format!("can't be looked at: {why}"));
            plan.refusals.push(refusal.hint("runner-setup destroy needs the right to read what it is about to delete"));
            return;
        }
        Seen::There(live) => live,
    };
    if let Some(why) = stays(live).or(reason_to_keep) {
        plan.planned.push(kept(object, why, phase));
        return;
    }
    let Some(as_seen) = AsSeen::of(live) else { return };
    let change = Change::DeleteObject { object: object.clone(), as_seen, stage };
    let is_going = live.pointer("/metadata/deletionTimestamp").is_some();
    let why = if is_going { "is being deleted already" } else { MADE };
    plan.planned.push(line(object, Action::Delete, why, phase, Some(change)));
}

/// Why an object stays, by its own marks.
fn stays(live: &Value) -> Option<String> {
    let claimed = owner::claimed_by(live);
    match (owner::made_by_us(live), claimed) {
        (true, None) => None,
        (true, Some(owner)) => Some(format!("claimed by {owner}")),
        (false, Some(owner)) => Some(format!("{NOT_MADE}, belongs to {owner}")),
        (false, None) => Some(NOT_MADE.to_owned()),
    }
}

/// Another agent for whom the jobs' namespace is set up as well, by the subjects of its RoleBinding.
fn shared_with(settings: &Settings, cluster: &FoundCluster) -> Option<String> {
    let ours = [
        (settings.runner_account.name.as_str(), settings.runner_namespace.as_str()),
        (settings.job_account.name.as_str(), settings.job_namespace.as_str()),
    ];
    let bindings = cluster.objects.iter().filter(|(object, _)| object.kind == Kind::RoleBinding);
    let subjects = bindings.filter_map(|(_, seen)| seen.there()?.get("subjects")?.as_array()).flatten();
    // People may be subjects as well; they need no place kept for them.
    let mut accounts = subjects.filter(|subject| subject["kind"] == "ServiceAccount").map(|subject| {
        let word = |key: &str| subject.get(key).and_then(Value::as_str).unwrap_or_default();
        (word("name"), word("namespace"))
    });
    accounts
        .find(|account| !ours.contains(account))
        .map(|(name, namespace)| format!("ServiceAccount {namespace}/{name}"))
}

/// Secrets that this tool made: pull secrets among the objects, the key last of all, and only when no runner that stays
/// is registered with it.
fn plan_key(
    settings: &Settings,
    cluster: &FoundCluster,
    standing: &Standing,
    whose: &Whose,
    runner: Option<&Runner>,
    plan: &mut Plan,
) {
    let is_registered = match (&cluster.key, runner.and_then(registered_key)) {
        (FoundKey::Usable(stored), Some(registered)) => *stored == registered,
        _ => false,
    };
    let secrets = standing.objects.iter().filter(|(object, _)| object.kind == Kind::Secret);
    let (key, pulls): (Vec<_>, Vec<_>) = secrets.partition(|(object, _)| **object == cluster.key_object);
    for (object, seen) in pulls {
        // Beside the agent they are found by their label; so they go last there, or a run that died could not find them
        // among the jobs.
        let is_beside_agent = object.namespace == settings.runner_namespace.as_str();
        let stage = if is_beside_agent { Stage::EndKey } else { Stage::EndObjects };
        if !matches!(seen, Seen::Unknown(_)) {
            plan_object(object, seen, stage, None, plan);
        }
    }
    for (object, seen) in key {
        let reason = match whose {
            Whose::Kept(_) if is_registered => Some("a runner that is kept is registered with it".to_owned()),
            _ => None,
        };
        plan_object(object, seen, Stage::EndKey, reason, plan);
    }
}

/// What `destroy` never touches, and what it does not know.
fn say_what_stays(standing: &Standing, plan: &mut Plan) {
    for (namespace, count) in standing.state.iter().filter(|(_, count)| **count > 0) {
        let object = format!("kubernetes:Secret/{namespace}/tfstate-*");
        let secrets = if *count == 1 { "1 Secret".to_owned() } else { format!("{count} Secrets") };
        plan.planned.push(kept(object, format!("state, {secrets}"), Phase::Secret));
    }
    for object in &standing.unnamed {
        let why = "made by runner-setup, but not for these settings";
        plan.planned.push(kept(object, why, phase_of(object.kind)));
    }
}

/// Namespaces stay, unless they were made by this tool, are to go, and nothing else is in them.
fn plan_namespaces(wishes: Wishes, cluster: &FoundCluster, standing: &Standing, plan: &mut Plan) {
    let goes: Vec<String> = plan.changes().filter_map(|(_, change)| uid_of(change)).collect();
    let all = cluster.objects.iter().filter(|(object, _)| object.kind == Kind::Namespace);
    for (object, seen) in all {
        match seen {
            Seen::There(live) if wishes.delete_namespaces => {
                let is_ours = stays(live).is_none();
                plan_object(object, seen, Stage::EndGround, None, plan);
                if is_ours {
                    refuse_what_else_is_there(object, standing, &goes, plan);
                }
            }
            Seen::There(live) => {
                let why = stays(live).unwrap_or_else(|| "goes with `--delete-namespaces` only".to_owned());
                plan.planned.push(kept(object, why, Phase::Namespaces));
            }
            Seen::Unknown(_) if wishes.delete_namespaces => plan_object(object, seen, Stage::EndGround, None, plan),
            Seen::Missing | Seen::Unknown(_) => {}
        }
    }
}

fn uid_of(change: &Change) -> Option<String> {
    match change {
        Change::DeleteObject { as_seen, .. } => Some(as_seen.uid.clone()),
        _ => None,
    }
}

fn refuse_what_else_is_there(object: &ObjectRef, standing: &Standing, goes: &[String], plan: &mut Plan) {
    let name = object.to_string();
    match standing.contents.get(&object.name) {
        Some(Ok(contents)) => {
            let others = others(contents, goes);
            if !others.is_empty() {
                let message = format!("holds what runner-setup does not delete: {}", listed(&others));
                let refusal = Refusal::new(&name, message).hint("leave out `--delete-namespaces` to keep it");
                plan.refusals.push(refusal.hint(format!(
                    "or delete these first, if nobody needs them: kubectl get all,secret,configmap,lease -n {}",
                    object.name
                )));
            }
        }
        Some(Err(why)) => {
            plan.refusals.push(Refusal::new(&name, format!("what is in it can't be looked at: {why}")));
        }
        None => plan.refusals.push(Refusal::new(&name, "what is in it was not looked at")),
    }
}

/// What does not go with the given objects, by name: neither one of them nor owned by one, at any depth.
pub fn others(contents: &[Content], goes: &[String]) -> Vec<String> {
    let mut goes: Vec<&str> = goes.iter().map(String::as_str).collect();
    loop {
        let more: Vec<&str> = contents
            .iter()
            .filter(|it| !goes.contains(&it.uid.as_str()) && it.owners.iter().any(|it| goes.contains(&it.as_str())))
            .map(|it| it.uid.as_str())
            .collect();
        if more.is_empty() {
            break;
        }
        goes.extend(more);
    }
    contents.iter().filter(|it| !goes.contains(&it.uid.as_str())).map(|it| it.object.clone()).collect()
}

/// Deployments that are going on would lose the account that they run under: they come first, unless told otherwise.
fn refuse_while_working(settings: &Settings, wishes: Wishes, standing: &Standing, plan: &mut Plan) {
    if plan.is_empty() {
        return;
    }
    let namespace = &settings.job_namespace;
    let message = match &standing.working {
        Some(Ok(jobs)) if jobs.is_empty() => return,
        None => return,
        Some(Ok(jobs)) => format!("deployments are going on, and would be cut off: Job {}", listed(jobs)),
        Some(Err(why)) => format!("whether deployments are going on can't be looked at: {why}"),
    };
    if wishes.force {
        plan.warnings.push(format!("namespace {namespace}: {message}"));
        return;
    }
    let refusal = Refusal::new(format!("kubernetes:Job/{namespace}"), message);
    let refusal = refusal.hint(format!("kubectl get jobs -n {namespace}"));
    plan.refusals.push(refusal.hint("run the same command again when they are done, or with `--force`"));
}

/// The first few names.
pub fn listed(names: &[String]) -> String {
    let shown = names.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
    match names.len().checked_sub(NAMED) {
        Some(more @ 1..) => format!("{shown} and {more} more"),
        _ => shown,
    }
}

/// The rights that the deletes take, each on its one object.
pub fn rights_to_delete(plan: &Plan) -> BTreeSet<Right> {
    plan.changes().filter_map(|(_, change)| right_of(change)).collect()
}

fn right_of(change: &Change) -> Option<Right> {
    let Change::DeleteObject { object, .. } = change else { return None };
    Some(Right { name: object.name.clone(), ..Right::new("delete", object.kind, &object.namespace) })
}

/// Refuses everything when a right is missing: a half-finished destroy could be foreseen.
pub fn refuse_missing_rights(plan: &mut Plan, allowed: &BTreeMap<Right, bool>) {
    let missing = |right: &Right| allowed.get(right) != Some(&true);
    let refusals: Vec<Refusal> = plan
        .changes()
        .filter_map(|(planned, change)| Some((planned, right_of(change).filter(missing)?)))
        .map(|(planned, right)| Refusal::new(&planned.object, format!("missing right: {right}")))
        .collect();
    plan.refusals.extend(refusals);
}
