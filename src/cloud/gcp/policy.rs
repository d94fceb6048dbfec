//! IAM policies as documents: one member more or less, and everything else as it was. No IO.
//!
//! Source: `gcp-azure.md` part 1, G5 to G8: a policy that is written back has the etag it was read with and version 3,
//! or conditions are lost; what is not understood is kept.

use serde_json::{Value, json};

use super::found::Policy;
use super::member::Workload;
use super::names::AccountEmail;

/// The version with conditions: what is asked for, and what is written back.
pub(super) const VERSION: u64 = 3;

/// A service account of a cluster that a policy lets in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkloadGrant {
    /// The role.
    pub role: String,
    /// The member as it stands there.
    pub member: String,
    /// Who that is.
    pub workload: Workload,
    /// The condition under which, in words; `None`: always.
    pub condition: Option<String>,
}

fn is_unconditional(binding: &Value) -> bool {
    binding.get("condition").is_none_or(Value::is_null)
}

/// A condition as people know it: its title, else its expression.
fn condition(binding: &Value) -> Option<String> {
    let condition = binding.get("condition").filter(|condition| !condition.is_null())?;
    let text = |key: &str| condition[key].as_str().filter(|text| !text.is_empty()).map(str::to_owned);
    Some(text("title").or_else(|| text("expression")).unwrap_or_else(|| "a condition".to_owned()))
}

fn members(binding: &Value) -> impl Iterator<Item = &str> {
    binding["members"].as_array().into_iter().flatten().filter_map(Value::as_str)
}

impl Policy {
    fn bindings(&self) -> impl Iterator<Item = &Value> {
        self.0["bindings"].as_array().into_iter().flatten()
    }

    /// All members of a role that have it without a condition.
    pub fn unconditional_members(&self, role: &str) -> Vec<&str> {
        self.bindings().filter(|it| it["role"] == role && is_unconditional(it)).flat_map(members).collect()
    }

    /// Whether a member has a role without a condition. Compared character by character: `deleted:…` is somebody else.
    pub fn grants(&self, role: &str, member: &str) -> bool {
        self.unconditional_members(role).contains(&member)
    }

    /// The conditions under which a member has a role: their titles, else their expressions.
    pub fn conditional_grants(&self, role: &str, member: &str) -> Vec<String> {
        let with_member =
            self.bindings().filter(|it| it["role"] == role).filter(|binding| members(binding).any(|it| it == member));
        with_member.filter_map(condition).collect()
    }

    /// All service accounts of clusters that are let in, whatever the role.
    pub fn workload_members(&self) -> Vec<WorkloadGrant> {
        let of_binding = |binding: &Value| {
            let role = binding["role"].as_str().unwrap_or_default().to_owned();
            let condition = condition(binding);
            let grants = members(binding).filter_map(move |member| {
                let (role, condition) = (role.clone(), condition.clone());
                Some(WorkloadGrant { role, member: member.to_owned(), workload: Workload::of(member)?, condition })
            });
            grants.collect::<Vec<_>>()
        };
        self.bindings().flat_map(of_binding).collect()
    }

    /// Everybody who is let in, with the role; what was deleted lets nobody in.
    pub fn grants_to_anybody(&self) -> Vec<(String, String)> {
        let of_binding = |binding: &Value| {
            let role = binding["role"].as_str().unwrap_or_default().to_owned();
            let alive = members(binding).filter(|member| !member.starts_with("deleted:"));
            alive.map(|member| (role.clone(), member.to_owned())).collect::<Vec<_>>()
        };
        self.bindings().flat_map(of_binding).collect()
    }

