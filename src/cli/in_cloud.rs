//! A cluster as its cloud knows it: how the cloud's client is opened, and how the cluster is logged in to without a
//! kubeconfig.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::FutureExt;

use crate::answers::{Layer, registry as setting};
use crate::cloud::Cloud;
use crate::cloud::aws::found::EksCluster;
use crate::cloud::aws::settings::AwsSettings;
use crate::cloud::aws::{Aws, AwsOptions};
use crate::cloud::azure::context::AksContext;
use crate::cloud::azure::found::AksCluster;
use crate::cloud::azure::settings::AzureSettings;
use crate::cloud::azure::{Azure, AzureError, AzureOptions, UserCredential, UserLogin};
use crate::cloud::gcp::found::GkeCluster;
use crate::cloud::gcp::settings::GcpSettings;
use crate::cloud::gcp::{Gcp, GcpOptions, commands};
use crate::cluster::{ByToken, WayIn};
use crate::event::Event;
use crate::failure::{Failure, FailureKind};
use crate::settings::Settings;

use super::detect::context_facts;
use super::reach::Way;

/// The settings of the cloud that the cluster is in.
#[derive(Clone)]
pub(super) enum InCloud {
    /// A cluster in EKS.
    Aws(AwsSettings),
    /// A cluster in GKE.
    Gcp(GcpSettings),
    /// A cluster in AKS.
    Azure(AzureSettings),
}

impl InCloud {
    /// Where the cluster is; `None`: in no cloud that this tool knows.
    pub(super) fn of(settings: &Settings) -> Option<Self> {
        let aws = settings.aws.clone().map(Self::Aws);
        aws.or_else(|| settings.gcp.clone().map(Self::Gcp)).or_else(|| settings.azure.clone().map(Self::Azure))
    }

    /// The cluster's name.
    pub(super) fn cluster(&self) -> &str {
        match self {
            Self::Aws(aws) => &aws.cluster,
            Self::Gcp(gcp) => &gcp.cluster,
            Self::Azure(azure) => &azure.cluster,
        }
    }

    /// How people call the service.
    pub(super) fn service(&self) -> &'static str {
        match self {
            Self::Aws(_) => "EKS",
            Self::Gcp(_) => "GKE",
            Self::Azure(_) => "AKS",
        }
    }

    /// How people call the cloud.
    pub(super) fn cloud(&self) -> &'static str {
        match self {
            Self::Aws(_) => "AWS",
            Self::Gcp(_) => "Google Cloud",
            Self::Azure(_) => "Azure",
        }
    }

    /// How people call the credentials.
    pub(super) fn credentials(&self) -> &'static str {
        match self {
            Self::Aws(_) => "the AWS credentials",
            Self::Gcp(_) => "the Google credentials",
            Self::Azure(_) => "the Azure credentials",
        }
    }

    /// Where the API server is, and a source of tokens for it.
    pub(super) async fn way_in(&self, cloud: &Cloud) -> Result<ByToken, Failure> {
        match (self, cloud) {
            (Self::Aws(aws), Cloud::Aws(client)) => into_eks(&client.cluster(&aws.cluster).await?, client),
            (Self::Gcp(gcp), Cloud::Gcp(client)) => {
                let location = gcp.location.as_deref().unwrap_or_default();
                into_gke(&client.cluster(&gcp.project, location, &gcp.cluster).await?, client)
            }
            (Self::Azure(azure), Cloud::Azure(client)) => {
                let group = azure.resource_group.as_deref();
                let cluster = client.cluster(&azure.subscription, group, &azure.cluster).await?;
                into_aks(&cluster, client).await
            }
            _ => Err(Failure::new(FailureKind::Bug, "the client of one cloud for a cluster of another")),
        }
    }
}

fn into_eks(eks: &EksCluster, client: &Aws) -> Result<ByToken, Failure> {
    let Some(server) = eks.endpoint.clone() else {
        let message = format!("the cluster `{}` is {}, and has no API server to log in to", eks.name, eks.status);
        let wait = format!("aws eks wait cluster-active --name {} --region {}", eks.name, eks.arn.region());
        return Err(Failure::new(FailureKind::Refused, message).hint(wait));
    };
    let (client, name) = (client.clone(), eks.name.clone());
    let way = WayIn::tokens(move || {
        let (client, name) = (client.clone(), name.clone());
        async move { Ok(client.cluster_token(&name).await?.expose().to_owned()) }.boxed()
    });
    Ok(ByToken { name: eks.arn.to_string(), server, authorities: eks.certificate_authority.clone(), way })
}

fn into_gke(gke: &GkeCluster, client: &Gcp) -> Result<ByToken, Failure> {
    let endpoints = &gke.endpoints;
    let by_name = || endpoints.dns.clone().filter(|_| endpoints.dns_is_open).map(|host| (host, None));
    let by_address = |host: &Option<String>| {
        let host = host.clone().filter(|_| endpoints.addresses_are_on)?;
        Some((host, endpoints.authorities.clone()))
    };
    // As gcloud does: the public address; where it is off, what can still be reached from most places comes first.
    let address = by_address(&endpoints.public).or_else(by_name).or_else(|| by_address(&endpoints.private));
    let Some((host, authorities)) = address else {
        let message = format!("the cluster `{}` is {}, and has no API server to log in to", gke.name, gke.status);
        return Err(Failure::new(FailureKind::Refused, message).hint(commands::describe_cluster(gke)));
    };
    let client = client.clone();
    let way = WayIn::tokens(move || {
        let client = client.clone();
        async move { Ok(client.cluster_token().await?.expose().to_owned()) }.boxed()
    });
    let name = format!("gke_{}_{}_{}", gke.project, gke.location, gke.name);
    Ok(ByToken { name, server: format!("https://{host}"), authorities, way })
}

