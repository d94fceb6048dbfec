//! The jobs' Google service account: created, adopted or left alone, and the one grant that lets the jobs act as it.

use std::collections::BTreeMap;

use serde_json::json;

use super::google::{
    Ground, WORKLOAD_IDENTITY_USER, account_object, binding_object, line, refuse_unseen, warn_about_conditions,
    warn_about_sameness,
};
use super::{Plan, Refusal};
use crate::change::{Action, FieldChange, Planned};
use crate::cloud::gcp::change::{Binding, GcpChange, NewServiceAccount, Resource};
use crate::cloud::gcp::found::{Policy, ServiceAccount};
use crate::cloud::gcp::names::{account_id, account_id_for};
use crate::cloud::gcp::policy::WorkloadGrant;
use crate::cloud::gcp::settings::AccountChoice;
use crate::cloud::gcp::{commands, marks};
use crate::cloud::look::Look;
use crate::settings::RELEASE_NAME;

/// Plans the account, and that the jobs may act as it.
pub(super) fn plan_account(ground: &Ground<'_>, plan: &mut Plan) {
    let email = ground.gcp.account_email();
    let object = account_object(email.as_str());
    let before = plan.refusals.len();
    match (&ground.found.account, &ground.gcp.account) {
        (Look::There(account), _) => plan_existing(ground, account, &object, plan),
        (Look::Missing, AccountChoice::Ours { .. }) => plan_new(ground, &object, plan),
        (Look::Missing, AccountChoice::Own(_)) => {
            let message = format!("there is no such Google service account in project `{}`", email.project());
            plan.refusals.push(
                Refusal::new(&object, message)
                    .kind(crate::failure::FailureKind::Usage)
                    .hint(commands::list_accounts(email.project())),
            );
        }
        (Look::Unknown(why), _) => refuse_unseen(&object, why, plan),
        (Look::NotLooked, _) => return,
    }
    explain_deleted(ground, &object, plan);
    if plan.refusals.len() == before {
        plan_member(ground, plan);
    }
}

fn plan_new(ground: &Ground<'_>, object: &str, plan: &mut Plan) {
    let cluster = &ground.found.cluster;
    let email = ground.gcp.account_email();
    let account = NewServiceAccount {
        email: email.clone(),
        project: email.project().clone(),
        display_name: marks::display_name(&cluster.name),
        description: marks::made(&cluster.path(), &ground.jobs()),
    };
    let why = format!("missing; for the service account {}", ground.jobs());
    plan.planned.push(line(object, Action::Create, &why, Some(GcpChange::CreateServiceAccount(account))));
}

/// Whose account this is, when it is not for these jobs.
struct Stranger {
    who: String,
}

fn plan_existing(ground: &Ground<'_>, account: &ServiceAccount, object: &str, plan: &mut Plan) {
    let email = &account.email;
    if account.disabled {
        let refusal = Refusal::new(object, "is disabled: nobody gets a token of it, and jobs that act as it fail");
        plan.refusals.push(refusal.hint(commands::enable_account(email)));
        return;
    }
    let told_to_adopt = ground.settings.adopt.iter().any(|name| name == object);
    let policy = ground.found.account_policy.there();
    let stranger = belongs_to(ground, account, policy);
    match stranger {
        Some(stranger) if told_to_adopt => plan_takeover(ground, account, &stranger, object, plan),
        Some(stranger) if !ground.serves_here() => {
            let other = another_name(ground);
            plan.refusals.push(
                Refusal::new(object, format!("belongs to {}", stranger.who))
                    .hint(format!("choose another name with `--google-service-account {other}`"))
                    .hint(format!("or let both use this account with `--adopt {object}`")),
            );
            return;
        }
        Some(stranger) => {
            plan.warnings.push(format!("{object} belongs to {}, and the jobs here act as it too", stranger.who));
            plan.planned.push(line(object, Action::Unchanged, "there, and shared", None));
        }
        None => {
            let is_ours = marks::read(&account.description).is_some();
            let why = if is_ours { "as it should be" } else { "there, made by somebody else" };
            plan.planned.push(line(object, Action::Unchanged, why, None));
            if !is_ours && !ground.serves_here() {
                plan.warnings.push(format!(
                    "{object} was not made by runner-setup: the jobs get every right that it has already"
                ));
            }
        }
    }
    warn_about_company(ground, policy, object, plan);
}

