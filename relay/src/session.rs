//! One tunnel: a WebSocket, its reader, its writer and a task for each stream.
//!
//! The reader never waits for a write of any kind: what it hears goes into mailboxes and marks, what it answers goes into
//! the outbox. That is what keeps a multiplexer from deadlocking when both sides have much to send.

mod control;
mod echo;
mod gate;
mod login;
mod mailbox;
mod outbox;
mod plain;
mod socket;
mod stream;

use crate::config::seconds;
use crate::relay::Relay;
use crate::visitor::Visitor;
use axum::extract::ws::{Message as Carrier, WebSocket};
use bytes::Bytes;
use control::Control;
use echo::Written;
use futures_util::StreamExt;
use futures_util::stream::SplitStream;
use mailbox::Mailbox;
use outbox::Outbox;
pub(crate) use outbox::WRITE_BUFFER;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use stream::Stream;
use thiserror::Error;
use tokio::sync::Notify;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};
use tokio_util::task::TaskTracker;
use towpath_shared::{
    CONTROL_WINDOW, DATA_WINDOW, FrameError, GoAway, Header, Hello, Kind, LISTEN, MAX_PAYLOAD, Message, Open,
    Reason, Reset, StreamId, StreamKind, WINDOW_UNIT, Welcome,
};
use tracing::Instrument;

/// tungstenite's read buffer for each WebSocket, in bytes: two full frames, so that bulk needs few reads.
pub(crate) const READ_BUFFER: usize = 128 * 1024;

/// Bytes of uploads that the relay is ready to hold for one session, before every stream gets its least.
const UPLOAD_BUDGET: u64 = 8 * 1024 * 1024;

/// How long a page may take to answer our close frame, and streams to notice that they are over.
const FAREWELL: Duration = Duration::from_secs(5);

/// What a session's tasks share.
pub(crate) struct Session {
    relay: Arc<Relay>,
    visitor: Visitor,
    outbox: Outbox,
    streams: Mutex<BTreeMap<StreamId, Entry>>,
    /// A stream has ended.
    ended: Notify,
    start: Instant,
    /// 0 until measured.
    rtt_ms: AtomicU64,
}

/// An open stream as the reader sees it.
struct Entry {
    mailbox: Arc<Mailbox>,
    /// Its own, or its parent's.
    control: Arc<Control>,
    is_control: bool,
}

/// Why a session is over.
#[derive(Debug, Error)]
enum End {
    #[error("the page left")]
    Left,
    #[error("connection lost")]
    Lost,
    #[error("nothing heard for too long")]
    Dead,
    #[error("no HELLO in time")]
    NoHello,
    #[error("text message")]
    Text,
    #[error("{0}")]
    Protocol(String),
    #[error("the relay stops")]
    Stopped,
}

impl From<FrameError> for End {
    fn from(error: FrameError) -> End {
        End::Protocol(error.to_string())
    }
}

impl End {
    /// The WebSocket's close code, RFC 6455 section 7.4.1.
    fn code(&self) -> u16 {
        match self {
            End::Left | End::Lost => 1000,
            End::Stopped => 1001,
            End::Protocol(_) | End::NoHello => 1002,
            End::Text => 1003,
            End::Dead => 1011,
        }
    }
}

/// Serves one tunnel to its end.
pub(crate) async fn serve(socket: WebSocket, relay: Arc<Relay>, visitor: Visitor) {
    let (sink, source) = socket.split();
    let session = Arc::new(Session {
        relay,
        visitor,
        outbox: Outbox::default(),
        streams: Mutex::default(),
        ended: Notify::new(),
        start: Instant::now(),
        rtt_ms: AtomicU64::new(0),
    });
    let stall = seconds(session.relay.rules().config.deadlines.write_stall);
    let mut writer = {
        let session = session.clone();
        tokio::spawn(async move { session.outbox.write(sink, stall).await }.in_current_span())
    };
    let mut reader = Reader {
        session: session.clone(),
        source,
        tasks: TaskTracker::new(),
        last: 0,
        minute: (Instant::now(), 0),
        heard: Instant::now(),
    };
    tracing::info!(address = %session.visitor.address, user = session.visitor.user.as_deref(), "session begins");
    let end = reader.run().await;
    tracing::info!(%end, "session ends");

    session.give_up_all();
    reader.tasks.close();
    session.outbox.close(end.code(), &end.to_string());
    let farewell = async {
        reader.tasks.wait().await;
        // The carrier's end: its own closing handshake, or the error that ended it.
        while let Some(Ok(_)) = reader.source.next().await {}
        (&mut writer).await
    };
    match timeout(FAREWELL, farewell).await {
        Ok(Ok(Err(error))) => tracing::debug!(%error, "writer"),
        Ok(_) => {}
        Err(_) => {
            tracing::debug!("no farewell from the page");
            writer.abort();
        }
    }
}

