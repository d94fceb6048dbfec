//! Proves the jobs' identity in Google Cloud without a pod: the policies are read back and compared, and a token of the
//! jobs' account is exchanged as far as that works from outside.

use std::time::{Duration, Instant};

use super::{Observed, Proof, TOKEN_EXCHANGED};
use crate::cloud::gcp::Gcp;
use crate::cloud::gcp::found::{FoundGcp, Policy};
use crate::cloud::gcp::settings::GcpSettings;
use crate::cluster::{Cluster, ClusterError};
use crate::event::{Event, Tell};
use crate::failure::{Failure, FailureKind};
use crate::phase::Phase;
use crate::plan::{WORKLOAD_IDENTITY_USER, grantee, jobs, jobs_member};
use crate::settings::GcpIdentity;

/// The claim that the jobs may act as their Google service account: its policy, read back.
pub const MAY_ACT: &str = "workload-identity-bound";
/// The claim that the jobs' identity has its roles in the project: its policy, read back.
pub const ROLES_GRANTED: &str = "roles-granted";
/// How long a policy may take to be read as it was written.
const READ_BACK: Duration = Duration::from_secs(30);
/// How often it is read meanwhile.
const PAUSE: Duration = Duration::from_secs(2);
/// How long Google may take to know a grant everywhere (it documents 2 minutes as usual, 7 as possible).
const AFTER_CHANGES: Duration = Duration::from_mins(2);
/// The same when nothing was changed now; an earlier run may have done so a moment ago.
const WITHOUT_CHANGES: Duration = Duration::from_secs(10);

/// What the proofs work with.
pub(super) struct Ground<'a> {
    pub(super) proof: &'a Proof<'a>,
    pub(super) gcp: &'a GcpSettings,
    pub(super) found: &'a FoundGcp,
    pub(super) client: &'a Gcp,
    pub(super) tell: &'a Tell,
}

impl Ground<'_> {
    fn is_changed(&self) -> bool {
        self.proof.plan.changes().any(|(planned, _)| planned.phase == Phase::Identity)
    }

    fn waiting(&self, claim: &str, observed: String) {
        (self.tell)(Event::Waiting { claim: claim.to_owned(), observed });
    }
}

