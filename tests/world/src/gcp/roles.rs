//! Roles: which there are, and what they permit.

use super::answer::Answer;
use super::policy::Target;
use super::state::State;

/// What is known of permissions, as `service.resource` and its verbs.
const PERMISSIONS: &[(&str, &str)] = &[
    ("resourcemanager.projects", "get list update delete getIamPolicy setIamPolicy"),
    (
        "iam.serviceAccounts",
        "create get list update delete undelete enable disable getIamPolicy setIamPolicy actAs getAccessToken getOpenIdToken signBlob signJwt implicitDelegation",
    ),
    ("iam.serviceAccountKeys", "create get list delete"),
    ("iam.roles", "create get list update delete undelete"),
    ("serviceusage.services", "get list use enable disable"),
    ("serviceusage.operations", "get list"),
    ("serviceusage.quotas", "get"),
    ("container.clusters", "create get list update delete connect getCredentials impersonate"),
    ("container.operations", "get list"),
    ("container.customResourceDefinitions", "get list create update delete"),
    ("container.cronJobs", "get list create update delete"),
    ("container.daemonSets", "get list create update delete"),
    ("container.endpoints", "get list create update delete"),
    ("container.ingresses", "get list create update delete"),
    ("container.limitRanges", "get list create update delete"),
    ("container.mutatingWebhookConfigurations", "get list create update delete"),
    ("container.networkPolicies", "get list create update delete"),
    ("container.persistentVolumeClaims", "get list create update delete"),
    ("container.replicaSets", "get list create update delete"),
    ("container.resourceQuotas", "get list create update delete"),
    ("container.services", "get list create update delete"),
    ("container.statefulSets", "get list create update delete"),
    ("container.subjectAccessReviews", "create list"),
    ("container.localSubjectAccessReviews", "create list"),
    ("container.selfSubjectRulesReviews", "create list"),
    ("container.nodes", "get list create update delete"),
    ("container.pods", "get list create update delete attach evict exec getLogs getStatus portForward"),
    ("container.namespaces", "get list create update delete"),
    ("container.secrets", "get list create update delete"),
    ("container.configMaps", "get list create update delete"),
    ("container.serviceAccounts", "get list create update delete createToken"),
    ("container.deployments", "get list create update delete"),
    ("container.jobs", "get list create update delete"),
    ("container.events", "get list create"),
    ("container.leases", "get list create update delete"),
    ("container.roles", "get list create update delete bind escalate"),
    ("container.roleBindings", "get list create update delete"),
    ("container.clusterRoles", "get list create update delete bind escalate"),
    ("container.clusterRoleBindings", "get list create update delete"),
    ("container.selfSubjectAccessReviews", "create list"),
    ("container.thirdPartyObjects", "get list create update delete"),
    ("orgpolicy.policy", "get"),
    ("storage.buckets", "get list create delete"),
    ("storage.objects", "get list create delete"),
    ("compute.instances", "get list create delete"),
];

/// Permissions that a project's own role cannot hold.
const NOT_IN_CUSTOM_ROLES: [&str; 2] = ["resourcemanager.projects.list", "container.clusters.impersonate"];

