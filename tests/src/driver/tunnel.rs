//! The relay's WebSocket: one task owns it and [`Link`], the page's half of the protocol; streams are handles to that task.
//!
//! The task never waits for a write while frames could be read (the classic deadlock of multiplexers): a second
//! task writes, fed through a short queue, and data is framed only when there is room in it. Frames without data go first,
//! streams with data take turns.

use bytes::{Bytes, BytesMut};
use futures_util::{SinkExt, StreamExt};
use std::collections::{BTreeMap, VecDeque};
use thiserror::Error;
use tokio::net::TcpStream;
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use tokio::sync::oneshot;
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::http::header::{ORIGIN, SEC_WEBSOCKET_PROTOCOL};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};
use towpath_ftp::{End, Stage, TlsSession};
use towpath_shared::page::{Event, Link};
use towpath_shared::{
    FrameError, Header, Hello, Kind, MAX_PAYLOAD_NEGOTIABLE, Reason, SUBPROTOCOL, StreamId, StreamKind,
    TlsVersion,
};

use super::convert;

/// Frames between the two tasks.
const QUEUE: usize = 4;

/// The relay cannot be used.
#[derive(Debug, Error)]
pub enum RelayError {
    /// Not an address such as `ws://host:port/tunnel`.
    #[error("{0:?} is not a relay's address such as ws://host:port/tunnel")]
    Address(String),
    /// The WebSocket cannot be made.
    #[error("the relay cannot be reached: {0}")]
    Socket(Box<tungstenite::Error>),
    /// It closed the link before it said WELCOME.
    #[error("the relay closed the link before its greeting")]
    NoWelcome,
}

impl From<tungstenite::Error> for RelayError {
    fn from(error: tungstenite::Error) -> RelayError {
        RelayError::Socket(Box::new(error))
    }
}

/// A link to a relay. Clones share it; it ends with the last of them and of their streams.
#[derive(Clone)]
pub struct Relay {
    orders: UnboundedSender<Order>,
}

enum Order {
    Open { kind: StreamKind, events: UnboundedSender<StreamEvent>, id: oneshot::Sender<StreamId> },
    StartTls { id: StreamId, server_name: String, max_version: Option<TlsVersion> },
    AcceptTls(StreamId),
    Write { id: StreamId, bytes: Bytes, done: oneshot::Sender<()> },
    Finish(StreamId),
    Consumed(StreamId, usize),
    Reset(StreamId),
}

/// What a stream's owner is told.
enum StreamEvent {
    Opened { peer: String },
    Secured(Box<TlsSession>),
    Bytes(Bytes),
    Ended(End),
}

impl Relay {
    /// Connects to `ws://host:port/tunnel`. The Origin header is that of a page which the relay itself served.
    ///
    /// # Errors
    /// [`RelayError`].
    pub async fn connect(address: &str) -> Result<Relay, RelayError> {
        let rest = address.strip_prefix("ws://").ok_or_else(|| RelayError::Address(address.to_owned()))?;
        let authority = rest.split('/').next().unwrap_or_default();
        Relay::connect_as(address, Some(&format!("http://{authority}"))).await
    }

    /// Connects with another Origin header, or none.
    ///
    /// # Errors
    /// [`RelayError`].
    pub async fn connect_as(address: &str, origin: Option<&str>) -> Result<Relay, RelayError> {
        let wrong = || RelayError::Address(address.to_owned());
        let mut request = address.into_client_request().map_err(|_| wrong())?;
        let headers = request.headers_mut();
        headers.insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(SUBPROTOCOL));
        if let Some(origin) = origin {
            headers.insert(ORIGIN, HeaderValue::from_str(origin).map_err(|_| wrong())?);
        }
        let largest = MAX_PAYLOAD_NEGOTIABLE + Header::LEN;
        let config = WebSocketConfig::default().max_message_size(Some(largest)).max_frame_size(Some(largest));
        let (socket, _) = tokio_tungstenite::connect_async_with_config(request, Some(config), true).await?;
        let (orders, inbox) = mpsc::unbounded_channel();
        let (ready, welcomed) = oneshot::channel();
        tokio::spawn(run(socket, inbox, ready));
        welcomed.await.map_err(|_| RelayError::NoWelcome)?;
        Ok(Relay { orders })
    }

    /// Whether the link has ended.
    #[must_use]
    pub fn is_lost(&self) -> bool {
        self.orders.is_closed()
    }

    /// Opens a stream. The stream's number is that of its OPEN frame, for data streams to name their parent. Where TLS is asked for
    /// meanwhile, START_TLS goes right behind OPEN.
    pub(crate) async fn open(
        &self,
        kind: StreamKind,
        mut tls: oneshot::Receiver<TlsAsk>,
    ) -> Result<Opened, End> {
        let (sender, events) = mpsc::unbounded_channel();
        let (id_sender, id) = oneshot::channel();
        let order = Order::Open { kind, events: sender, id: id_sender };
        self.orders.send(order).map_err(|_| link_lost())?;
        let id = id.await.map_err(|_| link_lost())?;
        let writer = TunnelWriter { id, orders: self.orders.clone(), queued: None };
        let mut reader = TunnelReader { id, orders: self.orders.clone(), events, asked: false, end: None };
        loop {
            let event = tokio::select! {
                biased;
                event = reader.events.recv() => event,
                Ok(ask) = &mut tls, if !reader.asked => {
                    reader.ask_tls(ask);
                    continue;
                }
            };
            return match event {
                Some(StreamEvent::Opened { peer }) => Ok(Opened { id, peer, reader, writer }),
                Some(StreamEvent::Ended(end)) => Err(end),
                _ => Err(link_lost()),
            };
        }
    }
}

