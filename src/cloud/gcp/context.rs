//! What a context of a kubeconfig says about a cluster in GKE, without asking anybody.

use super::names;
use crate::cluster::ContextFacts;

/// The credential plugin of Google's own tools.
const PLUGIN: &str = "gke-gcloud-auth-plugin";
/// What the DNS names of control planes end in.
const DNS_DOMAIN: &str = ".gke.goog";

/// A cluster in GKE, as far as a context names it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GkeContext {
    /// Its project's id.
    pub project: Option<String>,
    /// Its project's number, when the server's address has it.
    pub project_number: Option<String>,
    /// Its region or zone.
    pub location: Option<String>,
    /// The cluster's name.
    pub cluster: Option<String>,
    /// From what this was read.
    pub from: String,
}

impl GkeContext {
    /// Reads a context; `None` when nothing in it speaks of GKE.
    ///
    /// Sources: the names that `gcloud container clusters get-credentials` gives (`gke_<project>_<location>_<name>`),
    /// its credential plugin, and the DNS name of a control plane (`gke-<id>-<project's number>.<region>.gke.goog`).
    pub fn of(facts: &ContextFacts) -> Option<Self> {
        let mut said = Self::default();
        let mut sources = Vec::new();
        for (name, what) in [(&facts.cluster, "cluster entry"), (&facts.context, "context")] {
            if said.read_name(name) {
                sources.push(format!("the {what}'s name, {name}"));
                break;
            }
        }
        if said.read_server(&facts.server) {
            sources.push(format!("the server's address, {}", facts.server));
        }
        if let Some(exec) = &facts.exec {
            let program = exec.command.rsplit(['/', '\\']).next().unwrap_or(&exec.command);
            if program.strip_suffix(".exe").unwrap_or(program) == PLUGIN {
                sources.push(format!("its credential plugin, {}", exec.command));
            }
        }
        said.from = sources.into_iter().next()?;
        Some(said)
    }

    /// `gke_my-project_europe-west1_prod`, `gke_example.com:my-project_europe-west1-b_prod`
    fn read_name(&mut self, name: &str) -> bool {
        let parts: Vec<_> = name.split('_').collect();
        let ["gke", project, location, cluster] = parts.as_slice() else { return false };
        let is_project = project.parse::<names::ProjectId>().is_ok();
        let (Ok(location), Ok(cluster), true) = (names::location(location), names::cluster_name(cluster), is_project)
        else {
            return false;
        };
        self.project = Some((*project).to_owned());
        self.location = Some(location);
        self.cluster = Some(cluster);
        true
    }

    /// `https://gke-4f2ad1c0-123456789012.europe-west1.gke.goog`
    fn read_server(&mut self, server: &str) -> bool {
        let Some(host) = server.strip_prefix("https://").and_then(|rest| rest.split(['/', ':']).next()) else {
            return false;
        };
        let Some((name, region)) = host.strip_suffix(DNS_DOMAIN).and_then(|rest| rest.split_once('.')) else {
            return false;
        };
        let number = name.rsplit('-').next().filter(|number| number.chars().all(|c| c.is_ascii_digit()));
        self.project_number = number.filter(|number| !number.is_empty()).map(str::to_owned);
        // A zone's cluster has its region in the name too: the context's own name is more exact.
        if self.location.is_none() {
            self.location = names::location(region).ok();
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::ExecFacts;

    fn facts(context: &str, cluster: &str, server: &str, command: Option<&str>) -> ContextFacts {
        let exec = |command: &str| ExecFacts { command: command.to_owned(), args: Vec::new(), env: Vec::new() };
        ContextFacts {
            context: context.to_owned(),
            cluster: cluster.to_owned(),
            server: server.to_owned(),
            plugin: None,
            exec: command.map(exec),
        }
    }

    fn said(facts: &ContextFacts) -> [String; 4] {
        let said = GkeContext::of(facts).unwrap();
        [said.project, said.location, said.cluster, said.project_number].map(Option::unwrap_or_default)
    }

    #[test]
    fn gcloud_s_own_names_are_read() {
        let name = "gke_my-project_europe-west1_prod";
        assert_eq!(said(&facts("a", name, "https://1.2.3.4", None)), ["my-project", "europe-west1", "prod", ""]);
        assert_eq!(said(&facts(name, "b", "https://1.2.3.4", None)), ["my-project", "europe-west1", "prod", ""]);
        let name = "gke_example.com:my-project_us-central1-a_prod-1";
        let server = "https://gke-4f2ad1c0-123456789012.us-central1.gke.goog";
        let expected = ["example.com:my-project", "us-central1-a", "prod-1", "123456789012"];
        assert_eq!(said(&facts(name, name, server, Some(PLUGIN))), expected);
        assert_eq!(said(&facts("a", "b", server, None)), ["", "us-central1", "", "123456789012"]);
        let plugin =
            GkeContext::of(&facts("a", "b", "https://1.2.3.4", Some("/opt/bin/gke-gcloud-auth-plugin"))).unwrap();
        assert_eq!(plugin.from, "its credential plugin, /opt/bin/gke-gcloud-auth-plugin");
    }

    #[test]
    fn other_clusters_are_not_taken_for_gke() {
        for (name, server) in [
            ("kind-a", "https://127.0.0.1:6443"),
            ("gke_p_l_c", "https://1.2.3.4"),
            ("gke_my-project_europe-west1_prod_x", "https://1.2.3.4"),
            ("arn:aws:eks:eu-central-1:123456789012:cluster/gke", "https://x.eks.amazonaws.com"),
            ("a", "https://gke.goog.example.com"),
            ("a", "http://gke-4f2ad1c0-123456789012.us-central1.gke.goog"),
        ] {
            assert_eq!(GkeContext::of(&facts(name, name, server, Some("aws"))), None, "{name}");
        }
    }
}
