//! What a context of a kubeconfig says about a cluster in EKS, without asking anybody.

use super::names::{Arn, Region};
use crate::cluster::ContextFacts;

/// A cluster in EKS, as far as a context names it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EksContext {
    /// The cluster's name.
    pub cluster: Option<String>,
    /// Its region.
    pub region: Option<String>,
    /// Its account.
    pub account: Option<String>,
    /// The profile with which the credential plugin logs in.
    pub profile: Option<String>,
    /// From what this was read.
    pub from: String,
    /// The plugin logs in as another role than the credentials are.
    pub assumes_role: bool,
}

impl EksContext {
    /// Reads a context; `None` when nothing in it speaks of EKS.
    ///
    /// Sources: the names that `aws eks update-kubeconfig` (the cluster's ARN) and eksctl (`<name>.<region>.eksctl.io`)
    /// give, the arguments of the credential plugin, and the server's address (`<id>.<…>.<region>.eks.amazonaws.com`).
    pub fn of(facts: &ContextFacts) -> Option<Self> {
        let mut said = Self::default();
        let mut sources = Vec::new();
        for (name, what) in [(&facts.cluster, "cluster entry"), (&facts.context, "context")] {
            if said.read_arn(name) || said.read_eksctl(name) {
                sources.push(format!("the {what}'s name, {name}"));
                break;
            }
        }
        if let Some(exec) = &facts.exec
            && said.read_plugin(&exec.command, &exec.args)
        {
            said.profile = said
                .profile
                .or_else(|| exec.env.iter().find(|(name, _)| name == "AWS_PROFILE").map(|(_, value)| value.clone()));
            sources.push(format!("its credential plugin, {}", exec.command));
        }
        if let Some(region) = region_of_server(&facts.server) {
            said.region.get_or_insert(region);
            sources.push(format!("the server's address, {}", facts.server));
        }
        said.from = sources.into_iter().next()?;
        Some(said)
    }

    /// `arn:aws:eks:eu-central-1:123456789012:cluster/prod`
    fn read_arn(&mut self, name: &str) -> bool {
        let Ok(arn) = name.parse::<Arn>() else { return false };
        let Some(cluster) = arn.resource().strip_prefix("cluster/").filter(|_| arn.service() == "eks") else {
            return false;
        };
        self.cluster = Some(cluster.to_owned());
        self.region = Some(arn.region().to_owned());
        self.account = Some(arn.account().to_owned());
        true
    }

    /// `me@prod.eu-central-1.eksctl.io`
    fn read_eksctl(&mut self, name: &str) -> bool {
        let Some(rest) = name.strip_suffix(".eksctl.io") else { return false };
        let rest = rest.rsplit('@').next().unwrap_or(rest);
        let Some((cluster, region)) = rest.rsplit_once('.') else { return false };
        if region.parse::<Region>().is_err() || cluster.is_empty() {
            return false;
        }
        self.cluster = Some(cluster.to_owned());
        self.region = Some(region.to_owned());
        true
    }

    /// `aws --region R eks get-token --cluster-name N`, `aws-iam-authenticator token -i N`
    fn read_plugin(&mut self, command: &str, args: &[String]) -> bool {
        let program = command.rsplit(['/', '\\']).next().unwrap_or(command);
        let program = program.strip_suffix(".exe").unwrap_or(program);
        let value = |names: &[&str]| {
            args.iter().enumerate().find_map(|(index, arg)| {
                names.iter().find_map(|name| match arg.strip_prefix(name)? {
                    "" => args.get(index + 1).cloned(),
                    rest => rest.strip_prefix('=').map(str::to_owned),
                })
            })
        };
        let names: &[&str] = match program {
            "aws" if args.iter().any(|arg| arg == "get-token") => &["--cluster-name", "--cluster-id"],
            "aws-iam-authenticator" => &["--cluster-id", "-i"],
            _ => return false,
        };
        if let Some(cluster) = value(names) {
            self.cluster.get_or_insert(cluster);
        }
        if let Some(region) = value(&["--region"]) {
            self.region.get_or_insert(region);
        }
        self.profile = value(&["--profile"]);
        self.assumes_role = value(&["--role-arn", "--role", "-r"]).is_some();
        true
    }
}

/// The region in an API server's address: `https://<id>.gr7.<region>.eks.amazonaws.com`, `….<region>.api.aws`.
fn region_of_server(server: &str) -> Option<String> {
    let host = server.strip_prefix("https://")?.split(['/', ':']).next()?.to_lowercase();
    let labels: Vec<&str> = host.split('.').collect();
    let eks = labels.iter().rposition(|label| *label == "eks" || label.starts_with("eks-cluster"))?;
    let is_aws = host.contains(".amazonaws.com")
        || host.ends_with(".api.aws")
        || host.ends_with(".api.amazonwebservices.com.cn");
    let beside = [eks.checked_sub(1), Some(eks + 1)];
    let region =
        beside.into_iter().flatten().find_map(|at| labels.get(at).filter(|label| label.parse::<Region>().is_ok()));
    region.filter(|_| is_aws).map(|region| (*region).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::ExecFacts;

    fn facts(context: &str, cluster: &str, server: &str, exec: Option<(&str, &[&str])>) -> ContextFacts {
        ContextFacts {
            context: context.to_owned(),
            cluster: cluster.to_owned(),
            server: server.to_owned(),
            plugin: None,
            exec: exec.map(|(command, args)| ExecFacts {
                command: command.to_owned(),
                args: args.iter().map(|arg| (*arg).to_owned()).collect(),
                env: vec![("AWS_PROFILE".to_owned(), "team".to_owned())],
            }),
        }
    }

    #[test]
    fn the_tools_own_names_are_read() {
        let said = |facts| {
            let said = EksContext::of(&facts).unwrap();
            [said.cluster, said.region, said.account, said.profile].map(Option::unwrap_or_default)
        };
        let arn = "arn:aws:eks:eu-central-1:123456789012:cluster/prod";
        assert_eq!(said(facts("prod", arn, "https://x", None)), ["prod", "eu-central-1", "123456789012", ""]);
        assert_eq!(said(facts("a", "prod.eu-west-1.eksctl.io", "https://x", None)), ["prod", "eu-west-1", "", ""]);
        let plugin = ("aws", &["--region", "us-east-1", "eks", "get-token", "--cluster-name", "c"][..]);
        assert_eq!(said(facts("a", "b", "https://x", Some(plugin))), ["c", "us-east-1", "", "team"]);
        let plugin = ("/usr/bin/aws-iam-authenticator", &["token", "-i", "c"][..]);
        assert_eq!(said(facts("a", "b", "https://x", Some(plugin))), ["c", "", "", "team"]);
        let server = "https://A1B2.gr7.eu-north-1.eks.amazonaws.com";
        assert_eq!(said(facts("a", "b", server, None)), ["", "eu-north-1", "", ""]);
        let server = "https://A1B2.yl4.cn-north-1.eks.amazonaws.com.cn";
        assert_eq!(said(facts("a", "b", server, None))[1], "cn-north-1");
    }

    #[test]
    fn other_clusters_are_not_taken_for_eks() {
        for (name, server) in [
            ("kind-a", "https://127.0.0.1:6443"),
            ("gke_p_l_c", "https://1.2.3.4"),
            ("eks", "https://eks.example.com"),
            ("a", "https://a1.eks.example.org"),
        ] {
            assert_eq!(EksContext::of(&facts(name, name, server, None)), None, "{name}");
        }
        assert_eq!(EksContext::of(&facts("a", "b", "https://x", Some(("gke-gcloud-auth-plugin", &[])))), None);
    }
}