/// TLS as it is asked for.
pub(crate) struct TlsAsk {
    pub(crate) server_name: String,
    pub(crate) tls12_only: bool,
}

/// A connected stream.
pub(crate) struct Opened {
    pub(crate) id: StreamId,
    pub(crate) peer: String,
    pub(crate) reader: TunnelReader,
    pub(crate) writer: TunnelWriter,
}

/// The incoming half of a stream. When it is dropped, a stream that is not over is reset.
pub(crate) struct TunnelReader {
    id: StreamId,
    orders: UnboundedSender<Order>,
    events: UnboundedReceiver<StreamEvent>,
    /// START_TLS was sent.
    asked: bool,
    end: Option<End>,
}

/// The outgoing half of a stream.
pub(crate) struct TunnelWriter {
    id: StreamId,
    orders: UnboundedSender<Order>,
    /// Bytes that were queued and are not on their way yet: how many, and when they are.
    queued: Option<(usize, oneshot::Receiver<()>)>,
}

impl TunnelReader {
    pub(crate) async fn read(&mut self) -> Result<Bytes, End> {
        if let Some(end) = &self.end {
            return Err(end.clone());
        }
        let end = loop {
            match self.events.recv().await {
                Some(StreamEvent::Bytes(bytes)) if bytes.is_empty() => {}
                Some(StreamEvent::Bytes(bytes)) => return Ok(bytes),
                Some(StreamEvent::Ended(end)) => break end,
                Some(StreamEvent::Opened { .. } | StreamEvent::Secured(_)) => {}
                None => break link_lost(),
            }
        };
        self.end = Some(end.clone());
        Err(end)
    }

    pub(crate) fn consumed(&mut self, bytes: usize) {
        let _ = self.orders.send(Order::Consumed(self.id, bytes));
    }

    fn ask_tls(&mut self, ask: TlsAsk) {
        self.asked = true;
        let max_version = ask.tls12_only.then_some(TlsVersion::Tls12);
        let order = Order::StartTls { id: self.id, server_name: ask.server_name, max_version };
        let _ = self.orders.send(order);
    }

    /// Starts TLS, unless that was done, and waits for its outcome. Nothing may have come in plain text that the engine has not seen: whoever can
    /// write into the connection could have put it there.
    pub(crate) async fn start_tls(&mut self, ask: TlsAsk) -> Result<TlsSession, End> {
        if !self.asked {
            self.ask_tls(ask);
        }
        loop {
            match self.events.recv().await {
                Some(StreamEvent::Secured(tls)) => return Ok(*tls),
                Some(StreamEvent::Ended(end)) => {
                    self.end = Some(end.clone());
                    return Err(end);
                }
                Some(StreamEvent::Bytes(_)) => {
                    return Err(End::Failed {
                        stage: Stage::Tls,
                        text: "plain text came before the TLS handshake".to_owned(),
                    });
                }
                Some(StreamEvent::Opened { .. }) => {}
                None => return Err(link_lost()),
            }
        }
    }

    pub(crate) fn accept_tls(&mut self) {
        let _ = self.orders.send(Order::AcceptTls(self.id));
    }
}

