//! Free ports on loopback.

use std::net::TcpListener;

/// The ports of one attempt to start.
pub(super) struct Ports {
    pub(super) etcd_client: u16,
    pub(super) etcd_peer: u16,
    pub(super) apiserver: u16,
    pub(super) controller_manager: u16,
    pub(super) scheduler: u16,
    pub(super) kwok: u16,
}

impl Ports {
    /// Picks ports that are free now; all are held until the last is found, so that none comes twice.
    pub(super) fn free() -> std::io::Result<Self> {
        let listeners: Vec<TcpListener> = (0..6).map(|_| TcpListener::bind("127.0.0.1:0")).collect::<Result<_, _>>()?;
        let port = |index: usize| listeners[index].local_addr().map(|address| address.port());
        Ok(Self {
            etcd_client: port(0)?,
            etcd_peer: port(1)?,
            apiserver: port(2)?,
            controller_manager: port(3)?,
            scheduler: port(4)?,
            kwok: port(5)?,
        })
    }
}
