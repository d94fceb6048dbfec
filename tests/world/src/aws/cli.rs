//! The real `aws` command, from PyPI, in processes that stay: a client that knows nothing of this project's.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Mutex, OnceLock};

use serde_json::{Value, json};

use super::server::file;
use crate::python;

static ENVIRONMENT: OnceLock<PathBuf> = OnceLock::new();
static IDLE: Mutex<Vec<Driver>> = Mutex::new(Vec::new());

/// One process; it ends when its input does, so with this process at the latest.
struct Driver {
    _child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

/// Returns the virtual environment that holds the command.
pub(super) fn environment() -> &'static PathBuf {
    ENVIRONMENT
        .get_or_init(|| python::environment(&file("requirements-cli.txt")).unwrap_or_else(|reason| panic!("{reason}")))
}

/// Runs the command with these variables and nothing of this machine's own settings; returns its document, or what it
/// said on standard error.
pub(super) fn run(env: &BTreeMap<String, String>, arguments: &[&str]) -> Result<Value, String> {
    let mut all: BTreeMap<&str, &str> = [
        ("PATH", "/usr/bin:/bin"),
        ("HOME", "/nonexistent"),
        ("AWS_CONFIG_FILE", "/dev/null"),
        ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null"),
        ("AWS_DEFAULT_OUTPUT", "json"),
        ("AWS_MAX_ATTEMPTS", "1"),
        ("AWS_PAGER", ""),
    ]
    .into();
    all.extend(env.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    let mut driver = IDLE.lock().expect("nobody panics with this lock").pop().unwrap_or_else(Driver::start);
    let answer = driver.run(&json!({ "arguments": arguments, "env": all }));
    IDLE.lock().expect("nobody panics with this lock").push(driver);
    let text = |name: &str| answer[name].as_str().unwrap_or_default().trim().to_owned();
    if answer["code"] != 0 {
        return Err(text("stderr"));
    }
    let said = text("stdout");
    if said.is_empty() { Ok(Value::Null) } else { serde_json::from_str(&said).map_err(|error| error.to_string()) }
}

impl Driver {
    fn start() -> Self {
        let mut child = Command::new(python::program(environment(), "python"))
            .arg("-B")
            .arg(file("cli.py"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the `aws` command starts");
        let input = child.stdin.take().expect("it was asked for");
        let output = BufReader::new(child.stdout.take().expect("it was asked for"));
        Self { _child: child, input, output }
    }

    fn run(&mut self, request: &Value) -> Value {
        writeln!(self.input, "{request}").expect("the `aws` command reads");
        let mut line = String::new();
        self.output.read_line(&mut line).expect("the `aws` command answers");
        serde_json::from_str(&line).unwrap_or_else(|_| panic!("the `aws` command ended"))
    }
}
