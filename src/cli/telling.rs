//! What a session says about itself: where it looks, whom it is about, and the plan as a person reads it.

use crate::cloud::Cloud;
use crate::cloud::gcp::found::GkeCluster;
use crate::found::Found;
use crate::plan::Plan;
use crate::result::ResultDocument;
use crate::terminal::plan_lines;

use super::login::Login;
use super::session::Session;

impl Session<'_> {
    /// What is looked at, for the line that says so.
    pub(super) fn sides_in_words(&self) -> String {
        let sides = [
            self.cluster.as_ref().map(|_| "the cluster"),
            self.cloud.as_ref().map(Cloud::name),
            self.orchestrator.as_ref().map(|_| "the Orchestrator"),
        ];
        match sides.into_iter().flatten().collect::<Vec<_>>().as_slice() {
            [first, second, third] => format!("{first}, {second} and {third}"),
            some => some.join(" and "),
        }
    }

    /// A document that says who and where.
    pub(super) fn document(&self, found: &Found, plan: &Plan) -> ResultDocument {
        let mut document = ResultDocument::new(self.call.name);
        document.about(&self.settled.settings, plan.key.as_ref());
        document.found(&self.settled.settings, found);
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
            let how = match &self.login {
                Login::Token { named, .. } => format!("{}, with {}", named.cluster(), named.credentials()),
                Login::Context | Login::Plugin(_) => format!("context {}", cluster.context),
            };
            lines.push(format!("Cluster: {how}, {}{version}", cluster.server));
        }
        if let Some(aws) = &found.aws {
            let (cluster, account) = (&aws.cluster, &aws.caller.account);
            let place = cluster.arn.region();
            lines.push(format!("AWS: cluster {} in {place}, account {account}, as {}", cluster.name, aws.caller.arn));
        }
        if let Some(gcp) = &found.gcp {
            let GkeCluster { name, location, project, .. } = &gcp.cluster;
            lines.push(format!(
                "Google Cloud: cluster {name} in {location}, project {project}, with {}",
                gcp.credentials
            ));
        }
        if let Some(azure) = &found.azure {
            let id = &azure.cluster.id;
            lines.push(format!(
                "Azure: cluster {} in resource group {}, subscription {}, with {}",
                id.name(),
                id.resource_group(),
                id.subscription(),
                azure.credentials
            ));
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
