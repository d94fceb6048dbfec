//! The tags that say whose an object of AWS is.

use std::collections::BTreeMap;

pub use super::change::Tags;
use crate::cluster::owner::{FIELD_MANAGER, MANAGED_BY};

/// On what this tool made, with its name: this may be deleted by it.
pub const MADE: &str = MANAGED_BY;
/// On what it made or adopted: the ARN of the cluster that it is for.
pub const CLUSTER: &str = "runner-setup/cluster";
/// On what it made or adopted: `<namespace>/<name>` of the service account that it is for.
pub const SERVICE_ACCOUNT: &str = "runner-setup/service-account";

/// Whether a key is one of ours. IAM takes keys that differ only in case as the same.
pub fn is_ours(key: &str) -> bool {
    [MADE, CLUSTER, SERVICE_ACCOUNT].iter().any(|ours| is_same_key(key, ours))
}

/// Whether two keys are the same to IAM, which knows no case in them.
pub fn is_same_key(one: &str, other: &str) -> bool {
    one.to_lowercase() == other.to_lowercase()
}

/// Whether this tool made what carries these tags.
pub fn made_by_us(tags: &Tags) -> bool {
    tags.get(MADE).is_some_and(|name| name == FIELD_MANAGER)
}

/// The tags of what is adopted: whom it is for.
pub fn adopted(cluster: &str, service_account: &str) -> Tags {
    BTreeMap::from([(CLUSTER.to_owned(), cluster.to_owned()), (SERVICE_ACCOUNT.to_owned(), service_account.to_owned())])
}

/// The tags of what is made: whom it is for, by whom, and what a person wants on it.
pub fn made(cluster: &str, service_account: &str, told: &Tags) -> Tags {
    let mut tags = adopted(cluster, service_account);
    tags.insert(MADE.to_owned(), FIELD_MANAGER.to_owned());
    tags.extend(told.iter().map(|(key, value)| (key.clone(), value.clone())));
    tags
}

/// The tags of an OIDC provider that is made: it is the cluster's, not one service account's.
pub fn made_provider(cluster: &str, told: &Tags) -> Tags {
    let mut tags = made(cluster, "", told);
    tags.remove(SERVICE_ACCOUNT);
    tags
}
