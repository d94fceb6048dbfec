//! What the Orchestrator should know about the runner, and how that differs from what it knows. No IO.

use serde_json::{Map, Value, json};

use crate::change::FieldChange;
use crate::keypair::PublicKey;
use crate::orchestrator::Runner;
use crate::plan::USE_LABEL;
use crate::pod_template::{OLD_RUNNER_CONTAINER, RUNNER_CONTAINER, merge, merge_key};
use crate::settings::Settings;

mod azure;

/// The annotation that says which cluster a runner's jobs run in: the UID of its `kube-system`.
pub const CLUSTER_ANNOTATION: &str = "runner-setup/cluster-uid";
/// The annotation of a runner that this tool registered: only such a runner may be deleted by `destroy`. One that was
/// adopted never gets it.
pub const MADE_ANNOTATION: &str = "runner-setup/made";
/// What a new runner says to people when nobody told anything else.
pub const DEFAULT_DESCRIPTION: &str = "Set up by runner-setup";
const NAME_LABEL: &str = "app.kubernetes.io/name";
const NAME_LABEL_VALUE: &str = "humanitec-runner";
const VERSION_LABEL: &str = "app.kubernetes.io/version";
const CA_VOLUME: &str = "runner-setup-ca";
const CA_DIRECTORY: &str = "/etc/runner-setup/ca";
/// Go reads the usual bundle files and all of these directories, so this adds to the image's own roots.
const CA_SEARCH_PATH: &str = "/etc/ssl/certs:/etc/runner-setup/ca";
const PROXY_VARIABLES: [&str; 3] = ["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"];

/// The whole runner as it should be registered.
#[derive(Debug, Clone, PartialEq)]
pub struct Wanted {
    /// The API's create body: `id`, `description`, `runner_configuration`, `state_storage_configuration`.
    pub body: Value,
}

impl Wanted {
    /// A runner as it was planned earlier.
    pub fn of_body(body: Value) -> Self {
        Self { body }
    }

    /// The jobs' pod template in it.
    pub fn pod_template(&self) -> &Value {
        &self.body["runner_configuration"]["job"]["pod_template"]
    }
}

/// What the settings do not know: the key, the cluster, and what was chosen after looking.
#[derive(Debug, Clone, Copy, Default)]
pub struct WantedInputs<'a> {
    /// The key to register; `None` while it is still to be made: then the body has none.
    pub public_key: Option<&'a PublicKey>,
    /// The UID of the cluster's `kube-system`.
    pub cluster_uid: Option<&'a str>,
    /// `repository:tag` for the jobs, only when the images are self-hosted.
    pub image: Option<&'a str>,
    /// Pull secrets in the job namespace.
    pub pull_secrets: &'a [String],
    /// A ConfigMap in the job namespace that holds certificates under `ca.crt`.
    pub ca_config_map: Option<&'a str>,
    /// The tenant of the jobs' identity in Azure, as far as it is known.
    pub azure_tenant: Option<&'a str>,
    /// The runner as it is registered.
    pub live: Option<&'a Runner>,
}

/// Which cluster a registered runner serves: the UID of its `kube-system`, if this tool wrote it down.
pub fn cluster_uid(live: &Runner) -> Option<&str> {
    cluster_in(&live.runner_configuration)
}

/// Whether this tool registered the runner.
pub fn made_by_us(live: &Runner) -> bool {
    live.runner_configuration["job"]["pod_template"]["metadata"]["annotations"][MADE_ANNOTATION] == json!("true")
}

fn cluster_in(configuration: &Value) -> Option<&str> {
    configuration["job"]["pod_template"]["metadata"]["annotations"][CLUSTER_ANNOTATION].as_str()
}

