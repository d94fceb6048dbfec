//! A cluster as ARM tells of it.

use serde_json::{Value, json};

use super::state::{ClusterRecord, Plane};
use super::{LOCATION, Subscription, clusters};
use crate::facade::World;

/// A cluster of a subscription.
#[derive(Clone)]
pub struct Cluster {
    subscription: Subscription,
    name: String,
    group: String,
}

impl Cluster {
    pub(super) fn add(subscription: Subscription, name: &str, group: &str, issuer: &str, plane: Option<Plane>) -> Self {
        subscription.resource_group(group);
        let cluster = Self { subscription, name: name.to_owned(), group: group.to_owned() };
        let record = ClusterRecord {
            group: group.to_owned(),
            name: name.to_owned(),
            fields: cluster.usual(issuer),
            issuer: issuer.to_owned(),
            plane,
            updating: 0,
            revision: 1,
        };
        let subscription = &cluster.subscription;
        subscription.azure.state().subscription_mut(&subscription.id).clusters.push(record);
        cluster
    }

    /// Returns its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns its resource group.
    pub fn group(&self) -> &str {
        &self.group
    }

    /// Returns its subscription.
    pub fn subscription(&self) -> &Subscription {
        &self.subscription
    }

    /// Returns its id as people write it.
    pub fn id(&self) -> String {
        format!("{}/providers/{}/{}", self.subscription.group_scope(&self.group), clusters::KIND, self.name)
    }

    /// Returns the issuer of its service account tokens, with the slash at its end.
    pub fn issuer(&self) -> String {
        self.with(|record| record.issuer.clone())
    }

    /// Returns the subject of a service account's tokens.
    pub fn subject(&self, namespace: &str, account: &str) -> String {
        format!("system:serviceaccount:{namespace}:{account}")
    }

    /// Returns what ARM says of it.
    pub fn described(&self) -> Value {
        self.with(|record| clusters::shown(record))
    }

    /// Changes the properties that ARM tells: the given ones replace those that are there, such as `fqdn`,
    /// `securityProfile`, `apiServerAccessProfile` or `provisioningState`; one of `null` goes away.
    pub fn say(&self, properties: &Value) {
        self.with(|record| {
            let all = record.fields["properties"].as_object_mut().expect("properties are an object");
            for (name, value) in properties.as_object().into_iter().flatten() {
                if value.is_null() {
                    all.remove(name);
                } else {
                    all.insert(name.clone(), value.clone());
                }
            }
        });
    }

    /// Says another location.
    pub fn say_location(&self, location: &str) {
        self.with(|record| record.fields["location"] = Value::from(location));
    }

    /// Says another address in its kubeconfig, such as that of a proxy.
    pub fn say_server(&self, url: &str) {
        self.with(|record| {
            if let Some(plane) = &mut record.plane {
                url.clone_into(&mut plane.server);
            }
        });
    }

    /// Makes the node of a control plane one of this cluster's: its labels and its id say so. A node is asked only once, so
    /// the control plane must be the test's own.
    pub fn owns_node(&self, world: &World) {
        let group = self.described()["properties"]["nodeResourceGroup"].as_str().unwrap_or_default().to_owned();
        world.merge("v1", "Node", "", "kwok-0", &node(self.subscription.id(), &group));
    }

    /// Switches the OIDC issuer off and on.
    pub fn oidc_issuer(&self, on: bool) {
        let profile =
            if on { json!({ "enabled": true, "issuerURL": self.issuer() }) } else { json!({ "enabled": false }) };
        self.say(&json!({ "oidcIssuerProfile": profile }));
    }

    /// Switches workload identity off and on, as ARM tells of it.
    pub fn workload_identity(&self, on: bool) {
        self.say(&json!({ "securityProfile": { "workloadIdentity": { "enabled": on } } }));
    }

    /// Lets people log in with Entra's tokens: members of these groups are administrators, and so are, when
    /// `by_azure_roles`, those who have the role `Azure Kubernetes Service RBAC Cluster Admin`. With `local_accounts` there
    /// is still a client certificate for administrators.
    pub fn uses_entra(&self, admin_groups: &[&str], by_azure_roles: bool, local_accounts: bool) {
        self.say(&json!({
            "aadProfile": {
                "managed": true,
                "enableAzureRBAC": by_azure_roles,
                "adminGroupObjectIDs": admin_groups,
                "tenantID": self.subscription.tenant(),
            },
            "disableLocalAccounts": !local_accounts,
        }));
    }

    /// Stops it: its kubeconfig leads nowhere.
    pub fn stop(&self) {
        self.say(&json!({ "powerState": { "code": "Stopped" } }));
    }

