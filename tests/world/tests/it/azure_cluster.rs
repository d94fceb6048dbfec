//! Clusters as ARM tells of them, logging in to the AKS control plane, and what pods get there.

use std::process::Command;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use world::azure::{Azure, Cluster, ISSUER, Identity, PLANE_TENANT};
use world::{Credential, World};

use crate::azure_http::{AKS, Said, call};

fn path(cluster: &Cluster, more: &str) -> String {
    format!("{}{more}?{AKS}", cluster.id())
}

/// The kubeconfig that somebody gets of a cluster.
fn kubeconfig(cluster: &Cluster, who: &Identity, query: &str) -> Value {
    let said = call(who, "POST", &format!("{}{query}", path(cluster, "/listClusterUserCredential")), &Value::Null).ok();
    let encoded = said["kubeconfigs"][0]["value"].as_str().expect("text");
    let text = STANDARD.decode(encoded).expect("base64");
    let document = serde_yaml::from_slice(&text).expect("YAML");
    assert_eq!(said["kubeconfigs"][0]["name"], "clusterUser");
    document
}

fn kubectl(world: &World, token: &str, arguments: &[&str]) -> Result<String, String> {
    let kubeconfig = world.kubeconfig("aks", &world.server_url(), &Credential::Token(token));
    run(Command::new("kubectl").args(arguments).arg("--kubeconfig").arg(kubeconfig))
}

fn run(command: &mut Command) -> Result<String, String> {
    let output = command.output().expect("kubectl is on the PATH");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
}

#[test]
fn a_cluster_is_told_with_its_issuer_and_a_kubeconfig_that_works() {
    let azure = Azure::shared();
    let (world, subscription) = (azure.control_plane(), azure.subscription());
    let ada = subscription.user("ada@world.example", &["Owner"]);
    let cluster = subscription.cluster("one", "rg", world);
    subscription.paper_cluster("two", "other");
    let found = call(&ada, "GET", &path(&cluster, ""), &Value::Null).ok();
    assert_eq!(found["properties"]["oidcIssuerProfile"]["issuerURL"], ISSUER);
    assert_eq!(format!("https://{}", found["properties"]["fqdn"].as_str().expect("text")), world.server_url());
    assert!(ISSUER.ends_with('/') && found["id"].as_str().is_some_and(|id| id.contains("/resourcegroups/")));
    let all = format!("{}/providers/Microsoft.ContainerService/managedClusters?{AKS}", subscription.scope());
    assert_eq!(call(&ada, "GET", &all, &Value::Null).ok()["value"].as_array().map(Vec::len), Some(2));

    let document = kubeconfig(&cluster, &ada, "");
    assert_eq!(document["clusters"][0]["cluster"]["server"], world.server_url());
    assert_eq!(document["users"][0]["name"], "clusterUser_rg_one");
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), document.to_string()).expect("it is ours");
    let whoami = run(Command::new("kubectl").arg("--kubeconfig").arg(file.path()).args([
        "auth",
        "whoami",
        "-o",
        "jsonpath={.status.userInfo.username} {.status.userInfo.groups}",
    ]));
    assert_eq!(whoami.expect("in"), "masterclient [\"system:masters\",\"system:authenticated\"]");
    let node = world.get("v1", "Node", "", "kwok-0").expect("the node");
    assert!(node["spec"]["providerID"].as_str().is_some_and(|id| id.starts_with("azure:///subscriptions/")));
    cluster.stop();
    assert_eq!(kubeconfig(&cluster, &ada, "")["clusters"][0]["cluster"]["server"], "https://127.0.0.1:1");
    cluster.delete();
    assert_eq!(call(&ada, "GET", &path(&cluster, ""), &Value::Null).refused(), (404, "ResourceNotFound"));
    assert_eq!(subscription.violations(), Vec::<String>::new());
}

