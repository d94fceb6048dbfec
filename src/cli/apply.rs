//! `apply` and the phases: plan, confirm, change, prove.

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::Args;

use crate::access::Access;
use crate::answers::registry as setting;
use crate::answers::{Answers, scripted_line};
use crate::exit_code::ExitCode;
use crate::failure::{Failure, FailureKind};
use crate::found::Found;
use crate::interrupt::Interrupt;
use crate::phase::Phase;
use crate::plan::Plan;
use crate::result::ResultDocument;
use crate::saved_plan::SavedPlan;
use crate::settings::SAAS_API_URL;
use crate::terminal::{Output, confirm};

use super::Call;
use super::plan::warn;
use super::session::{Session, detect, gather, listen};

/// Flags of `apply`.
#[derive(Debug, Args)]
pub(super) struct ApplyArgs {
    /// A plan saved by `plan --out`: do exactly this, or refuse because the world moved
    #[arg(value_name = "PLAN")]
    plan: Option<PathBuf>,
    #[command(flatten)]
    phase: PhaseArgs,
}

/// Flags of `apply` and of every phase.
#[derive(Debug, Args)]
pub(super) struct PhaseArgs {
    /// Show the plan and change nothing
    #[arg(long)]
    pub(super) dry_run: bool,
    /// Print every setting with its value and where it came from, and do nothing else
    #[arg(long)]
    pub(super) show_settings: bool,
}

/// Runs `apply`.
pub(super) async fn run(call: &Call<'_>, args: &ApplyArgs) -> Result<ExitCode, Failure> {
    let (answers, saved) = match &args.plan {
        Some(file) => {
            let saved = SavedPlan::read(&call.process.path(file))?;
            let mut answers = saved.answers(call.process, call.matches)?;
            detect(call, &mut answers).await?;
            (answers, Some(saved))
        }
        None => (gather(call).await?.0, None),
    };
    run_phases(call, &answers, &args.phase, BTreeSet::from(Phase::ALL), saved.as_ref()).await
}

/// Runs one phase.
pub(super) async fn run_phase(call: &Call<'_>, args: &PhaseArgs, phase: Phase) -> Result<ExitCode, Failure> {
    let (answers, _) = gather(call).await?;
    if phase == Phase::Rule && answers.told(&setting::RULE).is_none() && !args.show_settings {
        return Err(Failure::new(FailureKind::AnswerMissing, "which environments is the rule for?")
            .hint("`--rule any`, `--rule env-type=ID`, `--rule project=ID` or `--rule project=ID,env-type=ID`"));
    }
    run_phases(call, &answers, args, BTreeSet::from([phase]), None).await
}

async fn run_phases(
    call: &Call<'_>,
    answers: &Answers,
    args: &PhaseArgs,
    phases: BTreeSet<Phase>,
    saved: Option<&SavedPlan>,
) -> Result<ExitCode, Failure> {
    if args.show_settings {
        return super::config::show_settings(call, answers);
    }
    let interrupt = Interrupt::default();
    let access = if args.dry_run { Access::ReadOnly } else { Access::Write };
    let changing = listen(&interrupt);
    let mut session = Session::open(call, answers, phases, access, interrupt.clone()).await?;
    let (found, plan) = session.plan().await?;
    let mut document = session.document(&found, &plan);
    if call.terminal.output == Output::Human {
        for line in session.told_plan(&found, &plan) {
            call.terminal.say(&line);
        }
    }
    warn(call, &plan.warnings);
    let ended = match refusal(&session, answers, &found, &plan, saved) {
        Some(failure) => Err(failure),
        None if args.dry_run => Ok(()),
        None => match allowed(call, &plan, &interrupt).await {
            Ok(()) => {
                drop(changing.set(session.tell.clone()));
                session.apply(&found, &plan, &mut document).await
            }
            Err(failure) => Err(failure),
        },
    };
    finish(call, &session, ended, &mut document, &plan, args.dry_run)
}

