//! `destroy`: preview, confirm, take back what this tool made on both sides, and look whether anything is left.

use std::collections::{BTreeMap, BTreeSet};

use clap::Args;
use futures::future::join_all;

use crate::access::Access;
use crate::cloud::Cloud;
use crate::cluster::{Cluster, Right};
use crate::commands::delete_runner;
use crate::event::Event;
use crate::exit_code::ExitCode;
use crate::failure::{Failure, FailureKind};
use crate::found::Found;
use crate::interrupt::Interrupt;
use crate::orchestrator::Orchestrator;
use crate::phase::Phase;
use crate::plan::{Plan, Wishes, refuse_missing_rights, rights_to_delete, runner_is_left_to_a_person, take_down};
use crate::rehearse::rehearse_cloud;
use crate::result::{ResultDocument, Verified};
use crate::standing::look_around;
use crate::take_back::NOTHING_LEFT;
use crate::terminal::Output;

use super::Call;
use super::apply::{PhaseArgs, agreed, close, counted};
use super::in_cloud::InCloud;
use super::plan::warn;
use super::session::{Session, gather, listen, unchanged};

/// Flags of `destroy`.
#[derive(Debug, Args)]
pub(super) struct DestroyArgs {
    /// Delete the namespaces that runner-setup made too, if nothing else is in them
    #[arg(long)]
    delete_namespaces: bool,
    /// Do not wait for deployments that are going on: they are cut off
    #[arg(long)]
    force: bool,
    /// Print the equivalent kubectl and hctl lines
    #[arg(long, requires = "dry_run")]
    show_commands: bool,
    #[command(flatten)]
    phase: PhaseArgs,
}

/// Runs `destroy`.
pub(super) async fn run(call: &Call<'_>, args: &DestroyArgs) -> Result<ExitCode, Failure> {
    let (answers, _) = gather(call).await?;
    if args.phase.show_settings {
        return super::config::show_settings(call, &answers);
    }
    let interrupt = Interrupt::default();
    let changing = listen(&interrupt);
    let access = if args.phase.dry_run { Access::ReadOnly } else { Access::Write };
    let mut session = Session::open(call, &answers, BTreeSet::from(Phase::ALL), access, interrupt.clone()).await?;
    let wishes = Wishes { delete_namespaces: args.delete_namespaces, force: args.force };
    let (found, plan) = look_and_plan(&mut session, wishes).await?;
    let mut document = session.document(&found, &plan);
    if call.terminal.output == Output::Human {
        for line in session.told_plan(&found, &plan) {
            call.terminal.say(&line);
        }
    }
    warn(call, &plan.warnings);
    if runner_is_left_to_a_person(&plan) {
        document.next.push(delete_runner(&session.settled.settings));
    }
    if args.show_commands {
        show_commands(&session, &found, &plan, &mut document);
    }
    let ended = match plan.refused(&|phase| phase.to_string()) {
        Some(failure) => Err(failure),
        None if args.phase.dry_run => Ok(()),
        None => match agreed(call, &plan, &interrupt, "Delete these objects?").await {
            Ok(()) => {
                drop(changing.set(session.tell.clone()));
                carry_out(&mut session, wishes, &plan, &mut document).await
            }
            Err(failure) => Err(failure),
        },
    };
    let code = close(call, &session, &ended, &mut document, &plan);
    match ended {
        Ok(()) if args.phase.dry_run => call.terminal.say("Nothing was changed: this was only the plan."),
        Ok(()) if plan.is_empty() => {
            call.terminal.say("Nothing to do: nothing that runner-setup made is left to take back.")
        }
        Ok(()) => call.terminal.say(&format!("Done: {} deleted.", counted(plan.changes().count(), "object"))),
        Err(failure) => call.terminal.failure(&failure),
    }
    if !args.show_commands {
        for command in &document.next {
            call.terminal.say(&format!("Next: {command}"));
        }
    }
    Ok(code)
}