/// The half of a session that reads the WebSocket.
struct Reader {
    session: Arc<Session>,
    source: SplitStream<WebSocket>,
    tasks: TaskTracker,
    /// Number of the newest stream.
    last: u32,
    /// Control streams opened in the minute that began then.
    minute: (Instant, u32),
    /// When the page was last heard of.
    heard: Instant,
}

impl Reader {
    async fn run(&mut self) -> End {
        match self.converse().await {
            Ok(never) => match never {},
            Err(end) => end,
        }
    }

    async fn converse(&mut self) -> Result<std::convert::Infallible, End> {
        let session = self.session.clone();
        let relay = session.relay.clone();
        let rules = relay.rules();
        let deadlines = &rules.config.deadlines;
        let hello = timeout(seconds(deadlines.hello), self.hello()).await.map_err(|_| End::NoHello)??;
        tracing::debug!(agent = hello.agent.chars().take(80).collect::<String>(), "hello");
        session.outbox.control(StreamId::LINK, &Message::Welcome(session.welcome(&hello)));

        let mut ping = interval(seconds(deadlines.ping));
        ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut draining = false;
        loop {
            tokio::select! {
                message = self.source.next() => self.carrier(message)?,
                _ = ping.tick() => {
                    if self.heard.elapsed() >= seconds(deadlines.dead) {
                        return Err(End::Dead);
                    }
                    session.outbox.ping(session.now_ms().to_le_bytes());
                }
                () = session.outbox.broken() => return Err(End::Lost),
                () = relay.draining.cancelled(), if !draining => {
                    draining = true;
                    let text = "the relay stops".into();
                    let drain_ms = deadlines.drain.saturating_mul(1000);
                    session.outbox.control(StreamId::LINK, &Message::GoAway(GoAway { text, drain_ms }));
                }
                () = session.all_ended(), if draining => return Err(End::Stopped),
                () = relay.cut.cancelled() => return Err(End::Stopped),
            }
        }
    }

    /// The first frame.
    async fn hello(&mut self) -> Result<Hello, End> {
        loop {
            let frame = match self.source.next().await {
                Some(Ok(Carrier::Binary(frame))) => frame,
                Some(Ok(Carrier::Ping(_) | Carrier::Pong(_))) => continue,
                Some(Ok(Carrier::Text(_))) => return Err(End::Text),
                Some(Ok(Carrier::Close(_))) => return Err(End::Left),
                Some(Err(_)) | None => return Err(End::Lost),
            };
            let (header, payload) = Header::split(&frame)?;
            return match Message::decode(header, payload)? {
                Message::Hello(hello) => Ok(hello),
                _ => Err(out_of_place(header.kind)),
            };
        }
    }

    fn carrier(&mut self, message: Option<Result<Carrier, axum::Error>>) -> Result<(), End> {
        let message = match message {
            Some(Ok(message)) => message,
            Some(Err(error)) => {
                tracing::debug!(%error, "carrier");
                return Err(End::Lost);
            }
            None => return Err(End::Lost),
        };
        self.heard = Instant::now();
        match message {
            Carrier::Binary(frame) => self.frame(frame),
            Carrier::Text(_) => Err(End::Text),
            Carrier::Close(_) => Err(End::Left),
            Carrier::Pong(payload) => {
                if let Ok(sent) = <[u8; 8]>::try_from(&payload[..]) {
                    let rtt = self.session.now_ms().saturating_sub(u64::from_le_bytes(sent));
                    self.session.rtt_ms.store(rtt.max(1), Ordering::Relaxed);
                }
                Ok(())
            }
            // Answered by the WebSocket itself.
            Carrier::Ping(_) => Ok(()),
        }
    }

