//! One use of a data connection: CWD, TYPE I, EPSV or PASV in one flight, REST, then RETR, STOR, MLSD or LIST (RFC 959 section 5.1,
//! RFC 2428, RFC 3659 section 5, RFC 4217 section 7; rules D1 to D12).
//!
//! Order (rule D7): the connection is begun, the command sent without waiting for it, and TLS begins when both have happened:
//! servers exist that deadlock on any other order. It is over when the data connection has ended **and** the
//! final reply has come, in either order.

use crate::command::Command;
use crate::control::{self, ANSWER_TIMEOUT, CONNECT_TIMEOUT, REPLY_TIMEOUT, failure_kind};
use crate::data::{self, DataConnection, Note, Phase};
use crate::error::{Error, ErrorKind, Stage};
use crate::event::Event;
use crate::io::{End, Output, Time, TlsSession};
use crate::link::Link;
use crate::path::RemotePath;
use crate::quirks::DataWay;
use crate::reply::Reply;
use crate::site::Encryption;

use super::abandon::Abandon;
use super::course::{After, State};
use super::kind::{SetType, Type};
use super::mode::SetMode;
use super::prepare::{Prepare, Wanted};
use super::purpose::{Order, Purpose, wants_resumption};
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
    order: Order,
    /// Where to stand first, if that matters; the inner `None` is where the session stands already.
    place: Option<Option<RemotePath>>,
    state: State,
    /// Ways to a data connection that did not work.
    tried: Vec<DataWay>,
    /// After 425 another connection was tried (rule D5).
    retried: bool,
    /// The login was renewed for this (rule S-4); a second time would not help.
    renewed: bool,
    /// When the command was sent.
    since: Time,
    /// The preliminary reply.
    announced: Option<Reply>,
    /// The final reply, if it is a success.
    reply: Option<Reply>,
}

impl Exchange {
    /// A listing of a directory; `None` is where the session stands.
    pub(crate) fn listing(purpose: Purpose, command: Command, directory: Option<RemotePath>) -> Exchange {
        Exchange::new(purpose, Order::Fixed(command.untimed()), Some(directory))
    }

    /// A file's way.
    pub(crate) fn file(link: &Link, purpose: Purpose, verb: &'static str, path: RemotePath) -> Exchange {
        let place = super::enter::place(link, &path).map(Some);
        Exchange::new(purpose, Order::Of(verb, path), place)
    }

    fn new(purpose: Purpose, order: Order, place: Option<Option<RemotePath>>) -> Exchange {
        Exchange {
            purpose,
            order,
            place,
            state: State::Opening,
            tried: Vec::new(),
            retried: false,
            renewed: false,
            since: Time::default(),
            announced: None,
            reply: None,
        }
    }

    /// All that has to be so before, and a data connection.
    fn prepare(&mut self, link: &mut Link) -> Step {
        self.state = State::Opening;
        self.reply = None;
        let path = match &self.order {
            Order::Of(_, path) => Some(path),
            Order::Fixed(_) => None,
        };
        let kind = match &self.purpose {
            Purpose::Listing(_) => SetType::for_listings(),
            Purpose::File(splice) if splice.coding.text => SetType::to(Type::Ascii),
            Purpose::File(_) => SetType::to(Type::Image),
        };
        let deflate = matches!(&self.purpose, Purpose::File(splice) if splice.coding.deflate);
        let wanted = Wanted {
            place: self.place.clone(),
            kind,
            mode: SetMode::to(deflate),
            probes: self.purpose.probes(path),
            upload: self.purpose.is_upload(),
            command: self.order.command(link),
        };
        Step::push(Prepare::new(link, wanted, self.tried.clone()))
    }

    /// Another data connection.
    fn open(&mut self, link: &mut Link) -> Step {
        self.state = State::Opening;
        let command = self.order.command(link);
        Step::push(Prepare::another(link, &command, self.purpose.is_upload(), self.tried.clone()))
    }

