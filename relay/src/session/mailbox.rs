//! What comes from the page for one stream: filled by the session's reader, emptied by the stream's task.
//!
//! Everything in here merges or is bounded by the window, so the reader never waits and nothing grows: bytes are
//! held up to the credit that was granted (small frames are packed together, so that many of them weigh no more than few), CREDIT
//! is an absolute number, the rest are marks.

use bytes::{Bytes, BytesMut};
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use towpath_shared::window::{RecvWindow, SendWindow};
use towpath_shared::{Reason, Reset, SecretKind, StartTls};

/// Payloads below this are copied together. Above, the payload is kept as it came, and with it the rest of the WebSocket's buffer that
/// it is a part of: a full frame and [`super::READ_BUFFER`] at most.
const SMALL: usize = 32 * 1024;

/// One stream's inbound side.
#[derive(Debug)]
pub(super) struct Mailbox {
    state: Mutex<State>,
    /// For the upload: bytes, FIN, START_TLS or WRITE_SECRET came.
    arrived: Notify,
    /// For the download: credit came.
    allowed: Notify,
    /// For the gate: TLS_ACCEPT came.
    accepted: Notify,
    /// The stream is given up by the page or with the session.
    gone: CancellationToken,
}

#[derive(Debug)]
struct State {
    /// None until the connection stands.
    receive: Option<RecvWindow>,
    send: SendWindow,
    queue: ByteQueue,
    gate: Gate,
    start_tls: Option<StartTls>,
    write_secret: Option<SecretKind>,
    finished: bool,
}

/// Where a stream is between START_TLS and its first protected byte.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Gate {
    /// Bytes flow.
    Open,
    /// The handshake is going on.
    Shaking,
    /// The page decides on the certificate.
    Asking,
}

/// What the page wants next of the socket, in the order in which it said so.
#[derive(Debug)]
pub(super) enum Next {
    Bytes(Bytes),
    Finish,
    StartTls(StartTls),
    WriteSecret(SecretKind),
}

impl Mailbox {
    /// A mailbox whose download begins with the credit of OPEN.
    pub(super) fn new(credit: u64) -> Mailbox {
        Mailbox {
            state: Mutex::new(State {
                receive: None,
                send: SendWindow::new(credit),
                queue: ByteQueue::default(),
                gate: Gate::Open,
                start_tls: None,
                write_secret: None,
                finished: false,
            }),
            arrived: Notify::new(),
            allowed: Notify::new(),
            accepted: Notify::new(),
            gone: CancellationToken::new(),
        }
    }

    // The reader's side.

    /// DATA.
    pub(super) fn data(&self, bytes: Bytes) -> Result<(), Reset> {
        let mut state = self.lock();
        let State {
            receive: Some(receive),
            gate: Gate::Open,
            start_tls: None,
            write_secret: None,
            finished: false,
            ..
        } = &mut *state
        else {
            return Err(protocol(
                "bytes before the connection stands, at a closed gate, before a secret is written, or after FIN",
            ));
        };
        receive
            .receive(bytes.len() as u64)
            .map_err(|overrun| Reset::new(Reason::FlowControl, overrun.to_string()))?;
        state.queue.push(bytes);
        drop(state);
        self.arrived.notify_one();
        Ok(())
    }

    /// CREDIT.
    pub(super) fn credit(&self, limit: u64) {
        if self.lock().send.credit(limit) {
            self.allowed.notify_one();
        }
    }

    /// FIN.
    pub(super) fn finish(&self) -> Result<(), Reset> {
        let mut state = self.lock();
        if state.receive.is_none() || std::mem::replace(&mut state.finished, true) {
            return Err(protocol("FIN before the connection stands, or a second one"));
        }
        drop(state);
        self.arrived.notify_one();
        Ok(())
    }

    /// START_TLS. It may come before the connection stands: the handshake begins as soon as it does.
    pub(super) fn start_tls(&self, request: StartTls) -> Result<(), Reset> {
        let mut state = self.lock();
        let waits = state.start_tls.is_some() || state.write_secret.is_some();
        if state.finished || state.gate != Gate::Open || waits {
            return Err(protocol("START_TLS out of place"));
        }
        state.start_tls = Some(request);
        drop(state);
        self.arrived.notify_one();
        Ok(())
    }

