//! Byte credit, as QUIC counts it: the receiver names an absolute limit, so a repeated or late CREDIT changes nothing.
//!
//! The receiver grants only what its consumer has *consumed* (written to the file, accepted by the socket), never what
//! merely arrived: a browser cannot refuse WebSocket data, so this is the only brake there is.

use crate::MAX_STREAM_WINDOW;

/// The sending side of one direction of a stream.
#[derive(Clone, Debug)]
pub struct SendWindow {
    sent: u64,
    limit: u64,
}

impl SendWindow {
    /// A window with the limit that OPEN or OPENED gave.
    #[must_use]
    pub fn new(limit: u64) -> SendWindow {
        SendWindow { sent: 0, limit }
    }

    /// Bytes that may be sent now.
    #[must_use]
    pub fn available(&self) -> u64 {
        self.limit.saturating_sub(self.sent)
    }

    /// Bytes sent since the stream began.
    #[must_use]
    pub fn sent(&self) -> u64 {
        self.sent
    }

    /// Counts bytes that were sent. More than [`SendWindow::available`] is the caller's fault; the other side resets the
    /// stream then.
    pub fn send(&mut self, bytes: u64) {
        self.sent = self.sent.saturating_add(bytes);
    }

    /// Takes a CREDIT. Returns whether the limit rose.
    pub fn credit(&mut self, limit: u64) -> bool {
        let rose = limit > self.limit;
        self.limit = self.limit.max(limit);
        rose
    }
}

/// More bytes arrived than were allowed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{excess} bytes past the credit")]
pub struct Overrun {
    /// Bytes past the limit.
    pub excess: u64,
}

/// The receiving side of one direction of a stream.
#[derive(Clone, Debug)]
pub struct RecvWindow {
    received: u64,
    consumed: u64,
    granted: u64,
    size: u64,
    /// When the present epoch began and what had been consumed then; see [`RecvWindow::consume`].
    epoch: (u64, u64),
}

impl RecvWindow {
    /// A window of `size` bytes, granted at once (by OPEN or OPENED).
    #[must_use]
    pub fn new(size: u64) -> RecvWindow {
        RecvWindow { received: 0, consumed: 0, granted: size, size, epoch: (0, 0) }
    }

    /// Bytes received since the stream began.
    #[must_use]
    pub fn received(&self) -> u64 {
        self.received
    }

    /// Bytes received and not yet consumed.
    #[must_use]
    pub fn held(&self) -> u64 {
        self.received - self.consumed
    }

    /// The present size in bytes.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Counts bytes that arrived.
    ///
    /// # Errors
    /// [`Overrun`] where the sender went past its credit; the stream must be reset with
    /// [`crate::Reason::FlowControl`].
    pub fn receive(&mut self, bytes: u64) -> Result<(), Overrun> {
        let received = self.received.saturating_add(bytes);
        if received > self.granted {
            return Err(Overrun { excess: received - self.granted });
        }
        self.received = received;
        Ok(())
    }

    /// Counts bytes that the consumer is done with, and returns the limit to send as CREDIT when a quarter of the
    /// window has come free.
    ///
    /// The window doubles when half of it is consumed in less than two round trips (the rule of QUIC and
    /// rust-yamux): then it, and not the consumer, is what limits the speed. `room` is how many bytes it may still
    /// grow by within its session; `now_ms` is any steady clock; `rtt_ms` is `None` until measured.
    pub fn consume(&mut self, bytes: u64, now_ms: u64, rtt_ms: Option<u64>, room: u64) -> Option<u64> {
        self.consumed = self.consumed.saturating_add(bytes).min(self.received);
        let (since, start) = self.epoch;
        if self.consumed - start >= self.size / 2 {
            let quick = rtt_ms.is_some_and(|rtt| now_ms.saturating_sub(since) < 2 * rtt);
            let doubled = (self.size * 2).min(MAX_STREAM_WINDOW);
            if quick && start > 0 && doubled - self.size <= room {
                self.size = doubled;
            }
            self.epoch = (now_ms, self.consumed);
        }
        let limit = self.consumed + self.size;
        let free = limit - self.granted;
        (free >= self.size / 4).then(|| {
            self.granted = limit;
            limit
        })
    }
}
