//! How an error of Azure is told at the edge: its kind, its causes, and what to type next.

use super::AzureError;
use super::commands::{self, shell};
use super::names::{ResourceId, SubscriptionId};
use crate::cloud::reach::ReachProblem;
use crate::failure::{Failure, FailureKind};

fn kind(error: &AzureError) -> FailureKind {
    match error {
        AzureError::NoCredentials { .. }
        | AzureError::CredentialsFailed { .. }
        | AzureError::LoginExpired { .. }
        | AzureError::ConditionalAccess { .. }
        | AzureError::WrongTenant { .. }
        | AzureError::TokenRefused { .. }
        | AzureError::SubscriptionHidden { .. }
        | AzureError::SubscriptionDisabled { .. }
        | AzureError::ProviderUnregistered { .. }
        | AzureError::IssuerOff { .. }
        | AzureError::Denied { .. }
        | AzureError::Missing { .. }
        | AzureError::Exists { .. }
        | AzureError::LocationConflict { .. }
        | AzureError::MadeMeanwhile { .. }
        | AzureError::Conflict { .. }
        | AzureError::TooManyCredentials { .. }
        | AzureError::PrincipalUnknown { .. }
        | AzureError::Locked { .. }
        | AzureError::Policy { .. }
        | AzureError::Invalid { .. }
        | AzureError::UpdateFailed { .. } => FailureKind::Refused,
        AzureError::Moved { .. } | AzureError::NotReady { .. } => FailureKind::Stopped,
        AzureError::CredentialsUnusable { .. }
        | AzureError::EndpointInvalid { .. }
        | AzureError::ProxyInvalid { .. }
        | AzureError::RootsInvalid { .. }
        | AzureError::PlaceMissing { .. }
        | AzureError::RoleUnknown { .. }
        | AzureError::RoleAmbiguous { .. }
        | AzureError::ClusterAmbiguous { .. }
        | AzureError::ClusterMissing { .. } => FailureKind::Usage,
        AzureError::Throttled { .. }
        | AzureError::NotReachable { .. }
        | AzureError::TimedOut { .. }
        | AzureError::Unexpected { .. } => FailureKind::Unreachable,
        AzureError::Interrupted { .. } => FailureKind::Interrupted,
        AzureError::ReadOnly { .. } => FailureKind::Bug,
    }
}

fn causes(error: &AzureError) -> Vec<String> {
    match error {
        AzureError::NoCredentials { tried, .. } => tried.clone(),
        AzureError::CredentialsFailed { causes, .. }
        | AzureError::LoginExpired { causes, .. }
        | AzureError::NotReachable { causes, .. } => causes.clone(),
        AzureError::ConditionalAccess { message, .. }
        | AzureError::WrongTenant { message, .. }
        | AzureError::SubscriptionHidden { message, .. }
        | AzureError::ProviderUnregistered { message, .. }
        | AzureError::PlaceMissing { message, .. }
        | AzureError::Locked { message, .. }
        | AzureError::Policy { message, .. }
        | AzureError::Denied { message, .. } => vec![message.clone()],
        _ => Vec::new(),
    }
}

/// The other ways to log in.
pub(super) const ENVIRONMENT: &str = "or name a service principal: AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET \
                                      (or AZURE_CLIENT_CERTIFICATE_PATH, or AZURE_FEDERATED_TOKEN_FILE)";
/// A common reason for what no server says clearly.
pub(super) const CLOCK: &str = "check this machine's clock";
const PROXY: &str = "check HTTPS_PROXY, HTTP_PROXY and NO_PROXY";
const AGAIN: &str = "run the same command again: it looks anew";
const ENDPOINTS: &str = "check --azure-cloud, --arm-endpoint and AZURE_AUTHORITY_HOST";
/// Where the subscriptions of az's login are.
pub(super) const LIST_SUBSCRIPTIONS: &str = "az account list --query '[].[name, id, tenantId]' --output table";

fn owned(hints: &[&str]) -> Vec<String> {
    hints.iter().map(|hint| (*hint).to_owned()).collect()
}

