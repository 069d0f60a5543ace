//! The half of a session that reads: what each frame of the page means. It outlives the WebSockets that it reads from.

use super::account::Account;
use super::control::Control;
use super::echo::Written;
use super::mailbox::Mailbox;
use super::stream::Stream;
use super::{End, Entry, Session};
use crate::audit;
use crate::limits::StreamPlace;
use crate::metrics::{Direction, snake};
use axum::extract::ws::Message as Carrier;
use bytes::Bytes;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::time::Instant;
use tokio_util::task::TaskTracker;
use towpath_shared::ledger::{Received, is_numbered};
use towpath_shared::{FrameError, Header, Kind, Message, Open, Reason, Reset, StreamId, StreamKind, close};
use tracing::Instrument;
use tracing::field::Empty;

/// What it takes to understand the page's frames.
pub(super) struct Reader {
    pub(super) session: Arc<Session>,
    /// The streams' tasks.
    pub(super) tasks: TaskTracker,
    /// When the page was last heard of.
    pub(super) heard: Instant,
    /// Numbered frames that were acted on.
    pub(super) received: Received,
    /// Number of the newest stream.
    last: u32,
}

impl Reader {
    pub(super) fn new(session: Arc<Session>) -> Reader {
        Reader {
            session,
            tasks: TaskTracker::new(),
            heard: Instant::now(),
            received: Received::default(),
            last: 0,
        }
    }

    /// Takes what came over the WebSocket.
    pub(super) fn carrier(&mut self, message: Option<Result<Carrier, axum::Error>>) -> Result<(), End> {
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
            Carrier::Close(Some(frame)) if frame.code == close::RETURNING => Err(End::Lost),
            Carrier::Close(_) => Err(End::Left),
            Carrier::Pong(payload) => {
                if let Ok(sent) = <[u8; 8]>::try_from(&payload[..]) {
                    let rtt = self.session.now_ms().saturating_sub(u64::from_le_bytes(sent));
                    self.session.rtt_ms.store(rtt.max(1), Ordering::Relaxed);
                    self.session.relay.metrics.round_trip(rtt);
                }
                Ok(())
            }
            // Answered by the WebSocket itself.
            Carrier::Ping(_) => Ok(()),
        }
    }

    /// Acknowledges what has come since the last time.
    pub(super) fn acknowledge(&mut self) {
        if let Some(count) = self.received.any().filter(|_| self.session.resumable) {
            self.session.outbox.send(StreamId::LINK, &Message::Ack(count));
        }
    }

    fn frame(&mut self, frame: Bytes) -> Result<(), End> {
        let numbered = frame.first().is_some_and(|kind| is_numbered(*kind));
        let len = frame.len();
        self.session.relay.metrics.frame(Direction::Up, &frame);
        self.act(frame)?;
        if numbered && self.session.resumable {
            self.received.take(len);
            if let Some(count) = self.received.due() {
                self.session.outbox.send(StreamId::LINK, &Message::Ack(count));
            }
        }
        Ok(())
    }

    fn act(&mut self, frame: Bytes) -> Result<(), End> {
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
            Message::Ack(count) if self.session.resumable => self.session.outbox.acknowledged(count)?,
            Message::Ping(number) => self.session.outbox.send(StreamId::LINK, &Message::Pong(number)),
            Message::Pong(_) => {}
            Message::Open { open, window } => self.open(id, open, window)?,
            Message::Reset(_) => {
                if let Some(mailbox) = self.mailbox(header)? {
                    self.session.remove(id);
                    mailbox.give_up();
                    if !mailbox.is_open() && self.session.admitted.place.gave_up() {
                        return Err(End::Restless);
                    }
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
                self.mark(header, |mailbox| mailbox.write_secret(request.what))?;
            }
            Message::Hello(_)
            | Message::Resume(_)
            | Message::Resumed(_)
            | Message::Ack(_)
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
            self.session.outbox.send(id, &Message::Reset(reset));
        }
    }

    fn open(&mut self, id: StreamId, open: Open, window: u64) -> Result<(), End> {
        if id.0.is_multiple_of(2) || id.0 <= self.last {
            return Err(out_of_place(Kind::Open));
        }
        self.last = id.0;
        match self.admit(&open.kind) {
            Ok((control, place)) => self.start(id, open.kind, control, place, window),
            Err(reset) => {
                self.session.relay.metrics.not_opened(reset.reason);
                if let StreamKind::Control { host, port } = &open.kind {
                    let reason = snake(&format!("{:?}", reset.reason));
                    audit::site_refused(self.session.who(), id.0, host, *port, "not_asked", &reason);
                }
                self.session.outbox.send(id, &Message::Reset(reset));
            }
        }
        Ok(())
    }

    /// Whether one more stream is in order, and what it knows of its server.
    fn admit(&self, kind: &StreamKind) -> Result<(Arc<Control>, StreamPlace), Reset> {
        let relay = &self.session.relay;
        // A transfer that has begun on its control connection still gets its data connection.
        if relay.draining.is_cancelled() && matches!(kind, StreamKind::Control { .. }) {
            return Err(Reset::new(Reason::Draining, "the relay stops"));
        }
        let (control, is_control) = match kind {
            StreamKind::Control { .. } => (Arc::default(), true),
            StreamKind::Data { parent, .. } | StreamKind::Listen { parent } => {
                match self.session.lock().get(&StreamId(*parent)) {
                    Some(entry) if entry.is_control => (entry.control.clone(), false),
                    _ => {
                        return Err(Reset::new(
                            Reason::Protocol,
                            "a data stream needs an open control stream",
                        ));
                    }
                }
            }
        };
        let has = self.session.lock().len();
        let place = &self.session.admitted.place;
        Ok((control, place.stream(&relay.rules().config.limits, is_control, has)?))
    }

    fn start(&self, id: StreamId, kind: StreamKind, control: Arc<Control>, place: StreamPlace, window: u64) {
        let mailbox = Arc::new(Mailbox::new(window));
        let is_control = matches!(kind, StreamKind::Control { .. });
        let entry = Entry { mailbox: mailbox.clone(), control: control.clone(), is_control };
        self.session.lock().insert(id, entry);
        let session = self.session.clone();
        let rules = session.relay.rules();
        let account = Account::new(&kind);
        // Shown whatever the level is: a warning must say whose it is.
        let span = tracing::error_span!(
            "stream",
            id = id.0,
            kind = account.kind(),
            server.address = Empty,
            server.port = Empty,
            network.peer.address = Empty,
            tls.protocol.version = Empty,
        );
        let stream = Stream {
            id,
            session,
            rules,
            place,
            mailbox,
            control,
            is_control,
            last_byte: AtomicU64::new(0),
            account,
            written: Written::default(),
        };
        self.tasks.spawn(stream.run(kind).instrument(span));
    }
}

pub(super) fn out_of_place(kind: Kind) -> End {
    End::Protocol(format!("{kind:?} frame out of place"))
}
