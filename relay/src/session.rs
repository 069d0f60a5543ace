//! One tunnel: its WebSocket, or the WebSockets that follow each other, its reader, its writer and a task for each stream.
//!
//! The reader never waits for a write of any kind: what it hears goes into mailboxes and marks, what it answers goes into
//! the outbox. That is what keeps a multiplexer from deadlocking when both sides have much to send.

mod account;
mod attachment;
mod control;
mod drain;
mod echo;
mod gate;
mod greeting;
mod login;
mod mailbox;
mod outbox;
mod plain;
mod reader;
mod registry;
mod socket;
mod stream;

use crate::audit::{self, Who};
use crate::config::seconds;
use crate::entry::{Admitted, Caller, Refused};
use crate::relay::Relay;
use crate::visitor::Grants;
use axum::extract::ws::{CloseFrame, Message as Frame, WebSocket};
use control::Control;
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use greeting::Greeting;
use mailbox::Mailbox;
use outbox::Outbox;
pub(crate) use outbox::WRITE_BUFFER;
pub(crate) use registry::Registry;
use registry::{Attachment, Place};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use stream::Stream;
use thiserror::Error;
use tokio::sync::Notify;
use tokio::time::{Instant, timeout};
use towpath_shared::ledger::Unsent;
use towpath_shared::{
    CONTROL_WINDOW, DATA_WINDOW, FrameError, Hello, LISTEN, MAX_PAYLOAD, RESUME, Resumption, StreamId,
    Welcome, close,
};

/// tungstenite's read buffer for each WebSocket, in bytes. It is reserved as long as the WebSocket lasts and filled with zeros before each
/// read, so a large one costs memory while idle and time under load: 128 KiB took half as much again of the processor's time for
/// each byte of an upload. A frame that is larger gets its room when its head has come.
pub(crate) const READ_BUFFER: usize = 8 * 1024;

/// Bytes of uploads that the relay is ready to hold for one session, before every stream gets its least.
const UPLOAD_BUDGET: u64 = 8 * 1024 * 1024;

/// How long a page may take to answer our close frame, and streams to notice that they are over.
const FAREWELL: Duration = Duration::from_secs(5);

/// What a session's tasks share.
pub(crate) struct Session {
    /// For the logs: leads to nothing.
    id: String,
    relay: Arc<Relay>,
    /// Who it is for, and what that opens.
    admitted: Admitted,
    outbox: Outbox,
    streams: Mutex<BTreeMap<StreamId, Entry>>,
    /// A stream has ended.
    ended: Notify,
    start: Instant,
    /// Milliseconds since then at which the last byte of a stream moved, or a stream ended.
    last_byte: AtomicU64,
    /// 0 until measured.
    rtt_ms: AtomicU64,
    /// Whether it outlives its WebSocket: frames are counted and acknowledged.
    resumable: bool,
}

/// The WebSocket under a session, for as long as it lasts.
#[derive(Debug)]
struct Carrier {
    sink: SplitSink<WebSocket, Frame>,
    source: SplitStream<WebSocket>,
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
    #[error("no greeting in time")]
    NoGreeting,
    #[error("the page came back over another connection")]
    Replaced(Box<Attachment>),
    #[error("the page did not come back")]
    Gone,
    #[error("too many sessions wait for their page")]
    NoPlace,
    #[error("this session is over")]
    Unknown,
    #[error("the page does not take what it asks for")]
    Flooded,
    #[error("the page opens streams to give them up")]
    Restless,
    #[error("text message")]
    Text,
    #[error("{0}")]
    Protocol(String),
    #[error(transparent)]
    Refused(#[from] Refused),
    #[error("the relay stops")]
    Stopped,
}

impl From<FrameError> for End {
    fn from(error: FrameError) -> End {
        End::Protocol(error.to_string())
    }
}

impl From<Unsent> for End {
    fn from(error: Unsent) -> End {
        End::Protocol(error.to_string())
    }
}

impl End {
    /// In one word, for the metrics and the audit log.
    fn label(&self) -> &'static str {
        match self {
            End::Left => "left",
            End::Lost => "lost",
            End::Dead => "dead",
            End::NoGreeting => "no_greeting",
            End::Replaced(_) => "replaced",
            End::Gone => "gone",
            End::NoPlace => "no_place",
            End::Unknown => "unknown",
            End::Flooded => "flooded",
            End::Restless => "restless",
            End::Text | End::Protocol(_) => "protocol",
            End::Refused(_) => "refused",
            End::Stopped => "stopped",
        }
    }

