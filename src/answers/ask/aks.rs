//! The questions about AKS: which subscription and cluster, and which identity its jobs get.

use super::Interview;
use crate::answers::registry::{
    ASSIGN_ROLE, CLUSTER_NAME, IDENTITY, MANAGED_IDENTITY, PROVIDER, RESOURCE_GROUP, SUBSCRIPTION,
};
use crate::answers::{Answers, Layer};
use crate::cloud::azure::names::{RoleWish, SubscriptionId};
use crate::failure::Failure;
use crate::settings::{AzureIdentity, Provider};
use crate::terminal::Ask;

/// Asks for the subscription, until it can be one.
///
/// # Errors
/// The keyboard is gone, or Ctrl-C.
pub fn ask_subscription(answers: &mut Answers, ask: &mut dyn Ask) -> Result<(), Failure> {
    ask.say("\nNeither a flag nor a variable nor your Azure credentials say in which subscription the cluster is.");
    loop {
        match ask.text("Subscription id:", None)?.parse::<SubscriptionId>() {
            Ok(subscription) => {
                answers.asked(&SUBSCRIPTION, subscription.as_str());
                return Ok(());
            }
            Err(problem) => ask.say(&super::not_possible(&problem.to_string())),
        }
    }
}

/// Asks which of the clusters of the subscription it is, each a resource group and a name. Those that could not be listed
/// are asked for as text.
///
/// # Errors
/// The keyboard is gone, or Ctrl-C.
pub fn ask_aks_cluster(
    answers: &mut Answers,
    subscription: &str,
    clusters: &[(String, String)],
    ask: &mut dyn Ask,
) -> Result<(), Failure> {
    let (group, name) = if clusters.is_empty() {
        ask.say(&format!("\nNo clusters of AKS could be listed in subscription {subscription}."));
        let name = ask.text("Name of the cluster:", None)?;
        (ask.text("Its resource group:", None)?, name)
    } else {
        ask.say(&format!("\nThe runner is set up in one of the clusters of subscription {subscription}."));
        let items: Vec<_> = clusters.iter().map(|(group, name)| format!("{name} in resource group {group}")).collect();
        clusters[ask.choice("Which cluster?", &items, 0)?].clone()
    };
    answers.asked(&CLUSTER_NAME, name);
    answers.asked(&RESOURCE_GROUP, group);
    // Whoever runs the line later may have another subscription as default.
    for (setting, value) in [(&SUBSCRIPTION, subscription), (&PROVIDER, Provider::Aks.word())] {
        if answers.told(setting).is_none_or(|told| told.source.layer() < Layer::File) {
            answers.asked(setting, value);
        }
    }
    Ok(())
}

impl Interview<'_> {
    /// Which identity the jobs get, and what it may do.
    pub(super) fn identity_on_aks(&mut self) -> Result<(), Failure> {
        if !self.is_told(&IDENTITY) && !self.is_told(&MANAGED_IDENTITY) {
            self.why("Deployments create things in Azure with the rights of a managed identity, which trusts the jobs' account.");
            let items = [
                "managed-identity: one in the cluster's resource group, with a federated credential",
                "none: the jobs get no identity in Azure",
            ];
            let chosen = self.ask.choice("How?", &items.map(str::to_owned), 0)?;
            if chosen > 0 {
                self.answers.asked(&IDENTITY, AzureIdentity::WORDS[chosen]);
            }
        }
        if self.is_told(&ASSIGN_ROLE) || self.answers.text(&IDENTITY) == Some(AzureIdentity::None.word()) {
            return Ok(());
        }
        self.why("It may do nothing until it has roles; they can be assigned later too.");
        let roles = self.text("Roles on the resource group, with commas between (Enter: none):", Some(""), |text| {
            let roles: Result<Vec<_>, _> =
                text.split(',').map(str::trim).filter(|role| !role.is_empty()).map(checked).collect();
            roles.map(|roles| roles.join(","))
        })?;
        if !roles.is_empty() {
            self.answers.asked(&ASSIGN_ROLE, roles.split(',').map(str::to_owned).collect::<Vec<_>>());
        }
        Ok(())
    }
}

fn checked(role: &str) -> Result<String, crate::cloud::azure::names::AzureNameError> {
    role.parse::<RoleWish>().map(|_| role.to_owned())
}