    /// Deletes it.
    pub fn delete(&self) {
        let mut state = self.subscription.azure.state();
        let all = &mut state.subscription_mut(&self.subscription.id).clusters;
        all.retain(|it| it.name != self.name || it.group != self.group);
    }

    fn with<T>(&self, act: impl FnOnce(&mut ClusterRecord) -> T) -> T {
        let mut state = self.subscription.azure.state();
        let found = state.subscription_mut(&self.subscription.id).cluster_mut(&self.group, &self.name);
        act(found.unwrap_or_else(|| panic!("the cluster {} was deleted", self.name)))
    }

    /// What ARM says of a cluster with nothing special.
    fn usual(&self, issuer: &str) -> Value {
        let (name, group, subscription) = (&self.name, &self.group, &self.subscription.id);
        json!({
            "id": format!("/subscriptions/{subscription}/resourcegroups/{group}/providers/{}/{name}", clusters::KIND),
            "name": name,
            "type": "Microsoft.ContainerService/ManagedClusters",
            "location": LOCATION,
            "tags": { "team": "platform" },
            "sku": { "name": "Base", "tier": "Standard" },
            "identity": {
                "type": "SystemAssigned",
                "principalId": "4c1d2e3f-0000-4a5b-8c9d-e0f1a2b3c4d5",
                "tenantId": self.subscription.tenant(),
            },
            "properties": {
                "provisioningState": "Succeeded",
                "powerState": { "code": "Running" },
                "kubernetesVersion": "1.35",
                "currentKubernetesVersion": "1.35.4",
                "dnsPrefix": format!("{name}-dns"),
                "fqdn": format!("{name}-dns-0a1b2c3d.hcp.{LOCATION}.azmk8s.io"),
                "azurePortalFQDN": format!("{name}-dns-0a1b2c3d.portal.hcp.{LOCATION}.azmk8s.io"),
                "agentPoolProfiles": [{
                    "name": "nodepool1",
                    "count": 3,
                    "vmSize": "Standard_D4s_v5",
                    "osDiskSizeGB": 128,
                    "osType": "Linux",
                    "type": "VirtualMachineScaleSets",
                    "mode": "System",
                    "orchestratorVersion": "1.35",
                    "provisioningState": "Succeeded",
                    "powerState": { "code": "Running" },
                }],
                "nodeResourceGroup": format!("MC_{group}_{name}_{LOCATION}"),
                "identityProfile": { "kubeletidentity": {
                    "resourceId": format!(
                        "/subscriptions/{subscription}/resourcegroups/MC_{group}_{name}_{LOCATION}/providers/\
                         Microsoft.ManagedIdentity/userAssignedIdentities/{name}-agentpool"
                    ),
                    "clientId": "5d2e3f4a-0000-4b6c-9d0e-f1a2b3c4d5e6",
                    "objectId": "6e3f4a5b-0000-4c7d-8e1f-a2b3c4d5e6f7",
                } },
                "enableRBAC": true,
                "supportPlan": "KubernetesOfficial",
                "networkProfile": {
                    "networkPlugin": "azure",
                    "networkPluginMode": "overlay",
                    "podCidr": "10.244.0.0/16",
                    "serviceCidr": "10.0.0.0/16",
                    "dnsServiceIP": "10.0.0.10",
                    "outboundType": "loadBalancer",
                    "loadBalancerSku": "standard",
                },
                "disableLocalAccounts": false,
                "oidcIssuerProfile": { "enabled": true, "issuerURL": issuer },
                "securityProfile": { "workloadIdentity": { "enabled": true } },
                "publicNetworkAccess": "Enabled",
                "maxAgentPools": 100,
                "resourceUID": "66f0a1b2c3d4e5f600112233",
            },
        })
    }
}

/// What a node of Azure says of itself, as a patch.
pub(super) fn node(subscription: &str, group: &str) -> Value {
    json!({
        "metadata": { "labels": {
            "kubernetes.azure.com/cluster": group,
            "kubernetes.azure.com/agentpool": "nodepool1",
            "kubernetes.azure.com/mode": "system",
            "agentpool": "nodepool1",
            "node.kubernetes.io/instance-type": "Standard_D4s_v5",
            "topology.kubernetes.io/region": LOCATION,
            "topology.kubernetes.io/zone": format!("{LOCATION}-1"),
        } },
        "spec": { "providerID": format!(
            "azure:///subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Compute/\
             virtualMachineScaleSets/aks-nodepool1-12345678-vmss/virtualMachines/0"
        ) },
    })
}
