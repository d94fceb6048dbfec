//! A model of the workload identity webhook, called by the real API server: it gives labelled pods what they need to
//! become the identity that their service account names.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use super::machine::AUDIENCE;
use crate::rest::Rest;

const LABEL: &str = "azure.workload.identity/use";
const FOLDER: &str = "/var/run/secrets/azure/tokens";
const VOLUME: &str = "azure-identity-token";

/// The API servers whose webhook is here, by the number in the webhook's path.
static PLANES: Mutex<BTreeMap<u64, (Rest, String)>> = Mutex::new(BTreeMap::new());

/// Makes an API server known; returns the path of its webhook. `tenant` is what pods get that name no other.
pub(super) fn know(number: u64, rest: &Rest, tenant: &str) -> String {
    PLANES.lock().unwrap_or_else(PoisonError::into_inner).insert(number, (rest.clone(), tenant.to_owned()));
    format!("/_world/mutate/{number}")
}

/// Returns the configuration that makes an API server call the webhook; AKS keeps it from its own namespaces.
pub(super) fn configuration(url: &str, authority: &str) -> String {
    json!({
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "MutatingWebhookConfiguration",
        "metadata": {
            "name": "azure-wi-webhook-mutating-webhook-configuration",
            "labels": { "azure-workload-identity.io/system": "true" },
        },
        "webhooks": [{
            "name": "mutation.azure-workload-identity.io",
            "admissionReviewVersions": ["v1"],
            "clientConfig": { "url": url, "caBundle": STANDARD.encode(authority) },
            "failurePolicy": "Fail",
            "matchPolicy": "Equivalent",
            "namespaceSelector": { "matchExpressions": [{
                "key": "kubernetes.io/metadata.name",
                "operator": "NotIn",
                "values": ["kube-system"],
            }] },
            "objectSelector": { "matchLabels": { LABEL: "true" } },
            "reinvocationPolicy": "IfNeeded",
            "rules": [{
                "apiGroups": [""],
                "apiVersions": ["v1"],
                "operations": ["CREATE"],
                "resources": ["pods"],
                "scope": "*",
            }],
            "sideEffects": "None",
        }],
    })
    .to_string()
}

/// Returns a pod that the webhook changes.
pub(super) fn probe() -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": { "name": "world-webhook-probe", "labels": { LABEL: "true" } },
        "spec": { "containers": [{ "name": "main", "image": "probe" }] },
    })
}

/// Says whether the webhook has changed a pod.
pub(super) fn is_injected(pod: &Value) -> bool {
    holds(&pod["spec"]["volumes"], "name", VOLUME)
}

/// Answers an `AdmissionReview` about a pod.
pub(super) async fn review(request: &Value, path: &str, base: &str) -> Value {
    let pod = &request["request"]["object"];
    let uid = &request["request"]["uid"];
    let mut response = json!({ "uid": uid, "allowed": true });
    let number = path.rsplit('/').next().and_then(|it| it.parse().ok()).unwrap_or(0_u64);
    let plane = PLANES.lock().unwrap_or_else(PoisonError::into_inner).get(&number).cloned();
    if pod["metadata"]["labels"][LABEL] == "true"
        && let Some((rest, tenant)) = plane
    {
        let namespace = request["request"]["namespace"].as_str().unwrap_or_default();
        let account = pod["spec"]["serviceAccountName"].as_str().unwrap_or("default");
        let path = format!("/api/v1/namespaces/{namespace}/serviceaccounts/{account}");
        match rest.get(&path).await.ok().flatten() {
            Some(found) => {
                let patch = patch(pod, &found["metadata"]["annotations"], &tenant, base);
                response["patchType"] = Value::from("JSONPatch");
                response["patch"] = Value::from(STANDARD.encode(patch.to_string()));
            }
            None => {
                response["allowed"] = Value::from(false);
                response["status"] =
                    json!({ "code": 400, "message": format!("serviceaccounts \"{account}\" not found") });
            }
        }
    }
    json!({ "apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": response })
}

fn patch(pod: &Value, account: &Value, tenant: &str, base: &str) -> Value {
    let given = |name: &str| account[format!("azure.workload.identity/{name}")].as_str().map(str::to_owned);
    let seconds = pod["metadata"]["annotations"]["azure.workload.identity/service-account-token-expiration"]
        .as_str()
        .map(str::to_owned)
        .or_else(|| given("service-account-token-expiration"))
        .and_then(|it| it.parse::<u64>().ok())
        .unwrap_or(3600);
    let mut wanted: Vec<(&str, String)> = Vec::new();
    if let Some(client) = given("client-id") {
        wanted.push(("AZURE_CLIENT_ID", client));
    }
    wanted.push(("AZURE_TENANT_ID", given("tenant-id").unwrap_or_else(|| tenant.to_owned())));
    wanted.push(("AZURE_FEDERATED_TOKEN_FILE", format!("{FOLDER}/{VOLUME}")));
    wanted.push(("AZURE_AUTHORITY_HOST", format!("{base}/")));
    let mut spec = pod["spec"].clone();
    let skipped =
        pod["metadata"]["annotations"]["azure.workload.identity/skip-containers"].as_str().unwrap_or_default();
    let skipped: Vec<&str> = skipped.split(';').map(str::trim).collect();
    for list in ["initContainers", "containers"] {
        for container in spec[list].as_array_mut().into_iter().flatten() {
            if container["name"].as_str().is_some_and(|name| skipped.contains(&name)) {
                continue;
            }
            for (name, value) in &wanted {
                if !holds(&container["env"], "name", name) {
                    push(&mut container["env"], json!({ "name": name, "value": value }));
                }
            }
            if !holds(&container["volumeMounts"], "name", VOLUME) {
                push(&mut container["volumeMounts"], json!({ "name": VOLUME, "mountPath": FOLDER, "readOnly": true }));
            }
        }
    }
    if !holds(&spec["volumes"], "name", VOLUME) {
        let source =
            json!({ "serviceAccountToken": { "path": VOLUME, "audience": AUDIENCE, "expirationSeconds": seconds } });
        push(&mut spec["volumes"], json!({ "name": VOLUME, "projected": { "defaultMode": 420, "sources": [source] } }));
    }
    json!([{ "op": "replace", "path": "/spec", "value": spec }])
}

fn holds(list: &Value, key: &str, value: &str) -> bool {
    list.as_array().into_iter().flatten().any(|it| it[key] == value)
}

fn push(list: &mut Value, item: Value) {
    if let Some(all) = list.as_array_mut() {
        all.push(item);
    } else {
        *list = json!([item]);
    }
}
