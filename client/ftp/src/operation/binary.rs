//! TYPE I (RFC 959 section 3.1.1), sent only when it changes something (rule D6).

use crate::command::Command;
use crate::error::Stage;
use crate::link::Link;
use crate::reply::Reply;

use super::{Operation, Report, Step, refused};

/// Sets the image type.
pub(crate) struct Binary;

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
            _ => Step::Fail(refused(
                Stage::Server,
                "The server refused to send files as they are (TYPE I)",
                reply,
            )),
        }
    }
}
