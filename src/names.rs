//! Names that servers will accept: an invalid one cannot exist, and the error names the rule it breaks.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Why a text is not a valid name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} `{text}` {problem}; use {rule}")]
pub struct NameError {
    what: &'static str,
    text: String,
    problem: String,
    rule: &'static str,
}

/// The longest runner id accepted here. The API names no limit; it ends up in labels and session names of 63 and 64.
const RUNNER_ID_MAX: usize = 63;
const RUNNER_ID_RULE: &str = "lowercase letters, digits and single `-` between them, starting with a letter";
const DNS_LABEL_RULE: &str = "at most 63 lowercase letters, digits and `-`, starting and ending with a letter or digit";
const DNS_SUBDOMAIN_RULE: &str =
    "at most 253 lowercase letters, digits, `-` and `.`, starting and ending with a letter or digit";

/// Makes a newtype over `String` that can only be made by parsing.
macro_rules! name {
    ($(#[$doc:meta])* $name:ident, $check:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String")]
        pub struct $name(String);

        impl $name {
            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = NameError;
            fn from_str(text: &str) -> Result<Self, NameError> {
                $check(text)?;
                Ok(Self(text.to_owned()))
            }
        }

        impl TryFrom<String> for $name {
            type Error = NameError;
            fn try_from(text: String) -> Result<Self, NameError> {
                text.parse()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

name! {
    /// A runner's id, by the stricter of the two published rules: `^[a-z](?:-?[a-z0-9]+)+$`.
    RunnerId, check_runner_id
}
name! {
    /// The name of a namespace: an RFC 1123 label.
    NamespaceName, check_namespace
}
name! {
    /// The name of a namespaced Kubernetes object: an RFC 1123 subdomain.
    KubernetesName, check_kubernetes_name
}

impl RunnerId {
    /// Makes a valid id of a prefix and any text, e.g. an EKS cluster's ARN or a GKE context.
    ///
    /// Of an EKS ARN and of a GKE context only the cluster's name is used, everything else that is not allowed becomes one
    /// `-`, and what is too long is cut and ends in a digest. Returns `None` when nothing usable is left.
    pub fn derive(prefix: &str, text: &str) -> Option<Self> {
        let tail = match text.splitn(4, '_').collect::<Vec<_>>().as_slice() {
            _ if text.starts_with("arn:") => text.rsplit('/').next().unwrap_or(text),
            // gke_<project>_<location>_<name>, as gcloud names its contexts.
            ["gke", _, _, name] => name,
            _ => text,
        };
        let mut id = String::new();
        for character in format!("{prefix}-{tail}").to_lowercase().chars() {
            match character {
                'a'..='z' => id.push(character),
                '0'..='9' if !id.is_empty() => id.push(character),
                _ if id.is_empty() || id.ends_with('-') => {}
                _ => id.push('-'),
            }
        }
        if id.len() > RUNNER_ID_MAX {
            // Two long names with the same beginning stay two: a digest of the whole takes the end's place.
            let digest: String = Sha256::digest(text).iter().take(4).map(|byte| format!("{byte:02x}")).collect();
            id.truncate(RUNNER_ID_MAX - digest.len() - 1);
            id = format!("{}-{digest}", id.trim_end_matches('-'));
        }
        id.trim_end_matches('-').parse().ok()
    }
}

fn check_runner_id(text: &str) -> Result<(), NameError> {
    let refuse =
        |problem: String| Err(NameError { what: "runner id", text: text.to_owned(), problem, rule: RUNNER_ID_RULE });
    if let Some(character) = text.chars().find(|c| !matches!(c, 'a'..='z' | '0'..='9' | '-')) {
        return refuse(format!("has {character:?}"));
    }
    if !text.starts_with(|c: char| c.is_ascii_lowercase()) {
        return refuse("does not start with a letter".to_owned());
    }
    if text.len() < 2 {
        return refuse("is too short".to_owned());
    }
    if text.len() > RUNNER_ID_MAX {
        return refuse(format!("has {} characters, {RUNNER_ID_MAX} is the most", text.len()));
    }
    if text.ends_with('-') || text.contains("--") {
        return refuse("has a `-` at its end or twice in a row".to_owned());
    }
    Ok(())
}

fn check_namespace(text: &str) -> Result<(), NameError> {
    check_dns(text, "namespace", 63, false, DNS_LABEL_RULE)
}

fn check_kubernetes_name(text: &str) -> Result<(), NameError> {
    check_dns(text, "name", 253, true, DNS_SUBDOMAIN_RULE)
}

fn check_dns(text: &str, what: &'static str, most: usize, dots: bool, rule: &'static str) -> Result<(), NameError> {
    let refuse = |problem: String| Err(NameError { what, text: text.to_owned(), problem, rule });
    if text.is_empty() {
        return refuse("is empty".to_owned());
    }
    if text.len() > most {
        return refuse(format!("has {} characters", text.len()));
    }
    let allowed = |c: char| matches!(c, 'a'..='z' | '0'..='9' | '-') || (dots && c == '.');
    if let Some(character) = text.chars().find(|c| !allowed(*c)) {
        return refuse(format!("has {character:?}"));
    }
    let edge_is_bad = |part: &str| part.is_empty() || part.starts_with('-') || part.ends_with('-');
    if text.split('.').any(edge_is_bad) {
        return refuse("starts or ends with `-` or `.`".to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_runner_id_says_which_character_is_wrong() {
        let error = "My runner".parse::<RunnerId>().unwrap_err().to_string();
        assert_eq!(
            error,
            "runner id `My runner` has 'M'; use lowercase letters, digits and single `-` between them, starting with a letter"
        );
    }

    #[test]
    fn the_stricter_rule_is_obeyed() {
        for good in ["ab", "a-b", "kubernetes-agent-prod1", "a1"] {
            assert!(good.parse::<RunnerId>().is_ok(), "{good}");
        }
        for bad in ["", "a", "a_b", "-ab", "ab-", "a--b", "1ab", "Ab", "a b"] {
            assert!(bad.parse::<RunnerId>().is_err(), "{bad}");
        }
    }

    #[test]
    fn ids_are_derived_from_anything_a_context_may_be_called() {
        let derive = |text: &str| RunnerId::derive("kubernetes-agent", text).unwrap().to_string();
        assert_eq!(derive("arn:aws:eks:eu-central-1:123456789012:cluster/Prod_1"), "kubernetes-agent-prod-1");
        assert_eq!(derive("gke_my-project_europe-west1_main"), "kubernetes-agent-main");
        assert_eq!(derive("admin@kind"), "kubernetes-agent-admin-kind");
        let long = derive(&"x".repeat(100));
        assert!(long.len() <= 63, "{long}");
        assert_ne!(long, derive(&"x".repeat(101)));
    }

    #[test]
    fn namespaces_are_labels_and_objects_are_subdomains() {
        assert!("a.b".parse::<NamespaceName>().is_err());
        assert!("a.b".parse::<KubernetesName>().is_ok());
        assert!("a..b".parse::<KubernetesName>().is_err());
        assert!("UPPER".parse::<NamespaceName>().is_err());
    }
}
