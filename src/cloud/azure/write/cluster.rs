//! Turning on the issuer and workload identity: the one change to a cluster, and only when somebody asked for it.
//!
//! A PATCH of a cluster sets tags only, so the whole cluster is read and written back with two switches turned
//! (`gcp-azure.md`, part 2, A1), as `az aks update` does.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::set;
use crate::cloud::azure::AzureError;
use crate::cloud::azure::client::Azure;
use crate::cloud::azure::endpoints::Api;
use crate::cloud::azure::found::AksCluster;
use crate::cloud::azure::names::ResourceId;
use crate::cloud::azure::permissions::WRITE_CLUSTER;
use crate::cloud::azure::read_aks::cluster_words;
use crate::cloud::azure::send::Call;
use crate::cloud::waiting::Waiting;

/// How long an update may take: the API servers are restarted one by one.
const PATIENCE: Duration = Duration::from_secs(20 * 60);
/// How often somebody else's update may come in between.
const ATTEMPTS: u32 = 3;

impl Azure {
    pub(super) async fn enable_workload_identity(&self, id: &ResourceId) -> Result<(), AzureError> {
        let mut waiting = self.waiting_slowly(PATIENCE);
        let began = Instant::now();
        for attempt in 1.. {
            let (mut document, cluster) = self.settled(id, &mut waiting, began).await?;
            if cluster.workload_identity && cluster.issuer.is_some() {
                return Ok(());
            }
            set(&mut document, &["properties", "oidcIssuerProfile", "enabled"], json!(true));
            set(&mut document, &["properties", "securityProfile", "workloadIdentity", "enabled"], json!(true));
            let etag = ["eTag", "etag"].iter().find_map(|key| Some(document.get(key)?.as_str()?.to_owned()));
            let call = Call::put(Api::Clusters, id.as_str(), document, WRITE_CLUSTER, cluster_words(id));
            match self.ask(&Call { if_match: etag, ..call }).await {
                Ok(_) => return self.switched_on(id, &mut waiting, began).await,
                Err(error @ AzureError::Conflict { .. }) => {
                    let wait = waiting.next().filter(|_| attempt < ATTEMPTS);
                    let Some(wait) = wait else { return Err(error) };
                    let why = format!("somebody else is changing {}", cluster_words(id));
                    self.pause(wait, &why, WRITE_CLUSTER).await?;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// The cluster when nothing is done to it.
    async fn settled(
        &self,
        id: &ResourceId,
        waiting: &mut Waiting,
        began: Instant,
    ) -> Result<(Value, AksCluster), AzureError> {
        loop {
            let Some(document) = self.cluster_document(id).await? else {
                let (action, message) = (WRITE_CLUSTER.to_owned(), "it is not there".to_owned());
                return Err(AzureError::Missing { action, on: cluster_words(id), message });
            };
            let cluster = self.read_cluster(id, &document)?;
            let state = cluster.provisioning_state.as_str();
            if ["Succeeded", "Failed", "Canceled"].iter().any(|it| state.eq_ignore_ascii_case(it)) {
                return Ok((document, cluster));
            }
            let Some(wait) = waiting.next() else {
                return Err(AzureError::NotReady {
                    what: cluster_words(id),
                    state: state.to_owned(),
                    waited: began.elapsed(),
                });
            };
            let seconds = began.elapsed().as_secs();
            let why = format!("{} is in the state `{state}`, for {seconds} s", cluster_words(id));
            self.pause(wait, &why, WRITE_CLUSTER).await?;
        }
    }

    async fn switched_on(&self, id: &ResourceId, waiting: &mut Waiting, began: Instant) -> Result<(), AzureError> {
        let result = self.settled(id, waiting, began).await;
        // What was read before is not true any more.
        self.shared.clusters.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clear();
        let (document, cluster) = result?;
        if cluster.provisioning_state.eq_ignore_ascii_case("Succeeded") {
            return match (cluster.issuer, cluster.workload_identity) {
                (Some(_), true) => Ok(()),
                _ => Err(AzureError::UpdateFailed {
                    what: cluster_words(id),
                    state: cluster.provisioning_state,
                    message: "the update went through, and the switches are not on".to_owned(),
                }),
            };
        }
        let status = &document["properties"]["status"]["provisioningError"]["message"];
        let message = status.as_str().map_or_else(|| "the update failed".to_owned(), super::super::refusal::shown);
        Err(AzureError::UpdateFailed { what: cluster_words(id), state: cluster.provisioning_state, message })
    }
}
