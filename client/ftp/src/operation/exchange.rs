//! One use of a data connection: TYPE I, EPSV or PASV, REST, then RETR, STOR, MLSD or LIST (RFC 959 section 5.1, RFC 2428, RFC
//! 3659 section 5, RFC 4217 section 7; rules D1 to D12).
//!
//! Order (rule D7): the connection is begun, the command sent without waiting for it, and TLS begins when both have happened:
//! servers exist that deadlock on any other order. It is over when the data connection has ended **and** the
//! final reply has come, in either order.

use crate::command::Command;
use crate::control::{CONNECT_TIMEOUT, REPLY_TIMEOUT};
use crate::data::{self, Passive, Phase};
use crate::error::{Error, ErrorKind, Stage};
use crate::event::Event;
use crate::io::{Direction, End, JobId, Output, Time, TlsSession};
use crate::link::Link;
use crate::reply::Reply;
use crate::request::RequestId;

use super::abandon::Abandon;
use super::binary::Binary;
use super::rows::Rows;
use super::secure::fingerprint;
use super::{Failure, Operation, Report, Signal, Step, cancelled, refused, words};

/// How long nothing may move in the middle of a transfer.
const STALL_TIMEOUT: u64 = 60_000;
/// After one of data end and final reply: how long the other may take, counted anew with every progress (rule D8).
const OTHER_HALF_TIMEOUT: u64 = 20_000;

/// What the data connection is for.
pub(crate) enum Purpose {
    /// A listing.
    Listing(Rows),
    /// A file.
    File(Splice),
}

/// A file's way.
#[derive(Clone, Copy)]
pub(crate) struct Splice {
    pub(crate) request: RequestId,
    pub(crate) job: JobId,
    pub(crate) direction: Direction,
    pub(crate) offset: u64,
    /// Whole size, where known.
    pub(crate) size: Option<u64>,
}

impl Splice {
    /// Bytes that have to move.
    fn expected(&self) -> Option<u64> {
        self.size.map(|size| size.saturating_sub(self.offset))
    }
}

enum State {
    /// [`Binary`] is at work.
    Type,
    /// EPSV or PASV was sent.
    Passive(Passive),
    /// REST was sent.
    Restart,
    /// The command was sent.
    Moving,
    /// [`Abandon`] is at work; then this.
    Abandoning(Option<After>),
}

/// What comes after a transfer was given up.
enum After {
    Fail(Failure),
    /// Once more, with the other way of passive mode.
    Again(Passive),
    /// All bytes moved; only the word of the server is missing (rule K4).
    Unconfirmed,
}

