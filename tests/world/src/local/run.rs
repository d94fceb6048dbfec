//! The folder of the running local world, and what is written there.

use std::fs;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::binaries::cache_dir;

/// What others need to know about the running world.
#[derive(Debug, Deserialize, Serialize)]
pub(super) struct Run {
    pub(super) pid: u32,
    pub(super) server_url: String,
    pub(super) api_url: String,
    pub(super) kubeconfig: PathBuf,
    pub(super) latency: String,
    pub(super) token: String,
    pub(super) started_in: String,
}

/// Returns the folder.
pub(super) fn folder() -> PathBuf {
    cache_dir().join("run")
}

/// Returns the file that describes the running world.
pub(super) fn file() -> PathBuf {
    folder().join("world.json")
}

/// Waits until nobody else is starting a local world.
pub(super) fn lock() -> Result<fs::File, String> {
    let text = |error: std::io::Error| format!("cannot lock {}: {error}", cache_dir().display());
    fs::create_dir_all(cache_dir()).map_err(text)?;
    let file = fs::File::create(cache_dir().join(".up")).map_err(text)?;
    file.lock().map_err(text)?;
    Ok(file)
}

impl Run {
    /// Reads what is written; `None` when no world runs.
    pub(super) fn read() -> Option<Self> {
        let run: Self = serde_json::from_str(&fs::read_to_string(file()).ok()?).ok()?;
        is_alive(run.pid).then_some(run)
    }

    /// Writes this for others, complete or not at all.
    pub(super) fn write(&self) -> Result<(), String> {
        let text = serde_json::to_string_pretty(self).map_err(|error| error.to_string())?;
        let unfinished = folder().join(".world.json");
        crate::facade::write_private(&unfinished, &text).map_err(|error| error.to_string())?;
        fs::rename(unfinished, file()).map_err(|error| error.to_string())
    }
}

/// Says whether a process is there and is ours: a number may have been given to another program since.
pub(super) fn is_alive(pid: u32) -> bool {
    let arguments = ["-p", &pid.to_string(), "-o", "args="];
    let output = std::process::Command::new("ps").args(arguments).output();
    let Ok(output) = output else { return false };
    let text = String::from_utf8_lossy(&output.stdout);
    let mut words = text.split_whitespace();
    words.next().is_some_and(|program| program.ends_with("world")) && words.next() == Some("serve")
}
