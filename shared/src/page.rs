//! The page's half of the tunnel as a state machine without IO: messages in, events and frames out.
//!
//! The owner of the WebSocket does this and nothing else:
//!
//! 1. On each message: [`Header::split`]; DATA goes to [`Link::receive_data`] (the payload stays where it is), all else
//!    to [`Link::receive`]. Act on the [`Event`].
//! 2. After each call, send every frame of [`Link::poll_frame`], in order.
//! 3. To send bytes: at most [`Link::budget`] of them, as [`Link::data_header`] followed by the payload, after the frames
//!    of step 2.
//! 4. When a consumer is done with received bytes: [`Link::consumed`].
//! 5. Where WELCOME has a resumption, every numbered frame that was sent goes into a [`crate::ledger::Sent`], those of step 3 included, and
//!    DATA waits while that has no room. When the WebSocket is lost, [`Link::interrupted`]; a new one begins with
//!    [`Link::resume`], and at [`Event::Resumed`] the ledger sends again what is missing. Nothing else is sent meanwhile.
//!
//! Frames for streams that this side has already given up are dropped silently: they were under way.

use crate::frame::{FrameError, Header, Kind, StreamId};
use crate::ledger::{Received, is_numbered};
use crate::link::{GoAway, Hello, RESUME, Resume, Resumption, Welcome};
use crate::message::Message;
use crate::reset::{Reason, Reset};
use crate::secret::{SecretKind, WriteSecret};
use crate::stream::{Listening, Open, Opened, StreamKind};
use crate::tls::{ClientCertificate, StartTls, TlsInfo, TlsVersion};
use crate::window::{RecvWindow, SendWindow};
use crate::{CONTROL_WINDOW, DATA_WINDOW, MAX_PAYLOAD, MAX_PAYLOAD_NEGOTIABLE, MAX_SESSION_WINDOW};
use std::collections::{BTreeMap, VecDeque};
use thiserror::Error;

/// What a frame from the relay means for its stream's owner.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Event {
    /// The link is up; streams may be opened.
    Welcome(Welcome),
    /// The relay has this many numbered frames in all: they need not be kept any longer.
    Acknowledged(u64),
    /// The link goes on over its new WebSocket; the relay has this many numbered frames, later ones are to be sent again.
    Resumed(u64),
    /// The relay will stop.
    GoAway(GoAway),
    /// A PONG came; the round trip in milliseconds.
    RoundTrip(u64),
    /// The relay listens for a stream's connection; [`Event::Opened`] follows.
    Listening(StreamId, Listening),
    /// A stream is connected.
    Opened(StreamId, Opened),
    /// A TLS handshake ended well; unless `gate_open`, [`Link::accept_tls`] or [`Link::reset`] must follow.
    Secured(StreamId, TlsInfo, Vec<Vec<u8>>),
    /// [`Link::budget`] has grown.
    Writable(StreamId),
    /// The relay sends no more on this stream; `unclean` where TLS ended without close_notify.
    Finished(StreamId, bool),
    /// The stream is over.
    Reset(StreamId, Reset),
}

/// The relay broke the protocol: the link must be closed.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum LinkError {
    /// A frame cannot be read.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// A frame came that makes no sense in the present state.
    #[error("{0:?} frame out of place")]
    OutOfPlace(Kind),
    /// A stream was opened before WELCOME, or past the numbers that there are.
    #[error("the link cannot open a stream now")]
    NotReady,
}

#[derive(Debug)]
struct Stream {
    /// LISTENING is to come.
    listens: bool,
    /// None until OPENED.
    send: Option<SendWindow>,
    receive: RecvWindow,
    gate: Gate,
    chain: Vec<Vec<u8>>,
    fin_sent: bool,
    fin_received: bool,
}

/// What may flow on a stream.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Gate {
    /// Bytes.
    Open,
    /// START_TLS was sent. What the relay had sent before it saw that is still under way.
    Handshake,
    /// TLS_INFO came; the page decides on the certificate.
    Decision,
}

/// The page's end of a tunnel.
#[derive(Debug)]
pub struct Link {
    streams: BTreeMap<StreamId, Stream>,
    next: u32,
    welcome: Option<Welcome>,
    frames: VecDeque<Vec<u8>>,
    rtt_ms: Option<u64>,
    received: Received,
    /// The WebSocket was lost, and RESUMED has not come yet.
    interrupted: bool,
}