    fn frame(&mut self, frame: Bytes) -> Result<(), End> {
        let (header, payload) = match Header::split(&frame) {
            Ok(split) => split,
            Err(FrameError::Ignorable) => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        let id = header.stream;
        if header.kind == Kind::Data {
            let mailbox = self.mailbox(header)?;
            if let (Some(mailbox), false) = (mailbox, payload.is_empty()) {
                let outcome = mailbox.data(frame.slice(Header::LEN..));
                self.or_reset(id, outcome);
            }
            return Ok(());
        }
        match Message::decode(header, payload)? {
            Message::Ping(number) => self.session.outbox.control(StreamId::LINK, &Message::Pong(number)),
            Message::Pong(_) => {}
            Message::Open { open, window } => self.open(id, open, window)?,
            Message::Reset(_) => {
                if let Some(mailbox) = self.mailbox(header)? {
                    self.session.remove(id);
                    mailbox.give_up();
                }
            }
            Message::Credit(limit) => {
                if let Some(mailbox) = self.mailbox(header)? {
                    mailbox.credit(limit);
                }
            }
            Message::Fin { .. } => self.mark(header, |mailbox| mailbox.finish())?,
            Message::StartTls(request) => self.mark(header, |mailbox| mailbox.start_tls(request))?,
            Message::TlsAccept => self.mark(header, |mailbox| mailbox.accept())?,
            Message::WriteSecret(request) => {
                self.mark(header, |mailbox| mailbox.write_secret(request.what))?
            }
            Message::Hello(_)
            | Message::Welcome(_)
            | Message::GoAway(_)
            | Message::Opened { .. }
            | Message::Listening(_)
            | Message::TlsInfo(_)
            | Message::TlsCert { .. } => return Err(out_of_place(header.kind)),
        }
        Ok(())
    }

    /// The mailbox of a frame's stream. `None` where the stream is over: its last frames were under way.
    fn mailbox(&self, header: Header) -> Result<Option<Arc<Mailbox>>, End> {
        let id = header.stream;
        if id.0.is_multiple_of(2) || id.0 > self.last {
            return Err(out_of_place(header.kind));
        }
        Ok(self.session.lock().get(&id).map(|entry| entry.mailbox.clone()))
    }

    fn mark(&self, header: Header, mark: impl FnOnce(&Mailbox) -> Result<(), Reset>) -> Result<(), End> {
        if let Some(mailbox) = self.mailbox(header)? {
            self.or_reset(header.stream, mark(&mailbox));
        }
        Ok(())
    }

    /// A fault of the page on one stream costs it that stream.
    fn or_reset(&self, id: StreamId, outcome: Result<(), Reset>) {
        let Err(reset) = outcome else { return };
        tracing::info!(stream = id.0, reason = ?reset.reason, text = reset.text, "fault of the page");
        if let Some(entry) = self.session.remove(id) {
            entry.mailbox.give_up();
        }
        self.session.outbox.control(id, &Message::Reset(reset));
    }

    fn open(&mut self, id: StreamId, open: Open, window: u64) -> Result<(), End> {
        if id.0.is_multiple_of(2) || id.0 <= self.last {
            return Err(out_of_place(Kind::Open));
        }
        self.last = id.0;
        match self.admit(&open.kind) {
            Ok(control) => self.start(id, open.kind, control, window),
            Err(reset) => self.session.outbox.control(id, &Message::Reset(reset)),
        }
        Ok(())
    }

    /// Whether one more stream is in order, and what it knows of its server.
    fn admit(&mut self, kind: &StreamKind) -> Result<Arc<Control>, Reset> {
        let relay = &self.session.relay;
        let rules = relay.rules();
        let limits = &rules.config.limits;
        if relay.draining.is_cancelled() {
            return Err(Reset::new(Reason::Draining, "the relay stops"));
        }
        let streams = self.session.lock();
        if streams.len() >= limits.streams {
            return Err(Reset::new(Reason::Quota, format!("more than {} streams at once", limits.streams)));
        }
        match kind {
            StreamKind::Control { .. } => {
                if self.minute.0.elapsed() >= Duration::from_secs(60) {
                    self.minute = (Instant::now(), 0);
                }
                if self.minute.1 >= limits.opens_per_minute {
                    return Err(Reset::new(Reason::Quota, "too many connections in a minute"));
                }
                self.minute.1 += 1;
                Ok(Arc::default())
            }
            StreamKind::Data { parent, .. } | StreamKind::Listen { parent } => {
                match streams.get(&StreamId(*parent)) {
                    Some(entry) if entry.is_control => Ok(entry.control.clone()),
                    _ => Err(Reset::new(Reason::Protocol, "a data stream needs an open control stream")),
                }
            }
        }
    }

    fn start(&self, id: StreamId, kind: StreamKind, control: Arc<Control>, window: u64) {
        let mailbox = Arc::new(Mailbox::new(window));
        let is_control = matches!(kind, StreamKind::Control { .. });
        let entry = Entry { mailbox: mailbox.clone(), control: control.clone(), is_control };
        self.session.lock().insert(id, entry);
        let session = self.session.clone();
        let rules = session.relay.rules();
        let stream = Stream {
            id,
            session,
            rules,
            mailbox,
            control,
            is_control,
            last_byte: AtomicU64::new(0),
            written: Written::default(),
        };
        let span = tracing::info_span!("stream", id = id.0, control = is_control);
        self.tasks.spawn(stream.run(kind).instrument(span));
    }
}

impl Session {
    fn welcome(&self, hello: &Hello) -> Welcome {
        let rules = self.relay.rules();
        let listens = rules.door.listens() && hello.features.iter().any(|feature| feature == LISTEN);
        Welcome {
            agent: concat!("towpath/", env!("CARGO_PKG_VERSION")).into(),
            features: listens.then(|| LISTEN.to_owned()).into_iter().collect(),
            max_payload: MAX_PAYLOAD,
            max_streams: rules.config.limits.streams,
            sites: rules.config.sites(),
        }
    }

