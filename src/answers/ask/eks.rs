//! The questions about EKS: which cluster, and which identity its jobs get.

use super::Interview;
use crate::answers::registry::{ATTACH_POLICY, CLUSTER_NAME, IDENTITY, POLICY_FILE, REGION, ROLE_ARN, ROLE_NAME};
use crate::answers::{Answers, Layer};
use crate::cloud::aws::names::{Region, policy_arn};
use crate::failure::Failure;
use crate::settings::AwsIdentity;
use crate::terminal::Ask;

/// Asks for the region, until it is one.
///
/// # Errors
/// The keyboard is gone, or Ctrl-C.
pub fn ask_region(answers: &mut Answers, ask: &mut dyn Ask) -> Result<(), Failure> {
    ask.say("\nNeither a flag nor a variable nor your AWS profile says in which region the cluster is.");
    loop {
        match ask.text("Region:", None)?.parse::<Region>() {
            Ok(region) => {
                answers.asked(&REGION, region.as_str());
                return Ok(());
            }
            Err(problem) => ask.say(&super::not_possible(&problem.to_string())),
        }
    }
}

/// Asks which of the clusters of the region it is. Those that could not be listed are asked for as text.
///
/// # Errors
/// The keyboard is gone, or Ctrl-C.
pub fn ask_cluster(answers: &mut Answers, region: &str, clusters: &[String], ask: &mut dyn Ask) -> Result<(), Failure> {
    let name = if clusters.is_empty() {
        ask.say(&format!("\nNo clusters of EKS could be listed in {region}."));
        ask.text("Name of the cluster:", None)?
    } else {
        ask.say(&format!("\nThe runner is set up in one of the clusters in {region}."));
        clusters[ask.choice("Which cluster?", clusters, 0)?].clone()
    };
    answers.asked(&CLUSTER_NAME, name);
    // Whoever runs the line later may have another region as default.
    if answers.told(&REGION).is_none_or(|told| told.source.layer() < Layer::File) {
        answers.asked(&REGION, region);
    }
    Ok(())
}

impl Interview<'_> {
    /// Which identity the jobs get, and what it may do.
    pub(super) fn identity_on_eks(&mut self) -> Result<(), Failure> {
        let role_is_told = [&ROLE_ARN, &ROLE_NAME, &ATTACH_POLICY, &POLICY_FILE].iter().any(|it| self.is_told(it));
        if !self.is_told(&IDENTITY) && !role_is_told {
            self.why("Deployments create things in AWS with the rights of a role, which the jobs' account gets.");
            let items = [
                "irsa: a role that trusts the cluster's OIDC provider",
                "pod-identity: a role that EKS hands out; needs its agent on the nodes",
                "none: the jobs get no identity in AWS",
            ];
            let chosen = self.ask.choice("How?", &items.map(str::to_owned), 0)?;
            if chosen > 0 {
                self.answers.asked(&IDENTITY, AwsIdentity::WORDS[chosen]);
            }
        }
        if role_is_told || self.answers.text(&IDENTITY) == Some(AwsIdentity::None.word()) {
            return Ok(());
        }
        self.why("The role may do nothing until it has policies; they can be attached later too.");
        let policies = self.text("ARNs of policies (Enter: none):", Some(""), |text| {
            let policies: Result<Vec<_>, _> = text.split_whitespace().map(policy_arn).collect();
            policies.map(|policies| policies.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "))
        })?;
        if !policies.is_empty() {
            self.answers.asked(&ATTACH_POLICY, policies.split(' ').map(str::to_owned).collect::<Vec<_>>());
        }
        Ok(())
    }
}
