//! The task of a link. It never waits for a write while frames could be read (the classic deadlock of multiplexers): a second
//! task writes, fed through a short queue, and data is framed only when there is room in it. Frames without data go first,
//! streams with data take turns.

use super::super::clock::Stops;
use super::super::convert;
use super::dial::{Dial, Socket};
use super::{Order, StreamEvent, link_lost};
use bytes::{Bytes, BytesMut};
use futures_util::{SinkExt, StreamExt};
use std::collections::{BTreeMap, VecDeque};
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use tokio::sync::{oneshot, watch};
use tokio::time::{Duration, Instant, sleep_until};
use tokio_tungstenite::tungstenite::Message;
use towpath_ftp::End;
use towpath_shared::heartbeat::{Beat, Heartbeat};
use towpath_shared::ledger::{Sent, is_numbered};
use towpath_shared::page::{Event, Link};
use towpath_shared::{FrameError, Header, Hello, Kind, LISTEN, RESUME, Reason, StreamId};

/// Frames between the two tasks.
const QUEUE: usize = 4;

/// The features in WELCOME, or the relay's words where it closes the link instead.
pub(super) type Greeting = Result<Vec<String>, String>;

/// What the task keeps of a stream.
struct Stream {
    events: UnboundedSender<StreamEvent>,
    pending: VecDeque<(Bytes, oneshot::Sender<()>)>,
    finishing: bool,
}

struct Task {
    link: Link,
    streams: BTreeMap<StreamId, Stream>,
    frames: VecDeque<Bytes>,
    /// RESUME, on a new WebSocket: it goes first, and alone.
    resume: Option<Bytes>,
    sent: Sent<Bytes>,
    beat: Heartbeat,
    /// The stream that sent data last: the next one in order has the next turn.
    turn: StreamId,
    start: Instant,
    ready: Option<oneshot::Sender<Greeting>>,
}

/// Why a WebSocket is of no more use.
enum Left {
    /// Nobody needs the link any more, or it is broken for good.
    Over,
    /// It may go on over another WebSocket.
    Lost,
}

/// Runs a link over `socket`, and over those that `dial` makes after it.
pub(super) async fn run(
    dial: Dial,
    mut socket: Socket,
    mut orders: UnboundedReceiver<Order>,
    ready: oneshot::Sender<Greeting>,
    stops: watch::Sender<Stops>,
) {
    let features = vec![LISTEN.to_owned(), RESUME.to_owned()];
    let agent = concat!("towpath-cli ", env!("CARGO_PKG_VERSION")).to_owned();
    let mut task = Task {
        link: Link::new(Hello { agent, features, credential: dial.credential.clone() }),
        streams: BTreeMap::new(),
        frames: VecDeque::new(),
        resume: None,
        sent: Sent::new(),
        beat: Heartbeat::new(0),
        turn: StreamId::LINK,
        start: Instant::now(),
        ready: Some(ready),
    };
    while let Left::Lost = converse(&mut task, socket, &mut orders, &stops).await {
        let since = Instant::now();
        if !task.interrupted() {
            break;
        }
        stops.send_modify(Stops::begin);
        let Some(resumption) = task.link.resumption().cloned() else { break };
        let Some(next) = dial.again(&resumption, since).await else { break };
        socket = next;
        task.resume = task.link.resume().map(Bytes::from);
        task.beat = Heartbeat::new(task.now_ms());
    }
    for stream in task.streams.values() {
        let _ = stream.events.send(StreamEvent::Ended(link_lost()));
    }
}