/// The mark of the first owner stays, and says from now on that others use the account too: nobody deletes it then.
fn plan_takeover(ground: &Ground<'_>, account: &ServiceAccount, stranger: &Stranger, object: &str, plan: &mut Plan) {
    let why = format!("shared with {}, as told", stranger.who);
    let Some(description) = marks::shared(&account.description) else {
        let action = if ground.serves_here() { Action::Unchanged } else { Action::Adopt };
        plan.planned.push(line(object, action, &why, None));
        return;
    };
    let fields =
        vec![FieldChange { path: "description".to_owned(), from: json!(account.description), to: json!(description) }];
    let change = GcpChange::Describe { email: account.email.clone(), seen: account.description.clone(), description };
    plan.planned.push(Planned { fields, ..line(object, Action::Adopt, &why, Some(change)) });
}

/// A name for an account of these jobs alone: with the job namespace in it.
fn another_name(ground: &Ground<'_>) -> String {
    let (project, location) = (ground.gcp.project.as_str(), Some(ground.found.cluster.location.as_str()));
    let wanted = format!("{}-{}", ground.found.cluster.name, ground.found.cluster.location);
    let name = account_id_for(project, location, &wanted);
    if name == ground.gcp.account_email().id() {
        account_id_for(project, location, &format!("{wanted}-{}", ground.settings.job_namespace))
    } else {
        account_id(&name).unwrap_or(name)
    }
}

/// Who else has this account: by our mark, by what the guide calls its accounts, or by whom it lets in.
fn belongs_to(ground: &Ground<'_>, account: &ServiceAccount, policy: Option<&Policy>) -> Option<Stranger> {
    let (path, jobs) = (ground.found.cluster.path(), ground.jobs());
    if let Some(mark) = marks::read(&account.description) {
        if mark.is_of(&path, &jobs) {
            return None;
        }
        return Some(Stranger {
            who: if mark.cluster == path {
                format!("another service account of this cluster, {}", mark.service_account)
            } else {
                format!("another cluster, {}", mark.cluster)
            },
        });
    }
    if let Some(other) = marks::guide_cluster(&account.display_name).filter(|other| *other != ground.found.cluster.name)
    {
        return Some(Stranger {
            who: format!("another cluster: it is called \"{}\", not for {other}", account.display_name),
        });
    }
    // The guide's names tell clusters of one name in two places not apart, and the pool gives both the same member.
    if let Look::There(namesakes) = &ground.found.namesakes
        && !namesakes.is_empty()
    {
        let who = format!("perhaps another cluster of the same name, {}", namesakes.join(", "));
        return Some(Stranger { who });
    }
    if policy?.grants(WORKLOAD_IDENTITY_USER, &ground.member()) {
        return None;
    }
    // These jobs may stand there already, under a condition or as `principal://…`.
    let (namespace, name) = (ground.settings.job_namespace.as_str(), ground.settings.job_account.name.as_str());
    let is_other = |other: &WorkloadGrant| !other.workload.covers(ground.pool, namespace, name);
    let default_account = format!("{RELEASE_NAME}-job");
    let names = [ground.settings.job_account.name.as_str(), default_account.as_str()];
    let runner = policy?
        .workload_members()
        .into_iter()
        .filter(is_other)
        .find(|other| other.workload.name.as_deref().is_some_and(|name| names.contains(&name)))?;
    let where_it_is =
        if runner.workload.pool == ground.pool { "this cluster or one beside it" } else { "another cluster" };
    Some(Stranger { who: format!("the jobs of another runner, in {where_it_is}: it lets in {}", runner.member) })
}