/// Looks at both sides and plans. The clients are closed for writing meanwhile.
async fn look_and_plan(session: &mut Session<'_>, wishes: Wishes) -> Result<(Found, Plan), Failure> {
    let interrupt = session.interrupt.clone();
    let planned = async {
        (session.tell)(Event::Looking { what: session.sides_in_words() });
        let found = session.look(true).await?;
        let settings = &session.settled.settings;
        let cluster = session.cluster.as_ref().map(Cluster::read_only);
        let orchestrator = session.orchestrator.as_ref().map(Orchestrator::read_only);
        let cloud = session.cloud.as_ref().map(Cloud::read_only);
        let (Some(cluster), Some(orchestrator)) = (&cluster, &orchestrator) else {
            return Err(Failure::new(FailureKind::Bug, "destroy without both sides"));
        };
        let with_contents = wishes.delete_namespaces;
        let standing =
            look_around(settings, &session.lent, &found, cluster, orchestrator, cloud.as_ref(), with_contents).await?;
        let mut plan = take_down(settings, wishes, &found, &standing);
        if let Some(named) = InCloud::of(settings)
            && found.aws.is_none()
            && found.gcp.is_none()
            && found.azure.is_none()
        {
            plan.warnings.push(not_looked(&named));
        }
        if found.cluster.as_ref().is_some_and(|cluster| !cluster.is_admin) {
            let allowed = review(cluster, &rights_to_delete(&plan)).await?;
            refuse_missing_rights(&mut plan, &allowed);
        }
        rehearse_cloud(settings, &plan, &found, cloud.as_ref()).await?.mark(&mut plan);
        session.progress.finish();
        Ok((found, plan))
    };
    tokio::select! {
        planned = planned => planned,
        () = interrupt.pressed() => Err(unchanged()),
    }
}

/// Asks the API server for each right, before anything is deleted.
async fn review(cluster: &Cluster, rights: &BTreeSet<Right>) -> Result<BTreeMap<Right, bool>, Failure> {
    let answers = join_all(rights.iter().map(|right| cluster.may(right))).await;
    let mut allowed = BTreeMap::new();
    for (right, answer) in rights.iter().zip(answers) {
        allowed.insert(right.clone(), answer?);
    }
    Ok(allowed)
}

/// Deletes, and looks again: what is left is no longer a promise but seen.
async fn carry_out(
    session: &mut Session<'_>,
    wishes: Wishes,
    plan: &Plan,
    document: &mut ResultDocument,
) -> Result<(), Failure> {
    session.carry_out(plan, wishes.force, document).await?;
    session.progress.finish();
    // Namespaces that nobody waits for are still there for a while.
    if plan.is_empty() || !session.settled.settings.wait {
        return Ok(());
    }
    let (_, left) = look_and_plan(session, wishes).await?;
    let names: Vec<&str> = left.changes().map(|(planned, _)| planned.object.as_str()).collect();
    let observed = match names.as_slice() {
        [] if session.cloud.is_none() && InCloud::of(&session.settled.settings).is_some() => {
            let cloud = InCloud::of(&session.settled.settings).map_or("", |named| named.cloud());
            format!(
                "a new look at the cluster and the Orchestrator finds nothing to take back; {cloud} was not looked at"
            )
        }
        [] => "a new look finds nothing to take back".to_owned(),
        names => format!("a new look finds {}", names.join(", ")),
    };
    let pass = names.is_empty();
    let outcome = if pass { "pass" } else { "fail" };
    (session.tell)(Event::Verified {
        claim: NOTHING_LEFT.to_owned(),
        pass,
        outcome: outcome.to_owned(),
        observed: observed.clone(),
    });
    document.verified =
        vec![Verified { claim: NOTHING_LEFT.to_owned(), outcome: outcome.to_owned(), observed: observed.clone() }];
    if pass {
        return Ok(());
    }
    let failure = Failure::new(FailureKind::Stopped, format!("somebody makes it again: {observed}"));
    let failure = failure.hint("run the same command again");
    document.fail(&failure);
    Err(failure)
}

/// The same as lines for a shell: data on stdout, or a part of the document.
fn show_commands(session: &Session<'_>, found: &Found, plan: &Plan, document: &mut ResultDocument) {
    let lines = session.equivalent(found, plan, false);
    if session.call.terminal.output == Output::Human {
        session.call.terminal.data(&lines.join("\n"));
    } else {
        document.next.extend(lines);
    }
}

/// What stays in a cloud that this run does not look at.
fn not_looked(named: &InCloud) -> String {
    let what = match named {
        InCloud::Aws(_) => "a role or provider",
        InCloud::Gcp(_) => "a Google service account or grant",
        InCloud::Azure(_) => "a managed identity or what it trusts",
    };
    format!("{} is not looked at with `--identity none`: {what} that an earlier run made stays there", named.cloud())
}
