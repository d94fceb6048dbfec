//! Names that Azure will accept: subscriptions, resource groups, identities, credentials, roles and scopes. An invalid one
//! cannot exist.

use std::fmt;
use std::str::FromStr;

/// What the guide's name of a managed identity begins with, before the cluster's name.
pub const IDENTITY_PREFIX: &str = "humanitec-kubernetes-agent-runner-";
/// The guide's name of the federated credential.
pub const CREDENTIAL_NAME: &str = "humanitec-kubernetes-agent-runner";
/// ARM's limits for the name of a managed identity, in characters.
const IDENTITY_LENGTH: std::ops::RangeInclusive<usize> = 3..=128;
/// ARM's limits for the name of a federated credential (`azure-mgmt-msi`: `^[a-zA-Z0-9]{1}[a-zA-Z0-9-_]{2,119}$`).
const CREDENTIAL_LENGTH: std::ops::RangeInclusive<usize> = 3..=120;

/// Why a text is no valid name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct AzureNameError(String);

fn wrong<T>(text: impl Into<String>) -> Result<T, AzureNameError> {
    Err(AzureNameError(text.into()))
}

/// Whether a text is a UUID as Azure writes them, in either case of letters.
pub fn is_uuid(text: &str) -> bool {
    let lengths = [8, 4, 4, 4, 12];
    let parts: Vec<_> = text.split('-').collect();
    parts.len() == lengths.len()
        && parts
            .iter()
            .zip(lengths)
            .all(|(part, length)| part.len() == length && part.chars().all(|c| c.is_ascii_hexdigit()))
}

/// A subscription's id, in lower case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SubscriptionId(String);

impl SubscriptionId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for SubscriptionId {
    type Err = AzureNameError;

    fn from_str(text: &str) -> Result<Self, AzureNameError> {
        if is_uuid(text) {
            return Ok(Self(text.to_lowercase()));
        }
        wrong(format!(
            "`{text}` is no subscription id, which is a UUID: az account list --query '[].[name, id]' -o table"
        ))
    }
}

impl fmt::Display for SubscriptionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Checks the name of a resource group: 1 to 90 letters, digits and `_-.()`, not ending in a dot.
///
/// # Errors
/// Which rule it breaks.
pub fn resource_group(text: &str) -> Result<String, AzureNameError> {
    let is_right = |c: char| c.is_alphanumeric() || "_-.()".contains(c);
    if (1..=90).contains(&text.chars().count()) && text.chars().all(is_right) && !text.ends_with('.') {
        return Ok(text.to_owned());
    }
    wrong(format!(
        "`{text}` is no name of a resource group: it has 1 to 90 letters, digits and _-.(), and does not end in a dot"
    ))
}

/// Checks the name of a cluster in AKS: 1 to 63 letters, digits, `_` and `-`, beginning and ending with a letter or digit.
///
/// # Errors
/// Which rule it breaks.
pub fn cluster_name(text: &str) -> Result<String, AzureNameError> {
    let is_edge = |c: char| c.is_ascii_alphanumeric();
    let is_right = text.len() <= 63
        && text.starts_with(is_edge)
        && text.ends_with(is_edge)
        && text.chars().all(|c| is_edge(c) || c == '_' || c == '-');
    if is_right {
        return Ok(text.to_owned());
    }
    wrong(format!(
        "`{text}` is no name of a cluster in AKS: it has at most 63 letters, digits, `_` and `-`, and begins and ends with \
         a letter or digit"
    ))
}

/// Checks the name of a managed identity: 3 to 128 letters, digits, `-` and `_`, beginning with a letter or digit.
///
/// # Errors
/// Which rule it breaks.
pub fn identity_name(text: &str) -> Result<String, AzureNameError> {
    named(text, "a managed identity", IDENTITY_LENGTH)
}

/// Checks the name of a federated credential: 3 to 120 letters, digits, `-` and `_`, beginning with a letter or digit.
///
/// # Errors
/// Which rule it breaks.
pub fn credential_name(text: &str) -> Result<String, AzureNameError> {
    named(text, "a federated credential", CREDENTIAL_LENGTH)
}

