//! From a request to the service that answers it; both are held to the discovery documents.

use serde_json::{Value, json};

use super::answer::{Answer, Body};
use super::discovery::{self, Method};
use super::late::Look;
use super::policy::Target;
use super::principal::Principal;
use super::request::Received;
use super::state::State;
use super::{accounts, clusters, custom_roles, impersonation, oauth, projects, securetoken, services, sts};

/// A call of a method by somebody.
pub(super) struct Call<'a> {
    pub(super) state: &'a mut State,
    pub(super) principal: Principal,
    pub(super) received: &'a Received,
    pub(super) service: &'a str,
    /// The values in the path, in order.
    pub(super) values: Vec<String>,
    pub(super) body: Value,
}

/// Where a request goes.
pub(super) enum Route {
    /// A method of a discovery document.
    Method(&'static Method, Vec<String>),
    /// What no document describes, with the names for the log.
    Other(&'static str, &'static str),
}

/// Finds out where a request goes.
pub(super) fn route_of(received: &Received) -> Route {
    let other = match (received.method.as_str(), received.path.as_str()) {
        ("POST", "/token") => Some(("oauth2", "token")),
        ("POST", "/revoke") => Some(("oauth2", "revoke")),
        ("GET" | "POST", "/tokeninfo" | "/oauth2/v3/tokeninfo") => Some(("oauth2", "tokeninfo")),
        ("GET", "/oauth2/v3/userinfo" | "/v1/userinfo" | "/oauth2/v2/userinfo") => Some(("oauth2", "userinfo")),
        ("POST", "/v1/token") => Some(("sts", "token")),
        ("POST", "/v1/oauthtoken") => Some(("sts", "oauthtoken")),
        ("POST", "/v1/identitybindingtoken") => Some(("securetoken", "identitybindingtoken")),
        _ => None,
    };
    if let Some((service, action)) = other {
        return Route::Other(service, action);
    }
    match discovery::documents().find(&received.method, &received.path) {
        Some((method, values)) => Route::Method(method, values),
        None => Route::Other("", "unknown"),
    }
}

/// Returns the project that a request is about, for its log and its weather.
pub(super) fn project_of(state: &State, received: &Received, route: &Route) -> Option<String> {
    let named = match route {
        Route::Method(method, values) => {
            // `projects/P/services/S` is `{v1Id}/{v1Id1}/services/{servicesId}` there.
            let index = usize::from(method.service == "serviceusage" && values.len() > 1);
            let account = values.last().filter(|_| values.first().is_some_and(|it| it == "-"));
            match account {
                Some(account) => {
                    state.living(account).or_else(|| state.account(account)).map(|(project, _)| project.id.clone())
                }
                None => values.get(index).and_then(|value| state.project_id(value)),
            }
        }
        Route::Other(service, _) => match *service {
            "oauth2" => oauth::home_of(state, received),
            "sts" => sts::home_of(state, received),
            "securetoken" => securetoken::home_of(state, received),
            _ => None,
        },
    };
    named.or_else(|| state.home_of(&received.authorization))
}

/// Says whether a request changes anything when it is allowed.
pub(super) fn writes(method: &str, path: &str) -> bool {
    let reads =
        [":getIamPolicy", ":testIamPermissions", ":queryTestablePermissions", ":getAncestry", ":generateAccessToken"];
    let tokens = ["/token", "/revoke", "/tokeninfo", "/v1/token", "/v1/oauthtoken", "/v1/identitybindingtoken"];
    method != "GET" && !reads.iter().any(|verb| path.ends_with(verb)) && !tokens.contains(&path)
}

/// Answers a request; what breaks the discovery documents comes with it.
pub(super) fn answer(state: &mut State, received: &Received, route: &Route) -> (Answer, Vec<String>) {
    let (method, values) = match route {
        Route::Method(method, values) => (*method, values.clone()),
        Route::Other(service, action) => {
            let answer = match (*service, *action) {
                ("oauth2", "token") => oauth::token(state, received),
                ("oauth2", "revoke") => oauth::revoke(state, received),
                ("oauth2", "tokeninfo") => oauth::tokeninfo(state, received),
                ("oauth2", _) => oauth::userinfo(state, received),
                ("sts", "token") => sts::token(state, received),
                ("sts", _) => sts::oauthtoken(state, received),
                ("securetoken", _) => securetoken::exchange(state, received),
                _ => {
                    let line = format!("request {} {}: no discovery document has it", received.method, received.path);
                    let text = "<!DOCTYPE html><title>Error 404 (Not Found)!!1</title>";
                    let mut answer = Answer::text(text).header("Content-Type", "text/html");
                    answer.status = 404;
                    return (answer, vec![line]);
                }
            };
            return (answer, Vec::new());
        }
    };
    let mut violations = Vec::new();
    let answer = match judged(state, received, method, values) {
        Ok(answer) => answer,
        Err(refused) => {
            let (answer, wrong) = *refused;
            violations
                .extend(wrong.into_iter().map(|it| format!("request {} {}: {it}", received.method, received.path)));
            answer
        }
    };
    if answer.status == 200
        && let Body::Json(body) = &answer.body
    {
        let wrong = discovery::documents().judge_answer(method, body);
        violations.extend(wrong.into_iter().map(|it| format!("answer to {} {}: {it}", received.method, received.path)));
    }
    (answer, violations)
}

fn judged(
    state: &mut State,
    received: &Received,
    method: &'static Method,
    values: Vec<String>,
) -> Result<Answer, Box<(Answer, Vec<String>)>> {
    let principal = state
        .authenticate(&received.authorization, &method.service)
        .map_err(|answer| Box::new((answer, Vec::new())))?;
    let bad = |wrong: Vec<String>| {
        let fields: Vec<Value> = wrong.iter().map(|it| json!({ "description": it })).collect();
        let details = json!({ "@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": fields });
        Box::new((Answer::error(400, "INVALID_ARGUMENT", wrong.join("\n"), vec![details]), wrong))
    };
    let body = received.json().map_err(|error| bad(vec![format!("Invalid JSON payload received. {error}")]))?;
    let wrong = discovery::documents().judge_request(method, &received.query, &body);
    if !wrong.is_empty() {
        return Err(bad(wrong));
    }
    let mut call = Call { state, principal, received, service: &method.service, values, body };
    let answered = call.quota_project().and_then(|()| dispatch(&mut call, &method.id));
    Ok(answered.unwrap_or_else(|refusal| refusal))
}

fn dispatch(call: &mut Call<'_>, id: &str) -> Result<Answer, Answer> {
    let (version, id) = id.split_once(':').unwrap_or(("", id));
    match id {
        "container.projects.locations.clusters.get" | "container.projects.zones.clusters.get" => clusters::get(call),
        "container.projects.locations.clusters.list" | "container.projects.zones.clusters.list" => clusters::list(call),
        "container.projects.locations.clusters.nodePools.list" => clusters::node_pools(call),
        "container.projects.locations.clusters.nodePools.get" => clusters::node_pool(call),
        "iam.projects.serviceAccounts.create" => accounts::create(call),
        "iam.projects.serviceAccounts.get" => accounts::get(call),
        "iam.projects.serviceAccounts.list" => accounts::list(call),
        "iam.projects.serviceAccounts.patch" => accounts::patch(call),
        "iam.projects.serviceAccounts.delete" => accounts::delete(call),
        "iam.projects.serviceAccounts.undelete" => accounts::undelete(call),
        "iam.projects.serviceAccounts.enable" => accounts::set_disabled(call, false),
        "iam.projects.serviceAccounts.disable" => accounts::set_disabled(call, true),
        "iam.projects.serviceAccounts.getIamPolicy" => accounts::get_policy(call),
        "iam.projects.serviceAccounts.setIamPolicy" => accounts::set_policy(call),
        "iam.projects.serviceAccounts.testIamPermissions" => accounts::test_permissions(call),
        "iam.projects.roles.create" => custom_roles::create(call),
        "iam.projects.roles.get" => custom_roles::get(call),
        "iam.projects.roles.list" => custom_roles::list(call),
        "iam.projects.roles.patch" => custom_roles::patch(call),
        "iam.projects.roles.delete" => custom_roles::set_deleted(call, true),
        "iam.projects.roles.undelete" => custom_roles::set_deleted(call, false),
        "iam.roles.get" => custom_roles::predefined(call),
        "iam.organizations.roles.get" => custom_roles::of_organisation(call),
        "iam.permissions.queryTestablePermissions" => custom_roles::testable(call),
        "iamcredentials.projects.serviceAccounts.generateAccessToken" => impersonation::generate(call),
        "cloudresourcemanager.projects.get" if version == "v1" => projects::get_v1(call),
        "cloudresourcemanager.projects.get" => projects::get_v3(call),
        "cloudresourcemanager.projects.getIamPolicy" => projects::get_policy(call),
        "cloudresourcemanager.projects.setIamPolicy" => projects::set_policy(call),
        "cloudresourcemanager.projects.testIamPermissions" => projects::test_permissions(call),
        "serviceusage.services.get" => services::get(call),
        "serviceusage.services.list" => services::list(call),
        "serviceusage.services.enable" => services::enable(call),
        "serviceusage.services.batchEnable" => services::batch_enable(call),
        "serviceusage.services.disable" => services::disable(call),
        "serviceusage.operations.get" | "cloudresourcemanager.operations.get" => services::operation(call),
        _ => Err(Answer::error(501, "UNIMPLEMENTED", format!("The stand-in does not have {id}."), Vec::new())),
    }
}

impl Call<'_> {
    /// Finds a project that the path names; who asks for one that is not there learns no more than who may not see it.
    pub(super) fn project(&self, index: usize, permission: &str) -> Result<String, Answer> {
        let named = self.values.get(index).map_or("", String::as_str);
        let known = self.state.project_id(named);
        known.ok_or_else(|| Answer::denied(self.service, permission, &format!("projects/{named}")))
    }

