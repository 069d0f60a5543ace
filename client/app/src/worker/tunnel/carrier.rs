//! The WebSocket under the link, and those that follow it: after a lost one the link goes on over the next, within the grace time that
//! the relay gave.

use super::super::inbox::{Event, Inbox};
use super::stops::Stops;
use crate::web::socket::{Socket, SocketEvent};
use js_sys::Uint8Array;
use std::rc::Rc;
use towpath_ftp::Time;
use towpath_shared::heartbeat::{Beat, Heartbeat};
use towpath_shared::ledger::{Sent, is_numbered};
use towpath_shared::page::{Event as LinkEvent, Link};
use towpath_shared::{
    Credential, FrameError, Header, Hello, Kind, LISTEN, MAX_PAYLOAD_NEGOTIABLE, RESUME, SUBPROTOCOL,
    StreamId, close,
};

/// Time from the first try to WELCOME, or from a later one to RESUMED.
const OPEN_TIMEOUT_MS: u64 = 15_000;
/// Between two tries to come back; it doubles up to the longest.
const FIRST_PAUSE_MS: u64 = 250;
const LONGEST_PAUSE_MS: u64 = 5_000;
/// The close code that browsers report where there was no closing handshake: the connection broke.
const BROKEN: u16 = 1006;
/// Those of a relay that does not let the page in. The text that comes with them is for a person.
const REFUSALS: [u16; 3] = [close::UNAUTHORIZED, close::FORBIDDEN, close::TOO_MANY_TRIES];

/// How far the link is.
enum Phase {
    Down,
    /// The socket, or WELCOME, is awaited.
    Opening {
        deadline: Time,
        /// The socket takes messages.
        open: bool,
    },
    Up(Heartbeat),
    /// The WebSocket was lost; the link may go on over another.
    Interrupted {
        /// The relay has given the link up by then.
        until: Time,
        /// After the next try that fails.
        pause: u64,
        attempt: Attempt,
    },
}

/// A try to come back.
#[derive(Clone, Copy)]
enum Attempt {
    /// The next one begins then.
    At(Time),
    /// One is under way, until then.
    UnderWay(Time),
}

/// A frame as it is kept: bytes of wasm, or an array that stays in JavaScript.
#[derive(Clone)]
enum Frame {
    Bytes(Rc<[u8]>),
    Array(Uint8Array),
}

/// What came.
pub(super) enum Heard {
    /// Nothing that concerns anybody.
    Nothing,
    /// Bytes of a stream; they stay in JavaScript.
    Data(StreamId, Uint8Array),
    /// Something of the link.
    Event(LinkEvent),
    /// The link is interrupted.
    Interrupted,
    /// It goes on.
    Resumed,
}

/// The link and what carries it.
pub(super) struct Carrier {
    inbox: Inbox,
    url: String,
    socket: Option<Socket>,
    generation: u32,
    pub(super) link: Link,
    sent: Sent<Frame>,
    phase: Phase,
    pub(super) stops: Stops,
    /// What lets the page in.
    credential: Option<Credential>,
    /// The close code of a relay that does not let it in.
    refusal: Option<u16>,
}

impl Carrier {
    pub(super) fn new(inbox: Inbox) -> Carrier {
        Carrier {
            inbox,
            url: String::new(),
            socket: None,
            generation: 0,
            link: new_link(None),
            sent: Sent::new(),
            phase: Phase::Down,
            stops: Stops::default(),
            credential: None,
            refusal: None,
        }
    }

    pub(super) fn set_url(&mut self, url: String) {
        self.url = url;
    }

    pub(super) fn set_credential(&mut self, credential: Credential) {
        self.credential = Some(credential);
    }

    /// Why the relay did not let the page in, as a close code; `None` where the link was lost otherwise.
    pub(super) fn refusal(&self) -> Option<u16> {
        self.refusal
    }

    pub(super) fn is_down(&self) -> bool {
        matches!(self.phase, Phase::Down)
    }

