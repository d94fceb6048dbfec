//! A container's environment and files, resolved as the kubelet does.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::Value;

use super::Cluster;
use super::pod::Pod;

/// The variables of a container.
pub(super) type Environment = BTreeMap<String, String>;

/// Resolves all variables; says what is missing in the kubelet's words.
pub(super) async fn resolve(cluster: &Cluster, pod: &Pod, container: &str) -> Result<Environment, String> {
    let container = pod.container(container);
    let mut environment = Environment::new();
    for source in container["envFrom"].as_array().into_iter().flatten() {
        let prefix = source["prefix"].as_str().unwrap_or_default();
        for (kind, field) in [("configmap", "configMapRef"), ("secret", "secretRef")] {
            if let Some(reference) = source.get(field) {
                let data = read(cluster, pod, kind, reference).await?;
                environment.extend(data.into_iter().map(|(name, value)| (format!("{prefix}{name}"), value)));
            }
        }
    }
    for variable in container["env"].as_array().into_iter().flatten() {
        let name = variable["name"].as_str().unwrap_or_default();
        let value = match variable.get("valueFrom") {
            None => Some(expand(variable["value"].as_str().unwrap_or_default(), &environment)),
            Some(from) => one(cluster, pod, from).await?,
        };
        environment.extend(value.map(|value| (name.to_owned(), value)));
    }
    Ok(environment)
}

/// Reads a file of a container from the ConfigMap or Secret that is mounted there.
pub(super) async fn file(cluster: &Cluster, pod: &Pod, container: &str, path: &str) -> Option<String> {
    let mounts = pod.container(container)["volumeMounts"].as_array().cloned().unwrap_or_default();
    for mount in mounts {
        let rest = path.strip_prefix(mount["mountPath"].as_str().unwrap_or("/"));
        let Some(rest) = rest else { continue };
        let file = match mount["subPath"].as_str() {
            Some(file) if rest.is_empty() => file,
            Some(_) => continue,
            None => rest.trim_start_matches('/'),
        };
        let volumes = pod.spec()["volumes"].as_array().cloned().unwrap_or_default();
        let volume = volumes.iter().find(|volume| volume["name"] == mount["name"])?;
        for (kind, field, name) in [("configmap", "configMap", "name"), ("secret", "secret", "secretName")] {
            let Some(source) = volume.get(field) else {
                continue;
            };
            let items = source["items"].as_array().cloned().unwrap_or_default();
            let item = items.iter().find(|item| item["path"] == file).and_then(|item| item["key"].as_str());
            let reference = serde_json::json!({ "name": source[name], "optional": true });
            return read(cluster, pod, kind, &reference).await.ok()?.remove(item.unwrap_or(file));
        }
    }
    None
}

/// Reads all files of a container that are mounted from a ConfigMap or Secret at a folder.
pub(super) async fn files(cluster: &Cluster, pod: &Pod, container: &str, folder: &str) -> Vec<String> {
    let mounts = pod.container(container)["volumeMounts"].as_array().cloned().unwrap_or_default();
    let volumes = pod.spec()["volumes"].as_array().cloned().unwrap_or_default();
    let mut texts = Vec::new();
    for mount in mounts
        .iter()
        .filter(|mount| mount["mountPath"].as_str().is_some_and(|path| path.trim_end_matches('/') == folder))
    {
        let Some(volume) = volumes.iter().find(|volume| volume["name"] == mount["name"]) else { continue };
        for (kind, field, name) in [("configmap", "configMap", "name"), ("secret", "secret", "secretName")] {
            if let Some(source) = volume.get(field) {
                let reference = serde_json::json!({ "name": source[name], "optional": true });
                texts.extend(read(cluster, pod, kind, &reference).await.unwrap_or_default().into_values());
            }
        }
    }
    texts
}

async fn one(cluster: &Cluster, pod: &Pod, from: &Value) -> Result<Option<String>, String> {
    for (kind, field) in [("configmap", "configMapKeyRef"), ("secret", "secretKeyRef")] {
        let Some(reference) = from.get(field) else {
            continue;
        };
        let key = reference["key"].as_str().unwrap_or_default();
        let optional = reference["optional"] == true;
        let mut data = match read(cluster, pod, kind, reference).await {
            Err(_) if optional => return Ok(None),
            data => data?,
        };
        let name = reference["name"].as_str().unwrap_or_default();
        let words = if kind == "secret" { "Secret" } else { "ConfigMap" };
        return match data.remove(key) {
            None if !optional => Err(format!("couldn't find key {key} in {words} {}/{name}", pod.namespace())),
            value => Ok(value),
        };
    }
    let field = from["fieldRef"]["fieldPath"].as_str().unwrap_or_default();
    Ok(Some(match field {
        "metadata.name" => pod.name().to_owned(),
        "metadata.namespace" => pod.namespace().to_owned(),
        "spec.serviceAccountName" => pod.service_account().to_owned(),
        _ => String::new(),
    }))
}

async fn read(cluster: &Cluster, pod: &Pod, kind: &str, reference: &Value) -> Result<Environment, String> {
    let name = reference["name"].as_str().unwrap_or_default();
    let path = format!("/api/v1/namespaces/{}/{kind}s/{name}", pod.namespace());
    let object = cluster.admin.get(&path).await.map_err(|refusal| refusal.to_string())?;
    let Some(object) = object else {
        return if reference["optional"] == true {
            Ok(Environment::new())
        } else {
            Err(format!("{kind} \"{name}\" not found"))
        };
    };
    let decoded = |text: &str| match kind {
        "secret" => STANDARD.decode(text).ok().and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default(),
        _ => text.to_owned(),
    };
    let data = object["data"].as_object().cloned().unwrap_or_default();
    Ok(data.into_iter().map(|(key, value)| (key, decoded(value.as_str().unwrap_or_default()))).collect())
}

/// Replaces `$(NAME)` by what came before, as the kubelet does.
fn expand(value: &str, environment: &Environment) -> String {
    environment.iter().fold(value.to_owned(), |text, (name, value)| text.replace(&format!("$({name})"), value))
}
