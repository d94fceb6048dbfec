//! The jobs' identity in Google Cloud: the Google service account, who may act as it, and the roles in the project.

use std::collections::BTreeSet;

use super::google_account::plan_account;
use super::{Plan, Refusal};
use crate::change::{Action, Change, Planned};
use crate::cloud::gcp::change::{Binding, GcpChange, Resource, SeenAccount};
use crate::cloud::gcp::commands::{self, CREDENTIALS_API};
use crate::cloud::gcp::found::{FoundGcp, GkeCluster, NodePool, Policy};
use crate::cloud::gcp::marks;
use crate::cloud::gcp::member::{workload_member, workload_principal};
use crate::cloud::gcp::settings::{AccountChoice, GcpSettings};
use crate::cloud::look::Look;
use crate::cluster::{Kind, ObjectRef};
use crate::found::Found;
use crate::phase::Phase;
use crate::settings::{GcpIdentity, Settings};

/// The annotation that names a Google service account to GKE's metadata server.
pub const ACCOUNT_ANNOTATION: &str = "iam.gke.io/gcp-service-account";
/// The role that lets a service account of the cluster act as a Google one.
pub const WORKLOAD_IDENTITY_USER: &str = "roles/iam.workloadIdentityUser";
/// The label of nodes that run GKE's metadata server.
const METADATA_LABEL: &str = "iam.gke.io/gke-metadata-server-enabled";

/// What the rest of the identity's plan works with.
pub(super) struct Ground<'a> {
    pub(super) settings: &'a Settings,
    pub(super) gcp: &'a GcpSettings,
    pub(super) found: &'a FoundGcp,
    /// The cluster's workload pool.
    pub(super) pool: &'a str,
    /// What the job service account is annotated with now.
    pub(super) annotated: Option<&'a str>,
}

impl Ground<'_> {
    /// `<namespace>/<name>` of the job service account.
    pub(super) fn jobs(&self) -> String {
        jobs(self.settings)
    }

    /// The job service account as the policy of a Google service account names it.
    pub(super) fn member(&self) -> String {
        jobs_member(self.settings, self.pool)
    }

    /// The jobs' account as it is when the grants' turn comes; `None`: this plan makes it, or there is none.
    pub(super) fn seen_account(&self, plan: &Plan) -> Option<SeenAccount> {
        let account = self.found.account.there().filter(|_| self.gcp.identity == GcpIdentity::ServiceAccount)?;
        let described = plan.changes().find_map(|(_, change)| match change {
            Change::Gcp(GcpChange::Describe { email, description, .. }) if *email == account.email => Some(description),
            _ => None,
        });
        let description = described.unwrap_or(&account.description).clone();
        Some(SeenAccount { unique_id: account.unique_id.clone(), description })
    }

    /// Whether the jobs act as this account already.
    pub(super) fn serves_here(&self) -> bool {
        self.annotated == Some(self.gcp.account_email().as_str())
    }
}

/// `<namespace>/<name>` of the job service account.
pub fn jobs(settings: &Settings) -> String {
    format!("{}/{}", settings.job_namespace, settings.job_account.name)
}

/// `serviceAccount:POOL[NAMESPACE/NAME]`: the job service account as the policy of a Google service account names it.
pub fn jobs_member(settings: &Settings, pool: &str) -> String {
    workload_member(pool, settings.job_namespace.as_str(), settings.job_account.name.as_str())
}

/// `principal://…`: the job service account as every policy can name it.
pub(super) fn jobs_principal(settings: &Settings, pool: &str, project_number: &str) -> String {
    workload_principal(project_number, pool, settings.job_namespace.as_str(), settings.job_account.name.as_str())
}

/// The member that gets the roles of `--grant-role`; `None` where it can't be known.
pub fn grantee(settings: &Settings, gcp: &GcpSettings, found: &FoundGcp) -> Option<String> {
    match gcp.identity {
        GcpIdentity::ServiceAccount => Some(gcp.account_email().member()),
        GcpIdentity::Federation => {
            let pool = found.cluster.workload_pool.as_deref()?;
            Some(jobs_principal(settings, pool, found.pool_project_number.there()?))
        }
        GcpIdentity::None => None,
    }
}

/// The name of a grant in plans: `gcp:iam-binding/<role>/<member>`.
pub fn binding_object(role: &str, member: &str) -> String {
    format!("gcp:iam-binding/{role}/{member}")
}

