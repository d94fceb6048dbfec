//! What is there already: made by hand it is adopted, somebody's property is refused until it is named.

use serde_json::{Value, json};

use crate::support::{AGENT, JOB, Lab, new_key};

const RBAC: &str = "rbac.authorization.k8s.io/v1";
const TOO_LITTLE: &str = r#"[{"apiGroups": ["batch"], "resources": ["jobs"], "verbs": ["create"]}]"#;

/// The agent's Role with too few rights and these marks, in namespaces made by hand.
fn role_of(lab: &Lab, manager: &str, marks: &Value) -> String {
    lab.create_namespaces();
    let mut metadata = marks.clone();
    metadata["name"] = json!(AGENT);
    metadata["namespace"] = json!(lab.job_namespace);
    let rules: Value = serde_json::from_str(TOO_LITTLE).unwrap();
    lab.create_as(manager, &json!({ "apiVersion": RBAC, "kind": "Role", "metadata": metadata, "rules": rules }));
    format!("kubernetes:Role/{}/{AGENT}", lab.job_namespace)
}

#[test]
fn what_the_guide_made_by_hand_is_as_it_should_be_and_keeps_its_key() {
    let lab = Lab::new("guide");
    let pem = lab.create_all();
    let mark = lab.world.audit().mark();
    let outcome = lab.run(&["apply", "--yes", "-o", "json"]).exits(0);
    assert_eq!(outcome.changed(), [format!("create orchestrator:runner/{}", lab.runner)]);
    assert_eq!(lab.writes_since(mark), Vec::<String>::new());
    assert_eq!(lab.private_key_pem().as_deref(), Some(pem.as_str()));
    lab.proves_itself();
    lab.has_nothing_to_do(&[]);
}

#[test]
fn what_differs_is_adopted_with_the_fields_shown_first() {
    let lab = Lab::new("adopt");
    let object = role_of(&lab, "kubectl-create", &json!({}));
    let outcome = lab.run(&["plan", "-o", "json"]).exits(0);
    let change = outcome.change(&object);
    assert_eq!((&change["action"], &change["status"]), (&json!("adopt"), &json!("pending")));
    assert!(outcome.fields(&object).contains(&"rules".to_owned()), "{outcome}");
    assert_eq!(outcome.change(&format!("Namespace/{}", lab.job_namespace))["action"], "unchanged");
    let _ = lab.apply();
    let role = lab.get(RBAC, "Role", &lab.job_namespace, AGENT).unwrap();
    assert_eq!(role["rules"].as_array().unwrap().len(), 2);
    assert_eq!(role["metadata"]["labels"].get("app.kubernetes.io/managed-by"), None, "adopted is not made");
    lab.proves_itself();
    lab.has_nothing_to_do(&[]);
}

#[test]
fn a_helm_release_that_is_as_it_should_be_is_left_in_peace() {
    let lab = Lab::new("helm-same");
    release(&lab);
    let outcome = lab.run(&["apply", "--yes", "-o", "json"]).exits(0);
    assert_eq!(outcome.changed(), [format!("create orchestrator:runner/{}", lab.runner)]);
    lab.has_nothing_to_do(&[]);
}

#[test]
fn a_helm_release_is_refused_with_its_name_until_its_objects_are_named() {
    let lab = Lab::new("helm");
    release(&lab);
    let _ = lab.run(&["apply", "--yes", "--no-wait"]).exits(0);
    let config_map = format!("kubernetes:ConfigMap/{}/{AGENT}", lab.runner_namespace);
    let deployment = format!("kubernetes:Deployment/{}/{AGENT}", lab.runner_namespace);
    let outcome =
        lab.refuses(&["--log-level=debug"]).explains("Helm (release `the-release`)").explains("data.LOG_LEVEL");
    let outcome = outcome.explains(&format!("--adopt {config_map}"));
    let _ = outcome.explains(&format!("--adopt {deployment}"));
    let args = ["--log-level=debug", "--adopt", &config_map, "--adopt", &deployment];
    let outcome = lab.run(&[&["apply", "--yes", "-o", "json"], &args[..]].concat()).exits(0);
    assert_eq!(outcome.changed(), [format!("adopt {config_map}"), format!("adopt {deployment}")]);
    lab.proves_itself();
    lab.has_nothing_to_do(&["--log-level=debug"]);
}