impl TunnelWriter {
    /// Queues all of the bytes, and returns when they are on their way: they may wait for credit. A call that is given up in the middle has
    /// queued them: the next call, with the same bytes in front, only waits on.
    pub(crate) async fn write(&mut self, bytes: &Bytes) -> Result<usize, End> {
        let (length, sent) = match &mut self.queued {
            Some(queued) => queued,
            None => {
                let (done, sent) = oneshot::channel();
                self.orders
                    .send(Order::Write { id: self.id, bytes: bytes.clone(), done })
                    .map_err(|_| link_lost())?;
                self.queued.insert((bytes.len(), sent))
            }
        };
        let (length, sent) = (*length, sent.await);
        self.queued = None;
        // Where the stream ended instead, its reader has the reason.
        sent.map_err(|_| End::Failed { stage: Stage::Connection, text: "the connection ended".to_owned() })?;
        Ok(length)
    }

    pub(crate) fn finish(&mut self) -> Result<(), End> {
        self.orders.send(Order::Finish(self.id)).map_err(|_| link_lost())
    }
}

impl Drop for TunnelReader {
    fn drop(&mut self) {
        let _ = self.orders.send(Order::Reset(self.id));
    }
}

fn link_lost() -> End {
    End::Failed { stage: Stage::Relay, text: "the link to the relay was lost".to_owned() }
}

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// What the task keeps of a stream.
struct Stream {
    events: UnboundedSender<StreamEvent>,
    pending: VecDeque<(Bytes, oneshot::Sender<()>)>,
    finishing: bool,
}

struct Task {
    link: Link,
    streams: BTreeMap<StreamId, Stream>,
    frames: VecDeque<Vec<u8>>,
    /// The stream that sent data last: the next one in order has the next turn.
    turn: StreamId,
    start: Instant,
    ready: Option<oneshot::Sender<()>>,
}

async fn run(socket: Socket, mut orders: UnboundedReceiver<Order>, ready: oneshot::Sender<()>) {
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
    let mut task = Task {
        link: Link::new(Hello {
            agent: concat!("towpath-cli ", env!("CARGO_PKG_VERSION")).to_owned(),
            features: Vec::new(),
        }),
        streams: BTreeMap::new(),
        frames: VecDeque::new(),
        turn: StreamId::LINK,
        start: Instant::now(),
        ready: Some(ready),
    };
    loop {
        task.gather();
        tokio::select! {
            permit = writer.reserve(), if task.has_frame() => match permit {
                Ok(permit) => if let Some(frame) = task.next_frame() { permit.send(frame) },
                Err(_) => break,
            },
            message = source.next() => match message {
                Some(Ok(Message::Binary(frame))) if task.receive(&frame) => {}
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                _ => break,
            },
            order = orders.recv() => match order {
                Some(order) => task.order(order),
                None => break,
            },
        }
    }
    for stream in task.streams.values() {
        let _ = stream.events.send(StreamEvent::Ended(link_lost()));
    }
    drop(writer);
    let _ = writing.await;
}

impl Task {
    fn now_ms(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn gather(&mut self) {
        while let Some(frame) = self.link.poll_frame() {
            self.frames.push_back(frame);
        }
    }

    fn has_frame(&self) -> bool {
        !self.frames.is_empty() || self.next_stream().is_some()
    }

    /// The stream whose turn it is to send data.
    fn next_stream(&self) -> Option<StreamId> {
        let ready = |(id, stream): (&StreamId, &Stream)| {
            (!stream.pending.is_empty() && self.link.budget(*id) > 0).then_some(*id)
        };
        let (first, rest) = (StreamId(self.turn.0.saturating_add(1)).., ..=self.turn);
        self.streams.range(first).find_map(ready).or_else(|| self.streams.range(rest).find_map(ready))
    }

    fn next_frame(&mut self) -> Option<Bytes> {
        if let Some(frame) = self.frames.pop_front() {
            return Some(Bytes::from(frame));
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
        Some(frame.freeze())
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
            Err(FrameError::Ignorable) => return true,
            Err(_) => return false,
        };
        if header.kind == Kind::Data {
            let Ok(wanted) = self.link.receive_data(header, payload.len()) else { return false };
            if wanted && let Some(stream) = self.streams.get(&header.stream) {
                let _ = stream.events.send(StreamEvent::Bytes(frame.slice(Header::LEN..)));
            }
            return true;
        }
        let Ok(event) = self.link.receive(header, payload, now) else { return false };
        match event {
            Some(Event::Welcome(_)) => {
                if let Some(ready) = self.ready.take() {
                    let _ = ready.send(());
                }
                // Windows grow by the round trip.
                self.link.ping(now);
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
            Some(Event::GoAway(_) | Event::RoundTrip(_) | Event::Writable(_)) | None => {}
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
            Order::StartTls { id, server_name, max_version } => {
                self.link.start_tls(id, server_name, max_version);
            }
            Order::AcceptTls(id) => self.link.accept_tls(id),
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

#[cfg(test)]
mod tests;
