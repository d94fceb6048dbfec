//! Which cluster of a cloud is meant, when the kubeconfig does not tell: asked with the clusters that the cloud lists.

use std::sync::Arc;
use std::time::Instant;

use crate::access::Access;
use crate::answers::{
    Answers, Need, ask_aks_cluster, ask_cluster, ask_gke_cluster, ask_project, ask_provider, ask_region,
    ask_subscription, misses_cluster, registry, settle,
};
use crate::cloud::aws::{Aws, AwsError, AwsOptions};
use crate::cloud::azure::{Azure, AzureOptions};
use crate::cloud::gcp::names::ProjectId;
use crate::cloud::gcp::{Gcp, GcpOptions};
use crate::failure::{Failure, FailureKind};
use crate::interrupt::Interrupt;
use crate::settings::Provider;
use crate::terminal::converse;

use super::super::Call;
use super::super::detect::detect_place;
use super::super::session::{extra_roots, unchanged};

/// Asks for provider, place and cluster as far as they are not known; whether there was a question.
pub(super) async fn choose(call: &Call<'_>, answers: &mut Answers, interrupt: &Interrupt) -> Result<bool, Failure> {
    let mut is_asked = false;
    let in_pod = call.process.var("KUBERNETES_SERVICE_HOST").is_some();
    if answers.text(&registry::CONTEXT).is_none() && answers.told(&registry::PROVIDER).is_none() && !in_pod {
        is_asked = talk(call, interrupt, answers, ask_provider).await?;
    }
    detect_place(call.process, answers).await;
    if !misses_cluster(answers) {
        return Ok(is_asked);
    }
    match answers.text(&registry::PROVIDER) {
        Some(provider) if provider == Provider::Gke.word() => choose_gke(call, answers, interrupt).await,
        Some(provider) if provider == Provider::Aks.word() => choose_aks(call, answers, interrupt).await,
        _ => choose_eks(call, answers, interrupt).await,
    }
}

/// Asks for the project and for one of its clusters, as far as they are not known.
async fn choose_gke(call: &Call<'_>, answers: &mut Answers, interrupt: &Interrupt) -> Result<bool, Failure> {
    if answers.told(&registry::GCP_PROJECT).is_none() {
        talk(call, interrupt, answers, |answers, ask| ask_project(answers, ask).map(|()| true)).await?;
    }
    if answers.told(&registry::CLUSTER_NAME).is_some() {
        return Ok(true);
    }
    let project: ProjectId = answers
        .text(&registry::GCP_PROJECT)
        .unwrap_or_default()
        .parse()
        .map_err(|error: crate::cloud::gcp::names::GcpNameError| Failure::of(FailureKind::Usage, &error))?;
    let mut complete = answers.clone();
    complete.detect(&registry::CLUSTER_NAME, "not-known", "nothing");
    let settled = settle(&complete, call.process, Need::NOTHING)?;
    let options = GcpOptions {
        extra_roots: extra_roots(call.process, answers, &settled)?,
        access: Access::ReadOnly,
        deadline: Instant::now() + settled.connection.timeout,
        on_retry: Arc::new(|_| {}),
        interrupt: Interrupt::default(),
    };
    let client = Gcp::connect(call.process, options)?;
    let clusters = tokio::select! {
        clusters = client.clusters(&project) => match clusters {
            Ok(clusters) => clusters,
            // Whoever may not list clusters can still name one.
            Err(error) if error.is_denied() => Vec::new(),
            Err(error) => return Err(error.into()),
        },
        () = interrupt.pressed() => return Err(unchanged()),
    };
    let project = project.to_string();
    talk(call, interrupt, answers, move |answers, ask| {
        ask_gke_cluster(answers, &project, &clusters, ask).map(|()| true)
    })
    .await
}

