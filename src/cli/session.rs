//! What plan, apply, the phases and init share: settle, connect, look, plan, apply, verify, tell.

use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use crate::access::Access;
use crate::answers::registry as setting;
use crate::answers::{Answers, Need, Settled, TokenNeed, settle};
use crate::cluster::{Cluster, ConnectOptions, ContextFacts, Contexts};
use crate::event::{Event, Tell};
use crate::failure::{Failure, FailureKind};
use crate::found::Found;
use crate::interrupt::Interrupt;
use crate::lent::Lent;
use crate::look::look;
use crate::orchestrator::{self, OnRetry, Orchestrator, Token};
use crate::phase::Phase;
use crate::plan::{Plan, conclude, draft};
use crate::process::Process;
use crate::rehearse::rehearse;
use crate::result::ResultDocument;
use crate::settings::Provider;
use crate::terminal::{Progress, plan_lines};
use crate::trust::added_roots;
use crate::verify::{Proof, verify};

use super::Call;

/// How long one request to the Orchestrator may take; never longer than the whole run may wait.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
/// How long a credential plugin may be silent before that is said.
const PLUGIN_PATIENCE: Duration = Duration::from_secs(5);
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
            cluster: any(&[Phase::Namespaces, Phase::Secret, Phase::Install])
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
pub(super) fn gather(call: &Call<'_>) -> Result<(Answers, Option<ContextFacts>), Failure> {
    let mut answers = gather_told(call)?;
    let facts = detect(call, &mut answers)?;
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
pub(super) fn detect(call: &Call<'_>, answers: &mut Answers) -> Result<Option<ContextFacts>, Failure> {
    let (files, context) = answers.kubeconfig();
    let context = context.map(str::to_owned);
    let context = context.as_deref();
    let facts = match Contexts::read(call.process, &files)? {
        Some(contexts) if context.is_none() && contexts.current.is_none() => None,
        Some(contexts) => Some(contexts.facts(context)?),
        None => None,
    };
    if let Some(facts) = &facts {
        if context.is_none() {
            answers.detect(&setting::CONTEXT, facts.context.as_str(), "the kubeconfig's current context");
        }
        answers.detect(&setting::PROVIDER, Provider::Generic.word(), format!("the server's address, {}", facts.server));
    }
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
        let settled = match (settle(answers, call.process, need), no_cluster(call, answers, sides.cluster)) {
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
        let cluster = if sides.cluster {
            let options = ConnectOptions {
                kubeconfig: settled.connection.kubeconfig.clone(),
                context: settled.connection.context.clone(),
                extra_roots: extra_roots.clone(),
                access,
            };
            let opened = open_cluster(call, &options, settled.connection.timeout, &tell, &interrupt).await?;
            Some(opened)
        } else {
            None
        };
        let wants_orchestrator = sides.orchestrator
            || (sides.orchestrator_if_possible
                && settled.connection.token.is_some()
                && !settled.unknown.iter().any(|unknown| unknown.id == setting::ORG.id));
        let orchestrator = match wants_orchestrator {
            true => {
                let tell = tell.clone();
                let on_retry = Arc::new(move |message: &str| tell(Event::Retry { message: message.to_owned() }));
                Some(orchestrator_for(call.process, &settled, extra_roots, access, on_retry)?)
            }
            false => None,
        };
        Ok(Self { call, settled, lent, phases, cluster, orchestrator, tell, progress, interrupt })
    }

    /// Looks and plans. Nothing can be changed by it: the clients are closed for writing meanwhile.
    ///
    /// # Errors
    /// What keeps either side from answering.
    pub(super) async fn plan(&self) -> Result<(Found, Plan), Failure> {
        tokio::select! {
            planned = self.look_and_plan() => planned,
            () = self.interrupt.pressed() => Err(unchanged()),
        }
    }

    async fn look_and_plan(&self) -> Result<(Found, Plan), Failure> {
        let settings = &self.settled.settings;
        (self.tell)(Event::Looking { what: "the cluster and the Orchestrator".to_owned() });
        let cluster = self.cluster.as_ref().map(Cluster::read_only);
        let orchestrator = self.orchestrator.as_ref().map(Orchestrator::read_only);
        let found = look(settings, &self.lent, cluster.as_ref(), orchestrator.as_ref(), &self.phases).await?;
        let plan = draft(settings, &self.lent.inputs(), &found, &self.phases)
            .map_err(|error| Failure::of(FailureKind::Bug, &error))?;
        let plan = match (&cluster, &found.cluster) {
            (Some(cluster), Some(seen)) if !plan.is_empty() => {
                (self.tell)(Event::Looking { what: "what the cluster would say to the changes".to_owned() });
                {
                    let rehearsal = rehearse(settings, &plan, seen, cluster).await?;
                    conclude(plan, rehearsal)
                }
            }
            _ => plan,
        };
        self.progress.finish();
        Ok((found, plan))
    }

    /// Carries out a plan and proves the result; the document tells both.
    pub(super) async fn apply(&self, found: &Found, plan: &Plan, document: &mut ResultDocument) -> Result<(), Failure> {
        let settings = &self.settled.settings;
        let applied = self.carry_out(plan, false, document).await?;
        let proof = Proof { settings, found, plan, key: applied.key.as_ref(), phases: &self.phases };
        let timeout = self.settled.connection.timeout;
        let verified =
            verify(&proof, self.cluster.as_ref(), self.orchestrator.as_ref(), timeout, &self.tell, &self.interrupt)
                .await;
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

    /// A document that says who and where.
    pub(super) fn document(&self, found: &Found, plan: &Plan) -> ResultDocument {
        let mut document = ResultDocument::new(self.call.name);
        document.about(&self.settled.settings, plan.key.as_ref());
        document.found(found);
        document.planned(plan);
        document
    }

    /// The plan as a person reads it, with the cluster and the runner named first.
    pub(super) fn told_plan(&self, found: &Found, plan: &Plan) -> Vec<String> {
        let terminal = self.call.terminal;
        let settings = &self.settled.settings;
        let mut lines = Vec::new();
        if let Some(cluster) = &found.cluster {
            let version =
                cluster.version.as_deref().map(|version| format!(", Kubernetes {version}")).unwrap_or_default();
            lines.push(format!("Cluster: context {}, {}{version}", cluster.context, cluster.server));
        }
        if found.orchestrator.is_some() {
            let url = settings.api_url.as_str().trim_end_matches('/');
            lines.push(format!("Orchestrator: organisation {}, {url}", settings.org));
            lines.push(format!("Runner: {}", settings.runner_id));
        }
        lines.extend(plan_lines(&plan.planned, terminal.style, terminal.talk));
        lines
    }
}

/// Opens the cluster's client. A credential plugin of the kubeconfig may wait for somebody: that is said, and bounded.
async fn open_cluster(
    call: &Call<'_>,
    options: &ConnectOptions,
    timeout: Duration,
    tell: &Tell,
    interrupt: &Interrupt,
) -> Result<Cluster, Failure> {
    let said_after = PLUGIN_PATIENCE.min(timeout);
    let patience = async {
        tokio::time::sleep(said_after).await;
        let observed = "the credential plugin of the kubeconfig has not answered yet".to_owned();
        tell(Event::Waiting { claim: "credentials".to_owned(), observed });
        tokio::time::sleep(timeout - said_after).await;
    };
    tokio::select! {
        opened = Cluster::connect(call.process, options) => Ok(opened?),
        () = interrupt.pressed() => Err(unchanged()),
        () = patience => {
            let context = options.context.as_deref().unwrap_or("the current one");
            let message = format!("the credential plugin of context `{context}` did not answer in {}", humantime::format_duration(timeout));
            Err(Failure::new(FailureKind::Unreachable, message).hint(format!("kubectl --context {context} auth whoami")))
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

/// Why there is no cluster to work on, when this run needs one: known before anything is settled.
fn no_cluster(call: &Call<'_>, answers: &Answers, is_needed: bool) -> Option<Failure> {
    let (files, context) = answers.kubeconfig();
    if !is_needed {
        return None;
    }
    match Contexts::read(call.process, &files) {
        Ok(Some(contexts)) => contexts.facts(context).err().map(Failure::from),
        Ok(None) if call.process.var("KUBERNETES_SERVICE_HOST").is_some() => None,
        Ok(None) => Some(Contexts::none(call.process, &files).into()),
        Err(error) => Some(error.into()),
    }
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
