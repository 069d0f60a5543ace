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
    /// A window of `size` bytes, granted at once (by OPEN or OPENED); at most [`MAX_STREAM_WINDOW`].
    #[must_use]
    pub fn new(size: u64) -> RecvWindow {
        let size = size.min(MAX_STREAM_WINDOW);
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
            let quick = rtt_ms.is_some_and(|rtt| now_ms.saturating_sub(since) < rtt.saturating_mul(2));
            let doubled = (self.size * 2).min(MAX_STREAM_WINDOW);
            if quick && start > 0 && doubled - self.size <= room {
                self.size = doubled;
            }
            self.epoch = (now_ms, self.consumed);
        }
        let limit = self.consumed.saturating_add(self.size);
        let free = limit.saturating_sub(self.granted);
        (free > 0 && free >= self.size / 4).then(|| {
            self.granted = limit;
            limit
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CONTROL_WINDOW, DATA_WINDOW};
    use proptest::prelude::*;
    use std::collections::VecDeque;

    #[test]
    fn credit_is_absolute_and_idempotent() {
        let mut send = SendWindow::new(100);
        send.send(60);
        assert_eq!((send.available(), send.sent()), (40, 60));
        assert!(send.credit(150));
        assert!(!send.credit(150));
        assert!(!send.credit(120));
        assert_eq!(send.available(), 90);
        send.send(91);
        assert_eq!(send.available(), 0);
    }

    #[test]
    fn an_overrun_is_told_and_not_counted() {
        let mut receive = RecvWindow::new(100);
        receive.receive(100).unwrap();
        assert_eq!(receive.receive(7), Err(Overrun { excess: 7 }));
        assert_eq!(receive.receive(u64::MAX), Err(Overrun { excess: u64::MAX - 100 }));
        assert_eq!((receive.received(), receive.held()), (100, 100));
    }

    #[test]
    fn credit_comes_when_a_quarter_is_free() {
        let mut receive = RecvWindow::new(100);
        receive.receive(100).unwrap();
        assert_eq!(receive.consume(24, 0, None, 0), None);
        assert_eq!(receive.consume(1, 0, None, 0), Some(125));
        assert_eq!(receive.consume(0, 0, None, 0), None);
        assert_eq!(receive.consume(1000, 0, None, 0), Some(200), "no more than was received");
    }

    #[test]
    fn a_window_grows_while_it_is_what_limits() {
        // The consumer keeps up: it takes all of a window each round trip of 100 ms.
        let grown = |rtt, interval, room| {
            let mut receive = RecvWindow::new(DATA_WINDOW);
            let mut now = 0;
            for _ in 0..20 {
                let free = receive.granted - receive.received;
                receive.receive(free).unwrap();
                receive.consume(free, now, rtt, room);
                now += interval;
            }
            receive.size()
        };
        assert_eq!(grown(Some(100), 100, u64::MAX), MAX_STREAM_WINDOW);
        assert_eq!(grown(Some(100), 1_000, u64::MAX), DATA_WINDOW, "a slow consumer has no use for more");
        assert_eq!(grown(None, 100, u64::MAX), DATA_WINDOW, "nothing is known of the round trip");
        assert_eq!(grown(Some(100), 100, DATA_WINDOW), 2 * DATA_WINDOW, "the session has no more room");
    }

    #[test]
    fn numbers_at_the_edge() {
        let mut receive = RecvWindow::new(u64::MAX);
        assert_eq!(receive.size(), MAX_STREAM_WINDOW);
        receive.receive(MAX_STREAM_WINDOW).unwrap();
        assert!(receive.consume(u64::MAX, u64::MAX, Some(u64::MAX), u64::MAX).is_some());
        let mut nothing = RecvWindow::new(0);
        assert_eq!(nothing.consume(1, 0, Some(1), 0), None);
        let mut send = SendWindow::new(u64::MAX);
        send.send(u64::MAX);
        send.send(1);
        assert_eq!(send.available(), 0);
    }

    proptest! {
        #[test]
        fn grants_stay_between_consumption_and_the_largest_window(
            size in prop_oneof![Just(CONTROL_WINDOW), Just(DATA_WINDOW), 0u64..5000],
            steps in proptest::collection::vec(
                (any::<bool>(), 0u64..3_000_000, any::<u64>(), proptest::option::of(any::<u64>()), 0u64..20_000_000), 0..100),
        ) {
            let mut receive = RecvWindow::new(size);
            let (mut granted, mut received, mut consumed) = (size, 0, 0);
            for (arrives, bytes, now, rtt, room) in steps {
                let before = receive.size();
                if arrives {
                    let fits = received + bytes <= granted;
                    prop_assert_eq!(receive.receive(bytes).is_ok(), fits);
                    received += if fits { bytes } else { 0 };
                } else {
                    consumed = (consumed + bytes).min(received);
                    if let Some(limit) = receive.consume(bytes, now, rtt, room) {
                        prop_assert!(limit > granted, "a CREDIT that changes nothing");
                        granted = limit;
                    }
                    prop_assert!(receive.size() >= before && receive.size() - before <= room);
                }
                prop_assert_eq!(receive.received(), received);
                prop_assert_eq!(receive.held(), received - consumed);
                prop_assert!(granted >= received && received >= consumed);
                prop_assert!(granted <= consumed + receive.size());
                prop_assert!(receive.size() <= MAX_STREAM_WINDOW.max(size));
                // Once all is consumed, three quarters of the window at least are granted: no stall.
                if consumed == received && !arrives {
                    prop_assert!(granted - received >= receive.size() - receive.size() / 4 || receive.size() < 4);
                }
            }
        }

        /// Both sides with a wire between them that loses, repeats and reorders no data but delivers CREDIT twice, late and in any
        /// order: all arrives, and never more than was allowed.
        #[test]
        fn a_transfer_comes_to_its_end(
            size in prop_oneof![Just(CONTROL_WINDOW), 4u64..100_000],
            total in 0u64..3_000_000,
            choices in proptest::collection::vec(any::<(u8, u32)>(), 1..50),
        ) {
            let (mut send, mut receive) = (SendWindow::new(size), RecvWindow::new(size));
            let (mut wire, mut credits) = (VecDeque::new(), Vec::new());
            let mut turns = 0u64;
            for (choice, amount) in choices.iter().cycle() {
                if receive.received() == total && receive.held() == 0 { break }
                turns += 1;
                prop_assert!(turns < 3_000_000, "stalled at {} of {total}", receive.received());
                // Every so often all that is under way arrives and is consumed, as it must be on a real wire some time.
                let settle = turns.is_multiple_of(64);
                let bytes = send.available().min(total - send.sent()).min(u64::from(*amount % 70_000 + 1));
                if bytes > 0 {
                    send.send(bytes);
                    wire.push_back(bytes);
                }
                let arriving = if settle { wire.len() } else { wire.len().min(usize::from(choice & 1)) };
                for bytes in wire.drain(..arriving) {
                    prop_assert_eq!(receive.receive(bytes), Ok(()));
                }
                let consumed = if settle { u64::MAX } else { u64::from(*amount % 50_000) };
                credits.extend(receive.consume(consumed, turns, Some(3), u64::MAX));
                if settle {
                    for limit in credits.drain(..).rev() {
                        send.credit(limit);
                    }
                } else if choice & 2 == 2 && !credits.is_empty() {
                    let limit = credits[*amount as usize % credits.len()];
                    send.credit(limit);
                }
            }
            prop_assert_eq!(send.sent(), total);
        }
    }
}