fn hints(error: &AzureError) -> Vec<String> {
    match error {
        AzureError::NoCredentials { tenant, .. } => {
            vec![commands::login(tenant.as_deref()), ENVIRONMENT.to_owned()]
        }
        AzureError::CredentialsUnusable { advice, .. } | AzureError::CredentialsFailed { advice, .. } => advice.clone(),
        AzureError::LoginExpired { login, .. } => vec![login.clone()],
        AzureError::ConditionalAccess { login, .. } => vec![
            login.clone(),
            "or run this where the policy allows it: a compliant device or place, or as a service principal".to_owned(),
        ],
        AzureError::WrongTenant { tenant, .. } => {
            vec![commands::login(tenant.as_deref().or(Some("TENANT"))), LIST_SUBSCRIPTIONS.to_owned()]
        }
        AzureError::TokenRefused { .. } => owned(&["az login", CLOCK, ENDPOINTS]),
        AzureError::EndpointInvalid { said, .. } => vec![format!("{said}=https://HOST/, or leave it out")],
        AzureError::ProxyInvalid { .. } => owned(&[PROXY]),
        AzureError::RootsInvalid { .. } => owned(&["check --ca-file"]),
        AzureError::SubscriptionHidden { subscription, .. } => vec![
            LIST_SUBSCRIPTIONS.to_owned(),
            format!("check --subscription (AZURE_SUBSCRIPTION_ID): it is {subscription} now"),
            "az login".to_owned(),
        ],
        AzureError::SubscriptionDisabled { subscription, .. } => {
            vec![shell(&["az", "account", "show", "--subscription", subscription, "--query", "state"])]
        }
        AzureError::ProviderUnregistered { provider, subscription, .. } => {
            vec![commands::register_provider(provider, subscription)]
        }
        AzureError::PlaceMissing { what, subscription, .. } if what.starts_with("resource group") => {
            let list = ["az", "group", "list", "--subscription", subscription, "--query", "[].name", "--output", "tsv"];
            vec![
                shell(&list),
                "check --resource-group (AZURE_RESOURCE_GROUP), and the scopes of --assign-role".to_owned(),
            ]
        }
        AzureError::PlaceMissing { subscription, .. } => {
            let list =
                ["az", "resource", "list", "--subscription", subscription, "--query", "[].id", "--output", "tsv"];
            vec![shell(&list), "check the scopes of --assign-role".to_owned()]
        }
        AzureError::ClusterMissing { subscription, name, there, .. } => {
            cluster_missing(subscription, name, there.as_deref())
        }
        AzureError::ClusterAmbiguous { there, .. } => {
            there.iter().map(|id| format!("--resource-group {}", id.resource_group())).collect()
        }
        AzureError::IssuerOff { cluster } => {
            vec![
                commands::enable_workload_identity(cluster),
                "or let this tool do it: --enable-workload-identity".to_owned(),
            ]
        }
        AzureError::RoleUnknown { scope, .. } => {
            let query = ["--query", "[].roleName", "--output", "tsv"];
            vec![shell(&[&["az", "role", "definition", "list", "--scope", scope][..], &query].concat())]
        }
        AzureError::RoleAmbiguous { ids, scope, .. } => {
            ids.iter().map(|id| format!("by its id: --assign-role {id}@{scope}")).collect()
        }
        AzureError::Denied { action, scope, principal, .. } => denied(action, scope.as_deref(), principal.as_deref()),
        AzureError::LocationConflict { .. } => owned(&[
            "use it where it is, by its id: --managed-identity RESOURCE_ID; or choose another name: --managed-identity NAME",
        ]),
        AzureError::TooManyCredentials { identity, .. } => vec![
            commands::list_credentials(identity),
            "delete what is not needed any more, or use an identity per cluster: --managed-identity NAME".to_owned(),
        ],
        AzureError::Locked { scopes, .. } => {
            let mut hints: Vec<_> =
                scopes.iter().map(|scope| shell(&["az", "lock", "list", "--resource", scope])).collect();
            hints.push(
                "az lock list --output table; then az lock delete --ids ID, and put it back afterwards".to_owned(),
            );
            hints
        }
        AzureError::Policy { assignments, .. } => {
            let show = |id: &String| {
                let name = id.rsplit('/').next().unwrap_or(id);
                let scope = id.to_lowercase().find("/providers/microsoft.authorization").map_or("", |at| &id[..at]);
                shell(&["az", "policy", "assignment", "show", "--name", name, "--scope", scope])
            };
            let mut hints: Vec<_> = assignments.iter().map(show).collect();
            hints.push("ask whoever keeps the policy, or bring an identity: --managed-identity RESOURCE_ID".to_owned());
            hints
        }
        AzureError::NotReady { .. } => owned(&[AGAIN, "give it more time: --timeout DURATION"]),
        AzureError::UpdateFailed { .. } => owned(&["az aks update with the same name brings it back to a good state"]),
        AzureError::NotReachable { problem, .. } => match problem {
            ReachProblem::UnknownIssuer => {
                owned(&["name your own authority's certificate: --ca-file PEM, or SSL_CERT_FILE=PEM"])
            }
            ReachProblem::Certificate => owned(&[CLOCK, ENDPOINTS]),
            ReachProblem::Proxy => owned(&[PROXY]),
            ReachProblem::Dns | ReachProblem::Refused | ReachProblem::Other => owned(&[ENDPOINTS, PROXY]),
        },
        AzureError::TimedOut { .. } => owned(&[PROXY, "give it more time: --timeout DURATION"]),
        AzureError::Unexpected { .. } => owned(&[ENDPOINTS, PROXY]),
        AzureError::Interrupted { .. } => owned(&["run the same command again to go on from here"]),
        AzureError::Missing { .. }
        | AzureError::Exists { .. }
        | AzureError::MadeMeanwhile { .. }
        | AzureError::Moved { .. }
        | AzureError::Conflict { .. }
        | AzureError::PrincipalUnknown { .. }
        | AzureError::Throttled { .. } => owned(&[AGAIN]),
        AzureError::Invalid { .. } | AzureError::ReadOnly { .. } => Vec::new(),
    }
}

