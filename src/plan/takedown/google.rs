//! The jobs' identity in Google Cloud, taken back: exactly our member, and our account when nobody else needs it.

use super::ownership::NOT_MADE;
use super::{MADE, kept};
use crate::change::{Action, Planned};
use crate::cloud::gcp::change::{Binding, GcpChange, Resource};
use crate::cloud::gcp::found::{FoundGcp, Policy, ServiceAccount, StandingAccount, StandingGcp};
use crate::cloud::gcp::policy::WorkloadGrant;
use crate::cloud::gcp::{commands, marks};
use crate::cloud::look::Look;
use crate::phase::Phase;
use crate::plan::google::{WORKLOAD_IDENTITY_USER, account_object, binding_object, grantee, jobs, jobs_member, line};
use crate::plan::{Plan, Refusal};
use crate::settings::{GcpIdentity, Settings};

/// Plans everything in Google Cloud; nothing, when the jobs have no identity there.
pub(super) fn plan_google(settings: &Settings, found: &FoundGcp, standing: &StandingGcp, plan: &mut Plan) {
    let Some(gcp) = settings.gcp.as_ref().filter(|gcp| gcp.identity != GcpIdentity::None) else { return };
    for account in &standing.accounts {
        plan_account(settings, account, found, standing, plan);
    }
    if gcp.identity == GcpIdentity::Federation {
        match grantee(settings, gcp, found) {
            Some(principal) => plan_principal(settings, &principal, found, standing, plan),
            None => plan.warnings.push(
                "roles of the jobs' own account in Google Cloud are not looked at: nobody knows its workload pool now"
                    .to_owned(),
            ),
        }
    }
}

fn refuse_unseen(object: &str, why: &str, plan: &mut Plan) {
    let (why, fix) = commands::part_fix(why);
    let refusal = Refusal::new(object, format!("can't be looked at: {why}"));
    plan.refusals.push(refusal.hint(fix.unwrap_or("runner-setup permissions --for gcp --destroy")));
}

/// The jobs as an account's policy names them: by the cluster's pool, or, when Workload Identity was turned off since, as
/// they stand there.
fn member(settings: &Settings, found: &FoundGcp, policy: &Policy) -> String {
    if let Some(pool) = found.cluster.workload_pool.as_deref() {
        return jobs_member(settings, pool);
    }
    let (namespace, name) = (settings.job_namespace.as_str(), settings.job_account.name.as_str());
    let is_ours = |other: &WorkloadGrant| other.workload.covers(&other.workload.pool, namespace, name);
    policy.workload_members().into_iter().find(is_ours).map(|other| other.member).unwrap_or_default()
}

