//! A cluster as the GKE API tells of it.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use super::Project;
use super::state::ClusterRecord;
use crate::facade::World;

/// A cluster of a project.
#[derive(Clone)]
pub struct Cluster {
    project: Project,
    name: String,
    location: String,
}

impl Cluster {
    pub(super) fn add(project: Project, name: &str, location: &str, fields: &Value, issuer: Option<String>) -> Self {
        let cluster = Self { project, name: name.to_owned(), location: location.to_owned() };
        let record = ClusterRecord {
            name: name.to_owned(),
            location: location.to_owned(),
            fields: cluster.usual(),
            is_real: issuer.is_some(),
            issuer: issuer.unwrap_or_else(|| cluster.url()),
        };
        cluster.project.gcp().state().project_mut(cluster.project.id()).clusters.push(record);
        cluster.say(fields);
        cluster
    }

    /// What the API says of a cluster that is this control plane.
    pub(super) fn fields_of(world: &World) -> Value {
        let authority = STANDARD.encode(world.control_plane().authority().certificate());
        json!({ "masterAuth": { "clusterCaCertificate": authority } })
    }

    /// Returns its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns its location: a region or a zone.
    pub fn location(&self) -> &str {
        &self.location
    }

    /// Returns its project.
    pub fn project(&self) -> &Project {
        &self.project
    }

    /// Returns the URL that is its name in tokens and audiences.
    pub fn url(&self) -> String {
        let (project, location, name) = (self.project.id(), &self.location, &self.name);
        format!("https://container.googleapis.com/v1/projects/{project}/locations/{location}/clusters/{name}")
    }

    /// Returns the name of the context that gcloud makes for it.
    pub fn context(&self) -> String {
        format!("gke_{}_{}_{}", self.project.id(), self.location, self.name)
    }

    /// Returns its workload identity pool; empty when it has none.
    pub fn pool(&self) -> String {
        self.described()["workloadIdentityConfig"]["workloadPool"].as_str().unwrap_or_default().to_owned()
    }

    /// Returns the member that a Kubernetes service account of its pool is to IAM.
    pub fn member(&self, namespace: &str, account: &str) -> String {
        format!("serviceAccount:{}[{namespace}/{account}]", self.pool())
    }

    /// Returns the member that a Kubernetes service account of its pool is to direct federation.
    pub fn principal(&self, namespace: &str, account: &str) -> String {
        format!(
            "principal://iam.googleapis.com/projects/{}/locations/global/workloadIdentityPools/{}/subject/ns/{namespace}/sa/{account}",
            self.project.number(),
            self.pool()
        )
    }

    /// Returns what the API says of it.
    pub fn described(&self) -> Value {
        self.say(&json!({}))
    }

    /// Returns the issuer of its service account tokens.
    pub fn issuer(&self) -> String {
        self.with(|record| record.issuer.clone())
    }

    /// Changes what the API says: the given fields replace those that are there, such as `status`, `endpoint`,
    /// `workloadIdentityConfig`, `nodePools`, `autopilot`, `privateClusterConfig` or `controlPlaneEndpointsConfig`; a
    /// field of `null` goes away.
    pub fn say(&self, fields: &Value) -> Value {
        self.with(|record| {
            let all = record.fields.as_object_mut().expect("a cluster is an object");
            for (name, value) in fields.as_object().into_iter().flatten() {
                if value.is_null() {
                    all.remove(name);
                } else {
                    all.insert(name.clone(), value.clone());
                }
            }
            record.fields.clone()
        })
    }

    /// Says another address, such as `127.0.0.1:6443`, in all places in which the API tells it.
    pub fn say_endpoint(&self, endpoint: &str) {
        let mut all = self.described();
        for place in [
            "/endpoint",
            "/privateClusterConfig/publicEndpoint",
            "/controlPlaneEndpointsConfig/ipEndpointsConfig/publicEndpoint",
        ] {
            if let Some(value) = all.pointer_mut(place) {
                *value = Value::from(endpoint);
            }
        }
        self.say(&all);
    }

