//! Requests as they go out, for `-vv` and RUNNER_SETUP_LOG: method, path and outcome, never headers or bodies.

use tracing_subscriber::EnvFilter;

use crate::process::Process;

/// Starts logging to stderr when asked to.
pub fn log_requests(process: &Process, verbose: u8, colored: bool) {
    let level = match (process.var("RUNNER_SETUP_LOG"), verbose) {
        (Some(level), _) => level,
        (None, 0 | 1) => return,
        (None, _) => "debug",
    };
    // Only what this program says itself: libraries may say more than anybody should read.
    let filter = format!("off,runner_setup={level}");
    // A second start in one process (tests) keeps the first.
    drop(
        tracing_subscriber::fmt()
            .with_env_filter(EnvFilter::builder().parse_lossy(filter))
            .with_writer(std::io::stderr)
            .with_ansi(colored)
            .with_target(false)
            .without_time()
            .try_init(),
    );
}
