//! What nobody said is taken from what is there, and only then from the defaults.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::cloud::aws::settings::RoleChoice;
use crate::cloud::azure::found::FoundAzure;
use crate::cloud::azure::tags;
use crate::cloud::gcp::settings::AccountChoice;
use crate::cluster::{Kind, ObjectRef, compare, owner};
use crate::found::{Found, FoundCluster};
use crate::manifests::{CONFIG_ANNOTATION, Choices};
use crate::phase::Phase;
use crate::settings::{
    AwsIdentity, AzureIdentity, GcpIdentity, LogLevel, OFFICIAL_IMAGE, OFFICIAL_IMAGE_TAG, RELEASE_NAME, Settings,
    StateStorage,
};

use super::Inputs;
use super::azure::{CLIENT_ID_ANNOTATION, client_id};
use super::google::ACCOUNT_ANNOTATION;
use super::identity::{ROLE_ANNOTATION, role_arn};

/// Where `fieldsV1` has the image of the agent's container.
const IMAGE_FIELD: [&str; 6] =
    ["f:spec", "f:template", "f:spec", "f:containers", r#"k:{"name":"humanitec-kubernetes-agent-runner"}"#, "f:image"];

/// Decides everything that settings leave open.
pub fn choose(settings: &Settings, inputs: &Inputs, found: &Found, phases: &BTreeSet<Phase>) -> Choices {
    let deployment = found.cluster.as_ref().and_then(|cluster| live(cluster, Kind::Deployment, settings));
    let config_map = found.cluster.as_ref().and_then(|cluster| live(cluster, Kind::ConfigMap, settings));
    let (image, image_tag) = image(settings, deployment);
    let agent = &settings.agent;
    let level_there = config_map
        .filter(|config_map| owner::applied_field(config_map, &["f:data", "f:LOG_LEVEL"]))
        .and_then(|config_map| config_map.get("data")?.get("LOG_LEVEL")?.as_str());
    let log_level = agent.log_level.map(LogLevel::word).or(level_there).unwrap_or("info").to_owned();
    let mut pull_secrets: Vec<String> = agent.image_pull_secrets.iter().map(ToString::to_string).collect();
    if let Some(made) = &inputs.made_pull_secret
        && !pull_secrets.contains(made)
    {
        pull_secrets.push(made.clone());
    }
    let key_secret =
        found.cluster.as_ref().map_or(settings.key_secret.name.to_string(), |cluster| cluster.key_object.name.clone());
    let mut choices = Choices {
        image,
        image_tag,
        log_level,
        replicas: replicas(settings, deployment),
        key_secret,
        pull_secrets,
        state_namespace: state_namespace(settings, found),
        ca_bundle: inputs.ca_bundle.clone(),
        job_annotations: job_annotations(settings, found, phases),
        config_checksum: true,
    };
    if let Some(deployment) = deployment {
        let has_checksum = deployment
            .pointer("/spec/template/metadata/annotations")
            .is_some_and(|all| all.get(CONFIG_ANNOTATION).is_some());
        // An agent that somebody else installed gets the checksum only when its configuration changes anyway.
        choices.config_checksum = has_checksum || config_changes(settings, &choices, config_map);
    }
    choices
}

/// What names the jobs' identity in the cloud. Without a look at AWS the role that is there stays: dropping it would take
/// the identity away. A Google service account is known by its name.
fn job_annotations(settings: &Settings, found: &Found, phases: &BTreeSet<Phase>) -> BTreeMap<String, String> {
    let annotation = of_irsa(settings, found)
        .or_else(|| of_workload_identity(settings, found))
        .or_else(|| of_managed_identity(settings, found, phases));
    annotation.map(|(key, value)| (key.to_owned(), value)).into_iter().collect()
}

fn of_irsa(settings: &Settings, found: &Found) -> Option<(&'static str, String)> {
    let aws = settings.aws.as_ref().filter(|aws| aws.identity == AwsIdentity::Irsa)?;
    let arn = match (&found.aws, &aws.role) {
        (Some(found), _) => role_arn(aws, found),
        (None, RoleChoice::Own(arn)) => arn.to_string(),
        (None, RoleChoice::Ours(_)) => annotation_there(settings, found, ROLE_ANNOTATION)?,
    };
    Some((ROLE_ANNOTATION, arn))
}

/// Where Google Cloud was not looked at, an account that nobody named may not be the one that the jobs have.
fn of_workload_identity(settings: &Settings, found: &Found) -> Option<(&'static str, String)> {
    let gcp = settings.gcp.as_ref().filter(|gcp| gcp.identity == GcpIdentity::ServiceAccount)?;
    let is_a_guess = matches!(gcp.account, AccountChoice::Ours { told: false, .. });
    if found.gcp.is_none() && is_a_guess {
        return Some((ACCOUNT_ANNOTATION, annotation_there(settings, found, ACCOUNT_ANNOTATION)?));
    }
    Some((ACCOUNT_ANNOTATION, gcp.account_email().to_string()))
}

/// Azure makes up the client id: where the identity was not looked at, or is not there and not made by this run, only the
/// one that is there can be known.
fn of_managed_identity(settings: &Settings, found: &Found, phases: &BTreeSet<Phase>) -> Option<(&'static str, String)> {
    settings.azure.as_ref().filter(|azure| azure.identity == AzureIdentity::ManagedIdentity)?;
    let client_id = match &found.azure {
        Some(seen) if phases.contains(&Phase::Identity) => client_id(seen).to_owned(),
        // Whose it is, only the phase of the identity decides; what was made for these jobs is theirs.
        Some(seen) if is_for_these_jobs(settings, seen) => client_id(seen).to_owned(),
        Some(_) | None => annotation_there(settings, found, CLIENT_ID_ANNOTATION)?,
    };
    Some((CLIENT_ID_ANNOTATION, client_id))
}

fn is_for_these_jobs(settings: &Settings, seen: &FoundAzure) -> bool {
    let jobs = format!("{}/{}", settings.job_namespace, settings.job_account.name);
    seen.identity.there().is_some_and(|identity| tags::is_for(&identity.tags, &seen.cluster.id, &jobs))
}

fn annotation_there(settings: &Settings, found: &Found, key: &str) -> Option<String> {
    let object =
        ObjectRef::new(Kind::ServiceAccount, settings.job_namespace.as_str(), settings.job_account.name.as_str());
    let account = found.cluster.as_ref()?.objects.get(&object)?.there()?;
    Some(account.get("metadata")?.get("annotations")?.get(key)?.as_str()?.to_owned())
}

fn live<'a>(cluster: &'a FoundCluster, kind: Kind, settings: &Settings) -> Option<&'a Value> {
    let object = ObjectRef::new(kind, settings.runner_namespace.as_str(), RELEASE_NAME);
    cluster.objects.get(&object)?.there()
}

