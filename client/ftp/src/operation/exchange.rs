//! One use of a data connection: TYPE I, EPSV or PASV, REST, then RETR, STOR, MLSD or LIST (RFC 959 section 5.1, RFC 2428, RFC
//! 3659 section 5, RFC 4217 section 7; rules D1 to D12).
//!
//! Order (rule D7): the connection is begun, the command sent without waiting for it, and TLS begins when both have happened:
//! servers exist that deadlock on any other order. It is over when the data connection has ended **and** the
//! final reply has come, in either order.

use crate::command::Command;
use crate::control::{self, ANSWER_TIMEOUT, CONNECT_TIMEOUT, REPLY_TIMEOUT, failure_kind};
use crate::data::{self, Note, Phase, Way};
use crate::error::{Error, ErrorKind, Stage};
use crate::event::Event;
use crate::io::{End, Output, Time, TlsSession};
use crate::link::Link;
use crate::reply::Reply;

use super::abandon::Abandon;
use super::binary::Binary;
use super::course::{After, State};
use super::passive::Passive;
use super::purpose::{Purpose, wants_resumption};
use super::renew::Renew;
use super::{Failure, Operation, Report, Signal, Step, cancelled, refused};

/// How long nothing may move in the middle of a transfer.
const STALL_TIMEOUT: u64 = 60_000;
/// The same once an upload's last byte is on its way: buffers of some MiB may lie before a slow server.
const DRAIN_TIMEOUT: u64 = 300_000;
/// After one of data end and final reply: how long the other may take, counted anew with every progress (rule D8).
const OTHER_HALF_TIMEOUT: u64 = 20_000;

/// One use of a data connection.
pub(crate) struct Exchange {
    purpose: Purpose,
    command: Command,
    state: State,
    /// The other way of passive mode was tried.
    fell_back: bool,
    /// After 425 another connection was tried (rule D5).
    retried: bool,
    /// The login was renewed for this (rule S-4); a second time would not help.
    renewed: bool,
    /// When the command was sent.
    since: Time,
    /// The final reply, if it is a success.
    reply: Option<Reply>,
}

impl Exchange {
    pub(crate) fn new(purpose: Purpose, command: Command) -> Exchange {
        Exchange {
            purpose,
            command: command.untimed(),
            state: State::Type,
            fell_back: false,
            retried: false,
            renewed: false,
            since: Time::default(),
            reply: None,
        }
    }

    /// A data connection, by the best way or by this one alone.
    fn open(&mut self, link: &mut Link, way: Option<Way>) -> Step {
        self.state = State::Opening;
        let upload = self.purpose.is_upload();
        Step::push(match way {
            None => Passive::new(link, upload),
            Some(way) => Passive::only(way, upload),
        })
    }

    /// The data connection is on its way: REST if there is a place to go on from, or one to take back (rule T2).
    fn opening(&mut self, link: &mut Link) -> Step {
        let offset = self.purpose.offset();
        if offset == 0 && !link.server.restarted {
            return self.go(link);
        }
        self.state = State::Restart;
        link.server.restarted = offset != 0;
        link.send(&Command::number("REST", offset));
        Step::Wait
    }

    fn restart_answered(&mut self, link: &mut Link, reply: &Reply) -> Step {
        match reply.class() {
            1 => Step::Wait,
            3 => self.go(link),
            // REST 0 only takes an earlier one back.
            _ if self.purpose.offset() == 0 => self.go(link),
            _ => {
                link.drop_data();
                link.server.restarted = false;
                let mut failure =
                    refused(Stage::Server, "The server cannot go on in the middle of a file", reply);
                failure.error.advice = "Transfer the file from its beginning".into();
                Step::Fail(failure)
            }
        }
    }