    /// Whether streams can be asked for; while the link is interrupted they wait for it.
    pub(super) fn has_link(&self) -> bool {
        matches!(self.phase, Phase::Up(_) | Phase::Interrupted { .. })
    }

    /// Starts a new link.
    pub(super) fn connect(&mut self, now: Time) -> Result<(), String> {
        self.open("")?;
        self.refusal = None;
        self.link = new_link(self.credential.clone());
        self.sent = Sent::new();
        self.phase = Phase::Opening { deadline: now.after(OPEN_TIMEOUT_MS), open: false };
        Ok(())
    }

    fn open(&mut self, path: &str) -> Result<(), String> {
        self.generation = self.generation.wrapping_add(1);
        let (inbox, generation) = (self.inbox.clone(), self.generation);
        let tell = move |event| inbox.push(Event::Socket(generation, event));
        self.socket = Some(Socket::open(&format!("{}{path}", self.url), SUBPROTOCOL, tell)?);
        Ok(())
    }

    /// Takes an event of a socket. An error: the link is lost.
    pub(super) fn heard(&mut self, now: Time, generation: u32, event: SocketEvent) -> Result<Heard, String> {
        if generation != self.generation || self.is_down() {
            return Ok(Heard::Nothing);
        }
        match event {
            SocketEvent::Opened { protocol } if protocol == SUBPROTOCOL => {
                if let Phase::Opening { open, .. } = &mut self.phase {
                    *open = true;
                }
                if let (Phase::Interrupted { .. }, Some(resume), Some(socket)) =
                    (&self.phase, self.link.resume(), &self.socket)
                {
                    socket.send(&resume);
                }
                self.flush();
                Ok(Heard::Nothing)
            }
            SocketEvent::Opened { .. } => Err("The relay does not speak this page's protocol".to_owned()),
            SocketEvent::Message(message) => self.received(now, &message),
            SocketEvent::Text => Err("The relay sent something that is not of its protocol".to_owned()),
            SocketEvent::Closed { code, reason } => {
                let text = closed(&self.phase, code, &reason);
                self.note_refusal(code);
                match &mut self.phase {
                    Phase::Up(_) if code == BROKEN => self.interrupt(now, text),
                    // Whatever a proxy or a relay that starts again answers is no word of the relay that has the link.
                    Phase::Interrupted { .. } if code != close::GONE => {
                        self.try_later(now);
                        Ok(Heard::Nothing)
                    }
                    _ => Err(text),
                }
            }
        }
    }

    /// What did not let the page in is not shown again: each try would count as another failure.
    fn note_refusal(&mut self, code: u16) {
        if REFUSALS.contains(&code) {
            self.refusal = Some(code);
            self.credential = None;
        }
    }

    fn received(&mut self, now: Time, message: &Uint8Array) -> Result<Heard, String> {
        let len = message.length() as usize;
        if !(Header::LEN..=Header::LEN + MAX_PAYLOAD_NEGOTIABLE).contains(&len) {
            return Err(format!(
                "The relay sent a message of {len} bytes, which its protocol does not allow"
            ));
        }
        let mut head = [0; Header::LEN];
        message.subarray(0, Header::LEN as u32).copy_to(&mut head);
        let header = match Header::split(&head) {
            Ok((header, _)) => header,
            Err(FrameError::Ignorable) => {
                self.link.skip(head[0], len);
                return Ok(Heard::Nothing);
            }
            Err(error) => return Err(broken(&error)),
        };
        if let (Phase::Up(beat), false) = (&mut self.phase, header.kind == Kind::Pong) {
            beat.heard(now.0);
        }
        if header.kind == Kind::Data {
            let wanted = self.link.receive_data(header, len - Header::LEN).map_err(|error| broken(&error))?;
            self.flush();
            let payload = || message.subarray(Header::LEN as u32, len as u32);
            return Ok(if wanted { Heard::Data(header.stream, payload()) } else { Heard::Nothing });
        }
        let payload = message.subarray(Header::LEN as u32, len as u32).to_vec();
        let event = self.link.receive(header, &payload, now.0).map_err(|error| broken(&error))?;
        let heard = match event {
            None => Heard::Nothing,
            Some(LinkEvent::Acknowledged(count)) => {
                self.sent.acknowledge(count).map_err(|error| broken(&error))?;
                Heard::Nothing
            }
            Some(LinkEvent::Resumed(count)) => {
                self.sent.rewind(count).map_err(|error| broken(&error))?;
                self.phase = Phase::Up(Heartbeat::new(now.0));
                self.stops.end(now);
                while let (Some(frame), Some(socket)) = (self.sent.again(), &self.socket) {
                    match frame {
                        Frame::Bytes(bytes) => socket.send(&bytes),
                        Frame::Array(array) => socket.send_array(&array),
                    }
                }
                Heard::Resumed
            }
            Some(event) => {
                if let LinkEvent::Welcome(_) = event {
                    self.phase = Phase::Up(Heartbeat::new(now.0));
                    // A ticket is good for one time.
                    self.credential.take_if(|credential| matches!(credential, Credential::Ticket { .. }));
                    if self.link.resumption().is_some() {
                        self.sent.keep_from_now();
                    }
                }
                if let (LinkEvent::RoundTrip(_), Phase::Up(beat)) = (&event, &mut self.phase) {
                    beat.answered();
                }
                Heard::Event(event)
            }
        };
        self.flush();
        Ok(heard)
    }

