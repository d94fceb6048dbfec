//! Whose something is, as far as taking it back goes: in doubt it is not ours.

use serde_json::Value;

use crate::cluster::{Kind, owner};
use crate::found::FoundCluster;
use crate::keypair::PublicKey;
use crate::orchestrator::Runner;
use crate::registration;
use crate::settings::Settings;
use crate::standing::Standing;

/// Why something stays that nobody can prove to be ours.
pub(super) const NOT_MADE: &str = "not made by runner-setup";

/// Whose the registered runner is.
pub(super) enum Whose {
    /// Nobody is registered with this id.
    Nobody,
    /// This tool registered it for this cluster.
    Ours,
    /// It stays, for this reason.
    Kept(String),
}

/// Whether the registered runner may be deleted: only with this tool's mark, and with this cluster's key. Where the key
/// is gone, the mark of this cluster counts, if something of ours shows that the agent's place is the right one.
pub(super) fn whose(
    settings: &Settings,
    cluster: &FoundCluster,
    standing: &Standing,
    runner: Option<&Runner>,
) -> Whose {
    let Some(runner) = runner else { return Whose::Nobody };
    let kind = runner.runner_configuration.get("type").and_then(Value::as_str).unwrap_or("?");
    if kind != settings.runner_type.word() {
        return Whose::Kept(format!("registered as type `{kind}`, not `{}`", settings.runner_type));
    }
    let its_cluster = registration::cluster_uid(runner);
    if let (Some(theirs), Some(ours)) = (its_cluster, cluster.uid.as_deref())
        && theirs != ours
    {
        return Whose::Kept(format!("serves the cluster with uid {theirs}, and this one has uid {ours}"));
    }
    let registered = registered_key(runner);
    if let (Some(stored), registered) = (cluster.key.public(), &registered)
        && Some(stored) != registered.as_ref()
    {
        let id = registered.as_ref().map_or("none".to_owned(), PublicKey::short_id);
        return Whose::Kept(format!(
            "registered with the key with id {id}, and the key here has id {}",
            stored.short_id()
        ));
    }
    if !registration::made_by_us(runner) {
        return Whose::Kept(NOT_MADE.to_owned());
    }
    if cluster.key.public().is_some() {
        return Whose::Ours;
    }
    let is_place = cluster.objects.iter().chain(&standing.objects).any(|(object, seen)| {
        object.kind != Kind::Namespace
            && object.namespace == settings.runner_namespace.as_str()
            && seen.there().is_some_and(owner::made_by_us)
    });
    match (its_cluster.is_some() && cluster.uid.is_some(), is_place) {
        (true, true) => Whose::Ours,
        (true, false) => {
            Whose::Kept(format!("nothing in namespace {} shows that its agent is there", settings.runner_namespace))
        }
        (false, _) => Whose::Kept(format!("without {} nobody can say that it is this cluster's", cluster.key_object)),
    }
}

pub(super) fn registered_key(runner: &Runner) -> Option<PublicKey> {
    PublicKey::from_pem(runner.runner_configuration.get("key")?.as_str()?).ok()
}

/// Why an object stays, by its own marks.
pub(super) fn stays(live: &Value) -> Option<String> {
    let claimed = owner::claimed_by(live);
    match (owner::made_by_us(live), claimed) {
        (true, None) => None,
        (true, Some(owner)) => Some(format!("claimed by {owner}")),
        (false, Some(owner)) => Some(format!("{NOT_MADE}, belongs to {owner}")),
        (false, None) => Some(NOT_MADE.to_owned()),
    }
}

/// Another agent for whom the jobs' namespace is set up as well, by the subjects of its RoleBinding.
pub(super) fn shared_with(settings: &Settings, cluster: &FoundCluster) -> Option<String> {
    let ours = [
        (settings.runner_account.name.as_str(), settings.runner_namespace.as_str()),
        (settings.job_account.name.as_str(), settings.job_namespace.as_str()),
    ];
    let bindings = cluster.objects.iter().filter(|(object, _)| object.kind == Kind::RoleBinding);
    let subjects = bindings.filter_map(|(_, seen)| seen.there()?.get("subjects")?.as_array()).flatten();
    // People may be subjects as well; they need no place kept for them.
    let mut accounts = subjects.filter(|subject| subject["kind"] == "ServiceAccount").map(|subject| {
        let word = |key: &str| subject.get(key).and_then(Value::as_str).unwrap_or_default();
        (word("name"), word("namespace"))
    });
    accounts
        .find(|account| !ours.contains(account))
        .map(|(name, namespace)| format!("ServiceAccount {namespace}/{name}"))
}