    /// Sends the command, unless the data connection has failed already.
    fn go(&mut self, link: &mut Link) -> Step {
        match link.data.as_ref().and_then(|data| data.end.clone()) {
            Some(End::Failed { stage, text }) => return self.unreachable(link, stage, &text),
            Some(_) => return self.unreachable(link, Stage::Data, "the server closed it at once"),
            None => {}
        }
        self.state = State::Moving;
        self.since = link.now;
        link.send(&self.command);
        if let (Purpose::File(splice), Some(data)) = (&self.purpose, &link.data) {
            let output = Output::Splice {
                conn: data.conn,
                job: splice.job,
                direction: splice.direction,
                offset: splice.offset,
            };
            link.put(output);
        }
        link.secure_data();
        self.touch(link);
        Step::Wait
    }

    /// The data connection never stood.
    fn unreachable(&mut self, link: &mut Link, stage: Stage, text: &str) -> Step {
        let tried = link.data.as_ref().map_or(Way::Classic, |data| data.way);
        let sent = matches!(self.state, State::Moving);
        link.drop_data();
        let stage = if stage == Stage::Connection { Stage::Data } else { stage };
        let message = format!("The data connection could not be made: {text}");
        let error = Error::new(stage, failure_kind(stage), message);
        if !self.fell_back {
            self.fell_back = true;
            let other = tried.other();
            link.memory.way = Some(other);
            link.trace(format!("The data connection after {} failed: {text}", tried.verb()));
            let advice = format!("Connect again: {} comes first then", other.verb());
            return match sent {
                true => self.abandon(link, After::Again(other, error.with_advice(advice))),
                false => self.open(link, Some(other)),
            };
        }
        link.memory.way = None;
        let error = error.with_advice("A firewall may block the server's passive ports");
        if sent { self.give_up(link, error) } else { Step::fail(error) }
    }

    fn moving_answered(&mut self, link: &mut Link, reply: &Reply) -> Step {
        // `150` again and again is no progress.
        if reply.class() != 1 || link.now.since(self.since) < ANSWER_TIMEOUT {
            self.touch(link);
        }
        match reply.class() {
            1 => Step::Wait,
            2 => {
                self.reply = Some(reply.clone());
                self.conclude(link)
            }
            _ => self.refused(link, reply),
        }
    }

    fn refused(&mut self, link: &mut Link, reply: &Reply) -> Step {
        let (moved, unresumed) = link.data.as_ref().map_or((0, false), |data| (data.moved, data.unresumed));
        link.drop_data();
        // Rule S-4: some say why, some only refuse what was not resumed.
        let unresumed = wants_resumption(reply) || (unresumed && matches!(reply.code, 522 | 425 | 426 | 450));
        // Bytes of an upload may be on their way before the server has seen the session and refuses it.
        let at_once = matches!(reply.code, 425 | 522) || wants_resumption(reply);
        if unresumed && (moved == 0 || (self.purpose.is_upload() && at_once)) && self.may_renew(link) {
            return self.renew();
        }
        if self.purpose.is_empty_listing(reply) {
            return self.done(link, 0, true);
        }
        // Rule D5: another connection may be luckier.
        if reply.code == 425 && moved == 0 && !self.retried && !wants_resumption(reply) {
            self.retried = true;
            return self.open(link, None);
        }
        Step::Fail(self.purpose.refusal(reply))
    }

    /// Whether a new login may bring what lets the server resume.
    fn may_renew(&self, link: &Link) -> bool {
        !self.renewed && link.may_renew_tls()
    }

    fn renew(&mut self) -> Step {
        self.renewed = true;
        self.state = State::Renewing;
        Step::push(Renew::new())
    }

