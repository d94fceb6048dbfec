//! Turns answers into complete and valid settings, or says everything that is wrong or missing at once.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::Value;
use url::Url;

use super::problems::Settling;
use super::registry::{
    ADOPT, API_URL, CLUSTER_NAME, CONTEXT, DESCRIPTION, JOB_SERVICE_ACCOUNT, JOB_SERVICE_ACCOUNT_ANNOTATION,
    KEY_SECRET, KEY_SECRET_KEY, NO_WAIT, ORG, POD_TEMPLATE, PRIVATE_KEY_FILE, PROVIDER, PUBLIC_KEY_FILE, RULE,
    RUNNER_ID, RUNNER_ID_PREFIX, RUNNER_SERVICE_ACCOUNT, RUNNER_SERVICE_ACCOUNT_ANNOTATION, RUNNER_TYPE, TOKEN_FILE,
};
use super::setting::Setting;
use super::show::{self, ShownSetting};
use super::text_checks::{annotation, base_url, description, id, object, secret_key, url_text};
use super::told::{Said, Secret, Source};
use super::{Answers, agent, aws, azure, cloud, connection, gcp, namespaces, pod_template, state_storage};
use crate::failure::Failure;
use crate::names::{KubernetesName, RunnerId};
use crate::process::Process;
use crate::settings::{
    DEFAULT_KEY_SECRET_KEY, KeySecret, Provider, RELEASE_NAME, RuleTarget, RunnerType, SAAS_API_URL, ServiceAccount,
    Settings,
};

/// Which answers a command cannot do without.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Need {
    /// The organisation.
    pub org: bool,
    /// A runner id that was told or can be made up.
    pub runner_id: bool,
    /// A token for the Orchestrator.
    pub token: TokenNeed,
}

/// How much a command needs a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenNeed {
    /// It can't do without.
    Required,
    /// It looks at more when there is one.
    IfThere,
    /// It is not read.
    No,
}

impl Need {
    /// Both sides: the Orchestrator and the cluster.
    pub const EVERYTHING: Self = Self { org: true, runner_id: true, token: TokenNeed::Required };
    /// The cluster alone, with what the agent has to know.
    pub const CLUSTER: Self = Self { org: true, runner_id: true, token: TokenNeed::No };
    /// Nothing that has no default.
    pub const NOTHING: Self = Self { org: false, runner_id: false, token: TokenNeed::No };
}

/// The token and where it is from.
#[derive(Debug, Clone)]
pub struct Token {
    /// The token itself.
    pub value: Secret,
    /// Who told it.
    pub source: Source,
}

/// How the Orchestrator and the cluster are reached.
#[derive(Debug, Clone)]
pub struct ConnectionSettings {
    /// The kubeconfig files that were named; none: the usual chain.
    pub kubeconfig: Vec<PathBuf>,
    /// The context; `None`: the current one.
    pub context: Option<String>,
    /// A PEM file of certificates to trust too.
    pub ca_file: Option<PathBuf>,
    /// The token, if the command needs one.
    pub token: Option<Token>,
    /// How long everything together may last.
    pub timeout: Duration,
}

/// Everything a command works with.
#[derive(Debug, Clone)]
pub struct Settled {
    /// What is being set up.
    pub settings: Settings,
    /// How both sides are reached.
    pub connection: ConnectionSettings,
    /// Every setting with its value and source, for `--show-settings`.
    pub shown: Vec<ShownSetting>,
    /// What should be said, though nothing is wrong.
    pub warnings: Vec<String>,
    /// Settings that nobody told and the command does not need: their values in `settings` are placeholders.
    pub unknown: Vec<&'static Setting>,
}

/// Settles the answers; files are read as far as settings stand in them (token, pod template), and no others.
///
/// # Errors
/// Everything that is wrong or missing, in one failure: `Usage` when a value is not valid, `AnswerMissing` when answers
/// are missing, `Refused` when nothing but credentials is.
pub fn settle(answers: &Answers, process: &Process, need: Need) -> Result<Settled, Failure> {
    let mut settling = Settling::new(answers, process);
    let settled = attempt(&mut settling, need);
    if let Some(failure) = settling.failure() {
        return Err(failure);
    }
    let unknown = std::mem::take(&mut settling.unneeded);
    let (settings, connection) = settled.ok_or_else(bug)?;
    let shown = show::rows(answers, &settling.shown);
    Ok(Settled { settings, connection, shown, warnings: settling.warnings, unknown })
}

