//! What a person lends in files: keys and registry credentials, kept apart from settings, plans and results.

use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::failure::{Failure, FailureKind};
use crate::keypair::{PrivateKey, PublicKey};
use crate::plan::Inputs;
use crate::process::Process;
use crate::settings::{FileSource, OFFICIAL_IMAGE, Settings};
use crate::trust::check_bundle;

/// The pull secret's name when a person gives credentials but no name.
pub const DEFAULT_PULL_SECRET: &str = "humanitec-kubernetes-agent-runner-registry";

/// Everything lent for one run.
#[derive(Default)]
pub struct Lent {
    /// The private key of `--private-key-file`.
    pub private_key: Option<PrivateKey>,
    /// The public half of whatever key was given.
    pub public_key: Option<PublicKey>,
    /// The pull secret to make.
    pub pull_secret: Option<PullSecret>,
    /// The PEM bundle of `--agent-ca-file`.
    pub ca_bundle: Option<String>,
}

/// A pull secret's name and content.
pub struct PullSecret {
    /// Its name, the same in both namespaces.
    pub name: String,
    /// Its `.dockerconfigjson`: the one entry for the image's registry.
    pub docker_config: Zeroizing<String>,
}

impl Lent {
    /// Reads every file that the settings name, before the first request is sent.
    ///
    /// # Errors
    /// A file that can't be read or does not hold what it should.
    pub fn read(settings: &Settings, process: &Process) -> Result<Self, Failure> {
        let mut lent = Self::default();
        if let Some(file) = &settings.private_key_file {
            let text = Zeroizing::new(read(process, file, "--private-key-file")?);
            let key = PrivateKey::from_pem(&text).map_err(|error| named(error, file, "--private-key-file"))?;
            lent.public_key = Some(key.public());
            lent.private_key = Some(key);
        }
        if let Some(file) = &settings.public_key_file {
            let text = read(process, file, "--public-key-file")?;
            lent.public_key =
                Some(PublicKey::from_pem(&text).map_err(|error| named(error, file, "--public-key-file"))?);
        }
        if let Some(file) = &settings.agent.ca_file {
            let source = FileSource::Path(file.clone());
            let bundle = read(process, &source, "--agent-ca-file")?;
            check_bundle(bundle.as_bytes(), &source.to_string(), "`--agent-ca-file`")?;
            lent.ca_bundle = Some(bundle);
        }
        if let Some(file) = &settings.agent.registry_auth_file {
            let source = FileSource::Path(file.clone());
            let text = Zeroizing::new(read(process, &source, "--registry-auth-file")?);
            lent.pull_secret = Some(pull_secret(settings, &source, &text)?);
        }
        Ok(lent)
    }

    /// The part that is no secret.
    pub fn inputs(&self) -> Inputs {
        Inputs {
            ca_bundle: self.ca_bundle.clone(),
            made_pull_secret: self.pull_secret.as_ref().map(|secret| secret.name.clone()),
        }
    }
}

fn read(process: &Process, file: &FileSource, flag: &str) -> Result<String, Failure> {
    let bytes = match file {
        FileSource::Stdin => process.read_stdin(),
        FileSource::Path(path) => std::fs::read(process.path(path)),
    };
    let bytes = bytes.map_err(|error| {
        Failure::new(FailureKind::Usage, format!("reading `{file}` of `{flag}`")).cause(error.to_string())
    })?;
    String::from_utf8(bytes).map_err(|_| Failure::new(FailureKind::Usage, format!("`{file}` of `{flag}` is not text")))
}

fn named(error: impl Into<Failure>, file: &FileSource, flag: &str) -> Failure {
    let failure: Failure = error.into();
    let mut outer = Failure::new(FailureKind::Usage, format!("the key in `{file}` of `{flag}` can't be used"));
    outer = outer.cause(failure.message);
    failure.hints.into_iter().fold(outer, Failure::hint)
}

/// Takes the one entry for the image's registry out of a Docker config.
///
/// The file's shape is Docker's: `auths`, keyed by host or URL, each with `auth` (base64 of `user:password`), or
/// `username` and `password`. Credentials kept in a helper (`credsStore`) are not in the file.
fn pull_secret(settings: &Settings, file: &FileSource, text: &str) -> Result<PullSecret, Failure> {
    let refuse = |message: String| Failure::new(FailureKind::Usage, message);
    let config: Value = serde_json::from_str(text)
        .map_err(|error| refuse(format!("`{file}` of `--registry-auth-file` is not JSON")).cause(error.to_string()))?;
    let image = settings.agent.image_repository.as_deref().unwrap_or(OFFICIAL_IMAGE);
    let registry = registry_of(image);
    let empty = serde_json::Map::new();
    let auths = config.get("auths").and_then(Value::as_object).unwrap_or(&empty);
    let entry = auths.iter().find(|(key, _)| host_of(key) == registry);
    let Some((key, entry)) = entry else {
        let there: Vec<_> = auths.keys().map(String::as_str).collect();
        let there = if there.is_empty() { "none".to_owned() } else { there.join(", ") };
        return Err(refuse(format!(
            "`{file}` of `--registry-auth-file` has no entry for `{registry}`; it has: {there}"
        ))
        .hint(format!("docker login {registry}")));
    };
    let has = |name: &str| entry.get(name).and_then(Value::as_str).is_some_and(|value| !value.is_empty());
    if !(has("auth") || has("username") && has("password") || has("identitytoken")) {
        let failure =
            refuse(format!("the entry for `{key}` in `{file}` of `--registry-auth-file` holds no credentials"));
        return Err(match config.get("credsStore").and_then(Value::as_str) {
            Some(store) => failure.cause(format!("they are kept by the credential helper `{store}`, outside the file")),
            None => failure,
        });
    }
    let name = settings.agent.image_pull_secrets.first().map_or(DEFAULT_PULL_SECRET.to_owned(), ToString::to_string);
    let docker_config = Zeroizing::new(json!({ "auths": { key: entry } }).to_string());
    Ok(PullSecret { name, docker_config })
}

/// The registry of an image name, by Docker's rule: the first part, when it looks like a host.
fn registry_of(image: &str) -> &str {
    match image.split_once('/') {
        Some((host, _)) if host.contains(['.', ':']) || host == "localhost" => host,
        _ => "docker.io",
    }
}

/// The host of a key of `auths`, which may be a URL; Docker Hub has an old name of its own.
fn host_of(key: &str) -> &str {
    let host = key.split_once("://").map_or(key, |(_, rest)| rest);
    let host = host.split('/').next().unwrap_or(host);
    if host == "index.docker.io" { "docker.io" } else { host }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_registry_is_found_as_docker_finds_it() {
        assert_eq!(registry_of("ghcr.io/a/b"), "ghcr.io");
        assert_eq!(registry_of("localhost:5000/b"), "localhost:5000");
        assert_eq!(registry_of("library/b"), "docker.io");
        assert_eq!(host_of("https://index.docker.io/v1/"), "docker.io");
        assert_eq!(host_of("ghcr.io"), "ghcr.io");
    }
}
