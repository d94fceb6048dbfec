//! What a run knows before it asks anybody: from the kubeconfig's context, the variables and the credentials' files.

use crate::answers::registry as setting;
use crate::answers::{Answers, Layer, Setting};
use crate::cloud::aws::context::EksContext;
use crate::cloud::azure::context::AksContext;
use crate::cloud::azure::subscription_of_credentials;
use crate::cloud::gcp::context::GkeContext;
use crate::cloud::gcp::project_of_credentials;
use crate::cluster::{ContextFacts, Contexts};
use crate::failure::Failure;
use crate::process::Process;
use crate::settings::Provider;

use super::Call;

/// What somebody without a kubeconfig may not know.
const WITHOUT_KUBECONFIG: [&str; 3] = [
    "a cluster on EKS needs no kubeconfig: `--provider eks --cluster-name NAME --region REGION`",
    "a cluster on GKE neither: `--provider gke --cluster-name NAME --location LOCATION --gcp-project PROJECT`",
    "nor one on AKS: `--provider aks --cluster-name NAME --resource-group NAME --subscription ID`",
];

/// What the context in use says, if there is one.
///
/// # Errors
/// A broken kubeconfig; a context that does not exist.
pub(super) fn context_facts(call: &Call<'_>, answers: &Answers) -> Result<Option<ContextFacts>, Failure> {
    let (files, context) = answers.kubeconfig();
    Ok(match Contexts::read(call.process, &files)? {
        Some(contexts) if context.is_none() && contexts.current.is_none() => None,
        Some(contexts) => Some(contexts.facts(context)?),
        None => None,
    })
}

/// Adds what the context says about provider, cluster and region.
pub(super) async fn detect_provider(process: &Process, answers: &mut Answers, facts: Option<&ContextFacts>) {
    let eks = facts.and_then(EksContext::of);
    match (facts, eks) {
        (Some(facts), None) if let Some(aks) = AksContext::of(facts) => {
            answers.detect(&setting::PROVIDER, Provider::Aks.word(), aks.from.as_str());
            if let Some(cluster) = aks.cluster {
                answers.detect(&setting::CLUSTER_NAME, cluster, "the context's cluster");
            }
            if let Some(cloud) = aks.cloud {
                answers.detect(&setting::AZURE_CLOUD, cloud.word(), aks.from.as_str());
            }
        }
        (Some(facts), None) if let Some(gke) = GkeContext::of(facts) => {
            answers.detect(&setting::PROVIDER, Provider::Gke.word(), gke.from.as_str());
            let found = [
                (&setting::CLUSTER_NAME, gke.cluster),
                (&setting::GCP_PROJECT, gke.project),
                (&setting::LOCATION, gke.location),
            ];
            for (setting, value) in found {
                if let Some(value) = value {
                    answers.detect(setting, value, gke.from.as_str());
                }
            }
        }
        (_, Some(eks)) => {
            answers.detect(&setting::PROVIDER, Provider::Eks.word(), eks.from.as_str());
            let found = [
                (&setting::CLUSTER_NAME, eks.cluster),
                (&setting::REGION, eks.region),
                (&setting::PROFILE, eks.profile),
            ];
            for (setting, value) in found {
                if let Some(value) = value {
                    answers.detect(setting, value, eks.from.as_str());
                }
            }
        }
        (Some(facts), None) => {
            let from = format!("the server's address, {}", facts.server);
            answers.detect(&setting::PROVIDER, Provider::Generic.word(), from);
        }
        (None, None) => detect_without_context(answers),
    }
    detect_place(process, answers).await;
}

/// Without any context, a cluster's name and its region can only mean EKS, its name and its location only GKE, its name
/// and its resource group only AKS.
fn detect_without_context(answers: &mut Answers) {
    if answers.told(&setting::CLUSTER_NAME).is_none() {
        return;
    }
    let said = |setting: &'static Setting, provider: Provider| {
        let told = answers.told(setting).filter(|told| told.source.layer() >= Layer::File)?;
        Some((told.source.layer(), provider, told.source.place(setting)))
    };
    // AWS_REGION may be there for other tools; what is said more clearly counts, and CLUSTER_LOCATION is our guide's own.
    let of_aws = said(&setting::REGION, Provider::Eks);
    let of_google = said(&setting::LOCATION, Provider::Gke);
    let of_azure = said(&setting::RESOURCE_GROUP, Provider::Aks);
    // The last of those that are said equally clearly.
    let clearest = [of_aws, of_azure, of_google].into_iter().flatten().max_by_key(|(layer, ..)| *layer);
    // A subscription alone may be there for other tools: it counts only where nothing else is said.
    let clearest = clearest.or_else(|| said(&setting::SUBSCRIPTION, Provider::Aks));
    if let Some((_, provider, source)) = clearest {
        answers.detect(&setting::PROVIDER, provider.word(), source);
    }
}

/// On GKE the credentials may say which project it is, on AKS which subscription.
pub(super) async fn detect_place(process: &Process, answers: &mut Answers) {
    if answers.text(&setting::PROVIDER) == Some(Provider::Aks.word())
        && answers.told(&setting::SUBSCRIPTION).is_none()
        && let Some((subscription, from)) = subscription_of_credentials(process).await
    {
        answers.detect(&setting::SUBSCRIPTION, subscription.as_str(), from);
    }
    if answers.text(&setting::PROVIDER) == Some(Provider::Gke.word())
        && answers.told(&setting::GCP_PROJECT).is_none()
        && let Some((project, from)) = project_of_credentials(process)
    {
        answers.detect(&setting::GCP_PROJECT, project, from);
    }
}

/// Why there is no cluster to work on, when this run needs one: known before anything is settled.
pub(super) fn no_cluster(call: &Call<'_>, answers: &Answers, is_needed: bool) -> Option<Failure> {
    let (files, context) = answers.kubeconfig();
    if !is_needed {
        return None;
    }
    // The cloud itself says where its clusters are.
    let in_cloud = [Provider::Eks.word(), Provider::Gke.word(), Provider::Aks.word()];
    let without = answers.text(&setting::PROVIDER).is_some_and(|provider| in_cloud.contains(&provider));
    match Contexts::read(call.process, &files) {
        Ok(Some(contexts)) if without && context.is_none() && contexts.current.is_none() => None,
        Ok(Some(contexts)) => contexts.facts(context).err().map(Failure::from),
        Ok(None) if without || call.process.var("KUBERNETES_SERVICE_HOST").is_some() => None,
        Ok(None) => {
            let failure = Failure::from(Contexts::none(call.process, &files));
            let may_be_in_cloud = answers.text(&setting::PROVIDER).is_none();
            Some(if may_be_in_cloud { WITHOUT_KUBECONFIG.into_iter().fold(failure, Failure::hint) } else { failure })
        }
        Err(error) => Some(error.into()),
    }
}