fn bug() -> Failure {
    Failure::new(crate::failure::FailureKind::Bug, "an answer is not valid, and nothing says why")
}

fn attempt(settling: &mut Settling<'_>, need: Need) -> Option<(Settings, ConnectionSettings)> {
    let org = org(settling, need);
    let api_url = api_url(settling);
    let connection = connection::settle(settling, api_url.as_ref(), need.token);
    let runner_id = runner_id(settling, need);
    let runner_type = settling.parse(&RUNNER_TYPE, str::parse).unwrap_or(RunnerType::KubernetesAgent);
    let provider = settling.parse(&PROVIDER, str::parse).unwrap_or(Provider::Generic);
    if settling.told(&PROVIDER).is_none() {
        settling.show(&PROVIDER, provider.word(), "default");
    }
    let aws = aws::settle(settling, provider);
    let gcp = gcp::settle(settling, provider);
    let azure = azure::settle(settling, provider);
    cloud::refuse_identity(settling, provider);
    let description = settling.parse(&DESCRIPTION, description);
    let (runner_namespace, job_namespace) = namespaces::settle(settling);
    let runner_account = account(settling, &RUNNER_SERVICE_ACCOUNT, &RUNNER_SERVICE_ACCOUNT_ANNOTATION);
    let job_account = account(settling, &JOB_SERVICE_ACCOUNT, &JOB_SERVICE_ACCOUNT_ANNOTATION);
    let key_secret = key_secret(settling);
    let private_key_file = settling.parse(&PRIVATE_KEY_FILE, connection::file_or_stdin);
    let public_key_file = settling.parse(&PUBLIC_KEY_FILE, connection::file_or_stdin);
    check_key_files(settling);
    let agent = agent::settle(settling, api_url.as_ref());
    let pod_template = pod_template(settling);
    let state_storage = state_storage::settle(settling, job_namespace.as_ref());
    let rules: Vec<RuleTarget> = once(settling.parse_all(&RULE, str::parse));
    let adopt = once(settling.parse_all(&ADOPT, object));
    connection::check_stdin(settling, &[&TOKEN_FILE, &PRIVATE_KEY_FILE, &PUBLIC_KEY_FILE]);
    let settings = Settings {
        org: org?,
        api_url: api_url?,
        runner_id: runner_id?,
        runner_type,
        provider,
        aws: aws?,
        gcp: gcp?,
        azure: azure?,
        description,
        runner_namespace: runner_namespace?,
        job_namespace: job_namespace?,
        runner_account: runner_account?,
        job_account: job_account?,
        key_secret: key_secret?,
        private_key_file,
        public_key_file,
        agent,
        pod_template,
        state_storage,
        rules,
        adopt,
        wait: !settling.switch(&NO_WAIT),
        timeout: connection.timeout,
    };
    Some((settings, connection))
}

fn org(settling: &mut Settling<'_>, need: Need) -> Option<String> {
    if settling.told(&ORG).is_some() {
        return settling.parse(&ORG, id);
    }
    if need.org {
        settling.miss(&ORG, "the organisation");
    } else {
        settling.unneeded.push(&ORG);
    }
    Some(String::new())
}

fn api_url(settling: &mut Settling<'_>) -> Option<Url> {
    if settling.told(&API_URL).is_none() {
        settling.show(&API_URL, SAAS_API_URL, "default");
        return base_url(SAAS_API_URL).ok();
    }
    let url = settling.parse(&API_URL, base_url)?;
    let source = settling.told(&API_URL).map_or(Source::Default, |told| told.source.clone());
    settling.show(&API_URL, url_text(&url), source.to_string());
    Some(url)
}