/// How a registered runner differs from the wanted one.
#[derive(Debug, Clone, PartialEq)]
pub enum Comparison {
    /// Not at all.
    Same,
    /// In these fields.
    Differs {
        /// The API's update body, with only what differs; `job` is whole, because the server replaces it whole.
        patch: Value,
        /// Every difference, with passwords in URLs hidden.
        fields: Vec<FieldChange>,
    },
    /// It is somebody else's.
    Foreign {
        /// What shows it.
        side: ForeignSide,
        /// The registered side.
        registered: String,
        /// Our side.
        ours: String,
    },
}

/// What shows that a registered runner is somebody else's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ForeignSide {
    /// It is of another type, which cannot be changed.
    Type,
    /// Its jobs run in another cluster; the sides are the UIDs of `kube-system`.
    Cluster,
    /// It has another key; the sides are key ids.
    Key,
}

/// Says how the runner should be registered: what was told, else what is registered, else the defaults.
pub fn wanted(settings: &Settings, inputs: &WantedInputs<'_>) -> Wanted {
    let live = inputs.live;
    let live_job = live.and_then(|runner| runner.runner_configuration["job"].as_object());
    let live_template = live_job.and_then(|job| job.get("pod_template")).filter(|template| template.is_object());
    let base = settings.pod_template.as_ref().or(live_template).cloned().unwrap_or_else(|| json!({}));
    let additions = Additions { settings, inputs, base: &base };

    let mut job = live_job.cloned().unwrap_or_default();
    job.insert("namespace".to_owned(), json!(settings.job_namespace));
    job.insert("service_account".to_owned(), json!(settings.job_account.name));
    job.insert("pod_template".to_owned(), merge(&base, &additions.template()));

    // An existing runner without a description keeps none: this tool did not set it up.
    let description = match (&settings.description, live) {
        (Some(told), _) => told.clone(),
        (None, Some(live)) => live.description.clone().unwrap_or_default(),
        (None, None) => DEFAULT_DESCRIPTION.to_owned(),
    };
    let live_storage = live.map(|runner| &runner.state_storage_configuration).filter(|storage| storage.is_object());
    let state_storage_configuration = match (&settings.state_storage, live_storage) {
        (Some(told), _) => json!(told),
        (None, Some(live)) => live.clone(),
        (None, None) => json!({ "type": "kubernetes", "namespace": settings.job_namespace }),
    };
    let mut configuration = json!({ "type": settings.runner_type });
    if let Some(public_key) = inputs.public_key {
        configuration["key"] = json!(public_key.to_pem());
    }
    configuration["job"] = Value::Object(job);
    Wanted::of_body(json!({
        "id": settings.runner_id,
        "description": description,
        "runner_configuration": configuration,
        "state_storage_configuration": state_storage_configuration,
    }))
}

/// What the tool itself puts into the pod template.
struct Additions<'a> {
    settings: &'a Settings,
    inputs: &'a WantedInputs<'a>,
    base: &'a Value,
}

