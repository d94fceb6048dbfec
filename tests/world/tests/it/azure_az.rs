//! Microsoft's own `az` against the stand-in, with the commands of the guide: `make az`.

use serde_json::{Value, json};
use world::azure::{Azure, Identity};

fn az(robot: &Identity, line: &[&str]) -> Value {
    robot.az(line).unwrap_or_else(|said| panic!("az {}: {said}", line.join(" ")))
}

#[test]
#[ignore = "the real az is large: make az"]
fn real_az_does_what_the_guide_says() {
    let azure = Azure::shared();
    let (world, subscription) = (azure.control_plane(), azure.subscription());
    let cluster = subscription.cluster("guide", "rg", world);
    let robot = subscription.service_principal("robot", &["Owner"]);
    let query = ["--query", "oidcIssuerProfile.issuerUrl"];
    let issuer = az(&robot, &[&["aks", "show", "-g", "rg", "-n", "guide"][..], &query].concat());
    assert_eq!(issuer, cluster.issuer());
    let name = "humanitec-kubernetes-agent-runner-guide";
    let made = az(&robot, &["identity", "create", "-n", name, "-g", "rg", "--subscription", subscription.id()]);
    let subject = cluster.subject("jobs", "job");
    #[rustfmt::skip]
    let trust = [
        "identity", "federated-credential", "create", "--name", "humanitec-kubernetes-agent-runner",
        "--identity-name", name, "-g", "rg", "--issuer", &cluster.issuer(), "--subject", &subject,
        "--audiences", "api://AzureADTokenExchange",
    ];
    az(&robot, &trust);
    let principal = made["principalId"].as_str().expect("text");
    let scope = subscription.group_scope("rg");
    #[rustfmt::skip]
    let assign =
        ["role", "assignment", "create", "--assignee", principal, "--role", "SQL Server Contributor", "--scope", &scope];
    az(&robot, &assign);
    az(&robot, &assign);
    assert_eq!(subscription.roles_of(principal), [("SQL Server Contributor".to_owned(), scope)]);
    let federations = subscription.federations("rg", name);
    assert_eq!((federations.len(), &federations[0]["properties"]["subject"]), (1, &json!(subject)));
    let listed = |line: &[&str]| az(&robot, line).as_array().map(Vec::len);
    assert_eq!(listed(&["role", "assignment", "list", "--assignee", principal, "--all"]), Some(1));
    assert_eq!(listed(&["role", "definition", "list", "--name", "Reader"]), Some(1));
    assert_eq!(listed(&["identity", "federated-credential", "list", "--identity-name", name, "-g", "rg"]), Some(1));
    assert_eq!(listed(&["identity", "list", "-g", "rg"]), Some(1));
    assert_eq!(listed(&["aks", "list"]), Some(1));
    assert_eq!(az(&robot, &["group", "show", "-n", "rg"])["location"], "eastus");
    assert_eq!(az(&robot, &["account", "show"])["id"], subscription.id());
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("kubeconfig");
    az(&robot, &["aks", "get-credentials", "-g", "rg", "-n", "guide", "--file", &file.display().to_string()]);
    let text = std::fs::read_to_string(&file).expect("az wrote it");
    az(&robot, &["identity", "delete", "-n", name, "-g", "rg"]);
    assert!(subscription.identity("rg", name).is_none());
    assert!(text.contains(&world.server_url()) && text.contains("clusterUser_rg_guide"), "{text}");
    assert_eq!(subscription.violations(), Vec::<String>::new());
}

#[test]
#[ignore = "the real az is large: make az"]
fn real_az_switches_workload_identity_on_and_makes_a_role() {
    let subscription = Azure::shared().subscription();
    let cluster = subscription.paper_cluster("off", "rg");
    cluster.oidc_issuer(false);
    cluster.workload_identity(false);
    let before = cluster.described();
    let robot = subscription.service_principal("robot", &["Owner"]);
    az(&robot, &["aks", "update", "-g", "rg", "-n", "off", "--enable-oidc-issuer", "--enable-workload-identity"]);
    let after = cluster.described();
    assert_eq!(after["properties"]["oidcIssuerProfile"]["issuerURL"], cluster.issuer());
    assert_eq!(after["properties"]["securityProfile"]["workloadIdentity"]["enabled"], true);
    for kept in ["networkProfile", "fqdn", "powerState", "nodeResourceGroup"] {
        assert_eq!(after["properties"][kept], before["properties"][kept], "{kept}");
    }
    let definition = json!({
        "Name": "Runner setup",
        "Description": "what a setup needs",
        "Actions": ["Microsoft.ContainerService/managedClusters/read"],
        "NotActions": [],
        "AssignableScopes": [subscription.scope()],
    });
    az(&robot, &["role", "definition", "create", "--role-definition", &definition.to_string()]);
    let least = subscription.service_principal("least", &["Runner setup"]);
    az(&least, &["aks", "show", "-g", "rg", "-n", "off"]);
    let refused = least.az(&["identity", "create", "-n", "one", "-g", "rg"]).expect_err("the role has it not");
    assert!(refused.contains("AuthorizationFailed"), "{refused}");
    assert_eq!(subscription.violations(), Vec::<String>::new());
}