    /// The WebSocket's close code, RFC 6455 section 7.4.1.
    fn code(&self) -> u16 {
        match self {
            End::Left | End::Lost | End::Gone | End::NoPlace => 1000,
            End::Stopped | End::Replaced(_) => 1001,
            End::Protocol(_) | End::NoGreeting => 1002,
            End::Text => 1003,
            End::Flooded | End::Restless => 1008,
            End::Refused(refused) => refused.code(),
            End::Dead => 1011,
            End::Unknown => close::GONE,
        }
    }
}

/// Serves an upgraded WebSocket: a session to its end, or the handing over to one that waits for it. `resumes`: it was opened for that.
pub(crate) async fn serve(socket: WebSocket, relay: Arc<Relay>, caller: Caller, resumes: bool) {
    let (sink, source) = socket.split();
    let mut carrier = Carrier { sink, source };
    let deadline = seconds(relay.rules().config.deadlines.hello);
    let greeting = timeout(deadline, greeting::first(&mut carrier.source, &relay.metrics)).await;
    let end = match greeting.unwrap_or(Err(End::NoGreeting)) {
        Ok(Greeting::Hello(mut hello)) if !resumes => {
            let named = caller.named.clone();
            match relay.admit(caller, hello.credential.take()).await {
                Ok(admitted) => return begin(carrier, relay, admitted, named, &hello).await,
                Err(refused) => refused.into(),
            }
        }
        Ok(Greeting::Resume(resume)) if resumes => {
            let attachment = Attachment { carrier, received: resume.received };
            match relay.registry.hand_over(&resume.token, caller.named.as_ref(), attachment) {
                Ok(()) => return,
                Err(back) => {
                    carrier = back.carrier;
                    audit::entry_refused(caller.address, caller.named.as_deref(), "resume_token");
                    End::Unknown
                }
            }
        }
        Ok(_) => End::Protocol("the first frame belongs to another path".into()),
        Err(end) => end,
    };
    tracing::info!(%end, "no session");
    relay.metrics.session_over(end.label());
    let close = CloseFrame { code: end.code(), reason: end.to_string().into() };
    let farewell = async {
        if carrier.sink.send(Frame::Close(Some(close))).await.is_ok() {
            while let Some(Ok(_)) = carrier.source.next().await {}
        }
    };
    // Whoever does not answer is left without.
    let _ = timeout(FAREWELL, farewell).await;
}

/// A session from HELLO to its end. `named`: the user that a proxy names with each of its WebSockets.
async fn begin(
    carrier: Carrier,
    relay: Arc<Relay>,
    mut admitted: Admitted,
    named: Option<Arc<str>>,
    hello: &Hello,
) {
    tracing::debug!(agent = hello.agent.chars().take(80).collect::<String>(), "hello");
    let rules = relay.rules();
    let wanted = rules.config.deadlines.grace > 0 && hello.features.iter().any(|feature| feature == RESUME);
    let place = wanted.then(|| relay.registry.register(named)).flatten();
    let (place, token) = place.unzip();
    let resumption = token.map(|token| Resumption {
        token,
        grace_ms: rules.config.deadlines.grace.saturating_mul(1000),
        path: relay.id.clone(),
    });
    let metrics = relay.metrics.clone();
    let _going = metrics.session();
    let session = Arc::new(Session {
        id: id(),
        relay,
        outbox: Outbox::new(metrics.clone(), admitted.place.take_stock()),
        admitted,
        streams: Mutex::default(),
        ended: Notify::new(),
        start: Instant::now(),
        last_byte: AtomicU64::new(0),
        rtt_ms: AtomicU64::new(0),
        resumable: place.is_some(),
    });
    tracing::Span::current().record("id", &session.id);
    tracing::Span::current().record("user", session.admitted.visitor.user.as_deref());
    audit::session_begins(session.who());
    let welcome = session.welcome(hello, resumption);
    let end = attachment::live(session.clone(), carrier, place, welcome).await;
    tracing::debug!(%end, "session ends");
    metrics.session_over(end.label());
    audit::session_ends(session.who(), session.start.elapsed(), end.label());
}