    /// Finds a project, and checks that the service is on there and that the caller has a permission.
    pub(super) fn in_project(&self, index: usize, permission: &str) -> Result<String, Answer> {
        let project = self.project(index, permission)?;
        self.need_service(&project)?;
        self.need(permission, &Target::Project(project.clone()), &format!("projects/{project}"))?;
        Ok(project)
    }

    pub(super) fn need_service(&self, project: &str) -> Result<(), Answer> {
        let service = format!("{}.googleapis.com", self.service);
        let project = self.state.project(project);
        if project.services.contains(&service) {
            return Ok(());
        }
        Err(Answer::service_disabled(&service, &project.number))
    }

    pub(super) fn need(&self, permission: &str, target: &Target, resource: &str) -> Result<(), Answer> {
        if self.state.may(&self.principal, permission, target) {
            return Ok(());
        }
        Err(Answer::denied(self.service, permission, resource))
    }

    /// Finds the service account that the path names, for who may see it.
    pub(super) fn account(&mut self, permission: &str, look: Look) -> Result<Target, Answer> {
        let [named, key] = [0, 1].map(|index| self.values.get(index).cloned().unwrap_or_default());
        let resource = format!("projects/{named}/serviceAccounts/{key}");
        let found = self.state.living(&key).or_else(|| self.state.account(&key).filter(|(_, it)| !it.deleted));
        let home = found.map(|(project, _)| project.id.clone());
        let unique_id = found.map(|(_, account)| account.unique_id.clone());
        let asked = if named == "-" { home.clone() } else { self.state.project_id(&named) };
        let Some(asked) = asked else {
            return Err(if named == "-" {
                Answer::missing("Unknown service account")
            } else {
                Answer::denied(self.service, permission, &resource)
            });
        };
        self.need_service(&asked)?;
        let seen = unique_id.filter(|_| home.as_ref() == Some(&asked));
        let target = seen.clone().map_or_else(|| Target::Project(asked.clone()), Target::Account);
        self.need(permission, &target, &resource)?;
        let Some(unique_id) = seen else {
            return Err(Answer::missing("Unknown service account"));
        };
        let account = self.state.account_mut(&unique_id).expect("it was just found");
        if account.late.clone().is_seen(account.made, &mut account.looks, look) {
            return Ok(Target::Account(unique_id));
        }
        Err(if account.late.forbidden {
            Answer::denied(self.service, permission, &resource)
        } else {
            Answer::missing("Unknown service account")
        })
    }

