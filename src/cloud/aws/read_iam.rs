//! Reading OIDC providers, roles and their policies from IAM.

use std::sync::PoisonError;

use aws_sdk_iam::types::Tag;
use serde_json::Value;

use super::AwsError;
use super::client::Aws;
use super::found::{OidcProvider, Role};
use super::names::Arn;
use super::read_eks::{arn, incomplete};
use super::send::Call;

fn tags(tags: &[Tag]) -> std::collections::BTreeMap<String, String> {
    tags.iter().map(|tag| (tag.key().to_owned(), tag.value().to_owned())).collect()
}

/// A policy document as IAM hands it over: percent-encoded JSON.
fn document(call: &Call, text: &str) -> Result<Value, AwsError> {
    let decoded = percent_decoded(text);
    serde_json::from_str(&decoded).map_err(|_| incomplete(call, "policy document that is JSON"))
}

fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let hex = after.get(..2).and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        match (first, hex) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            _ => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

impl Aws {
    /// Whether this run has created it, so that "not there" may mean "not yet".
    fn is_fresh(&self, name: &str) -> bool {
        self.shared.made.lock().unwrap_or_else(PoisonError::into_inner).iter().any(|made| made == name)
    }

    pub(super) fn remember_made(&self, name: &str) {
        self.shared.made.lock().unwrap_or_else(PoisonError::into_inner).push(name.to_owned());
    }

    pub(super) fn forget_made(&self, name: &str) {
        self.shared.made.lock().unwrap_or_else(PoisonError::into_inner).retain(|made| made != name);
    }

    /// A call that is about a role or a provider.
    pub(super) fn about(&self, operation: &'static str, what: &str, name: &str) -> Call {
        Call { fresh: self.is_fresh(name), ..Call::iam(operation, format!("{what} `{name}`")) }
    }

    /// An OIDC provider, by its ARN.
    ///
    /// # Errors
    /// A missing right, or no answer.
    pub async fn oidc_provider(&self, provider: &str) -> Result<Option<OidcProvider>, AwsError> {
        let call = self.about("GetOpenIDConnectProvider", "OIDC provider", provider);
        let send = || self.iam.get_open_id_connect_provider().open_id_connect_provider_arn(provider).send();
        let Some(answer) = self.ask_for(call, send).await? else { return Ok(None) };
        Ok(Some(OidcProvider { audiences: answer.client_id_list().to_vec(), tags: tags(answer.tags()) }))
    }

    /// A role, by its name without its path.
    ///
    /// # Errors
    /// A missing right, or no answer.
    pub async fn role(&self, name: &str) -> Result<Option<Role>, AwsError> {
        let call = || self.about("GetRole", "role", name);
        let send = || self.iam.get_role().role_name(name).send();
        let Some(answer) = self.ask_for(call(), send).await? else { return Ok(None) };
        let role = answer.role().ok_or_else(|| incomplete(&call(), "role"))?;
        let trust = role.assume_role_policy_document().ok_or_else(|| incomplete(&call(), "trust policy"))?;
        let boundary = role.permissions_boundary().and_then(|boundary| boundary.permissions_boundary_arn());
        Ok(Some(Role {
            arn: arn(&call(), Some(role.arn()))?,
            path: role.path().to_owned(),
            trust: document(&call(), trust)?,
            boundary: boundary.map(str::to_owned),
            tags: tags(role.tags()),
        }))
    }

    /// The ARNs of the managed policies attached to a role; `None`: there is no such role.
    ///
    /// # Errors
    /// A missing right, or no answer.
    pub async fn attached_policies(&self, role: &str) -> Result<Option<Vec<String>>, AwsError> {
        let call = self.about("ListAttachedRolePolicies", "role", role);
        let send = || async {
            let pages = self.iam.list_attached_role_policies().role_name(role).into_paginator();
            pages.items().send().collect::<Result<Vec<_>, _>>().await
        };
        let policies = self.ask_for(call, send).await?;
        Ok(policies
            .map(|policies| policies.iter().filter_map(|policy| policy.policy_arn().map(str::to_owned)).collect()))
    }