    fn secured(&mut self, link: &mut Link, tls: &TlsSession) -> Step {
        let Some(data) = &mut link.data else { return Step::Wait };
        if data.phase != Phase::Securing {
            return Step::Wait;
        }
        let same = data::same_certificate(link.server.tls.as_ref(), tls);
        if !same && !link.site.accept_any_certificate {
            let error = Error::new(
                Stage::Tls,
                ErrorKind::NotAccepted,
                "The data connection showed another certificate than the control connection",
            )
            .with_advice("Somebody may be tampering with the connection");
            return self.abandon(link, After::Fail(error.into()));
        }
        data.phase = Phase::Ready;
        data.unresumed = !tls.resumed;
        let conn = data.conn;
        let how = if tls.resumed { "of the control connection resumed" } else { "not resumed" };
        link.trace(format!("TLS session {how}"));
        link.tell(Event::DataSecured { resumed: tls.resumed });
        link.put(Output::AcceptTls(conn));
        Step::Wait
    }

    fn bytes(&mut self, link: &mut Link, bytes: &[u8]) -> Step {
        let Some(data) = &mut link.data else { return Step::Wait };
        if data.phase == Phase::Securing || data.phase == Phase::Open {
            // Before its certificate is accepted nothing counts that a connection says.
            let text = "Plain text came on a data connection that is to be secured";
            return self.give_up(link, Error::new(Stage::Tls, ErrorKind::Protocol, text));
        }
        let Purpose::Listing(rows) = &mut self.purpose else {
            // Before the splice, while REST is under way: it reaches no file, and must not count for one.
            let text = "The server sent data before it was asked for";
            return self.give_up(link, Error::new(Stage::Data, ErrorKind::Protocol, text));
        };
        data.moved = data.moved.saturating_add(bytes.len() as u64);
        match rows.push(link, bytes) {
            Ok(()) => Step::Wait,
            Err(error) => {
                let error = Error::new(
                    Stage::Data,
                    ErrorKind::Protocol,
                    format!("The listing cannot be shown in full: {error}"),
                );
                self.give_up(link, error)
            }
        }
    }

    fn moved(&mut self, link: &mut Link, total: u64) -> Step {
        if let (Purpose::File(splice), Some(data)) = (&self.purpose, &mut link.data)
            && total > data.moved
        {
            data.moved = total;
            let done = splice.offset.saturating_add(total);
            link.tell(Event::Progressed { request: splice.request, done, total: splice.size });
        }
        Step::Wait
    }

    fn closed(&mut self, link: &mut Link, end: End) -> Step {
        let Some(data) = &mut link.data else { return Step::Wait };
        let stood = data.phase != Phase::Opening;
        let end = match end {
            // Whoever was at the other end, it was not proven to be the server.
            End::Clean | End::Unclean if matches!(data.phase, Phase::Open | Phase::Securing) => {
                End::Failed { stage: Stage::Tls, text: "it ended before it was secured".into() }
            }
            end => end,
        };
        data.end = Some(end.clone());
        if !matches!(self.state, State::Moving) {
            // The next step finds the end.
            return Step::Wait;
        }
        match end {
            End::NoTicket if self.reply.is_none() && self.may_renew(link) => self.renew(),
            End::Failed { stage: Stage::File, text } => {
                let error = Error::new(Stage::File, ErrorKind::File, text);
                self.give_up(link, error)
            }
            End::Failed { stage, text } if !stood => match self.reply {
                None => self.unreachable(link, stage, &text),
                Some(_) => self.conclude(link),
            },
            End::Failed { stage: Stage::Tls, text } if self.reply.is_none() => {
                link.trace(format!("The TLS handshake of the data connection failed: {text}"));
                Step::Wait
            }
            _ => self.conclude(link),
        }
    }

    /// Both halves are there: does what came agree with what should have come?
    fn conclude(&mut self, link: &mut Link) -> Step {
        let Some(data) = &link.data else { return Step::Wait };
        let (Some(end), Some(_)) = (data.end.clone(), &self.reply) else { return Step::Wait };
        let moved = data.moved;
        link.close_data();
        if let Purpose::Listing(rows) = &mut self.purpose
            && let Err(error) = rows.finish(link)
        {
            let text = format!("The listing cannot be shown in full: {error}");
            return Step::fail(Error::new(Stage::Data, ErrorKind::Protocol, text));
        }
        match data::judge(&end, moved, self.purpose.expected(), self.purpose.is_upload()) {
            Err(error) => return Step::fail(error),
            Ok(Note::Nothing) => {}
            Ok(Note::Detail(text)) => link.trace(text),
            Ok(Note::Warning(text)) => link.error(text),
        }
        self.done(link, moved, true)
    }

