//! The jobs' identity in Google Cloud, taken back: exactly our member, and our account when nobody else needs it.

use serde_json::{Value, json};

use super::ownership::NOT_MADE;
use super::{MADE, kept};
use crate::change::{Action, FieldChange, Planned};
use crate::cloud::gcp::change::{Binding, GcpChange, Resource};
use crate::cloud::gcp::found::{FoundGcp, Policy, ServiceAccount, StandingGcp};
use crate::cloud::gcp::{commands, marks};
use crate::cloud::look::Look;
use crate::phase::Phase;
use crate::plan::google::{WORKLOAD_IDENTITY_USER, account_object, binding_object, grantee, jobs, jobs_member, line};
use crate::plan::{Plan, Refusal};
use crate::settings::{GcpIdentity, Settings};

/// Plans everything in Google Cloud; nothing, when the jobs have no identity there.
pub(super) fn plan_google(settings: &Settings, found: &FoundGcp, standing: &StandingGcp, plan: &mut Plan) {
    let Some(gcp) = settings.gcp.as_ref().filter(|gcp| gcp.identity != GcpIdentity::None) else { return };
    let Some(pool) = found.cluster.workload_pool.as_deref() else { return };
    plan_account(settings, &jobs_member(settings, pool), found, standing, plan);
    if gcp.identity == GcpIdentity::Federation
        && let Some(principal) = grantee(settings, gcp, found)
    {
        plan_principal(settings, &principal, found, standing, plan);
    }
}

fn refuse_unseen(object: &str, why: &str, plan: &mut Plan) {
    let refusal = Refusal::new(object, format!("can't be looked at: {why}"));
    plan.refusals.push(refusal.hint("runner-setup permissions --for gcp --destroy"));
}

/// The account that the jobs act as, and that they may.
fn plan_account(settings: &Settings, member: &str, found: &FoundGcp, standing: &StandingGcp, plan: &mut Plan) {
    let object = account_object(standing.email.as_str());
    let account = match &standing.account {
        Look::Missing | Look::NotLooked => return,
        // Nothing says that there was one.
        Look::Unknown(_) if !standing.acted => return,
        Look::Unknown(why) => return refuse_unseen(&object, why, plan),
        Look::There(account) => account,
    };
    let policy = match &standing.policy {
        Look::There(policy) => policy,
        Look::Unknown(_) if !standing.acted => return,
        Look::Unknown(why) => return refuse_unseen(&object, why, plan),
        Look::Missing | Look::NotLooked => return,
    };
    let is_ours =
        marks::read(&account.description).is_some_and(|mark| mark.is_of(&found.cluster.path(), &jobs(settings)));
    if !is_ours {
        let whose = match marks::read(&account.description) {
            Some(mark) => format!("it belongs to {} in {}", mark.service_account, mark.cluster),
            None => NOT_MADE.to_owned(),
        };
        plan_member_of_others(member, account, policy, standing, plan);
        plan.planned.push(kept(object, whose, Phase::Identity));
        return;
    }
    if policy.grants(WORKLOAD_IDENTITY_USER, member) {
        let binding = on_account(account, member);
        plan.planned.push(delete(&binding_object(WORKLOAD_IDENTITY_USER, member), binding));
    }
    let others: Vec<String> =
        policy.workload_members().into_iter().map(|other| other.member).filter(|other| other != member).collect();
    if !others.is_empty() {
        plan.planned.push(kept(object, format!("others act as it: {}", others.join(", ")), Phase::Identity));
        return;
    }
    plan_roles(&account.email.member(), found, &object, plan);
    let but_for = policy.grants_to_anybody();
    let gone = |(role, who): &(String, String)| FieldChange {
        path: format!("bindings[{role}]"),
        from: json!(who),
        to: Value::Null,
    };
    let fields = but_for.iter().filter(|(_, who)| who != member).map(gone).collect();
    let change = GcpChange::DeleteServiceAccount {
        email: account.email.clone(),
        unique_id: account.unique_id.clone(),
        description: account.description.clone(),
        but_for,
    };
    plan.planned.push(Planned { fields, ..line(&object, Action::Delete, MADE, Some(change)) });
}

