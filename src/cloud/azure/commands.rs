//! Changes in Azure as lines for az.

use super::change::{AzureChange, NewTrust};
use super::found::{AksCluster, FederatedCredential};
use super::names::{ResourceId, RoleName, SubscriptionId};
use crate::settings::AzureCloud;

/// Lines for a POSIX shell that do the same.
pub fn lines(change: &AzureChange) -> Vec<String> {
    match change {
        AzureChange::EnableWorkloadIdentity { cluster } => vec![enable_workload_identity(cluster)],
        AzureChange::CreateIdentity { id, location, tags } => {
            let tags: Vec<_> = tags.iter().map(|(name, value)| format!("{name}={value}")).collect();
            let mut words = of(&["az", "identity", "create"], id);
            words.extend(["--location", location]);
            if !tags.is_empty() {
                words.push("--tags");
                words.extend(tags.iter().map(String::as_str));
            }
            vec![shell(&words)]
        }
        AzureChange::Trust(trust) => vec![of_trust(trust)],
        AzureChange::AssignRole { identity, role, definition, scope, .. } => {
            let principal = format!("\"$({})\"", show_identity(identity, "principalId"));
            // Two roles may have one name.
            let role = definition.rsplit('/').next().filter(|id| super::names::is_uuid(id)).unwrap_or(role);
            let rest = ["--assignee-principal-type", "ServicePrincipal", "--role", role, "--scope", scope];
            vec![format!("az role assignment create --assignee-object-id {principal} {}", shell(&rest))]
        }
        AzureChange::UnassignRole { assignment } => {
            vec![shell(&["az", "role", "assignment", "delete", "--ids", assignment])]
        }
        AzureChange::Distrust { identity, seen } => {
            let words = ["az", "identity", "federated-credential", "delete", "--name", &seen.name];
            vec![shell(&[&words[..], &of_identity(identity), &["--yes"]].concat())]
        }
        AzureChange::DeleteIdentity { id, .. } => vec![shell(&of(&["az", "identity", "delete"], id))],
    }
}

fn of_trust(trust: &NewTrust) -> String {
    let NewTrust { identity, credential, cluster, seen } = trust;
    let FederatedCredential { name, issuer, subject, audiences } = credential;
    let verb = if seen.is_some() { "update" } else { "create" };
    let mut words = vec!["az", "identity", "federated-credential", verb, "--name", name];
    words.extend(of_identity(identity));
    let issuer = if issuer.is_empty() { format!("\"$({})\"", show_issuer(cluster)) } else { word(issuer) };
    let mut rest = vec!["--subject", subject, "--audiences"];
    rest.extend(audiences.iter().map(String::as_str));
    format!("{} --issuer {issuer} {}", shell(&words), shell(&rest))
}

/// The line that turns on the OIDC issuer and workload identity in a cluster. It takes minutes.
pub fn enable_workload_identity(cluster: &ResourceId) -> String {
    shell(
        &[&of(&["az", "aks", "update"], cluster)[..], &["--enable-oidc-issuer", "--enable-workload-identity"]].concat(),
    )
}

/// The line that starts a stopped cluster.
pub fn start_cluster(cluster: &ResourceId) -> String {
    shell(&of(&["az", "aks", "start"], cluster))
}

/// The line that makes a context for kubectl and helm.
pub fn get_credentials(cluster: &ResourceId) -> String {
    shell(&of(&["az", "aks", "get-credentials"], cluster))
}

/// The line that lets kubectl log in to a cluster that takes Entra's tokens only, with az's own login.
pub fn convert_kubeconfig() -> String {
    "kubelogin convert-kubeconfig --login azurecli".to_owned()
}

/// The line that shows how a cluster is.
pub fn show_cluster(cluster: &AksCluster) -> String {
    let query = "{provisioningState:provisioningState,powerState:powerState.code,issuer:oidcIssuerProfile.issuerUrl}";
    shell(&[&of(&["az", "aks", "show"], &cluster.id)[..], &["--query", query]].concat())
}

/// The line that shows a cluster's issuer.
pub fn show_issuer(cluster: &ResourceId) -> String {
    let words = ["--query", "oidcIssuerProfile.issuerUrl", "--output", "tsv"];
    shell(&[&of(&["az", "aks", "show"], cluster)[..], &words].concat())
}

/// The line that lists the clusters of a subscription.
pub fn list_clusters(subscription: &SubscriptionId) -> String {
    shell(&["az", "aks", "list", "--subscription", subscription.as_str(), "--output", "table"])
}

/// The line that shows one property of a managed identity.
pub fn show_identity(identity: &ResourceId, property: &str) -> String {
    shell(&[&of(&["az", "identity", "show"], identity)[..], &["--query", property, "--output", "tsv"]].concat())
}

/// The line that lists what a managed identity trusts.
pub fn list_credentials(identity: &ResourceId) -> String {
    shell(
        &[&["az", "identity", "federated-credential", "list"], &of_identity(identity)[..], &["--output", "table"]]
            .concat(),
    )
}

/// The line that deletes a federated credential.
pub fn delete_credential(identity: &ResourceId, name: &str) -> String {
    let words = ["az", "identity", "federated-credential", "delete", "--name", name];
    shell(&[&words[..], &of_identity(identity)].concat())
}

