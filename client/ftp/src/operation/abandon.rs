//! Give up a transfer that the server was told to make (RFC 959 section 4.1.3; rule D14). The data connection is closed already; most
//! servers answer to that alone. If none does, ABOR asks for the answers: two if the transfer was still on (426, 226), else
//! one.
//!
//! ABOR first, with the data connection still open, was tried by hand against ProFTPD 1.3.8 under TLS, which closes the session over a data
//! connection that ends with a FIN in the middle: ABOR spares the session (226, then 426), and so does a data connection that breaks
//! (RST). Breaking costs no round trip and no answer that may not come, so that is what a driver does where it can; where it cannot, the
//! session is logged in anew.

use crate::command::Command;
use crate::control;
use crate::error::{Error, ErrorKind, Stage};
use crate::io::{End, Time};
use crate::link::Link;
use crate::reply::Reply;

use super::{Operation, Report, Step};

/// How long the server may take to notice, and then to answer ABOR.
const PATIENCE: u64 = 3_000;
/// After a single success: how long a second may take, that would be the answer to ABOR itself.
const SECOND_ANSWER: u64 = 2_000;

#[derive(Clone, Copy)]
enum State {
    /// The end of the data connection speaks for itself.
    Noticing,
    /// ABOR was sent.
    Asked,
    /// One success came after ABOR: another may follow.
    Perhaps,
}

/// Awaits the answers to a transfer that was given up.
pub(crate) struct Abandon {
    state: State,
    until: Time,
    /// What the server said of the transfer by itself.
    said: Option<Reply>,
}

impl Abandon {
    pub(crate) fn new() -> Abandon {
        Abandon { state: State::Noticing, until: Time::default(), said: None }
    }

    fn done(&mut self) -> Step {
        Step::Done(Report::Abandoned(self.said.take()))
    }
}

impl Operation for Abandon {
    fn start(&mut self, link: &mut Link) -> Step {
        if link.owed() == 0 {
            return self.done();
        }
        self.until = link.now.after(PATIENCE);
        Step::Wait
    }

    fn reply(&mut self, link: &mut Link, reply: &Reply) -> Step {
        if matches!(self.state, State::Noticing) && reply.class() > 1 {
            self.said = Some(reply.clone());
        }
        if link.owed() == 0 {
            return self.done();
        }
        if matches!(self.state, State::Asked) && reply.class() == 2 {
            self.state = State::Perhaps;
            self.until = link.now.after(SECOND_ANSWER);
        }
        Step::Wait
    }

    fn deadline(&self, _link: &Link) -> Option<Time> {
        Some(self.until)
    }

    fn timeout(&mut self, link: &mut Link) -> Step {
        match self.state {
            State::Noticing => {
                self.state = State::Asked;
                self.until = link.now.after(PATIENCE);
                link.send_urgently(&Command::bare("ABOR"));
                Step::Wait
            }
            State::Asked => Step::fail(Error::new(
                Stage::Connection,
                ErrorKind::Timeout,
                "The server did not say what became of a transfer that was given up; the connection was closed",
            )),
            State::Perhaps => {
                if let Some(control) = &mut link.control {
                    control.forgive();
                }
                self.done()
            }
        }
    }

    /// Some close the session with the data connection (inetutils-ftpd). Whoever gave the transfer up knows why, and that is what is told.
    fn lost(&mut self, _link: &mut Link, end: &End) -> Step {
        Step::fail(control::lost(end))
    }

    /// It is the end already.
    fn cancel(&mut self, _link: &mut Link) -> Option<Step> {
        Some(Step::Wait)
    }
}
