//! What the nodes say about where the cluster runs, for whom neither the context nor the server's address tells.

use serde_json::Value;

use crate::cloud::aws::names::Region;
use crate::cloud::azure::names::SubscriptionId;
use crate::cluster::Cluster;

/// What a node of EKS is labelled with.
const LABELS: [&str; 2] = ["eks.amazonaws.com/", "alpha.eksctl.io/"];
/// Labels that name the cluster.
const CLUSTER_NAME: [&str; 2] = ["alpha.eksctl.io/cluster-name", "eks.amazonaws.com/cluster-name"];
/// The label that names the region.
const REGION: &str = "topology.kubernetes.io/region";

/// What every node of GKE is labelled with.
const GKE_LABEL: &str = "cloud.google.com/gke-nodepool";
/// How GKE calls the issuer of a cluster's tokens, before the cluster's path.
const GKE_ISSUER: &str = "https://container.googleapis.com/v1/";

/// What every node of AKS is labelled with: the resource group of its nodes.
const AKS_LABEL: &str = "kubernetes.azure.com/cluster";

/// A cluster in a cloud, as far as it says so itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CloudNode {
    /// On EKS.
    Eks(EksNode),
    /// On GKE.
    Gke(GkeNode),
    /// On AKS.
    Aks(AksNode),
}

/// A node of EKS, as far as it tells its cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EksNode {
    /// The cluster's name.
    pub cluster: Option<String>,
    /// Its region.
    pub region: Option<String>,
}

/// A cluster of GKE, by its nodes and the issuer of its tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GkeNode {
    /// The project.
    pub project: String,
    /// The region or zone.
    pub location: String,
    /// The cluster's name.
    pub cluster: String,
}

/// A node of AKS, as far as it tells its cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AksNode {
    /// The cluster's subscription.
    pub subscription: String,
    /// The cluster's resource group and its name, where the group of its nodes still tells them apart.
    pub cluster: Option<(String, String)>,
}

/// Reads one node, and of one of GKE who issues the cluster's tokens; `None` when it is of no cloud that this tool knows,
/// when there is none, and when either may not be read.
pub async fn cloud_node(cluster: &Cluster) -> Option<CloudNode> {
    let nodes = cluster.get_path("/api/v1/nodes?limit=1", "kubernetes:Node").await.ok()??;
    let node = nodes.get("items")?.get(0)?;
    if let Some(node) = EksNode::of(node) {
        return Some(CloudNode::Eks(node));
    }
    if let Some(node) = AksNode::of(node) {
        return Some(CloudNode::Aks(node));
    }
    if !is_of_gke(node) {
        return None;
    }
    let discovery =
        cluster.get_path("/.well-known/openid-configuration", "its OIDC discovery document").await.ok()??;
    GkeNode::of_issuer(discovery.get("issuer")?.as_str()?).map(CloudNode::Gke)
}

/// A machine of Compute Engine alone is not enough: other distributions run there too.
fn is_of_gke(node: &Value) -> bool {
    let provider_id = node.pointer("/spec/providerID").and_then(Value::as_str).unwrap_or_default();
    let labels = node.pointer("/metadata/labels").and_then(Value::as_object);
    provider_id.starts_with("gce://") && labels.is_some_and(|labels| labels.contains_key(GKE_LABEL))
}

impl GkeNode {
    fn of_issuer(issuer: &str) -> Option<Self> {
        let parts: Vec<_> = issuer.strip_prefix(GKE_ISSUER)?.split('/').collect();
        let ["projects", project, "locations" | "zones", location, "clusters", cluster] = parts.as_slice() else {
            return None;
        };
        let owned = |text: &&str| (*text).to_owned();
        Some(Self { project: owned(project), location: owned(location), cluster: owned(cluster) })
    }
}

impl AksNode {
    /// A machine of Azure alone is not enough: other distributions run there too. AKS keeps its nodes in a group
    /// `MC_<group>_<cluster>_<location>`, unless it was told another name.
    fn of(node: &Value) -> Option<Self> {
        let provider_id = node.pointer("/spec/providerID").and_then(Value::as_str)?;
        let labels = node.pointer("/metadata/labels").and_then(Value::as_object)?;
        let group = labels.get(AKS_LABEL)?.as_str()?;
        let id = provider_id.strip_prefix("azure:///subscriptions/")?;
        let subscription: SubscriptionId = id.split('/').next()?.parse().ok()?;
        let parts: Vec<_> = group.split('_').collect();
        let cluster = match parts.as_slice() {
            ["MC", group, cluster, _] => Some(((*group).to_owned(), (*cluster).to_owned())),
            _ => None,
        };
        Some(Self { subscription: subscription.to_string(), cluster })
    }
}

