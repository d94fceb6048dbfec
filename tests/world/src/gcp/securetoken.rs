//! The exchange that GKE's metadata server does for pods: a service account's token for one of its identity pool.
//!
//! It is no documented API; this is how public programs use it.

use serde_json::Value;

use super::answer::Answer;
use super::principal::Who;
use super::request::Received;
use super::state::{ClusterRecord, Project, State};
use super::sts::{field, granted};
use crate::jwt::Jwt;

pub(super) fn exchange(state: &mut State, received: &Received) -> Answer {
    let fields = received.fields();
    match exchanged(state, &fields) {
        Ok((who, home)) => granted(state, &fields, who, &home),
        Err(refusal) => refusal,
    }
}

/// Returns the project of the test that a request to this endpoint belongs to.
pub(super) fn home_of(state: &State, received: &Received) -> Option<String> {
    let fields = received.fields();
    let (pool, provider) = named(&fields)?;
    let by_cluster = provider_of(state, &pool, &provider).map(|(project, _)| project.id.clone());
    let project = provider.split_once("/projects/").and_then(|(_, rest)| rest.split('/').next().map(str::to_owned));
    by_cluster
        .or_else(|| state.pool(&pool).map(|project| project.id.clone()))
        .or_else(|| project.and_then(|project| state.project_id(&project)))
}

/// Reads `identitynamespace:POOL:PROVIDER`.
fn named(fields: &Value) -> Option<(String, String)> {
    let rest = fields["audience"].as_str()?.strip_prefix("identitynamespace:")?;
    let (pool, provider) = rest.split_once(':')?;
    Some((pool.to_owned(), provider.to_owned()))
}

/// Finds the cluster that a provider is: by its own URL, or by the issuer of its tokens.
fn provider_of<'a>(state: &'a State, pool: &str, provider: &str) -> Option<(&'a Project, &'a ClusterRecord)> {
    state.projects.values().find_map(|project| {
        let cluster = project.clusters.iter().find(|cluster| {
            let is_it = cluster.fields["selfLink"] == provider || cluster.issuer == provider;
            is_it && cluster.pool() == Some(pool)
        })?;
        Some((project, cluster))
    })
}

fn exchanged(state: &State, fields: &Value) -> Result<(Who, String), Answer> {
    let expect = |snake: &str, camel: &str, value: &str| {
        let is = field(fields, snake, camel);
        if is == value {
            Ok(())
        } else {
            Err(Answer::oauth(400, "invalid_request", format!("{snake} is {is:?}, not {value:?}")))
        }
    };
    expect("grant_type", "grantType", "urn:ietf:params:oauth:grant-type:token-exchange")?;
    expect("subject_token_type", "subjectTokenType", "urn:ietf:params:oauth:token-type:jwt")?;
    expect("requested_token_type", "requestedTokenType", "urn:ietf:params:oauth:token-type:access_token")?;
    let invalid_target = || {
        let message = "The target service indicated by the \"audience\" parameters is invalid. This might either be \
                       because the pool or provider is disabled or deleted or because it doesn't exist.";
        Answer::oauth(400, "invalid_target", message)
    };
    let (pool, provider) = named(fields).ok_or_else(invalid_target)?;
    let (project, cluster) = provider_of(state, &pool, &provider).ok_or_else(invalid_target)?;
    let invalid = |reason: String| Answer::oauth(400, "invalid_grant", reason);
    let jwt = Jwt::read(field(fields, "subject_token", "subjectToken")).map_err(invalid)?;
    if jwt.claim("iss") != cluster.issuer {
        return Err(invalid(format!("The issuer in ID Token {} does not match the expected ones.", jwt.claim("iss"))));
    }
    if !jwt.is_for(&pool) {
        return Err(invalid("The audience in ID Token does not match the expected audience.".to_owned()));
    }
    let keys =
        state.issuers.get(&cluster.issuer).ok_or_else(|| invalid("The issuer's keys are not known.".to_owned()))?;
    jwt.verify(keys).map_err(invalid)?;
    let subject: Vec<&str> = jwt.claim("sub").split(':').collect();
    let ["system", "serviceaccount", namespace, account] = subject.as_slice() else {
        return Err(invalid("The subject is no service account.".to_owned()));
    };
    let owner = state.pool(&pool).unwrap_or(project);
    let who = Who::Workload {
        pool: pool.clone(),
        number: owner.number.clone(),
        namespace: (*namespace).to_owned(),
        account: (*account).to_owned(),
        cluster: cluster.fields["selfLink"].as_str().unwrap_or_default().to_owned(),
    };
    Ok((who, project.id.clone()))
}
