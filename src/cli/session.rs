//! What plan, apply, the phases and init share: settle, connect, look, plan, apply, verify, tell.

use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use crate::access::Access;
use crate::answers::registry as setting;
use crate::answers::{Answers, Need, Settled, TokenNeed, settle};
use crate::cloud::Cloud;
use crate::cluster::{Cluster, ContextFacts};
use crate::commands::{Kubeconfig, equivalent};
use crate::event::{Event, Tell};
use crate::failure::{Failure, FailureKind};
use crate::found::Found;
use crate::interrupt::Interrupt;
use crate::lent::Lent;
use crate::look::{self, CloudSide};
use crate::orchestrator::{self, OnRetry, Orchestrator, Token};
use crate::phase::Phase;
use crate::plan::{Plan, conclude, draft};
use crate::process::Process;
use crate::rehearse::{rehearse, rehearse_cloud};
use crate::result::ResultDocument;
use crate::terminal::Progress;
use crate::trust::added_roots;
use crate::verify::{Asked, Proof, verify};

use super::Call;
use super::detect::{context_facts, detect_provider, no_cluster};
use super::login::Login;
use super::reach::{Identity, Reached, Way};
use super::sight::Opened;
use super::{login_aks, login_gke};

/// How long one request to the Orchestrator may take; never longer than the whole run may wait.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
/// How long the last request of a proof may take beyond its time.
const PROOF_MARGIN: Duration = Duration::from_secs(5);
/// How this program names itself to servers.
const USER_AGENT: &str = concat!("runner-setup/", env!("CARGO_PKG_VERSION"));

/// Which sides a run works on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sides {
    /// The cluster.
    pub(super) cluster: bool,
    /// The Orchestrator must be there.
    pub(super) orchestrator: bool,
    /// The Orchestrator is looked at when there is a token for it.
    pub(super) orchestrator_if_possible: bool,
}

impl Sides {
    /// What the given phases work on.
    pub(super) fn of(phases: &BTreeSet<Phase>, key_is_given: bool) -> Self {
        let any = |wanted: &[Phase]| wanted.iter().any(|phase| phases.contains(phase));
        Self {
            cluster: any(&[Phase::Namespaces, Phase::Identity, Phase::Secret, Phase::Install])
                || (any(&[Phase::Register]) && !key_is_given),
            orchestrator: any(&[Phase::Register, Phase::Rule]),
            orchestrator_if_possible: any(&[Phase::Install, Phase::Secret]),
        }
    }
}

/// Everything a run works with, complete before the first request.
pub(super) struct Session<'a> {
    pub(super) call: &'a Call<'a>,
    /// The settings and where they came from.
    pub(super) settled: Settled,
    /// Keys and credentials.
    pub(super) lent: Lent,
    /// The phases of this run.
    pub(super) phases: BTreeSet<Phase>,
    /// The cluster, as wide open as this run may.
    pub(super) cluster: Option<Cluster>,
    /// The Orchestrator, likewise.
    pub(super) orchestrator: Option<Orchestrator>,
    /// The cloud that it is in, likewise.
    pub(super) cloud: Option<Cloud>,
    /// The AWS account that the context says the cluster is in.
    pub(super) account: Option<String>,
    /// Who this run is to the cluster.
    pub(super) login: Login,
    /// What it was opened with.
    pub(super) opened: Opened,
    /// Where events go.
    pub(super) tell: Tell,
    pub(super) progress: Arc<Progress>,
    /// Ctrl-C.
    pub(super) interrupt: Interrupt,
}

/// The answers of a run, with what the kubeconfig says added to them.
///
/// # Errors
/// A broken file; a context that does not exist.
pub(super) async fn gather(call: &Call<'_>) -> Result<(Answers, Option<ContextFacts>), Failure> {
    let mut answers = gather_told(call)?;
    let facts = detect(call, &mut answers).await?;
    Ok((answers, facts))
}

/// What was told by flags, environment, file and hctl, and nothing more.
///
/// # Errors
/// A broken file.
pub(super) fn gather_told(call: &Call<'_>) -> Result<Answers, Failure> {
    let config = call.global.config.as_deref().or_else(|| call.process.var("RUNNER_SETUP_CONFIG"));
    Answers::gather(call.process, call.matches, config)
}

/// Adds what can be known without asking anybody.
///
/// # Errors
/// A broken kubeconfig; a context that does not exist.
pub(super) async fn detect(call: &Call<'_>, answers: &mut Answers) -> Result<Option<ContextFacts>, Failure> {
    let facts = context_facts(call, answers)?;
    if let Some(facts) = &facts
        && answers.kubeconfig().1.is_none()
    {
        answers.detect(&setting::CONTEXT, facts.context.as_str(), "the kubeconfig's current context");
    }
    detect_provider(call.process, answers, facts.as_ref()).await;
    Ok(facts)
}

