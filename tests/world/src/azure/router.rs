//! From a request to what answers it, with the checks that ARM itself makes before a provider is asked.

use serde_json::{Value, json};

use super::answer::{Answer, Refusal};
use super::place::Place;
use super::request::Received;
use super::state::{State, Subscription};
use super::{assignments, clusters, definitions, entra, federated, graph, groups, identities, locks, models, versions};

/// A call of ARM by somebody.
pub(super) struct Call<'a> {
    pub(super) state: &'a mut State,
    /// The caller's object id.
    pub(super) caller: String,
    pub(super) received: &'a Received,
    pub(super) place: Place,
    /// The subscription that the path names, as it is called itself; empty when the path names none.
    pub(super) home: String,
    pub(super) body: Value,
    /// The URL of the stand-in, as the caller reached it.
    pub(super) base: String,
    pub(super) violations: Vec<String>,
}

/// Where a request goes.
pub(super) enum Route {
    /// The authority, with what it is asked for.
    Entra(&'static str),
    /// Microsoft Graph.
    Graph,
    /// What answers without anybody's token: the list of a cloud's endpoints.
    Endpoints,
    Arm(Place),
}

/// Finds out where a request goes.
pub(super) fn route_of(received: &Received) -> Route {
    if received.path == "/metadata/endpoints" {
        return Route::Endpoints;
    }
    if received.path.starts_with("/v1.0/") {
        return Route::Graph;
    }
    match entra::kind(&received.path) {
        Some(kind) => Route::Entra(kind),
        None => Route::Arm(Place::of(&received.path)),
    }
}

/// Returns the service and the kind for the log.
pub(super) fn names(route: &Route) -> (&'static str, String) {
    match route {
        Route::Entra(kind) => ("entra", (*kind).to_owned()),
        Route::Graph => ("graph", String::new()),
        Route::Endpoints => ("arm", "endpoints".to_owned()),
        Route::Arm(place) => ("arm", place.kind.clone()),
    }
}

/// Returns the subscription that a request is about, for its log and its weather.
pub(super) fn subscription_of(state: &State, received: &Received, route: &Route) -> Option<String> {
    let named = match route {
        Route::Entra(_) => entra::home_of(state, received),
        Route::Arm(place) => {
            place.subscription.clone().filter(|id| state.subscriptions.contains_key(&id.to_lowercase()))
        }
        Route::Graph | Route::Endpoints => None,
    };
    named.map(|id| state.subscription(&id).id.clone()).or_else(|| state.home_of(&received.authorization))
}

/// Says whether a request changes anything when it is allowed.
pub(super) fn writes(method: &str, route: &Route) -> bool {
    let Route::Arm(place) = route else {
        return false;
    };
    method != "GET" && method != "HEAD" && !place.kind.contains("/list")
}

/// Answers a request; what no client should send comes with it.
pub(super) fn answer(state: &mut State, received: &Received, route: &Route, base: &str) -> (Answer, Vec<String>) {
    let place = match route {
        Route::Entra(kind) => return (entra::answer(state, received, kind, base), Vec::new()),
        Route::Endpoints => return (Answer::json(endpoints(base)), Vec::new()),
        Route::Graph => return graph::answer(state, received),
        Route::Arm(place) => place.clone(),
    };
    let caller = match state.authenticate(&received.authorization) {
        Ok(caller) => caller,
        Err(answer) => return (*answer, Vec::new()),
    };
    let mut call = Call {
        state,
        caller,
        received,
        place,
        home: String::new(),
        body: Value::Null,
        base: base.to_owned(),
        violations: Vec::new(),
    };
    let answer = served(&mut call).unwrap_or_else(|refusal| *refusal);
    (answer, call.violations)
}

fn served(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    call.check_version()?;
    call.body = call.received.json().map_err(|error| {
        call.violations.push(format!("{} {}: {error}", call.received.method, call.place.path));
        let message = format!("The request content was invalid and could not be deserialized: '{error}'.");
        Answer::refusal(400, "InvalidRequestContent", message)
    })?;
    if let Some(named) = call.place.subscription.clone() {
        let Some(home) = call.state.subscriptions.get(&named.to_lowercase()).map(|it| it.id.clone()) else {
            let message = format!("The subscription '{named}' could not be found.");
            return Err(Answer::refusal(404, "SubscriptionNotFound", message));
        };
        call.state.check_tenant(&call.caller, &home)?;
        call.home = home;
        if call.subscription().is_disabled && writes(&call.received.method, &Route::Arm(call.place.clone())) {
            let message = format!(
                "The subscription '{}' is disabled and therefore marked as read only. You cannot perform any write \
                 actions on this subscription until it is re-enabled.",
                call.home
            );
            return Err(Answer::refusal(409, "ReadOnlyDisabledSubscription", message));
        }
    }
    if call.home.is_empty() && !matches!(call.place.kind.as_str(), "tenants" | "subscriptions") {
        // Nobody has rights above subscriptions here.
        let caller = call.state.principal(&call.caller);
        let verb = if call.received.method == "GET" { "read" } else { "write" };
        let action = format!("{}/{verb}", call.place.kind);
        return Err(Answer::denied(caller.client_name(), &caller.oid, &action, &call.place.path));
    }
    let answer = dispatch(call)?;
    if let Some(body) = &answer.body
        && answer.status < 300
    {
        call.violations.extend(wrong_answer(&call.place, body));
    }
    Ok(answer)
}

/// Holds the stand-in's own answers to the models.
fn wrong_answer(place: &Place, body: &Value) -> Vec<String> {
    let model = match place.kind.as_str() {
        "microsoft.managedidentity/userassignedidentities" => "Identity",
        "microsoft.managedidentity/userassignedidentities/federatedidentitycredentials" => {
            "FederatedIdentityCredential"
        }
        "microsoft.authorization/roleassignments" => "RoleAssignment",
        "microsoft.authorization/roledefinitions" => "RoleDefinition",
        "microsoft.containerservice/managedclusters" => "ManagedCluster",
        _ => return Vec::new(),
    };
    let all = body["value"].as_array().cloned().unwrap_or_else(|| vec![body.clone()]);
    let wrong = all.iter().flat_map(|it| models::judge(model, it));
    wrong.map(|it| format!("answer of {}: {it}", place.path)).collect()
}

fn dispatch(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let (method, kind, one) = (call.received.method.clone(), call.place.kind.clone(), call.place.names_one());
    match (method.as_str(), kind.as_str(), one) {
        ("GET", "tenants", false) => Ok(groups::tenants(call)),
        ("GET", "subscriptions", false) => Ok(groups::subscriptions(call)),
        ("GET", "subscriptions", true) => groups::subscription(call),
        ("GET", "resourcegroups", false) => groups::list(call),
        ("GET" | "HEAD", "resourcegroups", true) => groups::get(call),
        ("PUT", "resourcegroups", true) => groups::put(call),
        ("GET", "providers", false) => groups::providers(call),
        ("GET", "microsoft.containerservice/managedclusters", true) => clusters::get(call),
        ("GET", "microsoft.containerservice/managedclusters", false) => clusters::list(call),
        ("PUT", "microsoft.containerservice/managedclusters", true) => clusters::put(call),
        ("POST", "microsoft.containerservice/managedclusters/listclusterusercredential", _) => {
            clusters::credential(call, "listClusterUserCredential")
        }
        ("POST", "microsoft.containerservice/managedclusters/listclusteradmincredential", _) => {
            clusters::credential(call, "listClusterAdminCredential")
        }
        ("GET", "microsoft.containerservice/locations/operations", true) => Ok(clusters::operation(call)),
        ("GET", "microsoft.managedidentity/userassignedidentities", true) => identities::get(call),
        ("GET", "microsoft.managedidentity/userassignedidentities", false) => identities::list(call),
        ("PUT", "microsoft.managedidentity/userassignedidentities", true) => identities::put(call),
        ("DELETE", "microsoft.managedidentity/userassignedidentities", true) => identities::delete(call),
        ("GET", "microsoft.managedidentity/userassignedidentities/federatedidentitycredentials", true) => {
            federated::get(call)
        }
        ("GET", "microsoft.managedidentity/userassignedidentities/federatedidentitycredentials", false) => {
            federated::list(call)
        }
        ("PUT", "microsoft.managedidentity/userassignedidentities/federatedidentitycredentials", true) => {
            federated::put(call)
        }
        ("DELETE", "microsoft.managedidentity/userassignedidentities/federatedidentitycredentials", true) => {
            federated::delete(call)
        }
        ("GET", "microsoft.authorization/roledefinitions", true) => definitions::get(call),
        ("GET", "microsoft.authorization/roledefinitions", false) => definitions::list(call),
        ("PUT", "microsoft.authorization/roledefinitions", true) => definitions::put(call),
        ("DELETE", "microsoft.authorization/roledefinitions", true) => definitions::delete(call),
        ("GET", "microsoft.authorization/roleassignments", true) => assignments::get(call),
        ("GET", "microsoft.authorization/roleassignments", false) => assignments::list(call),
        ("PUT", "microsoft.authorization/roleassignments", true) => assignments::put(call),
        ("DELETE", "microsoft.authorization/roleassignments", true) => assignments::delete(call),
        ("GET", "microsoft.authorization/permissions", false) => assignments::permissions(call),
        ("GET", "microsoft.authorization/locks", false) => locks::list(call),
        (method, kind, _) if kind.matches('/').count() == 0 && kind.contains('.') && method == "GET" => {
            groups::provider(call)
        }
        ("POST", kind, _) if kind.ends_with("/register") => groups::register(call),
        _ => {
            call.violations.push(format!("{method} {}: the stand-in has no such route", call.place.path));
            let message = format!("The resource type '{kind}' could not be found for the method {method}.");
            Err(Answer::refusal(404, "InvalidResourceType", message))
        }
    }
}

impl Call<'_> {
    pub(super) fn subscription(&self) -> &Subscription {
        self.state.subscription(&self.home)
    }