/// Speaks over one WebSocket until it is of no more use.
async fn converse(
    task: &mut Task,
    socket: Socket,
    orders: &mut UnboundedReceiver<Order>,
    stops: &watch::Sender<Stops>,
) -> Left {
    let (mut sink, mut source) = socket.split();
    let (writer, mut queue) = mpsc::channel::<Bytes>(QUEUE);
    let writing = tokio::spawn(async move {
        while let Some(frame) = queue.recv().await {
            if sink.send(Message::Binary(frame)).await.is_err() {
                return;
            }
        }
        let _ = sink.close().await;
    });
    let left = loop {
        let beat = task.beat();
        task.gather();
        let Beat::Wait(wake) = beat else { break Left::Lost };
        let interrupted = task.link.is_interrupted();
        tokio::select! {
            permit = writer.reserve(), if task.has_frame() => match permit {
                Ok(permit) => if let Some(frame) = task.next_frame() { permit.send(frame) },
                Err(_) => break Left::Lost,
            },
            message = source.next() => match message {
                Some(Ok(Message::Binary(frame))) => match task.receive(&frame) {
                    true if interrupted && !task.link.is_interrupted() => stops.send_modify(Stops::end),
                    true => {}
                    false => break Left::Over,
                },
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                Some(Ok(Message::Close(Some(close)))) => {
                    task.turned_away(&close.reason);
                    break Left::Over;
                }
                Some(Ok(_)) => break Left::Over,
                Some(Err(_)) | None => break Left::Lost,
            },
            // What is asked of an interrupted link waits here.
            order = orders.recv(), if !interrupted => match order {
                Some(order) => task.order(order),
                None => break Left::Over,
            },
            () = sleep_until(task.start + Duration::from_millis(wake)) => {}
        }
    };
    match left {
        Left::Over => {
            drop(writer);
            let _ = writing.await;
        }
        Left::Lost => writing.abort(),
    }
    left
}