#[test]
fn an_entra_cluster_takes_tokens_of_the_right_audience_from_who_may() {
    let azure = Azure::shared();
    let (world, subscription) = (azure.control_plane(), azure.subscription());
    let cluster = subscription.cluster("entra", "rg", world);
    let ada = subscription.user("ada@world.example", &["Owner"]);
    assert_eq!(azure.review(&ada.cluster_token())["authenticated"], false, "no cluster of the tenant uses Entra");
    let admin = subscription.user("admin@world.example", &[]);
    let group = subscription.directory_group("admins", &[&admin]);
    cluster.uses_entra(&[&group], true, false);
    let exec = kubeconfig(&cluster, &ada, "&format=exec");
    assert_eq!(exec["users"][0]["user"]["exec"]["command"], "kubelogin");
    assert_eq!(kubeconfig(&cluster, &ada, "")["users"][0]["user"]["auth-provider"]["name"], "azure");
    let static_one: Said = call(&ada, "POST", &path(&cluster, "/listClusterAdminCredential"), &Value::Null);
    assert_eq!(static_one.refused(), (400, "BadRequest"));
    assert!(static_one.message().contains("disable local accounts"));

    let name = ["auth", "whoami", "-o", "jsonpath={.status.userInfo.username}"];
    assert_eq!(kubectl(world, &ada.cluster_token(), &name).expect("known"), "ada@world.example");
    assert!(kubectl(world, &ada.token(), &name).is_err(), "a token for ARM is no token for clusters");
    let may =
        |who: &Identity| kubectl(world, &who.cluster_token(), &["auth", "can-i", "create", "clusterrolebindings"]);
    // An Owner of the resource is nobody in it.
    may(&ada).expect_err("not yet");
    may(&admin).expect("by the group");
    let robot = subscription.service_principal("robot", &[]);
    may(&robot).expect_err("not yet");
    subscription.grant(&robot, "Azure Kubernetes Service RBAC Cluster Admin", &cluster.id());
    may(&robot).expect("by the role");
    assert_eq!(kubectl(world, &robot.cluster_token(), &name).expect("known"), robot.object_id());
    robot.expire_tokens();
    may(&robot).expect("by a new token");
}

#[test]
fn features_are_switched_on_by_a_put_of_everything() {
    let azure = Azure::shared();
    let (world, subscription) = (azure.control_plane(), azure.subscription());
    let ada = subscription.user("ada@world.example", &["Azure Kubernetes Service Contributor Role"]);
    let cluster = subscription.cluster("off", "rg", world);
    cluster.oidc_issuer(false);
    cluster.workload_identity(false);
    let get = || call(&ada, "GET", &path(&cluster, ""), &Value::Null).ok();
    let before = get();
    let mut wanted = before.clone();
    wanted["properties"]["securityProfile"]["workloadIdentity"]["enabled"] = Value::from(true);
    let alone = call(&ada, "PUT", &path(&cluster, ""), &wanted);
    assert_eq!(alone.refused(), (400, "WorkloadIdentityRequiresOIDCIssuer"));
    wanted["properties"]["oidcIssuerProfile"] = json!({ "enabled": true });
    let said = call(&ada, "PUT", &path(&cluster, ""), &wanted).ok();
    assert_eq!(said["properties"]["provisioningState"], "Updating");
    assert_eq!(call(&ada, "PUT", &path(&cluster, ""), &wanted).refused(), (409, "OperationNotAllowed"));
    let _ = (get(), get());
    let after = get();
    assert_eq!(after["properties"]["provisioningState"], "Succeeded");
    assert_eq!(after["properties"]["oidcIssuerProfile"]["issuerURL"], ISSUER);
    for kept in ["agentPoolProfiles", "networkProfile", "fqdn", "powerState"] {
        assert_eq!(after["properties"][kept], before["properties"][kept], "{kept}");
    }
    let mut less = after.clone();
    less["properties"].as_object_mut().expect("properties").remove("networkProfile");
    less["properties"]["oidcIssuerProfile"] = Value::Null;
    let _ = call(&ada, "PUT", &path(&cluster, ""), &less).ok();
    let _ = (get(), get());
    assert!(get()["properties"]["networkProfile"].is_null(), "what is not sent is gone");
    assert_eq!(get()["properties"]["oidcIssuerProfile"]["enabled"], true);
    less["properties"]["oidcIssuerProfile"] = json!({ "enabled": false });
    assert_eq!(call(&ada, "PUT", &path(&cluster, ""), &less).refused(), (400, "OIDCIssuerFeatureCannotBeDisabled"));
    assert_eq!(subscription.violations(), Vec::<String>::new());
    less["properties"]["oidcIssuer"] = json!({});
    assert_eq!(call(&ada, "PUT", &path(&cluster, ""), &less).refused(), (400, "InvalidRequestContent"));
    assert_eq!(subscription.violations().len(), 1);
}

