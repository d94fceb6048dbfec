//! What a context of a kubeconfig says about a cluster in AKS, without asking anybody.

use super::names;
use super::token::CLUSTER_APP;
use crate::cluster::ContextFacts;
use crate::settings::AzureCloud;

/// The credential plugin of Azure's own tools.
const PLUGIN: &str = "kubelogin";
/// What the names of API servers end in, per cloud. The region stands right before.
const DOMAINS: [(&str, AzureCloud); 3] = [
    (".azmk8s.io", AzureCloud::Public),
    (".cx.aks.containerservice.azure.us", AzureCloud::UsGovernment),
    (".cx.prod.service.azk8s.cn", AzureCloud::China),
];

/// A cluster in AKS, as far as a context names it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AksContext {
    /// The host of its API server, in lower case: ARM knows clusters by it.
    pub fqdn: Option<String>,
    /// Its region.
    pub region: Option<String>,
    /// Which cloud of Microsoft's it is in.
    pub cloud: Option<AzureCloud>,
    /// The cluster's name, if the context still has the name that az gave it.
    pub cluster: Option<String>,
    /// The tenant in which the credential plugin logs in.
    pub tenant: Option<String>,
    /// From what this was read.
    pub from: String,
}

impl AksContext {
    /// Reads a context; `None` when nothing in it speaks of AKS.
    ///
    /// Sources: the server's address (`<prefix>-<id>.hcp.<region>.azmk8s.io`, for private clusters
    /// `<prefix>-<id>.<zone>.privatelink.<region>.azmk8s.io`), the arguments of kubelogin, whose server id is the same in
    /// all clouds (`gcp-azure.md`, part 2), and the name that `az aks get-credentials` gives: the cluster's.
    pub fn of(facts: &ContextFacts) -> Option<Self> {
        let mut said = Self::default();
        let mut sources = Vec::new();
        if said.read_server(&facts.server) {
            sources.push(format!("the server's address, {}", facts.server));
        }
        if let Some(exec) = &facts.exec
            && said.read_plugin(&exec.command, &exec.args)
        {
            sources.push(format!("its credential plugin, {}", exec.command));
        }
        said.from = sources.into_iter().next()?;
        said.cluster = names::cluster_name(&facts.cluster).ok();
        Some(said)
    }

    fn read_server(&mut self, server: &str) -> bool {
        let Ok(url) = server.parse::<url::Url>() else { return false };
        let Some(host) = url.host_str().map(str::to_lowercase) else { return false };
        let Some((rest, cloud)) = DOMAINS.iter().find_map(|(domain, cloud)| Some((host.strip_suffix(domain)?, *cloud)))
        else {
            return false;
        };
        self.region = rest.rsplit('.').next().filter(|_| rest.contains('.')).map(str::to_owned);
        self.cloud = Some(cloud);
        self.fqdn = Some(host);
        true
    }

    fn read_plugin(&mut self, command: &str, args: &[String]) -> bool {
        let program = command.rsplit(['/', '\\']).next().unwrap_or(command);
        if program.strip_suffix(".exe").unwrap_or(program) != PLUGIN {
            return false;
        }
        let after = |flag: &str| {
            let with_value = format!("{flag}=");
            let own = args.iter().find_map(|arg| arg.strip_prefix(&with_value).map(str::to_owned));
            own.or_else(|| args.windows(2).find(|pair| pair[0] == flag).map(|pair| pair[1].clone()))
        };
        let tenant = after("--tenant-id").or_else(|| after("-t"));
        self.tenant = tenant.filter(|tenant| !tenant.is_empty());
        // Others log in to clusters of their own through kubelogin.
        let server = after("--server-id");
        server.is_some_and(|id| id.eq_ignore_ascii_case(CLUSTER_APP))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::ExecFacts;

    fn facts(server: &str, command: &str, args: &[&str]) -> ContextFacts {
        let args = args.iter().map(|arg| (*arg).to_owned()).collect();
        let exec = ExecFacts { command: command.to_owned(), args, env: Vec::new() };
        ContextFacts {
            context: "mine".to_owned(),
            cluster: "prod".to_owned(),
            server: server.to_owned(),
            plugin: None,
            exec: Some(exec).filter(|_| !command.is_empty()),
        }
    }

    #[test]
    fn the_server_s_address_says_where() {
        for (server, region, cloud) in [
            ("https://Prod-1a2b3c.hcp.westeurope.azmk8s.io:443", "westeurope", AzureCloud::Public),
            ("https://prod-1.0000-0000.privatelink.eastus2.azmk8s.io", "eastus2", AzureCloud::Public),
            (
                "https://p-1.hcp.usgovvirginia.cx.aks.containerservice.azure.us:443",
                "usgovvirginia",
                AzureCloud::UsGovernment,
            ),
            ("https://p-1.hcp.chinanorth3.cx.prod.service.azk8s.cn", "chinanorth3", AzureCloud::China),
        ] {
            let said = AksContext::of(&facts(server, "", &[])).unwrap();
            assert_eq!((said.region.as_deref(), said.cloud), (Some(region), Some(cloud)));
            assert!(said.fqdn.as_ref().is_some_and(|fqdn| !fqdn.contains(':') && *fqdn == fqdn.to_lowercase()));
            assert_eq!(said.cluster.as_deref(), Some("prod"));
        }
    }

    #[test]
    fn kubelogin_says_in_which_tenant() {
        let args = ["get-token", "--server-id", CLUSTER_APP, "--tenant-id=t-1", "--login", "devicecode"];
        let said = AksContext::of(&facts("https://api.example.com", "/usr/local/bin/kubelogin", &args)).unwrap();
        assert_eq!((said.tenant.as_deref(), said.fqdn), (Some("t-1"), None));
        assert_eq!(said.from, "its credential plugin, /usr/local/bin/kubelogin");
        let other = ["get-token", "--oidc-issuer-url", "https://example.com"];
        assert_eq!(AksContext::of(&facts("https://api.example.com", "kubelogin", &other)), None);
        assert_eq!(AksContext::of(&facts("https://x.azmk8s.io.example.com", "", &[])), None);
    }
}
