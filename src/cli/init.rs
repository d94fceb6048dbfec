//! `init`: the wizard. Says what it found, asks what is missing, and then does what `apply` does.

mod cluster;
mod directory;
mod told;
mod write_file;

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::access::Access;
use crate::answers::registry::{
    CLUSTER_NAME, GCP_PROJECT, LOCATION, PROVIDER, REGION, RESOURCE_GROUP, RUNNER_ID, SUBSCRIPTION,
};
use crate::answers::scripted_line;
use crate::answers::{Answers, Need, ask_context, ask_rest, misses_cluster, settle};
use crate::cluster::{Contexts, Kind, ObjectRef};
use crate::event::Tell;
use crate::exit_code::ExitCode;
use crate::failure::{Failure, FailureKind};
use crate::found::Seen;
use crate::interrupt::Interrupt;
use crate::look::cloud_node;
use crate::names::RunnerId;
use crate::phase::Phase;
use crate::settings::RELEASE_NAME;
use crate::terminal::{Output, converse};

use super::Call;
use super::apply::{allowed, close};
use super::login::explain;
use super::plan::warn;
use super::reach::{Identity, Reached, Way};
use super::session::{Session, detect, extra_roots, gather_told, listen, unchanged};
use super::sight::{is_guessed, is_known_by_nodes, tell_of_node};

/// Runs `init`.
pub(super) async fn run(call: &Call<'_>) -> Result<ExitCode, Failure> {
    let interrupt = Interrupt::default();
    let changing = listen(&interrupt);
    let (answers, is_asked) = answers(call, &interrupt).await?;
    let phases = BTreeSet::from(Phase::ALL);
    let mut session = Session::open(call, &answers, phases, Access::Write, interrupt.clone()).await?;
    let (found, plan) = session.plan().await?;
    let mut document = session.document(&found, &plan);
    if call.terminal.output == Output::Human {
        if call.can_ask() {
            call.terminal.say("\nThe plan:");
        }
        for line in session.told_plan(&found, &plan) {
            call.terminal.say(&line);
        }
    }
    warn(call, &plan.warnings);
    let agreed = match plan.refused(&|phase| scripted_line(&answers, phase.command())) {
        Some(failure) => Err(failure),
        None => allowed(call, &plan, &interrupt).await,
    };
    let ended = match agreed {
        Ok(()) => {
            drop(changing.set(session.tell.clone()));
            session.apply(&found, &plan, &mut document).await
        }
        Err(failure) => Err(failure),
    };
    let code = close(call, &session, &ended, &mut document, &plan);
    match ended {
        Ok(()) => {
            told::done(call, &session.settled.settings, &document, &answers);
            if is_asked {
                write_file::offer(call, &answers, &interrupt).await?;
            }
        }
        Err(failure) => {
            call.terminal.failure(&failure);
            if is_asked {
                told::to_go_on(call, &answers);
            }
        }
    }
    Ok(code)
}