/// The id that was told, else the prefix and the name of the cluster or the context.
fn runner_id(settling: &mut Settling<'_>, need: Need) -> Option<RunnerId> {
    let prefix = if settling.told(&RUNNER_ID_PREFIX).is_some() {
        settling
            .parse(&RUNNER_ID_PREFIX, |prefix| format!("{prefix}-x").parse::<RunnerId>().map(|_| prefix.to_owned()))?
    } else {
        RUNNER_ID_PREFIX.default.unwrap_or_default().to_owned()
    };
    if settling.told(&RUNNER_ID).is_some() {
        return settling.parse(&RUNNER_ID, str::parse);
    }
    for setting in [&CLUSTER_NAME, &CONTEXT] {
        let Some(text) = settling.text(setting) else { continue };
        // A name that leaves nothing behind the prefix would give every such cluster the same id.
        if !text.contains(|c: char| c.is_ascii_alphanumeric()) {
            continue;
        }
        if let Some(id) = RunnerId::derive(&prefix, text) {
            settling.show(&RUNNER_ID, id.as_str(), format!("made of `{}`", setting.name()));
            return Some(id);
        }
    }
    if need.runner_id {
        settling.miss(&RUNNER_ID, "the runner's id, as there is no cluster name or context to make one of");
    } else {
        settling.unneeded.push(&RUNNER_ID);
    }
    RunnerId::derive(&prefix, "").or_else(|| "unknown".parse().ok())
}

fn account(settling: &mut Settling<'_>, name: &'static Setting, annotations: &Setting) -> Option<ServiceAccount> {
    let annotations: BTreeMap<_, _> = settling.parse_all(annotations, annotation).into_iter().collect();
    Some(ServiceAccount { name: named(settling, name)?, annotations })
}

/// A name of a Kubernetes object that was told, else the documented one.
fn named(settling: &mut Settling<'_>, setting: &'static Setting) -> Option<KubernetesName> {
    if settling.told(setting).is_some() {
        return settling.parse(setting, str::parse);
    }
    setting.default.unwrap_or(RELEASE_NAME).parse().ok()
}

fn key_secret(settling: &mut Settling<'_>) -> Option<KeySecret> {
    let name = named(settling, &KEY_SECRET);
    let key = if settling.told(&KEY_SECRET_KEY).is_some() {
        settling.parse(&KEY_SECRET_KEY, secret_key)
    } else {
        Some(DEFAULT_KEY_SECRET_KEY.to_owned())
    };
    Some(KeySecret { name: name?, name_told: settling.told(&KEY_SECRET).is_some(), key: key? })
}

fn check_key_files(settling: &mut Settling<'_>) {
    if settling.told(&PRIVATE_KEY_FILE).is_some() && settling.told(&PUBLIC_KEY_FILE).is_some() {
        settling.refuse::<()>(&PUBLIC_KEY_FILE, "excludes `--private-key-file`, whose public half is registered");
    }
}

/// The object in the file, or the content of the file that was named.
fn pod_template(settling: &mut Settling<'_>) -> Option<Value> {
    let process = settling.process;
    let template = match &settling.told(&POD_TEMPLATE)?.value {
        Said::Structure(template @ Value::Object(_)) => template.clone(),
        Said::Structure(_) => return settling.refuse(&POD_TEMPLATE, "is not an object"),
        _ => settling.parse(&POD_TEMPLATE, |name| {
            connection::file(name)?;
            pod_template::read(process, name)
        })?,
    };
    let problems = crate::pod_template::check(&template).err().unwrap_or_default();
    for problem in &problems {
        settling.refuse::<()>(&POD_TEMPLATE, problem);
    }
    settling.warnings.extend(crate::pod_template::warnings(&template));
    problems.is_empty().then_some(template)
}

/// The same without what is there already, in the order given.
fn once<T: PartialEq>(items: Vec<T>) -> Vec<T> {
    let mut kept: Vec<T> = Vec::with_capacity(items.len());
    for item in items {
        if !kept.contains(&item) {
            kept.push(item);
        }
    }
    kept
}

#[cfg(test)]
mod tests;
