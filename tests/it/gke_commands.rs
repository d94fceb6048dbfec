//! `--show-commands` on GKE: the lines for gcloud are real ones, and after them there is nothing left to do.

use std::process::Command;

use serde_json::json;
use world::gcp::Gcp;

use crate::support::{GkeLab, JOB, LOCATION, WORKLOAD_USER, without_etag};

const ROLES: [&str; 4] = ["--grant-role", "roles/cloudsql.admin", "--grant-role", "roles/storage.admin"];

fn lines(lab: &GkeLab, flags: &[&str]) -> Vec<String> {
    let document = lab.run(&[&["plan", "--show-commands", "-o", "json"], flags].concat()).exits(0).json();
    document["next"].as_array().unwrap().iter().map(|line| line.as_str().unwrap().to_owned()).collect()
}

/// Runs a line with the real tools.
#[track_caller]
fn sh(lab: &GkeLab, line: &str) {
    let mut command = Command::new("sh");
    command.args(["-euc", line]).env_clear().envs(lab.env()).env_remove("CLOUDSDK_AUTH_ACCESS_TOKEN");
    let output = command.envs(lab.owner.gcloud_env()).current_dir(lab.home()).output().unwrap();
    assert!(output.status.success(), "{line}\n{}", String::from_utf8_lossy(&output.stderr));
}

/// Runs every line that a tool on this machine can run; helm is the chart by hand.
fn run_all(lab: &GkeLab, lines: &[String]) {
    for line in lines {
        match line.split(' ').next().unwrap() {
            "helm" => lab.chart().iter().for_each(|object| drop(lab.create_as("helm", object))),
            "hctl" => {}
            _ => sh(lab, line),
        }
    }
}

fn run_google(lab: &GkeLab, lines: &[String]) {
    lines.iter().filter(|line| line.starts_with("gcloud ")).for_each(|line| sh(lab, line));
}

/// What is not unchanged, without the registration.
#[track_caller]
fn left(lab: &GkeLab, flags: &[&str]) -> Vec<String> {
    let planned = lab.run(&[&["plan", "-o", "json"], flags].concat()).exits(0);
    planned.changed().into_iter().filter(|change| !change.contains("orchestrator:")).collect()
}

/// Puts conditions into a policy: gcloud fails then, unless it is told that none is meant.
fn put_conditions(lab: &GkeLab) {
    let mut policy = lab.project.policy();
    policy["bindings"].as_array_mut().unwrap().push(json!({
        "role": "roles/storage.admin", "members": [lab.owner.member()],
        "condition": { "title": "never", "expression": "request.time < timestamp(\"2020-01-01T00:00:00Z\")" },
    }));
    lab.project.set_policy(&policy);
}

#[test]
fn the_lines_make_what_the_plan_would_have_made() {
    let lab = GkeLab::new("gcmd-sa");
    put_conditions(&lab);
    let before = lab.project.policy();
    let lines = lines(&lab, &ROLES);
    let annotate = lines.iter().position(|line| line.starts_with("kubectl annotate serviceaccount")).unwrap();
    let helm = lines.iter().position(|line| line.starts_with("helm ")).unwrap();
    assert!(helm < annotate, "{lines:#?}");
    assert!(!lines[helm].contains("gcp-service-account"), "the agent has no business with Google Cloud");
    run_all(&lab, &lines);
    assert_eq!(lab.annotated(), Some(lab.account()));
    assert_eq!(lab.description(&lab.account()), lab.our_description());
    assert_eq!(left(&lab, &ROLES), Vec::<String>::new());
    let applied = lab.run(&[&["apply", "--yes", "--no-wait", "-o", "json"], &ROLES[..]].concat()).exits(0);
    for claim in ["workload-identity-bound", "roles-granted", "token-exchanged"] {
        assert_eq!(applied.claim(claim), "pass", "{claim}: {applied}");
    }

    // And back: account, member and roles.
    let preview = lab.run(&["destroy", "--dry-run", "--show-commands", "-o", "json"]).exits(0);
    let deleted = preview.google();
    assert_eq!(deleted.len(), 4, "{preview}");
    let lines: Vec<_> =
        preview.json()["next"].as_array().unwrap().iter().map(|line| line.as_str().unwrap().to_owned()).collect();
    assert_eq!(lines.iter().filter(|line| line.starts_with("gcloud ")).count(), 4, "{lines:#?}");
    run_google(&lab, &lines);
    assert_eq!(lab.project.accounts().len(), 0);
    assert_eq!(without_etag(&lab.project.policy()), without_etag(&before));
    assert_eq!(lab.run(&["destroy", "--dry-run", "-o", "json"]).exits(0).google(), Vec::<String>::new());
    lab.keeps_to_the_documents();
}

