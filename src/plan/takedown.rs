//! What `destroy` takes back: only what this tool made, and nothing whose owner is in doubt. Pure, like every plan.

mod azure;
mod google;
mod identity;
mod ownership;
mod refusals;

use serde_json::Value;

use crate::change::{Action, AsSeen, Change, KEPT, Planned, Stage};
use crate::cluster::{Kind, ObjectRef};
use crate::failure::FailureKind;
use crate::found::{Found, FoundCluster, FoundKey, Seen};
use crate::orchestrator::Runner;
use crate::phase::Phase;
use crate::settings::Settings;
use crate::standing::Standing;

use self::ownership::{NOT_MADE, Whose, registered_key, shared_with, stays, whose};
use self::refusals::{refuse_other_runners, refuse_what_else_is_there, refuse_while_working};
use super::azure::client_id_there;
use super::key::runner_object;
use super::{Plan, Refusal, rule_object};

pub use self::refusals::{listed, others, refuse_missing_rights, rights_to_delete};

/// What a person wants besides the usual.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wishes {
    /// The namespaces that this tool made go too.
    pub delete_namespaces: bool,
    /// Deployments that are going on are no reason to wait.
    pub force: bool,
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
    if let (Some(seen), Some(standing)) = (&found.aws, &standing.aws) {
        identity::plan_identity(settings, seen, standing, &mut plan);
    }
    if let (Some(seen), Some(standing)) = (&found.gcp, &standing.gcp) {
        google::plan_google(settings, seen, standing, &mut plan);
    }
    if let (Some(seen), Some(standing)) = (&found.azure, &standing.azure) {
        azure::plan_azure(settings, seen, standing, client_id_there(settings, found), &mut plan);
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
            let agent_stays =
                |line: &&Planned| line.object.starts_with("kubernetes:Deployment/") && line.kept().is_some();
            if let Some(agent) = plan.planned.iter().find(agent_stays) {
                let warning =
                    format!("{} is kept, and the Orchestrator will refuse it without its runner", agent.object);
                plan.warnings.push(warning);
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
