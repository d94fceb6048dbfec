//! Who is in a directory: people, groups, applications and managed identities.

use std::collections::BTreeSet;

use serde_json::Value;

use super::late::Seen;
use super::state::{Federation, State};

/// Somebody in a tenant; applications are meant with their service principal.
pub(super) struct Principal {
    /// The object id.
    pub(super) oid: String,
    pub(super) tenant: String,
    pub(super) kind: Kind,
    /// A user's name, or a display name.
    pub(super) name: String,
    /// The client id of an application or a managed identity.
    pub(super) client: Option<String>,
    pub(super) secrets: Vec<String>,
    /// Public keys of certificates, as JWKs that name the certificate's digests.
    pub(super) certificates: Vec<Value>,
    pub(super) federations: Vec<Federation>,
    /// The object ids of the groups that it is in.
    pub(super) groups: BTreeSet<String>,
    pub(super) is_deleted: bool,
    /// The code with which the token endpoint refuses it, such as 53003.
    pub(super) blocked: Option<u32>,
    /// Tokens with a smaller number are no good any more.
    pub(super) tokens_from: u64,
    /// The subscription of the test that it was made in.
    pub(super) home: String,
    pub(super) seen: Seen,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    User,
    Group,
    Application,
    ManagedIdentity,
}

impl Kind {
    /// What role assignments call it.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::User => "User",
            Self::Group => "Group",
            Self::Application | Self::ManagedIdentity => "ServicePrincipal",
        }
    }
}

impl Principal {
    /// Returns how refusals and logs call it: a user's name, or a client id.
    pub(super) fn client_name(&self) -> &str {
        self.client.as_deref().unwrap_or(&self.name)
    }

    /// Returns the object ids under which role assignments know it.
    pub(super) fn ids(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.oid.as_str()).chain(self.groups.iter().map(String::as_str))
    }
}

impl State {
    /// Finds a living application or managed identity by its client id.
    pub(super) fn client(&self, tenant: &str, client: &str) -> Option<&Principal> {
        self.principals.values().find(|it| {
            it.tenant == tenant
                && !it.is_deleted
                && it.client.as_deref().is_some_and(|it| it.eq_ignore_ascii_case(client))
        })
    }

    pub(super) fn principal(&self, oid: &str) -> &Principal {
        self.principals.get(oid).expect("the principal is known")
    }

    pub(super) fn principal_mut(&mut self, oid: &str) -> &mut Principal {
        self.principals.get_mut(oid).expect("the principal is known")
    }

    /// Makes somebody and returns the object id.
    pub(super) fn add_principal(&mut self, home: &str, kind: Kind, name: &str) -> String {
        let [oid, client] = [0, 1].map(|_| uuid::Uuid::new_v4().to_string());
        let subscription = self.subscription(home);
        let principal = Principal {
            oid: oid.clone(),
            tenant: subscription.tenant.clone(),
            kind,
            name: name.to_owned(),
            client: matches!(kind, Kind::Application | Kind::ManagedIdentity).then_some(client),
            secrets: Vec::new(),
            certificates: Vec::new(),
            federations: Vec::new(),
            groups: BTreeSet::new(),
            is_deleted: false,
            blocked: None,
            tokens_from: 0,
            home: subscription.id.clone(),
            seen: Seen::new(&subscription.late),
        };
        self.principals.insert(oid.clone(), principal);
        oid
    }
}