impl Link {
    /// A new link; its first frame is HELLO.
    #[must_use]
    pub fn new(hello: Hello) -> Link {
        let mut link = Link {
            streams: BTreeMap::new(),
            next: 1,
            welcome: None,
            frames: VecDeque::new(),
            rtt_ms: None,
            received: Received::default(),
            interrupted: false,
        };
        link.queue(StreamId::LINK, &Message::Hello(hello));
        link
    }

    /// The next frame to put on the WebSocket.
    pub fn poll_frame(&mut self) -> Option<Vec<u8>> {
        if self.interrupted { None } else { self.frames.pop_front() }
    }

    /// How the link can be resumed, if it can.
    #[must_use]
    pub fn resumption(&self) -> Option<&Resumption> {
        self.welcome.as_ref().and_then(|welcome| welcome.resumption.as_ref())
    }

    /// The WebSocket is lost. Whether the link can go on over a new one; what is asked of it meanwhile waits for that.
    pub fn interrupted(&mut self) -> bool {
        // What was to be said of the old WebSocket has no meaning on a new one.
        self.frames.retain(|frame| frame.first().is_some_and(|kind| is_numbered(*kind)));
        self.interrupted = self.resumption().is_some();
        self.interrupted
    }

    /// Whether RESUMED is awaited.
    #[must_use]
    pub fn is_interrupted(&self) -> bool {
        self.interrupted
    }

    /// The first frame on a new WebSocket after [`Link::interrupted`].
    pub fn resume(&mut self) -> Option<Vec<u8>> {
        let token = self.resumption()?.token.clone();
        let received = self.received.all();
        Some(Message::Resume(Resume { token, received }).encode(StreamId::LINK))
    }

    /// The relay's WELCOME, once it came.
    #[must_use]
    pub fn welcome(&self) -> Option<&Welcome> {
        self.welcome.as_ref()
    }

    /// Largest payload that one DATA frame may carry, in bytes.
    #[must_use]
    pub fn max_payload(&self) -> usize {
        self.welcome.as_ref().map_or(MAX_PAYLOAD, |welcome| welcome.max_payload)
    }

    /// Asks for a PONG; `now_ms` travels in the frame and comes back.
    pub fn ping(&mut self, now_ms: u64) {
        // The last few frames of a burst are acknowledged here.
        if let Some(count) = self.received.any() {
            self.queue(StreamId::LINK, &Message::Ack(count));
        }
        self.queue(StreamId::LINK, &Message::Ping(now_ms));
    }

    /// Asks the relay to connect. [`Event::Opened`] or [`Event::Reset`] follows.
    ///
    /// # Errors
    /// [`LinkError::NotReady`] before WELCOME.
    pub fn open(&mut self, kind: StreamKind) -> Result<StreamId, LinkError> {
        if self.welcome.is_none() {
            return Err(LinkError::NotReady);
        }
        let id = StreamId(self.next);
        self.next = self.next.checked_add(2).ok_or(LinkError::NotReady)?;
        let window = match kind {
            StreamKind::Control { .. } => CONTROL_WINDOW,
            StreamKind::Data { .. } | StreamKind::Listen { .. } => DATA_WINDOW,
        };
        let stream = Stream {
            listens: matches!(kind, StreamKind::Listen { .. }),
            send: None,
            receive: RecvWindow::new(window),
            gate: Gate::Open,
            chain: Vec::new(),
            fin_sent: false,
            fin_received: false,
        };
        self.streams.insert(id, stream);
        self.queue(id, &Message::Open { open: Open { kind }, window });
        Ok(id)
    }

    /// Asks for TLS on a stream, once and before its end; nothing may be sent until the gate is open. Before [`Event::Opened`] it costs no round trip:
    /// the relay begins the handshake as soon as the connection stands.
    pub fn start_tls(&mut self, id: StreamId, server_name: String, max_version: Option<TlsVersion>) {
        self.start_tls_as(id, server_name, max_version, None);
    }

    /// The same with a client certificate, on a control stream.
    pub fn start_tls_as(
        &mut self,
        id: StreamId,
        server_name: String,
        max_version: Option<TlsVersion>,
        client_certificate: Option<ClientCertificate>,
    ) {
        let begins = |stream: &&mut Stream| stream.gate == Gate::Open && !stream.fin_sent;
        let Some(stream) = self.streams.get_mut(&id).filter(begins) else { return };
        stream.gate = Gate::Handshake;
        let received = stream.receive.received();
        let request = StartTls { server_name, received, max_version, client_certificate };
        self.queue(id, &Message::StartTls(request));
    }

    /// Opens the gate: the certificate is accepted. Does nothing where it is open, or where no certificate was shown yet.
    pub fn accept_tls(&mut self, id: StreamId) {
        let Some(stream) = self.streams.get_mut(&id).filter(|stream| stream.gate == Gate::Decision) else {
            return;
        };
        stream.gate = Gate::Open;
        self.queue(id, &Message::TlsAccept);
    }