    /// Says other node pools: a name and the mode of its metadata server, which `None` leaves out.
    pub fn say_node_pools(&self, pools: &[(&str, Option<&str>)]) {
        let pools: Vec<Value> = pools.iter().map(|(name, mode)| node_pool(&self.url(), name, *mode)).collect();
        self.say(&json!({ "nodePools": pools }));
    }

    /// Deletes it.
    pub fn delete(&self) {
        let mut state = self.project.gcp().state();
        let clusters = &mut state.project_mut(self.project.id()).clusters;
        clusters.retain(|it| it.name != self.name || it.location != self.location);
    }

    fn with<T>(&self, act: impl FnOnce(&mut ClusterRecord) -> T) -> T {
        let mut state = self.project.gcp().state();
        let clusters = &mut state.project_mut(self.project.id()).clusters;
        let record = clusters.iter_mut().find(|it| it.name == self.name && it.location == self.location);
        act(record.unwrap_or_else(|| panic!("the cluster {} was deleted", self.name)))
    }

    /// What the API says of a cluster with nothing special.
    fn usual(&self) -> Value {
        let project = self.project.id();
        let is_zone = self.location.split('-').count() == 3;
        let zone = if is_zone { self.location.clone() } else { format!("{}-b", self.location) };
        json!({
            "name": self.name,
            "location": self.location,
            "zone": self.location,
            "locations": [zone],
            "selfLink": self.url(),
            "id": "0f8a4d1e7b2c49d5a6e3f1c8b7d20964",
            "etag": "6f1b2c3d-0000-4a5b-8c9d-e0f1a2b3c4d5",
            "status": "RUNNING",
            "endpoint": "192.0.2.10",
            "masterAuth": { "clusterCaCertificate": STANDARD.encode("no certificate") },
            "createTime": "2026-02-03T09:30:00+00:00",
            "currentMasterVersion": "1.35.4-gke.1200000",
            "currentNodeVersion": "1.35.4-gke.1200000",
            "currentNodeCount": 3,
            "initialClusterVersion": "1.35.4-gke.1200000",
            "network": "default",
            "subnetwork": "default",
            "releaseChannel": { "channel": "REGULAR" },
            "workloadIdentityConfig": { "workloadPool": format!("{project}.svc.id.goog") },
            "privateClusterConfig": { "privateEndpoint": "10.132.0.2", "publicEndpoint": "192.0.2.10" },
            "controlPlaneEndpointsConfig": {
                "dnsEndpointConfig": {
                    "endpoint": format!("gke-0f8a4d1e7b2c49d5-{}.{}.gke.goog", self.project.number(), self.location),
                    "allowExternalTraffic": false,
                },
                "ipEndpointsConfig": {
                    "enabled": true,
                    "enablePublicEndpoint": true,
                    "publicEndpoint": "192.0.2.10",
                    "privateEndpoint": "10.132.0.2",
                    "authorizedNetworksConfig": {},
                },
            },
            "nodePools": [node_pool(&self.url(), "default-pool", Some("GKE_METADATA"))],
        })
    }
}

fn node_pool(cluster: &str, name: &str, mode: Option<&str>) -> Value {
    let mut config = json!({
        "machineType": "e2-standard-4",
        "diskSizeGb": 100,
        "serviceAccount": "default",
        "oauthScopes": ["https://www.googleapis.com/auth/cloud-platform"],
    });
    if let Some(mode) = mode {
        config["workloadMetadataConfig"] = json!({ "mode": mode });
    }
    json!({
        "name": name,
        "selfLink": format!("{cluster}/nodePools/{name}"),
        "status": "RUNNING",
        "version": "1.35.4-gke.1200000",
        "initialNodeCount": 3,
        "config": config,
    })
}
