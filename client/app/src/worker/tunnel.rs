//! Owner of the WebSocket and of the link over it. Speaks of connections by their owners; stream numbers stay in here.

mod carrier;
mod stops;

use super::arrival::{Arrival, Happening};
use super::inbox::Inbox;
use super::owner::Owner;
use super::reset::Purpose;
use crate::web::socket::SocketEvent;
use carrier::{Carrier, Heard};
use js_sys::Uint8Array;
use std::collections::BTreeMap;
use towpath_ftp::Time;
use towpath_shared::page::Event as LinkEvent;
use towpath_shared::{Credential, LISTEN, Reason, StreamId, StreamKind, TlsVersion};

/// How long a connection that was closed in order may take to end before it is broken.
const LINGER_MS: u64 = 5_000;
/// Bytes that the browser may hold before uploads pause: the second brake, behind the relay's credit.
const MAX_BUFFERED: u64 = 1024 * 1024;
/// The browser does not say when it has sent what it holds, so it is asked again after this time.
const BUFFERED_RETRY_MS: u64 = 5;

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
    carrier: Carrier,
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
            carrier: Carrier::new(inbox),
            streams: BTreeMap::new(),
            ids: BTreeMap::new(),
            waiting: Vec::new(),
            retry: None,
            listens: false,
        }
    }

    /// Sets where the relay is.
    pub(super) fn set_url(&mut self, url: String) {
        self.carrier.set_url(url);
    }

    /// Sets what lets the page in.
    pub(super) fn set_credential(&mut self, credential: Credential) {
        self.carrier.set_credential(credential);
    }

    /// The close code of a relay that did not let the page in, after [`Tunnel::heard`] has failed.
    pub(super) fn refusal(&self) -> Option<u16> {
        self.carrier.refusal()
    }

    /// Whether nothing is up or on the way.
    pub(super) fn is_down(&self) -> bool {
        self.carrier.is_down()
    }

    /// Whether the relay may listen for data connections (active mode). Not known before its first WELCOME: no, then.
    pub(super) fn listens(&self) -> bool {
        self.listens
    }

    /// The sessions' time: it stands still while the link is interrupted.
    pub(super) fn session_time(&self, now: Time) -> Time {
        self.carrier.stops.session_time(now)
    }

    /// When it is this time of the sessions, unless theirs stands still.
    pub(super) fn worker_time(&self, at: Time) -> Option<Time> {
        self.carrier.stops.worker_time(at)
    }

    /// Starts to connect.
    ///
    /// # Errors
    /// The browser's words where it does not even try.
    pub(super) fn connect(&mut self, now: Time) -> Result<(), String> {
        self.carrier.connect(now)
    }

    /// The network, or the page, is back.
    pub(super) fn awake(&mut self, now: Time) {
        self.carrier.awake(now);
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
        let heard = self.carrier.heard(now, generation, event)?;
        self.arrival(now, heard)
    }

    fn arrival(&mut self, now: Time, heard: Heard) -> Result<Option<Arrival>, String> {
        match heard {
            Heard::Nothing => Ok(None),
            Heard::Data(id, payload) => Ok(self.data(now, id, payload)),
            Heard::Event(event) => {
                let arrival = self.link_event(event)?;
                self.carrier.flush();
                Ok(arrival)
            }
            Heard::Interrupted => Ok(Some(Arrival::Interrupted)),
            Heard::Resumed => {
                for id in self.streams.keys().copied().collect::<Vec<_>>() {
                    self.send_outgoing(id);
                }
                Ok(Some(Arrival::Resumed))
            }
        }
    }

    fn data(&mut self, now: Time, id: StreamId, payload: Uint8Array) -> Option<Arrival> {
        match self.streams.get(&id) {
            Some(Stream { owner: Some(owner), .. }) => {
                return Some(Arrival::Stream(*owner, Happening::Data(payload)));
            }
            // Closed here. What a server still says on a control connection (its farewell) is let pass; a data
            // connection that goes on sending is broken.
            Some(Stream { purpose: Purpose::Control, .. }) => {
                self.carrier.link.consumed(id, u64::from(payload.length()), now.0);
            }
            _ => {
                self.carrier.link.reset(id, Reason::Cancelled);
                self.streams.remove(&id);
            }
        }
        self.carrier.flush();
        None
    }

    fn link_event(&mut self, event: LinkEvent) -> Result<Option<Arrival>, String> {
        let (id, happening) = match event {
            LinkEvent::Welcome(welcome) => {
                self.listens = welcome.features.iter().any(|feature| feature == LISTEN);
                for (owner, kind) in std::mem::take(&mut self.waiting) {
                    self.open_stream(owner, kind)?;
                }
                return Ok(Some(Arrival::Welcome(welcome)));
            }
            LinkEvent::GoAway(away) => return Ok(Some(Arrival::GoAway(away))),
            LinkEvent::RoundTrip(ms) => return Ok(Some(Arrival::RoundTrip(ms))),
            // The carrier's own.
            LinkEvent::Acknowledged(_) | LinkEvent::Resumed(_) => return Ok(None),
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
                        self.carrier.link.finish(id);
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
        if self.carrier.has_link() {
            return self.open_stream(owner, kind);
        }
        if self.carrier.is_down() {
            return Err("There is no connection to the relay".to_owned());
        }
        self.waiting.push((owner, kind));
        Ok(())
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
        let id = self.carrier.link.open(kind).map_err(|error| error.to_string())?;
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
        self.carrier.flush();
        Ok(())
    }

    /// Asks for TLS.
    pub(super) fn start_tls(&mut self, owner: Owner, server_name: String, tls12_only: bool) {
        let Some(id) = self.ids.get(&owner) else { return };
        self.carrier.link.start_tls(*id, server_name, tls12_only.then_some(TlsVersion::Tls12));
        self.carrier.flush();
    }

    /// Accepts the certificate.
    pub(super) fn accept_tls(&mut self, owner: Owner) {
        let Some(&id) = self.ids.get(&owner) else { return };
        self.carrier.link.accept_tls(id);
        self.carrier.flush();
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
        self.carrier.link.write_password(id);
        self.carrier.flush();
    }

    /// Bytes of a file that may be sent now, in one frame.
    pub(super) fn room(&mut self, owner: Owner, now: Time) -> u64 {
        let Some(id) = self.ids.get(&owner) else { return 0 };
        let link = &self.carrier.link;
        let budget = link.budget(*id).min(link.max_payload() as u64);
        if budget > 0 && (self.carrier.buffered() >= MAX_BUFFERED || !self.carrier.has_room()) {
            self.retry = Some(now.after(BUFFERED_RETRY_MS));
            return 0;
        }
        budget
    }

    /// Whether bytes may flow from here: it stands, and no certificate waits for its acceptance. Without credit that cannot be told,
    /// and credit always comes.
    pub(super) fn is_writable(&self, owner: Owner) -> bool {
        self.ids.get(&owner).is_some_and(|id| self.carrier.link.budget(*id) > 0)
    }

    /// Sends a part of a file, at most [`Tunnel::room`] bytes.
    pub(super) fn send_payload(&mut self, owner: Owner, payload: &Uint8Array) {
        let Some(&id) = self.ids.get(&owner) else { return };
        self.carrier.send_payload(id, payload);
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
        self.carrier.link.consumed(id, bytes, now.0);
        self.carrier.flush();
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
        self.carrier.link.reset(id, Reason::Cancelled);
        self.carrier.flush();
    }

    /// What time alone brings.
    ///
    /// # Errors
    /// Why the link is lost; [`Tunnel::lose`] must follow.
    pub(super) fn tick(&mut self, now: Time) -> Result<Option<Arrival>, String> {
        self.retry.take_if(|retry| *retry <= now);
        let late = |stream: &Stream| stream.linger.is_some_and(|linger| linger <= now);
        let broken: Vec<StreamId> =
            self.streams.iter().filter(|(_, stream)| late(stream)).map(|(id, _)| *id).collect();
        for id in broken {
            self.streams.remove(&id);
            self.carrier.link.reset(id, Reason::Cancelled);
        }
        let heard = self.carrier.tick(now)?;
        self.arrival(now, heard)
    }

    /// When [`Tunnel::tick`] has something to do.
    pub(super) fn wake(&self, now: Time) -> Option<Time> {
        let linger = self.streams.values().filter_map(|stream| stream.linger).min();
        [self.carrier.wake(now), linger, self.retry].into_iter().flatten().min()
    }

    /// The link is lost: everything on it is gone. Returns whose connections they were.
    pub(super) fn lose(&mut self, now: Time) -> Vec<Owner> {
        self.carrier.lose(now);
        self.streams.clear();
        self.retry = None;
        let waiting = std::mem::take(&mut self.waiting).into_iter().map(|(owner, _)| owner);
        std::mem::take(&mut self.ids).into_keys().chain(waiting).collect()
    }

    fn send_outgoing(&mut self, id: StreamId) {
        self.carrier.flush();
        let Some(stream) = self.streams.get_mut(&id) else { return };
        while !stream.outgoing.is_empty() {
            let budget = usize::try_from(self.carrier.link.budget(id)).unwrap_or(usize::MAX);
            let len = stream.outgoing.len().min(budget).min(self.carrier.link.max_payload());
            if len == 0 {
                return;
            }
            let payload: Vec<u8> = stream.outgoing.drain(..len).collect();
            self.carrier.send_bytes(id, &payload);
        }
        if stream.finish {
            let over = stream.ended && stream.owner.is_none();
            self.carrier.link.finish(id);
            if over {
                self.streams.remove(&id);
            }
            self.carrier.flush();
        }
    }
}