    /// What an account of this address had before it was deleted, and its number then: none of it counts for the one
    /// that has the address now. Source: `failure-modes.md`, GKE-07.
    pub fn deleted_grants(&self, email: &AccountEmail) -> Vec<(String, String)> {
        let beginning = format!("deleted:serviceAccount:{email}?uid=");
        let of_binding = |binding: &Value| {
            let role = binding["role"].as_str().unwrap_or_default().to_owned();
            let numbers = members(binding).filter_map(|member| member.strip_prefix(&beginning));
            numbers.map(|number| (role.clone(), number.to_owned())).collect::<Vec<_>>()
        };
        self.bindings().flat_map(of_binding).collect()
    }

    /// All roles that a member has without a condition.
    pub fn roles_of(&self, member: &str) -> Vec<&str> {
        let his =
            self.bindings().filter(|binding| is_unconditional(binding) && members(binding).any(|it| it == member));
        his.filter_map(|binding| binding["role"].as_str()).collect()
    }
}

/// The policy with one member more, to be written back; `None`: the member has the role without a condition already.
pub fn with_member(policy: &Policy, role: &str, member: &str) -> Option<Value> {
    if policy.grants(role, member) {
        return None;
    }
    let mut document = versioned(policy);
    let bindings = document.entry("bindings").or_insert_with(|| json!([]));
    if bindings.is_null() {
        *bindings = json!([]);
    }
    let bindings = bindings.as_array_mut()?;
    let there = bindings.iter_mut().find(|binding| binding["role"] == role && is_unconditional(binding));
    match there.and_then(|binding| binding.get_mut("members")?.as_array_mut()) {
        Some(members) => members.push(json!(member)),
        None => bindings.push(json!({ "role": role, "members": [member] })),
    }
    Some(Value::Object(document))
}

/// The policy with one member less, to be written back; `None`: the member does not have the role without a condition.
/// A binding that nobody is left in goes with its last member; one with a condition stays, it is not ours.
pub fn without_member(policy: &Policy, role: &str, member: &str) -> Option<Value> {
    if !policy.grants(role, member) {
        return None;
    }
    let mut document = versioned(policy);
    let bindings = document.get_mut("bindings")?.as_array_mut()?;
    bindings.retain_mut(|binding| {
        if binding["role"] != role || !is_unconditional(binding) {
            return true;
        }
        let Some(members) = binding.get_mut("members").and_then(Value::as_array_mut) else { return true };
        let before = members.len();
        members.retain(|it| it != member);
        members.len() == before || !members.is_empty()
    });
    Some(Value::Object(document))
}

