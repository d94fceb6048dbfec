//! Proves the jobs' identity in AWS: a token of their account is really exchanged, or the association is read back.

use std::fmt;
use std::time::Duration;

use base64::Engine;
use serde_json::Value;

use super::{Observed, Proof};
use crate::cloud::aws::found::{EksCluster, FoundAws};
use crate::cloud::aws::look;
use crate::cloud::aws::settings::AwsSettings;
use crate::cloud::aws::trust_policy::{AUDIENCE, Asked, asked_of};
use crate::cloud::aws::{Aws, WebIdentityError};
use crate::cloud::look::Look;
use crate::cluster::{Cluster, ClusterError};
use crate::failure::{Failure, FailureKind};
use crate::phase::Phase;
use crate::plan::{POD_IDENTITY_ADDON, entrant, role_arn};

/// The claim that a token of the jobs' account is exchanged for the role's credentials.
pub const TOKEN_EXCHANGED: &str = "token-exchanged";
/// The claim that EKS gives the role to the jobs' account.
pub const ASSOCIATED: &str = "pod-identity-associated";
/// How the session is called whose credentials are thrown away at once.
const SESSION: &str = "runner-setup-proof";
/// How long a role may take to be known everywhere after it was changed (eventual consistency of IAM).
const AFTER_CHANGES: Duration = Duration::from_mins(2);
/// The same when nothing was changed now; an earlier run may have done so a moment ago.
const WITHOUT_CHANGES: Duration = Duration::from_secs(10);

/// Mints a token for the job service account and exchanges it.
pub(super) async fn token_exchanged(
    proof: &Proof<'_>,
    aws: &AwsSettings,
    found: &FoundAws,
    client: &Aws,
    cluster: Option<&Cluster>,
    timeout: Duration,
) -> Result<Observed, Failure> {
    let (namespace, account) = (proof.settings.job_namespace.as_str(), proof.settings.job_account.name.as_str());
    let unknown = |why: String| Ok(Observed::Unknown(format!("not tried: {why}")));
    let Some(cluster) = cluster.filter(|_| proof.found.cluster.is_some()) else {
        return unknown("the cluster is not reached, and only it makes tokens of its accounts".to_owned());
    };
    let token = match cluster.service_account_token(namespace, account, AUDIENCE).await {
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
    let role = role_arn(aws, found);
    let changed = proof.plan.changes().any(|(planned, _)| planned.phase == Phase::Identity);
    let mut compared = compared(proof, &found.cluster, &token);
    let patience = match (changed, compared.iter().all(Compared::is_same)) {
        // Waiting makes no token say something else.
        (_, false) => Duration::ZERO,
        (true, true) => timeout.min(AFTER_CHANGES),
        (false, true) => timeout.min(WITHOUT_CHANGES),
    };
    match client.assume_with_web_identity(&role, &token, SESSION, patience).await {
        Ok(identity) => {
            Ok(Observed::Pass(format!("a token of `{namespace}/{account}` was exchanged, and is {identity}")))
        }
        Err(error) => {
            let as_set_up = compared.iter().all(Compared::is_same);
            let trust = if as_set_up { asked_by_now(proof, aws, found, client, &mut compared).await } else { None };
            Err(refused(&compared, trust, &found.cluster, &role, &error))
        }
    }
}

/// One claim of a token beside what is expected of it.
struct Compared {
    claim: &'static str,
    /// One of these; empty: anything.
    expected: Vec<Asked>,
    actual: String,
}

impl Compared {
    fn is_same(&self) -> bool {
        self.expected.is_empty() || self.expected.iter().any(|asked| asked.fits(&self.actual))
    }
}

impl fmt::Display for Compared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let expected: Vec<_> = self.expected.iter().map(|asked| asked.text.as_str()).collect();
        let expected = if expected.is_empty() { "anything".to_owned() } else { expected.join(" or ") };
        let mark = if self.is_same() { "(same)" } else { "<- differs" };
        write!(f, "{}  expected {expected}  token {}  {mark}", self.claim, self.actual)
    }
}

/// What the token says beside what the tool set up.
fn compared(proof: &Proof<'_>, cluster: &EksCluster, token: &str) -> Vec<Compared> {
    let subject = format!("system:serviceaccount:{}:{}", proof.settings.job_namespace, proof.settings.job_account.name);
    let claims = claims(token);
    let expected =
        [("iss", cluster.issuer.clone().unwrap_or_default()), ("sub", subject), ("aud", AUDIENCE.to_owned())];
    let compared = expected.into_iter().map(|(claim, expected)| {
        let actual = claims.as_ref().map_or_else(|| "unreadable".to_owned(), |claims| claim_text(claims, claim));
        Compared { claim, expected: vec![Asked::exactly(expected)], actual }
    });
    compared.collect()
}

