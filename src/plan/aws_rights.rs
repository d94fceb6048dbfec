//! Puts IAM's word about the caller's rights into the plan, and says what a configuration's policy is about.

use std::collections::{BTreeMap, BTreeSet};

use super::{Plan, Refusal};
use crate::cloud::aws::found::FoundAws;
use crate::cloud::aws::names::Region;
use crate::cloud::aws::settings::AwsSettings;
use crate::cloud::aws::{PolicyScope, RightCheck, RightVerdict, hints_for_denial};
use crate::settings::Settings;

/// One right in AWS that a change takes.
#[derive(Debug, Clone)]
pub struct AwsRight {
    /// The object that changes.
    pub object: String,
    /// The right.
    pub check: RightCheck,
    /// What IAM says.
    pub verdict: RightVerdict,
    /// The ARN of whoever would make the change.
    pub caller: String,
}

/// Refuses what the caller may not do, all of it at once; what IAM can't say is a warning.
pub fn mark_rights(plan: &mut Plan, rights: Vec<AwsRight>) {
    let mut missing: BTreeMap<String, (String, Vec<String>, Vec<String>)> = BTreeMap::new();
    let mut unknown: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for AwsRight { object, check, verdict, caller } in rights {
        match &verdict {
            RightVerdict::Allowed => {}
            RightVerdict::Denied { policy, .. } => {
                let right = format!("{} on {} ({})", check.action, check.resource, verdict.words());
                let (_, rights, hints) = missing.entry(object).or_insert((caller, Vec::new(), Vec::new()));
                rights.push(right);
                hints.extend(hints_for_denial(*policy, &check.action));
            }
            RightVerdict::Unknown(why) => {
                unknown.entry(why.clone()).or_default().insert(check.action);
            }
        }
    }
    for (object, (caller, rights, hints)) in missing {
        let refusal = Refusal::new(object, format!("`{caller}` has no rights in AWS to {}", rights.join("; ")));
        plan.refusals.push(hints.into_iter().fold(refusal, Refusal::hint));
    }
    for (why, actions) in unknown {
        let actions = actions.into_iter().collect::<Vec<_>>().join(", ");
        plan.warnings.push(format!("whether AWS allows {actions} is not known beforehand: {why}"));
    }
}

/// What the policy of this configuration is about, with everything that was found filled in; `None` outside of AWS.
pub fn with_scope<T>(
    settings: &Settings,
    found: &FoundAws,
    region: &Region,
    use_it: impl FnOnce(&PolicyScope<'_>) -> T,
) -> Option<T> {
    let aws = settings.aws.as_ref()?;
    let path = found.role.there().map(|role| role.path.as_str());
    let scope =
        scope(aws, region, path, found.caller.arn.partition(), &found.caller.account, found.cluster.issuer_name());
    Some(use_it(&scope))
}

/// The scope of a configuration; `path` is that of a role that is there, `issuer` the cluster's as far as it is known.
pub fn scope<'a>(
    aws: &'a AwsSettings,
    region: &'a Region,
    path: Option<&'a str>,
    partition: &'a str,
    account: &'a str,
    issuer: Option<&'a str>,
) -> PolicyScope<'a> {
    let ours = aws.our_role();
    PolicyScope {
        partition,
        account,
        region,
        cluster: &aws.cluster,
        issuer_name: issuer,
        identity: aws.identity,
        role_name: aws.role_name(),
        role_path: path.or_else(|| ours?.path.as_deref()).unwrap_or("/"),
        own_role: ours.is_some(),
        attach: ours.map(|role| role.policies.as_slice()).unwrap_or_default(),
        inline: ours.is_some_and(|role| role.inline_policy.is_some()),
        boundary: ours.and_then(|role| role.boundary.as_ref()),
        install_addon: aws.install_addon,
    }
}
