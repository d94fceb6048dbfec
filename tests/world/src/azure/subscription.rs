//! One subscription of a test: its people, its resource groups and its clusters.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::principal::Kind;
use super::state::{Group, Plane};
use super::{Azure, Cluster, Identity, LOCATION, identities};
use crate::facade::{World, write_private};

/// A subscription that nobody else has.
#[derive(Clone)]
pub struct Subscription {
    pub(super) azure: &'static Azure,
    pub(super) id: String,
    tenant: String,
}

impl Subscription {
    pub(super) fn new(azure: &'static Azure, id: &str, tenant: &str) -> Self {
        Self { azure, id: id.to_owned(), tenant: tenant.to_owned() }
    }

    /// Returns its id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Returns its tenant's id.
    pub fn tenant(&self) -> &str {
        &self.tenant
    }

    /// Returns the Azure that it is in.
    pub fn azure(&self) -> &'static Azure {
        self.azure
    }

    /// Returns its scope: `/subscriptions/ID`.
    pub fn scope(&self) -> String {
        format!("/subscriptions/{}", self.id)
    }

    /// Returns the scope of a resource group.
    pub fn group_scope(&self, group: &str) -> String {
        format!("/subscriptions/{}/resourceGroups/{group}", self.id)
    }

    /// Makes a resource group in [`LOCATION`] unless it is there.
    pub fn resource_group(&self, name: &str) {
        self.resource_group_in(name, LOCATION);
    }

    /// Makes a resource group in a location unless it is there.
    pub fn resource_group_in(&self, name: &str, location: &str) {
        let group = Group { name: name.to_owned(), location: location.to_owned(), tags: json!({}) };
        self.azure.state().subscription_mut(&self.id).groups.entry(name.to_lowercase()).or_insert(group);
    }

    /// Deletes a resource group with its clusters and identities.
    pub fn delete_resource_group(&self, name: &str) {
        let mut state = self.azure.state();
        let subscription = state.subscription_mut(&self.id);
        subscription.groups.remove(&name.to_lowercase());
        subscription.clusters.retain(|it| !it.group.eq_ignore_ascii_case(name));
        let gone = subscription.identities.iter().filter(|it| it.group.eq_ignore_ascii_case(name));
        let gone: Vec<String> = gone.map(|it| it.name.clone()).collect();
        for identity in gone {
            identities::remove(&mut state, &self.id, name, &identity);
        }
    }

    /// Makes some other resource known by its id, so that roles can be assigned there; its group must be there as well.
    pub fn resource(&self, id: &str) {
        self.azure.state().subscription_mut(&self.id).others.insert(id.to_lowercase());
    }

    /// Makes a person and gives them roles in the whole subscription, who acts through `az`.
    pub fn user(&self, name: &str, roles: &[&str]) -> Identity {
        self.made(Kind::User, name, roles)
    }

    /// Makes a person who may do exactly this in the whole subscription, by a role of its own.
    pub fn user_with_actions(&self, name: &str, actions: &[&str]) -> Identity {
        let role = self.role(&format!("world {}", self.azure.state().next()), actions, &[]);
        self.user(name, &[&role])
    }

    /// Makes an application with a client secret and gives it roles in the whole subscription.
    pub fn service_principal(&self, name: &str, roles: &[&str]) -> Identity {
        self.made(Kind::Application, name, roles).with_secret()
    }

    /// Makes an application with a client secret that may do exactly this in the whole subscription.
    pub fn service_principal_with_actions(&self, name: &str, actions: &[&str]) -> Identity {
        let role = self.role(&format!("world {}", self.azure.state().next()), actions, &[]);
        self.service_principal(name, &[&role])
    }

    /// Makes a managed identity in a resource group, for a machine to act as, and gives it roles in the whole
    /// subscription; programs find an endpoint of it.
    pub fn machine(&self, group: &str, name: &str, roles: &[&str]) -> Identity {
        self.create_identity(group, name);
        let principal = self.text_of(group, name, "principalId");
        let identity = Identity::new(self.clone(), &principal).with_managed_identity();
        for role in roles {
            self.grant(&identity, role, &self.scope());
        }
        identity
    }

    /// Makes a group, returns its object id.
    pub fn directory_group(&self, name: &str, members: &[&Identity]) -> String {
        let mut state = self.azure.state();
        let id = state.add_principal(&self.id, Kind::Group, name);
        for member in members {
            state.principal_mut(member.object_id()).groups.insert(id.clone());
        }
        id
    }

    /// Makes a cluster that names this control plane, whose service account tokens count; its resource group is made as
    /// well. Its kubeconfig has a client certificate, unless [`Cluster::uses_entra`].
    pub fn cluster(&self, name: &str, group: &str, world: &World) -> Cluster {
        let issuer = self.azure.trust_issuer(world);
        let plane = world.control_plane();
        let pair = plane.authority().client("masterclient", Some("system:masters"));
        let plane = Plane {
            server: plane.server_url(),
            authority: plane.authority().certificate().to_owned(),
            certificate: pair.certificate,
            key: pair.key,
        };
        let address = plane.server.trim_start_matches("https://").to_owned();
        let cluster = Cluster::add(self.clone(), name, group, &issuer, Some(plane));
        // As everywhere, the name is that of the kubeconfig's server; a real one has no port.
        cluster.say(&json!({ "fqdn": address }));
        cluster
    }

    /// Makes a cluster of which only the resource is there.
    pub fn paper_cluster(&self, name: &str, group: &str) -> Cluster {
        let issuer = format!("https://{LOCATION}.oic.prod-aks.azure.com/{}/{}/", self.tenant, uuid::Uuid::new_v4());
        Cluster::add(self.clone(), name, group, &issuer, None)
    }

    fn made(&self, kind: Kind, name: &str, roles: &[&str]) -> Identity {
        let oid = self.azure.state().add_principal(&self.id, kind, name);
        let identity = Identity::new(self.clone(), &oid);
        for role in roles {
            self.grant(&identity, role, &self.scope());
        }
        identity
    }

    /// Writes a file that lasts as long as the process and that only we can read.
    pub(super) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder(name).join(name);
        write_private(&path, text).expect("our own folder can be written");
        path
    }

    /// Makes a folder that lasts as long as the process.
    pub(super) fn folder(&self, name: &str) -> PathBuf {
        let number = self.azure.state().next();
        let folder = self.azure.folder().join(format!("{name}-{number}"));
        std::fs::create_dir_all(&folder).expect("our own folder can be written");
        folder
    }

    fn text_of(&self, group: &str, name: &str, property: &str) -> String {
        let identity: Value = self.identity(group, name).expect("the identity is there");
        identity["properties"][property].as_str().expect("ids are text").to_owned()
    }
}
