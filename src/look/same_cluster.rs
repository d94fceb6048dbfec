//! The cluster that the cloud names and the one that the context reaches have to be the same one.

use crate::cloud::aws::found::EksCluster;
use crate::cloud::azure::found::AksCluster;
use crate::cloud::gcp::found::GkeCluster;
use crate::cluster::Cluster;
use crate::failure::{Failure, FailureKind};

/// A cluster as its cloud names it.
pub(super) struct NamedCluster {
    /// Its name.
    name: String,
    /// Who names it: `EKS`, `GKE`.
    service: &'static str,
    /// The addresses of its API server; the first one is the usual one.
    servers: Vec<String>,
    /// The issuer of its tokens.
    issuer: Option<String>,
    /// The flags that name another one.
    flags: &'static str,
}

impl NamedCluster {
    pub(super) fn of_eks(cluster: &EksCluster) -> Self {
        Self {
            name: cluster.name.clone(),
            service: "EKS",
            servers: cluster.endpoint.iter().cloned().collect(),
            issuer: cluster.issuer.clone(),
            flags: "--cluster-name NAME --region REGION",
        }
    }

    pub(super) fn of_gke(cluster: &GkeCluster) -> Self {
        let endpoints = &cluster.endpoints;
        let all = [&endpoints.main, &endpoints.public, &endpoints.private, &endpoints.dns];
        Self {
            name: cluster.name.clone(),
            service: "GKE",
            servers: all.into_iter().flatten().map(|host| format!("https://{host}")).collect(),
            issuer: Some(cluster.issuer()),
            flags: "--cluster-name NAME --location LOCATION --gcp-project PROJECT",
        }
    }

    pub(super) fn of_aks(cluster: &AksCluster) -> Self {
        Self {
            name: cluster.id.name().to_owned(),
            service: "AKS",
            servers: cluster.fqdns.iter().map(|host| format!("https://{host}")).collect(),
            issuer: cluster.issuer.clone(),
            flags: "--cluster-name NAME --resource-group NAME --subscription ID",
        }
    }
}

/// By the server's address, else by the issuer of its tokens (behind a proxy or a bastion the address is another one).
pub(super) async fn same_cluster(cluster: &Cluster, named: &NamedCluster) -> Result<(), Failure> {
    let bare = |url: &str| url.trim_end_matches('/').trim_end_matches(":443").to_lowercase();
    let is_named = named.servers.iter().any(|server| bare(server) == bare(cluster.server()));
    let may_repeat = is_private(cluster.server());
    if is_named && !may_repeat {
        return Ok(());
    }
    let discovery = cluster.get_path("/.well-known/openid-configuration", "its OIDC discovery document").await;
    let issuer = match &discovery {
        Ok(Some(document)) => document.get("issuer").and_then(|issuer| issuer.as_str()).map(str::to_owned),
        Ok(None) | Err(_) => None,
    };
    let bare_issuer = |issuer: &str| issuer.trim_end_matches('/').to_owned();
    if let (Some(issuer), Some(wanted)) = (&issuer, &named.issuer)
        && bare_issuer(issuer) == bare_issuer(wanted)
    {
        return Ok(());
    }
    if is_named && issuer.is_none() {
        // Whoever may not read who issues the tokens has the address alone to go by.
        return Ok(());
    }
    let (context, server, service) = (cluster.context(), cluster.server(), named.service);
    let message = format!(
        "the context `{context}` reaches another cluster than `{}` in {service}: nothing was changed",
        named.name
    );
    let theirs = named.servers.first().map_or("no server", String::as_str);
    let mut failure = Failure::new(FailureKind::Refused, message)
        .cause(format!("the context reaches {server}, and {service} names {theirs}"));
    failure = match (issuer, &named.issuer, discovery) {
        (Some(issuer), Some(wanted), _) => failure
            .cause(format!("its tokens are issued by {issuer}, and those of the cluster in {service} by {wanted}")),
        (_, _, Err(error)) => failure.cause(format!("who issues its tokens can't be read: {error}")),
        _ => failure,
    };
    Err(failure
        .hint("name the cluster's own context with `--context NAME`")
        .hint(format!("or the context's own cluster with `{}`", named.flags))
        .hint("or log in without a kubeconfig: `--kubeconfig /dev/null`"))
}

/// Whether an address is one of a private network: another network may have a cluster at the same one.
fn is_private(server: &str) -> bool {
    let host = url::Url::parse(server).ok();
    match host.as_ref().and_then(url::Url::host) {
        Some(url::Host::Ipv4(address)) => address.is_private(),
        Some(url::Host::Ipv6(address)) => address.is_unique_local(),
        Some(url::Host::Domain(_)) | None => false,
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn addresses_of_private_networks_are_told_from_others() {
        for (server, is_private) in [
            ("https://10.0.0.2", true),
            ("https://172.16.0.2:443", true),
            ("https://34.1.2.3", false),
            ("https://127.0.0.1:6443", false),
            ("https://gke-a-1.europe-west1.gke.goog", false),
        ] {
            assert_eq!(super::is_private(server), is_private, "{server}");
        }
    }
}
