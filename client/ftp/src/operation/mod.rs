//! Operations: small state machines on a stack, one file each. An operation sees the replies to its own commands and what comes
//! of its own children; none knows another's states. Commands of several small ones go out in one flight through
//! [`together`]; whether they really do is the control connection's matter.

mod abandon;
mod active;
mod ancestry;
mod attributes;
mod clock;
mod digest;
mod directory;
mod doctor;
mod enter;
mod exchange;
mod facts;
mod inquiry;
mod keep_alive;
mod kind;
mod line;
mod list;
mod logon;
mod mode;
mod negotiate;
mod passive;
mod prepare;
mod probe;
mod quit;
mod raw;
mod reinitialize;
mod rename;
mod renew;
mod rows;
mod secure;
mod several;
mod simple;
mod table;
mod together;
mod transfer;
mod verify;
mod walk;

pub(crate) use clock::answered as clock_answered;
pub(crate) use kind::Type;
pub(crate) use negotiate::protected;
pub(crate) use secure::injected;
pub(crate) use table::of;

use crate::checksum::Algorithm;
use crate::control::{self, REPLY_TIMEOUT};
use crate::entry::Modified;
use crate::error::{Error, ErrorKind, Stage};
use crate::event::Outcome;
use crate::io::{End, Time, TlsSession};
use crate::link::Link;
use crate::path::RemotePath;
use crate::reply::{Reply, escape};
use rows::Rows;

/// What an operation does next.
pub(crate) enum Step {
    /// Something has to come first.
    Wait,
    /// A child does a part.
    Push(Box<dyn Operation>),
    /// It is done.
    Done(Report),
    /// It failed; the connection is usable.
    Fail(Failure),
    /// The connection is not usable any more.
    Lost {
        /// Why the request fails.
        request: Error,
        /// Why the session ends.
        session: Error,
    },
    /// The session ends as it should.
    Left,
}

impl Step {
    /// The connection is lost, and that is why the request fails.
    pub(crate) fn lost(error: Error) -> Step {
        Step::Lost { request: error.clone(), session: error }
    }

    /// A child.
    pub(crate) fn push(operation: impl Operation + 'static) -> Step {
        Step::Push(Box::new(operation))
    }

    /// A failure.
    pub(crate) fn fail(failure: impl Into<Failure>) -> Step {
        Step::Fail(failure.into())
    }
}

/// What came of an operation.
pub(crate) enum Report {
    /// Nothing to say.
    Nothing,
    /// What came of a request.
    Done(Outcome),
    /// The session stands in this directory.
    Directory(RemotePath),
    /// A file on the server has this size.
    Size(u64),
    /// A file on the server was modified then.
    Modified(Modified),
    /// The file is the same on both sides, by this checksum; `None`: that could not be found out.
    Verified(Option<Algorithm>),
    /// A transfer was given up; what the server said of it by itself.
    Abandoned(Option<Reply>),
    /// This way to a data connection does not work; another may.
    Unopened(Failure),
    /// A data connection did its work.
    Exchanged {
        /// Bytes of payload.
        bytes: u64,
        /// Milliseconds from the command to the end.
        milliseconds: u64,
        /// The final reply came.
        confirmed: bool,
        /// The listing, if it was one.
        rows: Option<Rows>,
        /// When the file was modified, if that was asked and told.
        modified: Option<Modified>,
        /// The preliminary reply, if there was one.
        announced: Option<Reply>,
        /// The final reply, if there was one.
        reply: Option<Reply>,
    },
    /// What came of each part, in their order.
    Together(Vec<Report>),
    /// Milliseconds until each of several answers.
    Trips(Vec<u64>),
    /// A directory was read and its rows kept.
    Rows(RemotePath, Rows),
    /// So much of a walk is done.
    Walked(walk::Tally),
}

/// Why an operation failed.
pub(crate) struct Failure {
    /// In words.
    pub(crate) error: Error,
    /// The reply's code, 0 without one: what to try instead is decided by it.
    pub(crate) code: u16,
}

impl Failure {
    /// The server knows no such command, or not in this form (RFC 959 section 4.2.1).
    pub(crate) fn unknown_command(&self) -> bool {
        matches!(self.code, 500..=504)
    }

    /// The refusal is about the path that was named, and another may do: never one of the data connection, the login or the command.
    pub(crate) fn concerns_path(&self) -> bool {
        let told = || self.error.reply.as_ref()?.get(..3)?.parse().ok();
        // The code is 0 where it is not of the command itself, such as CWD's before a listing.
        let code = match (self.code, self.error.stage) {
            (0, Stage::Server) => told().unwrap_or(0),
            (code, _) => code,
        };
        matches!(code, 450 | 451 | 501 | 550 | 551 | 553)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        Failure { error, code: 0 }
    }
}

