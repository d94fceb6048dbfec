//! Who somebody is, and under which names policies know them.

use sha2::{Digest as _, Sha256};

use super::state::State;

/// Whose a token is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Who {
    /// A person.
    User { email: String },
    /// A service account; the unique id outlives its name.
    Account { unique_id: String },
    /// A Kubernetes service account in the workload identity pool of a project.
    Workload { pool: String, number: String, namespace: String, account: String, cluster: String },
    /// Somebody of another identity provider: `pool` is a resource's name, such as
    /// `projects/1/locations/global/workloadIdentityPools/p` or `locations/global/workforcePools/p`.
    External { pool: String, subject: String },
}

/// Somebody, as access is decided about them.
#[derive(Clone, Debug)]
pub(super) struct Principal {
    /// The name in logs.
    pub(super) name: String,
    /// All names in policies; service accounts with their unique id, as policies are kept.
    pub(super) members: Vec<String>,
    /// The e-mail address.
    pub(super) email: Option<String>,
    /// What a token without the e-mail scope tells.
    pub(super) numeric: String,
}

impl State {
    /// Returns what is known of somebody; `None` when they are gone or disabled.
    pub(super) fn principal(&self, who: &Who) -> Option<Principal> {
        match who {
            Who::User { email } => {
                let domain = email.split_once('@').map_or("", |(_, domain)| domain);
                Some(Principal {
                    name: format!("user:{email}"),
                    members: vec![format!("user:{email}"), format!("domain:{domain}")],
                    email: Some(email.clone()),
                    numeric: numeric_of(email),
                })
            }
            Who::Account { unique_id } => {
                let (_, account) = self.account(unique_id)?;
                if account.deleted || account.disabled {
                    return None;
                }
                Some(Principal {
                    name: format!("serviceAccount:{}", account.email),
                    members: vec![format!("serviceAccount:{}?uid={unique_id}", account.email)],
                    email: Some(account.email.clone()),
                    numeric: unique_id.clone(),
                })
            }
            Who::Workload { pool, number, namespace, account, cluster } => {
                let home =
                    format!("iam.googleapis.com/projects/{number}/locations/global/workloadIdentityPools/{pool}");
                let subject = format!("principal://{home}/subject/ns/{namespace}/sa/{account}");
                let members = vec![
                    format!("serviceAccount:{pool}[{namespace}/{account}]"),
                    subject.clone(),
                    format!("principalSet://{home}/namespace/{namespace}"),
                    format!("principalSet://{home}/kubernetes.cluster/{cluster}"),
                    format!("principalSet://{home}/*"),
                ];
                Some(Principal { name: members[0].clone(), members, email: None, numeric: subject })
            }
            Who::External { pool, subject } => {
                let name = format!("principal://iam.googleapis.com/{pool}/subject/{subject}");
                let members = vec![name.clone(), format!("principalSet://iam.googleapis.com/{pool}/*")];
                Some(Principal { name: name.clone(), members, email: None, numeric: name })
            }
        }
    }
}

impl Principal {
    /// Says whether a member of a policy is, or holds, this principal.
    pub(super) fn is(&self, member: &str) -> bool {
        member == "allUsers" || member == "allAuthenticatedUsers" || self.members.iter().any(|it| it == member)
    }
}

/// Returns the number under which Google knows a person: always the same for an address.
pub(super) fn numeric_of(email: &str) -> String {
    let digest = Sha256::digest(email.as_bytes());
    let number = digest.iter().take(8).fold(0_u64, |sum, byte| (sum << 8) | u64::from(*byte));
    format!("1{number:020}")
}
