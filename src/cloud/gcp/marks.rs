//! How a Google service account says whose it is: they have no labels, so its description is the mark.

use sha2::{Digest, Sha256};

/// What every description of ours begins with.
const BEGINNING: &str = "Made by runner-setup for the jobs of ";
/// What stands between the jobs' account and their cluster.
const MIDDLE: &str = " in ";
/// How the description of an account ends that other runners were let into, as told: nobody deletes it then.
const SHARED: &str = "; shared with other runners";
/// IAM's limit for a description, in bytes (`iam.v1`, `ServiceAccount.description`).
const LONGEST: usize = 256;
/// What a long account's digest begins with.
const DIGEST: &str = "sha256:";
/// What the guide calls the accounts it has people make, before the cluster's name.
const DISPLAY_NAME: &str = "Humanitec Kubernetes agent runner on cluster ";
/// IAM's limit for a display name, in bytes (`iam.v1`, `ServiceAccount.displayName`).
const LONGEST_NAME: usize = 100;

/// Whose an account is, as its description says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// The cluster's path: `projects/P/locations/L/clusters/C`.
    pub cluster: String,
    /// The jobs' service account: `namespace/name`, or a digest of it when that was too long.
    pub service_account: String,
}

impl Mark {
    /// Whether it names this cluster and this service account (`namespace/name`).
    pub fn is_of(&self, cluster: &str, service_account: &str) -> bool {
        self.cluster == cluster
            && (self.service_account == service_account || self.service_account == digest(service_account))
    }
}

/// The description of an account of ours: for a cluster's path and the jobs' service account (`namespace/name`).
/// The same for the same jobs, however often it is asked for.
pub fn made(cluster: &str, service_account: &str) -> String {
    let text = format!("{BEGINNING}{service_account}{MIDDLE}{cluster}");
    if text.len() <= LONGEST {
        return text;
    }
    format!("{BEGINNING}{}{MIDDLE}{cluster}", digest(service_account))
}

fn digest(service_account: &str) -> String {
    let digest: String = Sha256::digest(service_account).iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    format!("{DIGEST}{digest}")
}

/// The description of an account of ours that others use too from now on; `None`: it says so already, or is none of ours.
pub fn shared(description: &str) -> Option<String> {
    let mark = read(description).filter(|_| !is_shared(description))?;
    let text = format!("{description}{SHARED}");
    if text.len() <= LONGEST {
        return Some(text);
    }
    Some(format!("{BEGINNING}{}{MIDDLE}{}{SHARED}", digest(&mark.service_account), mark.cluster))
}

/// Whether an account of ours is used by other runners too.
pub fn is_shared(description: &str) -> bool {
    description.ends_with(SHARED)
}

/// Whose an account is; `None`: its description is not one of ours.
pub fn read(description: &str) -> Option<Mark> {
    let description = description.strip_suffix(SHARED).unwrap_or(description);
    let (service_account, cluster) = description.strip_prefix(BEGINNING)?.split_once(MIDDLE)?;
    let parts: Vec<_> = cluster.split('/').collect();
    let ["projects", _, "locations", _, "clusters", _] = parts.as_slice() else { return None };
    Some(Mark { cluster: cluster.to_owned(), service_account: service_account.to_owned() })
}

/// What accounts of ours and of the guide are called in lists.
pub fn display_name(cluster: &str) -> String {
    // Names of clusters are ASCII and have at most 40 characters.
    format!("{DISPLAY_NAME}{cluster}").chars().take(LONGEST_NAME).collect()
}

/// The cluster that the guide made an account for; `None`: it is called something else.
pub fn guide_cluster(display_name: &str) -> Option<String> {
    display_name.strip_prefix(DISPLAY_NAME).map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLUSTER: &str = "projects/my-project/locations/europe-west1/clusters/prod";

    #[test]
    fn a_shared_account_stays_its_first_owner_s() {
        let description = made(CLUSTER, "jobs/job");
        let both = shared(&description).unwrap();
        assert!(is_shared(&both) && !is_shared(&description));
        assert!(read(&both).unwrap().is_of(CLUSTER, "jobs/job"));
        assert_eq!((shared(&both), shared("Used by somebody")), (None, None));
        let long = format!("{}/{}", "n".repeat(63), "a".repeat(63));
        let both = shared(&made(
            &format!("projects/{}/locations/europe-west1/clusters/{}", "p".repeat(30), "c".repeat(12)),
            &long,
        ));
        let both = both.unwrap();
        assert!(both.len() <= LONGEST, "{}", both.len());
        assert!(read(&both).unwrap().service_account.starts_with(DIGEST));
    }

    #[test]
    fn a_mark_is_read_back_whatever_its_length() {
        assert_eq!(
            made(CLUSTER, "jobs/job"),
            "Made by runner-setup for the jobs of jobs/job in projects/my-project/locations/europe-west1/clusters/prod"
        );
        let (long, longer) = (format!("jobs/{}", "x".repeat(253)), format!("jobs/{}y", "x".repeat(252)));
        for account in ["jobs/job", &long] {
            let text = made(CLUSTER, account);
            assert!(text.len() <= LONGEST, "{text}");
            let mark = read(&text).unwrap();
            assert!(mark.is_of(CLUSTER, account) && !mark.is_of(CLUSTER, &longer), "{mark:?}");
            assert!(!mark.is_of(&CLUSTER.replace("west1", "west2"), account));
        }
        let far = format!(
            "projects/example.com:{}/locations/northamerica-northeast1-a/clusters/{}",
            "p".repeat(30),
            "c".repeat(40)
        );
        assert!(made(&far, &long).len() <= LONGEST);
    }

    #[test]
    fn other_descriptions_are_not_ours() {
        for text in ["", "for jobs", "Made by runner-setup for the jobs of a/b in nowhere", "Made by runner-setup"] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn the_guide_s_name_is_ours_too() {
        assert_eq!(guide_cluster(&display_name("prod")).as_deref(), Some("prod"));
        assert_eq!(guide_cluster("Humanitec Kubernetes agent runner on cluster "), None);
        assert_eq!(guide_cluster("terraform"), None);
        assert!(display_name(&"c".repeat(90)).len() <= LONGEST_NAME);
    }
}