/// Something that came of a connection or a person.
pub(crate) enum Signal {
    /// The operation's connection stands: the data connection or, in the logon, the control connection.
    Opened,
    /// Its TLS handshake is done.
    Secured(TlsSession),
    /// Bytes of the data connection.
    Bytes(Vec<u8>),
    /// A splice has moved so much in all.
    Moved(u64),
    /// The data connection ended.
    Closed(End),
    /// The data connection is listened for, at this address.
    Listening(String),
    /// The digest of a job's file.
    Digested(Option<String>),
    /// A person answered.
    Answer(bool),
}

/// A small state machine.
pub(crate) trait Operation: Send {
    /// It is on top of the stack.
    fn start(&mut self, link: &mut Link) -> Step;

    /// A reply to a command that it sent, preliminary ones too.
    fn reply(&mut self, link: &mut Link, reply: &Reply) -> Step;

    /// Something else came.
    fn signal(&mut self, _link: &mut Link, _signal: Signal) -> Step {
        Step::Wait
    }

    /// Its child ended. Failures go on to the parent unless it knows better.
    fn child(&mut self, _link: &mut Link, result: Result<Report, Failure>) -> Step {
        match result {
            Ok(report) => Step::Done(report),
            Err(failure) => Step::Fail(failure),
        }
    }

    /// When to call [`Operation::timeout`].
    fn deadline(&self, link: &Link) -> Option<Time> {
        link.deadline(REPLY_TIMEOUT)
    }

    /// The deadline has come.
    fn timeout(&mut self, link: &mut Link) -> Step {
        Step::lost(silence(link))
    }

    /// It is no longer wanted. `None`: the replies owed are awaited, then it is over. Else it sees to its end
    /// itself.
    fn cancel(&mut self, _link: &mut Link) -> Option<Step> {
        None
    }

    /// When a request is to be over whatever it does; asked of the operation at the bottom of the stack alone.
    fn limit(&self) -> Option<Time> {
        None
    }

    /// The connection is of no use any more, whoever found out. The operation at the bottom of the stack may go on all the same: it sees to the
    /// end of the connection, and its children are gone.
    fn outlive(&mut self, _link: &mut Link, _error: &Error) -> Option<Step> {
        None
    }

    /// It is taken from the stack because of this error; it may add to its words.
    fn explain(&self, error: Error) -> Error {
        error
    }

    /// The control connection has ended.
    fn lost(&mut self, _link: &mut Link, end: &End) -> Step {
        Step::lost(control::lost(end))
    }
}

/// The error of a server that owes a reply and is silent.
pub(crate) fn silence(link: &Link) -> Error {
    link.control.as_ref().map_or_else(
        || Error::new(Stage::Connection, ErrorKind::Lost, "There is no connection"),
        |control| control.silence(link.now),
    )
}

/// The error of a request that is no longer wanted.
pub(crate) fn cancelled() -> Error {
    Error::new(Stage::Server, ErrorKind::Cancelled, "Cancelled")
}

/// A refusal by the server: a sentence of ours, its words, and the kind by its code.
pub(crate) fn refused(stage: Stage, message: impl Into<String>, reply: &Reply) -> Failure {
    let error = Error::new(stage, refusal(reply), message).with_reply(words(reply));
    let error = match error.kind {
        ErrorKind::Full => error.with_advice("Free space on the server or ask for more"),
        ErrorKind::Transient => error.with_advice("Try again later"),
        _ => error,
    };
    Failure { error, code: reply.code }
}

/// A reply in one line: its code and all its text.
pub(crate) fn words(reply: &Reply) -> String {
    /// Longest text of a reply that goes into an error; the log has all of it.
    const MOST: usize = 1_000;
    let mut text = format!("{:03}", reply.shown_code());
    for line in &reply.lines {
        let line = escape(line);
        if !line.trim().is_empty() {
            text.push(' ');
            text.push_str(line.trim());
        }
        if text.len() > MOST {
            let cut = (0..=MOST).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
            text.truncate(cut);
            text.push('…');
            break;
        }
    }
    text
}

/// The kind of failure that a reply means (rule D10): by its first digit, by exact codes only for "full", and
/// some servers answer 5yz to what passes by itself.
fn refusal(reply: &Reply) -> ErrorKind {
    let text = words(reply).to_ascii_lowercase();
    let passing = ["broken pipe", "too many", "timed out", "closed by the remote host"];
    match (reply.code, reply.class()) {
        (452 | 552, _) => ErrorKind::Full,
        (_, 4) => ErrorKind::Transient,
        (_, 5) if passing.iter().any(|words| text.contains(words)) => ErrorKind::Transient,
        (_, 5) => ErrorKind::Refused,
        _ => ErrorKind::Protocol,
    }
}