    fn done(&mut self, link: &mut Link, bytes: u64, confirmed: bool) -> Step {
        link.close_data();
        let milliseconds = link.now.since(self.since);
        let rows = match &mut self.purpose {
            Purpose::File(_) => None,
            Purpose::Listing(rows) => Some(rows.take()),
        };
        Step::Done(Report::Exchanged { bytes, milliseconds, confirmed, rows })
    }

    /// Whether a file's bytes are all there.
    fn is_whole(&self, link: &Link) -> bool {
        let expected = self.purpose.expected();
        expected.is_some() && expected == link.data.as_ref().map(|data| data.moved)
    }

    fn give_up(&mut self, link: &mut Link, error: Error) -> Step {
        self.abandon(link, After::Fail(error.into()))
    }

    /// Gives up the data connection and awaits what the server says to that.
    fn abandon(&mut self, link: &mut Link, after: After) -> Step {
        link.drop_data();
        self.state = State::Abandoning(Some(after));
        Step::push(Abandon::new())
    }

    fn abandoned(&mut self, link: &mut Link, result: Result<Report, Failure>) -> Step {
        let State::Abandoning(after) = &mut self.state else { return Step::Wait };
        let after = after.take();
        match (result, after) {
            (Ok(_), Some(After::Fail(failure))) => Step::Fail(failure),
            (Ok(_), Some(After::Again(way, _))) => self.open(link, Some(way)),
            (Ok(_), Some(After::Unconfirmed)) => self.unconfirmed(link, None),
            (Ok(_), None) => Step::fail(cancelled()),
            (Err(lost), Some(After::Unconfirmed)) => self.unconfirmed(link, Some(lost.error)),
            (Err(lost), Some(After::Fail(Failure { error, .. }) | After::Again(_, error))) => {
                Step::Lost { request: error, session: lost.error }
            }
            (Err(lost), None) => Step::lost(lost.error),
        }
    }

    /// All bytes moved, but the server's word did not come; perhaps because the connection is lost (rule K4).
    fn unconfirmed(&mut self, link: &mut Link, lost: Option<Error>) -> Step {
        link.doomed = lost;
        self.done(link, self.purpose.expected().unwrap_or(0), false)
    }

    fn touch(&mut self, link: &mut Link) {
        let now = link.now;
        if let Some(data) = &mut link.data {
            data.progress = now;
        }
    }
}

impl Operation for Exchange {
    fn start(&mut self, _link: &mut Link) -> Step {
        Step::push(Binary)
    }

    fn child(&mut self, link: &mut Link, result: Result<Report, Failure>) -> Step {
        match (&self.state, result) {
            (State::Abandoning(_), result) => self.abandoned(link, result),
            // A listing reads the same in either type.
            (State::Type, Err(failure)) if matches!(self.purpose, Purpose::File(_)) => Step::Fail(failure),
            (State::Type, _) => self.open(link, None),
            (State::Renewing, Ok(_)) => {
                self.state = State::Type;
                Step::push(Binary)
            }
            (_, Ok(_)) => self.opening(link),
            (_, Err(failure)) => Step::Fail(failure),
        }
    }

    fn reply(&mut self, link: &mut Link, reply: &Reply) -> Step {
        match self.state {
            State::Restart => self.restart_answered(link, reply),
            State::Moving => self.moving_answered(link, reply),
            State::Type | State::Opening | State::Renewing | State::Abandoning(_) => Step::Wait,
        }
    }