/// What was told, and what the person at the keyboard answers to the rest; whether there was a question at all.
async fn answers(call: &Call<'_>, interrupt: &Interrupt) -> Result<(Answers, bool), Failure> {
    let mut answers = gather_told(call)?;
    if !call.can_ask() {
        detect(call, &mut answers).await?;
        return Ok((answers, false));
    }
    call.terminal.say("This sets up a runner: some questions first, then a plan. Nothing is changed");
    call.terminal.say("before you say yes, and Ctrl-C ends it at any time.");
    let contexts = Contexts::read(call.process, &answers.kubeconfig().0)?;
    let is_asked_first;
    (answers, is_asked_first) = converse(call.terminal, interrupt, move |keyboard| {
        let (names, current) = contexts.map(|contexts| (contexts.names, contexts.current)).unwrap_or_default();
        let is_asked = ask_context(&mut answers, &names, current.as_deref(), keyboard)?;
        Ok((answers, is_asked))
    })
    .await?;
    detect(call, &mut answers).await?;
    let is_asked_second = cluster::choose(call, &mut answers, interrupt).await?;
    let (server, version) = reach(call, &mut answers, interrupt).await?;
    // The nodes may say which cloud it is, and not which of its clusters.
    let is_asked_third = misses_cluster(&answers) && cluster::choose(call, &mut answers, interrupt).await?;
    told::found(call, &answers, &server, version.as_deref())?;
    // The line and the file at the end say it too: flags of a cloud are refused before any node is looked at.
    if is_known_by_nodes(&answers) {
        for setting in [&PROVIDER, &CLUSTER_NAME, &REGION, &GCP_PROJECT, &LOCATION, &RESOURCE_GROUP, &SUBSCRIPTION] {
            if let Some(value) = answers.text(setting).map(str::to_owned) {
                answers.asked(setting, value);
            }
        }
    }
    let process = call.process.clone();
    let mut directory = directory::Lookup::new(call.process.clone());
    let (answers, is_asked_then) = converse(call.terminal, interrupt, move |keyboard| {
        let is_asked = ask_rest(&mut answers, &process, keyboard, &mut directory)?;
        Ok((answers, is_asked))
    })
    .await?;
    Ok((answers, is_asked_first || is_asked_second || is_asked_third || is_asked_then))
}

/// The cluster's address and version; a runner whose agent is there already becomes the one that is meant.
///
/// A cluster that can't be reached is better known before the questions than after them.
async fn reach(
    call: &Call<'_>,
    answers: &mut Answers,
    interrupt: &Interrupt,
) -> Result<(String, Option<String>), Failure> {
    // What is missing is asked for later; what is wrong is said now.
    let mut settled = match settle(answers, call.process, Need::NOTHING) {
        Ok(settled) => settled,
        Err(failure) if failure.kind == FailureKind::AnswerMissing => {
            return Ok((answers.kubeconfig().1.unwrap_or_default().to_owned(), None));
        }
        Err(failure) => return Err(failure),
    };
    let silent: Tell = Arc::new(|_| {});
    let way = Way {
        call,
        answers,
        needs_cluster: true,
        identity: Identity::No,
        extra_roots: extra_roots(call.process, answers, &settled)?,
        access: Access::ReadOnly,
        tell: &silent,
        progress: None,
        interrupt,
    };
    let Reached { cluster, cloud, mut login, .. } = way.open(&mut settled).await?;
    let Some(mut cluster) = cluster else { return Ok((String::new(), None)) };
    let namespace = settled.settings.runner_namespace.as_str();
    let agent = ObjectRef::new(Kind::ConfigMap, namespace, RELEASE_NAME);
    let is_guessed = is_guessed(answers);
    let reads = async {
        loop {
            let node = async { if is_guessed { cloud_node(&cluster).await } else { None } };
            let seen = futures::join!(cluster.get_path("/version", "/version"), cluster.get(&agent), node);
            let Some(other) = way.in_otherwise(&login, &cluster, cloud.as_ref()).await? else {
                return Ok::<_, Failure>(seen);
            };
            (cluster, login) = other;
        }
    };
    let (version, agent, node) = tokio::select! {
        seen = reads => seen?,
        () = interrupt.pressed() => return Err(unchanged()),
    };
    let (version, agent) = match (Seen::of(version), Seen::of(agent)) {
        (Ok(version), Ok(agent)) => (version, agent),
        (Err(error), _) | (_, Err(error)) => {
            return Err(explain(&login, cluster.turned_us_away(), error.into()).await);
        }
    };
    if let Some(node) = node {
        tell_of_node(answers, &node);
    }
    let text = |object: &Seen, at: &str| object.there()?.pointer(at)?.as_str().map(str::to_owned);
    if let Some(id) = text(&agent, "/data/RUNNER_ID").filter(|id| id.parse::<RunnerId>().is_ok()) {
        answers.detect(&RUNNER_ID, id, format!("the agent in namespace {namespace}"));
    }
    Ok((cluster.server().to_owned(), text(&version, "/gitVersion")))
}
