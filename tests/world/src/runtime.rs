//! The one asynchronous runtime under the blocking facade; it never ends, so that tests can share what runs on it.

use std::sync::OnceLock;

use tokio::runtime::{Builder, Runtime};

static RUNTIME: OnceLock<Runtime> = OnceLock::new();

/// Returns the runtime of this process.
pub(crate) fn runtime() -> &'static Runtime {
    RUNTIME.get_or_init(|| {
        Builder::new_multi_thread()
            .worker_threads(4)
            .thread_name("world")
            .enable_all()
            .build()
            .expect("threads for the test world")
    })
}

/// Runs a future from a plain thread and waits for it.
pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    runtime().block_on(future)
}