    /// Asks the relay to write the stored password of this control stream's preset site, as the PASS command. All that was sent before goes
    /// first; nothing may be sent behind it before the server has answered. Does nothing where bytes cannot flow.
    pub fn write_password(&mut self, id: StreamId) {
        if let Some(Stream { gate: Gate::Open, fin_sent: false, send: Some(_), .. }) = self.streams.get(&id) {
            self.queue(id, &Message::WriteSecret(WriteSecret { what: SecretKind::Password }));
        }
    }

    /// Payload bytes that may be sent on a stream now, over one or more frames of [`Link::max_payload`].
    #[must_use]
    pub fn budget(&self, id: StreamId) -> u64 {
        match self.streams.get(&id) {
            _ if self.interrupted => 0,
            Some(Stream { gate: Gate::Open, fin_sent: false, send: Some(send), .. }) => send.available(),
            _ => 0,
        }
    }

    /// The header of a DATA frame, and the accounting for its payload of `len` bytes.
    pub fn data_header(&mut self, id: StreamId, len: usize) -> [u8; Header::LEN] {
        if let Some(send) = self.streams.get_mut(&id).and_then(|stream| stream.send.as_mut()) {
            send.send(len as u64);
        }
        Header::new(Kind::Data, id).to_bytes()
    }

    /// Half-close: all that was sent will be delivered, no more comes.
    pub fn finish(&mut self, id: StreamId) {
        let Some(stream) = self.streams.get_mut(&id) else { return };
        if !std::mem::replace(&mut stream.fin_sent, true) {
            self.queue(id, &Message::Fin { unclean: false });
            self.drop_if_done(id);
        }
    }

    /// Gives a stream up; what is under way is discarded on both sides.
    pub fn reset(&mut self, id: StreamId, reason: Reason) {
        if self.streams.remove(&id).is_some() {
            self.queue(id, &Message::Reset(Reset::new(reason, "")));
        }
    }

    /// Counts received bytes whose consumer is done with them; queues CREDIT when it is due. `now_ms` is any steady
    /// clock, the same as in [`Link::ping`].
    pub fn consumed(&mut self, id: StreamId, bytes: u64, now_ms: u64) {
        let in_use: u64 = self.streams.values().map(|stream| stream.receive.size()).sum();
        let room = MAX_SESSION_WINDOW.saturating_sub(in_use);
        let Some(stream) = self.streams.get_mut(&id) else { return };
        let credit = stream.receive.consume(bytes, now_ms, self.rtt_ms, room);
        if let (Some(limit), false) = (credit, stream.fin_received) {
            self.queue(id, &Message::Credit(limit));
        }
    }

    /// Takes the header and the payload's length of a DATA frame. `true`: hand the payload to the stream's owner;
    /// `false`: drop it. Either the stream is gone, or the bytes were sent in plain text before the relay saw START_TLS: it will
    /// reset the stream for that ([`Reason::PlaintextAfterStartTls`]), and the link and its other streams go on.
    ///
    /// # Errors
    /// A [`LinkError`] ends the link: bytes past the credit, past a FIN, before OPENED, or before the certificate is accepted.
    pub fn receive_data(&mut self, header: Header, len: usize) -> Result<bool, LinkError> {
        if len > self.max_payload() {
            return Err(FrameError::Length { kind: Kind::Data, len }.into());
        }
        let out_of_place = LinkError::OutOfPlace(Kind::Data);
        if self.interrupted || !self.is_ours(header.stream) {
            return Err(out_of_place);
        }
        self.took(Header::LEN + len);
        let Some(stream) = self.streams.get_mut(&header.stream) else { return Ok(false) };
        let allowed = stream.send.is_some() && !stream.fin_received && stream.gate != Gate::Decision;
        if !allowed || stream.receive.receive(len as u64).is_err() {
            return Err(out_of_place);
        }
        Ok(stream.gate == Gate::Open)
    }

