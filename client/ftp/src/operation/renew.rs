//! Log in again and stand where the session stood, so that what was under way can go on.
//!
//! With TLS 1.2 (rule S-4): for servers that demand resumed data connections and issue too few TLS 1.3 tickets. A TLS 1.2
//! session can be resumed any number of times. Where the server has no TLS 1.2, a new login brings new tickets at
//! least. In lock-step: for servers that lose commands which are sent together.
//!
//! Rule S-6, sessions that expire: no clock is kept for tickets. One that the server does not honour any more shows as a handshake that resumed
//! nothing; where the server then refuses, or moves nothing, this renewal is the answer, and an upload that the server calls done is
//! compared with its size.

use crate::link::Link;
use crate::path::RemotePath;
use crate::quirks::Tls12;
use crate::reply::Reply;

use super::enter::Enter;
use super::logon::Logon;
use super::{Failure, Operation, Report, Step};

/// Logs in again.
pub(crate) struct Renew {
    /// For TLS sessions that can be resumed; else only because the connection is of no use.
    tls: bool,
    /// Where the session stood; taken once it is to go there.
    standing: Option<RemotePath>,
}

impl Renew {
    /// For TLS sessions that can be resumed.
    pub(crate) fn tls() -> Renew {
        Renew { tls: true, standing: None }
    }

    /// For a connection whose replies can no longer be told apart.
    pub(crate) fn plainly() -> Renew {
        Renew { tls: false, standing: None }
    }
}

impl Operation for Renew {
    fn start(&mut self, link: &mut Link) -> Step {
        if self.tls {
            let how = if link.memory.quirks.tls12 == Tls12::Refused {
                "for new ones"
            } else {
                link.memory.quirks.tls12 = Tls12::Lowered;
                "with TLS 1.2"
            };
            link.status(format!(
                "The server resumes TLS sessions and issued too few TLS 1.3 tickets, connecting again {how}..."
            ));
        } else {
            link.status("Connecting again...");
        }
        link.close_control();
        self.standing = std::mem::take(&mut link.server).standing.map(|standing| standing.actual);
        Step::push(Logon::new())
    }

    fn reply(&mut self, _link: &mut Link, _reply: &Reply) -> Step {
        Step::Wait
    }

    fn child(&mut self, _link: &mut Link, result: Result<Report, Failure>) -> Step {
        match (result, self.standing.take()) {
            (Err(failure), _) => Step::Fail(failure),
            (Ok(_), Some(path)) => Step::push(Enter::new(Some(path))),
            (Ok(_), None) => Step::Done(Report::Nothing),
        }
    }
}