#[test]
fn the_lines_of_federation_are_as_good() {
    let lab = GkeLab::new("gcmd-fed");
    put_conditions(&lab);
    let before = lab.project.policy();
    let federation = ["--identity", "federation"];
    let flags = [&federation[..], &ROLES].concat();
    let all = lines(&lab, &flags);
    assert!(!all.iter().any(|line| line.contains("annotate") || line.contains("service-accounts")), "{all:#?}");
    run_all(&lab, &all);
    let principal = lab.cluster.principal(&lab.job_namespace, JOB);
    assert_eq!(lab.project.members("roles/cloudsql.admin"), [principal]);
    assert_eq!(left(&lab, &flags), Vec::<String>::new());
    let words = [&["destroy", "--dry-run", "--show-commands"], &flags[..]].concat();
    let printed = lab.run(&words).exits(0).stdout;
    let back: Vec<_> = printed.lines().map(str::trim).map(str::to_owned).collect();
    run_google(&lab, &back);
    assert_eq!(without_etag(&lab.project.policy()), without_etag(&before), "{printed}");
    lab.keeps_to_the_documents();
}

#[test]
fn the_lines_for_what_is_there_add_what_is_missing() {
    let lab = GkeLab::new("gcmd-more");
    // Ours, of another cluster, in whose policy somebody has a condition.
    let email = lab.project.create_account(&format!("runner-{}", lab.cluster.name()));
    lab.project.describe_account(&email, &lab.our_description().replace(LOCATION, "us-east1"));
    let other = lab.cluster.member("there", JOB);
    let theirs =
        json!({ "role": WORKLOAD_USER, "members": [other], "condition": { "title": "t", "expression": "true" } });
    lab.project.set_account_policy(&email, &json!({ "bindings": [theirs] }));
    let object = lab.account_object();
    let all = lines(&lab, &["--adopt", &object]);
    let google: Vec<_> = all.iter().filter(|line| line.starts_with("gcloud ")).collect();
    assert_eq!(google.len(), 2, "{all:#?}");
    run_google(&lab, &all);
    let shared = format!("{}; shared with other runners", lab.our_description().replace(LOCATION, "us-east1"));
    assert_eq!(lab.description(&email), shared);
    let ours = json!({ "role": WORKLOAD_USER, "members": [lab.member()] });
    assert_eq!(lab.project.account_policy(&email)["bindings"], json!([theirs, ours]));
    let planned = lab.run(&["plan", "-o", "json", "--adopt", &object]).exits(0);
    assert_eq!(planned.google(), [format!("adopt {object}")], "{planned}");
}

#[test]
fn the_lines_for_a_brought_account_name_its_project() {
    let lab = GkeLab::new("gcmd-own");
    let other = Gcp::shared().project();
    other.grant(&lab.owner, &["roles/owner"]);
    let email = other.create_account("shared-runner");
    let flags = ["--google-service-account", &email, "--grant-role", "roles/storage.admin"];
    run_google(&lab, &lines(&lab, &flags));
    assert_eq!(other.account_members(&email, WORKLOAD_USER), [lab.member()]);
    assert_eq!(lab.project.members("roles/storage.admin"), [format!("serviceAccount:{email}")]);
    assert_eq!(lab.run(&[&["plan", "-o", "json"], &flags[..]].concat()).exits(0).google(), Vec::<String>::new());
}

#[test]
fn without_a_kubeconfig_the_lines_make_one_first() {
    let mut lab = GkeLab::without_kubeconfig("gcmd-nokube");
    let (cluster, project) = (lab.cluster.name().to_owned(), lab.project.id().to_owned());
    lab.set("CLUSTER_NAME", &cluster).set("GCP_PROJECT_ID", &project).set("CLUSTER_LOCATION", LOCATION);
    let all = lines(&lab, &["--provider=gke"]);
    let line = format!("gcloud container clusters get-credentials {cluster} --location {LOCATION} --project {project}");
    assert_eq!(all.iter().filter(|it| **it == line).count(), 1, "{all:#?}");
    let kubectl = all.iter().position(|line| line.starts_with("kubectl ")).unwrap();
    assert_eq!(all[kubectl - 1], line, "{all:#?}");
    let kubeconfig = lab.home().join("kubeconfig").display().to_string();
    lab.set("KUBECONFIG", kubeconfig);
    run_all(&lab, &all);
    assert_eq!(lab.annotated(), Some(lab.account()));
    assert_eq!(left(&lab, &[]), Vec::<String>::new());
}