impl Task {
    fn now_ms(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// The relay has closed the link, maybe before it let anybody in.
    fn turned_away(&mut self, reason: &str) {
        if let Some(ready) = self.ready.take() {
            let _ = ready.send(Err(reason.to_owned()));
        }
    }

    /// The WebSocket is lost. Whether the link may go on over another.
    fn interrupted(&mut self) -> bool {
        self.gather();
        self.frames.retain(|frame| frame.first().is_some_and(|kind| is_numbered(*kind)));
        self.link.interrupted()
    }

    fn gather(&mut self) {
        self.frames.extend(std::iter::from_fn(|| self.link.poll_frame()).map(Bytes::from));
    }

    /// Sends a PING if one is due. When to look again; otherwise the relay has fallen silent.
    fn beat(&mut self) -> Beat {
        let now = self.now_ms();
        match self.beat.due(now) {
            Beat::Ping => {
                if self.link.welcome().is_some() {
                    self.link.ping(now);
                }
                self.beat.due(now)
            }
            beat => beat,
        }
    }

    fn has_frame(&self) -> bool {
        if self.link.is_interrupted() {
            return self.resume.is_some();
        }
        !self.frames.is_empty() || self.sent.is_behind() || self.next_stream().is_some()
    }

    /// The stream whose turn it is to send data.
    fn next_stream(&self) -> Option<StreamId> {
        if !self.sent.has_room() {
            return None;
        }
        let ready = |(id, stream): (&StreamId, &Stream)| {
            (!stream.pending.is_empty() && self.link.budget(*id) > 0).then_some(*id)
        };
        let (first, rest) = (StreamId(self.turn.0.saturating_add(1)).., ..=self.turn);
        self.streams.range(first).find_map(ready).or_else(|| self.streams.range(rest).find_map(ready))
    }

    fn next_frame(&mut self) -> Option<Bytes> {
        if self.link.is_interrupted() {
            return self.resume.take();
        }
        if let Some(frame) = self.sent.again() {
            return Some(frame);
        }
        if let Some(frame) = self.frames.pop_front() {
            if frame.first().is_some_and(|kind| is_numbered(*kind)) {
                self.sent.push(frame.clone(), frame.len());
            }
            return Some(frame);
        }
        let id = self.next_stream()?;
        self.turn = id;
        let budget = usize::try_from(self.link.budget(id)).unwrap_or(usize::MAX);
        let most = budget.min(self.link.max_payload());
        let stream = self.streams.get_mut(&id)?;
        let (mut bytes, done) = stream.pending.pop_front()?;
        let payload = bytes.split_to(most.min(bytes.len()));
        if bytes.is_empty() {
            // Nobody waits any more where the stream's owner is gone.
            let _ = done.send(());
        } else {
            stream.pending.push_front((bytes, done));
        }
        let mut frame = BytesMut::with_capacity(Header::LEN + payload.len());
        frame.extend_from_slice(&self.link.data_header(id, payload.len()));
        frame.extend_from_slice(&payload);
        self.finish_if_sent(id);
        let frame = frame.freeze();
        self.sent.push(frame.clone(), frame.len());
        Some(frame)
    }

    fn finish_if_sent(&mut self, id: StreamId) {
        if self.streams.get(&id).is_some_and(|stream| stream.finishing && stream.pending.is_empty()) {
            self.link.finish(id);
        }
    }

    /// A message of the relay; `false` where the link must end.
    fn receive(&mut self, frame: &Bytes) -> bool {
        let now = self.now_ms();
        let (header, payload) = match Header::split(frame) {
            Ok(parts) => parts,
            Err(FrameError::Ignorable) => {
                self.link.skip(frame.first().copied().unwrap_or_default(), frame.len());
                return true;
            }
            Err(_) => return false,
        };
        if header.kind != Kind::Pong {
            self.beat.heard(now);
        }
        if header.kind == Kind::Data {
            let Ok(wanted) = self.link.receive_data(header, payload.len()) else { return false };
            if wanted && let Some(stream) = self.streams.get(&header.stream) {
                let _ = stream.events.send(StreamEvent::Bytes(frame.slice(Header::LEN..)));
            }
            return true;
        }
        let Ok(event) = self.link.receive(header, payload, now) else { return false };
        match event {
            Some(Event::Welcome(welcome)) => {
                if let Some(ready) = self.ready.take() {
                    let _ = ready.send(Ok(welcome.features));
                }
                if self.link.resumption().is_some() {
                    self.sent.keep_from_now();
                }
                // Windows grow by the round trip.
                self.link.ping(now);
            }
            Some(Event::Listening(id, listening)) => {
                self.tell(id, StreamEvent::Listening(listening.address));
            }
            Some(Event::Opened(id, opened)) => self.tell(id, StreamEvent::Opened { peer: opened.peer }),
            Some(Event::Secured(id, info, _)) => {
                self.tell(id, StreamEvent::Secured(Box::new(convert::tls_session(info))));
            }
            Some(Event::Finished(id, unclean)) => {
                self.tell(id, StreamEvent::Ended(if unclean { End::Unclean } else { End::Clean }));
            }
            Some(Event::Reset(id, reset)) => {
                self.tell(id, StreamEvent::Ended(convert::ended(&reset)));
                self.streams.remove(&id);
            }
            Some(Event::Acknowledged(count)) => return self.sent.acknowledge(count).is_ok(),
            Some(Event::Resumed(count)) => return self.sent.rewind(count).is_ok(),
            Some(Event::RoundTrip(_)) => self.beat.answered(),
            Some(Event::GoAway(_) | Event::Writable(_)) | None => {}
        }
        true
    }

    fn tell(&self, id: StreamId, event: StreamEvent) {
        if let Some(stream) = self.streams.get(&id) {
            let _ = stream.events.send(event);
        }
    }

    fn order(&mut self, order: Order) {
        match order {
            // After WELCOME it fails only where four billion streams have been opened; the owner sees the link as lost.
            Order::Open { kind, events, id } => {
                if let Ok(number) = self.link.open(kind) {
                    let stream = Stream { events, pending: VecDeque::new(), finishing: false };
                    self.streams.insert(number, stream);
                    if id.send(number).is_err() {
                        self.reset(number);
                    }
                }
            }
            Order::StartTls { id, server_name, max_version, certificate } => {
                self.link.start_tls_as(id, server_name, max_version, certificate);
            }
            Order::AcceptTls(id) => self.link.accept_tls(id),
            Order::SendPassword(id) => self.link.write_password(id),
            Order::Write { id, bytes, done } => {
                if let Some(stream) = self.streams.get_mut(&id) {
                    stream.pending.push_back((bytes, done));
                }
            }
            Order::Finish(id) => {
                if let Some(stream) = self.streams.get_mut(&id) {
                    stream.finishing = true;
                }
                self.finish_if_sent(id);
            }
            Order::Consumed(id, bytes) => {
                let now = self.now_ms();
                self.link.consumed(id, bytes as u64, now);
            }
            Order::Reset(id) => self.reset(id),
        }
    }

    fn reset(&mut self, id: StreamId) {
        self.streams.remove(&id);
        self.link.reset(id, Reason::Cancelled);
    }
}
