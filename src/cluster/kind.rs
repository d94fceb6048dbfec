//! The closed set of Kubernetes kinds that this tool writes, and where the API server keeps them.

use std::fmt;

/// A kind that this tool writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// `v1` Namespace, the only one without a namespace.
    Namespace,
    /// `v1` ServiceAccount.
    ServiceAccount,
    /// `v1` Secret.
    Secret,
    /// `v1` ConfigMap.
    ConfigMap,
    /// `rbac.authorization.k8s.io/v1` Role.
    Role,
    /// `rbac.authorization.k8s.io/v1` RoleBinding.
    RoleBinding,
    /// `apps/v1` Deployment.
    Deployment,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 7] = [
        Self::Namespace,
        Self::ServiceAccount,
        Self::Secret,
        Self::ConfigMap,
        Self::Role,
        Self::RoleBinding,
        Self::Deployment,
    ];

    /// The kind as it stands in a manifest.
    pub fn name(self) -> &'static str {
        match self {
            Self::Namespace => "Namespace",
            Self::ServiceAccount => "ServiceAccount",
            Self::Secret => "Secret",
            Self::ConfigMap => "ConfigMap",
            Self::Role => "Role",
            Self::RoleBinding => "RoleBinding",
            Self::Deployment => "Deployment",
        }
    }

    /// The API group; empty for the core group.
    pub fn group(self) -> &'static str {
        match self {
            Self::Namespace | Self::ServiceAccount | Self::Secret | Self::ConfigMap => "",
            Self::Role | Self::RoleBinding => "rbac.authorization.k8s.io",
            Self::Deployment => "apps",
        }
    }

    /// The resource's name in paths and in RBAC rules.
    pub fn resource(self) -> &'static str {
        match self {
            Self::Namespace => "namespaces",
            Self::ServiceAccount => "serviceaccounts",
            Self::Secret => "secrets",
            Self::ConfigMap => "configmaps",
            Self::Role => "roles",
            Self::RoleBinding => "rolebindings",
            Self::Deployment => "deployments",
        }
    }

    /// The kind with that name in a manifest.
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// The path of the collection in a namespace (which a Namespace ignores).
    pub fn collection_path(self, namespace: &str) -> String {
        let root = match self.group() {
            "" => "/api/v1".to_owned(),
            group => format!("/apis/{group}/v1"),
        };
        match self {
            Self::Namespace => format!("{root}/namespaces"),
            _ => format!("{root}/namespaces/{namespace}/{}", self.resource()),
        }
    }
}

/// One object of the cluster by kind, namespace and name.
///
/// Shows itself as the CLI contract names it: `kubernetes:Namespace/<name>`, `kubernetes:<Kind>/<namespace>/<name>`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectRef {
    /// Its kind.
    pub kind: Kind,
    /// Its namespace; of a Namespace, its own name.
    pub namespace: String,
    /// Its name.
    pub name: String,
}

impl ObjectRef {
    /// An object in a namespace.
    pub fn new(kind: Kind, namespace: impl Into<String>, name: impl Into<String>) -> Self {
        Self { kind, namespace: namespace.into(), name: name.into() }
    }

    /// A namespace itself.
    pub fn namespace(name: impl Into<String>) -> Self {
        let name = name.into();
        Self { kind: Kind::Namespace, namespace: name.clone(), name }
    }

    /// Its path at the API server.
    pub fn path(&self) -> String {
        format!("{}/{}", self.kind.collection_path(&self.namespace), self.name)
    }
}

impl fmt::Display for ObjectRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            Kind::Namespace => write!(f, "kubernetes:Namespace/{}", self.name),
            kind => write!(f, "kubernetes:{}/{}/{}", kind.name(), self.namespace, self.name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_and_names_are_the_api_servers_and_the_contracts() {
        let role = ObjectRef::new(Kind::Role, "jobs", "runner");
        assert_eq!(role.path(), "/apis/rbac.authorization.k8s.io/v1/namespaces/jobs/roles/runner");
        assert_eq!(role.to_string(), "kubernetes:Role/jobs/runner");
        let namespace = ObjectRef::namespace("jobs");
        assert_eq!(namespace.path(), "/api/v1/namespaces/jobs");
        assert_eq!(namespace.to_string(), "kubernetes:Namespace/jobs");
    }
}
