//! How a session reaches the cluster: by the kubeconfig, or, on EKS, without one; and AWS itself.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::FutureExt;

use crate::access::Access;
use crate::answers::registry as setting;
use crate::answers::{Answers, Layer, Settled};
use crate::cloud::aws::context::EksContext;
use crate::cloud::aws::found::EksCluster;
use crate::cloud::aws::settings::AwsSettings;
use crate::cloud::aws::{Aws, AwsOptions};
use crate::cluster::{ByToken, Cluster, ConnectOptions, ContextFacts, Contexts, TokenSource};
use crate::event::{Event, Tell};
use crate::failure::{Failure, FailureKind};
use crate::interrupt::Interrupt;
use crate::settings::{AwsIdentity, Provider};

use crate::terminal::Progress;

use super::Call;
use super::login::{Login, Spare};
use super::session::unchanged;

/// How long a credential plugin may be silent before that is said.
const PLUGIN_PATIENCE: Duration = Duration::from_secs(5);
/// How long it may be silent where there is another way to log in.
const PLUGIN_PATIENCE_ON_EKS: Duration = Duration::from_secs(15);

/// What somebody without a kubeconfig may not know.
const WITHOUT_KUBECONFIG: &str =
    "a cluster on EKS needs no kubeconfig: `--provider eks --cluster-name NAME --region REGION`";

/// What a session works on, open.
pub(super) struct Reached {
    /// The cluster.
    pub(super) cluster: Option<Cluster>,
    /// AWS.
    pub(super) aws: Option<Aws>,
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
    /// Opens what this run needs. Nothing is sent yet, except by a credential plugin, and to ask EKS where the cluster is.
    ///
    /// # Errors
    /// What can't be opened, with what was tried.
    pub(super) async fn open(&self, settled: &mut Settled) -> Result<Reached, Failure> {
        let facts = context_facts(self.call, self.answers)?;
        let eks = facts.as_ref().and_then(EksContext::of);
        let account = eks.as_ref().and_then(|eks| eks.account.clone());
        let aws_settings = settled.settings.aws.clone();
        let in_pod = self.call.process.var("KUBERNETES_SERVICE_HOST").is_some();
        let by_token = facts.is_none() && aws_settings.is_some() && !in_pod;
        let has_identity = aws_settings.as_ref().is_some_and(|aws| aws.identity != AwsIdentity::None);
        let is_required = (has_identity && self.identity == Identity::Required) || (by_token && self.needs_cluster);
        let is_wanted = is_required || (has_identity && self.identity == Identity::IfPossible);
        let aws = match &aws_settings {
            Some(aws) if is_wanted => match self.open_aws(aws, settled.connection.timeout).await {
                Ok(client) => Some(client),
                Err(failure) if is_required => return Err(failure),
                Err(failure) => {
                    let message = format!(
                        "AWS is not looked at, so the jobs' role stays as the cluster has it: {}",
                        failure.message
                    );
                    self.call.terminal.warn(&message);
                    None
                }
            },
            _ => None,
        };
        if let (Some(client), Some(aws)) = (&aws, &mut settled.settings.aws) {
            aws.region = Some(client.region().clone());
        }
        let (cluster, login) = match (self.needs_cluster, settled.settings.aws.as_ref(), &aws) {
            (false, ..) => (None, Login::Context),
            (true, Some(settings), Some(client)) if by_token => {
                let login = Login::Token { client: client.clone(), cluster: settings.cluster.clone() };
                (Some(self.open_by_token(settings, client).await?), login)
            }
            (true, _, client) => {
                let (cluster, login) = self.open_by_kubeconfig(settled, client.as_ref(), facts.as_ref()).await?;
                (Some(cluster), login)
            }
        };
        Ok(Reached { cluster, aws, account, login })
    }

    pub(super) async fn open_aws(&self, aws: &AwsSettings, timeout: Duration) -> Result<Aws, Failure> {
        let tell = self.tell.clone();
        let options = AwsOptions {
            profile: aws.profile.clone(),
            region: aws.region.clone(),
            extra_roots: self.extra_roots.clone(),
            access: self.access,
            deadline: Instant::now() + timeout,
            on_retry: Arc::new(move |message: &str| tell(Event::Retry { message: message.to_owned() })),
            interrupt: self.interrupt.clone(),
        };
        Ok(Aws::connect(self.call.process, options).await?)
    }

    /// Asks EKS where the cluster is, and logs in there with a token that is made of the AWS credentials.
    pub(super) async fn open_by_token(&self, settings: &AwsSettings, client: &Aws) -> Result<Cluster, Failure> {
        (self.tell)(Event::Looking { what: format!("where the cluster `{}` is", settings.cluster) });
        let eks = tokio::select! {
            eks = client.cluster(&settings.cluster) => eks?,
            () = self.interrupt.pressed() => return Err(unchanged()),
        };
        let Some(server) = eks.endpoint.clone() else {
            let message = format!("the cluster `{}` is {}, and has no API server to log in to", eks.name, eks.status);
            let wait = format!("aws eks wait cluster-active --name {} --region {}", eks.name, eks.arn.region());
            return Err(Failure::new(FailureKind::Refused, message).hint(wait));
        };
        let reach = ByToken {
            name: eks.arn.to_string(),
            server,
            authorities: eks.certificate_authority.clone(),
            tokens: tokens(client, &eks),
        };
        Ok(Cluster::connect_by_token(self.call.process, reach, &self.options(None, Vec::new()))?)
    }

