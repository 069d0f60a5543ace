//! One stream: a task that owns a socket and moves bytes both ways.
//!
//! Download and upload are two futures of the same task. A socket is set up so that closing it breaks the connection (linger
//! 0) and only a stream that ended well undoes that: whatever cuts a stream short, an upload among it, the server must
//! see a broken connection and never a file that looks complete.

use super::account::Account;
use super::control::Control;
use super::echo::{Guarded, Repeated, Written};
use super::login::Login;
use super::mailbox::{Mailbox, Next};
use super::outbox::FRAMES_OF_A_STREAM;
use super::plain::Plain;
use super::{Session, socket};
use crate::audit;
use crate::config::seconds;
use crate::door::{Connected, Refused, Server};
use crate::limits::StreamPlace;
use crate::metrics::{Direction, Metrics, snake};
use crate::relay::Rules;
use crate::tls::TlsFailure;
use bytes::{Buf, BufMut, Bytes, BytesMut};
use std::future::poll_fn;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Poll;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};
use towpath_shared::{
    Header, Kind, Listening, MAX_PAYLOAD, Message, Opened, Reason, Reset, SecretKind, StartTls, StreamId,
    StreamKind,
};

/// The read buffer of a quiet stream, in bytes. It grows to a full frame as long as reads fill it.
const SMALLEST_READ: usize = 4 * 1024;

/// How long a server that takes no more bytes may still say why.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// A stream from OPEN to its end.
pub(super) struct Stream {
    pub(super) id: StreamId,
    pub(super) session: Arc<Session>,
    /// What held when it was opened.
    pub(super) rules: Arc<Rules>,
    /// What it has of what the relay has.
    pub(super) place: StreamPlace,
    pub(super) mailbox: Arc<Mailbox>,
    /// What this stream, or its parent, knows about its server.
    pub(super) control: Arc<Control>,
    /// Whether this is the control stream itself.
    pub(super) is_control: bool,
    /// Milliseconds of the session's clock at which the last byte moved.
    pub(super) last_byte: AtomicU64,
    pub(super) account: Account,
    /// Stored passwords that went this way.
    pub(super) written: Written,
}

/// What the upload of a stream is watched for.
struct Watch {
    plain: Plain,
    login: Login,
}

/// How the bytes of a socket ended.
enum End {
    /// The server said that there are no more.
    Clean,
    /// TLS without close_notify.
    Unclean,
    Broken(io::Error),
}

impl Stream {
    /// Runs the stream to its end and tells the page what it must know.
    pub(super) async fn run(self, kind: StreamKind) {
        let _going = self.metrics().stream(self.account.kind());
        let end = tokio::select! {
            end = self.live(kind) => Some(end),
            () = self.mailbox.gone() => None,
        };
        // Who takes it out of the table has the last word: where the reader did, the page knows the end, and hears of no other.
        let end = self.session.remove(self.id).and(end);
        self.account.close(&self, end.as_ref());
        match end {
            None => self.session.outbox.discard(self.id),
            Some(Ok(())) => {}
            Some(Err(reset)) => self.session.outbox.after_data(self.id, &Message::Reset(reset)),
        }
    }

    /// The connection of a stream, and what it is to know of its server.
    async fn connect(&self, kind: &StreamKind) -> Result<(Connected, Server), Reset> {
        let door = &self.rules.door;
        let known = || {
            self.control
                .server()
                .ok_or_else(|| Reset::new(Reason::Protocol, "the control stream is not connected"))
        };
        let refused = |refused: Refused| {
            if let Some(reason) = refused.denied {
                self.metrics().denied(reason);
            }
            if let StreamKind::Control { host, port } = kind {
                let (rule, reason) =
                    (refused.denied.unwrap_or("allowed"), snake(&format!("{:?}", refused.reason)));
                audit::site_refused(self.session.who(), self.id.0, host, *port, rule, &reason);
            }
            Reset::new(refused.reason, refused.text)
        };
        match kind {
            StreamKind::Control { host, port } => {
                door.open_control(host, *port, self.session.grants()).await.map_err(refused)
            }
            StreamKind::Data { port, .. } => {
                let server = known()?;
                Ok((door.open_data(server, *port).await.map_err(refused)?, server))
            }
            StreamKind::Listen { .. } => {
                let server = known()?;
                let listener = door.listen(server).map_err(refused)?;
                let listening = Listening { address: listener.address.to_string() };
                self.session.outbox.send(self.id, &Message::Listening(listening));
                let deadline = seconds(self.rules.config.deadlines.listen);
                Ok((listener.accept(deadline).await.map_err(refused)?, server))
            }
        }
    }