    /// WRITE_SECRET. What came before it goes before it.
    pub(super) fn write_secret(&self, what: SecretKind) -> Result<(), Reset> {
        let mut state = self.lock();
        let State {
            receive: Some(_),
            gate: Gate::Open,
            start_tls: None,
            write_secret: waiting @ None,
            finished: false,
            ..
        } = &mut *state
        else {
            return Err(protocol("WRITE_SECRET out of place"));
        };
        *waiting = Some(what);
        drop(state);
        self.arrived.notify_one();
        Ok(())
    }

    /// TLS_ACCEPT.
    pub(super) fn accept(&self) -> Result<(), Reset> {
        let mut state = self.lock();
        if state.gate != Gate::Asking {
            return Err(protocol("TLS_ACCEPT out of place"));
        }
        state.gate = Gate::Open;
        drop(state);
        self.accepted.notify_one();
        Ok(())
    }

    /// The stream is given up: its task ends at its next step.
    pub(super) fn give_up(&self) {
        self.gone.cancel();
    }

    // The stream task's side.

    /// Resolves when the stream is given up.
    pub(super) async fn gone(&self) {
        self.gone.cancelled().await;
    }

    /// The connection stands, and the page may send this many bytes.
    pub(super) fn opened(&self, window: u64) {
        self.lock().receive = Some(RecvWindow::new(window));
    }

    /// Whether the connection stands, or stood.
    pub(super) fn is_open(&self) -> bool {
        self.lock().receive.is_some()
    }

    /// The next thing to do for the upload.
    pub(super) async fn next(&self) -> Next {
        loop {
            if let Some(next) = self.try_next() {
                return next;
            }
            self.arrived.notified().await;
        }
    }

    /// The next thing to do for the upload, if it is there.
    pub(super) fn try_next(&self) -> Option<Next> {
        let mut state = self.lock();
        if let Some(bytes) = state.queue.pop() {
            return Some(Next::Bytes(bytes));
        }
        if let Some(what) = state.write_secret.take() {
            return Some(Next::WriteSecret(what));
        }
        if let Some(request) = state.start_tls.take() {
            state.gate = Gate::Shaking;
            return Some(Next::StartTls(request));
        }
        state.finished.then_some(Next::Finish)
    }

    /// The socket has taken bytes. `grow` decides with the window whether it may grow, and returns the limit to
    /// send as CREDIT, if one is due.
    pub(super) fn consumed(&self, grow: impl FnOnce(&mut RecvWindow) -> Option<u64>) -> Option<u64> {
        let mut state = self.lock();
        let limit = state.receive.as_mut().and_then(grow)?;
        (!state.finished).then_some(limit)
    }

    /// Size of the window that the page has for its bytes.
    pub(super) fn window(&self) -> u64 {
        self.lock().receive.as_ref().map_or(0, RecvWindow::size)
    }

    /// Waits until the page allows bytes, and says how many.
    pub(super) async fn allowance(&self) -> u64 {
        loop {
            let available = self.lock().send.available();
            if available > 0 {
                return available;
            }
            self.allowed.notified().await;
        }
    }

    /// Counts bytes that were passed on to the page.
    pub(super) fn sent(&self, bytes: u64) {
        self.lock().send.send(bytes);
    }

    /// Bytes passed on to the page since the stream began.
    pub(super) fn total_sent(&self) -> u64 {
        self.lock().send.sent()
    }

    /// The handshake is over: the gate opens, or the page is about to be asked.
    pub(super) fn secured(&self, gate_open: bool) {
        self.lock().gate = if gate_open { Gate::Open } else { Gate::Asking };
    }

