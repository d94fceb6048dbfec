//! Who may do what: policies of projects and of service accounts, evaluated.

use serde_json::Value;

use super::policy::{Policy, Target};
use super::principal::Principal;
use super::roles;
use super::state::State;

impl State {
    /// Says whether somebody holds a permission on something.
    pub(super) fn may(&self, principal: &Principal, permission: &str, target: &Target) -> bool {
        let project = self.project_of(target);
        if project.denied.contains(permission) {
            return false;
        }
        let mut policies = vec![&project.policy];
        if let Target::Account(_) = target {
            policies.push(self.policy(target));
        }
        policies.into_iter().any(|policy| self.permits(policy, principal, permission))
    }

    fn permits(&self, policy: &Policy, principal: &Principal, permission: &str) -> bool {
        policy.bindings.iter().any(|binding| {
            let members = binding["members"].as_array().into_iter().flatten();
            holds(binding.get("condition"))
                && members.into_iter().any(|member| member.as_str().is_some_and(|member| principal.is(member)))
                && roles::permits(self, binding["role"].as_str().unwrap_or_default(), permission)
        })
    }
}

/// Says whether a condition holds now: `true`, and a time until which something is granted. Everything else does not.
fn holds(condition: Option<&Value>) -> bool {
    let Some(condition) = condition else {
        return true;
    };
    let expression = condition["expression"].as_str().unwrap_or_default().trim();
    let until = expression
        .strip_prefix("request.time < timestamp(\"")
        .and_then(|rest| rest.strip_suffix("\")"))
        .and_then(|time| time.parse::<jiff::Timestamp>().ok());
    expression == "true" || until.is_some_and(|until| until > jiff::Timestamp::now())
}