    async fn live(&self, kind: StreamKind) -> Result<(), Reset> {
        if let StreamKind::Control { host, port } = &kind {
            tracing::Span::current().record("server.address", host.as_str()).record("server.port", port);
        }
        let connected = self.connect(&kind).await;
        let (connected, server) = connected.inspect_err(|reset| self.metrics().not_opened(reset.reason))?;
        let Connected { mut socket, peer, local, elapsed } = connected;
        socket::set_up(&socket, self.is_control);
        if self.is_control {
            self.control.connected(server);
        }
        let window = self.session.upload_window(self);
        self.mailbox.opened(window);
        let connect_ms = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
        let opened = Opened { peer: peer.to_string(), local: local.to_string(), connect_ms };
        self.session.outbox.send(self.id, &Message::Opened { opened, window });
        self.account.connected(peer);
        if let StreamKind::Control { host, port } = &kind {
            audit::site_opened(self.session.who(), self.id.0, host, *port, peer);
        }
        tracing::debug!(%peer, connect_ms, "connected");
        self.metrics().opened(elapsed);

        let login = match &kind {
            StreamKind::Control { host, port } => {
                Login::new(&self.rules.config, host, *port, self.session.grants())
            }
            StreamKind::Data { .. } | StreamKind::Listen { .. } => Login::none(),
        };
        let plain = Plain::new(server.terms.tls_required, self.is_control);
        let mut watch = Watch { plain, login };
        let Some(request) = self.transfer(&mut socket, &mut watch).await? else {
            socket::close_well(&socket);
            return Ok(());
        };
        let (mut secured, protection) = self.secure(socket, request).await?;
        let mut watch = Watch { plain: Plain::Free, login: watch.login.secured(protection) };
        if self.transfer(&mut secured, &mut watch).await?.is_some() {
            return Err(Reset::new(Reason::Protocol, "TLS twice"));
        }
        socket::close_well(secured.socket());
        Ok(())
    }