fn named(text: &str, what: &str, length: std::ops::RangeInclusive<usize>) -> Result<String, AzureNameError> {
    let count = text.chars().count();
    if !length.contains(&count) {
        return wrong(format!(
            "`{text}` is {count} long, and the name of {what} has {} to {} characters",
            length.start(),
            length.end()
        ));
    }
    let begins_right = text.starts_with(|c: char| c.is_ascii_alphanumeric());
    if !begins_right || !text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_') {
        return wrong(format!(
            "`{text}` is no name of {what}: it has letters, digits, `-` and `_`, and begins with a letter or digit"
        ));
    }
    Ok(text.to_owned())
}

/// The guide's name of the managed identity for a cluster.
pub fn identity_name_for(cluster: &str) -> String {
    format!("{IDENTITY_PREFIX}{cluster}")
}

/// The id of a resource in ARM: `/subscriptions/S/resourceGroups/G/providers/P/T/N…`. Compared without regard to the case
/// of letters, as ARM does.
#[derive(Debug, Clone)]
pub struct ResourceId {
    text: String,
    subscription: SubscriptionId,
    resource_group: String,
    /// The provider and the types: `Microsoft.ManagedIdentity/userAssignedIdentities`.
    kind: String,
    name: String,
}

impl ResourceId {
    /// The id of a managed identity.
    pub fn of_identity(subscription: &SubscriptionId, resource_group: &str, name: &str) -> Self {
        Self::of(subscription, resource_group, "Microsoft.ManagedIdentity/userAssignedIdentities", name)
    }

    /// The id of a cluster in AKS.
    pub fn of_cluster(subscription: &SubscriptionId, resource_group: &str, name: &str) -> Self {
        Self::of(subscription, resource_group, "Microsoft.ContainerService/managedClusters", name)
    }

    fn of(subscription: &SubscriptionId, resource_group: &str, kind: &str, name: &str) -> Self {
        Self {
            text: format!("/subscriptions/{subscription}/resourceGroups/{resource_group}/providers/{kind}/{name}"),
            subscription: subscription.clone(),
            resource_group: resource_group.to_owned(),
            kind: kind.to_owned(),
            name: name.to_owned(),
        }
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Its subscription.
    pub fn subscription(&self) -> &SubscriptionId {
        &self.subscription
    }

    /// Its resource group.
    pub fn resource_group(&self) -> &str {
        &self.resource_group
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it is a managed identity.
    pub fn is_identity(&self) -> bool {
        self.kind.eq_ignore_ascii_case("Microsoft.ManagedIdentity/userAssignedIdentities")
    }
}

impl PartialEq for ResourceId {
    fn eq(&self, other: &Self) -> bool {
        self.text.eq_ignore_ascii_case(&other.text)
    }
}

impl Eq for ResourceId {}

impl FromStr for ResourceId {
    type Err = AzureNameError;

    fn from_str(text: &str) -> Result<Self, AzureNameError> {
        let form = || {
            wrong(format!(
                "`{text}` is no resource id; one looks like \
                 /subscriptions/ID/resourceGroups/GROUP/providers/Microsoft.ManagedIdentity/userAssignedIdentities/NAME"
            ))
        };
        let parts: Vec<_> = text.split('/').collect();
        let ["", subscriptions, subscription, groups, group, providers, provider, kind, name] = parts.as_slice() else {
            return form();
        };
        let is_right = subscriptions.eq_ignore_ascii_case("subscriptions")
            && groups.eq_ignore_ascii_case("resourceGroups")
            && providers.eq_ignore_ascii_case("providers")
            && !name.is_empty();
        let (Ok(subscription), Ok(group), true) =
            (subscription.parse::<SubscriptionId>(), resource_group(group), is_right)
        else {
            return form();
        };
        Ok(Self {
            text: text.to_owned(),
            subscription,
            resource_group: group,
            kind: format!("{provider}/{kind}"),
            name: (*name).to_owned(),
        })
    }
}

impl fmt::Display for ResourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// A role, by its name (`Contributor`) or by its id, a UUID or the whole resource id of its definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RoleName {
    /// As people call it.
    Name(String),
    /// The UUID of its definition, in lower case.
    Id(String),
}

impl fmt::Display for RoleName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(text) | Self::Id(text) => f.write_str(text),
        }
    }
}

/// A role that the jobs' identity is to have: `ROLE` or `ROLE@SCOPE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleWish {
    /// Which role.
    pub role: RoleName,
    /// On what, as an ARM scope; `None`: on the cluster's resource group.
    pub scope: Option<String>,
}

impl FromStr for RoleWish {
    type Err = AzureNameError;

