//! Asking IAM beforehand whether a principal may do something; IAM knows most policies, and says what it can't know.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_iam::types::{ContextEntry, ContextKeyTypeEnum, EvaluationResult, PolicyEvaluationDecisionType};

use super::AwsError;
use super::client::Aws;
use super::denial::PolicyKind;
use super::names::Arn;
use super::send::Call;

/// One right, asked about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RightCheck {
    /// The action, e.g. `iam:CreateRole`.
    pub action: String,
    /// The resource's ARN.
    pub resource: String,
    /// What the request will say about itself: condition keys and their values.
    pub context: Vec<(String, String)>,
}

/// Whether a right is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RightVerdict {
    /// It is.
    Allowed,
    /// It is not.
    Denied {
        /// Which kind of policy decides, as far as IAM says.
        policy: PolicyKind,
        /// Whether it forbids; if not, nothing in it allows.
        is_explicit: bool,
    },
    /// IAM can't say, and why.
    Unknown(String),
}

impl RightVerdict {
    /// The verdict as the rest of a sentence.
    pub fn words(&self) -> String {
        match self {
            Self::Allowed => "allowed".to_owned(),
            Self::Denied { policy, is_explicit } => match (policy.words(), is_explicit) {
                (Some(policy), true) => format!("denied: explicit deny in the {policy}"),
                (Some(policy), false) => format!("denied: no {policy} allows it"),
                (None, true) => "denied: explicit deny".to_owned(),
                (None, false) => "denied".to_owned(),
            },
            Self::Unknown(why) => format!("unknown: {why}"),
        }
    }
}

/// Who is asked about: IAM simulates users, groups and roles, not sessions of them.
enum Principal {
    /// The account's owner may do everything.
    Root,
    /// A user or a role.
    Policies(String),
    /// A role of which only the name is known.
    SessionOf { role: String, guess: String },
    /// Something that IAM can't simulate.
    Other,
}

fn principal(caller: &Arn) -> Principal {
    let (partition, account) = (caller.partition(), caller.account());
    match (caller.service(), caller.resource().split('/').collect::<Vec<_>>().as_slice()) {
        ("iam", ["root"]) => Principal::Root,
        ("iam", ["user" | "role" | "group", ..]) => Principal::Policies(caller.to_string()),
        ("sts", ["assumed-role", role, _session]) => Principal::SessionOf {
            role: (*role).to_owned(),
            guess: format!("arn:{partition}:iam::{account}:role/{role}"),
        },
        _ => Principal::Other,
    }
}

/// What one request can ask: all actions on one resource in one context.
type Group<'c> = (&'c str, &'c [(String, String)]);

impl Aws {
    /// Whether a principal has some rights, in the order asked for. Changes nothing.
    ///
    /// # Errors
    /// No answer. That one may not ask is no error: everything is unknown then.
    pub async fn simulate(&self, caller: &Arn, checks: &[RightCheck]) -> Result<Vec<RightVerdict>, AwsError> {
        let all = |verdict: RightVerdict| Ok(checks.iter().map(|_| verdict.clone()).collect());
        let unknown = |why: String| all(RightVerdict::Unknown(why));
        let (source, role) = match principal(caller) {
            Principal::Root => return all(RightVerdict::Allowed),
            Principal::Other => return unknown(format!("IAM can't simulate `{caller}`")),
            Principal::Policies(source) => (source, None),
            Principal::SessionOf { role, guess } => (guess, Some(role)),
        };
        if checks.is_empty() {
            return Ok(Vec::new());
        }
        match (self.simulate_as(&source, checks).await, role) {
            // A role may have a path, which a session does not show; roles of IAM Identity Center always do.
            (Err(error), Some(role)) if error.is_missing() => match self.role_arn_of(&role).await? {
                Some(real) if real.as_str() != source => match self.simulate_as(real.as_str(), checks).await {
                    Err(AwsError::Denied { denial }) => unknown(denial.to_string()),
                    other => other,
                },
                _ => unknown(format!("the path of role `{role}` is not known")),
            },
            (Err(error), _) if error.is_missing() => unknown(error.to_string()),
            (Err(AwsError::Denied { denial }), _) => unknown(denial.to_string()),
            (other, _) => other,
        }
    }

