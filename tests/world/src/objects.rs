//! Reading and writing any kind of object as the world's administrator.

use std::collections::HashMap;
use std::sync::Mutex;

use serde::Deserialize as _;
use serde_json::Value;

use crate::rest::{Refusal, Rest};

/// The API of one cluster, by kind instead of by path.
pub(crate) struct Objects {
    rest: Rest,
    kinds: Mutex<HashMap<(String, String), (String, bool)>>,
}

impl Objects {
    pub(crate) fn new(rest: Rest) -> Self {
        Self { rest, kinds: Mutex::default() }
    }

    pub(crate) fn rest(&self) -> &Rest {
        &self.rest
    }

    pub(crate) async fn get(&self, version: &str, kind: &str, namespace: &str, name: &str) -> Option<Value> {
        let path = self.path(version, kind, namespace).await;
        self.rest.get(&format!("{path}/{name}")).await.expect("the administrator may read everything")
    }

    pub(crate) async fn list(&self, version: &str, kind: &str, namespace: &str) -> Vec<Value> {
        let path = self.path(version, kind, namespace).await;
        let list = self.rest.get(&path).await.expect("the administrator may list everything");
        list.and_then(|mut list| list["items"].as_array_mut().map(std::mem::take)).unwrap_or_default()
    }

    /// Applies every document of a YAML or JSON text.
    pub(crate) async fn apply(&self, text: &str, manager: &str) -> Result<Vec<Value>, Refusal> {
        let mut applied = Vec::new();
        for document in serde_yaml::Deserializer::from_str(text) {
            let object = Value::deserialize(document).expect("a document of YAML or JSON");
            if object.is_null() {
                continue;
            }
            let field = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
            let path = self.path(field("/apiVersion"), field("/kind"), field("/metadata/namespace")).await;
            let path = format!("{path}/{}?fieldManager={manager}&force=true", field("/metadata/name"));
            applied.push(self.rest.apply(&path, &object).await?);
        }
        Ok(applied)
    }

    pub(crate) async fn create(&self, object: &Value, manager: &str) -> Result<Value, Refusal> {
        let field = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let path = self.path(field("/apiVersion"), field("/kind"), field("/metadata/namespace")).await;
        self.rest.post(&format!("{path}?fieldManager={manager}"), object).await
    }

    pub(crate) async fn merge(
        &self,
        version: &str,
        kind: &str,
        namespace: &str,
        name: &str,
        patch: &Value,
    ) -> Result<Value, Refusal> {
        let path = self.path(version, kind, namespace).await;
        self.rest.merge(&format!("{path}/{name}"), patch).await
    }

    pub(crate) async fn delete(&self, version: &str, kind: &str, namespace: &str, name: &str) -> bool {
        let path = self.path(version, kind, namespace).await;
        match self.rest.delete(&format!("{path}/{name}?propagationPolicy=Background")).await {
            Ok(_) => true,
            Err(refusal) if refusal.code == 404 => false,
            Err(refusal) => panic!("cannot delete {kind} {name}: {refusal}"),
        }
    }

    async fn path(&self, version: &str, kind: &str, namespace: &str) -> String {
        let root = if version.contains('/') { format!("/apis/{version}") } else { format!("/api/{version}") };
        let (plural, is_namespaced) = self.resource(version, &root, kind).await;
        if is_namespaced && !namespace.is_empty() {
            format!("{root}/namespaces/{namespace}/{plural}")
        } else {
            format!("{root}/{plural}")
        }
    }

    async fn resource(&self, version: &str, root: &str, kind: &str) -> (String, bool) {
        let key = (version.to_owned(), kind.to_owned());
        if let Some(known) = self.kinds.lock().expect("nobody panics with this lock").get(&key) {
            return known.clone();
        }
        let list = self.rest.get(root).await.expect("discovery answers").unwrap_or_else(|| panic!("no API {version}"));
        let resources = list["resources"].as_array().cloned().unwrap_or_default();
        let is_it = |it: &&Value| it["kind"] == kind && !it["name"].as_str().unwrap_or_default().contains('/');
        let found = resources.iter().find(is_it).unwrap_or_else(|| panic!("no kind {kind} in {version}"));
        let resource = (found["name"].as_str().unwrap_or_default().to_owned(), found["namespaced"] == true);
        self.kinds.lock().expect("nobody panics with this lock").insert(key, resource.clone());
        resource
    }
}