/// Proves what is claimed of the jobs' identity. The policies are read back at the same time; after a claim that does not
/// hold comes none that would only say the same in other words.
pub(super) async fn prove(
    ground: &Ground<'_>,
    claims: &[&'static str],
    cluster: Option<&Cluster>,
    timeout: Duration,
) -> Vec<(&'static str, Result<Observed, Failure>)> {
    let acts = async { if claims.contains(&MAY_ACT) { Some(may_act(ground, timeout).await) } else { None } };
    let roles =
        async { if claims.contains(&ROLES_GRANTED) { Some(roles_granted(ground, timeout).await) } else { None } };
    let (acts, roles) = futures::join!(acts, roles);
    let mut checked = Vec::new();
    for (claim, outcome) in [(MAY_ACT, acts), (ROLES_GRANTED, roles)] {
        let Some(outcome) = outcome else { continue };
        let is_broken = outcome.is_err();
        checked.push((claim, outcome));
        if is_broken {
            return checked;
        }
    }
    if claims.contains(&TOKEN_EXCHANGED) {
        checked.push((TOKEN_EXCHANGED, token_exchanged(ground, cluster, timeout).await));
    }
    checked
}

/// Reads the account's policy back: it lets in exactly the jobs' account.
async fn may_act(ground: &Ground<'_>, timeout: Duration) -> Result<Observed, Failure> {
    let email = ground.gcp.account_email();
    let pool = ground.found.cluster.workload_pool.as_deref().unwrap_or_default();
    let member = jobs_member(ground.proof.settings, pool);
    let read = async || match ground.client.account_policy(email).await {
        Ok(policy) => Ok(policy),
        Err(error) if error.is_denied() => Err(Ok(error.to_string())),
        Err(error) => Err(Err(Failure::from(error))),
    };
    let wanted = [(WORKLOAD_IDENTITY_USER, member.as_str())];
    let seen = if ground.is_changed() { None } else { ground.found.account_policy.there() };
    match read_back(ground, MAY_ACT, seen, read, &wanted, timeout).await? {
        ReadBack::Fits => {
            Ok(Observed::Pass(format!("read back: {email} lets in {member}, compared character by character")))
        }
        ReadBack::Unknown(why) => Ok(Observed::Unknown(format!("the policy of {email} can't be read back: {why}"))),
        ReadBack::Lacks { member, nearest, .. } => {
            let failure = Failure::new(FailureKind::Refused, format!("the policy of {email} does not let in {member}"));
            let failure =
                nearest.into_iter().fold(failure, |failure, other| failure.cause(difference(&member, &other)));
            Err(failure
                .hint(format!("gcloud iam service-accounts get-iam-policy {email} --project {}", email.project())))
        }
    }
}

/// Reads the project's policy back: the jobs' identity has every role that was asked for.
async fn roles_granted(ground: &Ground<'_>, timeout: Duration) -> Result<Observed, Failure> {
    let project = &ground.gcp.project;
    let Some(member) = grantee(ground.proof.settings, ground.gcp, ground.found) else {
        return Ok(Observed::Unknown("who gets the roles can't be known".to_owned()));
    };
    let read = async || match ground.client.project_policy(project).await {
        Ok(policy) => Ok(Some(policy)),
        Err(error) if error.is_denied() => Err(Ok(error.to_string())),
        Err(error) => Err(Err(Failure::from(error))),
    };
    let wanted: Vec<(&str, &str)> = ground.gcp.roles.iter().map(|role| (role.as_str(), member.as_str())).collect();
    let seen = if ground.is_changed() { None } else { ground.found.project_policy.there() };
    match read_back(ground, ROLES_GRANTED, seen, read, &wanted, timeout).await? {
        ReadBack::Fits => {
            let roles = wanted.iter().map(|(role, _)| *role).collect::<Vec<_>>().join(", ");
            Ok(Observed::Pass(format!("read back: {member} has {roles} in project `{project}`")))
        }
        ReadBack::Unknown(why) => Ok(Observed::Unknown(format!("the policy of `{project}` can't be read back: {why}"))),
        ReadBack::Lacks { role, member, .. } => {
            let message = format!("the policy of project `{project}` does not give {role} to {member}");
            Err(Failure::new(FailureKind::Refused, message).hint(format!("gcloud projects get-iam-policy {project}")))
        }
    }
}

/// What reading a policy back came to.
enum ReadBack {
    /// Everything that was asked for is in it.
    Fits,
    /// One thing is not, also after a while.
    Lacks { role: String, member: String, nearest: Option<String> },
    /// It can't be read.
    Unknown(String),
}

/// Reads until everything wanted is there, for a bounded time: what was just written is not read everywhere at once.
async fn read_back<R>(
    ground: &Ground<'_>,
    claim: &str,
    seen: Option<&Policy>,
    read: R,
    wanted: &[(&str, &str)],
    timeout: Duration,
) -> Result<ReadBack, Failure>
where
    R: AsyncFn() -> Result<Option<Policy>, Result<String, Failure>>,
{
    if seen.is_some_and(|policy| lacks(policy, wanted).is_none()) {
        // Nothing was changed: what was found is what is there.
        return Ok(ReadBack::Fits);
    }
    let patience = if ground.is_changed() { READ_BACK.min(timeout) } else { Duration::ZERO };
    let end = Instant::now() + patience;
    loop {
        let is_last = Instant::now() + PAUSE > end;
        let observed = match read().await {
            Ok(policy) => {
                let policy = policy.unwrap_or_else(|| Policy(serde_json::json!({})));
                let Some((role, member)) = lacks(&policy, wanted) else { return Ok(ReadBack::Fits) };
                if is_last {
                    let nearest = nearest(&policy, member);
                    return Ok(ReadBack::Lacks { role: role.to_owned(), member: member.to_owned(), nearest });
                }
                format!("{role} for {member} is not read back yet")
            }
            // Of what is new, some servers say that one may not see it.
            Err(Ok(why)) if is_last => return Ok(ReadBack::Unknown(why)),
            Err(Ok(why)) => why,
            Err(Err(failure)) => return Err(failure),
        };
        ground.waiting(claim, observed);
        tokio::time::sleep(PAUSE).await;
    }
}

fn lacks<'w>(policy: &Policy, wanted: &[(&'w str, &'w str)]) -> Option<(&'w str, &'w str)> {
    wanted.iter().find(|(role, member)| !policy.grants(role, member)).copied()
}