/// The line that lists the roles that a principal has in a subscription.
pub fn list_assignments(subscription: &SubscriptionId, principal_id: &str) -> String {
    let words = ["az", "role", "assignment", "list", "--all", "--assignee", principal_id];
    shell(&[&words[..], &["--subscription", subscription.as_str(), "--output", "table"]].concat())
}

/// The line that lists the definitions of a role, by its name or the UUID of one.
pub fn list_definitions(role: &RoleName, scope: &str) -> String {
    let query = "[].{id:name,name:roleName,type:roleType}";
    let name = role.to_string();
    let words = ["az", "role", "definition", "list", "--name", &name, "--scope", scope];
    shell(&[&words[..], &["--query", query, "--output", "table"]].concat())
}

/// The line that lets somebody work with a resource provider in a subscription.
pub fn register_provider(provider: &str, subscription: &str) -> String {
    shell(&["az", "provider", "register", "--namespace", provider, "--subscription", subscription, "--wait"])
}

/// The line that lets somebody work in a cluster whose rules are Azure's.
pub fn let_in(cluster: &ResourceId) -> String {
    format!(
        "az role assignment create --assignee OBJECT_ID --role 'Azure Kubernetes Service RBAC Cluster Admin' --scope {}",
        word(cluster.as_str())
    )
}

/// The line that logs a person in, in a tenant where one is known.
pub fn login(tenant: Option<&str>) -> String {
    match tenant {
        Some(tenant) => shell(&["az", "login", "--tenant", tenant]),
        None => "az login".to_owned(),
    }
}

/// The line that points az at another cloud of Microsoft's.
pub fn set_cloud(cloud: AzureCloud) -> String {
    shell(&["az", "cloud", "set", "--name", cloud.word()])
}

/// `--name N --resource-group G --subscription S`
fn of<'a>(words: &[&'a str], id: &'a ResourceId) -> Vec<&'a str> {
    let place = ["--resource-group", id.resource_group(), "--subscription", id.subscription().as_str()];
    [words, &["--name", id.name()], &place].concat()
}

/// `--identity-name N --resource-group G --subscription S`
fn of_identity(id: &ResourceId) -> [&str; 6] {
    let subscription = id.subscription().as_str();
    ["--identity-name", id.name(), "--resource-group", id.resource_group(), "--subscription", subscription]
}

pub(super) fn shell(words: &[&str]) -> String {
    words.iter().map(|text| word(text)).collect::<Vec<_>>().join(" ")
}

fn word(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_=./:@".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        return text.to_owned();
    }
    shlex::Quoter::new().allow_nul(true).quote(text).map_or_else(|_| text.to_owned(), std::borrow::Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    const S: &str = "0b1f6471-1bf0-4dda-aec3-cb9272f09590";

    fn identity() -> ResourceId {
        ResourceId::of_identity(&S.parse().unwrap(), "my-group", "runner")
    }

    fn cluster() -> ResourceId {
        ResourceId::of_cluster(&S.parse().unwrap(), "my-group", "prod")
    }

    fn line(change: AzureChange) -> String {
        let [line] = lines(&change).try_into().unwrap();
        line
    }

    #[test]
    fn an_identity_is_made_with_its_tags() {
        let tags = BTreeMap::from([("managed-by".to_owned(), "runner-setup".to_owned())]);
        let change = AzureChange::CreateIdentity { id: identity(), location: "westeurope".to_owned(), tags };
        assert_eq!(
            line(change),
            format!(
                "az identity create --name runner --resource-group my-group --subscription {S} --location westeurope \
                 --tags managed-by=runner-setup"
            )
        );
    }

    #[test]
    fn an_issuer_that_is_not_known_yet_is_asked_for_in_the_line() {
        let credential = FederatedCredential {
            name: "fic".to_owned(),
            issuer: String::new(),
            subject: "system:serviceaccount:jobs:job".to_owned(),
            audiences: vec!["api://AzureADTokenExchange".to_owned()],
        };
        let mut trust = NewTrust { identity: identity(), credential, cluster: cluster(), seen: None };
        let text = line(AzureChange::Trust(Box::new(trust.clone())));
        assert!(text.contains("--issuer \"$(az aks show --name prod"), "{text}");
        assert!(text.ends_with("--subject system:serviceaccount:jobs:job --audiences api://AzureADTokenExchange"));
        trust.credential.issuer = "https://issuer/".to_owned();
        trust.seen = Some(trust.credential.clone());
        let text = line(AzureChange::Trust(Box::new(trust)));
        assert!(
            text.starts_with("az identity federated-credential update --name fic --identity-name runner"),
            "{text}"
        );
        assert!(text.contains("--issuer https://issuer/ "), "{text}");
    }

    #[test]
    fn a_role_is_given_without_asking_the_directory() {
        let scope = format!("/subscriptions/{S}/resourceGroups/my group");
        let definition = format!("/subscriptions/{S}/providers/Microsoft.Authorization/roleDefinitions/{S}");
        let (role, description) = ("Contributor".to_owned(), String::new());
        let text =
            line(AzureChange::AssignRole { identity: identity(), definition, role, scope: scope.clone(), description });
        assert!(text.contains("--assignee-object-id \"$(az identity show --name runner"), "{text}");
        let end = format!("--assignee-principal-type ServicePrincipal --role {S} --scope '{scope}'");
        assert!(text.ends_with(&end), "{text}");
        assert!(enable_workload_identity(&cluster()).ends_with("--enable-oidc-issuer --enable-workload-identity"));
        assert_eq!(login(Some("t")), "az login --tenant t");
    }
}
