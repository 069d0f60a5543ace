//! The control connection: what was sent and is not answered yet, what waits for its turn, the latency, the clock of silence
//! (RFC 959 sections 4.2 and 5.4).
//!
//! Pipelining is a matter of this room alone. One expectation is queued for every command, so each reply finds its command (rule
//! R7); whoever sends several commands at once need not know how many of them are let out before the first is
//! answered: [`Control::release`] decides. With a depth of one the same operations talk in lock-step.

use std::collections::VecDeque;

use crate::command::Wire;
use crate::error::{Error, ErrorKind, Stage};
use crate::event::Event;
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
/// Commands that may be unanswered at once. Servers read lines into buffers of 4 KiB and more.
pub(crate) const DEPTH: usize = 16;

/// Who hears of a reply.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Hearer {
    /// The operation that sent the command, by its lane (see [`crate::operation`]).
    Lane(u8),
    /// The session itself: nobody waits for it.
    Session(Consequence),
    /// Nobody: the operation that sent it has ended.
    Nobody,
}

/// What comes of a reply that nobody waits for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Consequence {
    /// Nothing, whatever it says.
    Nothing,
    /// MFMT after an upload: whether the time was set is for its outcome, which is kept back.
    Dated,
    /// PROT P: data connections are secured from here on, or the session ends.
    Protection,
    /// MDTM of a file that LIST has shown with this time, in Unix seconds as if the server's zone were UTC (rule T10).
    Clock(i64),
}

impl Consequence {
    /// Whether what goes on is told after the reply only: what comes of it may be the end of the session, or the log is to read in the
    /// order of the login.
    fn holds(self) -> bool {
        !matches!(self, Consequence::Clock(_))
    }
}

/// A command that was sent, or the greeting.
pub(crate) struct Expectation {
    /// What was sent.
    pub(crate) verb: &'static str,
    /// Who hears of its reply.
    pub(crate) hearer: Hearer,
    /// The command for the log. It is shown when all that came before is answered, so that the log reads as if every command
    /// had waited for the reply before.
    shown: Option<String>,
    /// Events of what goes on already, to be told once this is answered.
    after: Vec<Event>,
    sent: Time,
    timed: bool,
    /// It was sent while another was unanswered.
    crowded: bool,
}

/// A command that waits for its turn.
struct Unsent {
    expectation: Expectation,
    wire: Wire,
    /// It goes out whatever is unanswered.
    urgent: bool,
}

/// The control connection.
pub(crate) struct Control {
    /// Its name for the driver.
    pub(crate) conn: ConnId,
    /// Its replies.
    pub(crate) reader: Reader,
    /// From the consent to TLS until the certificate is accepted no byte may come (rule L3).
    pub(crate) securing: bool,
    /// Commands that may be unanswered at once.
    depth: usize,
    owed: VecDeque<Expectation>,
    unsent: VecDeque<Unsent>,
    last_traffic: Time,
    /// Since when the first of the replies owed is the next to come.
    turn: Time,
    odd_end: Option<Time>,
    latency: Option<u64>,
}

impl Control {
    /// A connection that is being made; `pipelining` lets more than one command be unanswered.
    pub(crate) fn new(conn: ConnId, pipelining: bool, now: Time) -> Control {
        Control {
            conn,
            reader: Reader::new(),
            securing: false,
            depth: if pipelining { DEPTH } else { 1 },
            owed: VecDeque::new(),
            unsent: VecDeque::new(),
            last_traffic: now,
            turn: now,
            odd_end: None,
            latency: None,
        }
    }

    /// From now on one command at a time.
    pub(crate) fn lock_step(&mut self) {
        self.depth = 1;
    }

    /// The greeting is owed.
    pub(crate) fn expect_greeting(&mut self, now: Time) {
        let verb = "the connection with a greeting";
        let hearer = Hearer::Lane(0);
        self.owed.push_back(Expectation {
            verb,
            hearer,
            shown: None,
            after: Vec::new(),
            sent: now,
            timed: false,
            crowded: false,
        });
        self.last_traffic = now;
    }

    /// Takes a command in that cannot wait for a reply: it is about the command which is not answered.
    pub(crate) fn queue_urgently(&mut self, verb: &'static str, shown: String, wire: Wire) {
        self.queue(verb, shown, wire, Hearer::Lane(0), false);
        if let Some(mut unsent) = self.unsent.pop_back() {
            unsent.urgent = true;
            self.unsent.push_front(unsent);
        }
    }

