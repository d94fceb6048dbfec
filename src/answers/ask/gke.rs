//! The questions about GKE: which project and cluster, and which identity its jobs get.

use super::Interview;
use crate::answers::registry::{
    CLUSTER_NAME, GCP_PROJECT, GOOGLE_SERVICE_ACCOUNT, GRANT_ROLE, IDENTITY, LOCATION, PROVIDER,
};
use crate::answers::{Answers, Layer};
use crate::cloud::gcp::names::{ProjectId, RoleName};
use crate::failure::Failure;
use crate::settings::{GcpIdentity, Provider};
use crate::terminal::Ask;

/// Asks for the project, until it can be one.
///
/// # Errors
/// The keyboard is gone, or Ctrl-C.
pub fn ask_project(answers: &mut Answers, ask: &mut dyn Ask) -> Result<(), Failure> {
    ask.say("\nNeither a flag nor a variable nor your Google credentials say in which project the cluster is.");
    loop {
        match ask.text("Project:", None)?.parse::<ProjectId>() {
            Ok(project) => {
                answers.asked(&GCP_PROJECT, project.as_str());
                return Ok(());
            }
            Err(problem) => ask.say(&super::not_possible(&problem.to_string())),
        }
    }
}

/// Asks which of the clusters of the project it is, each a location and a name. Those that could not be listed are asked
/// for as text.
///
/// # Errors
/// The keyboard is gone, or Ctrl-C.
pub fn ask_gke_cluster(
    answers: &mut Answers,
    project: &str,
    clusters: &[(String, String)],
    ask: &mut dyn Ask,
) -> Result<(), Failure> {
    if clusters.is_empty() {
        ask.say(&format!("\nNo clusters of GKE could be listed in project {project}."));
        let name = ask.text("Name of the cluster:", None)?;
        let location = ask.text("Its region or zone:", None)?;
        answers.asked(&CLUSTER_NAME, name);
        answers.asked(&LOCATION, location);
    } else {
        ask.say(&format!("\nThe runner is set up in one of the clusters of project {project}."));
        let items: Vec<_> = clusters.iter().map(|(location, name)| format!("{name} in {location}")).collect();
        let (location, name) = &clusters[ask.choice("Which cluster?", &items, 0)?];
        answers.asked(&CLUSTER_NAME, name.as_str());
        answers.asked(&LOCATION, location.as_str());
    }
    // Whoever runs the line later may have other credentials and another context.
    for (setting, value) in [(&GCP_PROJECT, project), (&PROVIDER, Provider::Gke.word())] {
        if answers.told(setting).is_none_or(|told| told.source.layer() < Layer::File) {
            answers.asked(setting, value);
        }
    }
    Ok(())
}

impl Interview<'_> {
    /// Which identity the jobs get, and what it may do.
    pub(super) fn identity_on_gke(&mut self) -> Result<(), Failure> {
        if !self.is_told(&IDENTITY) && !self.is_told(&GOOGLE_SERVICE_ACCOUNT) {
            self.why("Deployments create things in Google Cloud with the rights of the jobs' identity.");
            let items = [
                "service-account: a Google service account that the jobs act as",
                "federation: roles for the jobs' own account; some products take no such identity",
                "none: the jobs get no identity in Google Cloud",
            ];
            let chosen = self.ask.choice("How?", &items.map(str::to_owned), 0)?;
            if chosen > 0 {
                self.answers.asked(&IDENTITY, GcpIdentity::WORDS[chosen]);
            }
        }
        if self.is_told(&GRANT_ROLE) || self.answers.text(&IDENTITY) == Some(GcpIdentity::None.word()) {
            return Ok(());
        }
        self.why("It may do nothing until it has roles; they can be granted later too.");
        let roles = self.text("Roles in the project, e.g. roles/storage.admin (Enter: none):", Some(""), |text| {
            let roles: Result<Vec<_>, _> = text.split_whitespace().map(str::parse::<RoleName>).collect();
            roles.map(|roles| roles.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "))
        })?;
        if !roles.is_empty() {
            self.answers.asked(&GRANT_ROLE, roles.split(' ').map(str::to_owned).collect::<Vec<_>>());
        }
        Ok(())
    }
}
