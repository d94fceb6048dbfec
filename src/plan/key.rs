//! The key Secret and the pull secrets: a key that is there is kept, and is never guessed.

use std::collections::BTreeSet;

use crate::change::{Action, Change, Planned};
use crate::cluster::{Conflicts, Kind, ObjectRef};
use crate::found::{Found, FoundCluster, FoundKey, PullSecretSeen};
use crate::phase::Phase;
use crate::settings::Settings;

use super::{Inputs, Plan, Refusal};

/// Decides which key the runner has, and whether it has to be stored.
pub(super) fn plan_key(settings: &Settings, found: &Found, phases: &BTreeSet<Phase>, plan: &mut Plan) {
    let given = found.given_key.as_ref();
    let Some(cluster) = &found.cluster else {
        plan.key = given.cloned();
        if plan.key.is_none() && phases.contains(&Phase::Register) {
            let refusal =
                Refusal::new(runner_object(settings), "there is no key to register, and no cluster to find it in");
            plan.refusals
                .push(refusal.hint("runner-setup keygen").hint("runner-setup register --public-key-file FILE"));
        }
        return;
    };
    let object = cluster.key_object.clone();
    let name = object.to_string();
    let stores = phases.contains(&Phase::Secret);
    let needs = phases.contains(&Phase::Install) || phases.contains(&Phase::Register);
    if !stores && !needs {
        return;
    }
    let line = |action, why: String, change| Planned {
        object: name.clone(),
        action,
        why,
        fields: Vec::new(),
        phase: Phase::Secret,
        change,
        unseen: false,
    };
    match &cluster.key {
        FoundKey::Usable(there) => {
            if let Some(given) = given
                && given != there
            {
                let message = format!(
                    "holds the key with id {}, but the key given has id {}; a key that is there is kept",
                    there.key_id(),
                    given.key_id()
                );
                plan.refusals.push(
                    Refusal::new(&name, message).hint("leave out `--private-key-file` to keep the key that is there"),
                );
                return;
            }
            plan.key = Some(there.clone());
            if stores {
                plan.planned.push(line(Action::Unchanged, format!("holds the key with id {}", there.short_id()), None));
            }
        }
        FoundKey::Missing if stores => {
            plan.key = given.cloned();
            let registered = found.orchestrator.as_ref().and_then(|orchestrator| orchestrator.runner.as_ref());
            if let (None, Some(runner)) = (given, registered)
                && let Some(registered) = runner.runner_configuration.get("key").and_then(|key| key.as_str())
            {
                let id = crate::keypair::PublicKey::from_pem(registered).map_or("?".to_owned(), |key| key.key_id());
                let ours = crate::registration::cluster_uid(runner);
                let refusal = if ours.is_some() && ours == cluster.uid.as_deref() {
                    let message = format!(
                        "runner `{}` of this cluster is registered with the key with id {id}, and the Secret with it is gone",
                        settings.runner_id
                    );
                    Refusal::new(&name, message).hint("if somebody kept that key: `--private-key-file FILE`").hint(
                        format!(
                            "hctl delete runner {}, then the same command again: it makes a new key",
                            settings.runner_id
                        ),
                    )
                } else {
                    let message = format!(
                        "runner `{}` is registered with the key with id {id}, and this cluster has no Secret with it: \
                         the runner may serve another cluster",
                        settings.runner_id
                    );
                    Refusal::new(&name, message)
                        .hint("if you have that key: `--private-key-file FILE`")
                        .hint("for a second runner: `--runner-id ID`")
                };
                plan.refusals.push(refusal);
                return;
            }
            let why = match given {
                Some(key) => format!("missing; gets the key given, id {}", key.short_id()),
                None => "missing; a new key is made in memory".to_owned(),
            };
            let change = Change::StoreKey { object, data_key: settings.key_secret.key.clone() };
            plan.planned.push(line(Action::Create, why, Some(change)));
        }
        FoundKey::Missing if given.is_some() && !phases.contains(&Phase::Install) => plan.key = given.cloned(),
        FoundKey::Missing => {
            let refusal = Refusal::new(&name, "the key Secret is missing");
            plan.refusals.push(refusal.made_by(Phase::Secret));
        }
        FoundKey::Unusable { why } => {
            let refusal = Refusal::new(&name, format!("holds no usable key: {why}"));
            plan.refusals
                .push(refusal.hint(format!("kubectl describe secret {} -n {}", object.name, object.namespace)));
        }
        FoundKey::Unknown(why) if stores || given.is_none() && phases.contains(&Phase::Register) => {
            let refusal = Refusal::new(
                &name,
                format!("can't be looked at, and a key that may be there is never replaced: {why}"),
            );
            plan.refusals.push(refusal.hint(format!(
                "grant `get` on secrets/{} in namespace {}, or let somebody who has it run `runner-setup secret`",
                object.name, object.namespace
            )));
        }
        FoundKey::Unknown(why) => {
            plan.key = given.cloned();
            plan.warnings.push(format!(
                "{name} could not be looked at, so nobody compared its key with the registered one: {why}"
            ));
        }
    }
}

/// A pull secret made of a Docker config, in each namespace that pulls.
pub(super) fn plan_pull_secret(
    settings: &Settings,
    inputs: &Inputs,
    cluster: &FoundCluster,
    phases: &BTreeSet<Phase>,
    plan: &mut Plan,
) {
    let Some(pull_secret) = &inputs.made_pull_secret else { return };
    if !phases.contains(&Phase::Secret) {
        return;
    }
    let mut namespaces = vec![settings.runner_namespace.as_str(), settings.job_namespace.as_str()];
    namespaces.dedup();
    for namespace in namespaces {
        let object = ObjectRef::new(Kind::Secret, namespace, pull_secret);
        let name = object.to_string();
        let adopt = settings.adopt.contains(&name);
        let conflicts = if adopt { Conflicts::TakeOver } else { Conflicts::Refuse };
        let change = Change::StorePullSecret { object: object.clone(), conflicts };
        let (action, why, change) = match cluster.pull_secrets.get(&object) {
            None | Some(PullSecretSeen::Missing) => (Action::Create, "missing".to_owned(), Some(change)),
            Some(PullSecretSeen::Same) => (Action::Unchanged, "as it should be".to_owned(), None),
            Some(PullSecretSeen::Unknown(why)) => {
                plan.refusals.push(Refusal::new(&name, format!("can't be looked at: {why}")));
                continue;
            }
            Some(PullSecretSeen::OtherType(there)) => {
                let message = format!("is a Secret of type `{there}`, not a pull secret");
                plan.refusals.push(Refusal::new(&name, message).hint("choose another name with `--image-pull-secret`"));
                continue;
            }
            Some(PullSecretSeen::Differs { ours, owner }) => match owner {
                Some(owner) if !adopt && !ours => {
                    let message = format!("belongs to {owner} and holds other credentials");
                    plan.refusals
                        .push(Refusal::new(&name, message).hint(format!("take it over with `--adopt {name}`")));
                    continue;
                }
                _ if *ours => (Action::Update, "holds other credentials".to_owned(), Some(change)),
                _ => (Action::Adopt, "there, claimed by nobody, and holds other credentials".to_owned(), Some(change)),
            },
        };
        plan.planned.push(Planned {
            object: name,
            action,
            why,
            fields: Vec::new(),
            phase: Phase::Secret,
            change,
            unseen: false,
        });
    }
}

/// The runner's name in plans.
pub(super) fn runner_object(settings: &Settings) -> String {
    format!("orchestrator:runner/{}", settings.runner_id)
}
