//! `plan`: everything that `apply` would do, and nothing done.

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::Args;

use crate::access::Access;
use crate::answers::scripted_line;
use crate::exit_code::ExitCode;
use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::phase::Phase;
use crate::saved_plan;
use crate::terminal::Output;

use super::Call;
use super::session::{Session, gather};

/// Flags of `plan`.
#[derive(Debug, Args)]
pub(super) struct PlanArgs {
    /// Save the plan to this file, for `apply FILE`
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Exit with 8 when changes are pending
    #[arg(long)]
    detailed_exitcode: bool,
    /// Print the equivalent openssl, kubectl, hctl and helm lines
    #[arg(long)]
    show_commands: bool,
    /// Print every setting with its value and where it came from, and do nothing else
    #[arg(long)]
    show_settings: bool,
}

/// Runs `plan`.
pub(super) async fn run(call: &Call<'_>, args: &PlanArgs) -> Result<ExitCode, Failure> {
    let (answers, _) = gather(call).await?;
    if args.show_settings {
        return super::config::show_settings(call, &answers);
    }
    let interrupt = Interrupt::default();
    interrupt.listen(|| {});
    let phases = BTreeSet::from(Phase::ALL);
    let mut session = Session::open(call, &answers, phases, Access::ReadOnly, interrupt).await?;
    let (found, plan) = session.plan().await?;
    let mut document = session.document(&found, &plan);
    if let Some(failure) = plan.refused(&|phase| scripted_line(&answers, phase.command())) {
        document.fail(&failure);
        if call.terminal.output == Output::Human {
            call.terminal.data(&session.told_plan(&found, &plan).join("\n"));
        }
        call.terminal.document(&document);
        warn(call, &plan.warnings);
        call.terminal.failure(&failure);
        return Ok(failure.kind.exit_code());
    }
    if let Some(file) = &args.out {
        saved_plan::save(&call.process.path(file), &answers, &session.settled.settings, &found, &plan)?;
        document.next.push(format!("runner-setup apply {} --yes", file.display()));
    }
    if call.terminal.output == Output::Human {
        let mut lines = session.told_plan(&found, &plan);
        if args.show_commands {
            lines.push(String::new());
            lines.extend(session.equivalent(&found, &plan, session.lent.private_key.is_some()));
        }
        call.terminal.data(&lines.join("\n"));
        call.terminal.say(if plan.is_empty() {
            "Nothing to do."
        } else {
            "Nothing was changed: this is only the plan."
        });
    } else if args.show_commands {
        document.next.extend(session.equivalent(&found, &plan, session.lent.private_key.is_some()));
    }
    warn(call, &plan.warnings);
    call.terminal.document(&document);
    let pending = args.detailed_exitcode && !plan.is_empty();
    Ok(if pending { ExitCode::ChangesPending } else { ExitCode::Done })
}

/// Says what a person should know.
pub(super) fn warn(call: &Call<'_>, warnings: &[String]) {
    for warning in warnings {
        call.terminal.warn(warning);
    }
}
