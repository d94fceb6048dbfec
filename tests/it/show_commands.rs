//! `plan --show-commands`: the lines are real ones; what openssl and kubectl can do of them makes what the plan would.

use std::process::Command;

use serde_json::Value;

use crate::support::{AGENT, Lab};

fn lines(lab: &Lab, flags: &[&str]) -> Vec<String> {
    let args = [&["plan", "--show-commands", "-o", "json"], flags].concat();
    let document = lab.run(&args).exits(0).json();
    document["next"].as_array().unwrap().iter().map(|line| line.as_str().unwrap().to_owned()).collect()
}

fn sh(lab: &Lab, line: &str) {
    let output =
        Command::new("sh").args(["-euc", line]).env_clear().envs(lab.env()).current_dir(lab.home()).output().unwrap();
    assert!(output.status.success(), "{line}\n{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn openssl_and_kubectl_make_what_the_plan_would_have_made() {
    let lab = Lab::new("lines");
    let lines = lines(&lab, &["--rule=any"]);
    let (here, elsewhere): (Vec<_>, Vec<_>) =
        lines.iter().partition(|line| line.starts_with("openssl ") || line.starts_with("kubectl "));
    assert_eq!(here.len(), 5, "{lines:#?}");
    here.iter().for_each(|line| sh(&lab, line));
    let document = lab.run(&["plan", "--rule=any", "-o", "json"]).exits(0).json();
    let changes = document["changes"].as_array().unwrap();
    for change in changes {
        let object = change["object"].as_str().unwrap();
        if object.contains(":Namespace/") || object.contains(":Secret/") {
            assert!(["unchanged", "adopt"].contains(&change["action"].as_str().unwrap()), "{change:#}");
        }
    }
    let private = std::fs::read_to_string(lab.home().join("runner_private_key.pem")).unwrap();
    assert_eq!(lab.private_key_pem().unwrap(), private);
    let tools: Vec<_> = elsewhere.iter().map(|line| line.split(' ').next().unwrap()).collect();
    assert_eq!(tools, ["hctl", "hctl", "helm"], "{elsewhere:#?}");
}

#[test]
fn hctl_is_given_the_body_that_the_plan_would_send() {
    let lab = Lab::new("hctl");
    let _ = lab.run(&["keygen"]).exits(0);
    let lines = lines(&lab, &["--description=it's \"$HOME\"", "--rule=project=demo,env-type=development"]);
    // The line runs for real, with an hctl that writes down what it was given.
    lab.file("bin/hctl", "#!/bin/sh\nfor word in \"$@\"; do printf '%s\\n' \"$word\"; done >> given\n");
    sh(&lab, "chmod +x bin/hctl");
    for line in lines.iter().filter(|line| line.starts_with("hctl ")) {
        sh(&lab, &format!("PATH=\"$PWD/bin:$PATH\"; {line}"));
    }
    let given = std::fs::read_to_string(lab.home().join("given")).unwrap();
    let words: Vec<&str> = given.lines().collect();
    assert_eq!(words[..3], ["create", "runner", &lab.runner]);
    let set = |name: &str| {
        let prefix = format!("--set={name}=");
        words.iter().find_map(|word| word.strip_prefix(&prefix)).unwrap_or_else(|| panic!("no {name}\n{given}"))
    };
    let _ = lab
        .run(&[
            "apply",
            "--yes",
            "--no-wait",
            "--private-key-file=runner_private_key.pem",
            "--description=it's \"$HOME\"",
        ])
        .exits(0);
    let registered = lab.registered();
    let parsed = |name: &str| serde_json::from_str::<Value>(set(name)).unwrap();
    assert_eq!(set("description"), registered["description"]);
    let trimmed = |configuration: &Value| {
        let mut configuration = configuration.clone();
        configuration["key"] = configuration["key"].as_str().unwrap().trim_end().into();
        configuration
    };
    assert_eq!(trimmed(&parsed("runner_configuration")), trimmed(&registered["runner_configuration"]));
    assert_eq!(parsed("state_storage_configuration"), registered["state_storage_configuration"]);
    assert_eq!((set("runner_id"), set("project_id"), set("env_type_id")), (lab.runner.as_str(), "demo", "development"));
}

#[test]
fn helm_is_given_every_value_that_differs_from_the_chart_s() {
    let lab = Lab::new("helm");
    let flags = [
        "--agent-env=NO_PROXY=10.0.0.0/8,.svc",
        "--image-repository=r.example/own",
        "--image-tag=v9",
        "--image-pull-secret=regcred",
        "--log-level=debug",
        "--key-secret=mine",
    ];
    let lines = lines(&lab, &flags);
    let helm = lines.iter().find(|line| line.starts_with("helm ")).unwrap();
    let words = shlex::split(&helm.replace("\\\n", " ")).unwrap();
    assert_eq!(words[..4], ["helm", "upgrade", "--install", AGENT]);
    let given = |pair: &str| words.iter().any(|word| word == pair);
    for pair in [
        "humanitec.orgId=demo-org",
        "humanitec.existingSecret=mine",
        "humanitec.logLevel=debug",
        "image.repository=r.example/own",
        "image.tag=v9",
        r#"imagePullSecrets=[{"name":"regcred"}]"#,
    ] {
        assert!(given(pair), "{pair}\n{helm}");
    }
    assert!(given(&format!("humanitec.runnerId={}", lab.runner)), "{helm}");
    assert!(given(&format!("jobsRbac.namespace={}", lab.job_namespace)), "{helm}");
    let env = words.iter().find_map(|word| word.strip_prefix("humanitec.extraEnvVars=")).unwrap();
    let env: Value = serde_json::from_str(env).unwrap();
    assert!(env.as_array().unwrap().iter().any(|it| it["name"] == "NO_PROXY" && it["value"] == "10.0.0.0/8,.svc"));
}

#[test]
fn a_setup_that_is_complete_needs_no_lines() {
    let lab = Lab::new("nolines");
    let _ = lab.run(&["apply", "--yes", "--no-wait", "--rule=any"]).exits(0);
    assert_eq!(lines(&lab, &[]), Vec::<String>::new());
}
