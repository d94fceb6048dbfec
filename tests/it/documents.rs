//! What programs read: exactly one document on stdout, valid by its shipped schema, and one exit code in every format.

use std::path::PathBuf;

use serde_json::Value;
use world::orchestrator::{Fault, What};

use crate::support::{Lab, Outcome};

fn schema_file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/schemas").join(format!("{name}.schema.json"))
}

/// Demands that a document is valid by a shipped schema.
#[track_caller]
pub(crate) fn is_valid(name: &str, document: &Value) {
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(schema_file(name)).unwrap()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let problems: Vec<_> = validator.iter_errors(document).map(|error| error.to_string()).collect();
    assert!(problems.is_empty(), "by {name}.schema.json: {problems:?}\n{document:#}");
}

/// Runs in every format; demands one valid document in two of them, and the same exit code in all three.
#[track_caller]
fn everywhere(lab: &Lab, name: &str, args: &[&str], code: i32) -> Value {
    let json = lab.run(&[args, &["-o", "json"]].concat()).exits(code);
    is_valid(name, &json.json());
    let yaml = lab.run(&[args, &["-o", "yaml"]].concat()).exits(code);
    let document: Value = serde_yaml::from_str(&yaml.stdout).unwrap_or_else(|error| panic!("{error}\n{yaml}"));
    is_valid(name, &document);
    let _ = lab.run(args).exits(code);
    json.json()
}

#[test]
fn the_shipped_schemas_are_those_of_the_code() {
    for (name, schema) in runner_setup::cli::schemas() {
        let text = format!("{}\n", serde_json::to_string_pretty(&schema).unwrap());
        crate::support::is_shipped(&schema_file(name), &text);
    }
}

#[test]
fn a_plan_and_what_became_of_it_are_valid() {
    let lab = Lab::new("valid");
    let planned = everywhere(&lab, "result", &["plan", "--rule=any"], 0);
    assert_eq!((planned["command"].as_str(), planned["outcome"].as_str()), (Some("plan"), Some("planned")));
    let _ = everywhere(&lab, "result", &["plan", "--detailed-exitcode"], 8);
    let done = lab.run(&["apply", "--yes", "--events-file=events", "-o", "json"]).exits(0).json();
    is_valid("result", &done);
    assert_eq!(done["outcome"], "done");
    let id = done["runner"]["keyId"].as_str().unwrap();
    assert!(id.len() == 64 && done["runner"]["publicKey"].as_str().unwrap().starts_with("-----BEGIN PUBLIC KEY-----"));
    assert_eq!(done["verified"][0]["outcome"], "pass");
    let events = std::fs::read_to_string(lab.home().join("events")).unwrap();
    assert!(events.lines().count() > 20, "{events}");
    events.lines().for_each(|line| is_valid("event", &serde_json::from_str(line).unwrap()));
    let again = everywhere(&lab, "result", &["apply", "--yes"], 0);
    assert_eq!(again["outcome"], "nothing-to-do");
    for phase in ["namespaces", "secret", "register", "install"] {
        let document = everywhere(&lab, "result", &[phase, "--yes"], 0);
        assert_eq!((document["command"].as_str(), document["outcome"].as_str()), (Some(phase), Some("nothing-to-do")));
    }
    let _ = everywhere(&lab, "status", &["status"], 0);
    let _ = everywhere(&lab, "settings", &["config", "show"], 0);
    let _ = lab.run(&["plan", "--out=p.json"]).exits(0);
    is_valid("plan", &serde_json::from_str(&std::fs::read_to_string(lab.home().join("p.json")).unwrap()).unwrap());
}

#[test]
fn key_and_config_documents_are_valid() {
    let lab = Lab::new("small");
    is_valid("key", &lab.run(&["keygen", "-o", "json"]).exits(0).json());
    let checked = everywhere(&lab, "key", &["keygen", "--check"], 0);
    assert!(checked["publicKeyFile"].is_null());
    let schema = lab.run(&["config", "schema"]).exits(0);
    let shipped: Value = serde_json::from_str(&std::fs::read_to_string(schema_file("config")).unwrap()).unwrap();
    assert_eq!(schema.json(), shipped);
    let example = "apiVersion: runner-setup/v1\nrules: [ { envType: development } ]\nagent: { replicas: 2 }\n";
    is_valid("config", &serde_yaml::from_str(example).unwrap());
}

