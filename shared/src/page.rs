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
//!
//! Frames for streams that this side has already given up are dropped silently: they were under way.

use crate::frame::{FrameError, Header, Kind, StreamId};
use crate::link::{GoAway, Hello, Welcome};
use crate::message::Message;
use crate::reset::{Reason, Reset};
use crate::stream::{Open, Opened, StreamKind};
use crate::tls::{StartTls, TlsInfo, TlsVersion};
use crate::window::{RecvWindow, SendWindow};
use crate::{CONTROL_WINDOW, DATA_WINDOW, MAX_PAYLOAD, MAX_PAYLOAD_NEGOTIABLE, MAX_SESSION_WINDOW};
use std::collections::{BTreeMap, VecDeque};
use thiserror::Error;

/// What a frame from the relay means for its stream's owner.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Event {
    /// The link is up; streams may be opened.
    Welcome(Welcome),
    /// The relay will stop.
    GoAway(GoAway),
    /// A PONG came; the round trip in milliseconds.
    RoundTrip(u64),
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
}

impl Link {
    /// A new link; its first frame is HELLO.
    #[must_use]
    pub fn new(hello: Hello) -> Link {
        let mut link =
            Link { streams: BTreeMap::new(), next: 1, welcome: None, frames: VecDeque::new(), rtt_ms: None };
        link.queue(StreamId::LINK, &Message::Hello(hello));
        link
    }