impl Additions<'_> {
    fn template(&self) -> Value {
        let mut labels = Map::new();
        let mut annotations = Map::new();
        let mut spec = Map::new();
        let mut container = Map::new();
        if self.base.pointer("/metadata/labels").and_then(|labels| labels.get(NAME_LABEL)).is_none() {
            labels.insert(NAME_LABEL.to_owned(), json!(NAME_LABEL_VALUE));
        }
        if self.has_azure_identity() {
            // A text, not a truth value: the webhook compares texts.
            labels.insert(USE_LABEL.to_owned(), json!("true"));
        }
        if let Some(uid) = self.inputs.cluster_uid {
            annotations.insert(CLUSTER_ANNOTATION.to_owned(), json!(uid));
        }
        if self.inputs.live.is_none_or(made_by_us) {
            annotations.insert(MADE_ANNOTATION.to_owned(), json!("true"));
        }
        if let Some(image) = self.inputs.image.filter(|_| self.told("image").is_none()) {
            let container_now = container_of(self.base, self.container_name());
            let policy_now = container_now.and_then(|container| container["imagePullPolicy"].as_str());
            let policy = self.settings.agent.image_pull_policy.as_deref().or(policy_now).unwrap_or("IfNotPresent");
            container.insert("image".to_owned(), json!(image));
            container.insert("imagePullPolicy".to_owned(), json!(policy));
            if let Some(tag) = tag_of(image) {
                labels.insert(VERSION_LABEL.to_owned(), json!(tag));
            }
        }
        if !self.inputs.pull_secrets.is_empty() {
            let names: Vec<_> = self.inputs.pull_secrets.iter().map(|name| json!({ "name": name })).collect();
            spec.insert("imagePullSecrets".to_owned(), json!(names));
        }
        let mut env = self.proxy_variables();
        env.extend(self.azurerm_variables());
        if let Some(config_map) = self.inputs.ca_config_map {
            let items = json!([{ "key": "ca.crt", "path": "ca.crt" }]);
            let volume = json!({ "name": CA_VOLUME, "configMap": { "name": config_map, "items": items } });
            spec.insert("volumes".to_owned(), json!([volume]));
            let mount = json!({ "name": CA_VOLUME, "mountPath": CA_DIRECTORY, "readOnly": true });
            container.insert("volumeMounts".to_owned(), json!([mount]));
            if !self.is_told_variable("SSL_CERT_DIR") {
                env.push(json!({ "name": "SSL_CERT_DIR", "value": CA_SEARCH_PATH }));
            }
        }
        if !env.is_empty() {
            container.insert("env".to_owned(), json!(env));
        }
        if !container.is_empty() {
            container.shift_insert(0, "name".to_owned(), json!(self.container_name()));
            spec.shift_insert(0, "containers".to_owned(), json!([container]));
        }
        let mut metadata = Map::new();
        let mut template = Map::new();
        insert_unless_empty(&mut metadata, "labels", labels);
        insert_unless_empty(&mut metadata, "annotations", annotations);
        insert_unless_empty(&mut template, "metadata", metadata);
        insert_unless_empty(&mut template, "spec", spec);
        Value::Object(template)
    }

    /// The agent's proxies, which the jobs need just as well. Later ones win, what the told template sets stays.
    fn proxy_variables(&self) -> Vec<Value> {
        let agent = &self.settings.agent;
        // A Secret or ConfigMap that the agent's namespace has is only certain to be there for jobs in the same one.
        let is_same_namespace = self.settings.runner_namespace == self.settings.job_namespace;
        let plain = agent.env.iter().map(|(name, value)| json!({ "name": name, "value": value }));
        let extra = agent.extra_env.iter().filter(|entry| is_same_namespace || entry.get("valueFrom").is_none());
        let mut found: Vec<Value> = Vec::new();
        for variable in plain.chain(extra.cloned()) {
            let name = variable["name"].as_str().unwrap_or_default();
            let is_proxy = PROXY_VARIABLES.iter().any(|proxy| name == *proxy || name == proxy.to_lowercase());
            if is_proxy && !self.is_told_variable(name) {
                found.retain(|known| known["name"] != variable["name"]);
                found.push(variable);
            }
        }
        found
    }

    fn container_name(&self) -> &'static str {
        let has = |name| container_of(self.base, name).is_some();
        if has(OLD_RUNNER_CONTAINER) && !has(RUNNER_CONTAINER) { OLD_RUNNER_CONTAINER } else { RUNNER_CONTAINER }
    }

    /// A field of the runner's container as a person told it.
    fn told(&self, field: &str) -> Option<&Value> {
        container_of(self.settings.pod_template.as_ref()?, self.container_name())?.get(field)
    }

    fn is_told_variable(&self, name: &str) -> bool {
        self.told("env").and_then(Value::as_array).is_some_and(|env| env.iter().any(|entry| entry["name"] == name))
    }
}

fn insert_unless_empty(map: &mut Map<String, Value>, field: &str, content: Map<String, Value>) {
    if !content.is_empty() {
        map.insert(field.to_owned(), Value::Object(content));
    }
}

