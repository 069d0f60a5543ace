//! What is told of a stream when it is over.

use super::stream::Stream;
use crate::audit::{self, Outcome};
use std::net::SocketAddr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::time::Instant;
use towpath_shared::{Reset, StreamKind};

/// A stream's beginning, other end and bytes.
#[derive(Debug)]
pub(super) struct Account {
    kind: &'static str,
    began: Instant,
    peer: OnceLock<SocketAddr>,
    up: AtomicU64,
}

impl Account {
    pub(super) fn new(kind: &StreamKind) -> Account {
        let kind = match kind {
            StreamKind::Control { .. } => "control",
            StreamKind::Data { .. } => "data",
            StreamKind::Listen { .. } => "listen",
        };
        Account { kind, began: Instant::now(), peer: OnceLock::new(), up: AtomicU64::new(0) }
    }

    pub(super) fn kind(&self) -> &'static str {
        self.kind
    }

    /// The connection stands.
    pub(super) fn connected(&self, peer: SocketAddr) {
        let _ = self.peer.set(peer);
        tracing::Span::current().record("network.peer.address", tracing::field::display(peer.ip()));
    }

    /// The server has taken bytes.
    pub(super) fn taken(&self, bytes: usize) {
        self.up.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// Tells how it ended. `None`: the page gave it up.
    pub(super) fn close(&self, stream: &Stream, end: Option<&Result<(), Reset>>) {
        let reason;
        let result = match end {
            None => "given_up",
            Some(Ok(())) => "ended",
            Some(Err(reset)) => {
                reason = crate::metrics::snake(&format!("{:?}", reset.reason));
                &reason
            }
        };
        let outcome = Outcome {
            kind: self.kind,
            peer: self.peer.get().copied(),
            up: self.up.load(Ordering::Relaxed),
            down: stream.mailbox.total_sent(),
            result,
            lasted: self.began.elapsed(),
        };
        audit::stream_ends(stream.session.who(), stream.id.0, outcome);
    }
}
