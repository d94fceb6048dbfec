//! What the Orchestrator holds, as far as this tool looks at it.

use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::settings::RuleTarget;

/// An organisation.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Org {
    /// Its id.
    pub id: String,
}

/// A project.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Project {
    /// Its id.
    pub id: String,
    /// Its name for people.
    #[serde(default)]
    pub display_name: String,
}

/// An environment type.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct EnvType {
    /// Its id.
    pub id: String,
    /// Its name for people.
    #[serde(default)]
    pub display_name: String,
}

/// An environment.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Environment {
    /// Its id within the project.
    pub id: String,
    /// The project's id.
    pub project_id: String,
    /// The runner that it was given; none before its first deployment.
    #[serde(default, deserialize_with = "absent_when_empty")]
    pub runner_id: Option<String>,
}

/// A registered runner. One from a list has only the types in its two configurations.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Runner {
    /// Its id within the organisation.
    pub id: String,
    /// The organisation's id.
    #[serde(default)]
    pub org_id: String,
    /// What a person wrote about it.
    #[serde(default)]
    pub description: Option<String>,
    /// `type` and what belongs to that type.
    #[serde(default)]
    pub runner_configuration: Value,
    /// `type` and what belongs to that type.
    #[serde(default)]
    pub state_storage_configuration: Value,
    /// When it was registered, RFC 3339.
    #[serde(default)]
    pub created_at: String,
    /// When it was last changed, RFC 3339.
    #[serde(default)]
    pub updated_at: String,
}

/// A rule that says which environments a runner is for.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Rule {
    /// Its id.
    pub id: String,
    /// The runner's id.
    pub runner_id: String,
    /// The project that it matches; `None` matches any.
    #[serde(default, deserialize_with = "absent_when_empty")]
    pub project_id: Option<String>,
    /// The environment type that it matches; `None` matches any.
    #[serde(default, deserialize_with = "absent_when_empty")]
    pub env_type_id: Option<String>,
}

impl Rule {
    /// Which environments it matches.
    pub fn target(&self) -> RuleTarget {
        RuleTarget { project: self.project_id.clone(), env_type: self.env_type_id.clone() }
    }
}

/// The API writes an empty text where a rule matches anything.
fn absent_when_empty<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?.filter(|text| !text.is_empty()))
}
