//! One Google project of a test: its people and its clusters.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::principal::Who;
use super::{Cluster, Gcp, Identity, gcloud};
use crate::facade::{World, write_private};
use crate::jwt::SigningKey;

/// A project that nobody else has.
#[derive(Clone)]
pub struct Project {
    pub(super) gcp: &'static Gcp,
    pub(super) id: String,
    number: String,
}

impl Project {
    pub(super) fn new(gcp: &'static Gcp, id: &str) -> Self {
        let number = gcp.state().project(id).number.clone();
        Self { gcp, id: id.to_owned(), number }
    }

    /// Returns the project's id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Returns the project's number.
    pub fn number(&self) -> &str {
        &self.number
    }

    /// Returns the Google that it is a project of.
    pub fn gcp(&self) -> &'static Gcp {
        self.gcp
    }

    /// Makes a person known and gives them roles in this project.
    pub fn user(&self, email: &str, roles: &[&str]) -> Identity {
        self.gcp.know(&[email]);
        let identity = Identity::new(self.clone(), Who::User { email: email.to_owned() });
        self.grant(&identity, roles);
        identity
    }

    /// Makes a service account for a person or a pipeline to act as, and gives it roles in this project.
    pub fn robot(&self, account_id: &str, roles: &[&str]) -> Identity {
        let email = self.create_account(account_id);
        let unique_id = self.gcp.state().living(&email).expect("it was just made").1.unique_id.clone();
        let identity = Identity::new(self.clone(), Who::Account { unique_id });
        self.grant(&identity, roles);
        identity
    }

    /// Makes somebody of another identity provider, by an `external_account` file whose token comes from a file, and
    /// gives them roles in this project.
    pub fn external(&self, subject: &str, roles: &[&str]) -> Identity {
        let pool = format!("projects/{}/locations/global/workloadIdentityPools/ci", self.number);
        let audience = format!("//iam.googleapis.com/{pool}/providers/issuer");
        let issuer = format!("https://ci.example.com/{}", self.id);
        let key = SigningKey::new(&format!("ci-{}", self.id));
        self.gcp.trust_keys(&issuer, &key.jwks());
        let mut state = self.gcp.state();
        state.providers.insert(audience.clone(), (issuer.clone(), self.id.clone()));
        drop(state);
        let now = jiff::Timestamp::now().as_second();
        let claims =
            json!({ "iss": issuer, "sub": subject, "aud": format!("https:{audience}"), "iat": now, "exp": now + 3600 });
        let file = self.write("subject-token", &key.sign(&claims));
        let who = Who::External { pool, subject: subject.to_owned() };
        let identity = Identity::new(self.clone(), who).with_external_file(&audience, file, key);
        self.grant(&identity, roles);
        identity
    }

    /// Makes somebody who logged in through a workforce pool, by an `external_account_authorized_user` file.
    pub fn workforce(&self, subject: &str, roles: &[&str]) -> Identity {
        let pool = "locations/global/workforcePools/staff".to_owned();
        let audience = format!("//iam.googleapis.com/{pool}/providers/okta");
        let identity = Identity::new(self.clone(), Who::External { pool, subject: subject.to_owned() });
        let identity = identity.with_workforce_file(&audience);
        self.grant(&identity, roles);
        identity
    }

    /// Gives somebody roles in this project, who may be of another project.
    pub fn grant(&self, identity: &Identity, roles: &[&str]) {
        for role in roles {
            self.bind(role, &identity.member());
        }
        let home = identity.project().id().to_owned();
        if home != self.id {
            self.gcp.state().project_mut(&home).friends.insert(self.id.clone());
        }
    }

    /// Makes a cluster that names this control plane, whose service account tokens count, and in which IAM decides.
    pub fn cluster(&self, name: &str, location: &str, world: &World) -> Cluster {
        let issuer = self.gcp.trust_issuer(world);
        let cluster = Cluster::add(self.clone(), name, location, &Cluster::fields_of(world), Some(issuer));
        cluster.say_endpoint(world.server_url().trim_start_matches("https://"));
        cluster
    }

    /// Makes a cluster of which only the resource is there.
    pub fn paper_cluster(&self, name: &str, location: &str) -> Cluster {
        Cluster::add(self.clone(), name, location, &json!({}), None)
    }

    /// Makes somebody of this project who may do exactly this, by a role of the project.
    pub fn user_with_permissions(&self, email: &str, permissions: &[&str]) -> Identity {
        let id = format!("world{}", self.gcp.state().next());
        let role = self.role(&id, permissions);
        self.user(email, &[&role])
    }

    /// Runs the real `gcloud` as somebody and returns its document, or what it said on standard error.
    pub fn gcloud(&self, identity: &Identity, arguments: &[&str]) -> Result<Value, String> {
        let mut env = identity.gcloud_env();
        env.insert("CLOUDSDK_CORE_PROJECT".to_owned(), self.id.clone());
        gcloud::run(&env, arguments)
    }

    /// Writes a file that lasts as long as the process and that only we can read.
    pub(super) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder(name).join(name);
        write_private(&path, text).expect("our own folder can be written");
        path
    }

    /// Makes a folder that lasts as long as the process.
    pub(super) fn folder(&self, name: &str) -> PathBuf {
        let number = self.gcp.state().next();
        let folder = self.gcp.folder().join(format!("{name}-{number}"));
        std::fs::create_dir_all(&folder).expect("our own folder can be written");
        folder
    }
}