    fn from_str(text: &str) -> Result<Self, AzureNameError> {
        // A role's name may hold an `@`; a scope begins with a slash and holds none.
        let (role, scope) = match text.rsplit_once("@/") {
            Some((role, scope)) => (role, Some(scope_of(&format!("/{scope}"))?)),
            None => (text, None),
        };
        let id = role.rsplit('/').next().unwrap_or_default();
        let role = match (is_uuid(id), role.contains('/')) {
            (true, _) => RoleName::Id(id.to_lowercase()),
            (false, false) if !role.trim().is_empty() => RoleName::Name(role.to_owned()),
            _ => {
                return wrong(format!(
                    "`{text}` is no role; write ROLE or ROLE@/subscriptions/…, ROLE a name or an id"
                ));
            }
        };
        Ok(Self { role, scope })
    }
}

/// Checks a scope: a management group, a subscription, a resource group or a resource.
fn scope_of(text: &str) -> Result<String, AzureNameError> {
    let scope = text.trim_end_matches('/');
    let parts: Vec<_> = scope.split('/').collect();
    let is_right = match parts.as_slice() {
        ["", first, id, ..] if first.eq_ignore_ascii_case("subscriptions") => is_uuid(id),
        ["", first, provider, kind, name] => {
            first.eq_ignore_ascii_case("providers")
                && provider.eq_ignore_ascii_case("Microsoft.Management")
                && kind.eq_ignore_ascii_case("managementGroups")
                && !name.is_empty()
        }
        _ => false,
    };
    if is_right && parts.iter().skip(1).all(|part| !part.is_empty()) {
        return Ok(scope.to_owned());
    }
    wrong(format!("`{text}` is no scope; one looks like /subscriptions/ID or /subscriptions/ID/resourceGroups/GROUP"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: &str = "0B1F6471-1BF0-4DDA-AEC3-CB9272F09590";

    #[test]
    fn ids_are_compared_as_arm_does() {
        let subscription: SubscriptionId = S.parse().unwrap();
        let id = ResourceId::of_identity(&subscription, "My-Group", "runner");
        let lower = id.as_str().to_lowercase().parse::<ResourceId>().unwrap();
        assert!(lower == id && lower.is_identity());
        assert_eq!((id.resource_group(), id.name()), ("My-Group", "runner"));
        assert!(!ResourceId::of_cluster(&subscription, "g", "c").is_identity());
        for text in ["", "runner", "/subscriptions/x/resourceGroups/g/providers/a/b/c", "/subscriptions/"] {
            assert!(text.parse::<ResourceId>().is_err(), "{text}");
        }
        assert!("my-subscription".parse::<SubscriptionId>().unwrap_err().to_string().contains("az account list"));
    }

    #[test]
    fn names_are_those_that_arm_takes() {
        assert_eq!(identity_name_for("prod"), "humanitec-kubernetes-agent-runner-prod");
        assert!(identity_name(&identity_name_for(&"c".repeat(63))).is_ok());
        assert!(identity_name("ab").is_err() && identity_name("-abc").is_err() && identity_name("a.bc").is_err());
        assert!(credential_name(&"a".repeat(120)).is_ok() && credential_name(&"a".repeat(121)).is_err());
        assert!(resource_group("a(b)_c.d").is_ok() && resource_group("a.").is_err() && resource_group("").is_err());
        assert!(cluster_name("prod-1_x").is_ok() && cluster_name("-prod").is_err());
    }

    #[test]
    fn roles_are_names_or_ids_with_or_without_a_scope() {
        let wish = |text: &str| text.parse::<RoleWish>();
        let scope = format!("/subscriptions/{S}/resourceGroups/g");
        assert_eq!(wish("SQL Server Contributor").unwrap().scope, None);
        let with_scope = wish(&format!("Contributor@{scope}")).unwrap();
        assert_eq!((with_scope.role.to_string(), with_scope.scope), ("Contributor".to_owned(), Some(scope)));
        let id = format!("/subscriptions/{S}/providers/Microsoft.Authorization/roleDefinitions/{S}");
        assert_eq!(wish(&id).unwrap().role, RoleName::Id(S.to_lowercase()));
        for text in ["", "a/b", "Contributor@/x", "Contributor@/subscriptions/x", "@/subscriptions/x"] {
            assert!(wish(text).is_err(), "{text}");
        }
    }
}