/// The image and its tag: told, else what this tool set before, else the official one. A tag of the official image that
/// runs already is kept, so that a run that says nothing about the image neither upgrades nor downgrades the agent.
/// An image that somebody else put there is none that anybody told this tool about.
fn image(settings: &Settings, deployment: Option<&Value>) -> (String, String) {
    let there = deployment.and_then(|deployment| agent_container(deployment)?.get("image")?.as_str());
    let agent = &settings.agent;
    if agent.image_repository.is_none()
        && agent.image_tag.is_none()
        && let Some(image) = there
        && let (repository, tag) = split_image(image)
        && (repository == OFFICIAL_IMAGE || deployment.is_some_and(|it| owner::applied_field(it, &IMAGE_FIELD)))
    {
        return (image.to_owned(), tag.unwrap_or(OFFICIAL_IMAGE_TAG).to_owned());
    }
    let repository = agent.image_repository.as_deref().unwrap_or(OFFICIAL_IMAGE);
    let tag_there = there.map(split_image).filter(|(there, _)| *there == repository).and_then(|(_, tag)| tag);
    let tag = agent.image_tag.as_deref().or(tag_there).unwrap_or(OFFICIAL_IMAGE_TAG);
    (format!("{repository}:{tag}"), tag.to_owned())
}

