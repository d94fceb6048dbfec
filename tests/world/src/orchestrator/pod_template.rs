//! The service's rules for a runner's pod template.

use k8s_openapi::api::core::v1::PodTemplateSpec;
use serde_json::Value;

const RUNNER_CONTAINERS: [&str; 2] = ["main", "platform-orchestrator-runner"];
const RESERVED: [&str; 6] =
    ["ORG_ID", "DEPLOYMENT_ID", "MODE", "TOKEN", "ENCRYPTING_KEY", "PLATFORM_ORCHESTRATOR_BASE_URL"];

/// Refuses a template that the service would refuse.
pub(super) fn check(template: &Value) -> Result<(), String> {
    let parsed: PodTemplateSpec =
        serde_json::from_value(template.clone()).map_err(|error| format!("pod_template: {error}"))?;
    let known = serde_json::to_value(&parsed).map_err(|error| format!("pod_template: {error}"))?;
    if let Some(path) = unknown(template, &known, "pod_template") {
        return Err(format!("{path}: unknown field"));
    }
    if template["metadata"].get("namespace").is_some() {
        return Err("pod_template.metadata.namespace: must not be set".to_owned());
    }
    if template["spec"].get("serviceAccountName").is_some() {
        return Err("pod_template.spec.serviceAccountName: must not be set".to_owned());
    }
    for field in ["initContainers", "containers"] {
        for container in template["spec"][field].as_array().into_iter().flatten() {
            check_container(container)?;
        }
    }
    Ok(())
}

fn check_container(container: &Value) -> Result<(), String> {
    let name = container["name"].as_str().unwrap_or_default();
    if name.is_empty() {
        return Err("pod_template.spec.containers: every container needs a name".to_owned());
    }
    if !RUNNER_CONTAINERS.contains(&name) {
        return Ok(());
    }
    for variable in container["env"].as_array().into_iter().flatten() {
        let variable_name = variable["name"].as_str().unwrap_or_default();
        if RESERVED.contains(&variable_name) {
            return Err(format!("pod_template: the variable {variable_name} of container {name} is reserved"));
        }
        if variable_name == "RUNNER_GIT_SSH_KEYS" && variable.get("valueFrom").is_none() {
            return Err("pod_template: RUNNER_GIT_SSH_KEYS must come from valueFrom".to_owned());
        }
    }
    Ok(())
}

/// Returns the first path in `given` that a typed round trip lost, which is a field nobody knows.
fn unknown(given: &Value, known: &Value, path: &str) -> Option<String> {
    match (given, known) {
        (Value::Object(given), Value::Object(known)) => {
            given.iter().filter(|(_, value)| !value.is_null()).find_map(|(field, value)| match known.get(field) {
                Some(known) => unknown(value, known, &format!("{path}.{field}")),
                None => Some(format!("{path}.{field}")),
            })
        }
        (Value::Array(given), Value::Array(known)) => given
            .iter()
            .zip(known)
            .enumerate()
            .find_map(|(at, (given, known))| unknown(given, known, &format!("{path}[{at}]"))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::check;

    #[test]
    fn a_good_template_passes() {
        let template = json!({
            "metadata": { "labels": { "app.kubernetes.io/name": "humanitec-runner" } },
            "spec": { "imagePullSecrets": [{ "name": "pull" }], "containers": [{ "name": "main", "env": [{ "name": "A", "value": "b" }],
                "resources": { "limits": { "cpu": "1" } } }], "securityContext": { "runAsUser": 1000 } },
        });
        assert_eq!(check(&template), Ok(()));
    }

    #[test]
    fn what_the_service_refuses_is_refused() {
        for (template, reason) in [
            (json!({ "spec": { "container": [] } }), "pod_template.spec.container: unknown field"),
            (json!({ "spec": { "containers": [{ "name": "main", "imag": "x" }] } }), "imag: unknown field"),
            (json!({ "metadata": { "namespace": "x" } }), "namespace"),
            (json!({ "spec": { "containers": [], "serviceAccountName": "x" } }), "serviceAccountName"),
            (json!({ "spec": { "containers": [{ "image": "x" }] } }), "name"),
            (
                json!({ "spec": { "containers": [{ "name": "main", "env": [{ "name": "TOKEN", "value": "x" }] }] } }),
                "reserved",
            ),
        ] {
            let refusal = check(&template).expect_err("this is refused");
            assert!(refusal.contains(reason), "{refusal}");
        }
    }
}
