//! Who may do what: role assignments, evaluated.

use serde_json::Value;

use super::late::What;
use super::place::{Place, covers};
use super::roles;
use super::state::State;

impl State {
    /// Says whether somebody may do something on a resource or in a scope.
    pub(super) fn may(&mut self, oid: &str, action: &str, scope: &str) -> bool {
        self.allows(oid, action, scope, false)
    }

    /// The same for what is not done through ARM, such as logging in to Kubernetes.
    pub(super) fn may_with_data(&mut self, oid: &str, action: &str, scope: &str) -> bool {
        self.allows(oid, action, scope, true)
    }

    fn allows(&mut self, oid: &str, action: &str, scope: &str, is_data: bool) -> bool {
        let Some(home) = Place::of(scope).subscription.filter(|it| self.subscriptions.contains_key(&it.to_lowercase()))
        else {
            return false;
        };
        if self.subscription(&home).denied.iter().any(|it| it.eq_ignore_ascii_case(action)) {
            return false;
        }
        let held = self.permissions(&home, oid, scope);
        held.iter().any(|permission| roles::permits(permission, action, is_data))
    }

    /// Returns what somebody holds in a scope, one for each role.
    pub(super) fn permissions(&mut self, subscription: &str, oid: &str, scope: &str) -> Vec<Value> {
        let ids: Vec<String> =
            self.principals.get(oid).map(|it| it.ids().map(str::to_owned).collect()).unwrap_or_default();
        let mut held = Vec::new();
        for assignment in &mut self.subscription_mut(subscription).assignments {
            let is_theirs = ids.iter().any(|id| assignment.text("principalId").eq_ignore_ascii_case(id));
            if is_theirs && covers(&assignment.scope, scope) && assignment.seen.look(What::Access).is_ok() {
                held.push(assignment.role());
            }
        }
        let home = self.subscription(subscription);
        held.iter().flat_map(|role| self.permissions_of(home, role)).collect()
    }

    /// Says whether somebody has any role within a subscription.
    pub(super) fn is_known_in(&self, oid: &str, subscription: &str) -> bool {
        let Some(principal) = self.principals.get(oid) else {
            return false;
        };
        let assignments = &self.subscription(subscription).assignments;
        assignments.iter().any(|it| principal.ids().any(|id| it.text("principalId").eq_ignore_ascii_case(id)))
    }
}
