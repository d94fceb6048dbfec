//! What apply and destroy share: a plan is carried out, and a run that ended early says how far it came.

use std::time::Instant;

use crate::apply::{Applied, Tools, apply};
use crate::cloud::gcp::ASK_ORGANISATION;
use crate::failure::{Failure, FailureKind};
use crate::plan::Plan;
use crate::result::ResultDocument;

use super::session::{Session, unchanged};

impl Session<'_> {
    /// Carries out a plan; the document tells how far it came. `force`: see [`Tools::force`].
    ///
    /// # Errors
    /// What stopped it.
    pub(super) async fn carry_out(
        &self,
        plan: &Plan,
        force: bool,
        document: &mut ResultDocument,
    ) -> Result<Applied, Failure> {
        if let Some(cloud) = &self.cloud {
            cloud.end_by(Instant::now() + self.settled.settings.timeout);
        }
        let tools = Tools {
            settings: &self.settled.settings,
            lent: &self.lent,
            cluster: self.cluster.as_ref(),
            orchestrator: self.orchestrator.as_ref(),
            cloud: self.cloud.as_ref(),
            tell: self.tell.clone(),
            interrupt: self.interrupt.clone(),
            force,
            die_after: self.call.process.var("RUNNER_SETUP_TEST_DIE_AFTER").and_then(|count| count.parse().ok()),
        };
        let mut applied = apply(plan, &tools).await;
        document.about(&self.settled.settings, applied.key.as_ref());
        document.applied(plan, &applied);
        let Some(failure) = applied.failure.take() else { return Ok(applied) };
        self.progress.finish();
        let total = plan.changes().count();
        let done =
            document.changes.iter().filter(|change| change.status == "done" && change.action != "unchanged").count();
        let said = format!("{done} of {total} changes are made");
        Err(match failure.kind {
            // What failed may have got as far as its first half.
            FailureKind::Interrupted if done == 0 && !document.changes.iter().any(|it| it.status == "failed") => {
                unchanged()
            }
            FailureKind::Interrupted => Failure { message: format!("{}; {said}", failure.message), ..failure },
            // Once more it would end at the same place.
            _ if done > 0 && failure.hints.iter().any(|hint| hint == ASK_ORGANISATION) => failure.hint(said),
            _ if done > 0 => failure.hint(format!("{said}; run the same command again to go on from here")),
            _ => failure,
        })
    }
}