/// The name of a Google service account in plans.
pub fn account_object(email: &str) -> String {
    format!("gcp:service-account/{email}")
}

/// Plans everything in Google Cloud. Nothing, when this run is not about it.
pub(super) fn plan_google(settings: &Settings, found: &Found, phases: &BTreeSet<Phase>, plan: &mut Plan) {
    let annotated = annotated(settings, found);
    tell_of_leftovers(settings, found, annotated, phases, plan);
    let (Some(gcp), Some(seen)) = (&settings.gcp, &found.gcp) else { return };
    if !phases.contains(&Phase::Identity) || gcp.identity == GcpIdentity::None {
        return;
    }
    let before = plan.refusals.len();
    let pool = refuse_unready(settings, gcp, seen, plan);
    let Some(pool) = pool.filter(|_| plan.refusals.len() == before) else { return };
    let ground = Ground { settings, gcp, found: seen, pool, annotated };
    if gcp.identity == GcpIdentity::ServiceAccount {
        plan_account(&ground, plan);
        super::identity::warn_about_annotation(settings, found, phases, plan);
    }
    plan_roles(&ground, plan);
    warn_about_host_network(settings, plan);
    weigh_status(&seen.cluster, plan);
}

/// A cluster that GKE works on, for an upgrade for example, keeps what it has; only changes have to wait.
fn weigh_status(cluster: &GkeCluster, plan: &mut Plan) {
    if cluster.status == "RUNNING" {
        return;
    }
    if plan.changes().any(|(_, change)| matches!(change, Change::Gcp(_))) {
        refuse_status(cluster, plan);
    } else {
        plan.warnings.push(format!("the cluster is {}, not RUNNING", status(cluster)));
    }
}

fn refuse_status(cluster: &GkeCluster, plan: &mut Plan) {
    let message = format!("the cluster is {}, not RUNNING: its identity can't be set up now", status(cluster));
    let refusal = Refusal::new(format!("gcp:cluster/{}", cluster.name), message);
    plan.refusals.push(refusal.hint(commands::describe_cluster(cluster)));
}

/// In GKE's words.
fn status(cluster: &GkeCluster) -> String {
    let said = cluster.status_message.as_ref().map(|said| format!(" ({said})")).unwrap_or_default();
    format!("{}{said}", cluster.status)
}

/// What the job service account is annotated with.
pub fn annotated<'a>(settings: &Settings, found: &'a Found) -> Option<&'a str> {
    let object =
        ObjectRef::new(Kind::ServiceAccount, settings.job_namespace.as_str(), settings.job_account.name.as_str());
    let account = found.cluster.as_ref()?.objects.get(&object)?.there()?;
    account.get("metadata")?.get("annotations")?.get(ACCOUNT_ANNOTATION)?.as_str()
}

/// In another way from now on: the identity that the jobs had before is still there.
fn tell_of_leftovers(
    settings: &Settings,
    found: &Found,
    annotated: Option<&str>,
    phases: &BTreeSet<Phase>,
    plan: &mut Plan,
) {
    let (Some(gcp), Some(email)) = (&settings.gcp, annotated) else { return };
    // The other phases leave the annotation alone.
    if !phases.contains(&Phase::Identity) && !phases.contains(&Phase::Install) {
        return;
    }
    match gcp.identity {
        GcpIdentity::None => plan.warnings.push(format!(
            "with `--identity none` Google Cloud is not looked at: the Google service account {email} stays, and goes on \
             letting the jobs in"
        )),
        GcpIdentity::Federation => plan.warnings.push(format!(
            "the jobs act as {email} as long as their account is annotated with it (kubectl annotate serviceaccount -n {} \
             {} {ACCOUNT_ANNOTATION}-); it stays, with its roles, and goes on letting them in: {}",
            settings.job_namespace,
            settings.job_account.name,
            commands::show_account_policy(email)
        )),
        GcpIdentity::ServiceAccount if email != gcp.account_email().as_str() => match gcp.account {
            // Nobody named an account, and this tool made none for these jobs: whoever annotated it meant that one.
            AccountChoice::Ours { told: false, .. } if found.gcp.is_some() && !has_made_one(settings, found) => {
                let object = account_object(gcp.account_email().as_str());
                let message = format!("the jobs act as another Google service account until now, {email}");
                plan.refusals.push(
                    Refusal::new(object, message)
                        .hint(format!("stay with it: `--google-service-account {email}`"))
                        .hint(format!("or name the new one: `--google-service-account {}`", gcp.account_email().id())),
                );
            }
            AccountChoice::Ours { .. } | AccountChoice::Own(_) => plan.warnings.push(format!(
                "the jobs act as {email} until now: it stays, with its roles, and goes on letting them in: {}",
                commands::show_account_policy(email)
            )),
        },
        GcpIdentity::ServiceAccount => {}
    }
}