/// Splits `registry:5000/name:tag` at the tag. A digest stays with the name and counts as no tag.
fn split_image(image: &str) -> (&str, Option<&str>) {
    let (name, digest) = image.split_once('@').map_or((image, None), |(name, digest)| (name, Some(digest)));
    match name.rsplit_once(':') {
        Some((repository, tag)) if !tag.contains('/') && digest.is_none() => (repository, Some(tag)),
        Some((repository, tag)) if !tag.contains('/') => (repository, Some(tag)),
        _ => (name, None),
    }
}

/// The container that runs the agent.
pub(super) fn agent_container(deployment: &Value) -> Option<&Value> {
    let containers = deployment.pointer("/spec/template/spec/containers")?.as_array()?;
    containers
        .iter()
        .find(|container| container.get("name").and_then(Value::as_str) == Some(RELEASE_NAME))
        .or(containers.first())
}

/// Replicas: told, else 1; `None` when the number there belongs to somebody else (an autoscaler, a person, Helm).
fn replicas(settings: &Settings, deployment: Option<&Value>) -> Option<u32> {
    if settings.agent.replicas.is_some() {
        return settings.agent.replicas;
    }
    let Some(deployment) = deployment else { return Some(1) };
    let others = owner::owners_of_field(deployment, &["spec", "replicas"]).next().is_some();
    let ours = owner::our_fields(deployment).is_some_and(|fields| fields.pointer("/f:spec/f:replicas").is_some());
    (ours && !others).then_some(1)
}

/// The namespace that the jobs' state Role is for, when state is kept in the cluster: told, registered, or default.
fn state_namespace(settings: &Settings, found: &Found) -> Option<String> {
    if let Some(told) = &settings.state_storage {
        return match told {
            StateStorage::Kubernetes { namespace } => Some(namespace.to_string()),
            StateStorage::S3 { .. } | StateStorage::Gcs { .. } | StateStorage::Azurerm { .. } => None,
        };
    }
    let registered = found.orchestrator.as_ref().and_then(|orchestrator| orchestrator.runner.as_ref());
    match registered.map(|runner| &runner.state_storage_configuration) {
        Some(storage) if storage.get("type").and_then(Value::as_str) == Some("kubernetes") => {
            storage.get("namespace").and_then(Value::as_str).map(str::to_owned)
        }
        Some(storage) if storage.get("type").is_some() => None,
        _ => Some(settings.job_namespace.to_string()),
    }
}

fn config_changes(settings: &Settings, choices: &Choices, config_map: Option<&Value>) -> bool {
    let wanted = crate::manifests::kubernetes_agent(settings, choices).ok();
    let manifest = wanted.as_ref().and_then(|all| {
        all.iter().find(|manifest| manifest.object.kind == Kind::ConfigMap && manifest.object.name == RELEASE_NAME)
    });
    match (config_map, manifest) {
        (Some(live), Some(wanted)) => {
            compare::differences(live, &wanted.content).iter().any(|change| change.path.starts_with("data"))
        }
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_is_split_at_its_tag_and_not_at_its_port() {
        assert_eq!(split_image("registry:5000/a/b:v1"), ("registry:5000/a/b", Some("v1")));
        assert_eq!(split_image("registry:5000/a/b"), ("registry:5000/a/b", None));
        assert_eq!(split_image("a/b:v1@sha256:00"), ("a/b", Some("v1")));
        assert_eq!(split_image("a/b@sha256:00"), ("a/b", None));
    }
}
