//! Owner of the WebSocket and of the link over it. Speaks of connections by their owners; stream numbers stay in here.

use super::arrival::{Arrival, Happening};
use super::heartbeat::{Beat, Heartbeat};
use super::inbox::{Event, Inbox};
use super::owner::Owner;
use super::reset::Purpose;
use crate::web::socket::{Socket, SocketEvent};
use js_sys::Uint8Array;
use std::collections::BTreeMap;
use towpath_ftp::Time;
use towpath_shared::page::{Event as LinkEvent, Link};
use towpath_shared::{
    FrameError, Header, Hello, Kind, LISTEN, MAX_PAYLOAD_NEGOTIABLE, Reason, SUBPROTOCOL, StreamId,
    StreamKind, TlsVersion,
};

/// Time from the first try to WELCOME.
const OPEN_TIMEOUT_MS: u64 = 15_000;
/// How long a connection that was closed in order may take to end before it is broken.
const LINGER_MS: u64 = 5_000;
/// Bytes that the browser may hold before uploads pause: the second brake, behind the relay's credit.
const MAX_BUFFERED: u64 = 1024 * 1024;
/// The browser does not say when it has sent what it holds, so it is asked again after this time.
const BUFFERED_RETRY_MS: u64 = 5;

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
}

struct Stream {
    /// `None` once it was closed from here: nobody wants to hear of it any more.
    owner: Option<Owner>,
    purpose: Purpose,
    /// Bytes that wait for credit: commands, so only a few.
    outgoing: Vec<u8>,
    /// A half-close is due after them.
    finish: bool,
    /// The other side sends no more.
    ended: bool,
    /// When a closed stream is broken.
    linger: Option<Time>,
}

/// The tunnel.
pub(super) struct Tunnel {
    inbox: Inbox,
    url: String,
    socket: Option<Socket>,
    generation: u32,
    link: Link,
    phase: Phase,
    streams: BTreeMap<StreamId, Stream>,
    ids: BTreeMap<Owner, StreamId>,
    /// Control connections that wait for the link.
    waiting: Vec<(Owner, StreamKind)>,
    retry: Option<Time>,
    /// Whether the relay listens for servers, as it said last.
    listens: bool,
}

impl Tunnel {
    /// A tunnel that is down.
    pub(super) fn new(inbox: Inbox) -> Tunnel {
        Tunnel {
            inbox,
            url: String::new(),
            socket: None,
            generation: 0,
            link: new_link(),
            phase: Phase::Down,
            streams: BTreeMap::new(),
            ids: BTreeMap::new(),
            waiting: Vec::new(),
            retry: None,
            listens: false,
        }
    }

    /// Sets where the relay is.
    pub(super) fn set_url(&mut self, url: String) {
        self.url = url;
    }

    /// Whether nothing is up or on the way.
    pub(super) fn is_down(&self) -> bool {
        matches!(self.phase, Phase::Down)
    }

    /// Whether the relay may listen for data connections (active mode). Not known before its first WELCOME: no, then.
    pub(super) fn listens(&self) -> bool {
        self.listens
    }

    /// Starts to connect.
    ///
    /// # Errors
    /// The browser's words where it does not even try.
    pub(super) fn connect(&mut self, now: Time) -> Result<(), String> {
        self.generation = self.generation.wrapping_add(1);
        let (inbox, generation) = (self.inbox.clone(), self.generation);
        let tell = move |event| inbox.push(Event::Socket(generation, event));
        self.socket = Some(Socket::open(&self.url, SUBPROTOCOL, tell)?);
        self.link = new_link();
        self.phase = Phase::Opening { deadline: now.after(OPEN_TIMEOUT_MS), open: false };
        Ok(())
    }

    /// Takes an event of a socket.
    ///
    /// # Errors
    /// Why the link is lost; [`Tunnel::lose`] must follow.
    pub(super) fn heard(
        &mut self,
        now: Time,
        generation: u32,
        event: SocketEvent,
    ) -> Result<Option<Arrival>, String> {
        if generation != self.generation || self.is_down() {
            return Ok(None);
        }
        match event {
            SocketEvent::Opened { protocol } if protocol == SUBPROTOCOL => {
                if let Phase::Opening { open, .. } = &mut self.phase {
                    *open = true;
                }
                self.flush();
                Ok(None)
            }
            SocketEvent::Opened { .. } => Err("The relay does not speak this page's protocol".to_owned()),
            SocketEvent::Message(message) => self.received(now, &message),
            SocketEvent::Text => Err("The relay sent something that is not of its protocol".to_owned()),
            SocketEvent::Closed { code, reason } => Err(closed(&self.phase, code, &reason)),
        }
    }

