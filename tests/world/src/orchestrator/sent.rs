//! The body of an answer, which may break off after half of what it promised.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use tokio::time::Sleep;

/// A body of known length.
pub(super) struct Sent {
    length: u64,
    bytes: Option<Bytes>,
    breaks_after: Option<Pin<Box<Sleep>>>,
}

impl Sent {
    pub(super) fn whole(bytes: Bytes) -> Self {
        Self { length: bytes.len() as u64, bytes: Some(bytes), breaks_after: None }
    }

    /// Sends the first half; the pause before the break is what lets it reach the wire.
    pub(super) fn half(bytes: &Bytes) -> Self {
        Self {
            length: bytes.len() as u64,
            bytes: Some(bytes.slice(..bytes.len() / 2)),
            breaks_after: Some(Box::pin(tokio::time::sleep(Duration::from_millis(30)))),
        }
    }
}

impl Body for Sent {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<std::io::Result<Frame<Bytes>>>> {
        if let Some(bytes) = self.bytes.take().filter(|bytes| !bytes.is_empty()) {
            return Poll::Ready(Some(Ok(Frame::data(bytes))));
        }
        let Some(pause) = self.breaks_after.as_mut() else {
            return Poll::Ready(None);
        };
        ready!(pause.as_mut().poll(context));
        Poll::Ready(Some(Err(std::io::Error::other("broken off by the test"))))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.length)
    }
}