    pub(super) fn subscription_mut(&mut self) -> &mut Subscription {
        self.state.subscription_mut(&self.home)
    }

    fn check_version(&mut self) -> Result<(), Refusal> {
        let method = self.received.method.clone();
        let Some(version) = self.received.query("api-version").map(str::to_owned) else {
            self.violations.push(format!("{method} {}: no api-version", self.place.path));
            let message = "The api-version query parameter (?api-version=) is required for all requests.";
            return Err(Answer::refusal(400, "MissingApiVersionParameter", message));
        };
        let known = versions::of(&self.place.kind);
        if known.contains(&version.as_str()) {
            return Ok(());
        }
        self.violations.push(format!("{method} {}: unknown api-version {version}", self.place.path));
        let all = known.join(", ");
        if self.place.kind.contains('/') {
            let message = format!(
                "No registered resource provider found for location 'eastus' and API version '{version}' for type \
                 '{}'. The supported api-versions are '{all}'.",
                self.place.kind
            );
            return Err(Answer::refusal(400, "NoRegisteredProviderFound", message));
        }
        let message = format!("The api-version '{version}' is invalid. The supported versions are '{all}'.");
        Err(Answer::refusal(400, "InvalidApiVersionParameter", message))
    }

    /// Checks that the caller may do something on what the path names.
    pub(super) fn need(&mut self, action: &str) -> Result<(), Refusal> {
        let scope = if self.place.names_one() { self.place.path.clone() } else { self.place.scope.clone() };
        self.need_at(action, &scope)
    }