    async fn simulate_as(&self, source: &str, checks: &[RightCheck]) -> Result<Vec<RightVerdict>, AwsError> {
        let mut groups: BTreeMap<Group<'_>, BTreeSet<&str>> = BTreeMap::new();
        for check in checks {
            groups.entry((&check.resource, &check.context)).or_default().insert(&check.action);
        }
        let asked = groups.iter().map(|((resource, context), actions)| async move {
            let entry = |(key, value): &(String, String)| {
                let entry = ContextEntry::builder().context_key_name(key).context_key_values(value);
                entry.context_key_type(ContextKeyTypeEnum::String).build()
            };
            let entries: Vec<_> = context.iter().map(entry).collect();
            let actions: Vec<_> = actions.iter().map(|action| (*action).to_owned()).collect();
            let send = || async {
                let request = self.iam.simulate_principal_policy().policy_source_arn(source);
                let request = request.set_action_names(Some(actions.clone())).resource_arns(*resource);
                let pages = request.set_context_entries(Some(entries.clone())).into_paginator();
                pages.items().send().collect::<Result<Vec<_>, _>>().await
            };
            let call = Call::iam("SimulatePrincipalPolicy", format!("`{source}`"));
            Ok::<_, AwsError>(((*resource, *context), self.ask(call, send).await?))
        });
        let answers: BTreeMap<Group<'_>, Vec<EvaluationResult>> =
            futures::future::try_join_all(asked).await?.into_iter().collect();
        let verdict_of = |check: &RightCheck| {
            let results = answers.get(&(check.resource.as_str(), check.context.as_slice()));
            let of_action = results.into_iter().flatten().find(|it| it.eval_action_name() == check.action);
            of_action.map_or_else(|| RightVerdict::Unknown("IAM did not answer".to_owned()), verdict)
        };
        Ok(checks.iter().map(verdict_of).collect())
    }
}

fn verdict(result: &EvaluationResult) -> RightVerdict {
    let missing = result.missing_context_values();
    let by_organisation = result.organizations_decision_detail().map(|it| it.allowed_by_organizations());
    let by_boundary = result.permissions_boundary_decision_detail().map(|it| it.allowed_by_permissions_boundary());
    let policy = if by_organisation == Some(false) {
        PolicyKind::ServiceControl
    } else if by_boundary == Some(false) {
        PolicyKind::Boundary
    } else {
        PolicyKind::Identity
    };
    match result.eval_decision() {
        // A statement with a condition on a value that was not given does not count, whether it allows or denies.
        _ if !missing.is_empty() => RightVerdict::Unknown(format!("it depends on {}", missing.join(", "))),
        PolicyEvaluationDecisionType::Allowed => RightVerdict::Allowed,
        PolicyEvaluationDecisionType::ExplicitDeny => {
            let policy = if policy == PolicyKind::Identity { PolicyKind::Unsaid } else { policy };
            RightVerdict::Denied { policy, is_explicit: true }
        }
        PolicyEvaluationDecisionType::ImplicitDeny => RightVerdict::Denied { policy, is_explicit: false },
        other => RightVerdict::Unknown(format!("IAM answered `{}`", other.as_str())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_iam::types::PermissionsBoundaryDecisionDetail;

    #[test]
    fn a_session_is_simulated_as_its_role() {
        let of = |arn: &str| match principal(&arn.parse().unwrap()) {
            Principal::Root => "root".to_owned(),
            Principal::Policies(arn) => arn,
            Principal::SessionOf { role, guess } => format!("{role} {guess}"),
            Principal::Other => "other".to_owned(),
        };
        assert_eq!(of("arn:aws:iam::123456789012:root"), "root");
        assert_eq!(of("arn:aws:iam::123456789012:user/a/b"), "arn:aws:iam::123456789012:user/a/b");
        assert_eq!(
            of("arn:aws-cn:sts::123456789012:assumed-role/Admin/me@x"),
            "Admin arn:aws-cn:iam::123456789012:role/Admin"
        );
        assert_eq!(of("arn:aws:sts::123456789012:federated-user/x"), "other");
    }

    #[test]
    fn the_verdict_names_the_policy_that_decides() {
        let result = |decision, boundary: Option<bool>, missing: &[&str]| {
            let detail = boundary
                .map(|it| PermissionsBoundaryDecisionDetail::builder().allowed_by_permissions_boundary(it).build());
            let result = EvaluationResult::builder().eval_action_name("iam:GetRole").eval_decision(decision);
            let result = result.set_permissions_boundary_decision_detail(detail);
            let missing = missing.iter().map(|it| (*it).to_owned()).collect();
            verdict(&result.set_missing_context_values(Some(missing)).build().unwrap())
        };
        use PolicyEvaluationDecisionType::{Allowed, ExplicitDeny, ImplicitDeny};
        assert_eq!(result(Allowed, None, &[]), RightVerdict::Allowed);
        assert_eq!(result(ImplicitDeny, Some(false), &[]).words(), "denied: no permissions boundary allows it");
        assert_eq!(result(ImplicitDeny, Some(true), &[]).words(), "denied: no identity-based policy allows it");
        assert_eq!(result(ExplicitDeny, None, &[]).words(), "denied: explicit deny");
        assert_eq!(
            result(ImplicitDeny, None, &["aws:MultiFactorAuthAge"]).words(),
            "unknown: it depends on aws:MultiFactorAuthAge"
        );
    }
}