/// Where the server is says ARM's kubeconfig; who one is, a certificate or a token in it, or a token of Entra.
async fn into_aks(aks: &AksCluster, client: &Azure) -> Result<ByToken, Failure> {
    let UserCredential { server, authorities, login } = client.user_credential(aks).await?;
    let way = match login {
        UserLogin::Certificate { certificate, key } => WayIn::Certificate { certificate, key },
        UserLogin::Token(token) => WayIn::tokens(move || {
            let token = token.clone();
            async move { Ok(token.to_string()) }.boxed()
        }),
        UserLogin::Entra { .. } => {
            let client = client.clone();
            WayIn::tokens(move || {
                let client = client.clone();
                async move { Ok(client.cluster_token().await?.expose().to_owned()) }.boxed()
            })
        }
    };
    Ok(ByToken { name: aks.id.name().to_owned(), server, authorities, way })
}

impl Way<'_> {
    /// Opens the client of a cloud, and completes what only the cloud knows: the region, the location.
    ///
    /// # Errors
    /// What can't be opened, or a cluster that can't be found.
    pub(super) async fn open_client(&self, named: &mut InCloud, timeout: Duration) -> Result<Cloud, Failure> {
        let (deadline, tell) = (Instant::now() + timeout, self.tell.clone());
        let on_retry = Arc::new(move |message: &str| tell(Event::Retry { message: message.to_owned() }));
        let (extra_roots, access, interrupt) = (self.extra_roots.clone(), self.access, self.interrupt.clone());
        Ok(match named {
            InCloud::Aws(aws) => {
                let (profile, region) = (aws.profile.clone(), aws.region.clone());
                let options = AwsOptions { profile, region, extra_roots, access, deadline, on_retry, interrupt };
                let client = Aws::connect(self.call.process, options).await?;
                aws.region = Some(client.region().clone());
                Cloud::Aws(client)
            }
            InCloud::Gcp(gcp) => {
                let options = GcpOptions { extra_roots, access, deadline, on_retry, interrupt };
                let client = Gcp::connect(self.call.process, options)?;
                if gcp.location.is_none() {
                    self.find(gcp, &client).await?;
                }
                Cloud::Gcp(client)
            }
            InCloud::Azure(azure) => {
                let options = AzureOptions {
                    cloud: azure.cloud,
                    arm_endpoint: azure.arm_endpoint.clone(),
                    tenant: None,
                    subscription: Some(azure.subscription.clone()),
                    extra_roots,
                    access,
                    deadline,
                    on_retry,
                    interrupt,
                };
                let client = Azure::connect(self.call.process, options)?;
                if azure.resource_group.is_none() {
                    self.find_group(azure, &client).await?;
                }
                Cloud::Azure(client)
            }
        })
    }

    /// Nobody said where the cluster is: GKE lists those of the project.
    async fn find(&self, gcp: &mut GcpSettings, client: &Gcp) -> Result<(), Failure> {
        (self.tell)(Event::Looking { what: format!("where the cluster `{}` is", gcp.cluster) });
        let all = tokio::select! {
            all = client.clusters(&gcp.project) => all?,
            () = self.interrupt.pressed() => return Err(super::session::unchanged()),
        };
        let places: Vec<&str> =
            all.iter().filter(|(_, name)| *name == gcp.cluster).map(|(location, _)| location.as_str()).collect();
        match places.as_slice() {
            [only] => {
                gcp.is_in(only);
                Ok(())
            }
            [] => {
                let message = format!("there is no cluster `{}` in project `{}`", gcp.cluster, gcp.project);
                let failure = Failure::new(FailureKind::Usage, message);
                let names: Vec<_> = all.iter().map(|(location, name)| format!("{name} ({location})")).collect();
                let failure = match names.as_slice() {
                    [] => failure.cause("there is no cluster at all in it"),
                    names => failure.cause(format!("there are {}", names.join(", "))),
                };
                Err(failure.hint("--cluster-name NAME --gcp-project PROJECT"))
            }
            several => {
                let message = format!("several clusters of project `{}` are called `{}`", gcp.project, gcp.cluster);
                let failure = Failure::new(FailureKind::AnswerMissing, message);
                Err(several.iter().fold(failure, |failure, place| failure.hint(format!("--location {place}"))))
            }
        }
    }

    /// Nobody said in which resource group the cluster is: ARM lists those of the subscription.
    async fn find_group(&self, azure: &mut AzureSettings, client: &Azure) -> Result<(), Failure> {
        (self.tell)(Event::Looking { what: format!("where the cluster `{}` is", azure.cluster) });
        let found = tokio::select! {
            found = self.look_for(azure, client) => found?,
            () = self.interrupt.pressed() => return Err(super::session::unchanged()),
        };
        azure.is_called(found.id.name(), found.id.resource_group());
        Ok(())
    }

    /// By the address that the context names, as a context may be called anything; else by the cluster's name.
    async fn look_for(&self, azure: &AzureSettings, client: &Azure) -> Result<AksCluster, AzureError> {
        let is_told =
            self.answers.told(&setting::CLUSTER_NAME).is_some_and(|told| told.source.layer() > Layer::Detected);
        let facts = context_facts(self.call, self.answers).ok().flatten();
        let fqdn = facts.as_ref().and_then(AksContext::of).and_then(|aks| aks.fqdn);
        if let Some(fqdn) = fqdn.filter(|_| !is_told)
            && let Some(cluster) = client.cluster_of_server(&azure.subscription, &fqdn).await?
        {
            return Ok(cluster);
        }
        client.cluster(&azure.subscription, None, &azure.cluster).await
    }
}
