//! Settles the jobs' identity in Google Cloud; refuses settings of GKE for a cluster that is none.

use super::cloud::{self, is_said_here};
use super::problems::Settling;
use super::registry::{
    CLUSTER_NAME, CONTEXT, GCP_IDENTITY, GCP_PROJECT, GOOGLE_SERVICE_ACCOUNT, GRANT_ROLE,
    JOB_SERVICE_ACCOUNT_ANNOTATION, LOCATION,
};
use super::setting::Setting;
use super::told::Said;
use crate::cloud::gcp::names::{AccountEmail, ProjectId, RoleName, account_id_for, cluster_name, location};
use crate::cloud::gcp::settings::{AccountChoice, GcpSettings};
use crate::plan::ACCOUNT_ANNOTATION;
use crate::settings::{GcpIdentity, Provider};

/// Everything that only GKE has.
const OF_GKE: [&Setting; 5] = [&GCP_PROJECT, &LOCATION, &GCP_IDENTITY, &GOOGLE_SERVICE_ACCOUNT, &GRANT_ROLE];

/// `Some(None)`: the cluster is not on GKE, or nothing there is looked at. `None`: something is wrong, and remembered.
pub(super) fn settle(settling: &mut Settling<'_>, provider: Provider) -> Option<Option<GcpSettings>> {
    if provider != Provider::Gke {
        cloud::refuse_all(settling, provider, Provider::Gke, &OF_GKE);
        return Some(None);
    }
    let identity = cloud::identity(settling, &GCP_IDENTITY, GcpIdentity::ServiceAccount);
    check_identity(settling, identity);
    // Without an identity to set up, a context is enough.
    let is_named = [&GCP_PROJECT, &CLUSTER_NAME].iter().all(|setting| settling.told(setting).is_some());
    if identity == GcpIdentity::None && !is_named && settling.told(&CONTEXT).is_some() {
        return Some(None);
    }
    let project = project(settling);
    let location = settling.told(&LOCATION).is_some().then(|| settling.parse(&LOCATION, location));
    warn_about_another_cluster(settling);
    let cluster = cluster(settling);
    let mut roles: Vec<RoleName> = settling.parse_all(&GRANT_ROLE, str::parse);
    let mut seen = std::collections::BTreeSet::new();
    roles.retain(|role| seen.insert(role.clone()));
    let (project, cluster) = (project?, cluster?);
    let location = match location {
        Some(parsed) => Some(parsed?),
        None => None,
    };
    let account = account(settling, &project, location.as_deref(), &cluster)?;
    Some(Some(GcpSettings { cluster, location, project, identity, account, roles }))
}

/// The project, told or detected.
fn project(settling: &mut Settling<'_>) -> Option<ProjectId> {
    if settling.told(&GCP_PROJECT).is_some() {
        return settling.parse(&GCP_PROJECT, str::parse);
    }
    settling.miss(&GCP_PROJECT, "the cluster's project, which neither the context nor the credentials tell");
    None
}

/// The cluster's name, told or detected.
fn cluster(settling: &mut Settling<'_>) -> Option<String> {
    if settling.told(&CLUSTER_NAME).is_some() {
        return settling.parse(&CLUSTER_NAME, cluster_name);
    }
    settling.miss(&CLUSTER_NAME, "the cluster's name in GKE, which the context does not tell");
    None
}

/// A variable that is there for another project must not lead to a cluster of the same name there unnoticed.
fn warn_about_another_cluster(settling: &mut Settling<'_>) {
    for setting in [&GCP_PROJECT, &LOCATION] {
        let Some(detected) = settling.answers.detected_text(setting) else { continue };
        if let (Some(told), Some(text)) = (settling.told(setting), settling.text(setting))
            && text != detected
        {
            let place = told.source.place(setting);
            settling.warnings.push(format!(
                "{place} says `{text}`, and the context's cluster is in `{detected}`: `--{} {detected}` takes that one",
                setting.id
            ));
        }
    }
}

/// The account that was named, else the guide's name for the cluster, made valid.
fn account(
    settling: &mut Settling<'_>,
    project: &ProjectId,
    location: Option<&str>,
    cluster: &str,
) -> Option<AccountChoice> {
    if settling.told(&GOOGLE_SERVICE_ACCOUNT).is_none() {
        let id = account_id_for(project.as_str(), location, cluster);
        settling.show(&GOOGLE_SERVICE_ACCOUNT, &id, "made of the cluster's name");
        let email = AccountEmail::of(&id, project).ok()?;
        return Some(AccountChoice::Ours { email, told: false });
    }
    let email: AccountEmail = settling.parse(&GOOGLE_SERVICE_ACCOUNT, |text| {
        if text.contains('@') { text.parse() } else { AccountEmail::of(text, project) }
    })?;
    if email.project() == project {
        Some(AccountChoice::Ours { email, told: true })
    } else {
        Some(AccountChoice::Own(email))
    }
}

/// Settings that mean nothing for the identity in use.
fn check_identity(settling: &mut Settling<'_>, identity: GcpIdentity) {
    if identity == GcpIdentity::Federation && is_said_here(settling, &GOOGLE_SERVICE_ACCOUNT) {
        settling.refuse::<()>(
            &GOOGLE_SERVICE_ACCOUNT,
            "is for `--identity service-account`; with `federation` the jobs act as no Google service account",
        );
    }
    if identity == GcpIdentity::None {
        for setting in [&GOOGLE_SERVICE_ACCOUNT, &GRANT_ROLE] {
            if is_said_here(settling, setting) {
                settling.refuse::<()>(setting, "means nothing with `--identity none`");
            }
        }
        return;
    }
    let annotations = settling.told(&JOB_SERVICE_ACCOUNT_ANNOTATION).map(|told| &told.value);
    if let Some(Said::List(list)) = annotations
        && list.iter().any(|pair| pair.split('=').next() == Some(ACCOUNT_ANNOTATION))
    {
        let problem =
            format!("`{ACCOUNT_ANNOTATION}` is set by the tool; use `--google-service-account`, or `--identity none`");
        settling.refuse::<()>(&JOB_SERVICE_ACCOUNT_ANNOTATION, problem);
    }
}
