//! The same changes as lines for openssl, kubectl, hctl and helm: for `--show-commands`.

use serde_json::{Value, json};

use crate::change::{Action, Change, Planned};
use crate::cluster::{Kind, ObjectRef};
use crate::found::Found;
use crate::plan::{ACCOUNT_ANNOTATION, CLIENT_ID_ANNOTATION, PENDING_CLIENT_ID, Plan, ROLE_ANNOTATION, is_job_account};
use crate::settings::{RELEASE_NAME, RuleTarget, Settings};

/// What names the jobs' identity in a cloud to the service account.
const IDENTITY_ANNOTATIONS: [&str; 3] = [ROLE_ANNOTATION, ACCOUNT_ANNOTATION, CLIENT_ID_ANNOTATION];

/// How kubectl and helm find the cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kubeconfig {
    /// There is a context, or the lines run inside the cluster.
    There,
    /// There is none: the cloud itself said where the cluster is.
    Missing,
}

/// Lines for a POSIX shell that do what the plan would do, in its order. The chart stands for the objects it makes.
pub fn equivalent(
    settings: &Settings,
    plan: &Plan,
    key_is_given: bool,
    kubeconfig: Kubeconfig,
    found: &Found,
) -> Vec<String> {
    in_the_right_place(settings, kubeconfig, found, changes(settings, plan, key_is_given))
}

/// Leads the lines with what lets them act where the plan would: in the profile's account, and on the cluster.
fn in_the_right_place(
    settings: &Settings,
    kubeconfig: Kubeconfig,
    found: &Found,
    mut lines: Vec<String>,
) -> Vec<String> {
    let first = |lines: &[String], tools: &[&str]| {
        lines.iter().position(|line| line.split(' ').next().is_some_and(|tool| tools.contains(&tool)))
    };
    if kubeconfig == Kubeconfig::Missing
        && let Some(at) = first(&lines, &["kubectl", "helm"])
    {
        if let Some(aws) = &settings.aws {
            lines.insert(at, crate::cloud::aws::commands::update_kubeconfig(&aws.cluster, region(settings)));
        }
        if let Some(gcp) = &found.gcp {
            lines.insert(at, crate::cloud::gcp::commands::get_credentials(&gcp.cluster));
        }
        if let Some(azure) = &found.azure {
            if azure.cluster.entra {
                lines.insert(at, crate::cloud::azure::commands::convert_kubeconfig());
            }
            lines.insert(at, crate::cloud::azure::commands::get_credentials(&azure.cluster.id));
        }
    }
    if let Some(profile) = settings.aws.as_ref().and_then(|aws| aws.profile.as_ref())
        && let Some(at) = first(&lines, &["aws"])
    {
        lines.insert(at, format!("export AWS_PROFILE={}", word(&profile.name)));
    }
    lines
}

/// The region, as far as it is known.
fn region(settings: &Settings) -> &str {
    settings.aws.as_ref().and_then(|aws| aws.region.as_ref()).map_or("$AWS_REGION", |region| region.as_str())
}

fn changes(settings: &Settings, plan: &Plan, key_is_given: bool) -> Vec<String> {
    let mut lines = Vec::new();
    let mut installs = false;
    let mut annotations = Vec::new();
    for (planned, change) in plan.changes() {
        match change {
            Change::ApplyObject { object, manifest, .. } => match object.kind {
                Kind::ServiceAccount if is_job_account(settings, object) => {
                    annotations.extend(annotation(settings, object, manifest));
                    installs |= planned.action == Action::Create || !only_annotates(planned);
                }
                Kind::Namespace => lines.push(shell(&["kubectl", "create", "namespace", &object.name])),
                _ if is_of_the_chart(manifest) => installs = true,
                _ => lines.push(format!("kubectl apply --server-side -f - <<'EOF'\n{}EOF", yaml(manifest))),
            },
            Change::Gcp(change) => lines.extend(crate::cloud::gcp::commands::lines(change)),
            Change::Azure(change) => lines.extend(crate::cloud::azure::commands::lines(change)),
            Change::Aws(change) => {
                lines.extend(crate::cloud::aws::commands::lines(change, region(settings)));
            }
            Change::StoreKey { object, data_key } => {
                let file = match (&settings.private_key_file, key_is_given) {
                    (Some(file), true) => file.to_string(),
                    _ => {
                        lines.push("openssl genpkey -algorithm ed25519 -out runner_private_key.pem".to_owned());
                        lines.push(
                            "openssl pkey -in runner_private_key.pem -pubout -out runner_public_key.pem".to_owned(),
                        );
                        "runner_private_key.pem".to_owned()
                    }
                };
                let source = format!("--from-file={data_key}={file}");
                lines.push(shell(&[
                    "kubectl",
                    "create",
                    "secret",
                    "generic",
                    &object.name,
                    "-n",
                    &object.namespace,
                    &source,
                ]));
            }
            Change::StorePullSecret { object, .. } => {
                let file = settings
                    .agent
                    .registry_auth_file
                    .as_ref()
                    .map(|file| file.display().to_string())
                    .unwrap_or_default();
                let source = format!("--from-file=.dockerconfigjson={file}");
                let kind = "--type=kubernetes.io/dockerconfigjson";
                lines.push(shell(&[
                    "kubectl",
                    "create",
                    "secret",
                    "generic",
                    &object.name,
                    "-n",
                    &object.namespace,
                    kind,
                    &source,
                ]));
            }
            Change::RegisterRunner { body } => lines.extend(register(settings, body)),
            Change::PatchRunner { patch } => lines.extend(update(settings, patch)),
            Change::CreateRule { target } => lines.push(rule(settings, target)),
            Change::DeleteObject { object, .. } => lines.push(delete(object)),
            Change::DeleteRule { id } => lines.push(shell(&["hctl", "delete", "runner-rule", id])),
            Change::DeleteRunner { .. } => lines.push(delete_runner(settings)),
        }
    }
    if installs {
        lines.extend(helm(settings, plan));
    }
    lines.extend(annotations);
    lines
}

