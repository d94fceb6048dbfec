use serde_json::json;

use super::super::server::{Answer, S, Server, cluster_id, ok, refused, subscription};
use super::*;
use crate::failure::Failure;

const ISSUER: &str = "https://westeurope.oic.prod-aks.azure.com/t/c/";

fn document(group: &str, name: &str) -> Value {
    json!({
        "id": format!("/subscriptions/{S}/resourcegroups/{group}/providers/Microsoft.ContainerService/managedClusters/{name}"),
        "location": "westeurope",
        "properties": {
            "provisioningState": "Succeeded", "powerState": { "code": "Running" }, "fqdn": "prod-1.hcp.westeurope.azmk8s.io",
            "privateFQDN": "prod-1.x.privatelink.westeurope.azmk8s.io", "disableLocalAccounts": true, "aadProfile": { "managed": true },
            "oidcIssuerProfile": { "enabled": true, "issuerURL": ISSUER },
            "securityProfile": { "workloadIdentity": { "enabled": true } }, "currentKubernetesVersion": "1.35.1",
        },
    })
}

fn list(clusters: &[Value]) -> Answer {
    ok(&json!({ "value": clusters }))
}

#[tokio::test]
async fn a_cluster_is_read_once_and_its_issuer_byte_for_byte() {
    let server = Server::with(vec![ok(&document("my-group", "prod"))]).await;
    for name in ["prod", "PROD"] {
        let cluster = server.azure.cluster(&subscription(), Some("my-group"), name).await.unwrap();
        assert_eq!(cluster.issuer.as_deref(), Some(ISSUER));
        assert!(cluster.id == cluster_id() && cluster.workload_identity && cluster.local_accounts_off && cluster.entra);
        assert_eq!((cluster.fqdns.len(), cluster.is_private), (2, false));
    }
    assert_eq!(server.lines(), ["GET Microsoft.ContainerService/managedClusters/prod"]);
    let off = json!({ "id": cluster_id().as_str(), "location": "x", "properties": {
        "oidcIssuerProfile": { "enabled": false, "issuerURL": ISSUER },
        "apiServerAccessProfile": { "enablePrivateCluster": true },
    } });
    let off = found(&off).unwrap();
    assert!(off.issuer.is_none() && !off.workload_identity && off.is_private && !off.entra);
}

#[tokio::test]
async fn without_a_group_the_subscription_is_looked_through() {
    let there = [document("one", "prod"), document("two", "Prod"), document("one", "test")];
    let server = Server::with(vec![list(&there)]).await;
    let cluster = server.azure.cluster(&subscription(), None, "test").await.unwrap();
    assert_eq!(cluster.id.resource_group(), "one");
    let server = Server::with(vec![list(&there)]).await;
    let failure = Failure::from(server.azure.cluster(&subscription(), None, "prod").await.unwrap_err());
    assert_eq!(failure.hints, ["--resource-group one", "--resource-group two"]);
    let server = Server::with(vec![list(&there)]).await;
    let found = server.azure.cluster_of_server(&subscription(), "PROD-1.hcp.westeurope.azmk8s.io").await.unwrap();
    assert!(found.is_some());
}

#[tokio::test]
async fn a_wrong_group_is_said_with_the_right_one() {
    for code in ["ResourceNotFound", "ResourceGroupNotFound"] {
        let server = Server::with(vec![refused(404, code, "x"), list(&[document("other", "prod")])]).await;
        let error = server.azure.cluster(&subscription(), Some("my-group"), "prod").await.unwrap_err();
        assert!(error.is_missing(), "{error}");
        assert_eq!(Failure::from(error).hints[0], "did you mean --resource-group other?");
    }
}

fn credential(user: &Value) -> Answer {
    let kubeconfig = json!({
        "clusters": [{ "name": "prod", "cluster": {
            "server": "https://prod-1.hcp.westeurope.azmk8s.io:443", "certificate-authority-data": STANDARD.encode("CA"),
        } }],
        "users": [{ "name": "u", "user": user }],
    });
    let yaml = serde_yaml::to_string(&kubeconfig).unwrap();
    ok(&json!({ "kubeconfigs": [{ "name": "clusterUser", "value": STANDARD.encode(yaml) }] }))
}

#[tokio::test]
async fn one_gets_in_as_aks_says() {
    let exec = |id: &str| json!({ "exec": { "command": "kubelogin", "args": ["get-token", "--server-id", id, "--tenant-id", "t-1"] } });
    let certificate = json!({
        "client-certificate-data": STANDARD.encode("CERT"), "client-key-data": STANDARD.encode("hunter2"), "token": "x",
    });
    let answers = vec![
        credential(&certificate),
        credential(&json!({ "token": "hunter2" })),
        credential(&exec(CLUSTER_APP)),
        credential(&exec("another")),
        refused(400, "BadRequest", "Getting static credential is not allowed"),
    ];
    let server = Server::with(answers).await;
    let cluster = found(&document("my-group", "prod")).unwrap();
    let azure = server.azure.read_only();
    let first = azure.user_credential(&cluster).await.unwrap();
    assert_eq!((first.authorities.as_deref(), first.server.ends_with(":443")), (Some(&b"CA"[..]), true));
    assert!(matches!(&first.login, UserLogin::Certificate { certificate, .. } if certificate == b"CERT"));
    let second = azure.user_credential(&cluster).await.unwrap();
    assert!(matches!(&second.login, UserLogin::Token(token) if token.as_str() == "hunter2"));
    let third = azure.user_credential(&cluster).await.unwrap();
    assert!(matches!(&third.login, UserLogin::Entra { tenant: Some(tenant) } if tenant == "t-1"));
    assert!(!format!("{first:?} {second:?} {third:?}").contains("hunter2"));
    assert!(matches!(azure.user_credential(&cluster).await, Err(AzureError::Unexpected { .. })));
    assert!(matches!(azure.user_credential(&cluster).await, Err(AzureError::Invalid { .. })));
    assert!(server.asked()[0].contains("/listClusterUserCredential?api-version=2025-05-01&format=exec HTTP"));
}
