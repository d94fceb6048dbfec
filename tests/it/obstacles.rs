//! Clusters that are not ready for it: each obstacle is found in the plan, said in one sentence, and nothing is written.

use serde_json::{Value, json};

use crate::support::{AGENT, JOB, Lab, new_key};

const RBAC: &str = "rbac.authorization.k8s.io/v1";

#[test]
fn a_namespace_that_is_being_deleted_is_refused() {
    let lab = Lab::new("terminating");
    lab.create_namespaces();
    let held = json!({
        "apiVersion": "v1", "kind": "ConfigMap",
        "metadata": { "name": "held", "namespace": lab.job_namespace, "finalizers": ["example.com/hold"] },
    });
    lab.create(&held);
    assert!(lab.world.delete("v1", "Namespace", "", &lab.job_namespace));
    let outcome = lab.refuses(&[]).explains(&format!("kubernetes:Namespace/{}", lab.job_namespace));
    let _ = outcome.explains("being deleted (Terminating)").explains("kubectl get namespace");
    lab.edit("v1", "ConfigMap", &lab.job_namespace, "held", &json!({ "metadata": { "finalizers": null } }));
}

#[test]
fn an_object_that_is_being_deleted_is_refused() {
    let lab = Lab::new("leaving");
    let _ = lab.run(&["apply", "--yes", "--no-wait"]).exits(0);
    let hold = |finalizers: Value| json!({ "metadata": { "finalizers": finalizers } });
    for (kind, namespace, name) in
        [("ServiceAccount", &lab.job_namespace, JOB), ("Secret", &lab.runner_namespace, AGENT)]
    {
        lab.edit("v1", kind, namespace, name, &hold(json!(["example.com/hold"])));
        assert!(lab.world.delete("v1", kind, namespace, name));
    }
    let outcome =
        lab.refuses(&["--no-wait"]).explains(&format!("ServiceAccount/{}/{JOB}: is being deleted", lab.job_namespace));
    let _ =
        outcome.explains(&format!("Secret/{}/{AGENT}: holds no usable key: it is being deleted", lab.runner_namespace));
    lab.edit("v1", "ServiceAccount", &lab.job_namespace, JOB, &hold(json!(null)));
    lab.edit("v1", "Secret", &lab.runner_namespace, AGENT, &hold(json!(null)));
}

#[test]
fn an_immutable_config_map_with_other_values_is_refused() {
    let lab = Lab::new("immutable");
    lab.create_namespaces();
    let mut object = lab.chart().into_iter().find(|object| object["kind"] == "ConfigMap").unwrap();
    object["immutable"] = json!(true);
    lab.create(&object);
    let _ = lab.run(&["plan"]).exits(0);
    let outcome = lab.refuses(&["--log-level=debug"]).explains("is immutable and holds other values");
    let _ = outcome.explains(&format!("kubectl delete configmap {AGENT} -n {}", lab.runner_namespace));
}

#[test]
fn a_key_secret_without_a_usable_key_is_refused_with_what_it_holds() {
    let rsa = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwDQYJKoZIhvcNAQEBBQAEGjAYAgEAAgEAAgEAAgEAAgEAAgEAAgEAAgEA\n-----END PRIVATE KEY-----\n";
    let cases = [
        ("key.pem", new_key(), "it has no data key `private_key`; it has `key.pem`"),
        ("private_key", rsa.to_owned(), "RSA"),
        ("private_key", "garbage".to_owned(), "PRIVATE KEY-----"),
        ("private_key", "-----BEGIN PUBLIC KEY-----\nMCow\n-----END PUBLIC KEY-----\n".to_owned(), "public"),
    ];
    for (data_key, text, words) in cases {
        let lab = Lab::new("bad-key");
        lab.create_namespaces();
        lab.create_secret(AGENT, data_key, &text);
        let before = lab.get("v1", "Secret", &lab.runner_namespace, AGENT);
        let outcome = lab.run(&["plan"]).exits(4).says("holds no usable key").says("kubectl describe secret");
        assert!(outcome.stderr.replace(&text, "").contains(words), "{words}: {outcome}");
        assert_eq!(lab.get("v1", "Secret", &lab.runner_namespace, AGENT), before);
    }
}

#[test]
fn an_immutable_secret_with_a_usable_key_is_used() {
    let lab = Lab::new("frozen-key");
    lab.create_namespaces();
    let pem = new_key();
    lab.create(&json!({
        "apiVersion": "v1", "kind": "Secret", "immutable": true, "stringData": { "private_key": pem },
        "metadata": { "name": AGENT, "namespace": lab.runner_namespace },
    }));
    let _ = lab.apply();
    lab.proves_itself();
    lab.has_nothing_to_do(&[]);
}