    /// Takes a frame that is not DATA. `None` where nobody needs to act.
    ///
    /// # Errors
    /// A [`LinkError`] ends the link. An ignorable unknown frame never gets here: [`Header::split`] says so.
    pub fn receive(
        &mut self,
        header: Header,
        payload: &[u8],
        now_ms: u64,
    ) -> Result<Option<Event>, LinkError> {
        let id = header.stream;
        let message = Message::decode(header, payload)?;
        let out_of_place = LinkError::OutOfPlace(header.kind);
        if id == StreamId::LINK {
            return self.receive_on_link(message, now_ms);
        }
        if self.interrupted || !self.is_ours(id) {
            return Err(out_of_place);
        }
        self.took(Header::LEN + payload.len());
        let Some(stream) = self.streams.get_mut(&id) else { return Ok(None) };
        let event = match message {
            Message::Opened { opened, window } if stream.send.is_none() => {
                stream.send = Some(SendWindow::new(window));
                Event::Opened(id, opened)
            }
            Message::Listening(listening) if stream.listens && stream.send.is_none() => {
                stream.listens = false;
                Event::Listening(id, listening)
            }
            Message::Credit(limit) => match &mut stream.send {
                Some(send) => {
                    if !send.credit(limit) {
                        return Ok(None);
                    }
                    Event::Writable(id)
                }
                None => return Err(out_of_place),
            },
            Message::Fin { unclean } if stream.send.is_some() && !stream.fin_received => {
                stream.fin_received = true;
                self.drop_if_done(id);
                Event::Finished(id, unclean)
            }
            Message::Reset(reset) => {
                self.streams.remove(&id);
                Event::Reset(id, reset)
            }
            Message::TlsCert { der, index }
                if stream.gate == Gate::Handshake && usize::from(index) == stream.chain.len() =>
            {
                if stream.chain.len() >= MAX_CHAIN {
                    return Err(out_of_place);
                }
                stream.chain.push(der);
                return Ok(None);
            }
            Message::TlsInfo(info) if stream.gate == Gate::Handshake => {
                stream.gate = if info.gate_open { Gate::Open } else { Gate::Decision };
                Event::Secured(id, info, std::mem::take(&mut stream.chain))
            }
            _ => return Err(out_of_place),
        };
        Ok(Some(event))
    }

    fn receive_on_link(&mut self, message: Message, now_ms: u64) -> Result<Option<Event>, LinkError> {
        Ok(match message {
            Message::Resumed(resumed) if self.interrupted => {
                self.interrupted = false;
                Some(Event::Resumed(resumed.received))
            }
            message if self.interrupted => return Err(LinkError::OutOfPlace(message.kind())),
            Message::Ack(count) => Some(Event::Acknowledged(count)),
            Message::Welcome(mut welcome) if self.welcome.is_none() => {
                welcome.max_payload = welcome.max_payload.clamp(1, MAX_PAYLOAD_NEGOTIABLE);
                if !welcome.features.iter().any(|feature| feature == RESUME) {
                    welcome.resumption = None;
                }
                self.welcome = Some(welcome.clone());
                Some(Event::Welcome(welcome))
            }
            Message::Ping(number) => {
                self.queue(StreamId::LINK, &Message::Pong(number));
                None
            }
            Message::Pong(sent) => {
                let rtt = now_ms.saturating_sub(sent).max(1);
                // The shortest: a PONG behind a full window measures that window, and windows must not grow by it.
                self.rtt_ms = Some(self.rtt_ms.map_or(rtt, |shortest| shortest.min(rtt)));
                Some(Event::RoundTrip(rtt))
            }
            Message::GoAway(away) => Some(Event::GoAway(away)),
            message => return Err(LinkError::OutOfPlace(message.kind())),
        })
    }

    /// Takes a frame that this version does not know and that says it may be skipped ([`FrameError::Ignorable`]): it is counted if it is
    /// numbered. `kind` is its first byte, `len` its length.
    pub fn skip(&mut self, kind: u8, len: usize) {
        if is_numbered(kind) {
            self.took(len);
        }
    }

    /// A numbered frame of `len` bytes came.
    fn took(&mut self, len: usize) {
        if self.resumption().is_none() {
            return;
        }
        self.received.take(len);
        if let Some(count) = self.received.due() {
            self.queue(StreamId::LINK, &Message::Ack(count));
        }
    }

    /// Whether this side has opened a stream of this number, though it may be gone.
    fn is_ours(&self, id: StreamId) -> bool {
        id.0 % 2 == 1 && id.0 < self.next
    }

    /// Both directions have ended, so nothing more can come; bytes that a consumer still holds need no credit.
    fn drop_if_done(&mut self, id: StreamId) {
        if self.streams.get(&id).is_some_and(|stream| stream.fin_sent && stream.fin_received) {
            self.streams.remove(&id);
        }
    }

    fn queue(&mut self, id: StreamId, message: &Message) {
        self.frames.push_back(message.encode(id));
    }
}

/// Certificates of a chain that the page takes; real chains have two to four.
const MAX_CHAIN: usize = 16;

#[cfg(test)]
mod tests;