    /// Resolves when the gate is open.
    pub(super) async fn gate_opened(&self) {
        while self.lock().gate != Gate::Open {
            self.accepted.notified().await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing panics while it is held.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn protocol(text: &str) -> Reset {
    Reset::new(Reason::Protocol, text)
}

/// Bytes in order, weighing little more than their number.
#[derive(Debug, Default)]
struct ByteQueue {
    chunks: VecDeque<Bytes>,
    /// Small payloads that came after all of `chunks`.
    tail: BytesMut,
}

impl ByteQueue {
    fn push(&mut self, bytes: Bytes) {
        if bytes.len() < SMALL {
            self.tail.extend_from_slice(&bytes);
            if self.tail.len() < SMALL {
                return;
            }
        }
        if !self.tail.is_empty() {
            self.chunks.push_back(self.tail.split().freeze());
        }
        if bytes.len() >= SMALL {
            self.chunks.push_back(bytes);
        }
    }

    fn pop(&mut self) -> Option<Bytes> {
        self.chunks.pop_front().or_else(|| {
            let tail = std::mem::take(&mut self.tail);
            (!tail.is_empty()).then(|| tail.freeze())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(window: u64) -> Mailbox {
        let mailbox = Mailbox::new(0);
        mailbox.opened(window);
        mailbox
    }

    fn request() -> StartTls {
        StartTls { server_name: "a.example".into(), received: 0, max_version: None, client_certificate: None }
    }

    #[test]
    fn bytes_keep_their_order_whatever_their_size() {
        let mailbox = open(u64::MAX);
        let mut sent = Vec::new();
        for (turn, len) in [1, SMALL, 3, 0, SMALL - 1, SMALL + 1, 2, 2, SMALL * 2].into_iter().enumerate() {
            let payload = vec![turn as u8; len];
            sent.extend_from_slice(&payload);
            mailbox.data(payload.into()).unwrap();
        }
        mailbox.finish().unwrap();
        let mut found = Vec::new();
        while let Some(Next::Bytes(bytes)) = mailbox.try_next() {
            found.extend_from_slice(&bytes);
        }
        assert!(found == sent);
        assert!(matches!(mailbox.try_next(), Some(Next::Finish)));
    }

    #[test]
    fn many_small_frames_become_few_chunks() {
        let mailbox = open(1 << 20);
        for _ in 0..1 << 20 {
            mailbox.data(Bytes::from_static(b"x")).unwrap();
        }
        for _ in 0..1000 {
            mailbox.data(Bytes::new()).unwrap();
        }
        assert_eq!(mailbox.lock().queue.chunks.len(), (1 << 20) / SMALL);
    }

    #[test]
    fn bytes_past_the_credit_are_an_overrun() {
        let mailbox = open(10);
        mailbox.data(Bytes::from_static(b"0123456789")).unwrap();
        let reset = mailbox.data(Bytes::from_static(b"x")).unwrap_err();
        assert_eq!(reset.reason, Reason::FlowControl);
        // Only what the socket took gives new credit.
        assert_eq!(mailbox.consumed(|window| window.consume(10, 0, None, 0)), Some(20));
        mailbox.data(Bytes::from_static(b"x")).unwrap();
    }

    #[test]
    fn frames_out_of_place_are_errors() {
        let early = Mailbox::new(0);
        assert_eq!(early.data(Bytes::from_static(b"x")).unwrap_err().reason, Reason::Protocol);
        assert!(early.finish().is_err() && early.accept().is_err());
        // TLS alone may be asked for before the connection stands, once.
        assert!(early.start_tls(request()).is_ok() && early.start_tls(request()).is_err());
        let late = open(10);
        late.finish().unwrap();
        assert!(late.finish().is_err() && late.start_tls(request()).is_err());
        assert_eq!(late.data(Bytes::from_static(b"x")).unwrap_err().reason, Reason::Protocol);
    }

    #[test]
    fn nothing_passes_between_start_tls_and_the_open_gate() {
        let mailbox = open(10);
        mailbox.data(Bytes::from_static(b"AUTH TLS")).unwrap();
        mailbox.start_tls(request()).unwrap();
        assert!(mailbox.data(Bytes::from_static(b"x")).is_err(), "before the handshake began");
        // What was said before START_TLS goes out in plain text first.
        assert!(matches!(mailbox.try_next(), Some(Next::Bytes(_))));
        assert!(matches!(mailbox.try_next(), Some(Next::StartTls(_))));
        assert!(mailbox.data(Bytes::from_static(b"x")).is_err(), "during the handshake");
        assert!(mailbox.accept().is_err(), "before TLS_INFO");
        mailbox.secured(false);
        assert!(mailbox.data(Bytes::from_static(b"x")).is_err(), "before TLS_ACCEPT");
        mailbox.accept().unwrap();
        mailbox.data(Bytes::from_static(b"x")).unwrap();
        assert!(mailbox.accept().is_err(), "twice");
    }
}
