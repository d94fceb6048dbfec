//! `destroy`: the circle closes, a second run is empty, and nothing goes that somebody else made.

use base64::Engine;
use serde_json::{Value, json};

use crate::documents::is_valid;
use crate::support::{AGENT, EksLab, JOB, Lab, Screen};

const RBAC: &str = "rbac.authorization.k8s.io/v1";

/// Everything of ours that is still there.
#[track_caller]
pub(crate) fn left(lab: &Lab) -> Vec<String> {
    let (agents, jobs) = (lab.runner_namespace.as_str(), lab.job_namespace.as_str());
    let all = [
        ("apps/v1", "Deployment", agents, AGENT),
        ("v1", "ConfigMap", agents, AGENT),
        ("v1", "Secret", agents, AGENT),
        ("v1", "ServiceAccount", agents, AGENT),
        ("v1", "ServiceAccount", jobs, JOB),
        (RBAC, "Role", jobs, AGENT),
        (RBAC, "Role", jobs, JOB),
        (RBAC, "RoleBinding", jobs, AGENT),
        (RBAC, "RoleBinding", jobs, JOB),
    ];
    let there =
        |(version, kind, namespace, name): &(&str, &str, &str, &str)| lab.get(version, kind, namespace, name).is_some();
    let mut left: Vec<_> = all.into_iter().filter(there).map(|it| format!("{}/{}/{}", it.1, it.2, it.3)).collect();
    left.extend(lab.orchestrator.runner_ids());
    left.extend(lab.orchestrator.rules().iter().map(|_| "a rule".to_owned()));
    left
}

#[test]
fn what_apply_made_is_taken_back_on_both_sides_and_namespaces_stay() {
    let lab = Lab::new("circle");
    let _ = lab.run(&["apply", "--yes", "--rule=any"]).exits(0);
    assert_eq!(left(&lab).len(), 11);
    let outcome = lab.run(&["destroy", "--yes", "-o", "json"]).exits(0);
    assert_eq!(outcome.json()["outcome"], "done", "{outcome}");
    assert_eq!(outcome.json()["command"], "destroy");
    assert_eq!(outcome.changed().len(), 11, "{outcome}");
    assert!(outcome.changed().iter().all(|it| it.starts_with("delete ")), "{outcome}");
    let namespace = outcome.change(&format!("Namespace/{}", lab.job_namespace));
    assert_eq!(namespace["action"], "unchanged");
    assert_eq!(namespace["why"], "kept: goes with `--delete-namespaces` only");
    assert_eq!(left(&lab), Vec::<String>::new());
    assert!(lab.get("v1", "Namespace", "", &lab.job_namespace).is_some());
    let again = lab.run(&["destroy", "--yes", "-o", "json"]).exits(0);
    assert_eq!(again.json()["outcome"], "nothing-to-do", "{again}");
    assert_eq!(again.changed(), Vec::<String>::new());
    assert_eq!(lab.orchestrator.violations(), Vec::<String>::new());
}