    /// Takes a command in; [`Control::release`] lets it out.
    pub(crate) fn queue(
        &mut self,
        verb: &'static str,
        shown: String,
        wire: Wire,
        hearer: Hearer,
        timed: bool,
    ) {
        let expectation = Expectation {
            verb,
            hearer,
            shown: Some(shown),
            after: Vec::new(),
            sent: Time::default(),
            timed,
            crowded: false,
        };
        self.unsent.push_back(Unsent { expectation, wire, urgent: false });
    }

    /// The next command whose turn it is.
    pub(crate) fn release(&mut self, now: Time) -> Option<Wire> {
        if self.owed.len() >= self.depth && !self.unsent.front()?.urgent {
            return None;
        }
        let Unsent { mut expectation, wire, urgent } = self.unsent.pop_front()?;
        expectation.sent = now;
        // The latency is that of a command which nothing stands before.
        expectation.timed &= self.owed.is_empty();
        expectation.crowded = !self.owed.is_empty() && !urgent;
        if self.owed.is_empty() {
            self.turn = now;
        }
        if self.owed.is_empty() || urgent {
            self.last_traffic = now;
        }
        self.owed.push_back(expectation);
        Some(wire)
    }

    /// The log's line of the command whose reply comes next, once.
    pub(crate) fn show(&mut self) -> Option<String> {
        self.owed.front_mut().and_then(|front| front.shown.take())
    }

    /// The log's lines of all commands that were sent and not shown yet.
    pub(crate) fn show_all(&mut self) -> Vec<String> {
        self.owed.iter_mut().filter_map(|expectation| expectation.shown.take()).collect()
    }

    /// Keeps an event back while replies are owed that nobody waits for: told at once it would come before what the session
    /// did earlier. Returns it where there are none.
    pub(crate) fn hold(&mut self, event: Event) -> Option<Event> {
        let is_loose = |expectation: &&mut Expectation| match expectation.hearer {
            Hearer::Session(consequence) => consequence.holds(),
            Hearer::Lane(_) | Hearer::Nobody => false,
        };
        let unsent = self.unsent.iter_mut().map(|unsent| &mut unsent.expectation);
        match self.owed.iter_mut().chain(unsent).rev().find(is_loose) {
            Some(expectation) => {
                expectation.after.push(event);
                None
            }
            None => Some(event),
        }
    }

    /// Nothing is awaited any more: the connection is given up or lost. Returns the events that were kept back.
    pub(crate) fn give_up(&mut self) -> Vec<Event> {
        let unsent = std::mem::take(&mut self.unsent).into_iter().map(|unsent| unsent.expectation);
        let owed = std::mem::take(&mut self.owed);
        owed.into_iter().chain(unsent).flat_map(Expectation::into_events).collect()
    }

    /// Whoever sent what is unanswered has ended, in this lane or in all: what is not sent is taken back, other replies are
    /// nobody's.
    pub(crate) fn disown(&mut self, lane: Option<u8>) {
        let ended = |hearer: Hearer| match hearer {
            Hearer::Lane(of) => lane.is_none_or(|lane| lane == of),
            Hearer::Session(_) | Hearer::Nobody => false,
        };
        self.unsent.retain(|unsent| !ended(unsent.expectation.hearer));
        for expectation in &mut self.owed {
            if ended(expectation.hearer) {
                expectation.hearer = Hearer::Nobody;
            }
        }
    }

    /// How many replies are owed, those to commands included that wait for their turn.
    pub(crate) fn owed(&self) -> usize {
        self.owed.len() + self.unsent.len()
    }

    /// Whether a command is unanswered that was sent before the one before it was answered.
    pub(crate) fn is_crowded(&self) -> bool {
        self.owed.iter().any(|expectation| expectation.crowded)
    }

    /// How many commands were sent and are not answered.
    pub(crate) fn in_flight(&self) -> usize {
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

    /// Whether a reply can only be the answer to another of the commands that were sent together: the server works on them side by side
    /// (libunftp does), and nobody can tell its answers apart.
    pub(crate) fn is_misplaced(&self, reply: &Reply) -> bool {
        let verbs: &[&str] = match reply.code {
            211 => &["FEAT", "STAT", "HELP", "SITE"],
            215 => &["SYST"],
            227 => &["PASV", "EPSV"],
            229 => &["EPSV", "PASV"],
            257 => &["PWD", "XPWD", "MKD", "XMKD"],
            _ => return false,
        };
        let others = || self.owed.iter().skip(1).any(|owed| verbs.contains(&owed.verb));
        self.is_crowded() && self.awaited().is_some_and(|verb| !verbs.contains(&verb)) && others()
    }

    /// Who hears of the reply that comes next.
    pub(crate) fn hearer(&self) -> Option<Hearer> {
        self.owed.front().map(|expectation| expectation.hearer)
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

impl Expectation {
    /// What was kept back until its reply.
    pub(crate) fn into_events(self) -> Vec<Event> {
        self.after
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
