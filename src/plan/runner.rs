//! The runner in the Orchestrator: registered with the key that is stored, changed only where it differs.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::change::{Action, Change, Planned};
use crate::found::Found;
use crate::manifests::{CA_CONFIG_MAP, Choices};
use crate::phase::Phase;
use crate::registration::{self, Comparison, ForeignSide, WantedInputs};
use crate::settings::Settings;

use super::key::runner_object;
use super::{Plan, Refusal};

/// Decides how the runner gets registered, or checks that it is when this run only needs it.
pub(super) fn plan_runner(
    settings: &Settings,
    choices: &Choices,
    found: &Found,
    phases: &BTreeSet<Phase>,
    plan: &mut Plan,
) {
    let name = runner_object(settings);
    let registers = phases.contains(&Phase::Register);
    let Some(orchestrator) = &found.orchestrator else {
        if phases.contains(&Phase::Install) {
            plan.warnings.push(format!(
                "{name} was not looked at: without a token nobody can say whether it is registered with this key"
            ));
        }
        return;
    };
    let inputs = WantedInputs {
        public_key: plan.key.as_ref(),
        cluster_uid: found.cluster.as_ref().and_then(|cluster| cluster.uid.as_deref()),
        image: self_hosted_image(settings, choices),
        pull_secrets: &choices.pull_secrets,
        ca_config_map: choices.ca_bundle.as_ref().map(|_| CA_CONFIG_MAP),
        azure_tenant: found.azure.as_ref().map(|azure| azure.tenant.as_str()),
        live: orchestrator.runner.as_ref(),
    };
    let wanted = registration::wanted(settings, &inputs);
    if registers && inputs.cluster_uid.is_none() && found.cluster.is_some() {
        plan.warnings.push(format!(
            "the namespace kube-system may not be read, so {name} gets no mark of this cluster, and nothing would notice \
             that it serves another one"
        ));
    }
    let line = |action, why: &str, change| Planned {
        object: name.clone(),
        action,
        why: why.to_owned(),
        fields: Vec::new(),
        phase: Phase::Register,
        change,
        unseen: false,
    };
    let Some(live) = &orchestrator.runner else {
        if registers {
            let change = Change::RegisterRunner { body: wanted.body };
            plan.planned.push(line(Action::Create, "not registered", Some(change)));
        } else if phases.contains(&Phase::Install) || phases.contains(&Phase::Rule) {
            plan.refusals.push(Refusal::new(&name, "the runner is not registered").made_by(Phase::Register));
        }
        return;
    };
    match registration::compare(live, &wanted) {
        Comparison::Foreign { side, registered, ours } => {
            plan.refusals.push(foreign(settings, &name, side, &registered, &ours));
        }
        Comparison::Same if registers => plan.planned.push(line(Action::Unchanged, "as it should be", None)),
        Comparison::Differs { patch, fields } if registers => {
            if fields.iter().any(|field| field.path.starts_with("state_storage_configuration")) {
                plan.warnings.push(format!(
                    "{name} gets another state storage: environments that were deployed already keep their state in the old one"
                ));
            }
            let ours = live.description.as_deref() == Some(registration::DEFAULT_DESCRIPTION)
                || registration::cluster_uid(live).is_some();
            let action = if ours { Action::Update } else { Action::Adopt };
            let why = if ours { "differs" } else { "registered with this key, and nothing in it says by whom" };
            plan.planned.push(Planned { fields, ..line(action, why, Some(Change::PatchRunner { patch })) });
        }
        Comparison::Same => {}
        Comparison::Differs { fields, .. } => {
            if phases.contains(&Phase::Install) {
                let paths: Vec<_> = fields.iter().map(|field| field.path.as_str()).collect();
                plan.warnings.push(format!(
                    "{name} is registered with other values in {}; `runner-setup register` sets them",
                    paths.join(", ")
                ));
            }
        }
    }
}

/// The image for the jobs, when a person said anything about the image: otherwise the Orchestrator chooses it.
fn self_hosted_image<'a>(settings: &Settings, choices: &'a Choices) -> Option<&'a str> {
    let told = settings.agent.image_repository.is_some() || settings.agent.image_tag.is_some();
    told.then_some(choices.image.as_str())
}

fn foreign(settings: &Settings, name: &str, side: ForeignSide, registered: &str, ours: &str) -> Refusal {
    let show = format!("hctl get runner {}", settings.runner_id);
    let other = "or set up another runner: `--runner-id ID`";
    match side {
        ForeignSide::Type => {
            Refusal::new(name, format!("is registered as type `{registered}`, not `{ours}`; a type can never change"))
        }
        ForeignSide::Key => Refusal::new(
            name,
            format!("is registered with the key with id {registered}, but the key here has id {ours}"),
        ),
        ForeignSide::Cluster => {
            Refusal::new(name, format!("serves the cluster with uid {registered}, but this cluster has uid {ours}"))
        }
    }
    .hint(show)
    .hint(other)
}

/// The body with the public key put in, when it was not known before.
pub fn with_key(body: &Value, public_key: &crate::keypair::PublicKey) -> Value {
    let mut body = body.clone();
    body["runner_configuration"]["key"] = Value::String(public_key.to_pem());
    body
}