    /// Moves bytes until both directions have ended, or until the page asks for TLS.
    async fn transfer<S>(&self, socket: &mut S, watch: &mut Watch) -> Result<Option<StartTls>, Reset>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        self.touch();
        let (reader, writer) = tokio::io::split(socket);
        if let Plain::Nothing = watch.plain {
            return tokio::select! {
                end = self.upload(writer, watch) => end,
                () = self.idle() => Err(Reset::new(Reason::IdleTimeout, "no byte for too long")),
            };
        }
        let written = self.is_control.then_some(&self.written);
        let mut download = pin!(self.download(Guarded::new(reader, written)));
        let mut upload = pin!(self.upload(writer, watch));
        let moving = async {
            tokio::select! {
                read = &mut download => {
                    read?;
                    match upload.await? {
                        None => Ok(None),
                        Some(_) => Err(Reset::new(Reason::Protocol, "TLS on an ended stream")),
                    }
                }
                written = &mut upload => match written {
                    Ok(None) => download.await.map(|()| None),
                    // No byte is lost: the download holds none while it waits.
                    Ok(Some(request)) => Ok(Some(request)),
                    // Nothing that the server did.
                    Err(reset) if reset.reason == Reason::Secret => Err(reset),
                    Err(reset) => {
                        let _ = timeout(LAST_WORDS, download).await;
                        Err(reset)
                    }
                },
            }
        };
        tokio::select! {
            end = moving => end,
            () = self.idle() => Err(Reset::new(Reason::IdleTimeout, "no byte for too long")),
        }
    }

    /// Socket to page: reads only what the page allows, and only when the writer has a place for it.
    async fn download<R: AsyncRead + Unpin>(&self, mut socket: R) -> Result<(), Reset> {
        let slots = Arc::new(Semaphore::new(FRAMES_OF_A_STREAM));
        let limits = &self.rules.config.limits;
        let mut room = SMALLEST_READ;
        let end = loop {
            let Ok(slot) = slots.clone().acquire_owned().await else {
                // The semaphore is never closed.
                return Err(Reset::new(Reason::Internal, ""));
            };
            let allowed = self.timed(Direction::Down, self.mailbox.allowance()).await;
            let allowed = usize::try_from(allowed).unwrap_or(usize::MAX);
            let most = room.min(allowed).min(self.place.turn(limits));
            let mut frame = BytesMut::with_capacity(Header::LEN + most);
            frame.put_slice(&Header::new(Kind::Data, self.id).to_bytes());
            let end = fill(&mut socket, &mut frame, most).await;
            let len = frame.len() - Header::LEN;
            if len > 0 {
                self.touch();
                self.metrics().server_bytes(Direction::Down, len);
                if self.is_control {
                    self.control.answered();
                }
                self.mailbox.sent(len as u64);
                self.place.pace(len, limits).await;
                self.session.outbox.data(self.id, frame.freeze(), slot);
            }
            if let Some(end) = end {
                break end;
            }
            room = self.next_room(room, len);
        };
        let unclean = match end {
            End::Clean => false,
            End::Unclean => true,
            End::Broken(error) => return Err(broken(&error)),
        };
        self.session.outbox.after_data(self.id, &Message::Fin { unclean });
        Ok(())
    }

    /// The most that the next read may bring, after one of `room` brought `len`. What the frames of a stream can weigh is
    /// part of the relay's budget; where that is used up, frames stay small.
    fn next_room(&self, room: usize, len: usize) -> usize {
        let weight = |from: usize, to: usize| ((to - from) * (FRAMES_OF_A_STREAM + 1)) as u64;
        let (larger, smaller) = ((room * 4).min(MAX_PAYLOAD), (room / 2).max(SMALLEST_READ));
        if len == room && self.place.extra(weight(room, larger), &self.rules.config.limits) {
            return larger;
        }
        if len < room / 4 {
            self.place.give_back(weight(smaller, room));
            return smaller;
        }
        room
    }

    /// Page to socket: credit is granted for what the socket has taken. Ends with FIN or with START_TLS.
    async fn upload<W: AsyncWrite + Unpin>(
        &self,
        mut socket: W,
        watch: &mut Watch,
    ) -> Result<Option<StartTls>, Reset> {
        let limits = &self.rules.config.limits;
        loop {
            let next = match self.mailbox.try_next() {
                Some(next) => next,
                None => {
                    self.within_stall(socket.flush()).await?;
                    self.mailbox.next().await
                }
            };
            match next {
                Next::Bytes(bytes) if !watch.plain.passes(&bytes) => return Err(self.plain_text()),
                // An empty file would be one that went without TLS.
                Next::Finish if matches!(watch.plain, Plain::Nothing) => return Err(self.plain_text()),
                Next::Bytes(mut bytes) => {
                    watch.login.watch(&bytes);
                    while !bytes.is_empty() {
                        let turn = bytes.split_to(bytes.len().min(self.place.turn(limits)));
                        self.place.pace(turn.len(), limits).await;
                        self.write(&mut socket, turn).await?;
                    }
                }
                Next::WriteSecret(SecretKind::Password) => {
                    let (password, user) = watch.login.password().await?;
                    self.written.add(&password);
                    let line = [b"PASS ", password.reveal(), b"\r\n"].concat();
                    self.within_stall(socket.write_all(&line)).await?;
                    self.touch();
                    audit::password_written(self.session.who(), self.id.0, user);
                }
                Next::Finish => {
                    // Under TLS this sends close_notify first.
                    self.within_stall(socket.shutdown()).await?;
                    return Ok(None);
                }
                Next::StartTls(request) => {
                    self.within_stall(socket.flush()).await?;
                    return Ok(Some(request));
                }
            }
        }
    }

    async fn write<W: AsyncWrite + Unpin>(&self, socket: &mut W, mut bytes: Bytes) -> Result<(), Reset> {
        while !bytes.is_empty() {
            let write = self.timed(Direction::Up, socket.write(&bytes));
            let taken = self.within_stall(write).await?;
            if taken == 0 {
                return Err(broken(&io::ErrorKind::WriteZero.into()));
            }
            bytes.advance(taken);
            self.touch();
            self.metrics().server_bytes(Direction::Up, taken);
            self.account.taken(taken);
            if self.is_control {
                self.control.asked();
            }
            if let Some(limit) = self.session.consumed(self, taken as u64) {
                self.session.outbox.send(self.id, &Message::Credit(limit));
            }
        }
        Ok(())
    }

    async fn within_stall<T>(&self, step: impl Future<Output = io::Result<T>>) -> Result<T, Reset> {
        let stall = seconds(self.rules.config.deadlines.write_stall);
        match timeout(stall, step).await {
            Ok(done) => done.map_err(|error| broken(&error)),
            Err(_) => Err(Reset::new(Reason::IdleTimeout, "the server takes no more bytes")),
        }
    }

    /// Resolves when no byte has moved for as long as the configuration says.
    async fn idle(&self) {
        let limit = self.rules.config.deadlines.idle.saturating_mul(1000);
        loop {
            let quiet = self.session.now_ms().saturating_sub(self.last_byte.load(Ordering::Relaxed));
            match limit.checked_sub(quiet) {
                None | Some(0) => return,
                Some(left) => sleep(Duration::from_millis(left)).await,
            }
        }
    }

    /// Waits, and counts the wait unless there was none.
    async fn timed<T>(&self, direction: Direction, wait: impl Future<Output = T>) -> T {
        let mut wait = pin!(wait);
        if let Poll::Ready(done) = poll_fn(|context| Poll::Ready(wait.as_mut().poll(context))).await {
            return done;
        }
        let _stall = self.metrics().stall(direction);
        wait.await
    }

    fn plain_text(&self) -> Reset {
        self.metrics().denied("plain_text");
        Reset::new(Reason::PolicyDenied, "this relay's administrator requires TLS for this server")
    }

    fn metrics(&self) -> &Metrics {
        &self.session.relay.metrics
    }

    fn touch(&self) {
        self.last_byte.store(self.session.now_ms(), Ordering::Relaxed);
        self.session.touch();
    }
}

