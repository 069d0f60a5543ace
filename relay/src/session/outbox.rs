//! What goes to the page: one queue for a session, one writer.
//!
//! Frames of the link go first, then those that a new WebSocket must repeat, then control frames, then data. Each
//! stream has at most [`FRAMES_OF_A_STREAM`] data frames in here, so the queue's order is the streams' turns. Nobody but the streams themselves ever waits for the writer: the reader of the WebSocket
//! only adds control frames, and a page that asks without reading the answers overflows and is cut.

use crate::limits::Stock;
use crate::metrics::{Direction, Metrics, Queued};
use axum::extract::ws::{CloseFrame, Message as Carrier};
use bytes::Bytes;
use futures_util::{Sink, SinkExt};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use thiserror::Error;
use tokio::sync::{Notify, OwnedSemaphorePermit};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use towpath_shared::ledger::{Sent, Unsent, is_numbered};
use towpath_shared::{Message, StreamId};

/// Data frames of one stream that may wait for the writer.
pub(super) const FRAMES_OF_A_STREAM: usize = 2;

/// Control frames that may wait. A stream causes a few; thousands mean that the page does not read.
const MAX_CONTROL: usize = 4096;

/// How much tungstenite gathers before it writes to the socket by itself, in bytes: many small frames go out together, a full one at once.
/// It never gives back what it once reserved, so this and a full frame are what an idle session holds after a transfer.
pub(crate) const WRITE_BUFFER: usize = 16 * 1024;

/// The queue.
#[derive(Debug)]
pub(super) struct Outbox {
    metrics: Arc<Metrics>,
    queue: Mutex<Queue>,
    /// Something was added.
    added: Notify,
    /// The queue has overflowed.
    broken: CancellationToken,
}

#[derive(Debug, Default)]
struct Queue {
    /// What concerns the present WebSocket only: no numbered frames.
    link: VecDeque<Carrier>,
    control: VecDeque<Bytes>,
    streams: VecDeque<InTurn>,
    closing: bool,
    sent: Sent<Bytes>,
    /// The relay's memory for `sent`.
    stock: Option<Stock>,
}

/// A frame that keeps its place among the others of its stream.
#[derive(Debug)]
struct InTurn {
    stream: StreamId,
    frame: Bytes,
    _queued: Queued,
    /// Given back when the frame is with the WebSocket.
    _slot: Option<OwnedSemaphorePermit>,
}

impl Queue {
    fn next_in_turn(&mut self) -> Option<InTurn> {
        if self.streams.is_empty() || !self.sent.has_room() {
            return None;
        }
        let weight = self.sent.weight();
        // Where the relay has no more, what the page acknowledges makes room.
        let has_memory = self.stock.as_mut().is_none_or(|stock| stock.has_room(weight));
        if has_memory { self.streams.pop_front() } else { None }
    }
}

/// Why the writer ended before it was told to.
#[derive(Debug, Error)]
pub(super) enum WriteError {
    #[error("the page does not take what it is sent")]
    Stalled,
    #[error(transparent)]
    Carrier(#[from] axum::Error),
}

impl Outbox {
    /// An empty one whose frames are counted; what it keeps weighs on `stock`.
    pub(super) fn new(metrics: Arc<Metrics>, stock: Option<Stock>) -> Outbox {
        let queue = Mutex::new(Queue { stock, ..Queue::default() });
        Outbox { metrics, queue, added: Notify::new(), broken: CancellationToken::new() }
    }

    /// Adds a frame that is not DATA: it overtakes data.
    pub(super) fn send(&self, stream: StreamId, message: &Message) {
        let frame = Bytes::from(message.encode(stream));
        let numbered = frame.first().is_some_and(|kind| is_numbered(*kind));
        self.add(|queue| {
            if numbered {
                queue.control.push_back(frame);
            } else {
                queue.link.push_back(Carrier::Binary(frame));
            }
        });
    }

    /// Adds a WebSocket ping.
    pub(super) fn ping(&self, payload: [u8; 8]) {
        self.add(|queue| queue.link.push_back(Carrier::Ping(Bytes::copy_from_slice(&payload))));
    }

