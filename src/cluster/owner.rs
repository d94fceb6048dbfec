//! Whose an object is: the marks that other tools leave on what they manage.

use serde_json::Value;

/// The name under which this tool writes: the field manager, and the value of `app.kubernetes.io/managed-by`.
pub const FIELD_MANAGER: &str = "runner-setup";
/// The label that says who made an object; what carries our name was made by us and may be deleted by us.
pub const MANAGED_BY: &str = "app.kubernetes.io/managed-by";

/// Managers whose writes are those of a person at a shell: nobody claims the object afterwards.
const BY_HAND: [&str; 4] = ["kubectl", "before-first-apply", "k9s", "curl"];
/// Managers of the control plane itself, which write what they must and claim nothing.
const CONTROL_PLANE: [&str; 4] = ["kube-controller-manager", "kube-apiserver", "kubelet", "kwok"];

/// Somebody who claims an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// The tool's name as a person knows it.
    pub tool: &'static str,
    /// What it left on the object, e.g. a release's name.
    pub mark: String,
}

impl std::fmt::Display for Owner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({})", self.tool, self.mark)
    }
}

/// Whether this tool made the object, by its label.
pub fn made_by_us(object: &Value) -> bool {
    label(object, MANAGED_BY) == Some(FIELD_MANAGER)
}

/// Whether this tool has ever applied the object, made it or not.
pub fn applied_by_us(object: &Value) -> bool {
    managers(object).any(|(manager, operation, _)| manager == FIELD_MANAGER && operation == "Apply")
}

/// Who else claims the object, by the marks that the tool in question documents.
///
/// Helm: label `managed-by: Helm` and annotation `meta.helm.sh/release-name`. Argo CD: annotation
/// `argocd.argoproj.io/tracking-id` (or the label of the older tracking). Flux: labels
/// `kustomize.toolkit.fluxcd.io/name`, `helm.toolkit.fluxcd.io/name`. Terraform: its field managers. An
/// owner reference: a controller that would delete or restore the object.
pub fn claimed_by(object: &Value) -> Option<Owner> {
    let flux = |kind: &str| {
        let name = label(object, &format!("{kind}.toolkit.fluxcd.io/name"))?;
        let namespace = label(object, &format!("{kind}.toolkit.fluxcd.io/namespace")).unwrap_or("?");
        Some(Owner { tool: "Flux", mark: format!("{kind} `{namespace}/{name}`") })
    };
    if let Some(owner) = flux("helm").or_else(|| flux("kustomize")) {
        return Some(owner);
    }
    if let Some(id) = annotation(object, "argocd.argoproj.io/tracking-id") {
        let application = id.split(':').next().unwrap_or(id);
        return Some(Owner { tool: "Argo CD", mark: format!("application `{application}`") });
    }
    if let Some(application) = label(object, "argocd.argoproj.io/instance") {
        return Some(Owner { tool: "Argo CD", mark: format!("application `{application}`") });
    }
    if let Some(release) = annotation(object, "meta.helm.sh/release-name") {
        return Some(Owner { tool: "Helm", mark: format!("release `{release}`") });
    }
    if let Some(references) = object.pointer("/metadata/ownerReferences").and_then(Value::as_array)
        && let Some(reference) = references.first()
    {
        let word = |key: &str| reference.get(key).and_then(Value::as_str).unwrap_or("?");
        return Some(Owner { tool: "an owner reference", mark: format!("{} `{}`", word("kind"), word("name")) });
    }
    match label(object, MANAGED_BY) {
        None | Some(FIELD_MANAGER) => {}
        Some("Helm") => return Some(Owner { tool: "Helm", mark: format!("label `{MANAGED_BY}: Helm`") }),
        Some(other) => return Some(Owner { tool: "another tool", mark: format!("label `{MANAGED_BY}: {other}`") }),
    }
    managers(object)
        .find_map(|(manager, _, _)| tool_of_manager(manager).map(|tool| (tool, manager)))
        .map(|(tool, manager)| Owner { tool, mark: format!("field manager `{manager}`") })
}

/// The tool behind a field manager that claims what it writes.
fn tool_of_manager(manager: &str) -> Option<&'static str> {
    let lower = manager.to_lowercase();
    if lower.contains("terraform") || lower == "hashicorp" {
        Some("Terraform")
    } else if lower.contains("opentofu") {
        Some("OpenTofu")
    } else if lower == "helm" || lower == "helm-controller" {
        Some("Helm")
    } else if lower.starts_with("argocd") {
        Some("Argo CD")
    } else if lower == "kustomize-controller" {
        Some("Flux")
    } else if lower.starts_with("pulumi") {
        Some("Pulumi")
    } else {
        None
    }
}