/// Asks for the subscription and for one of its clusters, as far as they are not known.
async fn choose_aks(call: &Call<'_>, answers: &mut Answers, interrupt: &Interrupt) -> Result<bool, Failure> {
    if answers.told(&registry::SUBSCRIPTION).is_none() {
        talk(call, interrupt, answers, |answers, ask| ask_subscription(answers, ask).map(|()| true)).await?;
    }
    if answers.told(&registry::CLUSTER_NAME).is_some() {
        return Ok(true);
    }
    let mut complete = answers.clone();
    // Only for the connection: the name is asked for with what the connection lists.
    complete.detect(&registry::CLUSTER_NAME, "unknown", "nothing");
    let settled = settle(&complete, call.process, Need::NOTHING)?;
    let extra_roots = extra_roots(call.process, answers, &settled)?;
    let Some(azure) = settled.settings.azure else {
        return Err(Failure::new(FailureKind::Bug, "no settings of Azure on AKS"));
    };
    let options = AzureOptions {
        cloud: azure.cloud,
        arm_endpoint: azure.arm_endpoint,
        tenant: None,
        subscription: Some(azure.subscription.clone()),
        extra_roots,
        access: Access::ReadOnly,
        deadline: Instant::now() + settled.connection.timeout,
        on_retry: Arc::new(|_| {}),
        interrupt: Interrupt::default(),
    };
    let client = Azure::connect(call.process, options)?;
    let clusters = tokio::select! {
        clusters = client.clusters(&azure.subscription) => match clusters {
            Ok(clusters) => clusters,
            // Whoever may not list clusters can still name one.
            Err(error) if error.is_denied() => Vec::new(),
            Err(error) => return Err(error.into()),
        },
        () = interrupt.pressed() => return Err(unchanged()),
    };
    let clusters: Vec<_> =
        clusters.iter().map(|it| (it.id.resource_group().to_owned(), it.id.name().to_owned())).collect();
    let subscription = azure.subscription.to_string();
    talk(call, interrupt, answers, move |answers, ask| {
        ask_aks_cluster(answers, &subscription, &clusters, ask).map(|()| true)
    })
    .await
}

/// Asks for the region and for one of its clusters, as far as they are not known.
async fn choose_eks(call: &Call<'_>, answers: &mut Answers, interrupt: &Interrupt) -> Result<bool, Failure> {
    let aws = match open(call, answers).await {
        Ok(aws) => aws,
        Err(OpenError::NoRegion) => {
            talk(call, interrupt, answers, |answers, ask| ask_region(answers, ask).map(|()| true)).await?;
            match open(call, answers).await {
                Ok(aws) => aws,
                Err(OpenError::NoRegion) => return Ok(true),
                Err(OpenError::Other(failure)) => return Err(failure),
            }
        }
        Err(OpenError::Other(failure)) => return Err(failure),
    };
    let clusters = tokio::select! {
        clusters = aws.clusters() => match clusters {
            Ok(clusters) => clusters,
            // Whoever may not list clusters can still name one.
            Err(error) if error.is_denied() => Vec::new(),
            Err(error) => return Err(error.into()),
        },
        () = interrupt.pressed() => return Err(unchanged()),
    };
    let region = aws.region().to_string();
    talk(call, interrupt, answers, move |answers, ask| ask_cluster(answers, &region, &clusters, ask).map(|()| true))
        .await
}

/// One stretch of questions.
async fn talk(
    call: &Call<'_>,
    interrupt: &Interrupt,
    answers: &mut Answers,
    questions: impl FnOnce(&mut Answers, &mut dyn crate::terminal::Ask) -> Result<bool, Failure> + Send + 'static,
) -> Result<bool, Failure> {
    let mut mine = answers.clone();
    let (told, is_asked) = converse(call.terminal, interrupt, move |keyboard| {
        let is_asked = questions(&mut mine, keyboard)?;
        Ok((mine, is_asked))
    })
    .await?;
    *answers = told;
    Ok(is_asked)
}

enum OpenError {
    NoRegion,
    Other(Failure),
}

/// A client with the answers so far; without a region it is asked for.
async fn open(call: &Call<'_>, answers: &Answers) -> Result<Aws, OpenError> {
    let mut complete = answers.clone();
    // Only for the connection: the name is asked for with what the connection lists.
    complete.detect(&registry::CLUSTER_NAME, "unknown", "nothing");
    complete.detect(&registry::PROVIDER, Provider::Eks.word(), "nothing");
    let settled = settle(&complete, call.process, Need::NOTHING).map_err(OpenError::Other)?;
    let roots = extra_roots(call.process, answers, &settled).map_err(OpenError::Other)?;
    let Some(aws) = settled.settings.aws else {
        return Err(OpenError::Other(Failure::new(FailureKind::Bug, "no settings of AWS on EKS")));
    };
    let options = AwsOptions {
        profile: aws.profile,
        region: aws.region,
        extra_roots: roots,
        access: Access::ReadOnly,
        deadline: Instant::now() + settled.connection.timeout,
        on_retry: Arc::new(|_| {}),
        interrupt: Interrupt::default(),
    };
    Aws::connect(call.process, options).await.map_err(|error| match error {
        AwsError::NoRegion { .. } => OpenError::NoRegion,
        other => OpenError::Other(other.into()),
    })
}
