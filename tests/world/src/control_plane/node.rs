//! The one node: what it offers, and which of its pods kwok plays.

use serde::Deserialize as _;
use serde_json::{Value, json};

use crate::rest::Rest;

/// Pods of these kinds are played by the stand-ins for agent and job, which are more than a status.
const PLAYED_BY_US: [&str; 2] = [
    r#".spec.containers.[] | select( .command // [] | index("/opt/runner/runner") ) | .name"#,
    r#".spec.containers.[] | select( .env // [] | map(.name) | index("DEPLOYMENT_ID") ) | .name"#,
];

pub(super) fn node() -> Value {
    let room = json!({ "cpu": "32", "memory": "256Gi", "pods": "1000" });
    json!({
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": "kwok-0",
            "annotations": { "kwok.x-k8s.io/node": "fake", "node.alpha.kubernetes.io/ttl": "0" },
            "labels": { "kubernetes.io/hostname": "kwok-0", "kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64" },
        },
        "status": { "capacity": room, "allocatable": room },
    })
}

/// Says whether pods can start: the node is ready and untainted, and accounts get made.
pub(super) async fn is_ready(rest: &Rest) -> bool {
    let Ok(Some(node)) = rest.get("/api/v1/nodes/kwok-0").await else {
        return false;
    };
    let conditions = node["status"]["conditions"].as_array().cloned().unwrap_or_default();
    let ready = conditions.iter().any(|it| it["type"] == "Ready" && it["status"] == "True");
    let untainted = node["spec"]["taints"].as_array().is_none_or(Vec::is_empty);
    ready && untainted && matches!(rest.get("/api/v1/namespaces/default/serviceaccounts/default").await, Ok(Some(_)))
}

/// Returns kwok's stages with those for starting and completing pods narrowed to the pods that are nobody else's.
pub(super) fn stages(given: &str) -> String {
    let mut documents = Vec::new();
    for document in serde_yaml::Deserializer::from_str(given) {
        let Ok(mut stage) = Value::deserialize(document) else {
            continue;
        };
        if stage.is_null() {
            continue;
        }
        if stage["metadata"]["name"] == "pod-ready" || stage["metadata"]["name"] == "pod-complete" {
            let expressions = stage["spec"]["selector"]["matchExpressions"].as_array_mut().expect("the stage selects");
            expressions.extend(PLAYED_BY_US.map(|key| json!({ "key": key, "operator": "DoesNotExist" })));
        }
        documents.push(serde_yaml::to_string(&stage).expect("a stage is plain data"));
    }
    documents.join("---\n")
}