/// Whether a field manager's fields may be taken over without asking: a person's writes, or our own.
pub fn writes_by_hand(manager: &str) -> bool {
    manager == FIELD_MANAGER
        || BY_HAND.iter().any(|prefix| manager == *prefix || manager.starts_with(&format!("{prefix}-")))
}

/// Managers, other than this tool and the control plane, that own the field, each with the subresource it wrote through.
pub fn owners_of_field<'a>(object: &'a Value, path: &'a [&'a str]) -> impl Iterator<Item = &'a str> + 'a {
    managers(object).filter_map(move |(manager, _, entry)| {
        let mut fields = entry.get("fieldsV1")?;
        for step in path {
            fields = fields.get(format!("f:{step}"))?;
        }
        (manager != FIELD_MANAGER && !CONTROL_PLANE.contains(&manager)).then_some(manager)
    })
}

/// The fields that this tool applied, in the `fieldsV1` form of `metadata.managedFields`.
pub fn our_fields(object: &Value) -> Option<&Value> {
    managers(object)
        .find(|(manager, operation, entry)| {
            *manager == FIELD_MANAGER && *operation == "Apply" && entry.get("subresource").is_none()
        })
        .and_then(|(_, _, entry)| entry.get("fieldsV1"))
}

/// Whether the field is as this tool applied it; a field that somebody else changed since is theirs.
pub fn applied_field(object: &Value, path: &[&str]) -> bool {
    our_fields(object).is_some_and(|fields| path.iter().try_fold(fields, |fields, step| fields.get(step)).is_some())
}

fn managers(object: &Value) -> impl Iterator<Item = (&str, &str, &Value)> {
    object.pointer("/metadata/managedFields").and_then(Value::as_array).into_iter().flatten().filter_map(|entry| {
        let manager = entry.get("manager")?.as_str()?;
        let operation = entry.get("operation")?.as_str()?;
        Some((manager, operation, entry))
    })
}

/// A label's value.
pub fn label<'a>(object: &'a Value, key: &str) -> Option<&'a str> {
    object.get("metadata")?.get("labels")?.get(key)?.as_str()
}

/// An annotation's value.
pub fn annotation<'a>(object: &'a Value, key: &str) -> Option<&'a str> {
    object.get("metadata")?.get("annotations")?.get(key)?.as_str()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn owner(metadata: Value) -> Option<String> {
        claimed_by(&json!({ "metadata": metadata })).map(|owner| owner.to_string())
    }

    #[test]
    fn every_tool_is_known_by_its_own_marks() {
        let cases = [
            (
                json!({"annotations": {"meta.helm.sh/release-name": "r"}, "labels": {MANAGED_BY: "Helm"}}),
                "Helm (release `r`)",
            ),
            (
                json!({"annotations": {"argocd.argoproj.io/tracking-id": "app:apps/Deployment:ns/x"}}),
                "Argo CD (application `app`)",
            ),
            (
                json!({"labels": {"kustomize.toolkit.fluxcd.io/name": "k", "kustomize.toolkit.fluxcd.io/namespace": "flux"}}),
                "Flux (kustomize `flux/k`)",
            ),
            (
                json!({"managedFields": [{"manager": "HashiCorp", "operation": "Update"}]}),
                "Terraform (field manager `HashiCorp`)",
            ),
            (
                json!({"ownerReferences": [{"kind": "SealedSecret", "name": "s"}]}),
                "an owner reference (SealedSecret `s`)",
            ),
            (json!({"labels": {MANAGED_BY: "acme"}}), "another tool (label `app.kubernetes.io/managed-by: acme`)"),
        ];
        for (metadata, expected) in cases {
            assert_eq!(owner(metadata).as_deref(), Some(expected));
        }
    }

    #[test]
    fn what_a_person_made_is_claimed_by_nobody() {
        assert_eq!(owner(json!({"managedFields": [{"manager": "kubectl-create", "operation": "Update"}]})), None);
        assert_eq!(owner(json!({"labels": {MANAGED_BY: "runner-setup"}})), None);
        assert!(writes_by_hand("kubectl-client-side-apply"));
        assert!(!writes_by_hand("helm"));
    }
}