/// Roles and what they permit; a star stands for everything, a minus takes away what came before it.
const ROLES: &[(&str, &str)] = &[
    (
        "roles/owner",
        "* -iam.serviceAccounts.getAccessToken -iam.serviceAccounts.getOpenIdToken -iam.serviceAccounts.signBlob -iam.serviceAccounts.signJwt -iam.serviceAccounts.implicitDelegation -container.clusters.impersonate",
    ),
    (
        "roles/editor",
        "resourcemanager.projects.get iam.serviceAccounts.create iam.serviceAccounts.get iam.serviceAccounts.list iam.serviceAccounts.update iam.serviceAccounts.delete iam.serviceAccounts.undelete iam.serviceAccounts.enable iam.serviceAccounts.disable iam.serviceAccounts.actAs iam.serviceAccounts.getIamPolicy iam.serviceAccountKeys.* iam.roles.get iam.roles.list resourcemanager.projects.getIamPolicy serviceusage.* container.* -container.clusters.impersonate -container.clusterRoles.bind -container.clusterRoles.escalate -container.roles.bind -container.roles.escalate -container.clusterRoleBindings.create -container.clusterRoleBindings.update -container.clusterRoleBindings.delete -container.roleBindings.create -container.roleBindings.update -container.roleBindings.delete storage.buckets.* compute.*",
    ),
    (
        "roles/viewer",
        "*.get *.list resourcemanager.projects.getIamPolicy iam.serviceAccounts.getIamPolicy container.pods.getLogs -container.secrets.get -container.secrets.list -storage.objects.get -storage.objects.list",
    ),
    (
        "roles/browser",
        "resourcemanager.projects.get resourcemanager.projects.list resourcemanager.projects.getIamPolicy",
    ),
    (
        "roles/container.admin",
        "container.* -container.clusters.impersonate resourcemanager.projects.get resourcemanager.projects.list",
    ),
    (
        "roles/container.clusterAdmin",
        "container.clusters.create container.clusters.get container.clusters.list container.clusters.update container.clusters.delete container.operations.* resourcemanager.projects.get resourcemanager.projects.list",
    ),
    (
        "roles/container.clusterViewer",
        "container.clusters.connect container.clusters.get container.clusters.list resourcemanager.projects.get resourcemanager.projects.list",
    ),
    (
        "roles/container.viewer",
        "container.*.get container.*.list container.clusters.connect -container.secrets.get -container.secrets.list container.pods.getLogs resourcemanager.projects.get resourcemanager.projects.list",
    ),
    (
        "roles/container.developer",
        "container.*.get container.*.list container.clusters.connect container.pods.* container.namespaces.* container.secrets.* container.configMaps.* container.serviceAccounts.* container.deployments.* container.jobs.* container.leases.* container.selfSubjectAccessReviews.* resourcemanager.projects.get resourcemanager.projects.list",
    ),
    (
        "roles/container.serviceAgent",
        "container.* iam.serviceAccounts.actAs iam.serviceAccounts.get iam.serviceAccounts.list",
    ),
    (
        "roles/iam.serviceAccountAdmin",
        "iam.serviceAccounts.create iam.serviceAccounts.get iam.serviceAccounts.list iam.serviceAccounts.update iam.serviceAccounts.delete iam.serviceAccounts.undelete iam.serviceAccounts.enable iam.serviceAccounts.disable iam.serviceAccounts.getIamPolicy iam.serviceAccounts.setIamPolicy resourcemanager.projects.get resourcemanager.projects.list",
    ),
    (
        "roles/iam.serviceAccountCreator",
        "iam.serviceAccounts.create iam.serviceAccounts.get iam.serviceAccounts.list resourcemanager.projects.get resourcemanager.projects.list",
    ),
    (
        "roles/iam.serviceAccountDeleter",
        "iam.serviceAccounts.delete iam.serviceAccounts.get iam.serviceAccounts.list resourcemanager.projects.get resourcemanager.projects.list",
    ),
    (
        "roles/iam.serviceAccountViewer",
        "iam.serviceAccounts.get iam.serviceAccounts.list iam.serviceAccounts.getIamPolicy iam.serviceAccountKeys.get iam.serviceAccountKeys.list resourcemanager.projects.get resourcemanager.projects.list",
    ),
    (
        "roles/iam.serviceAccountUser",
        "iam.serviceAccounts.actAs iam.serviceAccounts.get iam.serviceAccounts.list resourcemanager.projects.get resourcemanager.projects.list",
    ),
    (
        "roles/iam.serviceAccountTokenCreator",
        "iam.serviceAccounts.get iam.serviceAccounts.list iam.serviceAccounts.getAccessToken iam.serviceAccounts.getOpenIdToken iam.serviceAccounts.implicitDelegation iam.serviceAccounts.signBlob iam.serviceAccounts.signJwt resourcemanager.projects.get resourcemanager.projects.list",
    ),
    (
        "roles/iam.serviceAccountKeyAdmin",
        "iam.serviceAccountKeys.* iam.serviceAccounts.get iam.serviceAccounts.list resourcemanager.projects.get resourcemanager.projects.list",
    ),
    (
        "roles/iam.workloadIdentityUser",
        "iam.serviceAccounts.get iam.serviceAccounts.list iam.serviceAccounts.getAccessToken iam.serviceAccounts.getOpenIdToken",
    ),
    ("roles/iam.roleAdmin", "iam.roles.* resourcemanager.projects.get resourcemanager.projects.getIamPolicy"),
    (
        "roles/iam.roleViewer",
        "iam.roles.get iam.roles.list resourcemanager.projects.get resourcemanager.projects.getIamPolicy",
    ),
    (
        "roles/iam.securityAdmin",
        "iam.serviceAccounts.getIamPolicy iam.serviceAccounts.setIamPolicy iam.serviceAccounts.get iam.serviceAccounts.list iam.roles.get iam.roles.list resourcemanager.projects.get resourcemanager.projects.list resourcemanager.projects.getIamPolicy resourcemanager.projects.setIamPolicy container.clusters.get container.clusters.list serviceusage.services.get serviceusage.services.list",
    ),
    ("roles/iam.securityReviewer", "*.list *.getIamPolicy iam.roles.get"),
    (
        "roles/resourcemanager.projectIamAdmin",
        "resourcemanager.projects.get resourcemanager.projects.getIamPolicy resourcemanager.projects.setIamPolicy",
    ),
    ("roles/serviceusage.serviceUsageAdmin", "serviceusage.*"),
    (
        "roles/serviceusage.serviceUsageConsumer",
        "serviceusage.services.get serviceusage.services.list serviceusage.services.use serviceusage.operations.* serviceusage.quotas.get",
    ),
    (
        "roles/serviceusage.serviceUsageViewer",
        "serviceusage.services.get serviceusage.services.list serviceusage.operations.* serviceusage.quotas.get",
    ),
    ("roles/orgpolicy.policyViewer", "orgpolicy.policy.get"),
    ("roles/storage.admin", "storage.*"),
    ("roles/storage.objectAdmin", "storage.objects.*"),
    ("roles/storage.objectViewer", "storage.objects.get storage.objects.list"),
    ("roles/compute.viewer", "compute.*.get compute.*.list"),
    ("roles/compute.admin", "compute.*"),
];

