//! A TCP proxy that makes a loopback service far away.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};

use crate::runtime::{block_on, runtime};

/// A running proxy; ends when dropped.
pub struct Latency {
    address: SocketAddr,
    counted: Arc<Counted>,
    accepting: tokio::task::AbortHandle,
}

#[derive(Default)]
struct Counted {
    connections: AtomicU64,
    up: AtomicU64,
    down: AtomicU64,
}

impl Latency {
    /// Starts a proxy in front of a port on loopback that adds a round trip of this length.
    ///
    /// Half of it is added each way, and a whole one to the setting up of a connection, as a TCP handshake does.
    pub fn start(port: u16, round_trip: Duration) -> Self {
        Self::start_on(0, port, round_trip)
    }

    /// Starts a proxy on a given port of its own.
    pub fn start_on(own_port: u16, port: u16, round_trip: Duration) -> Self {
        let listener = block_on(TcpListener::bind(("127.0.0.1", own_port))).expect("a port on loopback");
        let address = listener.local_addr().expect("a bound socket has an address");
        let counted = Arc::new(Counted::default());
        let accepting = runtime().spawn(accept(listener, port, round_trip, Arc::clone(&counted))).abort_handle();
        Self { address, counted, accepting }
    }

    /// Returns the proxy's own port.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Returns how many connections came in.
    pub fn connections(&self) -> u64 {
        self.counted.connections.load(Ordering::Relaxed)
    }

    /// Returns how many bytes went up and how many came down.
    pub fn bytes(&self) -> (u64, u64) {
        (self.counted.up.load(Ordering::Relaxed), self.counted.down.load(Ordering::Relaxed))
    }
}

impl Drop for Latency {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, port: u16, round_trip: Duration, counted: Arc<Counted>) {
    while let Ok((near, _)) = listener.accept().await {
        counted.connections.fetch_add(1, Ordering::Relaxed);
        let counted = Arc::clone(&counted);
        tokio::spawn(async move {
            tokio::time::sleep(round_trip).await;
            let Ok(far) = TcpStream::connect(("127.0.0.1", port)).await else {
                return;
            };
            let _ = (near.set_nodelay(true), far.set_nodelay(true));
            let ((near_in, near_out), (far_in, far_out)) = (near.into_split(), far.into_split());
            tokio::join!(
                carry(near_in, far_out, round_trip / 2, &counted.up),
                carry(far_in, near_out, round_trip / 2, &counted.down),
            );
        });
    }
}

/// Carries bytes one way, each at its own time plus the delay, so that a delay never costs bandwidth.
async fn carry(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, delay: Duration, count: &AtomicU64) {
    let (sender, mut receiver) = tokio::sync::mpsc::channel::<(Instant, Vec<u8>)>(1024);
    let read = async move {
        let mut buffer = vec![0; 64 * 1024];
        while let Ok(length @ 1..) = from.read(&mut buffer).await {
            if sender.send((Instant::now() + delay, buffer[..length].to_vec())).await.is_err() {
                return;
            }
        }
    };
    let write = async move {
        while let Some((due, bytes)) = receiver.recv().await {
            tokio::time::sleep_until(due.into()).await;
            count.fetch_add(bytes.len() as u64, Ordering::Relaxed);
            if to.write_all(&bytes).await.is_err() {
                return;
            }
        }
        let _ = to.shutdown().await;
    };
    tokio::join!(read, write);
}
