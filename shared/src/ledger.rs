//! What lets a link outlive its WebSocket: both sides count the numbered frames, and the sender keeps each until the other side has
//! acknowledged it.
//!
//! Numbered are all frames that are not of the link layer ([`is_numbered`]), from 1 on, by their order on the wire. After a lost WebSocket
//! each side says how many it has ([`crate::link::Resume`], [`crate::link::Resumed`]); the rest is sent again, in order. So
//! every frame arrives exactly once, and nobody above this layer notices.

use crate::MAX_KEPT;
use std::collections::VecDeque;
use thiserror::Error;

/// Acknowledge at the latest after this many bytes of numbered frames. A sender stops at [`MAX_KEPT`], which is far more.
const ACK_BYTES: u64 = 128 * 1024;
/// Acknowledge at the latest after this many numbered frames.
const ACK_FRAMES: u64 = 64;
/// What a kept frame weighs beside its bytes, so that many small ones are not free.
const OVERHEAD: u64 = 64;

/// Whether a frame is counted. Takes the frame's first byte, its type, so that unknown frames are counted as well.
#[must_use]
pub fn is_numbered(kind: u8) -> bool {
    kind >= 0x10
}

/// The other side acknowledges frames that were never sent, or none of those that it had acknowledged before.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[error("acknowledges frame {claimed}, of {acknowledged} to {sent}")]
pub struct Unsent {
    claimed: u64,
    acknowledged: u64,
    sent: u64,
}

/// The numbered frames that this side has sent.
#[derive(Debug)]
pub struct Sent<F> {
    /// Whether the link can be resumed at all. Nothing is kept where it cannot.
    keeps: bool,
    /// Frames that the other side has said to have.
    acknowledged: u64,
    /// All that were sent after those.
    kept: VecDeque<(F, u64)>,
    /// The first of `kept` that is not on the present WebSocket yet; all of them are, unless it is a new one.
    next: usize,
    weight: u64,
}

impl<F: Clone> Sent<F> {
    /// Of a link that cannot be resumed, or not yet: see [`Sent::keep_from_now`].
    #[must_use]
    pub fn new() -> Sent<F> {
        Sent { keeps: false, acknowledged: 0, kept: VecDeque::new(), next: 0, weight: 0 }
    }

    /// The link can be resumed. Before the first numbered frame.
    pub fn keep_from_now(&mut self) {
        self.keeps = true;
    }

    /// A new numbered frame of `len` bytes goes out. [`Sent::again`] must have had its say.
    pub fn push(&mut self, frame: F, len: usize) {
        if self.keeps {
            let weight = len as u64 + OVERHEAD;
            self.weight += weight;
            self.kept.push_back((frame, weight));
            self.next = self.kept.len();
        }
    }

    /// Whether more DATA may be sent. Frames that are not DATA are few, and go in any case; see [`Sent::is_overdue`].
    #[must_use]
    pub fn has_room(&self) -> bool {
        self.weight < MAX_KEPT
    }

    /// Whether the other side has left so much unacknowledged that it cannot be following the protocol.
    #[must_use]
    pub fn is_overdue(&self) -> bool {
        self.weight >= 2 * MAX_KEPT
    }

    /// The other side has this many frames.
    ///
    /// # Errors
    /// [`Unsent`]: the link is of no more use.
    pub fn acknowledge(&mut self, count: u64) -> Result<(), Unsent> {
        let wrong = Unsent {
            claimed: count,
            acknowledged: self.acknowledged,
            sent: self.acknowledged + self.kept.len() as u64,
        };
        let done = count.checked_sub(self.acknowledged).and_then(|done| usize::try_from(done).ok());
        // Not past what went over the present WebSocket.
        let done = done.filter(|done| *done <= self.next).ok_or(wrong)?;
        for (_, weight) in self.kept.drain(..done) {
            self.weight -= weight;
        }
        if self.kept.is_empty() && self.kept.capacity() > ACK_FRAMES as usize {
            self.kept = VecDeque::new();
        }
        self.acknowledged = count;
        self.next -= done;
        Ok(())
    }

    /// There is a new WebSocket, and the other side has this many frames: all later ones are to be sent [`Sent::again`].
    ///
    /// # Errors
    /// [`Unsent`]: the link is of no more use.
    pub fn rewind(&mut self, count: u64) -> Result<(), Unsent> {
        self.next = self.kept.len();
        self.acknowledge(count)?;
        self.next = 0;
        Ok(())
    }

    /// Whether there are frames to send once more.
    #[must_use]
    pub fn is_behind(&self) -> bool {
        self.next < self.kept.len()
    }

    /// The next frame to send once more.
    pub fn again(&mut self) -> Option<F> {
        let (frame, _) = self.kept.get(self.next)?;
        self.next += 1;
        Some(frame.clone())
    }

    /// Bytes that are kept, what keeping them costs included.
    #[must_use]
    pub fn weight(&self) -> u64 {
        self.weight
    }
}

impl<F: Clone> Default for Sent<F> {
    fn default() -> Sent<F> {
        Sent::new()
    }
}

/// The numbered frames that this side has received.
#[derive(Debug, Default)]
pub struct Received {
    count: u64,
    told: u64,
    /// Bytes of those that were not acknowledged.
    bytes: u64,
}