#[test]
fn a_binding_to_another_role_is_refused_with_both_named() {
    let lab = Lab::new("role-ref");
    lab.create_namespaces();
    lab.create(&json!({
        "apiVersion": RBAC, "kind": "RoleBinding", "metadata": { "name": JOB, "namespace": lab.job_namespace },
        "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view" }, "subjects": [],
    }));
    let outcome = lab.refuses(&[]).explains("`roleRef`").explains("\"view\"").explains("never change");
    let _ = outcome.explains(&format!("kubectl delete rolebinding {JOB} -n {}", lab.job_namespace));
}

#[test]
fn a_deployment_with_another_selector_is_refused() {
    let lab = Lab::new("selector");
    lab.create_namespaces();
    let mut object = lab.chart().into_iter().find(|object| object["kind"] == "Deployment").unwrap();
    object["spec"]["selector"]["matchLabels"] = json!({ "app": "agent" });
    object["spec"]["template"]["metadata"]["labels"] = json!({ "app": "agent" });
    object["spec"]["replicas"] = json!(0);
    lab.create(&object);
    let _ = lab.refuses(&[]).explains("`spec.selector`").prints("kubectl delete deployment");
}

fn quota(lab: &Lab, namespace: &str, hard: &Value) {
    lab.create(&json!({
        "apiVersion": "v1", "kind": "ResourceQuota", "metadata": { "name": "small", "namespace": namespace },
        "spec": { "hard": hard },
    }));
    let counted = || {
        let quota = lab.get("v1", "ResourceQuota", namespace, "small").unwrap();
        quota["status"]["hard"].is_object()
    };
    lab.world.wait_until("the quota counts", std::time::Duration::from_secs(20), counted);
}

#[test]
fn a_quota_that_is_too_small_is_refused() {
    for (hard, object) in [
        (json!({ "secrets": "0" }), "Secret"),
        (json!({ "pods": "0" }), "Deployment"),
        (json!({ "limits.memory": "100Mi" }), "Deployment"),
        (json!({ "count/deployments.apps": "0" }), "Deployment"),
    ] {
        let lab = Lab::new("quota");
        lab.create_namespaces();
        quota(&lab, &lab.runner_namespace, &hard);
        let name = format!("kubernetes:{object}/{}/{AGENT}", lab.runner_namespace);
        let outcome = lab.refuses(&[]).explains(&name).explains("exceeded quota: small");
        let _ = outcome.explains(&format!("kubectl describe resourcequota -n {}", lab.runner_namespace));
    }
}

#[test]
fn a_quota_that_takes_each_object_but_not_all_of_them_is_refused() {
    let lab = Lab::new("sum-quota");
    lab.create_namespaces();
    quota(&lab, &lab.job_namespace, &json!({ "count/roles.rbac.authorization.k8s.io": "1" }));
    let outcome =
        lab.refuses(&[]).explains("exceeded quota: small, requested: count/roles.rbac.authorization.k8s.io=2");
    let _ = outcome.explains(&format!("kubectl describe resourcequota -n {}", lab.job_namespace));
    assert!(lab.world.delete("v1", "ResourceQuota", &lab.job_namespace, "small"));
    quota(&lab, &lab.job_namespace, &json!({ "count/roles.rbac.authorization.k8s.io": "2" }));
    let _ = lab.run(&["apply", "--yes"]).exits(0);
}

#[test]
fn a_quota_in_the_job_namespace_that_lets_no_job_start_is_refused() {
    let lab = Lab::new("job-quota");
    lab.create_namespaces();
    quota(&lab, &lab.job_namespace, &json!({ "requests.memory": "100Mi" }));
    let _ = lab.refuses(&[]).explains("orchestrator:runner/").explains("exceeded quota: small");
}