/// Whether the account that would be made is there, made for these jobs.
fn has_made_one(settings: &Settings, found: &Found) -> bool {
    let Some(seen) = &found.gcp else { return false };
    let mark = seen.account.there().and_then(|account| marks::read(&account.description));
    mark.is_some_and(|mark| mark.is_of(&seen.cluster.path(), &jobs(settings)))
}

/// What the cluster lacks so that no identity can work: said before anything is written. The pool, when there is one.
fn refuse_unready<'a>(settings: &Settings, gcp: &GcpSettings, found: &'a FoundGcp, plan: &mut Plan) -> Option<&'a str> {
    let cluster = &found.cluster;
    let object = format!("gcp:cluster/{}", cluster.name);
    let is_usable = !["PROVISIONING", "STOPPING", "ERROR"].contains(&cluster.status.as_str());
    if cluster.status != "RUNNING" && !(is_usable && cluster.endpoints.are_there()) {
        refuse_status(cluster, plan);
        return None;
    }
    let Some(pool) = cluster.workload_pool.as_deref() else {
        let message = "Workload Identity is off: the cluster has no workload pool, so its service accounts can't act in \
                       Google Cloud";
        let pools: Vec<_> = cluster.node_pools.iter().filter(|pool| !pool.has_metadata_server).collect();
        let refusal = Refusal::new(&object, message).hint(commands::enable_workload_identity(cluster));
        plan.refusals.push(
            pools
                .into_iter()
                .fold(refusal, |refusal, pool| refusal.hint(commands::enable_metadata_server(cluster, &pool.name))),
        );
        return None;
    };
    if !cluster.autopilot {
        check_node_pools(settings, cluster, &object, plan);
    }
    if gcp.identity == GcpIdentity::ServiceAccount {
        match &found.credentials_api {
            Look::There(false) | Look::Missing => {
                let message = format!(
                    "the IAM Service Account Credentials API is off in project `{}`, so no job would get a token of its \
                     Google service account",
                    gcp.project
                );
                let name = "gcp:service/iamcredentials.googleapis.com";
                plan.refusals.push(
                    Refusal::new(name, message).hint(commands::enable_api(CREDENTIALS_API, gcp.project.as_str())),
                );
            }
            Look::Unknown(why) => plan.warnings.push(format!(
                "whether the IAM Service Account Credentials API is on in project `{}` is not known: {why}",
                gcp.project
            )),
            Look::There(true) | Look::NotLooked => {}
        }
    }
    Some(pool)
}

/// Nodes without GKE's metadata server give the jobs the identity of the node.
fn check_node_pools(settings: &Settings, cluster: &GkeCluster, object: &str, plan: &mut Plan) {
    let without: Vec<&NodePool> = cluster.node_pools.iter().filter(|pool| !pool.has_metadata_server).collect();
    let names = without.iter().map(|pool| format!("`{}`", pool.name)).collect::<Vec<_>>().join(", ");
    let fixes = || without.iter().map(|pool| commands::enable_metadata_server(cluster, &pool.name));
    if without.is_empty() || selects_metadata_nodes(settings) {
        return;
    }
    let pools = if without.len() == 1 { "the node pool" } else { "the node pools" };
    if without.len() == cluster.node_pools.len() {
        let message = format!(
            "{pools} {names} {} not run GKE's metadata server, so jobs there would act as the node, not as themselves",
            if without.len() == 1 { "does" } else { "do" }
        );
        plan.refusals.push(fixes().fold(Refusal::new(object, message), Refusal::hint));
        return;
    }
    plan.warnings.push(format!(
        "jobs that land on {pools} {names} act as the node, not as themselves: {}; or keep jobs away from there with the \
         node selector `{METADATA_LABEL}: \"true\"` in `--pod-template`",
        fixes().collect::<Vec<_>>().join("; ")
    ));
}

