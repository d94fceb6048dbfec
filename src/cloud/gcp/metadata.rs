//! The metadata server of a machine of Google's: whether there is one.

use std::time::Duration;

use crate::process::Process;

/// The variable by which Google's libraries are told another address.
const HOST: &str = "GCE_METADATA_HOST";
/// The address on every machine of Google's: a number, so that no name server can hold things up.
const DEFAULT_HOST: &str = "169.254.169.254";
/// Where Linux says who made the machine.
const PRODUCT: &str = "/sys/class/dmi/id/product_name";
/// What Google's services without machines set.
const SERVICES: [&str; 3] = ["K_SERVICE", "CLOUD_RUN_JOB", "GAE_ENV"];
/// It is next door, or not there.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

/// The host to ask; `None`: this is no machine of Google's, and asking would only take time.
pub(super) fn host(process: &Process) -> Option<String> {
    if let Some(host) = process.var(HOST) {
        return Some(host.to_owned());
    }
    let is_googles = std::fs::read_to_string(PRODUCT).is_ok_and(|name| name.trim().starts_with("Google"))
        || SERVICES.iter().any(|variable| process.var(variable).is_some());
    is_googles.then(|| DEFAULT_HOST.to_owned())
}