#[test]
fn pod_security_that_lets_the_pods_not_in_is_refused() {
    let privileged =
        json!({ "spec": { "containers": [{ "name": "main", "securityContext": { "privileged": true } }] } });
    let host = json!({ "spec": { "hostNetwork": true, "containers": [{ "name": "main" }] } });
    let root = json!({ "spec": { "containers": [{ "name": "main", "securityContext": { "runAsNonRoot": false } }] } });
    for (level, template, words) in [
        ("restricted", privileged, "privileged"),
        ("baseline", host, "host namespaces"),
        ("restricted", root, "runAsNonRoot"),
    ] {
        let lab = Lab::new("security");
        lab.create_namespaces();
        let labels = json!({ "metadata": { "labels": { "pod-security.kubernetes.io/enforce": level } } });
        lab.edit("v1", "Namespace", "", &lab.runner_namespace, &labels);
        lab.edit("v1", "Namespace", "", &lab.job_namespace, &labels);
        let file = lab.file("template.json", &template.to_string()).display().to_string();
        let outcome = lab.refuses(&["--pod-template", &file]).explains("violates PodSecurity").explains(words);
        let _ = outcome.explains("orchestrator:runner/").explains("its pods would be refused: violates PodSecurity");
    }
}

#[test]
fn a_pod_template_that_is_told_later_is_held_against_pod_security_too() {
    let lab = Lab::new("later");
    let _ = lab.apply();
    let labels = json!({ "metadata": { "labels": { "pod-security.kubernetes.io/enforce": "baseline" } } });
    lab.edit("v1", "Namespace", "", &lab.job_namespace, &labels);
    let template = json!({ "spec": { "volumes": [{ "name": "node", "hostPath": { "path": "/" } }] } });
    let file = lab.file("template.json", &template.to_string()).display().to_string();
    let _ = lab.refuses(&["--pod-template", &file]).explains("violates PodSecurity").explains("hostPath");
}

#[test]
fn a_setup_as_it_is_by_itself_passes_pod_security_restricted() {
    let lab = Lab::new("restricted");
    lab.create_namespaces();
    let labels = json!({ "metadata": { "labels": { "pod-security.kubernetes.io/enforce": "restricted" } } });
    lab.edit("v1", "Namespace", "", &lab.runner_namespace, &labels);
    let _ = lab.apply();
    lab.proves_itself();
}

#[test]
fn a_policy_that_denies_is_said_in_the_plan() {
    let lab = Lab::new("policy");
    lab.create_namespaces();
    let name = format!("deny-{}", lab.runner_namespace);
    let api = "admissionregistration.k8s.io/v1";
    lab.create(&json!({
        "apiVersion": api, "kind": "ValidatingAdmissionPolicy", "metadata": { "name": name },
        "spec": {
            "failurePolicy": "Fail",
            "matchConstraints": { "resourceRules": [{
                "apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["configmaps"],
            }] },
            "validations": [{ "expression": "'cost-center' in object.metadata.annotations", "message": "every ConfigMap needs a cost center" },
                { "expression": "false", "message": "every ConfigMap needs a cost center" }],
        },
    }));
    lab.create(&json!({
        "apiVersion": api, "kind": "ValidatingAdmissionPolicyBinding", "metadata": { "name": name },
        "spec": {
            "policyName": name, "validationActions": ["Deny"],
            "matchResources": { "namespaceSelector": { "matchLabels": { "kubernetes.io/metadata.name": lab.runner_namespace } } },
        },
    }));
    let probe = json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": "probe", "namespace": lab.runner_namespace } });
    let denies = || lab.world.create_as("probe&dryRun=All", &probe).is_err();
    lab.world.wait_until("the policy is in force", std::time::Duration::from_secs(30), denies);
    let outcome = lab.refuses(&[]).explains(&format!("kubernetes:ConfigMap/{}/{AGENT}", lab.runner_namespace));
    let _ = outcome.explains("denied request");
}

#[test]
fn a_webhook_that_does_not_answer_is_said_before_anything_is_written() {
    let lab = Lab::new("webhook");
    lab.create_namespaces();
    let name = format!("dead-{}.example.com", lab.runner_namespace);
    lab.create(&json!({
        "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration",
        "metadata": { "name": name },
        "webhooks": [{
            "name": name, "failurePolicy": "Fail", "sideEffects": "None", "admissionReviewVersions": ["v1"],
            "timeoutSeconds": 1, "clientConfig": { "url": "https://127.0.0.1:1/" },
            "namespaceSelector": { "matchLabels": { "kubernetes.io/metadata.name": lab.runner_namespace } },
            "rules": [{ "apiGroups": ["apps"], "apiVersions": ["v1"], "operations": ["*"], "resources": ["deployments"] }],
        }],
    }));
    let waits = || lab.run(&["plan"]).code != 0;
    lab.world.wait_until("the webhook is in force", std::time::Duration::from_secs(30), waits);
    let outcome = lab.refuses_with(5, &[]).explains("failed calling webhook").explains(&name);
    let _ = outcome.explains(&format!("Deployment/{}", lab.runner_namespace));
}