/// Our member in an account that stays. It names a service account of the pool, which other clusters may have too.
fn plan_member_of_others(
    member: &str,
    account: &ServiceAccount,
    policy: &Policy,
    standing: &StandingGcp,
    plan: &mut Plan,
) {
    if !policy.grants(WORKLOAD_IDENTITY_USER, member) {
        return;
    }
    let object = binding_object(WORKLOAD_IDENTITY_USER, member);
    let binding = on_account(account, member);
    match may_be_of_others(standing) {
        None => plan.planned.push(delete(&object, binding)),
        Some(why) => keep(object, binding, &why, plan),
    }
}

/// Why a member of the pool may be another cluster's as well; `None` when there is no other cluster.
fn may_be_of_others(standing: &StandingGcp) -> Option<String> {
    match &standing.neighbours {
        Look::There(others) if others.is_empty() => None,
        Look::There(others) => Some(format!("it may serve another cluster of the pool too: {}", others.join(", "))),
        Look::Unknown(why) => Some(format!("whether it serves another cluster of the pool too is not known: {why}")),
        Look::Missing | Look::NotLooked => None,
    }
}

/// Left where it is, with the line that takes it away.
fn keep(object: String, binding: Binding, why: &str, plan: &mut Plan) {
    let line = commands::lines(&GcpChange::Revoke(binding)).join("; ");
    plan.warnings.push(format!("{object} stays, as {why}; when it does not: {line}"));
    plan.planned.push(kept(object, why, Phase::Identity));
}

/// The roles of an account that goes: left behind they would name a deleted account.
fn plan_roles(member: &str, found: &FoundGcp, object: &str, plan: &mut Plan) {
    match &found.project_policy {
        Look::There(policy) => {
            for role in policy.roles_of(member) {
                plan.planned.push(delete(&binding_object(role, member), in_project(found, role, member)));
            }
        }
        Look::Unknown(why) => plan.warnings.push(format!(
            "roles that {object} has in project `{}` are left behind there without effect, as they can't be looked at: {why}",
            found.cluster.project
        )),
        Look::Missing | Look::NotLooked => {}
    }
}

/// The roles that the jobs' account has without a Google account.
fn plan_principal(settings: &Settings, principal: &str, found: &FoundGcp, standing: &StandingGcp, plan: &mut Plan) {
    let policy = match &found.project_policy {
        Look::There(policy) => policy,
        Look::Unknown(why) => {
            let project = settings.gcp.as_ref().map(|gcp| gcp.project.to_string()).unwrap_or_default();
            return refuse_unseen(&format!("gcp:project/{project}"), why, plan);
        }
        Look::Missing | Look::NotLooked => return,
    };
    for role in policy.roles_of(principal) {
        let (object, binding) = (binding_object(role, principal), in_project(found, role, principal));
        match may_be_of_others(standing) {
            None => plan.planned.push(delete(&object, binding)),
            Some(why) => keep(object, binding, &why, plan),
        }
    }
}

fn delete(object: &str, binding: Binding) -> Planned {
    line(object, Action::Delete, "names the jobs of this runner", Some(GcpChange::Revoke(binding)))
}

fn on_account(account: &ServiceAccount, member: &str) -> Binding {
    Binding {
        on: Resource::Account(account.email.clone()),
        role: WORKLOAD_IDENTITY_USER.to_owned(),
        member: member.to_owned(),
        young: false,
        seen: None,
    }
}

fn in_project(found: &FoundGcp, role: &str, member: &str) -> Binding {
    // What a cluster's project is called was settled before: it is the one that was asked.
    let project = found.project.clone();
    Binding {
        on: Resource::Project(project),
        role: role.to_owned(),
        member: member.to_owned(),
        young: false,
        seen: None,
    }
}