    /// The session outlives its WebSockets: what is sent is kept. Before the first numbered frame.
    pub(super) fn keep_from_now(&self) {
        self.lock().sent.keep_from_now();
    }

    /// The page has this many frames.
    pub(super) fn acknowledged(&self, count: u64) -> Result<(), Unsent> {
        let mut queue = self.lock();
        queue.sent.acknowledge(count)?;
        let weight = queue.sent.weight();
        queue.stock.iter_mut().for_each(|stock| stock.settle(weight));
        drop(queue);
        // Data may have waited for that.
        self.added.notify_one();
        Ok(())
    }

    /// Forgets what was for a WebSocket that is lost.
    pub(super) fn detached(&self) {
        self.lock().link.clear();
    }

    /// There is a new WebSocket, and the page has this many frames. The next writer begins with `answer`, then sends the rest again.
    pub(super) fn resumed(&self, count: u64, answer: &Message) -> Result<(), Unsent> {
        let mut queue = self.lock();
        queue.sent.rewind(count)?;
        queue.link.push_front(Carrier::Binary(answer.encode(StreamId::LINK).into()));
        Ok(())
    }

    /// Adds the WebSocket's close frame: nothing is written after it, and what waited is not written any more.
    pub(super) fn close(&self, code: u16, reason: &str) {
        let frame = CloseFrame { code, reason: reason.into() };
        let mut queue = self.lock();
        if !queue.closing {
            *queue = Queue::default();
            queue.link.push_back(Carrier::Close(Some(frame)));
            queue.closing = true;
        }
        drop(queue);
        self.added.notify_one();
    }

    /// Adds a data frame.
    pub(super) fn data(&self, stream: StreamId, frame: Bytes, slot: OwnedSemaphorePermit) {
        let _queued = self.metrics.queued(frame.len());
        self.in_turn(InTurn { stream, frame, _queued, _slot: Some(slot) });
    }

    /// Adds a frame that must not overtake its stream's data; a stream has one or two in its life.
    pub(super) fn after_data(&self, stream: StreamId, message: &Message) {
        let frame: Bytes = message.encode(stream).into();
        let _queued = self.metrics.queued(frame.len());
        self.in_turn(InTurn { stream, frame, _queued, _slot: None });
    }

    /// Forgets a stream's data: the page has given it up.
    pub(super) fn discard(&self, stream: StreamId) {
        self.lock().streams.retain(|entry| entry.stream != stream);
    }

    /// Resolves when the page does not take, or not acknowledge, what it has asked for.
    pub(super) async fn broken(&self) {
        self.broken.cancelled().await;
    }

    /// Writes until the close frame has gone out. `stall` is the time for a batch.
    pub(super) async fn write<S>(&self, mut sink: S, stall: Duration) -> Result<(), WriteError>
    where
        S: Sink<Carrier, Error = axum::Error> + Unpin,
    {
        let mut unflushed = false;
        loop {
            let (next, slot) = self.take();
            if let Some(carrier) = next {
                let last = matches!(carrier, Carrier::Close(_));
                if let Carrier::Binary(frame) = &carrier {
                    self.metrics.frame(Direction::Down, frame);
                }
                timeout(stall, sink.feed(carrier)).await.map_err(|_| WriteError::Stalled)??;
                drop(slot);
                unflushed = true;
                if last {
                    return Ok(timeout(stall, sink.close()).await.map_err(|_| WriteError::Stalled)??);
                }
            } else if unflushed {
                timeout(stall, sink.flush()).await.map_err(|_| WriteError::Stalled)??;
                unflushed = false;
            } else {
                self.added.notified().await;
            }
        }
    }

    fn take(&self) -> (Option<Carrier>, Option<OwnedSemaphorePermit>) {
        let mut queue = self.lock();
        if let Some(carrier) = queue.link.pop_front() {
            return (Some(carrier), None);
        }
        if let Some(frame) = queue.sent.again() {
            return (Some(Carrier::Binary(frame)), None);
        }
        let (frame, slot) = if let Some(frame) = queue.control.pop_front() {
            (frame, None)
        } else if let Some(entry) = queue.next_in_turn() {
            (entry.frame, entry._slot)
        } else {
            return (None, None);
        };
        queue.sent.push(frame.clone(), frame.len());
        if queue.sent.is_overdue() {
            self.broken.cancel();
        }
        (Some(Carrier::Binary(frame)), slot)
    }