#[test]
fn labelled_pods_get_what_they_need_to_become_the_identity() {
    let azure = Azure::shared();
    let (world, subscription) = (azure.control_plane(), azure.subscription());
    let identity = subscription.create_identity("rg", "runner");
    let namespace = world.unique_name("jobs");
    world.service_account_token(&namespace, "job", "unused");
    let client = &identity["properties"]["clientId"];
    let annotations = json!({ "annotations": { "azure.workload.identity/client-id": client } });
    world.merge("v1", "ServiceAccount", &namespace, "job", &json!({ "metadata": annotations }));
    let pod = |name: &str, label: &Value, account: &str| {
        let labels = if label.is_null() { json!({}) } else { json!({ "azure.workload.identity/use": label }) };
        world.create_as(
            "test",
            &json!({
                "apiVersion": "v1",
                "kind": "Pod",
                "metadata": { "name": name, "namespace": namespace, "labels": labels },
                "spec": {
                    "serviceAccountName": account,
                    "containers": [{ "name": "main", "image": "x", "env": [{ "name": "AZURE_TENANT_ID", "value": "mine" }] }],
                },
            }),
        )
    };
    let labelled = pod("labelled", &json!("true"), "job").expect("it is made");
    let env = labelled["spec"]["containers"][0]["env"].as_array().expect("variables").clone();
    let value = |name: &str| env.iter().find(|it| it["name"] == name).map(|it| it["value"].clone());
    assert_eq!(value("AZURE_CLIENT_ID").as_ref(), Some(client));
    assert_eq!(value("AZURE_TENANT_ID"), Some(json!("mine")), "what is there stays");
    let file = "/var/run/secrets/azure/tokens/azure-identity-token";
    assert_eq!(value("AZURE_FEDERATED_TOKEN_FILE"), Some(json!(file)));
    assert!(value("AZURE_AUTHORITY_HOST").is_some());
    let volumes = labelled["spec"]["volumes"].as_array().expect("volumes");
    let ours = volumes.iter().find(|it| it["name"] == "azure-identity-token").expect("the volume");
    assert_eq!(ours["projected"]["sources"][0]["serviceAccountToken"]["audience"], "api://AzureADTokenExchange");

    let has = |pod: &Value| pod.to_string().contains("azure-identity-token");
    assert!(!has(&pod("plain", &Value::Null, "job").expect("it is made")));
    assert!(!has(&pod("wrong", &json!("yes"), "job").expect("it is made")));
    let other = pod("other", &json!("true"), "default").expect("it is made");
    assert!(has(&other) && !other.to_string().contains("AZURE_CLIENT_ID"), "no annotation, no client id");
    assert_ne!(subscription.tenant(), PLANE_TENANT);
}

#[test]
fn a_control_plane_of_ones_own_has_what_it_is_given() {
    let azure = Azure::shared();
    let subscription = azure.subscription();
    let world = World::start(&world::ControlPlaneOptions {
        issuer: "https://eastus.oic.prod-aks.azure.com/own/own/".to_owned(),
        extra_apiserver_flags: azure.webhook_flags().expect("flags"),
    });
    let cluster = subscription.cluster("own", "rg", &world);
    assert_eq!(cluster.issuer(), "https://eastus.oic.prod-aks.azure.com/own/own/");
    cluster.owns_node(&world);
    let node = world.get("v1", "Node", "", "kwok-0").expect("the node");
    assert_eq!(node["metadata"]["labels"]["kubernetes.azure.com/cluster"], "MC_rg_own_eastus");
    assert!(node["spec"]["providerID"].as_str().is_some_and(|id| id.contains(subscription.id())));
    let kind = "MutatingWebhookConfiguration";
    assert!(world.list("admissionregistration.k8s.io/v1", kind, "").is_empty());
    azure.inject(&world, subscription.tenant());
    assert_eq!(world.list("admissionregistration.k8s.io/v1", kind, "").len(), 1);
    world.service_account_token("jobs", "job", "unused");
    let metadata = json!({ "name": "p", "namespace": "jobs", "labels": { "azure.workload.identity/use": "true" } });
    let spec = json!({ "serviceAccountName": "job", "containers": [{ "name": "main", "image": "x" }] });
    let pod = json!({ "apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec });
    let pod = world.create_as("test", &pod).expect("it is made");
    assert!(pod.to_string().contains(subscription.tenant()));
}
