//! What is made in the cluster: exactly what the official chart makes, with every value as it was given.

use serde_json::{Value, json};

use crate::support::{AGENT, JOB, Lab};

const RBAC: &str = "rbac.authorization.k8s.io/v1";
const ANNOTATION: &str = "runner-setup/config-checksum";

#[test]
fn what_is_made_is_what_the_official_chart_makes() {
    let lab = Lab::new("facts");
    let _ = lab.run(&["apply", "--yes", "--no-wait"]).exits(0);
    // The chart's objects, completed with the server's defaults by a dry run elsewhere.
    let elsewhere = Lab::new("chart");
    elsewhere.create_namespaces();
    let moved = |object: Value| -> Value {
        let text = object.to_string();
        let text = text.replace(&elsewhere.runner_namespace, &lab.runner_namespace);
        let text = text.replace(&elsewhere.job_namespace, &lab.job_namespace);
        let text = text
            .replace(&elsewhere.runner, &lab.runner)
            .replace(&elsewhere.orchestrator.url(), &lab.orchestrator.url());
        serde_json::from_str(&text).unwrap()
    };
    for object in elsewhere.chart() {
        let chart = moved(elsewhere.create_as("helm&dryRun=All", &object));
        let text = |pointer: &str| chart.pointer(pointer).unwrap().as_str().unwrap().to_owned();
        let (kind, name) = (text("/kind"), text("/metadata/name"));
        let live = lab.get(&text("/apiVersion"), &kind, &text("/metadata/namespace"), &name);
        let mut live = live.unwrap_or_else(|| panic!("{kind} {name} is not there"));
        let labels = live["metadata"]["labels"].as_object_mut().unwrap();
        assert_eq!(labels.remove("app.kubernetes.io/managed-by"), Some(json!("runner-setup")), "{kind} {name}");
        let labels = Value::Object(labels.clone());
        assert_eq!(labels, chart["metadata"].get("labels").cloned().unwrap_or(json!({})), "{kind} {name}");
        if kind == "Deployment" {
            assert_eq!(live["metadata"]["annotations"], json!({ "deployment.kubernetes.io/revision": "1" }));
            let annotations = live["spec"]["template"]["metadata"].as_object_mut().unwrap().remove("annotations");
            let annotations = annotations.unwrap();
            assert_eq!(annotations.as_object().unwrap().keys().collect::<Vec<_>>(), [ANNOTATION]);
        } else {
            assert_eq!(live["metadata"].get("annotations"), None, "{kind} {name}");
        }
        for part in ["spec", "data", "rules", "roleRef", "subjects", "automountServiceAccountToken"] {
            assert_eq!(live.get(part), chart.get(part), "{part} of {kind} {name}");
        }
    }
    let roles = lab.world.list(RBAC, "Role", &lab.runner_namespace);
    assert_eq!(roles, Vec::<Value>::new(), "no Role in the runner namespace");
}

#[test]
fn values_are_values() {
    let lab = Lab::new("values");
    let args = [
        "--agent-env",
        "NO_PROXY=10.0.0.0/8,.svc",
        "--agent-env",
        "DEBUG=true",
        "--agent-env",
        "N=007",
        "--agent-env",
        "ODD=a: {b} # \"c\" 'd' $HOME {{ e }} \\n",
    ];
    let _ = lab.run(&[&["apply", "--yes"], &args[..]].concat()).exits(0);
    let env = lab.container()["env"].clone();
    let expected = json!([
        { "name": "PRIVATE_KEY", "valueFrom": { "secretKeyRef": { "name": AGENT, "key": "private_key" } } },
        { "name": "REMOTE_URL", "value": lab.orchestrator.url() },
        { "name": "NO_PROXY", "value": "10.0.0.0/8,.svc" },
        { "name": "DEBUG", "value": "true" },
        { "name": "N", "value": "007" },
        { "name": "ODD", "value": "a: {b} # \"c\" 'd' $HOME {{ e }} \\n" },
    ]);
    assert_eq!(env, expected);
    lab.has_nothing_to_do(&args);
}

const FILE: &str = r#"
apiVersion: runner-setup/v1
runner:
  serviceAccountAnnotations: { example.com/a: "1" }
  job: { serviceAccountAnnotations: { example.com/b: "true" } }
agent:
  replicas: 2
  logLevel: debug
  image: { pullPolicy: Always }
  resources: { requests: { cpu: 1000m, memory: 0.5Gi }, limits: { cpu: "2.0", memory: 1024Mi } }
  nodeSelector: { kubernetes.io/os: linux }
  tolerations: [ { key: dedicated, operator: Equal, value: runners, effect: NoSchedule } ]
  affinity:
    podAntiAffinity:
      preferredDuringSchedulingIgnoredDuringExecution:
      - weight: 1
        podAffinityTerm: { topologyKey: kubernetes.io/hostname, labelSelector: { matchLabels: { a: b } } }
  podLabels: { team: platform, app.kubernetes.io/name: mine }
  podAnnotations: { example.com/note: "no: yes" }
  extraEnv:
  - name: POD
    valueFrom: { fieldRef: { fieldPath: metadata.name } }
  - name: MAYBE
    valueFrom: { secretKeyRef: { name: maybe, key: it, optional: true } }
  volumes:
  - { name: scratch, emptyDir: {} }
  - { name: limited, emptyDir: { medium: Memory, sizeLimit: 1024Mi } }
  volumeMounts:
  - { name: scratch, mountPath: /tmp }
  - { name: limited, mountPath: /cache }