/// The line that names the jobs' identity to the cloud's webhook. The chart's own value would annotate the agent's account too.
fn annotation(settings: &Settings, account: &ObjectRef, manifest: &Value) -> Option<String> {
    let annotations = manifest.get("metadata")?.get("annotations")?;
    let (key, identity) =
        IDENTITY_ANNOTATIONS.into_iter().find_map(|key| Some((key, annotations.get(key)?.as_str()?)))?;
    let pair = format!("{key}={identity}");
    let words = ["kubectl", "annotate", "serviceaccount", &account.name, "-n", &account.namespace, "--overwrite"];
    let made_now = settings.azure.as_ref().filter(|_| identity == PENDING_CLIENT_ID).and_then(|it| it.identity_id());
    Some(match made_now {
        // Azure makes it up with the identity.
        Some(id) => {
            let show = crate::cloud::azure::commands::show_identity(&id, "clientId");
            format!("{} {key}=\"$({show})\"", shell(&words))
        }
        None => shell(&[&words[..], &[&pair]].concat()),
    })
}

/// Whether the annotation of the jobs' identity is all that changes.
fn only_annotates(planned: &Planned) -> bool {
    !planned.fields.is_empty()
        && planned.fields.iter().all(|field| IDENTITY_ANNOTATIONS.iter().any(|key| field.path.contains(key)))
}

/// Whether the official chart makes the object too.
fn is_of_the_chart(manifest: &Value) -> bool {
    let name = manifest.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default();
    name != crate::manifests::CA_CONFIG_MAP
}

fn register(settings: &Settings, body: &Value) -> Vec<String> {
    let mut configuration = body.get("runner_configuration").cloned().unwrap_or_default();
    if let Value::Object(configuration) = &mut configuration {
        configuration.remove("key");
    }
    let state = body.get("state_storage_configuration").cloned().unwrap_or_default();
    let description = body.get("description").and_then(Value::as_str).unwrap_or_default();
    vec![format!(
        "hctl create runner {} --set=description={} \\\n  --set=runner_configuration=\"$(jq -nc --arg key \"$(cat runner_public_key.pem)\" {})\" \\\n  --set=state_storage_configuration={}",
        settings.runner_id,
        word(description),
        word(&format!("{configuration} + {{key: $key}}")),
        word(&state.to_string()),
    )]
}

fn update(settings: &Settings, patch: &Value) -> Vec<String> {
    let mut line = format!("hctl update runner {}", settings.runner_id);
    for (key, value) in patch.as_object().into_iter().flatten() {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        line.push_str(&format!(" \\\n  --set={key}={}", word(&value)));
    }
    vec![line]
}

fn rule(settings: &Settings, target: &RuleTarget) -> String {
    let mut line = format!("hctl create runner-rule --set=runner_id={}", settings.runner_id);
    for (key, id) in [("project_id", &target.project), ("env_type_id", &target.env_type)] {
        if let Some(id) = id {
            line.push_str(&format!(" --set={key}={}", word(id)));
        }
    }
    line
}

