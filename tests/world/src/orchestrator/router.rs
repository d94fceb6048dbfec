//! From a request to the room that answers it.

use serde_json::{Value, json};

use super::answer::Answer;
use super::openapi;
use super::state::State;
use super::{Inside, agents, catalogue, deployments, rules, runners};

/// A request, read.
pub(super) struct Received {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) query: Vec<(String, String)>,
    pub(super) authorization: String,
    pub(super) deployment_token: String,
    pub(super) body: Result<Value, String>,
}

/// Answers a request and holds both to the OpenAPI documents.
pub(super) async fn answer(inside: &Inside, received: &Received) -> Answer {
    let answer = decide(inside, received).await;
    for wrong in openapi::judge_answer(&received.method, &received.path, answer.status, answer.body.as_ref()) {
        let line = format!("answer {} to {} {}: {wrong}", answer.status, received.method, received.path);
        inside.state().violations.push(line);
    }
    answer
}

async fn decide(inside: &Inside, received: &Received) -> Answer {
    let parts: Vec<&str> = received.path.trim_matches('/').split('/').collect();
    let ["orgs", org, rest @ ..] = parts.as_slice() else {
        return Answer::missing("path", &received.path);
    };
    if let ["remote-runners", runner, "actions", "poll-requests"] = rest {
        return agents::poll(inside, org, runner, &received.authorization).await;
    }
    let mut state = inside.state();
    let from_job = matches!(rest, ["deployments", _, "results"]);
    if !from_job && let Err(refusal) = authorize(&state, org, &received.authorization) {
        return refusal;
    }
    let body = match &received.body {
        Ok(body) => body,
        Err(reason) => {
            state.violations.push(format!("request {} {}: {reason}", received.method, received.path));
            return Answer::bad(format!("the body is not JSON: {reason}"));
        }
    };
    let wrong = openapi::judge_request(&received.method, &received.path, body);
    if !wrong.is_empty() {
        let lines = wrong.iter().map(|it| format!("request {} {}: {it}", received.method, received.path));
        state.violations.extend(lines.collect::<Vec<_>>());
        return Answer::refusal(400, format!("invalid request body: {}", wrong.join("; ")), json!({ "errors": wrong }));
    }
    let answer = route(&mut state, inside, received, org, rest, body);
    drop(state);
    match rest {
        ["deployments"] => inside.pushed.notify_waiters(),
        ["deployments", _, "results"] => inside.finished.notify_waiters(),
        _ => {}
    }
    answer
}

fn route(state: &mut State, inside: &Inside, received: &Received, org: &str, rest: &[&str], body: &Value) -> Answer {
    let Some(org) = state.orgs.get_mut(org) else {
        return Answer::missing("organization", org);
    };
    let query = received.query.as_slice();
    match (received.method.as_str(), rest) {
        ("GET", []) => Answer::json(200, org.document.clone()),
        ("GET", ["runners"]) => runners::list(org, query),
        ("POST", ["runners"]) => runners::create(org, body),
        ("GET", ["runners", id]) => runners::read(org, id),
        ("PATCH", ["runners", id]) => runners::patch(org, id, body),
        ("DELETE", ["runners", id]) => runners::delete(org, id),
        ("GET", ["runner-rules"]) => rules::list(org, query),
        ("POST", ["runner-rules"]) => rules::create(org, body),
        ("GET", ["runner-rules", id]) => rules::read(org, id),
        ("DELETE", ["runner-rules", id]) => rules::delete(org, id),
        ("GET", ["projects"]) => catalogue::projects(org, query),
        ("GET", ["projects", id]) => catalogue::project(org, id),
        ("GET", ["env-types"]) => catalogue::env_types(org, query),
        ("GET", ["env-types", id]) => catalogue::env_type(org, id),
        ("GET", ["envs"]) => catalogue::environments(org, None, query),
        ("GET", ["projects", project, "envs"]) => catalogue::environments(org, Some(project), query),
        ("GET", ["projects", project, "envs", id]) => catalogue::environment(org, project, id),
        ("POST", ["projects", project, "envs", id, "actions", "refresh_runner"]) => {
            catalogue::refresh_runner(org, project, id, query)
        }
        ("POST", ["deployments"]) => deployments::create(org, &inside.base_url(), body),
        ("GET", ["deployments", id]) => deployments::read(org, id),
        ("POST", ["deployments", id, "results"]) => deployments::finish(org, id, &received.deployment_token, body),
        _ => Answer::missing("path", &received.path),
    }
}

fn authorize(state: &State, org: &str, authorization: &str) -> Result<(), Answer> {
    let refuse = |message: &str| Answer::refusal(401, message, json!({}));
    let text = authorization.strip_prefix("Bearer ").ok_or_else(|| refuse("missing bearer token"))?;
    let token = state.tokens.get(text).ok_or_else(|| refuse("invalid token"))?;
    if token.expired {
        return Err(refuse("the token has expired"));
    }
    if token.org != org {
        return Err(Answer::refusal(403, format!("no access to organization '{org}'"), json!({})));
    }
    Ok(())
}