fn versioned(policy: &Policy) -> serde_json::Map<String, Value> {
    let mut document = policy.0.as_object().cloned().unwrap_or_default();
    document.insert("version".to_owned(), json!(VERSION));
    document
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROLE: &str = "roles/iam.workloadIdentityUser";
    const OURS: &str = "serviceAccount:my-project.svc.id.goog[jobs/job]";
    const EMAIL: &str = "runner-a@my-project.iam.gserviceaccount.com";

    fn policy(text: &str) -> Policy {
        Policy(serde_json::from_str(text).unwrap())
    }

    /// With a condition, with what nobody knows, with a deleted member, with audit configurations, in odd orders.
    fn rich() -> Policy {
        policy(&format!(
            r#"{{"etag":"BwYx_-=","auditConfigs":[{{"service":"allServices"}}],"bindings":[
            {{"condition":{{"title":"until then","expression":"request.time < x","location":"y"}},"role":"{ROLE}",
              "members":["{OURS}","user:z@example.com"]}},
            {{"members":["user:b@example.com","user:a@example.com"],"role":"{ROLE}","newField":{{"x":1.5}}}},
            {{"role":"roles/viewer","members":["deleted:serviceAccount:{EMAIL}?uid=123","group:g@example.com"]}}],
            "version":1,"somethingNew":[null]}}"#
        ))
    }

    #[test]
    fn a_member_is_added_and_nothing_else_changes() {
        let before = rich();
        let after = with_member(&before, ROLE, OURS).unwrap();
        let expected = before.0.to_string().replace(
            r#""members":["user:b@example.com","user:a@example.com"]"#,
            &format!(r#""members":["user:b@example.com","user:a@example.com","{OURS}"]"#),
        );
        assert_eq!(after.to_string(), expected.replace(r#""version":1"#, r#""version":3"#));
        assert_eq!(with_member(&Policy(after.clone()), ROLE, OURS), None, "twice is once");
        let back = without_member(&Policy(after), ROLE, OURS).unwrap();
        assert_eq!(back.to_string(), before.0.to_string().replace(r#""version":1"#, r#""version":3"#));
        assert_eq!(without_member(&Policy(back), ROLE, OURS), None);
    }

    #[test]
    fn a_role_that_only_stands_there_with_a_condition_gets_a_binding_of_its_own() {
        let role = "roles/storage.admin";
        let before = policy(&format!(
            r#"{{"bindings":[{{"role":"{role}","members":["{OURS}"],"condition":{{"expression":"x"}}}}],"etag":"A"}}"#
        ));
        let after = with_member(&before, role, OURS).unwrap();
        assert_eq!(after["bindings"][0], before.0["bindings"][0]);
        assert_eq!(after["bindings"][1], json!({ "role": role, "members": [OURS] }));
        assert_eq!((&after["version"], &after["etag"]), (&json!(3), &json!("A")));
        let back = Policy(without_member(&Policy(after), role, OURS).unwrap());
        assert_eq!(back.0["bindings"], before.0["bindings"], "an empty binding is gone, the conditional one is not");
        assert_eq!(without_member(&before, role, OURS), None, "a grant with a condition is not ours");
        assert_eq!(before.conditional_grants(role, OURS), ["x"]);
    }

    #[test]
    fn an_empty_policy_is_one_too() {
        for text in [r#"{"etag":"ACAB"}"#, r#"{"etag":"ACAB","bindings":null}"#, r#"{"etag":"ACAB","bindings":[]}"#] {
            let after = with_member(&policy(text), ROLE, OURS).unwrap();
            assert_eq!(after["bindings"], json!([{ "role": ROLE, "members": [OURS] }]), "{text}");
            assert_eq!((&after["etag"], &after["version"]), (&json!("ACAB"), &json!(3)));
            assert_eq!(without_member(&policy(text), ROLE, OURS), None);
        }
    }

    #[test]
    fn a_member_that_stands_there_twice_is_gone_at_once() {
        let both = policy(&format!(
            r#"{{"bindings":[{{"role":"{ROLE}","members":["{OURS}"]}},{{"role":"{ROLE}","members":["a","{OURS}"]}}]}}"#
        ));
        let after = without_member(&both, ROLE, OURS).unwrap();
        assert_eq!(after["bindings"], json!([{ "role": ROLE, "members": ["a"] }]));
    }

    #[test]
    fn who_is_let_in_is_read() {
        let policy = rich();
        assert_eq!(policy.unconditional_members(ROLE), ["user:b@example.com", "user:a@example.com"]);
        assert!(!policy.grants(ROLE, OURS) && policy.grants(ROLE, "user:a@example.com"));
        assert_eq!(policy.conditional_grants(ROLE, OURS), ["until then"]);
        let [grant] = policy.workload_members().try_into().unwrap();
        assert_eq!((grant.workload.account().as_str(), grant.condition.as_deref()), ("jobs/job", Some("until then")));
        let email: AccountEmail = EMAIL.parse().unwrap();
        assert_eq!(policy.deleted_grants(&email), [("roles/viewer".to_owned(), "123".to_owned())]);
        assert!(!policy.grants("roles/viewer", &email.member()), "what was deleted is not what is there now");
        let everybody = policy.grants_to_anybody();
        assert_eq!(everybody.len(), 5);
        assert!(everybody.iter().all(|(_, member)| !member.starts_with("deleted:")));
        assert_eq!(policy.roles_of("group:g@example.com"), ["roles/viewer"]);
        assert_eq!(policy.roles_of(OURS), [""; 0]);
    }
}
