//! What jobs with an identity in Azure find in their pods.

use serde_json::{Value, json};

use super::Additions;
use crate::settings::AzureIdentity;

impl Additions<'_> {
    /// Whether the jobs get an identity in Azure.
    pub(super) fn has_azure_identity(&self) -> bool {
        self.settings.azure.as_ref().is_some_and(|azure| azure.identity != AzureIdentity::None)
    }

    /// With which azurerm uses the jobs' identity by itself; what the told template sets stays. Source: the provider's
    /// guide to AKS workload identity (`failure-modes.md`, AZ-13).
    pub(super) fn azurerm_variables(&self) -> Vec<Value> {
        let Some(azure) = self.settings.azure.as_ref().filter(|azure| azure.azurerm_env && self.has_azure_identity())
        else {
            return Vec::new();
        };
        let subscription = Some(azure.subscription.to_string());
        let variables = [
            ("ARM_USE_AKS_WORKLOAD_IDENTITY", Some("true".to_owned())),
            ("ARM_TENANT_ID", self.inputs.azure_tenant.map(str::to_owned)),
            ("ARM_SUBSCRIPTION_ID", subscription),
        ];
        let wanted = variables.into_iter().filter(|(name, _)| !self.is_told_variable(name));
        wanted.filter_map(|(name, value)| Some(json!({ "name": name, "value": value? }))).collect()
    }
}