/// Reads what is there, up to `most` bytes, waiting only for the first; and says if that was the end. Under TLS one
/// read gives one record at most, and a frame should carry several.
async fn fill<R: AsyncRead + Unpin>(socket: &mut R, frame: &mut BytesMut, most: usize) -> Option<End> {
    let full = frame.len() + most;
    poll_fn(|context| {
        let start = frame.len();
        while frame.len() < full {
            let left = full - frame.len();
            let mut rest = (&mut *frame).limit(left);
            match pin!(socket.read_buf(&mut rest)).poll(context) {
                Poll::Pending if frame.len() > start => break,
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Ok(0)) => return Poll::Ready(Some(End::Clean)),
                Poll::Ready(Ok(_)) => {}
                Poll::Ready(Err(error)) if error.kind() == io::ErrorKind::UnexpectedEof => {
                    return Poll::Ready(Some(End::Unclean));
                }
                Poll::Ready(Err(error)) => return Poll::Ready(Some(End::Broken(error))),
            }
        }
        Poll::Ready(None)
    })
    .await
}

/// A connection that broke, or TLS that did.
fn broken(error: &io::Error) -> Reset {
    if let Some(repeated) = error.get_ref().and_then(|inner| inner.downcast_ref::<Repeated>()) {
        return Reset::new(Reason::Secret, repeated.to_string());
    }
    if error.get_ref().is_some_and(|inner| inner.is::<rustls::Error>()) {
        return failed(TlsFailure::from_io(error));
    }
    Reset::new(Reason::PeerReset, error.to_string())
}

/// A TLS failure as a RESET.
pub(super) fn failed(failure: TlsFailure) -> Reset {
    Reset { detail: failure.alert, ..Reset::new(failure.reason, failure.text) }
}