fn container_of<'a>(template: &'a Value, name: &str) -> Option<&'a Value> {
    template.pointer("/spec/containers")?.as_array()?.iter().find(|container| container["name"] == name)
}

/// The tag of an image, if it has one that can be a label's value.
fn tag_of(image: &str) -> Option<&str> {
    let (_, tag) = image.split('@').next()?.rsplit_once(':')?;
    (!tag.contains('/') && tag.len() <= 63 && tag.ends_with(|c: char| c.is_ascii_alphanumeric())).then_some(tag)
}

/// Compares the registered runner with the wanted one, field by field; keys are compared as keys, not as text, and only when
/// ours is known.
pub fn compare(live: &Runner, wanted: &Wanted) -> Comparison {
    let (live_configuration, configuration) = (&live.runner_configuration, &wanted.body["runner_configuration"]);
    if let Some(foreign) = foreign(live_configuration, configuration) {
        return foreign;
    }
    let mut patch = Map::new();
    let mut fields = Vec::new();
    let live_description = json!(live.description.as_deref().unwrap_or_default());
    let description = wanted.body["description"].clone();
    if live_description != description {
        fields.push(FieldChange { path: "description".to_owned(), from: live_description, to: description.clone() });
        patch.insert("description".to_owned(), description);
    }
    let before = fields.len();
    differences("runner_configuration.job", "job", &live_configuration["job"], &configuration["job"], &mut fields);
    if fields.len() > before {
        let changed = json!({ "type": configuration["type"], "job": configuration["job"] });
        patch.insert("runner_configuration".to_owned(), changed);
    }
    let before = fields.len();
    let storage = &wanted.body["state_storage_configuration"];
    let path = "state_storage_configuration";
    differences(path, path, &live.state_storage_configuration, storage, &mut fields);
    if fields.len() > before {
        patch.insert(path.to_owned(), storage.clone());
    }
    if fields.is_empty() { Comparison::Same } else { Comparison::Differs { patch: Value::Object(patch), fields } }
}

fn foreign(live: &Value, wanted: &Value) -> Option<Comparison> {
    let text = |value: &Value| value.as_str().unwrap_or("none").to_owned();
    let found = |side, registered, ours| Some(Comparison::Foreign { side, registered, ours });
    if live["type"] != wanted["type"] {
        return found(ForeignSide::Type, text(&live["type"]), text(&wanted["type"]));
    }
    if let (Some(registered), Some(ours)) = (cluster_in(live), cluster_in(wanted))
        && registered != ours
    {
        return found(ForeignSide::Cluster, registered.to_owned(), ours.to_owned());
    }
    wanted.get("key")?;
    let key = |configuration: &Value| PublicKey::from_pem(configuration["key"].as_str().unwrap_or_default());
    match (key(live), key(wanted)) {
        (Ok(registered), Ok(ours)) if registered == ours => None,
        (registered, ours) => {
            let id =
                |key: Result<PublicKey, _>| key.map_or_else(|_| "not an Ed25519 key".to_owned(), |key| key.key_id());
            found(ForeignSide::Key, id(registered), id(ours))
        }
    }
}