    /// An inline policy of a role.
    ///
    /// # Errors
    /// A missing right, or no answer.
    pub async fn inline_policy(&self, role: &str, name: &str) -> Result<Option<Value>, AwsError> {
        let call = || Call::iam("GetRolePolicy", format!("policy `{name}` of role `{role}`"));
        let send = || self.iam.get_role_policy().role_name(role).policy_name(name).send();
        let Some(answer) = self.ask_for(call(), send).await? else { return Ok(None) };
        document(&call(), answer.policy_document()).map(Some)
    }

    /// The names of a role's inline policies; none when there is no such role.
    ///
    /// # Errors
    /// A missing right, or no answer.
    pub async fn inline_policies(&self, role: &str) -> Result<Vec<String>, AwsError> {
        let call = Call::iam("ListRolePolicies", format!("role `{role}`"));
        let send = || async {
            let pages = self.iam.list_role_policies().role_name(role).into_paginator();
            pages.items().send().collect::<Result<Vec<_>, _>>().await
        };
        Ok(self.ask_for(call, send).await?.unwrap_or_default())
    }

    /// The names of all roles whose trust policy names a provider: who else needs it.
    ///
    /// # Errors
    /// A missing right, or no answer.
    pub async fn roles_trusting(&self, provider: &str) -> Result<Vec<String>, AwsError> {
        let call = || Call::iam("ListRoles", "the roles of the account");
        let send =
            || async { self.iam.list_roles().into_paginator().items().send().collect::<Result<Vec<_>, _>>().await };
        let roles = self.ask(call(), send).await?;
        let trusts = |role: &&aws_sdk_iam::types::Role| {
            role.assume_role_policy_document().is_some_and(|trust| names_provider(&percent_decoded(trust), provider))
        };
        Ok(roles.iter().filter(trusts).map(|role| role.role_name().to_owned()).collect())
    }

    /// The ARN of a role, path included; `None` when it can't be known.
    pub(super) async fn role_arn_of(&self, name: &str) -> Result<Option<Arn>, AwsError> {
        match self.role(name).await {
            Ok(role) => Ok(role.map(|role| role.arn)),
            Err(error) if error.is_denied() => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// Whether a trust policy names a provider as a principal.
fn names_provider(trust: &str, provider: &str) -> bool {
    fn inside(value: &Value, provider: &str) -> bool {
        match value {
            Value::String(text) => text.eq_ignore_ascii_case(provider),
            Value::Array(list) => list.iter().any(|value| inside(value, provider)),
            Value::Object(map) => map.values().any(|value| inside(value, provider)),
            _ => false,
        }
    }
    serde_json::from_str::<Value>(trust).is_ok_and(|trust| inside(&trust, provider))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_come_percent_encoded_and_a_plus_is_a_plus() {
        let text = "%7B%22Version%22%3A%20%222012-10-17%22%2C%22a%22%3A%22x+y%25%C3%A4%22%7D";
        let call = Call::iam("GetRole", "role `x`");
        assert_eq!(document(&call, text).unwrap(), serde_json::json!({ "Version": "2012-10-17", "a": "x+y%ä" }));
        assert_eq!(document(&call, r#"{"a":"100%"}"#).unwrap()["a"], "100%");
        assert!(document(&call, "%7B").is_err());
    }

    #[test]
    fn a_provider_is_found_wherever_a_trust_policy_names_it() {
        let provider = "arn:aws:iam::123456789012:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/A";
        for principal in [format!(r#""{provider}""#), format!(r#"["x", "{provider}"]"#)] {
            let trust = format!(r#"{{"Statement":[{{"Principal":{{"Federated":{principal}}}}}]}}"#);
            assert!(names_provider(&trust, provider));
        }
        assert!(!names_provider(r#"{"Statement":[{"Principal":{"Federated":"x"}}]}"#, provider));
    }
}