/// One use of a data connection.
pub(crate) struct Exchange {
    purpose: Purpose,
    command: Command,
    state: State,
    /// The other way of passive mode was tried.
    fell_back: bool,
    /// After 425 another connection was tried (rule D5).
    retried: bool,
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
            since: Time::default(),
            reply: None,
        }
    }

    fn is_upload(&self) -> bool {
        matches!(&self.purpose, Purpose::File(splice) if splice.direction == Direction::Upload)
    }

    fn offset(&self) -> u64 {
        match &self.purpose {
            Purpose::File(splice) => splice.offset,
            Purpose::Listing(_) => 0,
        }
    }

    fn passive(&mut self, link: &mut Link, passive: Passive) -> Step {
        self.state = State::Passive(passive);
        link.send(&Command::bare(passive.verb()));
        Step::Wait
    }

    fn passive_answered(&mut self, link: &mut Link, reply: &Reply, passive: Passive) -> Step {
        if reply.class() == 1 {
            return Step::Wait;
        }
        let answer = if reply.class() == 2 { data::answer(reply, link.peer_address()) } else { None };
        let Some(answer) = answer else {
            if !self.fell_back {
                self.fell_back = true;
                if reply.class() == 5 {
                    link.memory.passive = Some(passive.other());
                }
                return self.passive(link, passive.other());
            }
            // Neither works: the first choice is as good as the other.
            link.memory.passive = None;
            let failure = refused(Stage::Data, "The server offers no passive data connection", reply);
            return Step::Fail(failure);
        };
        if answer.elsewhere {
            link.status("Server sent passive reply with unroutable address. Using server address instead.");
        }
        link.open_data(answer.port, passive, self.is_upload());
        match self.offset() {
            0 if !link.server.restarted => self.go(link),
            offset => {
                self.state = State::Restart;
                link.server.restarted = offset != 0;
                link.send(&Command::number("REST", offset));
                Step::Wait
            }
        }
    }

    fn restart_answered(&mut self, link: &mut Link, reply: &Reply) -> Step {
        match reply.class() {
            1 => Step::Wait,
            3 => self.go(link),
            // REST 0 only takes an earlier one back.
            _ if self.offset() == 0 => self.go(link),
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
        if let Some(End::Failed { stage, text }) = link.data.as_ref().and_then(|data| data.end.clone()) {
            return self.unreachable(link, stage, text);
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
        start_tls(link);
        self.touch(link);
        Step::Wait
    }

    /// The data connection never stood.
    fn unreachable(&mut self, link: &mut Link, stage: Stage, text: String) -> Step {
        let tried = link.data.as_ref().map_or(Passive::Classic, |data| data.passive);
        link.drop_data();
        let sent = matches!(self.state, State::Moving);
        if !self.fell_back {
            self.fell_back = true;
            link.memory.passive = Some(tried.other());
            link.trace(format!("The data connection after {} failed: {text}", tried.verb()));
            if sent {
                return self.abandon(link, After::Again(tried.other()));
            }
            return self.passive(link, tried.other());
        }
        link.memory.passive = None;
        let stage = if stage == Stage::Connection { Stage::Data } else { stage };
        let error = Error::new(
            stage,
            crate::control::failure_kind(stage),
            format!("The data connection could not be made: {text}"),
        )
        .with_advice("A firewall may block the server's passive ports");
        if sent { self.abandon(link, After::Fail(error.into())) } else { Step::fail(error) }
    }

    fn moving_answered(&mut self, link: &mut Link, reply: &Reply) -> Step {
        self.touch(link);
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
        let text = words(reply).to_ascii_lowercase();
        // Rule M3: that nothing is there is an answer, not a failure.
        if let Purpose::Listing(rows) = &self.purpose
            && rows.count() == 0
            && matches!(reply.code, 450 | 550)
            && ["no members found", "no data sets found", "no files found"].iter().any(|t| text.contains(t))
        {
            link.drop_data();
            return self.done(link, 0, true);
        }
        let moved = link.data.as_ref().map_or(0, |data| data.moved);
        let reuse = ["resum", "reuse"].iter().any(|word| text.contains(word));
        link.drop_data();
        if reply.code == 425 && moved == 0 && !self.retried && !reuse {
            self.retried = true;
            let passive = link.passive();
            return self.passive(link, passive);
        }
        let mut failure = refused(Stage::Data, self.sentence(), reply);
        if reply.class() == 5 && reply.code != 522 && reply.code != 552 {
            failure.error.stage = Stage::Server;
        }
        if reply.class() < 4 {
            failure.error.message =
                format!("{}: it gave an answer that makes no sense", failure.error.message);
        }
        if reuse && matches!(reply.code, 522 | 425 | 426 | 450) {
            failure.error.advice = "The server wants the TLS session of the control connection: \
                set the site to TLS 1.2 only and connect again"
                .into();
        } else if self.is_upload() && self.offset() > 0 {
            failure.error.advice = "Upload the file from its beginning".into();
        }
        Step::Fail(failure)
    }

    fn sentence(&self) -> &'static str {
        match &self.purpose {
            Purpose::Listing(_) => "The server did not send the listing",
            Purpose::File(Splice { direction: Direction::Download, .. }) => {
                "The server did not send the file"
            }
            Purpose::File(Splice { direction: Direction::Upload, .. }) => "The server did not take the file",
        }
    }

    fn secured(&mut self, link: &mut Link, tls: &TlsSession) -> Step {
        let Some(data) = &mut link.data else { return Step::Wait };
        if data.phase != Phase::Securing {
            return Step::Wait;
        }
        // Rule S-7: the same certificate as on the control connection. A resumed session without a chain is the control
        // connection's own.
        let control = link.server.tls.as_ref();
        let same = match (control.and_then(fingerprint), fingerprint(tls)) {
            (Some(control), Some(data)) => control == data,
            (_, None) => tls.resumed && tls.chain.is_empty(),
            (None, Some(_)) => false,
        };
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
        let conn = data.conn;
        link.trace(if tls.resumed {
            "TLS session of the control connection resumed"
        } else {
            "TLS session not resumed"
        });
        link.tell(Event::DataSecured { resumed: tls.resumed });
        link.put(Output::AcceptTls(conn));
        Step::Wait
    }

    fn bytes(&mut self, link: &mut Link, bytes: &[u8]) -> Step {
        if let Some(data) = &mut link.data {
            data.moved = data.moved.saturating_add(bytes.len() as u64);
        }
        let Purpose::Listing(rows) = &mut self.purpose else { return Step::Wait };
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
        data.end = Some(end.clone());
        if !matches!(self.state, State::Moving) {
            // The next step finds the end.
            return Step::Wait;
        }
        match end {
            End::Failed { stage: Stage::File, text } => {
                let error = Error::new(Stage::File, ErrorKind::File, text);
                self.give_up(link, error)
            }
            End::Failed { stage, text } if !stood => match self.reply {
                None => self.unreachable(link, stage, text),
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
        if let Purpose::Listing(rows) = &mut self.purpose
            && let Err(error) = rows.finish(link)
        {
            let text = format!("The listing cannot be shown in full: {error}");
            return Step::fail(Error::new(Stage::Data, ErrorKind::Protocol, text));
        }
        let expected = match &self.purpose {
            Purpose::File(splice) => splice.expected(),
            Purpose::Listing(_) => None,
        };
        if let Some(expected) = expected
            && moved != expected
        {
            if moved < expected || self.is_upload() {
                return Step::fail(incomplete(moved, expected));
            }
            link.error(format!("The file has grown: {expected} bytes were expected, {moved} came"));
        }
        match end {
            End::Clean => {}
            End::Unclean => link.error(
                "Warning: the data connection ended without a proper end of TLS; the server says that all was sent",
            ),
            End::Failed { text, .. } if expected.is_some() => {
                link.trace(format!("The data connection broke after the last byte: {text}"));
            }
            End::Failed { text, .. } => {
                let text = format!("The data connection broke: {text}");
                return Step::fail(
                    Error::new(Stage::Data, ErrorKind::Incomplete, text).with_advice("Try again"),
                );
            }
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
        match (&self.purpose, &link.data) {
            (Purpose::File(splice), Some(data)) => splice.expected() == Some(data.moved),
            _ => false,
        }
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
            (Ok(_), Some(After::Again(passive))) => self.passive(link, passive),
            (Ok(_), Some(After::Unconfirmed)) => {
                let bytes = match &self.purpose {
                    Purpose::File(splice) => splice.expected().unwrap_or(0),
                    Purpose::Listing(_) => 0,
                };
                self.done(link, bytes, false)
            }
            (Ok(_), None) => Step::fail(cancelled()),
            (Err(lost), Some(After::Fail(failure))) => {
                Step::Lost { request: failure.error, session: lost.error }
            }
            (Err(lost), _) => Step::lost(lost.error),
        }
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
            _ => {
                let passive = link.passive();
                self.passive(link, passive)
            }
        }
    }

    fn reply(&mut self, link: &mut Link, reply: &Reply) -> Step {
        match self.state {
            State::Passive(passive) => self.passive_answered(link, reply, passive),
            State::Restart => self.restart_answered(link, reply),
            State::Moving => self.moving_answered(link, reply),
            State::Type | State::Abandoning(_) => Step::Wait,
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
                    start_tls(link);
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
        let moved = data.moved;
        let late = |text: &str, seconds: u64| {
            Error::new(Stage::Data, ErrorKind::Timeout, format!("{text} for {} seconds", seconds / 1_000))
                .with_advice("Try again")
        };
        match (ended, &self.reply) {
            (None, None) if opening => {
                let text = format!("no answer within {} seconds", CONNECT_TIMEOUT / 1_000);
                self.unreachable(link, Stage::Data, text)
            }
            (None, None) => self.give_up(link, late("No data has moved", STALL_TIMEOUT)),
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

/// TLS on the data connection begins once it stands and the command is sent (rule D7).
fn start_tls(link: &mut Link) {
    let (Some(data), Some(control)) = (&mut link.data, &link.control) else { return };
    if data.phase != Phase::Open {
        return;
    }
    data.phase = Phase::Securing;
    let output = Output::StartTls {
        conn: data.conn,
        server_name: link.site.host.clone(),
        group: control.conn,
        tls12_only: link.site.tls12_only,
    };
    link.put(output);
}

fn incomplete(moved: u64, expected: u64) -> Error {
    let text = if moved < expected {
        format!("The transfer is incomplete: {moved} of {expected} bytes moved")
    } else {
        format!("The file changed while it was sent: {moved} bytes moved instead of {expected}")
    };
    Error::new(Stage::Data, ErrorKind::Incomplete, text).with_advice("Try again")
}
