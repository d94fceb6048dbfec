//! The questions about the cloud: which one, and which identity the jobs get there.

use super::Interview;
use crate::answers::Answers;
use crate::answers::registry::{
    AWS_IDENTITY, AZURE_IDENTITY, CLUSTER_NAME, GCP_IDENTITY, GCP_PROJECT, PROVIDER, SUBSCRIPTION,
};
use crate::failure::Failure;
use crate::settings::Provider;
use crate::terminal::Ask;

/// The provider, as far as it is known.
fn provider(answers: &Answers) -> Option<Provider> {
    answers.text(&PROVIDER)?.parse().ok()
}

/// Whether the cluster still has to be chosen among those of the cloud.
pub fn misses_cluster(answers: &Answers) -> bool {
    let is_missing = |setting| answers.told(setting).is_none();
    match provider(answers) {
        Some(Provider::Eks) => is_missing(&CLUSTER_NAME),
        Some(Provider::Gke) => is_missing(&CLUSTER_NAME) || is_missing(&GCP_PROJECT),
        Some(Provider::Aks) => is_missing(&CLUSTER_NAME) || is_missing(&SUBSCRIPTION),
        Some(Provider::Generic) | None => false,
    }
}

/// Asks in which cloud the cluster is, when there is no kubeconfig that would tell.
///
/// # Errors
/// The keyboard is gone, or Ctrl-C.
pub fn ask_provider(answers: &mut Answers, ask: &mut dyn Ask) -> Result<bool, Failure> {
    ask.say("\nThere is no kubeconfig that names a cluster.");
    let items = [
        "EKS, to be found with your AWS credentials",
        "GKE, to be found with your Google credentials",
        "AKS, to be found with your Azure credentials",
        "elsewhere: a kubeconfig is needed",
    ];
    let providers = [Some(Provider::Eks), Some(Provider::Gke), Some(Provider::Aks), None];
    if let Some(provider) = providers[ask.choice("Where is the cluster?", &items.map(str::to_owned), 0)?] {
        answers.asked(&PROVIDER, provider.word());
    }
    Ok(true)
}

impl Interview<'_> {
    /// Which identity the jobs get, and what it may do.
    pub(super) fn identity(&mut self) -> Result<(), Failure> {
        match provider(self.answers) {
            Some(Provider::Eks) if !self.is_told(&AWS_IDENTITY) => self.identity_on_eks(),
            Some(Provider::Gke) if !self.is_told(&GCP_IDENTITY) => self.identity_on_gke(),
            Some(Provider::Aks) if !self.is_told(&AZURE_IDENTITY) => self.identity_on_aks(),
            _ => Ok(()),
        }
    }
}