/// Only some roles may give roles: naming the usual one saves a search.
fn denied(action: &str, scope: Option<&str>, principal: Option<&str>) -> Vec<String> {
    let mut hints = vec!["runner-setup permissions --for azure".to_owned()];
    let assigns = action.to_lowercase().starts_with("microsoft.authorization/roleassignments/");
    let role = if assigns { "Role Based Access Control Administrator" } else { "ROLE" };
    if let Some(scope) = scope {
        let principal = principal.unwrap_or("OBJECT_ID");
        let words = ["az", "role", "assignment", "create", "--assignee", principal, "--role", role, "--scope", scope];
        hints.push(shell(&words));
    }
    hints.push("a role that was given just now is seen after az login".to_owned());
    hints
}

/// The same name elsewhere is most likely what was meant; then the name that looks most like it.
fn cluster_missing(subscription: &str, name: &str, there: Option<&[ResourceId]>) -> Vec<String> {
    let mut hints = Vec::new();
    let list = subscription.parse::<SubscriptionId>().map(|id| commands::list_clusters(&id));
    let list = list.unwrap_or_else(|_| "az aks list --output table".to_owned());
    let Some(there) = there else { return vec![list] };
    let same: Vec<_> = there.iter().filter(|id| id.name().eq_ignore_ascii_case(name)).collect();
    hints.extend(same.iter().map(|id| format!("did you mean --resource-group {}?", id.resource_group())));
    if there.is_empty() {
        hints.push(format!("there is no cluster at all in subscription {subscription} that these credentials see"));
    } else if same.is_empty() {
        let distance = |id: &ResourceId| strsim::damerau_levenshtein(&name.to_lowercase(), &id.name().to_lowercase());
        let nearest = there.iter().filter(|id| distance(id) <= 2).min_by_key(|id| distance(id));
        if let Some(id) = nearest {
            hints.push(format!("did you mean --cluster-name {} --resource-group {}?", id.name(), id.resource_group()));
        }
        let all: Vec<_> =
            there.iter().take(20).map(|id| format!("{} (resource group {})", id.name(), id.resource_group())).collect();
        hints.push(format!("`--cluster-name` takes one of: {}", all.join(", ")));
    }
    hints.push(format!("or look in another subscription: --subscription ID; here: {list}"));
    hints
}

impl From<AzureError> for Failure {
    fn from(error: AzureError) -> Self {
        let failure = causes(&error).into_iter().fold(Self::of(kind(&error), &error), Self::cause);
        hints(&error).into_iter().fold(failure, Self::hint)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: &str = "0b1f6471-1bf0-4dda-aec3-cb9272f09590";

    #[test]
    fn a_missing_cluster_is_looked_for_elsewhere() {
        let id = |group: &str, name: &str| ResourceId::of_cluster(&S.parse().unwrap(), group, name);
        let error = |there: Option<Vec<ResourceId>>| {
            let group = Some("g".to_owned());
            Failure::from(AzureError::ClusterMissing {
                subscription: S.to_owned(),
                group,
                name: "prod".to_owned(),
                there,
            })
        };
        let failure = error(Some(vec![id("other", "Prod")]));
        assert_eq!(failure.kind, FailureKind::Usage);
        assert_eq!(failure.hints[0], "did you mean --resource-group other?");
        let failure = error(Some(vec![id("g", "prdo"), id("g", "x")]));
        assert_eq!(failure.hints[0], "did you mean --cluster-name prdo --resource-group g?");
        assert!(failure.hints[1].contains("x (resource group g)"), "{failure:?}");
        assert!(error(None).hints[0].starts_with("az aks list --subscription"));
    }

    #[test]
    fn who_may_not_give_roles_is_told_which_role_may() {
        let action = "Microsoft.Authorization/roleAssignments/write".to_owned();
        let scope = Some(format!("/subscriptions/{S}/resourceGroups/g"));
        let error = AzureError::Denied {
            action,
            on: "x".to_owned(),
            principal: Some("p".to_owned()),
            scope,
            message: "m".to_owned(),
        };
        let failure = Failure::from(error);
        assert!(failure.hints[1].contains("--role 'Role Based Access Control Administrator'"), "{failure:?}");
    }
}