    /// The WebSocket is of no more use. An error: the link cannot go on.
    fn interrupt(&mut self, now: Time, text: String) -> Result<Heard, String> {
        if !self.link.interrupted() {
            return Err(text);
        }
        self.abandon();
        let grace = self.link.resumption().map_or(0, |resumption| resumption.grace_ms);
        self.stops.begin(now);
        self.phase =
            Phase::Interrupted { until: now.after(grace), pause: FIRST_PAUSE_MS, attempt: Attempt::At(now) };
        Ok(Heard::Interrupted)
    }

    /// Gives the WebSocket up, but not the link.
    fn abandon(&mut self) {
        if let Some(socket) = self.socket.take() {
            socket.leave(close::RETURNING);
        }
    }

    fn try_later(&mut self, now: Time) {
        self.abandon();
        self.link.interrupted();
        if let Phase::Interrupted { pause, attempt, .. } = &mut self.phase {
            *attempt = Attempt::At(now.after(*pause));
            *pause = pause.saturating_mul(2).min(LONGEST_PAUSE_MS);
        }
    }

    /// The network, or the page, is back: whatever stood still is looked after at once.
    pub(super) fn awake(&mut self, now: Time) {
        match &mut self.phase {
            Phase::Up(beat) => beat.hurry(now.0),
            Phase::Interrupted { pause, attempt, .. } => {
                *pause = FIRST_PAUSE_MS;
                *attempt = Attempt::At(now);
            }
            Phase::Down | Phase::Opening { .. } => {}
        }
    }

    /// What time alone brings. An error: the link is lost.
    pub(super) fn tick(&mut self, now: Time) -> Result<Heard, String> {
        let heard = match &mut self.phase {
            Phase::Opening { deadline, .. } if *deadline <= now => {
                return Err("The relay does not answer".to_owned());
            }
            Phase::Down | Phase::Opening { .. } => Heard::Nothing,
            Phase::Up(beat) => match beat.due(now.0) {
                Beat::Ping => {
                    self.link.ping(now.0);
                    Heard::Nothing
                }
                Beat::Lost => self.interrupt(now, "The relay has stopped answering".to_owned())?,
                Beat::Wait(_) => Heard::Nothing,
            },
            Phase::Interrupted { until, .. } if *until <= now => {
                return Err("The relay could not be reached again in time".to_owned());
            }
            Phase::Interrupted { attempt, .. } => {
                match *attempt {
                    Attempt::At(at) if at <= now => {
                        *attempt = Attempt::UnderWay(now.after(OPEN_TIMEOUT_MS));
                        let path = self.link.resumption().map(|resumption| format!("/{}", resumption.path));
                        self.open(&path.unwrap_or_default())?;
                    }
                    Attempt::UnderWay(deadline) if deadline <= now => self.try_later(now),
                    Attempt::At(_) | Attempt::UnderWay(_) => {}
                }
                Heard::Nothing
            }
        };
        self.flush();
        Ok(heard)
    }

