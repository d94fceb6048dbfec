//! A Python program that serves on loopback, and ends with this process.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::python;
use crate::runtime::block_on;
use crate::tether::{Swept, Tethered};

/// A running server with a door for tests below `/_world`.
pub(super) struct Server {
    port: u16,
    http: reqwest::Client,
    folder: PathBuf,
    program: Tethered,
    _swept: Swept,
}

impl Server {
    /// Starts a script of `tests/world/aws` with the packages of a requirements file beside it.
    pub(super) fn start(script: &str, requirements: &str, arguments: &[&str]) -> Result<Self, String> {
        let environment = python::environment(&file(&format!("requirements-{requirements}.txt")))?;
        let mut last = String::new();
        for _ in 0..3 {
            match Self::attempt(&environment, script, arguments) {
                Ok(started) => return Ok(started),
                Err(error) if error.contains("in use") => last = error,
                Err(error) => return Err(error),
            }
        }
        Err(last)
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    pub(super) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The folder that lasts as long as the server.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Says something that no AWS API can say.
    pub(super) fn control(&self, path: &str, body: &Value) -> Result<Value, String> {
        block_on(async {
            let url = format!("{}/_world{path}", self.url());
            let answer = self.http.post(url).json(body).send().await.map_err(|error| error.to_string())?;
            let status = answer.status();
            let body: Value = answer.json().await.map_err(|error| error.to_string())?;
            if status.is_success() { Ok(body) } else { Err(body["message"].as_str().unwrap_or("refused").to_owned()) }
        })
    }

    fn attempt(environment: &Path, script: &str, arguments: &[&str]) -> Result<Self, String> {
        let text = |error: std::io::Error| format!("cannot start the AWS stand-in: {error}");
        let folder = tempfile::Builder::new().prefix("world-aws-").tempdir().map_err(text)?.keep();
        let swept = Swept::when_we_end(&folder).map_err(text)?;
        let port = free_port().map_err(text)?;
        let log = folder.join("log");
        let script = file(script).display().to_string();
        // Without -B it would leave compiled files in the sources.
        let mut all = vec!["-B".to_owned(), script, "--port".to_owned(), port.to_string()];
        all.extend(arguments.iter().map(|it| (*it).to_owned()));
        let program = Tethered::start(&python::program(environment, "python"), &all, &log).map_err(text)?;
        let http = reqwest::Client::builder().no_proxy().build().map_err(|error| error.to_string())?;
        let mut server = Self { port, http, folder, program, _swept: swept };
        let deadline = Instant::now() + Duration::from_secs(60);
        while server.control("/ready", &json!({})).is_err() {
            if server.program.has_ended() || Instant::now() > deadline {
                let said = std::fs::read_to_string(&log).unwrap_or_default();
                return Err(format!("the AWS stand-in does not start:\n{said}"));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(server)
    }
}

/// A file of `tests/world/aws`.
pub(super) fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("aws").join(name)
}

fn free_port() -> std::io::Result<u16> {
    Ok(std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}
