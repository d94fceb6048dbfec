//! Compares the pull secrets of this run with what is there; their content goes no further.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine;
use futures::future::join_all;
use serde_json::Value;

use super::text;
use crate::cluster::{Cluster, ClusterError, Kind, ObjectRef, owner};
use crate::found::{PullSecretSeen, Seen};
use crate::lent::PullSecret;
use crate::settings::Settings;

pub(super) async fn look_at_pull_secrets(
    settings: &Settings,
    pull_secret: Option<&PullSecret>,
    cluster: &Cluster,
) -> Result<BTreeMap<ObjectRef, PullSecretSeen>, ClusterError> {
    let Some(pull_secret) = pull_secret else { return Ok(BTreeMap::new()) };
    let namespaces = BTreeSet::from([settings.runner_namespace.as_str(), settings.job_namespace.as_str()]);
    let objects: Vec<_> = namespaces.iter().map(|ns| ObjectRef::new(Kind::Secret, *ns, &pull_secret.name)).collect();
    let reads = join_all(objects.iter().map(|object| cluster.get(object))).await;
    let mut all = BTreeMap::new();
    for (object, read) in objects.into_iter().zip(reads) {
        let seen = match Seen::of(read)? {
            Seen::Missing => PullSecretSeen::Missing,
            Seen::Unknown(why) => PullSecretSeen::Unknown(why),
            Seen::There(secret) => compare_pull_secret(&secret, pull_secret),
        };
        all.insert(object, seen);
    }
    Ok(all)
}

fn compare_pull_secret(secret: &Value, wanted: &PullSecret) -> PullSecretSeen {
    let secret_type = text(secret, "/type").unwrap_or_default();
    if secret_type != "kubernetes.io/dockerconfigjson" {
        return PullSecretSeen::OtherType(secret_type);
    }
    let encoded = secret.get("data").and_then(|data| data.get(".dockerconfigjson")).and_then(Value::as_str);
    let there = encoded.and_then(|text| base64::engine::general_purpose::STANDARD.decode(text).ok());
    let there = there.and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok());
    let same = there.is_some() && there == serde_json::from_str(&wanted.docker_config).ok();
    if same {
        return PullSecretSeen::Same;
    }
    PullSecretSeen::Differs {
        ours: owner::applied_by_us(secret) || owner::made_by_us(secret),
        owner: owner::claimed_by(secret).map(|owner| owner.to_string()),
    }
}