    /// The next frame to put on the WebSocket.
    pub fn poll_frame(&mut self) -> Option<Vec<u8>> {
        self.frames.pop_front()
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
            StreamKind::Data { .. } => DATA_WINDOW,
        };
        let stream = Stream {
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

    /// Asks for TLS on an open stream, once; nothing may be sent until the gate is open.
    pub fn start_tls(&mut self, id: StreamId, server_name: String, max_version: Option<TlsVersion>) {
        let Some(stream) = self.streams.get_mut(&id).filter(|stream| stream.gate == Gate::Open) else {
            return;
        };
        stream.gate = Gate::Handshake;
        let received = stream.receive.received();
        self.queue(id, &Message::StartTls(StartTls { server_name, received, max_version }));
    }

    /// Opens the gate: the certificate is accepted. Does nothing where it is open, or where no certificate was shown yet.
    pub fn accept_tls(&mut self, id: StreamId) {
        let Some(stream) = self.streams.get_mut(&id).filter(|stream| stream.gate == Gate::Decision) else {
            return;
        };
        stream.gate = Gate::Open;
        self.queue(id, &Message::TlsAccept);
    }

    /// Payload bytes that may be sent on a stream now, over one or more frames of [`Link::max_payload`].
    #[must_use]
    pub fn budget(&self, id: StreamId) -> u64 {
        match self.streams.get(&id) {
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
        if !self.is_ours(header.stream) {
            return Err(out_of_place);
        }
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
        if !self.is_ours(id) {
            return Err(out_of_place);
        }
        let Some(stream) = self.streams.get_mut(&id) else { return Ok(None) };
        let event = match message {
            Message::Opened { opened, window } if stream.send.is_none() => {
                stream.send = Some(SendWindow::new(window));
                Event::Opened(id, opened)
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
            Message::Welcome(mut welcome) if self.welcome.is_none() => {
                welcome.max_payload = welcome.max_payload.clamp(1, MAX_PAYLOAD_NEGOTIABLE);
                self.welcome = Some(welcome.clone());
                Some(Event::Welcome(welcome))
            }
            Message::Ping(number) => {
                self.queue(StreamId::LINK, &Message::Pong(number));
                None
            }
            Message::Pong(sent) => {
                let rtt = now_ms.saturating_sub(sent).max(1);
                self.rtt_ms = Some(rtt);
                Some(Event::RoundTrip(rtt))
            }
            Message::GoAway(away) => Some(Event::GoAway(away)),
            message => return Err(LinkError::OutOfPlace(message.kind())),
        })
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
mod tests {
    use super::*;
    use crate::tls::Verdict;
    use crate::{MAX_STREAM_WINDOW, WINDOW_UNIT};
    use proptest::prelude::*;

    fn control() -> StreamKind {
        StreamKind::Control { host: "ftp.example".into(), port: 21 }
    }

    fn welcome() -> Message {
        let body = Welcome { max_payload: MAX_PAYLOAD, max_streams: 8, ..Welcome::default() };
        Message::Welcome(body)
    }

    fn opened(window: u64) -> Message {
        let opened = Opened { peer: "192.0.2.1:21".into(), local: "192.0.2.2:40000".into(), connect_ms: 7 };
        Message::Opened { opened, window }
    }

    fn info(gate_open: bool) -> TlsInfo {
        TlsInfo {
            verdict: Verdict::SelfSigned,
            version: TlsVersion::Tls13,
            key_exchange: "X25519".into(),
            cipher: "AES-256-GCM".into(),
            resumed: gate_open,
            gate_open,
            chain: Vec::new(),
        }
    }

    /// What the relay sends, as bytes.
    fn receive(link: &mut Link, id: StreamId, message: &Message) -> Result<Option<Event>, LinkError> {
        let frame = message.encode(id);
        let (header, payload) = Header::split(&frame).unwrap();
        link.receive(header, payload, 1_000)
    }

    fn data(link: &mut Link, id: StreamId, len: usize) -> Result<bool, LinkError> {
        link.receive_data(Header::new(Kind::Data, id), len)
    }

    /// What the page sends, read again.
    fn sent(link: &mut Link) -> Vec<(StreamId, Message)> {
        std::iter::from_fn(|| link.poll_frame())
            .map(|frame| {
                let (header, payload) = Header::split(&frame).unwrap();
                (header.stream, Message::decode(header, payload).unwrap())
            })
            .collect()
    }

    /// A link with a WELCOME and one opened control stream, with nothing left to send.
    fn connected() -> (Link, StreamId) {
        let mut link = Link::new(Hello::default());
        receive(&mut link, StreamId::LINK, &welcome()).unwrap();
        let id = link.open(control()).unwrap();
        receive(&mut link, id, &opened(WINDOW_UNIT)).unwrap();
        sent(&mut link);
        (link, id)
    }

    #[test]
    fn from_hello_to_fin() {
        let mut link = Link::new(Hello { agent: "page".into(), ..Hello::default() });
        assert!(matches!(sent(&mut link)[..], [(StreamId::LINK, Message::Hello(_))]));
        assert_eq!(link.open(control()), Err(LinkError::NotReady));
        let event = receive(&mut link, StreamId::LINK, &welcome()).unwrap();
        assert!(matches!(event, Some(Event::Welcome(_))));

        let id = link.open(control()).unwrap();
        assert_eq!(id, StreamId(1));
        let open = Message::Open { open: Open { kind: control() }, window: CONTROL_WINDOW };
        assert_eq!(sent(&mut link), [(id, open)]);
        assert_eq!(link.budget(id), 0, "nothing may be sent before OPENED");
        let event = receive(&mut link, id, &opened(WINDOW_UNIT)).unwrap();
        assert!(matches!(event, Some(Event::Opened(StreamId(1), _))));
        assert_eq!(link.budget(id), WINDOW_UNIT);

        // Upwards: the budget falls with each header and rises with CREDIT, which is absolute.
        assert_eq!(Header::split(&link.data_header(id, 100)).unwrap().0, Header::new(Kind::Data, id));
        assert_eq!(link.budget(id), WINDOW_UNIT - 100);
        let event = receive(&mut link, id, &Message::Credit(2 * WINDOW_UNIT)).unwrap();
        assert_eq!(event, Some(Event::Writable(id)));
        for limit in [2 * WINDOW_UNIT, WINDOW_UNIT, 0] {
            assert_eq!(receive(&mut link, id, &Message::Credit(limit)).unwrap(), None);
        }
        assert_eq!(link.budget(id), 2 * WINDOW_UNIT - 100);

        // Downwards: CREDIT follows consumption, not arrival.
        assert_eq!(data(&mut link, id, 32 * 1024), Ok(true));
        assert_eq!(sent(&mut link), []);
        link.consumed(id, 32 * 1024, 1_000);
        assert_eq!(sent(&mut link), [(id, Message::Credit(CONTROL_WINDOW + 32 * 1024))]);

        // Each side ends by itself.
        let event = receive(&mut link, id, &Message::Fin { unclean: true }).unwrap();
        assert_eq!(event, Some(Event::Finished(id, true)));
        assert_eq!(data(&mut link, id, 1), Err(LinkError::OutOfPlace(Kind::Data)));
        assert_eq!(link.budget(id), 2 * WINDOW_UNIT - 100, "the page may go on");
        link.finish(id);
        link.finish(id);
        assert_eq!(sent(&mut link), [(id, Message::Fin { unclean: false })]);
        assert_eq!(link.budget(id), 0);
        assert_eq!(link.open(control()).unwrap(), StreamId(3), "numbers are not used again");
    }

    #[test]
    fn bytes_past_the_credit_end_the_link() {
        let (mut link, id) = connected();
        assert_eq!(data(&mut link, id, MAX_PAYLOAD), Ok(true));
        assert_eq!(data(&mut link, id, 1), Err(LinkError::OutOfPlace(Kind::Data)));
        assert!(matches!(
            data(&mut link, id, MAX_PAYLOAD + 1),
            Err(LinkError::Frame(FrameError::Length { .. }))
        ));
    }

    #[test]
    fn nothing_flows_before_the_gate_opens() {
        let (mut link, id) = connected();
        data(&mut link, id, 10).unwrap();
        // Not asked for, not yet.
        link.accept_tls(id);
        assert_eq!(sent(&mut link), []);
        link.start_tls(id, "ftp.example".into(), None);
        link.start_tls(id, "ftp.example".into(), None);
        let start = StartTls { server_name: "ftp.example".into(), received: 10, max_version: None };
        assert_eq!(sent(&mut link), [(id, Message::StartTls(start))]);
        assert_eq!(link.budget(id), 0);
        link.accept_tls(id);
        assert_eq!(sent(&mut link), [], "no certificate was shown");

        // The relay sent this before it saw START_TLS: it will reset the stream, and the owner must not see it.
        assert_eq!(data(&mut link, id, 5), Ok(false));

        for index in 0..2 {
            let message = Message::TlsCert { index, der: vec![u8::try_from(index).unwrap()] };
            assert_eq!(receive(&mut link, id, &message), Ok(None));
        }
        let event = receive(&mut link, id, &Message::TlsInfo(info(false))).unwrap();
        assert_eq!(event, Some(Event::Secured(id, info(false), vec![vec![0], vec![1]])));
        assert_eq!(link.budget(id), 0);
        assert_eq!(data(&mut link, id, 1), Err(LinkError::OutOfPlace(Kind::Data)));
        assert_eq!(
            receive(&mut link, id, &Message::TlsInfo(info(true))),
            Err(LinkError::OutOfPlace(Kind::TlsInfo)),
            "what the page decides on cannot be changed under its hands"
        );

        link.accept_tls(id);
        link.accept_tls(id);
        assert_eq!(sent(&mut link), [(id, Message::TlsAccept)]);
        assert_eq!(link.budget(id), WINDOW_UNIT);
        assert_eq!(data(&mut link, id, 1), Ok(true));
    }

    #[test]
    fn a_data_streams_gate_opens_by_itself() {
        let (mut link, id) = connected();
        link.start_tls(id, "ftp.example".into(), Some(TlsVersion::Tls12));
        receive(&mut link, id, &Message::TlsInfo(info(true))).unwrap();
        sent(&mut link);
        assert_eq!(data(&mut link, id, 1), Ok(true));
        assert_eq!(link.budget(id), WINDOW_UNIT);
        link.accept_tls(id);
        assert_eq!(sent(&mut link), []);
    }

    #[test]
    fn a_certificate_chain_has_an_order_and_an_end() {
        let (mut link, id) = connected();
        let cert = |index| Message::TlsCert { index, der: vec![1] };
        assert_eq!(receive(&mut link, id, &cert(0)), Err(LinkError::OutOfPlace(Kind::TlsCert)));
        link.start_tls(id, "ftp.example".into(), None);
        assert_eq!(receive(&mut link, id, &cert(1)), Err(LinkError::OutOfPlace(Kind::TlsCert)));
        for index in 0..16 {
            assert_eq!(receive(&mut link, id, &cert(index)), Ok(None));
        }
        assert_eq!(receive(&mut link, id, &cert(16)), Err(LinkError::OutOfPlace(Kind::TlsCert)));
    }

    #[test]
    fn frames_for_dead_streams_are_dropped() {
        let (mut link, id) = connected();
        link.reset(id, Reason::Cancelled);
        link.reset(id, Reason::Cancelled);
        assert_eq!(sent(&mut link), [(id, Message::Reset(Reset::new(Reason::Cancelled, "")))]);
        let late = [
            opened(0),
            Message::Credit(1),
            Message::Fin { unclean: false },
            Message::Reset(Reset::new(Reason::PeerReset, "late")),
            Message::TlsInfo(info(true)),
        ];
        for message in late {
            assert_eq!(receive(&mut link, id, &message), Ok(None), "{message:?}");
        }
        assert_eq!(data(&mut link, id, 1), Ok(false));
        link.consumed(id, 1, 0);
        link.finish(id);
        link.start_tls(id, "ftp.example".into(), None);
        link.accept_tls(id);
        assert_eq!((link.budget(id), sent(&mut link)), (0, vec![]));
    }

    #[test]
    fn a_reset_ends_a_stream_in_any_state() {
        let (mut link, id) = connected();
        let reset = Reset::new(Reason::PlaintextAfterStartTls, "it spoke");
        link.start_tls(id, "ftp.example".into(), None);
        let event = receive(&mut link, id, &Message::Reset(reset.clone())).unwrap();
        assert_eq!(event, Some(Event::Reset(id, reset.clone())));
        let id = link.open(control()).unwrap();
        assert_eq!(
            receive(&mut link, id, &Message::Reset(reset.clone())).unwrap(),
            Some(Event::Reset(id, reset))
        );
        assert_eq!(link.budget(id), 0);
    }

    #[test]
    fn streams_that_were_never_opened_end_the_link() {
        for id in [StreamId(2), StreamId(3), StreamId(u32::MAX)] {
            let (mut link, _) = connected();
            assert_eq!(data(&mut link, id, 1), Err(LinkError::OutOfPlace(Kind::Data)));
            for message in [opened(0), Message::Credit(1), Message::Reset(Reset::new(Reason::Internal, ""))] {
                assert!(receive(&mut link, id, &message).is_err(), "{message:?} on {id:?}");
            }
        }
    }

    #[test]
    fn link_frames_belong_to_the_link_and_stream_frames_to_streams() {
        let (mut link, id) = connected();
        for message in [welcome(), Message::Ping(1), Message::Pong(1), Message::Hello(Hello::default())] {
            assert!(receive(&mut link, id, &message).is_err(), "{message:?}");
        }
        let away = Message::GoAway(GoAway { text: "update".into(), drain_ms: 1 });
        assert!(matches!(receive(&mut link, StreamId::LINK, &away), Ok(Some(Event::GoAway(_)))));
        for message in [welcome(), opened(0), Message::Credit(1), Message::TlsAccept] {
            assert!(receive(&mut link, StreamId::LINK, &message).is_err(), "{message:?}");
        }
    }

    #[test]
    fn ping_and_pong() {
        let (mut link, _) = connected();
        assert_eq!(receive(&mut link, StreamId::LINK, &Message::Ping(77)), Ok(None));
        link.ping(900);
        assert_eq!(
            sent(&mut link),
            [(StreamId::LINK, Message::Pong(77)), (StreamId::LINK, Message::Ping(900))]
        );
        let pong = |link: &mut Link, number| receive(link, StreamId::LINK, &Message::Pong(number));
        assert_eq!(pong(&mut link, 900), Ok(Some(Event::RoundTrip(100))));
        assert_eq!(pong(&mut link, u64::MAX), Ok(Some(Event::RoundTrip(1))), "a PONG from the future");
    }

    /// Eight downloads on a fast line: each window grows, and all together stay within the session's.
    #[test]
    fn windows_of_a_session_have_a_limit() {
        let (mut link, parent) = connected();
        receive(&mut link, StreamId::LINK, &Message::Pong(900)).unwrap();
        let ids: Vec<StreamId> = (0..8)
            .map(|_| {
                let id = link.open(StreamKind::Data { parent: parent.0, port: 50_000 }).unwrap();
                receive(&mut link, id, &opened(0)).unwrap();
                id
            })
            .collect();
        for now in 0..400 {
            for id in &ids {
                for _ in 0..DATA_WINDOW / MAX_PAYLOAD as u64 {
                    assert_eq!(data(&mut link, *id, MAX_PAYLOAD), Ok(true));
                }
                link.consumed(*id, DATA_WINDOW, now);
            }
        }
        let sizes = link.streams.values().map(|stream| stream.receive.size());
        assert!(sizes.clone().any(|size| size > 2 * DATA_WINDOW), "no window has grown");
        let all: u64 = sizes.sum();
        assert!((MAX_SESSION_WINDOW / 2..=MAX_SESSION_WINDOW).contains(&all), "{all}");
    }

    #[test]
    fn what_welcome_claims_is_cut_to_what_may_be() {
        for (claimed, taken) in [(0, 1), (100_000, 100_000), (usize::MAX, MAX_PAYLOAD_NEGOTIABLE)] {
            let mut link = Link::new(Hello::default());
            let body = Welcome { max_payload: claimed, ..Welcome::default() };
            receive(&mut link, StreamId::LINK, &Message::Welcome(body)).unwrap();
            assert_eq!(link.max_payload(), taken);
        }
    }

    /// Something that the relay sends or the page does.
    #[derive(Clone, Debug)]
    enum Step {
        Frame(StreamId, Message),
        Raw(Vec<u8>),
        Data(StreamId, usize),
        Open,
        StartTls(StreamId),
        AcceptTls(StreamId),
        Send(StreamId, usize),
        Consumed(StreamId, u64, u64),
        Finish(StreamId),
        Reset(StreamId),
    }

    fn step() -> impl Strategy<Value = Step> {
        // Mostly streams that there are: a mistake ends the link, and with it the run.
        let id = || prop_oneof![40 => (0u32..3).prop_map(|n| StreamId(2 * n + 1)), 1 => (0u32..12).prop_map(StreamId)];
        let message = prop_oneof![
            1 => Just(welcome()),
            1 => (0u64..4).prop_map(|units| opened(units * WINDOW_UNIT)),
            30 => (0u64..1_000_000).prop_map(Message::Credit),
            1 => any::<u64>().prop_map(Message::Credit),
            2 => any::<bool>().prop_map(|unclean| Message::Fin { unclean }),
            6 => any::<bool>().prop_map(|gate_open| Message::TlsInfo(info(gate_open))),
            2 => (0u16..3).prop_map(|index| Message::TlsCert { index, der: vec![] }),
            2 => Just(Message::Reset(Reset::new(Reason::PeerReset, ""))),
        ];
        let bytes = 0usize..30_000;
        prop_oneof![
            40 => (id(), message).prop_map(|(id, message)| Step::Frame(id, message)),
            1 => proptest::collection::vec(any::<u8>(), 0..40).prop_map(Step::Raw),
            2 => any::<u64>().prop_map(|sent| Step::Frame(StreamId::LINK, Message::Pong(sent))),
            60 => (id(), bytes.clone()).prop_map(|(id, len)| Step::Data(id, len)),
            4 => Just(Step::Open),
            6 => id().prop_map(Step::StartTls),
            12 => id().prop_map(Step::AcceptTls),
            30 => (id(), bytes).prop_map(|(id, len)| Step::Send(id, len)),
            60 => (id(), 0u64..60_000, any::<u64>()).prop_map(|(id, bytes, now)| Step::Consumed(id, bytes, now)),
            2 => id().prop_map(Step::Finish),
            1 => id().prop_map(Step::Reset),
        ]
    }

    /// What an onlooker on the wire knows of a stream.
    #[derive(Default)]
    struct Seen {
        granted: u64,
        received: u64,
        consumed: u64,
        allowed: u64,
        sent: u64,
        ended: bool,
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(512))]

        /// Whatever comes in whatever order: nothing panics, the page takes and sends no more than was granted, grants no more
        /// than was consumed and a window, and says nothing on streams that it does not have.
        #[test]
        fn any_frames_in_any_order(steps in proptest::collection::vec(step(), 0..120)) {
            let mut link = Link::new(Hello::default());
            receive(&mut link, StreamId::LINK, &welcome()).unwrap();
            let mut seen = BTreeMap::<StreamId, Seen>::new();
            let begin = (0u32..3).flat_map(|n| [Step::Open, Step::Frame(StreamId(2 * n + 1), opened(WINDOW_UNIT))]);
            for step in begin.chain(steps) {
                let before = link.next;
                let result = match step {
                    Step::Frame(id, message) => {
                        let result = receive(&mut link, id, &message);
                        match (&result, message, seen.get_mut(&id)) {
                            (Ok(Some(Event::Opened(..))), Message::Opened { window, .. }, Some(seen)) => seen.allowed = window,
                            (Ok(Some(_)), Message::Credit(limit), Some(seen)) => seen.allowed = seen.allowed.max(limit),
                            (Ok(Some(_)), Message::Reset(_), Some(seen)) => seen.ended = true,
                            _ => {}
                        }
                        result.map(drop)
                    }
                    Step::Raw(bytes) => match Header::split(&bytes) {
                        Ok((header, _)) if header.kind == Kind::Data => Ok(()),
                        Ok((header, payload)) => link.receive(header, payload, 5).map(drop),
                        Err(_) => Ok(()),
                    },
                    Step::Data(id, len) => data(&mut link, id, len).map(|wanted| {
                        if wanted {
                            let seen = seen.get_mut(&id).unwrap();
                            seen.received += len as u64;
                            assert!(seen.received <= seen.granted && !seen.ended);
                        }
                    }),
                    Step::Open => link.open(control()).map(drop),
                    Step::StartTls(id) => { link.start_tls(id, "x".into(), None); Ok(()) }
                    Step::AcceptTls(id) => { link.accept_tls(id); Ok(()) }
                    Step::Send(id, len) => {
                        let len = usize::try_from(link.budget(id)).unwrap_or(usize::MAX).min(len);
                        if len > 0 {
                            link.data_header(id, len);
                            let seen = seen.get_mut(&id).unwrap();
                            seen.sent += len as u64;
                            prop_assert!(seen.sent <= seen.allowed && !seen.ended);
                        }
                        Ok(())
                    }
                    Step::Consumed(id, bytes, now) => {
                        if let Some(seen) = seen.get_mut(&id) {
                            seen.consumed = (seen.consumed + bytes).min(seen.received);
                        }
                        link.consumed(id, bytes, now);
                        Ok(())
                    }
                    Step::Finish(id) => { link.finish(id); Ok(()) }
                    Step::Reset(id) => { link.reset(id, Reason::Cancelled); Ok(()) }
                };
                for (id, message) in sent(&mut link) {
                    match message {
                        Message::Open { window, .. } => {
                            prop_assert!(id.0 >= before && id.0 % 2 == 1);
                            seen.insert(id, Seen { granted: window, ..Seen::default() });
                        }
                        Message::Credit(limit) => {
                            let seen = seen.get_mut(&id).unwrap();
                            prop_assert!(limit > seen.granted && !seen.ended);
                            prop_assert!(limit <= seen.consumed + MAX_STREAM_WINDOW);
                            seen.granted = limit;
                        }
                        Message::Reset(_) => seen.get_mut(&id).unwrap().ended = true,
                        Message::StartTls(_) | Message::TlsAccept | Message::Fin { .. } => {
                            prop_assert!(seen.get(&id).is_some_and(|seen| !seen.ended));
                        }
                        Message::Hello(_) | Message::Pong(_) => prop_assert_eq!(id, StreamId::LINK),
                        other => prop_assert!(false, "the page sent {other:?}"),
                    }
                }
                let windows: u64 = link.streams.values().map(|stream| stream.receive.size()).sum();
                prop_assert!(windows <= MAX_SESSION_WINDOW.max(link.streams.len() as u64 * CONTROL_WINDOW));
                if result.is_err() { break }
            }
        }
    }
}
