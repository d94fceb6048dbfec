//! The one door to the API server: every request passes here, and a read-only client lets no change through.

use std::error::Error as StdError;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use http::{Method, Request};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::access::Access;

use super::error::{ClusterError, is_missing_right};
use super::kind::{Kind, ObjectRef};
use super::owner::FIELD_MANAGER;

/// An object without its content, so that no Secret is read only to know whose it is. What serves no such thing serves
/// the whole.
const METADATA: &str = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json";
/// The same for a list.
const METADATA_LIST: &str = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json";

/// What to do with fields that belong to another field manager.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conflicts {
    /// Refuse, and name them.
    Refuse,
    /// Take them over.
    TakeOver,
}

/// An open connection to one cluster.
#[derive(Clone)]
pub struct Cluster {
    client: kube::Client,
    context: String,
    server: String,
    access: Access,
    /// Whether the server said once that it does not know who we are.
    turned_away: Arc<AtomicBool>,
}

impl Cluster {
    /// Wraps an open client.
    pub fn new(client: kube::Client, context: String, server: String, access: Access) -> Self {
        Self { client, context, server, access, turned_away: Arc::default() }
    }

    /// Whether the server said, to this connection or a clone of it, that it does not know who we are.
    pub fn turned_us_away(&self) -> bool {
        self.turned_away.load(Ordering::Relaxed)
    }

    /// The same connection, closed for writing.
    #[must_use]
    pub fn read_only(&self) -> Self {
        Self { access: Access::ReadOnly, ..self.clone() }
    }

    /// The kubeconfig context in use, pinned for the whole run.
    pub fn context(&self) -> &str {
        &self.context
    }

    /// The API server's URL.
    pub fn server(&self) -> &str {
        &self.server
    }

    /// The kube client, for watching.
    pub fn watching(&self) -> kube::Client {
        self.client.clone()
    }

    /// Reads one object; `None` when it is not there.
    ///
    /// # Errors
    /// Everything but a 404.
    pub async fn get(&self, object: &ObjectRef) -> Result<Option<Value>, ClusterError> {
        self.get_path(&object.path(), &object.to_string()).await
    }