    /// What the flight brought.
    fn prepared(&mut self, report: Report) {
        match report {
            Report::Together(reports) => reports.into_iter().for_each(|report| self.prepared(report)),
            Report::Directory(actual) => self.purpose.arrived(actual),
            Report::Size(size) => self.purpose.sized(size),
            Report::Modified(modified) => self.purpose.dated(modified),
            _ => {}
        }
    }

    /// The data connection is on its way: REST if there is a place to go on from, or one to take back (rule T2).
    fn opening(&mut self, link: &mut Link) -> Step {
        if let Err(error) = self.purpose.check() {
            link.drop_data();
            return Step::fail(error);
        }
        let offset = self.purpose.restart();
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
            _ if self.purpose.restart() == 0 => self.go(link),
            // Rule T4: where the part that is there is all that was sent, the rest can go behind it.
            _ if self.purpose.may_append() => {
                link.server.restarted = false;
                self.append();
                self.go(link)
            }
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

    /// From REST and STOR to APPE.
    fn append(&mut self) {
        if let (Purpose::File(splice), Order::Of(verb, _)) = (&mut self.purpose, &mut self.order) {
            splice.append = true;
            *verb = "APPE";
        }
    }

    /// Sends the command, unless the data connection has failed already.
    fn go(&mut self, link: &mut Link) -> Step {
        match link.data.as_ref().and_then(|data| data.end.clone()) {
            Some(End::Failed { stage, text }) => return self.unreachable(link, stage, &text),
            Some(_) => return self.unreachable(link, Stage::Data, "the server closed it at once"),
            None => {}
        }
        // PROT was answered before EPSV could be; whoever made a server say otherwise gets no bytes in plain text.
        if link.server.tls.is_some()
            && !link.server.protected
            && link.site.encryption != Encryption::ExplicitIfOffered
        {
            link.drop_data();
            let text = "The data connection would not be encrypted";
            return Step::fail(Error::new(Stage::Tls, ErrorKind::NotAccepted, text));
        }
        // What the server does not compress is not decompressed.
        if let Purpose::File(splice) = &mut self.purpose {
            splice.coding.deflate = link.server.deflating;
        }
        self.state = State::Moving;
        self.since = link.now;
        link.send(&self.order.command(link));
        if let (Purpose::File(splice), Some(data)) = (&self.purpose, &link.data) {
            let output = Output::Splice {
                conn: data.conn,
                job: splice.job,
                direction: splice.direction,
                offset: splice.offset,
                limit: splice.limit,
                coding: splice.coding,
            };
            link.put(output);
        }
        link.secure_data();
        self.touch(link);
        Step::Wait
    }

    /// The data connection never stood.
    fn unreachable(&mut self, link: &mut Link, stage: Stage, text: &str) -> Step {
        let tried = link.data.as_ref().map(|data| data.way);
        let sent = matches!(self.state, State::Moving);
        link.drop_data();
        let stage = if stage == Stage::Connection { Stage::Data } else { stage };
        let message = format!("The data connection could not be made: {text}");
        let error = Error::new(stage, failure_kind(stage), message);
        self.tried.extend(tried);
        let other = link.ways().into_iter().find(|way| !self.tried.contains(way));
        let Some(other) = other else {
            link.memory.quirks.way = None;
            let error = error.with_advice("A firewall may block the server's passive ports");
            return if sent { self.give_up(link, error) } else { Step::fail(error) };
        };
        link.memory.quirks.way = Some(other);
        if let Some(tried) = tried {
            link.trace(format!("The data connection after {} failed: {text}", tried.verb()));
        }
        let advice = format!("Connect again: {} comes first then", other.verb());
        match sent {
            true => self.abandon(link, After::Again(error.with_advice(advice))),
            false => self.open(link),
        }
    }

    fn moving_answered(&mut self, link: &mut Link, reply: &Reply) -> Step {
        // `150` again and again is no progress.
        if reply.class() != 1 || link.now.since(self.since) < ANSWER_TIMEOUT {
            self.touch(link);
        }
        match reply.class() {
            1 => {
                self.purpose.announced(reply);
                self.announced = Some(reply.clone());
                Step::Wait
            }
            2 => {
                self.reply = Some(reply.clone());
                self.conclude(link)
            }
            _ => self.refused(link, reply),
        }
    }

    fn refused(&mut self, link: &mut Link, reply: &Reply) -> Step {
        if self.has_enough(link) {
            return self.enough(link);
        }
        // In the middle of the handshake the news of a missing ticket may still be on its way.
        let suspect = |data: &DataConnection| data.unresumed || data.phase == Phase::Securing;
        let (moved, unresumed) = link.data.as_ref().map_or((0, false), |data| (data.moved, suspect(data)));
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
            return self.open(link);
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
        Step::push(Renew::tls())
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
            let total = splice.size.or(splice.announced);
            link.tell(Event::Progressed { request: splice.request, done, total });
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
            // Servers that saw the connection end before its handshake may even have called it a success.
            End::NoTicket if self.may_renew(link) => self.renew(),
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
        if self.has_enough(link) {
            return self.enough(link);
        }
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
        let (rows, modified) = match &mut self.purpose {
            Purpose::File(splice) => (None, splice.modified),
            Purpose::Listing(rows) => (Some(rows.take()), None),
        };
        let (announced, reply) = (self.announced.take(), self.reply.take());
        Step::Done(Report::Exchanged { bytes, milliseconds, confirmed, rows, modified, announced, reply })
    }

    /// Whether as much as was wanted has come: what the server says to the early end of its connection does not matter.
    fn has_enough(&self, link: &Link) -> bool {
        let Purpose::File(splice) = &self.purpose else { return false };
        let ended = |data: &DataConnection| data.end == Some(End::Clean) && Some(data.moved) == splice.limit;
        link.data.as_ref().is_some_and(ended)
    }

    fn enough(&mut self, link: &mut Link) -> Step {
        let moved = link.data.as_ref().map_or(0, |data| data.moved);
        self.done(link, moved, true)
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
            (Ok(_), Some(After::Again(_))) => self.open(link),
            (Ok(_), Some(After::Unconfirmed)) => self.unconfirmed(link, None),
            (Ok(_), None) => Step::fail(cancelled()),
            (Err(lost), Some(After::Unconfirmed)) => self.unconfirmed(link, Some(lost.error)),
            (Err(lost), Some(After::Fail(Failure { error, .. }) | After::Again(error))) => {
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
    fn start(&mut self, link: &mut Link) -> Step {
        match self.purpose.check() {
            Ok(()) => self.prepare(link),
            Err(error) => Step::fail(error),
        }
    }

    fn child(&mut self, link: &mut Link, result: Result<Report, Failure>) -> Step {
        match (&self.state, result) {
            (State::Abandoning(_), result) => self.abandoned(link, result),
            (State::Renewing, Ok(_)) => self.prepare(link),
            (_, Ok(report)) => {
                self.prepared(report);
                self.opening(link)
            }
            // That code is not of the command itself.
            (_, Err(failure)) => Step::Fail(Failure { code: 0, ..failure }),
        }
    }

    fn reply(&mut self, link: &mut Link, reply: &Reply) -> Step {
        match self.state {
            State::Restart => self.restart_answered(link, reply),
            State::Moving => self.moving_answered(link, reply),
            State::Opening | State::Renewing | State::Abandoning(_) => Step::Wait,
        }
    }

    fn signal(&mut self, link: &mut Link, signal: Signal) -> Step {
        self.touch(link);
        match signal {
            Signal::Opened => {
                if let Some(data) = &mut link.data
                    && data.phase == Phase::Opening
                {
                    data.phase = match (link.server.protected, data.tls_asked) {
                        (false, _) => Phase::Ready,
                        (true, false) => Phase::Open,
                        (true, true) => Phase::Securing,
                    };
                }
                Step::Wait
            }
            Signal::Secured(tls) => self.secured(link, &tls),
            Signal::Bytes(bytes) => self.bytes(link, &bytes),
            Signal::Moved(total) => self.moved(link, total),
            Signal::Closed(end) => self.closed(link, end),
            Signal::Listening(_) | Signal::Digested(_) | Signal::Answer(_) => Step::Wait,
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