/// Roles that are there and permit nothing that this stand-in knows.
const OTHERS: [&str; 22] = [
    "roles/artifactregistry.reader",
    "roles/artifactregistry.writer",
    "roles/bigquery.dataEditor",
    "roles/bigquery.jobUser",
    "roles/cloudkms.cryptoKeyEncrypterDecrypter",
    "roles/cloudsql.admin",
    "roles/cloudsql.client",
    "roles/cloudtrace.agent",
    "roles/compute.networkAdmin",
    "roles/compute.networkUser",
    "roles/container.hostServiceAgentUser",
    "roles/container.nodeServiceAccount",
    "roles/dns.admin",
    "roles/logging.logWriter",
    "roles/logging.viewer",
    "roles/monitoring.metricWriter",
    "roles/monitoring.viewer",
    "roles/pubsub.admin",
    "roles/pubsub.publisher",
    "roles/redis.admin",
    "roles/run.admin",
    "roles/secretmanager.secretAccessor",
];

/// Returns all permissions that are known.
pub(super) fn permissions() -> impl Iterator<Item = String> {
    PERMISSIONS.iter().flat_map(|(resource, verbs)| verbs.split(' ').map(move |verb| format!("{resource}.{verb}")))
}

/// Says whether a permission is known.
pub(super) fn is_permission(name: &str) -> bool {
    permissions().any(|permission| permission == name)
}

/// Says whether a role of a project may hold a permission.
pub(super) fn fits_custom_role(permission: &str) -> bool {
    is_permission(permission) && !NOT_IN_CUSTOM_ROLES.contains(&permission)
}

/// Says whether a role permits something.
pub(super) fn permits(state: &State, role: &str, permission: &str) -> bool {
    if let Some((_, patterns)) = ROLES.iter().find(|(name, _)| *name == role) {
        return is_in(patterns, permission);
    }
    custom(state, role).is_some_and(|fields| {
        fields["stage"] != "DISABLED"
            && fields["includedPermissions"].as_array().into_iter().flatten().any(|it| it == permission)
    })
}

/// Returns what a predefined role permits; `None` when there is none of this name.
pub(super) fn predefined(role: &str) -> Option<Vec<String>> {
    if OTHERS.contains(&role) {
        return Some(Vec::new());
    }
    let (_, patterns) = ROLES.iter().find(|(name, _)| *name == role)?;
    Some(permissions().filter(|permission| is_in(patterns, permission)).collect())
}

/// Says why a role cannot be granted on a target.
pub(super) fn check(state: &State, target: &Target, role: &str) -> Result<(), Answer> {
    if role.contains("_withcond_") || role.is_empty() {
        return Err(Answer::invalid(format!("Role {role} is not supported for this resource.")));
    }
    if role.starts_with("roles/") {
        // Roles for other services' resources are for projects only.
        let basic = ["roles/owner", "roles/editor", "roles/viewer", "roles/browser"];
        let is_here = matches!(target, Target::Project(_)) || role.starts_with("roles/iam.") || basic.contains(&role);
        return match predefined(role) {
            Some(_) if is_here => Ok(()),
            _ => Err(Answer::invalid(format!("Role {role} is not supported for this resource."))),
        };
    }
    let missing = || Answer::invalid(format!("Role ({role}) does not exist in the resource's hierarchy."));
    let parts: Vec<&str> = role.split('/').collect();
    match parts.as_slice() {
        ["projects", project, "roles", _] if *project == state.project_of(target).id => {
            custom(state, role).map(|_| ()).ok_or_else(missing)
        }
        _ => Err(missing()),
    }
}

fn custom<'a>(state: &'a State, role: &str) -> Option<&'a serde_json::Value> {
    let rest = role.strip_prefix("projects/")?;
    let (project, id) = rest.split_once("/roles/")?;
    let role = state.projects.get(project)?.roles.get(id)?;
    (!role.deleted).then_some(&role.fields)
}

fn is_in(patterns: &str, permission: &str) -> bool {
    let mut is_in = false;
    for pattern in patterns.split(' ') {
        match pattern.strip_prefix('-') {
            Some(pattern) if fits(pattern, permission) => is_in = false,
            None if fits(pattern, permission) => is_in = true,
            _ => {}
        }
    }
    is_in
}

fn fits(pattern: &str, permission: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == permission,
        Some((begin, end)) => {
            permission.len() >= begin.len() + end.len() && permission.starts_with(begin) && permission.ends_with(end)
        }
    }
}
