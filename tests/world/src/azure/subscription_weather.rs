//! What a subscription was asked, what goes wrong there, and what it forbids.

use std::sync::Arc;
use std::time::Duration;

use super::weather::Hook;
use super::{AzureFault, AzureRequest, Late, Subscription};

impl Subscription {
    /// Registers the subscription for a namespace such as `Microsoft.ManagedIdentity`, or takes that back.
    pub fn switch_provider(&self, namespace: &str, on: bool) {
        let mut state = self.azure.state();
        let namespaces = &mut state.subscription_mut(&self.id).namespaces;
        if on {
            namespaces.insert(namespace.to_lowercase());
        } else {
            namespaces.remove(&namespace.to_lowercase());
        }
    }

    /// Takes an action from everybody, as a deny assignment does.
    pub fn deny(&self, action: &str) {
        self.azure.state().subscription_mut(&self.id).denied.insert(action.to_owned());
    }

    /// Takes back all [`Subscription::deny`].
    pub fn deny_nothing(&self) {
        self.azure.state().subscription_mut(&self.id).denied.clear();
    }

    /// Locks a scope: `ReadOnly` or `CanNotDelete`.
    pub fn lock(&self, scope: &str, level: &str) {
        self.azure.state().subscription_mut(&self.id).locks.push((scope.to_owned(), level.to_owned()));
    }

    /// Takes back all locks.
    pub fn unlock(&self) {
        self.azure.state().subscription_mut(&self.id).locks.clear();
    }

    /// Makes the subscription read only, as one whose bill is not paid.
    pub fn disable(&self, disabled: bool) {
        self.azure.state().subscription_mut(&self.id).is_disabled = disabled;
    }

    /// Says how late new things are seen that are made from now on; several kinds add up.
    pub fn shows_late(&self, late: Late) {
        self.azure.state().subscription_mut(&self.id).late.push(late);
    }

    /// Takes back all [`Subscription::shows_late`], for what is made from now on.
    pub fn shows_at_once(&self) {
        self.azure.state().subscription_mut(&self.id).late.clear();
    }

    /// Says how long a write of a federated credential takes, during which another one on the same identity is refused.
    pub fn federation_takes(&self, time: Duration) {
        self.azure.state().subscription_mut(&self.id).writing_takes = time;
    }

    /// Answers 429 to writes of an identity that come sooner than this after the last one.
    pub fn identity_pace(&self, pace: Duration) {
        self.azure.state().subscription_mut(&self.id).identity_pace = pace;
    }

    /// Takes federated credentials from all identities of a region.
    pub fn no_federation_in(&self, location: &str) {
        self.azure.state().subscription_mut(&self.id).no_federation.insert(location.to_owned());
    }

    /// Says how much a page of a list holds.
    pub fn pages_of(&self, items: usize) {
        self.azure.state().subscription_mut(&self.id).page_size = items;
    }

    /// Returns the requests that came in, oldest first.
    pub fn requests(&self) -> Vec<AzureRequest> {
        self.requests_since(0)
    }

    /// Returns the requests that changed something or would have.
    pub fn writes(&self) -> Vec<AzureRequest> {
        self.requests().into_iter().filter(|it| it.writes).collect()
    }

    /// Returns a mark for [`Subscription::requests_since`].
    pub fn mark(&self) -> u64 {
        self.azure.state().log.len() as u64
    }

    /// Returns the requests that came in since a mark.
    pub fn requests_since(&self, mark: u64) -> Vec<AzureRequest> {
        let state = self.azure.state();
        state.log.iter().filter(|it| it.subscription == self.id && it.number >= mark).cloned().collect()
    }

    /// Returns what no client should have sent; `answer of …` is the stand-in's own fault.
    pub fn violations(&self) -> Vec<String> {
        self.azure.state().subscription(&self.id).violations.clone()
    }

    /// Makes something go wrong.
    pub fn fault(&self, fault: AzureFault) {
        self.azure.state().subscription_mut(&self.id).weather.faults.push(fault);
    }

    /// Takes back all faults.
    pub fn no_more_faults(&self) {
        self.azure.state().subscription_mut(&self.id).weather.faults.clear();
    }

    /// Delays every answer.
    pub fn latency(&self, pause: Duration) {
        self.azure.state().subscription_mut(&self.id).weather.latency = pause;
    }

    /// Does something once, right before a request of this method lands whose path contains this, in any case.
    pub fn meanwhile(&self, method: &str, path_contains: &str, act: impl Fn() + Send + Sync + 'static) {
        self.meanwhile_after(0, method, path_contains, act);
    }

    /// The same, after so many such requests have passed.
    pub fn meanwhile_after(
        &self,
        requests: usize,
        method: &str,
        path_contains: &str,
        act: impl Fn() + Send + Sync + 'static,
    ) {
        let hook = Hook {
            method: method.to_owned(),
            path_contains: path_contains.to_owned(),
            after: requests,
            act: Arc::new(act),
        };
        self.azure.state().subscription_mut(&self.id).hooks.push(hook);
    }

    /// Lets somebody else give the identity a federated credential right before the next one is written to it.
    pub fn somebody_federates_first(&self, group: &str, identity: &str, name: &str, issuer: &str, subject: &str) {
        let subscription = self.clone();
        let [group, identity, name, issuer, subject] = [group, identity, name, issuer, subject].map(str::to_owned);
        self.meanwhile("PUT", "/federatedIdentityCredentials/", move || {
            subscription.federate(&group, &identity, &name, &issuer, &subject, "api://AzureADTokenExchange");
        });
    }
}