/// The chart's objects as Helm leaves them, the key made by hand.
fn release(lab: &Lab) {
    lab.create_namespaces();
    lab.create_secret(AGENT, "private_key", &new_key());
    for mut object in lab.chart() {
        object["metadata"]["labels"]["app.kubernetes.io/managed-by"] = json!("Helm");
        object["metadata"]["labels"]["helm.sh/chart"] = json!(format!("{AGENT}-1.0.0"));
        object["metadata"]["annotations"] = json!({
            "meta.helm.sh/release-name": "the-release", "meta.helm.sh/release-namespace": lab.runner_namespace,
        });
        lab.create_as("helm", &object);
    }
}

#[test]
fn every_other_owner_is_named_and_refused_until_it_is_told_to_adopt() {
    let cases = [
        (
            "kubectl-create",
            json!({ "annotations": { "argocd.argoproj.io/tracking-id": "runners:rbac/Role:x/y" } }),
            "Argo CD (application `runners`)",
        ),
        (
            "kubectl-create",
            json!({ "labels": { "kustomize.toolkit.fluxcd.io/name": "infra", "kustomize.toolkit.fluxcd.io/namespace": "flux-system" } }),
            "Flux (kustomize `flux-system/infra`)",
        ),
        ("HashiCorp", json!({}), "Terraform (field manager `HashiCorp`)"),
        ("Terraform", json!({}), "Terraform (field manager `Terraform`)"),
    ];
    for (manager, marks, owner) in cases {
        let lab = Lab::new("owner");
        let object = role_of(&lab, manager, &marks);
        let outcome = lab.refuses(&["--no-wait"]).explains(owner).explains("rules");
        let _ = outcome.explains(&format!("--adopt {object}"));
        let outcome = lab.run(&["apply", "--yes", "-o", "json", "--no-wait", "--adopt", &object]).exits(0);
        assert_eq!(outcome.change(&object)["action"], "adopt");
        let rules = lab.get(RBAC, "Role", &lab.job_namespace, AGENT).unwrap()["rules"].clone();
        assert_eq!(rules.as_array().unwrap().len(), 2);
    }
}

#[test]
fn an_object_with_an_owner_reference_is_refused_with_the_owner_named() {
    let lab = Lab::new("owned");
    let object = role_of(&lab, "kubectl-create", &json!({}));
    let parent = json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": "parent", "namespace": lab.job_namespace } });
    let uid = lab.create(&parent)["metadata"]["uid"].clone();
    let reference = json!([{ "apiVersion": "v1", "kind": "ConfigMap", "name": "parent", "uid": uid }]);
    lab.edit(RBAC, "Role", &lab.job_namespace, AGENT, &json!({ "metadata": { "ownerReferences": reference } }));
    let _ = lab.refuses(&["--no-wait"]).explains("ConfigMap `parent`").explains(&format!("--adopt {object}"));
    let _ = lab.run(&["apply", "--yes", "--no-wait", "--adopt", &object]).exits(0);
}

#[test]
fn a_conflict_names_the_other_manager_and_its_fields() {
    let lab = Lab::new("conflict");
    let _ = lab.run(&["apply", "--yes", "--no-wait"]).exits(0);
    let object = json!({
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": AGENT, "namespace": lab.runner_namespace },
        "data": { "LOG_LEVEL": "warn" },
    });
    lab.world.apply_as("acme-operator", &object.to_string()).unwrap();
    let outcome = lab.refuses(&["--log-level=info"]).explains("acme-operator").explains("data.LOG_LEVEL");
    let name = format!("kubernetes:ConfigMap/{}/{AGENT}", lab.runner_namespace);
    let _ = outcome.explains(&format!("--adopt {name}"));
    let _ = lab.run(&["apply", "--yes", "--no-wait", "--log-level=info", "--adopt", &name]).exits(0);
    lab.has_nothing_to_do(&["--no-wait", "--log-level=info"]);
}

