//! The calls: reading an organisation, registering runners, making rules.

use reqwest::Method;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::send::{Again, Request};
use super::{EnvType, Environment, Orchestrator, OrchestratorError, Org, Project, Rule, Runner};
use crate::retry::{Patience, spoken};
use crate::settings::RuleTarget;

const PAGE_SIZE: &str = "100";
/// More pages than any organisation has; a server that gives more goes in circles.
const MOST_PAGES: usize = 1000;

/// What became of a delete.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deleted {
    /// It was there until now.
    Now,
    /// It was not there any more.
    Already,
}

impl Orchestrator {
    /// Reads the organisation: the cheapest proof that URL, token and organisation fit.
    ///
    /// # Errors
    /// `OrgNotFound`, `TokenRefused`, `Forbidden`, or no connection.
    pub async fn org(&self, org: &str) -> Result<Org, OrchestratorError> {
        let request = get(vec!["orgs", org], org, format!("organisation `{org}`"));
        let answer = self.send_patiently(&request).await.map_err(|error| org_not_found(org, error))?;
        parse(&request, answer)
    }

    /// Reads one runner; `None` when there is none with this id.
    ///
    /// # Errors
    /// Anything but a 404.
    pub async fn runner(&self, org: &str, runner_id: &str) -> Result<Option<Runner>, OrchestratorError> {
        let request = get(vec!["orgs", org, "runners", runner_id], org, format!("runner `{runner_id}`"));
        match self.send_patiently(&request).await {
            Ok(answer) => parse(&request, answer).map(Some),
            Err(OrchestratorError::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Lists all runners, with no more than the types of their configurations.
    ///
    /// # Errors
    /// As [`Self::org`].
    pub async fn runners(&self, org: &str) -> Result<Vec<Runner>, OrchestratorError> {
        self.all_pages(org, "runners", vec![]).await
    }

    /// Lists all rules, or those of one runner.
    ///
    /// # Errors
    /// As [`Self::org`].
    pub async fn runner_rules(&self, org: &str, by_runner: Option<&str>) -> Result<Vec<Rule>, OrchestratorError> {
        let filter = by_runner.map(|runner_id| ("byRunnerId", runner_id.to_owned()));
        self.all_pages(org, "runner-rules", filter.into_iter().collect()).await
    }

    /// Lists all projects.
    ///
    /// # Errors
    /// As [`Self::org`].
    pub async fn projects(&self, org: &str) -> Result<Vec<Project>, OrchestratorError> {
        self.all_pages(org, "projects", vec![]).await
    }

    /// Lists all environment types.
    ///
    /// # Errors
    /// As [`Self::org`].
    pub async fn env_types(&self, org: &str) -> Result<Vec<EnvType>, OrchestratorError> {
        self.all_pages(org, "env-types", vec![]).await
    }

    /// Lists all environments of all projects.
    ///
    /// # Errors
    /// As [`Self::org`].
    pub async fn environments(&self, org: &str) -> Result<Vec<Environment>, OrchestratorError> {
        self.all_pages(org, "envs", vec![]).await
    }

    /// Registers a runner; `body` is the API's `RunnerCreateBody`.
    ///
    /// When it is unclear whether a request was carried out, the runner is looked at before it is sent again; one that
    /// is there as it was sent counts as registered.
    ///
    /// # Errors
    /// `Exists` when there is another one with this id: look again. `Invalid` when the server does not accept it.
    pub async fn create_runner(&self, org: &str, body: &Value) -> Result<Runner, OrchestratorError> {
        let runner_id = body["id"].as_str().unwrap_or_default();
        let what = format!("runner `{runner_id}`");
        let request = post(vec!["orgs", org, "runners"], org, what.clone(), body);
        let look = async || match self.runner(org, runner_id).await? {
            Some(live) if is_as_sent(&live, body) => Ok(Some(live)),
            Some(_) => Err(OrchestratorError::Exists { what: what.clone(), message: "with other content".to_owned() }),
            None => Ok(None),
        };
        self.create(&request, look).await
    }

    /// Changes a runner; `patch` is the API's `RunnerUpdateBody`.
    ///
    /// # Errors
    /// `NotFound`, `Invalid`, `Conflict`, or no connection.
    pub async fn patch_runner(&self, org: &str, runner_id: &str, patch: &Value) -> Result<Runner, OrchestratorError> {
        let path = vec!["orgs", org, "runners", runner_id];
        let what = format!("runner `{runner_id}`");
        let request = Request { method: Method::PATCH, path, query: vec![], body: Some(patch), org, what };
        let answer = self.send_patiently(&request).await?;
        parse(&request, answer)
    }

    /// Makes a rule. Unclear outcomes are handled as in [`Self::create_runner`].
    ///
    /// # Errors
    /// `Exists` when there is such a rule, `Invalid` when it names something that does not exist.
    pub async fn create_rule(
        &self,
        org: &str,
        runner_id: &str,
        target: &RuleTarget,
    ) -> Result<Rule, OrchestratorError> {
        let mut body = json!({ "runner_id": runner_id });
        for (field, id) in [("project_id", &target.project), ("env_type_id", &target.env_type)] {
            if let Some(id) = id {
                body[field] = json!(id);
            }
        }
        let what = format!("rule `{target}` for runner `{runner_id}`");
        let request = post(vec!["orgs", org, "runner-rules"], org, what, &body);
        let look = async || {
            let rules = self.runner_rules(org, Some(runner_id)).await?;
            Ok(rules.into_iter().find(|rule| rule.runner_id == runner_id && rule.target() == *target))
        };
        self.create(&request, look).await
    }

    /// Deletes a runner. That it is gone already is as good.
    ///
    /// # Errors
    /// `Conflict` when environments or rules still use it, or no connection.
    pub async fn delete_runner(&self, org: &str, runner_id: &str) -> Result<Deleted, OrchestratorError> {
        self.delete(vec!["orgs", org, "runners", runner_id], org, format!("runner `{runner_id}`")).await
    }

    /// Deletes a rule. That it is gone already is as good.
    ///
    /// # Errors
    /// `Conflict`, or no connection.
    pub async fn delete_rule(&self, org: &str, rule_id: &str) -> Result<Deleted, OrchestratorError> {
        self.delete(vec!["orgs", org, "runner-rules", rule_id], org, format!("runner rule `{rule_id}`")).await
    }

    async fn delete(&self, path: Vec<&str>, org: &str, what: String) -> Result<Deleted, OrchestratorError> {
        let request = Request { method: Method::DELETE, path, query: vec![], body: None, org, what };
        match self.send_patiently(&request).await {
            Ok(_) => Ok(Deleted::Now),
            Err(OrchestratorError::NotFound { .. }) => Ok(Deleted::Already),
            Err(error) => Err(error),
        }
    }

    /// Sends a POST, never a second time without looking whether the first one was carried out.
    async fn create<T: DeserializeOwned>(
        &self,
        request: &Request<'_>,
        look: impl AsyncFn() -> Result<Option<T>, OrchestratorError>,
    ) -> Result<T, OrchestratorError> {
        let mut patience = Patience::new(self.deadline);
        let mut is_unclear = false;
        loop {
            let trouble = match self.send(request).await {
                Ok(answer) => return parse(request, answer),
                Err(trouble) => trouble,
            };
            // A conflict after an unclear attempt may be with that very attempt, carried out late.
            let with_itself = is_unclear && matches!(trouble.error, OrchestratorError::Exists { .. });
            if trouble.again == Again::Never && !with_itself {
                return Err(org_not_found(request.org, trouble.error));
            }
            is_unclear |= trouble.again == Again::AfterLooking;
            let wait = patience.wait_after(trouble.retry_after).filter(|_| !with_itself);
            if let Some(wait) = wait {
                let then = if is_unclear { "looking what became of it" } else { "asking again" };
                (self.on_retry)(&format!("{}; {then} in {}", trouble.said, spoken(wait)));
                tokio::time::sleep(wait).await;
            }
            if is_unclear {
                match look().await {
                    Ok(Some(made)) => return Ok(made),
                    Ok(None) => {}
                    // Why the request itself failed says more than why looking failed as well.
                    Err(error @ OrchestratorError::Exists { .. }) => return Err(error),
                    Err(_) => return Err(trouble.error),
                }
            }
            if wait.is_none() {
                return Err(trouble.error);
            }
        }
    }

    async fn all_pages<T: DeserializeOwned>(
        &self,
        org: &str,
        list: &'static str,
        filter: Vec<(&'static str, String)>,
    ) -> Result<Vec<T>, OrchestratorError> {
        let mut all = Vec::new();
        let mut request = get(vec!["orgs", org, list], org, format!("the list of {list}"));
        request.query.extend(filter);
        request.query.push(("per_page", PAGE_SIZE.to_owned()));
        let filtered = request.query.len();
        for _ in 0..MOST_PAGES {
            let mut page = self.send_patiently(&request).await.map_err(|error| org_not_found(org, error))?;
            let next = page["next_page_token"].as_str().filter(|token| !token.is_empty()).map(str::to_owned);
            let items: Vec<T> = parse(&request, page["items"].take())?;
            all.extend(items);
            let Some(token) = next else { return Ok(all) };
            request.query.truncate(filtered);
            request.query.push(("page", token));
        }
        let excerpt = format!("the list has more than {MOST_PAGES} pages");
        Err(OrchestratorError::Unexpected { what: request.what, status: 200, excerpt })
    }
}

fn get<'a>(path: Vec<&'a str>, org: &'a str, what: String) -> Request<'a> {
    Request { method: Method::GET, path, query: vec![], body: None, org, what }
}

fn post<'a>(path: Vec<&'a str>, org: &'a str, what: String, body: &'a Value) -> Request<'a> {
    Request { method: Method::POST, path, query: vec![], body: Some(body), org, what }
}

fn parse<T: DeserializeOwned>(request: &Request<'_>, answer: Value) -> Result<T, OrchestratorError> {
    serde_json::from_value(answer).map_err(|error| OrchestratorError::Unexpected {
        what: request.what.clone(),
        status: 200,
        excerpt: error.to_string(),
    })
}

/// Where only the organisation can be missing, a 404 means the organisation.
fn org_not_found(org: &str, error: OrchestratorError) -> OrchestratorError {
    match error {
        OrchestratorError::NotFound { .. } => OrchestratorError::OrgNotFound { org: org.to_owned() },
        other => other,
    }
}

fn is_as_sent(live: &Runner, sent: &Value) -> bool {
    holds(&json!(live.description), &sent["description"])
        && holds(&live.runner_configuration, &sent["runner_configuration"])
        && holds(&live.state_storage_configuration, &sent["state_storage_configuration"])
}

/// Whether everything that was sent is there; the server may have added to it.
fn holds(live: &Value, sent: &Value) -> bool {
    match (live, sent) {
        (_, Value::Null) => true,
        (Value::Object(live), Value::Object(sent)) => {
            sent.iter().all(|(field, value)| holds(live.get(field).unwrap_or(&Value::Null), value))
        }
        (Value::Array(live), Value::Array(sent)) => {
            live.len() == sent.len() && live.iter().zip(sent).all(|(live, sent)| holds(live, sent))
        }
        (Value::String(live), Value::String(sent)) => live.trim_end() == sent.trim_end(),
        _ => live == sent,
    }
}

#[cfg(test)]
mod tests;
