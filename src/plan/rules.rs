//! Runner rules: without one, no environment ever gets the runner.

use std::collections::BTreeSet;

use crate::change::{Action, Change, Planned};
use crate::failure::FailureKind;
use crate::found::Found;
use crate::orchestrator::Rule;
use crate::phase::Phase;
use crate::settings::{RuleTarget, Settings};

use super::{Plan, Refusal};

/// Adds the rules that are missing; their absence altogether is pointed out.
pub(super) fn plan_rules(settings: &Settings, found: &Found, phases: &BTreeSet<Phase>, plan: &mut Plan) {
    let Some(orchestrator) = &found.orchestrator else { return };
    if !phases.contains(&Phase::Rule) {
        return;
    }
    for missing in &orchestrator.missing_targets {
        let refusal = Refusal::new("orchestrator:runner-rule", missing.clone());
        plan.refusals.push(refusal.kind(FailureKind::Usage).hint("hctl get projects").hint("hctl get env-types"));
    }
    let ours: Vec<&Rule> =
        orchestrator.rules.iter().filter(|rule| rule.runner_id == settings.runner_id.as_str()).collect();
    for target in &settings.rules {
        let object = rule_object(target);
        let line = |action, why: &str, change| Planned {
            object: object.clone(),
            action,
            why: why.to_owned(),
            fields: Vec::new(),
            phase: Phase::Rule,
            change,
            unseen: false,
        };
        if ours.iter().any(|rule| matches(rule, target)) {
            plan.planned.push(line(Action::Unchanged, "as it should be", None));
            continue;
        }
        if let Some(other) = orchestrator.rules.iter().find(|rule| matches(rule, target)) {
            plan.warnings.push(format!("{object} exists for runner `{}` too: which of the two an environment gets is the Orchestrator's choice", other.runner_id));
        }
        plan.planned.push(line(Action::Create, "missing", Some(Change::CreateRule { target: target.clone() })));
    }
    if settings.rules.is_empty() && ours.is_empty() {
        plan.warnings.push(format!(
            "no rule selects runner `{}`: until there is one, no environment gets it (`runner-setup rule --rule any`)",
            settings.runner_id
        ));
    }
}

/// A rule's name in plans: `orchestrator:runner-rule/<project or *>/<env type or *>`.
pub fn rule_object(target: &RuleTarget) -> String {
    let word = |id: &Option<String>| id.clone().unwrap_or_else(|| "*".to_owned());
    format!("orchestrator:runner-rule/{}/{}", word(&target.project), word(&target.env_type))
}

fn matches(rule: &Rule, target: &RuleTarget) -> bool {
    rule.project_id == target.project && rule.env_type_id == target.env_type
}