#[test]
fn labels_of_a_sidecar_injector_are_left_alone() {
    let lab = Lab::new("sidecar");
    let _ = lab.apply();
    let object = json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": { "name": AGENT, "namespace": lab.runner_namespace,
            "labels": { "injected": "yes" } },
        "spec": { "template": { "metadata": { "labels": { "sidecar.istio.io/inject": "true" } } } },
    });
    lab.world.apply_as("istio", &object.to_string()).unwrap();
    let _ = lab.run(&["apply", "--yes", "--log-level=debug"]).exits(0);
    let labels = lab.deployment()["spec"]["template"]["metadata"]["labels"].clone();
    assert_eq!(labels["sidecar.istio.io/inject"], "true");
    lab.has_nothing_to_do(&["--log-level=debug"]);
}

#[test]
fn replicas_of_an_autoscaler_or_a_person_are_left_alone() {
    // The autoscaler is a part of the controller manager, and that is its name as a field manager.
    for manager in ["kube-controller-manager", "kubectl"] {
        let lab = Lab::new("scaled");
        let _ = lab.apply();
        let scale = format!("{AGENT}/scale?fieldManager={manager}");
        lab.world.merge("apps/v1", "Deployment", &lab.runner_namespace, &scale, &json!({ "spec": { "replicas": 3 } }));
        let _ = lab.run(&["apply", "--yes", "--log-level=debug"]).exits(0);
        assert_eq!(lab.deployment()["spec"]["replicas"], 3, "{manager}");
        lab.has_nothing_to_do(&[]);
    }
}

#[test]
fn the_agent_of_another_runner_is_refused_with_both_named() {
    let lab = Lab::new("other");
    lab.create_namespaces();
    for mut object in lab.chart() {
        if object["kind"] == "ConfigMap" {
            object["data"]["RUNNER_ID"] = json!("their-runner");
            object["data"]["ORG_ID"] = json!("their-org");
        }
        lab.create(&object);
    }
    let outcome = lab.refuses(&[]).explains("runner `their-runner` of organisation `their-org`");
    let _ = outcome.explains(&format!("runner `{}` of organisation `{}`", lab.runner, lab.orchestrator.org()));
}

#[test]
fn an_agent_under_another_name_in_these_namespaces_is_refused_too() {
    let lab = Lab::new("other-name");
    lab.create_namespaces();
    for mut object in lab.chart() {
        let kind = object["kind"].clone();
        if kind != "ConfigMap" && kind != "Deployment" {
            continue;
        }
        object["metadata"]["name"] = json!("theirs");
        object["metadata"]["namespace"] = json!(lab.job_namespace);
        if kind == "ConfigMap" {
            object["data"]["RUNNER_ID"] = json!("their-runner");
        } else {
            object["spec"]["template"]["spec"]["containers"][0]["envFrom"][0]["configMapRef"]["name"] = json!("theirs");
        }
        lab.create(&object);
    }
    let _ = lab.refuses(&[]).explains("Deployment/").explains("runner `their-runner`");
}

#[test]
fn the_key_of_the_terraform_module_is_recognised() {
    let lab = Lab::new("module");
    lab.create_namespaces();
    let pem = new_key();
    lab.create_secret("humanitec-kubernetes-agent-runner-private-key", "private_key", &pem);
    let _ = lab.apply();
    let reference = lab.container()["env"][0]["valueFrom"]["secretKeyRef"]["name"].clone();
    assert_eq!(reference, "humanitec-kubernetes-agent-runner-private-key");
    assert_eq!(lab.private_key_pem(), None, "no second key");
    lab.proves_itself();
    lab.has_nothing_to_do(&[]);
}

#[test]
fn adopting_something_unknown_is_a_typing_error_with_a_suggestion() {
    let lab = Lab::new("typo");
    let role = format!("kubernetes:Role/{}/{JOB}", lab.job_namespace);
    let _ = lab.refuses_with(2, &["--adopt", &role.to_lowercase()]).explains(&format!("write `--adopt {role}`"));
    let near = role.replace("runner-job", "runer-job");
    let _ = lab.refuses_with(2, &["--adopt", &near]).explains(&format!("write `--adopt {role}`"));
}