/// Whoever else acts as the account has the same rights: that is no fault, and worth a word.
fn warn_about_company(ground: &Ground<'_>, policy: Option<&Policy>, object: &str, plan: &mut Plan) {
    let Some(policy) = policy else { return };
    let ours = ground.member();
    let others: Vec<String> =
        policy.workload_members().into_iter().map(|other| other.member).filter(|other| *other != ours).collect();
    if !others.is_empty() && !policy.grants(WORKLOAD_IDENTITY_USER, &ours) {
        plan.warnings
            .push(format!("{object} lets others in too, and the jobs share its rights: {}", others.join(", ")));
    }
}

/// Grants to an account that was deleted don't count for a new one of the same name: that is told, with the way out.
fn explain_deleted(ground: &Ground<'_>, object: &str, plan: &mut Plan) {
    let Some(policy) = ground.found.project_policy.there() else { return };
    let email = ground.gcp.account_email();
    let is_there = ground.found.account.there();
    let mut by_uid: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (role, uid) in policy.deleted_grants(email) {
        let is_back = is_there.is_some_and(|account| account.unique_id == uid);
        if !is_back && !policy.grants(&role, &email.member()) {
            by_uid.entry(uid).or_default().push(role);
        }
    }
    for (uid, roles) in by_uid {
        let (now, later): (Vec<&String>, Vec<&String>) =
            roles.iter().partition(|role| ground.gcp.roles.iter().any(|it| it.as_str() == role.as_str()));
        let mut ways = Vec::new();
        if is_there.is_none() {
            let line = commands::undelete_account(email, &uid);
            ways.push(format!("within 30 days `{line}` brings it back with its roles"));
        }
        if !later.is_empty() {
            let flags = later.iter().map(|role| format!("--grant-role {role}")).collect::<Vec<_>>().join(" ");
            ways.push(format!("grant {} anew with `{flags}`", if later.len() == 1 { "it" } else { "them" }));
        }
        if !now.is_empty() {
            let (verb, names) = (if now.len() == 1 { "is" } else { "are" }, now.iter().map(|role| role.as_str()));
            ways.push(format!("{} {verb} granted anew now", names.collect::<Vec<_>>().join(", ")));
        }
        let (roles, ways) = (roles.join(", "), ways.join("; "));
        plan.warnings.push(if is_there.is_some() {
            format!(
                "{object} was created again after it had been deleted: {roles} of the deleted one (unique id {uid}) does \
                 not count for it; {ways}"
            )
        } else {
            format!(
                "{object} was deleted, and {roles} of the deleted one (unique id {uid}) will not count for a new one; {ways}"
            )
        });
    }
}

/// The grant that lets the jobs act as the account.
fn plan_member(ground: &Ground<'_>, plan: &mut Plan) {
    let email = ground.gcp.account_email();
    let member = ground.member();
    let object = binding_object(WORKLOAD_IDENTITY_USER, &member);
    match &ground.found.account_policy {
        Look::There(policy) if policy.grants(WORKLOAD_IDENTITY_USER, &member) => {
            plan.planned.push(line(&object, Action::Unchanged, "as it should be", None));
            return;
        }
        Look::There(policy) => warn_about_conditions(policy, WORKLOAD_IDENTITY_USER, &member, plan),
        Look::Unknown(why) if ground.found.account.there().is_some() => return refuse_unseen(&object, why, plan),
        Look::Missing | Look::Unknown(_) | Look::NotLooked => {}
    }
    // One of ours may have been made a moment ago, by a run that died then.
    let young = ground.found.account.there().is_none_or(|account| marks::read(&account.description).is_some());
    let (on, role) = (Resource::Account(email.clone()), WORKLOAD_IDENTITY_USER.to_owned());
    let binding = Binding { on, role, member, young, seen: ground.seen_account(plan) };
    plan.planned.push(line(&object, Action::Create, "missing", Some(GcpChange::Grant(binding))));
    warn_about_sameness(ground, plan);
}
