//! How a session reaches the cluster: by the kubeconfig, or, in a cloud, without one; and the cloud itself.

use std::time::Duration;

use crate::access::Access;
use crate::answers::{Answers, Settled};
use crate::cloud::Cloud;
use crate::cloud::aws::context::EksContext;
use crate::cloud::gcp::context::GkeContext;
use crate::cluster::{Cluster, ConnectOptions, ContextFacts};
use crate::event::{Event, Tell};
use crate::failure::{Failure, FailureKind};
use crate::interrupt::Interrupt;
use crate::settings::{AwsIdentity, GcpIdentity, Provider, Settings};
use crate::terminal::Progress;

use super::Call;
use super::detect::context_facts;
use super::in_cloud::InCloud;
use super::login::{Login, Spare};
use super::session::unchanged;

/// How long a credential plugin may be silent before that is said.
const PLUGIN_PATIENCE: Duration = Duration::from_secs(5);
/// How long it may be silent where there is another way to log in.
const PLUGIN_PATIENCE_IN_CLOUD: Duration = Duration::from_secs(15);

/// What a session works on, open.
pub(super) struct Reached {
    /// The cluster.
    pub(super) cluster: Option<Cluster>,
    /// The cloud that the cluster is in.
    pub(super) cloud: Option<Cloud>,
    /// The account that the context says the cluster is in.
    pub(super) account: Option<String>,
    /// Who this run is to the cluster.
    pub(super) login: Login,
}

/// How much a run is about the jobs' identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Identity {
    /// It sets it up, or takes it back.
    Required,
    /// It looks at it when it can.
    IfPossible,
    /// It is about something else.
    No,
}

/// What opening takes besides the settings.
pub(super) struct Way<'a> {
    pub(super) call: &'a Call<'a>,
    pub(super) answers: &'a Answers,
    /// Whether this run needs the cluster.
    pub(super) needs_cluster: bool,
    /// Whether this run looks at the jobs' identity.
    pub(super) identity: Identity,
    pub(super) extra_roots: Vec<Vec<u8>>,
    pub(super) access: Access,
    pub(super) tell: &'a Tell,
    /// What moves on the screen, if anything does: it is cleared before a line is said.
    pub(super) progress: Option<&'a Progress>,
    pub(super) interrupt: &'a Interrupt,
}

