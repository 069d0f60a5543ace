//! The control connection: what was sent and is not answered yet, the latency, the clock of silence (RFC 959 sections
//! 4.2 and 5.4).
//!
//! One expectation is queued for every command sent, so each reply finds its command (rule R7), and pipelining
//! needs no other structure.

use std::collections::VecDeque;

use crate::error::{Error, ErrorKind, Stage};
use crate::io::{ConnId, End, Time};
use crate::reply::{Reader, Reply};

/// The TCP connection stands within this time, control and data.
pub(crate) const CONNECT_TIMEOUT: u64 = 20_000;
/// A TLS handshake is done within this time.
pub(crate) const TLS_TIMEOUT: u64 = 20_000;
/// A reply comes, or at least some byte of it, within this time.
pub(crate) const REPLY_TIMEOUT: u64 = 20_000;
/// The same during login: servers look up names and ask directories first, or slow down guessing.
pub(crate) const LOGIN_TIMEOUT: u64 = 60_000;
/// A reply has come within this time though the server was never silent for long: else a byte now and then, or `150` again and
/// again, would hold a request for days.
pub(crate) const ANSWER_TIMEOUT: u64 = 600_000;
/// Silence after which a reply that ended oddly has ended (rule R2).
const ODD_END: u64 = 2_000;

/// A command that was sent, or the greeting.
pub(crate) struct Expectation {
    /// What was sent.
    pub(crate) verb: &'static str,
    sent: Time,
    timed: bool,
}

/// The control connection.
pub(crate) struct Control {
    /// Its name for the driver.
    pub(crate) conn: ConnId,
    /// Its replies.
    pub(crate) reader: Reader,
    /// From the consent to TLS until the certificate is accepted no byte may come (rule L3).
    pub(crate) securing: bool,
    owed: VecDeque<Expectation>,
    last_traffic: Time,
    /// Since when the first of the replies owed is the next to come.
    turn: Time,
    odd_end: Option<Time>,
    latency: Option<u64>,
}

impl Control {
    pub(crate) fn new(conn: ConnId, now: Time) -> Control {
        Control {
            conn,
            reader: Reader::new(),
            securing: false,
            owed: VecDeque::new(),
            last_traffic: now,
            turn: now,
            odd_end: None,
            latency: None,
        }
    }

    /// Another reply is owed.
    pub(crate) fn expect(&mut self, verb: &'static str, timed: bool, now: Time) {
        if self.owed.is_empty() {
            self.turn = now;
        }
        self.owed.push_back(Expectation { verb, sent: now, timed });
        self.last_traffic = now;
    }

    /// How many replies are owed.
    pub(crate) fn owed(&self) -> usize {
        self.owed.len()
    }

    /// What the next reply answers.
    pub(crate) fn awaited(&self) -> Option<&'static str> {
        self.owed.front().map(|expectation| expectation.verb)
    }

    /// The replies that are still owed will not come: the last command answered for them.
    pub(crate) fn forgive(&mut self) {
        self.owed.clear();
    }

    /// A reply came: the expectation that it settles. Preliminary replies settle none (rule R7).
    pub(crate) fn settle(&mut self, reply: &Reply, now: Time) -> Option<Expectation> {
        if reply.class() == 1 {
            return None;
        }
        let settled = self.owed.pop_front()?;
        self.turn = now;
        if settled.timed {
            let sample = now.since(settled.sent);
            self.latency = Some(self.latency.map_or(sample, |smooth| (smooth * 3 + sample).div_ceil(4)));
        }
        Some(settled)
    }

    /// Bytes came, whole replies or not.
    pub(crate) fn heard(&mut self, now: Time) {
        self.last_traffic = now;
        self.odd_end = Some(now.after(ODD_END));
    }

    /// All that came was read: nothing ends oddly.
    pub(crate) fn read_up(&mut self) {
        if self.reader.is_empty() {
            self.odd_end = None;
        }
    }

    /// When to take an odd end for an end (rule R2).
    pub(crate) fn odd_end(&self) -> Option<Time> {
        self.odd_end
    }

    /// Ends a reply that ended oddly.
    pub(crate) fn end_oddly(&mut self) -> Option<Reply> {
        self.odd_end = None;
        self.reader.stalled_end()
    }

    /// When silence becomes an error, or talk that is no answer, if a reply is owed.
    pub(crate) fn deadline(&self, timeout: u64) -> Option<Time> {
        let deadline = || self.last_traffic.after(timeout).min(self.turn.after(ANSWER_TIMEOUT));
        (!self.owed.is_empty()).then(deadline)
    }

    /// Smoothed round trip of a plain command in milliseconds.
    pub(crate) fn latency(&self) -> Option<u64> {
        self.latency
    }

    /// The server owes a reply and is silent, or says everything but that.
    pub(crate) fn silence(&self, now: Time) -> Error {
        let talks = now >= self.turn.after(ANSWER_TIMEOUT);
        let seconds = now.since(if talks { self.turn } else { self.last_traffic }) / 1_000;
        let what = match self.awaited() {
            None => "anything".to_owned(),
            Some(verb) => verb.to_owned(),
        };
        Error::new(
            Stage::Connection,
            ErrorKind::Timeout,
            format!("The server has not answered {what} for {seconds} seconds; the connection was closed"),
        )
        .with_advice("Connect again")
    }
}

/// Why a control connection is gone, from its end.
pub(crate) fn lost(end: &End) -> Error {
    match end {
        End::Clean => Error::new(Stage::Connection, ErrorKind::Lost, "The server closed the connection")
            .with_advice("Connect again"),
        End::Unclean => {
            Error::new(Stage::Connection, ErrorKind::Lost, "The connection ended without a proper end of TLS")
                .with_advice("Connect again")
        }
        End::NoTicket => Error::new(Stage::Tls, ErrorKind::Lost, "The TLS session could not be resumed"),
        End::Failed { stage, text } => Error::new(*stage, failure_kind(*stage), text.clone()),
    }
}

/// The kind of failure of a connection that never stood or broke at this stage.
pub(crate) fn failure_kind(stage: Stage) -> ErrorKind {
    match stage {
        Stage::Policy => ErrorKind::Refused,
        Stage::File => ErrorKind::File,
        _ => ErrorKind::Lost,
    }
}
