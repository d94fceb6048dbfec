//! Google's own `gcloud` against the stand-in: a client that was not written for it.

use std::process::Command;

use serde_json::json;
use world::gcp::{Gcp, LOCATION};

#[test]
fn gcloud_does_what_the_guide_says() {
    let gcp = Gcp::shared();
    let (world, project) = (gcp.control_plane(), gcp.project());
    let anna = project.user("anna@example.com", &["roles/owner"]);
    let cluster = project.cluster("guide", LOCATION, world);
    let gcloud = |arguments: &[&str]| {
        project.gcloud(&anna, arguments).unwrap_or_else(|said| panic!("gcloud {}: {said}", arguments.join(" ")))
    };

    let pool = gcloud(&["container", "clusters", "describe", "guide", "--location", LOCATION]);
    assert_eq!(pool["workloadIdentityConfig"]["workloadPool"], cluster.pool());
    gcloud(&["iam", "service-accounts", "create", "runner-guide", "--display-name=Runner"]);
    let email = project.email("runner-guide");
    let member = cluster.member("jobs", "job");
    let role = "--role=roles/iam.workloadIdentityUser";
    let to = format!("--member={member}");
    gcloud(&["iam", "service-accounts", "add-iam-policy-binding", &email, role, &to]);
    assert_eq!(project.account_members(&email, "roles/iam.workloadIdentityUser"), [member]);
    // gcloud sends etags in the other alphabet of base64.
    let second = format!("--member={}", cluster.member("jobs", "other"));
    gcloud(&["iam", "service-accounts", "add-iam-policy-binding", &email, role, &second]);
    let runner = format!("serviceAccount:{email}");
    gcloud(&[
        "projects",
        "add-iam-policy-binding",
        project.id(),
        "--role=roles/storage.objectViewer",
        &format!("--member={runner}"),
    ]);
    assert_eq!(project.members("roles/storage.objectViewer"), [runner]);
    assert_eq!(project.violations(), Vec::<String>::new());

    let again = project.gcloud(&anna, &["iam", "service-accounts", "create", "runner-guide"]).expect_err("it is there");
    assert!(again.contains("already exists within project"), "{again}");
    let missing = project
        .gcloud(&anna, &["container", "clusters", "describe", "none", "--location", LOCATION])
        .expect_err("there is none");
    assert!(missing.contains("No cluster named 'none'"), "{missing}");
}

#[test]
fn gcloud_writes_a_kubeconfig_whose_plugin_logs_in() {
    let gcp = Gcp::shared();
    let (world, project) = (gcp.control_plane(), gcp.project());
    let anna = project.user("anna@kubeconfig.example", &["roles/container.admin"]);
    let cluster = project.cluster("login", LOCATION, world);
    let mut env = anna.gcloud_env();
    let kubeconfig = world.control_plane().folder().join(world.unique_name("gcloud"));
    env.insert("KUBECONFIG".to_owned(), kubeconfig.display().to_string());
    let run = |program: &str, arguments: &[&str]| {
        let output = Command::new(program).args(arguments).env_clear().envs(&env).output().expect(program);
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        assert!(output.status.success(), "{program} {arguments:?}: {}", text(&output.stderr));
        text(&output.stdout)
    };
    run("gcloud", &["container", "clusters", "get-credentials", "login", "--location", LOCATION]);
    assert_eq!(run("kubectl", &["config", "current-context"]).trim(), cluster.context());
    let said = run("kubectl", &["auth", "whoami", "-o", "jsonpath={.status.userInfo.username}"]);
    assert_eq!(said, "anna@kubeconfig.example");
}

#[test]
fn gcloud_makes_a_role_and_switches_an_api_on() {
    let project = Gcp::shared().project();
    let anna = project.user("anna@example.com", &["roles/owner"]);
    let gcloud = |arguments: &[&str]| {
        project.gcloud(&anna, arguments).unwrap_or_else(|said| panic!("gcloud {}: {said}", arguments.join(" ")))
    };
    project.switch_service("iamcredentials.googleapis.com", false);
    gcloud(&["services", "enable", "iamcredentials.googleapis.com"]);
    assert!(project.has_service("iamcredentials.googleapis.com"));

    let file = tempfile::Builder::new().suffix(".yaml").tempfile().expect("a file");
    let text =
        "title: Setup\nstage: GA\nincludedPermissions:\n- container.clusters.get\n- iam.serviceAccounts.create\n";
    std::fs::write(file.path(), text).expect("it is ours");
    let path = format!("--file={}", file.path().display());
    let made = gcloud(&["iam", "roles", "create", "runnerSetup", "--project", project.id(), &path]);
    assert_eq!(made["includedPermissions"], json!(["container.clusters.get", "iam.serviceAccounts.create"]));
    let name = format!("projects/{}/roles/runnerSetup", project.id());
    let least = project.user("least@example.com", &[&name]);
    let refused = project.gcloud(&least, &["iam", "service-accounts", "list"]).expect_err("the role has it not");
    assert!(refused.contains("iam.serviceAccounts.list"), "{refused}");
    project.gcloud(&least, &["iam", "service-accounts", "create", "by-least"]).expect("the role has it");

    std::fs::write(file.path(), "title: Wrong\nincludedPermissions:\n- resourcemanager.projects.list\n").expect("ours");
    let wrong = project.gcloud(&anna, &["iam", "roles", "create", "wrong", "--project", project.id(), &path]);
    assert!(wrong.expect_err("a project's role cannot have it").contains("is not valid"));
    assert_eq!(project.violations(), Vec::<String>::new());
}