    /// Reads any path; `None` when nothing is there. `what` names it in errors.
    ///
    /// # Errors
    /// Everything but a 404.
    pub async fn get_path(&self, path: &str, what: &str) -> Result<Option<Value>, ClusterError> {
        match self.send(Method::GET, path, None, "get", what).await {
            Ok(value) => Ok(Some(value)),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Reads any path as text, e.g. a container's log.
    ///
    /// # Errors
    /// Whatever the server says.
    pub async fn read_text(&self, path: &str) -> Result<String, ClusterError> {
        let request = Request::get(path)
            .body(Vec::new())
            .map_err(|error| ClusterError::Client { server: self.server.clone(), message: error.to_string() })?;
        self.client.request_text(request).await.map_err(|error| self.explain(error, "get", path))
    }

    /// Applies an object server-side as this tool's field manager.
    ///
    /// # Errors
    /// The server's refusal, conflicts included.
    pub async fn apply(
        &self,
        object: &ObjectRef,
        manifest: &Value,
        conflicts: Conflicts,
        dry_run: DryRun,
    ) -> Result<Value, ClusterError> {
        let force = conflicts == Conflicts::TakeOver;
        let path = format!(
            "{}?fieldManager={FIELD_MANAGER}&fieldValidation=Strict&force={force}{}",
            object.path(),
            dry_run.query()
        );
        self.send(Method::PATCH, &path, Some(manifest), "patch", &object.to_string()).await
    }

    /// Creates an object, and fails when it is there already.
    ///
    /// # Errors
    /// The server's refusal; a 409 when somebody was faster.
    pub async fn create(&self, object: &ObjectRef, manifest: &Value, dry_run: DryRun) -> Result<Value, ClusterError> {
        let path = format!(
            "{}?fieldManager={FIELD_MANAGER}&fieldValidation=Strict{}",
            object.kind.collection_path(&object.namespace),
            dry_run.query()
        );
        self.send(Method::POST, &path, Some(manifest), "create", &object.to_string()).await
    }

    /// Deletes an object if it still has this uid and resource version; answers whether it is gone at once. One that is
    /// not is waited for elsewhere: whoever holds it up (its dependants, finalizers) is asked to let go.
    ///
    /// # Errors
    /// The server's refusal; a 404 when it is gone already, a 409 when it is another one or was changed.
    pub async fn delete(&self, object: &ObjectRef, uid: &str, version: &str) -> Result<bool, ClusterError> {
        // An agent is gone when its pods are; nothing else has dependants.
        let policy = if object.kind == Kind::Deployment { "Foreground" } else { "Background" };
        let options = json!({
            "apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": policy,
            "preconditions": { "uid": uid, "resourceVersion": version },
        });
        let answer = self.send(Method::DELETE, &object.path(), Some(&options), "delete", &object.to_string()).await?;
        Ok(answer.get("kind").and_then(Value::as_str) == Some("Status"))
    }

    /// Reads an object without its content; `None` when it is not there.
    ///
    /// # Errors
    /// Everything but a 404.
    pub async fn metadata(&self, object: &ObjectRef) -> Result<Option<Value>, ClusterError> {
        match self.send_accepting(METADATA, Method::GET, &object.path(), None, "get", &object.to_string()).await {
            Ok(value) => Ok(Some(value)),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Reads a list without the content of its items; `what` names it in errors.
    ///
    /// # Errors
    /// Whatever the server says.
    pub async fn list_metadata(&self, path: &str, what: &str) -> Result<Vec<Value>, ClusterError> {
        let mut list = self.send_accepting(METADATA_LIST, Method::GET, path, None, "list", what).await?;
        match list.get_mut("items").map(Value::take) {
            Some(Value::Array(items)) => Ok(items),
            _ => Ok(Vec::new()),
        }
    }

    /// Rehearses the creation of a pod: what admission would say to it. Nothing is made.
    ///
    /// # Errors
    /// The server's refusal: Pod Security, quota, a webhook.
    pub async fn rehearse_pod(&self, namespace: &str, pod: &Value) -> Result<(), ClusterError> {
        let path = format!(
            "/api/v1/namespaces/{namespace}/pods?fieldManager={FIELD_MANAGER}&fieldValidation=Strict{}",
            DryRun::Yes.query()
        );
        let what = format!("kubernetes:Pod/{namespace}");
        self.send(Method::POST, &path, Some(pod), "create", &what).await.map(|_| ())
    }

    /// A token of a service account for an audience, by a TokenRequest; good for ten minutes.
    ///
    /// # Errors
    /// The server's refusal: the right is missing, there is no such account.
    pub async fn service_account_token(
        &self,
        namespace: &str,
        account: &str,
        audience: &str,
    ) -> Result<Zeroizing<String>, ClusterError> {
        let request = json!({
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "TokenRequest",
            "spec": { "audiences": [audience], "expirationSeconds": 600 },
        });
        let path = format!("/api/v1/namespaces/{namespace}/serviceaccounts/{account}/token");
        let what = format!("kubernetes:ServiceAccount/{namespace}/{account} token");
        let answer = self.send(Method::POST, &path, Some(&request), "create", &what).await?;
        let token = answer.pointer("/status/token").and_then(Value::as_str).unwrap_or_default();
        Ok(Zeroizing::new(token.to_owned()))
    }

    /// Whether the caller may do something, by a SelfSubjectAccessReview.
    ///
    /// # Errors
    /// The review itself was refused.
    pub async fn may(&self, right: &Right) -> Result<bool, ClusterError> {
        let review = json!({
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": { "resourceAttributes": {
                "verb": right.verb, "group": right.group, "resource": right.resource,
                "namespace": right.namespace, "name": right.name,
            } },
        });
        let path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
        let answer = self.send(Method::POST, path, Some(&review), "create", "SelfSubjectAccessReview").await?;
        Ok(answer.pointer("/status/allowed").and_then(Value::as_bool).unwrap_or(false))
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        verb: &str,
        what: &str,
    ) -> Result<Value, ClusterError> {
        self.send_accepting("application/json", method, path, body, verb, what).await
    }

    async fn send_accepting(
        &self,
        accept: &str,
        method: Method,
        path: &str,
        body: Option<&Value>,
        verb: &str,
        what: &str,
    ) -> Result<Value, ClusterError> {
        if self.access == Access::ReadOnly && !changes_nothing(&method, path) {
            return Err(ClusterError::ReadOnly { method: method.to_string(), path: path.to_owned() });
        }
        let media_type = if method == Method::PATCH { "application/apply-patch+yaml" } else { "application/json" };
        let bytes = body.map(|body| body.to_string().into_bytes()).unwrap_or_default();
        let request = Request::builder()
            .method(method.clone())
            .uri(path)
            .header("accept", accept)
            .header("content-type", media_type)
            .body(bytes)
            .map_err(|error| ClusterError::Client { server: self.server.clone(), message: error.to_string() })?;
        let started = std::time::Instant::now();
        let result = self.client.request::<Value>(request).await;
        let outcome = match &result {
            Ok(_) => "ok".to_owned(),
            Err(kube::Error::Api(status)) => status.code.to_string(),
            Err(_) => "failed".to_owned(),
        };
        tracing::debug!(%method, path, outcome, ms = started.elapsed().as_millis() as u64, "cluster");
        result.map_err(|error| self.explain(error, verb, what))
    }

    /// Turns the client's error into one that names the object.
    pub fn explain(&self, error: kube::Error, verb: &str, what: &str) -> ClusterError {
        match error {
            kube::Error::Api(status) => match status.code {
                401 => {
                    self.turned_away.store(true, Ordering::Relaxed);
                    ClusterError::Unauthorized { server: self.server.clone(), context: self.context.clone() }
                }
                // A refusal by admission (Pod Security, quota) is a 403 too, but no right that anybody could grant.
                403 if is_missing_right(&status.message) => ClusterError::Forbidden {
                    verb: verb.to_owned(),
                    object: what.to_owned(),
                    message: status.message.clone(),
                },
                _ => ClusterError::Refused { verb: verb.to_owned(), object: what.to_owned(), status },
            },
            kube::Error::Auth(error) => {
                ClusterError::Credentials { context: self.context.clone(), message: super::credentials::told(&error) }
            }
            other => {
                let message = innermost(&other);
                if message.contains("certificate") || message.contains("UnknownIssuer") {
                    ClusterError::NotTrusted { server: self.server.clone(), message }
                } else {
                    ClusterError::NotReachable { server: self.server.clone(), message }
                }
            }
        }
    }
}

impl std::fmt::Debug for Cluster {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Cluster({} at {})", self.context, self.server)
    }
}

/// Whether a request is only a rehearsal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DryRun {
    /// Everything is checked, nothing is stored.
    Yes,
    /// For real.
    No,
}

