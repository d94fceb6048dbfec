//! Ctrl-C: the first one lets the change in hand finish, the second one ends at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Notify;

/// Whether somebody pressed Ctrl-C. Cheap to clone; all clones are one.
#[derive(Debug, Clone, Default)]
pub struct Interrupt {
    flag: Arc<AtomicBool>,
    notify: Arc<Notify>,
}

impl Interrupt {
    /// Listens for Ctrl-C (and SIGTERM, which a CI system sends) from now on; `told` is called at the first one.
    pub fn listen(&self, told: impl Fn() + Send + 'static) {
        let interrupt = self.clone();
        tokio::spawn(async move {
            next_signal().await;
            told();
            interrupt.set();
            next_signal().await;
            crate::process::end_at_once(crate::exit_code::ExitCode::Interrupted);
        });
    }

    /// Whether it was pressed.
    pub fn is_set(&self) -> bool {
        self.flag.load(Ordering::SeqCst)
    }

    /// Ends when it is pressed.
    pub async fn pressed(&self) {
        while !self.is_set() {
            self.notify.notified().await;
        }
    }

    fn set(&self) {
        self.flag.store(true, Ordering::SeqCst);
        self.notify.notify_waiters();
        self.notify.notify_one();
    }
}

#[cfg(unix)]
async fn next_signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut interrupt), Ok(mut terminate)) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
}

#[cfg(not(unix))]
async fn next_signal() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
