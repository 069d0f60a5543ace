//! Log in again with TLS 1.2 and stand where the session stood (rule S-4): for servers that demand resumed data connections and issue too
//! few TLS 1.3 tickets. A TLS 1.2 session can be resumed any number of times. Where the server has no TLS 1.2, a new login brings
//! new tickets at least.

use crate::io::Output;
use crate::link::{Link, Tls12};
use crate::path::RemotePath;
use crate::reply::Reply;

use super::enter::Enter;
use super::logon::Logon;
use super::{Failure, Operation, Report, Step};

/// Logs in again.
pub(crate) struct Renew {
    /// Where the session stood; taken once it is to go there.
    standing: Option<RemotePath>,
}

impl Renew {
    pub(crate) fn new() -> Renew {
        Renew { standing: None }
    }
}

impl Operation for Renew {
    fn start(&mut self, link: &mut Link) -> Step {
        let how = if link.memory.tls12 == Tls12::Refused {
            "for new ones"
        } else {
            link.memory.tls12 = Tls12::Lowered;
            link.site.tls12_only = true;
            "with TLS 1.2"
        };
        link.status(format!(
            "The server resumes TLS sessions and issued too few TLS 1.3 tickets, connecting again {how}..."
        ));
        link.drop_data();
        if let Some(control) = link.control.take() {
            link.put(Output::Close(control.conn));
        }
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