/// Everything that `destroy` did, in the order in which it was done, by its events.
fn done(lab: &Lab, args: &[&str]) -> Vec<String> {
    let _ = lab.run(&[&["destroy", "--yes", "--events-file=events"], args].concat()).exits(0);
    let events = std::fs::read_to_string(lab.home().join("events")).unwrap();
    let events = events.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let events: Vec<_> = events.inspect(|event| is_valid("event", event)).collect();
    let done = events.iter().filter(|event| event["event"] == "done");
    done.map(|event| event["object"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn rules_go_first_then_the_agent_then_its_rights_then_the_runner_and_the_key_last() {
    let lab = Lab::new("order");
    let _ = lab.run(&["apply", "--yes", "--rule=any", "--rule=env-type=development"]).exits(0);
    let done = done(&lab, &[]);
    let stages = [
        "orchestrator:runner-rule/",
        "kubernetes:Deployment/",
        "kubernetes:Role",
        "orchestrator:runner/",
        "kubernetes:ServiceAccount/ kubernetes:ConfigMap/",
        "kubernetes:Secret/",
    ];
    let stage = |object: &String| {
        stages.iter().position(|words| words.split(' ').any(|word| object.starts_with(word))).unwrap()
    };
    assert_eq!(done.len(), 12);
    assert!(done.is_sorted_by_key(stage), "{done:#?}");
}

#[test]
fn the_agent_has_stopped_before_what_it_may_is_taken_from_it() {
    let lab = Lab::new("stopped");
    let _ = lab.apply();
    let mark = lab.world.audit().mark();
    let _ = lab.run(&["destroy", "--yes"]).exits(0);
    assert!(lab.world.list("v1", "Pod", &lab.runner_namespace).is_empty());
    let deletes: Vec<_> = lab.writes_since(mark).into_iter().filter(|it| it.starts_with("delete ")).collect();
    assert_eq!(deletes.len(), 9, "each object once: {deletes:#?}");
    assert_eq!(lab.orchestrator.violations(), Vec::<String>::new());
}

#[test]
fn what_only_some_settings_make_goes_without_naming_them_again() {
    let lab = Lab::new("extras");
    let auth = base64::engine::general_purpose::STANDARD.encode("robot:s3cr3t");
    let config = json!({ "auths": { "registry.example:5000": { "auth": auth } } });
    let file = lab.file("docker/config.json", &config.to_string()).display().to_string();
    let state = format!("{}-state", lab.job_namespace);
    let ca = lab.file("ca.pem", world::certificates::Authority::new("extra").certificate()).display().to_string();
    let args = [
        "--image-repository=registry.example:5000/tools/runner",
        "--image-tag=v1",
        "--image-pull-secret=regcred",
        "--no-wait",
        "--registry-auth-file",
        &file,
        "--state-namespace",
        &state,
        "--agent-ca-file",
        &ca,
    ];
    let _ = lab.run(&[&["apply", "--yes"], &args[..]].concat()).exits(0);
    let done = done(&lab, &[]);
    for (kind, name) in [("Secret", "regcred"), ("ConfigMap", "humanitec-kubernetes-agent-runner-ca")] {
        for namespace in [&lab.runner_namespace, &lab.job_namespace] {
            let object = format!("kubernetes:{kind}/{namespace}/{name}");
            assert!(done.contains(&object), "{object} is not among {done:#?}");
            assert!(lab.get("v1", kind, namespace, name).is_none(), "{object}");
        }
    }
    assert!(done.contains(&format!("kubernetes:Role/{state}/{JOB}")), "{done:#?}");
    assert!(lab.get("v1", "Namespace", "", &state).is_some());
    assert_eq!(left(&lab), Vec::<String>::new());
}

#[test]
fn a_half_finished_setup_is_taken_back_too() {
    let lab = Lab::new("half");
    let _ = lab.run(&["namespaces", "--yes"]).exits(0);
    let _ = lab.run(&["destroy", "--yes"]).exits(0).says("Nothing to do");
    let _ = lab.run(&["secret", "--yes"]).exits(0);
    let _ = lab.run(&["register", "--yes"]).exits(0);
    assert_eq!(done(&lab, &[]).len(), 2);
    assert_eq!(left(&lab), Vec::<String>::new());
    let _ = lab.apply();
    lab.proves_itself();
}

#[test]
fn namespaces_that_were_made_go_when_asked_for() {
    let lab = Lab::new("ground");
    let _ = lab.apply();
    let outcome = lab.run(&["destroy", "--yes", "--delete-namespaces", "-o", "json"]).exits(0);
    assert_eq!(outcome.json()["verified"][0]["claim"], "nothing-left", "{outcome}");
    for namespace in [&lab.runner_namespace, &lab.job_namespace] {
        assert!(lab.get("v1", "Namespace", "", namespace).is_none(), "{namespace} is there");
    }
    let again = lab.run(&["destroy", "--yes", "--delete-namespaces", "-o", "json"]).exits(0);
    assert_eq!(again.json()["outcome"], "nothing-to-do", "{again}");
}

#[test]
fn the_preview_changes_nothing_and_its_lines_are_real_ones() {
    let lab = Lab::new("preview");
    let _ = lab.run(&["apply", "--yes", "--rule=any", "--no-wait"]).exits(0);
    let mark = lab.world.audit().mark();
    lab.orchestrator.forget_requests();
    let outcome = lab.run(&["destroy", "-o", "json"]).exits(3);
    is_valid("result", &outcome.json());
    assert_eq!(outcome.json()["error"]["kind"], "answer-missing");
    assert_eq!(outcome.change(&format!("runner/{}", lab.runner))["status"], "pending");
    let _ = lab.run(&["destroy"]).exits(3).says("delete    Deployment").says("run it again with `--yes`");
    let _ = lab.run(&["destroy", "--show-commands"]).exits(2).says("--dry-run");
    let lines = lab.run(&["destroy", "--dry-run", "--show-commands"]).exits(0).says("only the plan").stdout;
    assert_eq!(lab.writes_since(mark), Vec::<String>::new());
    assert!(lab.orchestrator.requests().iter().all(|request| request.method == "GET"));
    assert!(lines.contains(&format!("hctl delete runner {}", lab.runner)));
    let kubectl = lines.lines().filter(|line| line.starts_with("kubectl ")).collect::<Vec<_>>().join("\n");
    let mut shell = std::process::Command::new("sh");
    let output = shell.args(["-euc", &kubectl]).env_clear().envs(lab.env()).output().unwrap();
    assert!(output.status.success(), "{kubectl}\n{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(left(&lab), [lab.runner.clone(), "a rule".to_owned()]);
}

#[test]
fn a_person_at_a_terminal_is_asked_and_no_means_no() {
    let lab = Lab::new("asked");
    let _ = lab.run(&["apply", "--yes", "--no-wait"]).exits(0);
    let before = left(&lab);
    let mut screen = Screen::start(&lab, &[("TERM", "xterm")], &["destroy"]);
    screen.answers("Delete these objects?", "n\r").ends(4).shows_at_end("nothing was changed, as told");
    assert_eq!(left(&lab), before);
}

#[test]
fn the_documents_are_valid_by_their_schema() {
    let lab = Lab::new("doc");
    let _ = lab.run(&["apply", "--yes", "--no-wait"]).exits(0);
    for (args, outcome) in [
        (&["destroy", "--dry-run"][..], "planned"),
        (&["destroy", "--yes"], "done"),
        (&["destroy", "--yes"], "nothing-to-do"),
    ] {
        let document = lab.run(&[args, &["-o", "json"]].concat()).exits(0).json();
        is_valid("result", &document);
        assert_eq!((&document["command"], &document["outcome"]), (&json!("destroy"), &json!(outcome)));
    }
}

#[test]
fn on_eks_the_identity_goes_between_the_agent_and_the_runner() {
    let lab = EksLab::new("eks-destroy");
    let _ = lab.run(&["apply", "--yes", "--no-wait"]).exits(0);
    let done = done(&lab, &[]);
    let at = |part: &str| done.iter().position(|object| object.starts_with(part)).unwrap();
    assert!(at("kubernetes:Deployment/") < at("aws:role/"), "{done:#?}");
    assert!(at("aws:role/") < at("orchestrator:runner/"), "{done:#?}");
    assert_eq!(left(&lab), Vec::<String>::new());
    let again = lab.run(&["destroy", "--yes", "-o", "json"]).exits(0);
    assert_eq!(again.json()["outcome"], "nothing-to-do", "{again}");
}
