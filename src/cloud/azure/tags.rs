//! The tags that say whose a managed identity is, and the same for a role assignment, which has only a description.
//!
//! Azure's names of tags hold none of `<>%&\?/`, so these are not Kubernetes' own. az may drop tags when it writes an
//! identity that is there (`gcp-azure.md`, part 8): a missing tag proves nothing.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use super::names::ResourceId;
use crate::cluster::owner::FIELD_MANAGER;

/// Tags by name.
pub type Tags = BTreeMap<String, String>;

/// On what this tool made, with its name: this may be deleted by it.
pub const MADE: &str = "managed-by";
/// On what it made: the id of the cluster that it is for, in lower case.
pub const CLUSTER: &str = "runner-setup-cluster";
/// On what it made: `<namespace>/<name>` of the service account that it is for.
pub const SERVICE_ACCOUNT: &str = "runner-setup-service-account";
/// ARM's limit for the value of a tag, in characters.
const LONGEST: usize = 256;
/// What the digest of a longer value begins with.
const DIGEST: &str = "sha256:";
/// What every description of ours begins with.
const BEGINNING: &str = "Made by runner-setup for the jobs of ";

/// Whether a name is one of ours. ARM takes names that differ only in case as the same.
pub fn is_ours(name: &str) -> bool {
    [MADE, CLUSTER, SERVICE_ACCOUNT].iter().any(|ours| name.eq_ignore_ascii_case(ours))
}

/// The tags of what is made: whom it is for, and by whom. The same for the same jobs, however often it is asked for.
pub fn made(cluster: &ResourceId, service_account: &str) -> Tags {
    BTreeMap::from([
        (MADE.to_owned(), FIELD_MANAGER.to_owned()),
        (CLUSTER.to_owned(), value_of(&cluster.as_str().to_lowercase())),
        (SERVICE_ACCOUNT.to_owned(), value_of(service_account)),
    ])
}

/// Whether this tool made what carries these tags.
pub fn made_by_us(tags: &Tags) -> bool {
    get(tags, MADE) == Some(FIELD_MANAGER)
}

/// Whether the tags name this cluster and this service account (`namespace/name`).
pub fn is_for(tags: &Tags, cluster: &ResourceId, service_account: &str) -> bool {
    is_for_cluster(tags, cluster) && get(tags, SERVICE_ACCOUNT) == Some(value_of(service_account).as_str())
}

/// Whether the tags name this cluster.
pub fn is_for_cluster(tags: &Tags, cluster: &ResourceId) -> bool {
    get(tags, CLUSTER).is_some_and(|value| value.eq_ignore_ascii_case(&value_of(&cluster.as_str().to_lowercase())))
}

/// A tag by its name, in any case of letters.
pub fn get<'a>(tags: &'a Tags, name: &str) -> Option<&'a str> {
    tags.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
}

/// The description of a role assignment of ours.
pub fn description(cluster: &ResourceId, service_account: &str) -> String {
    format!("{BEGINNING}{service_account} in {}", cluster.as_str().to_lowercase())
}

/// Whether a role assignment with this description is ours, for this cluster and this service account.
pub fn is_our_description(text: &str, cluster: &ResourceId, service_account: &str) -> bool {
    text.eq_ignore_ascii_case(&description(cluster, service_account))
}

fn value_of(text: &str) -> String {
    if text.chars().count() <= LONGEST {
        return text.to_owned();
    }
    let digest: String = Sha256::digest(text).iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    format!("{DIGEST}{digest}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cluster(name: &str) -> ResourceId {
        let subscription = "0b1f6471-1bf0-4dda-aec3-cb9272f09590".parse().unwrap();
        ResourceId::of_cluster(&subscription, "My-Group", name)
    }

    #[test]
    fn tags_say_whose_it_is_in_any_case_of_letters() {
        let tags = made(&cluster("prod"), "jobs/job");
        assert!(made_by_us(&tags) && is_for(&tags, &cluster("Prod"), "jobs/job"));
        assert!(!is_for(&tags, &cluster("prod"), "jobs/Job") && !is_for_cluster(&tags, &cluster("other")));
        let upper: Tags = tags.into_iter().map(|(name, value)| (name.to_uppercase(), value)).collect();
        assert!(is_for(&upper, &cluster("prod"), "jobs/job"));
        assert!(is_ours("Managed-By") && !is_ours("owner"));
        assert!(!made_by_us(&Tags::new()) && !is_for(&Tags::new(), &cluster("prod"), "jobs/job"));
    }

    #[test]
    fn long_values_are_still_told_apart() {
        let subscription = "0b1f6471-1bf0-4dda-aec3-cb9272f09590".parse().unwrap();
        let long =
            |end: &str| ResourceId::of_cluster(&subscription, &"g".repeat(90), &format!("{}{end}", "c".repeat(62)));
        let tags = made(&long("a"), "jobs/job");
        assert!(tags.values().all(|value| value.len() <= LONGEST));
        assert!(is_for_cluster(&tags, &long("a")) && !is_for_cluster(&tags, &long("b")));
    }

    #[test]
    fn a_role_assignment_says_it_in_words() {
        let text = description(&cluster("prod"), "jobs/job");
        assert!(is_our_description(&text, &cluster("PROD"), "jobs/job"), "{text}");
        assert!(!is_our_description(&text, &cluster("prod"), "jobs/other"));
    }
}
