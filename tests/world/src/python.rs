//! Python programs of the world, in virtual environments that the cache keeps.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use sha2::{Digest, Sha256};

use crate::binaries::cache_dir;

/// Returns the virtual environment that holds a file of requirements, after making it when the cache has none.
pub(crate) fn environment(requirements: &Path) -> Result<PathBuf, String> {
    let text = fs::read(requirements).map_err(|error| format!("cannot read {}: {error}", requirements.display()))?;
    let home = cache_dir().join("python");
    let hash: String = Sha256::digest(&text).iter().take(6).map(|byte| format!("{byte:02x}")).collect();
    let (folder, done) = (home.join(&hash), home.join(&hash).join("complete"));
    // Its interpreter is a link to the system's, which may have gone.
    let is_usable = || done.is_file() && program(&folder, "python").is_file();
    if is_usable() {
        return Ok(folder);
    }
    fs::create_dir_all(&home).map_err(|error| format!("cannot create {}: {error}", home.display()))?;
    let lock = File::create(home.join(format!(".{hash}.lock")))
        .map_err(|error| format!("cannot lock {}: {error}", home.display()))?;
    lock.lock().map_err(|error| format!("cannot lock {}: {error}", home.display()))?;
    if is_usable() {
        return Ok(folder);
    }
    eprintln!("installing {} from PyPI: some seconds the first time", requirements.display());
    if folder.exists() {
        // Nobody finished it, or it can't run any more.
        fs::remove_dir_all(&folder).map_err(|error| format!("cannot remove {}: {error}", folder.display()))?;
    }
    run(Command::new("python3").args(["-m", "venv"]).arg(&folder))?;
    run(Command::new(program(&folder, "python"))
        .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input", "-r"])
        .arg(requirements))?;
    File::create(&done).map_err(|error| format!("cannot write {}: {error}", done.display()))?;
    Ok(folder)
}

/// Returns a program of a virtual environment.
pub(crate) fn program(environment: &Path, name: &str) -> PathBuf {
    environment.join("bin").join(name)
}

fn run(command: &mut Command) -> Result<(), String> {
    let output = command.stdin(Stdio::null()).output().map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => {
            "the test world needs Python 3.10 or later with its `venv` module for the cloud stand-ins: \
             `python3` and `python3-venv` from your system's packages"
                .to_owned()
        }
        _ => format!("cannot run python3: {error}"),
    })?;
    if output.status.success() {
        return Ok(());
    }
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let hint = if said.contains("ensurepip") || said.contains("No module named venv") {
        "\npython3 has no `venv` module: it is Debian's package `python3-venv`"
    } else {
        ""
    };
    Err(format!("{command:?} failed:\n{}{hint}", said.trim()))
}
