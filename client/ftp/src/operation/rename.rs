//! Rename or move: RNFR and RNTO (RFC 959 section 4.1.3), one right after the other.

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
}

/// Renames.
pub(crate) struct Rename {
    from: RemotePath,
    to: RemotePath,
    state: State,
}

impl Rename {
    pub(crate) fn new(from: RemotePath, to: RemotePath) -> Rename {
        Rename { from, to, state: State::From }
    }

    fn go(&mut self, link: &mut Link) -> Step {
        let command = enter::command(link, "RNFR", &self.from);
        link.send(&command);
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