/// Collects the differing fields; `null` and absent are the same, and entries of Kubernetes' named lists are matched by name.
fn differences(path: &str, field: &str, from: &Value, to: &Value, fields: &mut Vec<FieldChange>) {
    match (from, to) {
        (Value::Object(old), Value::Object(new)) => {
            let gone = old.keys().filter(|field| !new.contains_key(*field));
            for field in new.keys().chain(gone) {
                let here =
                    if field.contains(['.', '/']) { format!("{path}[{field}]") } else { format!("{path}.{field}") };
                differences(&here, field, &from[field], &to[field], fields);
            }
        }
        (Value::Array(old), Value::Array(new)) => match merge_key(field).filter(|key| are_told_apart(key, old, new)) {
            Some(key) => {
                let entry = |list: &[Value], id: &Value| list.iter().find(|entry| entry[key] == *id).cloned();
                let gone = old.iter().filter(|entry| !new.iter().any(|kept| kept[key] == entry[key]));
                for id in new.iter().chain(gone).map(|entry| &entry[key]) {
                    let (old, new) = (entry(old, id).unwrap_or_default(), entry(new, id).unwrap_or_default());
                    let name = id.as_str().map_or_else(|| id.to_string(), str::to_owned);
                    differences(&format!("{path}[{name}]"), "", &old, &new, fields);
                }
            }
            None if old == new => {}
            None => fields.push(change(path, from, to)),
        },
        (Value::Null, Value::Object(new)) if new.values().all(Value::is_null) => {}
        _ if from == to => {}
        _ => fields.push(change(path, from, to)),
    }
}

fn are_told_apart(key: &str, old: &[Value], new: &[Value]) -> bool {
    [old, new].iter().all(|list| {
        list.iter()
            .enumerate()
            .all(|(at, entry)| !entry[key].is_null() && !list[..at].iter().any(|earlier| earlier[key] == entry[key]))
    })
}

fn change(path: &str, from: &Value, to: &Value) -> FieldChange {
    FieldChange { path: path.to_owned(), from: without_passwords(from), to: without_passwords(to) }
}

/// Hides the passwords of URLs, such as a proxy's.
fn without_passwords(value: &Value) -> Value {
    match value {
        Value::String(text) => json!(without_password(text)),
        Value::Array(entries) => entries.iter().map(without_passwords).collect(),
        Value::Object(fields) => {
            Value::Object(fields.iter().map(|(field, value)| (field.clone(), without_passwords(value))).collect())
        }
        _ => value.clone(),
    }
}

