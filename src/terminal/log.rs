//! Requests as they go out, for `-vv` and RUNNER_SETUP_LOG: method, path and outcome, never headers or bodies.

use tracing_subscriber::EnvFilter;

use crate::process::Process;

/// Starts logging to stderr when asked to.
pub fn log_requests(process: &Process, verbose: u8) {
    let filter = match (process.var("RUNNER_SETUP_LOG"), verbose) {
        (Some(filter), _) => filter.to_owned(),
        (None, 0 | 1) => return,
        (None, _) => "runner_setup=debug".to_owned(),
    };
    // A second start in one process (tests) keeps the first.
    drop(
        tracing_subscriber::fmt()
            .with_env_filter(EnvFilter::builder().parse_lossy(filter))
            .with_writer(std::io::stderr)
            .with_target(false)
            .without_time()
            .try_init(),
    );
}