    /// Milliseconds since the session began.
    fn now_ms(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// Takes a stream out of the table.
    fn remove(&self, id: StreamId) -> Option<Entry> {
        let entry = self.lock().remove(&id);
        self.ended.notify_one();
        entry
    }

    fn give_up_all(&self) {
        for entry in self.lock().values() {
            entry.mailbox.give_up();
        }
    }

    async fn all_ended(&self) {
        while !self.lock().is_empty() {
            self.ended.notified().await;
        }
    }

    /// The first upload window of a stream: the protocol's, or what is left of the session's budget, but always enough
    /// to go on with.
    fn upload_window(&self, is_control: bool) -> u64 {
        let wanted = if is_control { CONTROL_WINDOW } else { DATA_WINDOW };
        let left = UPLOAD_BUDGET.saturating_sub(granted(&self.lock()));
        wanted.min(left / WINDOW_UNIT * WINDOW_UNIT).max(CONTROL_WINDOW)
    }

    /// Counts upload bytes that a socket has taken. Returns the limit to send as CREDIT, if one is due.
    fn consumed(&self, mailbox: &Mailbox, bytes: u64) -> Option<u64> {
        // The table is locked throughout, so two streams cannot both grow into the same room.
        let streams = self.lock();
        let room = UPLOAD_BUDGET.saturating_sub(granted(&streams));
        let rtt = Some(self.rtt_ms.load(Ordering::Relaxed)).filter(|rtt| *rtt > 0);
        mailbox.consumed(|window| window.consume(bytes, self.now_ms(), rtt, room))
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<StreamId, Entry>> {
        // Nothing panics while it is held.
        self.streams.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn granted(streams: &BTreeMap<StreamId, Entry>) -> u64 {
    streams.values().map(|entry| entry.mailbox.window()).sum()
}

fn out_of_place(kind: Kind) -> End {
    End::Protocol(format!("{kind:?} frame out of place"))
}