impl<'a> Session<'a> {
    /// Settles the answers, reads the files they name and opens both clients; nothing is sent yet.
    ///
    /// # Errors
    /// Everything that is missing or wrong, all at once.
    pub(super) async fn open(
        call: &'a Call<'a>,
        answers: &Answers,
        phases: BTreeSet<Phase>,
        access: Access,
        interrupt: Interrupt,
    ) -> Result<Self, Failure> {
        let key_is_given =
            [&setting::PRIVATE_KEY_FILE, &setting::PUBLIC_KEY_FILE].iter().any(|key| answers.told(key).is_some());
        let sides = Sides::of(&phases, key_is_given);
        let need = Need {
            org: sides.orchestrator || phases.contains(&Phase::Install),
            runner_id: sides.orchestrator || phases.contains(&Phase::Install),
            token: match (sides.orchestrator, sides.orchestrator_if_possible) {
                (true, _) => TokenNeed::Required,
                (false, true) => TokenNeed::IfThere,
                (false, false) => TokenNeed::No,
            },
        };
        let mut settled = match (settle(answers, call.process, need), no_cluster(call, answers, sides.cluster)) {
            (settled, None) => settled?,
            (Ok(_), Some(problem)) => return Err(problem),
            (Err(others), Some(problem)) => return Err(both(problem, others)),
        };
        for warning in &settled.warnings {
            call.terminal.warn(warning);
        }
        let lent = Lent::read(&settled.settings, call.process)?;
        let progress = Progress::new(
            call.terminal.style,
            call.terminal.talk,
            call.terminal.output,
            call.global.events_file.as_deref(),
        )
        .map_err(|error| {
            Failure::new(FailureKind::Usage, "making the file of `--events-file`").cause(error.to_string())
        })?;
        let tell = progress.tell();
        let extra_roots = extra_roots(call.process, answers, &settled)?;
        let identity = match (phases.contains(&Phase::Identity), phases.contains(&Phase::Install)) {
            (true, _) => Identity::Required,
            (false, true) if call.name != "status" => Identity::IfPossible,
            (false, _) => Identity::No,
        };
        let way = Way {
            call,
            answers,
            needs_cluster: sides.cluster,
            identity,
            extra_roots: extra_roots.clone(),
            access,
            tell: &tell,
            progress: Some(&progress),
            interrupt: &interrupt,
        };
        let Reached { cluster, cloud, account, login } = way.open(&mut settled).await?;
        let wants_orchestrator = sides.orchestrator
            || (sides.orchestrator_if_possible
                && settled.connection.token.is_some()
                && !settled.unknown.iter().any(|unknown| unknown.id == setting::ORG.id));
        let orchestrator = match wants_orchestrator {
            true => {
                let tell = tell.clone();
                let on_retry = Arc::new(move |message: &str| tell(Event::Retry { message: message.to_owned() }));
                Some(orchestrator_for(call.process, &settled, extra_roots.clone(), access, on_retry)?)
            }
            false => None,
        };
        let opened = Opened { answers: answers.clone(), need, identity, extra_roots, access };
        Ok(Self {
            call,
            settled,
            lent,
            phases,
            cluster,
            orchestrator,
            cloud,
            account,
            login,
            opened,
            tell,
            progress,
            interrupt,
        })
    }

    /// Looks and plans. Nothing can be changed by it: the clients are closed for writing meanwhile.
    ///
    /// # Errors
    /// What keeps either side from answering.
    pub(super) async fn plan(&mut self) -> Result<(Found, Plan), Failure> {
        let interrupt = self.interrupt.clone();
        tokio::select! {
            planned = self.look_and_plan() => planned,
            () = interrupt.pressed() => Err(unchanged()),
        }
    }

    /// A plan as lines for a shell.
    pub(super) fn equivalent(&self, found: &Found, plan: &Plan, key_is_given: bool) -> Vec<String> {
        // A context whose plugin failed is there all the same.
        let no_context = self.settled.connection.context.is_none();
        let kubeconfig = match &self.login {
            Login::Token { .. } if no_context => Kubeconfig::Missing,
            _ => Kubeconfig::There,
        };
        equivalent(&self.settled.settings, plan, key_is_given, kubeconfig, found)
    }