    /// Checks that the caller may do something in a scope.
    pub(super) fn need_at(&mut self, action: &str, scope: &str) -> Result<(), Refusal> {
        if self.state.may(&self.caller, action, scope) {
            return Ok(());
        }
        let caller = self.state.principal(&self.caller);
        Err(Answer::denied(caller.client_name(), &caller.oid, action, scope))
    }

    /// Checks that the caller may do something on the resource that the path names, that no lock forbids it and that the
    /// resource group is there; returns the names of the group and of the resource (of the outermost, when it is nested).
    pub(super) fn resource(&mut self, kind: &str, verb: &str) -> Result<(String, String), Refusal> {
        let scope = self.place.path.clone();
        self.need_at(&format!("{kind}/{verb}"), &scope)?;
        let group = self.place.group.clone().unwrap_or_default();
        if !self.subscription().groups.contains_key(&group.to_lowercase()) {
            return Err(Answer::no_group(&group));
        }
        if verb != "read" {
            self.unlocked(&scope, verb)?;
        }
        Ok((group, self.place.names.first().cloned().unwrap_or_default()))
    }

    /// Checks that no lock forbids to write or to delete something.
    pub(super) fn unlocked(&self, scope: &str, verb: &str) -> Result<(), Refusal> {
        let Some(held) = self.subscription().lock_of(scope, verb == "delete") else {
            return Ok(());
        };
        let message = format!(
            "The scope '{scope}' cannot perform {verb} operation because following scope(s) are locked: '{held}'. \
             Please remove the lock and try again."
        );
        Err(Answer::refusal(409, "ScopeLocked", message))
    }