    fn add(&self, add: impl FnOnce(&mut Queue)) {
        let mut queue = self.lock();
        if queue.closing {
            return;
        }
        if queue.control.len() + queue.link.len() >= MAX_CONTROL {
            self.broken.cancel();
            return;
        }
        add(&mut queue);
        drop(queue);
        self.added.notify_one();
    }

    fn in_turn(&self, entry: InTurn) {
        let mut queue = self.lock();
        if queue.closing {
            return;
        }
        queue.streams.push_back(entry);
        drop(queue);
        self.added.notify_one();
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        // Nothing panics while it is held.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::sync::Semaphore;
    use towpath_shared::{Header, Kind};

    fn outbox() -> Outbox {
        Outbox::new(Arc::new(Metrics::new().unwrap()), None)
    }

    fn frame(stream: u32, byte: u8) -> Bytes {
        let mut frame = Header::new(Kind::Data, StreamId(stream)).to_bytes().to_vec();
        frame.push(byte);
        frame.into()
    }

    /// Runs the writer over what is queued and returns the kinds and streams in the order of the wire.
    async fn written(outbox: &Outbox) -> Vec<(Kind, u32)> {
        let (sender, receiver) = futures_util_channel();
        outbox.write(sender, Duration::from_secs(5)).await.unwrap();
        let frames = receiver.lock().unwrap();
        frames
            .iter()
            .filter_map(|carrier| match carrier {
                Carrier::Binary(bytes) => Header::split(bytes).ok(),
                _ => None,
            })
            .map(|(header, _)| (header.kind, header.stream.0))
            .collect()
    }

    /// A sink that keeps what it is given.
    type Kept = Arc<Mutex<Vec<Carrier>>>;
    fn futures_util_channel() -> (impl Sink<Carrier, Error = axum::Error> + Unpin, Kept) {
        let kept = Kept::default();
        let sink = futures_util::sink::unfold(kept.clone(), |kept, carrier| {
            kept.lock().unwrap().push(carrier);
            std::future::ready(Ok(kept))
        });
        (Box::pin(sink), kept)
    }

    #[tokio::test]
    async fn control_goes_first_streams_take_turns_and_a_fin_stays_behind_its_data() {
        let outbox = outbox();
        let slots = Arc::new(Semaphore::new(8));
        let slot = || slots.clone().try_acquire_owned().unwrap();
        outbox.data(StreamId(1), frame(1, b'a'), slot());
        outbox.data(StreamId(3), frame(3, b'b'), slot());
        outbox.data(StreamId(1), frame(1, b'c'), slot());
        outbox.data(StreamId(5), frame(5, b'd'), slot());
        outbox.after_data(StreamId(1), &Message::Fin { unclean: false });
        outbox.send(StreamId(3), &Message::Credit(1));
        outbox.discard(StreamId(5));
        assert_eq!(slots.available_permits(), 5);
        // A writer that is told to close would drop the rest, so the closing comes once the queue is empty.
        let close = async {
            while slots.available_permits() < 8 || !outbox.lock().streams.is_empty() {
                tokio::task::yield_now().await;
            }
            outbox.close(1000, "");
        };
        let (order, ()) = tokio::join!(written(&outbox), close);
        let expected = [(Kind::Credit, 3), (Kind::Data, 1), (Kind::Data, 3), (Kind::Data, 1), (Kind::Fin, 1)];
        assert_eq!(order, expected);
    }

    #[tokio::test]
    async fn a_page_that_never_reads_overflows() {
        let outbox = outbox();
        for number in 0..MAX_CONTROL as u64 {
            outbox.send(StreamId::LINK, &Message::Pong(number));
        }
        assert!(!outbox.broken.is_cancelled());
        outbox.send(StreamId::LINK, &Message::Pong(0));
        outbox.broken().await;
        assert_eq!(outbox.lock().link.len(), MAX_CONTROL);
    }
}