/// What keeps a plan from being carried out at all.
fn refusal(
    session: &Session<'_>,
    answers: &Answers,
    found: &Found,
    plan: &Plan,
    saved: Option<&SavedPlan>,
) -> Option<Failure> {
    let line = |phase: Phase| scripted_line(answers, phase.command());
    if let (Some(saved), Some(refused)) = (saved, plan.refused(&line)) {
        // Nothing stood in the way when the plan was saved.
        return Some(saved.overtaken(refused));
    }
    plan.refused(&line).or_else(|| saved?.moved(&session.settled.settings, found, plan))
}

/// Whether somebody agreed: with `--yes`, or now at the terminal.
pub(super) async fn allowed(call: &Call<'_>, plan: &Plan, interrupt: &Interrupt) -> Result<(), Failure> {
    agreed(call, plan, interrupt, "Make these changes?").await
}

/// The same with a question of its own.
pub(super) async fn agreed(
    call: &Call<'_>,
    plan: &Plan,
    interrupt: &Interrupt,
    question: &'static str,
) -> Result<(), Failure> {
    if plan.is_empty() || call.global.yes {
        return Ok(());
    }
    if !call.can_ask() {
        let message = "nothing is changed without `--yes` when there is nobody to ask";
        return Err(Failure::new(FailureKind::AnswerMissing, message).hint("run it again with `--yes`"));
    }
    if confirm(call.terminal, interrupt, question).await? {
        Ok(())
    } else {
        Err(Failure::new(FailureKind::Refused, "nothing was changed, as told"))
    }
}

/// Completes the document with how it ended, and writes it in the format asked for.
pub(super) fn close(
    call: &Call<'_>,
    session: &Session<'_>,
    ended: &Result<(), Failure>,
    document: &mut ResultDocument,
    plan: &Plan,
) -> ExitCode {
    let code = match ended {
        Ok(()) => {
            document.next.extend(next(session, plan));
            ExitCode::Done
        }
        Err(failure) => {
            if document.error.is_none() {
                document.fail(failure);
            } else if let Some(error) = &mut document.error {
                error.hints.clone_from(&failure.hints);
            }
            failure.kind.exit_code()
        }
    };
    call.terminal.document(document);
    code
}

/// Tells how it ended, in the format asked for.
fn finish(
    call: &Call<'_>,
    session: &Session<'_>,
    ended: Result<(), Failure>,
    document: &mut ResultDocument,
    plan: &Plan,
    is_dry_run: bool,
) -> Result<ExitCode, Failure> {
    let code = close(call, session, &ended, document, plan);
    match ended {
        Ok(()) if is_dry_run => call.terminal.say("Nothing was changed: this was only the plan."),
        Ok(()) if plan.is_empty() => call.terminal.say("Nothing to do: everything is as it should be."),
        Ok(()) => call.terminal.say(&format!("Done: {} changed.", counted(plan.changes().count(), "object"))),
        Err(failure) => call.terminal.failure(&failure),
    }
    for command in &document.next {
        call.terminal.say(&format!("Next: {command}"));
    }
    Ok(code)
}

/// The next command to type: a rule when there is none, else a look at what is there.
pub(super) fn next(session: &Session<'_>, plan: &Plan) -> Vec<String> {
    let settings = &session.settled.settings;
    let lacks_rule = plan.warnings.iter().any(|warning| warning.starts_with("no rule selects"));
    if lacks_rule {
        let url = settings.api_url.as_str().trim_end_matches('/');
        let elsewhere = if url == SAAS_API_URL { String::new() } else { format!(" --api-url {url}") };
        return vec![format!(
            "runner-setup rule --org {}{elsewhere} --runner-id {} --rule env-type=ID",
            settings.org, settings.runner_id
        )];
    }
    Vec::new()
}

/// A number with its word, in the plural where it has to be.
pub(super) fn counted(count: usize, word: &str) -> String {
    format!("{count} {word}{}", if count == 1 { "" } else { "s" })
}