/// A name that no other session has, here or at another relay; empty where the system has no random numbers.
fn id() -> String {
    let mut bytes = [0; 8];
    let random = aws_lc_rs::rand::fill(&mut bytes).is_ok();
    if random { format!("{:016x}", u64::from_le_bytes(bytes)) } else { String::new() }
}

impl Session {
    /// Whose it is.
    fn who(&self) -> Who<'_> {
        Who { session: &self.id, visitor: &self.admitted.visitor }
    }

    fn welcome(&self, hello: &Hello, resumption: Option<Resumption>) -> Welcome {
        let rules = self.relay.rules();
        let listens = rules.door.listens() && hello.features.iter().any(|feature| feature == LISTEN);
        let features = [(LISTEN, listens), (RESUME, resumption.is_some())];
        Welcome {
            agent: concat!("towpath/", env!("CARGO_PKG_VERSION")).into(),
            features: features.into_iter().filter(|(_, on)| *on).map(|(name, _)| name.to_owned()).collect(),
            max_payload: MAX_PAYLOAD,
            max_streams: rules.config.limits.streams,
            sites: rules.config.sites(self.grants()),
            resumption,
        }
    }

    /// What its visitor may use.
    fn grants(&self) -> &Grants {
        &self.admitted.grants
    }

    /// Milliseconds since the session began.
    fn now_ms(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// Takes a stream out of the table.
    fn remove(&self, id: StreamId) -> Option<Entry> {
        let entry = self.lock().remove(&id);
        self.touch();
        self.ended.notify_one();
        entry
    }

    fn give_up_all(&self) {
        for entry in self.lock().values() {
            entry.mailbox.give_up();
        }
    }

    fn touch(&self) {
        self.last_byte.store(self.now_ms(), Ordering::Relaxed);
    }

    /// The first upload window of a stream: the protocol's, or what is left of the session's budget and the relay's, but
    /// always enough to go on with.
    fn upload_window(&self, stream: &Stream) -> u64 {
        let wanted = if stream.is_control { CONTROL_WINDOW } else { DATA_WINDOW };
        let left = UPLOAD_BUDGET.saturating_sub(granted(&self.lock()));
        stream.place.first_window(wanted.min(left), &stream.rules.config.limits)
    }

    /// Counts upload bytes that a socket has taken. Returns the limit to send as CREDIT, if one is due.
    fn consumed(&self, stream: &Stream, bytes: u64) -> Option<u64> {
        // The table is locked throughout, so two streams cannot both grow into the same room.
        let streams = self.lock();
        let room = UPLOAD_BUDGET.saturating_sub(granted(&streams));
        let rtt = Some(self.rtt_ms.load(Ordering::Relaxed)).filter(|rtt| *rtt > 0);
        stream.place.offer(room, &stream.rules.config.limits, |room| {
            let before = stream.mailbox.window();
            let limit = stream.mailbox.consumed(|window| window.consume(bytes, self.now_ms(), rtt, room));
            (stream.mailbox.window() - before, limit)
        })
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<StreamId, Entry>> {
        // Nothing panics while it is held.
        self.streams.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn granted(streams: &BTreeMap<StreamId, Entry>) -> u64 {
    streams.values().map(|entry| entry.mailbox.window()).sum()
}