/// Hides what stands between the user and the host, with or without a scheme before them.
fn without_password(text: &str) -> String {
    let start = text.find("://").map_or(0, |at| at + 3);
    let authority = text[start..].split(['/', '?', '#']).next().unwrap_or_default();
    let Some((user_info, host)) = authority.rsplit_once('@') else { return text.to_owned() };
    match user_info.split_once(':') {
        // An image with tag and digest looks almost the same.
        Some((user, _)) if !host.starts_with("sha256:") => {
            format!("{}{user}:***@{}", &text[..start], &text[start + user_info.len() + 1..])
        }
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::time::Duration;

    use super::*;
    use crate::keypair::PrivateKey;
    use crate::pod_template;
    use crate::settings::{Agent, KeySecret, Provider, RunnerType, ServiceAccount};

    fn settings() -> Settings {
        let account = |name: &str| ServiceAccount { name: name.parse().unwrap(), annotations: BTreeMap::new() };
        Settings {
            org: "o".to_owned(),
            api_url: "https://api.example".parse().unwrap(),
            runner_id: "a1".parse().unwrap(),
            runner_type: RunnerType::KubernetesAgent,
            provider: Provider::Generic,
            aws: None,
            gcp: None,
            azure: None,
            description: None,
            runner_namespace: "runner".parse().unwrap(),
            job_namespace: "job".parse().unwrap(),
            runner_account: account("agent"),
            job_account: account("jobs"),
            key_secret: KeySecret { name: "key".parse().unwrap(), name_told: false, key: "private_key".to_owned() },
            private_key_file: None,
            public_key_file: None,
            agent: Agent::default(),
            pod_template: None,
            state_storage: None,
            rules: vec![],
            adopt: vec![],
            wait: true,
            timeout: Duration::from_secs(1),
        }
    }

    fn key() -> PublicKey {
        PublicKey::from_pem(
            "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAc5dgCx4ano39JT0XgTsHnts3jej+5xl7ZAwSIrKpef0=\n-----END PUBLIC KEY-----\n",
        )
        .unwrap()
    }

    /// The wanted runner as the Orchestrator would answer it.
    fn registered(wanted: &Wanted) -> Runner {
        serde_json::from_value(wanted.body.clone()).unwrap()
    }

    /// The wanted runner of a cluster with the UID `u1`, without any image, pull secret or certificate.
    fn plain(settings: &Settings, live: Option<&Runner>) -> Wanted {
        wanted(
            settings,
            &WantedInputs { public_key: Some(&key()), cluster_uid: Some("u1"), live, ..WantedInputs::default() },
        )
    }

    fn paths(live: &Runner, wanted: &Wanted) -> Vec<String> {
        match compare(live, wanted) {
            Comparison::Differs { fields, .. } => fields.into_iter().map(|field| field.path).collect(),
            Comparison::Same => vec![],
            Comparison::Foreign { side, .. } => vec![format!("{side:?}")],
        }
    }

    #[test]
    fn a_new_runner_gets_the_defaults() {
        assert_eq!(
            plain(&settings(), None).body,
            json!({
                "id": "a1",
                "description": "Set up by runner-setup",
                "runner_configuration": {
                    "type": "kubernetes-agent",
                    "key": key().to_pem(),
                    "job": {
                        "namespace": "job",
                        "service_account": "jobs",
                        "pod_template": { "metadata": {
                            "labels": { "app.kubernetes.io/name": "humanitec-runner" },
                            "annotations": { "runner-setup/cluster-uid": "u1", "runner-setup/made": "true" },
                        } },
                    },
                },
                "state_storage_configuration": { "type": "kubernetes", "namespace": "job" },
            })
        );
    }

    #[test]
    fn what_is_registered_stays_unless_told_otherwise() {
        let mut live = registered(&plain(&settings(), None));
        live.description = Some("theirs".to_owned());
        live.state_storage_configuration = json!({ "type": "s3", "bucket": "b" });
        live.runner_configuration["job"]["new_field"] = json!(1);
        live.runner_configuration["job"]["pod_template"]["spec"] = json!({ "nodeSelector": { "a": "b" } });
        assert_eq!(compare(&live, &plain(&settings(), Some(&live))), Comparison::Same);

        live.description = None;
        assert_eq!(compare(&live, &plain(&settings(), Some(&live))), Comparison::Same);

        let mut told = settings();
        told.description = Some("ours".to_owned());
        told.state_storage = Some(serde_json::from_value(json!({ "type": "gcs", "bucket": "c" })).unwrap());
        told.pod_template = Some(json!({ "metadata": { "labels": { "app.kubernetes.io/name": "mine" } } }));
        let wanted = plain(&told, Some(&live));
        assert_eq!(wanted.body["runner_configuration"]["job"]["new_field"], json!(1));
        assert_eq!(wanted.pod_template()["metadata"]["labels"], json!({ "app.kubernetes.io/name": "mine" }));
        assert_eq!(
            paths(&live, &wanted),
            [
                "description",
                "runner_configuration.job.pod_template.metadata.labels[app.kubernetes.io/name]",
                "runner_configuration.job.pod_template.spec",
                "state_storage_configuration.type",
                "state_storage_configuration.bucket",
            ]
        );
    }

    #[test]
    fn self_hosting_reaches_the_jobs() {
        let mut settings = settings();
        settings.agent.env = vec![
            ("HTTPS_PROXY".to_owned(), "http://p:1".to_owned()),
            ("no_proxy".to_owned(), "10.0.0.0/8,.svc".to_owned()),
            ("DEBUG".to_owned(), "true".to_owned()),
        ];
        settings.agent.extra_env = vec![
            json!({ "name": "HTTPS_PROXY", "value": "http://p:2" }),
            json!({ "name": "HTTP_PROXY", "valueFrom": { "secretKeyRef": { "name": "s", "key": "k" } } }),
        ];
        let pull = ["regcred".to_owned()];
        let inputs = WantedInputs {
            image: Some("r.example:5000/runner:v1"),
            pull_secrets: &pull,
            ca_config_map: Some("ca"),
            ..WantedInputs::default()
        };
        let wanted = wanted(&settings, &inputs);
        let template = wanted.pod_template();
        assert_eq!(pod_template::check(template), Ok(()));
        assert_eq!(
            *template,
            json!({
                "metadata": {
                    "labels": { "app.kubernetes.io/name": "humanitec-runner", "app.kubernetes.io/version": "v1" },
                    "annotations": { "runner-setup/made": "true" },
                },
                "spec": {
                    "containers": [{
                        "name": "main",
                        "image": "r.example:5000/runner:v1",
                        "imagePullPolicy": "IfNotPresent",
                        "volumeMounts": [{ "name": "runner-setup-ca", "mountPath": "/etc/runner-setup/ca", "readOnly": true }],
                        "env": [
                            { "name": "no_proxy", "value": "10.0.0.0/8,.svc" },
                            { "name": "HTTPS_PROXY", "value": "http://p:2" },
                            { "name": "SSL_CERT_DIR", "value": "/etc/ssl/certs:/etc/runner-setup/ca" },
                        ],
                    }],
                    "imagePullSecrets": [{ "name": "regcred" }],
                    "volumes": [{
                        "name": "runner-setup-ca",
                        "configMap": { "name": "ca", "items": [{ "key": "ca.crt", "path": "ca.crt" }] },
                    }],
                },
            })
        );
    }

    #[test]
    fn a_told_template_has_the_last_word() {
        let mut settings = settings();
        settings.agent.env = vec![("HTTP_PROXY".to_owned(), "http://agent".to_owned())];
        settings.agent.image_pull_policy = Some("Always".to_owned());
        let told = json!({ "name": "main", "image": "mine:1", "env": [
            { "name": "HTTP_PROXY", "value": "http://jobs" }, { "name": "SSL_CERT_DIR", "value": "/mine" },
        ] });
        settings.pod_template = Some(json!({ "spec": { "containers": [told] } }));
        let inputs = WantedInputs { image: Some("r/runner:v1"), ca_config_map: Some("ca"), ..WantedInputs::default() };
        let wanted = wanted(&settings, &inputs);
        let container = &wanted.pod_template()["spec"]["containers"][0];
        assert_eq!(container["image"], "mine:1");
        assert_eq!(container["env"], told["env"]);
        assert_eq!(container.get("imagePullPolicy"), None);
        assert_eq!(wanted.pod_template()["metadata"]["labels"].get(VERSION_LABEL), None);
    }

    #[test]
    fn a_new_image_replaces_the_registered_one_and_is_one_field() {
        let settings = settings();
        let with = |image, live: Option<&Runner>| {
            let inputs = WantedInputs { public_key: Some(&key()), image: Some(image), live, ..WantedInputs::default() };
            wanted(&settings, &inputs)
        };
        let mut live = registered(&with("r/runner:v1", None));
        live.runner_configuration["job"]["pod_template"]["spec"]["containers"][0]["imagePullPolicy"] = json!("Never");
        let wanted = with("r/runner@sha256:00", Some(&live));
        let Comparison::Differs { patch, fields } = compare(&live, &wanted) else { panic!("no difference") };
        assert_eq!(
            fields,
            [FieldChange {
                path: "runner_configuration.job.pod_template.spec.containers[main].image".to_owned(),
                from: json!("r/runner:v1"),
                to: json!("r/runner@sha256:00"),
            }]
        );
        let job = &wanted.body["runner_configuration"]["job"];
        assert_eq!(patch, json!({ "runner_configuration": { "type": "kubernetes-agent", "job": job } }));
    }

    #[test]
    fn an_older_name_of_the_container_is_kept() {
        let mut settings = settings();
        settings.pod_template = Some(json!({ "spec": { "containers": [{ "name": "platform-orchestrator-runner" }] } }));
        let wanted = wanted(&settings, &WantedInputs { image: Some("r/runner:v1"), ..WantedInputs::default() });
        let containers = wanted.pod_template()["spec"]["containers"].as_array().unwrap();
        assert_eq!(containers.len(), 1);
        assert_eq!(containers[0]["image"], "r/runner:v1");
    }

    #[test]
    fn the_same_key_in_another_spelling_is_the_same() {
        let wanted = plain(&settings(), None);
        let mut live = registered(&wanted);
        live.runner_configuration["key"] = json!(key().to_pem().trim_end());
        live.runner_configuration["job"]["pod_template"]["metadata"]["creationTimestamp"] = Value::Null;
        assert_eq!(compare(&live, &wanted), Comparison::Same);
    }

    #[test]
    fn foreign_runners_are_recognised() {
        let wanted = plain(&settings(), None);
        let foreign = |change: &dyn Fn(&mut Value)| {
            let mut live = registered(&wanted);
            change(&mut live.runner_configuration);
            compare(&live, &wanted)
        };
        let other = PrivateKey::generate().unwrap().public();
        let sides = |side, registered: &str, ours: &str| Comparison::Foreign {
            side,
            registered: registered.to_owned(),
            ours: ours.to_owned(),
        };
        assert_eq!(
            foreign(&|live| live["type"] = json!("kubernetes")),
            sides(ForeignSide::Type, "kubernetes", "kubernetes-agent")
        );
        assert_eq!(
            foreign(&|live| live["key"] = json!(other.to_pem())),
            sides(ForeignSide::Key, &other.key_id(), &key().key_id())
        );
        assert_eq!(
            foreign(&|live| live["key"] = json!("junk")),
            sides(ForeignSide::Key, "not an Ed25519 key", &key().key_id())
        );
        assert_eq!(
            foreign(&|live| {
                live["key"] = json!(other.to_pem());
                live["job"]["pod_template"]["metadata"]["annotations"][CLUSTER_ANNOTATION] = json!("u2");
            }),
            sides(ForeignSide::Cluster, "u2", "u1")
        );
    }

    #[test]
    fn a_cluster_that_is_not_known_yet_is_written_down() {
        let unknown = wanted(&settings(), &WantedInputs { public_key: Some(&key()), ..WantedInputs::default() });
        let live = registered(&unknown);
        assert_eq!(
            paths(&live, &plain(&settings(), Some(&live))),
            ["runner_configuration.job.pod_template.metadata.annotations[runner-setup/cluster-uid]"]
        );
        let live = registered(&plain(&settings(), None));
        assert_eq!(cluster_uid(&live), Some("u1"));
        let without = wanted(&settings(), &WantedInputs { live: Some(&live), ..WantedInputs::default() });
        assert_eq!(without.body["runner_configuration"].get("key"), None, "a key that is still to be made");
        assert_eq!(compare(&live, &without), Comparison::Same, "a run that cannot see the UID does not remove it");
    }

    #[test]
    fn a_proxy_s_password_is_not_shown() {
        for (text, shown) in [
            ("https://me:pw@p:1/x@y", "https://me:***@p:1/x@y"),
            ("me:p@w@p:1", "me:***@p:1"),
            ("http://p:1", "http://p:1"),
            ("runner:v1@sha256:00", "runner:v1@sha256:00"),
            ("plain", "plain"),
        ] {
            assert_eq!(without_password(text), shown);
        }
        let mut settings = settings();
        settings.agent.env = vec![("HTTP_PROXY".to_owned(), "http://me:s3cr3t@p:1".to_owned())];
        let live = registered(&plain(&self::settings(), None));
        let Comparison::Differs { patch, fields } = compare(&live, &plain(&settings, Some(&live))) else {
            panic!("no difference")
        };
        assert!(!format!("{fields:?}").contains("s3cr3t"), "{fields:?}");
        assert!(patch.to_string().contains("s3cr3t"));
    }
}
