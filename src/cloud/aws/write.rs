//! Carrying out a change: once, however often it is asked for.

use aws_sdk_iam::types::Tag;
use serde_json::Value;

use super::AwsError;
use super::change::{AwsChange, NewAssociation, NewRole, RoleStep, Tags};
use super::client::Aws;
use super::found::Role;
use super::send::Call;
use super::trust_policy::normalized;
use crate::access::Access;

fn tags(tags: &Tags) -> Option<Vec<Tag>> {
    // Building one fails without a key or a value, and here are both.
    let tag = |(key, value): (&String, &String)| Tag::builder().key(key).value(value).build().ok();
    Some(tags.iter().filter_map(tag).collect::<Vec<_>>()).filter(|tags| !tags.is_empty())
}

fn meanwhile<T>(what: String, differs: impl Into<String>) -> Result<T, AwsError> {
    Err(AwsError::MadeMeanwhile { what, differs: differs.into() })
}

impl Aws {
    /// Carries out one change. Doing it twice is doing it once.
    ///
    /// # Errors
    /// What AWS says, or that somebody else was faster and made something different.
    pub async fn apply(&self, change: &AwsChange) -> Result<(), AwsError> {
        if self.access == Access::ReadOnly {
            // Some changes begin with a look, which alone would be let through.
            return Err(AwsError::ReadOnly { operation: "a change".to_owned() });
        }
        match change {
            AwsChange::CreateOidcProvider { arn, url, audience, tags } => {
                self.create_provider(arn, url, audience, tags).await
            }
            AwsChange::AddAudience { arn, audience } => {
                let call = self.about("AddClientIDToOpenIDConnectProvider", "OIDC provider", arn);
                let send = || {
                    let request = self.iam.add_client_id_to_open_id_connect_provider();
                    request.open_id_connect_provider_arn(arn).client_id(audience).send()
                };
                self.ask(call, send).await.map(drop)
            }
            AwsChange::CreateRole { role, then } => {
                self.create_role(role).await?;
                self.steps(&role.name, then).await
            }
            AwsChange::UpdateRole { name, steps } => self.steps(name, steps).await,
            AwsChange::CreateAssociation(association) => self.create_association(association).await,
            AwsChange::UpdateAssociation { cluster, id, role_arn } => {
                let call =
                    Call::eks("UpdatePodIdentityAssociation", format!("association `{id}` of cluster `{cluster}`"));
                let send = || {
                    let request = self.eks.update_pod_identity_association();
                    request.cluster_name(cluster).association_id(id).role_arn(role_arn).send()
                };
                self.ask(call, send).await.map(drop)
            }
            AwsChange::InstallAddon { cluster, addon, tags } => self.install_addon(cluster, addon, tags).await,
            AwsChange::DeleteAssociation { cluster, id } => self.delete_association(cluster, id).await,
            AwsChange::TakeBackTrust { name, seen, document } => self.change_trust(name, seen, document).await,
            AwsChange::DeleteRole { name, seen, detach, inline } => {
                if !self.still_as_seen(name, seen).await? {
                    return Ok(());
                }
                for policy in detach {
                    self.detach_policy(name, policy).await?;
                }
                for policy in inline {
                    self.delete_inline_policy(name, policy).await?;
                }
                self.delete_role(name).await
            }
            AwsChange::DeleteOidcProvider { arn, but_for } => {
                let trusting = self.roles_trusting(arn).await?;
                if let Some(other) = trusting.iter().find(|name| Some(*name) != but_for.as_ref()) {
                    let (what, how) = (format!("OIDC provider `{arn}`"), format!("role `{other}` trusts it now"));
                    return Err(AwsError::Moved { what, how });
                }
                self.delete_oidc_provider(arn).await
            }
        }
    }