    fn signal(&mut self, link: &mut Link, signal: Signal) -> Step {
        self.touch(link);
        match signal {
            Signal::Opened => {
                if let Some(data) = &mut link.data
                    && data.phase == Phase::Opening
                {
                    data.phase = if link.server.protected { Phase::Open } else { Phase::Ready };
                }
                if matches!(self.state, State::Moving) {
                    link.secure_data();
                }
                Step::Wait
            }
            Signal::Secured(tls) => self.secured(link, &tls),
            Signal::Bytes(bytes) => self.bytes(link, &bytes),
            Signal::Moved(total) => self.moved(link, total),
            Signal::Closed(end) => self.closed(link, end),
            Signal::Answer(_) => Step::Wait,
        }
    }

    fn deadline(&self, link: &Link) -> Option<Time> {
        let (State::Moving, Some(data)) = (&self.state, &link.data) else {
            return link.deadline(REPLY_TIMEOUT);
        };
        let patience = match (&data.end, &self.reply) {
            (None, None) if data.phase == Phase::Opening => CONNECT_TIMEOUT,
            (None, None) if self.purpose.is_upload() && self.is_whole(link) => DRAIN_TIMEOUT,
            (None, None) => STALL_TIMEOUT,
            _ => OTHER_HALF_TIMEOUT,
        };
        Some(data.progress.after(patience))
    }

    fn timeout(&mut self, link: &mut Link) -> Step {
        let (State::Moving, Some(data)) = (&self.state, &link.data) else {
            return Step::lost(super::silence(link));
        };
        let (ended, opening) = (data.end.clone(), data.phase == Phase::Opening);
        let (moved, idle) = (data.moved, link.now.since(data.progress));
        let late = |text: &str, ms: u64| {
            Error::new(Stage::Data, ErrorKind::Timeout, format!("{text} for {} seconds", ms / 1_000))
                .with_advice("Try again")
        };
        match (ended, &self.reply) {
            (None, None) if opening => {
                let text = format!("no answer within {} seconds", CONNECT_TIMEOUT / 1_000);
                self.unreachable(link, Stage::Data, &text)
            }
            (None, None) => self.give_up(link, late("No data has moved", idle)),
            // The server says that it is done, yet its data connection does not end.
            (None, Some(_)) if self.is_whole(link) => {
                link.error("Warning: the server did not end the data connection");
                self.done(link, moved, true)
            }
            (None, Some(_)) => {
                link.drop_data();
                Step::fail(late(
                    "The server said that it was done, but the data connection has not ended",
                    OTHER_HALF_TIMEOUT,
                ))
            }
            (Some(End::Clean | End::Unclean), None) if self.is_whole(link) => {
                link.close_data();
                self.abandon(link, After::Unconfirmed)
            }
            (Some(End::Failed { text, .. }), None) => {
                let text = format!("The data connection broke: {text}");
                let error = Error::new(Stage::Data, ErrorKind::Lost, text).with_advice("Try again");
                self.give_up(link, error)
            }
            (Some(_), _) => self.give_up(
                link,
                late(
                    "The data connection ended, but the server has not confirmed the transfer",
                    OTHER_HALF_TIMEOUT,
                ),
            ),
        }
    }

    fn lost(&mut self, link: &mut Link, end: &End) -> Step {
        let lost = control::lost(end);
        let ended =
            link.data.as_ref().is_some_and(|data| matches!(data.end, Some(End::Clean | End::Unclean)));
        if matches!(self.state, State::Moving) && ended && self.is_whole(link) {
            return self.unconfirmed(link, Some(lost));
        }
        Step::lost(lost)
    }

    fn cancel(&mut self, link: &mut Link) -> Option<Step> {
        match self.state {
            State::Moving if self.reply.is_none() => Some(self.give_up(link, cancelled())),
            _ => {
                link.drop_data();
                None
            }
        }
    }
}
