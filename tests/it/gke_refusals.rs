//! Bad input on GKE: one clear sentence, a command that helps, the right exit code, and nothing half-written.

use serde_json::{Value, json};
use world::gcp::{GcpFault, OrgPolicy};

use crate::support::{GkeLab, LOCATION};

/// What it takes in Google Cloud to look at everything, and to change nothing.
const READS: [&str; 6] = [
    "container.clusters.get",
    "container.clusters.list",
    "iam.serviceAccounts.get",
    "iam.serviceAccounts.getIamPolicy",
    "resourcemanager.projects.getIamPolicy",
    "serviceusage.services.get",
];

#[test]
fn a_project_that_is_not_there_or_shows_nothing_is_named() {
    let mut lab = GkeLab::new("gke-noproject");
    let outcome = lab.writes_nothing(4, &["--gcp-project=no-such-project"]);
    let outcome = outcome.explains("there is no project `no-such-project`, or it does not let");
    let _ = outcome.explains("gcloud projects list").explains("--gcp-project");
    let stranger = lab.project.user("sam@example.com", &[]);
    lab.act_as(&stranger);
    let _ = lab.writes_nothing(4, &[]).explains(lab.project.id()).explains("container.clusters.get");
}

#[test]
fn missing_permissions_are_named_all_together() {
    let mut lab = GkeLab::new("gke-noright");
    let poor = lab.project.user_with_permissions("sam@example.com", &READS);
    lab.act_as(&poor);
    let outcome = lab.writes_nothing(4, &["--grant-role=roles/viewer"]);
    for permission in
        ["iam.serviceAccounts.create", "iam.serviceAccounts.setIamPolicy", "resourcemanager.projects.setIamPolicy"]
    {
        let _ = outcome.clone().explains(permission);
    }
    let _ = outcome.explains("runner-setup permissions --for gcp");
    assert!(lab.project.requests().iter().any(|it| it.path.ends_with(":testIamPermissions")));
    // What may not be looked at is not changed blindly.
    for (denied, args) in [
        ("iam.serviceAccounts.get", &[][..]),
        ("resourcemanager.projects.getIamPolicy", &["--grant-role=roles/viewer"]),
        ("container.clusters.get", &[]),
    ] {
        lab.act_as(&lab.owner.clone());
        lab.project.deny(denied);
        let outcome = lab.writes_nothing(4, args).explains(denied);
        let _ = outcome.explains("runner-setup permissions --for gcp");
        lab.project.deny_nothing();
    }
    lab.keeps_to_the_documents();
}

#[test]
fn a_policy_of_an_account_that_may_not_be_read_is_not_changed() {
    let lab = GkeLab::new("gke-nopolicy");
    let _ = lab.is_set_up(&[]);
    lab.project.unbind_account(&lab.account(), "roles/iam.workloadIdentityUser", &lab.member());
    lab.project.deny("iam.serviceAccounts.getIamPolicy");
    let outcome =
        lab.writes_nothing(4, &[]).explains("can't be looked at").explains("iam.serviceAccounts.getIamPolicy");
    let _ = outcome.explains("runner-setup permissions --for gcp");
}

#[test]
fn a_cluster_that_is_not_there_is_named_with_those_that_are() {
    let mut lab = GkeLab::without_kubeconfig("gke-nocluster");
    lab.name_cluster();
    let outcome = lab.writes_nothing(2, &["--location=europe-west4"]);
    let outcome = outcome.explains("GKE has no cluster `prod` in europe-west4 of project");
    let _ = outcome.explains("did you mean --location europe-west1?");
    let outcome = lab.writes_nothing(2, &["--cluster-name=prdo"]).explains("GKE has no cluster `prdo`");
    let _ = outcome.explains("did you mean --cluster-name prod --location europe-west1?").explains("clusters list");
    let outcome = lab.writes_nothing(2, &["--cluster-name=something-else"]);
    let _ = outcome.explains("`--cluster-name` takes one of: prod (europe-west1)");
    // Who may not list them is not told, and hears how to.
    let narrow = lab.project.user_with_permissions("sam@example.com", &["container.clusters.get"]);
    lab.act_as(&narrow);
    let _ = lab.writes_nothing(2, &["--cluster-name=prdo"]).explains("gcloud container clusters list --project");
    lab.act_as(&lab.owner.clone());
    lab.cluster.delete();
    let _ = lab.writes_nothing(2, &[]).explains("there is no cluster at all in project");
}