/// An account that the jobs act as, and that they may.
fn plan_account(
    settings: &Settings,
    there: &StandingAccount,
    found: &FoundGcp,
    standing: &StandingGcp,
    plan: &mut Plan,
) {
    let object = account_object(there.email.as_str());
    let (account, policy) = match (&there.account, &there.policy) {
        (Look::There(account), Look::There(policy)) => (account, policy),
        // Nothing says that there was one.
        (Look::Unknown(_), _) | (_, Look::Unknown(_)) if !there.is_expected => return,
        (Look::Unknown(why), _) | (Look::There(_), Look::Unknown(why)) => return refuse_unseen(&object, why, plan),
        _ => return,
    };
    let member = member(settings, found, policy);
    let is_ours =
        marks::read(&account.description).is_some_and(|mark| mark.is_of(&found.cluster.path(), &jobs(settings)));
    let others: Vec<String> = policy
        .grants_to_anybody()
        .into_iter()
        .filter(|(role, who)| !(role == WORKLOAD_IDENTITY_USER && *who == member))
        .map(|(role, who)| format!("{who} ({role})"))
        .collect();
    let stays = if !is_ours {
        Some(match marks::read(&account.description) {
            Some(mark) => format!("it belongs to {} in {}", mark.service_account, mark.cluster),
            // An account that was only looked for, and has nothing to do with the jobs.
            None if !there.is_expected && !policy.grants(WORKLOAD_IDENTITY_USER, &member) => return,
            None => NOT_MADE.to_owned(),
        })
    } else if marks::is_shared(&account.description) {
        Some("shared with other runners, as told with `--adopt`".to_owned())
    } else if !others.is_empty() {
        Some(format!("others are let in by its policy: {}", others.join(", ")))
    } else {
        None
    };
    let is_shared = !is_ours || marks::is_shared(&account.description);
    plan_member(&member, account, policy, if is_shared { may_be_of_others(standing) } else { None }, plan);
    let name = account.email.member();
    if let Some(why) = stays {
        if !is_ours {
            keep_roles(settings, &name, found, plan);
        }
        plan.planned.push(kept(object, why, Phase::Identity));
        return;
    }
    match &standing.neighbours {
        Look::There(others) if !others.is_empty() => plan.warnings.push(format!(
            "{object} goes: jobs of the same name in another cluster of the pool lose it too, should they act as it: {}",
            others.join(", ")
        )),
        Look::Unknown(why) => plan.warnings.push(format!(
            "{object} goes, and whether another cluster of the pool has jobs of the same name is not known: {why}"
        )),
        Look::There(_) | Look::Missing | Look::NotLooked => {}
    }
    plan_roles(&name, found, &object, plan);
    let change = GcpChange::DeleteServiceAccount {
        email: account.email.clone(),
        unique_id: account.unique_id.clone(),
        description: account.description.clone(),
        but_for: policy.grants_to_anybody(),
    };
    plan.planned.push(line(&object, Action::Delete, MADE, Some(change)));
}

/// Roles that somebody asked for and that an account which stays may have had before: left, with the lines.
fn keep_roles(settings: &Settings, member: &str, found: &FoundGcp, plan: &mut Plan) {
    let (Some(gcp), Look::There(policy)) = (&settings.gcp, &found.project_policy) else { return };
    for role in gcp.roles.iter().filter(|role| policy.grants(role.as_str(), member)) {
        let why = "it may have had the role before";
        keep(binding_object(role.as_str(), member), in_project(found, role.as_str(), member), why, plan);
    }
}

/// Our member. In an account that others use it names a service account of the pool, which other clusters may have too.
fn plan_member(
    member: &str,
    account: &ServiceAccount,
    policy: &Policy,
    may_be_of_others: Option<String>,
    plan: &mut Plan,
) {
    if !policy.grants(WORKLOAD_IDENTITY_USER, member) {
        return;
    }
    let object = binding_object(WORKLOAD_IDENTITY_USER, member);
    let binding = on_account(account, member);
    match may_be_of_others {
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
            let all = policy.grants_to_anybody();
            let kept: Vec<&str> = all
                .iter()
                .filter(|(role, who)| who == member && !policy.grants(role, who))
                .map(|(role, _)| role.as_str())
                .collect();
            if !kept.is_empty() {
                plan.warnings.push(format!(
                    "{object} has roles under a condition in project `{}`, which are left behind without effect: {}",
                    found.cluster.project,
                    kept.join(", ")
                ));
            }
            for role in policy.roles_of(member) {
                plan.planned.push(delete(&binding_object(role, member), in_project(found, role, member)));
            }
        }
        Look::Unknown(why) => plan.warnings.push(format!(
            "roles that {object} may have in project `{}` are left behind there without effect: they can't be looked at: {why}",
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
    let told = |role: &str| settings.gcp.as_ref().is_some_and(|gcp| gcp.roles.iter().any(|it| it.as_str() == role));
    for role in policy.roles_of(principal) {
        let (object, binding) = (binding_object(role, principal), in_project(found, role, principal));
        match may_be_of_others(standing) {
            None if told(role) => plan.planned.push(delete(&object, binding)),
            None => keep(object, binding, "no `--grant-role` asks for it, and somebody else may have given it", plan),
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