    fn options(&self, context: Option<String>, kubeconfig: Vec<std::path::PathBuf>) -> ConnectOptions {
        ConnectOptions { kubeconfig, context, extra_roots: self.extra_roots.clone(), access: self.access }
    }

    async fn open_by_kubeconfig(
        &self,
        settled: &Settled,
        client: Option<&Aws>,
        facts: Option<&ContextFacts>,
    ) -> Result<(Cluster, Login), Failure> {
        let connection = &settled.connection;
        let aws = settled.settings.aws.as_ref().filter(|aws| !aws.cluster.is_empty());
        let spare = aws.zip(replaceable(facts)).map(|(aws, facts)| Spare {
            aws: aws.clone(),
            server: facts.server.clone(),
            timeout: connection.timeout,
        });
        let patience = match spare {
            Some(_) => connection.timeout.min(PLUGIN_PATIENCE_ON_EKS),
            None => connection.timeout,
        };
        let options = self.options(connection.context.clone(), connection.kubeconfig.clone());
        match (self.open_patiently(&options, patience).await, spare) {
            (Ok(cluster), Some(spare)) => Ok((cluster, Login::Plugin(Box::new(spare)))),
            (Ok(cluster), None) => Ok((cluster, Login::Context)),
            (Err(failure), Some(spare)) if failure.kind != FailureKind::Interrupted => {
                self.without_plugin(&spare, client, failure).await
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

/// The context, if its plugin only makes EKS tokens: that can be done without it, but not logging in as another role.
fn replaceable(facts: Option<&ContextFacts>) -> Option<&ContextFacts> {
    let facts = facts.filter(|facts| facts.exec.is_some())?;
    EksContext::of(facts).filter(|eks| !eks.assumes_role).map(|_| facts)
}

/// Tokens for the cluster, made when they are needed.
fn tokens(client: &Aws, eks: &EksCluster) -> TokenSource {
    let (client, name) = (client.clone(), eks.name.clone());
    Arc::new(move || {
        let (client, name) = (client.clone(), name.clone());
        async move { Ok(client.cluster_token(&name).await?.expose().to_owned()) }.boxed()
    })
}

/// What the context in use says, if there is one.
///
/// # Errors
/// A broken kubeconfig; a context that does not exist.
pub(super) fn context_facts(call: &Call<'_>, answers: &Answers) -> Result<Option<ContextFacts>, Failure> {
    let (files, context) = answers.kubeconfig();
    Ok(match Contexts::read(call.process, &files)? {
        Some(contexts) if context.is_none() && contexts.current.is_none() => None,
        Some(contexts) => Some(contexts.facts(context)?),
        None => None,
    })
}

/// Adds what the context says about provider, cluster and region.
pub(super) fn detect_provider(answers: &mut Answers, facts: Option<&ContextFacts>) {
    let eks = facts.and_then(EksContext::of);
    match (facts, eks) {
        (_, Some(eks)) => {
            answers.detect(&setting::PROVIDER, Provider::Eks.word(), eks.from.as_str());
            let found = [
                (&setting::CLUSTER_NAME, eks.cluster),
                (&setting::REGION, eks.region),
                (&setting::PROFILE, eks.profile),
            ];
            for (setting, value) in found {
                if let Some(value) = value {
                    answers.detect(setting, value, eks.from.as_str());
                }
            }
        }
        (Some(facts), None) => {
            let from = format!("the server's address, {}", facts.server);
            answers.detect(&setting::PROVIDER, Provider::Generic.word(), from);
        }
        // Without any context, a cluster's name and its region can only mean EKS.
        (None, None) if answers.told(&setting::CLUSTER_NAME).is_some() => {
            let region = answers.told(&setting::REGION).filter(|told| told.source.layer() >= Layer::File);
            if let Some(source) = region.map(|told| told.source.place(&setting::REGION)) {
                answers.detect(&setting::PROVIDER, Provider::Eks.word(), source);
            }
        }
        (None, None) => {}
    }
}

/// Why there is no cluster to work on, when this run needs one: known before anything is settled.
pub(super) fn no_cluster(call: &Call<'_>, answers: &Answers, is_needed: bool) -> Option<Failure> {
    let (files, context) = answers.kubeconfig();
    if !is_needed {
        return None;
    }
    // EKS itself says where its clusters are.
    let without = answers.text(&setting::PROVIDER) == Some(Provider::Eks.word());
    match Contexts::read(call.process, &files) {
        Ok(Some(contexts)) if without && context.is_none() && contexts.current.is_none() => None,
        Ok(Some(contexts)) => contexts.facts(context).err().map(Failure::from),
        Ok(None) if without || call.process.var("KUBERNETES_SERVICE_HOST").is_some() => None,
        Ok(None) => {
            let failure = Failure::from(Contexts::none(call.process, &files));
            let may_be_eks = answers.text(&setting::PROVIDER).is_none();
            Some(if may_be_eks { failure.hint(WITHOUT_KUBECONFIG) } else { failure })
        }
        Err(error) => Some(error.into()),
    }
}