#[test]
fn a_cluster_that_is_not_ready_is_refused_with_what_is_missing() {
    let lab = GkeLab::new("gke-unready");
    let running = json!({ "status": "RUNNING", "statusMessage": null });
    for status in ["PROVISIONING", "RECONCILING", "STOPPING", "ERROR", "DEGRADED"] {
        lab.cluster.say(&json!({ "status": status, "statusMessage": "some words of GKE" }));
        let outcome = lab.writes_nothing(4, &[]).explains(&format!("is {status} (some words of GKE), not RUNNING"));
        let _ = outcome.explains("gcloud container clusters describe prod");
    }
    lab.cluster.say(&running);
    // What is set up stays as it is while GKE upgrades the cluster.
    let _ = lab.is_set_up(&[]);
    for status in ["RECONCILING", "DEGRADED"] {
        lab.cluster.say(&json!({ "status": status, "statusMessage": "an upgrade" }));
        let again = lab.run(&["apply", "--yes", "--no-wait", "-o", "json"]).exits(0);
        assert_eq!(again.json()["outcome"], "nothing-to-do", "{again}");
        let _ = again.says(&format!("the cluster is {status} (an upgrade), not RUNNING"));
    }
    for status in ["PROVISIONING", "STOPPING", "ERROR"] {
        lab.cluster.say(&json!({ "status": status, "statusMessage": "some words of GKE" }));
        let _ = lab.run(&["plan", "-o", "json"]).exits(4).explains(&format!("is {status} (some words of GKE)"));
    }
    lab.cluster.say(&running);
    lab.cluster.say(&json!({ "workloadIdentityConfig": null }));
    lab.cluster.say_node_pools(&[("default-pool", None)]);
    let outcome = lab.writes_nothing(4, &[]).explains("Workload Identity is off");
    let pool = format!("--workload-pool={}.svc.id.goog", lab.project.id());
    let outcome = outcome.explains("gcloud container clusters update prod").explains(&pool);
    let _ = outcome.explains("--workload-metadata=GKE_METADATA");
    let _ = lab.run(&["plan", "--identity=none"]).exits(0);
}

#[test]
fn node_pools_without_the_metadata_server_are_refused_or_warned_about() {
    let lab = GkeLab::new("gke-pools");
    lab.cluster.say_node_pools(&[("default-pool", None), ("big", Some("GCE_METADATA"))]);
    let outcome = lab.writes_nothing(4, &[]).explains("`default-pool`, `big` do not run GKE's metadata server");
    let outcome = outcome.explains("gcloud container node-pools update default-pool --cluster prod");
    let _ = outcome.explains("gcloud container node-pools update big");
    lab.cluster.say_node_pools(&[("default-pool", Some("GKE_METADATA")), ("big", Some("GCE_METADATA"))]);
    let words = "jobs that land on the node pool `big` act as the node";
    let _ = lab.run(&["plan"]).exits(0).says(words).says("gcloud container node-pools update big");
    let template = "spec:\n  nodeSelector:\n    iam.gke.io/gke-metadata-server-enabled: \"true\"\n";
    lab.file("template.yaml", template);
    let outcome = lab.run(&["plan", "--pod-template=template.yaml"]).exits(0);
    assert!(!outcome.stderr.contains("act as the node"), "{outcome}");
    // On Autopilot it is always there, whatever is said of the nodes.
    lab.cluster.say(&json!({ "autopilot": { "enabled": true } }));
    lab.cluster.say_node_pools(&[("pool-1", None)]);
    let outcome = lab.run(&["plan"]).exits(0);
    assert!(!outcome.stderr.contains("act as the node"), "{outcome}");
    lab.file("template.yaml", "spec: { hostNetwork: true }\n");
    let _ = lab.run(&["plan", "--pod-template=template.yaml"]).exits(0).says("`hostNetwork: true`: such jobs act as");
}

#[test]
fn an_api_that_is_off_is_named_with_the_command_that_turns_it_on() {
    let lab = GkeLab::new("gke-off");
    for api in ["container.googleapis.com", "iamcredentials.googleapis.com", "iam.googleapis.com"] {
        lab.project.switch_service(api, false);
        let outcome = lab.writes_nothing(4, &[]);
        // Google names the project by its number.
        let outcome = outcome.explains(&format!("gcloud services enable {api} --project "));
        let hints = outcome.json()["error"]["hints"].to_string();
        assert!(hints.contains("services enable") && !hints.contains("permissions --for"), "{outcome}");
        lab.project.switch_service(api, true);
    }
    let api = "cloudresourcemanager.googleapis.com";
    lab.project.switch_service(api, false);
    // Without a role to grant nothing in the project is touched; with one it is.
    let _ = lab.run(&["plan"]).exits(0);
    let _ = lab.writes_nothing(4, &["--grant-role=roles/viewer"]).explains(api);
    let _ = lab.writes_nothing(4, &["--identity=federation", "--grant-role=roles/viewer"]).explains(api);
    lab.project.switch_service(api, true);
    // Federated jobs need no tokens of Google accounts.
    lab.project.switch_service("iamcredentials.googleapis.com", false);
    let _ = lab.run(&["plan", "--identity=federation", "--grant-role=roles/viewer"]).exits(0);
}

