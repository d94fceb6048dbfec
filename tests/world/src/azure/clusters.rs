//! `Microsoft.ContainerService/managedClusters`.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use super::answer::{Answer, Refusal};
use super::router::Call;
use super::state::ClusterRecord;
use super::tokens::AKS;

pub(super) const KIND: &str = "Microsoft.ContainerService/managedClusters";

/// What a client cannot set: it stays what it is, whatever a request says.
const OURS: [&str; 10] = [
    "/properties/fqdn",
    "/properties/privateFQDN",
    "/properties/azurePortalFQDN",
    "/properties/provisioningState",
    "/properties/powerState",
    "/properties/currentKubernetesVersion",
    "/properties/maxAgentPools",
    "/properties/resourceUID",
    "/properties/nodeResourceGroup",
    "/properties/dnsPrefix",
];

fn found(call: &Call<'_>, group: &str, name: &str) -> Result<(), Refusal> {
    let is_there = call.subscription().cluster(group, name).is_some();
    if is_there { Ok(()) } else { Err(Answer::no_resource(KIND, name, group)) }
}

pub(super) fn get(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let (group, name) = call.resource(KIND, "read")?;
    found(call, &group, &name)?;
    let cluster = call.subscription_mut().cluster_mut(&group, &name).expect("it was just found");
    let shown = shown(cluster);
    if cluster.updating > 0 {
        cluster.updating -= 1;
    }
    Ok(Answer::json(shown))
}

/// Returns a cluster as the API tells of it.
pub(super) fn shown(cluster: &ClusterRecord) -> Value {
    let mut shown = cluster.fields.clone();
    shown["eTag"] = Value::from(format!("world-{}", cluster.revision));
    if cluster.updating > 0 {
        shown["properties"]["provisioningState"] = Value::from("Updating");
    }
    shown
}

pub(super) fn list(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    call.need(&format!("{KIND}/read"))?;
    let group = call.group_of_list()?;
    let is_asked = |it: &&ClusterRecord| group.as_ref().is_none_or(|group| it.group.eq_ignore_ascii_case(group));
    let all = call.subscription().clusters.iter().filter(is_asked).map(shown).collect();
    Ok(call.page(all))
}

pub(super) fn put(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let (group, name) = call.resource(KIND, "write")?;
    call.judge("ManagedCluster")?;
    if call.subscription().cluster(&group, &name).is_none() {
        let message = "The test world makes no clusters through ARM.";
        return Err(Answer::refusal(400, "BadRequest", message));
    }
    let given = call.body.clone();
    let if_match = call.received.if_match.clone();
    let cluster = call.subscription_mut().cluster_mut(&group, &name).expect("it was just found");
    if cluster.updating > 0 {
        let message = format!(
            "Operation is not allowed because there's an in progress update managed cluster operation on the managed \
             cluster '{name}'. Please wait for it to finish before starting a new operation."
        );
        return Err(Answer::refusal(409, "OperationNotAllowed", message));
    }
    if !if_match.is_empty() && if_match.trim_matches('"') != format!("world-{}", cluster.revision) {
        let message = "The condition of the request is not met: the eTag of the resource is another one.";
        return Err(Answer::refusal(412, "PreconditionFailed", message));
    }
    if cluster.fields["properties"]["powerState"]["code"] == "Stopped" {
        let message = format!("Managed cluster '{name}' is stopped. Start it before other operations.");
        return Err(Answer::refusal(400, "OperationNotAllowed", message));
    }
    if given["location"] != cluster.fields["location"] {
        let message = "Changing property 'location' is not allowed.";
        return Err(Answer::refusal(400, "PropertyChangeNotAllowed", message));
    }
    let is_on = |fields: &Value| fields["properties"]["oidcIssuerProfile"]["enabled"] == true;
    if is_on(&cluster.fields) && given["properties"]["oidcIssuerProfile"]["enabled"] == false {
        let message = "OIDC issuer feature cannot be disabled.";
        return Err(Answer::refusal(400, "OIDCIssuerFeatureCannotBeDisabled", message));
    }
    let wants_identity = given["properties"]["securityProfile"]["workloadIdentity"]["enabled"] == true;
    if wants_identity && !is_on(&given) && !is_on(&cluster.fields) {
        let message = "Enabling workload identity requires the OIDC issuer to be enabled as well.";
        return Err(Answer::refusal(400, "WorkloadIdentityRequiresOIDCIssuer", message));
    }
    replace(cluster, &given);
    let operation = uuid::Uuid::new_v4();
    let answer = Answer::json(shown(cluster));
    let version = call.received.query("api-version").unwrap_or_default();
    let url = format!(
        "{}/subscriptions/{}/providers/Microsoft.ContainerService/locations/eastus/operations/{operation}?api-version={version}",
        call.base, call.home
    );
    Ok(answer.header("azure-asyncoperation", url))
}

