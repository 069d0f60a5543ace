//! One use of a data connection: CWD, TYPE I, EPSV or PASV in one flight, REST, then RETR, STOR, MLSD or LIST (RFC 959 section 5.1,
//! RFC 2428, RFC 3659 section 5, RFC 4217 section 7; rules D1 to D12).
//!
//! Order (rule D7): the connection is begun, the command sent without waiting for it, and TLS begins when both have happened:
//! servers exist that deadlock on any other order. It is over when the data connection has ended **and** the
//! final reply has come, in either order.

mod course;
mod ending;
mod moving;
mod opening;
mod purpose;

use crate::command::Command;
use crate::control;
use crate::data::DataConnection;
use crate::io::{End, Time};
use crate::link::Link;
use crate::path::RemotePath;
use crate::quirks::DataWay;
use crate::reply::Reply;

use super::{Failure, Operation, Report, Signal, Step, cancelled};
use course::State;
use purpose::Order;

pub(crate) use purpose::{Purpose, Splice};

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
    /// Nothing is sent on the data connection before the preliminary reply: this server closed one on which bytes came early.
    patient: bool,
    /// The preliminary reply is awaited for that.
    held: bool,
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

    /// A file whose name in a directory the server chooses (STOU).
    pub(crate) fn unnamed(purpose: Purpose, directory: Option<RemotePath>) -> Exchange {
        Exchange::new(purpose, Order::Fixed(Command::bare("STOU").untimed()), Some(directory))
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
            patient: false,
            held: false,
            since: Time::default(),
            announced: None,
            reply: None,
        }
    }

    fn done(&mut self, link: &mut Link, bytes: u64, confirmed: bool) -> Step {
        link.close_data();
        link.server.exchanged = true;
        if self.patient && confirmed {
            link.memory.quirks.patient = true;
        }
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
            // The link has taken note.
            Signal::Opened => Step::Wait,
            Signal::Secured(tls) => self.secured(link, &tls),
            Signal::Bytes(bytes) => self.bytes(link, &bytes),
            Signal::Moved(total) => self.moved(link, total),
            Signal::Closed(end) => self.closed(link, end),
            Signal::Listening(_) | Signal::Digested(_) | Signal::Answer(_) => Step::Wait,
        }
    }

    fn deadline(&self, link: &Link) -> Option<Time> {
        self.patience(link)
    }

    fn timeout(&mut self, link: &mut Link) -> Step {
        self.late(link)
    }

    fn lost(&mut self, link: &mut Link, end: &End) -> Step {
        let lost = control::lost(end);
        let ended =
            link.data.as_ref().is_some_and(|data| matches!(data.end, Some(End::Clean | End::Unclean)));
        if matches!(self.state, State::Moving) && ended && self.is_whole(link) {
            return self.unconfirmed(link, Some(lost));
        }
        // The server's last word is there: what its data connection still brings needs no other.
        if matches!(self.state, State::Moving) && self.reply.is_some() && link.data.is_some() {
            link.doomed = Some(lost);
            return Step::Wait;
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