    fn received(&mut self, now: Time, message: &Uint8Array) -> Result<Option<Arrival>, String> {
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
            Err(FrameError::Ignorable) => return Ok(None),
            Err(error) => return Err(broken(&error)),
        };
        if let (Phase::Up(beat), false) = (&mut self.phase, header.kind == Kind::Pong) {
            beat.heard(now);
        }
        if header.kind == Kind::Data {
            let wanted = self.link.receive_data(header, len - Header::LEN).map_err(|error| broken(&error))?;
            if wanted {
                return Ok(self.data(now, header.stream, message.subarray(Header::LEN as u32, len as u32)));
            }
            return Ok(None);
        }
        let payload = message.subarray(Header::LEN as u32, len as u32).to_vec();
        let event = self.link.receive(header, &payload, now.0).map_err(|error| broken(&error))?;
        let arrival = match event {
            Some(event) => self.link_event(now, event)?,
            None => None,
        };
        self.flush();
        Ok(arrival)
    }

    fn data(&mut self, now: Time, id: StreamId, payload: Uint8Array) -> Option<Arrival> {
        match self.streams.get(&id) {
            Some(Stream { owner: Some(owner), .. }) => {
                return Some(Arrival::Stream(*owner, Happening::Data(payload)));
            }
            // Closed here. What a server still says on a control connection (its farewell) is let pass; a data
            // connection that goes on sending is broken.
            Some(Stream { purpose: Purpose::Control, .. }) => {
                self.link.consumed(id, u64::from(payload.length()), now.0);
            }
            _ => {
                self.link.reset(id, Reason::Cancelled);
                self.streams.remove(&id);
            }
        }
        self.flush();
        None
    }

    fn link_event(&mut self, now: Time, event: LinkEvent) -> Result<Option<Arrival>, String> {
        let (id, happening) = match event {
            LinkEvent::Welcome(welcome) => {
                self.listens = welcome.features.iter().any(|feature| feature == LISTEN);
                self.phase = Phase::Up(Heartbeat::new(now));
                for (owner, kind) in std::mem::take(&mut self.waiting) {
                    self.open_stream(owner, kind)?;
                }
                return Ok(Some(Arrival::Welcome(welcome)));
            }
            LinkEvent::GoAway(away) => return Ok(Some(Arrival::GoAway(away))),
            LinkEvent::RoundTrip(ms) => {
                if let Phase::Up(beat) = &mut self.phase {
                    beat.answered();
                }
                return Ok(Some(Arrival::RoundTrip(ms)));
            }
            LinkEvent::Listening(id, listening) => (id, Happening::Listening { address: listening.address }),
            LinkEvent::Opened(id, opened) => (id, Happening::Opened { peer: opened.peer }),
            LinkEvent::Secured(id, info, _) => (id, Happening::Secured(info)),
            LinkEvent::Writable(id) => {
                self.send_outgoing(id);
                (id, Happening::Writable)
            }
            LinkEvent::Finished(id, unclean) => {
                if let Some(stream) = self.streams.get_mut(&id) {
                    stream.ended = true;
                    if stream.owner.is_none() {
                        // Commands that still waited for credit have lost their reader.
                        self.streams.remove(&id);
                        self.link.finish(id);
                        return Ok(None);
                    }
                }
                (id, Happening::Finished(unclean))
            }
            LinkEvent::Reset(id, reset) => {
                let Some(Stream { owner: Some(owner), purpose, .. }) = self.streams.remove(&id) else {
                    return Ok(None);
                };
                self.ids.remove(&owner);
                return Ok(Some(Arrival::Stream(owner, Happening::Reset(reset, purpose))));
            }
        };
        let owner = self.streams.get(&id).and_then(|stream| stream.owner);
        Ok(owner.map(|owner| Arrival::Stream(owner, happening)))
    }

    /// Connects to a control port. Waits for the link where it is not up yet.
    ///
    /// # Errors
    /// Why it cannot even be tried.
    pub(super) fn open_control(&mut self, owner: Owner, host: String, port: u16) -> Result<(), String> {
        let kind = StreamKind::Control { host, port };
        match self.phase {
            Phase::Up(_) => self.open_stream(owner, kind),
            Phase::Opening { .. } => {
                self.waiting.push((owner, kind));
                Ok(())
            }
            Phase::Down => Err("There is no connection to the relay".to_owned()),
        }
    }

    /// Connects to a data port of the peer of a control connection.
    ///
    /// # Errors
    /// Why it cannot even be tried.
    pub(super) fn open_data(&mut self, owner: Owner, control: Owner, port: u16) -> Result<(), String> {
        let parent = self.ids.get(&control).ok_or("The control connection is gone")?.0;
        self.open_stream(owner, StreamKind::Data { parent, port })
    }

    /// Listens for a data connection from the peer of a control connection.
    ///
    /// # Errors
    /// Why it cannot even be tried.
    pub(super) fn listen(&mut self, owner: Owner, control: Owner) -> Result<(), String> {
        let parent = self.ids.get(&control).ok_or("The control connection is gone")?.0;
        self.open_stream(owner, StreamKind::Listen { parent })
    }

    fn open_stream(&mut self, owner: Owner, kind: StreamKind) -> Result<(), String> {
        let purpose = match kind {
            StreamKind::Control { .. } => Purpose::Control,
            StreamKind::Data { .. } | StreamKind::Listen { .. } => Purpose::Data,
        };
        let id = self.link.open(kind).map_err(|error| error.to_string())?;
        let stream = Stream {
            owner: Some(owner),
            purpose,
            outgoing: Vec::new(),
            finish: false,
            ended: false,
            linger: None,
        };
        self.streams.insert(id, stream);
        self.ids.insert(owner, id);
        self.flush();
        Ok(())
    }

    /// Asks for TLS.
    pub(super) fn start_tls(&mut self, owner: Owner, server_name: String, tls12_only: bool) {
        let Some(id) = self.ids.get(&owner) else { return };
        self.link.start_tls(*id, server_name, tls12_only.then_some(TlsVersion::Tls12));
        self.flush();
    }

    /// Accepts the certificate.
    pub(super) fn accept_tls(&mut self, owner: Owner) {
        let Some(&id) = self.ids.get(&owner) else { return };
        self.link.accept_tls(id);
        self.flush();
        self.send_outgoing(id);
    }

    /// Sends the bytes of a command, as soon as there is credit.
    pub(super) fn send(&mut self, owner: Owner, bytes: &[u8]) {
        let Some(&id) = self.ids.get(&owner) else { return };
        if let Some(stream) = self.streams.get_mut(&id) {
            stream.outgoing.extend_from_slice(bytes);
            self.send_outgoing(id);
        }
    }

    /// Has the relay write the password that it holds for this site. USER was answered, so nothing waits for credit before it.
    pub(super) fn write_password(&mut self, owner: Owner) {
        let Some(&id) = self.ids.get(&owner) else { return };
        self.send_outgoing(id);
        self.link.write_password(id);
        self.flush();
    }

    /// Bytes of a file that may be sent now, in one frame.
    pub(super) fn room(&mut self, owner: Owner, now: Time) -> u64 {
        let (Some(id), Some(socket)) = (self.ids.get(&owner), &self.socket) else { return 0 };
        let budget = self.link.budget(*id).min(self.link.max_payload() as u64);
        if budget > 0 && socket.buffered() >= MAX_BUFFERED {
            self.retry = Some(now.after(BUFFERED_RETRY_MS));
            return 0;
        }
        budget
    }

    /// Whether bytes may flow from here: it stands, and no certificate waits for its acceptance. Without credit that cannot be told,
    /// and credit always comes.
    pub(super) fn is_writable(&self, owner: Owner) -> bool {
        self.ids.get(&owner).is_some_and(|id| self.link.budget(*id) > 0)
    }

    /// Sends a part of a file, at most [`Tunnel::room`] bytes.
    pub(super) fn send_payload(&mut self, owner: Owner, payload: &Uint8Array) {
        let Some(&id) = self.ids.get(&owner) else { return };
        self.flush();
        let header = self.link.data_header(id, payload.length() as usize);
        if let Some(socket) = &self.socket {
            socket.send_with_payload(&header, payload);
        }
    }

    /// Half-close: all is sent.
    pub(super) fn finish(&mut self, owner: Owner) {
        let Some(&id) = self.ids.get(&owner) else { return };
        if let Some(stream) = self.streams.get_mut(&id) {
            stream.finish = true;
            self.send_outgoing(id);
        }
    }

    /// A consumer is done with received bytes.
    pub(super) fn consumed(&mut self, owner: Owner, bytes: u64, now: Time) {
        let Some(&id) = self.ids.get(&owner) else { return };
        self.link.consumed(id, bytes, now.0);
        self.flush();
    }

    /// Orderly end: what was sent is delivered. Nothing more is told of the connection.
    pub(super) fn close(&mut self, owner: Owner, now: Time) {
        self.waiting.retain(|(waiting, _)| *waiting != owner);
        let Some(id) = self.ids.remove(&owner) else { return };
        let Some(stream) = self.streams.get_mut(&id) else { return };
        stream.owner = None;
        stream.finish = true;
        stream.linger = Some(now.after(LINGER_MS));
        self.send_outgoing(id);
    }

    /// Breaks a connection. Nothing more is told of it.
    pub(super) fn abort(&mut self, owner: Owner) {
        self.waiting.retain(|(waiting, _)| *waiting != owner);
        let Some(id) = self.ids.remove(&owner) else { return };
        self.streams.remove(&id);
        self.link.reset(id, Reason::Cancelled);
        self.flush();
    }

    /// What time alone brings.
    ///
    /// # Errors
    /// Why the link is lost; [`Tunnel::lose`] must follow.
    pub(super) fn tick(&mut self, now: Time) -> Result<(), String> {
        self.retry.take_if(|retry| *retry <= now);
        let late = |stream: &Stream| stream.linger.is_some_and(|linger| linger <= now);
        let broken: Vec<StreamId> =
            self.streams.iter().filter(|(_, stream)| late(stream)).map(|(id, _)| *id).collect();
        for id in broken {
            self.streams.remove(&id);
            self.link.reset(id, Reason::Cancelled);
        }
        match &mut self.phase {
            Phase::Down => {}
            Phase::Opening { deadline, .. } if *deadline <= now => {
                return Err("The relay does not answer".to_owned());
            }
            Phase::Opening { .. } => {}
            Phase::Up(beat) => match beat.due(now) {
                Beat::Ping => self.link.ping(now.0),
                Beat::Lost => return Err("The relay has stopped answering".to_owned()),
                Beat::Wait(_) => {}
            },
        }
        self.flush();
        Ok(())
    }

    /// When [`Tunnel::tick`] has something to do.
    pub(super) fn wake(&self, now: Time) -> Option<Time> {
        let phase = match &self.phase {
            Phase::Down => None,
            Phase::Opening { deadline, .. } => Some(*deadline),
            // A PING that is due makes it now; the copy keeps it due.
            Phase::Up(beat) => match { *beat }.due(now) {
                Beat::Wait(at) => Some(at),
                Beat::Ping | Beat::Lost => Some(now),
            },
        };
        let linger = self.streams.values().filter_map(|stream| stream.linger).min();
        [phase, linger, self.retry].into_iter().flatten().min()
    }

    /// The link is lost: everything on it is gone. Returns whose connections they were.
    pub(super) fn lose(&mut self) -> Vec<Owner> {
        self.socket = None;
        self.phase = Phase::Down;
        self.link = new_link();
        self.streams.clear();
        self.retry = None;
        let waiting = std::mem::take(&mut self.waiting).into_iter().map(|(owner, _)| owner);
        std::mem::take(&mut self.ids).into_keys().chain(waiting).collect()
    }

    fn send_outgoing(&mut self, id: StreamId) {
        self.flush();
        let (Some(stream), Some(socket)) = (self.streams.get_mut(&id), &self.socket) else { return };
        while !stream.outgoing.is_empty() {
            let budget = usize::try_from(self.link.budget(id)).unwrap_or(usize::MAX);
            let len = stream.outgoing.len().min(budget).min(self.link.max_payload());
            if len == 0 {
                return;
            }
            let mut frame = self.link.data_header(id, len).to_vec();
            frame.extend(stream.outgoing.drain(..len));
            socket.send(&frame);
        }
        if stream.finish {
            let over = stream.ended && stream.owner.is_none();
            self.link.finish(id);
            if over {
                self.streams.remove(&id);
            }
            self.flush();
        }
    }

    fn flush(&mut self) {
        let Some(socket) = &self.socket else { return };
        if matches!(self.phase, Phase::Down | Phase::Opening { open: false, .. }) {
            return;
        }
        while let Some(frame) = self.link.poll_frame() {
            socket.send(&frame);
        }
    }
}

fn new_link() -> Link {
    let agent = concat!("towpath-app/", env!("CARGO_PKG_VERSION")).to_owned();
    Link::new(Hello { agent, features: vec![LISTEN.to_owned()] })
}

fn broken(error: &dyn std::error::Error) -> String {
    format!("The relay broke its protocol: {error}")
}

fn closed(phase: &Phase, code: u16, reason: &str) -> String {
    let reason: String = reason.chars().filter(|c| !c.is_control()).collect();
    match (phase, reason.as_str()) {
        (Phase::Opening { .. }, "") => "The relay cannot be reached, or does not let this page in".to_owned(),
        (_, "") if code == 1006 => "The connection to the relay broke".to_owned(),
        (_, "") => format!("The relay closed the connection (code {code})"),
        (_, reason) => format!("The relay closed the connection: {reason}"),
    }
}