impl EksNode {
    /// A machine of EC2 alone is not enough: other distributions run there too.
    fn of(node: &Value) -> Option<Self> {
        let text = |at: &str| node.pointer(at).and_then(Value::as_str).unwrap_or_default();
        let labels = node.pointer("/metadata/labels").and_then(Value::as_object);
        let label = |name: &str| labels?.get(name)?.as_str().filter(|value| !value.is_empty()).map(str::to_owned);
        let is_region = |region: &String| region.parse::<Region>().is_ok();
        let provider_id = text("/spec/providerID");
        if let Some(rest) = provider_id.strip_prefix("eks-hybrid:///") {
            let mut parts = rest.split('/').map(str::to_owned);
            return Some(Self { region: parts.next().filter(is_region), cluster: parts.next() });
        }
        let place = provider_id.strip_prefix("aws:///")?;
        let is_labelled = labels?.keys().any(|name| LABELS.iter().any(|beginning| name.starts_with(beginning)));
        if !is_labelled && !text("/status/nodeInfo/kubeletVersion").contains("-eks-") {
            return None;
        }
        let zone = place.split('/').next().unwrap_or_default();
        let of_zone = || Some(zone.trim_end_matches(|c: char| c.is_ascii_lowercase()).to_owned());
        Some(Self {
            cluster: CLUSTER_NAME.into_iter().find_map(label),
            region: label(REGION).filter(is_region).or_else(|| of_zone().filter(is_region)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn node(provider_id: &str, version: &str, labels: Value) -> Option<(String, String)> {
        let node = json!({
            "metadata": { "labels": labels },
            "spec": { "providerID": provider_id },
            "status": { "nodeInfo": { "kubeletVersion": version } },
        });
        let said = EksNode::of(&node)?;
        Some((said.cluster.unwrap_or_default(), said.region.unwrap_or_default()))
    }

    #[test]
    fn a_cluster_of_gke_is_known_by_its_issuer() {
        let issuer = "https://container.googleapis.com/v1/projects/my-project/locations/europe-west1/clusters/prod";
        let node = GkeNode::of_issuer(issuer).unwrap();
        assert_eq!((node.project.as_str(), node.location.as_str()), ("my-project", "europe-west1"));
        assert_eq!(node.cluster, "prod");
        assert_eq!(GkeNode::of_issuer("https://kubernetes.default.svc"), None);
        let node = |labels: Value| json!({ "metadata": { "labels": labels }, "spec": { "providerID": "gce://p/z/n" } });
        assert!(is_of_gke(&node(json!({ "cloud.google.com/gke-nodepool": "a" }))) && !is_of_gke(&node(json!({}))));
    }

    #[test]
    fn a_node_of_aks_is_known_by_its_label() {
        let subscription = "0b1f6471-1bf0-4dda-aec3-cb9272f09590";
        let node = |group: &str| {
            let labels = if group.is_empty() { json!({}) } else { json!({ "kubernetes.azure.com/cluster": group }) };
            let id = format!("azure:///subscriptions/{subscription}/resourceGroups/{group}/providers/x");
            AksNode::of(&json!({ "metadata": { "labels": labels }, "spec": { "providerID": id } }))
        };
        let cluster = Some(("my-group".to_owned(), "prod".to_owned()));
        assert_eq!(node("MC_my-group_prod_eastus"), Some(AksNode { subscription: subscription.to_owned(), cluster }));
        // Groups and clusters may have such a line in their names too.
        for unclear in ["MC_my_group_prod_eastus", "nodes"] {
            assert_eq!(node(unclear), Some(AksNode { subscription: subscription.to_owned(), cluster: None }));
        }
        assert_eq!(node(""), None);
    }

    #[test]
    fn a_node_of_eks_is_known_by_more_than_its_machine() {
        let ec2 = "aws:///eu-central-1a/i-0a1b2c3d4e5f60718";
        let of = |cluster: &str, region: &str| Some((cluster.to_owned(), region.to_owned()));
        assert_eq!(node(ec2, "v1.33.1", json!({ "kops.k8s.io/instancegroup": "nodes" })), None);
        assert_eq!(node(ec2, "v1.33.1-eks-595af52", json!({})), of("", "eu-central-1"));
        let labels = json!({ "eks.amazonaws.com/nodegroup": "a", "topology.kubernetes.io/region": "eu-west-1" });
        assert_eq!(node(ec2, "v1.33.1", labels), of("", "eu-west-1"));
        let labels = json!({ "alpha.eksctl.io/cluster-name": "prod", "alpha.eksctl.io/nodegroup-name": "a" });
        assert_eq!(node(ec2, "v1.33.1", labels), of("prod", "eu-central-1"));
        let fargate = "aws:///us-gov-west-1b/0f1e2d/fargate-ip-10-0-0-1.us-gov-west-1.compute.internal";
        assert_eq!(node(fargate, "v1.33.1-eks-1", json!({})), of("", "us-gov-west-1"));
        let local_zone = "aws:///us-east-1-bos-1a/i-0a1b2c3d4e5f60718";
        assert_eq!(node(local_zone, "v1.33.1-eks-1", json!({})), of("", ""));
        assert_eq!(node("eks-hybrid:///eu-north-1/prod/mi-1", "v1.33.1", json!({})), of("prod", "eu-north-1"));
        for other in ["", "gce://p/z/n", "azure:///subscriptions/x", "kind://docker/kind/kind-control-plane"] {
            assert_eq!(node(other, "v1.33.1-eks-1", json!({})), None, "{other}");
        }
    }
}