#[test]
fn policies_of_the_organisation_are_told_from_missing_roles() {
    let lab = GkeLab::new("gke-org");
    lab.project.org_policy(OrgPolicy::NoServiceAccountCreation);
    let outcome = lab.run(&["apply", "--yes", "-o", "json"]).exits(4);
    let outcome = outcome.explains("constraints/iam.disableServiceAccountCreation");
    let outcome = outcome.explains("no role in the project can allow this").explains("--google-service-account EMAIL");
    let _ = outcome.explains("--identity federation");
    assert!(lab.project.accounts().is_empty());

    let lab = GkeLab::new("gke-domain");
    lab.project.org_policy(OrgPolicy::OnlyMembers(vec!["example.com".to_owned()]));
    let outcome = lab.run(&["apply", "--yes", "-o", "json"]).exits(4);
    let outcome = outcome.explains("constraints/iam.allowedPolicyMemberDomains");
    let outcome = outcome.explains("ask the organisation's administrator");
    assert_eq!(outcome.json()["outcome"], "stopped", "{outcome}");
    assert!(!outcome.json()["error"]["hints"].to_string().contains("run the same command again"), "{outcome}");
    assert_eq!(lab.orchestrator.runner_ids(), Vec::<String>::new());
    lab.keeps_to_the_documents();
}

#[test]
fn a_quota_that_is_used_up_is_named() {
    let lab = GkeLab::new("gke-quota");
    lab.project.account_quota(0);
    let outcome = lab.run(&["apply", "--yes", "-o", "json"]).exits(4);
    let _ = outcome.explains("a quota of the project is used up").explains("gcloud iam service-accounts list");
    assert!(lab.project.accounts().is_empty());
    lab.project.account_quota(100);
    let _ = lab.is_set_up(&[]);
}

#[test]
fn no_token_goes_where_others_could_read_it() {
    let mut lab = GkeLab::new("gke-http");
    let real = lab.env()["CLOUDSDK_API_ENDPOINT_OVERRIDES_IAM"].clone();
    for (url, words) in [
        ("http://192.0.2.1/", "http:// to another machine"),
        ("http://localhost.example.com/", "http:// to another machine"),
        ("ftp://localhost/", "does not start with https://"),
        ("nowhere", "is no URL"),
        ("https://user:hunter2@example.com/", "has a user or a password in it"),
    ] {
        lab.set("CLOUDSDK_API_ENDPOINT_OVERRIDES_IAM", url);
        let outcome = lab.writes_nothing(2, &[]).explains("CLOUDSDK_API_ENDPOINT_OVERRIDES_IAM").explains(words);
        assert!(!outcome.to_string().contains("hunter2"), "{outcome}");
    }
    lab.set("CLOUDSDK_API_ENDPOINT_OVERRIDES_IAM", real);
    lab.set("GOOGLE_CLOUD_UNIVERSE_DOMAIN", "example.goog");
    let outcome = lab.run(&["plan"]).exits(2);
    let _ = outcome.says("the universe `example.goog`").says("GOOGLE_CLOUD_UNIVERSE_DOMAIN");
}

#[test]
fn a_project_that_can_t_be_charged_is_told_from_a_missing_role() {
    let mut lab = GkeLab::new("gke-charge");
    lab.set("GOOGLE_CLOUD_QUOTA_PROJECT", "somebody-elses");
    let message = "Caller does not have required permission to use project somebody-elses. Grant the caller the \
                   roles/serviceusage.serviceUsageConsumer role";
    let info = json!({
        "@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "USER_PROJECT_DENIED",
        "domain": "googleapis.com", "metadata": { "consumer": "projects/somebody-elses" },
    });
    let body: Value =
        json!({ "error": { "code": 403, "status": "PERMISSION_DENIED", "message": message, "details": [info] } });
    lab.project.fault(GcpFault::page(403, &body.to_string()));
    let outcome = lab.writes_nothing(4, &[]).explains("`somebody-elses` can't be charged for the requests");
    let outcome = outcome.explains("GOOGLE_CLOUD_QUOTA_PROJECT=PROJECT").explains("serviceusage.services.use");
    let _ = outcome.explains("gcloud projects add-iam-policy-binding somebody-elses --member user:ADDRESS --role roles/serviceusage.serviceUsageConsumer");
}

#[test]
fn what_stands_between_us_and_google_is_not_taken_for_google() {
    let lab = GkeLab::new("gke-page");
    lab.project.fault(GcpFault::page(403, "<html>Blocked by the company's proxy</html>").service("container"));
    let outcome = lab.writes_nothing(5, &["--timeout=10s"]).explains("unexpected answer of container.googleapis.com");
    let _ = outcome.explains("(status 403): a web page").explains("check HTTPS_PROXY");
    lab.project.no_more_faults();
    let _ = lab.run(&["plan", "--location", LOCATION]).exits(0);
}
