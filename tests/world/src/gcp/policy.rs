//! IAM policies: etags that are checked, versions, conditions, masks, and members that are gone.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::answer::Answer;
use super::members;
use super::roles;
use super::state::{Project, State};

/// The most members that a policy may have.
const MOST_MEMBERS: usize = 1500;

/// A policy as it is kept: service accounts are named with their unique id.
#[derive(Clone, Debug, Default)]
pub(super) struct Policy {
    pub(super) bindings: Vec<Value>,
    pub(super) audit_configs: Option<Value>,
    /// 0 until somebody sets it.
    pub(super) revision: u64,
}

/// What a policy is of.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Target {
    Project(String),
    /// A service account by its unique id.
    Account(String),
}

impl Policy {
    /// Returns the policy as the API tells it to who asks for a version; `lives` says which accounts are there.
    pub(super) fn shown(&self, version: i64, lives: impl Fn(&str) -> bool) -> Value {
        let mut shown = json!({ "etag": STANDARD.encode(self.etag()) });
        let has_conditions = self.bindings.iter().any(|it| it.get("condition").is_some());
        let bindings: Vec<Value> =
            self.bindings.iter().map(|binding| shown_binding(binding, version >= 3, &lives)).collect();
        if !bindings.is_empty() {
            shown["bindings"] = Value::Array(bindings);
            shown["version"] = json!(if has_conditions && version >= 3 { 3 } else { 1 });
        }
        if let Some(audit) = &self.audit_configs {
            shown["auditConfigs"] = audit.clone();
        }
        shown
    }

    /// Returns the bytes of the etag. They always need a letter in which the two alphabets of base64 differ.
    pub(super) fn etag(&self) -> Vec<u8> {
        if self.revision == 0 {
            return vec![0, 0x20, 0x01];
        }
        let mut bytes = vec![0x07, 0xfb, 0xff];
        bytes.extend(&self.revision.to_be_bytes()[3..]);
        bytes
    }
}

impl State {
    pub(super) fn policy(&self, target: &Target) -> &Policy {
        match target {
            Target::Project(id) => &self.project(id).policy,
            Target::Account(unique_id) => &self.account(unique_id).expect("the account is known").1.policy,
        }
    }

    pub(super) fn policy_mut(&mut self, target: &Target) -> &mut Policy {
        match target {
            Target::Project(id) => &mut self.project_mut(id).policy,
            Target::Account(unique_id) => &mut self.account_mut(unique_id).expect("the account is known").policy,
        }
    }

    /// Returns the project whose rules hold for a target.
    pub(super) fn project_of(&self, target: &Target) -> &Project {
        match target {
            Target::Project(id) => self.project(id),
            Target::Account(unique_id) => self.account(unique_id).expect("the account is known").0,
        }
    }

    pub(super) fn shown_policy(&self, target: &Target, version: i64) -> Value {
        self.policy(target).shown(version, |unique_id| self.lives(unique_id))
    }

    /// Sets a policy as the API does, or says why not.
    pub(super) fn set_policy(&mut self, target: &Target, body: &Value) -> Result<Value, Answer> {
        let policy = &body["policy"];
        let mask = Mask::of(body["updateMask"].as_str())?;
        let current = self.policy(target).clone();
        if let Some(etag) = policy["etag"].as_str().filter(|etag| !etag.is_empty())
            && decoded(etag) != Some(current.etag())
        {
            return Err(Answer::aborted());
        }
        let version = policy["version"].as_i64().unwrap_or(0);
        if ![0, 1, 3].contains(&version) {
            return Err(Answer::invalid(format!("Invalid policy version {version}: it is 0, 1 or 3.")));
        }
        let bindings = policy["bindings"].as_array().cloned().unwrap_or_default();
        let has_condition = |bindings: &[Value]| bindings.iter().any(|it| it.get("condition").is_some());
        let is_blind = policy["etag"].as_str().is_none_or(str::is_empty);
        if version < 3 && (has_condition(&bindings) || (has_condition(&current.bindings) && !is_blind)) {
            return Err(Answer::invalid(
                "Request contains an invalid argument: a policy with conditions is set with version 3.",
            ));
        }
        let stored = self.stored_bindings(target, &bindings, &current)?;
        let revision = self.next();
        let kept = self.policy_mut(target);
        if mask.bindings {
            kept.bindings = stored;
        }
        if mask.audit_configs {
            kept.audit_configs = policy.get("auditConfigs").cloned();
        }
        kept.revision = revision;
        Ok(self.shown_policy(target, 3))
    }