    /// What can be looked at, through clients that are closed for writing.
    pub(super) fn sides<'b>(
        &'b self,
        cluster: Option<&'b Cluster>,
        orchestrator: Option<&'b Orchestrator>,
        cloud: Option<&'b Cloud>,
    ) -> look::Sides<'b> {
        let cloud = cloud.map(|client| CloudSide { client, account: self.account.as_deref() });
        look::Sides { cluster, orchestrator, cloud }
    }

    async fn look_and_plan(&mut self) -> Result<(Found, Plan), Failure> {
        (self.tell)(Event::Looking { what: self.sides_in_words() });
        let found = self.look(true).await?;
        let settings = &self.settled.settings;
        let cluster = self.cluster.as_ref().map(Cluster::read_only);
        let cloud = self.cloud.as_ref().map(Cloud::read_only);
        let plan = draft(settings, &self.lent.inputs(), &found, &self.phases)
            .map_err(|error| Failure::of(FailureKind::Bug, &error))?;
        if !plan.is_empty() {
            (self.tell)(Event::Looking { what: "what the servers would say to the changes".to_owned() });
        }
        let in_cluster = async {
            match (&cluster, &found.cluster) {
                (Some(cluster), Some(seen)) if !plan.is_empty() => {
                    Ok(Some(rehearse(settings, &plan, seen, cluster).await.map_err(Failure::from)?))
                }
                _ => Ok(None),
            }
        };
        let in_cloud = rehearse_cloud(settings, &plan, &found, cloud.as_ref());
        let (in_cluster, in_cloud) = futures::try_join!(in_cluster, in_cloud)?;
        let mut plan = match in_cluster {
            Some(rehearsal) => conclude(plan, rehearsal),
            None => plan,
        };
        in_cloud.mark(&mut plan);
        login_gke::explain_outsider(settings, &found, &mut plan);
        login_aks::explain_outsider(&found, &mut plan);
        self.progress.finish();
        Ok((found, plan))
    }

    /// Carries out a plan and proves the result; the document tells both.
    pub(super) async fn apply(&self, found: &Found, plan: &Plan, document: &mut ResultDocument) -> Result<(), Failure> {
        let settings = &self.settled.settings;
        let applied = self.carry_out(plan, false, document).await?;
        let proof = Proof { settings, found, plan, key: applied.key.as_ref(), phases: &self.phases };
        let timeout = self.settled.connection.timeout;
        if let Some(cloud) = &self.cloud {
            // The proof has a time of its own, and may need all of it before it asks once more.
            cloud.end_by(Instant::now() + timeout + PROOF_MARGIN);
        }
        let asked = Asked {
            cluster: self.cluster.as_ref(),
            orchestrator: self.orchestrator.as_ref(),
            cloud: self.cloud.as_ref(),
        };
        let verified = verify(&proof, &asked, timeout, &self.tell, &self.interrupt).await;
        self.progress.finish();
        let (verified, failure) = verified;
        document.verified = verified;
        match failure {
            Some(failure) => {
                document.fail(&failure);
                Err(failure)
            }
            None => Ok(()),
        }
    }
}

/// Listens for Ctrl-C. That a change in hand is finished first is said from the moment on when the cell holds somebody
/// to say it; before, there is nothing in hand.
pub(super) fn listen(interrupt: &Interrupt) -> Arc<OnceLock<Tell>> {
    let changing: Arc<OnceLock<Tell>> = Arc::default();
    let told = Arc::clone(&changing);
    interrupt.listen(move || {
        if let Some(tell) = told.get() {
            tell(Event::Interrupted);
        }
    });
    changing
}

/// The failure of a run that Ctrl-C ended before its first change.
pub(super) fn unchanged() -> Failure {
    Failure::new(FailureKind::Interrupted, "interrupted; nothing was changed")
}

/// A missing cluster and everything else that is missing or wrong, in one failure.
fn both(problem: Failure, others: Failure) -> Failure {
    let kind = if others.kind == FailureKind::Usage { FailureKind::Usage } else { problem.kind };
    let mut failure = Failure { kind, ..problem }.cause(others.message);
    failure.causes.extend(others.causes);
    others.hints.into_iter().fold(failure, Failure::hint)
}

/// The certificates to trust besides the system's.
pub(super) fn extra_roots(process: &Process, answers: &Answers, settled: &Settled) -> Result<Vec<Vec<u8>>, Failure> {
    let said = answers.told(&setting::CA_FILE).map(|told| told.source.place(&setting::CA_FILE)).unwrap_or_default();
    added_roots(process, settled.connection.ca_file.as_deref(), &said)
}

/// A client for the Orchestrator; nothing is sent yet.
///
/// # Errors
/// What can't be used: the token, a proxy, a certificate.
pub(super) fn orchestrator_for(
    process: &Process,
    settled: &Settled,
    extra_roots: Vec<Vec<u8>>,
    access: Access,
    on_retry: OnRetry,
) -> Result<Orchestrator, Failure> {
    let options = orchestrator::ConnectOptions {
        api_url: settled.settings.api_url.clone(),
        token: settled.connection.token.as_ref().map(|token| Token::new(token.value.expose())).transpose()?,
        extra_root_pem: extra_roots,
        access,
        request_timeout: REQUEST_TIMEOUT.min(settled.settings.timeout),
        deadline: Instant::now() + settled.settings.timeout,
        env: process.env.clone(),
        user_agent: USER_AGENT.to_owned(),
        on_retry,
    };
    Ok(Orchestrator::connect(options)?)
}
