//! Microsoft's own clients for Python: clients that know nothing of this project's.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use super::Identity;
use super::models::{environment, file};
use crate::python;

/// Calls an operation and returns its document, or the code and the message of the refusal.
pub(super) fn call(identity: &Identity, client: &str, operation: &str, arguments: &Value) -> Result<Value, String> {
    let mut env: BTreeMap<String, String> = identity.env();
    let authority = identity.subscription().azure().certificate_file().display().to_string();
    env.insert("REQUESTS_CA_BUNDLE".to_owned(), authority);
    let mut child = Command::new(python::program(environment(), "python"))
        .arg("-B")
        .arg(file("sdk.py"))
        .env_clear()
        .envs(env)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("python runs");
    let request = json!({ "client": client, "operation": operation, "arguments": arguments });
    let mut input = child.stdin.take().expect("it was asked for");
    input.write_all(request.to_string().as_bytes()).expect("python reads");
    drop(input);
    let output = child.wait_with_output().expect("python ends");
    let said: Value = serde_json::from_slice(&output.stdout)
        .map_err(|_| String::from_utf8_lossy(&output.stderr).trim().to_owned())?;
    match said["refused"].as_str() {
        Some(refused) => Err(refused.to_owned()),
        None => Ok(said["document"].clone()),
    }
}