/// Puts the whole resource in the place of the old one; what is not in it is gone, but for what clients cannot set.
fn replace(cluster: &mut ClusterRecord, given: &Value) {
    let old = std::mem::replace(&mut cluster.fields, given.clone());
    let new = &mut cluster.fields;
    for field in ["id", "name", "type"] {
        new[field] = old[field].clone();
    }
    for field in ["identity", "sku"] {
        if new[field].is_null() {
            new[field] = old[field].clone();
        }
    }
    for pointer in OURS {
        let name = pointer.rsplit('/').next().unwrap_or_default();
        match old.pointer(pointer) {
            Some(value) => new["properties"][name] = value.clone(),
            None => drop(new["properties"].as_object_mut().and_then(|it| it.remove(name))),
        }
    }
    let profile = &mut new["properties"]["oidcIssuerProfile"];
    if profile["enabled"].is_null() && old["properties"]["oidcIssuerProfile"]["enabled"] == true {
        // The one feature that is never switched off, not even by silence.
        *profile = old["properties"]["oidcIssuerProfile"].clone();
    }
    if profile["enabled"] == true {
        profile["issuerURL"] = Value::from(cluster.issuer.as_str());
    }
    cluster.updating = 2;
    cluster.revision += 1;
}

/// Tells of a long operation: all are done by then.
pub(super) fn operation(call: &mut Call<'_>) -> Answer {
    for cluster in &mut call.subscription_mut().clusters {
        cluster.updating = 0;
    }
    let name = call.place.names.last().cloned().unwrap_or_default();
    Answer::json(json!({ "name": name, "status": "Succeeded", "startTime": jiff::Timestamp::now().to_string() }))
}

pub(super) fn credential(call: &mut Call<'_>, verb: &str) -> Result<Answer, Refusal> {
    let path = call.place.path.clone();
    let resource = path.rsplit_once('/').map_or("", |(resource, _)| resource).to_owned();
    call.need_at(&format!("{KIND}/{verb}/action"), &resource)?;
    let (group, name) =
        (call.place.group.clone().unwrap_or_default(), call.place.names.first().cloned().unwrap_or_default());
    if !call.subscription().groups.contains_key(&group.to_lowercase()) {
        return Err(Answer::no_group(&group));
    }
    found(call, &group, &name)?;
    let format = call.received.query("format").map(str::to_lowercase);
    if format.as_deref().is_some_and(|it| it != "exec" && it != "azure") {
        return Err(call.wrong_query("The format of a kubeconfig is 'azure' or 'exec'."));
    }
    let cluster = call.subscription().cluster(&group, &name).expect("it was just found");
    let is_admin = verb == "listClusterAdminCredential";
    let properties = &cluster.fields["properties"];
    if is_admin && properties["disableLocalAccounts"] == true {
        let message = "Getting static credential is not allowed because this cluster is set to disable local accounts.";
        return Err(Answer::refusal(400, "BadRequest", message));
    }
    let document = kubeconfig(cluster, is_admin, format.as_deref() == Some("exec"));
    let name = if is_admin { "clusterAdmin" } else { "clusterUser" };
    let value = STANDARD.encode(serde_yaml::to_string(&document).expect("a kubeconfig is plain data"));
    Ok(Answer::json(json!({ "kubeconfigs": [{ "name": name, "value": value }] })))
}

fn kubeconfig(cluster: &ClusterRecord, is_admin: bool, with_exec: bool) -> Value {
    let properties = &cluster.fields["properties"];
    let text = |name: &str| properties[name].as_str().unwrap_or_default();
    let is_private = properties["apiServerAccessProfile"]["enablePrivateCluster"] == true;
    let is_running = properties["powerState"]["code"] != "Stopped";
    let host = if is_private { text("privateFQDN") } else { text("fqdn") };
    let plane = cluster.plane.as_ref();
    let server = match plane {
        Some(plane) if is_running => plane.server.clone(),
        Some(_) => "https://127.0.0.1:1".to_owned(),
        None => format!("https://{host}:443"),
    };
    let encoded = |text: &str| STANDARD.encode(text);
    let authority = plane.map_or_else(|| encoded("no certificate"), |it| encoded(&it.authority));
    let aad = &properties["aadProfile"];
    let tenant = aad["tenantID"].as_str().unwrap_or_default();
    let user = if aad.is_null() || is_admin {
        json!({
            "client-certificate-data": plane.map_or_else(String::new, |it| encoded(&it.certificate)),
            "client-key-data": plane.map_or_else(String::new, |it| encoded(&it.key)),
        })
    } else if with_exec {
        json!({ "exec": {
            "apiVersion": "client.authentication.k8s.io/v1beta1",
            "command": "kubelogin",
            "args": [
                "get-token", "--environment", "AzurePublicCloud", "--server-id", AKS,
                "--client-id", "80faf920-1908-4b52-b5ef-a8e7bedfc67a", "--tenant-id", tenant, "--login", "devicecode",
            ],
            "env": null,
            "installHint": "kubelogin is not installed which is required to connect to AAD enabled cluster.",
            "provideClusterInfo": false,
            "interactiveMode": "IfAvailable",
        } })
    } else {
        json!({ "auth-provider": { "name": "azure", "config": {
            "apiserver-id": AKS,
            "client-id": "80faf920-1908-4b52-b5ef-a8e7bedfc67a",
            "config-mode": "1",
            "environment": "AzurePublicCloud",
            "tenant-id": tenant,
        } } })
    };
    let role = if is_admin { "clusterAdmin" } else { "clusterUser" };
    let name = format!("{role}_{}_{}", cluster.group, cluster.name);
    json!({
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{ "name": cluster.name, "cluster": { "server": server, "certificate-authority-data": authority } }],
        "users": [{ "name": name, "user": user }],
        "contexts": [{ "name": cluster.name, "context": { "cluster": cluster.name, "user": name } }],
        "current-context": cluster.name,
        "preferences": {},
    })
}