impl DryRun {
    fn query(self) -> &'static str {
        match self {
            Self::Yes => "&dryRun=All",
            Self::No => "",
        }
    }
}

/// One right, as an access review asks for it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Right {
    /// The verb.
    pub verb: String,
    /// The API group.
    pub group: String,
    /// The resource.
    pub resource: String,
    /// The namespace; empty for all.
    pub namespace: String,
    /// One object's name; empty for any.
    pub name: String,
}

impl Right {
    /// A right on all objects of a kind in a namespace.
    pub fn new(verb: &str, kind: Kind, namespace: &str) -> Self {
        let namespace = if kind == Kind::Namespace { "" } else { namespace };
        Self::on(verb, kind.group(), kind.resource(), namespace)
    }

    /// A right on any resource.
    pub fn on(verb: &str, group: &str, resource: &str, namespace: &str) -> Self {
        Self {
            verb: verb.to_owned(),
            group: group.to_owned(),
            resource: resource.to_owned(),
            namespace: namespace.to_owned(),
            name: String::new(),
        }
    }

    /// Everything but the verb, in words.
    pub fn on_what(&self) -> String {
        let group = if self.group.is_empty() { String::new() } else { format!(".{}", self.group) };
        let place =
            if self.namespace.is_empty() { String::new() } else { format!(" in namespace `{}`", self.namespace) };
        format!("{}{group}{place}", self.resource)
    }

    /// Every right there is: what a cluster administrator has.
    pub fn everything() -> Self {
        Self::on("*", "*", "*", "")
    }
}

impl std::fmt::Display for Right {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.verb, self.on_what())
    }
}

/// Reads, rehearsals and reviews: what a read-only client may send. A delete is never among them: the server takes its
/// options from the body, and then does not look at the query.
fn changes_nothing(method: &Method, path: &str) -> bool {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    method == Method::GET
        || (method != Method::DELETE && query.split('&').any(|pair| pair == "dryRun=All"))
        || (method == Method::POST && path.starts_with("/apis/authorization.k8s.io/v1/self"))
}

/// The innermost cause of an error: the one that says something.
pub(super) fn innermost(error: &dyn StdError) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_reads_reviews_and_rehearsals_change_nothing() {
        assert!(changes_nothing(&Method::GET, "/api/v1/namespaces/a"));
        assert!(changes_nothing(&Method::PATCH, "/api/v1/namespaces/a?force=true&dryRun=All"));
        assert!(changes_nothing(&Method::POST, "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"));
        assert!(!changes_nothing(&Method::PATCH, "/api/v1/namespaces/a?force=true"));
        assert!(!changes_nothing(&Method::POST, "/api/v1/namespaces?x=dryRun=All"));
        assert!(!changes_nothing(&Method::DELETE, "/api/v1/namespaces/a"));
        assert!(!changes_nothing(&Method::DELETE, "/api/v1/namespaces/a?dryRun=All"));
        assert!(!changes_nothing(
            &Method::POST,
            "/apis/authorization.k8s.io/v1/namespaces/a/localsubjectaccessreviews"
        ));
    }
}
