//! Settles where Terraform state is kept: the type, what belongs to it, and what does not.

use super::problems::Settling;
use super::registry::{
    STATE_BUCKET, STATE_CONTAINER, STATE_NAMESPACE, STATE_PATH_PREFIX, STATE_RESOURCE_GROUP, STATE_STORAGE,
    STATE_STORAGE_ACCOUNT, STATE_STORAGE_TYPES,
};
use super::setting::Setting;
use crate::names::NamespaceName;
use crate::settings::StateStorage;

/// What each setting belongs to.
const PARTS: &[(&Setting, &[&str])] = &[
    (&STATE_NAMESPACE, &["kubernetes"]),
    (&STATE_BUCKET, &["s3", "gcs"]),
    (&STATE_PATH_PREFIX, &["s3", "gcs", "azurerm"]),
    (&STATE_STORAGE_ACCOUNT, &["azurerm"]),
    (&STATE_CONTAINER, &["azurerm"]),
    (&STATE_RESOURCE_GROUP, &["azurerm"]),
];

/// Returns the state storage that was told; `None` when nobody said anything about it.
pub(super) fn settle(settling: &mut Settling<'_>, job_namespace: Option<&NamespaceName>) -> Option<StateStorage> {
    let told: Vec<_> = PARTS.iter().copied().filter(|(part, _)| settling.told(part).is_some()).collect();
    let kind = match settling.text(&STATE_STORAGE) {
        Some(kind) if STATE_STORAGE_TYPES.contains(&kind) => kind,
        Some(other) => {
            return settling.refuse(&STATE_STORAGE, format!("`{other}` is none of {}", STATE_STORAGE_TYPES.join(", ")));
        }
        None if told.is_empty() => return None,
        None if told.iter().all(|(_, kinds)| kinds.contains(&"kubernetes")) => "kubernetes",
        None => {
            settling.miss(&STATE_STORAGE, "the type of state storage");
            return None;
        }
    };
    for (part, kinds) in told {
        if kinds.contains(&kind) {
            continue;
        }
        // What a lower source said about another type is meant for that type; the higher one chose anew.
        if settling.layer(part) < settling.layer(&STATE_STORAGE) {
            settling.show_overridden(find(part), "", &STATE_STORAGE);
        } else {
            settling.refuse::<()>(part, format!("belongs to state storage {}, not to {kind}", kinds.join(" or ")));
        }
    }
    match kind {
        "kubernetes" => {
            let told = settling.parse(&STATE_NAMESPACE, str::parse);
            let namespace = if settling.told(&STATE_NAMESPACE).is_some() { told } else { job_namespace.cloned() };
            Some(StateStorage::Kubernetes { namespace: namespace? })
        }
        "azurerm" => {
            let storage_account_name =
                required(settling, &STATE_STORAGE_ACCOUNT, "the storage account for state", plain);
            let container_name = required(settling, &STATE_CONTAINER, "the container for state", plain);
            let resource_group_name = settling.parse(&STATE_RESOURCE_GROUP, plain);
            let path_prefix = settling.parse(&STATE_PATH_PREFIX, path_prefix);
            Some(StateStorage::Azurerm {
                storage_account_name: storage_account_name?,
                container_name: container_name?,
                resource_group_name,
                path_prefix,
            })
        }
        cloud => {
            let bucket = required(settling, &STATE_BUCKET, "the bucket for state", bucket);
            let path_prefix = settling.parse(&STATE_PATH_PREFIX, path_prefix);
            let bucket = bucket?;
            Some(if cloud == "s3" {
                StateStorage::S3 { bucket, path_prefix }
            } else {
                StateStorage::Gcs { bucket, path_prefix }
            })
        }
    }
}

fn find(part: &Setting) -> &'static Setting {
    super::registry::find(part.id).unwrap_or(&STATE_STORAGE)
}

fn required(
    settling: &mut Settling<'_>,
    setting: &Setting,
    what: &str,
    check: fn(&str) -> Result<String, String>,
) -> Option<String> {
    if settling.told(setting).is_none() {
        settling.miss(setting, what);
    }
    settling.parse(setting, check)
}