/// The member that looks most like the wanted one.
fn nearest(policy: &Policy, member: &str) -> Option<String> {
    let others = policy.workload_members().into_iter().map(|other| other.member);
    others.max_by(|a, b| strsim::jaro_winkler(a, member).total_cmp(&strsim::jaro_winkler(b, member)))
}

/// Two members, with the place where they part.
fn difference(wanted: &str, there: &str) -> String {
    let same = wanted.chars().zip(there.chars()).take_while(|(a, b)| a == b).count();
    let rest: String = there.chars().skip(same).collect();
    if rest.is_empty() {
        return format!("the nearest one is {there}, which ends too early");
    }
    format!("the nearest one is {there}, which differs from character {} on: `{rest}`", same + 1)
}

/// Mints a token for the job service account and exchanges it as GKE's metadata server does. That way in is no documented
/// one, so that it works is a proof, and that it does not is none.
async fn token_exchanged(
    ground: &Ground<'_>,
    cluster: Option<&Cluster>,
    timeout: Duration,
) -> Result<Observed, Failure> {
    let settings = ground.proof.settings;
    let (namespace, account) = (settings.job_namespace.as_str(), settings.job_account.name.as_str());
    let unknown = |why: String| Ok(Observed::Unknown(format!("best effort, not tried: {why}")));
    let Some(pool) = ground.found.cluster.workload_pool.as_deref() else {
        return unknown("the cluster has no workload pool".to_owned());
    };
    let Some(cluster) = cluster.filter(|_| ground.proof.found.cluster.is_some()) else {
        return unknown("the cluster is not reached, and only it makes tokens of its accounts".to_owned());
    };
    let token = match cluster.service_account_token(namespace, account, pool).await {
        Ok(token) => token,
        Err(ClusterError::Forbidden { .. }) => {
            return unknown(format!(
                "the right to create serviceaccounts/token in the namespace `{namespace}` is missing, so no token of `{account}` can be had"
            ));
        }
        Err(error) if error.is_not_found() => {
            return unknown(format!("the service account `{namespace}/{account}` is not there yet"));
        }
        Err(error) => return Err(error.into()),
    };
    let patience = timeout.min(if ground.is_changed() { AFTER_CHANGES } else { WITHOUT_CHANGES });
    let acts_as = (ground.gcp.identity == GcpIdentity::ServiceAccount).then(|| ground.gcp.account_email());
    let path = ground.found.cluster.path();
    match ground.client.exchange(&token, pool, &path, acts_as, patience).await {
        Ok(_) => {
            let who =
                acts_as.map_or_else(|| format!("the federated identity of {}", jobs(settings)), ToString::to_string);
            Ok(Observed::Pass(format!(
                "best effort: a token of `{namespace}/{account}` was exchanged for one of {who}"
            )))
        }
        Err(error) => Ok(Observed::Unknown(format!("best effort: {error}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_where_two_members_part_is_named() {
        let wanted = "serviceAccount:p.svc.id.goog[a/b]";
        assert_eq!(
            difference(wanted, "serviceAccount:p.svc.id.goog[a/c]"),
            "the nearest one is serviceAccount:p.svc.id.goog[a/c], which differs from character 32 on: `c]`"
        );
        assert!(difference(wanted, "serviceAccount:p").ends_with("ends too early"));
    }
}
