//! Paths of ARM: what they name, in any case that somebody writes them.

/// What a path names: a resource, a collection or an action, in its scope.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Place {
    /// The whole path as it was sent, without a slash at its end.
    pub(super) path: String,
    /// The path before the last `/providers/`, as it was sent; the whole path when there is none.
    pub(super) scope: String,
    pub(super) subscription: Option<String>,
    pub(super) group: Option<String>,
    /// The provider and the types, in lower case: `microsoft.managedidentity/userassignedidentities`.
    pub(super) kind: String,
    /// The names between the types.
    pub(super) names: Vec<String>,
}

impl Place {
    pub(super) fn of(path: &str) -> Self {
        let path = path.trim_end_matches('/').to_owned();
        let segments: Vec<&str> = path.split('/').skip(1).collect();
        let after = |name: &str| {
            let at = segments.iter().position(|it| it.eq_ignore_ascii_case(name))?;
            segments.get(at + 1).map(|it| (*it).to_owned())
        };
        let starts = |name: &str| segments.first().is_some_and(|it| it.eq_ignore_ascii_case(name));
        let subscription = after("subscriptions").filter(|_| starts("subscriptions"));
        let group = after("resourceGroups").filter(|_| starts("subscriptions"));
        let provider = segments.iter().rposition(|it| it.eq_ignore_ascii_case("providers"));
        let (scope, rest) = match provider {
            Some(at) => (segments[..at].iter().map(|it| format!("/{it}")).collect(), &segments[at + 1..]),
            None => (path.clone(), &[][..]),
        };
        let (types, names): (Vec<_>, Vec<_>) =
            rest.iter().skip(1).enumerate().partition(|(index, _)| index.is_multiple_of(2));
        let mut kind = rest.first().map(|it| it.to_lowercase()).unwrap_or_default();
        for (_, name) in types {
            kind.push('/');
            kind.push_str(&name.to_lowercase());
        }
        if rest.is_empty() {
            kind = match (segments.len(), provider) {
                (_, Some(_)) => "providers".to_owned(),
                (length, None) if length.is_multiple_of(2) => {
                    segments.get(length - 2).map(|it| it.to_lowercase()).unwrap_or_default()
                }
                (length, None) => segments.get(length - 1).map(|it| it.to_lowercase()).unwrap_or_default(),
            };
        }
        let names = names.into_iter().map(|(_, name)| (*name).to_owned()).collect();
        Self { path, scope, subscription, group, kind, names }
    }

    /// Says whether the path ends in a name, and not in a type.
    pub(super) fn names_one(&self) -> bool {
        (self.path.split('/').count() - 1).is_multiple_of(2)
    }
}

/// Says whether a scope is another one or lies within it.
pub(super) fn covers(outer: &str, inner: &str) -> bool {
    let (outer, inner) = (outer.trim_end_matches('/').to_lowercase(), inner.to_lowercase());
    inner.strip_prefix(&outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::{Place, covers};

    #[test]
    fn paths_name_the_same_in_any_case() {
        let place = Place::of(
            "/subscriptions/S/resourcegroups/Rg/providers/microsoft.ManagedIdentity/UserAssignedIdentities/i/federatedIdentityCredentials/",
        );
        assert_eq!(place.kind, "microsoft.managedidentity/userassignedidentities/federatedidentitycredentials");
        assert_eq!((place.subscription.as_deref(), place.group.as_deref()), (Some("S"), Some("Rg")));
        assert_eq!(place.names, ["i"]);
        assert!(!place.names_one() && Place::of("/subscriptions/S").names_one());
        assert_eq!(Place::of("/subscriptions/S/resourceGroups").kind, "resourcegroups");
        let nested = Place::of(
            "/subscriptions/S/resourceGroups/g/providers/A.B/c/d/providers/Microsoft.Authorization/permissions",
        );
        assert_eq!(nested.scope, "/subscriptions/S/resourceGroups/g/providers/A.B/c/d");
        assert!(covers("/subscriptions/s", "/subscriptions/S/x") && !covers("/subscriptions/s", "/subscriptions/sx"));
    }
}