/// The token is as it should be, and refused: what the role asks for by now, and what else its trust policy says.
async fn asked_by_now(
    proof: &Proof<'_>,
    aws: &AwsSettings,
    found: &FoundAws,
    client: &Aws,
    compared: &mut [Compared],
) -> Option<String> {
    let is_ours = aws.our_role().is_some() || role_arn(aws, found).contains(&format!("::{}:", found.caller.account));
    let role = if is_ours { client.role(aws.role_name()).await.ok()? } else { None };
    let Some(role) = role else { return is_ours.then(|| "the role is not there any more".to_owned()) };
    let judgement = entrant(proof.settings, aws.identity, found)?.judge(&role.trust);
    if judgement.lets_in {
        return None;
    }
    if judgement.denies {
        return Some("its trust policy denies the jobs' service account by now".to_owned());
    }
    if judgement.unjudged {
        return Some("its trust policy has conditions that can't be judged from here".to_owned());
    }
    if asked_of(&role.trust, "iss").is_empty() {
        return Some("its trust policy lets no token of an OIDC provider in by now".to_owned());
    }
    for line in compared {
        line.expected = asked_of(&role.trust, line.claim);
    }
    Some("its trust policy does not let the jobs' service account in by now".to_owned())
}

/// What was refused, with every claim and the difference marked.
fn refused(
    compared: &[Compared],
    trust: Option<String>,
    cluster: &EksCluster,
    role: &str,
    error: &WebIdentityError,
) -> Failure {
    let mut failure = Failure::new(
        FailureKind::Refused,
        format!("AWS does not exchange a token of the jobs' account for the role {role}"),
    )
    .cause(error.to_string());
    let trust_changed = trust.is_some();
    if let Some(trust) = trust {
        failure = failure.cause(trust);
    }
    for line in compared {
        failure = failure.cause(line.to_string());
    }
    let differs = !trust_changed && !compared.iter().all(Compared::is_same);
    let name = role.rsplit('/').next().unwrap_or(role);
    if differs {
        failure.hint(format!(
            "aws eks describe-cluster --name {} --region {} --query cluster.identity",
            cluster.name,
            cluster.arn.region()
        ))
    } else {
        failure
            .hint(format!("aws iam get-role --role-name {name} --query Role.AssumeRolePolicyDocument"))
            .hint("run the same command again: a role that was just changed is not known everywhere at once")
    }
}

/// The claims of a token; its signature is the server's business.
fn claims(token: &str) -> Option<Value> {
    let payload = token.split('.').nth(1)?;
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?;
    serde_json::from_slice(&bytes).ok()
}

fn claim_text(claims: &Value, name: &str) -> String {
    match claims.get(name) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", "),
        _ => "nothing".to_owned(),
    }
}

/// Reads the association back. The exchange itself is only done for a node, so it can't be tried from here.
pub(super) async fn associated(
    proof: &Proof<'_>,
    aws: &AwsSettings,
    found: &FoundAws,
    client: &Aws,
) -> Result<Observed, Failure> {
    let (namespace, account) = (proof.settings.job_namespace.as_str(), proof.settings.job_account.name.as_str());
    let cluster = &found.cluster.name;
    let unchanged = !proof.plan.changes().any(|(planned, _)| planned.phase == Phase::Identity);
    let (association, addon) = match (unchanged, found.cluster.auto_mode) {
        // Nothing was changed: what was found is what is there.
        (true, _) => (found.association.clone(), found.addon.clone()),
        (false, true) => (look(client.association(cluster, namespace, account).await)?, Look::NotLooked),
        (false, false) => {
            let (association, addon) = futures::join!(
                client.association(cluster, namespace, account),
                client.addon(cluster, POD_IDENTITY_ADDON)
            );
            (look(association)?, look(addon)?)
        }
    };
    let wanted = role_arn(aws, found);
    match association {
        Look::Unknown(why) => Ok(Observed::Unknown(format!("the association can't be read back: {why}"))),
        Look::There(association) if association.role_arn == wanted => {
            let given = format!("association {} gives `{namespace}/{account}` the role {wanted}", association.id);
            let on_node = "pods get it on a node, which can't be tried from here";
            let agent = match addon {
                _ if found.cluster.auto_mode => "built in".to_owned(),
                Look::There(addon) if ["ACTIVE", "CREATING", "UPDATING"].contains(&addon.status.as_str()) => {
                    addon.status
                }
                Look::There(addon) => {
                    return Ok(Observed::Unknown(format!("{given}, and the Pod Identity agent is {}", addon.status)));
                }
                Look::Unknown(why) => {
                    return Ok(Observed::Unknown(format!("{given}; whether its agent is there is not known: {why}")));
                }
                Look::Missing | Look::NotLooked => {
                    return Ok(Observed::Unknown(format!("{given}, and the Pod Identity agent is not installed")));
                }
            };
            Ok(Observed::Pass(format!("{given}; the Pod Identity agent is {agent}; {on_node}")))
        }
        other => {
            let there = other.there().map_or("nothing".to_owned(), |association| association.role_arn.clone());
            Err(Failure::new(
                FailureKind::Refused,
                format!("EKS gives `{namespace}/{account}` {there}, not the role {wanted}"),
            )
            .hint(format!(
                "aws eks list-pod-identity-associations --cluster-name {} --region {}",
                found.cluster.name,
                found.cluster.arn.region()
            )))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims_are_read_as_they_stand_in_the_token() {
        let payload = r#"{"iss":"https://i","sub":"system:serviceaccount:a:b","aud":["x","y"]}"#;
        let encoded = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(payload);
        let claims = claims(&format!("h.{encoded}.s")).unwrap();
        assert_eq!(claim_text(&claims, "aud"), "x, y");
        assert_eq!(claim_text(&claims, "sub"), "system:serviceaccount:a:b");
        assert_eq!(claim_text(&claims, "exp"), "nothing");
        assert_eq!(super::claims("no token"), None);
    }
}