    async fn create_provider(&self, arn: &str, url: &str, audience: &str, its: &Tags) -> Result<(), AwsError> {
        let its = tags(its);
        let send = || {
            let request = self.iam.create_open_id_connect_provider().url(url).client_id_list(audience);
            request.set_tags(its.clone()).send()
        };
        let created = self.ask(Call::iam("CreateOpenIDConnectProvider", format!("OIDC provider `{arn}`")), send).await;
        if created.as_ref().map_or_else(AwsError::is_there_already, |_| true) {
            self.remember_made(arn);
        }
        match created {
            Ok(_) => Ok(()),
            Err(error) if error.is_there_already() => match self.oidc_provider(arn).await? {
                Some(provider) if provider.audiences.iter().any(|it| it == audience) => Ok(()),
                Some(provider) => meanwhile(
                    format!("OIDC provider `{arn}`"),
                    format!("its audiences are {}, without {audience}", listed(&provider.audiences)),
                ),
                None => Err(error),
            },
            Err(error) => Err(error),
        }
    }

    async fn create_role(&self, role: &NewRole) -> Result<(), AwsError> {
        let its = tags(&role.tags);
        let send = || {
            let request = self.iam.create_role().role_name(&role.name).path(&role.path);
            request
                .description(&role.description)
                .assume_role_policy_document(role.trust.to_string())
                .set_permissions_boundary(role.boundary.clone())
                .set_tags(its.clone())
                .send()
        };
        let created = self.ask(Call::iam("CreateRole", format!("role `{}`", role.name)), send).await;
        // One that is there already may come from a run that died a moment ago: it is not known everywhere either.
        if created.as_ref().map_or_else(AwsError::is_there_already, |_| true) {
            self.remember_made(&role.name);
        }
        match created {
            Ok(_) => Ok(()),
            Err(error) if error.is_there_already() => match self.role(&role.name).await? {
                Some(there) => match difference(role, &there) {
                    None => Ok(()),
                    Some(differs) => meanwhile(format!("role `{}`", role.name), differs),
                },
                // IAM tells names apart without regard to case when it creates, and with regard when it reads.
                None => Err(AwsError::HiddenRole { name: role.name.clone() }),
            },
            Err(error) => Err(error),
        }
    }

    async fn steps(&self, role: &str, steps: &[RoleStep]) -> Result<(), AwsError> {
        for step in steps {
            self.step(role, step).await?;
        }
        Ok(())
    }

    async fn step(&self, role: &str, step: &RoleStep) -> Result<(), AwsError> {
        match step {
            RoleStep::SetTrust { seen, document } => self.change_trust(role, seen, document).await,
            RoleStep::Tag(its) => {
                let its = tags(its);
                let send = || self.iam.tag_role().role_name(role).set_tags(its.clone()).send();
                self.ask(self.about("TagRole", "role", role), send).await.map(drop)
            }
            RoleStep::SetBoundary(boundary) => {
                let send =
                    || self.iam.put_role_permissions_boundary().role_name(role).permissions_boundary(boundary).send();
                self.ask(self.about("PutRolePermissionsBoundary", "role", role), send).await.map(drop)
            }
            RoleStep::Attach(policy) => {
                let send = || self.iam.attach_role_policy().role_name(role).policy_arn(policy).send();
                self.ask(self.about("AttachRolePolicy", "role", role), send).await.map(drop)
            }
            RoleStep::PutInlinePolicy { name, document } => {
                let send = || {
                    let request = self.iam.put_role_policy().role_name(role).policy_name(name);
                    request.policy_document(document.to_string()).send()
                };
                self.ask(self.about("PutRolePolicy", "role", role), send).await.map(drop)
            }
        }
    }