/// The line that deletes an object, and waits until it is gone.
fn delete(object: &ObjectRef) -> String {
    let kind = object.kind.name().to_lowercase();
    match object.kind {
        Kind::Namespace => shell(&["kubectl", "delete", &kind, &object.name]),
        Kind::Deployment => {
            format!("kubectl delete {kind} {} -n {} --cascade=foreground", object.name, object.namespace)
        }
        _ => shell(&["kubectl", "delete", &kind, &object.name, "-n", &object.namespace]),
    }
}

/// The line that deletes the runner.
pub fn delete_runner(settings: &Settings) -> String {
    shell(&["hctl", "delete", "runner", settings.runner_id.as_str()])
}

/// The chart with every value that differs from its default.
fn helm(settings: &Settings, plan: &Plan) -> Vec<String> {
    let deployment = plan.changes().find_map(|(_, change)| match change {
        Change::ApplyObject { object, manifest, .. } if object.kind == Kind::Deployment => Some(manifest),
        _ => None,
    });
    let container = deployment.and_then(|manifest| manifest.pointer("/spec/template/spec/containers/0"));
    let secret = container
        .and_then(|container| container.pointer("/env/0/valueFrom/secretKeyRef/name")?.as_str())
        .unwrap_or(RELEASE_NAME)
        .to_owned();
    let mut line = format!(
        "helm upgrade --install {RELEASE_NAME} oci://ghcr.io/humanitec/charts/{RELEASE_NAME} \\\n  -n {} \\\n",
        settings.runner_namespace
    );
    let mut set =
        |key: &str, value: &str| line.push_str(&format!("  --set {key}={} \\\n", word(&value.replace(',', "\\,"))));
    set("humanitec.orgId", &settings.org);
    set("humanitec.runnerId", settings.runner_id.as_str());
    set("humanitec.existingSecret", &secret);
    if settings.key_secret.key != crate::settings::DEFAULT_KEY_SECRET_KEY {
        set("humanitec.existingSecretKey", &settings.key_secret.key);
    }
    if let Some(level) = settings.agent.log_level {
        set("humanitec.logLevel", level.word());
    }
    set("namespaceOverride", settings.runner_namespace.as_str());
    set("serviceAccount.name", settings.runner_account.name.as_str());
    set("jobsRbac.namespace", settings.job_namespace.as_str());
    set("jobsRbac.serviceAccountName", settings.job_account.name.as_str());
    if let Some(repository) = &settings.agent.image_repository {
        set("image.repository", repository);
    }
    if let Some(tag) = &settings.agent.image_tag {
        set("image.tag", tag);
    }
    if let Some(replicas) = settings.agent.replicas {
        set("replicaCount", &replicas.to_string());
    }
    let agent = &settings.agent;
    let env: Vec<Value> = container
        .and_then(|container| container.get("env")?.as_array())
        .map(|env| env.iter().filter(|variable| variable["name"] != "PRIVATE_KEY").cloned().collect())
        .unwrap_or_default();
    let annotations = {
        let mut all = settings.runner_account.annotations.clone();
        all.extend(settings.job_account.annotations.clone());
        all
    };
    let pull_secrets: Vec<Value> =
        agent.image_pull_secrets.iter().map(|name| json!({ "name": name.as_str() })).collect();
    let structured: [(&str, Value); 10] = [
        ("humanitec.extraEnvVars", json!(env)),
        ("serviceAccount.annotations", json!(annotations)),
        ("imagePullSecrets", json!(pull_secrets)),
        ("resources", agent.resources.clone().unwrap_or_default()),
        ("nodeSelector", json!(agent.node_selector)),
        ("tolerations", json!(agent.tolerations)),
        ("affinity", agent.affinity.clone().unwrap_or_default()),
        ("podLabels", json!(agent.pod_labels)),
        ("volumes", json!(agent.volumes)),
        ("volumeMounts", json!(agent.volume_mounts)),
    ];
    for (key, value) in structured {
        let is_empty = value.is_null()
            || value.as_array().is_some_and(Vec::is_empty)
            || value.as_object().is_some_and(serde_json::Map::is_empty);
        if !is_empty {
            line.push_str(&format!("  --set-json {key}={} \\\n", word(&crate::result::masked(&value).to_string())));
        }
    }
    line.push_str("  --wait");
    vec![line]
}

fn yaml(value: &Value) -> String {
    serde_yaml::to_string(value).unwrap_or_default()
}

fn shell(words: &[&str]) -> String {
    words.iter().map(|text| word(text)).collect::<Vec<_>>().join(" ")
}

/// One word, quoted for a POSIX shell.
fn word(text: &str) -> String {
    shlex::Quoter::new().allow_nul(true).quote(text).map(|quoted| quoted.into_owned()).unwrap_or_default()
}
