//! Completions that know the kubeconfig's contexts, the cluster's namespaces and the organisation's runners.

use std::sync::Arc;
use std::time::Duration;

use clap::Command;
use clap_complete::CompleteEnv;
use clap_complete::engine::{ArgValueCandidates, CompletionCandidate};
use serde_json::Value;

use crate::access::Access;
use crate::answers::{Answers, Need, Settled, TokenNeed, settle};
use crate::cluster::{Cluster, ConnectOptions, Contexts};
use crate::failure::Failure;
use crate::process::Process;
use crate::trust::added_roots;

use super::session::orchestrator_for;

/// Somebody waits at the keyboard: an answer that takes longer is none.
const PATIENCE: Duration = Duration::from_secs(2);

type List = fn(&Process) -> Option<Vec<String>>;

/// The values that are looked up, by flag.
const LISTS: [(&str, List); 6] = [
    ("context", contexts),
    ("namespace", namespaces),
    ("runner-namespace", namespaces),
    ("job-namespace", namespaces),
    ("state-namespace", namespaces),
    ("runner-id", runners),
];

/// Answers a shell that asks for completions, by the variable `COMPLETE`; false when none asks.
pub(super) fn complete(process: &Process) -> bool {
    if process.var("COMPLETE").is_none() {
        return false;
    }
    let factory = || with_lists(super::command(), process);
    // What goes wrong here has nobody to be told to: the shell offers nothing.
    CompleteEnv::with_factory(factory)
        .bin("runner-setup")
        .completer("runner-setup")
        .try_complete(&process.args, Some(&process.directory))
        .unwrap_or(true)
}

fn with_lists(mut command: Command, process: &Process) -> Command {
    let process = Arc::new(process.clone());
    for (flag, list) in LISTS {
        if command.get_arguments().any(|arg| arg.get_id() == flag) {
            let process = Arc::clone(&process);
            let candidates = move || list(&process).into_iter().flatten().map(CompletionCandidate::new).collect();
            command = command.mut_arg(flag, |arg| arg.add(ArgValueCandidates::new(candidates)));
        }
    }
    let names: Vec<String> = command.get_subcommands().map(|it| it.get_name().to_owned()).collect();
    names.into_iter().fold(command, |command, name| command.mut_subcommand(name, |it| with_lists(it, &process)))
}

fn contexts(process: &Process) -> Option<Vec<String>> {
    Some(Contexts::read(process, &told(process)?.kubeconfig().0).ok()??.names)
}

fn namespaces(process: &Process) -> Option<Vec<String>> {
    let settled = settled(process, TokenNeed::No)?;
    let connection = &settled.connection;
    let options = ConnectOptions {
        kubeconfig: connection.kubeconfig.clone(),
        context: connection.context.clone(),
        extra_roots: added_roots(process, connection.ca_file.as_deref(), "").ok()?,
        access: Access::ReadOnly,
    };
    let list = within_patience(async {
        let cluster = Cluster::connect(process, &options).await?;
        Ok(cluster.get_path("/api/v1/namespaces", "namespaces").await?)
    })?;
    let items = list?.get("items")?.as_array()?.clone();
    let name = |item: &Value| item.pointer("/metadata/name").and_then(Value::as_str).map(str::to_owned);
    Some(items.iter().filter_map(name).collect())
}

fn runners(process: &Process) -> Option<Vec<String>> {
    let settled = settled(process, TokenNeed::Required)?;
    let roots = added_roots(process, settled.connection.ca_file.as_deref(), "").ok()?;
    let client = orchestrator_for(process, &settled, roots, Access::ReadOnly, Arc::new(|_: &str| {})).ok()?;
    let runners = within_patience(async { Ok(client.runners(&settled.settings.org).await?) })?;
    Some(runners.into_iter().map(|runner| runner.id).collect())
}

/// What the environment, the file and hctl say; the words typed so far are no command line yet.
fn told(process: &Process) -> Option<Answers> {
    let matches = super::command().try_get_matches_from(["runner-setup", "status"]).ok()?;
    Answers::gather(process, super::innermost(&matches), process.var("RUNNER_SETUP_CONFIG")).ok()
}

fn settled(process: &Process, token: TokenNeed) -> Option<Settled> {
    let need = Need { org: token == TokenNeed::Required, runner_id: false, token };
    settle(&told(process)?, process, need).ok()
}

fn within_patience<T>(work: impl Future<Output = Result<T, Failure>>) -> Option<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
    let answer = runtime.block_on(async { tokio::time::timeout(PATIENCE, work).await });
    runtime.shutdown_background();
    answer.ok()?.ok()
}