impl Received {
    /// A numbered frame of `len` bytes came and was acted on.
    pub fn take(&mut self, len: usize) {
        self.count += 1;
        self.bytes += len as u64;
    }

    /// The count to acknowledge, once enough has come.
    pub fn due(&mut self) -> Option<u64> {
        let due = self.bytes >= ACK_BYTES || self.count - self.told >= ACK_FRAMES;
        if due { self.any() } else { None }
    }

    /// The count to acknowledge, if there is any that was not.
    pub fn any(&mut self) -> Option<u64> {
        (self.count > self.told).then(|| self.all())
    }

    /// The count, for a RESUME or RESUMED: an acknowledgement as well.
    pub fn all(&mut self) -> u64 {
        self.told = self.count;
        self.bytes = 0;
        self.count
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn keeping() -> Sent<u64> {
        let mut sent = Sent::new();
        sent.keep_from_now();
        sent
    }

    #[test]
    fn a_link_that_cannot_be_resumed_keeps_nothing() {
        let mut sent = Sent::new();
        sent.push(1, 1 << 30);
        assert!(sent.has_room() && sent.weight() == 0 && sent.again().is_none());
        assert!(sent.acknowledge(1).is_err());
    }

    #[test]
    fn what_is_acknowledged_is_forgotten_and_the_rest_is_sent_again() {
        let mut sent = keeping();
        for number in 1..=5 {
            sent.push(number, 10);
        }
        sent.acknowledge(2).unwrap();
        assert_eq!(sent.again(), None);
        sent.rewind(3).unwrap();
        assert_eq!((sent.again(), sent.again(), sent.again()), (Some(4), Some(5), None));
        assert_eq!(sent.weight(), 2 * (10 + OVERHEAD));
        sent.rewind(5).unwrap();
        assert_eq!((sent.again(), sent.weight()), (None, 0));
    }

    #[test]
    fn nobody_can_acknowledge_what_was_not_sent() {
        let mut sent = keeping();
        sent.push(1, 10);
        sent.push(2, 10);
        assert!(sent.acknowledge(3).is_err());
        sent.acknowledge(1).unwrap();
        assert!(sent.acknowledge(0).is_err() && sent.rewind(0).is_err() && sent.rewind(3).is_err());
        // Frames that are to be sent again are not on this WebSocket yet.
        sent.rewind(1).unwrap();
        assert!(sent.acknowledge(2).is_err());
        assert_eq!(sent.again(), Some(2));
        sent.acknowledge(2).unwrap();
    }

    #[test]
    fn a_side_that_never_acknowledges_is_found_out() {
        let mut sent = keeping();
        let mut frames = 0u64;
        while sent.has_room() {
            sent.push(0, 64 * 1024);
            frames += 1;
        }
        assert_eq!(frames, MAX_KEPT.div_ceil(64 * 1024 + OVERHEAD));
        while !sent.is_overdue() {
            sent.push(0, 8);
            frames += 1;
        }
        assert!(frames < 2 * MAX_KEPT / OVERHEAD);
    }

    #[test]
    fn acknowledgements_are_due_by_bytes_by_number_and_on_demand() {
        let mut received = Received::default();
        received.take(100);
        assert_eq!((received.due(), received.any(), received.any()), (None, Some(1), None));
        received.take(ACK_BYTES as usize);
        assert_eq!(received.due(), Some(2));
        for _ in 1..ACK_FRAMES {
            received.take(8);
            assert_eq!(received.due(), None);
        }
        received.take(8);
        assert_eq!(received.due(), Some(2 + ACK_FRAMES));
        received.take(8);
        assert_eq!((received.all(), received.any()), (3 + ACK_FRAMES, None));
    }

    /// What a random course does.
    #[derive(Clone, Copy, Debug)]
    enum Step {
        Send,
        Deliver,
        Acknowledge,
        Cut,
    }

    proptest! {
        /// Whatever is lost on the way, every frame arrives once and in order.
        #[test]
        fn each_frame_arrives_once_and_in_order(steps in proptest::collection::vec(
            prop_oneof![4 => Just(Step::Send), 4 => Just(Step::Deliver), 1 => Just(Step::Acknowledge), 1 => Just(Step::Cut)], 0..400)
        ) {
            let mut sent = keeping();
            let mut received = Received::default();
            let (mut wire, mut back) = (VecDeque::new(), VecDeque::new());
            let (mut number, mut arrived) = (0u64, Vec::new());
            for step in steps {
                match step {
                    Step::Send => match sent.again() {
                        Some(frame) => wire.push_back(frame),
                        None => {
                            number += 1;
                            sent.push(number, 10);
                            wire.push_back(number);
                        }
                    },
                    Step::Deliver => {
                        if let Some(frame) = wire.pop_front() {
                            arrived.push(frame);
                            received.take(10);
                        }
                        if let Some(count) = back.pop_front() {
                            prop_assert!(sent.acknowledge(count).is_ok());
                        }
                    }
                    Step::Acknowledge => back.extend(received.any()),
                    Step::Cut => {
                        wire.clear();
                        back.clear();
                        prop_assert!(sent.rewind(received.all()).is_ok());
                    }
                }
            }
            wire.extend(std::iter::from_fn(|| sent.again()));
            arrived.extend(wire);
            prop_assert_eq!(arrived, (1..=number).collect::<Vec<_>>());
        }
    }
}