    /// Checks all bindings and returns them as they are kept: one for each role and condition, each member once.
    fn stored_bindings(&mut self, target: &Target, bindings: &[Value], current: &Policy) -> Result<Vec<Value>, Answer> {
        let mut stored: Vec<Value> = Vec::new();
        let mut count = 0;
        for binding in bindings {
            let role = binding["role"].as_str().unwrap_or_default();
            roles::check(self, target, role)?;
            if let Some(condition) = binding.get("condition") {
                check_condition(role, condition)?;
            }
            let same = |it: &&mut Value| it["role"] == role && it.get("condition") == binding.get("condition");
            let mut members: Vec<Value> = Vec::new();
            for member in binding["members"].as_array().into_iter().flatten() {
                let member = members::stored(self, target, member.as_str().unwrap_or_default(), role, current)?;
                members.push(Value::from(member));
            }
            count += members.len();
            if members.is_empty() {
                continue;
            }
            if stored.iter_mut().find(same).is_none() {
                let mut fresh = binding.clone();
                fresh["members"] = json!([]);
                stored.push(fresh);
            }
            let into = stored.iter_mut().find(same).expect("it was just made")["members"]
                .as_array_mut()
                .expect("members are a list");
            for member in members {
                if !into.contains(&member) {
                    into.push(member);
                }
            }
        }
        if count > MOST_MEMBERS {
            let message =
                format!("The number of members in the policy ({count}) is larger than the maximum allowed size 1,500.");
            return Err(Answer::invalid(message));
        }
        Ok(stored)
    }
}

/// Which fields of a policy are set.
struct Mask {
    bindings: bool,
    audit_configs: bool,
}

impl Mask {
    fn of(text: Option<&str>) -> Result<Self, Answer> {
        let text = text.filter(|text| !text.is_empty()).unwrap_or("bindings,etag");
        let mut mask = Self { bindings: false, audit_configs: false };
        for path in text.split(',').map(str::trim) {
            match path {
                "bindings" => mask.bindings = true,
                "auditConfigs" | "audit_configs" => mask.audit_configs = true,
                "etag" | "version" => {}
                other => return Err(Answer::invalid(format!("Invalid field mask path: {other}"))),
            }
        }
        Ok(mask)
    }
}

/// Undoes base64 in either alphabet, padded or not.
fn decoded(etag: &str) -> Option<Vec<u8>> {
    [STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD].iter().find_map(|engine| engine.decode(etag).ok())
}

fn shown_binding(binding: &Value, with_condition: bool, lives: &impl Fn(&str) -> bool) -> Value {
    let mut shown = binding.clone();
    let members = binding["members"].as_array().into_iter().flatten();
    shown["members"] = members.map(|member| members::shown(member.as_str().unwrap_or_default(), lives)).collect();
    if !with_condition && let Some(condition) = binding.get("condition") {
        let hash: String = Sha256::digest(condition.to_string().as_bytes())
            .iter()
            .take(10)
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let role = binding["role"].as_str().unwrap_or_default();
        shown["role"] = Value::from(format!("{role}_withcond_{hash}"));
        shown.as_object_mut().expect("a binding is an object").remove("condition");
    }
    shown
}

fn check_condition(role: &str, condition: &Value) -> Result<(), Answer> {
    if ["roles/owner", "roles/editor", "roles/viewer"].contains(&role) {
        return Err(Answer::invalid(format!("Conditions can't be set on primitive roles: {role}.")));
    }
    let is_text = |name: &str| condition[name].as_str().is_some_and(|text| !text.is_empty());
    if is_text("expression") && is_text("title") {
        return Ok(());
    }
    Err(Answer::invalid("A condition has an expression and a title."))
}