"#;

#[test]
fn everything_of_the_file_arrives_and_a_second_run_is_a_no_op() {
    let lab = Lab::new("file");
    lab.file("runner-setup.yaml", FILE);
    let _ = lab.run(&["apply", "--yes", "--no-wait"]).exits(0);
    let deployment = lab.deployment();
    let (spec, pod) = (&deployment["spec"], &deployment["spec"]["template"]["spec"]);
    let container = lab.container();
    assert_eq!(spec["replicas"], 2);
    assert_eq!(pod["nodeSelector"], json!({ "kubernetes.io/os": "linux" }));
    assert_eq!(pod["tolerations"][0]["value"], "runners");
    let term = &pod["affinity"]["podAntiAffinity"]["preferredDuringSchedulingIgnoredDuringExecution"][0];
    assert_eq!(term["podAffinityTerm"]["labelSelector"]["matchLabels"], json!({ "a": "b" }));
    assert_eq!(pod["volumes"][0], json!({ "name": "scratch", "emptyDir": {} }));
    assert_eq!(pod["volumes"][1]["emptyDir"]["medium"], "Memory");
    assert_eq!(container["volumeMounts"][1], json!({ "name": "limited", "mountPath": "/cache" }));
    assert_eq!(container["imagePullPolicy"], "Always");
    assert_eq!(container["resources"]["requests"]["cpu"], "1");
    assert_eq!(container["env"][2]["valueFrom"]["fieldRef"]["fieldPath"], "metadata.name");
    assert_eq!(
        container["env"][3]["valueFrom"]["secretKeyRef"],
        json!({ "name": "maybe", "key": "it", "optional": true })
    );
    let labels = &spec["template"]["metadata"]["labels"];
    assert_eq!((&labels["team"], &labels["app.kubernetes.io/name"]), (&json!("platform"), &json!(AGENT)));
    assert_eq!(spec["template"]["metadata"]["annotations"]["example.com/note"], "no: yes");
    let annotations = |namespace: &str, name: &str| {
        lab.get("v1", "ServiceAccount", namespace, name).unwrap()["metadata"]["annotations"].clone()
    };
    assert_eq!(annotations(&lab.runner_namespace, AGENT), json!({ "example.com/a": "1" }));
    assert_eq!(annotations(&lab.job_namespace, JOB), json!({ "example.com/b": "true" }));
    let config_map = lab.get("v1", "ConfigMap", &lab.runner_namespace, AGENT).unwrap();
    assert_eq!(config_map["data"]["LOG_LEVEL"], "debug");
    let mark = lab.world.audit().mark();
    lab.has_nothing_to_do(&["--no-wait"]);
    assert_eq!(lab.writes_since(mark), Vec::<String>::new());
}

#[test]
fn one_namespace_for_everything_works() {
    let mut lab = Lab::new("unified");
    let namespace = lab.runner_namespace.clone();
    lab.unset("CLUSTER_RUNNER_NAMESPACE").unset("CLUSTER_RUNNER_JOB_NAMESPACE");
    let args = ["--namespace", &namespace];
    let _ = lab.run(&[&["apply", "--yes"], &args[..]].concat()).exits(0);
    lab.proves_itself();
    lab.has_nothing_to_do(&args);
    assert_eq!(lab.world.list(RBAC, "Role", &namespace).len(), 2);
}

#[test]
fn one_account_name_for_agent_and_jobs_works_in_one_namespace_and_in_two() {
    for unified in [false, true] {
        let mut lab = Lab::new("accounts");
        if unified {
            let namespace = lab.runner_namespace.clone();
            lab.set("CLUSTER_RUNNER_JOB_NAMESPACE", namespace.clone());
            lab.job_namespace = namespace;
        }
        let args = [
            "--runner-service-account=one",
            "--job-service-account=one",
            "--runner-service-account-annotation=example.com/a=1",
            "--job-service-account-annotation=example.com/b=2",
        ];
        let _ = lab.run(&[&["apply", "--yes"], &args[..]].concat()).exits(0);
        lab.proves_itself();
        lab.has_nothing_to_do(&args);
        let account = lab.get("v1", "ServiceAccount", &lab.job_namespace, "one").unwrap();
        assert_eq!(account["metadata"]["annotations"]["example.com/b"], "2");
        if unified {
            assert_eq!(account["metadata"]["annotations"]["example.com/a"], "1");
        }
    }
}
