//! The JSON schemas of every document that is written or read: shipped in `docs/schemas/`.

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::Value;

use crate::event::EventLine;
use crate::result::ResultDocument;
use crate::saved_plan::SavedPlan;

use super::config::SettingsDocument;
use super::keygen::KeyDocument;
use super::permissions::PermissionsDocument;
use super::status::StatusDocument;

/// Each schema with the name of its file.
pub fn schemas() -> Vec<(&'static str, Value)> {
    vec![
        ("config", crate::answers::schema()),
        ("event", written::<EventLine<'_>>()),
        ("key", written::<KeyDocument>()),
        ("permissions", written::<PermissionsDocument>()),
        ("plan", written::<SavedPlan>()),
        ("result", written::<ResultDocument>()),
        ("settings", written::<SettingsDocument>()),
        ("status", written::<StatusDocument>()),
    ]
}

/// The schema of what is written: a field that is always there is required.
fn written<T: JsonSchema>() -> Value {
    SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<T>().to_value()
}