/// Whether the jobs' pod template keeps them on nodes with a metadata server.
fn selects_metadata_nodes(settings: &Settings) -> bool {
    let selector = settings.pod_template.as_ref().and_then(|template| template.pointer("/spec/nodeSelector"));
    selector.and_then(|selector| selector.get(METADATA_LABEL)).is_some_and(|value| value == "true")
}

/// Pods in the network of their node reach the node's metadata server, not GKE's.
fn warn_about_host_network(settings: &Settings, plan: &mut Plan) {
    let template = settings.pod_template.as_ref();
    if template.and_then(|template| template.pointer("/spec/hostNetwork")).is_some_and(|on| on == true) {
        plan.warnings.push(
            "the pod template sets `hostNetwork: true`: such jobs act as their node, not as themselves".to_owned(),
        );
    }
}

/// The roles of the jobs' identity in the project.
fn plan_roles(ground: &Ground<'_>, plan: &mut Plan) {
    let project = &ground.gcp.project;
    let Some(member) = grantee(ground.settings, ground.gcp, ground.found) else {
        if let Look::Unknown(why) = &ground.found.pool_project_number
            && !ground.gcp.roles.is_empty()
        {
            refuse_unseen(&format!("gcp:project/{project}"), why, plan);
        }
        return;
    };
    let policy = match &ground.found.project_policy {
        Look::There(policy) => policy,
        // Nothing is changed there, and whoever may not read a whole project's policy need not.
        Look::Unknown(_) if ground.gcp.roles.is_empty() => return,
        Look::Unknown(why) => return refuse_unseen(&format!("gcp:project/{project}"), why, plan),
        Look::Missing | Look::NotLooked => return,
    };
    for role in &ground.gcp.roles {
        let object = binding_object(role.as_str(), &member);
        if policy.grants(role.as_str(), &member) {
            plan.planned.push(line(&object, Action::Unchanged, "as it should be", None));
            continue;
        }
        warn_about_conditions(policy, role.as_str(), &member, plan);
        let binding = Binding {
            on: Resource::Project(project.clone()),
            role: role.to_string(),
            member: member.clone(),
            young: ground.gcp.identity == GcpIdentity::ServiceAccount,
            seen: ground.seen_account(plan),
        };
        plan.planned.push(line(&object, Action::Create, "missing", Some(GcpChange::Grant(binding))));
    }
    let grants = plan.planned.iter().filter(|it| matches!(it.change, Some(Change::Gcp(GcpChange::Grant(_))))).count();
    if ground.gcp.identity == GcpIdentity::Federation && grants > 0 {
        warn_about_sameness(ground, plan);
    }
    if ground.gcp.roles.is_empty() && policy.roles_of(&member).is_empty() {
        plan.warnings.push(format!(
            "the jobs have no role in project `{project}`: until they get some (`--grant-role roles/…`), deployments may \
             do nothing there"
        ));
    }
}

/// What names a service account of a pool names that of every cluster of the pool.
pub(super) fn warn_about_sameness(ground: &Ground<'_>, plan: &mut Plan) {
    plan.warnings.push(format!(
        "all clusters of the workload pool {} share their identities: a service account {} in another one of them gets the \
         same rights in Google Cloud; another `--job-namespace` or `--job-service-account` here keeps them apart",
        ground.pool,
        ground.jobs()
    ));
}

/// A grant under a condition stays beside ours, which has none.
pub(super) fn warn_about_conditions(policy: &Policy, role: &str, member: &str, plan: &mut Plan) {
    for condition in policy.conditional_grants(role, member) {
        plan.warnings.push(format!(
            "{member} has {role} under the condition `{condition}`, which stays; it gets the role without a condition too"
        ));
    }
}

/// A line of the plan for this phase.
pub(super) fn line(object: &str, action: Action, why: &str, change: Option<GcpChange>) -> Planned {
    Planned {
        object: object.to_owned(),
        action,
        why: why.to_owned(),
        fields: Vec::new(),
        phase: Phase::Identity,
        change: change.map(Change::Gcp),
        unseen: false,
    }
}

/// What could not be looked at is refused: it would be compared and changed blindly.
pub(super) fn refuse_unseen(object: &str, why: &str, plan: &mut Plan) {
    let (why, fix) = commands::part_fix(why);
    let refusal = Refusal::new(object, format!("can't be looked at: {why}"));
    plan.refusals.push(refusal.hint(fix.unwrap_or("runner-setup permissions --for gcp")));
}