    /// When [`Carrier::tick`] has something to do.
    pub(super) fn wake(&self, now: Time) -> Option<Time> {
        match &self.phase {
            Phase::Down => None,
            Phase::Opening { deadline, .. } => Some(*deadline),
            // A PING that is due makes it now; the copy keeps it due.
            Phase::Up(beat) => match { *beat }.due(now.0) {
                Beat::Wait(at) => Some(Time(at)),
                Beat::Ping | Beat::Lost => Some(now),
            },
            Phase::Interrupted { until, attempt, .. } => match attempt {
                Attempt::At(at) | Attempt::UnderWay(at) => Some((*at).min(*until)),
            },
        }
    }

    /// The link is lost for good.
    pub(super) fn lose(&mut self, now: Time) {
        self.socket = None;
        self.phase = Phase::Down;
        self.link = new_link(None);
        self.sent = Sent::new();
        self.stops.end(now);
    }

    /// Whether the relay has so much that it has not acknowledged that more must wait.
    pub(super) fn has_room(&self) -> bool {
        self.sent.has_room()
    }

    /// Bytes that the browser holds and has not sent.
    pub(super) fn buffered(&self) -> u64 {
        self.socket.as_ref().map_or(0, Socket::buffered)
    }

    /// Sends the link's own frames.
    pub(super) fn flush(&mut self) {
        if matches!(self.phase, Phase::Down | Phase::Opening { open: false, .. }) {
            return;
        }
        while let (Some(frame), Some(socket)) = (self.link.poll_frame(), &self.socket) {
            socket.send(&frame);
            if frame.first().is_some_and(|kind| is_numbered(*kind)) {
                self.sent.push(Frame::Bytes(frame.as_slice().into()), frame.len());
            }
        }
    }

    /// Sends a DATA frame whose bytes are in wasm.
    pub(super) fn send_bytes(&mut self, id: StreamId, payload: &[u8]) {
        self.flush();
        let mut frame = self.link.data_header(id, payload.len()).to_vec();
        frame.extend_from_slice(payload);
        if let Some(socket) = &self.socket {
            socket.send(&frame);
            self.sent.push(Frame::Bytes(frame.as_slice().into()), frame.len());
        }
    }

    /// Sends a DATA frame whose payload stays in JavaScript.
    pub(super) fn send_payload(&mut self, id: StreamId, payload: &Uint8Array) {
        self.flush();
        let header = self.link.data_header(id, payload.length() as usize);
        if let Some(socket) = &self.socket
            && let Some(frame) = Socket::frame(&header, payload)
        {
            socket.send_array(&frame);
            let len = frame.length() as usize;
            self.sent.push(Frame::Array(frame), len);
        }
    }
}

fn new_link(credential: Option<Credential>) -> Link {
    let agent = concat!("towpath-app/", env!("CARGO_PKG_VERSION")).to_owned();
    let features = vec![LISTEN.to_owned(), RESUME.to_owned()];
    Link::new(Hello { agent, features, credential })
}

fn broken(error: &dyn std::error::Error) -> String {
    format!("The relay broke its protocol: {error}")
}

fn closed(phase: &Phase, code: u16, reason: &str) -> String {
    let reason: String = reason.chars().filter(|c| !c.is_control()).collect();
    match (phase, reason.as_str()) {
        (Phase::Opening { .. }, "") => "The relay cannot be reached, or does not let this page in".to_owned(),
        (_, "") if code == BROKEN => "The connection to the relay broke".to_owned(),
        (_, "") => format!("The relay closed the connection (code {code})"),
        (_, reason) if REFUSALS.contains(&code) => reason.to_owned(),
        (_, reason) => format!("The relay closed the connection: {reason}"),
    }
}