#[test]
fn every_end_has_one_document_and_one_exit_code_in_every_format() {
    let mut lab = Lab::new("ends");
    for (args, code, kind) in [
        (&["plan", "--no-such-flag"][..], 2, "usage"),
        (&["no-such-command"], 2, "usage"),
        (&[], 2, "usage"),
        (&["plan", "--context=nope"], 2, "usage"),
        (&["plan", "--runner-namespace=Not_Valid"], 2, "usage"),
        (&["status", "--runner-id=Not_Valid"], 2, "usage"),
        (&["config", "show", "--remote-url=x"], 2, "usage"),
        (&["keygen", "--check"], 2, "usage"),
        (&["apply", "missing.json"], 2, "usage"),
        (&["plan", "--out=no/such/folder"], 2, "usage"),
        (&["plan", "--events-file=no/such/folder"], 2, "usage"),
        (&["plan", "--rule=project=nope"], 2, "usage"),
        (&["apply"], 3, "answer-missing"),
        (&["rule", "--yes"], 3, "answer-missing"),
        (&["install", "--yes"], 4, "refused"),
        (&["plan", "--api-url=http://127.0.0.1:1"], 5, "unreachable"),
    ] {
        let document = everywhere(&lab, "result", args, code);
        assert_eq!(document["error"]["kind"], kind, "{args:?}");
        let named = args.first().filter(|word| **word != "no-such-command").unwrap_or(&"runner-setup");
        assert_eq!(document["command"], *named, "{args:?}");
    }
    lab.set("RUNNER_SETUP_OUTPUT", "json");
    is_valid("result", &lab.run(&["plan", "--no-such-flag"]).exits(2).json());
    is_valid("result", &lab.run(&["plan"]).exits(0).json());
    lab.set("RUNNER_SETUP_OUTPUT", "xml");
    let _ = lab.run(&["plan"]).exits(2).says("`RUNNER_SETUP_OUTPUT`");
}

#[test]
fn what_the_cause_is_decides_the_code_also_half_way() {
    let lab = Lab::new("halfway");
    let stop = |what: What| -> Outcome {
        lab.orchestrator.fault(Fault::times("POST", "/runners", 9, what));
        let outcome = lab.run(&["apply", "--yes", "--no-wait", "-o", "json"]);
        lab.orchestrator.no_more_faults();
        is_valid("result", &outcome.json());
        outcome
    };
    let body = r#"{"error":"FORBIDDEN","message":"viewers may not"}"#.to_owned();
    let outcome = stop(What::Status { code: 403, headers: Vec::new(), body }).exits(4);
    assert_eq!(outcome.json()["outcome"], "stopped", "the cluster's half is made");
    assert_eq!(outcome.change(&lab.runner)["status"], "failed");
    assert_eq!(
        outcome.change(&format!("Deployment/{}/{}", lab.runner_namespace, crate::support::AGENT))["status"],
        "pending"
    );
    let outcome = stop(What::status(503)).exits(5);
    assert_eq!(outcome.json()["outcome"], "failed", "nothing was left to make in the cluster");
    let outcome = lab.run(&["apply", "--yes", "--no-wait", "-o", "json"]).exits(0);
    assert_eq!(outcome.json()["outcome"], "done");
}

#[test]
fn a_closed_stdout_and_a_full_disk_end_quietly_and_clearly() {
    let lab = Lab::new("closed");
    let mut command = lab.command(&["config", "schema"]);
    let mut child = command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), &b""[..]));
    if std::path::Path::new("/dev/full").exists() {
        let outcome = lab.run(&["plan", "--out=/dev/full", "-o", "json"]).exits(2).says("No space left");
        is_valid("result", &outcome.json());
    }
}

#[test]
fn the_documented_exit_codes_are_those_of_the_code() {
    let page = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/exit-codes.md");
    let page = std::fs::read_to_string(page).unwrap();
    let code = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/src/exit_code.rs")).unwrap();
    let numbers = code.lines().filter_map(|line| line.trim().strip_suffix(',')?.split_once(" = "));
    let numbers: Vec<_> = numbers.map(|(_, number)| number.to_owned()).collect();
    assert_eq!(numbers.len(), 11);
    for number in numbers {
        assert!(page.contains(&format!("| {number} |")), "docs/exit-codes.md does not name {number}");
    }
}
