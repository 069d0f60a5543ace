//! Rename or move: RNFR and RNTO (RFC 959 section 4.1.3), one right after the other. Not in one flight: libunftp works on commands side by
//! side, and RNTO may be the first.

use crate::error::Stage;
use crate::event::Outcome;
use crate::link::Link;
use crate::path::RemotePath;
use crate::reply::{Reply, escape};

use super::enter;
use super::{Failure, Operation, Report, Step, refused};

#[derive(Clone, Copy)]
enum State {
    From,
    To,
    /// DELE of what stands in the way; then once more.
    Clearing,
}

/// Renames.
pub(crate) struct Rename {
    from: RemotePath,
    to: RemotePath,
    state: State,
    /// What stands in the way may be deleted; not a second time.
    over: bool,
}

impl Rename {
    pub(crate) fn new(from: RemotePath, to: RemotePath) -> Rename {
        Rename { from, to, state: State::From, over: false }
    }

    /// The same, in the place of a file that may be there: servers on Windows refuse that until the file is deleted.
    pub(crate) fn over(from: RemotePath, to: RemotePath) -> Rename {
        Rename { over: true, ..Rename::new(from, to) }
    }

    fn go(&mut self, link: &mut Link) -> Step {
        self.state = State::From;
        link.send(&enter::command(link, "RNFR", &self.from));
        Step::Wait
    }
}

impl Operation for Rename {
    fn start(&mut self, link: &mut Link) -> Step {
        let (from, to) = (escape(self.from.as_bytes()), escape(self.to.as_bytes()));
        link.status(format!("Renaming '{from}' to '{to}'"));
        enter::reach(link, &self.from).unwrap_or_else(|| self.go(link))
    }

    fn reply(&mut self, link: &mut Link, reply: &Reply) -> Step {
        match (self.state, reply.class()) {
            (_, 1) => Step::Wait,
            (State::From, 2 | 3) => {
                self.state = State::To;
                link.send(&enter::command(link, "RNTO", &self.to));
                Step::Wait
            }
            (State::To, 5) if std::mem::take(&mut self.over) => {
                self.state = State::Clearing;
                link.send(&enter::command(link, "DELE", &self.to));
                Step::Wait
            }
            // If it was not that, RNTO says so again.
            (State::Clearing, _) => self.go(link),
            (State::To, 2) => {
                // The directory that the session stands in may have been called so.
                link.server.standing = None;
                Step::Done(Report::Done(Outcome::Ok))
            }
            _ => {
                let (from, to) = (escape(self.from.as_bytes()), escape(self.to.as_bytes()));
                let text = format!("The server refused to rename {from} to {to}");
                Step::Fail(refused(Stage::Server, text, reply))
            }
        }
    }

    fn child(&mut self, link: &mut Link, result: Result<Report, Failure>) -> Step {
        match result {
            Ok(_) => self.go(link),
            Err(failure) => Step::Fail(failure),
        }
    }
}
