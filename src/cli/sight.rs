//! How a session looks: once, and once more where the first look shows that it has to be done in another way.

use crate::answers::registry as setting;
use crate::answers::{Answers, Need, Setting, Source, settle};
use crate::cloud::Cloud;
use crate::cluster::Cluster;
use crate::failure::{Failure, FailureKind};
use crate::found::Found;
use crate::look::{CloudNode, Sides, cloud_node, look};
use crate::orchestrator::Orchestrator;
use crate::settings::Provider;

use super::login::explain;
use super::reach::{Identity, Reached, Way};
use super::session::Session;

/// From what the nodes make known that the cluster is on EKS.
const FROM_NODES: &str = "the nodes' provider ids";

/// What a session was opened with, for another try.
pub(super) struct Opened {
    pub(super) answers: Answers,
    pub(super) need: Need,
    pub(super) identity: Identity,
    pub(super) extra_roots: Vec<Vec<u8>>,
    pub(super) access: crate::access::Access,
}

impl Session<'_> {
    /// Looks. When the cluster does not take the token of the context's plugin, it is done with another one; when its
    /// nodes say that it is in a cloud, that is looked at too.
    ///
    /// # Errors
    /// Whatever keeps a side from answering.
    pub(super) async fn look(&mut self, with_cloud: bool) -> Result<Found, Failure> {
        let (mut found, mut node) = self.look_once(with_cloud).await;
        if self.log_in_otherwise().await? {
            (found, node) = self.look_once(with_cloud).await;
        }
        if let Some(node) = node {
            let service = self.turn_to_cloud(&node).await?;
            (found, _) = self.look_once(with_cloud).await;
            // Not every cloud is asked anything when it is opened.
            found = found.map_err(|failure| with_reason(failure, service));
        }
        let is_turned_away = self.cluster.as_ref().is_some_and(Cluster::turned_us_away);
        match found {
            Ok(found) => Ok(found),
            Err(failure) => Err(explain(&self.login, is_turned_away, failure).await),
        }
    }

    /// One look, through clients that are closed for writing; at a node only where it may say what nobody else said.
    async fn look_once(&self, with_cloud: bool) -> (Result<Found, Failure>, Option<CloudNode>) {
        let cluster = self.cluster.as_ref().map(Cluster::read_only);
        let orchestrator = self.orchestrator.as_ref().map(Orchestrator::read_only);
        let cloud = self.cloud.as_ref().filter(|_| with_cloud).map(Cloud::read_only);
        let sides: Sides<'_> = self.sides(cluster.as_ref(), orchestrator.as_ref(), cloud.as_ref());
        let node = async {
            match &cluster {
                Some(cluster) if with_cloud && is_guessed(&self.opened.answers) => cloud_node(cluster).await,
                _ => None,
            }
        };
        futures::join!(look(&self.settled.settings, &self.lent, sides, &self.phases), node)
    }

    async fn log_in_otherwise(&mut self) -> Result<bool, Failure> {
        let Some(cluster) = &self.cluster else { return Ok(false) };
        let other = self.way().in_otherwise(&self.login, cluster, self.cloud.as_ref()).await?;
        let Some((cluster, login)) = other else { return Ok(false) };
        (self.cluster, self.login) = (Some(cluster), login);
        Ok(true)
    }

    /// Settles anew what the nodes made known, and opens the cloud. Returns how people call its service.
    async fn turn_to_cloud(&mut self, node: &CloudNode) -> Result<&'static str, Failure> {
        // Not everybody may see nodes, and a runner's id must not depend on that.
        if self.opened.answers.told(&setting::RUNNER_ID).is_none() {
            let id = self.settled.settings.runner_id.to_string();
            self.opened.answers.detect(&setting::RUNNER_ID, id, "the context's name");
        }
        let service = tell_of_node(&mut self.opened.answers, node);
        let because = |failure| with_reason(failure, service);
        let mut settled = settle(&self.opened.answers, self.call.process, self.opened.need).map_err(because)?;
        let Reached { cloud, account, .. } = self.way().open(&mut settled).await.map_err(because)?;
        self.progress.finish();
        self.call.terminal.say(&format!("The cluster is on {service}, as {FROM_NODES} say."));
        (self.settled, self.cloud, self.account) = (settled, cloud, account);
        Ok(service)
    }

    /// The way to the cloud, and to the cluster anew.
    fn way(&self) -> Way<'_> {
        Way {
            call: self.call,
            answers: &self.opened.answers,
            needs_cluster: false,
            identity: self.opened.identity,
            extra_roots: self.opened.extra_roots.clone(),
            access: self.opened.access,
            tell: &self.tell,
            progress: Some(&self.progress),
            interrupt: &self.interrupt,
        }
    }
}

/// Says why a cloud is asked at all that nobody named, and how to leave it out.
fn with_reason(failure: Failure, service: &str) -> Failure {
    if failure.kind == FailureKind::Interrupted {
        return failure;
    }
    failure
        .cause(format!("the cluster is on {service}, as {FROM_NODES} say"))
        .hint("or set the runner up without an identity in the cloud: --provider generic")
}

/// Whether nobody said which provider it is, and it is taken for none in particular.
pub(super) fn is_guessed(answers: &Answers) -> bool {
    match answers.told(&setting::PROVIDER) {
        Some(told) => {
            matches!(told.source, Source::Detected(_))
                && answers.text(&setting::PROVIDER) == Some(Provider::Generic.word())
        }
        None => true,
    }
}

/// Whether it is the nodes that said which provider it is.
pub(super) fn is_known_by_nodes(answers: &Answers) -> bool {
    answers.told(&setting::PROVIDER).is_some_and(|told| told.source == Source::Detected(FROM_NODES.to_owned()))
}

/// Adds what a node says about provider, cluster and place; returns how people call the service.
pub(super) fn tell_of_node(answers: &mut Answers, node: &CloudNode) -> &'static str {
    let mut tell = |setting: &'static Setting, value: Option<&String>, from: &str| {
        if let Some(value) = value {
            answers.detect(setting, value.as_str(), from);
        }
    };
    match node {
        CloudNode::Eks(node) => {
            tell(&setting::CLUSTER_NAME, node.cluster.as_ref(), "the nodes' labels");
            tell(&setting::REGION, node.region.as_ref(), "the nodes' labels");
            answers.detect(&setting::PROVIDER, Provider::Eks.word(), FROM_NODES);
            "EKS"
        }
        CloudNode::Gke(node) => {
            let from = "the issuer of the cluster's tokens";
            tell(&setting::CLUSTER_NAME, Some(&node.cluster), from);
            tell(&setting::GCP_PROJECT, Some(&node.project), from);
            tell(&setting::LOCATION, Some(&node.location), from);
            answers.detect(&setting::PROVIDER, Provider::Gke.word(), FROM_NODES);
            "GKE"
        }
    }
}