    /// Answers which of the asked permissions the caller has; the field is absent when there is none.
    pub(super) fn test_permissions(&self, target: &Target) -> Result<Answer, Answer> {
        let asked = self.body["permissions"].as_array().cloned().unwrap_or_default();
        let mut granted = Vec::new();
        for permission in asked {
            let name = permission.as_str().unwrap_or_default();
            if !super::roles::is_permission(name) {
                return Err(Answer::invalid(format!("Permission {name} is not valid for this resource.")));
            }
            if self.state.may(&self.principal, name, target) {
                granted.push(permission);
            }
        }
        Ok(Answer::json(if granted.is_empty() { json!({}) } else { json!({ "permissions": granted }) }))
    }

    /// Checks that the caller may let the project pay that a header names.
    fn quota_project(&self) -> Result<(), Answer> {
        let named = &self.received.quota_project;
        if named.is_empty() {
            return Ok(());
        }
        let known = self.state.project_id(named).map(Target::Project);
        if known.is_some_and(|target| self.state.may(&self.principal, "serviceusage.services.use", &target)) {
            return Ok(());
        }
        let message = format!(
            "Caller does not have required permission to use project {named}. Grant the caller the \
             roles/serviceusage.serviceUsageConsumer role, or a custom role with the serviceusage.services.use permission."
        );
        let metadata =
            json!({ "service": format!("{}.googleapis.com", self.service), "consumer": format!("projects/{named}") });
        let reason = super::answer::reason_of("USER_PROJECT_DENIED", "googleapis.com", metadata);
        Err(Answer::error(403, "PERMISSION_DENIED", message, vec![reason]))
    }
}