    /// Writes a trust policy in the place of the one that was looked at, and of no other.
    async fn change_trust(&self, name: &str, seen: &Value, document: &Value) -> Result<(), AwsError> {
        match self.still_as_seen(name, seen).await {
            Ok(_) => self.set_trust(name, document).await,
            // A run that died may have got this far.
            Err(AwsError::Moved { .. }) if self.still_as_seen(name, document).await.is_ok() => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Looks once more before what can't be undone: IAM itself overwrites and deletes whatever is there by then. Answers
    /// whether the role is there at all.
    async fn still_as_seen(&self, name: &str, seen: &Value) -> Result<bool, AwsError> {
        match self.role(name).await? {
            None => Ok(false),
            Some(role) if normalized(&role.trust) == normalized(seen) => Ok(true),
            Some(_) => {
                let how = "its trust policy is another one than the one that was looked at".to_owned();
                Err(AwsError::Moved { what: format!("role `{name}`"), how })
            }
        }
    }

    /// Replaces a role's trust policy.
    ///
    /// # Errors
    /// What AWS says.
    pub async fn set_trust(&self, role: &str, trust: &Value) -> Result<(), AwsError> {
        let send = || self.iam.update_assume_role_policy().role_name(role).policy_document(trust.to_string()).send();
        self.ask(self.about("UpdateAssumeRolePolicy", "role", role), send).await.map(drop)
    }

    async fn create_association(&self, new: &NewAssociation) -> Result<(), AwsError> {
        let account = format!("{}/{}", new.namespace, new.service_account);
        let what = || format!("the association of `{account}` in cluster `{}`", new.cluster);
        let send = || {
            let request = self.eks.create_pod_identity_association().cluster_name(&new.cluster);
            request
                .namespace(&new.namespace)
                .service_account(&new.service_account)
                .role_arn(&new.role_arn)
                .set_tags(Some(new.tags.clone().into_iter().collect()))
                .send()
        };
        match self.ask(Call::eks("CreatePodIdentityAssociation", what()), send).await {
            Ok(_) => Ok(()),
            Err(error) if error.is_there_already() => {
                match self.association(&new.cluster, &new.namespace, &new.service_account).await? {
                    Some(there) if there.role_arn == new.role_arn && there.target_role_arn.is_none() => Ok(()),
                    Some(there) => meanwhile(what(), format!("it gives the role {}", there.role_arn)),
                    None => Err(error),
                }
            }
            Err(error) => Err(error),
        }
    }

    async fn install_addon(&self, cluster: &str, addon: &str, its: &Tags) -> Result<(), AwsError> {
        let call = Call::eks("CreateAddon", format!("add-on `{addon}` of cluster `{cluster}`"));
        let send = || {
            let request = self.eks.create_addon().cluster_name(cluster).addon_name(addon);
            request.set_tags(Some(its.clone().into_iter().collect())).send()
        };
        match self.ask(call, send).await {
            Ok(_) => Ok(()),
            // An add-on is there or not: whoever installed it, it is the same one.
            Err(error) if error.is_there_already() => match self.addon(cluster, addon).await? {
                Some(_) => Ok(()),
                None => Err(error),
            },
            Err(error) => Err(error),
        }
    }
}

fn listed(texts: &[String]) -> String {
    if texts.is_empty() { "none".to_owned() } else { texts.join(", ") }
}

/// In what a role that appeared meanwhile is not the one that was to be created.
fn difference(new: &NewRole, there: &Role) -> Option<String> {
    if !is_same(&new.trust, &there.trust) {
        return Some("it trusts somebody else".to_owned());
    }
    if new.path != there.path {
        return Some(format!("its path is {}", there.path));
    }
    if new.boundary != there.boundary {
        let boundary = there.boundary.as_deref().unwrap_or("none");
        return Some(format!("its permissions boundary is {boundary}"));
    }
    let missing = new.tags.iter().find(|(key, value)| there.tags.get(*key) != Some(value));
    missing.map(|(key, value)| format!("it has no tag {key}={value}"))
}

/// Whether two policy documents are the same; a list of one is the one.
fn is_same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| is_same(one, other))
        }
        (Value::Array(list), single) | (single, Value::Array(list)) => {
            matches!(list.as_slice(), [only] if is_same(only, single))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one.iter().all(|(key, value)| other.get(key).is_some_and(|there| is_same(value, there)))
        }
        (one, other) => one == other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_list_of_one_is_the_one_and_the_order_of_keys_does_not_count() {
        let one = json!({ "Action": "a", "Statement": [{ "x": 1, "y": ["b", "c"] }] });
        assert!(is_same(&one, &json!({ "Statement": { "y": ["b", "c"], "x": 1 }, "Action": ["a"] })));
        assert!(!is_same(&one, &json!({ "Statement": { "y": ["c", "b"], "x": 1 }, "Action": ["a"] })));
        assert!(!is_same(&one, &json!({ "Action": "a" })));
    }
}