    /// Returns the group that a list is asked of, which must be there; `None` is the whole subscription.
    pub(super) fn group_of_list(&self) -> Result<Option<String>, Refusal> {
        match &self.place.group {
            Some(group) if !self.subscription().groups.contains_key(&group.to_lowercase()) => {
                Err(Answer::no_group(group))
            }
            group => Ok(group.clone()),
        }
    }

    /// Checks that the subscription is registered for a namespace.
    pub(super) fn registered(&self, namespace: &str) -> Result<(), Refusal> {
        if self.subscription().namespaces.contains(&namespace.to_lowercase()) {
            return Ok(());
        }
        let message = format!(
            "The subscription is not registered to use namespace '{namespace}'. See https://aka.ms/rps-not-found for \
             how to register subscriptions."
        );
        Err(Answer::refusal(409, "MissingSubscriptionRegistration", message))
    }

    /// Holds the body to a model of Microsoft's clients.
    pub(super) fn judge(&mut self, model: &str) -> Result<(), Refusal> {
        let mut wrong = models::judge(model, &self.body);
        if !self.body.is_object() {
            wrong.push("the body is no object".to_owned());
        }
        if wrong.is_empty() {
            return Ok(());
        }
        let message = format!("The request content was invalid and could not be deserialized: '{}'.", wrong.join("; "));
        let at = format!("{} {}", self.received.method, self.place.path);
        self.violations.extend(wrong.into_iter().map(|it| format!("{at}: {it}")));
        Err(Answer::refusal(400, "InvalidRequestContent", message))
    }

    /// Refuses a query that no client should send, and records it.
    pub(super) fn wrong_query(&mut self, what: &str) -> Refusal {
        let at = format!("{} {}?{}", self.received.method, self.place.path, self.received.raw_query);
        self.violations.push(format!("{at}: {what}"));
        Answer::refusal(400, "BadRequest", what)
    }

    /// Answers a list, in pages when there is much of it; the link to the next one asks the same.
    pub(super) fn page(&self, all: Vec<Value>) -> Answer {
        let size = self.state.subscriptions.get(&self.home).map_or(50, |it| it.page_size);
        let start = self.received.query("$skiptoken").and_then(|it| it.parse().ok()).unwrap_or(0_usize).min(all.len());
        let end = (start + size).min(all.len());
        let mut body = json!({ "value": all[start..end] });
        if end < all.len() {
            let mut url = reqwest::Url::parse(&format!("{}{}", self.base, self.place.path)).expect("it was one");
            let same = self.received.query.iter().filter(|(name, _)| name != "$skiptoken");
            url.query_pairs_mut().extend_pairs(same).append_pair("$skiptoken", &end.to_string());
            body["nextLink"] = Value::from(url.as_str());
        }
        Answer::json(body)
    }
}

/// What a cloud's clients ask for first.
fn endpoints(base: &str) -> Value {
    json!([{
        "name": "World",
        "portal": base,
        "authentication": {
            "loginEndpoint": base,
            "audiences": ["https://management.core.windows.net/", "https://management.azure.com/"],
            "tenant": "common",
            "identityProvider": "AAD",
        },
        "graphAudience": "https://graph.microsoft.com/",
        "graph": "https://graph.microsoft.com/",
        "microsoftGraphResourceId": base,
        "resourceManager": format!("{base}/"),
        "suffixes": {},
        "media": base,
    }])
}
