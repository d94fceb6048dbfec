//! Finds the control plane's binaries, and builds them from Go modules when they are not there.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use sha2::{Digest, Sha256};

const KUBERNETES: &str = "v1.35.4";
const STAGES: [&str; 5] = [
    "node/fast/node-initialize",
    "node/heartbeat-with-lease/node-heartbeat-with-lease",
    "pod/fast/pod-ready",
    "pod/fast/pod-complete",
    "pod/fast/pod-delete",
];

/// Where each program of the control plane lies.
#[derive(Clone, Debug)]
pub struct Binaries {
    /// The key-value store under the API server.
    pub etcd: PathBuf,
    /// The API server.
    pub kube_apiserver: PathBuf,
    /// Deployments, Jobs, namespaces, service accounts.
    pub kube_controller_manager: PathBuf,
    /// Binds pods to the one node.
    pub kube_scheduler: PathBuf,
    /// Plays the node.
    pub kwok: PathBuf,
    /// What kwok does to nodes and pods, one YAML document per step.
    pub stages: PathBuf,
}

/// Returns the binaries, after building those that neither `$KUBEBUILDER_ASSETS` nor the cache holds.
pub fn prepare() -> Result<Binaries, String> {
    let assets = std::env::var_os("KUBEBUILDER_ASSETS").map(PathBuf::from);
    let given = |name: &str| assets.as_ref().map(|dir| dir.join(name)).filter(|path| path.is_file());
    let found = |names: [&str; 6]| -> Option<Vec<PathBuf>> { names.iter().map(|name| given(name)).collect() };
    let names = ["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kwok", "stages.yaml"];
    if let Some(all) = found(names) {
        return Ok(Binaries::from_paths(all));
    }
    let cache = build_into_cache()?;
    Ok(Binaries::from_paths(names.iter().map(|name| given(name).unwrap_or_else(|| cache.join(name))).collect()))
}

/// Returns the folder that holds `kubectl`, after building it when neither the PATH nor the cache has it; `None`: the PATH.
pub fn prepare_kubectl() -> Result<Option<PathBuf>, String> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    if std::env::split_paths(&path).any(|folder| folder.join("kubectl").is_file()) {
        return Ok(None);
    }
    let bin = cache_dir().join("bin");
    let folder = bin.join(format!("kubectl-{}", short_hash()?));
    fs::create_dir_all(&bin).map_err(|error| format!("cannot create {}: {error}", bin.display()))?;
    let lock = File::create(bin.join(".lock")).map_err(|error| format!("cannot lock {}: {error}", bin.display()))?;
    lock.lock().map_err(|error| format!("cannot lock {}: {error}", bin.display()))?;
    if !folder.join("kubectl").is_file() {
        eprintln!("building kubectl from Go modules: some minutes the first time");
        let target = format!("{}/", folder.display());
        let package = "k8s.io/kubernetes/cmd/kubectl";
        go("kubernetes", &["build", "-trimpath", "-ldflags", &ldflags(), "-o", &target, package])?;
    }
    Ok(Some(folder))
}

/// Returns the folder that outlives `cargo clean` and holds all that the test world keeps.
pub fn cache_dir() -> PathBuf {
    let base = std::env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .filter(|path| path.is_absolute())
        .or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache")))
        .unwrap_or_else(std::env::temp_dir);
    base.join("runner-setup").join("world")
}

impl Binaries {
    fn from_paths(paths: Vec<PathBuf>) -> Self {
        let [etcd, kube_apiserver, kube_controller_manager, kube_scheduler, kwok, stages] =
            paths.try_into().expect("six names make six paths");
        Self { etcd, kube_apiserver, kube_controller_manager, kube_scheduler, kwok, stages }
    }
}

fn build_into_cache() -> Result<PathBuf, String> {
    let bin = cache_dir().join("bin");
    let ready = bin.join(short_hash()?);
    if ready.is_dir() {
        return Ok(ready);
    }
    fs::create_dir_all(&bin).map_err(|error| format!("cannot create {}: {error}", bin.display()))?;
    let lock = File::create(bin.join(".lock")).map_err(|error| format!("cannot lock {}: {error}", bin.display()))?;
    lock.lock().map_err(|error| format!("cannot lock {}: {error}", bin.display()))?;
    if ready.is_dir() {
        return Ok(ready);
    }
    let building = tempfile::Builder::new()
        .prefix(".building-")
        .tempdir_in(&bin)
        .map_err(|error| format!("cannot create a folder in {}: {error}", bin.display()))?;
    go("kwok", &["version"])?;
    eprintln!("building the control plane from Go modules: about five minutes the first time");
    build(building.path())?;
    fs::rename(building.keep(), &ready).map_err(|error| format!("cannot rename to {}: {error}", ready.display()))?;
    Ok(ready)
}

fn build(into: &Path) -> Result<(), String> {
    let ldflags = ldflags();
    let target = format!("{}/", into.display());
    let mut build = vec!["build", "-trimpath", "-ldflags", &ldflags, "-o", &target];
    build.extend([
        "k8s.io/kubernetes/cmd/kube-apiserver",
        "k8s.io/kubernetes/cmd/kube-controller-manager",
        "k8s.io/kubernetes/cmd/kube-scheduler",
        "go.etcd.io/etcd/server/v3",
    ]);
    go("kubernetes", &build)?;
    fs::rename(into.join("server"), into.join("etcd")).map_err(|error| format!("etcd was not built: {error}"))?;
    go("kwok", &["build", "-trimpath", "-ldflags", "-s -w", "-o", &target, "sigs.k8s.io/kwok/cmd/kwok"])?;
    let module = go("kwok", &["list", "-m", "-f", "{{.Dir}}", "sigs.k8s.io/kwok"])?;
    let mut stages = File::create(into.join("stages.yaml")).map_err(|error| format!("stages.yaml: {error}"))?;
    for stage in STAGES {
        let path = Path::new(module.trim()).join("kustomize/stage").join(format!("{stage}.yaml"));
        let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        writeln!(stages, "---\n{text}").map_err(|error| format!("stages.yaml: {error}"))?;
    }
    Ok(())
}

fn ldflags() -> String {
    let version = "k8s.io/component-base/version";
    format!("-s -w -X {version}.gitVersion={KUBERNETES} -X {version}.gitMajor=1 -X {version}.gitMinor=35")
}

fn go(module: &str, arguments: &[&str]) -> Result<String, String> {
    let output = Command::new("go")
        .args(arguments)
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(module))
        .env("CGO_ENABLED", "0")
        .env("GOWORK", "off")
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => {
                "the test world needs Go 1.26 or later to build the Kubernetes control plane: install it from https://go.dev/dl and see that `go` is on the PATH".to_owned()
            }
            _ => format!("cannot run go: {error}"),
        })?;
    if !output.status.success() {
        return Err(format!("`go {}` in tests/world/{module} failed", arguments.join(" ")));
    }
    String::from_utf8(output.stdout).map_err(|error| error.to_string())
}

fn short_hash() -> Result<String, String> {
    let mut hash = Sha256::new();
    for module in ["kubernetes", "kwok"] {
        for file in ["go.mod", "go.sum"] {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(module).join(file);
            hash.update(fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?);
        }
    }
    Ok(hash.finalize().iter().take(6).map(|byte| format!("{byte:02x}")).collect())
}