impl Way<'_> {
    /// Opens what this run needs. Nothing is sent yet, except by a credential plugin, and to ask the cloud where the
    /// cluster is.
    ///
    /// # Errors
    /// What can't be opened, with what was tried.
    pub(super) async fn open(&self, settled: &mut Settled) -> Result<Reached, Failure> {
        let facts = context_facts(self.call, self.answers)?;
        let account = facts.as_ref().and_then(EksContext::of).and_then(|eks| eks.account);
        let in_pod = self.call.process.var("KUBERNETES_SERVICE_HOST").is_some();
        let by_token = facts.is_none() && settled.settings.provider != Provider::Generic && !in_pod;
        let has_identity = has_identity(&settled.settings);
        let is_required = (has_identity && self.identity == Identity::Required) || (by_token && self.needs_cluster);
        let is_wanted = is_required || (has_identity && self.identity == Identity::IfPossible);
        let cloud = match is_wanted {
            true => match self.open_cloud(&mut settled.settings).await {
                Ok(client) => client,
                Err(failure) if is_required => return Err(failure),
                Err(failure) => {
                    let (name, what) = settled.settings.provider.cloud();
                    let message = format!(
                        "{name} is not looked at, so the jobs' {what} stays as the cluster has it: {}",
                        failure.message
                    );
                    self.call.terminal.warn(&message);
                    None
                }
            },
            false => None,
        };
        let (cluster, login) = match (self.needs_cluster, &cloud) {
            (false, _) => (None, Login::Context),
            (true, Some(cloud)) if by_token => {
                let named = InCloud::of(&settled.settings).ok_or_else(unknown_cluster)?;
                let cluster = self.open_by_token(&named, cloud).await?;
                (Some(cluster), Login::Token { cloud: cloud.clone(), named: Box::new(named) })
            }
            (true, cloud) => {
                let (cluster, login) = self.open_by_kubeconfig(settled, cloud.as_ref(), facts.as_ref()).await?;
                (Some(cluster), login)
            }
        };
        Ok(Reached { cluster, cloud, account, login })
    }

    /// Opens the client of the cloud, and completes what only it knows: the region, the location.
    async fn open_cloud(&self, settings: &mut Settings) -> Result<Option<Cloud>, Failure> {
        let timeout = settings.timeout;
        let Some(mut named) = InCloud::of(settings) else { return Ok(None) };
        let cloud = self.open_client(&mut named, timeout).await?;
        match named {
            InCloud::Aws(aws) => settings.aws = Some(aws),
            InCloud::Gcp(gcp) => settings.gcp = Some(gcp),
        }
        Ok(Some(cloud))
    }

    /// Asks the cloud where the cluster is, and logs in there with a token that is made of the cloud's credentials.
    pub(super) async fn open_by_token(&self, named: &InCloud, cloud: &Cloud) -> Result<Cluster, Failure> {
        (self.tell)(Event::Looking { what: format!("where the cluster `{}` is", named.cluster()) });
        let reach = tokio::select! {
            reach = named.way_in(cloud) => reach?,
            () = self.interrupt.pressed() => return Err(unchanged()),
        };
        Ok(Cluster::connect_by_token(self.call.process, reach, &self.options(None, Vec::new()))?)
    }

    fn options(&self, context: Option<String>, kubeconfig: Vec<std::path::PathBuf>) -> ConnectOptions {
        ConnectOptions { kubeconfig, context, extra_roots: self.extra_roots.clone(), access: self.access }
    }

    async fn open_by_kubeconfig(
        &self,
        settled: &Settled,
        cloud: Option<&Cloud>,
        facts: Option<&ContextFacts>,
    ) -> Result<(Cluster, Login), Failure> {
        let connection = &settled.connection;
        let named = InCloud::of(&settled.settings).filter(|named| !named.cluster().is_empty());
        let spare = named.zip(replaceable(facts)).map(|(named, facts)| Spare {
            named,
            server: facts.server.clone(),
            timeout: connection.timeout,
        });
        let patience = match spare {
            Some(_) => connection.timeout.min(PLUGIN_PATIENCE_IN_CLOUD),
            None => connection.timeout,
        };
        let options = self.options(connection.context.clone(), connection.kubeconfig.clone());
        match (self.open_patiently(&options, patience).await, spare) {
            (Ok(cluster), Some(spare)) => Ok((cluster, Login::Plugin(Box::new(spare)))),
            (Ok(cluster), None) => Ok((cluster, Login::Context)),
            (Err(failure), Some(spare)) if failure.kind != FailureKind::Interrupted => {
                self.without_plugin(&spare, cloud, failure).await
            }
            (Err(failure), _) => Err(failure),
        }
    }

    /// Opens the cluster's client. A credential plugin of the kubeconfig may wait for somebody: that is said, and bounded.
    async fn open_patiently(&self, options: &ConnectOptions, limit: Duration) -> Result<Cluster, Failure> {
        let said_after = PLUGIN_PATIENCE.min(limit);
        let patience = async {
            tokio::time::sleep(said_after).await;
            let observed = "the credential plugin of the kubeconfig has not answered yet".to_owned();
            (self.tell)(Event::Waiting { claim: "credentials".to_owned(), observed });
            tokio::time::sleep(limit - said_after).await;
        };
        tokio::select! {
            opened = Cluster::connect(self.call.process, options) => Ok(opened?),
            () = self.interrupt.pressed() => Err(unchanged()),
            () = patience => {
                let context = options.context.as_deref().unwrap_or("the current one");
                let message =
                    format!("the credential plugin of context `{context}` did not answer in {}", humantime::format_duration(limit));
                Err(Failure::new(FailureKind::Unreachable, message).hint(format!("kubectl --context {context} auth whoami")))
            }
        }
    }
}

/// The context, if its plugin only makes a token of the cloud's credentials: that can be done without it, but not logging
/// in as another role.
fn replaceable(facts: Option<&ContextFacts>) -> Option<&ContextFacts> {
    let facts = facts.filter(|facts| facts.exec.is_some())?;
    let on_eks = EksContext::of(facts).is_some_and(|eks| !eks.assumes_role);
    (on_eks || GkeContext::of(facts).is_some()).then_some(facts)
}

/// Whether the jobs have an identity that this tool sets up.
fn has_identity(settings: &Settings) -> bool {
    settings.aws.as_ref().is_some_and(|aws| aws.identity != AwsIdentity::None)
        || settings.gcp.as_ref().is_some_and(|gcp| gcp.identity != GcpIdentity::None)
}

fn unknown_cluster() -> Failure {
    Failure::new(FailureKind::Bug, "a login without a kubeconfig to a cluster that nobody named")
}