pub(super) fn bucket(text: &str) -> Result<String, String> {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if text.len() < 2 || !text.chars().all(allowed) || text.starts_with('-') || text.ends_with('-') {
        return Err(format!(
            "`{text}` is not a bucket that the Orchestrator takes; its name has lowercase letters, digits and `-` between them"
        ));
    }
    Ok(text.to_owned())
}

pub(super) fn path_prefix(text: &str) -> Result<String, String> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let mut parts = text.strip_suffix('/').unwrap_or(text).split('/');
    if parts.all(|part| !part.is_empty() && part.chars().all(allowed)) {
        return Ok(text.to_owned());
    }
    Err(format!("`{text}` is not a path; use letters, digits, `.`, `_` and `-`, parts joined by `/`, none in front"))
}

pub(super) fn plain(text: &str) -> Result<String, String> {
    let bad = |c: char| c.is_whitespace() || c.is_control() || c == '/';
    if text.is_empty() || text.contains(bad) { Err(format!("`{text}` is not a name")) } else { Ok(text.to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{answers, process};
    use super::*;

    fn settled(flags: &[&str], file: Option<&str>) -> Result<Option<StateStorage>, Vec<String>> {
        let (answers, process) = (answers(flags, &[], file), process(&[]));
        let mut settling = Settling::new(&answers, &process);
        let storage = settle(&mut settling, Some(&"jobs".parse().unwrap()));
        let problems: Vec<_> = settling.invalid.into_iter().chain(settling.missing).collect();
        if problems.is_empty() { Ok(storage) } else { Err(problems) }
    }

    fn json(flags: &[&str], file: Option<&str>) -> serde_json::Value {
        serde_json::to_value(settled(flags, file).unwrap()).unwrap()
    }

    #[test]
    fn each_type_takes_what_belongs_to_it() {
        use serde_json::{Value, json as j};
        assert_eq!(json(&[], None), Value::Null);
        assert_eq!(json(&["--state-storage=kubernetes"], None), j!({"type": "kubernetes", "namespace": "jobs"}));
        assert_eq!(json(&["--state-namespace=a"], None), j!({"type": "kubernetes", "namespace": "a"}));
        assert_eq!(
            json(&["--state-storage=s3", "--state-bucket=ab", "--state-path-prefix=x/y/"], None),
            j!({"type": "s3", "bucket": "ab", "path_prefix": "x/y/"})
        );
        assert_eq!(
            json(&["--state-storage=azurerm", "--state-storage-account=a", "--state-container=c"], None),
            j!({"type": "azurerm", "storage_account_name": "a", "container_name": "c"})
        );
    }

    #[test]
    fn everything_wrong_is_said_at_once() {
        for (flags, words) in [
            (&["--state-storage=s3"][..], &["the bucket for state: `--state-bucket NAME`"][..]),
            (&["--state-bucket=ab"], &["the type of state storage: `--state-storage TYPE`"]),
            (&["--state-storage=azurerm"], &["the storage account", "the container"]),
            (
                &["--state-storage=kubernetes", "--state-bucket=ab"],
                &["`--state-bucket`: belongs to state storage s3 or gcs"],
            ),
            (
                &["--state-storage=s3", "--state-bucket=A_b", "--state-path-prefix=/x"],
                &["`A_b` is not a bucket", "`/x` is not a path"],
            ),
            (&["--state-storage=gcs", "--state-bucket=-a"], &["not a bucket"]),
            (&["--state-namespace=A"], &["namespace `A`"]),
        ] {
            let problems = settled(flags, None).unwrap_err();
            assert_eq!(problems.len(), words.len(), "{problems:?}");
            assert!(problems.iter().zip(words).all(|(problem, words)| problem.contains(words)), "{problems:?}");
        }
    }

    #[test]
    fn a_flag_for_another_type_leaves_the_files_type_behind() {
        let file = Some("runner: { stateStorage: { type: kubernetes, namespace: states } }");
        let flags = ["--state-storage=gcs", "--state-bucket=ab"];
        assert_eq!(json(&flags, file), serde_json::json!({"type": "gcs", "bucket": "ab"}));
        assert!(settled(&["--state-bucket=ab"], file).is_err());
    }
}
