//! TYPE I (RFC 959 section 3.1.1), sent only when it changes something (rule D6).

use crate::command::Command;
use crate::error::Stage;
use crate::link::Link;
use crate::reply::Reply;

use super::{Operation, Report, Step, refused};

/// Sets the image type.
pub(crate) struct Binary {
    /// That it is refused does not matter: a listing reads the same in either type.
    lenient: bool,
}

impl Binary {
    /// For files and their sizes.
    pub(crate) fn strictly() -> Binary {
        Binary { lenient: false }
    }

    /// For listings.
    pub(crate) fn leniently() -> Binary {
        Binary { lenient: true }
    }
}

impl Operation for Binary {
    fn start(&mut self, link: &mut Link) -> Step {
        if link.server.binary {
            return Step::Done(Report::Nothing);
        }
        link.send(&Command::word("TYPE", "I"));
        Step::Wait
    }

    fn reply(&mut self, link: &mut Link, reply: &Reply) -> Step {
        match reply.class() {
            1 => Step::Wait,
            2 => {
                link.server.binary = true;
                Step::Done(Report::Nothing)
            }
            _ if self.lenient => Step::Done(Report::Nothing),
            _ => Step::Fail(refused(
                Stage::Server,
                "The server refused to send files as they are (TYPE I)",
                reply,
            )),
        }
    }
}
