//! Fetch or store a file: RETR, STOR (RFC 959 section 4.1.3), SIZE before a download whose size is not known (RFC 3659
//! section 4; rules T2, T4, T6, T8). The bytes themselves never come here.

use crate::error::{Error, ErrorKind, Stage};
use crate::event::Outcome;
use crate::io::{Direction, JobId};
use crate::link::Link;
use crate::log;
use crate::parse;
use crate::path::RemotePath;
use crate::reply::{Reply, escape};
use crate::request::RequestId;

use super::exchange::Exchange;
use super::purpose::{Purpose, Splice};
use super::{Failure, Operation, Report, Step, enter};

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// The data connection is at work.
    Moving,
    /// SIZE was sent, to know whether an upload arrived that the server did not confirm (rule K4).
    Checking,
}

/// Moves a file.
pub(crate) struct Transfer {
    path: RemotePath,
    splice: Splice,
    state: State,
    bytes: u64,
    milliseconds: u64,
}

impl Transfer {
    pub(crate) fn download(
        request: RequestId,
        job: JobId,
        path: RemotePath,
        size: Option<u64>,
        offset: u64,
    ) -> Transfer {
        Transfer::new(path, Splice { request, job, direction: Direction::Download, offset, size })
    }

    pub(crate) fn upload(
        request: RequestId,
        job: JobId,
        path: RemotePath,
        size: Option<u64>,
        offset: u64,
    ) -> Transfer {
        Transfer::new(path, Splice { request, job, direction: Direction::Upload, offset, size })
    }

    fn new(path: RemotePath, splice: Splice) -> Transfer {
        Transfer { path, splice, state: State::Moving, bytes: 0, milliseconds: 0 }
    }

    fn moved(&mut self, link: &mut Link, confirmed: bool) -> Step {
        if confirmed {
            return self.done(link);
        }
        if self.splice.direction == Direction::Upload {
            return match link.doomed.clone() {
                None => self.check(link),
                Some(session) => Step::Lost { request: unconfirmed(), session },
            };
        }
        link.error("Warning: the server did not confirm the transfer, but every byte of the file has come");
        self.done(link)
    }

    fn check(&mut self, link: &mut Link) -> Step {
        self.state = State::Checking;
        link.send(&enter::command(link, "SIZE", &self.path));
        Step::Wait
    }

    fn checked(&mut self, link: &mut Link, reply: &Reply) -> Step {
        let there = if reply.class() == 2 { parse::size(reply) } else { None };
        if there.is_some() && there == self.splice.size {
            link.error(
                "Warning: the server did not confirm the transfer, but the file has its full size there",
            );
            return self.done(link);
        }
        Step::fail(unconfirmed())
    }

    fn done(&mut self, link: &mut Link) -> Step {
        link.status(log::transferred(self.bytes, self.milliseconds));
        Step::Done(Report::Done(Outcome::Transferred { bytes: self.bytes }))
    }
}

impl Operation for Transfer {
    fn start(&mut self, link: &mut Link) -> Step {
        let (verb, word) = match self.splice.direction {
            Direction::Download => ("RETR", "download"),
            Direction::Upload => ("STOR", "upload"),
        };
        link.status(format!("Starting {word} of {}", escape(self.path.as_bytes())));
        Step::push(Exchange::file(link, Purpose::File(self.splice), verb, self.path.clone()))
    }

    fn reply(&mut self, link: &mut Link, reply: &Reply) -> Step {
        match (self.state, reply.class()) {
            (_, 1) => Step::Wait,
            (State::Checking, _) => self.checked(link, reply),
            _ => Step::Wait,
        }
    }

    fn child(&mut self, link: &mut Link, result: Result<Report, Failure>) -> Step {
        match result {
            Err(failure) => {
                link.error("File transfer failed");
                Step::Fail(failure)
            }
            Ok(Report::Exchanged { bytes, milliseconds, confirmed, .. }) => {
                self.bytes = bytes;
                self.milliseconds = milliseconds;
                self.moved(link, confirmed)
            }
            Ok(_) => Step::Wait,
        }
    }
}

fn unconfirmed() -> Error {
    Error::new(Stage::Data, ErrorKind::Timeout, "The server has not confirmed that the file arrived")
        .with_advice("Look at the file's size on the server, and upload it again if it is short")
}
