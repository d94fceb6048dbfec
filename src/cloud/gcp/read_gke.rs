//! Reading clusters. Source of all fields: `container.v1`, `Cluster`; `gcp-azure.md` part 1, G1.

use std::sync::{Arc, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use tokio::sync::OnceCell;

use super::GcpError;
use super::change::Resource;
use super::client::Gcp;
use super::endpoints::Service;
use super::found::{Endpoints, GkeCluster, NodePool};
use super::names::ProjectId;
use super::send::Call;

const GET: &str = "container.clusters.get";
const LIST: &str = "container.clusters.list";

impl Gcp {
    /// The cluster. Asked once per name.
    ///
    /// # Errors
    /// `ClusterMissing` with where else a cluster of this name is and which ones there are, `ProjectHidden`, `Denied`
    /// with all permissions that are missing, `ApiDisabled`, or what stands in the way.
    pub async fn cluster(&self, project: &ProjectId, location: &str, name: &str) -> Result<GkeCluster, GcpError> {
        let path = format!("projects/{project}/locations/{location}/clusters/{name}");
        let cell: Arc<OnceCell<GkeCluster>> = {
            let mut clusters = self.shared.clusters.lock().unwrap_or_else(PoisonError::into_inner);
            clusters.entry(path.clone()).or_default().clone()
        };
        let ask = || async {
            let call = Call::get(Service::Container, format!("v1/{path}"), GET);
            let call = call.on(format!("cluster `{name}` in {location} of project `{project}`"), project.as_str());
            match self.ask(&call).await {
                Ok(answer) => found(&answer, project, location, name).ok_or_else(|| incomplete(&call)),
                Err(GcpError::Missing { .. }) => Err(self.cluster_missing(project, location, name).await),
                Err(error) => Err(self.explained(error, project, &[GET, LIST]).await),
            }
        };
        cell.get_or_try_init(ask).await.cloned()
    }

    /// All clusters of a project: location and name, sorted.
    ///
    /// # Errors
    /// As for [`Self::cluster`].
    pub async fn clusters(&self, project: &ProjectId) -> Result<Vec<(String, String)>, GcpError> {
        match self.list_clusters(project).await {
            Err(error) => Err(self.explained(error, project, &[LIST, GET]).await),
            clusters => clusters,
        }
    }

    async fn list_clusters(&self, project: &ProjectId) -> Result<Vec<(String, String)>, GcpError> {
        let call = Call::get(Service::Container, format!("v1/projects/{project}/locations/-/clusters"), LIST);
        let answer = self.ask(&call.on(format!("project `{project}`"), project.as_str())).await?;
        let text = |value: &Value, key: &str| Some(value[key].as_str()?.to_owned());
        let clusters = answer["clusters"].as_array().into_iter().flatten();
        let mut clusters: Vec<_> =
            clusters.filter_map(|cluster| Some((text(cluster, "location")?, text(cluster, "name")?))).collect();
        clusters.sort_unstable();
        Ok(clusters)
    }

    /// What else there is helps more than a "not found"; whatever may not be read is left out.
    async fn cluster_missing(&self, project: &ProjectId, location: &str, name: &str) -> GcpError {
        let there = self.list_clusters(project).await.ok();
        let same_name = there.iter().flatten().filter(|(_, it)| it == name);
        GcpError::ClusterMissing {
            project: project.to_string(),
            location: location.to_owned(),
            name: name.to_owned(),
            elsewhere: same_name.map(|(location, _)| location.clone()).collect(),
            there,
        }
    }

    /// A refusal names one permission, and not whether the project is there at all: IAM knows more.
    async fn explained(&self, error: GcpError, project: &ProjectId, needed: &[&str]) -> GcpError {
        let GcpError::Denied { action, on, missing, project: of, taking_back, message } = error else { return error };
        let told = match self.missing_permissions(&Resource::Project(project.clone()), needed).await {
            Err(hidden @ GcpError::ProjectHidden { .. }) => return hidden,
            Ok(told) if !told.is_empty() => told,
            Ok(_) | Err(_) => missing,
        };
        GcpError::Denied { action, on, missing: told, project: of, taking_back, message }
    }
}

/// What an answer lacks that the API always has.
pub(super) fn incomplete(call: &Call<'_>) -> GcpError {
    GcpError::Unexpected {
        action: call.permission.to_owned(),
        host: call.service.host().to_owned(),
        status: None,
        message: format!("the answer is not about {}", call.on),
    }
}

fn text(value: &Value) -> Option<String> {
    value.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}

/// Reads a cluster; `None`: it is not this one.
fn found(cluster: &Value, project: &ProjectId, location: &str, name: &str) -> Option<GkeCluster> {
    if cluster["name"] != name {
        return None;
    }
    let autopilot = cluster["autopilot"]["enabled"] == true;
    let node_pool = |pool: &Value| {
        let has_metadata_server = autopilot || pool["config"]["workloadMetadataConfig"]["mode"] == "GKE_METADATA";
        Some(NodePool { name: text(&pool["name"])?, has_metadata_server })
    };
    Some(GkeCluster {
        project: project.to_string(),
        location: text(&cluster["location"]).unwrap_or_else(|| location.to_owned()),
        name: name.to_owned(),
        status: text(&cluster["status"]).unwrap_or_default(),
        status_message: status_message(cluster),
        endpoints: endpoints(cluster),
        workload_pool: text(&cluster["workloadIdentityConfig"]["workloadPool"]),
        autopilot,
        node_pools: cluster["nodePools"].as_array().into_iter().flatten().filter_map(node_pool).collect(),
        version: text(&cluster["currentMasterVersion"]),
    })
}

/// The older field, else all conditions in their own words.
fn status_message(cluster: &Value) -> Option<String> {
    let of_conditions = || {
        let conditions = cluster["conditions"].as_array().into_iter().flatten();
        let messages: Vec<_> = conditions.filter_map(|condition| text(&condition["message"])).collect();
        Some(messages.join("; ")).filter(|messages| !messages.is_empty())
    };
    text(&cluster["statusMessage"]).or_else(of_conditions)
}

/// How the API server is reached: `controlPlaneEndpointsConfig`, and the fields before it where that is silent.
fn endpoints(cluster: &Value) -> Endpoints {
    let (control_plane, private) = (&cluster["controlPlaneEndpointsConfig"], &cluster["privateClusterConfig"]);
    let (ip, dns) = (&control_plane["ipEndpointsConfig"], &control_plane["dnsEndpointConfig"]);
    let main = text(&cluster["endpoint"]).filter(|host| !host.ends_with(".gke.goog"));
    let private_address = text(&ip["privateEndpoint"]).or_else(|| text(&private["privateEndpoint"]));
    // A false that is left out of an answer is still false, once the object around it is there.
    let addresses_are_on =
        if ip.is_object() { ip["enabled"] == true || ip.get("enabled").is_none() } else { main.is_some() };
    let public_is_on = match ip.get("enablePublicEndpoint") {
        Some(is_on) => is_on == true,
        None => private["enablePrivateEndpoint"] != true,
    };
    let public_address = text(&ip["publicEndpoint"]).or_else(|| text(&private["publicEndpoint"]));
    let public_address = public_address.or_else(|| main.clone().filter(|main| Some(main) != private_address.as_ref()));
    let authorities = cluster["masterAuth"]["clusterCaCertificate"].as_str();
    Endpoints {
        public: public_address.filter(|_| addresses_are_on && public_is_on),
        private: private_address.filter(|_| addresses_are_on),
        dns: text(&dns["endpoint"]),
        dns_is_open: dns["allowExternalTraffic"] == true,
        addresses_are_on,
        authorities: authorities.and_then(|text| STANDARD.decode(text.trim()).ok()).filter(|pem| !pem.is_empty()),
        main: main.filter(|_| addresses_are_on),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(cluster: &Value) -> GkeCluster {
        found(cluster, &"my-project".parse().unwrap(), "europe-west1", "prod").unwrap()
    }

    #[test]
    fn a_cluster_is_read() {
        let cluster = json!({
            "name": "prod", "location": "europe-west1", "status": "DEGRADED", "endpoint": "34.1.2.3",
            "conditions": [{ "message": "no nodes" }, { "code": "X" }, { "message": "no address" }],
            "masterAuth": { "clusterCaCertificate": STANDARD.encode("PEM") },
            "workloadIdentityConfig": { "workloadPool": "my-project.svc.id.goog" },
            "autopilot": {},
            "nodePools": [
                { "name": "blue", "config": { "workloadMetadataConfig": { "mode": "GKE_METADATA" } } },
                { "name": "green", "config": { "workloadMetadataConfig": { "mode": "GCE_METADATA" } } },
                { "name": "red" }
            ],
            "currentMasterVersion": "1.35.1-gke.100",
        });
        let found = read(&cluster);
        assert_eq!(found.path(), "projects/my-project/locations/europe-west1/clusters/prod");
        assert_eq!(found.status_message.as_deref(), Some("no nodes; no address"));
        assert_eq!(
            found.node_pools.iter().map(|pool| pool.has_metadata_server).collect::<Vec<_>>(),
            [true, false, false]
        );
        let endpoints = &found.endpoints;
        assert_eq!(endpoints.authorities.as_deref(), Some(&b"PEM"[..]));
        assert_eq!((endpoints.main.as_deref(), endpoints.public.as_deref()), (Some("34.1.2.3"), Some("34.1.2.3")));
        assert!(endpoints.addresses_are_on && endpoints.private.is_none());
        let mut autopilot = cluster.clone();
        autopilot["autopilot"] = json!({ "enabled": true });
        assert!(read(&autopilot).node_pools.iter().all(|pool| pool.has_metadata_server));
        let off = json!({ "name": "prod", "status": "RUNNING" });
        assert_eq!((read(&off).workload_pool, read(&off).endpoints), (None, Endpoints::default()));
    }

    #[test]
    fn the_ways_to_the_api_server_are_read_from_the_new_fields_and_the_old_ones() {
        let with = |more: Value| {
            let mut cluster = json!({ "name": "prod", "endpoint": "10.0.0.2" });
            cluster.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            endpoints(&cluster)
        };
        let old = with(
            json!({ "privateClusterConfig": { "enablePrivateEndpoint": true, "privateEndpoint": "10.0.0.2", "publicEndpoint": "34.1.2.3" } }),
        );
        assert_eq!((old.public, old.private.as_deref()), (None, Some("10.0.0.2")));
        let new = with(json!({
            "endpoint": "34.1.2.3",
            "privateClusterConfig": { "privateEndpoint": "10.9.9.9" },
            "controlPlaneEndpointsConfig": {
                "ipEndpointsConfig": { "enabled": true, "enablePublicEndpoint": true, "publicEndpoint": "34.1.2.3",
                    "privateEndpoint": "10.0.0.2" },
                "dnsEndpointConfig": { "endpoint": "gke-a-1.europe-west1.gke.goog", "allowExternalTraffic": true },
            },
        }));
        assert_eq!((new.public.as_deref(), new.private.as_deref()), (Some("34.1.2.3"), Some("10.0.0.2")));
        assert!(new.dns_is_open && new.dns.as_deref() == Some("gke-a-1.europe-west1.gke.goog"));
        let dns_only = with(json!({
            "endpoint": "gke-a-1.europe-west1.gke.goog",
            "controlPlaneEndpointsConfig": {
                "ipEndpointsConfig": { "enabled": false },
                "dnsEndpointConfig": { "endpoint": "gke-a-1.europe-west1.gke.goog", "allowExternalTraffic": true },
            },
        }));
        assert_eq!((dns_only.addresses_are_on, dns_only.main, dns_only.public), (false, None, None));
    }
}
