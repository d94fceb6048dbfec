//! How policies name a service account of a cluster: by workload pool, namespace and name, never by cluster.

/// What all service accounts of a pool begin with, in the form without a Google service account.
const PRINCIPAL: &str = "principal://iam.googleapis.com/projects/";
/// The same for several at once.
const PRINCIPAL_SET: &str = "principalSet://iam.googleapis.com/projects/";

/// The member that lets one service account of a cluster act as a Google service account.
///
/// Source: Google's guide for Workload Identity Federation for GKE, and `failure-modes.md`, GKE-03 and GKE-04.
pub fn workload_member(pool: &str, namespace: &str, name: &str) -> String {
    format!("serviceAccount:{pool}[{namespace}/{name}]")
}

/// The member that a service account of a cluster is by itself, without a Google service account. `number` is the
/// number of the pool's project.
pub fn workload_principal(number: &str, pool: &str, namespace: &str, name: &str) -> String {
    format!("{PRINCIPAL}{number}/locations/global/workloadIdentityPools/{pool}/subject/ns/{namespace}/sa/{name}")
}

/// A service account of a cluster, as a policy names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Workload {
    /// The workload pool.
    pub pool: String,
    /// Its namespace; `None`: every one in the pool or in one cluster of it.
    pub namespace: Option<String>,
    /// Its name; `None`: every one in the namespace.
    pub name: Option<String>,
}

impl Workload {
    /// Reads a member; `None` when it is somebody else: a person, a Google service account, another provider's subject.
    pub fn of(member: &str) -> Option<Self> {
        let owned = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        if let Some(rest) = member.strip_prefix("serviceAccount:") {
            let (pool, account) = rest.strip_suffix(']')?.split_once('[')?;
            let (namespace, name) = account.split_once('/')?;
            return Some(Self { pool: owned(pool)?, namespace: Some(owned(namespace)?), name: Some(owned(name)?) });
        }
        let one = member.strip_prefix(PRINCIPAL);
        let rest = one.or_else(|| member.strip_prefix(PRINCIPAL_SET))?;
        let parts: Vec<_> = rest.split('/').collect();
        let [_, "locations", "global", "workloadIdentityPools", pool, who @ ..] = parts.as_slice() else { return None };
        if !pool.contains(".svc.") {
            return None;
        }
        let (namespace, name) = match who {
            ["subject", "ns", namespace, "sa", name] if one.is_some() => (owned(namespace), owned(name)),
            ["namespace", namespace] => (owned(namespace), None),
            _ => (None, None),
        };
        Some(Self { pool: owned(pool)?, namespace, name })
    }

    /// As people write it: `namespace/name`.
    pub fn account(&self) -> String {
        let part = |part: &Option<String>| part.clone().unwrap_or_else(|| "*".to_owned());
        format!("{}/{}", part(&self.namespace), part(&self.name))
    }

    /// Whether it is, or covers, this service account of this pool.
    pub fn covers(&self, pool: &str, namespace: &str, name: &str) -> bool {
        self.pool == pool
            && self.namespace.as_deref().is_none_or(|it| it == namespace)
            && self.name.as_deref().is_none_or(|it| it == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POOL: &str = "my-project.svc.id.goog";

    #[test]
    fn what_is_written_is_read() {
        for member in [workload_member(POOL, "jobs", "job"), workload_principal("123", POOL, "jobs", "job")] {
            let read = Workload::of(&member).unwrap();
            assert_eq!((read.pool.as_str(), read.account().as_str()), (POOL, "jobs/job"), "{member}");
            assert!(read.covers(POOL, "jobs", "job") && !read.covers(POOL, "jobs", "jobs"));
            assert!(!read.covers("other-project.svc.id.goog", "jobs", "job") && !read.covers(POOL, "job", "job"));
        }
        assert_eq!(workload_member(POOL, "jobs", "job"), "serviceAccount:my-project.svc.id.goog[jobs/job]");
    }

    #[test]
    fn sets_cover_what_is_in_them() {
        let set = |who: &str| {
            let pools = "locations/global/workloadIdentityPools";
            Workload::of(&format!("{PRINCIPAL_SET}123/{pools}/{POOL}/{who}")).unwrap()
        };
        assert_eq!(set("namespace/jobs").account(), "jobs/*");
        assert!(set("namespace/jobs").covers(POOL, "jobs", "any") && !set("namespace/jobs").covers(POOL, "other", "a"));
        assert!(set("*").covers(POOL, "other", "a"));
        assert!(set("kubernetes.cluster/https://container.googleapis.com/v1/x").covers(POOL, "other", "a"));
    }

    #[test]
    fn others_are_not_taken_for_one() {
        for member in [
            "serviceAccount:a@my-project.iam.gserviceaccount.com",
            "serviceAccount:my-project.svc.id.goog[job]",
            "serviceAccount:my-project.svc.id.goog[/job]",
            "serviceAccount:[jobs/job]",
            "deleted:serviceAccount:a@my-project.iam.gserviceaccount.com?uid=1",
            "user:me@example.com",
            "allUsers",
            "principal://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/github/subject/repo:a/b",
            "principal://goog/subject/me@example.com",
        ] {
            assert_eq!(Workload::of(member), None, "{member}");
        }
    }
}
